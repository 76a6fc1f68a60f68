/*
 * The transparency report: counted from the public log, with the operator's own
 * word beside it ("local"), as text, JSON or a page.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/tacetctl_app.h"
#include "merkle/log_dir.h"
#include "orders/report.h"

#define ENTRY_MAX 4096

/* --- the log, and what it cannot know
 * --------------------------------------------- */

static enum rc
read_entries(struct tacetctl *t, json_t **ret_entries)
{
	struct log_dir *log = NULL;
	json_t *all = json_array();
	struct buf b;
	int fd = openat(t->dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	buf_init(&b, ENTRY_MAX);
	CHECK(all != NULL, RC_NOMEM);
	CHECK(fd >= 0, RC_NOT_FOUND);
	TRY(log_dir_open(fd, &log));
	for (uint64_t i = 0; i < log_dir_size(log); i++) {
		json_t *e;

		b.len = 0;
		TRY(log_dir_entry(log, i, &b));
		e = json_loadb(
		    (const char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
		CHECK(e != NULL, RC_CORRUPT);
		CHECK(json_array_append_new(all, e) == 0, RC_NOMEM);
	}
	*ret_entries = all;
	all = NULL;
	rc = RC_OK;
out:
	log_dir_close(log);
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	json_decref(all);
	return rc;
}

static void
count(json_t *j, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(j, name));

	(void)json_object_set_new(j, name, json_integer(n + 1));
}

/* Received in the days, by state; running seals of all time, by age. */
static enum rc
local_json(struct tacetctl *t, const int32_t days[static 2], json_t **ret_j)
{
	struct case_list l;
	json_t *states = json_object();
	struct wall now = mono_wall();
	json_int_t received = 0;
	json_int_t failing = 0;
	json_int_t seals = 0;
	json_int_t oldest = 0;
	enum rc rc = case_load(t->dir, &l);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct case_file *c = &l.at[i];
		int32_t day = mono_day(c->received.received);
		json_int_t age = mono_day(now) - day;

		if (c->seal_until.s > now.s) {
			seals++;
			oldest = age > oldest ? age : oldest;
		}
		if (day < days[0] || day >= days[1])
			continue;
		received++;
		failing += !c->pass;
		count(states, case_state_name(c->state));
	}
	if (rc == RC_OK)
		case_list_clear(&l);
	*ret_j = json_pack("{s:I,s:I,s:o,s:I,s:I}", "received", received,
	    "failed_a_check", failing, "states", states, "seals_running", seals,
	    "oldest_seal_days", oldest);
	return rc;
}

/* --- as text, as a page
 * ------------------------------------------------------------ */

static const char *const columns[] = { "country", "regime", "issuer",
	"requests", "targets", "accept", "narrow", "refuse", "not_held",
	"with_rows", "rows", "over", "late", "emergencies", "gags",
	"gags_open_ended", "gags_extended" };
static const char *const totals[] = { "orders_ever", "sealed_now",
	"emergencies_never_confirmed", "notices", "repeats", "log_size" };

static void
print_value(const json_t *v, const char *after)
{
	if (json_is_string(v))
		(void)printf("%s%s", json_string_value(v), after);
	else
		(void)printf("%lld%s", (long long)json_integer_value(v), after);
}

/* "3 / 10": the median and the most. */
static void
print_spread(const json_t *v, const char *after)
{
	if (!json_is_object(v)) {
		(void)printf("-%s", after);
		return;
	}
	print_value(json_object_get(v, "median"), " / ");
	print_value(json_object_get(v, "most"), after);
}

static void
print_text(const json_t *r)
{
	const json_t *lines = json_object_get(r, "orders");
	const json_t *local = json_object_get(r, "local");

	(void)printf("Orders received from %s to %s (the last day not in)\n\n",
	    json_string_value(json_object_get(r, "from")),
	    json_string_value(json_object_get(r, "to")));
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
			(void)printf("%-18s", columns[k]);
			print_value(json_object_get(line, columns[k]), "\n");
		}
		(void)printf("%-18s", "answer days");
		print_spread(json_object_get(line, "answer_days"), "\n");
		(void)printf("%-18s", "gag days");
		print_spread(json_object_get(line, "gag_days"), "\n\n");
	}
	for (size_t k = 0; k < ARRAY_LEN(totals); k++) {
		(void)printf("%-30s", totals[k]);
		print_value(json_object_get(r, totals[k]), "\n");
	}
	(void)printf("\nNot in the public log, the operator's own word:\n");
	(void)printf("%-30s", "received");
	print_value(json_object_get(local, "received"), "\n");
	(void)printf("%-30s", "failed_a_check");
	print_value(json_object_get(local, "failed_a_check"), "\n");
	(void)printf("%-30s", "seals_running");
	print_value(json_object_get(local, "seals_running"), "\n");
	(void)printf("%-30s", "oldest_seal_days");
	print_value(json_object_get(local, "oldest_seal_days"), "\n");
}

