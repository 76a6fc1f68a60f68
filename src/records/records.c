/*
 * The turn: rows of the turn are sealed into one buffer; at its end the buffer
 * and a CHAIN frame are written and synced, and only then their requests are
 * answered. If the disk is full the file is cut back, every request of the turn
 * hears RECORDS_DOWN, and a new part begins, since counters have moved.
 *
 * This file is the process: its clock, its rows and its messages. What becomes
 * of parts when they end is in archive.c.
 */
#include "records/records.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/file.h"
#include "merkle/tree.h"
#include "proc/child.h"
#include "proc/log.h"
#include "records/archive.h"
#include "records/own_rows.h"
#include "records/part.h"
#include "records/seal.h"
#include "wire/custodians.h"

#define GROUP_MAX (32u << 20)
#define WAITING_MAX 65536
#define TICK_MS 60000
/* doc/decisions/0003: a day more than one ahead is believed after ten minutes
 */
#define BELIEVE_TICKS 10
#define CLOCK_FILE "clock"
#define ROWS_MAX (1u << 20)

struct records {
	struct child *child;
	struct seal *seal; /* NULL: no custodians, classic is refused */
	struct archive *archive;
	struct part *part; /* NULL: none runs */
	uint32_t day;      /* of the part */
	uint16_t number;   /* of the part */
	int64_t last;      /* query_time of the last row: never goes back */
	uint32_t mark;     /* the highest day that is believed */
	uint32_t seen;     /* a day far ahead, and for how many ticks */
	uint32_t ticks;
	struct buf group;
	uint64_t waiting[WAITING_MAX];
	uint64_t times[WAITING_MAX];
	size_t n_waiting;
	struct loop_timer *timer;
};

/* --- the day and the clock ------------------------------------------------ */

static uint32_t
day_of(struct wall t)
{
	int32_t d = mono_day(t);

	return d < 0 ? 0 : (uint32_t)d;
}

static uint32_t
today(void)
{
	return day_of(mono_wall());
}

static void
read_mark(struct records *r)
{
	uint8_t be[4];
	struct rd at = { be, sizeof(be) };
	int fd = open(CLOCK_FILE, O_RDONLY | O_CLOEXEC);

	r->mark = 0;
	if (fd >= 0 && read(fd, be, sizeof(be)) == (ssize_t)sizeof(be) &&
	    rd_u32(&at, &r->mark) != RC_OK)
		r->mark = 0;
	if (fd >= 0)
		(void)close(fd);
}

