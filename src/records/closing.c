#include "records/closing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/file.h"
#include "merkle/tree.h"
#include "records/part.h"
#include "wire/segment.h"

#define WRITE_SIZE (1u << 20)

struct envelope {
	struct journal_envelope frame;
	uint8_t key[SEGMENT_KEY_SIZE];
	uint32_t rows;
	uint32_t first; /* in refs */
};

struct ref { /* a sealed row, where the journal holds it */
	const uint8_t *sealed;
	uint32_t envelope;
};

struct work {
	const struct closing *c;
	uint8_t day_key[JOURNAL_KEY_SIZE];
	struct journal_session session;
	struct buf session_body;    /* shares under D, as in the journal */
	struct envelope *envelopes; /* by number */
	uint32_t *order;            /* numbers, sorted by key */
	uint32_t n;
	struct ref *refs; /* by envelope, then counter */
	size_t n_refs;
	uint8_t (*tree)[32];
	uint8_t root[32];
	int fd;
	struct buf out;
};

/* --- reading the journal -------------------------------------------------- */

static enum rc
count(struct rd r, size_t *ret_envelopes, size_t *ret_rows)
{
	struct journal_frame f;
	enum rc rc = RC_OK;

	*ret_envelopes = 0;
	*ret_rows = 0;
	while (r.left > 0) {
		TRY(journal_frame_parse(&r, &f));
		*ret_envelopes += f.type == JOURNAL_TYPE_ENVELOPE;
		if (f.type == JOURNAL_TYPE_ROWS)
			*ret_rows += f.u.rows.left / JOURNAL_ENTRY_SIZE;
	}
out:
	return rc;
}

static enum rc
take_session(struct work *w, struct rd *r)
{
	struct journal_frame f;
	enum rc rc = RC_BUG;

	TRY(journal_frame_parse(r, &f));
	CHECK(f.type == JOURNAL_TYPE_SESSION, RC_CORRUPT);
	CHECK(f.u.session.day == w->c->day && f.u.session.part == w->c->part,
	    RC_CORRUPT);
	w->session = f.u.session;
	TRY(journal_session_build(&w->session, &w->session_body));
out:
	return rc;
}

/* In the journal's order, so that an envelope's counters are 0, 1, 2, ... */
static enum rc
take_rows(struct work *w, struct rd rows)
{
	struct rd sealed;
	uint32_t envelope;
	enum rc rc = RC_OK;

	while (rows.left > 0) {
		TRY(journal_entry_parse(&rows, &envelope, &sealed));
		CHECK(envelope < w->n, RC_CORRUPT);
		w->envelopes[envelope].rows++;
		w->refs[w->n_refs++] = (struct ref){ sealed.p, envelope };
	}
out:
	return rc;
}

static enum rc
take_frames(struct work *w, struct rd r)
{
	struct journal_frame f;
	enum rc rc = RC_OK;

	while (r.left > 0) {
		TRY(journal_frame_parse(&r, &f));
		CHECK(f.type != JOURNAL_TYPE_SESSION, RC_CORRUPT);
		if (f.type == JOURNAL_TYPE_ENVELOPE) {
			struct envelope *e = &w->envelopes[w->n];

			CHECK(f.u.envelope.number == w->n, RC_CORRUPT);
			e->frame = f.u.envelope;
			segment_key(e->frame.tag, e->frame.direction, e->key);
			w->order[w->n] = w->n;
			w->n++;
		} else if (f.type == JOURNAL_TYPE_ROWS) {
			TRY(take_rows(w, f.u.rows));
		}
	}
out:
	return rc;
}

/* A counting sort: the journal has each envelope's rows in order. */
static enum rc
group_rows(struct work *w)
{
	struct ref *sorted = failmem_array(w->n_refs + 1, sizeof(*sorted));
	uint32_t at = 0;
	enum rc rc = RC_BUG;

	CHECK(sorted != NULL, RC_NOMEM);
	for (uint32_t i = 0; i < w->n; i++) {
		w->envelopes[i].first = at;
		at += w->envelopes[i].rows;
		w->envelopes[i].rows = 0;
	}
	for (size_t i = 0; i < w->n_refs; i++) {
		struct envelope *e = &w->envelopes[w->refs[i].envelope];

		sorted[e->first + e->rows++] = w->refs[i];
	}
	free(w->refs);
	w->refs = sorted;
	rc = RC_OK;
out:
	return rc;
}

