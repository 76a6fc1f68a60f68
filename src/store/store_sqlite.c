/*
 * The embedded backend: SQLite, WAL, synchronous=FULL, and exactly one
 * connection, which does every write and every checkpoint: both Debian
 * versions carry a bug that damages the WAL when two do.
 */
#include "store/store_sqlite.h"

#include <string.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/secret.h"

#define SCHEMA 3

#define ACCOUNT_COLUMNS                                                     \
	"account,handle,aik,records_key,epoch,version,registered,last_day," \
	"(SELECT count(*) FROM device d WHERE d.account=a.account)"

#define SLOT_COLUMNS "handle,y,place,version,epoch,commitment,sealed,changes"

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
	[S_SMS_EXPIRE] = "DELETE FROM sms WHERE time<?1",
	[S_EPOCH_OPEN] = "INSERT INTO epoch(handle,epoch,start,stop) "
			 "VALUES(?1,?2,?3,0)",
	[S_EPOCH_CLOSE] = "UPDATE epoch SET stop=?2 WHERE stop=0 AND handle="
			  "(SELECT handle FROM account WHERE account=?1)",
	[S_EPOCHS] = "SELECT epoch,start,stop FROM (SELECT * FROM epoch WHERE "
		     "handle=?1 ORDER BY epoch DESC LIMIT ?2) ORDER BY epoch",
	[S_SLOT_ADD] = "INSERT INTO slot(handle,y,place,version,epoch,"
		       "commitment,sealed,changes) VALUES(?1,?2,?3,0,0,"
		       "zeroblob(32),zeroblob(32),1) ON CONFLICT DO NOTHING",
	[S_SLOT_GET] = "SELECT " SLOT_COLUMNS " FROM slot WHERE handle=?1",
	[S_SLOT_CHANGE] = "UPDATE slot SET changes=changes+1 WHERE handle=?1",
	[S_SLOT_DONE] = "UPDATE slot SET version=?2,epoch=?3,commitment=?4,"
			"sealed=?5,changes=max(0,changes-?6) WHERE handle=?1",
	[S_SLOTS_CHANGED] = "SELECT " SLOT_COLUMNS
			    " FROM slot WHERE changes>0 LIMIT ?1",
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
	"CREATE TABLE epoch(handle BLOB NOT NULL,epoch INTEGER NOT NULL,"
	"start INTEGER NOT NULL,stop INTEGER NOT NULL,"
	"PRIMARY KEY(handle,epoch)) WITHOUT ROWID;"
	"INSERT INTO epoch(handle,epoch,start,stop) "
	"SELECT handle,epoch,registered,0 FROM account;"
	/* the keys handed out stay as rows: they are not walked over */
	"CREATE INDEX one_time_left ON one_time(account,device,id) "
	"WHERE key IS NOT NULL;"
	"CREATE TABLE meta(name TEXT PRIMARY KEY,value BLOB NOT NULL) "
	"WITHOUT ROWID;",
	/* accounts of before have no slot until they register again: what y is
	 * of, the number, is not kept */
	"CREATE TABLE slot(handle BLOB PRIMARY KEY,y BLOB NOT NULL,"
	"place INTEGER NOT NULL,version INTEGER NOT NULL,"
	"epoch INTEGER NOT NULL,commitment BLOB NOT NULL,"
	"sealed BLOB NOT NULL,changes INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX slot_changed ON slot(handle) WHERE changes>0;",
};

enum rc
store_sqlite_map(int e)
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

/* --- binding and stepping --- */

sqlite3_stmt *
store_sqlite_ready(struct store *s, enum stmt_id id)
{
	sqlite3_stmt *st = s->stmts[id];

	(void)sqlite3_reset(st);
	(void)sqlite3_clear_bindings(st);
	return st;
}

void
store_sqlite_bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n)
{
	(void)sqlite3_bind_blob64(st, at, n == 0 ? "" : p, n, SQLITE_STATIC);
}

void
store_sqlite_bind_int(sqlite3_stmt *st, int at, int64_t v)
{
	(void)sqlite3_bind_int64(st, at, v);
}

/* For statements with no row of interest. */
enum rc
store_sqlite_run(struct store *s, sqlite3_stmt *st)
{
	enum rc rc = store_sqlite_step(s, st);

	(void)sqlite3_reset(st);
	return rc;
}

enum rc
store_sqlite_step(struct store *s, sqlite3_stmt *st)
{
	enum rc rc = store_sqlite_map(sqlite3_step(st));

	if (rc != RC_OK)
		s->failed = rc;
	return rc;
}

/* RC_OK: a row is there, reset after reading it. */
enum rc
store_sqlite_row(sqlite3_stmt *st)
{
	int e = sqlite3_step(st);

	if (e == SQLITE_ROW)
		return RC_OK;
	(void)sqlite3_reset(st);
	return e == SQLITE_DONE ? RC_NOT_FOUND : store_sqlite_map(e);
}

