/* receive: the stream from the server, shown once. The home's lock is held for
 * a batch of frames only: taken, stored, acknowledged; then shown; then marked
 * as shown. A crash in between shows again, it never loses. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/failmem.h"
#include "base/mono.h"
#include "cmd/tacet_app.h"

#define BATCH 64
#define PING_MS 30000
#define QUIET_MS 150 /* after a late message: more of its kind? */
#define WAIT_MAX_MS 8000

struct receiver {
	struct tacet_app *a;
	struct mono end; /* of --timeout */
	bool has_end;
	bool idle; /* the mailbox was empty */
	size_t shown;
	long wait_ms; /* before the next connection */
};

static void
note_json(const struct tacet_note *n, const char *time)
{
	static const char *const types[] = { [TACET_NOTE_MESSAGE] = "text",
		[TACET_NOTE_SENT] = "sent",
		[TACET_NOTE_SMS] = "sms",
		[TACET_NOTE_SMS_STATE] = "sms-state",
		[TACET_NOTE_UNOPENED] = "unopened",
		[TACET_NOTE_IDENTITY] = "identity-changed",
		[TACET_NOTE_DEVICE] = "device-added",
		[TACET_NOTE_NOT_SENT] = "not-sent",
		[TACET_NOTE_ALARM] = "alarm" };
	const char *from = n->number[0] != '\0' ? n->number : n->from;
	json_t *o = json_pack("{s:s,s:s,s:s,s:n,s:s,s:o,s:s,s:b}", "id", n->id,
	    "time", time, "from", from, "group", "type", types[n->type], "text",
	    json_stringn(n->text, n->text_len), "route",
	    tacet_route_name(n->route), "verified", (int)n->verified);

	/* of "sent": to whom; `from` stays the other end of the talk */
	if (n->type == TACET_NOTE_SENT)
		(void)json_object_set_new(o, "to", json_string(n->number));
	tacet_print_json(o);
}

static void
note_print(const struct tacet_note *n, const char *time)
{
	const char *who = n->number[0] != '\0' ? n->number : n->from;

	printf("%.10s %.5s ", time, time + 11);
	switch (n->type) {
	case TACET_NOTE_MESSAGE:
	case TACET_NOTE_SMS:
		printf(
		    "%s%s: ", who, n->type == TACET_NOTE_SMS ? " (SMS)" : "");
		break;
	case TACET_NOTE_SENT:
		printf("to %s: ", who);
		break;
	case TACET_NOTE_SMS_STATE:
		printf("an SMS was ");
		break;
	case TACET_NOTE_UNOPENED:
		printf("a message could not be opened");
		break;
	case TACET_NOTE_IDENTITY:
		printf(
		    "%s shows a new identity key: compare tacet safety", who);
		break;
	case TACET_NOTE_DEVICE:
		printf("%s: a new device was added: ", who);
		break;
	case TACET_NOTE_NOT_SENT:
		printf("to %s, not sent: ", who);
		break;
	case TACET_NOTE_ALARM:
		printf("ALARM, see tacet watch: ");
		break;
	}
	tacet_print_text(n->text, n->text_len);
	putchar('\n');
}

/* Shows the inbox. Not under the lock: a slow reader of ours must not stop a
 * sender; a->t is ours alone until the home is entered again. */
