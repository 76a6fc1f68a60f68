/*
 * tacet-custodian: the tool of one custodian of the query log's key. It works
 * on his own directory and on files; it has no network.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacet_custodian_app.h"

#define PASSPHRASE_MAX 1024

struct verb {
	const char *name;
	tacet_custodian_verb_fn fn;
	bool opens; /* the custodian's directory, before fn */
	const char *help;
};

static const struct verb verbs[] = {
	{ "init", tacet_custodian_init, false, "NAME" },
	{ "round1", tacet_custodian_round1, true,
	    "[--reshare GROUP] [--threshold K] [CONTACT ...] -o FILE" },
	{ "round2", tacet_custodian_round2, true, "ROUND1 ... -o FILE" },
	{ "finish", tacet_custodian_finish, true,
	    "ROUND1 ... ROUND2 ... -o FILE" },
	{ "show", tacet_custodian_show, true, "" },
	{ "trust", tacet_custodian_trust, true,
	    "TRUST.json REVIEWERS.json RETENTION_DAYS" },
	{ "review", tacet_custodian_review, true, "REQUEST" },
	{ "release", tacet_custodian_release, true, "REQUEST -o SHARES" },
	{ "attend", tacet_custodian_attend, true, "FIND OPEN -o NAME" },
	{ "forget", tacet_custodian_forget, true, "former|ceremony" },
};

static void
usage(FILE *f)
{
	(void)fputs("usage: tacet-custodian --home DIR [--passphrase-file F] "
		    "[--json] VERB ...\n"
		    "       tacet-custodian --help | --version\n",
	    f);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		(void)fprintf(f, "  %s %s\n", verbs[i].name, verbs[i].help);
}

int
tacet_custodian_say(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-custodian: %s: %s\n", what, why);
	return status;
}

int
tacet_custodian_say_rc(const char *what, enum rc rc)
{
	return tacet_custodian_say(rc == RC_IO || rc == RC_NOSPACE ||
		    rc == RC_NOMEM || rc == RC_CORRUPT
		? TACET_CUSTODIAN_EXIT_STATE
		: TACET_CUSTODIAN_EXIT_NO,
	    what, rc_name(rc));
}

int
tacet_custodian_did(struct tacet_custodian *t, json_t *facts)
{
	const char *name;
	json_t *v, *line;
	size_t i;

	if (t->json) {
		(void)json_dumpf(facts, stdout, JSON_COMPACT);
		(void)putchar('\n');
	} else {
		json_object_foreach(facts, name, v)
		{
			json_array_foreach(v, i, line)(void)
			    printf("%s: %s\n", name, json_string_value(line));
			if (json_is_string(v))
				(void)printf(
				    "%s: %s\n", name, json_string_value(v));
			if (json_is_integer(v))
				(void)printf("%s: %lld\n", name,
				    (long long)json_integer_value(v));
		}
	}
	json_decref(facts);
	return TACET_CUSTODIAN_EXIT_OK;
}

enum rc
tacet_custodian_read(const char *path, struct buf *b)
{
	return file_read_at(AT_FDCWD, path, b);
}

