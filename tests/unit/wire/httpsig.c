#include "wire/httpsig.h"

#include <sodium.h>

#include "octets.h"

/* The body and digest of RFC 9421 appendix B.2 and RFC 9530 appendix D. */
#define BODY "{\"hello\": \"world\"}"
#define DIGEST "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
#define COVERED "(\"@method\" \"@path\" \"content-digest\")"
#define NONCE "AAECAwQFBgcICQoLDA0ODw"
#define ACCOUNT "000102030405060708090a0b0c0d0e0f"
#define PARAMS                                                             \
	COVERED ";created=1618884473;nonce=\"" NONCE "\";keyid=\"" ACCOUNT \
		"/7\";alg=\"ed25519\""
#define SIGNATURE                                                          \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAAA=="
#define BASE                                                              \
	"\"@method\": POST\n\"@path\": /foo\n\"content-digest\": " DIGEST \
	"\n\"@signature-params\": " PARAMS
#define FIELDS                                                         \
	"Content-Digest: " DIGEST "\r\nSignature-Input: tacet=" PARAMS \
	"\r\nSignature: tacet=:" SIGNATURE ":\r\n"
#define HEAD(fields) "POST /foo?a=1 HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

static struct httpsig sig;
static struct buf base;

static enum rc
parse(const char *head, const char *body)
{
	struct http1_head h = { 0 };
	struct rd r = rd_str(head);

	T_RC(RC_OK, http1_request_parse(&r, &h));
	buf_clear(&base);
	return httpsig_parse(&h, rd_str(body), &sig, &base);
}

/* One field's value replaced by another. */
static enum rc
parse_with(const char *digest, const char *input, const char *signature)
{
	struct buf b;
	enum rc rc;

	buf_init(&b, 4096);
	T_RC(RC_OK, buf_add_str(&b, "POST /foo HTTP/1.1\r\nHost: a\r\n"));
	T_RC(RC_OK, http1_field_build(&b, "Content-Digest", rd_str(digest)));
	T_RC(RC_OK, http1_field_build(&b, "Signature-Input", rd_str(input)));
	T_RC(RC_OK, http1_field_build(&b, "Signature", rd_str(signature)));
	T_RC(RC_OK, buf_u8(&b, '\r'));
	T_RC(RC_OK, buf_u8(&b, '\n'));
	T_RC(RC_OK, buf_u8(&b, 0));
	rc = parse((const char *)b.p, BODY);
	buf_clear(&b);
	return rc;
}

static void
a_request_written_by_hand_gives_its_base(void)
{
	T_RC(RC_OK, parse(HEAD(FIELDS), BODY));
	T_OK(octets_is_eq(&base, OCTETS_STR(BASE)));
	T_OK(sig.created == 1618884473 && sig.device == 7 && !sig.is_new);
	for (uint8_t i = 0; i < 16; i++)
		T_OK(sig.account[i] == i && sig.nonce[i] == i);
	buf_clear(&base);
}

static void
what_was_read_builds_the_same_base_and_fields(void)
{
	struct buf b;

	T_RC(RC_OK, parse(HEAD(FIELDS), BODY));
	buf_init(&b, HTTPSIG_BASE_MAX);
	T_RC(RC_OK, httpsig_base_build(&sig, "POST", "/foo", rd_str(BODY), &b));
	T_OK(octets_is_eq(&b, OCTETS_STR(BASE)));
	buf_clear(&b);
	T_RC(RC_OK, httpsig_fields_build(&sig, rd_str(BODY), &b));
	T_OK(octets_is_eq(&b, OCTETS_STR(FIELDS)));
	buf_clear(&b);
	buf_clear(&base);
}

