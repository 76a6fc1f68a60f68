/* route: what the directory says about a number, kept for a day, and the
 * address book (design: records, section 1). */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "wire/e164_text.h"
#include "wire/json_body.h"
#include "wire/row.h"

#define LOCATOR_LABEL "tacet locator v1"

/* doc/protocol/records.md: names a day of our own rows, to us alone. */
void
route_locator(const struct keep *k, int64_t now, uint8_t ret[static 16])
{
	struct wall t = { now };
	uint32_t day = (uint32_t)mono_day(t);
	uint8_t message[sizeof(LOCATOR_LABEL) - 1 + 4];
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	size_t n = sizeof(LOCATOR_LABEL) - 1;

	memcpy(message, LOCATOR_LABEL, n);
	for (size_t i = 0; i < 4; i++)
		message[n + i] = (uint8_t)(day >> (24 - 8 * i));
	(void)crypto_auth_hmacsha256(
	    mac, message, sizeof(message), k->records_secret);
	memcpy(ret, mac, 16);
}

static enum rc
lookup_ask(struct tacet *t)
{
	char number[E164_TEXT_SIZE], own[E164_TEXT_SIZE];
	char locator[TACET_ID_SIZE];
	uint8_t bytes[16];
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	route_locator(t->k, t->now, bytes);
	engine_id_text(bytes, locator);
	e164_text(&t->op.number, number);
	e164_text(&t->k->number, own);
	TRY(engine_ask(t, ENGINE_STEP_LOOKUP, "POST", "/v1/lookups"));
	t->rq.type = "application/json";
	o = json_pack("{s:s,s:s,s:s,s:s}", "number", number, "as", own, "cause",
	    row_cause_text((enum row_cause)t->op.cause), "locator", locator);
	TRY(json_body_build(o, &t->rq.body));
out:
	json_body_free(o);
	return rc;
}

/* A server that offers private lookups, or once did, is asked classically only
 * when the person says so: never silently (design: records, section 1). */
static enum rc
mode_decide(struct tacet *t)
{
	const struct keep *k = t->k;
	bool classic = (t->op.flags & TACET_FLAG_CLASSIC) != 0;
	enum rc rc = RC_OK;

	if (k->policy_private && !classic)
		return question_begin(t, QUESTION_FOR_ROUTE);
	if (!k->policy_classic) {
		engine_failed(t, TACET_DENIED, "no-classic");
		goto out;
	}
	if (k->view.has_voprf && !classic) {
		engine_failed(t, TACET_DENIED, "classic-consent");
		goto out;
	}
	TRY(lookup_ask(t));
out:
	return rc;
}

enum rc
route_ask(struct tacet *t)
{
	t->op.then = mode_decide;
	return pinned_then(t);
}

static void
outcome_fill(struct tacet *t, const struct keep_contact *c)
{
	e164_text(&c->number, t->out.number);
	t->out.route = (enum tacet_route)c->route;
	t->out.devices = c->devices;
	t->out.is_private = c->is_proved;
	t->out.verified = c->is_proved;
	if (c->has_account)
		engine_id_text(c->account, t->out.account);
}

static enum rc
contact_update(struct tacet *t, json_t *o, struct keep_contact *c)
{
	uint8_t account[16];
	uint64_t devices = 0;
	enum rc rc = RC_BUG;

	TRY(json_body_uint(o, "devices", DEVICE_LIST_MAX, &devices));
	if (devices > 0) {
		TRY(json_body_hex(o, "account", sizeof(account), account));
		if (!c->has_account ||
		    memcmp(account, c->account, sizeof(account)) != 0)
			buf_clear(&c->list);
		memcpy(c->account, account, sizeof(account));
	} else {
		buf_clear(&c->list);
	}
	c->has_account = devices > 0;
	c->devices = (uint8_t)devices;
	c->route = devices > 0 ? KEEP_ROUTE_ENCRYPTED : KEEP_ROUTE_SMS;
	c->fetched.s = t->now;
	c->is_proved = false;
out:
	return rc;
}

static enum rc
recorded_take(struct tacet *t, json_t *o)
{
	json_t *row = json_object_get(o, "recorded");
	struct buf b;
	enum rc rc = RC_OK;

	buf_init(&b, JSON_BODY_MAX);
	if (json_is_object(row)) {
		TRY(json_body_build(row, &b));
		TRY(engine_out_text(t, buf_get(&b)));
	}
out:
	buf_clear(&b);
	return rc;
}

