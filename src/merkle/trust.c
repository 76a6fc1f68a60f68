#include "merkle/trust.h"

#include <string.h>

#include "wire/json_body.h"

/* --- the file ---------------------------------------------------------------
 */

static bool
is_same_key(const struct vkey *a, const struct vkey *b)
{
	return strcmp(a->name, b->name) == 0 ||
	    memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

static bool
is_good(const struct trust *t)
{
	char origin[CHECKPOINT_ORIGIN_SIZE];

	checkpoint_origin(t->log.key, origin);
	if (t->log.type != VKEY_TYPE_ED25519 ||
	    t->policy.type != VKEY_TYPE_ED25519 ||
	    strcmp(t->log.name, origin) != 0 ||
	    t->n_witnesses > TRUST_WITNESSES_MAX || t->quorum > t->n_witnesses)
		return false;
	for (size_t i = 0; i < t->n_witnesses; i++) {
		if (t->witnesses[i].type != VKEY_TYPE_COSIGNATURE)
			return false;
		for (size_t j = 0; j < i; j++)
			if (is_same_key(&t->witnesses[i], &t->witnesses[j]))
				return false;
	}
	return true;
}

static enum rc
key_take(const json_t *o, const char *name, struct vkey *ret_k)
{
	struct rd text;
	enum rc rc = json_body_str(o, name, VKEY_TEXT_MAX, &text);

	return rc == RC_OK ? vkey_parse(text, ret_k) : rc;
}

enum rc
trust_parse(struct rd text, struct trust *ret_t)
{
	static const char *const names[] = { "tacet", "version", "log",
		"policy", "witnesses", "quorum" };
	struct trust t = { .quorum = 0 };
	const json_t *list;
	json_t *o = NULL;
	struct rd kind;
	uint64_t v;
	enum rc rc = RC_BUG;

	CHECK(text.left <= TRUST_TEXT_MAX, RC_MALFORMED);
	TRY(json_body_parse(text, &o));
	TRY(json_body_only(o, names, ARRAY_LEN(names)));
	TRY(json_body_str(o, "tacet", 16, &kind));
	TRY(json_body_uint(o, "version", 1, &v));
	CHECK(rd_is_eq(kind, "trust") && v == 1, RC_MALFORMED);
	TRY(key_take(o, "log", &t.log));
	TRY(key_take(o, "policy", &t.policy));
	TRY(json_body_array(o, "witnesses", TRUST_WITNESSES_MAX, &list));
	TRY(json_body_uint(o, "quorum", TRUST_WITNESSES_MAX, &v));
	t.quorum = (unsigned)v;
	t.n_witnesses = json_array_size(list);
	for (size_t i = 0; i < t.n_witnesses; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		CHECK(s != NULL, RC_MALFORMED);
		TRY(vkey_parse(rd_str(s), &t.witnesses[i]));
	}
	CHECK(is_good(&t), RC_MALFORMED);
	*ret_t = t;
out:
	json_body_free(o);
	return rc == RC_LIMIT ? RC_MALFORMED : rc;
}

static json_t *
key_json(const struct vkey *k)
{
	struct buf b;
	json_t *s = NULL;

	buf_init(&b, VKEY_TEXT_MAX);
	if (vkey_build(k, &b) == RC_OK)
		s = json_stringn((const char *)b.p, b.len);
	buf_clear(&b);
	return s;
}

enum rc
trust_build(const struct trust *t, struct buf *b)
{
	json_t *list = json_array();
	json_t *o = NULL;
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(list != NULL, RC_NOMEM);
	CHECK(is_good(t), RC_MALFORMED);
	for (size_t i = 0; i < t->n_witnesses; i++)
		CHECK(json_array_append_new(list, key_json(&t->witnesses[i])) ==
			0,
		    RC_NOMEM);
	o = json_pack("{s:s,s:i,s:o,s:o,s:O,s:i}", "tacet", "trust", "version",
	    1, "log", key_json(&t->log), "policy", key_json(&t->policy),
	    "witnesses", list, "quorum", (int)t->quorum);
	TRY(json_body_build(o, b));
	TRY(buf_u8(b, '\n'));
out:
	if (rc != RC_OK)
		b->len = before;
	json_body_free(o);
	json_decref(list);
	return rc;
}

/* --- a checkpoint by it ------------------------------------------------------
 */

/* Which witnesses signed; a line of none of them is somebody else's matter. */
static enum rc
count(const struct trust *t, struct rd text, struct rd lines,
    struct trust_point *p)
{
	bool seen[TRUST_WITNESSES_MAX] = { false };
	struct note_signature s;
	uint64_t time;
	enum rc one;
	enum rc rc = RC_OK;

	while (lines.left > 0) {
		TRY(note_signature_take(&lines, &s));
		for (size_t i = 0; i < t->n_witnesses; i++) {
			one = checkpoint_cosigned(
			    &s, text, &t->witnesses[i], &time);
			CHECK(one == RC_OK || one == RC_NOT_FOUND, one);
			if (one != RC_OK)
				continue;
			p->witnesses += seen[i] ? 0 : 1;
			seen[i] = true;
			if (time > p->time)
				p->time = time;
		}
	}
out:
	return rc;
}

enum rc
trust_point_read(
    const struct trust *t, struct rd note, struct trust_point *ret_p)
{
	struct trust_point p = { .size = 0 };
	struct checkpoint c;
	struct rd text;
	struct rd lines;
	enum rc rc = RC_BUG;

	CHECK(note.left <= CHECKPOINT_NOTE_MAX, RC_MALFORMED);
	TRY(note_parse(note, t->log.name, t->log.key, &text));
	TRY(note_split(note, &text, &lines));
	TRY(checkpoint_parse(text, &c));
	CHECK(rd_is_eq(c.origin, t->log.name), RC_DENIED);
	TRY(count(t, text, lines, &p));
	p.size = c.size;
	memcpy(p.root, c.root, sizeof(p.root));
	*ret_p = p;
out:
	return rc;
}

enum rc
trust_checkpoint(const struct trust *t, struct rd note, uint64_t *ret_size,
    uint8_t ret_root[static TREE_HASH_SIZE], unsigned *ret_witnesses)
{
	struct trust_point p;
	enum rc rc = RC_BUG;

	TRY(trust_point_read(t, note, &p));
	CHECK(p.witnesses >= t->quorum, RC_DENIED);
	*ret_size = p.size;
	memcpy(ret_root, p.root, sizeof(p.root));
	*ret_witnesses = p.witnesses;
out:
	return rc;
}
