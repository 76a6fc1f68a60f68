/*
 * tacetctl: the operator's and the clerk's tool. It works on a data directory;
 * what the running server alone can say it asks on the admin socket.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cmd/tacetctl_app.h"
#include "wire/e164_plan.h"

struct verb {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	tacetctl_verb_fn fn;
	const char *help;
};

static const struct verb verbs[] = {
	{ "status", NULL, tacetctl_admin_status,
	    "what the server says of itself" },
	{ "metrics", NULL, tacetctl_admin_metrics, "Prometheus text" },
	{ "backup", NULL, tacetctl_admin_backup,
	    "a copy of the store beside it" },
	{ "user", "show", tacetctl_admin_user_show, "+NUMBER" },
	{ "log", "verify", tacetctl_log_verify, "" },
	{ "policy", "show", tacetctl_admin_policy, "the signed policy" },
	{ "custodians", "set-up", tacetctl_custodians_set_up,
	    "[--threshold K] GROUP ...: one of each member" },
	{ "custodians", "show", tacetctl_custodians_show, "" },
	{ "agency", "add", tacetctl_agency_add,
	    "ID --name N --country CC --key FILE --callback TEXT" },
	{ "agency", "list", tacetctl_agency_list, "" },
	{ "reviewer", "key", tacetctl_reviewer_key,
	    "FILE [--passphrase-file F]: a reviewer makes his key" },
	{ "reviewer", "add", tacetctl_reviewer_add, "NAME --key FILE|TEXT" },
	{ "reviewer", "list", tacetctl_reviewer_list, "" },
	{ "order", "new", tacetctl_order_new,
	    "--regime R --agency ID --handle +N [--handle ...] --from T --to T "
	    "--direction source|lookup|both --class C [--class ...] "
	    "--authority TEXT --ref TEXT --offence TEXT --document FILE "
	    "[--signature FILE] [--seal-until T|open] [--issuer-type "
	    "court|state-court|prosecutor|agency] [--issuer-country CC] "
	    "[--area TEXT] [--officer TEXT] [--certification TEXT] "
	    "[--emergency BASIS] [--parent ID]" },
	{ "order", "import", tacetctl_order_import,
	    "FILE [--agency ID] [--document FILE] [--signature FILE]: JSON, or "
	    "XML of TS 103 120" },
	{ "order", "check", tacetctl_order_check, "ID: run the checks again" },
	{ "order", "list", tacetctl_order_list, "" },
	{ "order", "show", tacetctl_order_show, "ID" },
	{ "order", "decide", tacetctl_order_decide,
	    "ID --as NAME accept|narrow|refuse|not_held --why TEXT [--sign-key "
	    "FILE] [--called-back]; narrow: what is left, by --handle --from "
	    "--to --direction --class" },
	{ "order", "confirm", tacetctl_order_confirm,
	    "ID --as OTHER [--sign-key FILE]" },
	{ "order", "commit", tacetctl_order_commit, "ID: into the public log" },
	{ "order", "request", tacetctl_order_request,
	    "ID [--day D] [--shares FILE ...] -o FILE: to the custodians" },
	{ "order", "tick", tacetctl_order_tick,
	    "do what is due: ends, deadlines, seals" },
	{ "order", "extend", tacetctl_order_extend,
	    "ID --to T | --seal-until T --document FILE --signature FILE" },
	{ "order", "deliver", tacetctl_order_deliver, "ID [--why TEXT]" },
	{ "order", "notice", tacetctl_order_notice, "ID: tell the target" },
	{ "order", "close", tacetctl_order_close, "ID [--why TEXT]" },
	{ "order", "withdraw", tacetctl_order_withdraw, "ID --why TEXT" },
	{ "order", "over-disclosed", tacetctl_order_over,
	    "ID --rows N --why TEXT" },
	{ "report", NULL, tacetctl_report,
	    "--from YYYY-MM-DD --to YYYY-MM-DD [--format text|json|html]" },
	{ "order", "preserve", tacetctl_order_preserve,
	    "ID [--shares FILE ...]: freeze what it names" },
	{ "order", "package", tacetctl_order_package,
	    "ID [--day D] --shares FILE ... [--recipient age1...] -o DIR" },
};

static void
usage(FILE *f)
{
	(void)fputs("usage: tacetctl --data DIR [--json] VERB ...\n"
		    "       tacetctl --help | --version\n",
	    f);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		(void)fprintf(f, "  %s%s%s %s\n", verbs[i].noun,
		    verbs[i].verb != NULL ? " " : "",
		    verbs[i].verb != NULL ? verbs[i].verb : "", verbs[i].help);
}

int
tacetctl_say(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "tacetctl: %s: %s\n", what, why);
	return status;
}

int
tacetctl_say_rc(const char *what, enum rc rc)
{
	return tacetctl_say(rc == RC_CORRUPT ? TACETCTL_EXIT_STATE
		: rc == RC_IO || rc == RC_NOSPACE || rc == RC_NOMEM
		? TACETCTL_EXIT_SERVER
		: TACETCTL_EXIT_NO,
	    what, rc_name(rc));
}

/* Where a long option's value goes; NULL: one of the switches or lists. */
static const char **
place(struct tacetctl *t, const char *name)
{
	const struct {
		const char *name;
		const char **at;
	} places[] = { { "data", &t->data }, { "name", &t->name },
		{ "country", &t->country }, { "key", &t->key },
		{ "callback", &t->callback }, { "regime", &t->regime },
		{ "agency", &t->agency }, { "from", &t->from },
		{ "to", &t->to }, { "direction", &t->direction },
		{ "authority", &t->authority }, { "ref", &t->ref },
		{ "offence", &t->offence }, { "document", &t->document },
		{ "signature", &t->signature },
		{ "seal-until", &t->seal_until }, { "as", &t->as },
		{ "why", &t->why }, { "output", &t->out },
		{ "passphrase-file", &t->passphrase_file },
		{ "threshold", &t->threshold }, { "day", &t->day },
		{ "recipient", &t->recipient },
		{ "issuer-type", &t->issuer_type },
		{ "issuer-country", &t->issuer_country }, { "area", &t->area },
		{ "officer", &t->officer },
		{ "certification", &t->certification },
		{ "emergency", &t->basis }, { "parent", &t->parent },
		{ "sign-key", &t->sign_key }, { "format", &t->format },
		{ "rows", &t->rows } };

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (strcmp(places[i].name, name) == 0)
			return places[i].at;
	return NULL;
}