enum rc
route_on_lookup(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep_contact *c = NULL;
	json_t *o = NULL;
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(json_body_parse(body, &o));
	TRY(keep_contact_add(t->k, &t->op.number, &c));
	TRY(contact_update(t, o, c));
	t->changed = true;
	outcome_fill(t, c);
	TRY(recorded_take(t, o));
	if (t->op.is_send)
		TRY(outgoing_routed(t));
	else
		engine_done(t);
out:
	json_body_free(o);
	return rc;
}

enum rc
route_answered(struct tacet *t)
{
	const struct directory_check_found *f = &t->op.q.found;
	bool is_there = f->is_there && f->devices > 0;
	struct keep_contact *c = NULL;
	enum rc rc = RC_BUG;

	TRY(keep_contact_find(t->k, &t->op.number, &c));
	c->route = is_there ? KEEP_ROUTE_ENCRYPTED : KEEP_ROUTE_SMS;
	c->devices = f->devices;
	c->is_proved = true;
	c->fetched.s = t->now;
	c->tried.s = 0;
	memcpy(c->commitment, f->commitment, sizeof(c->commitment));
	if (!is_there) {
		c->has_account = false;
		buf_clear(&c->list);
	}
	t->changed = true;
	outcome_fill(t, c);
	if (t->op.is_send)
		TRY(outgoing_proved(t));
	else
		engine_done(t);
out:
	return rc;
}

enum tacet_rc
tacet_lookup(struct tacet *t, int64_t now, const char *number,
    enum tacet_cause cause, unsigned flags)
{
	struct keep_contact *c = NULL;
	struct e164 e = { 0 };
	enum rc rc = RC_BUG;

	TRY(engine_number(number, &e));
	CHECK(row_cause_text((enum row_cause)cause) != NULL, RC_MALFORMED);
	TRY(engine_start(t, KEEP_STAGE_REGISTERED));
	t->now = now;
	t->op.number = e;
	t->op.cause = cause;
	t->op.flags = flags;
	if ((flags & TACET_FLAG_FRESH) == 0 &&
	    keep_contact_find(t->k, &e, &c) == RC_OK &&
	    c->route != KEEP_ROUTE_UNKNOWN) {
		if (now - c->fetched.s < ENGINE_REFRESH_S) {
			t->out.cached = true;
			outcome_fill(t, c);
			engine_done(t);
			goto out;
		}
		if (cause == TACET_CAUSE_BEFORE_SEND)
			t->op.cause = TACET_CAUSE_REFRESH;
	}
	TRY(route_ask(t));
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_contact_at(const struct tacet *t, size_t i, struct tacet_contact *ret_c)
{
	for (const struct keep_contact *c = t->k->contacts; c != NULL;
	     c = c->next) {
		if (!c->in_book || i-- > 0)
			continue;
		*ret_c = (struct tacet_contact){
			.route = (enum tacet_route)c->route,
			.devices = c->devices
		};
		e164_text(&c->number, ret_c->number);
		(void)snprintf(ret_c->name, sizeof(ret_c->name), "%s", c->name);
		return TACET_OK;
	}
	return TACET_NOT_FOUND;
}

enum tacet_rc
tacet_contact_add(struct tacet *t, const char *number, const char *name)
{
	struct keep_contact *c = NULL;
	struct e164 e = { 0 };
	enum rc rc = RC_BUG;

	TRY(engine_number(number, &e));
	CHECK(name == NULL || strlen(name) <= KEEP_NAME_MAX, RC_MALFORMED);
	TRY(keep_contact_add(t->k, &e, &c));
	c->in_book = true;
	if (name != NULL)
		(void)snprintf(c->name, sizeof(c->name), "%s", name);
	t->changed = true;
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_contact_remove(struct tacet *t, const char *number)
{
	struct keep_contact *c = NULL;
	struct e164 e = { 0 };
	enum rc rc = RC_BUG;

	TRY(engine_number(number, &e));
	TRY(keep_contact_find(t->k, &e, &c));
	CHECK(c->in_book, RC_NOT_FOUND);
	/* the pinned identity stays: removing a name must not reopen it */
	c->in_book = false;
	sodium_memzero(c->name, sizeof(c->name));
	t->changed = true;
out:
	return engine_rc(rc);
}
