#include "parent/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tap.h"

static void
an_abstract_socket_gets_the_state(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = sizeof(a);
	char name[sizeof(a.sun_path) + 1] = "";
	char got[16] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	/* the kernel picks a free abstract name, unix(7), autobind */
	T_OK(bind(fd, (struct sockaddr *)&a, sizeof(sa_family_t)) == 0);
	T_OK(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
	memcpy(name, a.sun_path, n - sizeof(sa_family_t));
	name[0] = '@';
	T_OK(setenv("NOTIFY_SOCKET", name, 1) == 0);
	notify_send("READY=1");
	T_OK(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT) == 7);
	T_STR("READY=1", got);
	T_OK(setenv("NOTIFY_SOCKET", name + 1, 1) == 0); /* no such form */
	notify_send("STOPPING=1");
	T_OK(recv(fd, got, sizeof(got), MSG_DONTWAIT) == -1);
	T_OK(unsetenv("NOTIFY_SOCKET") == 0);
	notify_send("STOPPING=1");
	T_OK(recv(fd, got, sizeof(got), MSG_DONTWAIT) == -1);
	(void)close(fd);
}

int
main(void)
{
	TEST(an_abstract_socket_gets_the_state);
	return tap_done();
}
