#include "ktlog/epoch_state.h"

#include "tap.h"

static struct epoch_states
example(size_t n)
{
	struct epoch_states s = { 0 };
	struct epoch_state e = { .day = 20000, .entries = 7, .stash = 2 };

	e.entry.shape = (struct directory_shape){ 2048, 1 };
	for (uint32_t i = 1; i <= n; i++) {
		e.entry.epoch = i;
		e.entry.time_ms = i;
		e.records = 10 * i;
		e.policy_index = 3;
		e.entry.shape.columns = i < 3 ? 2048 : 4096;
		T_RC(RC_OK, epoch_state_push(&s, &e));
	}
	return s;
}

static void
what_is_built_is_read_again(void)
{
	for (size_t n = 0; n <= 3; n++) {
		const struct epoch_states s = example(n);
		struct epoch_states again = { .n = 9 };
		struct buf b;

		buf_init(&b, EPOCH_STATE_SIZE_MAX);
		T_RC(RC_OK, epoch_state_build(&s, &b));
		T_RC(RC_OK, epoch_state_parse(buf_get(&b), &again));
		T_OK(again.n == n);
		for (size_t i = 0; i < n; i++)
			T_OK(again.all[i].records == 10 * (i + 1) &&
			    again.all[i].policy_index == 3 &&
			    again.all[i].day == 20000 &&
			    again.all[i].stash == 2 &&
			    again.all[i].entry.epoch == i + 1);
		for (size_t cut = 0; cut < b.len; cut++) {
			unsigned char *p = tap_block(b.p, cut);

			T_RC(RC_MALFORMED,
			    epoch_state_parse((struct rd){ p, cut }, &again));
			free(p);
		}
		for (size_t i = 0; i < b.len; i++) {
			b.p[i] ^= 1;
			T_RC(RC_MALFORMED,
			    epoch_state_parse(buf_get(&b), &again));
			b.p[i] ^= 1;
		}
		T_RC(RC_OK, buf_u8(&b, 0));
		T_RC(RC_MALFORMED, epoch_state_parse(buf_get(&b), &again));
		buf_clear(&b);
	}
}

static void
the_newest_three_are_kept(void)
{
	const struct epoch_states s = example(5);
	const struct epoch_states none = { 0 };

	T_OK(s.n == 3 && s.all[0].entry.epoch == 3 &&
	    epoch_state_last(&s)->entry.epoch == 5);
	T_OK(epoch_state_last(&none) == NULL);
	T_OK(epoch_state_columns(&none, 1) == 0);
	for (uint32_t i = 1; i <= 5; i++) /* of those that are gone, too */
		T_OK(epoch_state_columns(&s, i) == (i < 3 ? 2048 : 4096));
	T_OK(epoch_state_columns(&s, 0) == 0);
}

static void
the_shape_changes_so_often_and_no_more(void)
{
	struct epoch_states s = { 0 };
	struct epoch_state e = { .day = 1 };

	for (uint32_t i = 0; i < EPOCH_STATE_SHAPES_MAX; i++) {
		e.entry.epoch = i + 1;
		e.entry.shape = (struct directory_shape){ 2048u << i % 2, 1 };
		T_RC(RC_OK, epoch_state_push(&s, &e));
	}
	e.entry.epoch++;
	T_RC(RC_OK, epoch_state_push(&s, &e)); /* the same shape */
	e.entry.shape.columns = 8192;
	T_RC(RC_LIMIT, epoch_state_push(&s, &e));
}

static void
a_gap_between_epochs_is_damage(void)
{
	struct epoch_states s = example(3);
	struct buf b;

	buf_init(&b, EPOCH_STATE_SIZE_MAX);
	s.all[2].entry.epoch = 4;
	T_RC(RC_OK, epoch_state_build(&s, &b));
	T_RC(RC_MALFORMED, epoch_state_parse(buf_get(&b), &s));
	buf_clear(&b);
}

int
main(void)
{
	TEST(what_is_built_is_read_again);
	TEST(the_newest_three_are_kept);
	TEST(the_shape_changes_so_often_and_no_more);
	TEST(a_gap_between_epochs_is_damage);
	return tap_done();
}
