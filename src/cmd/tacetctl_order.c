/*
 * Orders as they are received and decided. Every step is an event of the
 * ledger; what an order's state is follows from its events alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cmd/tacetctl_app.h"
#include "orders/ledger.h"

#define DOCUMENT_MAX (64u << 20)

/* --- an order from its events
 * ---------------------------------------------------- */

struct fold {
	const char *id; /* NULL: print every order */
	bool json;
	bool found;
	enum rc bad;
	struct tacetctl_case c;
};

static void
copy(char *to, size_t size, const json_t *d, const char *name)
{
	const char *s = json_string_value(json_object_get(d, name));

	(void)snprintf(to, size, "%s", s == NULL ? "" : s);
}

static enum rc
on_event(void *arg, const json_t *e)
{
	struct fold *f = arg;
	const char *event = json_string_value(json_object_get(e, "event"));
	const char *id = json_string_value(json_object_get(e, "order"));
	const json_t *d = json_object_get(e, "data");

	if (event == NULL || id == NULL || strcmp(id, f->id) != 0)
		return RC_OK;
	if (strcmp(event, "received") == 0) {
		f->found = true;
		copy(f->c.state, sizeof(f->c.state), e, "event");
		return order_parse(json_object_get(d, "order"), &f->c.order);
	}
	if (strcmp(event, "decided") == 0) {
		copy(f->c.decided_by, sizeof(f->c.decided_by), e, "actor");
		copy(f->c.decision, sizeof(f->c.decision), d, "decision");
	}
	copy(f->c.state, sizeof(f->c.state), e, "event");
	return RC_OK;
}

enum rc
tacetctl_case_find(
    struct tacetctl *t, const char *id, struct tacetctl_case *ret_c)
{
	struct fold f = { .id = id };
	enum rc rc = ledger_each(t->dir, on_event, &f);

	if (rc == RC_OK && !f.found)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		*ret_c = f.c;
	return rc;
}

/* --- new
 * ----------------------------------------------------------------------------
 */

static enum rc
take_text(const char *from, char *to)
{
	if (from == NULL || strlen(from) >= ORDER_TEXT_SIZE)
		return RC_MALFORMED;
	memcpy(to, from, strlen(from) + 1);
	return RC_OK;
}

/* The document's hash, and whether the enrolled key signed it. */
static enum rc
take_document(struct tacetctl *t, struct order *o)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint8_t key[32];
	struct buf doc;
	struct buf sig;
	enum rc rc = RC_BUG;

	buf_init(&doc, DOCUMENT_MAX);
	buf_init(&sig, 128);
	CHECK(t->document != NULL, RC_MALFORMED);
	TRY(tacetctl_read(AT_FDCWD, t->document, DOCUMENT_MAX, &doc));
	(void)crypto_hash_sha256(hash, doc.p, doc.len);
	(void)sodium_bin2hex(
	    o->document_sha256, sizeof(o->document_sha256), hash, sizeof(hash));
	rc = tacetctl_agency_key(t, o->agency, key);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	o->is_enrolled = rc == RC_OK;
	rc = RC_OK;
	if (t->signature == NULL)
		goto out;
	TRY(tacetctl_read(AT_FDCWD, t->signature, 128, &sig));
	o->has_signature = true;
	o->is_signed_by = o->is_enrolled && sig.len == crypto_sign_BYTES &&
	    crypto_sign_verify_detached(sig.p, doc.p, doc.len, key) == 0;
out:
	buf_clear(&doc);
	buf_clear(&sig);
	return rc;
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

static json_t *
checks_json(const struct order *o, bool *ret_pass)
{
	struct order_check c[ORDER_CHECKS_MAX];
	size_t n = order_checks(o, c, ret_pass);
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(a,
		    json_pack("{s:s,s:b,s:s}", "rule", c[i].rule, "pass",
			c[i].pass, "text", c[i].text));
	return a;
}

static void
print_checks(const struct tacetctl *t, const struct order *o)
{
	struct order_check c[ORDER_CHECKS_MAX];
	json_t *j = NULL;
	bool pass = false;
	size_t n = order_checks(o, c, &pass);

	if (t->json) {
		j = json_pack("{s:s,s:b,s:o}", "order_id", o->id, "pass", pass,
		    "checks", checks_json(o, &pass));
		(void)json_dumpf(j, stdout, JSON_COMPACT);
		(void)putchar('\n');
		json_decref(j);
		return;
	}
	(void)printf("%s\n", o->id);
	for (size_t i = 0; i < n; i++)
		(void)printf("  %-4s %s: %s\n", c[i].pass ? "ok" : "FAIL",
		    c[i].rule, c[i].text);
}

