/*
 * The conformance suite of the store: it knows the interface only, so that
 * every backend can be held to it. Each test has a file of its own in a
 * directory of its own.
 */
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "tap.h"

#define KILLS 12

static const uint8_t key[STORE_KEY_SIZE] = { 1, 2, 3 };
static struct store *s;

static struct e164
number(const char *text)
{
	struct e164 n = { 0 };

	T_RC(RC_OK, e164_parse(rd_str(text), &n));
	return n;
}

static void
open_again(void)
{
	store_close(s);
	s = NULL;
	T_RC(RC_OK, store_open("store.db", key, &s));
}

static void
fresh(void)
{
	store_close(s);
	s = NULL;
	(void)unlink("store.db");
	(void)unlink("store.db-wal");
	(void)unlink("store.db-shm");
	T_RC(RC_OK, store_open("store.db", key, &s));
}

/* A list as the store sees it: verified by others, so its octets are free. */
static struct device_list
list_of(uint8_t aik, uint32_t version, size_t n)
{
	struct device_list l = { .version = version, .n = n };

	memset(l.aik, aik, sizeof(l.aik));
	memset(l.records_key, aik + 1, sizeof(l.records_key));
	for (size_t i = 0; i < n; i++) {
		l.devices[i].id = (uint8_t)(i + 1);
		memset(l.devices[i].dsk, aik + 2 + (int)i, 32);
		memset(l.devices[i].ek, aik + 3 + (int)i, 32);
	}
	return l;
}

static struct store_account
put(const char *text, uint8_t aik, size_t n, int64_t when)
{
	struct store_account a = { .registered = { when }, .last_day = 1 };
	struct store_account now = { 0 };
	struct device_list l = list_of(aik, 1, n);
	struct e164 e = number(text);

	store_handle(s, &e, a.handle);
	randombytes_buf(a.account, sizeof(a.account));
	T_RC(RC_OK, store_account_put(s, &a, &l, rd_str("octets"), &now));
	return now;
}

static enum rc
mail(const struct store_account *a, uint8_t device, uint64_t id,
    const char *text)
{
	struct store_mail m = { .kind = RELAY_KIND_MESSAGE,
		.time = { 100 },
		.octets = rd_str(text) };
	uint8_t name[16] = { 0 };

	memcpy(name, &id, sizeof(id));
	return store_mail_append(s, a->account, device, name, &m);
}

struct seen {
	size_t n;
	uint64_t seqs[64];
	size_t stop_after; /* 0: never */
};

static enum rc
see(void *arg, const struct store_mail *m)
{
	struct seen *v = arg;

	if (v->stop_after != 0 && v->n == v->stop_after)
		return RC_LIMIT;
	v->seqs[v->n % 64] = m->seq;
	v->n++;
	return RC_OK;
}

static struct seen
all_mail(const struct store_account *a, uint8_t device, uint64_t after)
{
	struct seen v = { 0 };

	T_RC(RC_OK, store_mail_each(s, a->account, device, after, see, &v));
	return v;
}

/* --- accounts --- */

static void
an_account_is_found_by_number_and_by_id(void)
{
	struct store_account a;
	struct store_account b;
	struct store_device d[DEVICE_LIST_MAX];
	struct buf octets;
	size_t n = 0;

	fresh();
	a = put("+15550101", 10, 2, 1000);
	T_OK(a.epoch == 1 && a.devices == 2 && a.list_version == 1);
	T_RC(RC_OK, store_account_by_handle(s, a.handle, &b));
	T_MEM(a.account, b.account, 16);
	T_RC(RC_OK, store_account_get(s, a.account, &b));
	T_MEM(a.handle, b.handle, 32);
	T_OK(b.registered.s == 1000 && b.last_day == 1 && b.aik[0] == 10);
	T_OK(b.records_key[31] == 11);
	T_RC(RC_OK, store_devices(s, a.account, d, &n));
	T_OK(n == 2 && d[0].id == 1 && d[1].id == 2 && d[1].dsk[0] == 13);
	buf_init(&octets, 100);
	T_RC(RC_OK, store_list_get(s, a.account, &octets));
	T_OK(rd_is_eq(buf_get(&octets), "octets"));
	buf_clear(&octets);
	b.account[0] ^= 1;
	T_RC(RC_NOT_FOUND, store_account_get(s, b.account, &b));
	T_RC(RC_NOT_FOUND, store_list_get(s, b.account, &octets));
}

