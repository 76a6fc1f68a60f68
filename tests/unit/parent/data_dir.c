#include "parent/data_dir.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include "parent/self_signed.h"
#include "merkle/trust.h"
#include "parent/sources.h"
#include "parent/trust_file.h"
#include "tap.h"

static char top[] = "/tmp/tacet-dir-XXXXXX";
static char dir_path[64];

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static struct conf
fresh(bool demo)
{
	struct conf c;

	(void)nftw(dir_path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	conf_defaults(&c);
	c.demo = demo;
	return c;
}

static mode_t
mode_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? st.st_mode & 07777 : 0;
}

static size_t
read_all(int dir, const char *name, uint8_t *at, size_t max)
{
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, at, max);

	if (fd >= 0)
		(void)close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void
the_first_start_makes_everything_and_the_second_nothing(void)
{
	struct conf c = fresh(true);
	const char *why = "";
	uint8_t key[2][64];
	int dir = -1;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(mode_of(dir, ".") == 0700 && mode_of(dir, "store") == 0700);
	T_OK(mode_of(dir, "records") == 0700 && mode_of(dir, "sms") == 0700);
	T_OK(mode_of(dir, "keys/store.key") == 0600);
	T_OK(mode_of(dir, "keys/policy.key") == 0600);
	T_OK(mode_of(dir, "keys/lookup.key") == 0600);
	T_OK(mode_of(dir, "tls/key.pem") == 0600);
	T_OK(mode_of(dir, "custody/custodian.box") == 0600);
	T_OK(mode_of(dir, "custodians.json") == 0644);
	T_OK(read_all(dir, "keys/store.key", key[0], 64) == 32);
	(void)close(dir);
	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(read_all(dir, "keys/store.key", key[1], 64) == 32);
	T_MEM(key[0], key[1], 32);
	(void)close(dir);
}

static void
without_demo_there_is_no_custodian(void)
{
	struct conf c = fresh(false);
	const char *why = "";
	int dir = -1;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(mode_of(dir, "custodians.json") == 0);
	T_OK(mode_of(dir, "custody/custodian.box") == 0);
	(void)close(dir);
}

static void
a_second_server_on_one_directory_is_refused(void)
{
	struct conf c = fresh(false);
	const char *why = "";
	int dir = -1;
	int other = -1;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_RC(RC_EXISTS, data_dir_open(dir_path, &c, &other, &why));
	T_OK(other == -1);
	(void)close(dir);
}

static void
what_others_can_read_is_refused(void)
{
	static const char *const secrets[] = { "keys/store.key",
		"keys/policy.key", "keys/log.key", "keys/lookup.key",
		"tls/key.pem", "custody/custodian.box" };
	struct conf c = fresh(true);
	const char *why = "";
	int dir = -1;
	int none = -1;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	(void)close(dir);
	dir = open(dir_path, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		T_OK(fchmodat(dir, secrets[i], 0640, 0) == 0);
		T_RC(RC_DENIED, data_dir_open(dir_path, &c, &none, &why));
		T_OK(fchmodat(dir, secrets[i], 0600, 0) == 0);
	}
	T_OK(fchmod(dir, 0701) == 0);
	T_RC(RC_DENIED, data_dir_open(dir_path, &c, &none, &why));
	T_OK(none == -1);
	(void)close(dir);
}

