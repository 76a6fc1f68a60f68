#include "keys/keys.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "keys/log_mark.h"
#include "merkle/checkpoint.h"
#include "proc/child.h"
#include "proc/log.h"
#include "wire/text64.h"

#define POLICY_NAME "tacet-policy"
#define POLICY_MAX 16384

struct keys {
	struct child *child;
	struct secret *log; /* libsodium's 64-octet form, as the next */
	struct secret *policy;
	char origin[CHECKPOINT_ORIGIN_SIZE];
	struct log_mark mark;
};

/* --- what the parent gave
 * -------------------------------------------------------- */

/* Appends a whole given file, and closes it. RC_NOT_FOUND: it was not given. */
static enum rc
read_given(struct child *c, const char *name, struct buf *b)
{
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(child_file_take(c, name, &fd));
	TRY(file_read(fd, b));
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* base64url of an Ed25519 seed, and a newline. */
static enum rc
read_key(struct child *c, const char *name, struct secret **ret_key)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	struct secret *key = NULL;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 256);
	TRY(read_given(c, name, &b));
	CHECK(b.len > 1 && b.p[b.len - 1] == '\n', RC_CORRUPT);
	TRY(text64_fixed_parse(
	    (struct rd){ b.p, b.len - 1 }, sizeof(seed), seed));
	TRY(secret_new(crypto_sign_SECRETKEYBYTES, &key));
	(void)crypto_sign_seed_keypair(pk, secret_bytes(key), seed);
	*ret_key = key;
out:
	sodium_memzero(seed, sizeof(seed));
	buf_clear(&b);
	return rc == RC_OK || rc == RC_NOMEM ? rc : RC_CORRUPT;
}

/* The last checkpoint is the larger of the mark's and the log's own, which must
 * be by our key: keys or log may have come back from a copy. */
static enum rc
read_last(struct keys *k)
{
	struct checkpoint c;
	struct buf b;
	struct rd text;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, CHECKPOINT_NOTE_MAX);
	TRY(child_file_take(k->child, "log.mark", &fd));
	TRY(log_mark_open(fd, &k->mark));
	rc = read_given(k->child, "checkpoint", &b);
	if (rc == RC_NOT_FOUND) {
		rc = RC_OK;
		goto out;
	}
	TRY(rc);
	TRY(note_parse(buf_get(&b), k->origin,
	    secret_bytes(k->log) + crypto_sign_SEEDBYTES, &text));
	TRY(checkpoint_parse(text, &c));
	CHECK(c.size != k->mark.size ||
		log_mark_is_next(&k->mark, c.size, c.root),
	    RC_CORRUPT);
	if (c.size > k->mark.size)
		TRY(log_mark_set(&k->mark, c.size, c.root));
out:
	buf_clear(&b);
	return rc;
}

/* --- the policy
 * ------------------------------------------------------------------ */

/* Signs the text that the parent wrote; front serves it, and ktlog writes its
 * hash into the log where it is new. */
static enum rc
publish_policy(struct keys *k)
{
	struct msg_policy policy;
	struct msg_policy_hash hash;
	struct buf text;
	struct buf note;
	enum rc rc = RC_BUG;

	buf_init(&text, POLICY_MAX);
	buf_init(&note, NOTE_MAX);
	TRY(read_given(k->child, "policy", &text));
	TRY(note_build(
	    buf_get(&text), POLICY_NAME, secret_bytes(k->policy), &note));
	(void)crypto_hash_sha256(hash.sha256, text.p, text.len);
	policy.note = buf_get(&note);
	child_send(k->child, PERMIT_ROLE_FRONT, MSG_POLICY, &policy);
	child_send(k->child, PERMIT_ROLE_KTLOG, MSG_POLICY_HASH, &hash);
out:
	buf_clear(&text);
	buf_clear(&note);
	return rc;
}

static void
on_begin(void *arg)
{
	struct keys *k = arg;
	enum rc rc = publish_policy(k);

	if (rc != RC_OK) {
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
		_exit(70);
	}
}

/* --- signing
 * --------------------------------------------------------------------- */

static enum rc
sign_checkpoint(
    struct keys *k, const struct msg_sign_checkpoint *m, struct buf *ret_note)
{
	struct checkpoint c = { .origin = rd_str(k->origin), .size = m->size };
	struct buf text;
	enum rc rc = RC_BUG;

