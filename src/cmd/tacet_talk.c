/* Verbs that ask and send: lookup, contacts, send. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/failmem.h"
#include "cmd/tacet_app.h"

#define RETRY_S 120 /* one line of --lines, through restarts of the server */

static const char *const causes[] = { "typed", "before-send", "after-receipt",
	"refresh", "contact-sync" };

static bool
cause_arg(const char *text, enum tacet_cause *ret_c)
{
	*ret_c = TACET_CAUSE_TYPED;
	if (text == NULL)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(causes); i++)
		if (strcmp(causes[i], text) == 0) {
			*ret_c = (enum tacet_cause)(i + 1);
			return true;
		}
	return false;
}

static void
route_print(struct tacet_app *a)
{
	const struct tacet_outcome *o = tacet_outcome(a->t);
	json_t *row = o->text != NULL ? json_loads(o->text, 0, NULL) : NULL;

	if (a->json) {
		tacet_print_json(json_pack("{s:s,s:s,s:i,s:s,s:b,s:o?}",
		    "number", o->number, "route", tacet_route_name(o->route),
		    "devices", (int)o->devices, "mode",
		    o->is_private ? "private" : "classic", "verified",
		    (int)o->verified, "recorded", row));
		return;
	}
	json_decref(row);
	printf("%s %s", o->number, tacet_route_name(o->route));
	if (o->route == TACET_ROUTE_ENCRYPTED)
		printf(" (%u device%s)", (unsigned)o->devices,
		    o->devices == 1 ? "" : "s");
	putchar('\n');
}

static unsigned
flags(const struct tacet_app *a)
{
	return (a->sms ? TACET_FLAG_SMS : 0u) |
	    (a->classic ? TACET_FLAG_CLASSIC : 0u) |
	    (a->fresh ? TACET_FLAG_FRESH : 0u);
}

enum tacet_exit
tacet_verb_lookup(struct tacet_app *a, int argc, char **v)
{
	char number[TACET_NUMBER_SIZE];
	enum tacet_cause cause = TACET_CAUSE_TYPED;
	enum tacet_exit status = tacet_number_arg(v[0], number);

	(void)argc;
	if (status == TACET_EXIT_OK && !cause_arg(a->cause, &cause))
		status = tacet_say(TACET_EXIT_USAGE, "cause",
		    "typed, before-send, after-receipt, refresh or "
		    "contact-sync",
		    NULL);
	if (status == TACET_EXIT_OK)
		status = tacet_net_begin(a);
	if (status != TACET_EXIT_OK)
		return status;
	if (tacet_lookup(a->t, time(NULL), number, cause, flags(a)) != TACET_OK)
		return tacet_say(TACET_EXIT_STATE, "lookup", "a bug", NULL);
	status = tacet_net_say(a, tacet_net_run(a), "lookup");
	if (status == TACET_EXIT_OK)
		route_print(a);
	return status;
}

static enum tacet_exit
contacts_list(struct tacet_app *a)
{
	struct tacet_contact c;

	for (size_t i = 0; tacet_contact_at(a->t, i, &c) == TACET_OK; i++) {
		if (a->json) {
			tacet_print_json(json_pack("{s:s,s:s,s:s,s:i}",
			    "number", c.number, "name", c.name, "route",
			    tacet_route_name(c.route), "devices",
			    (int)c.devices));
			continue;
		}
		printf("%s %s", tacet_national(c.number),
		    tacet_route_name(c.route));
		if (c.name[0] != '\0')
			putchar(' ');
		tacet_print_text(c.name, strlen(c.name));
		putchar('\n');
	}
	return TACET_EXIT_OK;
}

/* One lookup, so that the list shows a route; its cause is the book's. */
static enum tacet_exit
contacts_add(struct tacet_app *a, const char *number, const char *name)
{
	enum tacet_exit status = TACET_EXIT_OK;

	if (tacet_contact_add(a->t, number, name) != TACET_OK)
		return tacet_say(TACET_EXIT_NO, "contacts",
		    "the name is too long, or the book is full", NULL);
	status = tacet_home_save(a);
	if (status != TACET_EXIT_OK)
		return status;
	if (tacet_lookup(a->t, time(NULL), number, TACET_CAUSE_CONTACT_SYNC,
		a->classic ? TACET_FLAG_CLASSIC : 0) != TACET_OK)
		return tacet_say(TACET_EXIT_STATE, "contacts", "a bug", NULL);
	status = tacet_net_say(a, tacet_net_run(a), "contacts");
	if (status == TACET_EXIT_OK)
		route_print(a);
	return status;
}

