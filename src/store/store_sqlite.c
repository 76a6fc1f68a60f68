/*
 * The embedded backend: SQLite, WAL, synchronous=FULL, and exactly one
 * connection, which does every write and every checkpoint: both Debian
 * versions carry a bug that damages the WAL when two do.
 */
#include "store/store.h"

#include <string.h>

#include <sodium.h>
#include <sqlite3.h>

#include "base/failmem.h"
#include "base/secret.h"

#define SCHEMA 1
#define ID STORE_ID_SIZE

enum stmt_id {
	S_BEGIN,
	S_COMMIT,
	S_ROLLBACK,
	S_ACCOUNT_BY_HANDLE,
	S_ACCOUNT_GET,
	S_EPOCH,
	S_HANDLE_PUT,
	S_ACCOUNT_PUT,
	S_ACCOUNT_DEL,
	S_DEVICES_DEL,
	S_DEVICES,
	S_LIST_GET,
	S_SEEN,
	S_SIGNED_PUT,
	S_SIGNED_GET,
	S_ONE_TIME_PUT,
	S_ONE_TIME_COUNT,
	S_PREKEYS_PRUNE,
	S_SIGNED_PRUNE,
	S_MAIL_PRUNE,
	S_MAIL_SEQ,
	S_MAIL_APPEND,
	S_MAIL_EACH,
	S_MAIL_ACK,
	S_MAIL_COUNT,
	S_MAIL_EXPIRE,
	S_SESSION_PUT,
	S_SESSION_GET,
	S_SESSION_COUNT,
	S_SESSION_EXPIRE,
	S_SMS_PUT,
	S_SMS_GET,
	S_TOTALS,
	S_COUNT
};

#define ACCOUNT_COLUMNS                                                     \
	"account,handle,aik,records_key,epoch,version,registered,last_day," \
	"(SELECT count(*) FROM device d WHERE d.account=a.account)"

