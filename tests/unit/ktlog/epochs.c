/* The directory in the process that writes the log, as the parent starts it,
 * on real files; this test plays exchange, lookup, keys and front. */
#include "ktlog/epochs.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#include "directory/bucket.h"
#include "directory/diff.h"
#include "directory/entries_page.h"
#include "directory/epoch_entry.h"
#include "directory/filter.h"
#include "ktlog/ktlog.h"
#include "merkle/checkpoint.h"
#include "pir/pir_server.h"
#include "unit/keys/process.h"
#include "unit/ktlog/numbers.h"
#include "wire/text64.h"

#define LONG_MS 60000 /* for a table under the sanitizers */

static char top[] = "/tmp/tacet-epochs-XXXXXX";
static char directory[64];
static char conf[256];
static uint8_t log_sk[64];
static struct chan *keys, *exchange, *front, *lookup, *records, *herald;
static uint64_t req;

static int
open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
begin(void)
{
	process_begin(PERMIT_ROLE_KTLOG, ktlog_main, conf);
	process_give(MSG_FILE, "home", open_dir(top));
	process_give(MSG_FILE, "directory", open_dir(directory));
	keys = process_peer(PERMIT_ROLE_KEYS);
	exchange = process_peer(PERMIT_ROLE_EXCHANGE);
	records = process_peer(PERMIT_ROLE_RECORDS);
	front = process_peer(PERMIT_ROLE_FRONT);
	herald = process_peer(PERMIT_ROLE_HERALD);
	lookup = process_peer(PERMIT_ROLE_LOOKUP);
	return process_start();
}

static void
tell_keys(uint32_t day)
{
	struct msg_lookup_keys m = { .voprf = { 1 }, .day = day };

	m.token[0] = (uint8_t)day;
	process_send(lookup, MSG_LOOKUP_KEYS, &m, -1);
}

static bool
start(void)
{
	const struct msg_policy_hash policy = { { 7 } };

	if (!begin())
		return false;
	process_send(keys, MSG_POLICY_HASH, &policy, -1);
	tell_keys(20000);
	return true;
}

static int
end(bool stop)
{
	int status;

	if (!stop)
		(void)kill(process_pid, SIGKILL);
	status = process_end(stop);
	chan_free(keys);
	chan_free(exchange);
	chan_free(records);
	chan_free(front);
	chan_free(herald);
	chan_free(lookup);
	return status;
}

/* --- everybody around it -------------------------------------------------- */

static void
sign(const struct msg_sign_checkpoint *m)
{
	struct checkpoint c = { .origin = rd_str("o"), .size = m->size };
	struct msg_signed answer = { .req = m->req };
	struct buf text, note;

	buf_init(&text, CHECKPOINT_NOTE_MAX);
	buf_init(&note, CHECKPOINT_NOTE_MAX);
	memcpy(c.root, m->root, sizeof(c.root));
	T_RC(RC_OK, checkpoint_build(&c, &text));
	T_RC(RC_OK, note_build(buf_get(&text), "o", log_sk, &note));
	answer.octets = buf_get(&note);
	process_send(keys, MSG_SIGNED, &answer, -1);
	buf_clear(&text);
	buf_clear(&note);
}

/* Takes a snapshot if one comes at once; closes *ret_fd's predecessor. */
static bool
take_snapshot(struct msg_snapshot *ret_m, int *ret_fd)
{
	struct pollfd p = { chan_fd(lookup), POLLIN, 0 };
	enum msg_type type;
	struct rd body;
	int fd = -1;

	if (chan_next(lookup, &type, &body, &fd) != RC_OK) {
		if (poll(&p, 1, 20) != 1 || chan_fill(lookup) != RC_OK ||
		    chan_next(lookup, &type, &body, &fd) != RC_OK)
			return false;
	}
	T_OK(type == MSG_SNAPSHOT && fd >= 0);
	T_RC(RC_OK, msg_parse(MSG_SNAPSHOT, body, ret_m));
	if (*ret_fd >= 0)
		(void)close(*ret_fd);
	*ret_fd = fd;
	return true;
}

