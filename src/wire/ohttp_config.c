#include "wire/ohttp_config.h"

#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

#define KEM_X25519 0x0020       /* RFC 9180 section 7.1 */
#define KDF_HKDF_SHA256 0x0001  /* section 7.2 */
#define AEAD_AES_128_GCM 0x0001 /* section 7.3 */
#define AEAD_CHACHA20_POLY1305 0x0003

/* --- the list ------------------------------------------------------------- */

/* RFC 9458 section 3.1; the AEADs of suites with our KDF. RC_NOT_FOUND: it has
 * another KEM. */
static enum rc
one_parse(struct rd r, struct ohttp_config *ret_c)
{
	struct ohttp_config c = { 0 };
	struct rd suites = { 0 };
	uint16_t kem, kdf, aead, n;
	enum rc rc = RC_BUG;

	TRY(rd_u8(&r, &c.id));
	TRY(rd_u16(&r, &kem));
	CHECK(kem == KEM_X25519, RC_NOT_FOUND);
	TRY(rd_copy(&r, sizeof(c.public_key), c.public_key));
	TRY(rd_u16(&r, &n));
	CHECK(n >= 4 && n % 4 == 0, RC_MALFORMED);
	TRY(rd_take(&r, n, &suites));
	TRY(rd_end(&r));
	while (suites.left > 0) {
		TRY(rd_u16(&suites, &kdf));
		TRY(rd_u16(&suites, &aead));
		if (kdf == KDF_HKDF_SHA256 && c.n_aeads < OHTTP_CONFIG_AEADS)
			c.aeads[c.n_aeads++] = aead;
	}
	*ret_c = c;
	rc = RC_OK;
out:
	return rc;
}

static bool
has_aead(const struct ohttp_config *c, uint16_t aead)
{
	for (size_t i = 0; i < c->n_aeads; i++)
		if (c->aeads[i] == aead)
			return true;
	return false;
}

/* To the end of the list, also behind the one that is taken: half a list is
 * none. */
enum rc
ohttp_config_parse(struct rd list, uint16_t aead, struct ohttp_config *ret_c)
{
	struct ohttp_config c, found = { 0 };
	struct rd one = { 0 };
	bool any = false;
	uint16_t n;
	enum rc rc = RC_BUG;

	CHECK(list.left > 0, RC_MALFORMED);
	while (list.left > 0) {
		TRY(rd_u16(&list, &n));
		TRY(rd_take(&list, n, &one));
		rc = one_parse(one, &c);
		CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
		if (rc == RC_OK && !any && has_aead(&c, aead)) {
			found = c;
			any = true;
		}
	}
	CHECK(any, RC_NOT_FOUND);
	*ret_c = found;
	rc = RC_OK;
out:
	return rc;
}

enum rc
ohttp_config_build(const struct ohttp_config *c, struct buf *b)
{
	size_t before = b->len;
	size_t suites = 4 * c->n_aeads;
	enum rc rc = RC_BUG;

	CHECK(c->n_aeads > 0 && c->n_aeads <= OHTTP_CONFIG_AEADS, RC_MALFORMED);
	TRY(buf_u16(b, (uint16_t)(3 + sizeof(c->public_key) + 2 + suites)));
	TRY(buf_u8(b, c->id));
	TRY(buf_u16(b, KEM_X25519));
	TRY(buf_add(b, c->public_key, sizeof(c->public_key)));
	TRY(buf_u16(b, (uint16_t)suites));
	for (size_t i = 0; i < c->n_aeads; i++) {
		TRY(buf_u16(b, KDF_HKDF_SHA256));
		TRY(buf_u16(b, c->aeads[i]));
	}
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

/* --- the file ------------------------------------------------------------- */

static enum rc
line_parse(struct rd line, struct ohttp_config_key *ret_k)
{
	unsigned id = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (; n < line.left && line.p[n] >= '0' && line.p[n] <= '9'; n++) {
		id = id * 10 + (unsigned)(line.p[n] - '0');
		CHECK(id <= UINT8_MAX, RC_MALFORMED);
	}
	/* one text for one number */
	CHECK(n > 0 && (line.p[0] != '0' || n == 1), RC_MALFORMED);
	CHECK(n < line.left && line.p[n] == ' ', RC_MALFORMED);
	TRY(rd_skip(&line, n + 1));
	TRY(text64_fixed_parse(
	    line, sizeof(ret_k->secret_key), ret_k->secret_key));
	ret_k->id = (uint8_t)id;
out:
	return rc;
}

enum rc
ohttp_config_file_parse(struct rd text,
    struct ohttp_config_key ret_keys[static OHTTP_CONFIG_KEYS], size_t *ret_n)
{
	struct ohttp_config_key keys[OHTTP_CONFIG_KEYS] = { 0 };
	const uint8_t *end = NULL;
	struct rd line = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(
	    text.left > 0 && text.left <= OHTTP_CONFIG_FILE_MAX, RC_MALFORMED);
	for (; text.left > 0; n++) {
		CHECK(n < OHTTP_CONFIG_KEYS, RC_MALFORMED);
		end = memchr(text.p, '\n', text.left);
		CHECK(end != NULL, RC_MALFORMED);
		TRY(rd_take(&text, (size_t)(end - text.p), &line));
		TRY(rd_skip(&text, 1));
		TRY(line_parse(line, &keys[n]));
		for (size_t i = 0; i < n; i++)
			CHECK(keys[i].id != keys[n].id, RC_MALFORMED);
	}
	memcpy(ret_keys, keys, sizeof(keys));
	*ret_n = n;
	rc = RC_OK;
out:
	explicit_bzero(keys, sizeof(keys));
	return rc;
}

enum rc
ohttp_config_file_build(const struct ohttp_config_key *k, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_add_fmt(b, "%u ", (unsigned)k->id));
	TRY(text64_url_build(
	    b, (struct rd){ k->secret_key, sizeof(k->secret_key) }));
	TRY(buf_u8(b, '\n'));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

void
ohttp_config_of(const struct ohttp_config_key *k, struct ohttp_config *ret_c)
{
	*ret_c = (struct ohttp_config){ .id = k->id,
		.n_aeads = 2,
		.aeads = { AEAD_CHACHA20_POLY1305, AEAD_AES_128_GCM } };
	/* fails for no secret: the base point is not of low order */
	ASSERT(crypto_scalarmult_base(ret_c->public_key, k->secret_key) == 0);
}
