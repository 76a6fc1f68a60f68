#include "merkle/checkpoint.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "wire/text64.h"

#define COSIGN_BLOB (4 + 8 + crypto_sign_BYTES)

void
checkpoint_origin(const uint8_t public_key[static 32],
    char ret_origin[static CHECKPOINT_ORIGIN_SIZE])
{
	static const char prefix[] = "tacet.log/";
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, public_key, 32);
	memcpy(ret_origin, prefix, sizeof(prefix) - 1);
	(void)sodium_bin2hex(ret_origin + sizeof(prefix) - 1,
	    CHECKPOINT_ORIGIN_SIZE - (sizeof(prefix) - 1), hash, 8);
}

/* Up to a newline, which is skipped; not empty. */
static enum rc
line_take(struct rd *r, struct rd *ret_line)
{
	const uint8_t *end = NULL;
	enum rc rc = RC_BUG;

	if (r->left > 0)
		end = memchr(r->p, '\n', r->left);
	CHECK(end != NULL && end != r->p, RC_MALFORMED);
	TRY(rd_take(r, (size_t)(end - r->p), ret_line));
	TRY(rd_skip(r, 1));
out:
	return rc;
}

/* No control character and no empty line, as note.h has it. */
static bool
is_lines(struct rd more)
{
	if (more.left > 0 && more.p[more.left - 1] != '\n')
		return false;
	for (size_t i = 0; i < more.left; i++) {
		if ((more.p[i] < ' ' && more.p[i] != '\n') || more.p[i] == 0x7f)
			return false;
		if (more.p[i] == '\n' && (i == 0 || more.p[i - 1] == '\n'))
			return false;
	}
	return true;
}

enum rc
checkpoint_parse(struct rd text, struct checkpoint *ret_c)
{
	struct checkpoint c = { .size = 0 };
	struct rd line = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(text.left <= CHECKPOINT_TEXT_MAX, RC_MALFORMED);
	TRY(line_take(&text, &c.origin));
	CHECK(note_is_name(c.origin), RC_MALFORMED);
	TRY(line_take(&text, &line));
	TRY(tree_size_parse(line, &c.size));
	TRY(line_take(&text, &line));
	CHECK(text64_std_parse(line, sizeof(c.root), c.root, &n) == RC_OK &&
		n == sizeof(c.root),
	    RC_MALFORMED);
	CHECK(is_lines(text), RC_MALFORMED);
	c.more = text;
	*ret_c = c;
out:
	return rc;
}

enum rc
checkpoint_build(const struct checkpoint *c, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(note_is_name(c->origin) && c->size <= TREE_SIZE_MAX &&
		is_lines(c->more),
	    RC_MALFORMED);
	TRY(buf_add_rd(b, c->origin));
	TRY(buf_add_fmt(b, "\n%" PRIu64 "\n", c->size));
	TRY(text64_std_build(b, (struct rd){ c->root, sizeof(c->root) }));
	TRY(buf_u8(b, '\n'));
	TRY(buf_add_rd(b, c->more));
	CHECK(b->len - before <= CHECKPOINT_TEXT_MAX, RC_MALFORMED);
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

/* --- cosignature/v1 ---------------------------------------------------------
 */

/* What a witness signs (tlog-cosignature, Format). */
static enum rc
signed_build(struct rd text, uint64_t time, struct buf *b)
{
	enum rc rc = RC_BUG;

	CHECK(text.left <= CHECKPOINT_TEXT_MAX, RC_MALFORMED);
	TRY(buf_add_fmt(b, "cosignature/v1\ntime %" PRIu64 "\n", time));
	TRY(buf_add_rd(b, text));
out:
	return rc;
}

enum rc
checkpoint_cosign(struct rd text, const char *name,
    const uint8_t secret_key[static 64], uint64_t time, struct buf *b)
{
	uint8_t blob[COSIGN_BLOB];
	struct vkey k;
	struct buf m;
	size_t before = b->len;
	enum rc rc = RC_BUG;

	buf_init(&m, CHECKPOINT_TEXT_MAX + 64);
	/* libsodium's secret key ends with the public one */
	TRY(vkey_init(&k, name, VKEY_TYPE_COSIGNATURE, secret_key + 32));
	TRY(signed_build(text, time, &m));
	memcpy(blob, k.id, sizeof(k.id));
	for (size_t i = 0; i < 8; i++)
		blob[4 + i] = (uint8_t)(time >> (56 - 8 * i));
	CHECK(
	    crypto_sign_detached(blob + 12, NULL, m.p, m.len, secret_key) == 0,
	    RC_BUG);
	TRY(buf_add_str(b, "\xe2\x80\x94 "));
	TRY(buf_add_str(b, name));
	TRY(buf_u8(b, ' '));
	TRY(text64_std_build(b, (struct rd){ blob, sizeof(blob) }));
	TRY(buf_u8(b, '\n'));
out:
	if (rc != RC_OK)
		b->len = before;
	buf_clear(&m);
	return rc;
}

enum rc
checkpoint_cosigned(const struct note_signature *s, struct rd text,
    const struct vkey *witness, uint64_t *ret_time)
{
	struct rd r = { s->blob, s->n };
	uint64_t time = 0;
	struct buf m;
	enum rc rc = RC_BUG;

	buf_init(&m, CHECKPOINT_TEXT_MAX + 64);
	if (witness->type != VKEY_TYPE_COSIGNATURE || !vkey_is_of(witness, s)) {
		rc = RC_NOT_FOUND;
		goto out;
	}
	CHECK(s->n == COSIGN_BLOB, RC_DENIED);
	TRY(rd_skip(&r, 4));
	TRY(rd_u64(&r, &time));
	TRY(signed_build(text, time, &m));
	CHECK(crypto_sign_verify_detached(r.p, m.p, m.len, witness->key) == 0,
	    RC_DENIED);
	*ret_time = time;
out:
	buf_clear(&m);
	return rc;
}
