/*
 * order request: what the custodians are asked, first which envelopes are the
 * order's numbers', then for the keys of those.
 */
#include <stdio.h>

#include "cmd/tacetctl_run.h"

static int
ask(struct tacetctl_run *r)
{
	if (r->t->n_shares == 0)
		return tacetctl_run_find(r);
	if (rules_is_preserve(r->c.order.regime))
		return tacetctl_say(TACETCTL_EXIT_NO, r->c.order.id,
		    "this process freezes and opens nothing (order preserve)");
	return tacetctl_run_found(r);
}

int
tacetctl_order_request(struct tacetctl *t)
{
	static struct tacetctl_run r;
	int status;

	tacetctl_run_shares(t);
	if (t->n_args != 1 || t->out == NULL)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order request",
		    "give ID [--day D] [--shares FILE ...] -o FILE");
	t->keep_out = true;
	status = tacetctl_run_open(t, t->args[0], &r);
	if (status == TACETCTL_EXIT_OK &&
	    (r.c.order.classes & RULES_CLASS_TRAFFIC_QUERY) == 0)
		status = tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "it names no query rows: nothing is asked of custodians "
		    "(order package)");
	if (status == TACETCTL_EXIT_OK)
		status = ask(&r);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_keep(&r);
	if (status == TACETCTL_EXIT_OK)
		(void)printf("%s: %s, %zu parts%s\n", t->out,
		    r.q.stage == REQUEST_STAGE_FIND
			? "which envelopes are the order's"
			: "the keys of the order's envelopes",
		    r.q.n_parts,
		    r.q.stage == REQUEST_STAGE_FIND
			? "; then order request with their --shares"
			: "; then order package with their --shares");
	tacetctl_run_close(&r);
	return status;
}
