/*
 * ws: WebSocket frames (RFC 6455 section 5.2), both directions. No extensions,
 * so RSV must be 0. Pure.
 */
#ifndef WS_H
#define WS_H
#include "base/buf.h"

enum ws_op {
	WS_OP_CONT = 0x0,
	WS_OP_TEXT = 0x1,
	WS_OP_BINARY = 0x2,
	WS_OP_CLOSE = 0x8,
	WS_OP_PING = 0x9,
	WS_OP_PONG = 0xa
};

struct ws_frame {
	enum ws_op op;
	bool fin;
	bool masked;
	uint8_t mask[4];
	struct rd payload; /* as it stands on the wire; see ws_unmask */
};

/* Reads one whole frame from the front of r. from_client: masking is required
 * (true) or forbidden (false), section 5.1. RC_AGAIN: not complete yet;
 * RC_LIMIT: payload over max; RC_MALFORMED: reserved bits or opcodes, a
 * length not in its shortest form, a control frame over 125 or fragmented. */
MUST_USE enum rc ws_frame_parse(
    struct rd *r, bool from_client, size_t max, struct ws_frame *ret_f);
/* XORs n payload octets in place, starting at mask octet 0. */
void ws_unmask(uint8_t *payload, size_t n, const uint8_t mask[static 4]);
/* One unfragmented frame. mask NULL: unmasked (server). */
MUST_USE enum rc ws_frame_build(
    struct buf *b, enum ws_op op, const uint8_t *mask, struct rd payload);
/* Section 4.2.2: base64(SHA-1(key || GUID)), 28 characters and NUL; key is the
 * field's value. RC_MALFORMED unless key is base64 of 16 octets. */
#define WS_ACCEPT_SIZE 29
MUST_USE enum rc ws_accept(struct rd key, char ret_text[static WS_ACCEPT_SIZE]);
#endif
