#include "orders/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/failmem.h"
#include "base/file.h"

#define NAME "orders/events.log"
#define FILE_MAX (256u << 20)
#define HEX_SIZE 65
#define FIRST "0000000000000000000000000000000000000000000000000000000000000000"

struct tail {
	char hash[HEX_SIZE];
	json_int_t seq;
	off_t end; /* behind the last whole event */
};

/* SHA-256 of the canonical JSON (sorted names, compact) without "hash". */
static enum rc
event_hash(const json_t *event, char ret_hex[static HEX_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	json_t *copy = json_copy((json_t *)(uintptr_t)event);
	char *text = NULL;
	enum rc rc = RC_BUG;

	CHECK(copy != NULL, RC_NOMEM);
	(void)json_object_del(copy, "hash");
	text = json_dumps(copy, JSON_SORT_KEYS | JSON_COMPACT);
	CHECK(text != NULL, RC_NOMEM);
	(void)crypto_hash_sha256(
	    hash, (const unsigned char *)text, strlen(text));
	(void)sodium_bin2hex(ret_hex, HEX_SIZE, hash, sizeof(hash));
	rc = RC_OK;
out:
	free(text);
	json_decref(copy);
	return rc;
}

static enum rc
check_event(const json_t *e, struct tail *t)
{
	const char *prev = json_string_value(json_object_get(e, "prev"));
	const char *hash = json_string_value(json_object_get(e, "hash"));
	char again[HEX_SIZE];
	enum rc rc = RC_BUG;

	CHECK(prev != NULL && hash != NULL && strcmp(prev, t->hash) == 0,
	    RC_CORRUPT);
	CHECK(json_integer_value(json_object_get(e, "seq")) == t->seq + 1,
	    RC_CORRUPT);
	TRY(event_hash(e, again));
	CHECK(strcmp(again, hash) == 0, RC_CORRUPT);
	memcpy(t->hash, again, HEX_SIZE);
	t->seq++;
out:
	return rc;
}

static enum rc
walk(int fd, ledger_fn fn, void *arg, struct tail *ret_t)
{
	struct tail t = { FIRST, 0, 0 };
	struct buf b;
	json_t *e = NULL;
	uint8_t *end;
	size_t at = 0;
	enum rc rc = RC_BUG;

	buf_init(&b, FILE_MAX);
	TRY(file_read(fd, &b));
	while (
	    at < b.len && (end = memchr(b.p + at, '\n', b.len - at)) != NULL) {
		size_t n = (size_t)(end - (b.p + at));

		e = json_loadb(
		    (const char *)b.p + at, n, JSON_REJECT_DUPLICATES, NULL);
		CHECK(e != NULL, RC_CORRUPT);
		TRY(check_event(e, &t));
		if (fn != NULL)
			TRY(fn(arg, e));
		json_decref(e);
		e = NULL;
		at += n + 1;
		t.end = (off_t)at;
	}
	*ret_t = t;
	rc = RC_OK;
out:
	json_decref(e);
	buf_clear(&b);
	return rc;
}

enum rc
ledger_each(int dir, ledger_fn fn, void *arg)
{
	struct tail t;
	int fd = openat(dir, NAME, O_RDONLY | O_CLOEXEC);
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? RC_OK : RC_IO;
	rc = walk(fd, fn, arg, &t);
	(void)close(fd);
	return rc;
}

static enum rc
write_event(int fd, json_t *event, off_t at)
{
	char *text = json_dumps(event, JSON_SORT_KEYS | JSON_COMPACT);
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 1u << 20);
	CHECK(text != NULL, RC_NOMEM);
	TRY(buf_add_str(&b, text));
	TRY(buf_u8(&b, '\n'));
	CHECK(ftruncate(fd, at) == 0, RC_IO); /* a torn last line goes */
	CHECK(pwrite(fd, b.p, b.len, at) == (ssize_t)b.len,
	    errno == ENOSPC ? RC_NOSPACE : RC_IO);
	CHECK(fsync(fd) == 0, RC_IO);
	rc = RC_OK;
out:
	buf_clear(&b);
	free(text);
	return rc;
}

enum rc
ledger_append(int dir, const char *actor, const char *order, const char *event,
    json_t *data)
{
	char time[MONO_RFC3339_SIZE];
	char hash[HEX_SIZE];
	struct tail t;
	json_t *e = NULL;
	int fd = openat(dir, NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0 && flock(fd, LOCK_EX) == 0, RC_IO);
	TRY(walk(fd, NULL, NULL, &t));
	TRY(mono_rfc3339(mono_wall(), time));
	e = json_pack("{s:I,s:s,s:s,s:s,s:s,s:O,s:s}", "seq",
	    (json_int_t)(t.seq + 1), "time", time, "actor", actor, "order",
	    order, "event", event, "data", data, "prev", t.hash);
	CHECK(e != NULL, RC_NOMEM);
	TRY(event_hash(e, hash));
	CHECK(json_object_set_new(e, "hash", json_string(hash)) == 0, RC_NOMEM);
	TRY(write_event(fd, e, t.end));
out:
	json_decref(e);
	json_decref(data);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
