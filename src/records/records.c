/*
 * The turn: rows of the turn are sealed into one buffer; at its end the buffer
 * and a CHAIN frame are written and synced, and only then their requests are
 * answered. If the disk is full the file is cut back, every request of the turn
 * hears RECORDS_DOWN, and a new session begins, since counters have moved.
 */
#include "records/records.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "proc/child.h"
#include "proc/log.h"
#include "records/day_file.h"
#include "records/seal.h"
#include "wire/text64.h"

#define GROUP_MAX (32u << 20)
#define WAITING_MAX 65536
#define TICK_MS 60000
/* doc/decisions/0003: a day more than one ahead is believed after ten minutes
 */
#define BELIEVE_TICKS 10
#define CLOCK_FILE "clock"
#define ROWS_MAX (1u << 20)
#define LOCATOR_SIZE 16

struct records {
	struct child *child;
	struct seal *seal; /* NULL: no public key, classic is refused */
	struct day_file *file;
	uint32_t day;  /* of the open file */
	uint32_t mark; /* the highest day that is believed */
	uint32_t seen; /* a day far ahead, and for how many ticks */
	uint32_t ticks;
	struct buf group;
	uint64_t waiting[WAITING_MAX];
	size_t n_waiting;
	struct loop_timer *timer;
};

/* --- the day and the clock
 * ------------------------------------------------------ */

static uint32_t
today(void)
{
	int32_t d = mono_day(mono_wall());

	return d < 0 ? 0 : (uint32_t)d;
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
	CHECK(write(fd, be, sizeof(be)) == (ssize_t)sizeof(be), RC_IO);
	CHECK(fsync(fd) == 0, RC_IO);
	CHECK(rename(CLOCK_FILE ".new", CLOCK_FILE) == 0, RC_IO);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* Moves the mark when the day is believed, and removes what it made old. */
static void
retention(struct records *r)
{
	uint32_t keep = child_conf(r->child)->retention_days;
	uint32_t now = today();
	uint32_t n = 0;
	enum rc rc;

	if (now <= r->mark)
		return;
	if (r->mark != 0 && now > r->mark + 1) {
		if (r->seen != now) {
			r->seen = now;
			r->ticks = 0;
			log_event(LOG_CLOCK_JUMP, LOG_U("days", now - r->mark));
		}
		if (++r->ticks < BELIEVE_TICKS)
			return;
	}
	rc = write_mark(now);
	if (rc == RC_OK) {
		r->mark = now;
		rc = day_file_remove(now > keep ? now - keep : 0, &n);
	}
	if (n > 0)
		log_event(LOG_RECORDS_DELETED, LOG_U("days", n));
	if (rc != RC_OK)
		log_event(LOG_RECORDS_ERROR, LOG_RC(rc));
}

/* Opens the file and the session of today. Every start, and every failure,
 * begins a new session: no counter is ever used twice under one K. */
static enum rc
open_day(struct records *r)
{
	uint32_t day = today();
	uint64_t torn = 0;
	enum rc rc = RC_BUG;

	if (r->file != NULL && r->day == day && seal_is_day(r->seal, day))
		return RC_OK;
	if (r->file == NULL || r->day != day) {
		day_file_close(r->file);
		r->file = NULL;
		TRY(day_file_open(day, &r->file, &torn));
		r->day = day;
		if (torn > 0)
			log_event(LOG_RECORDS_TORN, LOG_U("octets", torn));
		log_event(LOG_RECORDS_DAY);
	}
	TRY(seal_session(r->seal, day, &r->group));
out:
	return rc;
}

/* --- rows
 * ----------------------------------------------------------------------------
 */

static void
row_done(struct records *r, uint64_t req, enum msg_status status)
{
	const struct msg_row_done m = { req, (uint8_t)status };

	child_send(r->child, PERMIT_ROLE_EXCHANGE, MSG_ROW_DONE, &m);
}

static void
fail_turn(struct records *r, enum rc rc)
{
	log_event(rc == RC_NOSPACE ? LOG_RECORDS_FULL : LOG_RECORDS_ERROR,
	    LOG_RC(rc));
	for (size_t i = 0; i < r->n_waiting; i++)
		row_done(r, r->waiting[i], MSG_STATUS_RECORDS_DOWN);
	r->n_waiting = 0;
	r->group.len = 0;
	/* the frames of this turn are gone and its keys with them */
	day_file_close(r->file);
	r->file = NULL;
}

static void
on_turn(void *arg)
{
	struct records *r = arg;
	enum rc rc;

	if (r->n_waiting == 0)
		return;
	rc = day_file_append(r->file, buf_get(&r->group));
	if (rc != RC_OK) {
		fail_turn(r, rc);
		return;
	}
	for (size_t i = 0; i < r->n_waiting; i++)
		row_done(r, r->waiting[i], MSG_STATUS_OK);
	r->n_waiting = 0;
	r->group.len = 0;
}

static void
on_row(struct records *r, const struct msg_row *m)
{
	enum rc rc = RC_BUG;

	if (r->seal == NULL) {
		row_done(r, m->req, MSG_STATUS_NO_CLASSIC);
		return;
	}
	CHECK(r->n_waiting < WAITING_MAX, RC_LIMIT);
	/* rows of a turn belong to one file: midnight ends the turn's group */
	if (r->n_waiting > 0 && r->day != today())
		on_turn(r);
	if (r->file == NULL)
		seal_forget(r->seal);
	TRY(open_day(r));
	r->waiting[r->n_waiting++] = m->req;
	TRY(seal_row(r->seal, m->row, m->records_key, m->locator, &r->group));
	return;
out:
	if (r->n_waiting == 0 || r->waiting[r->n_waiting - 1] != m->req)
		row_done(r, m->req, MSG_STATUS_RECORDS_DOWN);
	fail_turn(r, rc);
}

/* --- own rows
 * ------------------------------------------------------------------------- */

struct search {
	struct rd locators;
	struct buf out;
};

static bool
is_asked(const struct search *s, const uint8_t locator[static LOCATOR_SIZE])
{
	static const uint8_t none[LOCATOR_SIZE];

	if (memcmp(locator, none, LOCATOR_SIZE) == 0)
		return false;
	for (size_t i = 0; i + LOCATOR_SIZE <= s->locators.left;
	     i += LOCATOR_SIZE)
		if (memcmp(s->locators.p + i, locator, LOCATOR_SIZE) == 0)
			return true;
	return false;
}

#define MINE_MAX 256 /* envelopes of one account in one session */

/* Copies the frames of the asked envelopes, each session's SESSION first. */
static enum rc
search_day(void *arg, struct rd frames)
{
	struct search *s = arg;
	uint32_t mine[MINE_MAX];
	size_t n_mine = 0;
	struct rd session = { NULL, 0 };
	struct segment_frame f;
	enum rc rc = RC_OK;

	while (frames.left > 0) {
		struct rd whole = frames;
		bool take = false;

		if (segment_frame_parse(&frames, &f) != RC_OK)
			break; /* the running end of an open file */
		whole.left -= frames.left;
		if (f.type == SEGMENT_TYPE_SESSION) {
			session = whole;
			n_mine = 0;
		} else if (f.type == SEGMENT_TYPE_ENVELOPE &&
		    n_mine < MINE_MAX && is_asked(s, f.u.envelope.locator)) {
			if (n_mine == 0)
				TRY(buf_add_rd(&s->out, session));
			mine[n_mine++] = f.u.envelope.number;
			take = true;
		} else if (f.type == SEGMENT_TYPE_ROW) {
			for (size_t i = 0; i < n_mine && !take; i++)
				take = mine[i] == f.u.row.envelope;
		}
		if (take)
			TRY(buf_add_rd(&s->out, whole));
	}
out:
	return rc;
}

static void
on_rows_get(struct records *r, const struct msg_rows_get *m)
{
	struct msg_rows_reply reply = { .req = m->req };
	struct search s = { .locators = m->locators };
	enum rc rc;

	buf_init(&s.out, ROWS_MAX - 4096);
	rc = day_file_each(search_day, &s);
	reply.status = rc == RC_OK || rc == RC_LIMIT ? MSG_STATUS_OK
						     : MSG_STATUS_RECORDS_DOWN;
	reply.rows = buf_get(&s.out);
	child_send(r->child, PERMIT_ROLE_EXCHANGE, MSG_ROWS_REPLY, &reply);
	buf_clear(&s.out);
}

/* --- life
 * -------------------------------------------------------------------------------
 */

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	struct records *r = arg;
	struct msg_row row;
	struct msg_rows_get get;

	(void)from;
	if (fd >= 0)
		(void)close(fd);
	if (type == MSG_ROW && msg_parse(type, body, &row) == RC_OK)
		on_row(r, &row);
	else if (type == MSG_ROWS_GET && msg_parse(type, body, &get) == RC_OK)
		on_rows_get(r, &get);
	else
		_exit(70); /* not from our exchange */
}

