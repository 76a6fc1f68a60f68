/*
 * vkey: a public key as text, "NAME+KEYID+BASE64", the verifier key of C2SP
 * signed notes (c2sp.org/signed-note, Verifier keys). Pure.
 */
#ifndef VKEY_H
#define VKEY_H
#include "wire/note.h"

#define VKEY_TEXT_MAX (NOTE_NAME_MAX + 1 + 8 + 1 + 44)

enum vkey_type { /* signed-note, Signature types */
	VKEY_TYPE_ED25519 = 0x01,
	VKEY_TYPE_COSIGNATURE = 0x04 /* c2sp.org/tlog-cosignature */
};

struct vkey {
	char name[NOTE_NAME_MAX + 1];
	enum vkey_type type;
	uint8_t id[4];
	uint8_t key[32];
};

/* Names a key. RC_MALFORMED: the name. */
MUST_USE enum rc vkey_init(struct vkey *ret_k, const char *name,
    enum vkey_type type, const uint8_t key[static 32]);
/* RC_MALFORMED: also a key id that is not the key's, and another type. */
MUST_USE enum rc vkey_parse(struct rd text, struct vkey *ret_k);
MUST_USE enum rc vkey_build(const struct vkey *k, struct buf *b);
/* Whether a signature line says that it is by this key. */
bool vkey_is_of(const struct vkey *k, const struct note_signature *s);
#endif
