#include "base/rc.h"

#include <string.h>
#include <unistd.h>

const char *
rc_name(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return "ok";
	case RC_AGAIN:
		return "again";
	case RC_NOT_FOUND:
		return "not found";
	case RC_EXISTS:
		return "exists";
	case RC_LIMIT:
		return "limit";
	case RC_MALFORMED:
		return "malformed";
	case RC_DENIED:
		return "denied";
	case RC_STATE:
		return "wrong state";
	case RC_NOMEM:
		return "out of memory";
	case RC_IO:
		return "i/o error";
	case RC_NOSPACE:
		return "no space";
	case RC_CORRUPT:
		return "corrupt";
	case RC_BUG:
		return "bug";
	}
	return "unknown";
}

/* One line per level of the call path, to stderr, when TACET_TRACE is set. The
 * text is a file name and a line: nothing a peer sent can reach it. */
void
rc_trace(enum rc rc, const char *file, int line)
{
#ifdef NDEBUG
	(void)rc;
	(void)file;
	(void)line;
#else
	static _Atomic int on = -1;
	char buf[16];
	size_t i = sizeof(buf);
	unsigned int n = (unsigned int)line;

	if (on < 0)
		on = getenv("TACET_TRACE") != NULL;
	if (!on)
		return;
	buf[--i] = '\n';
	do
		buf[--i] = (char)('0' + n % 10);
	while ((n /= 10) != 0 && i > 1);
	buf[--i] = ':';
	(void)!write(2, rc_name(rc), strlen(rc_name(rc)));
	(void)!write(2, " at ", 4);
	(void)!write(2, file, strlen(file));
	(void)!write(2, buf + i, sizeof(buf) - i);
#endif
}

void
rc_assert_failed(const char *what, const char *file, int line)
{
	static const char msg[] = "assertion failed: ";

	(void)line;
	(void)!write(2, msg, sizeof(msg) - 1);
	(void)!write(2, what, strlen(what));
	(void)!write(2, " in ", 4);
	(void)!write(2, file, strlen(file));
	(void)!write(2, "\n", 1);
	abort();
}