static void
on_tick(void *arg)
{
	struct records *r = arg;

	retention(r);
	/* the day's keys end with the day, rows or not */
	if (r->seal != NULL && r->file != NULL && r->day != today())
		seal_forget(r->seal);
	if (loop_timer_add(
		child_loop(r->child), TICK_MS, on_tick, r, &r->timer) != RC_OK)
		_exit(70);
}

static enum rc
read_public_key(struct child *c, uint8_t ret_key[static 32])
{
	char text[64];
	ssize_t n;
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(child_file_take(c, "records.pub", &fd));
	n = read(fd, text, sizeof(text));
	CHECK(n > 1 && text[n - 1] == '\n', RC_CORRUPT);
	TRY(text64_fixed_parse(
	    (struct rd){ (uint8_t *)text, (size_t)n - 1 }, 32, ret_key));
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct records *r = arg;
	uint8_t key[32];
	enum rc rc = RC_BUG;

	r->child = c;
	buf_init(&r->group, GROUP_MAX);
	read_mark(r);
	rc = read_public_key(c, key);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK)
		TRY(seal_new(key, &r->seal));
	loop_on_turn(child_loop(c), on_turn, r);
	retention(r);
	TRY(loop_timer_add(child_loop(c), TICK_MS, on_tick, r, &r->timer));
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
	day_file_close(r->file);
	buf_clear(&r->group);
	free(r);
	return status;
}
