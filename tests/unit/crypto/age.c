#include "crypto/age.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/age_header.h"
#include "tap.h"

#define CHUNK 65536
#define SEALED_CHUNK (CHUNK + 16)
#define NONCE 16
#define OUT_MAX (1u << 20)

/* Made by age 1.1.1: "hello\n" for the first of two recipients, and nothing. */
static const char other_secret[] =
    "AGE-SECRET-KEY-"
    "1GPKNJYJ2SRQJ920D0X5KL9A5TWYV65XKJCRMLXD7FM64KMGZWLXSK58UHZ";
static const char other_hello[] =
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920"
    "6458536d736f45354e49662f32326d306f517a6e4671517962514139687a4158"
    "657a2b69766469696d6b6f0a723665565468746e495968396a65535475642b55"
    "6f3035434b796c6a73374e6967343837545a566c3261770a2d3e205832353531"
    "39202b3664746b41665162375444764b696c66394d3530384339757435623563"
    "747571515069736a4b39546b340a6f64697554744a5831316254366c50766d59"
    "6577727859765168444378354b764f7663506938584c6b74340a2d2d2d20694d"
    "747a4d5a463847336454385135436e776872774c446571506e616c65566d5547"
    "5a7561716f4739556b0a899c4c26fbacc868c1a8ae0b4ee9effda0eba50d46f6"
    "84e3e05f942cbf172082cf2820be454c";
static const char other_empty[] =
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920"
    "4b707665555a6433395839785943484f2f6535303241336d5279536734394d4b"
    "6e5776324e32452f4732340a3648772f746d777367542b57643977486d476478"
    "4e38356d5a4666733964726b4254304238396a4f3943300a2d2d2d2050784b63"
    "322b69522f73314a6c6f7149374c6a6b357a67487746324d516d4a6c334d534a"
    "363035344d516f0a4705d9d09835231f52be3e9df04413d222ed65d723f94356"
    "495a570dc4a636ac";

static uint8_t secret[AGE_KEY_SIZE];
static uint8_t recipient[1][AGE_KEY_SIZE];

static enum rc
on_octets(void *arg, struct rd octets)
{
	return buf_add_rd(arg, octets);
}

static void
key_pair(uint8_t ret_secret[static AGE_KEY_SIZE],
    uint8_t ret_key[static AGE_KEY_SIZE])
{
	randombytes_buf(ret_secret, AGE_KEY_SIZE);
	age_key_public(ret_secret, ret_key);
}

/* n octets that are the same each time, given in pieces. */
static enum rc
seal(uint8_t (*to)[AGE_KEY_SIZE], size_t n_to, size_t n, size_t piece,
    struct buf *b)
{
	static uint8_t plain[OUT_MAX];
	struct age_seal *s = NULL;
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < n; i++)
		plain[i] = (uint8_t)(i * 7 + i / 256);
	TRY(age_seal_new(to, n_to, on_octets, b, &s));
	for (size_t at = 0; at < n; at += piece)
		TRY(age_seal_write(s,
		    (struct rd){
			plain + at, n - at < piece ? n - at : piece }));
	TRY(age_seal_finish(s));
	T_RC(RC_STATE, age_seal_finish(s));
	T_RC(RC_STATE, age_seal_write(s, rd_str("x")));
out:
	age_seal_free(s);
	return rc;
}

/* Opens in pieces, each in a heap block of its own. */
static enum rc
unseal(const uint8_t key[static AGE_KEY_SIZE], struct rd file, size_t piece,
    struct buf *plain)
{
	struct age_open *o = NULL;
	unsigned char *p = NULL;
	enum rc rc = RC_BUG;

	TRY(age_open_new(key, on_octets, plain, &o));
	while (file.left > 0) {
		size_t n = file.left < piece ? file.left : piece;

		p = tap_block(file.p, n);
		rc = age_open_write(o, (struct rd){ p, n });
		free(p);
		if (rc != RC_OK)
			T_RC(rc, age_open_finish(o)); /* it stays so */
		CHECK(rc == RC_OK, rc);
		file.p += n;
		file.left -= n;
	}
	TRY(age_open_finish(o));
	T_RC(RC_STATE, age_open_finish(o));
	T_RC(RC_STATE, age_open_write(o, rd_str("x")));
out:
	age_open_free(o);
	return rc;
}

static bool
is_plain(const struct buf *b, size_t n)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->p[i] != (uint8_t)(i * 7 + i / 256))
			return false;
	return b->len == n;
}

static enum rc
opens(struct rd file)
{
	struct buf plain;
	enum rc rc;

	buf_init(&plain, OUT_MAX);
	rc = unseal(secret, file, file.left + 1, &plain);
	buf_clear(&plain);
	return rc;
}

