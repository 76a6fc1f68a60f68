/*
 * The turn: entries of the turn gather in one group; at its end the group is
 * flushed and keys is asked for the signature of the new size. When that comes
 * the checkpoint is written, and only then the writers hear their indices.
 * Entries that come meanwhile are the next group.
 */
#include "ktlog/ktlog.h"

#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "ktlog/cosigners.h"
#include "ktlog/epochs.h"
#include "ktlog/log_write.h"
#include "merkle/checkpoint.h"
#include "merkle/log_entry.h"
#include "proc/child.h"
#include "proc/log.h"
#include "proc/sandbox.h"
#include "wire/json_body.h"
#include "wire/text64.h"

#define WAITING_MAX 4096
#define LATER_MAX (4u << 20)
#define RETRY_MS 1000
#define HASH_SIZE 32

struct waiting {
	enum permit_role from; /* KEYS: the policy; KTLOG: an epoch */
	uint64_t req;
	uint64_t index;
};

struct ktlog {
	struct child *child;
	struct log_write *log;
	struct cosigners *cosigners;
	struct epochs *epochs;
	int directory; /* its files */
	struct waiting waiting[WAITING_MAX];
	size_t n_waiting;
	struct buf later; /* entries that found the group full: see put_off */
	bool asked;       /* keys has a question of ours */
	bool refused;     /* keys will not sign: this log went back, or forks */
	bool broken;      /* the directory could not be read again */
	uint64_t req;     /* of the last question */
	uint8_t policy[HASH_SIZE];      /* the last one in the log */
	struct wall policy_time;        /* in it */
	uint8_t sent_policy[HASH_SIZE]; /* on its way into the log */
	uint8_t next_policy[HASH_SIZE]; /* as keys says */
	bool policy_due;
	struct loop_timer *retry;
};

static void step(struct ktlog *k);

/* --- answers
 * ------------------------------------------------------------------ */

/* Perhaps there is another one meanwhile; a failure is tried again. */
static void
policy_written(struct ktlog *k, enum msg_status status, uint64_t index)
{
	if (status == MSG_STATUS_OK) {
		memcpy(k->policy, k->sent_policy, sizeof(k->policy));
		epochs_on_policy(k->epochs, k->policy, index);
	}
	k->policy_due = memcmp(k->policy, k->next_policy, sizeof(k->policy)) !=
	    0;
}

static void
answer(struct ktlog *k, const struct waiting *w, enum msg_status status)
{
	const struct msg_log_appended m = { w->req, (uint8_t)status, w->index };

	if (w->from == PERMIT_ROLE_KEYS)
		policy_written(k, status, w->index);
	else if (w->from == PERMIT_ROLE_KTLOG)
		epochs_on_appended(k->epochs, status, w->index);
	else
		child_send(k->child, w->from, MSG_LOG_APPENDED, &m);
}

static void
on_retry(void *arg)
{
	step(arg);
}

static void
retry_later(struct ktlog *k)
{
	if (k->retry == NULL &&
	    loop_timer_add(child_loop(k->child), RETRY_MS, on_retry, k,
		&k->retry) != RC_OK)
		_exit(70);
}

/* Nobody who waits is told that his entry is in; it may come in all the same,
 * and then the same octets find it. */
static void
fail_all(struct ktlog *k, enum rc rc)
{
	struct rd r = buf_get(&k->later);
	struct waiting w;
	struct rd entry;
	uint8_t from;

	log_event(
	    rc == RC_NOSPACE ? LOG_KTLOG_FULL : LOG_KTLOG_ERROR, LOG_RC(rc));
	for (size_t i = 0; i < k->n_waiting; i++)
		answer(k, &k->waiting[i], MSG_STATUS_DOWN);
	k->n_waiting = 0;
	while (rd_u8(&r, &from) == RC_OK && rd_u64(&r, &w.req) == RC_OK &&
	    tiles_entry_parse(&r, &entry) == RC_OK) {
		w.from = (enum permit_role)from;
		w.index = 0;
		answer(k, &w, MSG_STATUS_DOWN);
	}
	k->later.len = 0;
	k->broken = log_write_drop(k->log) != RC_OK;
	retry_later(k);
}

