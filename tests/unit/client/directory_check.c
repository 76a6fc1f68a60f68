#include "client/directory_check.h"
#include "unit/client/fake_directory.h"

#include "directory/bucket.h"
#include "directory/stash.h"
#include "tap.h"

#define ALICE "+15550100"
#define NOBODY "+15550142"

static struct fake_directory fd;
static const struct fd_cheat honest;
static int64_t now = 1795514400;

static void
put(const char *handle, uint8_t account, uint8_t devices)
{
	struct slot_plain plain = { .account = { account },
		.aik = { account } };

	fd_put(&fd, handle, &plain, devices);
}

/* A view that believes the newest epoch, as a client has it. */
static void
view_begin(struct keep_view *v)
{
	keep_view_init(v);
	v->trust = fd.trust;
	v->pin = KEEP_PIN_BY_HAND;
}

static enum directory_check_problem
ask(const struct keep_view *v, struct directory_check_epoch *ret_e)
{
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	struct fake_reply r = { .status = 0 };
	struct epoch_answer a;
	char path[64];
	enum rc rc;

	buf_init(&r.body, 65536);
	epoch_answer_init(&a);
	(void)snprintf(path, sizeof(path), "/v1/directory/epoch?from=%llu",
	    (unsigned long long)(fd.cheat.rollback > 0 ? 0 : v->point.size));
	fd_serve_epoch(&fd, path, &r);
	T_RC(RC_OK, epoch_answer_parse(buf_get(&r.body), &a));
	rc = directory_check_epoch(v, now, &a, ret_e, &p);
	T_OK((rc == RC_DENIED) == (p != DIRECTORY_CHECK_NONE));
	T_OK(rc == RC_OK || rc == RC_DENIED);
	buf_clear(&r.body);
	epoch_answer_clear(&a);
	return p;
}

static void
believe(struct keep_view *v)
{
	struct directory_check_epoch e;

	T_OK(ask(v, &e) == DIRECTORY_CHECK_NONE);
	v->point.size = e.point.size;
	memcpy(v->point.root, e.point.root, 32);
	buf_clear(&v->entry);
	T_RC(RC_OK, buf_add_rd(&v->entry, buf_get(&fd.entries[fd.index])));
	v->entry_index = fd.index;
	v->has_voprf = true;
	memcpy(v->voprf, e.entry.voprf, 32);
}

static void
epoch(int64_t seconds)
{
	now += seconds;
	fd.now = now;
	fd_epoch(&fd);
}

/* Each cheat of an epoch answer, and its name. */
static void
an_epoch_that_is_wrong_is_named(void)
{
	struct directory_check_epoch e;
	struct keep_view v;

	view_begin(&v);
	believe(&v);
	fd_log(&fd, rd_str("something else"));
	epoch(30);
	fd.cheat.unsigned_note = true;
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_UNSIGNED);
	fd.cheat = (struct fd_cheat){ .no_witness = true };
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_UNWITNESSED);
	fd.cheat = (struct fd_cheat){ .old_witness = true };
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_STALE);
	fd.cheat = (struct fd_cheat){ .other_consistency = true };
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_SPLIT);
	fd.cheat = (struct fd_cheat){ .other_path = true };
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_NOT_IN_LOG);
	fd.cheat = honest;
	believe(&v);
	fd.cheat = (struct fd_cheat){ .rollback = v.point.size - 1 };
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_BACK);
	fd.cheat = honest;
	keep_view_clear(&v);
}