static void
the_same_identity_key_keeps_account_and_epoch(void)
{
	struct store_account a;
	struct store_account b;

	fresh();
	a = put("+15550101", 10, 2, 1000);
	T_RC(RC_OK, mail(&a, 1, 1, "kept"));
	T_RC(RC_OK, mail(&a, 2, 1, "goes with its device"));
	b = put("+15550101", 10, 1, 2000);
	T_MEM(a.account, b.account, 16);
	T_OK(b.epoch == 1 && b.devices == 1 && b.registered.s == 1000);
	T_OK(all_mail(&a, 1, 0).n == 1);
	T_OK(all_mail(&a, 2, 0).n == 0);
}

static void
another_identity_key_begins_a_new_epoch(void)
{
	struct store_account a;
	struct store_account b;
	struct store_epoch e[STORE_EPOCHS_MAX];
	uint32_t epoch = 0;
	size_t n = 0;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_OK, mail(&a, 1, 1, "for the old owner"));
	b = put("+15550101", 20, 1, 2000);
	T_OK(memcmp(a.account, b.account, 16) != 0);
	T_OK(b.epoch == 2);
	T_RC(RC_NOT_FOUND, store_account_get(s, a.account, &a));
	T_OK(all_mail(&a, 1, 0).n == 0);
	T_OK(all_mail(&b, 1, 0).n == 0);
	T_RC(RC_OK, store_account_remove(s, b.account, (struct wall){ 3000 }));
	T_RC(RC_OK, store_epoch(s, b.handle, &epoch));
	T_OK(epoch == 2);
	T_RC(RC_OK, store_epochs(s, b.handle, e, &n));
	T_OK(n == 2 && e[0].epoch == 1 && e[0].from.s == 1000 &&
	    e[0].to.s == 2000);
	T_OK(e[1].epoch == 2 && e[1].from.s == 2000 && e[1].to.s == 3000);
	b = put("+15550101", 20, 1, 4000);
	T_OK(b.epoch == 3);
	T_RC(RC_OK, store_epochs(s, b.handle, e, &n));
	T_OK(n == 3 && e[2].to.s == 0);
}

static void
a_list_must_be_the_next_version_of_the_same_key(void)
{
	struct store_account a;
	struct device_list l = list_of(10, 2, 3);

	fresh();
	a = put("+15550101", 10, 2, 1000);
	T_RC(RC_OK, mail(&a, 2, 1, "x"));
	T_RC(RC_OK, store_list_put(s, a.account, &l, rd_str("two")));
	T_RC(RC_STATE, store_list_put(s, a.account, &l, rd_str("two")));
	T_OK(all_mail(&a, 2, 0).n == 1);
	l = list_of(10, 3, 1);
	T_RC(RC_OK, store_list_put(s, a.account, &l, rd_str("three")));
	T_OK(all_mail(&a, 2, 0).n == 0);
	T_RC(RC_NOT_FOUND, mail(&a, 2, 2, "no such device"));
	l = list_of(11, 4, 1);
	T_RC(RC_DENIED, store_list_put(s, a.account, &l, rd_str("four")));
	l = list_of(10, 5, 1);
	T_RC(RC_STATE, store_list_put(s, a.account, &l, rd_str("five")));
}

