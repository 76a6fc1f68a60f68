#include <string.h>

#include "store/store_sqlite.h"

/* --- prekeys --- */

static enum rc
signed_put(struct store *s, const uint8_t account[static ID], uint8_t device,
    const struct prekey *k)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SIGNED_PUT);

	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	store_sqlite_bind_int(st, 3, k->id);
	store_sqlite_bind_blob(st, 4, k->key, 32);
	store_sqlite_bind_int(st, 5, k->time.s);
	store_sqlite_bind_blob(st, 6, k->signature, 64);
	return store_sqlite_run(s, st);
}

enum rc
store_prekeys_put(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, const struct prekey_upload *u)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	if (u->has_signed)
		TRY(signed_put(s, account, device, &u->signed_key));
	for (size_t i = 0; i < u->n_one_time; i++) {
		st = store_sqlite_ready(s, S_ONE_TIME_PUT);
		store_sqlite_bind_blob(st, 1, account, ID);
		store_sqlite_bind_int(st, 2, device);
		store_sqlite_bind_int(st, 3, u->one_time[i].id);
		store_sqlite_bind_blob(st, 4, u->one_time[i].key, 32);
		store_sqlite_bind_blob(st, 5, u->one_time[i].signature, 64);
		TRY(store_sqlite_run(s, st));
	}
out:
	return rc;
}

static enum rc
signed_get(struct store *s, const uint8_t account[static ID], uint8_t device,
    struct prekey *ret_k)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SIGNED_GET);
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	TRY(store_sqlite_row(st));
	ret_k->id = (uint32_t)sqlite3_column_int64(st, 0);
	TRY(store_sqlite_col_fixed(st, 1, ret_k->key, 32));
	ret_k->time.s = sqlite3_column_int64(st, 2);
	TRY(store_sqlite_col_fixed(st, 3, ret_k->signature, 64));
out:
	(void)sqlite3_reset(st);
	return rc;
}

/* Takes the lowest id that still has its key. Reading and clearing are two
 * statements of one transaction of the only connection: nobody is between. */
static enum rc
one_time_pop(struct store *s, const uint8_t account[static ID], uint8_t device,
    struct prekey *ret_k)
{
	sqlite3_stmt *st = NULL;
	sqlite3_stmt *clear = NULL;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_map(sqlite3_prepare_v2(s->db,
	    "SELECT id,key,signature FROM one_time WHERE account=?1 AND "
	    "device=?2 AND key IS NOT NULL ORDER BY id LIMIT 1",
	    -1, &st, NULL)));
	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	TRY(store_sqlite_row(st));
	ret_k->id = (uint32_t)sqlite3_column_int64(st, 0);
	TRY(store_sqlite_col_fixed(st, 1, ret_k->key, 32));
	TRY(store_sqlite_col_fixed(st, 2, ret_k->signature, 64));
	TRY(store_sqlite_map(sqlite3_prepare_v2(s->db,
	    "UPDATE one_time SET key=NULL,signature=x'' WHERE account=?1 AND "
	    "device=?2 AND "
	    "id=?3",
	    -1, &clear, NULL)));
	store_sqlite_bind_blob(clear, 1, account, ID);
	store_sqlite_bind_int(clear, 2, device);
	store_sqlite_bind_int(clear, 3, ret_k->id);
	TRY(store_sqlite_step(s, clear));
out:
	(void)sqlite3_finalize(st);
	(void)sqlite3_finalize(clear);
	return rc;
}

enum rc
store_prekey_pop(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, struct prekey_bundle *ret_b)
{
	struct prekey_bundle b = { .device = device };
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	TRY(signed_get(s, account, device, &b.signed_key));
	rc = one_time_pop(s, account, device, &b.one_time);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	b.has_one_time = rc == RC_OK;
	*ret_b = b;
	rc = RC_OK;
out:
	return rc;
}

enum rc
store_prekeys_count(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], uint8_t device,
    uint32_t *ret_n)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_ONE_TIME_COUNT);
	enum rc rc;

	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	rc = store_sqlite_row(st);
	if (rc == RC_OK) {
		*ret_n = (uint32_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	}
	return rc;
}

/* --- mailboxes --- */

static enum rc
mail_seq(struct store *s, const uint8_t account[static ID], uint8_t device,
    int64_t *ret_seq)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_MAIL_SEQ);
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	rc = store_sqlite_row(st);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		s->failed = rc;
	CHECK(rc == RC_OK, rc);
	*ret_seq = sqlite3_column_int64(st, 0);
	TRY(store_sqlite_step(s, st)); /* ends the UPDATE */
out:
	(void)sqlite3_reset(st);
	return rc;
}

enum rc
store_mail_append(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, const uint8_t id[static STORE_ID_SIZE],
    const struct store_mail *m)
{
	sqlite3_stmt *st;
	int64_t seq;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	TRY(mail_seq(s, account, device, &seq));
	st = store_sqlite_ready(s, S_MAIL_APPEND);
	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	store_sqlite_bind_int(st, 3, seq);
	store_sqlite_bind_blob(st, 4, id, ID);
	store_sqlite_bind_int(st, 5, m->kind);
	store_sqlite_bind_int(st, 6, m->time.s);
	store_sqlite_bind_blob(st, 7, m->octets.p, m->octets.left);
	TRY(store_sqlite_run(s, st));
	CHECK(sqlite3_changes(s->db) == 1, RC_EXISTS);
out:
	return rc;
}

