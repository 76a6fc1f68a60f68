#include "e2ee/content.h"

#include "wire/cbor.h"
#include "wire/device_list.h"
#include "wire/e164.h"

#define N_ITEMS 4
#define N_ITEMS_POINTS 5
/* The end of the year 9999: mono_rfc3339 writes no later time. */
#define TIME_MAX INT64_C(253402300799)
#define HANDLE_MAX 16 /* "+" and 15 digits */

static enum rc
handle_check(struct rd handle)
{
	struct e164 number = { 0 };
	enum rc rc = e164_parse(handle, &number);

	e164_clear(&number);
	return rc;
}

static enum rc
sync_parse(struct rd *r, struct content *c)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, 2, &n));
	CHECK(n == 2, RC_MALFORMED);
	TRY(cbor_get_text(r, HANDLE_MAX, &c->to));
	TRY(handle_check(c->to));
	TRY(cbor_get_text(r, CONTENT_TEXT_MAX, &c->body));
out:
	return rc;
}

static enum rc
body_parse(struct rd *r, struct content *c)
{
	switch (c->type) {
	case CONTENT_TYPE_TEXT:
		return cbor_get_text(r, CONTENT_TEXT_MAX, &c->body);
	case CONTENT_TYPE_DEVICES:
		return cbor_get_bytes(r, DEVICE_LIST_SIZE_MAX, &c->body);
	case CONTENT_TYPE_SYNC_TEXT:
		return sync_parse(r, c);
	}
	return RC_MALFORMED;
}

static enum rc
points_parse(struct rd *r, struct content *c)
{
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, CONTENT_POINTS_MAX, &c->n_points));
	CHECK(c->n_points > 0, RC_MALFORMED); /* none is no list */
	for (size_t i = 0; i < c->n_points; i++)
		TRY(cbor_get_bytes(r, CONTENT_POINT_MAX, &c->points[i]));
out:
	return rc;
}

enum rc
content_parse(struct rd plain, struct content *ret_c)
{
	struct content c = { 0 };
	uint64_t type = 0;
	uint64_t time = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(&plain, N_ITEMS_POINTS, &n));
	CHECK(n >= N_ITEMS, RC_MALFORMED);
	TRY(cbor_get_uint(&plain, CONTENT_TYPE_SYNC_TEXT, &type));
	c.type = (enum content_type)type;
	TRY(cbor_get_fixed(&plain, sizeof(c.id), c.id));
	TRY(cbor_get_uint(&plain, TIME_MAX, &time));
	c.time.s = (int64_t)time;
	TRY(body_parse(&plain, &c));
	if (n == N_ITEMS_POINTS)
		TRY(points_parse(&plain, &c));
	TRY(rd_end(&plain));
	*ret_c = c;
out:
	return rc;
}

static enum rc
body_build(const struct content *c, struct buf *b)
{
	enum rc rc = RC_BUG;

	switch (c->type) {
	case CONTENT_TYPE_TEXT:
		CHECK(c->body.left <= CONTENT_TEXT_MAX, RC_LIMIT);
		TRY(cbor_put_text(b, c->body));
		break;
	case CONTENT_TYPE_DEVICES:
		CHECK(c->body.left <= DEVICE_LIST_SIZE_MAX, RC_LIMIT);
		TRY(cbor_put_bytes(b, c->body));
		break;
	case CONTENT_TYPE_SYNC_TEXT:
		CHECK(c->body.left <= CONTENT_TEXT_MAX, RC_LIMIT);
		TRY(handle_check(c->to));
		TRY(cbor_put_array(b, 2));
		TRY(cbor_put_text(b, c->to));
		TRY(cbor_put_text(b, c->body));
		break;
	}
out:
	return rc;
}

static enum rc
points_build(const struct content *c, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(c->n_points <= CONTENT_POINTS_MAX, RC_LIMIT);
	TRY(cbor_put_array(b, c->n_points));
	for (size_t i = 0; i < c->n_points; i++) {
		CHECK(c->points[i].left <= CONTENT_POINT_MAX, RC_LIMIT);
		TRY(cbor_put_bytes(b, c->points[i]));
	}
out:
	return rc;
}

enum rc
content_build(const struct content *c, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(c->time.s >= 0 && c->time.s <= TIME_MAX, RC_MALFORMED);
	TRY(cbor_put_array(b, c->n_points > 0 ? N_ITEMS_POINTS : N_ITEMS));
	TRY(cbor_put_u64(b, c->type));
	TRY(cbor_put_bytes(b, (struct rd){ c->id, sizeof(c->id) }));
	TRY(cbor_put_u64(b, (uint64_t)c->time.s));
	TRY(body_build(c, b));
	if (c->n_points > 0)
		TRY(points_build(c, b));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
