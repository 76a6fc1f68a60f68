/*
 * log verify: the whole public log by the trust file alone, and each segment of
 * the query log against what the public log says of it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "cmd/tacetctl_app.h"
#include "merkle/log_audit.h"
#include "orders/scope.h"
#include "orders/segment_audit.h"
#include "wire/json_body.h"

struct verify {
	struct tacetctl *t;
	struct segment_entry *segments; /* by seq */
	size_t n;
	size_t cap;
	json_t *destroyed; /* dates */
	size_t held;
};

/* --- what an entry of a type promises beyond its form ----------------------
 */

static enum rc
check_policy(struct verify *v, const struct log_audit_entry *e)
{
	uint8_t hash[32];
	struct wall time;
	struct rd text;
	enum rc rc = RC_BUG;

	(void)v;
	TRY(json_body_hex(e->json, "sha256", sizeof(hash), hash));
	TRY(json_body_str(e->json, "time", MONO_RFC3339_SIZE - 1, &text));
	TRY(mono_rfc3339_parse((const char *)text.p, &time));
out:
	return rc;
}

/* Segments are counted without a gap; their files are looked at when the whole
 * log is known to be good. */
static enum rc
check_segment(struct verify *v, const struct log_audit_entry *e)
{
	struct segment_entry *more;
	enum rc rc = RC_BUG;

	if (v->n == v->cap) {
		v->cap = v->cap == 0 ? 256 : v->cap * 2;
		more = failmem_array(v->cap, sizeof(*more));
		CHECK(more != NULL, RC_NOMEM);
		if (v->n > 0)
			memcpy(more, v->segments, v->n * sizeof(*more));
		free(v->segments);
		v->segments = more;
	}
	TRY(segment_entry_parse(e->octets, &v->segments[v->n]));
	CHECK(v->segments[v->n].seq == v->n, RC_CORRUPT);
	v->n++;
out:
	return rc;
}

static enum rc
check_destroy(struct verify *v, const struct log_audit_entry *e)
{
	const char *day = json_string_value(json_object_get(e->json, "day"));
	int32_t d;

	if (day == NULL || mono_date_parse(day, &d) != RC_OK)
		return RC_CORRUPT;
	return json_object_set_new(v->destroyed, day, json_true()) == 0
	    ? RC_OK
	    : RC_NOMEM;
}

/* One row for a type whose promise can be checked here. */
static const struct {
	enum log_entry_type type;
	enum rc (*fn)(struct verify *v, const struct log_audit_entry *e);
} checks[] = {
	{ LOG_ENTRY_TYPE_POLICY, check_policy },
	{ LOG_ENTRY_TYPE_SEGMENT, check_segment },
	{ LOG_ENTRY_TYPE_DESTROY, check_destroy },
};

static enum rc
on_entry(void *arg, const struct log_audit_entry *e)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (checks[i].type == e->type)
			return checks[i].fn(arg, e);
	return RC_OK;
}

/* --- the segments' files ---------------------------------------------------
 */

static int
say_segment(const struct segment_entry *e, const char *why)
{
	char date[MONO_DATE_SIZE] = "";

	if (mono_date((int32_t)e->day, date) == RC_OK)
		(void)fprintf(stderr,
		    "tacetctl: log verify: segment %" PRIu64 " (%s, part %u): "
		    "%s\n",
		    e->seq, date, (unsigned)e->part, why);
	return TACETCTL_EXIT_NO;
}

/* A file that is not there is right when the log says that its key is gone. */
static int
check_file(struct verify *v, const struct segment_entry *e)
{
	uint8_t key[JOURNAL_KEY_SIZE];
	char date[MONO_DATE_SIZE] = "";
	struct rd file = { NULL, 0 };
	const char *why = "it cannot be read";
	bool destroyed;
	enum rc rc = mono_date((int32_t)e->day, date);

	destroyed = json_object_get(v->destroyed, date) != NULL;
	if (rc == RC_OK)
		rc = scope_segment_open(v->t->dir, e, &file, key);
	if (rc == RC_NOT_FOUND)
		return destroyed ? TACETCTL_EXIT_OK
				 : say_segment(e,
				       "its file or its day key is gone, and "
				       "the log has no word of it");
	if (rc == RC_OK)
		rc = segment_audit(file, key, e, &why);
	scope_segment_close(file);
	if (rc == RC_OK && destroyed)
		return say_segment(
		    e, "the log says that its key is gone, and it is here");
	if (rc != RC_OK)
		return say_segment(e, why);
	v->held++;
	return TACETCTL_EXIT_OK;
}

/* --- the whole -------------------------------------------------------------
 */

static enum rc
read_trust(struct tacetctl *t, struct trust *ret_t)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TRUST_TEXT_MAX);
	TRY(file_read_at(t->dir, "trust.json", &b));
	TRY(trust_parse(buf_get(&b), ret_t));
out:
	buf_clear(&b);
	return rc;
}

static int
failed(const struct log_audit_result *r)
{
	if (!r->is_entry)
		return tacetctl_say(TACETCTL_EXIT_NO, "log verify", r->why);
	(void)fprintf(stderr, "tacetctl: log verify: entry %" PRIu64 ": %s\n",
	    r->index, r->why);
	return TACETCTL_EXIT_NO;
}

static int
verify(struct verify *v, const struct trust *trust)
{
	int dir = openat(v->t->dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct log_audit_result r = { .why = "there is no log" };
	int status = TACETCTL_EXIT_OK;
	enum rc rc = RC_NOT_FOUND;

	if (dir >= 0) {
		rc = log_audit(dir, trust, on_entry, v, &r);
		(void)close(dir);
	}
	if (rc != RC_OK)
		return failed(&r);
	for (size_t i = 0; i < v->n && status == TACETCTL_EXIT_OK; i++)
		status = check_file(v, &v->segments[i]);
	if (status != TACETCTL_EXIT_OK)
		return status;
	(void)printf("VERIFIED %" PRIu64
		     " entries, %u witnesses%s; %zu of %zu segments held\n",
	    r.size, r.witnesses,
	    trust->quorum == 0 ? " (quorum 0: nobody watches this log)" : "",
	    v->held, v->n);
	return TACETCTL_EXIT_OK;
}

int
tacetctl_log_verify(struct tacetctl *t)
{
	struct verify v = { .t = t, .destroyed = json_object() };
	struct trust trust;
	int status;
	enum rc rc = read_trust(t, &trust);

	status = rc == RC_OK ? verify(&v, &trust)
			     : tacetctl_say_rc("trust.json", rc);
	json_decref(v.destroyed);
	free(v.segments);
	return status;
}