static enum rc
write_mark(uint32_t mark)
{
	const uint8_t be[4] = { (uint8_t)(mark >> 24), (uint8_t)(mark >> 16),
		(uint8_t)(mark >> 8), (uint8_t)mark };
	int fd = open(
	    CLOCK_FILE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, RC_IO);
	TRY(file_write(fd, (struct rd){ be, sizeof(be) }));
	CHECK(fsync(fd) == 0, RC_IO);
	CHECK(rename(CLOCK_FILE ".new", CLOCK_FILE) == 0, RC_IO);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* Moves the mark when the day is believed, and destroys the keys it made
 * old. */
static void
retention(struct records *r)
{
	uint32_t keep = child_conf(r->child)->retention_days;
	uint32_t now = today();
	uint32_t n = 0;
	enum rc rc;

	if (now > r->mark) {
		if (r->mark != 0 && now > r->mark + 1) {
			if (r->seen != now) {
				r->seen = now;
				r->ticks = 0;
				log_event(LOG_CLOCK_JUMP,
				    LOG_U("days", now - r->mark));
			}
			if (++r->ticks < BELIEVE_TICKS)
				return;
		}
		rc = write_mark(now);
		if (rc != RC_OK) {
			log_event(LOG_RECORDS_ERROR, LOG_RC(rc));
			return;
		}
		r->mark = now;
	}
	rc = archive_retire(
	    r->archive, r->mark > keep ? r->mark - keep : 0, &n);
	if (n > 0)
		log_event(LOG_RECORDS_DELETED, LOG_U("days", n));
	if (rc != RC_OK)
		log_event(LOG_RECORDS_ERROR, LOG_RC(rc));
}

/* --- parts ---------------------------------------------------------------- */

/* The running part ends here: its keys are gone, its journal is closed. */
static void
end_part(struct records *r)
{
	if (r->seal != NULL)
		seal_forget(r->seal);
	part_close(r->part);
	r->part = NULL;
	r->group.len = 0;
}

/* Every start, day and failure begins a new part: no counter is ever used
 * twice under one K. */
static enum rc
begin_part(struct records *r)
{
	const struct wall now = mono_wall(); /* read once: midnight may come */
	struct seal_part p = { .day = day_of(now) };
	enum rc rc = RC_BUG;

	/* the part of rows that wait for the end of the turn stays theirs,
	 * also when midnight came since the first of them */
	if (r->part != NULL && (r->day == p.day || r->n_waiting > 0))
		return RC_OK;
	end_part(r);
	p.opened = (uint64_t)now.s;
	r->last = now.s;
	TRY(shelf_key_open(p.day, p.day_key));
	TRY(archive_next_part(r->archive, p.day, &p.part));
	TRY(part_create(p.day, p.part, &r->part));
	r->day = p.day;
	r->number = p.part;
	log_event(LOG_RECORDS_DAY);
	TRY(seal_begin(r->seal, &p, &r->group));
out:
	sodium_memzero(&p, sizeof(p));
	if (rc != RC_OK)
		end_part(r);
	return rc;
}

/* What ended goes to the archive: now, and again at each tick while it does
 * not fit. */
static void
archive(struct records *r)
{
	enum rc rc;

	if (r->part != NULL && r->day != today())
		end_part(r); /* the day's keys end with the day */
	/* a part ends after its last row, whatever the clock does */
	rc = archive_close(r->archive, r->part == NULL ? NULL : &r->number,
	    r->day,
	    (uint64_t)(mono_wall().s > r->last ? mono_wall().s : r->last));
	if (rc != RC_OK)
		log_event(
		    rc == RC_NOSPACE ? LOG_RECORDS_FULL : LOG_RECORDS_ERROR,
		    LOG_RC(rc));
}

/* --- rows ----------------------------------------------------------------- */

static void
row_done(struct records *r, uint64_t req, enum msg_status status, uint64_t time)
{
	const struct msg_row_done m = { req, (uint8_t)status, time };

	child_send(r->child, PERMIT_ROLE_EXCHANGE, MSG_ROW_DONE, &m);
}

static void
fail_turn(struct records *r, enum rc rc)
{
	log_event(rc == RC_NOSPACE ? LOG_RECORDS_FULL : LOG_RECORDS_ERROR,
	    LOG_RC(rc));
	for (size_t i = 0; i < r->n_waiting; i++)
		row_done(r, r->waiting[i], MSG_STATUS_RECORDS_DOWN, 0);
	r->n_waiting = 0;
	/* the frames of this turn are gone and its keys with them */
	end_part(r);
}

static void
on_turn(void *arg)
{
	struct records *r = arg;
	enum rc rc;

	if (r->n_waiting == 0)
		return;
	rc = part_append(r->part, seal_group(r->seal, &r->group));
	if (rc != RC_OK) {
		fail_turn(r, rc);
		return;
	}
	for (size_t i = 0; i < r->n_waiting; i++)
		row_done(r, r->waiting[i], MSG_STATUS_OK, r->times[i]);
	r->n_waiting = 0;
	r->group.len = 0;
}

static enum rc
seal_one(struct records *r, struct row *w, const struct msg_row *m)
{
	struct wall now;
	enum rc rc = RC_BUG;

	TRY(begin_part(r));
	/* the clock that the log's parts go by, and no other; a part has rows
	 * of its day alone, also when midnight comes between two readings */
	now = mono_wall();
	if (now.s > r->last && day_of(now) == r->day)
		r->last = now.s;
	w->query_time.s = r->last;
	TRY(seal_row(r->seal, w, m->records_key, m->locator, &r->group));
	r->times[r->n_waiting] = (uint64_t)r->last;
	r->waiting[r->n_waiting++] = m->req;
out:
	return rc;
}

static void
on_row(struct records *r, const struct msg_row *m)
{
	struct row w = { 0 };
	enum rc rc = RC_BUG;

	if (r->seal == NULL) {
		row_done(r, m->req, MSG_STATUS_NO_CLASSIC, 0);
		return;
	}
	CHECK(r->n_waiting < WAITING_MAX, RC_LIMIT);
	/* rows of a turn belong to one part: midnight ends the turn's group */
	if (r->n_waiting > 0 && r->day != today())
		on_turn(r);
	TRY(row_parse(m->row, &w));
	rc = seal_one(r, &w, m);
	if (rc == RC_LIMIT) { /* so many handles: the next part has room */
		on_turn(r);
		end_part(r);
		archive(r);
		rc = seal_one(r, &w, m);
	}
out:
	row_clear(&w);
	if (rc != RC_OK) {
		row_done(r, m->req, MSG_STATUS_RECORDS_DOWN, 0);
		fail_turn(r, rc);
	}
}

static void
on_rows_get(struct records *r, const struct msg_rows_get *m)
{
	struct msg_rows_reply reply = { .req = m->req };
	struct buf rows;
	enum rc rc;

	buf_init(&rows, ROWS_MAX - 4096);
	rc = own_rows_find(m->locators, &rows);
	reply.status = rc == RC_OK || rc == RC_LIMIT ? MSG_STATUS_OK
						     : MSG_STATUS_RECORDS_DOWN;
	reply.rows = buf_get(&rows);
	child_send(r->child, PERMIT_ROLE_EXCHANGE, MSG_ROWS_REPLY, &reply);
	buf_clear(&rows);
}

/* --- cuts ----------------------------------------------------------------- */

/* The running part ends now, so that what it holds can be proved; with no part
 * running an empty one says that nothing was asked. */
static void
on_cut(struct records *r, const struct msg_cut *m)
{
	struct msg_cut_done done = { .req = m->req };
	enum rc rc = RC_BUG;

	on_turn(r);
	if (r->seal == NULL) {
		done.status = MSG_STATUS_NO_CLASSIC;
		child_send(r->child, PERMIT_ROLE_EXCHANGE, MSG_CUT_DONE, &done);
		return;
	}
	TRY(begin_part(r));
	if (r->group.len > 0) {
		TRY(part_append(r->part, seal_group(r->seal, &r->group)));
		r->group.len = 0;
	}
	end_part(r);
	TRY(archive_wait(r->archive, m->req));
	archive(r);
	return;
out:
	log_event(LOG_RECORDS_ERROR, LOG_RC(rc));
	end_part(r);
	done.status = MSG_STATUS_RECORDS_DOWN;
	child_send(r->child, PERMIT_ROLE_EXCHANGE, MSG_CUT_DONE, &done);
}

/* --- life ----------------------------------------------------------------- */

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	struct records *r = arg;
	struct msg_row row;
	struct msg_rows_get get;
	struct msg_cut cut;
	struct msg_log_appended appended;

	(void)from;
	if (fd >= 0)
		(void)close(fd);
	if (type == MSG_ROW && msg_parse(type, body, &row) == RC_OK)
		on_row(r, &row);
	else if (type == MSG_ROWS_GET && msg_parse(type, body, &get) == RC_OK)
		on_rows_get(r, &get);
	else if (type == MSG_CUT && msg_parse(type, body, &cut) == RC_OK)
		on_cut(r, &cut);
	else if (type == MSG_LOG_APPENDED &&
	    msg_parse(type, body, &appended) == RC_OK)
		archive_on_appended(r->archive, &appended);
	else
		_exit(70); /* not from our peers */
}

