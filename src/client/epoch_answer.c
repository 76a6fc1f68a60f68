#include "client/epoch_answer.h"

#include "wire/json_body.h"
#include "wire/text64.h"

#define ENTRY_MAX 4096

void
epoch_answer_init(struct epoch_answer *a)
{
	*a = (struct epoch_answer){ .index = 0 };
	buf_init(&a->note, CHECKPOINT_NOTE_MAX);
	buf_init(&a->entry, ENTRY_MAX);
}

void
epoch_answer_clear(struct epoch_answer *a)
{
	buf_clear(&a->note);
	buf_clear(&a->entry);
}

static enum rc
text_take(const json_t *o, const char *name, struct buf *b)
{
	struct rd text = { 0 };
	enum rc rc = RC_BUG;

	TRY(json_body_str(o, name, b->max, &text));
	TRY(buf_add_rd(b, text));
out:
	return rc;
}

static enum rc
proof_take(const json_t *o, const char *name, struct tree_proof *p)
{
	const json_t *list = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_array(o, name, TREE_PROOF_MAX, &list));
	p->n = json_array_size(list);
	for (size_t i = 0; i < p->n; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		CHECK(s != NULL, RC_MALFORMED);
		TRY(text64_std_parse(
		    rd_str(s), TREE_HASH_SIZE, p->hashes[i], &n));
		CHECK(n == TREE_HASH_SIZE, RC_MALFORMED);
	}
out:
	return rc;
}

enum rc
epoch_answer_parse(struct rd body, struct epoch_answer *a)
{
	static const char *const names[] = { "checkpoint", "consistency",
		"entry", "index", "path", "token_day" };
	uint64_t day = 0;
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	TRY(json_body_parse(body, &o));
	TRY(json_body_only(o, names, ARRAY_LEN(names)));
	TRY(text_take(o, "checkpoint", &a->note));
	TRY(text_take(o, "entry", &a->entry));
	TRY(json_body_uint(o, "index", TREE_SIZE_MAX, &a->index));
	TRY(json_body_uint(o, "token_day", UINT32_MAX, &day));
	a->token_day = (uint32_t)day;
	TRY(proof_take(o, "path", &a->path));
	TRY(proof_take(o, "consistency", &a->consistency));
out:
	json_body_free(o);
	return rc;
}

static json_t *
proof_json(const struct tree_proof *p)
{
	json_t *list = json_array();
	struct buf b;

	buf_init(&b, 64);
	for (size_t i = 0; list != NULL && i < p->n; i++) {
		buf_clear(&b);
		if (text64_std_build(&b,
			(struct rd){ p->hashes[i], TREE_HASH_SIZE }) != RC_OK ||
		    json_array_append_new(
			list, json_stringn((const char *)b.p, b.len)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	buf_clear(&b);
	return list;
}

enum rc
epoch_answer_build(const struct epoch_answer *a, struct buf *b)
{
	json_t *o = json_pack("{s:s%,s:o,s:s%,s:I,s:o,s:I}", "checkpoint",
	    (const char *)a->note.p, a->note.len, "consistency",
	    proof_json(&a->consistency), "entry", (const char *)a->entry.p,
	    a->entry.len, "index", (json_int_t)a->index, "path",
	    proof_json(&a->path), "token_day", (json_int_t)a->token_day);
	enum rc rc = json_body_build(o, b);

	json_body_free(o);
	return rc;
}
