#include "lookup/spent.h"

#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/crc32c.h"
#include "base/failmem.h"
#include "base/file.h"

#define MAGIC "tacet spent v1\0" /* and its NUL: 16 octets */
#define MAGIC_SIZE 16
#define HEAD_SIZE (MAGIC_SIZE + 4 + 4)
#define RECORD_SIZE (SPENT_ID_SIZE + 4)
#define FIRST_PLACES 1024
#define READ_RECORDS 4096

/* Open addressing; a place of zeros is free, so that id stands beside. */
struct half {
	int fd;
	uint32_t day;  /* 0: none was spent */
	uint64_t size; /* octets of the file that are whole */
	uint8_t (*places)[SPENT_ID_SIZE];
	uint32_t n_places; /* a power of two; 0: none yet */
	uint32_t n;
	bool has_zero;
	bool unsynced;
};

struct spent {
	struct half half[2];
	uint64_t torn;
	uint8_t key[crypto_shorthash_KEYBYTES]; /* nobody can aim at a place */
};

/* --- in memory
 * ------------------------------------------------------------------- */

/* Where id is, or would be. There is always a free place. */
static uint32_t
place_of_id(const struct spent *s, const struct half *h,
    const uint8_t id[static SPENT_ID_SIZE])
{
	uint8_t out[crypto_shorthash_BYTES];
	uint32_t at;

	(void)crypto_shorthash(out, id, SPENT_ID_SIZE, s->key);
	memcpy(&at, out, sizeof(at));
	at &= h->n_places - 1;
	while (!sodium_is_zero(h->places[at], SPENT_ID_SIZE) &&
	    memcmp(h->places[at], id, SPENT_ID_SIZE) != 0)
		at = (at + 1) & (h->n_places - 1);
	return at;
}

static bool
half_has(const struct spent *s, const struct half *h,
    const uint8_t id[static SPENT_ID_SIZE])
{
	if (sodium_is_zero(id, SPENT_ID_SIZE))
		return h->has_zero;
	return h->n_places > 0 &&
	    !sodium_is_zero(h->places[place_of_id(s, h, id)], SPENT_ID_SIZE);
}

/* Room for one more: at most three quarters are taken. */
static enum rc
half_grow(const struct spent *s, struct half *h)
{
	struct half larger = *h;
	enum rc rc = RC_BUG;

	CHECK(h->n < SPENT_MAX, RC_LIMIT);
	if ((uint64_t)(h->n + 1) * 4 <= (uint64_t)h->n_places * 3)
		return RC_OK;
	larger.n_places = h->n_places == 0 ? FIRST_PLACES : 2 * h->n_places;
	larger.places = failmem_array(larger.n_places, SPENT_ID_SIZE);
	CHECK(larger.places != NULL, RC_NOMEM);
	for (uint32_t i = 0; i < h->n_places; i++)
		if (!sodium_is_zero(h->places[i], SPENT_ID_SIZE))
			memcpy(
			    larger
				.places[place_of_id(s, &larger, h->places[i])],
			    h->places[i], SPENT_ID_SIZE);
	free(h->places);
	*h = larger;
	rc = RC_OK;
out:
	return rc;
}

/* After half_grow. */
static void
half_put(const struct spent *s, struct half *h,
    const uint8_t id[static SPENT_ID_SIZE])
{
	if (sodium_is_zero(id, SPENT_ID_SIZE))
		h->has_zero = true;
	else
		memcpy(h->places[place_of_id(s, h, id)], id, SPENT_ID_SIZE);
	h->n++;
}

static void
half_forget(struct half *h)
{
	free(h->places);
	*h = (struct half){ .fd = h->fd };
}

/* --- on disk
 * --------------------------------------------------------------------- */