static enum rc
prompt(const char *what, struct buf *b)
{
	struct termios old, quiet;
	bool is_terminal = tcgetattr(STDIN_FILENO, &old) == 0;
	int c;
	enum rc rc = RC_OK;

	(void)fputs(what, stderr);
	(void)fflush(stderr);
	if (is_terminal) {
		quiet = old;
		quiet.c_lflag &= (tcflag_t) ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	while (rc == RC_OK && (c = getchar()) != EOF && c != '\n')
		rc = buf_u8(b, (uint8_t)c);
	if (is_terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		(void)fputc('\n', stderr);
	}
	return rc;
}

enum rc
tacet_custodian_passphrase(
    const struct tacet_custodian *t, bool is_new, struct buf *b)
{
	const char *given = getenv("TACET_PASSPHRASE");
	struct buf again;
	const uint8_t *end;
	enum rc rc = RC_BUG;

	buf_init(&again, PASSPHRASE_MAX);
	if (t->passphrase_file != NULL) {
		TRY(tacet_custodian_read(t->passphrase_file, b));
		end = b->len == 0 ? NULL : memchr(b->p, '\n', b->len);
		if (end != NULL)
			b->len = (size_t)(end - b->p);
	} else if (given != NULL) {
		TRY(buf_add_str(b, given));
	} else {
		TRY(prompt("Passphrase: ", b));
		if (is_new)
			TRY(prompt("Once more: ", &again));
		CHECK(!is_new ||
			(again.len == b->len && b->len > 0 &&
			    sodium_memcmp(again.p, b->p, b->len) == 0),
		    RC_DENIED);
	}
	CHECK(b->len > 0, RC_DENIED);
	rc = RC_OK;
out:
	buf_clear(&again);
	return rc;
}

static const struct option options[] = {
	{ "home", required_argument, NULL, 'H' },
	{ "passphrase-file", required_argument, NULL, 'P' },
	{ "threshold", required_argument, NULL, 'k' },
	{ "reshare", required_argument, NULL, 'r' },
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct tacet_custodian *t)
{
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'H') {
			t->path = optarg;
		} else if (c == 'P') {
			t->passphrase_file = optarg;
		} else if (c == 'k') {
			t->threshold = optarg;
		} else if (c == 'r') {
			t->reshare = optarg;
		} else if (c == 'o') {
			t->out = optarg;
		} else if (c == 'j') {
			t->json = true;
		} else if (c == 'h') {
			usage(stdout);
			return TACET_CUSTODIAN_EXIT_OK;
		} else if (c == 'V') {
			(void)printf("tacet-custodian %s\n", TACET_VERSION);
			return TACET_CUSTODIAN_EXIT_OK;
		} else {
			usage(stderr);
			return TACET_CUSTODIAN_EXIT_USAGE;
		}
	}
	return -1;
}

static int
open_home(struct tacet_custodian *t)
{
	struct buf passphrase;
	enum rc rc = RC_BUG;

	buf_init(&passphrase, PASSPHRASE_MAX);
	if (home_is_locked(t->path))
		TRY(tacet_custodian_passphrase(t, false, &passphrase));
	TRY(home_open(t->path, buf_get(&passphrase), &t->home));
out:
	buf_clear(&passphrase);
	if (rc == RC_OK)
		return TACET_CUSTODIAN_EXIT_OK;
	if (rc == RC_DENIED)
		return tacet_custodian_say(TACET_CUSTODIAN_EXIT_NO, t->path,
		    "wrong passphrase, or custodian.box was changed");
	return tacet_custodian_say(TACET_CUSTODIAN_EXIT_STATE, t->path,
	    rc == RC_NOT_FOUND
		? "no custodian is here (tacet-custodian init NAME)"
		: rc == RC_STATE   ? "others can read it, or it is in use"
		: rc == RC_CORRUPT ? "its files are damaged: use your copy"
				   : rc_name(rc));
}

static int
run(struct tacet_custodian *t, const char *name)
{
	int status;

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].name, name) != 0)
			continue;
		if (verbs[i].opens) {
			status = open_home(t);
			if (status != TACET_CUSTODIAN_EXIT_OK)
				return status;
		}
		status = verbs[i].fn(t);
		home_close(t->home);
		return status;
	}
	usage(stderr);
	return TACET_CUSTODIAN_EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	struct tacet_custodian t = { .json = false };
	int status = read_options(argc, argv, &t);

	if (status >= 0)
		return status;
	/* no core file ever holds a share */
	if (setrlimit(RLIMIT_CORE, &none) != 0 || sodium_init() < 0)
		return TACET_CUSTODIAN_EXIT_STATE;
	if (t.path == NULL || optind == argc ||
	    argc - optind - 1 > TACET_CUSTODIAN_ARGS_MAX) {
		usage(stderr);
		return TACET_CUSTODIAN_EXIT_USAGE;
	}
	for (int i = optind + 1; i < argc; i++)
		t.args[t.n_args++] = argv[i];
	return run(&t, argv[optind]);
}
