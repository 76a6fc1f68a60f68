/* Carries the engine's requests to the server and its answers back. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "cmd/tacet_app.h"

#define TIMEOUT_MS 15000
#define TRUST_MAX 4096
#define EVIDENCE "kept as evidence: tacet watch"

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
	{ "no-private", "the server answers no private lookups", NULL },
	{ "policy-unsigned", "the policy is not signed by the pinned key",
	    "is this the right server?" },
	{ "log-unsigned", "the public log is not signed by the pinned key",
	    "is this the right server?" },
	{ "log-unwitnessed", "too few witnesses signed the public log",
	    "try later; if it stays so, ask the operator" },
	{ "log-stale", "the public log is older than ten minutes",
	    "try later; if it stays so, ask the operator" },
	{ "log-back", "the server shows an older log than before", EVIDENCE },
	{ "split-view", "the server shows different logs to different people",
	    EVIDENCE },
	{ "not-in-log", "the server's directory is not in its public log",
	    "do not rely on it" },
	{ "no-epoch", "the server's directory is not in its public log",
	    "do not rely on it" },
	{ "wrong-label", "the server asks for questions that it could read",
	    "nothing was asked" },
	{ "key-changed", "the directory's key is another one",
	    "nothing was asked; ask the operator" },
	{ "wrong-key", "the answer is under another key than everybody's",
	    "do not rely on it" },
	{ "wrong-epoch", "the answer is for another day of the directory",
	    "try again in a minute" },
	{ "wrong-bucket", "the answer is not what the public log says",
	    "do not rely on it" },
	{ "wrong-stash", "the answer is not what the public log says",
	    "do not rely on it" },
	{ "wrong-token-key", "tokens of a key of its own would mark you",
	    "nothing was asked" },
	{ "wrong-slot", "the keys are not those that the public log names",
	    "nothing was sent" },
	{ "slot-of-another", "the keys are of another number",
	    "nothing was sent" },
	{ "slot-back", "the directory went back to old keys of this number",
	    EVIDENCE },
	{ "slot-chain", "the keys of this number changed out of sight",
	    EVIDENCE },
	{ "wrong-identity", "the keys are not those of the directory",
	    "nothing was sent" },
	{ "wrong-devices", "the devices are not those of the directory",
	    "nothing was sent" },
	{ "promise-wrong", "the server's promise is not signed", NULL },
	{ "promise-broken", "the server did not do what it signed", EVIDENCE },
	{ "own-number-taken", "the directory gives your number to other keys",
	    EVIDENCE },
	{ "own-devices", "the directory has devices that you did not add",
	    EVIDENCE },
	{ "own-gone", "the directory has your number no more", EVIDENCE },
	{ "relay-down", "the relay or the server behind it is down",
	    "try later, or --relay ''" },
	{ "relay-wrong", "what the relay brought is not the answer",
	    "do not use this relay" },
	{ "no-gateway", "the server takes no requests from a relay",
	    "--relay '' asks without one" },
	{ "not-published", "the directory does not show your number yet",
	    "try again in a minute" },
	{ "too-soon", "a question about it failed a moment ago", NULL },
	{ "no-tokens", "there are no tokens for questions left",
	    "try again tomorrow" },
	{ "token", "the server refused a token", "try again in a minute" },
	{ "epoch-gone", "the directory moves on too fast", "try again" },
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

const char *
tacet_net_why(const struct tacet_app *a)
{
	return a->last != NULL ? dial_why(a->last) : "nothing was asked";
}

/* Where the path of a relay's URL begins, or its end. */
static const char *
relay_path(const char *url)
{
	return url + 8 + strcspn(url + 8, "/"); /* behind "https://" */
}

/* Each kind of request has its connection, so that none tells of the other. */
static struct dial *
way_of(struct tacet_app *a, const struct tacet_request *q)
{
	char origin[TACET_APP_PATH];
	const char *url = a->server;
	const char *ca = a->ca;

	if (!q->is_anonymous)
		return a->d;
	if (a->apart == NULL && q->relay != NULL) {
		(void)snprintf(origin, sizeof(origin), "%.*s",
		    (int)(relay_path(q->relay) - q->relay), q->relay);
		ca = a->relay_ca;
		url = origin;
	}
	if (a->apart == NULL &&
	    dial_new(url, ca[0] != '\0' ? ca : NULL, TIMEOUT_MS, &a->apart) !=
		RC_OK)
		return NULL;
	return a->apart;
}