static enum tacet_exit
inbox_show(struct receiver *r)
{
	struct tacet_app *a = r->a;
	char(*ids)[TACET_ID_SIZE] = NULL;
	struct tacet_note n;
	size_t count = 0, done = 0;
	enum tacet_exit status = TACET_EXIT_OK;

	while (tacet_inbox(a->t, count, &n) == TACET_OK)
		count++;
	if (count == 0)
		return TACET_EXIT_OK;
	ids = failmem_array(count, sizeof(*ids));
	if (ids == NULL)
		return tacet_say(
		    TACET_EXIT_STATE, "receive", "out of memory", NULL);
	for (; done < count && tacet_inbox(a->t, done, &n) == TACET_OK;
	     done++) {
		char time[MONO_RFC3339_SIZE];
		struct wall w = { n.time };

		if (mono_rfc3339(w, time) != RC_OK) /* the sender's word */
			(void)snprintf(
			    time, sizeof(time), "1970-01-01T00:00:00Z");
		if (a->json)
			note_json(&n, time);
		else
			note_print(&n, time);
		(void)snprintf(ids[done], sizeof(ids[done]), "%s", n.id);
	}
	if (fflush(stdout) != 0) {
		free(ids);
		return tacet_say(TACET_EXIT_NO, "receive", "stdout is closed",
		    "what was not shown is kept");
	}
	r->shown += done;
	status = tacet_home_enter(a);
	for (size_t i = 0; status == TACET_EXIT_OK && i < done; i++)
		tacet_shown(a->t, ids[i]);
	if (status == TACET_EXIT_OK)
		status = tacet_home_save(a);
	tacet_home_leave(a);
	free(ids);
	return status;
}

/* A batch: taken, stored, acknowledged. RC_IO: the connection is over;
 * RC_CORRUPT: the state cannot be kept. */
static enum rc
frames_take(struct receiver *r, struct rd first)
{
	struct tacet_app *a = r->a;
	struct rd frame = first;
	const uint8_t *ack = NULL;
	size_t n = 0;
	enum tacet_rc t = TACET_OK;
	enum rc rc = RC_OK;

	for (int i = 1;; i++) {
		bool idle = false;

		t = tacet_frame(a->t, time(NULL), frame.p, frame.left, &idle);
		if (t != TACET_OK)
			return RC_MALFORMED;
		r->idle |= idle;
		rc = i < BATCH ? dial_ws_next(a->d, 0, &frame) : RC_AGAIN;
		if (rc != RC_OK)
			break;
	}
	if (tacet_home_save(a) != TACET_EXIT_OK)
		return RC_CORRUPT;
	if (rc == RC_AGAIN && tacet_frame_next(a->t, &ack, &n) == TACET_OK)
		rc = dial_ws_send(a->d, (struct rd){ ack, n });
	return rc == RC_AGAIN ? RC_OK : rc;
}

/* Prekeys that are due and messages that wait; a failure is not ours to say:
 * the stream meets the same. */
static enum tacet_exit
chores(struct receiver *r)
{
	struct tacet_app *a = r->a;
	enum tacet_exit status = tacet_home_enter(a);
	enum tacet_net n = TACET_NET_DONE;

	if (status != TACET_EXIT_OK)
		return status;
	for (int i = 0; i < 4 && n == TACET_NET_DONE &&
	     tacet_maintain(a->t, time(NULL)) == TACET_OK;
	     i++)
		n = tacet_net_run(a);
	if (n == TACET_NET_DONE && tacet_outbox_count(a->t) > 0 &&
	    tacet_flush(a->t, time(NULL)) == TACET_OK)
		n = tacet_net_run(a);
	tacet_home_leave(a);
	return n == TACET_NET_STATE ? TACET_EXIT_STATE : TACET_EXIT_OK;
}

static enum rc
stream_start(struct receiver *r, uint16_t *ret_status)
{
	struct tacet_app *a = r->a;
	struct tacet_request q;
	enum rc rc = RC_CORRUPT;

	*ret_status = 0;
	if (tacet_home_enter(a) != TACET_EXIT_OK)
		return RC_CORRUPT;
	if (tacet_stream(a->t, time(NULL), &q) == TACET_OK)
		rc = dial_ws_start(a->d, q.path,
		    (struct rd){ (const uint8_t *)q.fields, q.fields_len },
		    ret_status);
	tacet_home_leave(a);
	return rc;
}

