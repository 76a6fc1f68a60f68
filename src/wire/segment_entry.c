#include "wire/segment_entry.h"

#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "base/mono.h"

#define HEX_SIZE 65
#define DAY_S 86400
#define NUMBER_MAX 253402300799 /* 9999-12-31T23:59:59Z, and more rows */

static enum rc
number_get(const json_t *j, const char *name, uint64_t max, uint64_t *ret_n)
{
	const json_t *v = json_object_get(j, name);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || (uint64_t)n > max)
		return RC_MALFORMED;
	*ret_n = (uint64_t)n;
	return RC_OK;
}

static enum rc
hash_get(const json_t *j, const char *name, uint8_t ret_hash[static 32])
{
	const char *s = json_string_value(json_object_get(j, name));
	size_t n = 0;

	if (s == NULL || strlen(s) != HEX_SIZE - 1 ||
	    sodium_hex2bin(ret_hash, 32, s, HEX_SIZE - 1, NULL, &n, NULL) !=
		0 ||
	    n != 32)
		return RC_MALFORMED;
	return RC_OK;
}

static enum rc
fields_get(const json_t *j, struct segment_entry *e)
{
	const char *day = json_string_value(json_object_get(j, "day"));
	int32_t d = 0;
	uint64_t n = 0;
	enum rc rc = RC_BUG;

	CHECK(day != NULL, RC_MALFORMED);
	TRY(mono_date_parse(day, &d));
	e->day = (uint32_t)d;
	TRY(number_get(j, "seq", NUMBER_MAX, &e->seq));
	TRY(number_get(j, "part", UINT16_MAX, &n));
	e->part = (uint16_t)n;
	TRY(number_get(j, "opened", NUMBER_MAX, &e->opened));
	TRY(number_get(j, "closed", NUMBER_MAX, &e->closed));
	TRY(number_get(j, "envelopes", UINT32_MAX - 1, &n));
	e->envelopes = (uint32_t)n;
	TRY(number_get(j, "rows", NUMBER_MAX, &e->rows));
	TRY(hash_get(j, "root", e->root));
	TRY(hash_get(j, "custodians", e->custodians));
out:
	return rc;
}

enum rc
segment_entry_parse(struct rd entry, struct segment_entry *ret_e)
{
	struct segment_entry e = { 0 };
	const char *type;
	json_t *j;
	struct buf again;
	enum rc rc = RC_BUG;

	buf_init(&again, 1024);
	j = json_loadb(
	    (const char *)entry.p, entry.left, JSON_REJECT_DUPLICATES, NULL);
	type = json_string_value(json_object_get(j, "type"));
	CHECK(type != NULL, RC_MALFORMED);
	CHECK(strcmp(type, "segment") == 0, RC_NOT_FOUND);
	TRY(fields_get(j, &e));
	/* canonical, and nothing in it that is not ours */
	TRY(segment_entry_build(&e, &again));
	CHECK(again.len == entry.left &&
		memcmp(again.p, entry.p, entry.left) == 0,
	    RC_MALFORMED);
	*ret_e = e;
out:
	json_decref(j);
	buf_clear(&again);
	return rc;
}

int64_t
segment_entry_until(const struct segment_entry *e)
{
	int64_t end = ((int64_t)e->day + 1) * DAY_S - 1;

	return (int64_t)e->closed < end ? (int64_t)e->closed : end;
}

enum rc
segment_entry_build(const struct segment_entry *e, struct buf *b)
{
	char day[MONO_DATE_SIZE];
	char root[HEX_SIZE];
	char group[HEX_SIZE];
	enum rc rc = RC_BUG;

	TRY(mono_date((int32_t)e->day, day));
	(void)sodium_bin2hex(root, sizeof(root), e->root, sizeof(e->root));
	(void)sodium_bin2hex(
	    group, sizeof(group), e->custodians, sizeof(e->custodians));
	TRY(buf_add_fmt(b,
	    "{\"closed\":%llu,\"custodians\":\"%s\",\"day\":\"%s\","
	    "\"envelopes\":%u,\"opened\":%llu,\"part\":%u,\"root\":\"%s\","
	    "\"rows\":%llu,\"seq\":%llu,\"type\":\"segment\"}",
	    (unsigned long long)e->closed, group, day, e->envelopes,
	    (unsigned long long)e->opened, (unsigned)e->part, root,
	    (unsigned long long)e->rows, (unsigned long long)e->seq));
out:
	return rc;
}
