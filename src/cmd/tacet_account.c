/* Verbs about the account: register, devices, safety. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/tacet_app.h"

#define CODE_WAIT_S 600 /* a code lives 10 minutes */
#define CODE_TRIES 5

/* The first group of exactly 6 or 8 digits: the file may hold the SMS. */
static bool
code_find(const char *text, char ret_code[static 9])
{
	for (const char *p = text; *p != '\0';) {
		size_t n = strspn(p, "0123456789");

		if (n == 6 || n == 8) {
			(void)snprintf(ret_code, 9, "%.*s", (int)n, p);
			return true;
		}
		p += n > 0 ? n : 1;
	}
	return false;
}

static bool
code_from_file(const char *path, char ret_code[static 9])
{
	struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };

	for (int i = 0; i < CODE_WAIT_S * 20; i++) {
		char text[512] = "";
		FILE *f = fopen(path, "re");
		size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;

		if (f != NULL)
			(void)fclose(f);
		text[n] = '\0';
		if (code_find(text, ret_code))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static bool
code_get(const struct tacet_app *a, char ret_code[static 9])
{
	char line[128];

	if (a->code_file != NULL)
		return code_from_file(a->code_file, ret_code);
	fputs("Code from the SMS: ", stderr);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (code_find(line, ret_code))
			return true;
		fputs("Six or eight digits: ", stderr);
	}
	return false;
}

static enum tacet_exit
codes(struct tacet_app *a, enum tacet_net *n)
{
	char code[9];

	for (int i = 0; *n == TACET_NET_CODE && i < CODE_TRIES; i++) {
		if (i > 0) {
			(void)tacet_say(TACET_EXIT_NO, "register",
			    "the code is wrong", NULL);
			if (a->code_file != NULL)
				break;
		}
		if (!code_get(a, code))
			break;
		if (tacet_register_code(a->t, time(NULL), code) != TACET_OK)
			return tacet_say(TACET_EXIT_STATE, "register",
			    "the keys could not be made", NULL);
		*n = tacet_net_run(a);
	}
	return TACET_EXIT_OK;
}

static void
registered_print(struct tacet_app *a, const char *word)
{
	const struct tacet_outcome *o = tacet_outcome(a->t);

	if (a->json)
		tacet_print_json(json_pack("{s:s,s:s,s:i}", "number", o->number,
		    "account", o->account, "device", (int)o->device));
	else
		printf("%s %s (device %u)\n", word, o->number,
		    (unsigned)o->device);
}

enum tacet_exit
tacet_verb_register(struct tacet_app *a, int argc, char **v)
{
	char number[TACET_NUMBER_SIZE];
	enum tacet_net n = TACET_NET_DONE;
	enum tacet_rc rc = TACET_BUG;
	enum tacet_exit status = tacet_number_arg(v[0], number);

	(void)argc;
	if (status == TACET_EXIT_OK)
		status = tacet_home_open(a);
	if (status == TACET_EXIT_OK)
		status = tacet_net_open(a);
	if (status == TACET_EXIT_OK)
		status = tacet_home_enter(a);
	if (status != TACET_EXIT_OK)
		return status;
	status = tacet_net_keep(a);
	if (status != TACET_EXIT_OK)
		return status;
	rc = tacet_register(
	    a->t, number, a->name != NULL ? a->name : "terminal");
	if (rc == TACET_EXISTS)
		return tacet_say(TACET_EXIT_NO, "register",
		    "this home has a registered number", "use another --home");
	if (rc != TACET_OK)
		return tacet_say(
		    TACET_EXIT_STATE, "register", tacet_rc_name(rc), NULL);
	n = tacet_net_run(a);
	status = codes(a, &n);
	if (status == TACET_EXIT_OK && n == TACET_NET_CODE) {
		tacet_cancel(a->t);
		return tacet_say(TACET_EXIT_NO, "register",
		    "there was no right code", "try again");
	}
	if (status == TACET_EXIT_OK)
		status = tacet_net_say(a, n, "register");
	if (status == TACET_EXIT_OK)
		status = tacet_home_remember(a);
	if (status == TACET_EXIT_OK)
		registered_print(a, "registered");
	return status;
}

static enum tacet_exit
devices_list(struct tacet_app *a)
{
	enum tacet_exit status = tacet_net_begin(a);
	struct tacet_device d;

	if (status != TACET_EXIT_OK)
		return status;
	for (size_t i = 0; tacet_device_at(a->t, i, &d) == TACET_OK; i++) {
		if (a->json) {
			tacet_print_json(json_pack("{s:i,s:s,s:b}", "device",
			    (int)d.id, "name", d.name, "this", (int)d.is_this));
			continue;
		}
		printf("%u ", (unsigned)d.id);
		tacet_print_text(d.name, strlen(d.name));
		puts(d.is_this ? " (this one)" : "");
	}
	return TACET_EXIT_OK;
}