enum rc
store_sqlite_col_fixed(sqlite3_stmt *st, int at, void *ret_p, size_t n)
{
	const void *p = sqlite3_column_blob(st, at);

	if (p == NULL || (size_t)sqlite3_column_bytes(st, at) != n)
		return RC_CORRUPT;
	memcpy(ret_p, p, n);
	return RC_OK;
}

/* Every write goes through here first. */
enum rc
store_sqlite_begin(struct store *s)
{
	enum rc rc = RC_OK;

	/* two connections, or two threads in one, damage the WAL */
	ASSERT(pthread_equal(s->thread, pthread_self()));
	if (!s->dirty) {
		rc = store_sqlite_run(s, store_sqlite_ready(s, S_BEGIN));
		s->dirty = rc == RC_OK;
	}
	return rc;
}

enum rc
store_commit(struct store *s)
{
	enum rc rc = RC_OK;

	if (s->failed != RC_OK)
		return s->failed;
	if (s->dirty) {
		rc = store_sqlite_run(s, store_sqlite_ready(s, S_COMMIT));
		if (rc == RC_OK)
			s->dirty = false;
	}
	return rc;
}

void
store_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		/* a failed rollback leaves autocommit off: the next begin says
		 * so */
		(void)sqlite3_step(store_sqlite_ready(s, S_ROLLBACK));
	s->dirty = false;
	s->failed = RC_OK;
}

bool
store_is_dirty(const struct store *s)
{
	return s->dirty || s->failed != RC_OK;
}

/* --- opening --- */

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
	return store_sqlite_map(sqlite3_vfs_register(&vfs, 0));
}

static enum rc
pragma_int(struct store *s, const char *text, int64_t *ret_v)
{
	sqlite3_stmt *st = NULL;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_map(sqlite3_prepare_v2(s->db, text, -1, &st, NULL)));
	TRY(store_sqlite_row(st));
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
		rc = store_sqlite_map(
		    sqlite3_exec(s->db, text, NULL, NULL, NULL));
		sqlite3_free(text);
		CHECK(rc == RC_OK, rc);
	}
out:
	return rc;
}

/* With another key every number would look unregistered: better not to open.
 * The mark is made once, by the first to open. */
static enum rc
check_key(struct store *s)
{
	static const char label[] = "tacet store key v1";
	uint8_t mark[crypto_auth_hmacsha256_BYTES];
	uint8_t kept[crypto_auth_hmacsha256_BYTES];
	sqlite3_stmt *st = NULL;
	enum rc rc = RC_BUG;

	(void)crypto_auth_hmacsha256(mark, (const uint8_t *)label,
	    sizeof(label) - 1, secret_get(s->key).p);
	TRY(store_sqlite_map(sqlite3_prepare_v2(s->db,
	    "INSERT INTO meta(name,value) VALUES('key',?1) "
	    "ON CONFLICT DO NOTHING",
	    -1, &st, NULL)));
	store_sqlite_bind_blob(st, 1, mark, sizeof(mark));
	TRY(store_sqlite_step(s, st));
	(void)sqlite3_finalize(st);
	st = NULL;
	TRY(store_sqlite_map(sqlite3_prepare_v2(
	    s->db, "SELECT value FROM meta WHERE name='key'", -1, &st, NULL)));
	TRY(store_sqlite_row(st));
	TRY(store_sqlite_col_fixed(st, 0, kept, sizeof(kept)));
	CHECK(memcmp(mark, kept, sizeof(mark)) == 0, RC_DENIED);
out:
	(void)sqlite3_finalize(st);
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
	s->thread = pthread_self();
	TRY(secret_copy((struct rd){ key, STORE_KEY_SIZE }, &s->key));
	TRY(vfs_register());
	TRY(store_sqlite_map(sqlite3_open_v2(name, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    "tacet")));
	/* locking_mode=EXCLUSIVE: the one connection, enforced by the file */
	TRY(store_sqlite_map(sqlite3_exec(s->db,
	    "PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=FULL;PRAGMA mmap_size=0;"
	    "PRAGMA secure_delete=ON;PRAGMA temp_store=MEMORY;"
	    "PRAGMA cache_size=-65536;",
	    NULL, NULL, NULL)));
	TRY(migrate(s));
	TRY(check_key(s));
	for (int i = 0; i < S_COUNT; i++)
		TRY(store_sqlite_map(sqlite3_prepare_v3(s->db, sql[i], -1,
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
	TRY(store_sqlite_map(sqlite3_exec(s->db, text, NULL, NULL, NULL)));
out:
	sqlite3_free(text);
	return rc;
}

enum rc
store_totals(struct store *s, uint64_t *ret_accounts, uint64_t *ret_mail)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_TOTALS);
	enum rc rc = store_sqlite_row(st);

	if (rc == RC_OK) {
		*ret_accounts = (uint64_t)sqlite3_column_int64(st, 0);
		*ret_mail = (uint64_t)sqlite3_column_int64(st, 1);
		(void)sqlite3_reset(st);
	}
	return rc;
}
