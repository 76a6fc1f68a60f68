#include "records/archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "base/mono.h"
#include "proc/log.h"
#include "records/closing.h"
#include "records/shelf.h"
#include "wire/segment.h"

#define LOGGED_FILE "logged" /* how many segments the public log has */
#define WAITS_MAX 64
#define REQ_DESTROY (1ULL << 63) /* with the day; else seq */

struct wait {
	uint64_t req;
	uint64_t until; /* segments */
};

struct archive {
	struct child *child;
	uint8_t custodians[32];
	uint64_t next_seq;
	uint64_t logged; /* segments that the public log has */
	bool asked;      /* one append at a time */
	uint32_t first;  /* days before it are retired */
	struct wait waits[WAITS_MAX];
	size_t n_waits;
};

/* --- what is known after a start ------------------------------------------ */

static void
read_logged(struct archive *a)
{
	uint8_t be[8];
	struct rd at = { be, sizeof(be) };
	int fd = open(LOGGED_FILE, O_RDONLY | O_CLOEXEC);

	a->logged = 0;
	if (fd >= 0 && read(fd, be, sizeof(be)) == (ssize_t)sizeof(be) &&
	    rd_u64(&at, &a->logged) != RC_OK)
		a->logged = 0;
	if (fd >= 0)
		(void)close(fd);
}

static enum rc
write_logged(const struct archive *a)
{
	struct buf b;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, 8);
	TRY(buf_u64(&b, a->logged));
	fd = open(
	    LOGGED_FILE ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0, RC_IO);
	TRY(file_write(fd, buf_get(&b)));
	CHECK(fsync(fd) == 0, RC_IO);
	CHECK(rename(LOGGED_FILE ".new", LOGGED_FILE) == 0, RC_IO);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	return rc;
}

static bool
is_foreign(const struct shelf_item *item)
{
	char name[SHELF_NAME_SIZE];
	struct rd content = { (const uint8_t *)"", 0 };
	bool foreign = false;

	if (shelf_name_build(item, name) != RC_OK ||
	    shelf_map(name, &content) != RC_OK)
		return false;
	if (item->kind == SHELF_KIND_JOURNAL)
		foreign = journal_is_foreign(content);
	if (item->kind == SHELF_KIND_SEGMENT)
		foreign = segment_is_foreign(content);
	shelf_unmap(content);
	return foreign;
}

static enum rc
read_segments(struct archive *a)
{
	struct shelf_item *items = NULL;
	struct segment_entry e;
	uint32_t foreign = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n; i++)
		foreign += is_foreign(&items[i]);
	if (foreign > 0) {
		log_event(LOG_RECORDS_OLD, LOG_U("files", foreign));
		CHECK(false, RC_STATE);
	}
	for (size_t i = 0; i < n; i++) {
		if (items[i].kind != SHELF_KIND_SEGMENT)
			continue;
		rc = closing_entry(items[i].day, items[i].part, &e);
		if (rc != RC_OK) {
			/* damaged: the rest is still worth serving */
			log_event(LOG_RECORDS_ERROR, LOG_RC(rc));
			rc = RC_OK;
			continue;
		}
		if (e.seq >= a->next_seq)
			a->next_seq = e.seq + 1;
	}
out:
	free(items);
	return rc;
}

enum rc
archive_new(struct child *c, const uint8_t custodians[static 32],
    struct archive **ret_a)
{
	struct archive *a = failmem_alloc(sizeof(*a));
	enum rc rc = RC_BUG;

	CHECK(a != NULL, RC_NOMEM);
	a->child = c;
	memcpy(a->custodians, custodians, sizeof(a->custodians));
	read_logged(a);
	a->next_seq = a->logged;
	TRY(read_segments(a));
	*ret_a = a;
	a = NULL;
out:
	archive_free(a);
	return rc;
}

void
archive_free(struct archive *a)
{
	free(a);
}

enum rc
archive_next_part(struct archive *a, uint32_t day, uint16_t *ret_part)
{
	struct shelf_item *items = NULL;
	uint32_t next = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	(void)a;
	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n; i++)
		if (items[i].day == day && items[i].kind != SHELF_KIND_KEY)
			next = (uint32_t)items[i].part + 1;
	CHECK(next <= UINT16_MAX, RC_LIMIT);
	*ret_part = (uint16_t)next;
out:
	free(items);
	return rc;
}

/* --- into the public log -------------------------------------------------- */

static void
send_entry(struct archive *a, uint64_t req, const struct buf *entry)
{
	const struct msg_log_append m = { req, buf_get(entry) };

	child_send(a->child, PERMIT_ROLE_KTLOG, MSG_LOG_APPEND, &m);
	a->asked = true;
}

/* Segments first, each in its order; then the days whose key is gone while
 * their segments are still there. */
