#include "parent/sockets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static void
port_zero_takes_a_free_one_and_says_which(void)
{
	char name[SOCKETS_NAME_SIZE] = "";
	char again[SOCKETS_NAME_SIZE] = "";
	int fd = -1;
	int other = -1;

	T_RC(RC_OK, sockets_listen("127.0.0.1:0", &fd, name));
	T_OK(strncmp(name, "127.0.0.1:", 10) == 0);
	T_OK(name[10] != '0' && name[10] != '\0');
	T_RC(RC_EXISTS, sockets_listen(name, &other, again));
	T_OK(other == -1);
	(void)close(fd);
}

static void
an_address_of_another_form_is_refused(void)
{
	static const char *const bad[] = { "", ":", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:000000",
		"127.0.0.1:-1", "127.0.0.1: 1", "localhost:1", "::1:1", "[::1]",
		"[::1:1", "[127.0.0.1]:1", "1.2.3:4" };
	char name[SOCKETS_NAME_SIZE];
	int fd = -1;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, sockets_listen(bad[i], &fd, name));
	T_OK(fd == -1);
}

static void
the_admin_socket_is_ours_alone_and_replaces_a_dead_one(void)
{
	char path[] = "/tmp/tacet-sock-XXXXXX";
	struct stat st;
	int dir;
	int fd = -1;

	T_OK(mkdtemp(path) != NULL);
	dir = open(path, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 2; i++) {
		T_RC(RC_OK, sockets_admin(dir, &fd));
		(void)close(fd);
	}
	T_OK(fstatat(dir, "admin.sock", &st, 0) == 0);
	T_OK(S_ISSOCK(st.st_mode) && (st.st_mode & 0777) == 0600);
	T_OK(unlinkat(dir, "admin.sock", 0) == 0 && rmdir(path) == 0);
	(void)close(dir);
}

int
main(void)
{
	TEST(port_zero_takes_a_free_one_and_says_which);
	TEST(an_address_of_another_form_is_refused);
	TEST(the_admin_socket_is_ours_alone_and_replaces_a_dead_one);
	return tap_done();
}
