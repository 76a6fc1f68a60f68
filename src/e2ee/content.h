/*
 * content: what is inside a session message. Deterministic CBOR
 *   [type, id bstr16, time s, body]
 * One type octet; a body of one type fed to another type's reader fails. Pure.
 *   1 text:      body = text
 *   2 devices:   body = bstr, signed device list ("a device was added")
 *   3 sync text: body = [handle text, text], the copy for another device of
 *                the sender's own account
 */
#ifndef CONTENT_H
#define CONTENT_H
#include "base/buf.h"
#include "base/mono.h"

#define CONTENT_TEXT_MAX 65536 /* octets of UTF-8 */

enum content_type {
	CONTENT_TYPE_TEXT = 1,
	CONTENT_TYPE_DEVICES = 2,
	CONTENT_TYPE_SYNC_TEXT = 3 /* own other devices: [to handle, text] */
};

struct content {
	enum content_type type;
	uint8_t id[16]; /* the sender's; shown once per id */
	struct wall time;
	struct rd to;   /* SYNC_TEXT: the receiver's handle "+.." */
	struct rd body; /* borrowed: text, or device list octets */
};

MUST_USE enum rc content_parse(struct rd plain, struct content *ret_c);
MUST_USE enum rc content_build(const struct content *c, struct buf *b);
#endif
