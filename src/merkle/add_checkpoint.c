#include "merkle/add_checkpoint.h"

#include <inttypes.h>
#include <string.h>

#include "wire/text64.h"

#define PROOF_MAX 63 /* tlog-witness: "up to 63 lines" */

/* Up to a newline, which is skipped; may be empty. */
static enum rc
line_take(struct rd *r, struct rd *ret_line)
{
	const uint8_t *end = r->left == 0 ? NULL : memchr(r->p, '\n', r->left);
	enum rc rc = RC_BUG;

	CHECK(end != NULL, RC_MALFORMED);
	TRY(rd_take(r, (size_t)(end - r->p), ret_line));
	TRY(rd_skip(r, 1));
out:
	return rc;
}

enum rc
add_checkpoint_parse(struct rd body, struct add_checkpoint *ret_a)
{
	struct add_checkpoint a = { .old_size = 0 };
	struct rd line = { 0 };
	struct rd word = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(body.left <= ADD_CHECKPOINT_MAX, RC_MALFORMED);
	TRY(line_take(&body, &line));
	TRY(rd_take(&line, 4, &word));
	CHECK(rd_is_eq(word, "old "), RC_MALFORMED);
	TRY(tree_size_parse(line, &a.old_size));
	for (;;) {
		TRY(line_take(&body, &line));
		if (line.left == 0)
			break;
		CHECK(a.proof.n < PROOF_MAX, RC_MALFORMED);
		CHECK(text64_std_parse(line, TREE_HASH_SIZE,
			  a.proof.hashes[a.proof.n], &n) == RC_OK &&
			n == TREE_HASH_SIZE,
		    RC_MALFORMED);
		a.proof.n++;
	}
	CHECK(body.left > 0, RC_MALFORMED);
	a.note = body;
	*ret_a = a;
out:
	return rc;
}

enum rc
add_checkpoint_build(const struct add_checkpoint *a, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(a->proof.n <= PROOF_MAX && a->note.left > 0 &&
		a->old_size <= TREE_SIZE_MAX,
	    RC_MALFORMED);
	TRY(buf_add_fmt(b, "old %" PRIu64 "\n", a->old_size));
	for (size_t i = 0; i < a->proof.n; i++) {
		TRY(text64_std_build(
		    b, (struct rd){ a->proof.hashes[i], TREE_HASH_SIZE }));
		TRY(buf_u8(b, '\n'));
	}
	TRY(buf_u8(b, '\n'));
	TRY(buf_add_rd(b, a->note));
	CHECK(b->len - before <= ADD_CHECKPOINT_MAX, RC_MALFORMED);
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
add_checkpoint_size_parse(struct rd body, uint64_t *ret_size)
{
	struct rd line = { 0 };
	uint64_t size = 0;
	enum rc rc = RC_BUG;

	TRY(line_take(&body, &line));
	TRY(rd_end(&body));
	TRY(tree_size_parse(line, &size));
	*ret_size = size;
out:
	return rc;
}

enum rc
add_checkpoint_size_build(uint64_t size, struct buf *b)
{
	return size > TREE_SIZE_MAX ? RC_MALFORMED
				    : buf_add_fmt(b, "%" PRIu64 "\n", size);
}