static void
an_entry_that_is_wrong_is_named(void)
{
	struct directory_check_epoch e;
	struct fd_cheat cheats[] = { { .other_label = true },
		{ .other_voprf = true }, { .back_in_time = true } };
	enum directory_check_problem want[] = { DIRECTORY_CHECK_LABEL,
		DIRECTORY_CHECK_VOPRF, DIRECTORY_CHECK_BACK };
	struct keep_view v;

	view_begin(&v);
	believe(&v);
	for (size_t i = 0; i < ARRAY_LEN(cheats); i++) {
		fd.cheat = cheats[i];
		epoch(30);
		T_OK(ask(&v, &e) == want[i]);
	}
	fd.cheat = honest;
	fd_log(&fd, rd_str("{\"type\":\"policy\"}"));
	fd.index = fd.n_entries - 1;
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_NO_EPOCH);
	epoch(30);
	/* another entry under the number of the one that was seen */
	believe(&v);
	fd.epoch.epoch--;
	epoch(1);
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_SPLIT);
	epoch(1);
	keep_view_clear(&v);
}

/* The same size and another root, signed by all: a fork. */
static void
a_fork_of_the_same_size_is_a_split_view(void)
{
	struct directory_check_epoch e;
	struct keep_view v;

	view_begin(&v);
	believe(&v);
	v.point.root[0] ^= 1;
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_SPLIT);
	keep_view_clear(&v);
}

/* Without witnesses the epoch's own time is what is young or not. */
static void
without_witnesses_the_entry_must_be_young(void)
{
	struct directory_check_epoch e;
	struct keep_view v;

	view_begin(&v);
	v.trust.quorum = 0;
	epoch(30);
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_NONE);
	now += 600;
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_NONE);
	now += 1;
	T_OK(ask(&v, &e) == DIRECTORY_CHECK_STALE);
	keep_view_clear(&v);
	epoch(30);
}

static void
an_evaluation_under_another_key_is_denied(void)
{
	uint8_t answer[96], y[64], want[64];
	struct voprf_blinded b;
	struct voprf_batch batch = { .n = 1,
		.blinded = (const uint8_t(*)[32])b.element };
	struct rd input = rd_str("a number");

	T_RC(RC_OK, voprf_blind(input, &b));
	T_RC(RC_OK,
	    voprf_evaluate(
		fd.voprf_secret, &batch, (uint8_t(*)[32])answer, answer + 32));
	T_RC(RC_OK,
	    directory_check_element(
		fd.voprf_public, input, &b, (struct rd){ answer, 96 }, y));
	T_RC(RC_OK, voprf_output(fd.voprf_secret, input, want));
	T_OK(memcmp(y, want, sizeof(y)) == 0);
	T_RC(RC_DENIED,
	    directory_check_element(
		fd.token_public, input, &b, (struct rd){ answer, 96 }, y));
	for (size_t n = 0; n < sizeof(answer); n++) {
		uint8_t *p = tap_block(answer, n);

		T_RC(RC_MALFORMED,
		    directory_check_element(
			fd.voprf_public, input, &b, (struct rd){ p, n }, y));
		free(p);
	}
}

static void
column_of(const char *handle, struct buf *b)
{
	size_t n = directory_shape_column(&fd.epoch.shape);
	uint8_t *p = NULL;

	buf_init(b, n);
	T_RC(RC_OK, buf_reserve(b, n, &p));
	T_RC(RC_OK,
	    directory_build_column(fd.build,
		place_bucket(place_of(rd_str(handle)), fd.epoch.shape.columns),
		p));
	buf_commit(b, n);
}

static enum directory_check_problem
find(const char *handle, struct rd column, struct rd stash,
    struct directory_check_found *ret_f)
{
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	struct directory_check_question q = { .entry = &fd.epoch,
		.place = place_of(rd_str(handle)),
		.y = fd_number_of(&fd, handle)->y,
		.column = column,
		.stash = stash };
	enum rc rc = directory_check_answer(&q, ret_f, &p);

	T_OK((rc == RC_DENIED) == (p != DIRECTORY_CHECK_NONE));
	return p;
}