static void
put_u32(uint8_t at[static 4], uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void
head_make(uint32_t day, uint8_t ret_head[static HEAD_SIZE])
{
	memcpy(ret_head, MAGIC, MAGIC_SIZE);
	put_u32(ret_head + MAGIC_SIZE, day);
	put_u32(ret_head + MAGIC_SIZE + 4, crc32c(0, ret_head, MAGIC_SIZE + 4));
}

static void
record_make(uint32_t day, const uint8_t id[static SPENT_ID_SIZE],
    uint8_t ret_record[static RECORD_SIZE])
{
	uint8_t d[4];

	put_u32(d, day);
	memcpy(ret_record, id, SPENT_ID_SIZE);
	put_u32(ret_record + SPENT_ID_SIZE,
	    crc32c(crc32c(0, d, sizeof(d)), id, SPENT_ID_SIZE));
}

static enum rc
write_at(struct half *h, const void *p, size_t n)
{
	ssize_t done = pwrite(h->fd, p, n, (off_t)h->size);

	if (done != (ssize_t)n) /* the next one is written over the part */
		return done < 0 ? file_error() : RC_NOSPACE;
	h->size += n;
	h->unsynced = true;
	return RC_OK;
}

/* A file of another day begins anew. */
static enum rc
half_begin(struct half *h, uint32_t day)
{
	uint8_t head[HEAD_SIZE];
	enum rc rc = RC_BUG;

	CHECK(ftruncate(h->fd, 0) == 0, file_error());
	half_forget(h);
	head_make(day, head);
	TRY(write_at(h, head, sizeof(head)));
	h->day = day;
out:
	return rc;
}

static enum rc
half_read_head(struct half *h)
{
	uint8_t head[HEAD_SIZE];
	uint8_t want[HEAD_SIZE];
	struct rd r = { head, sizeof(head) };
	uint32_t day;
	ssize_t n = pread(h->fd, head, sizeof(head), 0);
	enum rc rc = RC_BUG;

	CHECK(n >= 0, RC_IO);
	if (n < HEAD_SIZE)
		return RC_OK; /* new, or killed while it was begun */
	TRY(rd_skip(&r, MAGIC_SIZE));
	TRY(rd_u32(&r, &day));
	head_make(day, want);
	if (memcmp(head, want, sizeof(want)) == 0) {
		h->day = day;
		h->size = HEAD_SIZE;
	}
out:
	return rc;
}

static enum rc
half_read(struct spent *s, struct half *h)
{
	static uint8_t block[READ_RECORDS * RECORD_SIZE]; /* one thread */
	uint8_t want[RECORD_SIZE];
	ssize_t n;
	enum rc rc = RC_BUG;

	TRY(half_read_head(h));
	while (h->day != 0) {
		n = pread(h->fd, block, sizeof(block), (off_t)h->size);
		CHECK(n >= 0, RC_IO);
		if (n < RECORD_SIZE)
			break;
		for (size_t i = 0; i + RECORD_SIZE <= (size_t)n;
		     i += RECORD_SIZE) {
			const uint8_t *id = block + i;

			h->size += RECORD_SIZE;
			record_make(h->day, id, want);
			if (memcmp(id, want, sizeof(want)) != 0) {
				s->torn++;
				continue;
			}
			if (half_has(s, h, id))
				continue;
			TRY(half_grow(s, h));
			half_put(s, h, id);
		}
	}
	rc = RC_OK;
out:
	return rc;
}

/* --- the module
 * ------------------------------------------------------------------ */

enum rc
spent_open(const int fds[static 2], struct spent **ret_s)
{
	struct spent *s = failmem_alloc(sizeof(*s));
	enum rc rc = RC_BUG;

	if (s == NULL) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return RC_NOMEM;
	}
	randombytes_buf(s->key, sizeof(s->key));
	for (size_t i = 0; i < ARRAY_LEN(s->half); i++)
		s->half[i].fd = fds[i];
	for (size_t i = 0; i < ARRAY_LEN(s->half); i++)
		TRY(half_read(s, &s->half[i]));
	*ret_s = s;
	s = NULL;
out:
	spent_close(s);
	return rc;
}

void
spent_close(struct spent *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(s->half); i++) {
		free(s->half[i].places);
		(void)close(s->half[i].fd);
	}
	free(s);
}

uint32_t
spent_day(const struct spent *s)
{
	return s->half[0].day > s->half[1].day ? s->half[0].day
					       : s->half[1].day;
}

uint64_t
spent_count(const struct spent *s)
{
	return (uint64_t)s->half[0].n + s->half[1].n;
}

uint64_t
spent_torn(const struct spent *s)
{
	return s->torn;
}

bool
spent_has(
    const struct spent *s, uint32_t day, const uint8_t id[static SPENT_ID_SIZE])
{
	const struct half *h = &s->half[day % 2];

	return h->day == day && half_has(s, h, id);
}

enum rc
spent_add(struct spent *s, uint32_t day, const uint8_t id[static SPENT_ID_SIZE])
{
	struct half *h = &s->half[day % 2];
	uint8_t record[RECORD_SIZE];
	enum rc rc = RC_BUG;

	CHECK(h->day <= day, RC_STATE);
	if (h->day < day)
		TRY(half_begin(h, day));
	CHECK(!half_has(s, h, id), RC_EXISTS);
	TRY(half_grow(s, h));
	record_make(day, id, record);
	TRY(write_at(h, record, sizeof(record)));
	half_put(s, h, id);
out:
	return rc;
}

enum rc
spent_sync(struct spent *s)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < ARRAY_LEN(s->half); i++) {
		if (!s->half[i].unsynced)
			continue;
		CHECK(fdatasync(s->half[i].fd) == 0, file_error());
		s->half[i].unsynced = false;
	}
out:
	return rc;
}
