/*
 * Longer: another period of a pen register or a preservation is an order of its
 * own, decided by two people; a longer seal is an event, signed by the agency.
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cmd/tacetctl_app.h"

/* What the agency says again is the same, but for its time. */
static int
extend_order(struct tacetctl *t, const struct case_file *c, struct rd document,
    struct rd signature)
{
	struct order o = c->order;
	struct wall to = { 0 };

	if (mono_rfc3339_parse(t->to, &to) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order extend",
		    "--to is RFC 3339 UTC");
	if (rules_period(o.regime, RULES_TERM_EXTENSION) == NULL)
		return tacetctl_say(TACETCTL_EXIT_NO,
		    rules_regime_name(o.regime),
		    "this process knows no extension");
	memcpy(o.parent, o.id, sizeof(o.parent));
	o.id[0] = '\0';
	o.served.s = 0;
	o.due.s = 0;
	if (rules_is_preserve(o.regime)) {
		o.keep_until = to;
	} else {
		o.from = c->order.to;
		o.to = to;
	}
	if (!o.seal_is_open)
		o.seal_until = c->seal_until;
	if (o.seal_until.s <= mono_wall().s)
		o.seal_until.s = 0; /* one that is over seals nothing */
	if (t->ref != NULL && strlen(t->ref) < sizeof(o.ref))
		memcpy(o.ref, t->ref, strlen(t->ref) + 1);
	return tacetctl_intake(t, &o, document, signature);
}

static bool
is_signed(struct tacetctl *t, const struct order *o, struct rd document,
    struct rd signature)
{
	struct tacetctl_agency a;

	return tacetctl_agency_find(t, o->agency, &a) == RC_OK &&
	    signature.left == crypto_sign_BYTES &&
	    crypto_sign_verify_detached(
		signature.p, document.p, document.left, a.key) == 0;
}

/* No longer from today than our maximum, however often it is renewed. */
static int
extend_seal(struct tacetctl *t, const struct case_file *c, struct rd document,
    struct rd signature)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char hex[65];
	struct wall until = { 0 };
	int64_t max = (int64_t)tacetctl_policy_number(
			  t, "seal_max_days", RULES_SEAL_MAX_DAYS) *
	    ORDER_DAY_S;
	enum rc rc;

	if (mono_rfc3339_parse(t->seal_until, &until) != RC_OK)
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order extend",
		    "--seal-until is RFC 3339 UTC");
	if (!is_signed(t, &c->order, document, signature))
		return tacetctl_say(TACETCTL_EXIT_NO, "signature",
		    "the document is not signed by the enrolled key");
	if (c->is_opened)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "the seal is over, and the public log says so");
	if (until.s <= c->seal_until.s || until.s > mono_wall().s + max)
		return tacetctl_say(TACETCTL_EXIT_NO, "seal_max_days",
		    "a seal is extended past its end, and at most by the "
		    "policy's maximum from today");
	(void)crypto_hash_sha256(hash, document.p, document.left);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	rc = case_append(t->dir, "operator", t->args[0], "seal-extended",
	    json_pack(
		"{s:s,s:s}", "until", t->seal_until, "document_sha256", hex));
	if (rc == RC_STATE)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "it is not decided yet");
	if (rc != RC_OK)
		return tacetctl_say_rc("order extend", rc);
	(void)printf("%s sealed until %s\n", t->args[0], t->seal_until);
	return TACETCTL_EXIT_OK;
}

int
tacetctl_order_extend(struct tacetctl *t)
{
	struct case_file c;
	struct buf document;
	struct buf signature;
	int status;

	if (t->n_args != 1 || (t->to == NULL) == (t->seal_until == NULL))
		return tacetctl_say(TACETCTL_EXIT_USAGE, "order extend",
		    "give ID --to T or --seal-until T, --document FILE "
		    "--signature FILE");
	status = tacetctl_case(t, t->args[0], &c);
	if (status != TACETCTL_EXIT_OK)
		return status;
	status = tacetctl_intake_files(t, &document, &signature);
	if (status == TACETCTL_EXIT_OK && t->to != NULL)
		status = extend_order(
		    t, &c, buf_get(&document), buf_get(&signature));
	else if (status == TACETCTL_EXIT_OK)
		status = extend_seal(
		    t, &c, buf_get(&document), buf_get(&signature));
	buf_clear(&document);
	buf_clear(&signature);
	return status;
}
