/*
 * For tests: the programs that have no setting for it see the time of
 * TEST_CLOCK seconds from now. Preloaded (attack-lib.sh).
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	const char *offset = getenv("TEST_CLOCK");
	int rc = (int)syscall(SYS_clock_gettime, id, ts);

	if (rc == 0 && id == CLOCK_REALTIME && offset != NULL)
		ts->tv_sec += strtol(offset, NULL, 10);
	return rc;
}

time_t
time(time_t *ret_t)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (ret_t != NULL)
		*ret_t = ts.tv_sec;
	return ts.tv_sec;
}
