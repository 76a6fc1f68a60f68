#include "records/shelf.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "tap.h"

static void
a_name_is_read_as_it_was_built(void)
{
	static const struct {
		struct shelf_item item;
		const char *name;
	} cases[] = { { { SHELF_KIND_JOURNAL, 20000, 0 },
			  "2024-10-04.000.log" },
		{ { SHELF_KIND_SEGMENT, 20000, 999 }, "2024-10-04.999.seg" },
		{ { SHELF_KIND_SEGMENT, 20000, 65535 },
		    "2024-10-04.65535.seg" },
		{ { SHELF_KIND_KEY, 20000, 0 }, "2024-10-04.key" } };
	struct shelf_item item;
	char name[SHELF_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		T_RC(RC_OK, shelf_name_build(&cases[i].item, name));
		T_STR(cases[i].name, name);
		T_RC(RC_OK, shelf_name_parse(name, &item));
		T_OK(item.kind == cases[i].item.kind && item.day == 20000 &&
		    item.part == cases[i].item.part);
	}
}

static void
other_names_are_not_ours(void)
{
	static const char *const names[] = { "", ".", "..", "clock", "logged",
		"2024-10-04", "2024-10-04.", "2024-10-04.log",
		"2024-10-04.00.log", "2024-10-04.65536.log",
		"2024-10-04.000000.log", "2024-10-04.000.lo",
		"2024-10-04.000.logs", "2024-13-04.key", "2024-10-04.000.key",
		"x2024-10-04.key", "2024-10-04.0a0.seg" };
	struct shelf_item item;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		T_RC(RC_NOT_FOUND, shelf_name_parse(names[i], &item));
}

static void
a_list_is_by_day_and_part_and_drops_what_a_crash_left(void)
{
	static const char *const made[] = { "2024-10-05.000.seg",
		"2024-10-04.001.log", "2024-10-04.key", "2024-10-04.000.seg",
		"2024-10-04.000.seg.new", "clock" };
	struct shelf_item *items = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		(void)close(open(made[i], O_CREAT | O_WRONLY, 0600));
	T_RC(RC_OK, shelf_list(&items, &n));
	T_OK(n == 4);
	T_OK(items[0].kind == SHELF_KIND_SEGMENT && items[0].part == 0);
	T_OK(items[1].kind == SHELF_KIND_KEY);
	T_OK(items[2].kind == SHELF_KIND_JOURNAL && items[2].part == 1);
	T_OK(items[3].day == 20001);
	T_OK(access("2024-10-04.000.seg.new", F_OK) != 0);
	T_OK(access("clock", F_OK) == 0);
	for (size_t i = 0; i < n; i++)
		T_RC(RC_OK, shelf_remove(&items[i]));
	T_RC(RC_OK, shelf_remove(&items[0])); /* twice is fine */
	free(items);
}

static void
a_day_key_is_made_once_and_is_gone_when_destroyed(void)
{
	uint8_t a[32];
	uint8_t b[32];

	T_RC(RC_NOT_FOUND, shelf_key_read(20002, a));
	T_RC(RC_OK, shelf_key_open(20002, a));
	T_OK(!sodium_is_zero(a, sizeof(a)));
	T_RC(RC_OK, shelf_key_open(20002, b));
	T_MEM(a, b, sizeof(a));
	T_RC(RC_OK, shelf_key_read(20002, b));
	T_MEM(a, b, sizeof(a));
	T_RC(RC_OK, shelf_key_destroy(20002));
	T_RC(RC_NOT_FOUND, shelf_key_read(20002, b));
	T_RC(RC_OK, shelf_key_destroy(20002));
}

static void
a_key_that_a_crash_left_half_destroyed_is_no_key(void)
{
	static const uint8_t zero[32];
	uint8_t a[32];
	int fd = open("2024-10-07.key", O_CREAT | O_WRONLY, 0600);

	T_OK(write(fd, zero, sizeof(zero)) == 32);
	(void)close(fd);
	T_RC(RC_NOT_FOUND, shelf_key_read(20003, a));
	T_RC(RC_OK, shelf_key_destroy(20003));
	T_OK(access("2024-10-07.key", F_OK) != 0);
}

static void
a_key_of_another_length_is_damage(void)
{
	uint8_t a[32];
	int fd = open("2024-10-08.key", O_CREAT | O_WRONLY, 0600);

	T_OK(write(fd, "short", 5) == 5);
	(void)close(fd);
	T_RC(RC_CORRUPT, shelf_key_read(20004, a));
	T_RC(RC_CORRUPT, shelf_key_open(20004, a));
	T_OK(unlink("2024-10-08.key") == 0);
}

int
main(void)
{
	char root[] = "/tmp/tacet-shelf.XXXXXX";

	T_OK(sodium_init() >= 0);
	T_OK(mkdtemp(root) != NULL && chdir(root) == 0);
	TEST(a_name_is_read_as_it_was_built);
	TEST(other_names_are_not_ours);
	TEST(a_list_is_by_day_and_part_and_drops_what_a_crash_left);
	TEST(a_day_key_is_made_once_and_is_gone_when_destroyed);
	TEST(a_key_that_a_crash_left_half_destroyed_is_no_key);
	TEST(a_key_of_another_length_is_damage);
	T_OK(unlink("clock") == 0 && rmdir(root) == 0);
	return tap_done();
}
