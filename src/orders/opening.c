#include "orders/opening.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "crypto/hpke.h"
#include "wire/e164_text.h"
#include "wire/segment.h"

#define INFO "tacet records v1"
#define ENVELOPES_MAX (2 * ORDER_HANDLES_MAX) /* of one session */

struct key { /* one envelope that the order names, opened */
	uint32_t number;
	uint8_t label[SEGMENT_LABEL_SIZE];
	uint8_t key[SEGMENT_KEY_SIZE];
};

struct reader {
	const struct order *order;
	const uint8_t *secret;
	struct wall from;
	struct wall to;
	uint32_t day;
	uint8_t tags[ORDER_HANDLES_MAX][SEGMENT_TAG_SIZE];
	struct key keys[ENVELOPES_MAX];
	size_t n_keys;
	struct opening *rows;
};

void
opening_clear(struct opening *r)
{
	if (r->rows != NULL)
		sodium_memzero(r->rows, r->cap * sizeof(*r->rows));
	free(r->rows);
	*r = (struct opening){ 0 };
}

static enum rc
add_row(struct opening *r, const struct row *w)
{
	size_t cap = r->cap == 0 ? 64 : r->cap * 2;
	struct row *rows;

	if (r->n == r->cap) {
		if (cap > OPENING_ROWS_MAX)
			return RC_LIMIT;
		rows = failmem_array(cap, sizeof(*rows));
		if (rows == NULL)
			return RC_NOMEM;
		if (r->n > 0) {
			memcpy(rows, r->rows, r->n * sizeof(*rows));
			sodium_memzero(r->rows, r->n * sizeof(*rows));
		}
		free(r->rows);
		r->rows = rows;
		r->cap = cap;
	}
	r->rows[r->n++] = *w;
	return RC_OK;
}

/* The day's tag key, and with it the tags of the order's handles only. */
static enum rc
on_session(struct reader *d, const struct segment_session *s)
{
	uint8_t aad[9] = { (uint8_t)(s->day >> 24), (uint8_t)(s->day >> 16),
		(uint8_t)(s->day >> 8), (uint8_t)s->day, 'i', 'n', 'd', 'e',
		'x' };
	char text[E164_TEXT_SIZE];
	struct buf key;
	enum rc rc = RC_BUG;

	buf_init(&key, 64);
	sodium_memzero(d->keys, sizeof(d->keys));
	d->n_keys = 0;
	d->day = s->day;
	TRY(hpke_open(d->secret, rd_str(INFO), (struct rd){ aad, sizeof(aad) },
	    s->index_wrap, &key));
	for (size_t i = 0; i < d->order->n_handles; i++) {
		e164_text(&d->order->handles[i], text);
		(void)crypto_generichash(d->tags[i], SEGMENT_TAG_SIZE,
		    (const uint8_t *)text, strlen(text), key.p, key.len);
	}
out:
	buf_clear(&key);
	return rc;
}

static bool
is_named(const struct reader *d, const struct segment_envelope *e)
{
	if (((unsigned int)e->direction & (unsigned int)d->order->direction) ==
	    0)
		return false;
	for (size_t i = 0; i < d->order->n_handles; i++)
		if (memcmp(d->tags[i], e->tag, SEGMENT_TAG_SIZE) == 0)
			return true;
	return false;
}

static enum rc
on_envelope(struct reader *d, const struct segment_envelope *e)
{
	struct key *k = &d->keys[d->n_keys];
	struct buf plain;
	enum rc rc = RC_OK;

	if (!is_named(d, e))
		return RC_OK;
	buf_init(&plain, 64);
	CHECK(d->n_keys < ENVELOPES_MAX, RC_CORRUPT);
	segment_label(d->day, e->tag, e->direction, k->label);
	rc = hpke_open(d->secret, rd_str(INFO),
	    (struct rd){ k->label, sizeof(k->label) }, e->wrap, &plain);
	CHECK(rc == RC_OK && plain.len == SEGMENT_KEY_SIZE, RC_CORRUPT);
	memcpy(k->key, plain.p, SEGMENT_KEY_SIZE);
	k->number = e->number;
	d->n_keys++;
	rc = RC_OK;
out:
	buf_clear(&plain);
	return rc;
}

