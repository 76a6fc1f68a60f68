#include "e2ee/link.h"

#include <sodium.h>
#include <string.h>

#include "base/ct.h"
#include "crypto/hpke.h"
#include "wire/cbor.h"
#include "wire/device_list.h"
#include "wire/e164.h"

#define VERSION 1
#define OFFER_ITEMS 6
#define ANSWER_ITEMS 6
#define CODE_CHARS 52 /* 256 bits, five a character */
#define HASH_SIZE 32

static const char label_offer[] = "tacet link offer v1";
static const char label_id[] = "tacet link id v1";
static const char info[] = "tacet link v1";
/* RFC 4648 section 6 */
static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

enum rc
link_offer_build(const struct link_offer *o, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(
	    strnlen(o->name, sizeof(o->name)) < sizeof(o->name), RC_MALFORMED);
	TRY(cbor_put_array(b, OFFER_ITEMS));
	TRY(cbor_put_u64(b, VERSION));
	TRY(cbor_put_bytes(b, (struct rd){ o->link_key, 32 }));
	TRY(cbor_put_bytes(b, (struct rd){ o->dsk, 32 }));
	TRY(cbor_put_bytes(b, (struct rd){ o->dik, 32 }));
	TRY(cbor_put_bytes(b, (struct rd){ o->ek, 32 }));
	TRY(cbor_put_text(b, rd_str(o->name)));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
link_offer_parse(struct rd octets, struct link_offer *ret_o)
{
	struct link_offer o = { 0 };
	struct rd name = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(octets.left <= LINK_OFFER_MAX, RC_MALFORMED);
	TRY(cbor_get_array(&octets, OFFER_ITEMS, &n));
	CHECK(n == OFFER_ITEMS, RC_MALFORMED);
	TRY(cbor_get_key(&octets, VERSION));
	TRY(cbor_get_fixed(&octets, 32, o.link_key));
	TRY(cbor_get_fixed(&octets, 32, o.dsk));
	TRY(cbor_get_fixed(&octets, 32, o.dik));
	TRY(cbor_get_fixed(&octets, 32, o.ek));
	TRY(cbor_get_text(&octets, sizeof(o.name) - 1, &name));
	TRY(rd_end(&octets));
	TRY(rd_copy(&name, name.left, o.name));
	*ret_o = o;
out:
	return rc;
}

static void
offer_hash(struct rd offer, uint8_t ret_hash[static HASH_SIZE])
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(
	    &st, (const uint8_t *)label_offer, sizeof(label_offer));
	crypto_hash_sha256_update(&st, offer.p, offer.left);
	crypto_hash_sha256_final(&st, ret_hash);
}

/* Five bits from the i-th character's place; past the end they are 0. */
static unsigned
five(const uint8_t hash[static HASH_SIZE], size_t i)
{
	unsigned v = 0;

	for (size_t bit = i * 5; bit < i * 5 + 5; bit++) {
		v <<= 1;
		if (bit < HASH_SIZE * 8)
			v |= (unsigned)hash[bit / 8] >> (7 - bit % 8) & 1;
	}
	return v;
}

void
link_code(struct rd offer, char ret_code[static LINK_CODE_SIZE])
{
	uint8_t hash[HASH_SIZE];
	char *to = ret_code;

	offer_hash(offer, hash);
	for (size_t i = 0; i < CODE_CHARS; i++) {
		if (i > 0 && i % 4 == 0)
			*to++ = '-';
		*to++ = base32[five(hash, i)];
	}
	*to = '\0';
}

/* -1: not of the alphabet. */
static int
value_of(uint8_t c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

enum rc
link_code_parse(
    struct rd code, uint8_t ret_hash[static 32], uint8_t ret_id[static 16])
{
	uint8_t hash[HASH_SIZE] = { 0 };
	uint8_t text[sizeof(label_id) - 1 + HASH_SIZE];
	uint8_t full[32];
	size_t n = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < code.left; i++) {
		int v = value_of(code.p[i]);

		if (code.p[i] == ' ' || code.p[i] == '-')
			continue;
		CHECK(v >= 0 && n < CODE_CHARS, RC_MALFORMED);
		for (size_t j = 0; j < 5; j++) {
			size_t bit = n * 5 + j;
			unsigned one = (unsigned)v >> (4 - j) & 1;

			if (bit < HASH_SIZE * 8)
				hash[bit / 8] |= (uint8_t)(one
				    << (7 - bit % 8));
			else
				CHECK(one == 0, RC_MALFORMED);
		}
		n++;
	}
	CHECK(n == CODE_CHARS, RC_MALFORMED);
	memcpy(text, label_id, sizeof(label_id) - 1);
	memcpy(text + sizeof(label_id) - 1, hash, HASH_SIZE);
	crypto_hash_sha256(full, text, sizeof(text));
	memcpy(ret_hash, hash, HASH_SIZE);
	memcpy(ret_id, full, 16);
out:
	return rc;
}

