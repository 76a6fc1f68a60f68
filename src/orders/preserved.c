#include "orders/preserved.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "crypto/tprf.h"
#include "orders/held.h"
#include "orders/json_field.h"

#define PATH_SIZE 96
#define FILE_MAX (512u << 20)
#define KEY_SIZE crypto_secretbox_KEYBYTES
#define NONCE_SIZE crypto_secretbox_NONCEBYTES
#define MAC_SIZE crypto_secretbox_MACBYTES

/* --- what is kept ----------------------------------------------------------
 */

static enum rc
keep_item(const struct scope_part *p,
    const uint8_t tag[static JOURNAL_TAG_SIZE], enum journal_direction d,
    json_t *items)
{
	const struct rd octets = { tag, JOURNAL_TAG_SIZE };
	json_t *item = NULL;
	json_t *j;
	enum rc rc = RC_BUG;

	TRY(held_item(p, tag, d, &item));
	j = json_pack("{s:o,s:i,s:O}", "tag", json_field_base64(octets),
	    "direction", (int)d, "item", item);
	CHECK(json_array_append_new(items, j) == 0, RC_NOMEM);
out:
	json_decref(item);
	return rc;
}

static enum rc
tag_of(const struct request_part *p, size_t handle,
    uint8_t ret_tag[static JOURNAL_TAG_SIZE])
{
	const uint8_t(*shares)[TDH2_SHARE_SIZE] =
	    (const uint8_t(*)[TDH2_SHARE_SIZE])p->found;
	uint8_t point[32];
	enum rc rc = RC_BUG;

	TRY(tprf_combine(p->session.k, shares + handle * p->session.k, point));
	journal_tag(point, ret_tag);
out:
	sodium_memzero(point, sizeof(point));
	return rc;
}

static enum rc
keep_part(const struct scope_part *p, const struct request *q,
    const struct request_part *asked, json_t *parts)
{
	json_t *items = json_array();
	json_t *j = json_pack("{s:I}", "seq", (json_int_t)p->entry.seq);
	uint8_t tag[JOURNAL_TAG_SIZE];
	enum rc rc = RC_BUG;

	CHECK(items != NULL && j != NULL, RC_NOMEM);
	TRY(held_session(p, j));
	for (size_t h = 0; h < q->order.n_handles; h++) {
		TRY(tag_of(asked, h, tag));
		for (int d = JOURNAL_DIRECTION_SOURCE;
		     d <= JOURNAL_DIRECTION_LOOKUP; d++)
			if (((int)q->order.direction & d) != 0)
				TRY(keep_item(
				    p, tag, (enum journal_direction)d, items));
	}
	CHECK(json_object_set(j, "items", items) == 0 &&
		json_array_append(parts, j) == 0,
	    RC_NOMEM);
	rc = RC_OK;
out:
	json_decref(items);
	json_decref(j);
	return rc;
}

enum rc
preserved_build(
    const struct scope *s, const struct request *q, json_t **ret_kept)
{
	json_t *parts = json_array();
	size_t at = 0;
	enum rc rc = RC_OK;

	CHECK(parts != NULL, RC_NOMEM);
	for (size_t i = 0; i < s->n; i++)
		if (s->parts[i].state == SCOPE_STATE_HELD) {
			CHECK(at < q->n_parts, RC_STATE);
			TRY(keep_part(&s->parts[i], q, &q->parts[at++], parts));
		}
	*ret_kept = json_pack(
	    "{s:s,s:O}", "tacet", "preserved", "parts", parts);
	CHECK(*ret_kept != NULL, RC_NOMEM);
	rc = RC_OK;
out:
	json_decref(parts);
	return rc;
}

/* --- the files -------------------------------------------------------------
 */

static void
path_of(const char *id, const char *ending, char ret_path[static PATH_SIZE])
{
	(void)snprintf(
	    ret_path, PATH_SIZE, "orders/preserved/%s.%s", id, ending);
}

static enum rc
write_new(int dir, const char *path, struct rd octets)
{
	int fd = openat(
	    dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == EEXIST ? RC_EXISTS : RC_IO);
	TRY(file_write(fd, octets));
	CHECK(fsync(fd) == 0, RC_IO);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* A crash between the two leaves a key that opens nothing: preserved_destroy,
 * and once more. */
enum rc
preserved_write(int dir, const char *id, const json_t *kept)
{
	char path[PATH_SIZE];
	uint8_t key[KEY_SIZE];
	struct buf text;
	struct buf box;
	uint8_t *p;
	enum rc rc = RC_BUG;

	buf_init(&text, FILE_MAX);
	buf_init(&box, FILE_MAX);
	CHECK(mkdirat(dir, "orders/preserved", 0700) == 0 || errno == EEXIST,
	    RC_IO);
	TRY(json_field_dump(kept, &text));
	TRY(buf_reserve(&box, NONCE_SIZE + MAC_SIZE + text.len, &p));
	randombytes_buf(key, sizeof(key));
	randombytes_buf(p, NONCE_SIZE);
	(void)crypto_secretbox_easy(p + NONCE_SIZE, text.p, text.len, p, key);
	buf_commit(&box, NONCE_SIZE + MAC_SIZE + text.len);
	path_of(id, "key", path);
	TRY(write_new(dir, path, (struct rd){ key, sizeof(key) }));
	path_of(id, "box", path);
	TRY(write_new(dir, path, buf_get(&box)));
out:
	sodium_memzero(key, sizeof(key));
	buf_clear(&text);
	buf_clear(&box);
	return rc;
}

enum rc
preserved_read(int dir, const char *id, json_t **ret_kept)
{
	char path[PATH_SIZE];
	struct buf key;
	struct buf box;
	struct buf text;
	uint8_t *p;
	enum rc rc = RC_BUG;

	buf_init(&key, 1u << 17);
	buf_init(&box, FILE_MAX);
	buf_init(&text, FILE_MAX);
	path_of(id, "key", path);
	TRY(file_read_at(dir, path, &key));
	path_of(id, "box", path);
	TRY(file_read_at(dir, path, &box));
	CHECK(
	    key.len == KEY_SIZE && box.len > NONCE_SIZE + MAC_SIZE, RC_CORRUPT);
	TRY(buf_reserve(&text, box.len - NONCE_SIZE - MAC_SIZE, &p));
	CHECK(crypto_secretbox_open_easy(p, box.p + NONCE_SIZE,
		  box.len - NONCE_SIZE, box.p, key.p) == 0,
	    RC_CORRUPT);
	*ret_kept = json_loadb((const char *)p, box.len - NONCE_SIZE - MAC_SIZE,
	    JSON_REJECT_DUPLICATES, NULL);
	CHECK(json_field_is(*ret_kept, "tacet", "preserved"), RC_CORRUPT);
out:
	buf_clear(&key);
	buf_clear(&box);
	buf_clear(&text);
	return rc;
}

enum rc
preserved_destroy(int dir, const char *id)
{
	static const uint8_t zero[KEY_SIZE];
	char path[PATH_SIZE];
	int fd;
	enum rc rc = RC_BUG;

	path_of(id, "key", path);
	fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 || errno == ENOENT, RC_IO);
	if (fd >= 0) {
		/* in place: a new file would leave the old octets */
		CHECK(write(fd, zero, sizeof(zero)) == (ssize_t)sizeof(zero) &&
			fsync(fd) == 0,
		    RC_IO);
		CHECK(unlinkat(dir, path, 0) == 0, RC_IO);
	}
	path_of(id, "box", path);
	CHECK(unlinkat(dir, path, 0) == 0 || errno == ENOENT, RC_IO);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
