#include "cmd/tacet_verify_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "cmd/tacet_verify_mirror.h"
#include "directory/diff.h"
#include "directory/directory_audit.h"
#include "directory/entries_page.h"
#include "merkle/log_audit.h"

#define EXIT_NO 1

struct run {
	const struct tacet_verify_audit_options *options;
	struct tacet_verify_mirror *mirror;
	struct directory_audit *audit;
	struct epoch_entry *epochs; /* of the log, from 1 on */
	uint32_t n;
	uint32_t cap;
	uint64_t changes;
	struct log_audit_result log;
};

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "tacet-verify: %s: %s\n", what, why);
	return EXIT_NO;
}

/* --- the epochs of the log ------------------------------------------------ */

static enum rc
room(struct run *r)
{
	struct epoch_entry *more;
	uint32_t cap = r->cap == 0 ? 1024 : 2 * r->cap;

	if (r->n < r->cap)
		return RC_OK;
	more = failmem_array(cap, sizeof(*more));
	if (more == NULL)
		return RC_NOMEM;
	if (r->n > 0)
		memcpy(more, r->epochs, r->n * sizeof(*more));
	free(r->epochs);
	r->epochs = more;
	r->cap = cap;
	return RC_OK;
}

static enum rc
on_entry(void *arg, const struct log_audit_entry *e)
{
	struct run *r = arg;
	enum rc rc = RC_BUG;

	if (e->type != LOG_ENTRY_TYPE_EPOCH)
		return RC_OK;
	TRY(room(r));
	CHECK(epoch_entry_parse(e->octets, &r->epochs[r->n]) == RC_OK,
	    RC_CORRUPT);
	/* the log's order is the epochs' order: one of each */
	CHECK(r->epochs[r->n].epoch == r->n + 1, RC_CORRUPT);
	r->n++;
out:
	return rc;
}

static int
read_log(struct run *r, const struct trust *t)
{
	int fd = -1;
	enum rc rc;

	if (tacet_verify_mirror_log(r->mirror, &fd) != RC_OK)
		return fail(tacet_verify_mirror_file(r->mirror),
		    tacet_verify_mirror_why(r->mirror));
	rc = log_audit(fd, t, on_entry, r, &r->log);
	(void)close(fd);
	if (rc == RC_OK)
		return 0;
	if (!r->log.is_entry)
		return fail("log", r->log.why);
	(void)fprintf(stderr, "tacet-verify: log entry %" PRIu64 ": %s\n",
	    r->log.index, r->log.why);
	return EXIT_NO;
}

/* --- replaying ------------------------------------------------------------ */

static int
fail_audit(const struct run *r)
{
	const struct directory_audit_why *w = directory_audit_why(r->audit);

	if (w->is_row)
		(void)fprintf(stderr,
		    "tacet-verify: epoch %" PRIu32 ", row %" PRIu32 ": %s\n",
		    w->epoch, w->row, w->text);
	else
		(void)fprintf(stderr, "tacet-verify: epoch %" PRIu32 ": %s\n",
		    w->epoch, w->text);
	return EXIT_NO;
}

/* rc of an audit's step. */
static int
verdict(const struct run *r, enum rc rc)
{
	if (rc == RC_OK)
		return 0;
	return rc == RC_DENIED ? fail_audit(r) : fail("audit", rc_name(rc));
}

static int
get(struct run *r, const char *path, struct buf *b)
{
	b->len = 0;
	if (tacet_verify_mirror_get(r->mirror, path, b) == RC_OK)
		return 0;
	return fail(tacet_verify_mirror_file(r->mirror),
	    tacet_verify_mirror_why(r->mirror));
}

/* The pages of an epoch's entries, from the first bucket on. */
static int
take_entries(struct run *r, const struct epoch_entry *e, struct buf *b)
{
	bool end = false;
	char path[64];
	int status = 0;

	while (status == 0 && !end) {
		(void)snprintf(path, sizeof(path),
		    "directory/entries/%" PRIu32 "/%" PRIu32, e->epoch,
		    directory_audit_bucket(r->audit));
		status = get(r, path, b);
		if (status == 0)
			status = verdict(r,
			    directory_audit_page(r->audit, buf_get(b), &end));
	}
	return status;
}

static int
take_diff(struct run *r, const struct epoch_entry *e, struct buf *b)
{
	bool end = false;
	char path[64];
	int status = 0;

	while (status == 0 && !end) {
		(void)snprintf(path, sizeof(path),
		    "directory/diff/%" PRIu32 "/%" PRIu32, e->epoch,
		    directory_audit_row(r->audit));
		status = get(r, path, b);
		if (status == 0)
			status = verdict(r,
			    directory_audit_diff(r->audit, buf_get(b), &end));
	}
	r->changes += directory_audit_row(r->audit);
	return status;
}

/* From the entries of a later epoch. */
static int
begin(struct run *r, const struct epoch_entry *e, struct buf *b)
{
	int status = verdict(r, directory_audit_begin(r->audit, e));

	if (status == 0)
		status = take_entries(r, e, b);
	return status != 0 ? status : verdict(r, directory_audit_end(r->audit));
}

static int
replay(struct run *r, const struct epoch_entry *e, struct buf *b)
{
	int status = verdict(r, directory_audit_epoch(r->audit, e));
	enum rc rc = RC_BUG;

	if (status == 0)
		status = take_diff(r, e, b);
	if (status == 0)
		rc = directory_audit_end(r->audit);
	if (status == 0 && rc == RC_AGAIN) { /* another shape */
		status = take_entries(r, e, b);
		if (status == 0)
			rc = directory_audit_end(r->audit);
	}
	return status != 0 ? status : verdict(r, rc);
}

static int
replay_all(struct run *r)
{
	const struct tacet_verify_audit_options *o = r->options;
	uint32_t to = o->to == 0 ? r->n : o->to;
	struct buf b;
	int status = 0;

	if (o->from == 0 || o->from > to || to > r->n)
		return fail("epochs", "the log does not have them all");
	buf_init(&b,
	    ENTRIES_PAGE_MAX > DIFF_PAGE_MAX ? ENTRIES_PAGE_MAX
					     : DIFF_PAGE_MAX);
	if (o->from > 1)
		status = begin(r, &r->epochs[o->from - 1], &b);
	for (uint32_t n = o->from > 1 ? o->from + 1 : 1; status == 0 && n <= to;
	     n++)
		status = replay(r, &r->epochs[n - 1], &b);
	buf_clear(&b);
	if (status == 0)
		(void)printf("AUDITED epochs %" PRIu32 "..%" PRIu32 ", %" PRIu64
			     " changes, %" PRIu64 " entries; log of %" PRIu64
			     ", %u witnesses\n",
		    o->from, to, r->changes, directory_audit_entries(r->audit),
		    r->log.size, r->log.witnesses);
	return status;
}

int
tacet_verify_audit(
    const struct trust *t, const struct tacet_verify_audit_options *o)
{
	struct run r = { .options = o };
	int status;
	enum rc rc;

	rc = tacet_verify_mirror_open(o->dir, o->server, o->ca, &r.mirror);
	if (rc == RC_OK)
		rc = directory_audit_new(&r.audit);
	if (rc == RC_OK) {
		status = read_log(&r, t);
		if (status == 0)
			status = replay_all(&r);
	} else {
		status = fail(rc == RC_MALFORMED ? o->server : o->dir,
		    rc == RC_NOT_FOUND ? "it is not there" : rc_name(rc));
	}
	directory_audit_free(r.audit);
	tacet_verify_mirror_close(r.mirror);
	free(r.epochs);
	return status;
}