static const char *const sql[S_COUNT] = {
	[S_BEGIN] = "BEGIN IMMEDIATE",
	[S_COMMIT] = "COMMIT",
	[S_ROLLBACK] = "ROLLBACK",
	[S_ACCOUNT_BY_HANDLE] = "SELECT " ACCOUNT_COLUMNS
				" FROM account a WHERE handle=?1",
	[S_ACCOUNT_GET] = "SELECT " ACCOUNT_COLUMNS
			  " FROM account a WHERE account=?1",
	[S_EPOCH] = "SELECT epoch FROM handle WHERE handle=?1",
	[S_HANDLE_PUT] = "INSERT INTO handle(handle,epoch) VALUES(?1,?2) "
			 "ON CONFLICT(handle) DO UPDATE SET epoch=?2",
	[S_ACCOUNT_PUT] =
	    "INSERT INTO account(account,handle,aik,records_key,epoch,version,"
	    "registered,last_day,list) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) "
	    "ON CONFLICT(account) DO UPDATE SET records_key=?4,version=?6,"
	    "list=?9",
	[S_ACCOUNT_DEL] = "DELETE FROM account WHERE account=?1",
	[S_DEVICES_DEL] = "DELETE FROM device WHERE account=?1",
	[S_DEVICES] = "SELECT device,dsk,ek FROM device WHERE account=?1 "
		      "ORDER BY device",
	[S_LIST_GET] = "SELECT list FROM account WHERE account=?1",
	[S_SEEN] = "UPDATE account SET last_day=?2 WHERE account=?1 AND "
		   "last_day<?2",
	[S_SIGNED_PUT] =
	    "INSERT INTO signed(account,device,id,key,time,signature) "
	    "VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(account,device) DO UPDATE "
	    "SET id=?3,key=?4,time=?5,signature=?6",
	[S_SIGNED_GET] = "SELECT id,key,time,signature FROM signed WHERE "
			 "account=?1 AND device=?2",
	/* a key once handed out keeps its row without the key: its id can
	 * never be handed out again */
	[S_ONE_TIME_PUT] =
	    "INSERT INTO one_time(account,device,id,key,signature) "
	    "VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO NOTHING",
	[S_ONE_TIME_COUNT] = "SELECT count(*) FROM one_time WHERE account=?1 "
			     "AND device=?2 AND key IS NOT NULL",
	[S_PREKEYS_PRUNE] =
	    "DELETE FROM one_time WHERE account=?1 AND device NOT IN "
	    "(SELECT device FROM device WHERE account=?1)",
	[S_SIGNED_PRUNE] =
	    "DELETE FROM signed WHERE account=?1 AND device NOT IN "
	    "(SELECT device FROM device WHERE account=?1)",
	[S_MAIL_PRUNE] = "DELETE FROM mail WHERE account=?1 AND device NOT IN "
			 "(SELECT device FROM device WHERE account=?1)",
	[S_MAIL_SEQ] = "UPDATE device SET seq=seq+1 WHERE account=?1 AND "
		       "device=?2 RETURNING seq",
	[S_MAIL_APPEND] =
	    "INSERT INTO mail(account,device,seq,id,kind,time,octets) "
	    "VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO NOTHING",
	[S_MAIL_EACH] = "SELECT seq,kind,time,octets FROM mail WHERE "
			"account=?1 AND device=?2 AND seq>?3 ORDER BY seq",
	[S_MAIL_ACK] = "DELETE FROM mail WHERE account=?1 AND device=?2 AND "
		       "seq<=?3",
	[S_MAIL_COUNT] = "SELECT count(*),coalesce(sum(length(octets)),0) "
			 "FROM mail WHERE account=?1 AND device=?2",
	[S_MAIL_EXPIRE] = "DELETE FROM mail WHERE time<?1",
	[S_SESSION_PUT] =
	    "INSERT INTO session(id,handle,code_hash,created,last_send,"
	    "last_check,sends,checks,verified) "
	    "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9) ON CONFLICT(id) DO UPDATE SET "
	    "code_hash=?3,last_send=?5,last_check=?6,sends=?7,checks=?8,"
	    "verified=?9",
	[S_SESSION_GET] =
	    "SELECT handle,code_hash,created,last_send,last_check,sends,"
	    "checks,verified FROM session WHERE id=?1",
	[S_SESSION_COUNT] =
	    "SELECT count(*) FROM session WHERE handle=?1 AND created>?2",
	[S_SESSION_EXPIRE] = "DELETE FROM session WHERE created<?1",
	[S_SMS_PUT] = "INSERT INTO sms(id,account,time) VALUES(?1,?2,?3) "
		      "ON CONFLICT DO NOTHING",
	[S_SMS_GET] = "SELECT account FROM sms WHERE id=?1",
	[S_TOTALS] = "SELECT (SELECT count(*) FROM account),"
		     "(SELECT count(*) FROM mail)",
};

/* One text a version: migration i brings version i to i + 1. */
static const char *const migrations[SCHEMA] = {
	"CREATE TABLE handle(handle BLOB PRIMARY KEY,epoch INTEGER NOT NULL)"
	" WITHOUT ROWID;"
	"CREATE TABLE account(account BLOB PRIMARY KEY,handle BLOB NOT NULL "
	"UNIQUE,aik BLOB NOT NULL,records_key BLOB NOT NULL,epoch INTEGER NOT "
	"NULL,version INTEGER NOT NULL,registered INTEGER NOT NULL,last_day "
	"INTEGER NOT NULL,list BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE device(account BLOB NOT NULL,device INTEGER NOT NULL,"
	"dsk BLOB NOT NULL,ek BLOB NOT NULL,seq INTEGER NOT NULL DEFAULT 0,"
	"PRIMARY KEY(account,device)) WITHOUT ROWID;"
	"CREATE TABLE signed(account BLOB NOT NULL,device INTEGER NOT NULL,"
	"id INTEGER NOT NULL,key BLOB NOT NULL,time INTEGER NOT NULL,"
	"signature BLOB NOT NULL,PRIMARY KEY(account,device)) WITHOUT ROWID;"
	"CREATE TABLE one_time(account BLOB NOT NULL,device INTEGER NOT NULL,"
	"id INTEGER NOT NULL,key BLOB,signature BLOB NOT NULL,"
	"PRIMARY KEY(account,device,id)) WITHOUT ROWID;"
	"CREATE TABLE mail(account BLOB NOT NULL,device INTEGER NOT NULL,"
	"seq INTEGER NOT NULL,id BLOB NOT NULL,kind INTEGER NOT NULL,"
	"time INTEGER NOT NULL,octets BLOB NOT NULL,"
	"PRIMARY KEY(account,device,seq));"
	"CREATE UNIQUE INDEX mail_id ON mail(account,device,id);"
	"CREATE INDEX mail_time ON mail(time);"
	"CREATE TABLE session(id BLOB PRIMARY KEY,handle BLOB NOT NULL,"
	"code_hash BLOB NOT NULL,created INTEGER NOT NULL,last_send INTEGER "
	"NOT NULL,last_check INTEGER NOT NULL,sends INTEGER NOT NULL,checks "
	"INTEGER NOT NULL,verified INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX session_handle ON session(handle,created);"
	"CREATE TABLE sms(id BLOB PRIMARY KEY,account BLOB NOT NULL,time "
	"INTEGER NOT NULL) WITHOUT ROWID;",
};