static void
a_signature_over_the_base_verifies(void)
{
	static const uint8_t seed[32] = { 1 };
	uint8_t pk[32];
	uint8_t sk[64];
	struct buf b;

	T_OK(crypto_sign_seed_keypair(pk, sk, seed) == 0);
	buf_init(&b, 4096);
	sig = (struct httpsig){ .is_new = true, .device = 1, .created = 5 };
	T_RC(RC_OK,
	    httpsig_base_build(&sig, "POST", "/foo?b", rd_str(BODY), &b));
	T_OK(crypto_sign_detached(sig.signature, NULL, b.p, b.len, sk) == 0);
	buf_clear(&b);
	T_RC(RC_OK, buf_add_str(&b, "POST /foo HTTP/1.1\r\nHost: a\r\n"));
	T_RC(RC_OK, httpsig_fields_build(&sig, rd_str(BODY), &b));
	T_RC(RC_OK, buf_add(&b, "\r\n", 3));
	sig = (struct httpsig){ 0 };
	T_RC(RC_OK, parse((const char *)b.p, BODY));
	T_OK(sig.is_new && sig.device == 1 && sig.created == 5);
	T_OK(crypto_sign_verify_detached(sig.signature, base.p, base.len, pk) ==
	    0);
	buf_clear(&b);
	buf_clear(&base);
}

static void
unsigned_half_signed_and_wrong_bodies_are_told_apart(void)
{
	T_RC(RC_NOT_FOUND, parse(HEAD(""), BODY));
	T_RC(RC_NOT_FOUND, parse(HEAD("Content-Digest: x\r\n"), BODY));
	T_RC(RC_MALFORMED, parse(HEAD("Signature: x\r\n"), BODY));
	T_RC(RC_MALFORMED,
	    parse(HEAD("Signature-Input: tacet=" PARAMS
		       "\r\nSignature: tacet=:" SIGNATURE ":\r\n"),
		BODY));
	T_RC(RC_MALFORMED, parse(HEAD(FIELDS FIELDS), BODY));
	T_RC(RC_DENIED, parse(HEAD(FIELDS), BODY "\n"));
	T_RC(RC_DENIED, parse(HEAD(FIELDS), ""));
	T_OK(base.len == 0);
	buf_clear(&base);
}

static void
only_the_one_profile_is_read(void)
{
#define IN(created, nonce, keyid)                              \
	"tacet=" COVERED ";created=" created ";nonce=\"" nonce \
	"\";keyid=\"" keyid "\";alg=\"ed25519\""
	static const struct {
		const char *input;
		bool good;
	} rows[] = {
		{ IN("1", NONCE, "new/1"), true },
		{ IN("0", NONCE, ACCOUNT "/255"), true },
		{ IN("999999999999999", NONCE, ACCOUNT "/1"), true },
		{ IN("1000000000000000", NONCE, ACCOUNT "/1"), false },
		{ IN("01", NONCE, ACCOUNT "/1"), false },
		{ IN("-1", NONCE, ACCOUNT "/1"), false },
		{ IN("", NONCE, ACCOUNT "/1"), false },
		{ IN("1", NONCE, ACCOUNT "/0"), false },
		{ IN("1", NONCE, ACCOUNT "/01"), false },
		{ IN("1", NONCE, ACCOUNT "/256"), false },
		{ IN("1", NONCE, ACCOUNT "/1000"), false },
		{ IN("1", NONCE, ACCOUNT "/"), false },
		{ IN("1", NONCE, "new/2"), false },
		{ IN("1", NONCE, "000102030405060708090A0B0C0D0E0F/1"), false },
		{ IN("1", "AAECAwQFBgcICQoLDA0ODx", "new/1"), false },
		{ IN("1", "AAECAwQFBgcICQoLDA0OD", "new/1"), false },
		{ IN("1", "AAECAwQFBgcICQoLDA0OD==", "new/1"), false },
		{ IN("1", NONCE, "new/1") ";tag=\"x\"", false },
		{ IN("1", NONCE, "new/1") "x", false },
		{ "sig1=" PARAMS, false },
		{ "tacet=(\"@path\" \"@method\" \"content-digest\")", false },
		{ "tacet=()", false },
		{ "", false },
	};
	static const char *const digests[] = { "",
		"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
		"sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
		"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:",
		"sha-512=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
		DIGEST ", " DIGEST };
	static const char *const signatures[] = { "",
		"tacet=::", "tacet=:" SIGNATURE, "sig1=:" SIGNATURE ":",
		"tacet=:" SIGNATURE ":;x" };
	const char *good = "tacet=:" SIGNATURE ":";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!tap_check(parse_with(DIGEST, rows[i].input, good) ==
			    (rows[i].good ? RC_OK : RC_MALFORMED),
			"input", __FILE__, __LINE__))
			printf("# row %zu\n", i);
	for (size_t i = 0; i < ARRAY_LEN(digests); i++)
		T_RC(RC_MALFORMED,
		    parse_with(digests[i], "tacet=" PARAMS, good));
	for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
		T_RC(RC_MALFORMED,
		    parse_with(DIGEST, "tacet=" PARAMS, signatures[i]));
	buf_clear(&base);
}

