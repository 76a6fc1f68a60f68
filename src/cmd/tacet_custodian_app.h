/*
 * tacet_custodian_app: what the files of tacet-custodian share: the options,
 * read once, the custodian's open directory, and how a step tells what it did.
 * Exit status as of the other commands: 0 done, 1 refused, 2 usage, 4 the
 * directory is not usable.
 */
#ifndef TACET_CUSTODIAN_APP_H
#define TACET_CUSTODIAN_APP_H
#include <jansson.h>

#include "custody/home.h"

#define TACET_CUSTODIAN_EXIT_OK 0
#define TACET_CUSTODIAN_EXIT_NO 1
#define TACET_CUSTODIAN_EXIT_USAGE 2
#define TACET_CUSTODIAN_EXIT_STATE 4
#define TACET_CUSTODIAN_ARGS_MAX 40

struct tacet_custodian {
	const char *path;  /* --home */
	struct home *home; /* open, but for `init` */
	bool json;
	const char *args[TACET_CUSTODIAN_ARGS_MAX]; /* behind the verb */
	size_t n_args;
	/* options; NULL: not given */
	const char *passphrase_file, *threshold, *reshare, *out;
};

typedef int (*tacet_custodian_verb_fn)(struct tacet_custodian *t);

int tacet_custodian_init(struct tacet_custodian *t);
int tacet_custodian_round1(struct tacet_custodian *t);
int tacet_custodian_round2(struct tacet_custodian *t);
int tacet_custodian_finish(struct tacet_custodian *t);
int tacet_custodian_show(struct tacet_custodian *t);
int tacet_custodian_trust(struct tacet_custodian *t);
int tacet_custodian_review(struct tacet_custodian *t);
int tacet_custodian_release(struct tacet_custodian *t);
int tacet_custodian_attend(struct tacet_custodian *t);
int tacet_custodian_forget(struct tacet_custodian *t);

/* One line on stderr, "tacet-custodian: WHAT: WHY"; returns status. */
int tacet_custodian_say(int status, const char *what, const char *why);
int tacet_custodian_say_rc(const char *what, enum rc rc);
/* Tells what a step did: one JSON object with --json, else a line a field and
 * "next" last. Takes facts; returns TACET_CUSTODIAN_EXIT_OK. */
int tacet_custodian_did(struct tacet_custodian *t, json_t *facts);
/* Appends the passphrase: --passphrase-file, TACET_PASSPHRASE, or asked for,
 * twice when it is new. RC_DENIED: empty, or two that differ. */
MUST_USE enum rc tacet_custodian_passphrase(
    const struct tacet_custodian *t, bool is_new, struct buf *b);
/* A whole file given by its path. */
MUST_USE enum rc tacet_custodian_read(const char *path, struct buf *b);
#endif