static void
a_file_is_opened_as_it_was_sealed_whatever_the_pieces(void)
{
	static const size_t sizes[] = { 0, 1, 1000, CHUNK - 1, CHUNK, CHUNK + 1,
		2 * CHUNK, 2 * CHUNK + 1, 200000 };
	static const size_t pieces[] = { 1, 7, 4096, CHUNK, SEALED_CHUNK,
		OUT_MAX };
	struct buf file;
	struct buf plain;

	buf_init(&file, OUT_MAX);
	buf_init(&plain, OUT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			if (pieces[j] < 7 && sizes[i] > 1000)
				continue; /* a block an octet is slow */
			file.len = plain.len = 0;
			T_RC(RC_OK,
			    seal(recipient, 1, sizes[i], pieces[j], &file));
			T_RC(RC_OK,
			    unseal(secret, buf_get(&file), pieces[j], &plain));
			T_OK(is_plain(&plain, sizes[i]));
		}
	buf_clear(&file);
	buf_clear(&plain);
}

static void
two_files_of_one_text_share_nothing(void)
{
	struct buf a;
	struct buf b;

	buf_init(&a, OUT_MAX);
	buf_init(&b, OUT_MAX);
	T_RC(RC_OK, seal(recipient, 1, 100, 100, &a));
	T_RC(RC_OK, seal(recipient, 1, 100, 100, &b));
	T_OK(a.len == b.len);
	T_OK(memcmp(a.p + 33, b.p + 33, 43) != 0); /* the share */
	T_OK(memcmp(a.p + a.len - 116, b.p + b.len - 116, 100) != 0);
	buf_clear(&a);
	buf_clear(&b);
}

