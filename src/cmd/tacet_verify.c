/*
 * tacet-verify: whether a package is complete and unchanged. It needs the
 * package and the trust file that was given by hand once; no server, no
 * network, no key. Reads only what the package's manifest names. (An audit of
 * the directory may be told a server to fetch from, which it does not believe.)
 */
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacet_verify_audit.h"
#include "cmd/tacet_verify_log.h"
#include "orders/package.h"
#include "orders/verify.h"
#include "wire/e164_plan.h"
#include "wire/e164_text.h"
#include "wire/note.h"

#define EXIT_NO 1
#define EXIT_USAGE 2
#define EXIT_STATE 4
#define TRUST_MAX 65536

struct check {
	const char *dir_name;
	int dir;
	struct trust trust;
	json_t *manifest;
	json_t *order;
	json_t *proof;
	const char *why;
	const char *file; /* that why is about */
};

static void
usage(FILE *f)
{
	(void)fputs(
	    "usage: tacet-verify --trust FILE [--json] DIR\n"
	    "       tacet-verify --trust FILE --log DIR [report FILE]\n"
	    "       tacet-verify --trust FILE audit [--from N] [--to M]\n"
	    "           [--server URL [--ca FILE]] DIR\n"
	    "       tacet-verify --help | --version\n"
	    "DIR is a package; FILE is the operator's trust.json, which you "
	    "got from him by hand.\n",
	    f);
}

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-verify: %s: %s\n", what, why);
	return EXIT_NO;
}

static enum rc
read_file(int dir, const char *path, size_t max, struct buf *ret_b)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum rc rc = RC_BUG;

	buf_init(ret_b, max);
	CHECK(fd >= 0, RC_NOT_FOUND);
	TRY(file_read(fd, ret_b));
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

#define SAY(cond, name, text)                    \
	do {                                     \
		if (!(cond)) {                   \
			c->file = (name);        \
			c->why = (text);         \
			CHECK(false, RC_DENIED); \
		}                                \
	} while (0)

static enum rc
check_signature(struct check *c)
{
	struct buf text;
	struct buf line;
	enum rc rc = RC_BUG;

	buf_init(&text, 1);
	buf_init(&line, 1);
	SAY(read_file(c->dir, "MANIFEST.json", NOTE_MAX, &text) == RC_OK,
	    "MANIFEST.json", "cannot be read (is this a package?)");
	SAY(read_file(c->dir, "MANIFEST.sig", 4096, &line) == RC_OK,
	    "MANIFEST.sig", "cannot be read");
	SAY(note_line_parse(buf_get(&line), buf_get(&text), PACKAGE_NAME,
		c->trust.policy.key) == RC_OK,
	    "MANIFEST.sig",
	    "it is not the operator's signature of this "
	    "manifest");
	c->manifest = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
	SAY(json_is_object(json_object_get(c->manifest, "files")),
	    "MANIFEST.json", "it lists no files");
	rc = RC_OK;
out:
	buf_clear(&text);
	buf_clear(&line);
	return rc;
}

static bool
is_listed(const struct check *c, const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcmp(name, "MANIFEST.json") == 0 ||
	    strcmp(name, "MANIFEST.sig") == 0 ||
	    json_object_get(json_object_get(c->manifest, "files"), name) !=
	    NULL;
}

/* What is not in the manifest is of nobody. */
static enum rc
check_nothing_more(struct check *c)
{
	static char name[256];
	struct dirent *e;
	DIR *d = NULL;
	int fd = dup(c->dir);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, RC_IO);
	d = fdopendir(fd);
	CHECK(d != NULL, RC_IO);
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(name, sizeof(name), "%s", e->d_name);
		SAY(is_listed(c, name), name, "it is not in the manifest");
	}
	rc = RC_OK;
out:
	if (d != NULL)
		(void)closedir(d);
	return rc;
}