/* Signs what is to be signed until a snapshot of that epoch comes. */
static bool
wait_snapshot(uint32_t epoch, struct msg_snapshot *ret_m, int *ret_fd)
{
	struct mono until = mono_add_ms(mono_now(), LONG_MS);
	struct msg_sign_checkpoint s;

	while (!mono_is_after(mono_now(), until)) {
		if (process_hear(keys, MSG_SIGN_CHECKPOINT, &s, 20))
			sign(&s);
		if (take_snapshot(ret_m, ret_fd) && ret_m->epoch == epoch)
			return true;
	}
	return false;
}

static void
ready(uint32_t epoch, enum msg_status status)
{
	const struct msg_snapshot_ready m = { epoch, (uint8_t)status };

	process_send(lookup, MSG_SNAPSHOT_READY, &m, -1);
}

/* An epoch from its closing to its being served; true: it went well. */
static bool
serve(uint32_t epoch, struct msg_snapshot *ret_m)
{
	struct msg_epoch told = { 0 };
	struct pir_table *t = NULL;
	int fd = -1;
	bool good;

	if (!wait_snapshot(epoch, ret_m, &fd))
		return false;
	good = pir_table_map(fd, 0, &t) == RC_OK &&
	    pir_table_shape(t)->columns == ret_m->columns &&
	    pir_table_shape(t)->blocks == ret_m->blocks;
	pir_table_free(t);
	(void)close(fd);
	ready(epoch, MSG_STATUS_OK);
	return process_hear(exchange, MSG_EPOCH, &told, PROCESS_WAIT_MS) &&
	    told.epoch == epoch && told.columns == ret_m->columns && good;
}

static void
send_put(const struct change *c)
{
	struct msg_slot_put m = { .req = ++req, .place = c->place };
	struct buf slot;

	buf_init(&slot, SLOT_SIZE);
	T_RC(RC_OK, slot_build(&c->slot, &slot));
	memcpy(m.entry, &c->entry, sizeof(m.entry));
	memcpy(m.slot, slot.p, sizeof(m.slot));
	process_send(exchange, MSG_SLOT_PUT, &m, -1);
	buf_clear(&slot);
}

static bool
done(struct msg_slot_done *ret_m)
{
	return process_hear(exchange, MSG_SLOT_DONE, ret_m, PROCESS_WAIT_MS) &&
	    ret_m->req == req;
}

/* The next version of a number, as the exchange makes it: it asks with what it
 * has and makes it again for what it is told. */
static bool
put(unsigned number, struct msg_slot_done *ret_m)
{
	struct change c = numbers_change(number, 0, 0, NULL);

	send_put(&c);
	if (!done(ret_m) || ret_m->status != MSG_STATUS_STALE)
		return false;
	c = numbers_change(
	    number, ret_m->epoch, ret_m->version, ret_m->hist_prev);
	send_put(&c);
	return done(ret_m) && ret_m->status == MSG_STATUS_OK &&
	    memcmp(ret_m->hist_prev, c.entry.commitment, 32) == 0;
}

static int
get(const char *path, struct msg_log_file *ret_m)
{
	const struct msg_log_get m = { ++req, rd_str(path) };

	process_send(front, MSG_LOG_GET, &m, -1);
	return process_hear(front, MSG_LOG_FILE, ret_m, PROCESS_WAIT_MS) &&
		ret_m->req == req
	    ? ret_m->status
	    : -1;
}

static int
get_hash(const char *folder, const uint8_t hash[static 32],
    struct msg_log_file *ret_m)
{
	char path[100];
	char hex[65];

	(void)sodium_bin2hex(hex, sizeof(hex), hash, 32);
	(void)snprintf(path, sizeof(path), "directory/%s/%s", folder, hex);
	return get(path, ret_m);
}

static void
hashes_of(const json_t *o, const char *name, struct tree_proof *ret_p)
{
	const json_t *a = json_object_get(o, name);
	size_t i, n;
	json_t *v;

	ret_p->n = json_array_size(a);
	json_array_foreach(a, i, v)
	{
		T_RC(RC_OK,
		    text64_std_parse(rd_str(json_string_value(v)), 32,
			ret_p->hashes[i], &n));
	}
}

