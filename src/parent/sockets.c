#include "parent/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static enum rc
port_parse(const char *text, in_port_t *ret_port)
{
	unsigned long v = 0;

	if (*text == '\0' || strlen(text) > 5)
		return RC_MALFORMED;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return RC_MALFORMED;
		v = v * 10 + (unsigned long)(*text - '0');
	}
	if (v > 65535)
		return RC_MALFORMED;
	*ret_port = htons((uint16_t)v);
	return RC_OK;
}

static enum rc
address_parse(const char *text, union address *ret_a, socklen_t *ret_n)
{
	char host[SOCKETS_NAME_SIZE];
	const char *colon = strrchr(text, ':');
	size_t n;
	enum rc rc = RC_BUG;

	CHECK(colon != NULL, RC_MALFORMED);
	n = (size_t)(colon - text);
	CHECK(n < sizeof(host), RC_MALFORMED);
	memcpy(host, text, n);
	host[n] = '\0';
	*ret_a = (union address){ 0 };
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		ret_a->v6.sin6_family = AF_INET6;
		CHECK(inet_pton(AF_INET6, host + 1, &ret_a->v6.sin6_addr) == 1,
		    RC_MALFORMED);
		TRY(port_parse(colon + 1, &ret_a->v6.sin6_port));
		*ret_n = sizeof(ret_a->v6);
	} else {
		ret_a->v4.sin_family = AF_INET;
		CHECK(inet_pton(AF_INET, host, &ret_a->v4.sin_addr) == 1,
		    RC_MALFORMED);
		TRY(port_parse(colon + 1, &ret_a->v4.sin_port));
		*ret_n = sizeof(ret_a->v4);
	}
out:
	return rc;
}

static void
name_build(const union address *a, char ret_name[static SOCKETS_NAME_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->any.sa_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &a->v6.sin6_addr, host, sizeof(host));
		(void)snprintf(ret_name, SOCKETS_NAME_SIZE, "[%s]:%u", host,
		    ntohs(a->v6.sin6_port));
	} else {
		(void)inet_ntop(AF_INET, &a->v4.sin_addr, host, sizeof(host));
		(void)snprintf(ret_name, SOCKETS_NAME_SIZE, "%s:%u", host,
		    ntohs(a->v4.sin_port));
	}
}

enum rc
sockets_listen(
    const char *address, int *ret_fd, char ret_name[static SOCKETS_NAME_SIZE])
{
	const int on = 1;
	union address a;
	socklen_t n;
	int fd = -1;
	enum rc rc = RC_BUG;

	TRY(address_parse(address, &a, &n));
	fd = socket(
	    a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(fd >= 0, RC_IO);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	CHECK(
	    bind(fd, &a.any, n) == 0, errno == EADDRINUSE ? RC_EXISTS : RC_IO);
	CHECK(listen(fd, BACKLOG) == 0, RC_IO);
	CHECK(getsockname(fd, &a.any, &n) == 0, RC_IO);
	name_build(&a, ret_name);
	*ret_fd = fd;
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

enum rc
sockets_admin(int dir, int *ret_fd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd = -1;
	enum rc rc = RC_BUG;

	/* by descriptor: the path of the directory may be longer than sun_path
	 */
	(void)snprintf(
	    a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/admin.sock", dir);
	(void)unlinkat(dir, "admin.sock", 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(fd >= 0, RC_IO);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ? RC_OK : RC_IO;
	(void)umask(mask);
	CHECK(rc == RC_OK, RC_IO);
	CHECK(listen(fd, 16) == 0, RC_IO);
	*ret_fd = fd;
	fd = -1;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