/* A row of the order's both directions stands twice when source and lookup
 * are both targets; the second is left out. */
static bool
is_double(const struct reader *d, const struct row *w, const struct key *k)
{
	bool source = false;

	if (k->label[4 + SEGMENT_TAG_SIZE] != SEGMENT_DIRECTION_LOOKUP ||
	    d->order->direction != ORDER_DIRECTION_BOTH)
		return false;
	for (size_t i = 0; i < d->order->n_handles; i++)
		source = source ||
		    e164_is_eq(&d->order->handles[i], &w->source);
	return source;
}

static enum rc
on_row(struct reader *d, const struct segment_row *s)
{
	uint8_t plain[SEGMENT_PLAIN_MAX];
	size_t n = 0;
	const struct key *k = NULL;
	struct row w;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < d->n_keys; i++)
		if (d->keys[i].number == s->envelope)
			k = &d->keys[i];
	if (k == NULL)
		return RC_OK; /* somebody else's */
	CHECK(segment_row_open(s, k->label, k->key, plain, &n) == RC_OK,
	    RC_CORRUPT);
	CHECK(row_parse((struct rd){ plain, n }, &w) == RC_OK, RC_CORRUPT);
	if (w.query_time.s >= d->from.s && w.query_time.s < d->to.s &&
	    !is_double(d, &w, k))
		TRY(add_row(d->rows, &w));
	rc = RC_OK;
out:
	sodium_memzero(plain, sizeof(plain));
	row_clear(&w);
	return rc;
}

static enum rc
read_frames(struct reader *d, struct rd r)
{
	struct segment_frame f;
	enum rc rc = RC_OK;

	while (r.left > 0) {
		rc = segment_frame_parse(&r, &f);
		if (rc == RC_AGAIN)
			return RC_OK; /* the running end of today's file */
		CHECK(rc == RC_OK, RC_CORRUPT);
		if (f.type == SEGMENT_TYPE_SESSION)
			TRY(on_session(d, &f.u.session));
		else if (f.type == SEGMENT_TYPE_ENVELOPE)
			TRY(on_envelope(d, &f.u.envelope));
		else if (f.type == SEGMENT_TYPE_ROW)
			TRY(on_row(d, &f.u.row));
	}
out:
	return rc;
}

static enum rc
read_day(struct reader *d, int dir, int32_t day)
{
	char date[MONO_DATE_SIZE];
	char name[32] = "records/";
	struct stat st;
	void *p = MAP_FAILED;
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(mono_date(day, date));
	memcpy(name + 8, date, MONO_DATE_SIZE - 1);
	memcpy(name + 8 + MONO_DATE_SIZE - 1, ".log", 5);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		rc = RC_OK; /* nothing is held of that day */
		goto out;
	}
	CHECK(fstat(fd, &st) == 0, RC_IO);
	if (st.st_size > 0) {
		p = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		CHECK(p != MAP_FAILED, RC_IO);
		TRY(read_frames(d, (struct rd){ p, (size_t)st.st_size }));
	}
	rc = RC_OK;
out:
	if (p != MAP_FAILED)
		(void)munmap(p, (size_t)st.st_size);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
opening_rows(int dir, const struct order *o, struct wall from, struct wall to,
    const uint8_t secret[static 32], struct opening *ret_rows)
{
	struct reader *d = failmem_alloc(sizeof(*d));
	struct opening rows = { 0 };
	enum rc rc = RC_BUG;

	CHECK(d != NULL, RC_NOMEM);
	*d = (struct reader){ .order = o,
		.secret = secret,
		.from = from,
		.to = to,
		.rows = &rows };
	rc = RC_OK;
	for (int32_t day = mono_day(from);
	     day <= mono_day((struct wall){ to.s - 1 }); day++)
		TRY(read_day(d, dir, day));
	*ret_rows = rows;
	rows = (struct opening){ 0 };
out:
	opening_clear(&rows);
	if (d != NULL)
		sodium_memzero(d, sizeof(*d));
	free(d);
	return rc;
}
