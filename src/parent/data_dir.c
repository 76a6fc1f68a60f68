#include "parent/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/secret.h"
#include "custody/home.h"
#include "parent/gateway_key.h"
#include "parent/self_signed.h"
#include "proc/sandbox.h"
#include "wire/text64.h"

#define POLICY_MAX 4096
#define KEY_FILE_MAX 256
#define MARK_SIZE 128 /* LOG_MARK_SIZE of keys */

static bool
has_file(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

enum rc
data_dir_file(int dir, const char *name, bool secret, int *ret_fd)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	CHECK(fstat(fd, &st) == 0, RC_IO);
	CHECK(!secret || (st.st_mode & 077) == 0, RC_DENIED);
	*ret_fd = fd;
	fd = -1;
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* 32 random octets. */
static enum rc
make_seed(int dir, const char *name)
{
	struct secret *key = NULL;
	enum rc rc = RC_BUG;

	TRY(secret_random(32, &key));
	TRY(file_replace(dir, name, 0600, secret_get(key)));
out:
	secret_free(key);
	return rc;
}

/* base64url and a newline. */
static enum rc
write_text64(int dir, const char *name, mode_t mode, struct rd octets)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, KEY_FILE_MAX);
	TRY(text64_url_build(&b, octets));
	TRY(buf_u8(&b, '\n'));
	TRY(file_replace(dir, name, mode, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

/* An Ed25519 key: public half beside the directory's name, seed in keys/. */
static enum rc
make_sign_key(int dir, const char *public_name, const char *seed_name)
{
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	enum rc rc = RC_BUG;

	randombytes_buf(seed, sizeof(seed));
	(void)crypto_sign_seed_keypair(pk, sk, seed);
	TRY(write_text64(
	    dir, public_name, 0644, (struct rd){ pk, sizeof(pk) }));
	TRY(write_text64(
	    dir, seed_name, 0600, (struct rd){ seed, sizeof(seed) }));
out:
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(sk, sizeof(sk));
	return rc;
}

/* The memory of keys: written in place later, so its room is taken now. */
static enum rc
make_mark(int dir)
{
	static const uint8_t none[MARK_SIZE];

	return file_replace(
	    dir, "keys/log.mark", 0600, (struct rd){ none, sizeof(none) });
}

/* --demo: the custodian is this machine, and its key file is open. A crash may
 * have come between the custodian and the group's file. */
static enum rc
make_demo_custodian(int dir, const char *path)
{
	char home_path[PATH_MAX];
	struct custodians g;
	struct home *h = NULL;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX);
	CHECK(snprintf(home_path, sizeof(home_path), "%s/custody", path) <
		(int)sizeof(home_path),
	    RC_LIMIT);
	rc = home_make_demo(home_path, rd_str("local"), &g);
	if (rc == RC_EXISTS) {
		TRY(home_open(home_path, rd_str(""), &h));
		rc = home_group(h, &g);
	}
	CHECK(rc == RC_OK, rc);
	TRY(custodians_build(&g, &b));
	TRY(buf_u8(&b, '\n'));
	TRY(file_replace(dir, "custodians.json", 0644, buf_get(&b)));
out:
	home_close(h);
	buf_clear(&b);
	return rc;
}

static enum rc
make_certificate(int dir)
{
	struct buf key;
	struct buf cert;
	enum rc rc = RC_BUG;

	buf_init(&key, 4096);
	buf_init(&cert, 8192);
	TRY(self_signed_build(&key, &cert));
	TRY(file_replace(dir, "tls/key.pem", 0600, buf_get(&key)));
	TRY(file_replace(dir, "tls/cert.pem", 0644, buf_get(&cert)));
out:
	buf_clear(&key);
	buf_clear(&cert);
	return rc;
}

/* A JSON string of what conf let in: UTF-8 without control characters. */
static enum rc
add_quoted(struct buf *b, const char *text)
{
	enum rc rc = RC_BUG;

	TRY(buf_u8(b, '"'));
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			TRY(buf_u8(b, '\\'));
		TRY(buf_u8(b, (uint8_t)*text));
	}
	TRY(buf_u8(b, '"'));
out:
	return rc;
}

/* What clients may ask in, the better one first. */
static const char *
modes_text(bool classic, bool private)
{
	if (private)
		return classic ? "\"private\", \"classic\"" : "\"private\"";
	return classic ? "\"classic\"" : "";
}

static enum rc
policy_text(
    bool classic, const struct conf *c, const char *ohttp, struct buf *b)
{
	static const char *const ip[] = { "", "full", "truncated", "none" };
	enum rc rc = RC_BUG;

	TRY(buf_add_str(b, "{\n  \"version\": 1,\n  \"operator\": "));
	TRY(add_quoted(b, c->operator_name));
	TRY(buf_add_str(b, ",\n  \"operator_address\": "));
	TRY(add_quoted(b, c->operator_address));
	TRY(buf_add_fmt(b,
	    ",\n"
	    "  \"modes\": [%s],\n"
	    "  \"retention_days\": %u,\n"
	    "  \"seal_max_days\": %u,\n"
	    "  \"client_ip\": \"%s\",\n"
	    "  \"ohttp_keys\": \"%s\",\n"
	    "  \"limits\": {\n"
	    "    \"code_minutes\": %u,\n"
	    "    \"lookups_first_day\": %u,\n"
	    "    \"lookups_day\": %u,\n"
	    "    \"lookups_burst\": %u,\n"
	    "    \"tokens_request\": 100,\n"
	    "    \"message_burst\": %u,\n"
	    "    \"message_rate\": %u,\n"
	    "    \"mailbox_messages\": %u,\n"
	    "    \"mailbox_bytes\": %u,\n"
	    "    \"message_days\": %u,\n"
	    "    \"envelope_bytes\": 98304,\n"
	    "    \"devices\": 8\n"
	    "  }\n"
	    "}\n",
	    modes_text(classic, c->private), c->retention_days,
	    c->seal_max_days, ip[c->client_ip], ohttp, c->code_minutes,
	    c->lookups_first_day, c->lookups_day, c->lookups_burst,
	    c->message_burst, c->message_rate, c->mailbox_messages,
	    c->mailbox_bytes, c->message_days));
out:
	return rc;
}