struct store {
	sqlite3 *db;
	struct secret *key;
	sqlite3_stmt *stmts[S_COUNT];
	bool dirty;
};

static enum rc
map(int e)
{
	switch (e & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return RC_OK;
	case SQLITE_NOMEM:
		return RC_NOMEM;
	case SQLITE_FULL:
		return RC_NOSPACE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RC_CORRUPT;
	default:
		return RC_IO;
	}
}

/* --- binding and stepping
 * ----------------------------------------------------- */

static sqlite3_stmt *
ready(struct store *s, enum stmt_id id)
{
	sqlite3_stmt *st = s->stmts[id];

	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	return st;
}

static void
bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n)
{
	(void)sqlite3_bind_blob64(st, at, n == 0 ? "" : p, n, SQLITE_STATIC);
}

static void
bind_int(sqlite3_stmt *st, int at, int64_t v)
{
	(void)sqlite3_bind_int64(st, at, v);
}

/* For statements with no row of interest. */
static enum rc
run(sqlite3_stmt *st)
{
	int e = sqlite3_step(st);

	(void)sqlite3_reset(st);
	return map(e);
}

/* RC_OK: a row is there, reset after reading it. */
static enum rc
row(sqlite3_stmt *st)
{
	int e = sqlite3_step(st);

	if (e == SQLITE_ROW)
		return RC_OK;
	(void)sqlite3_reset(st);
	return e == SQLITE_DONE ? RC_NOT_FOUND : map(e);
}

static enum rc
col_fixed(sqlite3_stmt *st, int at, void *ret_p, size_t n)
{
	const void *p = sqlite3_column_blob(st, at);

	if (p == NULL || (size_t)sqlite3_column_bytes(st, at) != n)
		return RC_CORRUPT;
	memcpy(ret_p, p, n);
	return RC_OK;
}

/* Every write goes through here first. */
static enum rc
begin(struct store *s)
{
	enum rc rc = RC_OK;

	if (!s->dirty) {
		rc = run(ready(s, S_BEGIN));
		s->dirty = rc == RC_OK;
	}
	return rc;
}

enum rc
store_commit(struct store *s)
{
	enum rc rc = RC_OK;

	if (s->dirty) {
		rc = run(ready(s, S_COMMIT));
		if (rc == RC_OK)
			s->dirty = false;
	}
	return rc;
}

void
store_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		(void)run(ready(s, S_ROLLBACK));
	s->dirty = false;
}

bool
store_is_dirty(const struct store *s)
{
	return s->dirty;
}

/* --- opening
 * -------------------------------------------------------------------- */

/* The process lives in its own directory and may not be able to name it: the
 * file name is taken as it stands, and not made absolute. */
static int
full_path(sqlite3_vfs *vfs, const char *name, int n, char *ret_path)
{
	size_t len = strlen(name) + 1;

	(void)vfs;
	if ((size_t)n < len)
		return SQLITE_CANTOPEN;
	memcpy(ret_path, name, len);
	return SQLITE_OK;
}

static enum rc
vfs_register(void)
{
	static sqlite3_vfs vfs;
	const sqlite3_vfs *base;

	if (vfs.zName != NULL)
		return RC_OK;
	base = sqlite3_vfs_find("unix");
	if (base == NULL)
		return RC_BUG;
	vfs = *base;
	vfs.zName = "tacet";
	vfs.xFullPathname = full_path;
	return map(sqlite3_vfs_register(&vfs, 0));
}