static int
by_key(const void *a, const void *b, void *arg)
{
	const struct work *w = arg;

	return memcmp(w->envelopes[*(const uint32_t *)a].key,
	    w->envelopes[*(const uint32_t *)b].key, SEGMENT_KEY_SIZE);
}

static enum rc
read_journal(struct work *w, struct rd content)
{
	size_t envelopes = 0;
	size_t rows = 0;
	enum rc rc = RC_BUG;

	TRY(count(content, &envelopes, &rows));
	CHECK(
	    envelopes <= SEGMENT_ENVELOPES_MAX && rows < UINT32_MAX, RC_LIMIT);
	w->envelopes = failmem_array(envelopes + 1, sizeof(*w->envelopes));
	w->order = failmem_array(envelopes + 1, sizeof(*w->order));
	w->refs = failmem_array(rows + 1, sizeof(*w->refs));
	CHECK(w->envelopes != NULL && w->order != NULL && w->refs != NULL,
	    RC_NOMEM);
	TRY(take_session(w, &content));
	TRY(take_frames(w, content));
	TRY(group_rows(w));
	qsort_r(w->order, w->n, sizeof(*w->order), by_key, w);
	/* two envelopes of one key would hide rows from a proof */
	for (uint32_t i = 1; i < w->n; i++)
		CHECK(
		    by_key(&w->order[i - 1], &w->order[i], w) < 0, RC_CORRUPT);
out:
	return rc == RC_AGAIN || rc == RC_MALFORMED ? RC_CORRUPT : rc;
}

/* --- the tree ------------------------------------------------------------- */

static enum rc
plain_of(const struct work *w, struct rd sealed, enum journal_layer layer,
    uint32_t number, struct buf *b)
{
	enum rc rc = RC_BUG;

	b->len = 0;
	TRY(buf_add_rd(b, sealed));
	journal_layer_xor(w->day_key, w->session.nonce, layer, number, b);
out:
	return rc;
}

static enum rc
leaf_of(const struct work *w, const struct envelope *e, struct buf *wrap,
    struct buf *own, uint8_t ret_hash[static 32])
{
	uint8_t leaf[SEGMENT_LEAF_SIZE];
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state st;
	struct segment_body body = { .locator = e->frame.locator,
		.rows = e->rows };
	enum rc rc = RC_BUG;

	TRY(plain_of(w, (struct rd){ e->frame.wrap, JOURNAL_WRAP_SIZE },
	    JOURNAL_LAYER_WRAP, e->frame.number, wrap));
	TRY(plain_of(w, e->frame.own, JOURNAL_LAYER_OWN, e->frame.number, own));
	body.wrap = wrap->p;
	body.own = buf_get(own);
	(void)crypto_hash_sha256_init(&st);
	for (uint32_t i = 0; i < e->rows; i++) {
		(void)crypto_hash_sha256(
		    hash, w->refs[e->first + i].sealed, JOURNAL_SEALED_SIZE);
		(void)crypto_hash_sha256_update(&st, hash, sizeof(hash));
	}
	(void)crypto_hash_sha256_final(&st, body.digest);
	segment_leaf(e->key, &body, leaf);
	tree_leaf((struct rd){ leaf, sizeof(leaf) }, ret_hash);
out:
	return rc;
}

static enum rc
session_leaf_of(const struct work *w, uint8_t ret_hash[static 32])
{
	struct journal_session plain = w->session;
	uint8_t leaf[SEGMENT_LEAF_SIZE];
	struct buf shares;
	struct buf body;
	enum rc rc = RC_BUG;

	buf_init(&shares, JOURNAL_FRAME_MAX);
	buf_init(&body, JOURNAL_FRAME_MAX);
	TRY(plain_of(w,
	    (struct rd){
		w->session.shares, (size_t)w->session.n * JOURNAL_SHARE_SIZE },
	    JOURNAL_LAYER_SHARES, 0, &shares));
	plain.shares = shares.p;
	TRY(journal_session_build(&plain, &body));
	segment_leaf_session(buf_get(&body), leaf);
	tree_leaf((struct rd){ leaf, sizeof(leaf) }, ret_hash);
out:
	buf_clear(&shares);
	buf_clear(&body);
	return rc;
}

static enum rc
tree_get(void *arg, unsigned level, uint64_t index, uint8_t ret_hash[static 32])
{
	const struct work *w = arg;
	uint64_t size = (uint64_t)w->n + 1;
	uint64_t at = 0;

	for (unsigned l = 0; l < level; l++, size /= 2)
		at += size;
	if (index >= size)
		return RC_NOT_FOUND;
	memcpy(ret_hash, w->tree[at + index], 32);
	return RC_OK;
}