enum tacet_exit
tacet_verb_contacts(struct tacet_app *a, int argc, char **v)
{
	char number[TACET_NUMBER_SIZE];
	enum tacet_exit status = TACET_EXIT_OK;
	bool list = strcmp(v[0], "list") == 0 && argc == 1;
	bool add = strcmp(v[0], "add") == 0 && argc >= 2;
	bool del = strcmp(v[0], "remove") == 0 && argc == 2;
	bool sync = strcmp(v[0], "sync") == 0 && argc == 2;

	if (!list && !add && !del && !sync)
		return tacet_say(TACET_EXIT_USAGE, "contacts",
		    "add +NUMBER [NAME], list, remove +NUMBER, or sync FILE",
		    NULL);
	if (add || del)
		status = tacet_number_arg(v[1], number);
	if (status == TACET_EXIT_OK)
		status = tacet_net_begin(a);
	if (status != TACET_EXIT_OK)
		return status;
	if (list)
		return contacts_list(a);
	if (sync)
		return tacet_sync_file(a, v[1]);
	if (add)
		return contacts_add(a, number, argc == 3 ? v[2] : NULL);
	if (tacet_contact_remove(a->t, number) != TACET_OK)
		return tacet_say(TACET_EXIT_NO, "contacts",
		    "this number is not in the book", NULL);
	return tacet_home_save(a);
}

static bool
is_utf8(const char *text)
{
	json_t *s = json_string(text);
	bool ok = s != NULL;

	json_decref(s);
	return ok;
}

