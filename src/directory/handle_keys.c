#include "directory/handle_keys.h"

#include <string.h>

#include "crypto/hkdf.h"

#define INFO_MAX 64

/* HKDF of y, with an empty salt; info is a label and what follows it. */
static void
derive(const uint8_t y[static HANDLE_KEYS_Y_SIZE], const char *label,
    struct rd more, size_t n, uint8_t *ret_bytes)
{
	uint8_t prk[HKDF_HASH_SIZE];
	uint8_t info[INFO_MAX];
	size_t len = strlen(label);

	ASSERT(len + more.left <= sizeof(info));
	memcpy(info, label, len);
	if (more.left > 0)
		memcpy(info + len, more.p, more.left);
	hkdf_extract(
	    (struct rd){ NULL, 0 }, (struct rd){ y, HANDLE_KEYS_Y_SIZE }, prk);
	ASSERT(hkdf_expand(prk, (struct rd){ info, len + more.left }, n,
		   ret_bytes) == RC_OK);
	explicit_bzero(prk, sizeof(prk));
}

enum rc
handle_keys_input(struct rd handle, struct buf *b)
{
	enum rc rc = RC_BUG;

	TRY(buf_add_str(b, "tacet handle v1"));
	TRY(buf_add_rd(b, handle));
out:
	return rc;
}

void
handle_keys_tag(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    uint8_t ret_tag[static HANDLE_KEYS_TAG_SIZE])
{
	derive(y, "tacet tag v1", (struct rd){ NULL, 0 }, HANDLE_KEYS_TAG_SIZE,
	    ret_tag);
}

void
handle_keys_seal(const uint8_t y[static HANDLE_KEYS_Y_SIZE], uint32_t version,
    uint8_t ret_key[static HANDLE_KEYS_SEAL_SIZE])
{
	const uint8_t v[] = { (uint8_t)(version >> 24),
		(uint8_t)(version >> 16), (uint8_t)(version >> 8),
		(uint8_t)version };

	derive(y, "tacet slot v1", (struct rd){ v, sizeof(v) },
	    HANDLE_KEYS_SEAL_SIZE, ret_key);
}

uint8_t
handle_keys_count_mask(const uint8_t y[static HANDLE_KEYS_Y_SIZE],
    const uint8_t commitment[static HANDLE_KEYS_HASH_SIZE])
{
	uint8_t mask;

	derive(y, "tacet count v1",
	    (struct rd){ commitment, HANDLE_KEYS_HASH_SIZE }, 1, &mask);
	return mask;
}
