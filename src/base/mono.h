/*
 * mono: time as two types that cannot be mixed. struct mono is monotonic and
 * drives timers; struct wall is UTC and drives dates only.
 */
#ifndef MONO_H
#define MONO_H
#include <stdbool.h>
#include <stdint.h>

#include "base/rc.h"

struct mono {
	int64_t us; /* microseconds since an arbitrary start */
};

struct wall {
	int64_t s; /* seconds since 1970-01-01T00:00:00Z */
};

struct mono mono_now(void);
struct mono mono_add_ms(struct mono t, int64_t ms);
int64_t mono_diff_ms(struct mono later, struct mono earlier);
bool mono_is_after(struct mono a, struct mono b);

/* The system clock plus the offset set below. */
struct wall mono_wall(void);
/* The same in milliseconds since 1970. */
int64_t mono_wall_ms(void);
/* Seconds added to the wall clock: the configuration's clock_offset, by which
 * the tests make the clock jump. 0 at start. */
void mono_wall_offset(int64_t seconds);
/* Days since 1970-01-01, and back. */
int32_t mono_day(struct wall t);
#define MONO_RFC3339_SIZE 21 /* "2026-11-24T10:00:00Z" and NUL */
#define MONO_DATE_SIZE 11    /* "2026-11-24" and NUL */
/* RC_MALFORMED outside the years 1970 to 9999. */
MUST_USE enum rc mono_rfc3339(
    struct wall t, char ret_text[static MONO_RFC3339_SIZE]);
MUST_USE enum rc mono_date(int32_t day, char ret_text[static MONO_DATE_SIZE]);
/* Reads exactly the two forms above (seconds, "Z"). */
MUST_USE enum rc mono_rfc3339_parse(const char *text, struct wall *ret_t);
MUST_USE enum rc mono_date_parse(const char *text, int32_t *ret_day);
#endif
