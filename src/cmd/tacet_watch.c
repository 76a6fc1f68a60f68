/* tacet watch: what the directory says of the own number, proved by the public
 * log, and what the server was caught at so far. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mono.h"
#include "cmd/tacet_app.h"

#define CHORES 4

static void
time_text(int64_t seconds, char ret_text[static MONO_RFC3339_SIZE])
{
	if (mono_rfc3339((struct wall){ seconds }, ret_text) != RC_OK)
		(void)snprintf(
		    ret_text, MONO_RFC3339_SIZE, "1970-01-01T00:00:00Z");
}

/* Returns how many there are. */
static size_t
evidence_print(struct tacet_app *a)
{
	char time[MONO_RFC3339_SIZE];
	struct tacet_evidence e;
	size_t i = 0;

	for (; tacet_evidence_at(a->t, i, &e) == TACET_OK; i++) {
		time_text(e.time, time);
		if (a->json) {
			tacet_print_json(json_pack("{s:s,s:s,s:s%,s:s%}",
			    "problem", e.problem, "time", time, "first",
			    e.first_len > 0 ? e.first : "", e.first_len,
			    "second", e.second_len > 0 ? e.second : "",
			    e.second_len));
			continue;
		}
		printf("\nEVIDENCE %s, %s\n", e.problem, time);
		tacet_print_text(e.first, e.first_len);
		putchar('\n');
		tacet_print_text(e.second, e.second_len);
	}
	return i;
}

static void
own_print(struct tacet_app *a)
{
	const struct tacet_outcome *o = tacet_outcome(a->t);

	if (a->json)
		tacet_print_json(json_pack("{s:s,s:i,s:I,s:I,s:b}", "number",
		    o->number, "devices", (int)o->devices, "version",
		    (json_int_t)o->version, "epoch", (json_int_t)o->epoch,
		    "verified", (int)o->verified));
	else
		printf("%s is yours in the directory: %u device%s, version %u, "
		       "epoch %u, proved by the public log\n",
		    o->number, (unsigned)o->devices, o->devices == 1 ? "" : "s",
		    (unsigned)o->version, (unsigned)o->epoch);
}

/* Nothing was wrong so far; that something is not there yet is not wrong. */
static bool
is_well(const struct tacet_app *a)
{
	enum tacet_rc rc = tacet_outcome(a->t)->rc;

	return rc == TACET_OK || rc == TACET_NOT_FOUND;
}

enum tacet_exit
tacet_verb_watch(struct tacet_app *a, int argc, char **v)
{
	enum tacet_exit status = tacet_net_begin(a);
	enum tacet_net n = TACET_NET_DONE;

	(void)argc;
	(void)v;
	if (status != TACET_EXIT_OK)
		return status;
	/* what is due comes first: the promise, and perhaps the look itself */
	for (int i = 0; i < CHORES && n == TACET_NET_DONE && is_well(a) &&
	     tacet_maintain(a->t, time(NULL)) == TACET_OK;
	     i++)
		n = tacet_net_run(a);
	if (n == TACET_NET_DONE && is_well(a) &&
	    tacet_outcome(a->t)->version == 0) {
		if (tacet_watch(a->t, time(NULL)) != TACET_OK)
			return tacet_say(
			    TACET_EXIT_STATE, "watch", "a bug", NULL);
		n = tacet_net_run(a);
	}
	status = tacet_net_say(a, n, "watch");
	if (status == TACET_EXIT_OK)
		own_print(a);
	if (evidence_print(a) > 0 && status == TACET_EXIT_OK)
		status = TACET_EXIT_NO;
	return status;
}
