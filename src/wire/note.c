#include "wire/note.h"

#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

/* U+2014 EM DASH and a space open a signature line (signed-note, Format). */
#define DASH "\xe2\x80\x94 "
#define DASH_LEN 4
#define ALGORITHM_ED25519 0x01 /* signed-note, Signatures */
#define ID_LEN 4
#define ED25519_LEN (ID_LEN + crypto_sign_BYTES)
#define LINES_MAX 16 /* the format lets a verifier set a limit */

/* A name has no space and no plus sign (signed-note, Format). */
bool
note_is_name(struct rd name)
{
	if (name.left == 0 || name.left > NOTE_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.left; i++)
		if (name.p[i] <= ' ' || name.p[i] == '+' || name.p[i] >= 0x7f)
			return false;
	return true;
}

/* No control character but newline; ends with one. UTF-8 beyond that is
 * octets to us: they are signed, not shown. */
static bool
is_text(struct rd text)
{
	if (text.left == 0 || text.left > NOTE_MAX ||
	    text.p[text.left - 1] != '\n')
		return false;
	for (size_t i = 0; i < text.left; i++)
		if ((text.p[i] < ' ' && text.p[i] != '\n') || text.p[i] == 0x7f)
			return false;
	return true;
}

/* Key id: the first four octets of SHA-256(name || "\n" || algorithm || key)
 * (signed-note, Signatures). */
static void
key_id(struct rd name, const uint8_t key[static 32], uint8_t ret_id[ID_LEN])
{
	static const uint8_t middle[2] = { '\n', ALGORITHM_ED25519 };
	crypto_hash_sha256_state st;
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, name.p, name.left);
	crypto_hash_sha256_update(&st, middle, sizeof(middle));
	crypto_hash_sha256_update(&st, key, 32);
	crypto_hash_sha256_final(&st, hash);
	memcpy(ret_id, hash, ID_LEN);
}

enum rc
note_line_build(struct rd text, const char *name,
    const uint8_t secret_key[static 64], struct buf *b)
{
	uint8_t blob[ID_LEN + crypto_sign_BYTES];
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(is_text(text) && note_is_name(rd_str(name)), RC_MALFORMED);
	/* libsodium's secret key ends with the public one */
	key_id(rd_str(name), secret_key + 32, blob);
	CHECK(crypto_sign_detached(
		  blob + ID_LEN, NULL, text.p, text.left, secret_key) == 0,
	    RC_BUG);
	TRY(buf_add_str(b, DASH));
	TRY(buf_add_str(b, name));
	TRY(buf_u8(b, ' '));
	TRY(text64_std_build(b, (struct rd){ blob, sizeof(blob) }));
	TRY(buf_u8(b, '\n'));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
note_build(struct rd text, const char *name,
    const uint8_t secret_key[static 64], struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	TRY(buf_add_rd(b, text));
	TRY(buf_u8(b, '\n'));
	TRY(note_line_build(text, name, secret_key, b));
	CHECK(b->len - before <= NOTE_MAX, RC_LIMIT);
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
note_signature_take(struct rd *lines, struct note_signature *ret_s)
{
	struct rd all = *lines;
	struct rd text = { 0 };
	struct rd dash = { 0 };
	struct note_signature s;
	const uint8_t *end = NULL;
	enum rc rc = RC_BUG;

	CHECK(all.left > 0, RC_MALFORMED);
	end = memchr(all.p, '\n', all.left);
	CHECK(end != NULL, RC_MALFORMED);
	TRY(rd_take(&all, (size_t)(end - all.p) + 1, &text));
	text.left--;
	TRY(rd_take(&text, DASH_LEN, &dash));
	CHECK(rd_is_eq(dash, DASH) && text.left > 0, RC_MALFORMED);
	end = memchr(text.p, ' ', text.left);
	CHECK(end != NULL, RC_MALFORMED);
	TRY(rd_take(&text, (size_t)(end - text.p), &s.name));
	CHECK(note_is_name(s.name), RC_MALFORMED);
	TRY(rd_skip(&text, 1));
	CHECK(text64_std_parse(text, sizeof(s.blob), s.blob, &s.n) == RC_OK &&
		s.n > ID_LEN,
	    RC_MALFORMED);
	*ret_s = s;
	*lines = all;
out:
	return rc;
}

/* RC_NOT_FOUND: not a line of this name and key; RC_DENIED: it claims to be
 * one and its signature is wrong, for which the whole note is refused. */
static enum rc
line_check(const struct note_signature *l, struct rd text, const char *name,
    const uint8_t key[static 32])
{
	uint8_t id[ID_LEN];

	key_id(rd_str(name), key, id);
	if (l->n != ED25519_LEN || !rd_is_eq(l->name, name) ||
	    memcmp(id, l->blob, ID_LEN) != 0)
		return RC_NOT_FOUND;
	return crypto_sign_verify_detached(
		   l->blob + ID_LEN, text.p, text.left, key) == 0
	    ? RC_OK
	    : RC_DENIED;
}

/* The text ends with the newline before the last empty line. */
enum rc
note_split(struct rd note, struct rd *ret_text, struct rd *ret_lines)
{
	struct rd text = { 0 };
	struct rd lines = { 0 };
	enum rc rc = RC_BUG;

	CHECK(note.left <= NOTE_MAX, RC_MALFORMED);
	for (size_t i = note.left; i >= 2 && text.p == NULL; i--) {
		if (note.p[i - 1] != '\n' || note.p[i - 2] != '\n')
			continue;
		text = (struct rd){ note.p, i - 1 };
		lines = (struct rd){ note.p + i, note.left - i };
	}
	CHECK(text.p != NULL && is_text(text) && lines.left > 0, RC_MALFORMED);
	*ret_text = text;
	*ret_lines = lines;
	rc = RC_OK;
out:
	return rc;
}

enum rc
note_parse(struct rd note, const char *name,
    const uint8_t public_key[static 32], struct rd *ret_text)
{
	struct rd text = { 0 };
	struct rd lines = { 0 };
	struct note_signature l;
	bool good = false;
	size_t n = 0;
	enum rc rc = RC_BUG;
	enum rc one;

	TRY(note_split(note, &text, &lines));
	while (lines.left > 0) {
		CHECK(++n <= LINES_MAX, RC_MALFORMED);
		TRY(note_signature_take(&lines, &l));
		one = line_check(&l, text, name, public_key);
		CHECK(one == RC_OK || one == RC_NOT_FOUND, one);
		good = good || one == RC_OK;
	}
	CHECK(good, RC_DENIED);
	*ret_text = text;
out:
	return rc;
}

enum rc
note_line_parse(struct rd line, struct rd text, const char *name,
    const uint8_t public_key[static 32])
{
	struct note_signature l;
	enum rc rc = RC_BUG;

	CHECK(is_text(text), RC_MALFORMED);
	TRY(note_signature_take(&line, &l));
	TRY(rd_end(&line));
	CHECK(line_check(&l, text, name, public_key) == RC_OK, RC_DENIED);
out:
	return rc;
}
