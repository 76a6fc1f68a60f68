#include "store/store_sqlite.h"

static enum rc
slot_row(sqlite3_stmt *st, struct store_slot *ret_slot)
{
	struct store_slot s;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_row(st));
	TRY(store_sqlite_col_fixed(st, 0, s.handle, STORE_HASH_SIZE));
	TRY(store_sqlite_col_fixed(st, 1, s.y, STORE_Y_SIZE));
	s.place = (uint32_t)sqlite3_column_int64(st, 2);
	s.version = (uint32_t)sqlite3_column_int64(st, 3);
	s.epoch = (uint32_t)sqlite3_column_int64(st, 4);
	TRY(store_sqlite_col_fixed(st, 5, s.commitment, sizeof(s.commitment)));
	TRY(store_sqlite_col_fixed(
	    st, 6, s.sealed_hash, sizeof(s.sealed_hash)));
	s.changes = (uint64_t)sqlite3_column_int64(st, 7);
	*ret_slot = s;
out:
	return rc;
}

enum rc
store_slot_add(struct store *s, const struct store_slot *slot)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_SLOT_ADD);
	store_sqlite_bind_blob(st, 1, slot->handle, STORE_HASH_SIZE);
	store_sqlite_bind_blob(st, 2, slot->y, STORE_Y_SIZE);
	store_sqlite_bind_int(st, 3, slot->place);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_slot_get(struct store *s, const uint8_t handle[static STORE_HASH_SIZE],
    struct store_slot *ret_slot)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SLOT_GET);
	enum rc rc;

	store_sqlite_bind_blob(st, 1, handle, STORE_HASH_SIZE);
	rc = slot_row(st, ret_slot);
	(void)sqlite3_reset(st);
	return rc;
}

enum rc
store_slot_change(struct store *s, const uint8_t handle[static STORE_HASH_SIZE])
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_SLOT_CHANGE);
	store_sqlite_bind_blob(st, 1, handle, STORE_HASH_SIZE);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_slot_done(struct store *s, const struct store_slot *slot)
{
	sqlite3_stmt *st;
	enum rc rc = RC_BUG;

	TRY(store_sqlite_begin(s));
	st = store_sqlite_ready(s, S_SLOT_DONE);
	store_sqlite_bind_blob(st, 1, slot->handle, STORE_HASH_SIZE);
	store_sqlite_bind_int(st, 2, slot->version);
	store_sqlite_bind_int(st, 3, slot->epoch);
	store_sqlite_bind_blob(
	    st, 4, slot->commitment, sizeof(slot->commitment));
	store_sqlite_bind_blob(
	    st, 5, slot->sealed_hash, sizeof(slot->sealed_hash));
	store_sqlite_bind_int(st, 6, (int64_t)slot->changes);
	TRY(store_sqlite_run(s, st));
out:
	return rc;
}

enum rc
store_slots_changed(
    struct store *s, size_t n, struct store_slot *ret_slots, size_t *ret_n)
{
	sqlite3_stmt *st = store_sqlite_ready(s, S_SLOTS_CHANGED);
	size_t i = 0;
	enum rc rc = RC_OK;

	store_sqlite_bind_int(st, 1, (int64_t)n);
	while (i < n && (rc = slot_row(st, &ret_slots[i])) == RC_OK)
		i++;
	(void)sqlite3_reset(st);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	*ret_n = i;
	return RC_OK;
}
