/*
 * note: C2SP signed notes (c2sp.org/signed-note): text, a blank line, then
 * "— NAME BASE64(key id 4 || signature 64)" lines; Ed25519 only. Policy
 * documents and package manifests are notes. Pure.
 */
#ifndef NOTE_H
#define NOTE_H
#include "base/buf.h"

#define NOTE_MAX 65536
#define NOTE_NAME_MAX 64
#define NOTE_BLOB_MAX 1024 /* octets of one signature, key id included */

struct note_signature { /* one line, of any algorithm */
	struct rd name; /* borrowed from the note */
	size_t n;
	uint8_t blob[NOTE_BLOB_MAX]; /* key id 4, then the signature */
};

/* Signs text (ends with "\n", no control characters but it) with an Ed25519
 * secret key in libsodium's 64-octet form. */
MUST_USE enum rc note_build(struct rd text, const char *name,
    const uint8_t secret_key[static 64], struct buf *b);
/* Verifies the line of name by public_key; *ret_text borrows the text with its
 * last newline. RC_DENIED: no good signature by that key; RC_MALFORMED. */
MUST_USE enum rc note_parse(struct rd note, const char *name,
    const uint8_t public_key[static 32], struct rd *ret_text);
/* The signature line alone, for a detached file such as MANIFEST.sig. */
MUST_USE enum rc note_line_build(struct rd text, const char *name,
    const uint8_t secret_key[static 64], struct buf *b);
MUST_USE enum rc note_line_parse(struct rd line, struct rd text,
    const char *name, const uint8_t public_key[static 32]);
/* Text (with its last newline) and signature lines, one or more, of a note;
 * not verified. RC_MALFORMED. */
MUST_USE enum rc note_split(
    struct rd note, struct rd *ret_text, struct rd *ret_lines);
/* Takes one signature line from the front of lines. RC_MALFORMED. */
MUST_USE enum rc note_signature_take(
    struct rd *lines, struct note_signature *ret_s);
/* Printable ASCII without space and plus sign, NOTE_NAME_MAX at most. */
bool note_is_name(struct rd name);
#endif
