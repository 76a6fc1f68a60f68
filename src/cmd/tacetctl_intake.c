/*
 * How an order comes in: what is ours to say is filled in, what must be known
 * beside it is gathered (our directory, the ledger, the running server), and
 * the checks run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"
#include "wire/letter_doc.h"

#define DOCUMENT_MAX (64u << 20)
#define SIGNATURE_MAX 128

int
tacetctl_intake_files(
    struct tacetctl *t, struct buf *ret_document, struct buf *ret_signature)
{
	enum rc rc = RC_BUG;

	buf_init(ret_document, DOCUMENT_MAX);
	buf_init(ret_signature, SIGNATURE_MAX);
	if (t->document == NULL)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order",
		    "give the order itself with --document FILE");
	rc = file_read_at(AT_FDCWD, t->document, ret_document);
	if (rc != RC_OK)
		return tacetctl_say_rc(t->document, rc);
	if (t->signature == NULL)
		return TACETCTL_EXIT_OK;
	rc = file_read_at(AT_FDCWD, t->signature, ret_signature);
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc(t->signature, rc);
}

/* The policy as the parent wrote it, which keys signs. */
unsigned int
tacetctl_policy_number(
    struct tacetctl *t, const char *name, unsigned int otherwise)
{
	uint64_t v = otherwise;
	json_t *j = NULL;
	struct buf b;

	buf_init(&b, JSON_BODY_MAX);
	if (file_read_at(t->dir, "policy.json", &b) == RC_OK &&
	    json_body_parse(buf_get(&b), &j) == RC_OK &&
	    json_body_uint(j, name, UINT32_MAX, &v) != RC_OK)
		v = otherwise;
	json_body_free(j);
	buf_clear(&b);
	return (unsigned int)v;
}

/* --- what must be known
 * ------------------------------------------------------------ */

static enum rc
owner_get(const json_t *e, struct order_owner *ret_w)
{
	const char *from = json_string_value(json_object_get(e, "from"));
	const char *to = json_string_value(json_object_get(e, "to"));
	uint64_t epoch = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_uint(e, "epoch", UINT32_MAX, &epoch));
	CHECK(from != NULL, RC_MALFORMED);
	TRY(mono_rfc3339_parse(from, &ret_w->from));
	ret_w->to.s = 0;
	if (to != NULL)
		TRY(mono_rfc3339_parse(to, &ret_w->to));
	ret_w->epoch = (uint32_t)epoch;
out:
	return rc;
}

/* The server's own word on who held the number when. When it does not answer,
 * or the list does not fit, that is not known, and a check fails. */
static void
ask_owners(struct tacetctl *t, const struct e164 *number, struct order_facts *f,
    size_t i)
{
	char text[E164_TEXT_SIZE];
	json_t *a = NULL;
	const json_t *list;
	size_t n;

	e164_text(number, text);
	f->owners[i].is_known = false;
	f->owners[i].n = 0;
	if (tacetctl_ask(t,
		json_pack("{s:s,s:s}", "verb", "subscriber", "number", text),
		&a) != RC_OK)
		return;
	list = json_object_get(a, "epochs");
	n = json_array_size(list);
	if (json_object_get(a, "error") == NULL && n <= ORDER_OWNERS_MAX) {
		f->owners[i].is_known = true;
		f->owners[i].n = n;
		for (size_t k = 0; k < n; k++)
			if (owner_get(json_array_get(list, k),
				&f->owners[i].at[k]) != RC_OK)
				f->owners[i].is_known = false;
	}
	if (!f->owners[i].is_known)
		f->owners[i].n = 0;
	json_decref(a);
}

static bool
is_same_person(const struct order *o, const struct order *parent)
{
	if (strcmp(o->agency, parent->agency) != 0)
		return false;
	for (size_t i = 0; i < o->n_handles; i++) {
		bool there = false;

		for (size_t k = 0; k < parent->n_handles; k++)
			there = there ||
			    e164_is_eq(&o->handles[i], &parent->handles[k]);
		if (!there)
			return false;
	}
	return true;
}

static void
take_parent(
    const struct order *o, const struct case_file *c, struct order_facts *f)
{
	/* what was refused, withdrawn or never decided cannot be extended */
	f->has_parent = case_is_confirmed(c) &&
	    c->state != CASE_STATE_REFUSED && c->state != CASE_STATE_WITHDRAWN;
	f->parent_regime = c->order.regime;
	f->parent_same = is_same_person(o, &c->order);
	f->parent_to = c->order.to;
	f->parent_until = c->order.keep_until;
	f->parent_links = c->order.parent[0] != '\0' &&
		c->facts.parent_regime == c->order.regime
	    ? c->facts.parent_links + 1
	    : 0;
}

static enum rc
gather(struct tacetctl *t, const struct order *o, struct order_facts *f)
{
	struct case_list l;
	enum rc rc = RC_BUG;

	TRY(case_load(t->dir, &l));
	for (size_t i = 0; i < l.n; i++) {
		const struct order *other = &l.at[i].received;

		if (strcmp(other->id, o->parent) == 0)
			take_parent(o, &l.at[i], f);
		if (strcmp(other->id, o->id) == 0 ||
		    strcmp(other->agency, o->agency) != 0 ||
		    other->received.s > o->received.s ||
		    other->received.s <= o->received.s - ORDER_DAY_S)
			continue;
		f->day_orders++;
		if (other->is_emergency)
			f->day_emergencies++;
	}
	/* this one counts too */
	f->day_orders++;
	if (o->is_emergency)
		f->day_emergencies++;
	for (size_t i = 0; i < o->n_handles; i++)
		ask_owners(t, &o->handles[i], f, i);
	case_list_clear(&l);
out:
	return rc;
}

