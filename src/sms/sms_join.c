#include "sms/sms_join.h"

#include <string.h>

#include "base/failmem.h"

struct entry {
	struct sms_join_key key; /* place.total 0: free */
	struct mono last;        /* when a part came */
	struct buf part[SMS_TEXT_PARTS_MAX];
};

struct sms_join {
	struct entry entry[SMS_JOIN_TEXTS_MAX];
};

enum rc
sms_join_new(struct sms_join **ret_j)
{
	struct sms_join *j = failmem_alloc(sizeof(*j));
	enum rc rc = RC_OK;

	CHECK(j != NULL, RC_NOMEM);
	for (size_t i = 0; i < ARRAY_LEN(j->entry); i++)
		for (size_t p = 0; p < SMS_TEXT_PARTS_MAX; p++)
			buf_init(&j->entry[i].part[p], SMS_JOIN_PART_MAX);
	*ret_j = j;
out:
	return rc;
}

static void
entry_clear(struct entry *e)
{
	for (size_t p = 0; p < SMS_TEXT_PARTS_MAX; p++)
		buf_clear(&e->part[p]);
	explicit_bzero(&e->key, sizeof(e->key));
}

void
sms_join_free(struct sms_join *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(j->entry); i++)
		entry_clear(&j->entry[i]);
	free(j);
}

static bool
is_same(const struct sms_join_key *a, const struct sms_join_key *b)
{
	return a->place.total == b->place.total &&
	    a->place.ref == b->place.ref && e164_is_eq(&a->to, &b->to) &&
	    e164_is_eq(&a->from, &b->from) &&
	    strcmp(a->from_text, b->from_text) == 0;
}

static struct entry *
entry_find(struct sms_join *j, const struct sms_join_key *k)
{
	for (size_t i = 0; i < ARRAY_LEN(j->entry); i++)
		if (j->entry[i].key.place.total != 0 &&
		    is_same(&j->entry[i].key, k))
			return &j->entry[i];
	return NULL;
}

static struct entry *
entry_unused(struct sms_join *j)
{
	for (size_t i = 0; i < ARRAY_LEN(j->entry); i++)
		if (j->entry[i].key.place.total == 0)
			return &j->entry[i];
	return NULL;
}

static bool
is_whole(const struct entry *e)
{
	for (size_t p = 0; p < e->key.place.total; p++)
		if (e->part[p].len == 0)
			return false;
	return true;
}

static enum rc
entry_put(const struct entry *e, struct buf *whole)
{
	enum rc rc = RC_OK;

	for (size_t p = 0; p < e->key.place.total; p++) {
		if (e->part[p].len == 0)
			TRY(buf_add_str(whole, "..."));
		TRY(buf_add_rd(whole, buf_get(&e->part[p])));
	}
out:
	return rc;
}

enum rc
sms_join_add(struct sms_join *j, const struct sms_join_key *k, struct rd text,
    struct mono now, struct buf *whole)
{
	struct entry *e = NULL;
	struct buf *part;
	enum rc rc = RC_OK;

	CHECK(k->place.total >= 1, RC_MALFORMED);
	CHECK(k->place.total <= SMS_TEXT_PARTS_MAX, RC_MALFORMED);
	CHECK(k->place.seq >= 1, RC_MALFORMED);
	CHECK(k->place.seq <= k->place.total, RC_MALFORMED);
	CHECK(text.left > 0, RC_MALFORMED);
	CHECK(text.left <= SMS_JOIN_PART_MAX, RC_LIMIT);
	e = entry_find(j, k);
	if (e == NULL) {
		e = entry_unused(j);
		CHECK(e != NULL, RC_LIMIT);
		e->key = *k;
	}
	e->last = now;
	part = &e->part[k->place.seq - 1];
	if (part->len == 0) /* else the SMSC repeats a part */
		TRY(buf_add_rd(part, text));
	CHECK(is_whole(e), RC_AGAIN);
	TRY(entry_put(e, whole));
out:
	return rc;
}

void
sms_join_done(struct sms_join *j, const struct sms_join_key *k)
{
	struct entry *e = entry_find(j, k);

	if (e != NULL)
		entry_clear(e);
}

enum rc
sms_join_expired(struct sms_join *j, struct mono now, int64_t ms,
    struct sms_join_key *ret_k, struct buf *whole)
{
	struct entry *oldest = NULL;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < ARRAY_LEN(j->entry); i++) {
		struct entry *e = &j->entry[i];

		if (e->key.place.total != 0 &&
		    mono_diff_ms(now, e->last) >= ms &&
		    (oldest == NULL || mono_is_after(oldest->last, e->last)))
			oldest = e;
	}
	CHECK(oldest != NULL, RC_NOT_FOUND);
	TRY(entry_put(oldest, whole));
	oldest->last = now; /* if it fails, the next try is as far away */
	*ret_k = oldest->key;
out:
	return rc;
}