static void
the_day_of_a_connection_only_grows(void)
{
	struct store_account a;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_OK, store_seen(s, a.account, 20));
	T_RC(RC_OK, store_seen(s, a.account, 19));
	T_RC(RC_OK, store_account_get(s, a.account, &a));
	T_OK(a.last_day == 20);
}

/* --- prekeys --- */

static void
a_one_time_key_is_handed_out_once(void)
{
	static struct prekey_upload u; /* large */
	struct prekey_bundle b;
	struct store_account a;
	uint32_t left = 0;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_NOT_FOUND, store_prekey_pop(s, a.account, 1, &b));
	u.has_signed = true;
	u.signed_key.id = 9;
	u.signed_key.key[0] = 99;
	u.n_one_time = 3;
	for (uint32_t i = 0; i < 3; i++) {
		u.one_time[i].id = 7 + i;
		u.one_time[i].key[0] = (uint8_t)(70 + i);
	}
	T_RC(RC_OK, store_prekeys_put(s, a.account, 1, &u));
	for (uint32_t i = 0; i < 3; i++) {
		T_RC(RC_OK, store_prekey_pop(s, a.account, 1, &b));
		T_OK(b.has_one_time && b.one_time.id == 7 + i);
		T_OK(b.one_time.key[0] == 70 + i && b.signed_key.id == 9);
	}
	/* a repeated upload does not bring a used key back */
	T_RC(RC_OK, store_prekeys_put(s, a.account, 1, &u));
	T_RC(RC_OK, store_prekeys_count(s, a.account, 1, &left));
	T_OK(left == 0);
	T_RC(RC_OK, store_prekey_pop(s, a.account, 1, &b));
	T_OK(!b.has_one_time && b.signed_key.key[0] == 99);
}

static void
a_used_key_stays_used_after_a_restart(void)
{
	static struct prekey_upload u;
	struct prekey_bundle b;
	struct store_account a;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	u.has_signed = true;
	u.n_one_time = 1;
	u.one_time[0].id = 1;
	T_RC(RC_OK, store_prekeys_put(s, a.account, 1, &u));
	T_RC(RC_OK, store_commit(s));
	T_RC(RC_OK, store_prekey_pop(s, a.account, 1, &b));
	T_OK(b.has_one_time);
	T_RC(RC_OK, store_commit(s));
	open_again();
	T_RC(RC_OK, store_prekey_pop(s, a.account, 1, &b));
	T_OK(!b.has_one_time);
}

/* --- mailboxes --- */

static void
mail_comes_in_order_and_a_repeat_is_stored_once(void)
{
	struct store_account a;
	struct seen v;
	uint64_t n = 0;
	uint64_t octets = 0;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_OK, mail(&a, 1, 1, "one"));
	T_RC(RC_OK, mail(&a, 1, 2, "two"));
	T_RC(RC_EXISTS, mail(&a, 1, 1, "one"));
	T_RC(RC_OK, mail(&a, 1, 3, "three"));
	v = all_mail(&a, 1, 0);
	T_OK(v.n == 3);
	T_OK(v.seqs[0] < v.seqs[1] && v.seqs[1] < v.seqs[2]);
	T_OK(all_mail(&a, 1, v.seqs[1]).n == 1);
	T_RC(RC_OK, store_mail_count(s, a.account, 1, &n, &octets));
	T_OK(n == 3 && octets == 11);
	T_RC(RC_OK, store_mail_ack(s, a.account, 1, v.seqs[1]));
	v = all_mail(&a, 1, 0);
	T_OK(v.n == 1);
	T_RC(RC_OK, store_mail_ack(s, a.account, 1, v.seqs[0]));
	/* numbers go on: an acknowledgement never reaches newer mail */
	T_RC(RC_OK, mail(&a, 1, 4, "four"));
	T_OK(all_mail(&a, 1, v.seqs[0]).n == 1);
}

