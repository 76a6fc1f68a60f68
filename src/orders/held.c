#include "orders/held.h"

#include <string.h>

#include "merkle/tree.h"
#include "orders/json_field.h"

static json_t *
base64(const uint8_t *p, size_t n)
{
	const struct rd octets = { p, n };

	return json_field_base64(octets);
}

static enum rc
leaf_path(const struct scope_part *p, uint64_t leaf, json_t **ret_path)
{
	/* the callback does not write through its argument */
	void *segment = (void *)(uintptr_t)&p->segment;
	struct tree_proof path;
	enum rc rc = RC_BUG;

	TRY(tree_inclusion(segment_tree_hash, segment, leaf,
	    (uint64_t)p->segment.envelopes + 1, &path));
	*ret_path = json_field_path_json(&path);
out:
	return rc;
}

/* What the leaf says of envelope i, its wraps without the layer of D. */
static enum rc
body_of(const struct scope_part *p, const struct segment_record *r,
    struct buf *wrap, struct buf *own, struct segment_body *ret_body)
{
	enum rc rc = RC_BUG;

	TRY(buf_add(wrap, r->wrap, JOURNAL_WRAP_SIZE));
	TRY(buf_add_rd(own, r->own));
	journal_layer_xor(p->day_key, p->segment.session.nonce,
	    JOURNAL_LAYER_SORTED_WRAP, r->number, wrap);
	journal_layer_xor(p->day_key, p->segment.session.nonce,
	    JOURNAL_LAYER_SORTED_OWN, r->number, own);
	*ret_body = (struct segment_body){ .locator = r->locator,
		.wrap = wrap->p,
		.own = buf_get(own),
		.rows = r->rows };
	segment_digest(r->sealed, ret_body->digest);
out:
	return rc;
}

/* A neighbour of what is not there: its key and the hash of the rest. */
static enum rc
neighbour(const struct scope_part *p, uint64_t leaf, json_t **ret_j)
{
	uint8_t octets[SEGMENT_LEAF_SIZE];
	struct segment_record r;
	struct segment_body body;
	struct buf a;
	struct buf b;
	json_t *path = NULL;
	enum rc rc = RC_BUG;

	buf_init(&a, JOURNAL_FRAME_MAX);
	buf_init(&b, JOURNAL_FRAME_MAX);
	if (leaf == 0) {
		TRY(scope_session(p, &a));
		segment_leaf_session(buf_get(&a), octets);
	} else {
		TRY(segment_record_parse(
		    &p->segment, (uint32_t)(leaf - 1), &r));
		TRY(body_of(p, &r, &a, &b, &body));
		segment_leaf(r.key, &body, octets);
	}
	TRY(leaf_path(p, leaf, &path));
	*ret_j = json_pack("{s:I,s:o,s:o}", "leaf", (json_int_t)leaf, "octets",
	    base64(octets, sizeof(octets)), "path", path);
	CHECK(*ret_j != NULL, RC_NOMEM);
out:
	buf_clear(&a);
	buf_clear(&b);
	return rc;
}

static enum rc
absent(const struct scope_part *p, uint32_t at, json_t **ret_item)
{
	json_t *left = NULL;
	json_t *right = NULL;
	enum rc rc = RC_BUG;

	/* envelope i is leaf i + 1: what would stand at it lies between */
	TRY(neighbour(p, at, &left));
	if (at < p->segment.envelopes)
		TRY(neighbour(p, (uint64_t)at + 1, &right));
	*ret_item = json_pack(
	    "{s:s,s:O,s:O?}", "state", "none", "left", left, "right", right);
	CHECK(*ret_item != NULL, RC_NOMEM);
	if (right == NULL)
		(void)json_object_set_new(*ret_item, "right", json_null());
out:
	json_decref(left);
	json_decref(right);
	return rc;
}

static enum rc
rows_json(const struct segment_record *r, json_t **ret_rows)
{
	json_t *rows = json_array();
	struct rd at = r->sealed;
	struct rd sealed;
	enum rc rc = RC_OK;

	CHECK(rows != NULL, RC_NOMEM);
	for (uint32_t c = 0; c < r->rows; c++) {
		TRY(rd_take(&at, JOURNAL_SEALED_SIZE, &sealed));
		CHECK(
		    json_array_append_new(rows, json_field_base64(sealed)) == 0,
		    RC_NOMEM);
	}
	*ret_rows = rows;
	rows = NULL;
	rc = RC_OK;
out:
	json_decref(rows);
	return rc;
}

