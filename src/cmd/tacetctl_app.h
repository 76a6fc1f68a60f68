/*
 * tacetctl_app: what the files of tacetctl share: the options of every verb,
 * read once, and how errors are said. Exit status: design, interfaces.
 */
#ifndef TACETCTL_APP_H
#define TACETCTL_APP_H
#include <jansson.h>

#include "orders/order.h"

#define TACETCTL_EXIT_OK 0
#define TACETCTL_EXIT_NO 1 /* the answer is no, or refused */
#define TACETCTL_EXIT_USAGE 2
#define TACETCTL_EXIT_SERVER 3
#define TACETCTL_EXIT_STATE 4
#define TACETCTL_MULTI 16

struct tacetctl {
	const char *data;
	int dir; /* the data directory */
	bool json;
	const char *args[4]; /* what stands behind the verb */
	size_t n_args;
	/* options; NULL: not given */
	const char *name, *country, *key, *callback;
	const char *regime, *agency, *from, *to, *direction, *authority;
	const char *ref, *offence, *document, *signature, *seal_until;
	const char *as, *why, *out, *custody, *passphrase_file, *threshold;
	const char *handles[TACETCTL_MULTI];
	size_t n_handles;
	const char *classes[TACETCTL_MULTI];
	size_t n_classes;
};

typedef int (*tacetctl_verb_fn)(struct tacetctl *t);

int tacetctl_agency_add(struct tacetctl *t);
int tacetctl_agency_list(struct tacetctl *t);
int tacetctl_custodians_set_up(struct tacetctl *t);
int tacetctl_custodians_show(struct tacetctl *t);
int tacetctl_order_new(struct tacetctl *t);
int tacetctl_order_list(struct tacetctl *t);
int tacetctl_order_show(struct tacetctl *t);
int tacetctl_order_decide(struct tacetctl *t);
int tacetctl_order_confirm(struct tacetctl *t);
int tacetctl_order_package(struct tacetctl *t);
int tacetctl_admin_status(struct tacetctl *t);
int tacetctl_admin_metrics(struct tacetctl *t);
int tacetctl_admin_user_show(struct tacetctl *t);
int tacetctl_admin_backup(struct tacetctl *t);
int tacetctl_admin_policy(struct tacetctl *t);

/* One line on stderr, "tacetctl: WHAT: WHY"; returns status. */
int tacetctl_say(int status, const char *what, const char *why);
int tacetctl_say_rc(const char *what, enum rc rc);
/* Reads a whole file of at most max octets. */
MUST_USE enum rc tacetctl_read(
    int dir, const char *path, size_t max, struct buf *ret_b);
/* The passphrase: --passphrase-file, or asked for at the terminal, twice when
 * it is new. */
MUST_USE enum rc tacetctl_passphrase(
    const struct tacetctl *t, bool is_new, struct buf *ret_b);
/* One question to the running server. Caller owns *ret_answer. */
MUST_USE enum rc tacetctl_ask(
    struct tacetctl *t, json_t *question, json_t **ret_answer);
/* The key an agency is enrolled with. RC_NOT_FOUND. */
MUST_USE enum rc tacetctl_agency_key(
    struct tacetctl *t, const char *id, uint8_t ret_key[static 32]);

struct tacetctl_case { /* an order as its events have made it */
	struct order order;
	char state[16]; /* received, decided, confirmed, refused, packaged */
	char decided_by[ORDER_TEXT_SIZE];
	char decision[16];
};
/* RC_NOT_FOUND; RC_CORRUPT: the chain of events is broken. */
MUST_USE enum rc tacetctl_case_find(
    struct tacetctl *t, const char *id, struct tacetctl_case *ret_c);
#endif
