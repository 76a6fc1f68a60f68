#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "ktlog/epochs_internal.h"
#include "proc/log.h"

#define STATES_FILE "epochs"
#define QUIET_MS 300000 /* an epoch though nothing changed: section 4 */
#define RETRY_MS 1000
#define FULL_MS 10000 /* a table that does not fit is much work for nothing */

static void
on_timer(void *arg)
{
	struct epochs *e = arg;

	e->put_off = false; /* the end of the turn does it */
}

static void
wake_in(struct epochs *e, int64_t ms)
{
	loop_timer_del(&e->timer);
	if (loop_timer_add(child_loop(e->child), ms < 1 ? 1 : ms, on_timer, e,
		&e->timer) != RC_OK)
		_exit(70);
}

/* Something did not work, and may in a moment. */
static void
try_later(struct epochs *e, enum rc rc)
{
	log_event(
	    rc == RC_NOSPACE ? LOG_EPOCH_FULL : LOG_EPOCH_ERROR, LOG_RC(rc));
	e->put_off = true;
	wake_in(e, rc == RC_NOSPACE ? FULL_MS : RETRY_MS);
}

const struct epoch_state *
epochs_served(const struct epochs *e)
{
	for (size_t i = 0; i < e->states.n; i++)
		if (e->states.all[i].entry.epoch == e->served)
			return &e->states.all[i];
	return NULL;
}

/* --- changes -------------------------------------------------------------- */

static void
tell(struct epochs *e, uint64_t req, enum msg_status status,
    const struct changes_state *s)
{
	struct msg_slot_done m = { .req = req,
		.status = (uint8_t)status,
		.epoch = s->epoch,
		.version = s->version };

	memcpy(m.hist_prev, s->commitment, sizeof(m.hist_prev));
	child_send(e->child, PERMIT_ROLE_EXCHANGE, MSG_SLOT_DONE, &m);
}

static void
sync_changes(struct epochs *e)
{
	enum rc rc = changes_sync(e->changes);

	if (rc != RC_OK)
		log_event(rc == RC_NOSPACE ? LOG_EPOCH_FULL : LOG_EPOCH_ERROR,
		    LOG_RC(rc));
	for (size_t i = 0; i < e->n_waiting; i++)
		tell(e, e->waiting[i].req,
		    rc == RC_OK ? MSG_STATUS_OK : MSG_STATUS_DOWN,
		    &e->waiting[i].state);
	e->n_waiting = 0;
}

void
epochs_on_slot_put(struct epochs *e, struct rd body)
{
	struct changes_state s = { 0 };
	struct msg_slot_put m;
	struct change change;
	enum rc rc;

	if (msg_parse(MSG_SLOT_PUT, body, &m) != RC_OK)
		_exit(70); /* not from our own */
	rc = change_of(m.place, (struct rd){ m.entry, sizeof(m.entry) },
	    (struct rd){ m.slot, sizeof(m.slot) }, &change);
	if (rc == RC_OK)
		rc = changes_put(e->changes, &change, &s);
	if (rc == RC_AGAIN) {
		sync_changes(e);
		rc = changes_put(e->changes, &change, &s);
	}
	if (rc == RC_OK && e->n_waiting < EPOCHS_WAITING_MAX)
		e->waiting[e->n_waiting++] = (struct epochs_waiting){ m.req,
			s };
	else
		tell(e, m.req,
		    rc == RC_EXISTS      ? MSG_STATUS_OK
			: rc == RC_STATE ? MSG_STATUS_STALE
			: rc == RC_MALFORMED || rc == RC_LIMIT
			? MSG_STATUS_MALFORMED
			: MSG_STATUS_DOWN,
		    &s);
}

/* --- making --------------------------------------------------------------- */

static uint32_t
newest(const struct epochs *e)
{
	const struct epoch_state *s = epoch_state_last(&e->states);

	return s == NULL ? 0 : s->entry.epoch;
}

