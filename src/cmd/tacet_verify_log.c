#include "cmd/tacet_verify_log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "merkle/log_audit.h"
#include "orders/report.h"

#define EXIT_NO 1
#define REPORT_MAX (16u << 20)

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-verify: %s: %s\n", what, why);
	return EXIT_NO;
}

static int
fail_entry(uint64_t index, const char *why)
{
	(void)fprintf(
	    stderr, "tacet-verify: entry %" PRIu64 ": %s\n", index, why);
	return EXIT_NO;
}

/* A report is counted from what orders left in the log; the rest is big. */
static enum rc
on_entry(void *arg, const struct log_audit_entry *e)
{
	json_t *copy = json_deep_copy(e->json);

	return json_array_append_new(arg, copy) == 0 ? RC_OK : RC_NOMEM;
}

static json_t *
read_report(const char *path)
{
	json_t *j = NULL;
	struct buf b;

	buf_init(&b, REPORT_MAX);
	if (file_read_at(AT_FDCWD, path, &b) == RC_OK)
		j = json_loadb(
		    (const char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
	buf_clear(&b);
	return j;
}

static int
check_report(
    const json_t *entries, const struct log_audit_result *r, const char *path)
{
	struct report_error e = { 0, NULL, "" };
	json_t *report = read_report(path);
	int status = 0;
	enum rc rc;

	if (report == NULL)
		return fail(path,
		    "it is no report (tacetctl report --format "
		    "json)");
	rc = report_check(entries, report, &e);
	if (rc == RC_CORRUPT)
		status = fail_entry(e.index, e.why);
	else if (rc != RC_OK)
		status = fail(e.field[0] != '\0' ? e.field : path,
		    e.why != NULL ? e.why : rc_name(rc));
	else
		(void)printf("VERIFIED report %s to %s, %" PRIu64
			     " entries, %u witnesses\n",
		    json_string_value(json_object_get(report, "from")),
		    json_string_value(json_object_get(report, "to")), r->size,
		    r->witnesses);
	json_decref(report);
	return status;
}

int
tacet_verify_log(
    const struct trust *t, const char *log_path, const char *report_path)
{
	int dir = open(log_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct log_audit_result r = { .why = "there is no such directory" };
	json_t *entries = json_array();
	int status = 0;
	enum rc rc = RC_NOT_FOUND;

	if (dir >= 0) {
		rc = log_audit(
		    dir, t, report_path != NULL ? on_entry : NULL, entries, &r);
		(void)close(dir);
	}
	if (rc != RC_OK)
		status = r.is_entry ? fail_entry(r.index, r.why)
				    : fail(log_path, r.why);
	else if (report_path != NULL)
		status = check_report(entries, &r, report_path);
	else
		(void)printf("VERIFIED log, %" PRIu64
			     " entries, %u witnesses%s\n",
		    r.size, r.witnesses,
		    t->quorum == 0 ? " (the trust file asks for none)" : "");
	json_decref(entries);
	return status;
}
