#include <string.h>

#include "store/store_sqlite.h"

/* --- accounts --- */

static enum rc
account_row(sqlite3_stmt *st, struct store_account *ret_a)
{
	struct store_account a;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_row(st));
	TRY(store_sqlite_col_fixed(st, 0, a.account, ID));
	TRY(store_sqlite_col_fixed(st, 1, a.handle, STORE_HASH_SIZE));
	TRY(store_sqlite_col_fixed(st, 2, a.aik, 32));
	TRY(store_sqlite_col_fixed(st, 3, a.records_key, 32));
	a.epoch = (uint32_t)sqlite3_column_int64(st, 4);
	a.list_version = (uint32_t)sqlite3_column_int64(st, 5);
	a.registered.s = sqlite3_column_int64(st, 6);
	a.last_day = (int32_t)sqlite3_column_int64(st, 7);
	a.devices = (uint8_t)sqlite3_column_int(st, 8);
	*ret_a = a;
out:
	(void)sqlite3_reset(st);
	return rc;
}

enum rc
store_account_by_handle(struct store *s,
    const uint8_t handle[static STORE_HASH_SIZE], struct store_account *ret_a)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_ACCOUNT_BY_HANDLE);

	store_sqlite_bind_blob(st, 1, handle, STORE_HASH_SIZE);
	return account_row(st, ret_a);
}

enum rc
store_account_get(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    struct store_account *ret_a)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_ACCOUNT_GET);

	store_sqlite_bind_blob(st, 1, account, ID);
	return account_row(st, ret_a);
}

enum rc
store_epoch(struct store *s, const uint8_t handle[static STORE_HASH_SIZE],
    uint32_t *ret_epoch)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_EPOCH);
	enum rc rc;

	store_sqlite_bind_blob(st, 1, handle, STORE_HASH_SIZE);
	rc = store_sqlite_row(st);
	if (rc == RC_OK) {
		*ret_epoch = (uint32_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	} else if (rc == RC_NOT_FOUND) {
		*ret_epoch = 0;
		rc = RC_OK;
	}
	return rc;
}

enum rc
store_epochs(struct store *s, const uint8_t handle[static STORE_HASH_SIZE],
    struct store_epoch ret_e[static STORE_EPOCHS_MAX], size_t *ret_n)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_EPOCHS);
	size_t n = 0;
	enum rc rc;

	store_sqlite_bind_blob(st, 1, handle, STORE_HASH_SIZE);
	store_sqlite_bind_int(st, 2, STORE_EPOCHS_MAX);
	while ((rc = store_sqlite_row(st)) == RC_OK) {
		ret_e[n].epoch = (uint32_t)sqlite3_column_int64(st, 0);
		ret_e[n].from.s = sqlite3_column_int64(st, 1);
		ret_e[n].to.s = sqlite3_column_int64(st, 2);
		n++;
	}
	if (rc != RC_NOT_FOUND)
		return rc;
	*ret_n = n;
	return RC_OK;
}

static enum rc
run_for_account(
    struct store *s, enum stmt_id id, const uint8_t account[static ID])
{
	sqlite3_stmt *st = store_sqlite_ready(s, id);

	store_sqlite_bind_blob(st, 1, account, ID);
	return store_sqlite_run(s, st);
}

/* What belonged to devices that are not in the table any more. */
static enum rc
prune(struct store *s, const uint8_t account[static ID])
{
	enum rc rc = RC_BUG;

	TRY(run_for_account(s, S_PREKEYS_PRUNE, account));
	TRY(run_for_account(s, S_SIGNED_PRUNE, account));
	TRY(run_for_account(s, S_MAIL_PRUNE, account));
out:
	return rc;
}

enum rc
store_account_remove(struct store *s,
    const uint8_t account[static STORE_ID_SIZE], struct wall now)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_EPOCH_CLOSE);
	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, now.s);
	TRY(store_sqlite_run(s, st));
	TRY(run_for_account(s, S_DEVICES_DEL, account));
	TRY(prune(s, account));
	TRY(run_for_account(s, S_ACCOUNT_DEL, account));
out:
	return rc;
}

/* The device rows of a list; a device that stays keeps its mailbox counter. */
static enum rc
devices_put(struct store *s, const uint8_t account[static ID],
    const struct device_list *l)
{
	sqlite3_stmt *st = NULL;
	enum rc rc = RC_BUG;

	/* the statements are few and the verb is rare: no table entry */
	TRY(store_sqlite_map(sqlite3_prepare_v2(s->db,
	    "INSERT INTO device(account,device,dsk,ek) VALUES(?1,?2,?3,?4) "
	    "ON CONFLICT(account,device) DO UPDATE SET dsk=?3,ek=?4",
	    -1, &st, NULL)));
	for (size_t i = 0; i < l->n; i++) {
		(void)sqlite3_reset(st);
		store_sqlite_bind_blob(st, 1, account, ID);
		store_sqlite_bind_int(st, 2, l->devices[i].id);
		store_sqlite_bind_blob(st, 3, l->devices[i].dsk, 32);
		store_sqlite_bind_blob(st, 4, l->devices[i].ek, 32);
		TRY(store_sqlite_step(s, st));
	}
out:
	(void)sqlite3_finalize(st);
	return rc;
}

