#include <string.h>

#include "e2ee/session_internal.h"
#include "wire/e164.h"

enum rc
session_intro_take(struct rd *r, struct session_intro *ret_i)
{
	struct session_intro i = { 0 };
	struct e164 number = { 0 };
	struct rd at = *r;
	uint8_t n = 0;
	uint16_t kem = 0;
	enum rc rc = RC_BUG;

	TRY(rd_copy(&at, sizeof(i.account), i.account));
	TRY(rd_u8(&at, &i.device));
	TRY(rd_copy(&at, sizeof(i.aik), i.aik));
	TRY(rd_copy(&at, sizeof(i.dik), i.dik));
	TRY(rd_copy(&at, sizeof(i.list_hash), i.list_hash));
	TRY(rd_copy(&at, sizeof(i.base_key), i.base_key));
	TRY(rd_u32(&at, &i.signed_id));
	TRY(rd_u32(&at, &i.one_time_id));
	TRY(rd_u8(&at, &n));
	TRY(rd_take(&at, n, &i.handle));
	TRY(e164_parse(i.handle, &number));
	TRY(rd_u16(&at, &kem));
	CHECK(kem == 0, RC_MALFORMED); /* no KEM in this version */
	*r = at;
	*ret_i = i;
out:
	e164_clear(&number);
	return rc;
}

enum rc
session_intro_build(const struct session_intro *i, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(i->handle.left <= SESSION_HANDLE_MAX, RC_MALFORMED);
	TRY(buf_add(b, i->account, sizeof(i->account)));
	TRY(buf_u8(b, i->device));
	TRY(buf_add(b, i->aik, sizeof(i->aik)));
	TRY(buf_add(b, i->dik, sizeof(i->dik)));
	TRY(buf_add(b, i->list_hash, sizeof(i->list_hash)));
	TRY(buf_add(b, i->base_key, sizeof(i->base_key)));
	TRY(buf_u32(b, i->signed_id));
	TRY(buf_u32(b, i->one_time_id));
	TRY(buf_u8(b, (uint8_t)i->handle.left));
	TRY(buf_add_rd(b, i->handle));
	TRY(buf_u16(b, 0)); /* KEM ciphertext */
out:
	return rc;
}

/* A whole message is looked at, so that what is accepted here can be opened
 * as far as its form goes. */
enum rc
session_intro_parse(struct rd message, struct session_intro *ret_i)
{
	struct session_intro i = { 0 };
	uint8_t kind = 0;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&message, &kind));
	CHECK(kind != SESSION_KIND_ORDINARY, RC_NOT_FOUND);
	CHECK(kind == SESSION_KIND_INTRO, RC_MALFORMED);
	TRY(session_intro_take(&message, &i));
	CHECK(message.left >= SESSION_HEADER_SIZE + SESSION_TAG_SIZE,
	    RC_MALFORMED);
	*ret_i = i;
out:
	return rc;
}