static void
a_store_without_its_key_is_not_made_anew(void)
{
	struct conf c = fresh(false);
	const char *why = "";
	int dir = -1;
	int fd;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	fd = openat(dir, "store/store.db", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0 && unlinkat(dir, "keys/store.key", 0) == 0);
	(void)close(fd);
	(void)close(dir);
	dir = -1;
	T_RC(RC_CORRUPT, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(dir == -1);
}

static void
a_log_without_its_key_is_not_signed_by_another(void)
{
	struct conf c = fresh(false);
	const char *why = "";
	int dir = -1;
	int fd;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(mode_of(dir, "log") == 0700 && mode_of(dir, "log.pub") == 0644);
	T_OK(mode_of(dir, "keys/log.key") == 0600);
	T_OK(mode_of(dir, "keys/log.mark") == 0600);
	fd = openat(dir, "log/checkpoint", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0 && unlinkat(dir, "keys/log.key", 0) == 0);
	(void)close(fd);
	(void)close(dir);
	dir = -1;
	T_RC(RC_CORRUPT, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(dir == -1);
}

static void
the_trust_file_names_the_keys_and_the_witnesses(void)
{
	struct conf c = fresh(false);
	const char *why = "";
	uint8_t text[TRUST_TEXT_MAX];
	uint8_t key[32] = { 0 };
	struct vkey k;
	struct trust t;
	struct buf b;
	int dir = -1;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_RC(RC_OK, trust_file_write(dir, &c, &why));
	T_RC(RC_OK,
	    trust_parse((struct rd){ text,
			    read_all(dir, "trust.json", text, sizeof(text)) },
		&t));
	T_OK(t.n_witnesses == 0 && t.quorum == 0);
	T_STR("tacet-policy", t.policy.name);
	for (uint8_t i = 0; i < 3; i++) {
		const char name[] = { 'w', (char)('a' + i), '\0' };

		key[0] = i;
		buf_init(&b, CONF_WITNESS_SIZE);
		T_RC(RC_OK, vkey_init(&k, name, VKEY_TYPE_COSIGNATURE, key));
		T_RC(RC_OK, buf_add_str(&b, "http://127.0.0.1:1/ "));
		T_RC(RC_OK, vkey_build(&k, &b));
		T_RC(RC_OK, buf_u8(&b, 0));
		memcpy(c.witness[c.n_witnesses++], b.p, b.len);
		buf_clear(&b);
	}
	T_RC(RC_OK, trust_file_write(dir, &c, &why));
	T_RC(RC_OK,
	    trust_parse((struct rd){ text,
			    read_all(dir, "trust.json", text, sizeof(text)) },
		&t));
	T_OK(t.n_witnesses == 3 && t.quorum == 2); /* more than half */
	c.witness_quorum = 3;
	T_RC(RC_OK, trust_file_write(dir, &c, &why));
	c.witness_quorum = 4;
	T_RC(RC_MALFORMED, trust_file_write(dir, &c, &why));
	c.witness_quorum = 1;
	memcpy(c.witness[1], c.witness[0], sizeof(c.witness[0]));
	T_RC(RC_MALFORMED, trust_file_write(dir, &c, &why));
	c.witness[1][7] = ' ';
	T_RC(RC_MALFORMED, trust_file_write(dir, &c, &why));
	(void)close(dir);
}

static void
the_policy_says_what_is_configured(void)
{
	struct conf c = fresh(true);
	const char *why = "";
	uint8_t pub[64];
	uint8_t text[4096];
	size_t n;
	int dir = -1;

	c.retention_days = 31;
	c.client_ip = CONF_IP_NONE;
	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	n = read_all(dir, "policy.pub", pub, sizeof(pub));
	T_OK(n == 44 && pub[43] == '\n');
	n = read_all(dir, "policy.json", text, sizeof(text));
	T_OK(memmem(text, n, "\"retention_days\": 31,", 21) != NULL);
	T_OK(memmem(text, n, "\"client_ip\": \"none\"", 19) != NULL);
	T_OK(memmem(text, n, "\"tokens_request\": 100,", 22) != NULL);
	T_OK(memmem(text, n, "[\"private\", \"classic\"]", 22) != NULL);
	c.private = false;
	T_RC(RC_OK, data_dir_policy(dir, &c));
	n = read_all(dir, "policy.json", text, sizeof(text));
	T_OK(memmem(text, n, "[\"classic\"]", 11) != NULL);
	c.private = true;
	c.classic = false;
	T_RC(RC_OK, data_dir_policy(dir, &c));
	n = read_all(dir, "policy.json", text, sizeof(text));
	T_OK(memmem(text, n, "[\"private\"]", 11) != NULL);
	c.private = false;
	T_RC(RC_OK, data_dir_policy(dir, &c));
	n = read_all(dir, "policy.json", text, sizeof(text));
	T_OK(memmem(text, n, "\"modes\": []", 11) != NULL);
	(void)close(dir);
}

static void
the_certificate_is_of_its_key_and_for_this_machine(void)
{
	struct buf key;
	struct buf cert;
	BIO *kb;
	BIO *cb;
	EVP_PKEY *pkey;
	X509 *x;

	buf_init(&key, 4096);
	buf_init(&cert, 8192);
	T_RC(RC_OK, self_signed_build(&key, &cert));
	kb = BIO_new_mem_buf(key.p, (int)key.len);
	cb = BIO_new_mem_buf(cert.p, (int)cert.len);
	pkey = PEM_read_bio_PrivateKey(kb, NULL, NULL, NULL);
	x = PEM_read_bio_X509(cb, NULL, NULL, NULL);
	if (T_OK(pkey != NULL && x != NULL)) {
		T_OK(X509_check_private_key(x, pkey) == 1);
		T_OK(X509_verify(x, pkey) == 1);
		T_OK(X509_check_host(x, "localhost", 0, 0, NULL) == 1);
		T_OK(X509_check_ip_asc(x, "127.0.0.1", 0) == 1);
		T_OK(X509_check_host(x, "example.org", 0, 0, NULL) == 0);
	}
	EVP_PKEY_free(pkey);
	X509_free(x);
	BIO_free(kb);
	BIO_free(cb);
	buf_clear(&key);
	buf_clear(&cert);
}

static void
a_file_that_cannot_be_given_is_named(void)
{
	struct conf c = fresh(false);
	struct sources_file files[SOURCES_N];
	const char *path = "";
	const char *why = "";
	int dir = -1;

	T_RC(RC_OK, data_dir_open(dir_path, &c, &dir, &why));
	T_OK(sources_list(&c, files) == SOURCES_N - 1); /* no password */
	T_RC(RC_OK, sources_check(dir, &c, &path, &why));
	(void)snprintf(c.tls_cert, sizeof(c.tls_cert), "/nowhere/cert.pem");
	T_RC(RC_IO, sources_check(dir, &c, &path, &why));
	T_STR("/nowhere/cert.pem", path);
	c.tls_cert[0] = '\0';
	/* a certificate is public: as the password of the SMSC it is not */
	(void)snprintf(c.smpp_password_file, sizeof(c.smpp_password_file),
	    "%s/tls/cert.pem", dir_path);
	T_RC(RC_DENIED, sources_check(dir, &c, &path, &why));
	T_STR(c.smpp_password_file, path);
	(void)close(dir);
}

int
main(void)
{
	if (sodium_init() < 0 || mkdtemp(top) == NULL)
		abort();
	(void)snprintf(dir_path, sizeof(dir_path), "%s/d", top);
	TEST(the_first_start_makes_everything_and_the_second_nothing);
	TEST(without_demo_there_is_no_custodian);
	TEST(a_second_server_on_one_directory_is_refused);
	TEST(what_others_can_read_is_refused);
	TEST(a_store_without_its_key_is_not_made_anew);
	TEST(a_log_without_its_key_is_not_signed_by_another);
	TEST(the_trust_file_names_the_keys_and_the_witnesses);
	TEST(the_policy_says_what_is_configured);
	TEST(the_certificate_is_of_its_key_and_for_this_machine);
	TEST(a_file_that_cannot_be_given_is_named);
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
