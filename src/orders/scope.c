#include "orders/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "orders/json_field.h"

#define ENTRY_MAX 4096
#define NAME_SIZE 48

static void
part_clear(struct scope_part *p)
{
	buf_clear(&p->text);
	scope_segment_close(p->file);
	sodium_memzero(p, sizeof(*p));
}

void
scope_free(struct scope *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		part_clear(&s->parts[i]);
	free(s->parts);
	buf_clear(&s->note);
	log_dir_close(s->log);
	if (s->log_fd >= 0)
		(void)close(s->log_fd);
	free(s);
}

static bool
is_touched(const struct scope *s, const struct segment_entry *e)
{
	return (int64_t)e->opened < s->to.s &&
	    segment_entry_until(e) >= s->from.s;
}

/* Canonical JSON begins with the first name in order. */
static bool
begins(struct rd entry, const char *text)
{
	size_t n = strlen(text);

	return entry.left >= n && memcmp(entry.p, text, n) == 0;
}

/* From the log's end back to the first segment that ended before the window
 * began; parts are found last first. */
static enum rc
find_parts(struct scope *s)
{
	struct scope_part *p;
	struct buf b;
	bool more = true;
	enum rc rc = RC_OK;

	buf_init(&b, ENTRY_MAX);
	for (uint64_t i = s->log_size; i > 0 && more; i--) {
		b.len = 0;
		TRY(log_dir_entry(s->log, i - 1, &b));
		if (!begins(buf_get(&b), "{\"closed\":"))
			continue;
		CHECK(s->n < SCOPE_PARTS_MAX, RC_LIMIT);
		p = &s->parts[s->n];
		*p = (struct scope_part){ .log_index = i - 1 };
		buf_init(&p->text, ENTRY_MAX);
		s->n++;
		TRY(buf_add_rd(&p->text, buf_get(&b)));
		CHECK(segment_entry_parse(buf_get(&b), &p->entry) == RC_OK,
		    RC_CORRUPT);
		p->state = is_touched(s, &p->entry) ? SCOPE_STATE_HELD
						    : SCOPE_STATE_OUTSIDE;
		more = segment_entry_until(&p->entry) >= s->from.s;
	}
out:
	buf_clear(&b);
	return rc;
}

/* What begins after the window's end proves nothing more than the first of
 * them does, or than a part that ends after it. */
static void
trim(struct scope *s)
{
	size_t late = 0;

	/* after a clock that went back a later part may be inside again */
	while (late + 1 < s->n && s->parts[late].state == SCOPE_STATE_OUTSIDE &&
	    (int64_t)s->parts[late + 1].entry.closed >= s->to.s)
		late++;
	for (size_t i = 0; i < late; i++)
		part_clear(&s->parts[i]);
	memmove(s->parts, s->parts + late, (s->n - late) * sizeof(*s->parts));
	s->n -= late;
	for (size_t i = 0; i < s->n / 2; i++) {
		struct scope_part p = s->parts[i];

		s->parts[i] = s->parts[s->n - 1 - i];
		s->parts[s->n - 1 - i] = p;
	}
}

static enum rc
check_order(const struct scope *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->parts[i].entry.seq != s->parts[i - 1].entry.seq + 1)
			return RC_CORRUPT;
	return RC_OK;
}

static enum rc
map_file(int dir, const char *name, struct rd *ret_file)
{
	struct stat st;
	void *p;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	enum rc rc = RC_BUG;

	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	CHECK(fstat(fd, &st) == 0, RC_IO);
	CHECK(st.st_size > 0, RC_CORRUPT);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED, RC_IO);
	*ret_file = (struct rd){ p, (size_t)st.st_size };
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static enum rc
read_day_key(int dir, const char *date, uint8_t ret_key[static 32])
{
	char name[NAME_SIZE];
	uint8_t key[33];
	int fd;
	enum rc rc = RC_BUG;

	(void)snprintf(name, sizeof(name), "records/%s.key", date);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0, errno == ENOENT ? RC_NOT_FOUND : RC_IO);
	CHECK(read(fd, key, sizeof(key)) == 32, RC_CORRUPT);
	CHECK(!sodium_is_zero(key, 32), RC_NOT_FOUND);
	memcpy(ret_key, key, 32);
	rc = RC_OK;
out:
	sodium_memzero(key, sizeof(key));
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* The log's word that the day's key is gone. */
static enum rc
find_destroyed(const struct scope *s, const char *date, uint64_t *ret_index)
{
	char text[64];
	struct buf b;
	enum rc rc = RC_NOT_FOUND;

	buf_init(&b, ENTRY_MAX);
	(void)snprintf(
	    text, sizeof(text), "{\"day\":\"%s\",\"type\":\"destroy\"}", date);
	for (uint64_t i = s->log_size; i > 0; i--) {
		b.len = 0;
		TRY(log_dir_entry(s->log, i - 1, &b));
		if (b.len == strlen(text) && begins(buf_get(&b), text)) {
			*ret_index = i - 1;
			goto out;
		}
	}
	rc = RC_NOT_FOUND;
out:
	buf_clear(&b);
	return rc;
}

void
scope_segment_close(struct rd file)
{
	if (file.left > 0)
		(void)munmap((void *)(uintptr_t)file.p, file.left);
}