enum rc
link_code_check(const uint8_t hash[static 32], struct rd offer)
{
	uint8_t is[HASH_SIZE];

	offer_hash(offer, is);
	return ct_eq(is, hash, HASH_SIZE) ? RC_OK : RC_DENIED;
}

static enum rc
number_check(struct rd number)
{
	struct e164 e = { 0 };
	enum rc rc = e164_parse(number, &e);

	e164_clear(&e);
	return rc;
}

enum rc
link_answer_seal(struct rd offer, const struct link_answer *a, struct buf *b)
{
	struct link_offer o = { 0 };
	struct buf plain;
	uint8_t hash[HASH_SIZE];
	enum rc rc = RC_BUG;

	buf_init(&plain, LINK_ANSWER_MAX - HPKE_OVERHEAD);
	CHECK(a->device_list.left <= DEVICE_LIST_SIZE_MAX, RC_LIMIT);
	CHECK(memchr(a->number, '\0', sizeof(a->number)) != NULL, RC_MALFORMED);
	TRY(number_check(rd_str(a->number)));
	TRY(link_offer_parse(offer, &o));
	TRY(cbor_put_array(&plain, ANSWER_ITEMS));
	TRY(cbor_put_text(&plain, rd_str(a->number)));
	TRY(cbor_put_bytes(&plain, (struct rd){ a->account, 16 }));
	TRY(cbor_put_u64(&plain, a->device));
	TRY(cbor_put_bytes(&plain, (struct rd){ a->aik_secret, 64 }));
	TRY(cbor_put_bytes(&plain, (struct rd){ a->records_secret, 32 }));
	TRY(cbor_put_bytes(&plain, a->device_list));
	offer_hash(offer, hash);
	TRY(hpke_seal(o.link_key, rd_str(info), (struct rd){ hash, HASH_SIZE },
	    buf_get(&plain), b));
out:
	buf_clear(&plain);
	return rc;
}

static enum rc
answer_parse(struct rd r, struct link_answer *a)
{
	struct rd number = { 0 };
	uint64_t device = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(&r, ANSWER_ITEMS, &n));
	CHECK(n == ANSWER_ITEMS, RC_MALFORMED);
	TRY(cbor_get_text(&r, sizeof(a->number) - 1, &number));
	TRY(number_check(number));
	TRY(rd_copy(&number, number.left, a->number));
	TRY(cbor_get_fixed(&r, 16, a->account));
	TRY(cbor_get_uint(&r, UINT8_MAX, &device));
	CHECK(device > 0, RC_MALFORMED);
	a->device = (uint8_t)device;
	TRY(cbor_get_fixed(&r, 64, a->aik_secret));
	TRY(cbor_get_fixed(&r, 32, a->records_secret));
	TRY(cbor_get_bytes(&r, DEVICE_LIST_SIZE_MAX, &a->device_list));
	TRY(rd_end(&r));
out:
	return rc;
}

enum rc
link_answer_open(struct rd offer, const uint8_t link_secret[static 32],
    struct rd answer, struct buf *plain, struct link_answer *ret_a)
{
	struct link_answer a = { 0 };
	uint8_t hash[HASH_SIZE];
	size_t before = plain->len;
	enum rc rc = RC_BUG;

	CHECK(answer.left <= LINK_ANSWER_MAX, RC_MALFORMED);
	offer_hash(offer, hash);
	TRY(hpke_open(link_secret, rd_str(info), (struct rd){ hash, HASH_SIZE },
	    answer, plain));
	TRY(answer_parse(
	    (struct rd){ plain->p + before, plain->len - before }, &a));
	*ret_a = a;
out:
	explicit_bzero(&a, sizeof(a));
	return rc;
}