static enum rc
perform(struct tacet_app *a, struct dial_answer *answer)
{
	struct tacet_request q;
	struct dial *d = NULL;
	bool reused = false;
	enum rc rc = RC_BUG;

	/* a kept connection may have been closed by age: once more, anew */
	do {
		struct dial_request r = { 0 };

		if (tacet_request(a->t, time(NULL), &q) != TACET_OK)
			return RC_BUG;
		r.method = q.method;
		r.target = q.path;
		if (q.relay != NULL)
			r.target = relay_path(q.relay);
		if (r.target[0] == '\0')
			r.target = "/";
		r.type = q.type;
		r.fields = (struct rd){ (const uint8_t *)q.fields,
			q.fields_len };
		r.body = (struct rd){ q.body, q.body_len };
		d = way_of(a, &q);
		if (d == NULL)
			return RC_NOMEM;
		a->last = d;
		rc = dial_http_request(d, &r, &reused, answer);
	} while (rc == RC_IO && reused);
	return rc;
}

/* Once: whose word the keys are. */
static void
pin_say(struct tacet_app *a)
{
	if (tacet_address_seen_now(a->t))
		(void)tacet_say(TACET_EXIT_OK, "lookup",
		    "the server sees your address, not the number",
		    "--relay URL hides it");
	if (tacet_pinned_now(a->t))
		(void)tacet_say(TACET_EXIT_OK, "trust",
		    "the server's keys are pinned on first use",
		    "tacet watch --trust FILE compares them with the "
		    "operator's file");
}

enum tacet_net
tacet_net_run(struct tacet_app *a)
{
	const struct timespec second = { .tv_sec = 1 };
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
		if (tacet_doing(a->t) == TACET_DOING_WAIT && !a->is_linking) {
			(void)nanosleep(&second, NULL);
			tacet_wait_over(a->t);
		}
	}
	dial_http_clear(&answer);
	if (n == TACET_NET_STATE)
		return n;
	if (tacet_home_save(a) != TACET_EXIT_OK)
		return TACET_NET_STATE;
	pin_say(a);
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
		return tacet_say(TACET_EXIT_SERVER, what, tacet_net_why(a),
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

static enum tacet_exit
trust_keep(struct tacet_app *a)
{
	enum tacet_rc t = TACET_MALFORMED;
	enum rc rc = RC_OK;
	struct buf b;

	if (a->trust == NULL)
		return TACET_EXIT_OK;
	buf_init(&b, TRUST_MAX);
	rc = file_read_at(AT_FDCWD, a->trust, &b);
	if (rc == RC_OK)
		t = tacet_trust(a->t, b.p, b.len);
	buf_clear(&b);
	if (t == TACET_DENIED)
		return tacet_say(TACET_EXIT_NO, "trust",
		    "this server's log is another one than the file's",
		    "do not use it, or begin in a new --home");
	if (t != TACET_OK)
		return tacet_say(TACET_EXIT_USAGE, "trust",
		    "the file cannot be read as a trust file", NULL);
	return TACET_EXIT_OK;
}

enum tacet_exit
tacet_net_keep(struct tacet_app *a)
{
	enum tacet_exit status = trust_keep(a);

	if (status != TACET_EXIT_OK)
		return status;
	if (a->relay != NULL && tacet_relay(a->t, a->relay) != TACET_OK)
		return tacet_say(TACET_EXIT_USAGE, "relay", "this is no relay",
		    "write https://HOST[:PORT][/PATH]");
	if (a->relay_ca[0] != '\0')
		status = tacet_home_remember(a);
	return status == TACET_EXIT_OK ? tacet_home_save(a) : status;
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
	if (status == TACET_EXIT_OK)
		status = tacet_net_keep(a);
	return status;
}