/* Milliseconds until the next epoch is to be closed. */
static int64_t
due_in(const struct epochs *e)
{
	const struct epoch_state *s = epoch_state_last(&e->states);
	int64_t since = mono_diff_ms(loop_now(child_loop(e->child)), e->begun);
	int64_t every = QUIET_MS;

	if (s == NULL || changes_epoch(e->changes) > s->entry.epoch + 1 ||
	    e->keys.day != s->day)
		return 0;
	if (changes_count(e->changes) > s->records)
		every = (int64_t)child_conf(e->child)->epoch_seconds * 1000;
	return every > since ? every - since : 0;
}

static void
on_made(void *arg, enum rc rc, const struct epoch_state *made)
{
	struct epochs *e = arg;

	e->made = *made;
	e->made_rc = rc;
	e->is_made = true;
}

static void
remove_file(struct epochs *e, const char *name)
{
	(void)unlinkat(e->dir, name, 0);
}

/* Whether the file is of an epoch that is answered for. */
static bool
is_used(const struct epochs *e, const char *file)
{
	char name[BUILDER_NAME_SIZE];

	for (size_t i = 0; i < e->states.n; i++) {
		const struct epoch_entry *of = &e->states.all[i].entry;

		builder_snapshot_name(of->epoch, name);
		if (strcmp(file, name) == 0)
			return true;
		builder_stash_name(of->stash, name);
		if (strcmp(file, name) == 0)
			return true;
		builder_filter_name(of->filter, name);
		if (strcmp(file, name) == 0)
			return true;
	}
	return false;
}

/* Removes what epochs had that are not answered for any more, and what a start
 * finds of one that was never made. */