static void
every_recipient_opens_and_nobody_else(void)
{
	uint8_t secrets[AGE_RECIPIENTS_MAX + 1][AGE_KEY_SIZE];
	uint8_t keys[AGE_RECIPIENTS_MAX + 1][AGE_KEY_SIZE];
	struct buf file;
	struct buf plain;

	buf_init(&file, OUT_MAX);
	buf_init(&plain, OUT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		key_pair(secrets[i], keys[i]);
	T_RC(RC_OK, seal(keys, AGE_RECIPIENTS_MAX, 10, 10, &file));
	for (size_t i = 0; i < AGE_RECIPIENTS_MAX; i++) {
		plain.len = 0;
		T_RC(RC_OK, unseal(secrets[i], buf_get(&file), 64, &plain));
		T_OK(is_plain(&plain, 10));
	}
	plain.len = 0;
	T_RC(RC_DENIED,
	    unseal(secrets[AGE_RECIPIENTS_MAX], buf_get(&file), 64, &plain));
	T_OK(plain.len == 0);
	file.len = 0;
	T_RC(RC_LIMIT, seal(keys, AGE_RECIPIENTS_MAX + 1, 1, 1, &file));
	T_RC(RC_LIMIT, seal(keys, 0, 1, 1, &file));
	memset(keys[0], 0, sizeof(keys[0]));
	T_RC(RC_DENIED, seal(keys, 1, 1, 1, &file));
	T_OK(file.len == 0);
	buf_clear(&file);
	buf_clear(&plain);
}

/* Where the payload begins. */
static size_t
payload(const struct buf *file)
{
	struct rd r = buf_get(file);
	struct rd covered = { 0 };
	struct age_header h;

	T_RC(RC_OK, age_header_parse(&r, &h, &covered));
	return file->len - r.left;
}

static void
every_file_cut_short_is_refused(void)
{
	struct buf file;
	size_t start;

	buf_init(&file, OUT_MAX);
	T_RC(RC_OK, seal(recipient, 1, 3 * CHUNK, CHUNK, &file));
	start = payload(&file) + NONCE;
	T_OK(file.len == start + 3 * SEALED_CHUNK);
	/* at each boundary of a chunk, and one octet to either side */
	for (size_t chunk = 0; chunk <= 3; chunk++)
		for (size_t d = 0; d < 3; d++) {
			size_t n = start + chunk * SEALED_CHUNK + d - 1;

			if (n < file.len)
				T_OK(opens((struct rd){ file.p, n }) != RC_OK);
		}
	T_RC(RC_OK, opens(buf_get(&file)));
	/* everywhere in the front, and in a short file */
	for (size_t n = 0; n < start; n++)
		T_OK(opens((struct rd){ file.p, n }) == RC_MALFORMED);
	file.len = 0;
	T_RC(RC_OK, seal(recipient, 1, 5, 5, &file));
	for (size_t n = 0; n < file.len; n++)
		T_OK(opens((struct rd){ file.p, n }) != RC_OK);
	T_RC(RC_OK, buf_u8(&file, 0));
	T_RC(RC_DENIED, opens(buf_get(&file)));
	buf_clear(&file);
}

static void
every_flipped_bit_is_refused(void)
{
	struct buf file;

	buf_init(&file, OUT_MAX);
	T_RC(RC_OK, seal(recipient, 1, 40, 40, &file));
	for (size_t bit = 0; bit < 8 * file.len; bit++) {
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!T_OK(opens(buf_get(&file)) != RC_OK))
			printf("# octet %zu\n", bit / 8);
		file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	T_RC(RC_OK, opens(buf_get(&file)));
	buf_clear(&file);
}

/* Another's stanza taken out or put in: the header's MAC finds it. */
static void
a_header_that_was_changed_is_refused(void)
{
	static const char extra[] = "-> x-grease\n\n";
	uint8_t two[2][AGE_KEY_SIZE];
	uint8_t other[AGE_KEY_SIZE];
	struct buf file;
	struct buf b;
	size_t line = strlen("age-encryption.org/v1\n");
	size_t stanza = strlen("-> X25519 ") + 43 + 1 + 43 + 1;

	buf_init(&file, OUT_MAX);
	buf_init(&b, OUT_MAX);
	memcpy(two[0], recipient[0], AGE_KEY_SIZE);
	key_pair(other, two[1]);
	T_RC(RC_OK, seal(two, 2, 3, 3, &file));
	T_RC(RC_OK, opens(buf_get(&file)));
	T_RC(RC_OK, buf_add(&b, file.p, line + stanza));
	T_RC(RC_OK,
	    buf_add(
		&b, file.p + line + 2 * stanza, file.len - line - 2 * stanza));
	T_RC(RC_DENIED, opens(buf_get(&b)));
	b.len = 0;
	T_RC(RC_OK, buf_add(&b, file.p, line));
	T_RC(RC_OK, buf_add(&b, extra, sizeof(extra) - 1));
	T_RC(RC_OK, buf_add(&b, file.p + line, file.len - line));
	T_RC(RC_DENIED, opens(buf_get(&b)));
	b.len = 0; /* the two in the other's place */
	T_RC(RC_OK, buf_add(&b, file.p, line));
	T_RC(RC_OK, buf_add(&b, file.p + line + stanza, stanza));
	T_RC(RC_OK, buf_add(&b, file.p + line, stanza));
	T_RC(RC_OK,
	    buf_add(
		&b, file.p + line + 2 * stanza, file.len - line - 2 * stanza));
	T_RC(RC_DENIED, opens(buf_get(&b)));
	buf_clear(&file);
	buf_clear(&b);
}

static void
chunks_in_another_order_are_refused(void)
{
	struct buf file;
	struct buf b;
	size_t start;

	buf_init(&file, OUT_MAX);
	buf_init(&b, OUT_MAX);
	T_RC(RC_OK, seal(recipient, 1, 3 * CHUNK, CHUNK, &file));
	start = payload(&file) + NONCE;
	T_RC(RC_OK, buf_add_rd(&b, buf_get(&file)));
	memcpy(b.p + start, file.p + start + SEALED_CHUNK, SEALED_CHUNK);
	memcpy(b.p + start + SEALED_CHUNK, file.p + start, SEALED_CHUNK);
	T_RC(RC_DENIED, opens(buf_get(&b)));
	b.len = 0; /* the second left out */
	T_RC(RC_OK, buf_add(&b, file.p, start + SEALED_CHUNK));
	T_RC(RC_OK,
	    buf_add(&b, file.p + start + 2 * SEALED_CHUNK, SEALED_CHUNK));
	T_RC(RC_DENIED, opens(buf_get(&b)));
	b.len = 0; /* the last twice */
	T_RC(RC_OK, buf_add_rd(&b, buf_get(&file)));
	T_RC(RC_OK,
	    buf_add(&b, file.p + start + 2 * SEALED_CHUNK, SEALED_CHUNK));
	T_RC(RC_DENIED, opens(buf_get(&b)));
	buf_clear(&file);
	buf_clear(&b);
}

static void
a_full_disk_ends_the_stream_and_stays_its_error(void)
{
	struct age_seal *s = NULL;
	struct buf small;
	struct rd plain = { (const uint8_t *)other_hello, 100 };

	buf_init(&small, 10);
	T_RC(RC_LIMIT, age_seal_new(recipient, 1, on_octets, &small, &s));
	T_OK(s == NULL);
	buf_init(&small, 300);
	T_RC(RC_OK, age_seal_new(recipient, 1, on_octets, &small, &s));
	for (int i = 0; i < 655; i++)
		T_RC(RC_OK, age_seal_write(s, plain));
	T_RC(RC_LIMIT, age_seal_write(s, plain));
	T_RC(RC_LIMIT, age_seal_write(s, plain));
	T_RC(RC_LIMIT, age_seal_finish(s));
	age_seal_free(s);
	buf_clear(&small);
}

/* --- files of another program
 * ------------------------------------------------- */

static void
a_file_that_another_program_made_is_opened(void)
{
	uint8_t octets[1024];
	uint8_t key[AGE_KEY_SIZE];
	struct buf plain;
	size_t n = 0;

	buf_init(&plain, OUT_MAX);
	T_RC(RC_OK, age_key_secret_parse(rd_str(other_secret), key));
	T_OK(sodium_hex2bin(octets, sizeof(octets), other_hello,
		 strlen(other_hello), NULL, &n, NULL) == 0);
	T_RC(RC_OK, unseal(key, (struct rd){ octets, n }, 64, &plain));
	T_OK(plain.len == 6 && memcmp(plain.p, "hello\n", 6) == 0);
	plain.len = 0;
	T_OK(sodium_hex2bin(octets, sizeof(octets), other_empty,
		 strlen(other_empty), NULL, &n, NULL) == 0);
	T_RC(RC_OK, unseal(key, (struct rd){ octets, n }, 64, &plain));
	T_OK(plain.len == 0);
	buf_clear(&plain);
}

static bool
write_file(const char *path, struct rd r)
{
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && fwrite(r.p, 1, r.left, f) == r.left;

	return f != NULL && fclose(f) == 0 && ok;
}

static bool
read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	uint8_t part[4096];
	size_t n;
	bool ok = f != NULL;

	while (ok && (n = fread(part, 1, sizeof(part), f)) > 0)
		ok = buf_add(b, part, n) == RC_OK;
	if (f != NULL)
		(void)fclose(f);
	return ok;
}

