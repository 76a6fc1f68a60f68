#include "base/mono.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t wall_offset;

struct mono
mono_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (
	    struct mono){ (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000 };
}

struct mono
mono_add_ms(struct mono t, int64_t ms)
{
	return (struct mono){ t.us + ms * 1000 };
}

int64_t
mono_diff_ms(struct mono later, struct mono earlier)
{
	return (later.us - earlier.us) / 1000;
}

bool
mono_is_after(struct mono a, struct mono b)
{
	return a.us > b.us;
}

struct wall
mono_wall(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (struct wall){ (int64_t)ts.tv_sec + wall_offset };
}

int64_t
mono_wall_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ((int64_t)ts.tv_sec + wall_offset) * 1000 + ts.tv_nsec / 1000000;
}

void
mono_wall_offset(int64_t seconds)
{
	wall_offset = seconds;
}

int32_t
mono_day(struct wall t)
{
	int64_t d = t.s / 86400;

	if (t.s % 86400 < 0)
		d--;
	return (int32_t)d;
}

enum rc
mono_rfc3339(struct wall t, char ret_text[static MONO_RFC3339_SIZE])
{
	char text[64];
	time_t tt = (time_t)t.s;
	struct tm tm;

	if (t.s < 0 || t.s > 253402300799 || gmtime_r(&tt, &tm) == NULL)
		return RC_MALFORMED;
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	memcpy(ret_text, text, MONO_RFC3339_SIZE);
	return RC_OK;
}

enum rc
mono_date(int32_t day, char ret_text[static MONO_DATE_SIZE])
{
	char full[MONO_RFC3339_SIZE];
	enum rc rc = mono_rfc3339((struct wall){ (int64_t)day * 86400 }, full);

	if (rc == RC_OK) {
		full[MONO_DATE_SIZE - 1] = '\0';
		memcpy(ret_text, full, MONO_DATE_SIZE);
	}
	return rc;
}

/* The two digits at p as a number; -1 when either is no digit. */
static int
two_digits(const char *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

enum rc
mono_rfc3339_parse(const char *text, struct wall *ret_t)
{
	static const int at[] = { 0, 2, 5, 8, 11, 14, 17 };
	char again[MONO_RFC3339_SIZE];
	int v[ARRAY_LEN(at)];
	struct tm tm = { 0 };
	struct wall t;

	if (strlen(text) != MONO_RFC3339_SIZE - 1)
		return RC_MALFORMED;
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		v[i] = two_digits(text + at[i]);
		if (v[i] < 0)
			return RC_MALFORMED;
	}
	tm.tm_year = v[0] * 100 + v[1] - 1900;
	tm.tm_mon = v[2] - 1;
	tm.tm_mday = v[3];
	tm.tm_hour = v[4];
	tm.tm_min = v[5];
	tm.tm_sec = v[6];
	t.s = (int64_t)timegm(&tm);
	/* a date that does not exist (February 30) comes back changed */
	if (mono_rfc3339(t, again) != RC_OK || strcmp(again, text) != 0)
		return RC_MALFORMED;
	*ret_t = t;
	return RC_OK;
}

enum rc
mono_date_parse(const char *text, int32_t *ret_day)
{
	char full[MONO_RFC3339_SIZE];
	struct wall t;
	enum rc rc;

	if (strlen(text) != MONO_DATE_SIZE - 1)
		return RC_MALFORMED;
	(void)snprintf(full, sizeof(full), "%.10sT00:00:00Z", text);
	rc = mono_rfc3339_parse(full, &t);
	if (rc == RC_OK)
		*ret_day = mono_day(t);
	return rc;
}