static void
prune(struct epochs *e)
{
	static const char *const kinds[] = { "snapshot.", "stash.", "filter." };
	int fd = openat(e->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *f;

	while (list != NULL && (f = readdir(list)) != NULL)
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
			if (strncmp(f->d_name, kinds[i], strlen(kinds[i])) ==
				0 &&
			    !is_used(e, f->d_name))
				remove_file(e, f->d_name);
	if (list != NULL)
		(void)closedir(list);
	else if (fd >= 0)
		(void)close(fd);
}

static enum rc
write_states(struct epochs *e, const struct epoch_states *s)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, EPOCH_STATE_SIZE_MAX);
	TRY(epoch_state_build(s, &b));
	TRY(file_replace(e->dir, STATES_FILE, 0600, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}

/* Its table is there under its name: now it is this epoch. */
static enum rc
decide(struct epochs *e, struct epoch_state *made)
{
	const struct epoch_state *last = epoch_state_last(&e->states);
	struct epoch_states next = e->states;
	int64_t now = mono_wall_ms();
	enum rc rc = RC_BUG;

	made->entry.time_ms = now < 0 ? 0 : (uint64_t)now;
	if (last != NULL && made->entry.time_ms <= last->entry.time_ms)
		made->entry.time_ms = last->entry.time_ms + 1; /* it grows */
	epoch_entry_label(made->entry.label);
	memcpy(made->entry.policy, e->policy, sizeof(made->entry.policy));
	memcpy(made->entry.voprf, e->keys.voprf, sizeof(e->keys.voprf));
	memcpy(made->entry.token, e->keys.token, sizeof(e->keys.token));
	made->day = e->keys.day;
	made->policy_index = e->policy_index;
	TRY(epoch_state_push(&next, made));
	TRY(write_states(e, &next));
	e->states = next;
	e->phase = EPOCHS_PHASE_MADE;
	prune(e);
out:
	return rc;
}

/* Nothing changed: the same files under the next number. RC_NOT_FOUND: the
 * table before is not there. */
static enum rc
make_same(struct epochs *e, uint32_t until)
{
	const struct epoch_state *last = epoch_state_last(&e->states);
	static const uint8_t no_rows[4];
	char from[BUILDER_NAME_SIZE];
	char to[BUILDER_NAME_SIZE];
	struct epoch_state made;
	enum rc rc = RC_BUG;

	CHECK(last != NULL && last->records == until, RC_NOT_FOUND);
	made = *last;
	made.entry.epoch++;
	made.build_ms = 0;
	(void)crypto_hash_sha256(made.entry.diff, no_rows, sizeof(no_rows));
	builder_snapshot_name(last->entry.epoch, from);
	builder_snapshot_name(made.entry.epoch, to);
	remove_file(e, to); /* of a start that came not so far */
	CHECK(linkat(e->dir, from, e->dir, to, 0) == 0,
	    errno == ENOENT ? RC_NOT_FOUND : file_error());
	TRY(decide(e, &made));
out:
	return rc;
}

static void
start_builder(struct epochs *e, const struct builder_job *job)
{
	enum rc rc;

	builder_stop(e->builder); /* of the last one */
	e->builder = NULL;
	e->is_made = false;
	e->making = job->epoch;
	rc = builder_start(child_loop(e->child), job, on_made, e, &e->builder);
	if (rc == RC_OK)
		e->phase = EPOCHS_PHASE_MAKING;
	else
		try_later(e, rc);
}

static void
make(struct epochs *e)
{
	const struct epoch_state *last = epoch_state_last(&e->states);
	struct builder_job job = { .dir = e->dir,
		.changes = e->changes,
		.epoch = newest(e) + 1,
		.from = last == NULL ? 0 : last->records };
	enum rc rc;

	rc = changes_until(e->changes, job.epoch, &job.until);
	if (rc == RC_OK)
		rc = make_same(e, job.until);
	if (rc == RC_NOT_FOUND)
		start_builder(e, &job);
	else if (rc != RC_OK)
		try_later(e, rc);
}

static void
make_again(struct epochs *e)
{
	const struct epoch_state *last = epoch_state_last(&e->states);
	struct builder_job job = { .dir = e->dir,
		.changes = e->changes,
		.epoch = last->entry.epoch,
		.from = last->records, /* the diff is not asked for */
		.until = last->records };

	start_builder(e, &job);
}

/* The table that was made again must be of what was logged. */
static bool
is_as_decided(const struct epoch_state *made, const struct epoch_state *last)
{
	return made->entry.shape.columns == last->entry.shape.columns &&
	    made->entry.shape.blocks == last->entry.shape.blocks &&
	    memcmp(made->entry.root, last->entry.root, 32) == 0 &&
	    memcmp(made->entry.stash, last->entry.stash, 32) == 0 &&
	    memcmp(made->entry.filter, last->entry.filter, 32) == 0;
}

static void
take_made(struct epochs *e)
{
	const struct epoch_state *last = epoch_state_last(&e->states);
	struct epoch_state made = e->made;
	char name[BUILDER_NAME_SIZE];
	bool is_again = newest(e) == e->making;
	enum rc rc = e->made_rc;

	e->is_made = false;
	e->phase = is_again ? EPOCHS_PHASE_DAMAGED : EPOCHS_PHASE_CLOSED;
	if (rc == RC_OK && is_again && !is_as_decided(&made, last))
		rc = RC_CORRUPT;
	TRY(rc);
	builder_snapshot_name(made.entry.epoch, name);
	CHECK(renameat(e->dir, BUILDER_FILE, e->dir, name) == 0, file_error());
	if (!is_again)
		TRY(decide(e, &made));
	else
		e->phase = EPOCHS_PHASE_LOGGED;
	log_event(LOG_EPOCH_MADE, LOG_U("epoch", made.entry.epoch),
	    LOG_U("entries", made.entries), LOG_U("stash", made.stash),
	    LOG_U("ms", made.build_ms));
out:
	if (rc != RC_OK)
		try_later(e, rc);
}

/* --- logging -------------------------------------------------------------- */

static void
append(struct epochs *e)
{
	struct buf b;
	enum rc rc;

	buf_init(&b, EPOCH_ENTRY_MAX);
	rc = epoch_entry_build(&epoch_state_last(&e->states)->entry, &b);
	if (rc == RC_OK) {
		e->phase = EPOCHS_PHASE_LOGGING;
		e->log.append(e->log.arg, buf_get(&b));
	} else {
		try_later(e, rc);
	}
	buf_clear(&b);
}

void
epochs_on_appended(struct epochs *e, enum msg_status status, uint64_t index)
{
	if (e->phase != EPOCHS_PHASE_LOGGING)
		return;
	if (status == MSG_STATUS_OK) {
		e->new_index = index;
		e->phase = EPOCHS_PHASE_LOGGED;
	} else {
		e->phase = EPOCHS_PHASE_MADE;
		e->put_off = true; /* ktlog has said why */
		wake_in(e, RETRY_MS);
	}
}

/* --- handing -------------------------------------------------------------- */

static enum rc
hand_one(struct epochs *e, const struct epoch_state *s)
{
	struct msg_snapshot m = { .epoch = s->entry.epoch,
		.columns = s->entry.shape.columns,
		.blocks = s->entry.shape.blocks,
		.token_day = s->day };
	char name[BUILDER_NAME_SIZE];
	int fd;

	builder_snapshot_name(s->entry.epoch, name);
	fd = openat(e->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND : RC_IO;
	memcpy(m.root, s->entry.root, sizeof(m.root));
	child_send_fd(e->child, PERMIT_ROLE_LOOKUP, MSG_SNAPSHOT, &m, fd);
	(void)close(fd);
	return RC_OK;
}

/* The newest, and at a start those before it, where they are whole: lookup
 * says of each whether it is, and only the newest must be. */
static void
hand(struct epochs *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < e->states.n; i++) {
		const struct epoch_state *s = &e->states.all[i];

		if (s->entry.epoch > e->handed || i + 1 == e->states.n)
			rc = hand_one(e, s);
		if (rc == RC_OK && s->entry.epoch > e->handed)
			e->handed = s->entry.epoch;
	}
	if (rc == RC_OK)
		e->phase = EPOCHS_PHASE_HANDING;
	else if (rc == RC_NOT_FOUND)
		e->phase = EPOCHS_PHASE_DAMAGED;
	else
		try_later(e, rc);
}

static void
announce(struct epochs *e, const struct epoch_state *s)
{
	const struct msg_epoch m = { .epoch = s->entry.epoch,
		.time_ms = s->entry.time_ms,
		.entries = s->entries,
		.columns = s->entry.shape.columns,
		.blocks = s->entry.shape.blocks,
		.stash = s->stash,
		.build_ms = s->build_ms };

	child_send(e->child, PERMIT_ROLE_EXCHANGE, MSG_EPOCH, &m);
}

void
epochs_on_ready(struct epochs *e, struct rd body)
{
	const struct epoch_state *s;
	struct msg_snapshot_ready m;

	if (msg_parse(MSG_SNAPSHOT_READY, body, &m) != RC_OK)
		_exit(70);
	if (m.status != MSG_STATUS_OK)
		log_event(LOG_EPOCH_DAMAGED, LOG_U("epoch", m.epoch));
	if (e->phase != EPOCHS_PHASE_HANDING || m.epoch != newest(e))
		return;
	if (m.status == MSG_STATUS_OK) {
		e->served = m.epoch;
		e->index = e->new_index;
		e->phase = EPOCHS_PHASE_IDLE;
		s = epochs_served(e);
		if (s != NULL)
			announce(e, s);
	} else if (m.status == MSG_STATUS_MALFORMED) {
		e->phase = EPOCHS_PHASE_DAMAGED;
	} else {
		e->phase = EPOCHS_PHASE_LOGGED;
		try_later(e, RC_AGAIN);
	}
}

void
epochs_on_keys(struct epochs *e, struct rd body)
{
	if (msg_parse(MSG_LOOKUP_KEYS, body, &e->keys) != RC_OK)
		_exit(70);
	e->has_keys = true;
}

void
epochs_on_policy(
    struct epochs *e, const uint8_t sha256[static 32], uint64_t index)
{
	memcpy(e->policy, sha256, sizeof(e->policy));
	e->policy_index = index;
	e->has_policy = true;
}

/* --- turns ---------------------------------------------------------------- */

/* What is next. True: it can be asked again at once. */
static bool
step(struct epochs *e)
{
	int64_t ms;

	switch (e->phase) {
	case EPOCHS_PHASE_IDLE:
		ms = due_in(e);
		if (ms > 0) {
			wake_in(e, ms);
			return false;
		}
		if (changes_epoch(e->changes) == newest(e) + 1)
			changes_cut(e->changes);
		e->begun = loop_now(child_loop(e->child));
		e->phase = EPOCHS_PHASE_CLOSED;
		return true;
	case EPOCHS_PHASE_CLOSED:
		make(e);
		break;
	case EPOCHS_PHASE_MAKING:
		if (!e->is_made)
			return false;
		take_made(e);
		break;
	case EPOCHS_PHASE_MADE:
		append(e);
		break;
	case EPOCHS_PHASE_LOGGED:
		hand(e);
		break;
	case EPOCHS_PHASE_DAMAGED:
		make_again(e);
		break;
	case EPOCHS_PHASE_LOGGING:
	case EPOCHS_PHASE_HANDING:
		return false;
	}
	return true;
}

void
epochs_on_turn(struct epochs *e)
{
	if (e->n_waiting > 0)
		sync_changes(e);
	if (!e->has_keys || !e->has_policy)
		return;
	while (!e->put_off && step(e))
		;
}

/* --- life ----------------------------------------------------------------- */

static enum rc
read_states(struct epochs *e)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, EPOCH_STATE_SIZE_MAX);
	rc = file_read_at(e->dir, STATES_FILE, &b);
	if (rc == RC_OK)
		rc = epoch_state_parse(buf_get(&b), &e->states) == RC_OK
		    ? RC_OK
		    : RC_CORRUPT;
	else if (rc == RC_NOT_FOUND)
		rc = RC_OK;
	buf_clear(&b);
	return rc;
}