static void
a_bucket_says_who_is_there_and_who_is_not(void)
{
	struct directory_check_found f;
	struct rd stash = directory_build_stash(fd.build);
	uint8_t commitment[32];
	struct buf b;

	column_of(ALICE, &b);
	T_OK(find(ALICE, buf_get(&b), stash, &f) == DIRECTORY_CHECK_NONE);
	T_OK(f.is_there && f.devices == 2);
	slot_commitment(&fd_number_of(&fd, ALICE)->slot, commitment);
	T_OK(memcmp(f.commitment, commitment, 32) == 0);
	b.p[3] ^= 1;
	T_OK(find(ALICE, buf_get(&b), stash, &f) == DIRECTORY_CHECK_BUCKET);
	b.p[3] ^= 1;
	b.p[b.len - 1] ^= 1; /* the path */
	T_OK(find(ALICE, buf_get(&b), stash, &f) == DIRECTORY_CHECK_BUCKET);
	b.p[b.len - 1] ^= 1;
	b.len--;
	T_OK(find(ALICE, buf_get(&b), stash, &f) == DIRECTORY_CHECK_BUCKET);
	b.len++;
	T_OK(find(ALICE, buf_get(&b), rd_str("not it"), &f) ==
	    DIRECTORY_CHECK_STASH);
	buf_clear(&b);
	/* another number's bucket is not the one of this number */
	column_of(NOBODY, &b);
	T_OK(find(ALICE, buf_get(&b), stash, &f) == DIRECTORY_CHECK_BUCKET);
	T_OK(find(NOBODY, buf_get(&b), stash, &f) == DIRECTORY_CHECK_NONE);
	T_OK(!f.is_there);
	buf_clear(&b);
}

static void
what_the_stash_holds_is_there(void)
{
	struct directory_check_found f;
	struct directory_item item = { .bucket = place_bucket(
					   place_of(rd_str(NOBODY)),
					   fd.epoch.shape.columns) };
	struct slot s = { .version = 1 };
	struct slot_plain plain = { .account = { 5 } };
	uint8_t *y = fd_number_of(&fd, NOBODY)->y;
	uint8_t old[32];
	struct buf b, stash;

	buf_init(&stash, STASH_SIZE_MAX);
	slot_seal(y, &plain, &s);
	directory_entry_make(y, &s, 3, &item.entry);
	T_RC(RC_OK, stash_build(&item, 1, &stash));
	memcpy(old, fd.epoch.stash, 32);
	(void)crypto_hash_sha256(fd.epoch.stash, stash.p, stash.len);
	column_of(NOBODY, &b);
	T_OK(find(NOBODY, buf_get(&b), buf_get(&stash), &f) ==
	    DIRECTORY_CHECK_NONE);
	T_OK(f.is_there && f.devices == 3);
	memcpy(fd.epoch.stash, old, 32);
	buf_clear(&b);
	buf_clear(&stash);
}

static enum directory_check_problem
slot(const struct slot *s, const char *handle, const uint8_t commitment[32],
    const struct keep_slot *old, struct keep_slot *ret_s)
{
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	struct buf b;
	enum rc rc;

	buf_init(&b, SLOT_SIZE);
	T_RC(RC_OK, slot_build(s, &b));
	rc = directory_check_slot(buf_get(&b), fd_number_of(&fd, handle)->y,
	    commitment, old, ret_s, &p);
	T_OK((rc == RC_DENIED) == (p != DIRECTORY_CHECK_NONE));
	buf_clear(&b);
	return p;
}

