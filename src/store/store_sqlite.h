/*
 * store_sqlite: what the files of the embedded backend share: the statements,
 * and how they are bound, stepped and read.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H
#include <pthread.h>
#include <sqlite3.h>

#include "base/secret.h"
#include "store/store.h"

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
	S_SMS_EXPIRE,
	S_EPOCH_OPEN,
	S_EPOCH_CLOSE,
	S_EPOCHS,
	S_TOTALS,
	S_SLOT_ADD,
	S_SLOT_GET,
	S_SLOT_CHANGE,
	S_SLOT_DONE,
	S_SLOTS_CHANGED,
	S_COUNT
};

struct store {
	sqlite3 *db;
	struct secret *key;
	sqlite3_stmt *stmts[S_COUNT];
	bool dirty;     /* a transaction is open */
	enum rc failed; /* not OK: a change of it may be half done */
	pthread_t thread;
};

MUST_USE enum rc store_sqlite_map(int e);
/* The statement, reset, with nothing bound. */
sqlite3_stmt *store_sqlite_ready(struct store *s, enum stmt_id id);
void store_sqlite_bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n);
void store_sqlite_bind_int(sqlite3_stmt *st, int at, int64_t v);
/* For statements with no row of interest. A failure bars the commit. */
MUST_USE enum rc store_sqlite_run(struct store *s, sqlite3_stmt *st);
/* The same for one that is prepared for this call only. */
MUST_USE enum rc store_sqlite_step(struct store *s, sqlite3_stmt *st);
/* RC_OK: a row is there, reset after reading it; RC_NOT_FOUND. */
MUST_USE enum rc store_sqlite_row(sqlite3_stmt *st);
MUST_USE enum rc store_sqlite_col_fixed(
    sqlite3_stmt *st, int at, void *ret_p, size_t n);
/* Every write goes through here first. */
MUST_USE enum rc store_sqlite_begin(struct store *s);
#endif
