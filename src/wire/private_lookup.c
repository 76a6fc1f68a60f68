#include "wire/private_lookup.h"

#include <string.h>

static enum rc
pair_take(struct rd *r, struct private_lookup_pair *ret_p)
{
	enum rc rc = RC_BUG;

	TRY(rd_copy(r, sizeof(ret_p->token), ret_p->token));
	TRY(rd_copy(r, sizeof(ret_p->element), ret_p->element));
out:
	return rc;
}

static enum rc
pair_add(const struct private_lookup_pair *p, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_add(b, p->token, sizeof(p->token)));
	TRY(buf_add(b, p->element, sizeof(p->element)));
out:
	return rc;
}

enum rc
private_lookup_ask_parse(struct rd body, struct private_lookup_ask *ret_a)
{
	struct private_lookup_ask a;
	enum rc rc = RC_BUG;

	TRY(pair_take(&body, &a.pair));
	TRY(rd_u32(&body, &a.epoch));
	CHECK(body.left > 0, RC_MALFORMED);
	a.query = body;
	*ret_a = a;
out:
	explicit_bzero(&a, sizeof(a));
	return rc;
}

enum rc
private_lookup_ask_build(const struct private_lookup_ask *a, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(pair_add(&a->pair, b));
	TRY(buf_u32(b, a->epoch));
	TRY(buf_add_rd(b, a->query));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
private_lookup_answer_parse(struct rd body, struct private_lookup_answer *ret_a)
{
	struct private_lookup_answer a;
	enum rc rc = RC_BUG;

	TRY(rd_copy(&body, sizeof(a.element), a.element));
	TRY(rd_copy(&body, sizeof(a.proof), a.proof));
	TRY(rd_u32(&body, &a.epoch));
	CHECK(body.left > 0, RC_MALFORMED);
	a.answer = body;
	*ret_a = a;
out:
	return rc;
}

enum rc
private_lookup_answer_build(
    const struct private_lookup_answer *a, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_add(b, a->element, sizeof(a->element)));
	TRY(buf_add(b, a->proof, sizeof(a->proof)));
	TRY(buf_u32(b, a->epoch));
	TRY(buf_add_rd(b, a->answer));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
private_lookup_oprf_parse(struct rd body,
    struct private_lookup_pair ret_pairs[static PRIVATE_LOOKUP_OPRF_MAX],
    size_t *ret_n)
{
	uint16_t n;
	enum rc rc = RC_BUG;

	TRY(rd_u16(&body, &n));
	CHECK(n >= 1 && n <= PRIVATE_LOOKUP_OPRF_MAX &&
		body.left == n * sizeof(struct private_lookup_pair),
	    RC_MALFORMED);
	for (size_t i = 0; i < n; i++)
		TRY(pair_take(&body, &ret_pairs[i]));
	*ret_n = n;
out:
	return rc;
}

enum rc
private_lookup_oprf_build(
    const struct private_lookup_pair *pairs, size_t n, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(n >= 1 && n <= PRIVATE_LOOKUP_OPRF_MAX, RC_MALFORMED);
	TRY(buf_u16(b, (uint16_t)n));
	for (size_t i = 0; i < n; i++)
		TRY(pair_add(&pairs[i], b));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