/* --- appending
 * ------------------------------------------------------------------ */

static enum rc
put_off(struct ktlog *k, enum permit_role from, uint64_t req, struct rd entry)
{
	size_t before = k->later.len;
	enum rc rc = RC_BUG;

	TRY(buf_u8(&k->later, (uint8_t)from));
	TRY(buf_u64(&k->later, req));
	TRY(tiles_entry_build(entry, &k->later));
out:
	if (rc != RC_OK)
		k->later.len = before;
	return rc;
}

static void
append(struct ktlog *k, enum permit_role from, uint64_t req, struct rd entry)
{
	struct waiting w = { from, req, 0 };
	enum rc rc = RC_DENIED;

	if (!k->refused && !k->broken && k->n_waiting < WAITING_MAX)
		rc = log_write_add(k->log, entry, &w.index);
	if (rc == RC_AGAIN && put_off(k, from, req, entry) == RC_OK)
		return;
	if (rc == RC_OK)
		k->waiting[k->n_waiting++] = w;
	else
		answer(k, &w,
		    rc == RC_EXISTS      ? MSG_STATUS_OK
			: rc == RC_LIMIT ? MSG_STATUS_MALFORMED
					 : MSG_STATUS_DOWN);
}

static void
take_later(struct ktlog *k)
{
	struct buf all = k->later; /* moved: append may put off again */
	struct rd r = buf_get(&all);
	struct rd entry;
	uint8_t from;
	uint64_t req;

	buf_init(&k->later, LATER_MAX);
	while (rd_u8(&r, &from) == RC_OK && rd_u64(&r, &req) == RC_OK &&
	    tiles_entry_parse(&r, &entry) == RC_OK)
		append(k, (enum permit_role)from, req, entry);
	buf_clear(&all);
}

/* Who may write which entry: what records says of its files nobody else says,
 * the policy comes from its signer, and epochs are made here. */
static bool
may_write(enum permit_role from, enum log_entry_type type)
{
	bool of_records = type == LOG_ENTRY_TYPE_SEGMENT ||
	    type == LOG_ENTRY_TYPE_DESTROY;

	return type != LOG_ENTRY_TYPE_POLICY && type != LOG_ENTRY_TYPE_EPOCH &&
	    of_records == (from == PERMIT_ROLE_RECORDS);
}

static void
on_append(struct ktlog *k, enum permit_role from, struct rd body)
{
	struct msg_log_append m;
	enum log_entry_type type;

	if (msg_parse(MSG_LOG_APPEND, body, &m) != RC_OK)
		_exit(70); /* not from our own */
	if (log_entry_parse(m.entry, &type, NULL) == RC_OK &&
	    may_write(from, type))
		append(k, from, m.req, m.entry);
	else
		answer(k, &(struct waiting){ from, m.req, 0 },
		    MSG_STATUS_MALFORMED);
}

static void
append_epoch(void *arg, struct rd entry)
{
	append(arg, PERMIT_ROLE_KTLOG, 0, entry);
}

static struct log_dir *
read_log(void *arg)
{
	struct ktlog *k = arg;

	return log_write_read(k->log);
}

static void
append_policy(struct ktlog *k)
{
	char hex[2 * HASH_SIZE + 1];
	char time[MONO_RFC3339_SIZE];
	struct wall now = mono_wall();
	json_t *o = NULL;
	struct buf b;

	buf_init(&b, LOG_ENTRY_MAX);
	k->policy_due = false;
	memcpy(k->sent_policy, k->next_policy, sizeof(k->sent_policy));
	/* one that comes back is other octets than it was: later than the
	 * last, whatever the clock says */
	if (now.s <= k->policy_time.s)
		now.s = k->policy_time.s + 1;
	k->policy_time = now;
	(void)sodium_bin2hex(
	    hex, sizeof(hex), k->next_policy, sizeof(k->next_policy));
	if (mono_rfc3339(now, time) == RC_OK)
		o = json_pack("{s:s,s:s,s:s}", "sha256", hex, "time", time,
		    "type", log_entry_name(LOG_ENTRY_TYPE_POLICY));
	if (o != NULL && log_entry_build(o, &b) == RC_OK)
		append(k, PERMIT_ROLE_KEYS, 0, buf_get(&b));
	json_body_free(o);
	buf_clear(&b);
}