static enum rc
grow_tree(struct work *w)
{
	uint64_t size = (uint64_t)w->n + 1;
	uint8_t(*below)[32];
	uint8_t(*at)[32];
	struct buf wrap;
	struct buf own;
	enum rc rc = RC_BUG;

	buf_init(&wrap, JOURNAL_WRAP_SIZE);
	buf_init(&own, JOURNAL_OWN_SIZE);
	w->tree = failmem_array((size_t)segment_tree_count(size), 32);
	CHECK(w->tree != NULL, RC_NOMEM);
	TRY(session_leaf_of(w, w->tree[0]));
	for (uint32_t i = 0; i < w->n; i++)
		TRY(leaf_of(w, &w->envelopes[w->order[i]], &wrap, &own,
		    w->tree[i + 1]));
	below = w->tree;
	at = w->tree + size;
	for (size /= 2; size > 0; size /= 2) {
		for (uint64_t i = 0; i < size; i++)
			tree_node(below[2 * i], below[2 * i + 1], at[i]);
		below = at;
		at += size;
	}
	TRY(tree_root(tree_get, w, (uint64_t)w->n + 1, w->root));
out:
	buf_clear(&wrap);
	buf_clear(&own);
	return rc;
}

/* --- writing the segment -------------------------------------------------- */

static enum rc
flush(struct work *w, size_t keep)
{
	enum rc rc = RC_OK;

	if (w->out.len > keep) {
		TRY(file_write(w->fd, buf_get(&w->out)));
		w->out.len = 0;
	}
out:
	return rc;
}

/* From the journal's layer to the segment's, whose number says nothing of when
 * the handle came. */
static enum rc
turn_layers(const struct work *w, const struct envelope *e, uint32_t place,
    struct buf *wrap, struct buf *own)
{
	enum rc rc = RC_BUG;

	TRY(plain_of(w, (struct rd){ e->frame.wrap, JOURNAL_WRAP_SIZE },
	    JOURNAL_LAYER_WRAP, e->frame.number, wrap));
	TRY(plain_of(w, e->frame.own, JOURNAL_LAYER_OWN, e->frame.number, own));
	journal_layer_xor(w->day_key, w->session.nonce,
	    JOURNAL_LAYER_SORTED_WRAP, place, wrap);
	journal_layer_xor(
	    w->day_key, w->session.nonce, JOURNAL_LAYER_SORTED_OWN, place, own);
out:
	return rc;
}

static enum rc
write_records(struct work *w, struct buf *owns)
{
	uint32_t first = 0;
	struct buf wrap;
	struct buf own;
	enum rc rc = RC_OK;

	buf_init(&wrap, JOURNAL_WRAP_SIZE);
	buf_init(&own, JOURNAL_OWN_SIZE);
	for (uint32_t i = 0; i < w->n; i++) {
		const struct envelope *e = &w->envelopes[w->order[i]];
		struct segment_record r = { .key = e->key,
			.number = i,
			.locator = e->frame.locator,
			.rows = e->rows,
			.first = first };

		TRY(turn_layers(w, e, i, &wrap, &own));
		r.wrap = wrap.p;
		r.own = buf_get(&own);
		TRY(segment_record_build(&r, &w->out));
		if (r.own.left > 0)
			TRY(segment_own_build(&r, owns));
		first += e->rows;
		TRY(flush(w, WRITE_SIZE));
	}
out:
	buf_clear(&wrap);
	buf_clear(&own);
	return rc;
}

static enum rc
write_rows(struct work *w)
{
	enum rc rc = RC_OK;

	for (uint32_t i = 0; i < w->n; i++) {
		const struct envelope *e = &w->envelopes[w->order[i]];

		for (uint32_t j = 0; j < e->rows; j++) {
			TRY(buf_add(&w->out, w->refs[e->first + j].sealed,
			    JOURNAL_SEALED_SIZE));
			TRY(flush(w, WRITE_SIZE));
		}
	}
out:
	return rc;
}