static void
a_reader_may_stop(void)
{
	struct seen v = { .stop_after = 2 };
	struct store_account a;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	for (uint64_t i = 0; i < 5; i++)
		T_RC(RC_OK, mail(&a, 1, i, "x"));
	T_RC(RC_OK, store_mail_each(s, a.account, 1, 0, see, &v));
	T_OK(v.n == 2);
	T_OK(all_mail(&a, 1, v.seqs[1]).n == 3);
}

static void
old_mail_expires(void)
{
	struct store_account a;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_OK, mail(&a, 1, 1, "of second 100"));
	T_RC(RC_OK, store_mail_expire(s, (struct wall){ 100 }));
	T_OK(all_mail(&a, 1, 0).n == 1);
	T_RC(RC_OK, store_mail_expire(s, (struct wall){ 101 }));
	T_OK(all_mail(&a, 1, 0).n == 0);
}

/* --- sessions and SMS --- */

static void
a_session_is_kept_counted_and_expires(void)
{
	struct store_session r = { .id = { 5 },
		.handle = { 6 },
		.code_hash = { 7 },
		.created = { 50 },
		.last_send = { 51 },
		.last_check = { 52 },
		.sends = 1,
		.checks = 2 };
	struct store_session got;
	uint32_t n = 0;

	fresh();
	T_RC(RC_NOT_FOUND, store_session_get(s, r.id, &got));
	T_RC(RC_OK, store_session_put(s, &r));
	r.verified = true;
	r.sends = 3;
	T_RC(RC_OK, store_session_put(s, &r));
	T_RC(RC_OK, store_session_get(s, r.id, &got));
	T_OK(got.verified && got.sends == 3 && got.checks == 2);
	T_OK(got.created.s == 50 && got.last_send.s == 51 &&
	    got.last_check.s == 52);
	T_MEM(r.code_hash, got.code_hash, 32);
	T_RC(RC_OK, store_session_count(s, r.handle, (struct wall){ 49 }, &n));
	T_OK(n == 1);
	T_RC(RC_OK, store_session_count(s, r.handle, (struct wall){ 50 }, &n));
	T_OK(n == 0);
	T_RC(RC_OK, store_session_expire(s, (struct wall){ 51 }));
	T_RC(RC_NOT_FOUND, store_session_get(s, r.id, &got));
}

static void
a_sent_sms_finds_its_account(void)
{
	const uint8_t id[16] = { 1 };
	const uint8_t account[16] = { 2 };
	uint8_t got[16] = { 0 };

	fresh();
	T_RC(RC_NOT_FOUND, store_sms_get(s, id, got));
	T_RC(RC_OK, store_sms_put(s, id, account, (struct wall){ 10 }));
	T_RC(RC_EXISTS, store_sms_put(s, id, account, (struct wall){ 11 }));
	T_RC(RC_OK, store_sms_get(s, id, got));
	T_MEM(account, got, 16);
	T_RC(RC_OK, store_sms_expire(s, (struct wall){ 11 }));
	T_RC(RC_NOT_FOUND, store_sms_get(s, id, got));
}

/* --- durability --- */

static void
what_is_not_committed_is_gone(void)
{
	struct store_account a;
	struct store_account b;

	fresh();
	T_OK(!store_is_dirty(s));
	a = put("+15550101", 10, 1, 1000);
	T_OK(store_is_dirty(s));
	T_RC(RC_OK, store_commit(s));
	T_OK(!store_is_dirty(s));
	b = put("+15550102", 20, 1, 1000);
	open_again();
	T_RC(RC_OK, store_account_get(s, a.account, &a));
	T_RC(RC_NOT_FOUND, store_account_get(s, b.account, &b));
	T_RC(RC_OK, mail(&a, 1, 1, "x"));
	store_rollback(s);
	T_OK(!store_is_dirty(s));
	T_OK(all_mail(&a, 1, 0).n == 0);
	T_RC(RC_OK, mail(&a, 1, 1, "x"));
	T_RC(RC_OK, store_commit(s));
	T_OK(all_mail(&a, 1, 0).n == 1);
}