static void
on_tick(void *arg)
{
	struct records *r = arg;

	on_turn(r);
	archive(r);
	retention(r);
	if (loop_timer_add(
		child_loop(r->child), TICK_MS, on_tick, r, &r->timer) != RC_OK)
		_exit(70);
}

/* What may be sent only once the peers are there. */
static void
on_first(void *arg)
{
	struct records *r = arg;

	archive(r);
	retention(r);
	if (loop_timer_add(
		child_loop(r->child), TICK_MS, on_tick, r, &r->timer) != RC_OK)
		_exit(70);
}

static enum rc
read_group(struct child *c, struct custodians *ret_g)
{
	struct buf b;
	uint8_t *p;
	ssize_t n;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, CUSTODIANS_FILE_MAX + 1);
	TRY(child_file_take(c, "custodians", &fd));
	for (;;) {
		TRY(buf_reserve(&b, 4096, &p));
		n = read(fd, p, 4096);
		CHECK(n >= 0, RC_IO);
		if (n == 0)
			break;
		buf_commit(&b, (size_t)n);
	}
	CHECK(custodians_parse(buf_get(&b), ret_g) == RC_OK, RC_CORRUPT);
out:
	buf_clear(&b);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct records *r = arg;
	struct custodians g;
	uint8_t hash[32] = { 0 };
	enum rc rc = RC_BUG;

	r->child = c;
	buf_init(&r->group, GROUP_MAX);
	read_mark(r);
	rc = read_group(c, &g);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK) {
		TRY(seal_new(&g, &r->seal));
		TRY(custodians_hash(&g, hash));
	}
	TRY(archive_new(c, hash, &r->archive));
	tree_leaf(rd_str(""), hash); /* loads the digest, before the sandbox */
	loop_on_turn(child_loop(c), on_turn, r);
	TRY(loop_timer_add(child_loop(c), 0, on_first, r, &r->timer));
out:
	return rc;
}

static void
on_stop(void *arg, struct child *c)
{
	on_turn(arg);
	child_done(c);
}

int
records_main(void)
{
	struct records *r = failmem_alloc(sizeof(*r));
	const struct child_hooks hooks = { r, on_start, on_msg, NULL, on_stop };
	int status;

	if (r == NULL)
		return 70;
	status = child_run(PERMIT_ROLE_RECORDS, &hooks);
	seal_free(r->seal);
	archive_free(r->archive);
	part_close(r->part);
	buf_clear(&r->group);
	free(r);
	return status;
}
