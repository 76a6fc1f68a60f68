/*
 * A random history of the directory: after each epoch the root that the server
 * comes to, the root that an auditor comes to from diffs alone, and the root of
 * a naive rebuild are the same, and a second auditor may begin anywhere.
 * TACET_OPS changes (10,000), TACET_SEED.
 */
#include <fcntl.h>
#include <unistd.h>

#include "directory/diff.h"
#include "directory/directory_audit.h"
#include "directory/directory_build.h"
#include "directory/entries_page.h"
#include "directory/place.h"
#include "directory/stash.h"
#include "ktlog/changes.h"
#include "unit/ktlog/numbers.h"

#define NUMBERS 4000

static char top[] = "/tmp/tacet-history-XXXXXX";
static int dir;
static unsigned ops = 10000;
static uint64_t seed;

#define EPOCHS_MAX 2000
static struct epoch_entry epochs[EPOCHS_MAX];

/* What is true of each number, kept apart from the code under test. */
static struct change truth[NUMBERS];

static unsigned
draw(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

/* --- the naive rebuild ---------------------------------------------------- */

struct naive { /* of one bucket: sorted by tag */
	const struct change *in[NUMBERS];
	size_t n;
};

static int
by_tag(const void *a, const void *b)
{
	const struct change *x = *(const struct change *const *)a;
	const struct change *y = *(const struct change *const *)b;

	return memcmp(x->entry.tag, y->entry.tag, 7);
}

static void
hash_two(uint8_t prefix, const uint8_t *a, size_t n, uint8_t *ret_hash)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, &prefix, 1);
	crypto_hash_sha256_update(&st, a, n);
	crypto_hash_sha256_final(&st, ret_hash);
}

/* By the shape that the server took: what it should be is the stash's matter,
 * which is compared through the auditors. */
static void
naive_root(const struct directory_shape *shape, uint8_t ret_root[static 32])
{
	static uint8_t level[1u << 15][32];
	static struct naive b;
	static uint8_t entries[400 * 40];
	size_t cap = directory_shape_capacity(shape);

	T_OK(shape->columns <= 1u << 15 && cap <= 400);
	for (uint32_t c = 0; c < shape->columns; c++) {
		b.n = 0;
		for (unsigned i = 0; i < NUMBERS; i++)
			if (truth[i].slot.version > 0 &&
			    truth[i].place % shape->columns == c)
				b.in[b.n++] = &truth[i];
		qsort(b.in, b.n, sizeof(b.in[0]), by_tag);
		memset(entries, 0, sizeof(entries));
		for (size_t i = 0; i < b.n && i < cap; i++)
			memcpy(entries + 40 * i, &b.in[i]->entry, 40);
		hash_two(0, entries, 40 * cap, level[c]);
	}
	for (size_t n = shape->columns; n > 1; n /= 2)
		for (size_t i = 0; i < n; i += 2)
			hash_two(1, level[i], 64, level[i / 2]);
	memcpy(ret_root, level[0], 32);
}

/* --- the server ----------------------------------------------------------- */

static void
change_one(struct changes *c)
{
	unsigned i = draw(NUMBERS);
	struct changes_state s;
	struct change next = numbers_change(i, changes_epoch(c),
	    truth[i].slot.version, truth[i].entry.commitment);
	enum rc rc;

	/* some anywhere, some in a crowd that makes the shape grow */
	if (truth[i].slot.version > 0)
		next.place = truth[i].place;
	else if (draw(8) == 0)
		next.place = 5 + 2048 * draw(512);
	else if (draw(2) == 0)
		next.place = draw(PLACE_COUNT);
	rc = changes_put(c, &next, &s);
	if (rc == RC_AGAIN) {
		T_RC(RC_OK, changes_sync(c));
		rc = changes_put(c, &next, &s);
	}
	T_RC(RC_OK, rc);
	truth[i] = next;
}

static void
close_epoch(struct changes *c, uint32_t from, struct epoch_entry *e)
{
	struct directory_build *b = NULL;
	struct changes_diff *d = NULL;
	struct buf filter;

	T_RC(RC_OK, changes_sync(c));
	T_RC(RC_OK, directory_build_new(changes_set(c), &b));
	T_RC(RC_OK,
	    changes_diff_new(c, from, changes_count(c),
		directory_build_shape(b)->columns, &d));
	e->epoch++;
	e->time_ms++;
	e->shape = *directory_build_shape(b);
	epoch_entry_label(e->label);
	memcpy(e->root, directory_build_root(b), 32);
	directory_build_stash_hash(b, e->stash);
	buf_init(&filter, directory_build_filter_max(NUMBERS));
	T_RC(RC_OK, directory_build_filter(b, &filter));
	(void)crypto_hash_sha256(e->filter, filter.p, filter.len);
	buf_clear(&filter);
	T_RC(RC_OK, changes_diff_hash(d, e->diff));
	directory_build_free(b);
	changes_diff_free(d);
	changes_cut(c);
}