/* --- printing
 * ---------------------------------------------------------------------- */

static json_t *
checks_json(const struct order_check *c, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(a,
		    json_pack("{s:s,s:s,s:b,s:s}", "check", c[i].name, "rule",
			c[i].rule, "pass", c[i].pass, "text", c[i].text));
	return a;
}

static void
print_checks(const struct tacetctl *t, const struct order *o,
    const struct order_check *c, size_t n, bool pass)
{
	json_t *j;

	if (t->json) {
		j = json_pack("{s:s,s:b,s:o}", "order_id", o->id, "pass", pass,
		    "checks", checks_json(c, n));
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
tacetctl_intake_refused(const struct case_file *c, const struct order *o)
{
	struct order_check checks[ORDER_CHECKS_MAX];
	bool pass = false;
	size_t n = order_checks(o, &c->received, &c->facts, checks, &pass);

	for (size_t i = 0; i < n; i++)
		if (!checks[i].pass)
			return tacetctl_say(
			    TACETCTL_EXIT_NO, checks[i].rule, checks[i].text);
	return TACETCTL_EXIT_OK;
}

/* --- taking in
 * --------------------------------------------------------------------- */

static enum rc
write_checked(
    struct tacetctl *t, const struct order *o, const struct order_facts *f)
{
	struct order_check c[ORDER_CHECKS_MAX];
	bool pass = false;
	size_t n = order_checks(o, o, f, c, &pass);
	enum rc rc = RC_BUG;

	TRY(case_append(t->dir, "tacetctl", o->id, "checked",
	    json_pack("{s:o,s:o}", "facts", order_facts_build(f, o->n_handles),
		"checks", checks_json(c, n))));
	print_checks(t, o, c, n, pass);
out:
	return rc;
}

/* Country, key and call-back are of our directory, whatever was sent. */
static enum rc
take_agency(struct tacetctl *t, struct order *o, struct order_facts *f)
{
	struct tacetctl_agency a;
	enum rc rc = tacetctl_agency_find(t, o->agency, &a);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	f->is_enrolled = true;
	memcpy(o->agency_country, a.country, sizeof(a.country));
	memcpy(o->callback, a.callback, sizeof(a.callback));
	memcpy(o->agency_key, a.key, sizeof(a.key));
	o->has_agency_key = true;
	if (o->issuer.country[0] == '\0')
		memcpy(o->issuer.country, a.country, sizeof(a.country));
	return RC_OK;
}

static void
take_document(struct order *o, struct order_facts *f, struct rd document,
    struct rd signature)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, document.p, document.left);
	(void)sodium_bin2hex(
	    o->document_sha256, sizeof(o->document_sha256), hash, sizeof(hash));
	o->has_signature = signature.left == crypto_sign_BYTES;
	if (!o->has_signature)
		return;
	memcpy(o->signature, signature.p, crypto_sign_BYTES);
	f->is_signed_by = f->is_enrolled &&
	    crypto_sign_verify_detached(
		o->signature, document.p, document.left, o->agency_key) == 0;
}

/* What cannot stand in the letter of answer is refused when it comes in, and
 * not when the answer is due. NULL: every text can. */
static const char *
unprintable(const struct order *o)
{
	const struct {
		const char *field;
		const char *text;
	} texts[] = { { "authority", o->issuer.name }, { "ref", o->ref },
		{ "offence", o->offence }, { "officer", o->officer },
		{ "certification", o->certification },
		{ "area", o->issuer.area }, { "basis", o->basis } };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!letter_doc_is_text(rd_str(texts[i].text)))
			return texts[i].field;
	return NULL;
}

int
tacetctl_intake(struct tacetctl *t, struct order *o, struct rd document,
    struct rd signature)
{
	struct order_facts f = { .is_enrolled = false };
	struct order_error error;
	enum rc rc = RC_BUG;

	if (unprintable(o) != NULL)
		return tacetctl_say(TACETCTL_EXIT_NO, unprintable(o),
		    "it has control characters or is not UTF-8 (write it as "
		    "plain text)");
	o->received = mono_wall();
	if (o->served.s == 0)
		o->served = o->received;
	order_id(o->received, o->id);
	TRY(take_agency(t, o, &f));
	take_document(o, &f, document, signature);
	order_complete(
	    o, tacetctl_policy_number(t, "seal_max_days", RULES_SEAL_MAX_DAYS));
	if (order_contradiction(o, &error) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_NO, error.field, error.why);
	TRY(gather(t, o, &f));
	TRY(case_append(t->dir, "operator", o->id, "received",
	    json_pack("{s:o}", "order", order_build(o))));
	TRY(write_checked(t, o, &f));
out:
	return rc == RC_OK ? TACETCTL_EXIT_OK : tacetctl_say_rc("order", rc);
}

int
tacetctl_order_check(struct tacetctl *t)
{
	struct case_file c;
	struct order_facts f = { .is_enrolled = false };
	int status;
	enum rc rc = RC_BUG;

	if (t->n_args != 1)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order check", "give one ID");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	if (!case_may(&c, "checked"))
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "it is decided already");
	/* what was true when it came stays: who asked, and who signed */
	f.is_enrolled = c.facts.is_enrolled;
	f.is_signed_by = c.facts.is_signed_by;
	TRY(gather(t, &c.received, &f));
	TRY(write_checked(t, &c.received, &f));
out:
	return rc == RC_OK ? TACETCTL_EXIT_OK
			   : tacetctl_say_rc("order check", rc);
}
