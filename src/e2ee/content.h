/*
 * content: what is inside a session message. Deterministic CBOR
 *   [type, id bstr16, time s, body] or, once a day to each contact,
 *   [type, id bstr16, time s, body, [checkpoint bstr, ...]]
 * One type octet; a body of one type fed to another type's reader fails. Pure.
 *   1 text:      body = text
 *   2 devices:   body = bstr, signed device list ("a device was added")
 *   3 sync text: body = [handle text, text], the copy for another device of
 *                the sender's own account
 * The checkpoints are signed notes of the public log, one or two, as the sender
 * believed them: two people who are shown different logs find out.
 */
#ifndef CONTENT_H
#define CONTENT_H
#include "base/buf.h"
#include "base/mono.h"

#define CONTENT_TEXT_MAX 65536 /* octets of UTF-8 */
#define CONTENT_POINTS_MAX 2
#define CONTENT_POINT_MAX 4096 /* merkle/checkpoint.h */

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
	size_t n_points;
	struct rd points[CONTENT_POINTS_MAX]; /* borrowed: signed notes */
};

MUST_USE enum rc content_parse(struct rd plain, struct content *ret_c);
MUST_USE enum rc content_build(const struct content *c, struct buf *b);
#endif