static enum rc
write_all(struct work *w)
{
	struct segment s = { .seq = w->c->seq,
		.closed = w->c->closed,
		.envelopes = w->n,
		.rows = (uint32_t)w->n_refs,
		.session_body = buf_get(&w->session_body) };
	struct buf owns;
	enum rc rc = RC_BUG;

	buf_init(&owns, (size_t)w->n * SEGMENT_OWN_SIZE);
	for (uint32_t i = 0; i < w->n; i++)
		s.owners += w->envelopes[i].frame.own.left > 0;
	memcpy(s.custodians, w->c->custodians, sizeof(s.custodians));
	TRY(segment_build(&s, &w->out));
	TRY(write_records(w, &owns));
	TRY(flush(w, 0));
	TRY(file_write(w->fd, buf_get(&owns)));
	TRY(write_rows(w));
	TRY(flush(w, 0));
	TRY(file_write(w->fd,
	    (struct rd){ w->tree[0],
		32 * (size_t)segment_tree_count((uint64_t)w->n + 1) }));
	CHECK(fsync(w->fd) == 0, RC_IO);
out:
	buf_clear(&owns);
	return rc;
}

static enum rc
make_segment(struct work *w, const char *name, struct rd content)
{
	char temp[SHELF_NAME_SIZE + 4];
	enum rc rc = RC_BUG;

	(void)snprintf(temp, sizeof(temp), "%s.new", name);
	TRY(read_journal(w, content));
	rc = shelf_key_read(w->c->day, w->day_key);
	CHECK(rc == RC_OK, rc == RC_NOT_FOUND ? RC_CORRUPT : rc);
	TRY(grow_tree(w));
	w->fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(w->fd >= 0, RC_NOSPACE);
	rc = write_all(w);
	if (rc != RC_OK)
		(void)unlink(temp);
	CHECK(rc == RC_OK, rc);
	CHECK(rename(temp, name) == 0, RC_IO);
	TRY(shelf_sync());
out:
	return rc;
}

static void
work_clear(struct work *w)
{
	sodium_memzero(w->day_key, sizeof(w->day_key));
	free(w->envelopes);
	free(w->order);
	free(w->refs);
	free(w->tree);
	if (w->fd >= 0)
		(void)close(w->fd);
	buf_clear(&w->out);
	buf_clear(&w->session_body);
}

enum rc
closing_run(
    const struct closing *c, struct segment_entry *ret_e, uint64_t *ret_torn)
{
	const struct shelf_item journal = { SHELF_KIND_JOURNAL, c->day,
		c->part };
	const struct shelf_item segment = { SHELF_KIND_SEGMENT, c->day,
		c->part };
	char from[SHELF_NAME_SIZE];
	char to[SHELF_NAME_SIZE];
	struct work w = { .c = c, .fd = -1 };
	struct rd content = { (const uint8_t *)"", 0 };
	struct rd whole;
	enum rc rc = RC_BUG;

	*ret_torn = 0;
	buf_init(&w.out, 2 * WRITE_SIZE + JOURNAL_FRAME_MAX);
	buf_init(&w.session_body, JOURNAL_FRAME_MAX);
	TRY(shelf_name_build(&journal, from));
	TRY(shelf_name_build(&segment, to));
	/* there already: a crash came between the two names */
	if (access(to, F_OK) != 0) {
		TRY(shelf_map(from, &content));
		whole = (struct rd){ content.p, part_whole(content) };
		*ret_torn = content.left - whole.left;
		if (whole.left == 0) {
			TRY(shelf_remove(&journal));
			CHECK(false, RC_NOT_FOUND);
		}
		TRY(make_segment(&w, to, whole));
	}
	TRY(closing_entry(c->day, c->part, ret_e));
	TRY(shelf_remove(&journal));
out:
	shelf_unmap(content);
	work_clear(&w);
	return rc;
}

enum rc
closing_entry(uint32_t day, uint16_t part, struct segment_entry *ret_e)
{
	const struct shelf_item item = { SHELF_KIND_SEGMENT, day, part };
	char name[SHELF_NAME_SIZE];
	struct segment s;
	struct segment_entry e = { .day = day, .part = part };
	struct rd content = { (const uint8_t *)"", 0 };
	enum rc rc = RC_BUG;

	TRY(shelf_name_build(&item, name));
	TRY(shelf_map(name, &content));
	CHECK(segment_parse(content, &s) == RC_OK, RC_CORRUPT);
	CHECK(s.session.day == day && s.session.part == part, RC_CORRUPT);
	e.seq = s.seq;
	e.opened = s.session.opened;
	e.closed = s.closed;
	e.envelopes = s.envelopes;
	e.rows = s.rows;
	memcpy(e.custodians, s.custodians, sizeof(e.custodians));
	TRY(tree_root(
	    segment_tree_hash, &s, (uint64_t)s.envelopes + 1, e.root));
	*ret_e = e;
out:
	shelf_unmap(content);
	return rc;
}