/* What GET /v1/directory/epoch says, checked; from: a size, 0 for none. */
static bool
newest(uint64_t from, const uint8_t *from_root, struct epoch_entry *ret_e,
    struct checkpoint *ret_c)
{
	static uint8_t note[CHECKPOINT_NOTE_MAX];
	struct msg_log_file file;
	struct tree_proof path, consistency;
	uint8_t leaf[32];
	char url[64];
	const char *entry, *text;
	struct rd lines;
	json_t *o;
	bool good;

	(void)snprintf(url, sizeof(url), "directory/epoch?from=%llu",
	    (unsigned long long)from);
	if (get(from == 0 ? "directory/epoch" : url, &file) != MSG_STATUS_OK)
		return false;
	o = json_loadb((const char *)file.octets.p, file.octets.left, 0, NULL);
	entry = json_string_value(json_object_get(o, "entry"));
	text = json_string_value(json_object_get(o, "checkpoint"));
	if (entry == NULL || text == NULL || strlen(text) > sizeof(note))
		return false;
	memcpy(note, text, strlen(text));
	lines = (struct rd){ note, strlen(text) };
	T_RC(RC_OK, note_split(lines, &lines, &(struct rd){ NULL, 0 }));
	T_RC(RC_OK, checkpoint_parse(lines, ret_c));
	hashes_of(o, "path", &path);
	hashes_of(o, "consistency", &consistency);
	tree_leaf(rd_str(entry), leaf);
	good = epoch_entry_parse(rd_str(entry), ret_e) == RC_OK &&
	    tree_inclusion_check(leaf,
		(uint64_t)json_integer_value(json_object_get(o, "index")),
		ret_c->size, &path, ret_c->root) == RC_OK &&
	    (from == 0 ||
		tree_consistency_check(from, from_root, ret_c->size,
		    ret_c->root, &consistency) == RC_OK);
	json_decref(o);
	return good;
}

/* --- the tests ------------------------------------------------------------ */

static void
the_first_epoch_is_empty_and_served(void)
{
	struct msg_snapshot m = { 0 };
	struct epoch_entry e = { 0 };
	struct checkpoint c;
	struct msg_log_file file;

	T_OK(begin());
	T_OK(get("directory/epoch", &file) == MSG_STATUS_DOWN);
	T_OK(end(true) == 0);
	T_OK(start());
	T_OK(serve(1, &m));
	T_OK(m.columns == 2048 && m.blocks == 1);
	T_OK(newest(0, NULL, &e, &c));
	T_OK(e.epoch == 1 && e.policy[0] == 7 && e.voprf[0] == 1 &&
	    e.token[0] == (uint8_t)20000);
	T_MEM(m.root, e.root, 32);
	T_OK(get_hash("stash", e.stash, &file) == MSG_STATUS_OK);
	T_OK(file.octets.left == 0 && file.fixed);
	T_OK(get("directory/diff/1/0", &file) == MSG_STATUS_OK);
	T_OK(file.octets.left == 8);
	T_OK(get("directory/entries/1/0", &file) == MSG_STATUS_OK);
	T_OK(file.octets.left == 8);
}

/* The filter of an epoch has the tag, and is the one that its entry names. */
static void
has_filter(const struct epoch_entry *e, const struct change *like)
{
	struct msg_log_file file;
	struct filter f = { 0 };
	uint8_t hash[32];
	char path[120];
	char hex[65];

	(void)sodium_bin2hex(hex, sizeof(hex), e->filter, 32);
	(void)snprintf(path, sizeof(path), "directory/filter/%s/0", hex);
	T_OK(get(path, &file) == MSG_STATUS_OK && file.fixed);
	(void)crypto_hash_sha256(hash, file.octets.p, file.octets.left);
	T_MEM(hash, e->filter, sizeof(hash));
	T_RC(RC_OK, filter_parse(file.octets, &f));
	T_OK(f.n == 2 &&
	    filter_has(&f, filter_key(like->place, like->entry.tag)));
	(void)snprintf(path, sizeof(path), "directory/filter/%s/%zu", hex,
	    file.octets.left - 1);
	T_OK(get(path, &file) == MSG_STATUS_OK && file.octets.left == 1);
	(void)snprintf(path, sizeof(path), "directory/filter/%s/999999", hex);
	T_OK(get(path, &file) == MSG_STATUS_NOT_FOUND);
}