static void
a_slot_must_continue_the_pinned_one(void)
{
	struct slot v2 = fd_number_of(&fd, ALICE)->slot; /* of main */
	struct slot v1 = fd.slots[0];
	struct keep_slot none = { .is_set = false }, one, two, bad;
	struct slot fork = v2;
	struct slot_plain plain = { .account = { 77 } };
	uint8_t c1[32], c2[32], c3[32];

	slot_commitment(&v1, c1);
	slot_commitment(&v2, c2);
	T_OK(slot(&v1, ALICE, c1, &none, &one) == DIRECTORY_CHECK_NONE);
	T_OK(one.version == 1 && one.account[0] == 1 && one.aik[0] == 1);
	T_OK(slot(&v2, ALICE, c2, &one, &two) == DIRECTORY_CHECK_NONE);
	T_OK(two.version == 2 && two.account[0] == 2);
	T_OK(slot(&v2, ALICE, c2, &two, &bad) == DIRECTORY_CHECK_NONE);
	T_OK(slot(&v2, ALICE, c1, &one, &bad) == DIRECTORY_CHECK_SLOT);
	T_OK(slot(&v2, NOBODY, c2, &none, &bad) == DIRECTORY_CHECK_SEAL);
	T_OK(slot(&v1, ALICE, c1, &two, &bad) == DIRECTORY_CHECK_SLOT_BACK);
	/* the same version again, of something else */
	slot_seal(fd_number_of(&fd, ALICE)->y, &plain, &fork);
	slot_commitment(&fork, c3);
	T_OK(slot(&fork, ALICE, c3, &two, &bad) == DIRECTORY_CHECK_CHAIN);
	/* the next version, of another history */
	fork.version = 3;
	slot_seal(fd_number_of(&fd, ALICE)->y, &plain, &fork);
	slot_commitment(&fork, c3);
	T_OK(slot(&fork, ALICE, c3, &two, &bad) == DIRECTORY_CHECK_CHAIN);
	memcpy(fork.hist_prev, c2, 32);
	slot_commitment(&fork, c3);
	T_OK(slot(&fork, ALICE, c3, &two, &bad) == DIRECTORY_CHECK_NONE);
}

static void
a_slot_of_another_size_is_none(void)
{
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	const struct keep_slot none = { .is_set = false };
	const struct slot *s = &fd_number_of(&fd, ALICE)->slot;
	struct keep_slot ret;
	uint8_t c[32];
	struct buf b;

	buf_init(&b, SLOT_SIZE + 1);
	T_RC(RC_OK, slot_build(s, &b));
	slot_commitment(s, c);
	for (size_t n = 0; n < SLOT_SIZE; n++) {
		uint8_t *block = tap_block(b.p, n);

		T_RC(RC_DENIED,
		    directory_check_slot((struct rd){ block, n },
			fd_number_of(&fd, ALICE)->y, c, &none, &ret, &p));
		T_OK(p == DIRECTORY_CHECK_SLOT);
		free(block);
	}
	T_RC(RC_OK, buf_u8(&b, 0));
	T_RC(RC_DENIED,
	    directory_check_slot(
		buf_get(&b), fd_number_of(&fd, ALICE)->y, c, &none, &ret, &p));
	buf_clear(&b);
}

static void
every_problem_has_a_name_of_its_own(void)
{
	for (int i = 0; i < DIRECTORY_CHECK_COUNT; i++) {
		const char *name = directory_check_name(
		    (enum directory_check_problem)i);

		T_OK(name != NULL && strlen(name) < KEEP_PROBLEM_SIZE);
		T_OK(strspn(name, "abcdefghijklmnopqrstuvwxyz-") ==
		    strlen(name));
		for (int k = 0; k < i; k++)
			T_OK(strcmp(name,
				 directory_check_name(
				     (enum directory_check_problem)k)) != 0);
	}
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	fd_init(&fd, now);
	fd_log(&fd, rd_str("{\"type\":\"policy\"}"));
	put(ALICE, 1, 1);
	epoch(0);
	put(ALICE, 2, 2);
	put("+15550123", 3, 1);
	epoch(30);
	TEST(an_epoch_that_is_wrong_is_named);
	TEST(an_entry_that_is_wrong_is_named);
	TEST(a_fork_of_the_same_size_is_a_split_view);
	TEST(without_witnesses_the_entry_must_be_young);
	TEST(an_evaluation_under_another_key_is_denied);
	TEST(a_bucket_says_who_is_there_and_who_is_not);
	TEST(what_the_stash_holds_is_there);
	TEST(a_slot_must_continue_the_pinned_one);
	TEST(a_slot_of_another_size_is_none);
	TEST(every_problem_has_a_name_of_its_own);
	fd_clear(&fd);
	return tap_done();
}