static enum rc
send_next(struct archive *a)
{
	struct shelf_item *items = NULL;
	struct segment_entry e;
	struct buf entry;
	char date[MONO_DATE_SIZE];
	size_t n = 0;
	enum rc rc = RC_OK;

	buf_init(&entry, 1024);
	if (a->asked)
		return RC_OK;
	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n && !a->asked; i++)
		if (items[i].kind == SHELF_KIND_SEGMENT &&
		    closing_entry(items[i].day, items[i].part, &e) == RC_OK &&
		    e.seq == a->logged) {
			TRY(segment_entry_build(&e, &entry));
			send_entry(a, e.seq, &entry);
		}
	for (size_t i = 0; i < n && !a->asked; i++)
		if (items[i].kind == SHELF_KIND_SEGMENT &&
		    items[i].day < a->first) {
			TRY(mono_date((int32_t)items[i].day, date));
			TRY(buf_add_fmt(&entry,
			    "{\"day\":\"%s\",\"type\":\"destroy\"}", date));
			send_entry(a, REQ_DESTROY | items[i].day, &entry);
		}
out:
	free(items);
	buf_clear(&entry);
	return rc;
}

static void
answer_waits(struct archive *a, enum msg_status status)
{
	struct msg_cut_done m = { .status = (uint8_t)status };
	size_t kept = 0;

	for (size_t i = 0; i < a->n_waits; i++) {
		if (status == MSG_STATUS_OK && a->waits[i].until > a->logged) {
			a->waits[kept++] = a->waits[i];
			continue;
		}
		m.req = a->waits[i].req;
		m.segments = a->logged;
		child_send(a->child, PERMIT_ROLE_EXCHANGE, MSG_CUT_DONE, &m);
	}
	a->n_waits = kept;
}

static enum rc
remove_day(uint32_t day)
{
	struct shelf_item *items = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n; i++)
		if (items[i].day == day && items[i].kind != SHELF_KIND_KEY)
			TRY(shelf_remove(&items[i]));
	TRY(shelf_sync());
out:
	free(items);
	return rc;
}

void
archive_on_appended(struct archive *a, const struct msg_log_appended *m)
{
	enum rc rc = RC_OK;

	a->asked = false;
	if (m->status != MSG_STATUS_OK) {
		/* again at the next tick; who waits hears it now */
		answer_waits(a, MSG_STATUS_RECORDS_DOWN);
		return;
	}
	if ((m->req & REQ_DESTROY) != 0) {
		rc = remove_day((uint32_t)(m->req & ~REQ_DESTROY));
	} else if (m->req == a->logged) {
		a->logged++;
		rc = write_logged(a);
		answer_waits(a, MSG_STATUS_OK);
	}
	if (rc == RC_OK)
		rc = send_next(a);
	if (rc != RC_OK)
		log_event(LOG_RECORDS_ERROR, LOG_RC(rc));
}

enum rc
archive_wait(struct archive *a, uint64_t req)
{
	if (a->n_waits == WAITS_MAX)
		return RC_LIMIT;
	/* until is known once the journals are closed */
	a->waits[a->n_waits++] = (struct wait){ req, UINT64_MAX };
	return RC_OK;
}

/* --- closing, retiring ---------------------------------------------------- */

static enum rc
close_one(struct archive *a, const struct shelf_item *item, uint64_t now)
{
	struct closing c = { .day = item->day,
		.part = item->part,
		.seq = a->next_seq,
		.closed = now };
	struct segment_entry e;
	uint64_t torn;
	enum rc rc;

	memcpy(c.custodians, a->custodians, sizeof(c.custodians));
	rc = closing_run(&c, &e, &torn);
	if (torn > 0)
		log_event(LOG_RECORDS_TORN, LOG_U("octets", torn));
	if (rc == RC_OK && e.seq >= a->next_seq)
		a->next_seq = e.seq + 1;
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc
archive_close(
    struct archive *a, const uint16_t *running, uint32_t day, uint64_t now)
{
	struct shelf_item *items = NULL;
	size_t n = 0;
	enum rc first = RC_OK;
	enum rc rc = RC_BUG;

	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n; i++) {
		if (items[i].kind != SHELF_KIND_JOURNAL ||
		    (running != NULL && items[i].day == day &&
			items[i].part == *running))
			continue;
		rc = close_one(a, &items[i], now);
		if (rc != RC_OK && first == RC_OK)
			first = rc;
	}
	for (size_t i = 0; i < a->n_waits; i++)
		if (a->waits[i].until == UINT64_MAX)
			a->waits[i].until = a->next_seq;
	rc = send_next(a);
	if (first != RC_OK)
		answer_waits(a, MSG_STATUS_RECORDS_DOWN);
	else
		answer_waits(a, MSG_STATUS_OK);
out:
	free(items);
	return first != RC_OK ? first : rc;
}

enum rc
archive_retire(struct archive *a, uint32_t first, uint32_t *ret_n)
{
	struct shelf_item *items = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	*ret_n = 0;
	a->first = first;
	TRY(shelf_list(&items, &n));
	for (size_t i = 0; i < n; i++) {
		if (items[i].day >= first)
			continue;
		/* a journal that could not be closed ends with its day */
		if (items[i].kind == SHELF_KIND_JOURNAL)
			TRY(shelf_remove(&items[i]));
		if (items[i].kind == SHELF_KIND_KEY) {
			TRY(shelf_key_destroy(items[i].day));
			(*ret_n)++;
		}
	}
	TRY(send_next(a));
out:
	free(items);
	return rc;
}