/* Both ways, at the sizes where a chunk begins. In the working directory of
 * its own that main made. */
static void
another_program_opens_ours_and_we_open_its(void)
{
	static const size_t sizes[] = { 0, 1, CHUNK - 1, CHUNK, CHUNK + 1,
		2 * CHUNK, 200000 };
	char text[AGE_KEY_SECRET_TEXT_SIZE];
	char command[256];
	struct buf a;
	struct buf b;

	if (system("command -v age >/dev/null 2>&1") != 0) {
		tap_skip("age is not installed");
		return;
	}
	buf_init(&a, OUT_MAX);
	buf_init(&b, OUT_MAX);
	age_key_secret_build(secret, text);
	T_OK(write_file("key", rd_str(text)));
	age_key_build(recipient[0], text);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		a.len = b.len = 0;
		T_RC(RC_OK, seal(recipient, 1, sizes[i], 5000, &a));
		T_OK(write_file("ours.age", buf_get(&a)));
		T_OK(system("age -d -i key ours.age >plain") == 0);
		T_OK(read_file("plain", &b) && is_plain(&b, sizes[i]));
		(void)snprintf(command, sizeof(command),
		    "age -r %s -o its.age plain", text);
		T_OK(system(command) == 0);
		a.len = b.len = 0;
		T_OK(read_file("its.age", &a));
		T_RC(RC_OK, unseal(secret, buf_get(&a), 3000, &b));
		T_OK(is_plain(&b, sizes[i]));
		T_OK(unlink("its.age") == 0 && unlink("plain") == 0);
	}
	T_OK(unlink("key") == 0 && unlink("ours.age") == 0);
	buf_clear(&a);
	buf_clear(&b);
}

int
main(void)
{
	char dir[] = "/tmp/tacet-age-XXXXXX";

	if (sodium_init() < 0 || mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	key_pair(secret, recipient[0]);
	TEST(a_file_is_opened_as_it_was_sealed_whatever_the_pieces);
	TEST(two_files_of_one_text_share_nothing);
	TEST(every_recipient_opens_and_nobody_else);
	TEST(every_file_cut_short_is_refused);
	TEST(every_flipped_bit_is_refused);
	TEST(a_header_that_was_changed_is_refused);
	TEST(chunks_in_another_order_are_refused);
	TEST(a_full_disk_ends_the_stream_and_stays_its_error);
	TEST(a_file_that_another_program_made_is_opened);
	TEST(another_program_opens_ours_and_we_open_its);
	if (rmdir(dir) != 0)
		return 1;
	return tap_done();
}