static void
on_policy_hash(struct ktlog *k, struct rd body)
{
	struct msg_policy_hash m;

	if (msg_parse(MSG_POLICY_HASH, body, &m) != RC_OK)
		_exit(70);
	memcpy(k->next_policy, m.sha256, sizeof(k->next_policy));
	k->policy_due = memcmp(k->policy, k->next_policy, sizeof(k->policy)) !=
	    0;
}

/* --- signing
 * -------------------------------------------------------------------- */

static void
ask_keys(struct ktlog *k)
{
	struct msg_sign_checkpoint m = { .req = ++k->req,
		.size = log_write_size(k->log) };

	memcpy(m.root, log_write_root(k->log), sizeof(m.root));
	k->asked = true;
	child_send(k->child, PERMIT_ROLE_KEYS, MSG_SIGN_CHECKPOINT, &m);
}

/* What is to be done next, once nothing is under way. */
static void
step(struct ktlog *k)
{
	enum rc rc;

	if (k->broken) {
		k->broken = log_write_drop(k->log) != RC_OK;
		if (k->broken)
			retry_later(k);
	}
	if (k->asked || k->refused || k->broken)
		return;
	if (k->policy_due && k->retry == NULL)
		append_policy(k);
	if (log_write_size(k->log) == log_write_committed(k->log)) {
		if (log_write_group(k->log) == 0)
			return;
		rc = log_write_flush(k->log);
		if (rc != RC_OK) {
			fail_all(k, rc);
			return;
		}
	}
	ask_keys(k);
}

static void
on_turn(void *arg)
{
	struct ktlog *k = arg;

	epochs_on_turn(k->epochs);
	if (k->retry == NULL) /* else the disk is given a moment */
		step(k);
}

static void
committed(struct ktlog *k)
{
	uint64_t size = log_write_committed(k->log);
	size_t kept = 0;

	for (size_t i = 0; i < k->n_waiting; i++) {
		if (k->waiting[i].index < size)
			answer(k, &k->waiting[i], MSG_STATUS_OK);
		else
			k->waiting[kept++] = k->waiting[i];
	}
	k->n_waiting = kept;
	take_later(k);
	cosigners_announce(k->cosigners, log_write_read(k->log));
}

static void
on_signed(struct ktlog *k, struct rd body)
{
	struct msg_signed m;
	enum rc rc;

	if (msg_parse(MSG_SIGNED, body, &m) != RC_OK)
		_exit(70);
	if (!k->asked || m.req != k->req)
		return;
	k->asked = false;
	if (m.status == MSG_STATUS_FORBIDDEN) {
		k->refused = true;
		log_event(
		    LOG_KTLOG_REFUSED, LOG_U("size", log_write_size(k->log)));
	}
	if (m.status != MSG_STATUS_OK) {
		fail_all(k, RC_DENIED);
		return;
	}
	/* the first question of a life is about what is signed already */
	if (log_write_size(k->log) > log_write_committed(k->log)) {
		rc = log_write_commit(k->log, m.octets);
		if (rc != RC_OK) {
			fail_all(k, rc);
			return;
		}
	}
	committed(k);
}

/* --- reading
 * -------------------------------------------------------------------- */

/* "checkpoint", a tile, or of the directory. */
static enum rc
get(struct ktlog *k, struct rd path, struct buf *b, bool *ret_fixed)
{
	static const char directory[] = "directory/";
	const size_t n = sizeof(directory) - 1;
	struct tiles_id id;
	enum rc rc = RC_NOT_FOUND;

	*ret_fixed = false;
	if (k->refused || k->broken)
		return RC_IO;
	if (rd_is_eq(path, "checkpoint")) {
		if (log_write_committed(k->log) > 0)
			rc = log_dir_checkpoint(log_write_read(k->log), b);
	} else if (tiles_path_parse(path, &id) == RC_OK) {
		rc = log_dir_tile(log_write_read(k->log), &id, b);
		*ret_fixed = id.width == TILES_WIDTH;
	} else if (path.left > n && memcmp(path.p, directory, n) == 0) {
		rc = epochs_get(k->epochs,
		    (struct rd){ path.p + n, path.left - n }, b, ret_fixed);
	}
	return rc;
}

