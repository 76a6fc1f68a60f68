#include "directory/directory_entry.h"

#include "tap.h"

static const uint8_t y[HANDLE_KEYS_Y_SIZE] = { 9 };

static void
the_number_of_devices_is_for_who_has_y(void)
{
	static const uint8_t other[HANDLE_KEYS_Y_SIZE] = { 8 };
	struct slot s = { .version = 1 };
	struct directory_entry e;
	int same = 0;

	for (int devices = 0; devices < 256; devices++) {
		s.epoch_changed = (uint32_t)devices;
		directory_entry_make(y, &s, (uint8_t)devices, &e);
		T_OK(directory_entry_devices(&e, y) == devices);
		same += directory_entry_devices(&e, other) == devices;
	}
	T_OK(same < 10);
}

static void
an_entry_is_built_as_it_was_read_and_no_truncation_is_read(void)
{
	struct slot s = { .version = 1 };
	struct directory_entry e;
	struct directory_entry again;
	struct buf b;
	struct rd r;

	directory_entry_make(y, &s, 2, &e);
	buf_init(&b, DIRECTORY_ENTRY_SIZE);
	T_RC(RC_OK, directory_entry_build(&e, &b));
	r = buf_get(&b);
	T_RC(RC_OK, directory_entry_parse(&r, &again));
	T_OK(r.left == 0);
	T_MEM(&e, &again, sizeof(e));
	for (size_t n = 0; n < DIRECTORY_ENTRY_SIZE; n++) {
		unsigned char *p = tap_block(b.p, n);

		r = (struct rd){ p, n };
		T_RC(RC_MALFORMED, directory_entry_parse(&r, &again));
		free(p);
	}
	buf_clear(&b);
}

static void
an_empty_one_is_zero_in_every_octet(void)
{
	struct directory_entry e = { 0 };

	T_OK(directory_entry_is_empty(&e));
	for (size_t i = 0; i < sizeof(e); i++) {
		((uint8_t *)&e)[i] = 1;
		T_OK(!directory_entry_is_empty(&e));
		((uint8_t *)&e)[i] = 0;
	}
}

int
main(void)
{
	TEST(the_number_of_devices_is_for_who_has_y);
	TEST(an_entry_is_built_as_it_was_read_and_no_truncation_is_read);
	TEST(an_empty_one_is_zero_in_every_octet);
	return tap_done();
}