static void
a_change_is_durable_then_in_the_next_epoch(void)
{
	struct msg_slot_done s = { 0 };
	struct msg_snapshot m = { 0 };
	struct epoch_entry e = { 0 };
	struct entries_page page = { 0 };
	struct diff_page diff = { 0 };
	struct checkpoint before, c;
	struct change first = numbers_change(1, 2, 0, NULL);
	struct msg_log_file file;
	struct diff_row row;
	const char *why = NULL;
	uint8_t root[32];

	T_OK(newest(0, NULL, &e, &before));
	memcpy(root, before.root, sizeof(root));
	T_OK(put(1, &s) && s.epoch == 2 && s.version == 1);
	send_put(&first);
	T_OK(done(&s) && s.status == MSG_STATUS_OK); /* a repeat */
	T_OK(put(1, &s) && s.epoch == 2 && s.version == 2);
	T_OK(put(2, &s));
	first.entry.commitment[0] ^= 1;
	send_put(&first);
	T_OK(done(&s) && s.status == MSG_STATUS_MALFORMED);
	T_OK(serve(2, &m));
	T_OK(newest(before.size, root, &e, &c) && e.epoch == 2);
	T_MEM(m.root, e.root, 32);
	T_OK(get("directory/diff/2/0", &file) == MSG_STATUS_OK && file.fixed);
	T_RC(RC_OK, diff_page_parse(file.octets, &diff));
	T_OK(diff.total == 3 && diff.n == 3);
	while (diff.rows.left > 0) {
		T_RC(RC_OK, diff_row_parse(&diff.rows, &row));
		T_RC(RC_OK, diff_row_check(&row, 2, &why));
	}
	T_OK(get("directory/entries/2/0", &file) == MSG_STATUS_OK);
	T_RC(RC_OK, entries_page_parse(file.octets, &page));
	T_OK(page.n == 2);
	T_OK(get("directory/entries/1/0", &file) == MSG_STATUS_OK);
	T_RC(RC_OK, entries_page_parse(file.octets, &page));
	T_OK(page.n == 0);
	has_filter(&e, &first);
	first.entry.commitment[0] ^= 1;
	T_OK(get_hash("slots", first.entry.commitment, &file) == MSG_STATUS_OK);
	T_OK(file.octets.left == SLOT_SIZE);
}

static void
what_is_not_there_is_not_found(void)
{
	static const char *const bad[] = { "directory/", "directory/x",
		"directory/epoch?from=", "directory/epoch?from=01",
		"directory/epoch?from=9999", "directory/epoch?x",
		"directory/diff/3/0", "directory/diff/0/0",
		"directory/diff/2/3", "directory/diff/2", "directory/diff/2/",
		"directory/diff/2/0/0", "directory/entries/2/2048",
		"directory/entries/3/0", "directory/slots/00",
		"directory/stash/../changes", "directory/filter/00/0",
		"directory/filter/", "directory/stash/", "directory/changes",
		"directory/snapshot.2" };
	struct msg_log_file file;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_OK(get(bad[i], &file) == MSG_STATUS_NOT_FOUND);
	T_OK(end(true) == 0);
}

