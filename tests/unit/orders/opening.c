/*
 * Random histories of rows, sealed and written as the records process does it,
 * and random orders: what is opened is what a plain model in memory says.
 */
#include "orders/opening.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/hpke.h"
#include "orders/package.h"
#include "records/day_file.h"
#include "records/seal.h"
#include "tap.h"

#define DAY0 20000
#define DAYS 3
#define PEOPLE 6
#define ROWS 300
#define ORDERS 60

static char root[64];
static int dir = -1;
static uint8_t secret_key[32];
static uint8_t public_key[32];
static struct row history[ROWS];
static uint32_t seed = 1;

static uint32_t
draw(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static struct e164
person(uint32_t i)
{
	char text[16];
	struct e164 e = { 0 };

	(void)snprintf(text, sizeof(text), "+155501%02u", i);
	T_RC(RC_OK, e164_parse(rd_str(text), &e));
	return e;
}

/* Rows in the order of time; a new session now and then, as after a restart. */
static void
write_history(void)
{
	static const uint8_t own[32] = { 9 };
	static const uint8_t locator[16] = { 1 };
	struct seal *s = NULL;
	struct buf b;
	size_t at = 0;

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, seal_new(public_key, &s));
	for (uint32_t day = 0; day < DAYS; day++) {
		struct day_file *f = NULL;
		uint64_t torn = 0;

		T_RC(RC_OK, day_file_open(DAY0 + day, &f, &torn));
		for (uint32_t i = 0; i < ROWS / DAYS; i++) {
			struct row *w = &history[at++];
			struct buf row;

			buf_init(&row, 256);
			*w = (struct row){
				.query_time = { (int64_t)(DAY0 + day) * 86400 +
				    i * 200 },
				.source = person(draw(PEOPLE)),
				.lookup = person(draw(PEOPLE)),
				.devices = (uint8_t)draw(3),
				.cause = ROW_CAUSE_TYPED,
				.source_epoch = 1,
				.lookup_epoch = 1
			};
			b.len = 0;
			if (i == 0 || draw(40) == 0)
				T_RC(RC_OK, seal_session(s, DAY0 + day, &b));
			T_RC(RC_OK, row_build(w, &row));
			T_RC(RC_OK,
			    seal_row(s, buf_get(&row), own, locator, &b));
			T_RC(RC_OK, day_file_append(f, buf_get(&b)));
			buf_clear(&row);
		}
		day_file_close(f);
	}
	seal_free(s);
	buf_clear(&b);
}

static bool
is_target(const struct order *o, const struct e164 *e)
{
	for (size_t i = 0; i < o->n_handles; i++)
		if (e164_is_eq(&o->handles[i], e))
			return true;
	return false;
}

static bool
is_due(const struct order *o, const struct row *w)
{
	if (w->query_time.s < o->from.s || w->query_time.s >= o->to.s)
		return false;
	return ((o->direction & ORDER_DIRECTION_SOURCE) != 0 &&
		   is_target(o, &w->source)) ||
	    ((o->direction & ORDER_DIRECTION_LOOKUP) != 0 &&
		is_target(o, &w->lookup));
}

static bool
is_same(const struct row *a, const struct row *b)
{
	return a->query_time.s == b->query_time.s && a->devices == b->devices &&
	    e164_is_eq(&a->source, &b->source) &&
	    e164_is_eq(&a->lookup, &b->lookup);
}

static void
an_order_opens_exactly_what_a_model_says(void)
{
	for (int k = 0; k < ORDERS; k++) {
		struct order o = { .n_handles = 1 + draw(2),
			.direction = (enum order_direction)(1 + draw(3)) };
		struct opening got = { 0 };
		size_t n = 0;
		bool same = true;

		for (size_t i = 0; i < o.n_handles; i++)
			o.handles[i] = person(draw(PEOPLE + 1));
		o.from.s = (int64_t)DAY0 * 86400 + draw(DAYS * 86400);
		o.to.s = o.from.s + 1 + draw(2 * 86400);
		T_RC(RC_OK,
		    opening_rows(dir, &o, o.from, o.to, secret_key, &got));
		for (size_t i = 0; i < ROWS; i++)
			if (is_due(&o, &history[i]))
				same = same && n < got.n &&
				    is_same(&history[i], &got.rows[n++]);
		T_OK(same && n == got.n);
		opening_clear(&got);
	}
}

static void
another_key_opens_nothing(void)
{
	uint8_t wrong[32] = { 5 };
	struct order o = { .n_handles = 1,
		.direction = ORDER_DIRECTION_BOTH,
		.from = { (int64_t)DAY0 * 86400 },
		.to = { (int64_t)(DAY0 + 1) * 86400 } };
	struct opening got = { 0 };

	o.handles[0] = person(0);
	T_RC(RC_DENIED, opening_rows(dir, &o, o.from, o.to, wrong, &got));
	T_OK(got.n == 0 && got.rows == NULL);
}

static void
no_field_of_the_csv_begins_a_formula(void)
{
	struct opening all = { history, 10, 10 };
	struct buf b;
	bool fresh = false; /* the header is ours */

	buf_init(&b, 1u << 20);
	T_RC(RC_OK, package_csv(&all, &b));
	for (size_t i = 0; i < b.len; i++) {
		if (fresh)
			T_OK(strchr("=+-@", (char)b.p[i]) == NULL);
		fresh = b.p[i] == ',' || b.p[i] == '\n';
	}
	buf_clear(&b);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	hpke_keypair(secret_key, public_key);
	(void)snprintf(root, sizeof(root), "/tmp/tacet-opening.XXXXXX");
	T_OK(mkdtemp(root) != NULL);
	dir = open(root, O_RDONLY | O_DIRECTORY);
	T_OK(mkdirat(dir, "records", 0700) == 0 && fchdir(dir) == 0 &&
	    chdir("records") == 0);
	write_history();
	TEST(an_order_opens_exactly_what_a_model_says);
	TEST(another_key_opens_nothing);
	TEST(no_field_of_the_csv_begins_a_formula);
	for (uint32_t day = 0, n = 0; day < 1; day++)
		T_RC(RC_OK, day_file_remove(DAY0 + DAYS, &n));
	(void)chdir("/");
	(void)unlinkat(dir, "records", AT_REMOVEDIR);
	(void)rmdir(root);
	return tap_done();
}