/* --- the auditor ---------------------------------------------------------- */

static void
take_pages(struct directory_audit *a, const struct changes *c,
    const struct epoch_entry *e)
{
	uint32_t until = 0;
	bool end = false;
	struct buf b;

	buf_init(&b, ENTRIES_PAGE_MAX);
	T_RC(RC_OK, changes_until(c, e->epoch, &until));
	while (!end) {
		b.len = 0;
		T_RC(RC_OK,
		    changes_entries(c, until, e->shape.columns,
			directory_audit_bucket(a), &b));
		if (!T_OK(directory_audit_page(a, buf_get(&b), &end) == RC_OK))
			break;
	}
	buf_clear(&b);
}

static enum rc
audit(struct directory_audit *a, const struct changes *c,
    const struct epoch_entry *e)
{
	struct changes_diff *d = NULL;
	uint32_t from = 0;
	uint32_t until = 0;
	bool end = false;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, DIFF_PAGE_MAX);
	TRY(directory_audit_epoch(a, e));
	TRY(changes_until(c, e->epoch - 1, &from));
	TRY(changes_until(c, e->epoch, &until));
	TRY(changes_diff_new(c, from, until, e->shape.columns, &d));
	while (!end) {
		b.len = 0;
		TRY(changes_diff_page(d, directory_audit_row(a), &b));
		TRY(directory_audit_diff(a, buf_get(&b), &end));
	}
	rc = directory_audit_end(a);
	if (rc == RC_AGAIN) {
		take_pages(a, c, e);
		rc = directory_audit_end(a);
	}
	TRY(rc);
out:
	changes_diff_free(d);
	buf_clear(&b);
	return rc;
}

static struct directory_audit *
begin_at(const struct changes *c, const struct epoch_entry *e)
{
	struct directory_audit *a = NULL;

	T_RC(RC_OK, directory_audit_new(&a));
	T_RC(RC_OK, directory_audit_begin(a, e));
	take_pages(a, c, e);
	T_RC(RC_OK, directory_audit_end(a));
	return a;
}

static void
server_auditor_and_naive_rebuild_agree(void)
{
	struct directory_audit *first = NULL;
	struct directory_audit *later = NULL;
	struct epoch_entry e = { 0 };
	uint32_t old = 1;
	struct changes *c = NULL;
	uint8_t root[32];
	uint32_t from = 0;
	unsigned done = 0;

	T_RC(RC_OK, changes_open(dir, 0, 0, &c));
	T_RC(RC_OK, directory_audit_new(&first));
	while (done < ops && e.epoch + 1 < EPOCHS_MAX) {
		unsigned n = draw(4) == 0 ? 0 : draw(ops / 20);

		for (unsigned i = 0; i < n && done < ops; i++, done++)
			change_one(c);
		close_epoch(c, from, &e);
		from = changes_count(c);
		naive_root(&e.shape, root);
		T_MEM(root, e.root, 32);
		T_RC(RC_OK, audit(first, c, &e));
		if (later != NULL)
			T_RC(RC_OK, audit(later, c, &e));
		if (later == NULL && done > ops / 2)
			later = begin_at(c, &e);
		epochs[e.epoch] = e;
		if (done < ops / 4)
			old = e.epoch;
	}
	T_OK(later != NULL && done == ops && e.epoch > 10);
	T_OK(e.shape.columns > epochs[1].shape.columns);
	T_OK(directory_audit_entries(first) ==
	    directory_set_size(changes_set(c)));
	/* and again from the disk, from an epoch long ago */
	changes_close(c);
	c = NULL;
	T_RC(RC_OK, changes_open(dir, e.epoch, from, &c));
	directory_audit_free(later);
	later = begin_at(c, &epochs[old]);
	for (uint32_t i = old + 1; i <= e.epoch; i++)
		T_RC(RC_OK, audit(later, c, &epochs[i]));
	changes_close(c);
	directory_audit_free(first);
	directory_audit_free(later);
}

int
main(void)
{
	const char *n = getenv("TACET_OPS");
	const char *s = getenv("TACET_SEED");

	if (sodium_init() < 0 || mkdtemp(top) == NULL)
		return 1;
	dir = open(top, O_RDONLY | O_DIRECTORY);
	if (n != NULL)
		ops = (unsigned)strtoul(n, NULL, 10);
	seed = s != NULL ? strtoull(s, NULL, 10) : randombytes_random();
	printf("# TACET_SEED=%llu\n", (unsigned long long)seed);
	TEST(server_auditor_and_naive_rebuild_agree);
	(void)unlinkat(dir, "changes", 0);
	(void)rmdir(top);
	return tap_done();
}
