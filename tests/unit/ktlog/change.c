#include "ktlog/change.h"

#include "directory/place.h"
#include "tap.h"

static const uint8_t y[HANDLE_KEYS_Y_SIZE] = { 1 };

static struct change
example(void)
{
	struct change c = { .prev = CHANGE_NONE, .place = 77 };

	c.slot = (struct slot){ .version = 1, .epoch_changed = 4 };
	directory_entry_make(y, &c.slot, 2, &c.entry);
	return c;
}

static void
a_record_is_built_as_it_was_read(void)
{
	const struct change c = example();
	struct change again;
	struct buf b;
	struct rd r;

	buf_init(&b, CHANGE_SIZE + 1);
	T_RC(RC_OK, change_build(&c, &b));
	T_OK(b.len == CHANGE_SIZE);
	T_RC(RC_OK, buf_u8(&b, 9));
	r = buf_get(&b);
	T_RC(RC_OK, change_parse(&r, &again));
	T_OK(r.left == 1 && again.place == 77 && again.prev == CHANGE_NONE &&
	    again.slot.epoch_changed == 4);
	T_MEM(&c.entry, &again.entry, sizeof(c.entry));
	for (size_t n = 0; n < CHANGE_SIZE; n++) {
		unsigned char *p = tap_block(b.p, n);

		r = (struct rd){ p, n };
		T_RC(RC_AGAIN, change_parse(&r, &again));
		free(p);
	}
	buf_clear(&b);
}

static void
no_changed_octet_is_read(void)
{
	const struct change c = example();
	struct change again;
	struct buf b;
	struct rd r;

	buf_init(&b, CHANGE_SIZE);
	T_RC(RC_OK, change_build(&c, &b));
	for (size_t i = 0; i < CHANGE_SIZE; i++) {
		b.p[i] ^= 0x40;
		r = buf_get(&b);
		T_RC(RC_MALFORMED, change_parse(&r, &again));
		T_OK(r.left == CHANGE_SIZE);
		b.p[i] ^= 0x40;
	}
	buf_clear(&b);
}

static void
a_first_version_has_no_record_before_it(void)
{
	struct change c = example();
	struct buf b;
	struct rd r;

	buf_init(&b, CHANGE_SIZE);
	c.prev = 0;
	T_RC(RC_OK, change_build(&c, &b));
	r = buf_get(&b);
	T_RC(RC_MALFORMED, change_parse(&r, &c));
	c = example();
	c.slot.version = 2;
	b.len = 0;
	T_RC(RC_OK, change_build(&c, &b));
	r = buf_get(&b);
	T_RC(RC_MALFORMED, change_parse(&r, &c));
	buf_clear(&b);
}

static void
entry_and_slot_belong_together(void)
{
	struct change c = example();
	struct change got;
	struct rd entry = { (uint8_t *)&c.entry, DIRECTORY_ENTRY_SIZE };
	struct buf slot;

	buf_init(&slot, SLOT_SIZE);
	T_RC(RC_OK, slot_build(&c.slot, &slot));
	T_RC(RC_OK, change_of(5, entry, buf_get(&slot), &got));
	T_OK(got.place == 5 && got.slot.epoch_changed == 4);
	T_RC(RC_MALFORMED, change_of(PLACE_COUNT, entry, buf_get(&slot), &got));
	c.entry.commitment[3] ^= 1;
	T_RC(RC_MALFORMED, change_of(5, entry, buf_get(&slot), &got));
	c.entry.commitment[3] ^= 1;
	slot.p[SLOT_SIZE - 1] ^= 1;
	T_RC(RC_MALFORMED, change_of(5, entry, buf_get(&slot), &got));
	buf_clear(&slot);
}

int
main(void)
{
	TEST(a_record_is_built_as_it_was_read);
	TEST(no_changed_octet_is_read);
	TEST(a_first_version_has_no_record_before_it);
	TEST(entry_and_slot_belong_together);
	return tap_done();
}