int
tacetctl_order_new(struct tacetctl *t)
{
	struct order o = { .received = mono_wall() };
	bool pass = false;
	json_t *checks;
	enum rc rc = RC_BUG;

	TRY(take_scope(t, &o));
	TRY(take_text(t->agency, o.agency));
	TRY(take_text(t->authority, o.authority));
	TRY(take_text(t->ref, o.ref));
	TRY(take_text(t->offence, o.offence));
	if (t->seal_until != NULL) {
		struct wall seal;

		TRY(mono_rfc3339_parse(t->seal_until, &seal));
		memcpy(o.seal_until, t->seal_until, sizeof(o.seal_until));
	}
	TRY(take_document(t, &o));
	order_id(o.received, o.id);
	checks = checks_json(&o, &pass);
	TRY(ledger_append(t->dir, "operator", o.id, "received",
	    json_pack(
		"{s:o,s:o}", "order", order_build(&o), "checks", checks)));
	print_checks(t, &o);
out:
	if (rc == RC_MALFORMED)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order new",
		    "a field is missing or wrong (times are RFC 3339 UTC; see "
		    "tacetctl --help)");
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("order new", rc);
}

/* --- list, show
 * ------------------------------------------------------------------------ */

static enum rc
on_received(void *arg, const json_t *e)
{
	struct tacetctl *t = arg;
	const char *event = json_string_value(json_object_get(e, "event"));
	const char *id = json_string_value(json_object_get(e, "order"));
	struct tacetctl_case c;
	enum rc rc = RC_OK;

	if (event == NULL || id == NULL || strcmp(event, "received") != 0)
		return RC_OK;
	rc = tacetctl_case_find(t, id, &c);
	if (rc == RC_OK && t->json)
		(void)printf("{\"order_id\":\"%s\",\"regime\":\"%s\","
			     "\"state\":\"%s\"}\n",
		    id, rules_regime_name(c.order.regime), c.state);
	else if (rc == RC_OK)
		(void)printf("%s  %-12s %s\n", id,
		    rules_regime_name(c.order.regime), c.state);
	return rc;
}

int
tacetctl_order_list(struct tacetctl *t)
{
	enum rc rc = ledger_each(t->dir, on_received, t);

	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("order list", rc);
}

int
tacetctl_order_show(struct tacetctl *t)
{
	struct tacetctl_case c;
	json_t *j;
	enum rc rc;

	if (t->n_args != 1)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order show", "give one ID");
	rc = tacetctl_case_find(t, t->args[0], &c);
	if (rc != RC_OK)
		return tacetctl_say_rc(t->args[0], rc);
	j = order_build(&c.order);
	(void)json_object_set_new(j, "state", json_string(c.state));
	(void)json_dumpf(
	    j, stdout, t->json ? JSON_COMPACT : (size_t)JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(j);
	return TACETCTL_EXIT_OK;
}

/* --- decide, confirm: two people
 * ----------------------------------------------------------- */

/* Says the first check that fails. */
static int
refused(const struct order *o)
{
	struct order_check c[ORDER_CHECKS_MAX];
	bool pass = false;
	size_t n = order_checks(o, c, &pass);

	for (size_t i = 0; i < n; i++)
		if (!c[i].pass)
			return tacetctl_say(
			    TACETCTL_EXIT_NO, c[i].rule, c[i].text);
	return TACETCTL_EXIT_OK;
}

int
tacetctl_order_decide(struct tacetctl *t)
{
	struct tacetctl_case c;
	bool accept;
	int status;
	enum rc rc;

	if (t->n_args != 2 || t->as == NULL || t->why == NULL ||
	    (strcmp(t->args[1], "accept") != 0 &&
		strcmp(t->args[1], "refuse") != 0))
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order decide",
		    "give ID --as NAME accept|refuse --why TEXT");
	accept = strcmp(t->args[1], "accept") == 0;
	rc = tacetctl_case_find(t, t->args[0], &c);
	if (rc != RC_OK)
		return tacetctl_say_rc(t->args[0], rc);
	if (strcmp(c.state, "received") != 0)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "it is decided already");
	status = accept ? refused(&c.order) : TACETCTL_EXIT_OK;
	if (status != TACETCTL_EXIT_OK)
		return status;
	rc = ledger_append(t->dir, t->as, t->args[0],
	    accept ? "decided" : "refused",
	    json_pack("{s:s,s:s}", "decision", t->args[1], "why", t->why));
	if (rc != RC_OK)
		return tacetctl_say_rc("order decide", rc);
	(void)printf("%s %s by %s\n", t->args[0],
	    accept ? "accepted" : "refused", t->as);
	return TACETCTL_EXIT_OK;
}

int
tacetctl_order_confirm(struct tacetctl *t)
{
	struct tacetctl_case c;
	enum rc rc;

	if (t->n_args != 1 || t->as == NULL)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order confirm", "give ID --as NAME");
	rc = tacetctl_case_find(t, t->args[0], &c);
	if (rc != RC_OK)
		return tacetctl_say_rc(t->args[0], rc);
	if (strcmp(c.state, "decided") != 0)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "it is not decided, or confirmed already");
	if (strcasecmp(c.decided_by, t->as) == 0)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "two different people decide: this one decided it");
	rc = ledger_append(t->dir, t->as, t->args[0], "confirmed",
	    json_pack("{s:s}", "decision", c.decision));
	if (rc != RC_OK)
		return tacetctl_say_rc("order confirm", rc);
	(void)printf("%s confirmed by %s\n", t->args[0], t->as);
	return TACETCTL_EXIT_OK;
}