static enum rc
present(const struct scope_part *p, uint32_t i, json_t **ret_item)
{
	struct segment_record r;
	struct segment_body body;
	struct buf wrap;
	struct buf own;
	json_t *rows = NULL;
	json_t *path = NULL;
	enum rc rc = RC_BUG;

	buf_init(&wrap, JOURNAL_WRAP_SIZE);
	buf_init(&own, JOURNAL_OWN_SIZE);
	TRY(segment_record_parse(&p->segment, i, &r));
	TRY(body_of(p, &r, &wrap, &own, &body));
	TRY(rows_json(&r, &rows));
	TRY(leaf_path(p, (uint64_t)i + 1, &path));
	*ret_item = json_pack("{s:s,s:I,s:O,s:o,s:o,s:o,s:O}", "state", "held",
	    "leaf", (json_int_t)i + 1, "path", path, "locator",
	    base64(body.locator, JOURNAL_LOCATOR_SIZE), "wrap",
	    base64(body.wrap, JOURNAL_WRAP_SIZE), "own",
	    json_field_base64(body.own), "rows", rows);
	CHECK(*ret_item != NULL, RC_NOMEM);
out:
	json_decref(rows);
	json_decref(path);
	buf_clear(&wrap);
	buf_clear(&own);
	return rc;
}

/* --- what a preservation kept ----------------------------------------------
 */

static enum rc
kept_item(const json_t *kept, const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction, json_t **ret_item)
{
	const json_t *items = json_object_get(kept, "items");

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *j = json_array_get(items, i);
		uint8_t t[JOURNAL_TAG_SIZE];
		uint64_t d;

		if (json_field_octets(j, "tag", sizeof(t), t) != RC_OK ||
		    json_field_number(j, "direction", 3, &d) != RC_OK)
			return RC_CORRUPT;
		if (memcmp(t, tag, sizeof(t)) != 0 || d != direction)
			continue;
		*ret_item = json_deep_copy(json_object_get(j, "item"));
		return *ret_item != NULL ? RC_OK : RC_CORRUPT;
	}
	return RC_NOT_FOUND;
}

enum rc
held_item(const struct scope_part *p,
    const uint8_t tag[static JOURNAL_TAG_SIZE],
    enum journal_direction direction, json_t **ret_item)
{
	uint8_t key[SEGMENT_KEY_SIZE];
	uint32_t i;
	enum rc rc;

	if (p->kept != NULL)
		return kept_item(p->kept, tag, direction, ret_item);
	segment_key(tag, direction, key);
	rc = segment_find(&p->segment, key, &i);
	if (rc == RC_NOT_FOUND)
		return absent(p, i, ret_item);
	return rc == RC_OK ? present(p, i, ret_item) : rc;
}

enum rc
held_session(const struct scope_part *p, json_t *j)
{
	json_t *path = NULL;
	struct buf body;
	enum rc rc = RC_BUG;

	buf_init(&body, JOURNAL_FRAME_MAX);
	TRY(scope_session(p, &body));
	if (p->kept != NULL)
		path = json_incref(json_object_get(p->kept, "session_path"));
	else
		TRY(leaf_path(p, 0, &path));
	CHECK(json_object_set_new(
		  j, "session", json_field_base64(buf_get(&body))) == 0 &&
		json_object_set(j, "session_path", path) == 0,
	    RC_NOMEM);
	rc = RC_OK;
out:
	json_decref(path);
	buf_clear(&body);
	return rc;
}

enum rc
held_wrap(const json_t *item, uint8_t ret_wrap[static JOURNAL_WRAP_SIZE])
{
	if (!json_field_is(item, "state", "held"))
		return RC_NOT_FOUND;
	return json_field_octets(item, "wrap", JOURNAL_WRAP_SIZE, ret_wrap) ==
		RC_OK
	    ? RC_OK
	    : RC_CORRUPT;
}
