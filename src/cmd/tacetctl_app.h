/*
 * tacetctl_app: what the files of tacetctl share: the options of every verb,
 * read once, and how errors are said. Exit status: design, interfaces.
 */
#ifndef TACETCTL_APP_H
#define TACETCTL_APP_H
#include <jansson.h>

#include "orders/case.h"

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
	const char *args[TACETCTL_MULTI]; /* what stands behind the verb */
	size_t n_args;
	/* options; NULL: not given */
	const char *name, *country, *key, *callback;
	const char *regime, *agency, *from, *to, *direction, *authority;
	const char *ref, *offence, *document, *signature, *seal_until;
	const char *as, *why, *out, *passphrase_file, *threshold;
	const char *issuer_type, *issuer_country, *area, *officer;
	const char *certification, *basis, *parent, *sign_key, *format, *rows;
	const char *day, *recipient;
	bool called_back;
	bool keep_out; /* a request is written to -o too */
	const char *shares[TACETCTL_MULTI];
	size_t n_shares;
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
int tacetctl_reviewer_key(struct tacetctl *t);
int tacetctl_reviewer_add(struct tacetctl *t);
int tacetctl_reviewer_list(struct tacetctl *t);
int tacetctl_order_check(struct tacetctl *t);
int tacetctl_order_new(struct tacetctl *t);
int tacetctl_order_list(struct tacetctl *t);
int tacetctl_order_show(struct tacetctl *t);
int tacetctl_order_decide(struct tacetctl *t);
int tacetctl_order_confirm(struct tacetctl *t);
int tacetctl_order_commit(struct tacetctl *t);
int tacetctl_order_request(struct tacetctl *t);
int tacetctl_order_preserve(struct tacetctl *t);
int tacetctl_order_import(struct tacetctl *t);
int tacetctl_order_tick(struct tacetctl *t);
int tacetctl_order_extend(struct tacetctl *t);
int tacetctl_order_deliver(struct tacetctl *t);
int tacetctl_order_notice(struct tacetctl *t);
int tacetctl_order_close(struct tacetctl *t);
int tacetctl_order_withdraw(struct tacetctl *t);
int tacetctl_order_over(struct tacetctl *t);
int tacetctl_report(struct tacetctl *t);
int tacetctl_order_package(struct tacetctl *t);
int tacetctl_admin_status(struct tacetctl *t);
int tacetctl_admin_metrics(struct tacetctl *t);
int tacetctl_admin_user_show(struct tacetctl *t);
int tacetctl_admin_backup(struct tacetctl *t);
int tacetctl_admin_policy(struct tacetctl *t);
int tacetctl_log_verify(struct tacetctl *t);

/* One line on stderr, "tacetctl: WHAT: WHY"; returns status. */
int tacetctl_say(int status, const char *what, const char *why);
int tacetctl_say_rc(const char *what, enum rc rc);
/* The passphrase: --passphrase-file, or asked for at the terminal, twice when
 * it is new. */
MUST_USE enum rc tacetctl_passphrase(
    const struct tacetctl *t, bool is_new, struct buf *ret_b);
/* One question to the running server. Caller owns *ret_answer. */
MUST_USE enum rc tacetctl_ask(
    struct tacetctl *t, json_t *question, json_t **ret_answer);
/* An Ed25519 public key: PEM (openssl pkey -pubout), or base64url. */
MUST_USE enum rc tacetctl_public_key(
    struct rd text, uint8_t ret_key[static 32]);

struct tacetctl_agency { /* as it was enrolled last */
	char id[ORDER_TEXT_SIZE];
	char name[ORDER_TEXT_SIZE];
	char country[ORDER_COUNTRY_SIZE];
	char callback[ORDER_TEXT_SIZE];
	uint8_t key[32];
};
/* RC_NOT_FOUND. */
MUST_USE enum rc tacetctl_agency_find(
    struct tacetctl *t, const char *id, struct tacetctl_agency *ret_a);
/* True for a --demo directory: a custody key stands in it, open. */
bool tacetctl_is_demo(const struct tacetctl *t);
/* The signed policy's number of that name; otherwise when it has none. */
unsigned int tacetctl_policy_number(
    struct tacetctl *t, const char *name, unsigned int otherwise);

/* Signs a review as --as, with --sign-key or, on a --demo directory, a key made
 * for that name. Says what is wrong and returns the exit status. */
int tacetctl_review(struct tacetctl *t, const struct case_file *c,
    enum commitment_step step, struct case_review *ret_review);
json_t *tacetctl_review_json(const struct case_review *r);

/* Takes an order in: fills what is ours to say, gathers what must be known,
 * writes "received" and "checked", prints the checks. Returns the exit status.
 */
int tacetctl_intake(struct tacetctl *t, struct order *o, struct rd document,
    struct rd signature);
/* Reads --document and --signature; the caller clears both. */
int tacetctl_intake_files(
    struct tacetctl *t, struct buf *ret_document, struct buf *ret_signature);
/* Says the first check that fails; TACETCTL_EXIT_OK when none does. */
int tacetctl_intake_refused(const struct case_file *c, const struct order *o);
/* As case_find, and says what is wrong. */
int tacetctl_case(struct tacetctl *t, const char *id, struct case_file *ret_c);
/* Appends a canonical entry to the public log. Takes entry. RC_AGAIN: the log
 * does not answer; asked again, it gives the same index. */
MUST_USE enum rc tacetctl_log_append(
    struct tacetctl *t, json_t *entry, uint64_t *ret_index);
/* Puts an order's commitment into the public log, once. RC_STATE: two people
 * have not decided it; RC_AGAIN as above. */
MUST_USE enum rc tacetctl_commit(struct tacetctl *t, const char *id);
/* Does what is due of every order, and says nothing. */
void tacetctl_tick_quietly(struct tacetctl *t);
/* Tells the targets of an order: a text in DIR/orders/notices, an entry of the
 * public log, a short message by the running server. ret_sent (may be NULL):
 * how many messages it took. RC_STATE, RC_AGAIN as above. */
MUST_USE enum rc tacetctl_notice(
    struct tacetctl *t, const struct case_file *c, size_t *ret_sent);
#endif
