/* tacet contacts sync: an address book from a file, vCard (RFC 6350) or one
 * number a line, and the evaluations of its numbers. It goes on where it was
 * stopped: what is in the book is not asked for again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cmd/tacet_app.h"
#include "wire/e164_plan.h"
#include "wire/e164_text.h"

#define BAR 30

struct book {
	struct tacet_app *a;
	char name[65]; /* of the card that is being read */
	size_t added;
	size_t skipped; /* lines that are no number */
};

static bool
number_read(const char *text, char ret_number[static TACET_NUMBER_SIZE])
{
	struct e164 e = { 0 };

	if (strncasecmp(text, "tel:", 4) == 0)
		text += 4;
	if (e164_plan_normalise(rd_str(text), NULL, &e) != RC_OK)
		return false;
	e164_text(&e, ret_number);
	return true;
}

/* False: the book is full. */
static bool
number_take(struct book *b, const char *text)
{
	char number[TACET_NUMBER_SIZE];

	if (!number_read(text, number)) {
		b->skipped++;
		return true;
	}
	if (tacet_contact_add(b->a->t, number,
		b->name[0] != '\0' ? b->name : NULL) != TACET_OK)
		return false;
	b->added++;
	return true;
}

/* A line of a card: NAME;PARAMETERS:VALUE. */
static bool
line_take(struct book *b, char *line)
{
	char *value = strchr(line, ':');
	size_t n = strcspn(line, ";:");

	if (line[0] == '\0' || line[0] == '#')
		return true;
	if (value == NULL || strncasecmp(line, "tel:", 4) == 0)
		return number_take(b, value != NULL ? value + 1 : line);
	value++;
	if (n == 2 && strncasecmp(line, "FN", n) == 0)
		(void)snprintf(b->name, sizeof(b->name), "%s",
		    strlen(value) < sizeof(b->name) ? value : "");
	else if (n == 3 && strncasecmp(line, "END", n) == 0)
		b->name[0] = '\0';
	else if (n == 3 && strncasecmp(line, "TEL", n) == 0)
		return number_take(b, value);
	return true;
}

static enum tacet_exit
book_read(struct book *b, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool ok = true;

	if (f == NULL)
		return tacet_say(
		    TACET_EXIT_USAGE, "contacts", strerror(errno), path);
	while (ok && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		ok = line_take(b, line);
	}
	free(line);
	(void)fclose(f);
	if (!ok)
		return tacet_say(
		    TACET_EXIT_NO, "contacts", "the book is full", NULL);
	return tacet_home_save(b->a);
}

static void
bar(size_t done, size_t all)
{
	size_t n = all > 0 ? BAR * done / all : BAR;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r[%-*.*s] %zu of %zu", BAR, (int)n,
	    "##############################", done, all);
	if (done == all)
		fputc('\n', stderr);
}

static enum tacet_exit
evaluate(struct tacet_app *a)
{
	size_t all = tacet_sync_left(a->t);
	enum tacet_net n = TACET_NET_DONE;
	enum tacet_exit status = TACET_EXIT_OK;

	while (status == TACET_EXIT_OK && tacet_sync_left(a->t) > 0) {
		bar(all - tacet_sync_left(a->t), all);
		if (tacet_sync(a->t, time(NULL)) != TACET_OK)
			return tacet_say(
			    TACET_EXIT_STATE, "contacts", "a bug", NULL);
		n = tacet_net_run(a);
		status = tacet_net_say(a, n, "contacts");
	}
	if (status == TACET_EXIT_OK)
		bar(all, all);
	return status;
}

enum tacet_exit
tacet_sync_file(struct tacet_app *a, const char *path)
{
	struct book b = { .a = a };
	enum tacet_exit status = book_read(&b, path);
	size_t left = 0;

	if (status != TACET_EXIT_OK)
		return status;
	/* a server without private lookups has nothing to be asked now */
	status = evaluate(a);
	if (strcmp(tacet_outcome(a->t)->problem, "no-private") == 0)
		status = TACET_EXIT_OK;
	left = tacet_sync_left(a->t);
	if (a->json)
		tacet_print_json(json_pack("{s:I,s:I,s:I}", "numbers",
		    (json_int_t)b.added, "skipped", (json_int_t)b.skipped,
		    "left", (json_int_t)left));
	else
		printf("%zu numbers, %zu lines skipped, %zu to be done\n",
		    b.added, b.skipped, left);
	return status;
}
