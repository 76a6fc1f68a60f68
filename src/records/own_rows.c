#include "records/own_rows.h"

#include <string.h>

#include <sodium.h>

#include "merkle/tree.h"
#include "records/part.h"
#include "wire/segment.h"

#define MINE_MAX 256 /* envelopes of one account in one part */

struct search {
	struct rd locators;
	uint8_t day_key[JOURNAL_KEY_SIZE];
	struct buf *out;
	bool begun; /* this part's SESSION is there */
};

static bool
is_asked(const struct search *s, const uint8_t *locator)
{
	if (sodium_is_zero(locator, JOURNAL_LOCATOR_SIZE))
		return false;
	for (size_t i = 0; i + JOURNAL_LOCATOR_SIZE <= s->locators.left;
	     i += JOURNAL_LOCATOR_SIZE)
		if (memcmp(s->locators.p + i, locator, JOURNAL_LOCATOR_SIZE) ==
		    0)
			return true;
	return false;
}

static enum rc
add_session(struct search *s, const struct journal_session *session)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_SESSION };
	enum rc rc = RC_OK;

	if (!s->begun) {
		f.u.session = *session;
		TRY(journal_frame_build(&f, s->out));
		s->begun = true;
	}
out:
	return rc;
}

/* e with its wraps under D; what is appended is without. */
static enum rc
add_envelope(struct search *s, const struct journal_session *session,
    const struct journal_envelope *e, bool sorted)
{
	const enum journal_layer layers[2] = {
		sorted ? JOURNAL_LAYER_SORTED_WRAP : JOURNAL_LAYER_WRAP,
		sorted ? JOURNAL_LAYER_SORTED_OWN : JOURNAL_LAYER_OWN
	};
	struct journal_frame f = { .type = JOURNAL_TYPE_ENVELOPE };
	struct buf wrap;
	struct buf own;
	enum rc rc = RC_BUG;

	buf_init(&wrap, JOURNAL_WRAP_SIZE);
	buf_init(&own, JOURNAL_OWN_SIZE);
	TRY(add_session(s, session));
	TRY(buf_add(&wrap, e->wrap, JOURNAL_WRAP_SIZE));
	TRY(buf_add_rd(&own, e->own));
	journal_layer_xor(
	    s->day_key, session->nonce, layers[0], e->number, &wrap);
	journal_layer_xor(
	    s->day_key, session->nonce, layers[1], e->number, &own);
	f.u.envelope = *e;
	f.u.envelope.wrap = wrap.p;
	f.u.envelope.own = buf_get(&own);
	TRY(journal_frame_build(&f, s->out));
out:
	buf_clear(&wrap);
	buf_clear(&own);
	return rc;
}

/* --- a running part ------------------------------------------------------- */

struct mine {
	uint32_t numbers[MINE_MAX];
	size_t n;
};

/* Of a frame's rows those of mine, in a frame of their own. */
static enum rc
add_mine(struct search *s, const struct mine *mine, struct rd rows)
{
	size_t before = s->out->len;
	size_t at = 0;
	size_t n = 0;
	uint32_t envelope;
	struct rd sealed;
	enum rc rc = RC_BUG;

	TRY(journal_rows_begin(s->out, &at));
	while (rows.left > 0) {
		bool take = false;

		TRY(journal_entry_parse(&rows, &envelope, &sealed));
		for (size_t i = 0; i < mine->n && !take; i++)
			take = mine->numbers[i] == envelope;
		if (take) {
			TRY(journal_entry_build(envelope, sealed, s->out));
			n++;
		}
	}
	if (n > 0)
		journal_rows_end(s->out, at);
out:
	if (rc != RC_OK || n == 0)
		s->out->len = before;
	return rc;
}

static enum rc
search_journal(struct search *s, struct rd frames)
{
	struct mine mine = { .n = 0 };
	struct journal_session session = { 0 };
	struct journal_frame f;
	enum rc rc = RC_OK;

	frames.left = part_whole(frames);
	while (frames.left > 0) {
		TRY(journal_frame_parse(&frames, &f));
		if (f.type == JOURNAL_TYPE_SESSION) {
			session = f.u.session;
		} else if (f.type == JOURNAL_TYPE_ENVELOPE &&
		    mine.n < MINE_MAX && is_asked(s, f.u.envelope.locator)) {
			mine.numbers[mine.n++] = f.u.envelope.number;
			TRY(add_envelope(s, &session, &f.u.envelope, false));
		} else if (f.type == JOURNAL_TYPE_ROWS && mine.n > 0) {
			TRY(add_mine(s, &mine, f.u.rows));
		}
	}
out:
	return rc;
}

