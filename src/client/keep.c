#include "client/keep.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"

enum rc
keep_new(struct keep **ret_k)
{
	struct keep *k = NULL;
	enum rc rc = RC_BUG;

	CHECK(sodium_init() >= 0, RC_BUG);
	/* locked, guarded memory: the long-term keys are in it */
	k = sodium_malloc(sizeof(struct keep));
	CHECK(k != NULL, RC_NOMEM);
	sodium_memzero(k, sizeof(*k));
	buf_init(&k->list, DEVICE_LIST_SIZE_MAX);
	keep_view_init(&k->view);
	k->next_prekey = 1;
	*ret_k = k;
	rc = RC_OK;
out:
	return rc;
}

static void
contact_free(struct keep_contact *c)
{
	buf_clear(&c->list);
	sodium_memzero(c, sizeof(*c));
	free(c);
}

static void
session_entry_free(struct keep_session *e)
{
	session_free(e->s);
	sodium_memzero(e, sizeof(*e));
	free(e);
}

static void
out_free(struct keep_out *o)
{
	buf_clear(&o->text);
	buf_clear(&o->frame);
	sodium_memzero(o, sizeof(*o));
	free(o);
}

static void
in_free(struct keep_in *i)
{
	buf_clear(&i->text);
	sodium_memzero(i, sizeof(*i));
	free(i);
}

void
keep_free(struct keep *k)
{
	if (k == NULL)
		return;
	for (struct keep_contact *c = k->contacts, *n = NULL; c != NULL;
	     c = n) {
		n = c->next;
		contact_free(c);
	}
	for (struct keep_session *e = k->sessions, *n = NULL; e != NULL;
	     e = n) {
		n = e->next;
		session_entry_free(e);
	}
	for (struct keep_out *o = k->outbox, *n = NULL; o != NULL; o = n) {
		n = o->next;
		out_free(o);
	}
	for (struct keep_in *i = k->inbox, *n = NULL; i != NULL; i = n) {
		n = i->next;
		in_free(i);
	}
	buf_clear(&k->list);
	keep_view_clear(&k->view);
	sodium_free(k); /* wipes */
}

enum rc
keep_buf_set(struct buf *b, struct rd octets)
{
	buf_clear(b);
	return buf_add_rd(b, octets);
}