enum rc
scope_segment_open(int dir, const struct segment_entry *e, struct rd *ret_file,
    uint8_t ret_day_key[static JOURNAL_KEY_SIZE])
{
	char date[MONO_DATE_SIZE];
	char name[NAME_SIZE];
	enum rc rc = RC_BUG;

	TRY(mono_date((int32_t)e->day, date));
	TRY(read_day_key(dir, date, ret_day_key));
	(void)snprintf(
	    name, sizeof(name), "records/%s.%03u.seg", date, (unsigned)e->part);
	TRY(map_file(dir, name, ret_file));
out:
	return rc;
}

/* What the segment's file is: the root in the log, or damaged. */
static enum rc
check_part(struct scope_part *p)
{
	uint8_t root[32];
	enum rc rc = RC_BUG;

	CHECK(segment_parse(p->file, &p->segment) == RC_OK, RC_CORRUPT);
	TRY(tree_root(segment_tree_hash, &p->segment,
	    (uint64_t)p->segment.envelopes + 1, root));
	CHECK(memcmp(root, p->entry.root, sizeof(root)) == 0 &&
		p->segment.seq == p->entry.seq,
	    RC_CORRUPT);
out:
	return rc;
}

static enum rc
open_part(struct scope *s, int dir, struct scope_part *p)
{
	char date[MONO_DATE_SIZE];
	enum rc rc = RC_BUG;

	TRY(mono_date((int32_t)p->entry.day, date));
	rc = scope_segment_open(dir, &p->entry, &p->file, p->day_key);
	if (rc == RC_NOT_FOUND) {
		/* gone by retention, and then the log says so; or lost */
		rc = find_destroyed(s, date, &p->destroy_index);
		CHECK(rc == RC_OK, rc == RC_NOT_FOUND ? RC_CORRUPT : rc);
		p->state = SCOPE_STATE_DESTROYED;
		goto out;
	}
	CHECK(rc == RC_OK, rc);
	TRY(check_part(p));
out:
	return rc;
}

static enum rc
open_log(struct scope *s, int dir)
{
	enum rc rc = RC_BUG;

	s->log_fd = openat(dir, "log", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(s->log_fd >= 0, RC_NOT_FOUND);
	TRY(log_dir_open(s->log_fd, &s->log));
	TRY(log_dir_checkpoint(s->log, &s->note));
	s->log_size = log_dir_size(s->log);
out:
	return rc;
}

enum rc
scope_open_head(int dir, struct wall from, struct wall to, struct scope **ret_s)
{
	struct scope *s = failmem_alloc(sizeof(*s));
	enum rc rc = RC_BUG;

	CHECK(s != NULL, RC_NOMEM);
	s->log_fd = -1;
	s->from = from;
	s->to = to;
	buf_init(&s->note, 65536);
	s->parts = failmem_array(SCOPE_PARTS_MAX, sizeof(*s->parts));
	CHECK(s->parts != NULL, RC_NOMEM);
	TRY(open_log(s, dir));
	*ret_s = s;
	s = NULL;
out:
	scope_free(s);
	return rc;
}

enum rc
scope_open(int dir, struct wall from, struct wall to, struct scope **ret_s,
    uint32_t *ret_day)
{
	struct scope *s = NULL;
	enum rc rc = RC_BUG;

	*ret_day = 0;
	TRY(scope_open_head(dir, from, to, &s));
	TRY(find_parts(s));
	CHECK(s->n > 0 && (int64_t)s->parts[0].entry.closed >= to.s, RC_STATE);
	trim(s);
	TRY(check_order(s));
	for (size_t i = 0; i < s->n; i++) {
		*ret_day = s->parts[i].entry.day;
		if (s->parts[i].state == SCOPE_STATE_HELD)
			TRY(open_part(s, dir, &s->parts[i]));
	}
	*ret_s = s;
	s = NULL;
out:
	scope_free(s);
	return rc;
}

void
scope_keep(struct scope *s, const json_t *kept)
{
	const json_t *parts = json_object_get(kept, "parts");
	size_t i;
	const json_t *j;

	json_array_foreach((json_t *)(uintptr_t)parts, i, j)
	{
		json_int_t seq = json_integer_value(json_object_get(j, "seq"));

		for (size_t p = 0; p < s->n; p++)
			if (s->parts[p].state == SCOPE_STATE_DESTROYED &&
			    s->parts[p].entry.seq == (uint64_t)seq) {
				s->parts[p].state = SCOPE_STATE_HELD;
				s->parts[p].kept = j;
			}
	}
}

enum rc
scope_session(const struct scope_part *p, struct buf *b)
{
	struct journal_session plain = p->segment.session;
	struct buf shares;
	enum rc rc = RC_BUG;

	if (p->kept != NULL)
		return json_field_bytes(p->kept, "session", b);
	buf_init(&shares, JOURNAL_FRAME_MAX);
	TRY(buf_add(
	    &shares, plain.shares, (size_t)plain.n * JOURNAL_SHARE_SIZE));
	journal_layer_xor(
	    p->day_key, plain.nonce, JOURNAL_LAYER_SHARES, 0, &shares);
	plain.shares = shares.p;
	TRY(journal_session_build(&plain, b));
out:
	buf_clear(&shares);
	return rc;
}

enum rc
scope_path(const struct scope *s, uint64_t index, struct tree_proof *ret_path)
{
	return tree_inclusion(
	    log_dir_hash, s->log, index, s->log_size, ret_path);
}
