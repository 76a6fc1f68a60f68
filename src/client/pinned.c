/* pinned: the keys that this client believes, and the policy that is signed by
 * one of them (doc/protocol/log.md, 7). They are given by hand in a file, or
 * taken from the server at the first question and never changed. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"
#include "wire/json_body.h"

enum tacet_rc
tacet_trust(struct tacet *t, const uint8_t *text, size_t n)
{
	struct keep_view *v = &t->k->view;
	struct trust trust = { .quorum = 0 };
	enum rc rc = RC_BUG;

	CHECK(t->op.step == ENGINE_STEP_NONE, RC_STATE);
	TRY(trust_parse((struct rd){ text, n }, &trust));
	/* a file may add witnesses to what was pinned, not change the log */
	CHECK(v->pin == KEEP_PIN_NONE ||
		memcmp(v->trust.log.key, trust.log.key, 32) == 0,
	    RC_DENIED);
	v->trust = trust;
	v->pin = KEEP_PIN_BY_HAND;
	v->pin_is_new = false;
	t->changed = true;
out:
	return engine_rc(rc);
}

enum tacet_rc
tacet_relay(struct tacet *t, const char *url)
{
	struct keep_view *v = &t->k->view;

	if (strlen(url) >= sizeof(v->relay) ||
	    (url[0] != '\0' && strncmp(url, "https://", 8) != 0))
		return TACET_MALFORMED;
	(void)snprintf(v->relay, sizeof(v->relay), "%s", url);
	t->changed = true;
	return TACET_OK;
}

bool
tacet_address_seen_now(struct tacet *t)
{
	struct keep_view *v = &t->k->view;
	bool is_new = v->relay[0] == '\0' && v->fetched.s > 0 &&
	    !v->is_address_told;

	if (is_new) {
		v->is_address_told = true;
		t->changed = true;
	}
	return is_new;
}

bool
tacet_pinned_now(struct tacet *t)
{
	bool is_new = t->k->view.pin_is_new;

	t->k->view.pin_is_new = false;
	return is_new;
}

static bool
is_fresh(const struct keep *k, int64_t now)
{
	int64_t age = now - k->policy_read.s;

	return k->policy_read.s > 0 && age >= 0 && age < ENGINE_REFRESH_S;
}

enum rc
pinned_then(struct tacet *t)
{
	enum rc rc = RC_BUG;

	if (t->k->view.pin == KEEP_PIN_NONE)
		TRY(engine_ask(t, ENGINE_STEP_TRUST, "GET", "/v1/trust"));
	else if (!is_fresh(t->k, t->now))
		TRY(engine_ask(t, ENGINE_STEP_POLICY, "GET", "/v1/policy"));
	else
		return t->op.then(t);
	t->rq.sign = ENGINE_SIGN_NONE;
out:
	return rc;
}

enum rc
pinned_on_trust(struct tacet *t, uint16_t status, struct rd body)
{
	struct keep_view *v = &t->k->view;
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	TRY(trust_parse(body, &v->trust));
	v->pin = KEEP_PIN_FIRST_USE;
	v->pin_is_new = true;
	t->changed = true;
	TRY(pinned_then(t));
out:
	return rc;
}

static enum rc
modes_take(struct keep *k, struct rd text)
{
	const json_t *modes = NULL;
	json_t *o = NULL;
	bool has_classic = false, has_private = false;
	enum rc rc = RC_BUG;

	TRY(json_body_parse(text, &o));
	TRY(json_body_array(o, "modes", 8, &modes));
	for (size_t i = 0; i < json_array_size(modes); i++) {
		const char *mode = json_string_value(json_array_get(modes, i));

		CHECK(mode != NULL, RC_MALFORMED);
		has_classic |= strcmp(mode, "classic") == 0;
		has_private |= strcmp(mode, "private") == 0;
	}
	buf_clear(&k->view.ohttp_keys);
	if (json_body_has(o, "ohttp_keys"))
		TRY(json_body_b64(
		    o, "ohttp_keys", KEEP_OHTTP_KEYS_MAX, &k->view.ohttp_keys));
	k->policy_classic = has_classic;
	k->policy_private = has_private;
	(void)crypto_hash_sha256(k->policy_hash, text.p, text.left);
out:
	json_body_free(o);
	return rc;
}

enum rc
pinned_on_policy(struct tacet *t, uint16_t status, struct rd body)
{
	const struct vkey *key = &t->k->view.trust.policy;
	struct rd text = { 0 };
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	rc = note_parse(body, key->name, key->key, &text);
	if (rc == RC_DENIED || rc == RC_MALFORMED) {
		engine_failed(t, TACET_SERVER, "policy-unsigned");
		rc = RC_OK;
		goto out;
	}
	CHECK(rc == RC_OK, rc);
	TRY(modes_take(t->k, text));
	t->k->policy_read.s = t->now;
	t->changed = true;
	TRY(pinned_then(t));
out:
	return rc;
}