enum rc
keep_contact_find(const struct keep *k, const struct e164 *number,
    struct keep_contact **ret_c)
{
	for (struct keep_contact *c = k->contacts; c != NULL; c = c->next)
		if (e164_is_eq(&c->number, number)) {
			*ret_c = c;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

enum rc
keep_contact_add(
    struct keep *k, const struct e164 *number, struct keep_contact **ret_c)
{
	struct keep_contact **at = &k->contacts;
	struct keep_contact *c = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	if (keep_contact_find(k, number, ret_c) == RC_OK)
		return RC_OK;
	for (; *at != NULL; at = &(*at)->next)
		n++;
	CHECK(n < KEEP_CONTACTS_MAX, RC_LIMIT);
	c = failmem_alloc(sizeof(*c));
	CHECK(c != NULL, RC_NOMEM);
	c->number = *number;
	buf_init(&c->list, DEVICE_LIST_SIZE_MAX);
	*at = c;
	*ret_c = c;
	rc = RC_OK;
out:
	return rc;
}

void
keep_contact_drop(struct keep *k, struct keep_contact *c)
{
	struct keep_contact **at = &k->contacts;

	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = c->next;
	contact_free(c);
}

enum rc
keep_session_add(struct keep *k, struct session *s, struct keep_session **ret_e)
{
	struct keep_session *e = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (e = k->sessions; e != NULL; e = e->next)
		n++;
	CHECK(n < KEEP_SESSIONS_MAX, RC_LIMIT);
	e = failmem_alloc(sizeof(*e));
	CHECK(e != NULL, RC_NOMEM);
	e->s = s;
	e->next = k->sessions;
	k->sessions = e;
	*ret_e = e;
	rc = RC_OK;
out:
	return rc;
}

static bool
is_of(const struct keep_session *e, const uint8_t account[static 16],
    uint8_t device)
{
	return e->device == device && memcmp(e->account, account, 16) == 0;
}

enum rc
keep_session_find(const struct keep *k, const uint8_t account[static 16],
    uint8_t device, struct keep_session **ret_e)
{
	for (struct keep_session *e = k->sessions; e != NULL; e = e->next)
		if (is_of(e, account, device)) {
			*ret_e = e;
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

void
keep_session_trim(struct keep *k, const struct keep_session *e)
{
	struct keep_session **at = &k->sessions;
	size_t n = 0;

	while (*at != NULL) {
		struct keep_session *x = *at;

		if (is_of(x, e->account, e->device) &&
		    ++n > KEEP_SESSIONS_DEVICE_MAX && x != e) {
			*at = x->next;
			session_entry_free(x);
		} else {
			at = &x->next;
		}
	}
}

void
keep_session_front(struct keep *k, struct keep_session *e)
{
	struct keep_session **at = &k->sessions;

	while (*at != NULL && *at != e)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = e->next;
	e->next = k->sessions;
	k->sessions = e;
}

void
keep_session_only(struct keep *k, const uint8_t account[static 16],
    const struct device_list *l)
{
	struct keep_session **at = &k->sessions;
	const struct device_list_entry *d = NULL;

	while (*at != NULL) {
		struct keep_session *e = *at;

		if (memcmp(e->account, account, 16) == 0 &&
		    device_list_find(l, e->device, &d) != RC_OK) {
			*at = e->next;
			session_entry_free(e);
		} else {
			at = &e->next;
		}
	}
}

enum rc
keep_out_add(struct keep *k, struct keep_out **ret_o)
{
	struct keep_out **at = &k->outbox;
	struct keep_out *o = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (; *at != NULL; at = &(*at)->next)
		n++;
	CHECK(n < KEEP_OUTBOX_MAX, RC_LIMIT);
	o = failmem_alloc(sizeof(*o));
	CHECK(o != NULL, RC_NOMEM);
	buf_init(&o->text, CONTENT_TEXT_MAX);
	buf_init(&o->frame, RELAY_FRAME_MAX);
	*at = o;
	*ret_o = o;
	rc = RC_OK;
out:
	return rc;
}

void
keep_out_drop(struct keep *k, struct keep_out *o)
{
	struct keep_out **at = &k->outbox;

	while (*at != NULL && *at != o)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = o->next;
	out_free(o);
}

enum rc
keep_in_add(struct keep *k, struct keep_in **ret_i)
{
	struct keep_in **at = &k->inbox;
	struct keep_in *i = NULL;
	size_t n = 0;
	enum rc rc = RC_BUG;

	for (; *at != NULL; at = &(*at)->next)
		n++;
	CHECK(n < KEEP_INBOX_MAX, RC_LIMIT);
	i = failmem_alloc(sizeof(*i));
	CHECK(i != NULL, RC_NOMEM);
	buf_init(&i->text, CONTENT_TEXT_MAX);
	*at = i;
	*ret_i = i;
	rc = RC_OK;
out:
	return rc;
}

void
keep_in_drop(struct keep *k, const uint8_t id[static 16])
{
	struct keep_in **at = &k->inbox;
	struct keep_in *i = NULL;

	while (*at != NULL && memcmp((*at)->id, id, 16) != 0)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	i = *at;
	*at = i->next;
	in_free(i);
}

bool
keep_seen_has(const struct keep *k, const uint8_t id[static 16])
{
	for (size_t i = 0; i < k->n_seen; i++)
		if (memcmp(k->seen[i], id, 16) == 0)
			return true;
	return false;
}

void
keep_seen_add(struct keep *k, const uint8_t id[static 16])
{
	if (k->n_seen == KEEP_SEEN_MAX) {
		memmove(k->seen[0], k->seen[1], sizeof(k->seen) - 16);
		k->n_seen--;
	}
	memcpy(k->seen[k->n_seen++], id, 16);
}

enum rc
keep_prekey_find(const struct keep_prekey *keys, size_t n, uint32_t id,
    const struct keep_prekey **ret_p)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].id == id) {
			*ret_p = &keys[i];
			return RC_OK;
		}
	return RC_NOT_FOUND;
}

void
keep_prekey_drop(struct keep *k, uint32_t one_time_id)
{
	for (size_t i = 0; i < k->n_one_time; i++) {
		if (k->one_time[i].id != one_time_id)
			continue;
		k->n_one_time--;
		memmove(&k->one_time[i], &k->one_time[i + 1],
		    (k->n_one_time - i) * sizeof(k->one_time[0]));
		sodium_memzero(
		    &k->one_time[k->n_one_time], sizeof(k->one_time[0]));
		return;
	}
}

enum rc
keep_list_set(struct keep *k, struct rd octets)
{
	uint8_t hash[32];
	size_t n = k->n_hashes;
	enum rc rc = RC_BUG;

	device_list_hash(octets, hash);
	TRY(keep_buf_set(&k->list, octets));
	for (size_t i = 0; i < n; i++)
		if (memcmp(k->hashes[i], hash, sizeof(hash)) == 0)
			goto out;
	if (n == KEEP_HASHES_MAX)
		n--;
	memmove(k->hashes[1], k->hashes[0], n * sizeof(hash));
	memcpy(k->hashes[0], hash, sizeof(hash));
	k->n_hashes = n + 1;
out:
	return rc;
}
