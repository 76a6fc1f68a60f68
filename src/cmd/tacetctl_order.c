/*
 * Orders as a clerk enters them, and as they stand. Every step is an event of
 * the ledger; what an order's state is follows from its events alone.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/tacetctl_app.h"

int
tacetctl_case(struct tacetctl *t, const char *id, struct case_file *ret_c)
{
	enum rc rc = case_find(t->dir, id, ret_c);

	if (rc == RC_NOT_FOUND)
		return tacetctl_say(TACETCTL_EXIT_NO, id, "no such order");
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc(id, rc);
}

/* --- new
 * ---------------------------------------------------------------------------
 */

static enum rc
take_text(const char *s, char ret_text[static ORDER_TEXT_SIZE])
{
	if (s == NULL)
		return RC_OK;
	if (strlen(s) >= ORDER_TEXT_SIZE)
		return RC_MALFORMED;
	memcpy(ret_text, s, strlen(s) + 1);
	return RC_OK;
}

/* Who issued it, where the clerk does not say: the usual authority, and for an
 * EPOC the one that reaches least. */
static enum rc
take_issuer(struct tacetctl *t, struct order *o)
{
	enum rc rc = RC_BUG;

	o->issuer.type = rules_issuer_usual(o->regime);
	if (o->issuer.type == 0) {
		o->issuer.type = RULES_ISSUER_PROSECUTOR;
		if (t->issuer_type == NULL)
			(void)tacetctl_say(0, "issuer",
			    "taken as a prosecutor (else: --issuer-type "
			    "court)");
	}
	if (t->issuer_type != NULL)
		CHECK(rules_issuer_find(
			  rd_str(t->issuer_type), &o->issuer.type) == RC_OK,
		    RC_MALFORMED);
	TRY(take_text(t->authority, o->issuer.name));
	TRY(take_text(t->area, o->issuer.area));
	if (t->issuer_country != NULL) {
		CHECK(strlen(t->issuer_country) == 2, RC_MALFORMED);
		memcpy(o->issuer.country, t->issuer_country, 3);
	}
	rc = RC_OK;
out:
	return rc;
}

static enum rc
take_seal(struct tacetctl *t, struct order *o)
{
	if (t->seal_until == NULL)
		return RC_OK;
	if (strcmp(t->seal_until, "open") == 0) {
		o->seal_is_open = true;
		return RC_OK;
	}
	return mono_rfc3339_parse(t->seal_until, &o->seal_until);
}

static enum rc
take_scope(struct tacetctl *t, struct order *o)
{
	enum rules_class class;
	enum rc rc = RC_BUG;

	CHECK(t->regime != NULL &&
		rules_regime_find(rd_str(t->regime), &o->regime) == RC_OK,
	    RC_MALFORMED);
	CHECK(t->direction != NULL &&
		order_direction_find(rd_str(t->direction), &o->direction) ==
		    RC_OK,
	    RC_MALFORMED);
	CHECK(t->from != NULL && t->to != NULL, RC_MALFORMED);
	TRY(mono_rfc3339_parse(t->from, &o->from));
	TRY(mono_rfc3339_parse(t->to, &o->to));
	CHECK(t->n_handles > 0, RC_MALFORMED);
	for (size_t i = 0; i < t->n_handles; i++)
		TRY(e164_parse(rd_str(t->handles[i]), &o->handles[i]));
	o->n_handles = t->n_handles;
	for (size_t i = 0; i < t->n_classes; i++) {
		CHECK(rules_class_find(rd_str(t->classes[i]), &class) == RC_OK,
		    RC_MALFORMED);
		o->classes |= (unsigned int)class;
	}
	rc = RC_OK;
out:
	return rc;
}

static enum rc
take_all(struct tacetctl *t, struct order *o)
{
	enum rc rc = RC_BUG;

	TRY(take_scope(t, o));
	TRY(take_issuer(t, o));
	TRY(take_text(t->agency, o->agency));
	TRY(take_text(t->ref, o->ref));
	TRY(take_text(t->offence, o->offence));
	TRY(take_text(t->officer, o->officer));
	/* the clerk enters what the signed document says; '' says that it does
	 * not say it */
	TRY(take_text(
	    t->certification == NULL ? "in the document" : t->certification,
	    o->certification));
	o->is_emergency = t->basis != NULL || o->regime == RULES_REGIME_US_2702;
	if (o->is_emergency)
		TRY(take_text(
		    t->basis == NULL ? "in the document" : t->basis, o->basis));
	if (t->parent != NULL) {
		CHECK(strlen(t->parent) < sizeof(o->parent), RC_MALFORMED);
		memcpy(o->parent, t->parent, strlen(t->parent) + 1);
	}
	TRY(take_seal(t, o));
out:
	return rc;
}