static enum rc
pragma_int(struct store *s, const char *text, int64_t *ret_v)
{
	sqlite3_stmt *st = NULL;
	enum rc rc = RC_BUG;

	TRY(map(sqlite3_prepare_v2(s->db, text, -1, &st, NULL)));
	TRY(row(st));
	*ret_v = sqlite3_column_int64(st, 0);
out:
	(void)sqlite3_finalize(st);
	return rc;
}

static enum rc
migrate(struct store *s)
{
	int64_t version = 0;
	enum rc rc = RC_BUG;

	TRY(pragma_int(s, "PRAGMA user_version", &version));
	CHECK(version >= 0 && version <= SCHEMA, RC_STATE);
	for (; version < SCHEMA; version++) {
		char *text = sqlite3_mprintf(
		    "BEGIN IMMEDIATE;%s;PRAGMA user_version=%d;COMMIT;",
		    migrations[version], (int)version + 1);

		CHECK(text != NULL, RC_NOMEM);
		rc = map(sqlite3_exec(s->db, text, NULL, NULL, NULL));
		sqlite3_free(text);
		CHECK(rc == RC_OK, rc);
	}
out:
	return rc;
}

enum rc
store_open(const char *name, const uint8_t key[static STORE_KEY_SIZE],
    struct store **ret_s)
{
	struct store *s = NULL;
	enum rc rc = RC_BUG;

	s = failmem_alloc(sizeof(*s));
	CHECK(s != NULL, RC_NOMEM);
	TRY(secret_copy((struct rd){ key, STORE_KEY_SIZE }, &s->key));
	TRY(vfs_register());
	TRY(map(sqlite3_open_v2(name, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    "tacet")));
	/* locking_mode=EXCLUSIVE: the one connection, enforced by the file */
	TRY(map(sqlite3_exec(s->db,
	    "PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=FULL;PRAGMA mmap_size=0;"
	    "PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;"
	    "PRAGMA cache_size=-65536;",
	    NULL, NULL, NULL)));
	TRY(migrate(s));
	for (int i = 0; i < S_COUNT; i++)
		TRY(map(sqlite3_prepare_v3(s->db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->stmts[i], NULL)));
	*ret_s = s;
	s = NULL;
out:
	store_close(s);
	return rc;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < S_COUNT; i++)
		(void)sqlite3_finalize(s->stmts[i]);
	(void)sqlite3_close(s->db);
	secret_free(s->key);
	free(s);
}

void
store_handle(const struct store *s, const struct e164 *number,
    uint8_t ret_hash[static STORE_HASH_SIZE])
{
	(void)crypto_auth_hmacsha256(
	    ret_hash, number->digits, number->n, secret_get(s->key).p);
}

enum rc
store_backup(struct store *s, const char *name)
{
	char *text = NULL;
	enum rc rc = RC_BUG;

	TRY(store_commit(s));
	text = sqlite3_mprintf("VACUUM INTO %Q", name);
	CHECK(text != NULL, RC_NOMEM);
	TRY(map(sqlite3_exec(s->db, text, NULL, NULL, NULL)));
out:
	sqlite3_free(text);
	return rc;
}

enum rc
store_totals(struct store *s, uint64_t *ret_accounts, uint64_t *ret_mail)
{
	sqlite3_stmt *st = ready(s, S_TOTALS);
	enum rc rc = row(st);

	if (rc == RC_OK) {
		*ret_accounts = (uint64_t)sqlite3_column_int64(st, 0);
		*ret_mail = (uint64_t)sqlite3_column_int64(st, 1);
		(void)sqlite3_reset(st);
	}
	return rc;
}

/* --- accounts
 * ---------------------------------------------------------------------- */

static enum rc
account_row(sqlite3_stmt *st, struct store_account *ret_a)
{
	struct store_account a;
	enum rc rc = RC_BUG;

	TRY(row(st));
	TRY(col_fixed(st, 0, a.account, ID));
	TRY(col_fixed(st, 1, a.handle, STORE_HASH_SIZE));
	TRY(col_fixed(st, 2, a.aik, 32));
	TRY(col_fixed(st, 3, a.records_key, 32));
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
	sqlite3_stmt *st = ready(s, S_ACCOUNT_BY_HANDLE);

	bind_blob(st, 1, handle, STORE_HASH_SIZE);
	return account_row(st, ret_a);
}

