#include "custody/contact.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "custody/paper.h"

#define KIND "contact"

enum rc
contact_parse(struct rd text, struct contact *ret_c)
{
	static const char *const fields[] = { "tacet", "version", "name",
		"seal_key", "sign_key", "signature" };
	struct contact c = { .name = "" };
	struct rd name = { 0 };
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	TRY(paper_parse(text, KIND, &o));
	TRY(json_body_only(o, fields, ARRAY_LEN(fields)));
	TRY(json_body_str(o, "name", sizeof(c.name) - 1, &name));
	CHECK(custodians_is_name(name), RC_MALFORMED);
	memcpy(c.name, name.p, name.left);
	TRY(paper_get(o, "seal_key", sizeof(c.seal_key), c.seal_key));
	TRY(paper_get(o, "sign_key", sizeof(c.sign_key), c.sign_key));
	TRY(paper_verify(o, KIND, c.sign_key));
	*ret_c = c;
out:
	json_body_free(o);
	return rc;
}

enum rc
contact_build(const struct contact *c,
    const uint8_t sign_seed[static CUSTODIANS_KEY_SIZE], struct buf *b)
{
	json_t *o = json_pack("{s:s}", "name", c->name);
	enum rc rc = RC_BUG;

	CHECK(o != NULL, RC_NOMEM);
	TRY(paper_set(
	    o, "seal_key", (struct rd){ c->seal_key, sizeof(c->seal_key) }));
	TRY(paper_set(
	    o, "sign_key", (struct rd){ c->sign_key, sizeof(c->sign_key) }));
	TRY(paper_build(o, KIND, sign_seed, b));
out:
	json_decref(o);
	return rc;
}

void
contact_print(const struct contact *c, char ret_text[static CONTACT_PRINT_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, c->seal_key, sizeof(c->seal_key));
	crypto_hash_sha256_update(&st, c->sign_key, sizeof(c->sign_key));
	crypto_hash_sha256_update(
	    &st, (const uint8_t *)c->name, strlen(c->name));
	crypto_hash_sha256_final(&st, hash);
	for (size_t i = 0; i < 8; i++)
		(void)snprintf(ret_text + i * 5, 6, "%02x%02x%s", hash[2 * i],
		    hash[2 * i + 1], i < 7 ? " " : "");
}