enum rc
data_dir_policy(int dir, const struct conf *c)
{
	struct buf text;
	struct buf ohttp;
	enum rc rc = RC_BUG;

	buf_init(&text, POLICY_MAX);
	buf_init(&ohttp, GATEWAY_KEY_TEXT_MAX + 1);
	TRY(gateway_key_text(dir, &ohttp));
	TRY(buf_u8(&ohttp, 0));
	TRY(policy_text(c->classic && has_file(dir, "custodians.json"), c,
	    (const char *)ohttp.p, &text));
	TRY(file_replace(dir, "policy.json", 0644, buf_get(&text)));
out:
	buf_clear(&text);
	buf_clear(&ohttp);
	return rc;
}

/* A process's home belongs to its user where we are root. */
static enum rc
make_home(int dir, const char *name, enum permit_role role)
{
	uint32_t uid;
	int fd = -1;
	enum rc rc = RC_BUG;

	CHECK(mkdirat(dir, name, 0700) == 0 || errno == EEXIST, RC_IO);
	if (role != PERMIT_ROLE_PARENT && geteuid() == 0) {
		uid = sandbox_uid(role);
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CHECK(fd >= 0, RC_IO);
		CHECK(fchown(fd, uid, uid) == 0, RC_IO);
	}
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
make_all(int dir, const char *path, const struct conf *c)
{
	static const struct {
		const char *name;
		enum permit_role role;
	} homes[] = { { "store", PERMIT_ROLE_EXCHANGE },
		{ "records", PERMIT_ROLE_RECORDS }, { "sms", PERMIT_ROLE_SMS },
		{ "log", PERMIT_ROLE_KTLOG },
		{ "directory", PERMIT_ROLE_KTLOG },
		{ "keys", PERMIT_ROLE_PARENT },
		{ "lookup", PERMIT_ROLE_PARENT }, { "tls", PERMIT_ROLE_PARENT },
		{ "custody", PERMIT_ROLE_PARENT },
		{ "orders", PERMIT_ROLE_PARENT } };
	enum rc rc = RC_BUG;

	for (size_t i = 0; i < ARRAY_LEN(homes); i++)
		TRY(make_home(dir, homes[i].name, homes[i].role));
	if (!has_file(dir, "keys/store.key")) {
		/* a store without its key would be a new, empty directory of
		 * numbers: never made silently */
		CHECK(!has_file(dir, "store/store.db"), RC_CORRUPT);
		TRY(make_seed(dir, "keys/store.key"));
	}
	if (!has_file(dir, "keys/lookup.key"))
		TRY(make_seed(dir, "keys/lookup.key"));
	if (!has_file(dir, GATEWAY_KEY_FILE))
		TRY(gateway_key_make(dir));
	if (!has_file(dir, "keys/policy.key"))
		TRY(make_sign_key(dir, "policy.pub", "keys/policy.key"));
	if (!has_file(dir, "keys/log.key")) {
		/* a log is its key's: another key would be another log */
		CHECK(!has_file(dir, "log/checkpoint"), RC_CORRUPT);
		TRY(make_sign_key(dir, "log.pub", "keys/log.key"));
	}
	if (!has_file(dir, "keys/log.mark"))
		TRY(make_mark(dir));
	if (!has_file(dir, "tls/cert.pem") && c->tls_cert[0] == '\0')
		TRY(make_certificate(dir));
	if (c->demo && !has_file(dir, "custodians.json"))
		TRY(make_demo_custodian(dir, path));
	TRY(data_dir_policy(dir, c));
out:
	return rc;
}

/* Each of the secrets that is there: 0600 or refused. */
static enum rc
check_secrets(int dir)
{
	static const char *const secrets[] = { "keys/store.key",
		"keys/policy.key", "keys/log.key", "keys/lookup.key",
		GATEWAY_KEY_FILE, "tls/key.pem", "custody/custodian.box" };
	int fd;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		rc = data_dir_file(dir, secrets[i], true, &fd);
		if (rc == RC_OK)
			(void)close(fd);
		else if (rc != RC_NOT_FOUND)
			return rc;
	}
	return RC_OK;
}

enum rc
data_dir_open(
    const char *path, const struct conf *c, int *ret_fd, const char **ret_why)
{
	struct stat st;
	int fd = -1;
	enum rc rc = RC_BUG;

	*ret_why = "cannot make or open it (check the path and the disk)";
	CHECK(mkdir(path, 0700) == 0 || errno == EEXIST, RC_IO);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0 && fstat(fd, &st) == 0, RC_IO);
	*ret_why = "it belongs to another user (run as its owner)";
	CHECK(st.st_uid == geteuid(), RC_DENIED);
	*ret_why = "others can read it (chmod 0700)";
	CHECK((st.st_mode & 077) == 0, RC_DENIED);
	*ret_why = "another tacetd uses it (stop that one first)";
	CHECK(flock(fd, LOCK_EX | LOCK_NB) == 0, RC_EXISTS);
	*ret_why = "others can read a key in it (chmod 0600 keys/* "
		   "tls/key.pem custody/*)";
	TRY(check_secrets(fd));
	*ret_why = "a file in it cannot be made or read (check the disk, and "
		   "that keys/ came back whole with store/)";
	TRY(make_all(fd, path, c));
	*ret_fd = fd;
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