/* TEXT, or all of stdin without its last newline. The caller frees. */
static char *
text_get(const char *arg)
{
	char *text = NULL;
	size_t n = 0;

	if (strcmp(arg, "-") != 0)
		return failmem_strdup(arg);
	text = failmem_alloc(TACET_TEXT_MAX + 2);
	if (text == NULL)
		return NULL;
	n = fread(text, 1, TACET_TEXT_MAX + 1, stdin);
	if (strlen(text) != n) /* a NUL is no text */
		text[0] = '\0';
	else if (n > 0 && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return text;
}

static bool
person_agrees(void)
{
	char line[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fputs("This goes by SMS: the operator and carriers can read it. "
	      "Send it? [y/N] ",
	    stderr);
	return fgets(line, sizeof(line), stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y');
}

static void
sent_print(struct tacet_app *a, const char *id, enum tacet_route route)
{
	if (a->json)
		tacet_print_json(json_pack(
		    "{s:s,s:s}", "id", id, "route", tacet_route_name(route)));
	else
		printf("sent %s\n", tacet_route_name(route));
	(void)fflush(stdout);
}

/* Starts the send and carries it on; the home is entered. */
static enum tacet_exit
send_start(struct tacet_app *a, const char *number, const char *text,
    enum tacet_net *ret_n)
{
	enum tacet_rc rc = tacet_send(a->t, time(NULL), number, text, flags(a));

	if (rc == TACET_LIMIT)
		return tacet_say(TACET_EXIT_NO, "send",
		    "the text is too long, or too much waits unsent", NULL);
	if (rc == TACET_MALFORMED)
		return tacet_say(TACET_EXIT_USAGE, "send",
		    "an empty text, or your own number", NULL);
	if (rc != TACET_OK)
		return tacet_say(
		    TACET_EXIT_STATE, "send", tacet_rc_name(rc), NULL);
	*ret_n = tacet_net_run(a);
	return TACET_EXIT_OK;
}

static enum tacet_exit
send_once(struct tacet_app *a, const char *number, const char *text)
{
	enum tacet_net n = TACET_NET_DONE;
	enum tacet_exit status = send_start(a, number, text, &n);
	const struct tacet_outcome *o = tacet_outcome(a->t);

	if (status == TACET_EXIT_OK && n == TACET_NET_DONE &&
	    strcmp(o->problem, "sms-consent") == 0 && person_agrees()) {
		a->sms = true;
		status = send_start(a, number, text, &n);
	}
	if (status != TACET_EXIT_OK)
		return status;
	/* an older message may be what failed; ours is what we are asked for */
	if (o->id[0] != '\0' && !tacet_outbox_has(a->t, o->id) &&
	    (o->rc == TACET_OK || n == TACET_NET_DOWN)) {
		sent_print(a, o->id, o->route);
		return TACET_EXIT_OK;
	}
	return tacet_net_say(a, n, "send");
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, (ms % 1000) * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* True when another try makes sense: the server is away or says later. */
static bool
is_temporary(const struct tacet_app *a, enum tacet_net n)
{
	const struct tacet_outcome *o = tacet_outcome(a->t);

	return n == TACET_NET_DOWN ||
	    (n == TACET_NET_DONE &&
		(o->rc == TACET_SERVER || o->rc == TACET_LIMIT));
}

/* One line, through restarts of the server: once it is in the outbox only the
 * outbox is tried again. The home is free while we wait. */
static enum tacet_exit
line_send(struct tacet_app *a, const char *number, const char *text)
{
	char id[TACET_ID_SIZE] = "";
	enum tacet_route route = TACET_ROUTE_UNKNOWN;
	enum tacet_net n = TACET_NET_DONE;
	enum tacet_exit status = TACET_EXIT_OK;
	time_t end = time(NULL) + RETRY_S;
	long wait = 100;

	for (;;) {
		status = tacet_home_enter(a);
		if (status != TACET_EXIT_OK)
			return status;
		if (id[0] == '\0') {
			status = send_start(a, number, text, &n);
			if (status != TACET_EXIT_OK)
				return status;
			(void)snprintf(
			    id, sizeof(id), "%s", tacet_outcome(a->t)->id);
			route = tacet_outcome(a->t)->route;
		} else if (tacet_outbox_has(a->t, id)) {
			if (tacet_flush(a->t, time(NULL)) == TACET_OK)
				n = tacet_net_run(a);
		} else {
			n = TACET_NET_DONE; /* another process sent it */
		}
		if (n == TACET_NET_STATE)
			return TACET_EXIT_STATE;
		if (id[0] != '\0' && !tacet_outbox_has(a->t, id))
			break;
		if (!is_temporary(a, n) || time(NULL) >= end)
			return tacet_net_say(a, n, "send");
		if (tacet_outcome(a->t)->retry_after > 0)
			wait = 1000L * tacet_outcome(a->t)->retry_after;
		tacet_home_leave(a);
		pause_ms(wait < 5000 ? wait : 5000);
		wait = wait < 2000 ? wait * 2 : 2000;
	}
	if (tacet_outcome(a->t)->rc == TACET_DENIED)
		return tacet_net_say(a, n, "send");
	sent_print(a, id, route);
	tacet_home_leave(a);
	return TACET_EXIT_OK;
}

static enum tacet_exit
lines_send(struct tacet_app *a, const char *number)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = 0;
	enum tacet_exit status = TACET_EXIT_OK;

	tacet_home_leave(a);
	while (
	    status == TACET_EXIT_OK && (n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (line[0] == '\0')
			continue;
		if (!is_utf8(line))
			status = tacet_say(TACET_EXIT_USAGE, "send",
			    "a line is not UTF-8", NULL);
		else
			status = line_send(a, number, line);
		pause_ms(1); /* lets a waiting receiver have the lock */
	}
	free(line);
	return status;
}

enum tacet_exit
tacet_verb_send(struct tacet_app *a, int argc, char **v)
{
	char number[TACET_NUMBER_SIZE];
	char *text = NULL;
	enum tacet_exit status = tacet_number_arg(v[0], number);

	if (status == TACET_EXIT_OK && a->lines == (argc == 2))
		status = tacet_say(TACET_EXIT_USAGE, "send",
		    "give TEXT, or - for stdin, or --lines", NULL);
	if (status == TACET_EXIT_OK)
		status = tacet_net_begin(a);
	if (status != TACET_EXIT_OK)
		return status;
	if (a->lines)
		return lines_send(a, number);
	text = text_get(v[1]);
	if (text == NULL || !is_utf8(text))
		status = tacet_say(
		    TACET_EXIT_USAGE, "send", "the text is not UTF-8", NULL);
	else
		status = send_once(a, number, text);
	free(text);
	return status;
}