	buf_init(&text, CHECKPOINT_TEXT_MAX);
	CHECK(m->size > 0 && log_mark_is_next(&k->mark, m->size, m->root),
	    RC_DENIED);
	memcpy(c.root, m->root, sizeof(c.root));
	TRY(checkpoint_build(&c, &text));
	/* remembered before it is signed: no crash lets another one be */
	if (m->size > k->mark.size)
		TRY(log_mark_set(&k->mark, m->size, m->root));
	TRY(note_build(
	    buf_get(&text), k->origin, secret_bytes(k->log), ret_note));
out:
	buf_clear(&text);
	return rc;
}

/* Whatever the operator has signed here is no policy: that is signed only as
 * the parent wrote it. */
static bool
is_policy(struct rd text)
{
	static const char mark[] = "\"modes\"";

	return memmem(text.p, text.left, mark, sizeof(mark) - 1) != NULL;
}

static enum rc
sign_manifest(
    struct keys *k, const struct msg_sign_manifest *m, struct buf *ret_line)
{
	enum rc rc = RC_BUG;

	CHECK(!is_policy(m->text), RC_DENIED);
	TRY(note_line_build(
	    m->text, POLICY_NAME, secret_bytes(k->policy), ret_line));
out:
	return rc;
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	struct keys *k = arg;
	struct msg_sign_checkpoint checkpoint;
	struct msg_sign_manifest manifest;
	struct msg_signed answer = { .req = 0 };
	struct buf b;
	enum rc rc = RC_MALFORMED;

	if (fd >= 0)
		(void)close(fd);
	buf_init(&b, CHECKPOINT_NOTE_MAX);
	if (type == MSG_SIGN_CHECKPOINT &&
	    msg_parse(type, body, &checkpoint) == RC_OK) {
		answer.req = checkpoint.req;
		rc = sign_checkpoint(k, &checkpoint, &b);
		if (rc != RC_OK)
			log_event(LOG_KEYS_REFUSED, LOG_RC(rc),
			    LOG_U("size", checkpoint.size),
			    LOG_U("last", k->mark.size));
	} else if (type == MSG_SIGN_MANIFEST &&
	    msg_parse(type, body, &manifest) == RC_OK) {
		answer.req = manifest.req;
		rc = sign_manifest(k, &manifest, &b);
	} else {
		_exit(70); /* not from our own */
	}
	answer.status = rc == RC_OK ? MSG_STATUS_OK
	    : rc == RC_DENIED       ? MSG_STATUS_FORBIDDEN
	    : rc == RC_MALFORMED    ? MSG_STATUS_MALFORMED
				    : MSG_STATUS_DOWN;
	answer.octets = buf_get(&b);
	child_send(k->child, from, MSG_SIGNED, &answer);
	buf_clear(&b);
}

/* --- life
 * ------------------------------------------------------------------------ */

static enum rc
on_start(void *arg, struct child *c)
{
	struct keys *k = arg;
	enum rc rc = RC_BUG;

	k->child = c;
	TRY(read_key(c, "log.key", &k->log));
	TRY(read_key(c, "policy.key", &k->policy));
	/* libsodium's secret key ends with the public one */
	checkpoint_origin(
	    secret_bytes(k->log) + crypto_sign_SEEDBYTES, k->origin);
	rc = read_last(k);
	if (rc != RC_OK)
		log_event(
		    LOG_KEYS_REFUSED, LOG_RC(rc), LOG_U("last", k->mark.size));
	TRY(rc);
	TRY(loop_defer(child_loop(c), on_begin, k));
out:
	return rc;
}

static void
on_reload(void *arg, struct child *c)
{
	struct keys *k = arg;
	enum rc rc = publish_policy(k);

	(void)c;
	if (rc != RC_OK)
		log_event(LOG_OUT_OF_LUCK, LOG_RC(rc));
}

int
keys_main(void)
{
	struct keys k = { .mark = { .fd = -1 } };
	const struct child_hooks hooks = { &k, on_start, on_msg, on_reload,
		NULL };
	int status = child_run(PERMIT_ROLE_KEYS, &hooks);

	secret_free(k.log);
	secret_free(k.policy);
	log_mark_close(&k.mark);
	return status;
}