enum rc
epochs_open(struct child *c, int dir, const struct epochs_log *log,
    struct epochs **ret_e)
{
	struct epochs *e = failmem_alloc(sizeof(*e));
	const struct epoch_state *last;
	enum rc rc = RC_BUG;

	CHECK(e != NULL, RC_NOMEM);
	e->child = c;
	e->dir = dir;
	e->log = *log;
	TRY(read_states(e));
	last = epoch_state_last(&e->states);
	TRY(changes_open(
	    dir, newest(e), last == NULL ? 0 : last->records, &e->changes));
	prune(e);
	e->begun = loop_now(child_loop(c));
	/* once more into the log, which knows it when it is there */
	e->phase = last == NULL ? EPOCHS_PHASE_IDLE : EPOCHS_PHASE_MADE;
	if (changes_torn(e->changes) > 0)
		log_event(LOG_CHANGES_TORN,
		    LOG_U("octets", changes_torn(e->changes)));
	log_event(LOG_DIRECTORY_OPEN, LOG_U("epoch", newest(e)),
	    LOG_U("entries", directory_set_size(changes_set(e->changes))));
	*ret_e = e;
	e = NULL;
out:
	epochs_close(e);
	return rc;
}

void
epochs_close(struct epochs *e)
{
	if (e == NULL)
		return;
	builder_stop(e->builder);
	loop_timer_del(&e->timer);
	changes_close(e->changes);
	free(e);
}

enum rc
epochs_check(const struct epochs *e, struct rd entry, uint64_t *ret_policy)
{
	struct epoch_entry logged;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, EPOCH_ENTRY_MAX);
	TRY(epoch_entry_parse(entry, &logged));
	CHECK(logged.epoch <= newest(e), RC_CORRUPT);
	rc = RC_NOT_FOUND;
	for (size_t i = 0; i < e->states.n; i++) {
		const struct epoch_state *s = &e->states.all[i];

		if (s->entry.epoch != logged.epoch)
			continue;
		TRY(epoch_entry_build(&s->entry, &b));
		CHECK(b.len == entry.left && memcmp(b.p, entry.p, b.len) == 0,
		    RC_CORRUPT);
		*ret_policy = s->policy_index;
	}
out:
	buf_clear(&b);
	return rc;
}
