/*
 * The people who decide: their roster, their keys, and a review signed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "crypto/pwbox.h"
#include "orders/ledger.h"
#include "orders/reviewers.h"
#include "wire/json_body.h"
#include "wire/text64.h"

#define ROSTER "orders/reviewers.json"
#define KEY_FILE_MAX 4096
#define OPEN_KEY "tacet-key-v1 open "

/* --- files
 * ------------------------------------------------------------------------- */

static enum rc
write_new(int dir, const char *path, struct rd octets)
{
	int fd = openat(
	    dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	TRY(file_write(fd, octets));
	CHECK(fsync(fd) == 0, file_error());
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* No roster yet is an empty one. */
static enum rc
read_roster(struct tacetctl *t, struct reviewers *ret_r)
{
	struct buf b;
	enum rc rc;

	buf_init(&b, REVIEWERS_FILE_MAX);
	ret_r->n = 0;
	rc = file_read_at(t->dir, ROSTER, &b);
	if (rc == RC_OK)
		rc = reviewers_parse(buf_get(&b), ret_r) == RC_OK ? RC_OK
								  : RC_CORRUPT;
	buf_clear(&b);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
write_roster(struct tacetctl *t, const struct reviewers *r)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, REVIEWERS_FILE_MAX);
	TRY(reviewers_build(r, &b));
	TRY(file_replace(t->dir, ROSTER, 0600, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

/* Under a lock, so that two clerks at once do not lose one another's. */
static enum rc
add(struct tacetctl *t, const char *name, const uint8_t key[static 32],
    char ret_who[static REVIEWERS_NAME_SIZE])
{
	struct reviewers r;
	const char *who = "";
	char hex[65];
	int lock = openat(t->dir, "orders/reviewers.lock",
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(lock >= 0 && flock(lock, LOCK_EX) == 0, RC_IO);
	TRY(read_roster(t, &r));
	rc = reviewers_add(&r, name, key, &who);
	(void)snprintf(ret_who, REVIEWERS_NAME_SIZE, "%s", who);
	TRY(rc);
	(void)sodium_bin2hex(hex, sizeof(hex), key, 32);
	TRY(ledger_append(t->dir, "operator", "", "reviewer-added",
	    json_pack("{s:s,s:s}", "name", name, "public_key", hex)));
	TRY(write_roster(t, &r));
out:
	if (lock >= 0)
		(void)close(lock);
	return rc;
}

static int
say_add(const char *name, const char *who, enum rc rc)
{
	char why[REVIEWERS_NAME_SIZE + 64];

	if (rc == RC_EXISTS) {
		(void)snprintf(why, sizeof(why),
		    "it is %s's key, or a name too like that one", who);
		return tacetctl_say(TACETCTL_EXIT_NO, name, why);
	}
	if (rc == RC_MALFORMED)
		return tacetctl_say(TACETCTL_EXIT_NO, "reviewer",
		    "that is no name a person can have");
	return tacetctl_say_rc("reviewer", rc);
}

/* --- verbs
 * ------------------------------------------------------------------------- */

/* A new seed in a file, and its public key. */
static enum rc
make_key(int dir, const char *path, struct rd passphrase,
    uint8_t ret_public[static 32])
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	struct buf box;
	enum rc rc = RC_BUG;

	buf_init(&box, KEY_FILE_MAX);
	randombytes_buf(seed, sizeof(seed));
	(void)crypto_sign_seed_keypair(ret_public, sk, seed);
	TRY(pwbox_build((struct rd){ seed, sizeof(seed) }, passphrase, &box));
	TRY(write_new(dir, path, buf_get(&box)));
out:
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(sk, sizeof(sk));
	buf_clear(&box);
	return rc;
}

int
tacetctl_reviewer_key(struct tacetctl *t)
{
	uint8_t key[32];
	struct buf passphrase;
	struct buf text;
	enum rc rc = RC_BUG;

	if (t->n_args != 1)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "reviewer key", "give one FILE");
	buf_init(&passphrase, 1024);
	buf_init(&text, 128);
	TRY(tacetctl_passphrase(t, true, &passphrase));
	CHECK(passphrase.len > 0, RC_DENIED);
	TRY(make_key(AT_FDCWD, t->args[0], buf_get(&passphrase), key));
	TRY(text64_url_build(&text, (struct rd){ key, sizeof(key) }));
	(void)printf("%.*s\n", (int)text.len, (const char *)text.p);
out:
	buf_clear(&passphrase);
	buf_clear(&text);
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("reviewer key", rc);
}

int
tacetctl_reviewer_add(struct tacetctl *t)
{
	char who[REVIEWERS_NAME_SIZE] = "";
	uint8_t key[32];
	struct buf pem;
	enum rc rc;

	if (t->n_args != 1 || t->key == NULL)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "reviewer add",
		    "give NAME --key FILE or the key's text");
	buf_init(&pem, KEY_FILE_MAX);
	rc = tacetctl_public_key(rd_str(t->key), key);
	if (rc != RC_OK)
		rc = file_read_at(AT_FDCWD, t->key, &pem);
	if (rc == RC_OK && pem.len > 0)
		rc = tacetctl_public_key(buf_get(&pem), key);
	buf_clear(&pem);
	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, t->key,
		    "not an Ed25519 public key (PEM, or what reviewer key "
		    "printed)");
	rc = add(t, t->args[0], key, who);
	if (rc != RC_OK)
		return say_add(t->args[0], who, rc);
	(void)printf("reviewer %s\n", t->args[0]);
	return TACETCTL_EXIT_OK;
}

int
tacetctl_reviewer_list(struct tacetctl *t)
{
	struct reviewers r;
	enum rc rc = read_roster(t, &r);

	if (rc != RC_OK)
		return tacetctl_say_rc("reviewer list", rc);
	for (size_t i = 0; i < r.n; i++) {
		char hex[65];
		json_t *j;

		(void)sodium_bin2hex(hex, sizeof(hex), r.at[i].public_key, 32);
		if (!t->json) {
			(void)printf("%s  %s\n", hex, r.at[i].name);
			continue;
		}
		j = json_pack(
		    "{s:s,s:s}", "name", r.at[i].name, "public_key", hex);
		(void)json_dumpf(j, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(j);
	}
	return TACETCTL_EXIT_OK;
}

/* --- a review
 * ---------------------------------------------------------------------- */

static bool
is_open_key(int dir, const char *name)
{
	char text[sizeof(OPEN_KEY)] = "";
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	bool open = fd >= 0 &&
	    read(fd, text, sizeof(OPEN_KEY) - 1) == sizeof(OPEN_KEY) - 1 &&
	    strcmp(text, OPEN_KEY) == 0;

	if (fd >= 0)
		(void)close(fd);
	return open;
}

bool
tacetctl_is_demo(const struct tacetctl *t)
{
	int fd = openat(t->dir, "custody", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	bool open = false;

	while (d != NULL && !open && (e = readdir(d)) != NULL)
		open = strncmp(e->d_name, "reviewer-", 9) != 0 &&
		    is_open_key(dirfd(d), e->d_name);
	if (d != NULL)
		(void)closedir(d);
	else if (fd >= 0)
		(void)close(fd);
	return open;
}

/* custody/reviewer-HASH.key, HASH of the exact name. */
static void
demo_path(const char *name, char ret_path[static 64])
{
	uint8_t hash[16];
	char hex[33];

	(void)crypto_generichash(
	    hash, sizeof(hash), (const uint8_t *)name, strlen(name), NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(ret_path, 64, "custody/reviewer-%s.key", hex);
}

/* A person of the demo gets a key when first named. */
static int
demo_reviewer(struct tacetctl *t, struct reviewers *r)
{
	char who[REVIEWERS_NAME_SIZE] = "";
	const struct reviewers_one *one;
	char path[64];
	uint8_t key[32];
	enum rc rc = RC_BUG;

	if (reviewers_find(r, t->as, &one) == RC_OK)
		return TACETCTL_EXIT_OK;
	demo_path(t->as, path);
	(void)unlinkat(t->dir, path, 0); /* a name that was never added */
	rc = make_key(t->dir, path, rd_str(""), key);
	if (rc == RC_OK)
		rc = add(t, t->as, key, who);
	if (rc != RC_OK) {
		(void)unlinkat(t->dir, path, 0);
		return say_add(t->as, who, rc);
	}
	rc = read_roster(t, r);
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc("reviewer", rc);
}

static enum rc
open_key(struct tacetctl *t, uint8_t ret_secret[static 64],
    uint8_t ret_public[static 32])
{
	struct secret *seed = NULL;
	struct buf box;
	struct buf passphrase;
	char path[64];
	enum rc rc = RC_BUG;

	buf_init(&box, KEY_FILE_MAX);
	buf_init(&passphrase, 1024);
	demo_path(t->as, path);
	TRY(file_read_at(t->sign_key != NULL ? AT_FDCWD : t->dir,
	    t->sign_key != NULL ? t->sign_key : path, &box));
	if (pwbox_is_locked(buf_get(&box)))
		TRY(tacetctl_passphrase(t, false, &passphrase));
	TRY(pwbox_parse(buf_get(&box), buf_get(&passphrase), &seed));
	CHECK(secret_get(seed).left == crypto_sign_SEEDBYTES, RC_MALFORMED);
	(void)crypto_sign_seed_keypair(
	    ret_public, ret_secret, secret_get(seed).p);
out:
	secret_free(seed);
	buf_clear(&box);
	buf_clear(&passphrase);
	return rc;
}

static int
sign(struct tacetctl *t, const struct case_file *c, enum commitment_step step,
    const struct reviewers_one *one, struct case_review *w)
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	struct buf b;
	enum rc rc = open_key(t, secret, w->public_key);

	buf_init(&b, COMMITMENT_TEXT_MAX);
	if (rc == RC_DENIED)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, "sign key", "wrong passphrase");
	if (rc != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, "sign key",
		    "it cannot be read (give --sign-key FILE; reviewer key "
		    "makes one)");
	if (memcmp(w->public_key, one->public_key, 32) != 0)
		rc = RC_DENIED;
	else
		rc = commitment_review(&c->order, c->decision, step, &b);
	if (rc == RC_OK)
		(void)crypto_sign_detached(
		    w->signature, NULL, b.p, b.len, secret);
	sodium_memzero(secret, sizeof(secret));
	buf_clear(&b);
	if (rc == RC_DENIED)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->as, "it is not that person's key");
	if (rc != RC_OK)
		return tacetctl_say_rc("review", rc);
	memcpy(w->name, one->name, sizeof(w->name));
	w->is_made = true;
	return TACETCTL_EXIT_OK;
}

int
tacetctl_review(struct tacetctl *t, const struct case_file *c,
    enum commitment_step step, struct case_review *ret_review)
{
	const struct reviewers_one *one = NULL;
	struct case_review w = { .is_made = false };
	struct reviewers r;
	int status = TACETCTL_EXIT_OK;
	enum rc rc = read_roster(t, &r);

	if (rc != RC_OK)
		return tacetctl_say_rc("reviewers", rc);
	if (t->sign_key == NULL && tacetctl_is_demo(t))
		status = demo_reviewer(t, &r);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if (reviewers_find(&r, t->as, &one) != RC_OK)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->as, "no such reviewer (reviewer add)");
	if (step == COMMITMENT_STEP_CONFIRM &&
	    memcmp(one->public_key, c->reviews[0].public_key, 32) == 0)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "two different people decide: this one decided it");
	status = sign(t, c, step, one, &w);
	if (status == TACETCTL_EXIT_OK)
		*ret_review = w;
	return status;
}

json_t *
tacetctl_review_json(const struct case_review *r)
{
	char key[65];
	char signature[129];

	(void)sodium_bin2hex(key, sizeof(key), r->public_key, 32);
	(void)sodium_bin2hex(signature, sizeof(signature), r->signature, 64);
	return json_pack("{s:s,s:s,s:s}", "name", r->name, "public_key", key,
	    "signature", signature);
}