static void
print_table(const json_t *lines)
{
	(void)printf("<table><thead><tr>");
	for (size_t k = 0; k < ARRAY_LEN(columns); k++)
		(void)printf("<th scope=col>%s</th>", columns[k]);
	(void)printf("<th scope=col>answer days (median / most)</th>"
		     "<th scope=col>gag days (median / most)</th></tr></thead>"
		     "<tbody>\n");
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *line = json_array_get(lines, i);

		(void)printf("<tr>");
		for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
			(void)printf(k < 3 ? "<th>" : "<td>");
			print_value(json_object_get(line, columns[k]),
			    k < 3 ? "</th>" : "</td>");
		}
		(void)printf("<td>");
		print_spread(json_object_get(line, "answer_days"), "</td><td>");
		print_spread(json_object_get(line, "gag_days"), "</td></tr>\n");
	}
	(void)printf("</tbody></table>\n");
}

/* Every text in it is a name of ours, a country's or a day: nothing to escape.
 */
static void
print_page(const json_t *r)
{
	(void)printf(
	    "<!doctype html>\n<html lang=en><meta charset=utf-8>\n"
	    "<meta name=viewport content=\"width=device-width\">\n"
	    "<title>Transparency report</title>\n<style>body{font:16px/1.5 "
	    "sans-serif;max-width:75em;margin:2em auto;padding:0 1em}"
	    "table{border-collapse:collapse;display:block;overflow-x:auto}"
	    "th,td{padding:.3em .6em;border-bottom:1px solid #999;"
	    "text-align:right}th{text-align:left;font-weight:600}dt{"
	    "font-weight:600}</style>\n<h1>Transparency report</h1>\n"
	    "<p>Orders received from %s to %s (the last day not in). Anybody "
	    "can count these numbers again from the public log: "
	    "<code>tacet-verify report FILE</code> with the JSON form.</p>\n",
	    json_string_value(json_object_get(r, "from")),
	    json_string_value(json_object_get(r, "to")));
	print_table(json_object_get(r, "orders"));
	(void)printf("<dl>\n");
	for (size_t k = 0; k < ARRAY_LEN(totals); k++) {
		(void)printf("<dt>%s</dt><dd>", totals[k]);
		print_value(json_object_get(r, totals[k]), "</dd>\n");
	}
	(void)printf("</dl></html>\n");
}

static int
print_report(const struct tacetctl *t, const json_t *r)
{
	const char *format = t->json ? "json"
	    : t->format == NULL      ? "text"
				     : t->format;

	if (strcmp(format, "text") == 0) {
		print_text(r);
	} else if (strcmp(format, "html") == 0) {
		print_page(r);
	} else if (strcmp(format, "json") == 0) {
		(void)json_dumpf(
		    r, stdout, JSON_SORT_KEYS | JSON_INDENT(t->json ? 0 : 2));
		(void)putchar('\n');
	} else {
		return tacetctl_say(TACETCTL_EXIT_USAGE, "report",
		    "--format is text, json or html");
	}
	return TACETCTL_EXIT_OK;
}

/* A day, or the day of a time. */
static enum rc
read_day(const char *text, int32_t *ret_day)
{
	struct wall w = { 0 };

	if (mono_date_parse(text, ret_day) == RC_OK)
		return RC_OK;
	if (mono_rfc3339_parse(text, &w) != RC_OK)
		return RC_MALFORMED;
	*ret_day = mono_day(w);
	return RC_OK;
}

static int
say_error(const struct report_error *e, enum rc rc)
{
	char where[64];

	if (e->why == NULL)
		return tacetctl_say_rc("report", rc);
	(void)snprintf(where, sizeof(where), "entry %llu of the public log",
	    (unsigned long long)e->index);
	return tacetctl_say(TACETCTL_EXIT_STATE, where, e->why);
}

int
tacetctl_report(struct tacetctl *t)
{
	struct report_error error = { 0, NULL, "" };
	int32_t days[2];
	json_t *entries = NULL;
	json_t *report = NULL;
	json_t *local = NULL;
	int status;
	enum rc rc;

	if (t->from == NULL || t->to == NULL ||
	    read_day(t->from, &days[0]) != RC_OK ||
	    read_day(t->to, &days[1]) != RC_OK || days[0] > days[1])
		return tacetctl_say(TACETCTL_EXIT_USAGE, "report",
		    "give --from YYYY-MM-DD --to YYYY-MM-DD");
	rc = read_entries(t, &entries);
	if (rc == RC_NOT_FOUND)
		return tacetctl_say(TACETCTL_EXIT_NO, "report",
		    "there is no public log yet (the first start of tacetd "
		    "makes it)");
	if (rc == RC_OK)
		rc = report_build(entries, days[0], days[1], &report, &error);
	json_decref(entries);
	if (rc != RC_OK)
		return say_error(&error, rc);
	rc = local_json(t, days, &local);
	(void)json_object_set_new(report, "local", local);
	status = rc == RC_OK ? print_report(t, report)
			     : tacetctl_say_rc("report", rc);
	json_decref(report);
	return status;
}
