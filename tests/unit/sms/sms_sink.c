#include "sms/sms_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"
#include "tap.h"

static char dir[] = "/tmp/tacet-sink.XXXXXX";
static int dir_fd;

static struct sms_sink *
opened(void)
{
	struct sms_sink *s = NULL;

	T_RC(RC_OK, sms_sink_open(dup(dir_fd), &s));
	return s;
}

static bool
is_file(const char *name, const char *text)
{
	char got[64] = "";
	int fd = openat(dir_fd, name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, got, sizeof(got) - 1);
	(void)close(fd);
	return n >= 0 && strcmp(got, text) == 0;
}

static void
each_text_is_a_file_and_the_count_goes_on(void)
{
	struct sms_sink *s = opened();
	struct e164 to = { 0 };

	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &to));
	T_RC(RC_OK, sms_sink_put(s, &to, rd_str("one")));
	T_RC(RC_OK, sms_sink_put(s, &to, rd_str("two")));
	sms_sink_close(s);
	s = opened();
	T_RC(RC_OK, sms_sink_put(s, &to, rd_str("")));
	sms_sink_close(s);
	T_OK(is_file("000001-+15550100.txt", "one"));
	T_OK(is_file("000002-+15550100.txt", "two"));
	T_OK(is_file("000003-+15550100.txt", ""));
	T_OK(faccessat(dir_fd, ".new", F_OK, 0) != 0);
}

static void
other_files_do_not_count(void)
{
	struct sms_sink *s;
	struct e164 to = { 0 };
	int fd;

	fd = openat(dir_fd, "999999x-no", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0 && close(fd) == 0);
	fd = openat(dir_fd, "9", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0 && close(fd) == 0);
	fd = openat(dir_fd, "000041-+1.txt", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0 && close(fd) == 0);
	s = opened();
	T_RC(RC_OK, e164_parse(rd_str("+15550101"), &to));
	T_RC(RC_OK, sms_sink_put(s, &to, rd_str("x")));
	T_OK(is_file("000042-+15550101.txt", "x"));
	sms_sink_close(s);
}

static void
the_last_number_is_a_limit(void)
{
	struct sms_sink *s;
	struct e164 to = { 0 };
	int fd;

	fd = openat(dir_fd, "999999-+1.txt", O_CREAT | O_WRONLY, 0600);
	T_OK(fd >= 0 && close(fd) == 0);
	s = opened();
	T_RC(RC_OK, e164_parse(rd_str("+15550102"), &to));
	T_RC(RC_LIMIT, sms_sink_put(s, &to, rd_str("x")));
	sms_sink_close(s);
	T_OK(unlinkat(dir_fd, "999999-+1.txt", 0) == 0);
}

static void
a_failure_leaves_nothing(void)
{
	struct sms_sink *s = NULL;
	struct e164 to = { 0 };

	T_RC(RC_OK, e164_parse(rd_str("+15550103"), &to));
	failmem_after(0);
	T_RC(RC_NOMEM, sms_sink_open(dup(dir_fd), &s));
	failmem_after(-1);
	T_OK(s == NULL);
	s = opened();
	failmem_after(0);
	T_RC(RC_NOMEM, sms_sink_put(s, &to, rd_str("x")));
	failmem_after(-1);
	T_OK(mkdirat(dir_fd, ".new", 0700) == 0);
	T_RC(RC_IO, sms_sink_put(s, &to, rd_str("x")));
	T_OK(unlinkat(dir_fd, ".new", AT_REMOVEDIR) == 0);
	T_RC(RC_OK, sms_sink_put(s, &to, rd_str("y")));
	T_OK(is_file("000043-+15550103.txt", "y"));
	sms_sink_close(s);
	T_RC(RC_IO, sms_sink_open(-1, &s));
	sms_sink_close(NULL);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		return 1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	TEST(each_text_is_a_file_and_the_count_goes_on);
	TEST(other_files_do_not_count);
	TEST(the_last_number_is_a_limit);
	TEST(a_failure_leaves_nothing);
	for (const char *const *n =
		 (const char *const[]){ "000001-+15550100.txt",
		     "000002-+15550100.txt", "000003-+15550100.txt",
		     "999999x-no", "9", "000041-+1.txt", "000042-+15550101.txt",
		     "000043-+15550103.txt", NULL };
	     *n != NULL; n++)
		(void)unlinkat(dir_fd, *n, 0);
	(void)rmdir(dir);
	return tap_done();
}