/* --- a closed part -------------------------------------------------------- */

static enum rc
add_proof(struct search *s, const struct segment *g, uint32_t i)
{
	struct journal_frame f = { .type = JOURNAL_TYPE_PROOF };
	uint64_t size = (uint64_t)g->envelopes + 1;
	struct tree_proof path;
	enum rc rc = RC_BUG;

	/* tree.h does not write through its argument */
	TRY(tree_inclusion(segment_tree_hash, (void *)(uintptr_t)g,
	    (uint64_t)i + 1, size, &path));
	f.u.proof = (struct journal_proof){ .seq = g->seq,
		.size = size,
		.index = (uint64_t)i + 1,
		.n = (uint8_t)path.n,
		.hashes = path.hashes[0] };
	TRY(journal_frame_build(&f, s->out));
out:
	return rc;
}

/* All rows of an envelope, as many in a frame as fit. */
static enum rc
add_rows(struct search *s, const struct segment_record *r)
{
	struct rd rows = r->sealed;
	struct rd sealed;
	size_t at = 0;
	enum rc rc = RC_OK;

	while (rows.left > 0) {
		size_t before = s->out->len;

		rc = journal_rows_begin(s->out, &at);
		for (size_t n = 0;
		     rc == RC_OK && rows.left > 0 && n < JOURNAL_ENTRIES_MAX;
		     n++) {
			rc = rd_take(&rows, JOURNAL_SEALED_SIZE, &sealed);
			if (rc == RC_OK)
				rc = journal_entry_build(
				    r->number, sealed, s->out);
		}
		if (rc != RC_OK)
			s->out->len = before; /* whole frames alone */
		CHECK(rc == RC_OK, rc);
		journal_rows_end(s->out, at);
	}
out:
	return rc;
}

static enum rc
add_record(struct search *s, const struct segment *g, uint32_t i)
{
	struct journal_envelope e = { 0 };
	struct segment_record r;
	enum rc rc = RC_BUG;

	TRY(segment_record_parse(g, i, &r));
	memcpy(e.tag, r.key, JOURNAL_TAG_SIZE);
	e.direction = (enum journal_direction)r.key[JOURNAL_TAG_SIZE];
	e.number = r.number;
	memcpy(e.locator, r.locator, JOURNAL_LOCATOR_SIZE);
	e.wrap = r.wrap;
	e.own = r.own;
	TRY(add_envelope(s, &g->session, &e, true));
	TRY(add_proof(s, g, i));
	TRY(add_rows(s, &r));
out:
	return rc;
}

static enum rc
search_segment(struct search *s, struct rd file)
{
	struct segment g;
	const uint8_t *locator;
	uint32_t i;
	enum rc rc = RC_BUG;

	TRY(segment_parse(file, &g));
	for (uint32_t j = 0; j < g.owners; j++) {
		TRY(segment_own_parse(&g, j, &i, &locator));
		if (is_asked(s, locator))
			TRY(add_record(s, &g, i));
	}
out:
	return rc;
}

static enum rc
search_item(struct search *s, const struct shelf_item *item)
{
	char name[SHELF_NAME_SIZE];
	struct rd content = { (const uint8_t *)"", 0 };
	enum rc rc = RC_OK;

	if (item->kind == SHELF_KIND_KEY)
		return RC_OK;
	rc = shelf_key_read(item->day, s->day_key);
	if (rc == RC_NOT_FOUND)
		return RC_OK; /* its time is over */
	CHECK(rc == RC_OK, rc);
	TRY(shelf_name_build(item, name));
	TRY(shelf_map(name, &content));
	s->begun = false;
	rc = item->kind == SHELF_KIND_JOURNAL ? search_journal(s, content)
					      : search_segment(s, content);
out:
	shelf_unmap(content);
	return rc;
}

enum rc
own_rows_find(struct rd locators, struct buf *b)
{
	struct search s = { .locators = locators, .out = b };
	struct shelf_item *items = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n; i++)
		TRY(search_item(&s, &items[i]));
out:
	free(items);
	sodium_memzero(&s, sizeof(s));
	return rc;
}
