/*
 * Agencies enrolled with their keys, and the custody key. An agency's call-back
 * is from here and never from a request.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "crypto/hpke.h"
#include "crypto/pwbox.h"
#include "orders/ledger.h"
#include "wire/json_body.h"
#include "wire/text64.h"

/* SubjectPublicKeyInfo of an Ed25519 key (RFC 8410 section 4), before the 32
 * octets of the key. */
static const uint8_t spki_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
	0x65, 0x70, 0x03, 0x21, 0x00 };

/* "-----BEGIN PUBLIC KEY-----", one base64 line, "-----END PUBLIC KEY-----" */
static enum rc
pem_key(struct rd pem, uint8_t ret_key[static 32])
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----\n";
	uint8_t der[sizeof(spki_head) + 32];
	struct rd line = { NULL, 0 };
	struct rd head;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(rd_take(&pem, sizeof(begin) - 1, &head));
	CHECK(rd_is_eq(head, begin), RC_MALFORMED);
	line.p = pem.p;
	while (line.left < pem.left && pem.p[line.left] != '\n')
		line.left++;
	TRY(text64_std_parse(line, sizeof(der), der, &n));
	CHECK(
	    n == sizeof(der) && memcmp(der, spki_head, sizeof(spki_head)) == 0,
	    RC_MALFORMED);
	memcpy(ret_key, der + sizeof(spki_head), 32);
out:
	return rc;
}

enum rc
tacetctl_public_key(struct rd text, uint8_t ret_key[static 32])
{
	while (text.left > 0 && text.p[text.left - 1] == '\n')
		text.left--;
	if (text.left == 43)
		return text64_fixed_parse(text, 32, ret_key);
	return pem_key(text, ret_key);
}

static bool
is_country(const char *s)
{
	return strlen(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' &&
	    s[1] <= 'Z';
}

int
tacetctl_agency_add(struct tacetctl *t)
{
	uint8_t key[32];
	char hex[65];
	struct buf pem;
	enum rc rc;

	if (t->n_args != 1 || t->name == NULL || t->country == NULL ||
	    t->key == NULL || t->callback == NULL)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "agency add",
		    "give ID --name --country --key --callback");
	if (!is_country(t->country) || strlen(t->args[0]) >= ORDER_TEXT_SIZE ||
	    strlen(t->name) >= ORDER_TEXT_SIZE ||
	    strlen(t->callback) >= ORDER_TEXT_SIZE)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "agency add",
		    "--country is two capital letters (ISO 3166), a text at "
		    "most 255 octets");
	buf_init(&pem, 4096);
	rc = file_read_at(AT_FDCWD, t->key, &pem);
	if (rc == RC_OK)
		rc = tacetctl_public_key(buf_get(&pem), key);
	buf_clear(&pem);
	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, t->key,
		    "not an Ed25519 public key in PEM (openssl pkey -pubout)");
	(void)sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	rc = ledger_append(t->dir, "operator", "", "agency-added",
	    json_pack("{s:s,s:s,s:s,s:s,s:s}", "agency", t->args[0], "name",
		t->name, "country", t->country, "callback", t->callback, "key",
		hex));
	if (rc != RC_OK)
		return tacetctl_say_rc("agency add", rc);
	(void)printf("enrolled %s\n", t->args[0]);
	return TACETCTL_EXIT_OK;
}

struct search {
	const char *id; /* NULL: print all */
	bool json;
	bool found;
	struct tacetctl_agency a;
};

static enum rc
take(const json_t *d, const char *name, size_t size, char *ret_text)
{
	const char *s = json_string_value(json_object_get(d, name));

	if (s == NULL || strlen(s) >= size)
		return RC_CORRUPT;
	memcpy(ret_text, s, strlen(s) + 1);
	return RC_OK;
}

static void
print(const json_t *d, bool json)
{
	if (json) {
		(void)json_dumpf(d, stdout, JSON_COMPACT);
		(void)putchar('\n');
		return;
	}
	(void)printf("%s  %s  %s\n",
	    json_string_value(json_object_get(d, "agency")),
	    json_string_value(json_object_get(d, "country")),
	    json_string_value(json_object_get(d, "name")));
}

/* The newest enrolment counts. */
static enum rc
on_event(void *arg, const json_t *e)
{
	struct search *s = arg;
	const char *event = json_string_value(json_object_get(e, "event"));
	const json_t *d = json_object_get(e, "data");
	const char *id = json_string_value(json_object_get(d, "agency"));
	enum rc rc = RC_OK;

	if (event == NULL || strcmp(event, "agency-added") != 0 || id == NULL)
		return RC_OK;
	if (s->id == NULL)
		print(d, s->json);
	if (s->id == NULL || strcmp(s->id, id) != 0)
		return RC_OK;
	TRY(take(d, "agency", sizeof(s->a.id), s->a.id));
	TRY(take(d, "name", sizeof(s->a.name), s->a.name));
	TRY(take(d, "country", sizeof(s->a.country), s->a.country));
	TRY(take(d, "callback", sizeof(s->a.callback), s->a.callback));
	CHECK(json_body_hex(d, "key", 32, s->a.key) == RC_OK, RC_CORRUPT);
	s->found = true;
out:
	return rc;
}

enum rc
tacetctl_agency_find(
    struct tacetctl *t, const char *id, struct tacetctl_agency *ret_a)
{
	struct search s = { .id = id };
	enum rc rc = ledger_each(t->dir, on_event, &s);

	if (rc == RC_OK && s.found)
		*ret_a = s.a;
	return rc != RC_OK ? rc : s.found ? RC_OK : RC_NOT_FOUND;
}

int
tacetctl_agency_list(struct tacetctl *t)
{
	struct search s = { .json = t->json };
	enum rc rc = ledger_each(t->dir, on_event, &s);

	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("agency list", rc);
}