enum rc
store_mail_each(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, uint64_t after, store_mail_fn fn, void *arg)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_MAIL_EACH);
	struct store_mail m;
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	store_sqlite_bind_int(st, 3, (int64_t)after);
	while ((rc = store_sqlite_row(st)) == RC_OK) {
		m.seq = (uint64_t)sqlite3_column_int64(st, 0);
		m.kind = (enum relay_kind)sqlite3_column_int(st, 1);
		m.time.s = sqlite3_column_int64(st, 2);
		m.octets = (struct rd){ sqlite3_column_blob(st, 3),
			(size_t)sqlite3_column_bytes(st, 3) };
		rc = fn(arg, &m);
		if (rc != RC_OK)
			break;
	}
	(void)sqlite3_reset(st);
	return rc == RC_NOT_FOUND || rc == RC_LIMIT ? RC_OK : rc;
}

enum rc
store_mail_ack(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, uint64_t seq)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_MAIL_ACK);
	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	store_sqlite_bind_int(st, 3, (int64_t)seq);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_mail_count(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, uint64_t *ret_n, uint64_t *ret_octets)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_MAIL_COUNT);
	enum rc rc;

	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, device);
	rc = store_sqlite_row(st);
	if (rc == RC_OK) {
		*ret_n = (uint64_t)sqlite3_column_int64(st, 0);
		*ret_octets = (uint64_t)sqlite3_column_int64(st, 1);
		(void)sqlite3_reset(st);
	}
	return rc;
}

static enum rc
expire(struct store *s, enum stmt_id id, struct wall before)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, id);
	store_sqlite_bind_int(st, 1, before.s);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_mail_expire(struct store *s, struct wall before)
{
	return expire(s, S_MAIL_EXPIRE, before);
}

/* --- registration sessions, sent SMS --- */

enum rc
store_session_put(struct store *s, const struct store_session *r)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_SESSION_PUT);
	store_sqlite_bind_blob(st, 1, r->id, ID);
	store_sqlite_bind_blob(st, 2, r->handle, STORE_HASH_SIZE);
	store_sqlite_bind_blob(st, 3, r->code_hash, 32);
	store_sqlite_bind_int(st, 4, r->created.s);
	store_sqlite_bind_int(st, 5, r->last_send.s);
	store_sqlite_bind_int(st, 6, r->last_check.s);
	store_sqlite_bind_int(st, 7, r->sends);
	store_sqlite_bind_int(st, 8, r->checks);
	store_sqlite_bind_int(st, 9, r->verified);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_session_get(struct store *s, const uint8_t id[static STORE_ID_SIZE],
    struct store_session *ret_r)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SESSION_GET);
	struct store_session r;
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, id, ID);
	TRY(store_sqlite_row(st));
	memcpy(r.id, id, ID);
	TRY(store_sqlite_col_fixed(st, 0, r.handle, STORE_HASH_SIZE));
	TRY(store_sqlite_col_fixed(st, 1, r.code_hash, 32));
	r.created.s = sqlite3_column_int64(st, 2);
	r.last_send.s = sqlite3_column_int64(st, 3);
	r.last_check.s = sqlite3_column_int64(st, 4);
	r.sends = (uint32_t)sqlite3_column_int64(st, 5);
	r.checks = (uint32_t)sqlite3_column_int64(st, 6);
	r.verified = sqlite3_column_int64(st, 7) != 0;
	*ret_r = r;
out:
	(void)sqlite3_reset(st);
	return rc;
}

enum rc
store_session_count(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE], struct wall since,
    uint32_t *ret_n)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SESSION_COUNT);
	enum rc rc;

	store_sqlite_bind_blob(st, 1, handle, STORE_HASH_SIZE);
	store_sqlite_bind_int(st, 2, since.s);
	rc = store_sqlite_row(st);
	if (rc == RC_OK) {
		*ret_n = (uint32_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	}
	return rc;
}

enum rc
store_session_expire(struct store *s, struct wall before)
{
	return expire(s, S_SESSION_EXPIRE, before);
}

enum rc
store_sms_expire(struct store *s, struct wall before)
{
	return expire(s, S_SMS_EXPIRE, before);
}

enum rc
store_sms_put(struct store *s, const uint8_t id[static STORE_ID_SIZE],
    const uint8_t account[static STORE_ID_SIZE], struct wall now)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_SMS_PUT);
	store_sqlite_bind_blob(st, 1, id, ID);
	store_sqlite_bind_blob(st, 2, account, ID);
	store_sqlite_bind_int(st, 3, now.s);
	TRY(store_sqlite_run(s, st));
	CHECK(sqlite3_changes(s->db) == 1, RC_EXISTS);
out:
	return rc;
}

enum rc
store_sms_get(struct store *s, const uint8_t id[static STORE_ID_SIZE],
    uint8_t ret_account[static STORE_ID_SIZE])
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SMS_GET);
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, id, ID);
	TRY(store_sqlite_row(st));
	TRY(store_sqlite_col_fixed(st, 0, ret_account, ID));
out:
	(void)sqlite3_reset(st);
	return rc;
}
