/* Carries the engine's requests to the server and its answers back. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/tacet_app.h"

#define TIMEOUT_MS 15000

static const struct {
	const char *problem;
	const char *why;
	const char *todo;
} problems[] = {
	{ "wrong-code", "the code is wrong", "look at the last SMS again" },
	{ "limit", "too many tries", "try again later" },
	{ "sms-consent", "this number is reached by SMS only",
	    "--sms agrees; operator and carriers can read it" },
	{ "classic-consent", "the server could read this question",
	    "--classic agrees" },
	{ "no-classic", "the server answers no such lookups", NULL },
	{ "identity-changed", "this number has a new identity key",
	    "compare tacet safety, then send again" },
	{ "no-account", "the number has no account any more", "look it up" },
	{ "full", "the mailbox is full", "try again later" },
	{ "stale", "the device list keeps changing", "try again" },
	{ "devices-not-ready", "a device has no keys there yet",
	    "try again in a minute" },
	{ "unsigned", "the server does not know this device", NULL },
	{ "replay", "the clocks differ too much", "set the clock" },
	{ "records-down", "the query log cannot be written", "try later" },
	{ "sms-down", "the SMS gateway is down", "try later" },
	{ "down", "the server is in trouble", "try later" },
	{ "not-found", "the server has no such thing", NULL },
	{ "bad-answer", "the server's answer makes no sense", NULL },
};

enum tacet_exit
tacet_net_open(struct tacet_app *a)
{
	enum rc rc = RC_BUG;

	if (a->server[0] == '\0')
		return tacet_say(TACET_EXIT_USAGE, "server",
		    "which one is not known", "use --server URL");
	if (a->d != NULL)
		return TACET_EXIT_OK;
	rc = dial_new(
	    a->server, a->ca[0] != '\0' ? a->ca : NULL, TIMEOUT_MS, &a->d);
	if (rc == RC_MALFORMED)
		return tacet_say(TACET_EXIT_USAGE, "server",
		    "this is not a server", "write https://HOST:PORT");
	if (rc != RC_OK)
		return tacet_say(TACET_EXIT_USAGE, "ca",
		    "the certificate file cannot be read", NULL);
	return TACET_EXIT_OK;
}

static enum rc
perform(struct tacet_app *a, struct dial_answer *answer)
{
	struct tacet_request q;
	bool reused = false;
	enum rc rc = RC_BUG;

	/* a kept connection may have been closed by age: once more, anew */
	do {
		struct dial_request r = { 0 };

		if (tacet_request(a->t, time(NULL), &q) != TACET_OK)
			return RC_BUG;
		r.method = q.method;
		r.target = q.path;
		r.type = q.type;
		r.fields = (struct rd){ (const uint8_t *)q.fields,
			q.fields_len };
		r.body = (struct rd){ q.body, q.body_len };
		rc = dial_http_request(a->d, &r, &reused, answer);
	} while (rc == RC_IO && reused);
	return rc;
}

enum tacet_net
tacet_net_run(struct tacet_app *a)
{
	struct dial_answer answer;
	enum tacet_net n = TACET_NET_DONE;
	enum rc rc = RC_OK;

	dial_http_init(&answer);
	while (tacet_doing(a->t) == TACET_DOING_REQUEST) {
		if (tacet_home_save(a) != TACET_EXIT_OK) {
			n = TACET_NET_STATE;
			break;
		}
		rc = perform(a, &answer);
		if (rc != RC_OK) {
			n = TACET_NET_DOWN;
			tacet_cancel(a->t);
			break;
		}
		/* what went wrong is in the outcome */
		if (tacet_answer(a->t, time(NULL), answer.status, answer.body.p,
			answer.body.len) != TACET_OK)
			break;
	}
	dial_http_clear(&answer);
	if (n == TACET_NET_STATE)
		return n;
	if (tacet_home_save(a) != TACET_EXIT_OK)
		return TACET_NET_STATE;
	if (n == TACET_NET_DONE && tacet_doing(a->t) == TACET_DOING_CODE)
		n = TACET_NET_CODE;
	if (n == TACET_NET_DONE && tacet_doing(a->t) == TACET_DOING_WAIT)
		n = TACET_NET_WAIT;
	return n;
}

static enum tacet_exit
outcome_exit(enum tacet_rc rc)
{
	switch (rc) {
	case TACET_OK:
		return TACET_EXIT_OK;
	case TACET_SERVER:
		return TACET_EXIT_SERVER;
	case TACET_CORRUPT:
	case TACET_BUG:
	case TACET_NOMEM:
		return TACET_EXIT_STATE;
	case TACET_NOT_FOUND:
	case TACET_EXISTS:
	case TACET_LIMIT:
	case TACET_MALFORMED:
	case TACET_DENIED:
	case TACET_STATE:
		break;
	}
	return TACET_EXIT_NO;
}

enum tacet_exit
tacet_net_say(struct tacet_app *a, enum tacet_net n, const char *what)
{
	const struct tacet_outcome *o = tacet_outcome(a->t);
	char why[128], todo[64];

	if (n == TACET_NET_STATE)
		return TACET_EXIT_STATE;
	if (n == TACET_NET_DOWN)
		return tacet_say(TACET_EXIT_SERVER, what, dial_why(a->d),
		    tacet_outbox_count(a->t) > 0
			? "kept; the next send or receive tries again"
			: "is the server up, and --server and --ca right?");
	if (o->rc == TACET_OK)
		return TACET_EXIT_OK;
	for (size_t i = 0; i < ARRAY_LEN(problems); i++) {
		if (strcmp(problems[i].problem, o->problem) != 0)
			continue;
		if (o->retry_after > 0) {
			(void)snprintf(todo, sizeof(todo), "try again in %u s",
			    (unsigned)o->retry_after);
			return tacet_say(
			    outcome_exit(o->rc), what, problems[i].why, todo);
		}
		return tacet_say(outcome_exit(o->rc), what, problems[i].why,
		    problems[i].todo);
	}
	(void)snprintf(why, sizeof(why), "%s, status %u, %s",
	    tacet_rc_name(o->rc), (unsigned)o->status, o->problem);
	return tacet_say(outcome_exit(o->rc), what, why, NULL);
}

enum tacet_exit
tacet_net_begin(struct tacet_app *a)
{
	enum tacet_exit status = tacet_home_open(a);

	if (status == TACET_EXIT_OK)
		status = tacet_net_open(a);
	if (status == TACET_EXIT_OK)
		status = tacet_home_enter(a);
	if (status == TACET_EXIT_OK && !tacet_is_registered(a->t))
		status = tacet_say(TACET_EXIT_NO, "account",
		    "no number is registered in this home",
		    "tacet register +NUMBER");
	return status;
}
