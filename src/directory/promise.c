#include "directory/promise.h"

#include <sodium.h>
#include <string.h>

#include "directory/place.h"
#include "wire/json_body.h"

static enum rc
fields_get(const json_t *o, struct promise *p)
{
	uint64_t place;
	uint64_t version;
	uint64_t max_epoch;
	struct rd kind;
	enum rc rc = RC_BUG;

	TRY(json_body_str(o, "tacet", 16, &kind));
	CHECK(rd_is_eq(kind, "promise"), RC_MALFORMED);
	TRY(json_body_uint(o, "place", PLACE_COUNT - 1, &place));
	TRY(json_body_uint(o, "version", UINT32_MAX, &version));
	TRY(json_body_uint(o, "max_epoch", UINT32_MAX, &max_epoch));
	TRY(json_body_hex(o, "sealed", SLOT_HASH_SIZE, p->sealed_hash));
	p->place = (uint32_t)place;
	p->version = (uint32_t)version;
	p->max_epoch = (uint32_t)max_epoch;
out:
	return rc;
}

enum rc
promise_parse(struct rd text, struct promise *ret_p)
{
	struct promise p = { 0 };
	json_t *o = NULL;
	struct buf again;
	enum rc rc = RC_BUG;

	buf_init(&again, PROMISE_TEXT_MAX);
	CHECK(text.left > 0 && text.p[text.left - 1] == '\n', RC_MALFORMED);
	CHECK(
	    json_body_parse((struct rd){ text.p, text.left - 1 }, &o) == RC_OK,
	    RC_MALFORMED);
	TRY(fields_get(o, &p));
	/* canonical, and nothing in it that is not ours */
	TRY(promise_build(&p, &again));
	CHECK(again.len == text.left && memcmp(again.p, text.p, text.left) == 0,
	    RC_MALFORMED);
	*ret_p = p;
out:
	json_body_free(o);
	buf_clear(&again);
	return rc;
}

enum rc
promise_build(const struct promise *p, struct buf *b)
{
	char hex[2 * SLOT_HASH_SIZE + 1];

	(void)sodium_bin2hex(
	    hex, sizeof(hex), p->sealed_hash, sizeof(p->sealed_hash));
	return buf_add_fmt(b,
	    "{\"max_epoch\":%u,\"place\":%u,\"sealed\":\"%s\","
	    "\"tacet\":\"promise\",\"version\":%u}\n",
	    p->max_epoch, p->place, hex, p->version);
}