static bool
in_list(const struct device_list *l, uint8_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->devices[i].id == id)
			return true;
	return false;
}

static enum rc
devices_gone(struct store *s, const uint8_t account[static ID],
    const struct device_list *l)
{
	struct store_device d[DEVICE_LIST_MAX];
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(store_devices(s, account, d, &n));
	TRY(store_sqlite_map(sqlite3_prepare_v2(s->db,
	    "DELETE FROM device WHERE account=?1 AND device=?2", -1, &st,
	    NULL)));
	for (size_t i = 0; i < n; i++) {
		if (in_list(l, d[i].id))
			continue;
		(void)sqlite3_reset(st);
		store_sqlite_bind_blob(st, 1, account, ID);
		store_sqlite_bind_int(st, 2, d[i].id);
		TRY(store_sqlite_step(s, st));
	}
	TRY(prune(s, account));
out:
	(void)sqlite3_finalize(st);
	return rc;
}

static enum rc
account_write(struct store *s, const struct store_account *a,
    const struct device_list *l, struct rd octets)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_ACCOUNT_PUT);
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, a->account, ID);
	store_sqlite_bind_blob(st, 2, a->handle, STORE_HASH_SIZE);
	store_sqlite_bind_blob(st, 3, l->aik, 32);
	store_sqlite_bind_blob(st, 4, l->records_key, 32);
	store_sqlite_bind_int(st, 5, a->epoch);
	store_sqlite_bind_int(st, 6, l->version);
	store_sqlite_bind_int(st, 7, a->registered.s);
	store_sqlite_bind_int(st, 8, a->last_day);
	store_sqlite_bind_blob(st, 9, octets.p, octets.left);
	TRY(store_sqlite_run(s, st));
	TRY(devices_gone(s, a->account, l));
	TRY(devices_put(s, a->account, l));
out:
	return rc;
}

enum rc
store_account_put(struct store *s, const struct store_account *a,
    const struct device_list *l, struct rd list_octets,
    struct store_account *ret_a)
{
	struct store_account now = *a;
	struct store_account old;
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	rc = store_account_by_handle(s, a->handle, &old);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK && memcmp(old.aik, l->aik, 32) == 0) {
		now = old;
	} else {
		if (rc == RC_OK)
			TRY(store_account_remove(
			    s, old.account, a->registered));
		TRY(store_epoch(s, a->handle, &now.epoch));
		now.epoch++;
		st = store_sqlite_ready(s, S_HANDLE_PUT);
		store_sqlite_bind_blob(st, 1, a->handle, STORE_HASH_SIZE);
		store_sqlite_bind_int(st, 2, now.epoch);
		TRY(store_sqlite_run(s, st));
		st = store_sqlite_ready(s, S_EPOCH_OPEN);
		store_sqlite_bind_blob(st, 1, a->handle, STORE_HASH_SIZE);
		store_sqlite_bind_int(st, 2, now.epoch);
		store_sqlite_bind_int(st, 3, a->registered.s);
		TRY(store_sqlite_run(s, st));
	}
	TRY(account_write(s, &now, l, list_octets));
	TRY(store_account_get(s, now.account, ret_a));
out:
	return rc;
}

enum rc
store_list_put(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    const struct device_list *l, struct rd octets)
{
	struct store_account a;
	enum rc rc = RC_BUG;

	TRY(store_account_get(s, account, &a));
	CHECK(memcmp(a.aik, l->aik, 32) == 0, RC_DENIED);
	CHECK(l->version == a.list_version + 1, RC_STATE);
	TRY(store_sqlite_begin(s));
	TRY(account_write(s, &a, l, octets));
out:
	return rc;
}

enum rc
store_list_get(
    struct store *s, const uint8_t account[static STORE_ID_SIZE], struct buf *b)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_LIST_GET);
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, account, ID);
	TRY(store_sqlite_row(st));
	TRY(buf_add(b, sqlite3_column_blob(st, 0),
	    (size_t)sqlite3_column_bytes(st, 0)));
out:
	(void)sqlite3_reset(st);
	return rc;
}

enum rc
store_seen(
    struct store *s, const uint8_t account[static STORE_ID_SIZE], int32_t day)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_SEEN);
	store_sqlite_bind_blob(st, 1, account, ID);
	store_sqlite_bind_int(st, 2, day);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_devices(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    struct store_device ret_d[static DEVICE_LIST_MAX], size_t *ret_n)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_DEVICES);
	size_t n = 0;
	enum rc rc = RC_BUG;

	store_sqlite_bind_blob(st, 1, account, ID);
	while ((rc = store_sqlite_row(st)) == RC_OK) {
		CHECK(n < DEVICE_LIST_MAX, RC_CORRUPT);
		ret_d[n].id = (uint8_t)sqlite3_column_int(st, 0);
		TRY(store_sqlite_col_fixed(st, 1, ret_d[n].dsk, 32));
		TRY(store_sqlite_col_fixed(st, 2, ret_d[n].ek, 32));
		n++;
	}
	CHECK(rc == RC_NOT_FOUND, rc);
	*ret_n = n;
	rc = RC_OK;
out:
	(void)sqlite3_reset(st);
	return rc;
}
