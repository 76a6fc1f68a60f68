#include "merkle/vkey.h"

#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

/* SHA-256(name || "\n" || type || key), the first four octets (signed-note,
 * Signatures). */
static void
id_of(
    const char *name, const uint8_t typed[static 33], uint8_t ret_id[static 4])
{
	crypto_hash_sha256_state st;
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256_init(&st);
	(void)crypto_hash_sha256_update(
	    &st, (const uint8_t *)name, strlen(name));
	(void)crypto_hash_sha256_update(&st, (const uint8_t *)"\n", 1);
	(void)crypto_hash_sha256_update(&st, typed, 33);
	(void)crypto_hash_sha256_final(&st, hash);
	memcpy(ret_id, hash, 4);
}

enum rc
vkey_init(struct vkey *ret_k, const char *name, enum vkey_type type,
    const uint8_t key[static 32])
{
	struct vkey k = { .type = type };
	uint8_t typed[33] = { (uint8_t)type };
	enum rc rc = RC_BUG;

	CHECK(note_is_name(rd_str(name)), RC_MALFORMED);
	memcpy(k.name, name, strlen(name));
	memcpy(k.key, key, sizeof(k.key));
	memcpy(typed + 1, key, 32);
	id_of(k.name, typed, k.id);
	*ret_k = k;
	rc = RC_OK;
out:
	return rc;
}

/* The octets before the next plus sign, which is skipped. */
static enum rc
part_take(struct rd *r, struct rd *ret_part)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	while (n < r->left && r->p[n] != '+')
		n++;
	CHECK(n < r->left, RC_MALFORMED);
	TRY(rd_take(r, n, ret_part));
	TRY(rd_skip(r, 1));
out:
	return rc;
}

enum rc
vkey_parse(struct rd text, struct vkey *ret_k)
{
	struct vkey k = { .type = VKEY_TYPE_ED25519 };
	struct rd name = { 0 };
	struct rd hex = { 0 };
	uint8_t typed[33];
	uint8_t id[4];
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(part_take(&text, &name));
	CHECK(note_is_name(name), RC_MALFORMED);
	memcpy(k.name, name.p, name.left);
	TRY(part_take(&text, &hex));
	TRY(text64_hex_parse(hex, sizeof(k.id), k.id));
	CHECK(text64_std_parse(text, sizeof(typed), typed, &n) == RC_OK &&
		n == sizeof(typed),
	    RC_MALFORMED);
	CHECK(
	    typed[0] == VKEY_TYPE_ED25519 || typed[0] == VKEY_TYPE_COSIGNATURE,
	    RC_MALFORMED);
	k.type = (enum vkey_type)typed[0];
	memcpy(k.key, typed + 1, sizeof(k.key));
	id_of(k.name, typed, id);
	CHECK(memcmp(id, k.id, sizeof(id)) == 0, RC_MALFORMED);
	*ret_k = k;
out:
	return rc;
}

enum rc
vkey_build(const struct vkey *k, struct buf *b)
{
	uint8_t typed[33] = { (uint8_t)k->type };
	size_t before = b->len;
	enum rc rc = RC_BUG;

	memcpy(typed + 1, k->key, sizeof(k->key));
	TRY(buf_add_str(b, k->name));
	TRY(buf_u8(b, '+'));
	TRY(text64_hex_build(b, (struct rd){ k->id, sizeof(k->id) }));
	TRY(buf_u8(b, '+'));
	TRY(text64_std_build(b, (struct rd){ typed, sizeof(typed) }));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

bool
vkey_is_of(const struct vkey *k, const struct note_signature *s)
{
	return rd_is_eq(s->name, k->name) && s->n > sizeof(k->id) &&
	    memcmp(s->blob, k->id, sizeof(k->id)) == 0;
}
