#include "orders/ustar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define OUT_MAX (4u << 20)
#define FOLDER "ord-20261124-0123abcd"

static const struct wall noon = { 1795521600 }; /* 2026-11-24T12:00:00Z */

static enum rc
on_octets(void *arg, struct rd octets)
{
	return buf_add_rd(arg, octets);
}

static enum rc
header(const char *name, uint64_t size, int64_t time)
{
	uint8_t block[USTAR_BLOCK];

	return ustar_header_build(name, size, (struct wall){ time }, block);
}

/* By hand, from the table of the specification. */
static void
a_header_is_what_the_table_says(void)
{
	uint8_t b[USTAR_BLOCK];
	uint8_t want[USTAR_BLOCK] = "a/rows.csv";
	unsigned int sum = 0;

	memcpy(want + 100, "0000600", 8);
	memcpy(want + 108, "0000000", 8);
	memcpy(want + 116, "0000000", 8);
	memcpy(want + 124, "00000001750", 12); /* 1000 */
	memcpy(want + 136, "15301276100", 12); /* noon */
	memcpy(want + 148, "        ", 8);
	want[156] = '0';
	memcpy(want + 257, "ustar", 6);
	memcpy(want + 263, "00", 2);
	memcpy(want + 329, "0000000", 8);
	memcpy(want + 337, "0000000", 8);
	for (size_t i = 0; i < sizeof(want); i++)
		sum += want[i];
	(void)snprintf((char *)want + 148, 8, "%07o", sum);
	T_RC(RC_OK, ustar_header_build("a/rows.csv", 1000, noon, b));
	T_MEM(want, b, sizeof(b));
	T_RC(RC_OK, ustar_header_build("a/", 0, noon, b));
	T_OK(b[156] == '5' && memcmp(b + 100, "0000700", 8) == 0);
}

static void
a_header_has_its_limits(void)
{
	char name[USTAR_NAME_MAX + 2];

	memset(name, 'a', sizeof(name));
	name[USTAR_NAME_MAX] = '\0';
	T_RC(RC_OK, header(name, 0, 0));
	name[USTAR_NAME_MAX] = 'a';
	name[USTAR_NAME_MAX + 1] = '\0';
	T_RC(RC_LIMIT, header(name, 0, 0));
	T_RC(RC_OK, header("a", USTAR_SIZE_MAX, 0));
	T_RC(RC_LIMIT, header("a", (uint64_t)USTAR_SIZE_MAX + 1, 0));
	T_RC(RC_OK, header("a", 0, 8589934591));
	T_RC(RC_LIMIT, header("a", 0, 8589934592));
	T_RC(RC_LIMIT, header("a", 0, -1));
}