static const struct option options[] = {
	{ "data", required_argument, NULL, 1 },
	{ "name", required_argument, NULL, 1 },
	{ "country", required_argument, NULL, 1 },
	{ "key", required_argument, NULL, 1 },
	{ "callback", required_argument, NULL, 1 },
	{ "regime", required_argument, NULL, 1 },
	{ "agency", required_argument, NULL, 1 },
	{ "from", required_argument, NULL, 1 },
	{ "to", required_argument, NULL, 1 },
	{ "direction", required_argument, NULL, 1 },
	{ "authority", required_argument, NULL, 1 },
	{ "ref", required_argument, NULL, 1 },
	{ "offence", required_argument, NULL, 1 },
	{ "document", required_argument, NULL, 1 },
	{ "signature", required_argument, NULL, 1 },
	{ "seal-until", required_argument, NULL, 1 },
	{ "as", required_argument, NULL, 1 },
	{ "why", required_argument, NULL, 1 },
	{ "output", required_argument, NULL, 1 },
	{ "passphrase-file", required_argument, NULL, 1 },
	{ "threshold", required_argument, NULL, 1 },
	{ "day", required_argument, NULL, 1 },
	{ "recipient", required_argument, NULL, 1 },
	{ "issuer-type", required_argument, NULL, 1 },
	{ "issuer-country", required_argument, NULL, 1 },
	{ "area", required_argument, NULL, 1 },
	{ "officer", required_argument, NULL, 1 },
	{ "certification", required_argument, NULL, 1 },
	{ "emergency", required_argument, NULL, 1 },
	{ "parent", required_argument, NULL, 1 },
	{ "sign-key", required_argument, NULL, 1 },
	{ "format", required_argument, NULL, 1 },
	{ "rows", required_argument, NULL, 1 },
	{ "called-back", no_argument, NULL, 4 },
	{ "shares", required_argument, NULL, 5 },
	{ "handle", required_argument, NULL, 2 },
	{ "class", required_argument, NULL, 3 },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct tacetctl *t)
{
	const char **at;
	int at_option = 0;
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, &at_option)) != -1) {
		at = c == 1 ? place(t, options[at_option].name) : NULL;
		if (at != NULL) {
			*at = optarg;
		} else if (c == 'o') {
			t->out = optarg;
		} else if (c == 2 && t->n_handles < TACETCTL_MULTI) {
			t->handles[t->n_handles++] = optarg;
		} else if (c == 3 && t->n_classes < TACETCTL_MULTI) {
			t->classes[t->n_classes++] = optarg;
		} else if (c == 4) {
			t->called_back = true;
		} else if (c == 5 && t->n_shares < TACETCTL_MULTI) {
			t->shares[t->n_shares++] = optarg;
		} else if (c == 'j') {
			t->json = true;
		} else if (c == 'h') {
			usage(stdout);
			return TACETCTL_EXIT_OK;
		} else if (c == 'V') {
			(void)printf("tacetctl %s (%s)\n", TACET_VERSION,
			    e164_plan_version());
			return TACETCTL_EXIT_OK;
		} else {
			usage(stderr);
			return TACETCTL_EXIT_USAGE;
		}
	}
	return -1;
}

static const struct verb *
find_verb(int argc, char **argv, int *ret_used)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (optind >= argc || strcmp(argv[optind], verbs[i].noun) != 0)
			continue;
		*ret_used = verbs[i].verb == NULL ? 1 : 2;
		if (verbs[i].verb == NULL ||
		    (optind + 1 < argc &&
			strcmp(argv[optind + 1], verbs[i].verb) == 0))
			return &verbs[i];
	}
	return NULL;
}

/* For tests, as tacetd.conf's clock_offset is for the server's clock. */
static void
clock_offset(void)
{
	const char *s = getenv("TACETCTL_CLOCK_OFFSET");

	if (s != NULL)
		mono_wall_offset(strtoll(s, NULL, 10));
}

int
main(int argc, char **argv)
{
	struct tacetctl t = { .dir = -1 };
	const struct verb *v;
	int used = 0;
	int status = read_options(argc, argv, &t);

	if (status >= 0)
		return status;
	if (sodium_init() < 0)
		return TACETCTL_EXIT_STATE;
	v = find_verb(argc, argv, &used);
	if (v == NULL || t.data == NULL) {
		usage(stderr);
		return TACETCTL_EXIT_USAGE;
	}
	for (int i = optind + used; i < argc && t.n_args < TACETCTL_MULTI; i++)
		t.args[t.n_args++] = argv[i];
	clock_offset();
	/* orders name numbers of every plan, the demo's among them */
	e164_plan_test_numbers(true);
	t.dir = open(t.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.dir < 0)
		return tacetctl_say(TACETCTL_EXIT_STATE, t.data,
		    "cannot be opened (is it tacetd's data directory?)");
	/* ends come by themselves, whoever looks */
	if (strcmp(v->noun, "order") == 0 && v->fn != tacetctl_order_tick)
		tacetctl_tick_quietly(&t);
	return v->fn(&t);
}
