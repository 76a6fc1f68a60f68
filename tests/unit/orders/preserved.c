#include "orders/preserved.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "tap.h"

#define ID "ord-20261124-0123abcd"
#define BOX "orders/preserved/" ID ".box"
#define KEY "orders/preserved/" ID ".key"

static int dir = -1;

static json_t *
example(void)
{
	return json_pack(
	    "{s:s,s:[{s:i}]}", "tacet", "preserved", "parts", "seq", 3);
}

static void
what_is_written_is_read_and_both_files_are_the_owner_s(void)
{
	json_t *a = example();
	json_t *b = NULL;
	struct stat st;

	T_RC(RC_OK, preserved_write(dir, ID, a));
	T_RC(RC_OK, preserved_read(dir, ID, &b));
	T_OK(json_equal(a, b));
	T_OK(fstatat(dir, BOX, &st, 0) == 0 && (st.st_mode & 0777) == 0600);
	T_OK(fstatat(dir, KEY, &st, 0) == 0 && (st.st_mode & 0777) == 0600);
	json_decref(a);
	json_decref(b);
}

static void
it_is_frozen_once(void)
{
	json_t *a = example();

	T_RC(RC_EXISTS, preserved_write(dir, ID, a));
	json_decref(a);
}

static void
a_changed_octet_of_box_or_key_is_found(void)
{
	static const char *const names[] = { BOX, KEY };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int fd = openat(dir, names[i], O_RDWR);
		json_t *b = NULL;
		uint8_t c;

		T_OK(pread(fd, &c, 1, 30) == 1);
		c ^= 1;
		T_OK(pwrite(fd, &c, 1, 30) == 1);
		T_RC(RC_CORRUPT, preserved_read(dir, ID, &b));
		T_OK(b == NULL);
		c ^= 1;
		T_OK(pwrite(fd, &c, 1, 30) == 1);
		T_RC(RC_OK, preserved_read(dir, ID, &b));
		json_decref(b);
		(void)close(fd);
	}
}

static void
a_truncated_box_is_found(void)
{
	struct stat st;
	json_t *b = NULL;
	int fd = openat(dir, BOX, O_RDWR);

	T_OK(fstat(fd, &st) == 0);
	T_OK(ftruncate(fd, st.st_size - 1) == 0);
	T_RC(RC_CORRUPT, preserved_read(dir, ID, &b));
	T_OK(ftruncate(fd, 3) == 0);
	T_RC(RC_CORRUPT, preserved_read(dir, ID, &b));
	(void)close(fd);
}

static void
after_its_end_nothing_is_left_and_ending_twice_is_fine(void)
{
	json_t *b = NULL;

	T_RC(RC_OK, preserved_destroy(dir, ID));
	T_OK(faccessat(dir, BOX, F_OK, 0) != 0 &&
	    faccessat(dir, KEY, F_OK, 0) != 0);
	T_RC(RC_NOT_FOUND, preserved_read(dir, ID, &b));
	T_RC(RC_OK, preserved_destroy(dir, ID));
}

int
main(void)
{
	char root[] = "/tmp/tacet-preserved.XXXXXX";

	T_OK(sodium_init() >= 0 && mkdtemp(root) != NULL);
	dir = open(root, O_RDONLY | O_DIRECTORY);
	T_OK(mkdirat(dir, "orders", 0700) == 0);
	TEST(what_is_written_is_read_and_both_files_are_the_owner_s);
	TEST(it_is_frozen_once);
	TEST(a_changed_octet_of_box_or_key_is_found);
	TEST(a_truncated_box_is_found);
	TEST(after_its_end_nothing_is_left_and_ending_twice_is_fine);
	T_OK(unlinkat(dir, "orders/preserved", AT_REMOVEDIR) == 0 &&
	    unlinkat(dir, "orders", AT_REMOVEDIR) == 0 && rmdir(root) == 0);
	(void)close(dir);
	return tap_done();
}
