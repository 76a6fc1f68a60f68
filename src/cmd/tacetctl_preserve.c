/*
 * order preserve: freezes the envelopes that an order names, by the custodians'
 * first answers; nothing is opened and nothing leaves.
 */
#include <stdio.h>

#include "cmd/tacetctl_run.h"
#include "orders/preserved.h"

static int
freeze(struct tacetctl_run *r)
{
	const char *id = r->c.order.id;
	json_t *kept = NULL;
	enum rc rc = preserved_build(r->scope, &r->q, &kept);

	if (rc == RC_OK)
		rc = preserved_write(r->t->dir, id, kept);
	if (rc == RC_OK)
		rc = case_append(
		    r->t->dir, "tacetctl", id, "released", json_object());
	json_decref(kept);
	if (rc == RC_EXISTS)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, id, "it is frozen already");
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("order preserve", rc);
}

/* The answers to the request of stage FIND; on a --demo directory its own
 * custodian's. */
static int
find(struct tacetctl_run *r)
{
	struct request_shares own = { 0 };
	const struct extract_answers a = { &own, 1 };
	int status;

	if (r->t->n_shares > 0 || !tacetctl_is_demo(r->t))
		return tacetctl_run_found(r);
	status = tacetctl_run_find(r);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_demo_answer(r, &own);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_run_turn(r, &a);
	request_shares_clear(&own);
	return status;
}

int
tacetctl_order_preserve(struct tacetctl *t)
{
	static struct tacetctl_run r;
	int status;

	tacetctl_run_shares(t);
	if (t->n_args != 1)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order preserve",
		    "give ID [--shares FILE ...]");
	status = tacetctl_run_open(t, t->args[0], &r);
	if (status == TACETCTL_EXIT_OK && !rules_is_preserve(r.c.order.regime))
		status = tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "this process gives rows (order package)");
	if (status == TACETCTL_EXIT_OK)
		status = find(&r);
	if (status == TACETCTL_EXIT_OK)
		status = freeze(&r);
	if (status == TACETCTL_EXIT_OK)
		(void)printf("%s: %zu envelopes in %zu parts are kept\n",
		    t->args[0], r.q.n_envelopes, r.q.n_parts);
	tacetctl_run_close(&r);
	return status;
}
