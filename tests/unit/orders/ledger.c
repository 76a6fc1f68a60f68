#include "orders/ledger.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define FILE_NAME "orders/events.log"

static char root[64];
static int dir = -1;

static void
start(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/tacet-ledger.XXXXXX");
	T_OK(mkdtemp(root) != NULL);
	dir = open(root, O_RDONLY | O_DIRECTORY);
	T_OK(mkdirat(dir, "orders", 0700) == 0);
	for (int i = 0; i < 3; i++)
		T_RC(RC_OK,
		    ledger_append(dir, "ann", "ord-1", "received",
			json_pack("{s:i}", "n", i)));
}

static void
stop(void)
{
	(void)unlinkat(dir, FILE_NAME, 0);
	(void)unlinkat(dir, "orders", AT_REMOVEDIR);
	(void)close(dir);
	(void)rmdir(root);
}

static enum rc
count(void *arg, const json_t *e)
{
	int *n = arg;

	T_OK(json_integer_value(json_object_get(e, "seq")) == ++*n);
	return RC_OK;
}

static size_t
load(char *text, size_t max)
{
	int fd = openat(dir, FILE_NAME, O_RDONLY);
	ssize_t n = read(fd, text, max);

	(void)close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void
save(const char *text, size_t n)
{
	int fd = openat(dir, FILE_NAME, O_WRONLY | O_TRUNC);

	T_OK(write(fd, text, n) == (ssize_t)n);
	(void)close(fd);
}

static void
events_are_read_in_order(void)
{
	int n = 0;

	start();
	T_RC(RC_OK, ledger_each(dir, count, &n));
	T_OK(n == 3);
	stop();
}

static void
no_file_is_no_event(void)
{
	int n = 0;

	start();
	(void)unlinkat(dir, FILE_NAME, 0);
	T_RC(RC_OK, ledger_each(dir, count, &n));
	T_OK(n == 0);
	stop();
}

/* Every octet of the file counts: a changed one breaks the JSON or the chain.
 */
static void
every_changed_octet_is_found(void)
{
	static char text[4096];
	size_t n;

	start();
	n = load(text, sizeof(text));
	T_OK(n > 300);
	for (size_t i = 0; i + 1 < n; i++) {
		int seen = 0;
		enum rc rc;

		text[i] ^= 1;
		save(text, n);
		rc = ledger_each(dir, NULL, &seen);
		if (rc != RC_CORRUPT)
			T_OK(false /* a change went unseen */);
		text[i] ^= 1;
	}
	stop();
}

static void
a_removed_event_is_found(void)
{
	static char text[4096];
	char *second;
	size_t n;
	int seen = 0;

	start();
	n = load(text, sizeof(text));
	second = memchr(text, '\n', n);
	T_OK(second != NULL);
	save(second + 1, n - (size_t)(second + 1 - text));
	T_RC(RC_CORRUPT, ledger_each(dir, NULL, &seen));
	stop();
}

static void
a_torn_last_line_is_no_event_and_the_next_takes_its_place(void)
{
	static char text[4096];
	size_t n;
	int seen = 0;

	start();
	n = load(text, sizeof(text));
	save(text, n - 5);
	T_RC(RC_OK, ledger_each(dir, count, &seen));
	T_OK(seen == 2);
	T_RC(RC_OK, ledger_append(dir, "ben", "ord-1", "x", json_object()));
	seen = 0;
	T_RC(RC_OK, ledger_each(dir, count, &seen));
	T_OK(seen == 3);
	stop();
}

int
main(void)
{
	TEST(events_are_read_in_order);
	TEST(no_file_is_no_event);
	TEST(every_changed_octet_is_found);
	TEST(a_removed_event_is_found);
	TEST(a_torn_last_line_is_no_event_and_the_next_takes_its_place);
	return tap_done();
}