/* How long to wait for a frame now; 0: enough was waited. */
static int
wait_now(const struct receiver *r)
{
	int64_t left = PING_MS;

	if (r->a->follow)
		return PING_MS;
	if (r->idle && !r->has_end)
		return 0;
	if (r->idle && r->shown > 0)
		return QUIET_MS;
	if (r->has_end)
		left = mono_diff_ms(r->end, mono_now());
	return left <= 0 ? 0 : left < PING_MS ? (int)left : PING_MS;
}

/* RC_OK: everything is here; RC_IO: reconnect; RC_CORRUPT: end, was said. */
static enum rc
stream_read(struct receiver *r)
{
	struct tacet_app *a = r->a;
	enum rc rc = RC_BUG;

	for (;;) {
		struct rd frame = { 0 };
		int wait = wait_now(r);

		if (wait == 0)
			return RC_OK;
		rc = dial_ws_next(a->d, wait, &frame);
		if (rc == RC_AGAIN) {
			if (wait != PING_MS)
				return RC_OK;
			TRY(dial_ws_ping(a->d));
			continue;
		}
		TRY(rc);
		if (tacet_home_enter(a) != TACET_EXIT_OK)
			return RC_CORRUPT;
		rc = frames_take(r, frame);
		tacet_home_leave(a);
		if (rc != RC_CORRUPT && inbox_show(r) != TACET_EXIT_OK)
			rc = RC_CORRUPT;
		TRY(rc);
		r->wait_ms = 0;
	}
out:
	return rc;
}

static bool
is_over(const struct receiver *r)
{
	return !r->a->follow &&
	    (!r->has_end || mono_diff_ms(r->end, mono_now()) <= 0);
}

static void
backoff(struct receiver *r)
{
	struct timespec t;

	r->wait_ms = r->wait_ms == 0 ? 200 : r->wait_ms * 2;
	if (r->wait_ms > WAIT_MAX_MS)
		r->wait_ms = WAIT_MAX_MS;
	t = (struct timespec){ r->wait_ms / 1000,
		(r->wait_ms % 1000) * 1000000 };
	(void)nanosleep(&t, NULL);
}

static enum tacet_exit
receive(struct receiver *r)
{
	struct tacet_app *a = r->a;
	bool told = false;
	uint16_t http = 0;
	enum tacet_exit status = TACET_EXIT_OK;
	enum rc rc = RC_BUG;

	for (;;) {
		status = chores(r);
		if (status == TACET_EXIT_OK)
			status = inbox_show(r);
		if (status != TACET_EXIT_OK)
			return status;
		rc = stream_start(r, &http);
		if (rc == RC_OK)
			rc = stream_read(r);
		if (rc == RC_OK)
			return TACET_EXIT_OK;
		if (rc == RC_CORRUPT)
			return TACET_EXIT_STATE;
		if (rc == RC_STATE && http == 401)
			return tacet_say(TACET_EXIT_NO, "receive",
			    "the server does not know this device",
			    "was the number registered elsewhere?");
		if (is_over(r))
			return tacet_say(TACET_EXIT_SERVER, "receive",
			    dial_why(a->d),
			    "is the server up, and --server and --ca right?");
		if (!told)
			(void)tacet_say(TACET_EXIT_SERVER, "receive",
			    dial_why(a->d), "trying again");
		told = true;
		backoff(r);
	}
}

enum tacet_exit
tacet_verb_receive(struct tacet_app *a, int argc, char **v)
{
	struct receiver r = { .a = a };
	enum tacet_exit status = tacet_net_begin(a);

	(void)argc;
	(void)v;
	if (status == TACET_EXIT_OK)
		status = tacet_home_receiver(a);
	tacet_home_leave(a);
	if (status != TACET_EXIT_OK)
		return status;
	if (a->timeout_s >= 0) {
		r.has_end = true;
		r.end = mono_add_ms(mono_now(), 1000L * a->timeout_s);
	}
	return receive(&r);
}