static enum rc
check_file(struct check *c, const char *name, const char *hash)
{
	uint8_t h[crypto_hash_sha256_BYTES];
	char hex[65];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 1);
	SAY(hash != NULL && strchr(name, '/') == NULL, name,
	    "the manifest is wrong about it");
	SAY(read_file(c->dir, name, PACKAGE_FILE_SIZE_MAX, &b) == RC_OK, name,
	    "it is in the manifest and not in the package");
	(void)crypto_hash_sha256(h, b.p, b.len);
	(void)sodium_bin2hex(hex, sizeof(hex), h, sizeof(h));
	SAY(strcmp(hex, hash) == 0, name, "it was changed");
	if (strcmp(name, "order.json") == 0)
		c->order = json_loadb(
		    (const char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
	if (strcmp(name, "proof.json") == 0)
		c->proof = json_loadb(
		    (const char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
	rc = RC_OK;
out:
	buf_clear(&b);
	return rc;
}

static enum rc
check_files(struct check *c)
{
	json_t *files = json_object_get(c->manifest, "files");
	const char *name;
	json_t *v;
	enum rc rc = RC_OK;

	json_object_foreach(files, name, v)
	{
		TRY(check_file(c, name, json_string_value(v)));
	}
	SAY(c->order != NULL, "order.json", "it is missing");
	SAY(c->proof != NULL, "proof.json", "it is missing");
	SAY(json_is_string(json_object_get(files, "response.pdf")),
	    "response.pdf", "it is missing");
	SAY(json_equal(json_object_get(c->manifest, "order_id"),
		json_object_get(c->order, "order_id")),
	    "MANIFEST.json", "it is of another order");
	rc = RC_OK;
out:
	return rc;
}

/* The tables say what the proof proves, octet for octet. */
static enum rc
check_tables(struct check *c, const struct verify_result *r)
{
	struct buf want;
	struct buf have;
	enum rc rc = RC_BUG;

	buf_init(&want, PACKAGE_FILE_SIZE_MAX);
	buf_init(&have, 1);
	TRY(package_csv(&r->rows, &want));
	SAY(read_file(c->dir, "rows.csv", PACKAGE_FILE_SIZE_MAX, &have) ==
		RC_OK,
	    "rows.csv", "it is missing");
	SAY(want.len == have.len && memcmp(want.p, have.p, want.len) == 0,
	    "rows.csv", "its rows are not those that the proof proves");
	want.len = 0;
	buf_clear(&have);
	TRY(package_rows(&r->rows, &want));
	SAY(read_file(c->dir, "rows.json", PACKAGE_FILE_SIZE_MAX, &have) ==
		RC_OK,
	    "rows.json", "it is missing");
	SAY(want.len == have.len && memcmp(want.p, have.p, want.len) == 0,
	    "rows.json", "its rows are not those that the proof proves");
	SAY(json_integer_value(json_object_get(c->manifest, "rows")) ==
		(json_int_t)r->rows.n,
	    "MANIFEST.json", "its count of rows is wrong");
	rc = RC_OK;
out:
	buf_clear(&want);
	buf_clear(&have);
	return rc;
}

static void
print_handles(const struct order *o)
{
	char text[E164_TEXT_SIZE];

	for (size_t i = 0; i < o->n_handles; i++) {
		e164_text(&o->handles[i], text);
		(void)printf("%stel:%s", i == 0 ? "" : ",", text);
	}
}

static void
print_result(const struct check *c, const struct verify_result *r, bool json)
{
	char from[MONO_RFC3339_SIZE] = "";
	char to[MONO_RFC3339_SIZE] = "";
	struct order o = { 0 };
	struct order_error e;

	if (order_parse(c->order, &o, &e) != RC_OK ||
	    mono_rfc3339(r->from, from) != RC_OK ||
	    mono_rfc3339(r->to, to) != RC_OK)
		return; /* both were just checked */
	if (json) {
		(void)printf("{\"verified\":true,\"rows\":%zu,\"from\":\"%s\","
			     "\"to\":\"%s\",\"held_back\":%zu,"
			     "\"destroyed\":%zu,\"log_size\":%llu,"
			     "\"witnesses\":%u}\n",
		    r->rows.n, from, to, r->held_back, r->destroyed,
		    (unsigned long long)r->log_size, r->witnesses);
		return;
	}
	(void)printf("VERIFIED %zu rows, complete for ", r->rows.n);
	print_handles(&o);
	(void)printf(" %s..%s\n", from, to);
	if (r->held_back > 0)
		(void)printf(
		    "  %zu rows of the same envelopes are held back as "
		    "outside the window, or of another owner of the "
		    "number; that they are is the operator's word\n",
		    r->held_back);
	if (r->destroyed > 0)
		(void)printf("  %zu parts of the log were destroyed at the end "
			     "of their retention; nobody can open them\n",
		    r->destroyed);
	(void)printf("  public log of %llu entries, %u witnesses%s\n",
	    (unsigned long long)r->log_size, r->witnesses,
	    c->trust.quorum == 0 ? " (the trust file asks for none)" : "");
}

static int
check_package(struct check *c, bool json)
{
	struct verify_result r = { 0 };
	enum rc rc = RC_BUG;

	c->dir = open(c->dir_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return fail(c->dir_name,
		    "cannot be opened (give the package's "
		    "directory)");
	TRY(check_signature(c));
	TRY(check_nothing_more(c));
	TRY(check_files(c));
	c->file = "proof.json";
	TRY(verify_proof(&c->trust, c->order, c->proof, &r, &c->why));
	TRY(check_tables(c, &r));
	print_result(c, &r, json);
out:
	if (rc != RC_OK)
		(void)fail(c->file != NULL ? c->file : c->dir_name,
		    c->why != NULL ? c->why : rc_name(rc));
	verify_result_clear(&r);
	json_decref(c->manifest);
	json_decref(c->order);
	json_decref(c->proof);
	(void)close(c->dir);
	return rc == RC_OK ? 0 : EXIT_NO;
}

static int
read_trust(const char *path, struct trust *ret_t)
{
	struct buf b;
	enum rc rc;

	rc = read_file(AT_FDCWD, path, TRUST_MAX, &b);
	if (rc == RC_OK)
		rc = trust_parse(buf_get(&b), ret_t);
	buf_clear(&b);
	if (rc != RC_OK) {
		(void)fail(path,
		    "it is no trust file (ask the operator for "
		    "trust.json)");
		return EXIT_STATE;
	}
	return 0;
}

struct args {
	const char *trust;
	const char *log;
	bool json;
	struct tacet_verify_audit_options audit;
};

/* An epoch's number, from 1. */
static bool
read_epoch(const char *text, uint32_t *ret_n)
{
	uint64_t n = 0;

	if (tree_size_parse(rd_str(text), &n) != RC_OK || n == 0 ||
	    n > UINT32_MAX)
		return false;
	*ret_n = (uint32_t)n;
	return true;
}

/* -1: go on; else the exit status. */
static int
read_args(int argc, char **argv, struct args *a)
{
	static const struct option options[] = {
		{ "trust", required_argument, NULL, 't' },
		{ "log", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 'o' },
		{ "server", required_argument, NULL, 's' },
		{ "ca", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 't') {
			a->trust = optarg;
		} else if (o == 'l') {
			a->log = optarg;
		} else if (o == 'j') {
			a->json = true;
		} else if (o == 'f') {
			good = good && read_epoch(optarg, &a->audit.from);
		} else if (o == 'o') {
			good = good && read_epoch(optarg, &a->audit.to);
		} else if (o == 's') {
			a->audit.server = optarg;
		} else if (o == 'c') {
			a->audit.ca = optarg;
		} else if (o == 'h') {
			usage(stdout);
			return 0;
		} else if (o == 'V') {
			(void)printf("tacet-verify %s\n", TACET_VERSION);
			return 0;
		} else {
			good = false;
		}
	}
	if (good && a->trust != NULL)
		return -1;
	usage(stderr);
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	struct args a = { .trust = getenv("TACET_TRUST"),
		.audit = { .from = 1 } };
	struct check c = { .dir = -1 };
	bool is_audit;
	bool is_report;
	bool is_log;
	int status = read_args(argc, argv, &a);

	if (status >= 0)
		return status;
	is_audit = optind + 2 == argc && strcmp(argv[optind], "audit") == 0;
	is_report = optind + 2 == argc && strcmp(argv[optind], "report") == 0;
	is_log = optind == argc && a.log != NULL;
	if ((is_report || is_log) != (a.log != NULL) ||
	    (!is_audit && !is_report && !is_log && optind + 1 != argc)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (sodium_init() < 0)
		return EXIT_STATE;
	e164_plan_test_numbers(true);
	status = read_trust(a.trust, &c.trust);
	if (status != 0)
		return status;
	if (a.log != NULL)
		return tacet_verify_log(
		    &c.trust, a.log, is_report ? argv[optind + 1] : NULL);
	a.audit.dir = argv[argc - 1];
	if (is_audit)
		return tacet_verify_audit(&c.trust, &a.audit);
	c.dir_name = argv[optind];
	return check_package(&c, a.json);
}