static void
changes_while_an_epoch_is_made_are_of_the_next(void)
{
	struct msg_slot_done s = { 0 };
	struct msg_snapshot m = { 0 };
	struct epoch_entry e = { 0 };
	struct checkpoint c;
	uint32_t last = 2;

	(void)snprintf(conf, sizeof(conf), "epoch_seconds = 1\n");
	T_OK(start());
	T_OK(serve(2, &m));
	/* more than one epoch is made meanwhile */
	for (unsigned i = 0; i < 30; i++) {
		T_OK(put(100 + i, &s));
		T_OK(s.epoch >= 3);
		if (i % 10 != 9)
			continue;
		T_OK(serve(++last, &m));
	}
	while (last < s.epoch)
		T_OK(serve(++last, &m));
	T_OK(newest(0, NULL, &e, &c) && e.epoch == last);
	T_OK(end(true) == 0);
}

static int
files_named(const char *prefix)
{
	DIR *d = opendir(directory);
	struct dirent *f;
	int n = 0;

	while ((f = readdir(d)) != NULL)
		n += strncmp(f->d_name, prefix, strlen(prefix)) == 0;
	(void)closedir(d);
	return n;
}

/* The newest epoch of this life, served; 0: none came. */
static uint32_t
serve_newest(struct msg_snapshot *ret_m)
{
	struct mono until = mono_add_ms(mono_now(), LONG_MS);
	struct msg_epoch told = { 0 };
	struct msg_sign_checkpoint s;
	int fd = -1;

	while (told.epoch == 0 && !mono_is_after(mono_now(), until)) {
		if (process_hear(keys, MSG_SIGN_CHECKPOINT, &s, 20))
			sign(&s);
		if (!take_snapshot(ret_m, &fd))
			continue;
		ready(ret_m->epoch, MSG_STATUS_OK);
		(void)process_hear(exchange, MSG_EPOCH, &told, 100);
	}
	if (fd >= 0)
		(void)close(fd);
	return told.epoch;
}

/* Killed again and again at other moments of making, logging, handing. */
static void
killed_at_any_moment_it_goes_on_and_loses_nothing(void)
{
	struct msg_sign_checkpoint sign_me;
	struct msg_slot_done s = { 0 };
	struct msg_snapshot m = { 0 };
	struct epoch_entry e = { 0 };
	struct checkpoint c;
	struct msg_log_file file;
	struct entries_page page = { 0 };
	uint32_t epoch = 0;
	int fd = -1;

	for (unsigned k = 0; k < 16; k++) {
		struct mono until = mono_add_ms(mono_now(), k * 97);

		T_OK(start());
		T_OK(put(1000 + k, &s));
		while (!mono_is_after(mono_now(), until)) {
			if (process_hear(
				keys, MSG_SIGN_CHECKPOINT, &sign_me, 5))
				sign(&sign_me);
			if (take_snapshot(&m, &fd) && k % 2 == 0)
				ready(m.epoch, MSG_STATUS_OK);
		}
		T_OK(end(false) == -1);
	}
	(void)close(fd);
	T_OK(start());
	T_OK(put(999, &s));
	do
		epoch = serve_newest(&m);
	while (epoch > 0 && epoch < s.epoch);
	T_OK(epoch == s.epoch && newest(0, NULL, &e, &c));
	T_OK(e.epoch == epoch);
	for (unsigned k = 0; k < 17; k++) {
		struct change like = numbers_change(
		    k == 16 ? 999 : 1000 + k, 1, 0, NULL);
		struct directory_item item = { 0 };
		char path[64];

		(void)snprintf(path, sizeof(path), "directory/entries/%u/%u",
		    epoch, like.place % 2048);
		T_OK(get(path, &file) == MSG_STATUS_OK);
		T_RC(RC_OK, entries_page_parse(file.octets, &page));
		do
			T_RC(RC_OK, stash_item_parse(&page.items, &item));
		while (memcmp(item.entry.tag, like.entry.tag, 7) != 0);
		T_OK(item.bucket == like.place % 2048);
	}
	T_OK(files_named("snapshot.") <= 4 && files_named("stash.") <= 4 &&
	    files_named("filter.") <= 4);
}

