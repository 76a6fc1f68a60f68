#include "witness/witness_state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "wire/text64.h"

#define FILE_MAX 16384
#define PATH_SIZE 1100

/* Up to the octet c, which is skipped. */
static enum rc
word_take(struct rd *r, char c, struct rd *ret_word)
{
	const uint8_t *end = r->left == 0 ? NULL : memchr(r->p, c, r->left);
	enum rc rc = RC_BUG;

	CHECK(end != NULL, RC_MALFORMED);
	TRY(rd_take(r, (size_t)(end - r->p), ret_word));
	TRY(rd_skip(r, 1));
out:
	return rc;
}

enum rc
witness_state_parse(struct rd text, struct witness_state *ret_s)
{
	struct witness_state s = { .n = 0 };
	struct rd word = { 0 };
	size_t n = 0;
	enum rc rc = RC_OK;

	while (text.left > 0) {
		struct witness_seen *w = &s.seen[s.n];

		CHECK(s.n < WITNESS_STATE_LOGS, RC_MALFORMED);
		TRY(word_take(&text, ' ', &word));
		CHECK(note_is_name(word), RC_MALFORMED);
		memcpy(w->origin, word.p, word.left);
		CHECK(witness_state_find(&s, w->origin) == NULL, RC_MALFORMED);
		TRY(word_take(&text, ' ', &word));
		TRY(tree_size_parse(word, &w->size));
		CHECK(w->size > 0, RC_MALFORMED); /* none is not kept */
		TRY(word_take(&text, '\n', &word));
		CHECK(text64_std_parse(word, sizeof(w->root), w->root, &n) ==
			    RC_OK &&
			n == sizeof(w->root),
		    RC_MALFORMED);
		s.n++;
	}
	*ret_s = s;
out:
	return rc;
}

enum rc
witness_state_build(const struct witness_state *s, struct buf *b)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < s->n; i++) {
		const struct witness_seen *w = &s->seen[i];

		TRY(buf_add_fmt(b, "%s %" PRIu64 " ", w->origin, w->size));
		TRY(text64_std_build(
		    b, (struct rd){ w->root, sizeof(w->root) }));
		TRY(buf_u8(b, '\n'));
	}
out:
	return rc;
}

const struct witness_seen *
witness_state_find(const struct witness_state *s, const char *origin)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->seen[i].origin, origin) == 0)
			return &s->seen[i];
	return NULL;
}

enum rc
witness_state_set(struct witness_state *s, const char *origin, uint64_t size,
    const uint8_t root[static TREE_HASH_SIZE])
{
	struct witness_seen *w = &s->seen[s->n];
	size_t n = strlen(origin);

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->seen[i].origin, origin) == 0)
			w = &s->seen[i];
	if (w == &s->seen[WITNESS_STATE_LOGS] || n >= sizeof(w->origin))
		return RC_LIMIT;
	if (w == &s->seen[s->n])
		s->n++;
	memcpy(w->origin, origin, n + 1);
	w->size = size;
	memcpy(w->root, root, sizeof(w->root));
	return RC_OK;
}

enum rc
witness_state_load(const char *path, struct witness_state *ret_s)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, FILE_MAX);
	TRY(file_read_at(AT_FDCWD, path, &b));
	CHECK(witness_state_parse(buf_get(&b), ret_s) == RC_OK, RC_CORRUPT);
out:
	buf_clear(&b);
	return rc;
}

enum rc
witness_state_save(const char *path, const struct witness_state *s)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, FILE_MAX);
	TRY(witness_state_build(s, &b));
	TRY(file_replace(AT_FDCWD, path, 0600, buf_get(&b)));
out:
	buf_clear(&b);
	return rc;
}