static void
on_get(struct ktlog *k, struct rd body)
{
	struct msg_log_get m;
	struct msg_log_file answer_to = { .req = 0 };
	struct buf b;
	bool is_fixed;
	enum rc rc;

	if (msg_parse(MSG_LOG_GET, body, &m) != RC_OK)
		_exit(70);
	buf_init(&b, TILES_BUNDLE_MAX);
	rc = get(k, m.path, &b, &is_fixed);
	if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_AGAIN)
		log_event(LOG_KTLOG_ERROR, LOG_RC(rc));
	answer_to.req = m.req;
	answer_to.fixed = rc == RC_OK && is_fixed;
	answer_to.status = rc == RC_OK ? MSG_STATUS_OK
	    : rc == RC_NOT_FOUND       ? MSG_STATUS_NOT_FOUND
				       : MSG_STATUS_DOWN;
	answer_to.octets = buf_get(&b);
	child_send(k->child, PERMIT_ROLE_FRONT, MSG_LOG_FILE, &answer_to);
	buf_clear(&b);
}

static void
on_proof_get(struct ktlog *k, struct rd body)
{
	struct msg_proof_get m;

	if (msg_parse(MSG_PROOF_GET, body, &m) != RC_OK)
		_exit(70);
	cosigners_prove(k->cosigners, log_write_read(k->log), &m);
}

static void
on_cosigned(struct ktlog *k, struct rd body)
{
	struct msg_cosigned m;
	struct buf note;
	enum rc rc;

	if (msg_parse(MSG_COSIGNED, body, &m) != RC_OK)
		_exit(70);
	buf_init(&note, CHECKPOINT_NOTE_MAX);
	rc = cosigners_add(
	    k->cosigners, log_write_read(k->log), m.size, m.line, &note);
	if (rc == RC_OK) {
		rc = log_write_commit(k->log, buf_get(&note));
		if (rc != RC_OK)
			log_event(LOG_KTLOG_ERROR, LOG_RC(rc));
	} else if (rc != RC_EXISTS && rc != RC_STATE) {
		log_event(LOG_WITNESS_REFUSED, LOG_RC(rc));
	}
	buf_clear(&note);
}

static void
on_slot_put(struct ktlog *k, struct rd body)
{
	epochs_on_slot_put(k->epochs, body);
}

static void
on_lookup_keys(struct ktlog *k, struct rd body)
{
	epochs_on_keys(k->epochs, body);
}

static void
on_snapshot_ready(struct ktlog *k, struct rd body)
{
	epochs_on_ready(k->epochs, body);
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	static const struct {
		enum msg_type type;
		void (*fn)(struct ktlog *k, struct rd body);
	} table[] = {
		{ MSG_SIGNED, on_signed },
		{ MSG_LOG_GET, on_get },
		{ MSG_POLICY_HASH, on_policy_hash },
		{ MSG_PROOF_GET, on_proof_get },
		{ MSG_COSIGNED, on_cosigned },
		{ MSG_SLOT_PUT, on_slot_put },
		{ MSG_LOOKUP_KEYS, on_lookup_keys },
		{ MSG_SNAPSHOT_READY, on_snapshot_ready },
	};
	struct ktlog *k = arg;

	if (fd >= 0)
		(void)close(fd);
	if (type == MSG_LOG_APPEND)
		on_append(k, from, body);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].type == type)
			table[i].fn(k, body);
}

/* --- life
 * ------------------------------------------------------------------------ */

/* Whether the entry is a policy: then it is the last one. */
static bool
is_policy(struct ktlog *k, enum log_entry_type type, const json_t *o)
{
	struct rd time;

	return type == LOG_ENTRY_TYPE_POLICY &&
	    json_body_hex(o, "sha256", sizeof(k->policy), k->policy) == RC_OK &&
	    json_body_str(o, "time", MONO_RFC3339_SIZE - 1, &time) == RC_OK &&
	    mono_rfc3339_parse((const char *)time.p, &k->policy_time) == RC_OK;
}

