#include "directory/filter.h"

#include <math.h>
#include <string.h>

#include "base/failmem.h"

#define MAGIC UINT64_C(0x5441434554424631) /* "TACETBF1" */
#define TRIES 64
#define TRIES_AS_GIVEN 2 /* then keys that are there twice are looked for */
#define SEGMENT_LENGTH_MAX (UINT32_C(1) << 18)

uint64_t
filter_key(uint32_t place, const uint8_t tag[static HANDLE_KEYS_TAG_SIZE])
{
	uint64_t key = 0;

	for (size_t i = 0; i < HANDLE_KEYS_TAG_SIZE; i++)
		key = key << 8 | tag[i];
	return key << 8 | (place & 0xff);
}

/* The finalizer of MurmurHash3: tags are uniform already, so it only has to
 * differ with the seed. */
static uint64_t
mix(uint64_t key, uint64_t seed)
{
	uint64_t h = key + seed;

	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

static uint16_t
print_of(uint64_t h)
{
	return (uint16_t)(h ^ h >> 32);
}

/* Three places in three segments, each the next. */
static void
places(const struct filter *f, uint64_t h, uint32_t ret[static 3])
{
	const uint32_t mask = f->segment_length - 1;
	const uint64_t span = (uint64_t)f->segment_count * f->segment_length;

	/* the high half of the product with 64 bits, in two steps */
	ret[0] = (uint32_t)(((h >> 32) * span +
				((h & UINT32_MAX) * span >> 32)) >>
	    32);
	ret[1] = (ret[0] + f->segment_length) ^ ((uint32_t)(h >> 18) & mask);
	ret[2] = (ret[0] + 2 * f->segment_length) ^ ((uint32_t)h & mask);
}

static uint32_t
length(const struct filter *f)
{
	return f->n == 0 ? 0 : (f->segment_count + 2) * f->segment_length;
}

enum rc
filter_parse(struct rd octets, struct filter *ret_f)
{
	struct filter f;
	struct rd prints;
	uint64_t magic;
	enum rc rc = RC_BUG;

	TRY(rd_u64(&octets, &magic));
	CHECK(magic == MAGIC, RC_MALFORMED);
	TRY(rd_u64(&octets, &f.seed));
	TRY(rd_u32(&octets, &f.n));
	TRY(rd_u32(&octets, &f.segment_length));
	TRY(rd_u32(&octets, &f.segment_count));
	CHECK(f.n <= FILTER_KEYS_MAX, RC_MALFORMED);
	if (f.n == 0) {
		CHECK(f.segment_length == 0 && f.segment_count == 0,
		    RC_MALFORMED);
	} else {
		CHECK(f.segment_length > 0 &&
			f.segment_length <= SEGMENT_LENGTH_MAX &&
			(f.segment_length & (f.segment_length - 1)) == 0,
		    RC_MALFORMED);
		CHECK(f.segment_count > 0 &&
			f.segment_count <=
			    2 * (FILTER_KEYS_MAX / f.segment_length),
		    RC_MALFORMED);
	}
	TRY(rd_take(&octets, (size_t)length(&f) * 2, &prints));
	TRY(rd_end(&octets));
	f.prints = prints.p;
	*ret_f = f;
out:
	return rc;
}

static uint16_t
print_at(const struct filter *f, uint32_t i)
{
	return (uint16_t)(f->prints[2 * (size_t)i] << 8 |
	    f->prints[2 * (size_t)i + 1]);
}

bool
filter_has(const struct filter *f, uint64_t key)
{
	uint64_t h = mix(key, f->seed);
	uint32_t at[3];

	if (f->n == 0)
		return false;
	places(f, h, at);
	return (print_at(f, at[0]) ^ print_at(f, at[1]) ^ print_at(f, at[2])) ==
	    print_of(h);
}

/* --- building ----------------------------------------------------------------
 */

struct work {
	struct filter f;
	const uint64_t *keys;
	uint64_t *xored; /* of a place: the hashes of the keys that have it */
	uint8_t *count; /* four times how many, and which of the three, xored */
	uint32_t *alone; /* places that one key has */
	uint64_t *order; /* hashes, each with a place of its own when taken */
	uint8_t *which;  /* of the three places: that one */
	uint16_t *prints;
};

static void
work_free(struct work *w)
{
	free(w->xored);
	free(w->count);
	free(w->alone);
	free(w->order);
	free(w->which);
	free(w->prints);
}

/* The paper's parameters for three places. */
static void
shape(struct filter *f)
{
	double n = f->n;
	double factor = n < 2
	    ? 2
	    : fmax(1.125, 0.875 + 0.25 * log(1000000.0) / log(n));
	double capacity = ceil(n * factor);
	double exponent = n < 2 ? 2 : floor(log(n) / log(3.33) + 2.25);
	uint32_t segments;

	f->segment_length = exponent > 18 ? SEGMENT_LENGTH_MAX
					  : UINT32_C(1) << (unsigned)exponent;
	segments = (uint32_t)ceil(capacity / f->segment_length);
	f->segment_count = segments <= 2 ? 1 : segments - 2;
}

static enum rc
work_new(struct work *w)
{
	uint32_t slots = length(&w->f);
	enum rc rc = RC_BUG;

	w->xored = failmem_alloc((size_t)slots * sizeof(*w->xored));
	w->count = failmem_alloc(slots);
	w->alone = failmem_alloc((size_t)slots * sizeof(*w->alone));
	w->order = failmem_alloc((size_t)w->f.n * sizeof(*w->order));
	w->which = failmem_alloc(w->f.n);
	w->prints = failmem_alloc((size_t)slots * sizeof(*w->prints));
	CHECK(w->xored != NULL && w->count != NULL && w->alone != NULL &&
		w->order != NULL && w->which != NULL && w->prints != NULL,
	    RC_NOMEM);
	rc = RC_OK;
out:
	return rc;
}

/* False: a place has more keys than can be counted, which chance alone never
 * does to keys that differ. */
static bool
put(struct work *w, uint64_t h)
{
	uint32_t at[3];

	places(&w->f, h, at);
	for (uint8_t i = 0; i < 3; i++) {
		if (w->count[at[i]] >> 2 == 63)
			return false;
		w->xored[at[i]] ^= h;
		w->count[at[i]] = (uint8_t)((w->count[at[i]] + 4) ^ i);
	}
	return true;
}

/* A place that then has one key alone is noted. */
static void
take(struct work *w, uint64_t h, uint32_t *n_alone)
{
	uint32_t at[3];

	places(&w->f, h, at);
	for (uint8_t i = 0; i < 3; i++) {
		w->xored[at[i]] ^= h;
		w->count[at[i]] = (uint8_t)((w->count[at[i]] - 4) ^ i);
		if (w->count[at[i]] >> 2 == 1)
			w->alone[(*n_alone)++] = at[i];
	}
}

/* Takes key after key that has a place alone. False: some never had, and
 * another seed must be tried. */
static bool
peel(struct work *w)
{
	uint32_t slots = length(&w->f);
	uint32_t n_alone = 0;
	uint32_t n = 0;

	memset(w->xored, 0, slots * sizeof(*w->xored));
	memset(w->count, 0, slots);
	for (uint32_t i = 0; i < w->f.n; i++)
		if (!put(w, mix(w->keys[i], w->f.seed)))
			return false;
	for (uint32_t i = 0; i < slots; i++)
		if (w->count[i] >> 2 == 1)
			w->alone[n_alone++] = i;
	while (n_alone > 0) {
		uint32_t at = w->alone[--n_alone];

		if (w->count[at] >> 2 != 1)
			continue; /* its key went by another place */
		w->order[n] = w->xored[at];
		w->which[n] = w->count[at] & 3;
		take(w, w->order[n++], &n_alone);
	}
	return n == w->f.n;
}

/* The last taken first: the place that it had alone is written once. */
static void
assign(struct work *w)
{
	memset(w->prints, 0, length(&w->f) * sizeof(*w->prints));
	for (uint32_t i = w->f.n; i-- > 0;) {
		uint32_t at[3];
		uint16_t print = print_of(w->order[i]);

		places(&w->f, w->order[i], at);
		for (uint8_t k = 0; k < 3; k++)
			if (k != w->which[i])
				print ^= w->prints[at[k]];
		w->prints[at[w->which[i]]] = print;
	}
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static enum rc
without_doubles(struct work *w, uint64_t **ret_keys)
{
	uint64_t *keys = failmem_alloc((size_t)w->f.n * sizeof(*keys));
	uint32_t n = 0;

	if (keys == NULL)
		return RC_NOMEM;
	memcpy(keys, w->keys, (size_t)w->f.n * sizeof(*keys));
	qsort(keys, w->f.n, sizeof(*keys), compare);
	for (uint32_t i = 0; i < w->f.n; i++)
		if (n == 0 || keys[i] != keys[n - 1])
			keys[n++] = keys[i];
	w->keys = keys;
	w->f.n = n;
	*ret_keys = keys;
	return RC_OK;
}

static enum rc
write(const struct work *w, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_u64(b, MAGIC));
	TRY(buf_u64(b, w->f.seed));
	TRY(buf_u32(b, w->f.n));
	TRY(buf_u32(b, w->f.segment_length));
	TRY(buf_u32(b, w->f.segment_count));
	for (uint32_t i = 0; i < length(&w->f); i++)
		TRY(buf_u16(b, w->prints[i]));
out:
	return rc;
}

enum rc
filter_build(const uint64_t *keys, size_t n, struct buf *b)
{
	struct work w = { .keys = keys };
	uint64_t *own = NULL;
	enum rc rc = RC_BUG;

	CHECK(n <= FILTER_KEYS_MAX, RC_LIMIT);
	w.f.n = (uint32_t)n;
	if (n > 0) {
		shape(&w.f);
		TRY(work_new(&w));
		for (unsigned i = 0; !peel(&w); i++) {
			CHECK(i < TRIES, RC_LIMIT);
			if (i == TRIES_AS_GIVEN)
				TRY(without_doubles(&w, &own));
			w.f.seed = mix(i, MAGIC);
		}
		assign(&w);
	}
	TRY(write(&w, b));
out:
	work_free(&w);
	free(own);
	return rc;
}
