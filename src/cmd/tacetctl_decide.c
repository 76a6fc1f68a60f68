/*
 * Two people decide an order, each with a key: one decides, another confirms.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/tacetctl_app.h"

/* What is left of the order: only what is said is changed. */
static int
narrow(struct tacetctl *t, struct order *o)
{
	enum rules_class class;
	enum rc rc = RC_BUG;

	if (t->from != NULL)
		TRY(mono_rfc3339_parse(t->from, &o->from));
	if (t->to != NULL)
		TRY(mono_rfc3339_parse(t->to, &o->to));
	if (t->direction != NULL)
		CHECK(order_direction_find(
			  rd_str(t->direction), &o->direction) == RC_OK,
		    RC_MALFORMED);
	if (t->n_handles > 0) {
		memset(o->handles, 0, sizeof(o->handles));
		memset(o->epochs, 0, sizeof(o->epochs));
		for (size_t i = 0; i < t->n_handles; i++)
			TRY(e164_parse(rd_str(t->handles[i]), &o->handles[i]));
		o->n_handles = t->n_handles;
	}
	if (t->n_classes > 0)
		o->classes = 0;
	for (size_t i = 0; i < t->n_classes; i++) {
		CHECK(rules_class_find(rd_str(t->classes[i]), &class) == RC_OK,
		    RC_MALFORMED);
		o->classes |= (unsigned int)class;
	}
	rc = RC_OK;
out:
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say(TACETCTL_EXIT_USAGE, "order decide",
				 "a field of what is left is wrong");
}

static size_t
index_of(const struct order *o, const struct e164 *e)
{
	size_t i = 0;

	while (i < o->n_handles && !e164_is_eq(&o->handles[i], e))
		i++;
	return i;
}

/* Whose rows are meant where a number had several owners in its life. */
static void
name_epochs(struct case_file *c)
{
	struct order *o = &c->order;

	for (size_t i = 0; i < o->n_handles; i++) {
		size_t k = index_of(&c->received, &o->handles[i]);

		if (k == c->received.n_handles)
			continue;
		o->epochs[i] = c->received.epochs[k];
		if (o->epochs[i] == 0)
			o->epochs[i] = order_checks_epoch(
			    &c->facts, k, o->from, o->to);
	}
}

/* Every check passes, and a narrowed order asks for less. */
static int
may_accept(struct tacetctl *t, struct case_file *c)
{
	struct order_error error = { "", NULL };
	int status = TACETCTL_EXIT_OK;

	if (c->decision == ORDER_DECISION_NARROW)
		status = narrow(t, &c->order);
	if (status != TACETCTL_EXIT_OK)
		return status;
	name_epochs(c);
	if (order_is_narrower(&c->order, &c->received, &error) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, error.field, error.why);
	if (order_contradiction(&c->order, &error) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, error.field, error.why);
	status = tacetctl_intake_refused(c, &c->order);
	if (status != TACETCTL_EXIT_OK)
		return status;
	/* mail is forged with hacked accounts; a number of ours is not. The
	 * demo's made-up people have nobody to call. */
	if (c->order.is_emergency && !t->called_back &&
	    (t->sign_key != NULL || !tacetctl_is_demo(t))) {
		char why[ORDER_TEXT_SIZE + 64];

		(void)snprintf(why, sizeof(why),
		    "call back first: %s (then say --called-back)",
		    c->order.callback);
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0], why);
	}
	return TACETCTL_EXIT_OK;
}

int
tacetctl_order_decide(struct tacetctl *t)
{
	struct case_file c;
	struct case_review w;
	int status;
	enum rc rc;

	if (t->n_args != 2 || t->as == NULL || t->why == NULL)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order decide",
		    "give ID --as NAME accept|narrow|refuse|not_held --why "
		    "TEXT");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if (order_decision_find(rd_str(t->args[1]), &c.decision) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_USAGE, t->args[1],
		    "say accept, narrow, refuse or not_held");
	if (!case_may(&c, "decided"))
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "it is decided already");
	if (order_decision_is_accepted(c.decision))
		status = may_accept(t, &c);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_review(t, &c, COMMITMENT_STEP_DECIDE, &w);
	if (status != TACETCTL_EXIT_OK)
		return status;
	rc = case_append(t->dir, w.name, t->args[0], "decided",
	    json_pack("{s:s,s:s,s:b,s:o,s:o}", "decision", t->args[1], "why",
		t->why, "called_back", t->called_back, "order",
		order_build(&c.order), "review", tacetctl_review_json(&w)));
	if (rc != RC_OK)
		return tacetctl_say_rc("order decide", rc);
	(void)printf("%s %s by %s\n", t->args[0], t->args[1], t->as);
	return TACETCTL_EXIT_OK;
}

/* An order that follows an emergency confirms it. */
static enum rc
follow(struct tacetctl *t, const struct case_file *c)
{
	struct case_file parent;
	enum rc rc;

	if (c->order.parent[0] == '\0' || c->decision == ORDER_DECISION_REFUSE)
		return RC_OK;
	rc = case_find(t->dir, c->order.parent, &parent);
	if (rc != RC_OK || !parent.order.is_emergency || parent.is_followed)
		return rc == RC_NOT_FOUND ? RC_OK : rc;
	return case_append(t->dir, t->as, parent.order.id, "followed",
	    json_pack("{s:s}", "by", c->order.id));
}

int
tacetctl_order_confirm(struct tacetctl *t)
{
	struct case_file c;
	struct case_review w;
	int status;
	enum rc rc = RC_BUG;

	if (t->n_args != 1 || t->as == NULL)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order confirm", "give ID --as OTHER");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if (!case_may(&c, "confirmed"))
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "it is not decided, or confirmed already");
	status = tacetctl_review(t, &c, COMMITMENT_STEP_CONFIRM, &w);
	if (status != TACETCTL_EXIT_OK)
		return status;
	TRY(case_append(t->dir, w.name, t->args[0], "confirmed",
	    json_pack("{s:o}", "review", tacetctl_review_json(&w))));
	TRY(follow(t, &c));
	(void)printf("%s confirmed by %s\n", t->args[0], t->as);
out:
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("order confirm", rc);
}