static void
a_damaged_table_is_made_again_as_it_was(void)
{
	struct msg_snapshot m = { 0 };
	struct msg_snapshot again = { 0 };
	struct epoch_entry e = { 0 };
	struct checkpoint c;
	char path[128];
	int fd = -1;

	T_OK(newest(0, NULL, &e, &c));
	T_OK(end(true) == 0);
	T_OK(start());
	T_OK(wait_snapshot(e.epoch, &m, &fd));
	ready(e.epoch, MSG_STATUS_DOWN); /* not now: sent again */
	T_OK(wait_snapshot(e.epoch, &again, &fd));
	ready(e.epoch, MSG_STATUS_MALFORMED);
	T_OK(serve(e.epoch, &again));
	T_MEM(m.root, again.root, 32);
	T_OK(end(true) == 0);
	(void)snprintf(
	    path, sizeof(path), "%s/snapshot.%u", directory, e.epoch);
	T_OK(unlink(path) == 0);
	T_OK(start());
	T_OK(serve(e.epoch, &again));
	T_MEM(m.root, again.root, 32);
	(void)close(fd);
}

static void
a_new_day_is_a_new_epoch_of_the_same_table(void)
{
	struct msg_snapshot m = { 0 };
	struct epoch_entry e = { 0 };
	struct epoch_entry next = { 0 };
	struct checkpoint c;

	T_OK(newest(0, NULL, &e, &c));
	tell_keys(20001);
	T_OK(serve(e.epoch + 1, &m));
	T_OK(newest(0, NULL, &next, &c));
	T_OK(next.epoch == e.epoch + 1 && next.token[0] == (uint8_t)20001);
	T_MEM(e.root, next.root, 32);
	T_OK(next.time_ms > e.time_ms);
	T_OK(end(true) == 0);
}

static void
time_grows_though_the_clock_goes_back(void)
{
	struct msg_snapshot m = { 0 };
	struct msg_slot_done s = { 0 };
	struct epoch_entry e = { 0 };
	struct epoch_entry next = { 0 };
	struct checkpoint c;

	(void)snprintf(
	    conf, sizeof(conf), "epoch_seconds = 1\nclock_offset = -864000\n");
	T_OK(start());
	tell_keys(20001);
	while (serve_newest(&m) == 0)
		;
	T_OK(newest(0, NULL, &e, &c));
	T_OK(put(5000, &s));
	T_OK(serve(e.epoch + 1, &m));
	T_OK(newest(0, NULL, &next, &c));
	T_OK(next.time_ms == e.time_ms + 1);
	T_OK(end(true) == 0);
}

static void
a_directory_older_than_its_log_is_no_start(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/epochs", directory);
	T_OK(unlink(path) == 0);
	(void)snprintf(path, sizeof(path), "%s/changes", directory);
	T_OK(unlink(path) == 0);
	T_OK(!begin());
	T_OK(end(false) == 80 + RC_CORRUPT);
}

static void
set_up(void)
{
	uint8_t seed[32] = { 1 };
	uint8_t pk[32];

	(void)signal(SIGPIPE, SIG_IGN);
	(void)crypto_sign_seed_keypair(pk, log_sk, seed);
	(void)snprintf(conf, sizeof(conf), "epoch_seconds = 10\n");
	if (mkdtemp(top) == NULL || chmod(top, 0777) != 0)
		abort();
	(void)snprintf(directory, sizeof(directory), "%s-directory", top);
	if (mkdir(directory, 0777) != 0 || chmod(directory, 0777) != 0)
		abort();
}

int
main(void)
{
	if (sodium_init() < 0 || freopen("/dev/null", "w", stderr) == NULL)
		return 1;
	set_up();
	TEST(the_first_epoch_is_empty_and_served);
	TEST(a_change_is_durable_then_in_the_next_epoch);
	TEST(what_is_not_there_is_not_found);
	TEST(changes_while_an_epoch_is_made_are_of_the_next);
	TEST(killed_at_any_moment_it_goes_on_and_loses_nothing);
	TEST(a_damaged_table_is_made_again_as_it_was);
	TEST(a_new_day_is_a_new_epoch_of_the_same_table);
	TEST(time_grows_though_the_clock_goes_back);
	TEST(a_directory_older_than_its_log_is_no_start);
	return tap_done();
}
