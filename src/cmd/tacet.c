/* tacet: messages from a terminal. One table of verbs, one of options. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/tacet_app.h"
#include "wire/e164_plan.h"
#include "wire/e164_text.h"

static const struct tacet_verb verbs[] = {
	{ "register", "make keys and register a number",
	    "+NUMBER [--code-file FILE] [--name DEVICE] [--trust FILE]", 1, 1,
	    tacet_verb_register },
	{ "lookup", "ask how a number can be reached",
	    "+NUMBER [--fresh] [--classic] [--cause CAUSE]", 1, 1,
	    tacet_verb_lookup },
	{ "contacts", "the address book",
	    "add +NUMBER [NAME] | list | remove +NUMBER | sync FILE", 1, 3,
	    tacet_verb_contacts },
	{ "send", "send a message (TEXT - reads stdin)",
	    "+NUMBER TEXT|- [--sms] [--classic]  |  +NUMBER --lines", 1, 2,
	    tacet_verb_send },
	{ "receive", "show messages since the last time",
	    "[--follow] [--timeout SECONDS]", 0, 0, tacet_verb_receive },
	{ "devices", "the devices of this account",
	    "list | link [--name DEVICE] | accept CODE", 1, 14,
	    tacet_verb_devices },
	{ "safety", "the safety number of a conversation", "+NUMBER", 1, 1,
	    tacet_verb_safety },
	{ "file", "everything the server holds about you", "[--trust FILE]", 0,
	    0, tacet_verb_file },
	{ "watch", "what the directory says of your number", "", 0, 0,
	    tacet_verb_watch },
};

enum option_id {
	OPT_HOME = 256,
	OPT_SERVER,
	OPT_CA,
	OPT_JSON,
	OPT_HELP,
	OPT_VERSION,
	OPT_CODE_FILE,
	OPT_NAME,
	OPT_CAUSE,
	OPT_TIMEOUT,
	OPT_FOLLOW,
	OPT_SMS,
	OPT_CLASSIC,
	OPT_LINES,
	OPT_TRUST,
	OPT_RELAY,
	OPT_FRESH,
	OPT_RELAY_CA
};

static const struct option options[] = {
	{ "home", required_argument, NULL, OPT_HOME },
	{ "server", required_argument, NULL, OPT_SERVER },
	{ "ca", required_argument, NULL, OPT_CA },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "code-file", required_argument, NULL, OPT_CODE_FILE },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "cause", required_argument, NULL, OPT_CAUSE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "follow", no_argument, NULL, OPT_FOLLOW },
	{ "sms", no_argument, NULL, OPT_SMS },
	{ "classic", no_argument, NULL, OPT_CLASSIC },
	{ "lines", no_argument, NULL, OPT_LINES },
	{ "trust", required_argument, NULL, OPT_TRUST },
	{ "fresh", no_argument, NULL, OPT_FRESH },
	{ "relay", required_argument, NULL, OPT_RELAY },
	{ "relay-ca", required_argument, NULL, OPT_RELAY_CA },
	{ NULL, 0, NULL, 0 },
};

static void
help(FILE *to)
{
	fputs("usage: tacet [--home DIR] [--server URL] [--ca FILE] [--json] "
	      "VERB ...\n\n",
	    to);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		fprintf(to, "  %-9s %s\n            tacet %s %s\n",
		    verbs[i].name, verbs[i].what, verbs[i].name,
		    verbs[i].usage);
	fputs("\n  --home DIR     where keys and messages are kept "
	      "(~/.local/share/tacet)\n"
	      "  --server URL   https://HOST:PORT; remembered after register\n"
	      "  --ca FILE      trust this certificate\n"
	      "  --trust FILE   the operator's trust.json; kept\n"
	      "  --relay URL    hides the address of questions; kept\n"
	      "  --json         one JSON object a line\n"
	      "  --help, --version\n\n"
	      "Exit status: 0 ok, 1 no or refused, 2 usage, 3 server or "
	      "network, 4 own state.\n",
	    to);
}

enum tacet_exit
tacet_say(
    enum tacet_exit status, const char *what, const char *why, const char *todo)
{
	fprintf(stderr, "tacet: %s: %s", what, why);
	if (todo != NULL)
		fprintf(stderr, " (%s)", todo);
	fputc('\n', stderr);
	return status;
}

void
tacet_print_json(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(o);
}

const char *
tacet_national(const char *number)
{
	static char text[E164_NATIONAL_SIZE];
	struct e164 e = { 0 };

	if (e164_parse(rd_str(number), &e) != RC_OK)
		return number;
	e164_text_national(&e, text);
	return text;
}

void
tacet_print_text(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		bool c1 = c == 0xc2 && i + 1 < n &&
		    (unsigned char)text[i + 1] < 0xa0;

		if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f || c1) {
			putchar('?');
			i += c1;
		} else {
			putchar(c);
		}
	}
}

enum tacet_exit
tacet_number_arg(const char *typed, char ret_number[TACET_NUMBER_SIZE])
{
	struct e164 e = { 0 };

	if (e164_plan_normalise(rd_str(typed), NULL, &e) != RC_OK)
		return tacet_say(TACET_EXIT_USAGE, "number",
		    "this is not a phone number",
		    "write it with plus sign and country code, +15550100");
	e164_text(&e, ret_number);
	return TACET_EXIT_OK;
}

const char *
tacet_route_name(enum tacet_route r)
{
	switch (r) {
	case TACET_ROUTE_ENCRYPTED:
		return "encrypted";
	case TACET_ROUTE_SMS:
		return "sms";
	case TACET_ROUTE_UNKNOWN:
		break;
	}
	return "unknown";
}

static bool
text_option(char *to, size_t size, const char *from)
{
	return (size_t)snprintf(to, size, "%s", from) < size;
}

static bool
seconds_option(struct tacet_app *a, const char *text)
{
	char *end = NULL;
	long v = strtol(text, &end, 10);

	a->timeout_s = (int)v;
	return end != text && *end == '\0' && v >= 0 && v <= 86400;
}

/* False when the value is not valid. */
static bool
option_take(struct tacet_app *a, int id)
{
	switch ((enum option_id)id) {
	case OPT_HOME:
		return text_option(a->home, sizeof(a->home), optarg);
	case OPT_SERVER:
		return text_option(a->server, sizeof(a->server), optarg);
	case OPT_CA:
		return text_option(a->ca, sizeof(a->ca), optarg);
	case OPT_JSON:
		a->json = true;
		return true;
	case OPT_CODE_FILE:
		a->code_file = optarg;
		return true;
	case OPT_NAME:
		a->name = optarg;
		return strlen(optarg) > 0 && strlen(optarg) <= 64;
	case OPT_CAUSE:
		a->cause = optarg;
		return true;
	case OPT_TIMEOUT:
		return seconds_option(a, optarg);
	case OPT_FOLLOW:
		a->follow = true;
		return true;
	case OPT_SMS:
		a->sms = true;
		return true;
	case OPT_CLASSIC:
		a->classic = true;
		return true;
	case OPT_LINES:
		a->lines = true;
		return true;
	case OPT_FRESH:
		a->fresh = true;
		return true;
	case OPT_RELAY:
		a->relay = optarg;
		return true;
	case OPT_RELAY_CA:
		return text_option(a->relay_ca, sizeof(a->relay_ca), optarg);
	case OPT_TRUST:
		a->trust = optarg;
		return true;
	case OPT_HELP:
	case OPT_VERSION:
		break;
	}
	return false;
}