enum rc
store_account_get(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    struct store_account *ret_a)
{
	sqlite3_stmt *st = ready(s, S_ACCOUNT_GET);

	bind_blob(st, 1, account, ID);
	return account_row(st, ret_a);
}

enum rc
store_epoch(struct store *s, const uint8_t handle[static STORE_HASH_SIZE],
    uint32_t *ret_epoch)
{
	sqlite3_stmt *st = ready(s, S_EPOCH);
	enum rc rc;

	bind_blob(st, 1, handle, STORE_HASH_SIZE);
	rc = row(st);
	if (rc == RC_OK) {
		*ret_epoch = (uint32_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	} else if (rc == RC_NOT_FOUND) {
		*ret_epoch = 0;
		rc = RC_OK;
	}
	return rc;
}

static enum rc
run_for_account(
    struct store *s, enum stmt_id id, const uint8_t account[static ID])
{
	sqlite3_stmt *st = ready(s, id);

	bind_blob(st, 1, account, ID);
	return run(st);
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
store_account_remove(
    struct store *s, const uint8_t account[static STORE_ID_SIZE])
{
	enum rc rc = RC_BUG;

	TRY(begin(s));
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
	TRY(map(sqlite3_prepare_v2(s->db,
	    "INSERT INTO device(account,device,dsk,ek) VALUES(?1,?2,?3,?4) "
	    "ON CONFLICT(account,device) DO UPDATE SET dsk=?3,ek=?4",
	    -1, &st, NULL)));
	for (size_t i = 0; i < l->n; i++) {
		(void)sqlite3_reset(st);
		bind_blob(st, 1, account, ID);
		bind_int(st, 2, l->devices[i].id);
		bind_blob(st, 3, l->devices[i].dsk, 32);
		bind_blob(st, 4, l->devices[i].ek, 32);
		TRY(map(sqlite3_step(st)));
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
	TRY(map(sqlite3_prepare_v2(s->db,
	    "DELETE FROM device WHERE account=?1 AND device=?2", -1, &st,
	    NULL)));
	for (size_t i = 0; i < n; i++) {
		if (in_list(l, d[i].id))
			continue;
		(void)sqlite3_reset(st);
		bind_blob(st, 1, account, ID);
		bind_int(st, 2, d[i].id);
		TRY(map(sqlite3_step(st)));
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
	sqlite3_stmt *st = ready(s, S_ACCOUNT_PUT);
	enum rc rc = RC_BUG;

	bind_blob(st, 1, a->account, ID);
	bind_blob(st, 2, a->handle, STORE_HASH_SIZE);
	bind_blob(st, 3, l->aik, 32);
	bind_blob(st, 4, l->records_key, 32);
	bind_int(st, 5, a->epoch);
	bind_int(st, 6, l->version);
	bind_int(st, 7, a->registered.s);
	bind_int(st, 8, a->last_day);
	bind_blob(st, 9, octets.p, octets.left);
	TRY(run(st));
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

	TRY(begin(s));
	rc = store_account_by_handle(s, a->handle, &old);
	CHECK(rc == RC_OK || rc == RC_NOT_FOUND, rc);
	if (rc == RC_OK && memcmp(old.aik, l->aik, 32) == 0) {
		now = old;
	} else {
		if (rc == RC_OK)
			TRY(store_account_remove(s, old.account));
		TRY(store_epoch(s, a->handle, &now.epoch));
		now.epoch++;
		st = ready(s, S_HANDLE_PUT);
		bind_blob(st, 1, a->handle, STORE_HASH_SIZE);
		bind_int(st, 2, now.epoch);
		TRY(run(st));
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
	TRY(begin(s));
	TRY(account_write(s, &a, l, octets));
out:
	return rc;
}

enum rc
store_list_get(
    struct store *s, const uint8_t account[static STORE_ID_SIZE], struct buf *b)
{
	sqlite3_stmt *st = ready(s, S_LIST_GET);
	enum rc rc = RC_BUG;

	bind_blob(st, 1, account, ID);
	TRY(row(st));
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

	TRY(begin(s));
	st = ready(s, S_SEEN);
	bind_blob(st, 1, account, ID);
	bind_int(st, 2, day);
	TRY(run(st));
out:
	return rc;
}

enum rc
store_devices(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    struct store_device ret_d[static DEVICE_LIST_MAX], size_t *ret_n)
{
	sqlite3_stmt *st = ready(s, S_DEVICES);
	size_t n = 0;
	enum rc rc = RC_BUG;

	bind_blob(st, 1, account, ID);
	while ((rc = row(st)) == RC_OK) {
		CHECK(n < DEVICE_LIST_MAX, RC_CORRUPT);
		ret_d[n].id = (uint8_t)sqlite3_column_int(st, 0);
		TRY(col_fixed(st, 1, ret_d[n].dsk, 32));
		TRY(col_fixed(st, 2, ret_d[n].ek, 32));
		n++;
	}
	CHECK(rc == RC_NOT_FOUND, rc);
	*ret_n = n;
	rc = RC_OK;
out:
	(void)sqlite3_reset(st);
	return rc;
}

/* --- prekeys
 * -------------------------------------------------------------------------- */

static enum rc
signed_put(struct store *s, const uint8_t account[static ID], uint8_t device,
    const struct prekey *k)
{
	sqlite3_stmt *st = ready(s, S_SIGNED_PUT);

	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	bind_int(st, 3, k->id);
	bind_blob(st, 4, k->key, 32);
	bind_int(st, 5, k->time.s);
	bind_blob(st, 6, k->signature, 64);
	return run(st);
}

enum rc
store_prekeys_put(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, const struct prekey_upload *u)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(begin(s));
	if (u->has_signed)
		TRY(signed_put(s, account, device, &u->signed_key));
	for (size_t i = 0; i < u->n_one_time; i++) {
		st = ready(s, S_ONE_TIME_PUT);
		bind_blob(st, 1, account, ID);
		bind_int(st, 2, device);
		bind_int(st, 3, u->one_time[i].id);
		bind_blob(st, 4, u->one_time[i].key, 32);
		bind_blob(st, 5, u->one_time[i].signature, 64);
		TRY(run(st));
	}
out:
	return rc;
}

static enum rc
signed_get(struct store *s, const uint8_t account[static ID], uint8_t device,
    struct prekey *ret_k)
{
	sqlite3_stmt *st = ready(s, S_SIGNED_GET);
	enum rc rc = RC_BUG;

	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	TRY(row(st));
	ret_k->id = (uint32_t)sqlite3_column_int64(st, 0);
	TRY(col_fixed(st, 1, ret_k->key, 32));
	ret_k->time.s = sqlite3_column_int64(st, 2);
	TRY(col_fixed(st, 3, ret_k->signature, 64));
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

	TRY(map(sqlite3_prepare_v2(s->db,
	    "SELECT id,key,signature FROM one_time WHERE account=?1 AND "
	    "device=?2 AND key IS NOT NULL ORDER BY id LIMIT 1",
	    -1, &st, NULL)));
	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	TRY(row(st));
	ret_k->id = (uint32_t)sqlite3_column_int64(st, 0);
	TRY(col_fixed(st, 1, ret_k->key, 32));
	TRY(col_fixed(st, 2, ret_k->signature, 64));
	TRY(map(sqlite3_prepare_v2(s->db,
	    "UPDATE one_time SET key=NULL WHERE account=?1 AND device=?2 AND "
	    "id=?3",
	    -1, &clear, NULL)));
	bind_blob(clear, 1, account, ID);
	bind_int(clear, 2, device);
	bind_int(clear, 3, ret_k->id);
	TRY(map(sqlite3_step(clear)));
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

	TRY(begin(s));
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
	sqlite3_stmt *st = ready(s, S_ONE_TIME_COUNT);
	enum rc rc;

	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	rc = row(st);
	if (rc == RC_OK) {
		*ret_n = (uint32_t)sqlite3_column_int64(st, 0);
		(void)sqlite3_reset(st);
	}
	return rc;
}

/* --- mailboxes
 * ------------------------------------------------------------------------- */

static enum rc
mail_seq(struct store *s, const uint8_t account[static ID], uint8_t device,
    int64_t *ret_seq)
{
	sqlite3_stmt *st = ready(s, S_MAIL_SEQ);
	enum rc rc = RC_BUG;

	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	TRY(row(st));
	*ret_seq = sqlite3_column_int64(st, 0);
	CHECK(sqlite3_step(st) == SQLITE_DONE, RC_IO); /* ends the UPDATE */
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

	TRY(begin(s));
	TRY(mail_seq(s, account, device, &seq));
	st = ready(s, S_MAIL_APPEND);
	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	bind_int(st, 3, seq);
	bind_blob(st, 4, id, ID);
	bind_int(st, 5, m->kind);
	bind_int(st, 6, m->time.s);
	bind_blob(st, 7, m->octets.p, m->octets.left);
	TRY(run(st));
	CHECK(sqlite3_changes(s->db) == 1, RC_EXISTS);
out:
	return rc;
}

enum rc
store_mail_each(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, uint64_t after, store_mail_fn fn, void *arg)
{
	sqlite3_stmt *st = ready(s, S_MAIL_EACH);
	struct store_mail m;
	enum rc rc = RC_BUG;

	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	bind_int(st, 3, (int64_t)after);
	while ((rc = row(st)) == RC_OK) {
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

	TRY(begin(s));
	st = ready(s, S_MAIL_ACK);
	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	bind_int(st, 3, (int64_t)seq);
	TRY(run(st));
out:
	return rc;
}

enum rc
store_mail_count(struct store *s, const uint8_t account[static STORE_ID_SIZE],
    uint8_t device, uint64_t *ret_n, uint64_t *ret_octets)
{
	sqlite3_stmt *st = ready(s, S_MAIL_COUNT);
	enum rc rc;

	bind_blob(st, 1, account, ID);
	bind_int(st, 2, device);
	rc = row(st);
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

	TRY(begin(s));
	st = ready(s, id);
	bind_int(st, 1, before.s);
	TRY(run(st));
out:
	return rc;
}

enum rc
store_mail_expire(struct store *s, struct wall before)
{
	return expire(s, S_MAIL_EXPIRE, before);
}

/* --- registration sessions, sent SMS
 * ------------------------------------------------------ */

enum rc
store_session_put(struct store *s, const struct store_session *r)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(begin(s));
	st = ready(s, S_SESSION_PUT);
	bind_blob(st, 1, r->id, ID);
	bind_blob(st, 2, r->handle, STORE_HASH_SIZE);
	bind_blob(st, 3, r->code_hash, 32);
	bind_int(st, 4, r->created.s);
	bind_int(st, 5, r->last_send.s);
	bind_int(st, 6, r->last_check.s);
	bind_int(st, 7, r->sends);
	bind_int(st, 8, r->checks);
	bind_int(st, 9, r->verified);
	TRY(run(st));
out:
	return rc;
}

enum rc
store_session_get(struct store *s, const uint8_t id[static STORE_ID_SIZE],
    struct store_session *ret_r)
{
	sqlite3_stmt *st = ready(s, S_SESSION_GET);
	struct store_session r;
	enum rc rc = RC_BUG;

	bind_blob(st, 1, id, ID);
	TRY(row(st));
	memcpy(r.id, id, ID);
	TRY(col_fixed(st, 0, r.handle, STORE_HASH_SIZE));
	TRY(col_fixed(st, 1, r.code_hash, 32));
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
	sqlite3_stmt *st = ready(s, S_SESSION_COUNT);
	enum rc rc;

	bind_blob(st, 1, handle, STORE_HASH_SIZE);
	bind_int(st, 2, since.s);
	rc = row(st);
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
store_sms_put(struct store *s, const uint8_t id[static STORE_ID_SIZE],
    const uint8_t account[static STORE_ID_SIZE], struct wall now)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(begin(s));
	st = ready(s, S_SMS_PUT);
	bind_blob(st, 1, id, ID);
	bind_blob(st, 2, account, ID);
	bind_int(st, 3, now.s);
	TRY(run(st));
	CHECK(sqlite3_changes(s->db) == 1, RC_EXISTS);
out:
	return rc;
}

enum rc
store_sms_get(struct store *s, const uint8_t id[static STORE_ID_SIZE],
    uint8_t ret_account[static STORE_ID_SIZE])
{
	sqlite3_stmt *st = ready(s, S_SMS_GET);
	enum rc rc = RC_BUG;

	bind_blob(st, 1, id, ID);
	TRY(row(st));
	TRY(col_fixed(st, 0, ret_account, ID));
out:
	(void)sqlite3_reset(st);
	return rc;
}
