/*
 * tacetctl_run: one order on its way through the custodians: its case, the part
 * of its window that is at hand, the log's parts in it, and the two requests,
 * kept in DIR/orders/requests/ so that answers are to what was asked.
 */
#ifndef TACETCTL_RUN_H
#define TACETCTL_RUN_H
#include "cmd/tacetctl_app.h"
#include "orders/extract.h"

#define TACETCTL_RUN_GROUPS_MAX 64

struct tacetctl_run {
	struct tacetctl *t;
	struct case_file c;
	struct wall from; /* of this package: [from, to) */
	struct wall to;
	char day[MONO_DATE_SIZE]; /* of a pen register; "" : the whole window */
	/* preservations that it follows, with no path yet */
	struct request_parent parents[REQUEST_PARENTS_MAX];
	size_t n_parents;
	json_t *kept; /* what they froze; NULL: nothing */
	struct scope *scope;
	struct request q;
	struct custodians *groups; /* the newest first */
	size_t n_groups;
};

/* The case of order id, decided by two and committed; what it is about: --day,
 * or for a pen register the first closed day that was not given, else the whole
 * window. Opens the log's parts, after a cut if it must. Says what is wrong and
 * returns the exit status. */
int tacetctl_run_open(
    struct tacetctl *t, const char *id, struct tacetctl_run *ret_r);
void tacetctl_run_close(struct tacetctl_run *r);
/* Fills r->q with the request of stage FIND. */
int tacetctl_run_find(struct tacetctl_run *r);
/* From FIND to OPEN by the answers. */
int tacetctl_run_turn(struct tacetctl_run *r, const struct extract_answers *a);
/* Keeps r->q, and reads the one that was kept of that stage. */
int tacetctl_run_keep(struct tacetctl_run *r);
int tacetctl_run_kept(struct tacetctl_run *r, enum request_stage stage);
/* The kept request of stage FIND, and by the answers of --shares on to OPEN. */
int tacetctl_run_found(struct tacetctl_run *r);
/* "--shares A B C": B and C stand behind the ID; here they join A. */
void tacetctl_run_shares(struct tacetctl *t);
/* The answers of --shares. */
int tacetctl_run_answers(
    struct tacetctl *t, struct request_shares *ret_s, size_t *ret_n);
/* --demo: the answer of the directory's own custodian. */
int tacetctl_run_demo_answer(
    struct tacetctl_run *r, struct request_shares *ret_s);
/* Says why shares were refused. */
int tacetctl_run_refused(enum rc rc, uint16_t wrong);
/* *ret_none: a pen register has no closed day that was not given. */
int tacetctl_run_next_day(struct tacetctl *t, const struct case_file *c,
    char ret_day[static MONO_DATE_SIZE], bool *ret_none);
#endif