static enum tacet_exit
verb_run(struct tacet_app *a, int n, char **v)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].name, v[0]) != 0)
			continue;
		if (n - 1 < verbs[i].min || n - 1 > verbs[i].max) {
			fprintf(stderr, "usage: tacet %s %s\n", verbs[i].name,
			    verbs[i].usage);
			return TACET_EXIT_USAGE;
		}
		return verbs[i].run(a, n - 1, v + 1);
	}
	return tacet_say(TACET_EXIT_USAGE, v[0], "there is no such verb",
	    "see tacet --help");
}

int
main(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };
	struct tacet_app a = { .dir = -1, .lock = -1, .timeout_s = -1 };
	enum tacet_exit status = TACET_EXIT_OK;
	int c = 0;

	/* keys are in this process's memory */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	/* the server decides which numbers exist; fiction is for its --demo */
	e164_plan_test_numbers(true);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == OPT_HELP) {
			help(stdout);
			return TACET_EXIT_OK;
		}
		if (c == OPT_VERSION) {
			puts("tacet " TACET_VERSION);
			return TACET_EXIT_OK;
		}
		if (c == '?')
			return TACET_EXIT_USAGE;
		if (!option_take(&a, c))
			return (int)tacet_say(TACET_EXIT_USAGE, "option",
			    "a value is not valid", "see tacet --help");
	}
	if (optind == argc) {
		help(stderr);
		return TACET_EXIT_USAGE;
	}
	status = verb_run(&a, argc - optind, argv + optind);
	tacet_home_close(&a);
	if (fflush(stdout) != 0 && status == TACET_EXIT_OK)
		status = TACET_EXIT_NO;
	return (int)status;
}