/* The code is for a person to read aloud: at once, also into a file. */
static void
code_print(struct tacet_app *a)
{
	const char *code = tacet_outcome(a->t)->text;

	if (a->json)
		tacet_print_json(json_pack("{s:s}", "code", code));
	else
		printf("%s\n", code);
	(void)fflush(stdout);
	if (isatty(STDERR_FILENO))
		fputs(
		    "On the other device: tacet devices accept CODE\n", stderr);
}

static void
sas_print(struct tacet_app *a)
{
	const struct tacet_outcome *o = tacet_outcome(a->t);

	if (a->json)
		tacet_print_json(json_pack(
		    "{s:i,s:s}", "device", (int)o->device, "digits", o->text));
	else
		printf("device %u; both devices show %s\n", (unsigned)o->device,
		    o->text);
}

static enum tacet_exit
devices_link(struct tacet_app *a)
{
	enum tacet_exit status = tacet_home_open(a);
	enum tacet_net n = TACET_NET_DONE;
	enum tacet_rc rc = TACET_BUG;
	struct timespec pause = { .tv_nsec = 500 * 1000 * 1000 };

	if (status == TACET_EXIT_OK)
		status = tacet_net_open(a);
	if (status == TACET_EXIT_OK)
		status = tacet_home_enter(a);
	if (status != TACET_EXIT_OK)
		return status;
	a->is_linking = true;
	rc = tacet_link(a->t, a->name != NULL ? a->name : "terminal");
	if (rc != TACET_OK)
		return tacet_say(TACET_EXIT_NO, "devices link",
		    "this home has keys already", "use another --home");
	n = tacet_net_run(a);
	if (n == TACET_NET_WAIT)
		code_print(a);
	for (int i = 0; n == TACET_NET_WAIT && i < CODE_WAIT_S * 2; i++) {
		(void)nanosleep(&pause, NULL);
		tacet_wait_over(a->t);
		n = tacet_net_run(a);
	}
	if (n == TACET_NET_WAIT)
		return tacet_say(TACET_EXIT_NO, "devices link",
		    "nobody accepted it in time", "try again");
	status = tacet_net_say(a, n, "devices link");
	if (status == TACET_EXIT_OK)
		status = tacet_home_remember(a);
	if (status == TACET_EXIT_OK)
		sas_print(a);
	return status;
}

static enum tacet_exit
devices_accept(struct tacet_app *a, int argc, char **v)
{
	char code[128] = "";
	size_t len = 0;
	enum tacet_exit status = tacet_net_begin(a);

	/* people type the groups apart */
	for (int i = 0; i < argc && len < sizeof(code); i++)
		len += (size_t)snprintf(
		    code + len, sizeof(code) - len, "%s", v[i]);
	if (status != TACET_EXIT_OK)
		return status;
	if (argc == 0 || len >= sizeof(code) ||
	    tacet_link_accept(a->t, time(NULL), code) != TACET_OK)
		return tacet_say(TACET_EXIT_USAGE, "devices accept",
		    "this is not a code", "13 groups of 4 characters");
	status = tacet_net_say(a, tacet_net_run(a), "devices accept");
	if (status == TACET_EXIT_OK)
		sas_print(a);
	return status;
}

enum tacet_exit
tacet_verb_devices(struct tacet_app *a, int argc, char **v)
{
	if (strcmp(v[0], "list") == 0 && argc == 1)
		return devices_list(a);
	if (strcmp(v[0], "link") == 0 && argc == 1)
		return devices_link(a);
	if (strcmp(v[0], "accept") == 0)
		return devices_accept(a, argc - 1, v + 1);
	return tacet_say(
	    TACET_EXIT_USAGE, "devices", "list, link or accept CODE", NULL);
}

enum tacet_exit
tacet_verb_safety(struct tacet_app *a, int argc, char **v)
{
	char number[TACET_NUMBER_SIZE], text[TACET_SAFETY_SIZE];
	enum tacet_exit status = tacet_number_arg(v[0], number);

	(void)argc;
	if (status == TACET_EXIT_OK)
		status = tacet_net_begin(a);
	if (status != TACET_EXIT_OK)
		return status;
	if (tacet_safety(a->t, number, text) != TACET_OK)
		return tacet_say(TACET_EXIT_NO, "safety",
		    "no key of this number is known yet",
		    "send or receive a message first");
	if (a->json)
		tacet_print_json(
		    json_pack("{s:s,s:s}", "number", number, "safety", text));
	else
		puts(text);
	return TACET_EXIT_OK;
}