static void
a_name_that_could_leave_the_folder_is_refused(void)
{
	static const char *const names[] = { "", "/a", "../a", "a/../b", ".a",
		"a/.b", "a//b", "a b", "a\nb", "a\\b", "a:b", "\xc3\xa9",
		"~a" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		T_RC(RC_MALFORMED, header(names[i], 0, 0));
	T_RC(RC_OK, header("Aa-Zz_09.json", 0, 0));
}

/* --- a directory
 * -------------------------------------------------------------- */

static void
make(const char *path, size_t n)
{
	FILE *f = fopen(path, "wb");

	T_OK(f != NULL);
	for (size_t i = 0; f != NULL && i < n; i++)
		(void)fputc((int)(i * 7 % 251), f);
	if (f != NULL)
		T_OK(fclose(f) == 0);
}

static int
package(void)
{
	int fd;

	T_OK(mkdir("in", 0755) == 0);
	/* made in another order than they sort, of sizes around a block */
	make("in/rows.json", 511);
	make("in/rows.csv", 0);
	make("in/MANIFEST.sig", 512);
	make("in/MANIFEST.json", 513);
	make("in/response.pdf", 100000);
	fd = open("in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	T_OK(fd >= 0);
	return fd;
}

static bool
write_file(const char *path, struct rd r)
{
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && fwrite(r.p, 1, r.left, f) == r.left;

	return f != NULL && fclose(f) == 0 && ok;
}

static void
another_program_lists_and_unpacks_it(void)
{
	int dir = package();
	struct buf tar;

	buf_init(&tar, OUT_MAX);
	T_RC(RC_OK, ustar_write(dir, FOLDER, noon, on_octets, &tar));
	T_OK(tar.len % USTAR_BLOCK == 0);
	T_OK(write_file("a.tar", buf_get(&tar)));
	T_OK(write_file("want",
	    rd_str(
		"drwx------ 0/0 0 2026-11-24 12:00 " FOLDER "/\n"
		"-rw------- 0/0 513 2026-11-24 12:00 " FOLDER "/MANIFEST.json\n"
		"-rw------- 0/0 512 2026-11-24 12:00 " FOLDER "/MANIFEST.sig\n"
		"-rw------- 0/0 100000 2026-11-24 12:00 " FOLDER
		"/response.pdf\n"
		"-rw------- 0/0 0 2026-11-24 12:00 " FOLDER "/rows.csv\n"
		"-rw------- 0/0 511 2026-11-24 12:00 " FOLDER "/rows.json\n")));
	T_OK(system("TZ=UTC tar --numeric-owner -tvf a.tar 2>err | "
		    "tr -s ' ' | diff - want >diff && test ! -s err") == 0);
	T_OK(system("mkdir out && tar -C out -xf a.tar 2>err && "
		    "diff -r in out/" FOLDER " && test ! -s err") == 0);
	T_OK(system("rm -r in out a.tar want diff err") == 0);
	(void)close(dir);
	buf_clear(&tar);
}

static void
the_same_files_give_the_same_octets(void)
{
	int dir = package();
	struct buf a;
	struct buf b;

	buf_init(&a, OUT_MAX);
	buf_init(&b, OUT_MAX);
	T_RC(RC_OK, ustar_write(dir, FOLDER, noon, on_octets, &a));
	(void)close(dir);
	/* made anew, in another mode and at another time */
	T_OK(system("rm -r in && sleep 0.1") == 0);
	dir = package();
	T_OK(chmod("in/rows.csv", 0444) == 0);
	T_RC(RC_OK, ustar_write(dir, FOLDER, noon, on_octets, &b));
	T_OK(a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
	T_OK(system("rm -r in") == 0);
	(void)close(dir);
	buf_clear(&a);
	buf_clear(&b);
}

static void
what_is_no_plain_file_is_refused(void)
{
	static const struct {
		const char *make;
		enum rc rc;
	} cases[] = {
		{ "mkdir in/sub", RC_MALFORMED },
		{ "ln -s rows.csv in/link", RC_MALFORMED },
		{ "mkfifo in/pipe", RC_MALFORMED },
		{ "touch in/.hidden", RC_MALFORMED },
		{ "touch 'in/a b'", RC_MALFORMED },
		{ "touch in/$(printf 'a%.0s' $(seq 90))", RC_LIMIT },
		{ "touch $(seq -f in/n%g 300)", RC_LIMIT },
	};
	struct buf tar;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int dir = package();

		buf_init(&tar, OUT_MAX);
		T_OK(system(cases[i].make) == 0);
		if (!T_OK(ustar_write(dir, FOLDER, noon, on_octets, &tar) ==
			cases[i].rc))
			printf("# %s\n", cases[i].make);
		(void)close(dir);
		buf_clear(&tar);
		T_OK(system("rm -r in") == 0);
	}
}

static void
a_folder_with_a_path_is_refused_and_a_full_disk_said(void)
{
	int dir = package();
	struct buf tar;

	buf_init(&tar, 2000);
	T_RC(RC_MALFORMED, ustar_write(dir, "a/b", noon, on_octets, &tar));
	T_RC(RC_MALFORMED, ustar_write(dir, "..", noon, on_octets, &tar));
	T_RC(RC_MALFORMED, ustar_write(dir, "", noon, on_octets, &tar));
	T_OK(tar.len == 0);
	T_RC(RC_LIMIT, ustar_write(dir, FOLDER, noon, on_octets, &tar));
	T_OK(system("rm -r in") == 0);
	(void)close(dir);
	buf_clear(&tar);
}

/* A file that grows or shrinks between its header and its octets. */
struct change {
	struct buf tar;
	const char *command;
	size_t calls;
};

static enum rc
on_change(void *arg, struct rd octets)
{
	struct change *c = arg;

	if (c->calls++ == 1) /* the header of the first file */
		T_OK(system(c->command) == 0);
	return buf_add_rd(&c->tar, octets);
}

static void
a_file_that_changes_meanwhile_is_said(void)
{
	static const char *const commands[] = { "printf x >>in/MANIFEST.json",
		": >in/MANIFEST.json" };

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct change c = { .command = commands[i] };
		int dir = package();

		buf_init(&c.tar, OUT_MAX);
		T_RC(RC_CORRUPT, ustar_write(dir, FOLDER, noon, on_change, &c));
		T_OK(system("rm -r in") == 0);
		(void)close(dir);
		buf_clear(&c.tar);
	}
}

int
main(void)
{
	char dir[] = "/tmp/tacet-tar-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	TEST(a_header_is_what_the_table_says);
	TEST(a_header_has_its_limits);
	TEST(a_name_that_could_leave_the_folder_is_refused);
	TEST(another_program_lists_and_unpacks_it);
	TEST(the_same_files_give_the_same_octets);
	TEST(what_is_no_plain_file_is_refused);
	TEST(a_folder_with_a_path_is_refused_and_a_full_disk_said);
	TEST(a_file_that_changes_meanwhile_is_said);
	if (rmdir(dir) != 0)
		return 1;
	return tap_done();
}