/* The last epoch in the log must be one of ours, or an older one. It also
 * knows where the last policy was; there may be a year of epochs behind it. */
static enum rc
check_epoch(struct ktlog *k, struct rd entry, uint64_t *i)
{
	uint64_t policy = 0;
	enum rc rc = epochs_check(k->epochs, entry, &policy);

	if (rc == RC_OK && policy + 2 < *i)
		*i = policy + 2; /* the entry before it is the next one read */
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* From the log's end: its last policy (none: zeros, which no hash is), and its
 * last epoch. */
static enum rc
find_last(struct ktlog *k)
{
	struct log_dir *d = log_write_read(k->log);
	enum log_entry_type type;
	json_t *o = NULL;
	struct buf b;
	bool has_policy = false;
	bool has_epoch = false;
	enum rc rc = RC_OK;

	buf_init(&b, LOG_ENTRY_MAX);
	log_dir_resize(d, log_write_size(k->log)); /* pending ones too */
	for (uint64_t i = log_dir_size(d); i > 0 && !has_policy; i--) {
		b.len = 0;
		TRY(log_dir_entry(d, i - 1, &b));
		if (log_entry_parse(buf_get(&b), &type, &o) != RC_OK)
			continue; /* of a later version */
		has_policy = is_policy(k, type, o);
		if (has_policy)
			epochs_on_policy(k->epochs, k->policy, i - 1);
		json_body_free(o);
		o = NULL;
		if (type == LOG_ENTRY_TYPE_EPOCH && !has_epoch) {
			has_epoch = true;
			TRY(check_epoch(k, buf_get(&b), &i));
		}
	}
out:
	log_dir_resize(d, log_write_committed(k->log));
	buf_clear(&b);
	return rc;
}

static void
on_begin(void *arg)
{
	struct ktlog *k = arg;

	/* whether keys knows this log as the longest it signed; the first
	 * turn has asked already where something was pending */
	if (log_write_size(k->log) > 0 && !k->asked)
		ask_keys(k);
}

static enum rc
open_directory(struct ktlog *k)
{
	const struct epochs_log log = { k, append_epoch, read_log };
	enum rc rc = RC_BUG;

	TRY(child_file_take(k->child, "directory", &k->directory));
	sandbox_beneath(k->directory);
	TRY(epochs_open(k->child, k->directory, &log, &k->epochs));
	TRY(find_last(k));
out:
	if (rc != RC_OK)
		log_event(LOG_EPOCH_ERROR, LOG_RC(rc));
	return rc;
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct ktlog *k = arg;
	uint8_t none[TREE_HASH_SIZE];
	int home = -1;
	enum rc rc = RC_BUG;

	k->child = c;
	k->directory = -1;
	/* its own seed would be read from a device the sandbox hides */
	json_object_seed(randombytes_random() | 1);
	tree_leaf(rd_str(""), none); /* loads the digest */
	buf_init(&k->later, LATER_MAX);
	TRY(child_file_take(c, "home", &home));
	rc = log_write_open(home, &k->log);
	if (rc != RC_OK)
		log_event(LOG_KTLOG_ERROR, LOG_RC(rc));
	TRY(rc);
	TRY(open_directory(k));
	TRY(cosigners_new(c, &k->cosigners));
	loop_on_turn(child_loop(c), on_turn, k);
	TRY(loop_defer(child_loop(c), on_begin, k));
	log_event(LOG_KTLOG_OPEN, LOG_U("size", log_write_size(k->log)));
out:
	if (home >= 0)
		(void)close(home);
	return rc;
}

/* What was not flushed was not promised; what was is taken up at the next
 * start. */
static void
on_stop(void *arg, struct child *c)
{
	(void)arg;
	child_done(c);
}

int
ktlog_main(void)
{
	struct ktlog *k = failmem_alloc(sizeof(*k));
	const struct child_hooks hooks = { k, on_start, on_msg, NULL, on_stop };
	int status;

	if (k == NULL)
		return 70;
	status = child_run(PERMIT_ROLE_KTLOG, &hooks);
	log_write_close(k->log);
	cosigners_free(k->cosigners);
	epochs_close(k->epochs);
	buf_clear(&k->later);
	free(k);
	return status;
}
