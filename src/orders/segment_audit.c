#include "orders/segment_audit.h"

#include <string.h>

#include "merkle/tree.h"

struct audit {
	struct segment s;
	const uint8_t *day_key;
	struct buf wrap;
	struct buf own;
};

static enum rc
plain_of(struct audit *a, struct rd hidden, enum journal_layer layer,
    uint32_t number, struct buf *b)
{
	enum rc rc = RC_BUG;

	b->len = 0;
	TRY(buf_add_rd(b, hidden));
	journal_layer_xor(a->day_key, a->s.session.nonce, layer, number, b);
out:
	return rc;
}

static enum rc
session_leaf(struct audit *a, uint8_t ret_leaf[static SEGMENT_LEAF_SIZE])
{
	struct journal_session plain = a->s.session;
	struct buf body;
	enum rc rc = RC_BUG;

	buf_init(&body, JOURNAL_FRAME_MAX);
	TRY(plain_of(a,
	    (struct rd){ plain.shares, (size_t)plain.n * JOURNAL_SHARE_SIZE },
	    JOURNAL_LAYER_SHARES, 0, &a->wrap));
	plain.shares = a->wrap.p;
	TRY(journal_session_build(&plain, &body));
	segment_leaf_session(buf_get(&body), ret_leaf);
out:
	buf_clear(&body);
	return rc;
}

static enum rc
envelope_leaf(struct audit *a, uint32_t i, uint64_t *rows,
    uint8_t ret_leaf[static SEGMENT_LEAF_SIZE])
{
	struct segment_record r;
	struct segment_body body;
	enum rc rc = RC_BUG;

	TRY(segment_record_parse(&a->s, i, &r));
	TRY(plain_of(a, (struct rd){ r.wrap, JOURNAL_WRAP_SIZE },
	    JOURNAL_LAYER_SORTED_WRAP, r.number, &a->wrap));
	TRY(plain_of(a, r.own, JOURNAL_LAYER_SORTED_OWN, r.number, &a->own));
	body = (struct segment_body){ .locator = r.locator,
		.wrap = a->wrap.p,
		.own = buf_get(&a->own),
		.rows = r.rows };
	segment_digest(r.sealed, body.digest);
	segment_leaf(r.key, &body, ret_leaf);
	*rows += r.rows;
out:
	return rc;
}

static enum rc
check_leaves(struct audit *a, const char **ret_why)
{
	uint8_t leaf[SEGMENT_LEAF_SIZE];
	uint8_t last[SEGMENT_KEY_SIZE] = { 0 };
	uint8_t made[32];
	uint8_t kept[32];
	uint64_t rows = 0;
	enum rc rc = RC_BUG;

	*ret_why = "an envelope of it is not as its tree says";
	for (uint32_t i = 0; i <= a->s.envelopes; i++) {
		if (i == 0)
			TRY(session_leaf(a, leaf));
		else
			TRY(envelope_leaf(a, i - 1, &rows, leaf));
		tree_leaf((struct rd){ leaf, sizeof(leaf) }, made);
		TRY(segment_tree_hash(&a->s, 0, i, kept));
		CHECK(memcmp(made, kept, sizeof(made)) == 0, RC_CORRUPT);
		CHECK(
		    i == 0 || memcmp(last, leaf, sizeof(last)) < 0, RC_CORRUPT);
		memcpy(last, leaf, sizeof(last));
	}
	*ret_why = "it counts its rows wrong";
	CHECK(rows == a->s.rows, RC_CORRUPT);
out:
	return rc;
}

static enum rc
check_nodes(struct audit *a, const char **ret_why)
{
	uint64_t size = (uint64_t)a->s.envelopes + 1;
	uint8_t hash[3][32];
	enum rc rc = RC_OK;

	*ret_why = "its tree is not of its leaves";
	for (unsigned level = 1; size >> level > 0; level++)
		for (uint64_t i = 0; i < size >> level; i++) {
			TRY(segment_tree_hash(
			    &a->s, level - 1, 2 * i, hash[0]));
			TRY(segment_tree_hash(
			    &a->s, level - 1, 2 * i + 1, hash[1]));
			tree_node(hash[0], hash[1], hash[0]);
			TRY(segment_tree_hash(&a->s, level, i, hash[2]));
			CHECK(memcmp(hash[0], hash[2], 32) == 0, RC_CORRUPT);
		}
out:
	return rc;
}

static enum rc
check_head(const struct audit *a, const struct segment_entry *e)
{
	const struct segment *s = &a->s;
	bool same = s->seq == e->seq && s->closed == e->closed &&
	    s->session.day == e->day && s->session.part == e->part &&
	    s->session.opened == e->opened && s->envelopes == e->envelopes &&
	    s->rows == e->rows &&
	    memcmp(s->custodians, e->custodians, sizeof(e->custodians)) == 0;

	return same ? RC_OK : RC_CORRUPT;
}

enum rc
segment_audit(struct rd file, const uint8_t day_key[static JOURNAL_KEY_SIZE],
    const struct segment_entry *e, const char **ret_why)
{
	struct audit a = { .day_key = day_key };
	uint8_t root[32];
	enum rc rc = RC_BUG;

	buf_init(&a.wrap, JOURNAL_FRAME_MAX);
	buf_init(&a.own, JOURNAL_FRAME_MAX);
	*ret_why = "it is no segment";
	TRY(segment_parse(file, &a.s));
	*ret_why = "its head is not what the log says";
	TRY(check_head(&a, e));
	TRY(check_leaves(&a, ret_why));
	TRY(check_nodes(&a, ret_why));
	*ret_why = "its root is not the one in the log";
	TRY(tree_root(
	    segment_tree_hash, &a.s, (uint64_t)a.s.envelopes + 1, root));
	CHECK(memcmp(root, e->root, sizeof(root)) == 0, RC_CORRUPT);
out:
	buf_clear(&a.wrap);
	buf_clear(&a.own);
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_CORRUPT;
}