static void
limit_files(rlim_t octets)
{
	struct rlimit l;

	T_OK(getrlimit(RLIMIT_FSIZE, &l) == 0);
	l.rlim_cur = octets == 0 ? l.rlim_max : octets;
	T_OK(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

static void
a_disk_that_refuses_undoes_the_turn_and_then_works_again(void)
{
	static char big[90000];
	struct store_account a;
	enum rc rc = RC_OK;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_OK, mail(&a, 1, 1, "first"));
	T_RC(RC_OK, store_commit(s));
	memset(big, 'x', sizeof(big) - 1);
	limit_files(200000);
	for (uint64_t i = 2; i < 20 && rc == RC_OK; i++) {
		rc = mail(&a, 1, i, big);
		if (rc == RC_OK)
			rc = store_commit(s);
	}
	T_OK(rc == RC_IO || rc == RC_NOSPACE);
	T_OK(store_is_dirty(s));
	T_OK(store_commit(s) != RC_OK);
	store_rollback(s);
	T_OK(all_mail(&a, 1, 0).n >= 1);
	limit_files(0);
	T_RC(RC_OK, mail(&a, 1, 100, "space again"));
	T_RC(RC_OK, store_commit(s));
	open_again();
	T_RC(RC_EXISTS, mail(&a, 1, 100, "space again"));
	T_RC(RC_EXISTS, mail(&a, 1, 1, "first"));
}

/* The child appends and, only after a commit, tells the number. */
static void
append_for_ever(const struct store_account *a, int fd, uint64_t from)
{
	if (store_open("store.db", key, &s) != RC_OK)
		_exit(2);
	for (uint64_t id = from;; id++) {
		if (mail(a, 1, id, "some message") != RC_OK)
			_exit(3);
		if (id % 3 == 0) {
			if (store_commit(s) != RC_OK)
				_exit(4);
			if (write(fd, &id, sizeof(id)) != sizeof(id))
				_exit(5);
		}
	}
}

static uint64_t
kill_one(const struct store_account *a, uint64_t from, unsigned wait_us)
{
	uint64_t acked = 0;
	uint64_t id;
	int ends[2];
	int status = 0;
	pid_t pid;

	T_OK(pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		append_for_ever(a, ends[1], from);
	}
	(void)close(ends[1]);
	T_OK(read(ends[0], &acked, sizeof(acked)) == sizeof(acked));
	(void)usleep(wait_us);
	T_OK(kill(pid, SIGKILL) == 0);
	T_OK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	while (read(ends[0], &id, sizeof(id)) == sizeof(id))
		acked = id;
	(void)close(ends[0]);
	return acked;
}

static void
nothing_acknowledged_is_lost_to_a_kill(void)
{
	struct store_account a;
	uint64_t acked = 0;
	uint64_t next = 1;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	T_RC(RC_OK, store_commit(s));
	store_close(s);
	s = NULL;
	for (unsigned i = 0; i < KILLS; i++) {
		acked = kill_one(&a, next, 1500 * i);
		T_RC(RC_OK, store_open("store.db", key, &s));
		for (uint64_t id = 1; id <= acked; id++)
			if (mail(&a, 1, id, "some message") != RC_EXISTS)
				T_OK(
				    false /* an acknowledged entry is there */);
		store_rollback(s);
		next = 1 + all_mail(&a, 1, 0).n;
		T_OK(next > acked);
		store_close(s);
		s = NULL;
	}
}

/* --- the file --- */

static bool
file_has(const char *name, const void *bytes, size_t n)
{
	uint8_t *p = NULL;
	off_t size;
	bool found;
	int fd = open(name, O_RDONLY);

	if (fd < 0)
		return false;
	size = lseek(fd, 0, SEEK_END);
	p = malloc((size_t)size + 1);
	found = p != NULL && pread(fd, p, (size_t)size, 0) == size &&
	    memmem(p, (size_t)size, bytes, n) != NULL;
	free(p);
	(void)close(fd);
	return found;
}

static void
no_number_is_in_the_file(void)
{
	struct store_account a;

	fresh();
	a = put("+15550199123", 10, 1, 1000);
	T_RC(RC_OK, store_commit(s));
	T_OK(file_has("store.db-wal", a.handle, sizeof(a.handle)));
	T_OK(!file_has("store.db-wal", "15550199123", 11));
	store_close(s);
	s = NULL;
	T_OK(file_has("store.db", a.handle, sizeof(a.handle)));
	T_OK(!file_has("store.db", "15550199123", 11));
}

static void
another_key_and_a_newer_version_are_refused(void)
{
	static const uint8_t other[STORE_KEY_SIZE] = { 9 };
	struct store *t = NULL;
	uint8_t version[4] = { 0, 0, 0, 99 };
	int fd;

	fresh();
	store_close(s);
	s = NULL;
	T_RC(RC_DENIED, store_open("store.db", other, &t));
	T_OK(t == NULL);
	/* user_version: offset 60 (SQLite file format, section 1.3) */
	fd = open("store.db", O_WRONLY);
	T_OK(pwrite(fd, version, sizeof(version), 60) == sizeof(version));
	(void)close(fd);
	T_RC(RC_STATE, store_open("store.db", key, &t));
	T_OK(t == NULL);
}

static void
what_is_no_store_is_refused(void)
{
	struct store *t = NULL;
	int fd = open("junk.db", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < 1000; i++)
		T_OK(write(fd, "no database here", 16) == 16);
	(void)close(fd);
	T_RC(RC_CORRUPT, store_open("junk.db", key, &t));
	T_OK(t == NULL);
}

static void
a_backup_is_a_store(void)
{
	struct store_account a;
	struct store *t = NULL;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	(void)unlink("backup.db");
	T_RC(RC_OK, store_backup(s, "backup.db"));
	T_OK(store_backup(s, "backup.db") != RC_OK); /* never overwrites */
	T_RC(RC_OK, store_open("backup.db", key, &t));
	T_RC(RC_OK, store_account_get(t, a.account, &a));
	store_close(t);
}

static void
totals_are_counted(void)
{
	struct store_account a;
	uint64_t accounts = 0;
	uint64_t n = 0;

	fresh();
	a = put("+15550101", 10, 1, 1000);
	(void)put("+15550102", 20, 1, 1000);
	T_RC(RC_OK, mail(&a, 1, 1, "x"));
	T_RC(RC_OK, store_totals(s, &accounts, &n));
	T_OK(accounts == 2 && n == 1);
}

/* --- slots --- */

static struct store_slot
slot_of(const char *number, uint8_t y)
{
	struct store_slot t = { .place = 77 };
	struct e164 e;

	T_RC(RC_OK, e164_parse(rd_str(number), &e));
	store_handle(s, &e, t.handle);
	memset(t.y, y, sizeof(t.y));
	return t;
}

static void
a_slot_is_changed_until_the_last_change_is_done(void)
{
	struct store_slot t = slot_of("+15550101", 9);
	struct store_slot got[4];
	size_t n = 9;

	fresh();
	T_RC(RC_NOT_FOUND, store_slot_get(s, t.handle, &got[0]));
	T_RC(RC_OK, store_slot_change(s, t.handle)); /* there is none */
	T_RC(RC_OK, store_slots_changed(s, 4, got, &n));
	T_OK(n == 0);
	T_RC(RC_OK, store_slot_add(s, &t));
	T_RC(RC_OK, store_slots_changed(s, 4, got, &n));
	T_OK(n == 1 && got[0].changes == 1 && got[0].place == 77);
	T_OK(got[0].version == 0 && got[0].commitment[31] == 0);
	T_MEM(t.y, got[0].y, sizeof(t.y));
	T_MEM(t.handle, got[0].handle, sizeof(t.handle));
	/* a change comes while the first is on its way */
	T_RC(RC_OK, store_slot_change(s, t.handle));
	got[0].version = 1;
	got[0].epoch = 12;
	memset(got[0].commitment, 0xcc, 32);
	memset(got[0].sealed_hash, 0xdd, 32);
	T_RC(RC_OK, store_slot_done(s, &got[0]));
	T_RC(RC_OK, store_commit(s));
	T_RC(RC_OK, store_slots_changed(s, 4, got, &n));
	T_OK(n == 1 && got[0].changes == 1 && got[0].version == 1);
	T_OK(got[0].epoch == 12 && got[0].commitment[0] == 0xcc &&
	    got[0].sealed_hash[31] == 0xdd);
	got[0].version = 2;
	T_RC(RC_OK, store_slot_done(s, &got[0]));
	T_RC(RC_OK, store_slots_changed(s, 4, got, &n));
	T_OK(n == 0);
	/* a second first one is none */
	memset(t.y, 1, sizeof(t.y));
	T_RC(RC_OK, store_slot_add(s, &t));
	T_RC(RC_OK, store_slot_get(s, t.handle, &got[0]));
	T_OK(got[0].y[0] == 9 && got[0].version == 2 && got[0].changes == 0);
}

static void
changed_slots_come_so_many_at_a_time(void)
{
	struct store_slot got[4];
	struct store_slot t;
	char number[16];
	size_t n = 0;

	fresh();
	for (int i = 0; i < 6; i++) {
		(void)snprintf(number, sizeof(number), "+1555010%d", i);
		t = slot_of(number, (uint8_t)i);
		T_RC(RC_OK, store_slot_add(s, &t));
	}
	T_RC(RC_OK, store_slots_changed(s, 4, got, &n));
	T_OK(n == 4);
	for (size_t i = 0; i < n; i++)
		T_RC(RC_OK, store_slot_done(s, &got[i]));
	T_RC(RC_OK, store_slots_changed(s, 4, got, &n));
	T_OK(n == 2);
}

int
main(void)
{
	char dir[] = "/tmp/tacet-store-XXXXXX";

	if (sodium_init() < 0 || mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	(void)signal(SIGXFSZ, SIG_IGN);
	TEST(an_account_is_found_by_number_and_by_id);
	TEST(the_same_identity_key_keeps_account_and_epoch);
	TEST(another_identity_key_begins_a_new_epoch);
	TEST(a_list_must_be_the_next_version_of_the_same_key);
	TEST(the_day_of_a_connection_only_grows);
	TEST(a_one_time_key_is_handed_out_once);
	TEST(a_used_key_stays_used_after_a_restart);
	TEST(mail_comes_in_order_and_a_repeat_is_stored_once);
	TEST(a_reader_may_stop);
	TEST(old_mail_expires);
	TEST(a_session_is_kept_counted_and_expires);
	TEST(a_sent_sms_finds_its_account);
	TEST(what_is_not_committed_is_gone);
	TEST(a_disk_that_refuses_undoes_the_turn_and_then_works_again);
	TEST(nothing_acknowledged_is_lost_to_a_kill);
	TEST(no_number_is_in_the_file);
	TEST(another_key_and_a_newer_version_are_refused);
	TEST(what_is_no_store_is_refused);
	TEST(a_backup_is_a_store);
	TEST(totals_are_counted);
	TEST(a_slot_is_changed_until_the_last_change_is_done);
	TEST(changed_slots_come_so_many_at_a_time);
	store_close(s);
	(void)unlink("store.db");
	(void)unlink("store.db-wal");
	(void)unlink("junk.db");
	(void)unlink("backup.db");
	(void)rmdir(dir);
	return tap_done();
}