static void
every_truncation_of_a_field_is_refused(void)
{
	static const char input[] = "tacet=" PARAMS;
	static const char signature[] = "tacet=:" SIGNATURE ":";
	char cut[512];

	for (size_t n = 0; n < sizeof(input) - 1; n++) {
		memcpy(cut, input, n);
		cut[n] = '\0';
		T_RC(RC_MALFORMED, parse_with(DIGEST, cut, signature));
	}
	for (size_t n = 0; n < sizeof(signature) - 1; n++) {
		memcpy(cut, signature, n);
		cut[n] = '\0';
		T_RC(RC_MALFORMED, parse_with(DIGEST, input, cut));
	}
	for (size_t n = 0; n < sizeof(DIGEST) - 1; n++) {
		memcpy(cut, DIGEST, n);
		cut[n] = '\0';
		T_RC(RC_MALFORMED, parse_with(cut, input, signature));
	}
	buf_clear(&base);
}

static enum rc
build_base(struct buf *b)
{
	struct httpsig s = { .device = 3 };

	return httpsig_base_build(&s, "GET", "/", OCTETS_STR(""), b);
}

static enum rc
build_fields(struct buf *b)
{
	struct httpsig s = { .device = 3 };

	return httpsig_fields_build(&s, OCTETS_STR(""), b);
}

static void
a_build_that_fails_appends_nothing(void)
{
	struct httpsig s = { .device = 0 };
	struct buf b;

	octets_starve(build_base);
	octets_starve(build_fields);
	buf_init(&b, 4096);
	T_RC(RC_MALFORMED, httpsig_fields_build(&s, OCTETS_STR(""), &b));
	s.device = 2;
	s.is_new = true;
	T_RC(RC_MALFORMED, httpsig_fields_build(&s, OCTETS_STR(""), &b));
	s.device = 1;
	s.created = 1000000000000000;
	T_RC(RC_MALFORMED, httpsig_fields_build(&s, OCTETS_STR(""), &b));
	s.created = 1;
	T_RC(RC_MALFORMED,
	    httpsig_base_build(&s, "GET", "x", OCTETS_STR(""), &b));
	T_RC(RC_MALFORMED, httpsig_base_build(&s, "", "/", OCTETS_STR(""), &b));
	T_OK(b.len == 0);
	buf_clear(&b);
}

int
main(void)
{
	buf_init(&base, HTTPSIG_BASE_MAX);
	TEST(a_request_written_by_hand_gives_its_base);
	TEST(what_was_read_builds_the_same_base_and_fields);
	TEST(a_signature_over_the_base_verifies);
	TEST(unsigned_half_signed_and_wrong_bodies_are_told_apart);
	TEST(only_the_one_profile_is_read);
	TEST(every_truncation_of_a_field_is_refused);
	TEST(a_build_that_fails_appends_nothing);
	return tap_done();
}