int
tacetctl_order_new(struct tacetctl *t)
{
	struct order o = { .n_handles = 0 };
	struct buf document;
	struct buf signature;
	int status;

	if (take_all(t, &o) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order new",
		    "a field is missing or wrong (times are RFC 3339 UTC; see "
		    "tacetctl --help)");
	status = tacetctl_intake_files(t, &document, &signature);
	if (status == TACETCTL_EXIT_OK)
		status = tacetctl_intake(
		    t, &o, buf_get(&document), buf_get(&signature));
	buf_clear(&document);
	buf_clear(&signature);
	return status;
}

/* --- list, show
 * ------------------------------------------------------------------------ */

int
tacetctl_order_list(struct tacetctl *t)
{
	struct case_list l;
	enum rc rc = case_load(t->dir, &l);

	if (rc != RC_OK)
		return tacetctl_say_rc("order list", rc);
	for (size_t i = 0; i < l.n; i++)
		(void)printf(t->json ? "{\"order_id\":\"%s\",\"regime\":\"%s\","
				       "\"state\":\"%s\"}\n"
				     : "%s  %-12s %s\n",
		    l.at[i].order.id, rules_regime_name(l.at[i].order.regime),
		    case_state_name(l.at[i].state));
	case_list_clear(&l);
	return TACETCTL_EXIT_OK;
}

static json_t *
checks_json(const struct case_file *c)
{
	struct order_check checks[ORDER_CHECKS_MAX];
	bool pass = false;
	size_t n = order_checks(
	    &c->order, &c->received, &c->facts, checks, &pass);
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(a,
		    json_pack("{s:s,s:s,s:b,s:s}", "check", checks[i].name,
			"rule", checks[i].rule, "pass", checks[i].pass, "text",
			checks[i].text));
	return a;
}

static json_t *
reviewers_json(const struct case_file *c)
{
	json_t *a = json_array();

	for (size_t i = 0; i < ARRAY_LEN(c->reviews); i++)
		if (c->reviews[i].is_made)
			(void)json_array_append_new(
			    a, json_string(c->reviews[i].name));
	return a;
}

static json_t *
time_json(struct wall t)
{
	char text[MONO_RFC3339_SIZE] = "";

	if (t.s == 0 || mono_rfc3339(t, text) != RC_OK)
		return json_null();
	return json_string(text);
}

/* The order as it is decided, and what has happened to it. */
static json_t *
case_json(const struct case_file *c)
{
	json_t *j = order_build(&c->order);
	json_t *more = json_pack(
	    "{s:s,s:o,s:s,s:o,s:b,s:I,s:I,s:s,s:o,s:b,s:b,s:b,s:b}", "state",
	    case_state_name(c->state), "checks", checks_json(c), "decision",
	    c->decision == 0 ? "" : order_decision_name(c->decision),
	    "reviewers", reviewers_json(c), "committed", c->is_committed,
	    "rows", (json_int_t)c->rows, "packages", (json_int_t)c->packages,
	    "package_root", c->package_root, "sealed_until",
	    time_json(c->seal_until), "opened", c->is_opened, "noticed",
	    c->is_noticed, "overdue", c->is_overdue, "unconfirmed",
	    c->is_unconfirmed);

	if (c->is_committed)
		(void)json_object_set_new(
		    more, "log_index", json_integer((json_int_t)c->log_index));
	(void)json_object_update(j, more);
	json_decref(more);
	return j;
}

int
tacetctl_order_show(struct tacetctl *t)
{
	struct case_file c;
	json_t *j;
	int status;

	if (t->n_args != 1)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order show", "give one ID");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	j = case_json(&c);
	(void)json_dumpf(
	    j, stdout, t->json ? JSON_COMPACT : (size_t)JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(j);
	return TACETCTL_EXIT_OK;
}
