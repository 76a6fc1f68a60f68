/*
 * Prekeys, device lists and the rendezvous by which a device is linked.
 */
#include <string.h>

#include "base/failmem.h"
#include "exchange/exchange_internal.h"
#include "wire/cbor.h"

#define ONE_TIME_KEEP 200 /* held for one device at the most */
#define LINK_SLOTS 1024
#define LINK_MAX 8192
#define LINK_MS (10 * 60 * 1000) /* doc/protocol/api.md: kept 10 minutes */

static uint8_t
status_of(enum msg_status status, enum rc rc)
{
	return (
	    uint8_t)(status != MSG_STATUS_OK ? status : exchange_status(rc));
}

static bool
is_wanted(const struct msg_prekeys_get *m, uint8_t device)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(m->devices); i++) {
		if (m->devices[i] == device)
			return true;
		any = any || m->devices[i] != 0;
	}
	return !any;
}

/* One bundle a device; each takes a one-time key out of the store. */
static enum rc
add_bundles(
    struct exchange *x, const struct msg_prekeys_get *m, struct buf *ret_b)
{
	struct store_device d[DEVICE_LIST_MAX];
	struct prekey_bundle bundle;
	struct buf items;
	size_t n = 0;
	size_t found = 0;
	enum rc rc = RC_BUG;

	buf_init(&items, 4096);
	TRY(store_devices(x->store, m->account, d, &n));
	for (size_t i = 0; i < n; i++) {
		if (!is_wanted(m, d[i].id))
			continue;
		rc = store_prekey_pop(x->store, m->account, d[i].id, &bundle);
		if (rc == RC_NOT_FOUND)
			continue; /* linked a moment ago, keys to come */
		CHECK(rc == RC_OK, rc);
		TRY(prekey_bundle_build(&bundle, &items));
		found++;
	}
	TRY(cbor_put_array(ret_b, found));
	TRY(buf_add_rd(ret_b, buf_get(&items)));
out:
	buf_clear(&items);
	return rc;
}

void
exchange_on_prekeys_get(struct exchange *x, const void *msg)
{
	const struct msg_prekeys_get *m = msg;
	const struct conf *c = child_conf(x->child);
	struct msg_prekeys_reply reply = { .req = m->req };
	uint8_t pair[32];
	struct store_account self;
	struct buf list;
	struct buf bundles;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	buf_init(&list, DEVICE_LIST_SIZE_MAX);
	buf_init(&bundles, 8192);
	if (status != MSG_STATUS_OK)
		goto out;
	memcpy(pair, self.account, 16);
	memcpy(pair + 16, m->account, 16);
	TRY(limits_window(x->limits,
	    (struct limits_rule){
		LIMITS_PREKEYS, c->prekeys_burst, c->prekeys_minutes * 60, 1 },
	    (struct rd){ pair, sizeof(pair) }, loop_now(child_loop(x->child)),
	    &reply.retry_after));
	TRY(store_list_get(x->store, m->account, &list));
	TRY(add_bundles(x, m, &bundles));
	reply.device_list = buf_get(&list);
	reply.bundles = buf_get(&bundles);
out:
	reply.status = status_of(status, rc);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_PREKEYS_REPLY, &reply);
	buf_clear(&list);
	buf_clear(&bundles);
}

void
exchange_on_prekeys_put(struct exchange *x, const void *msg)
{
	static struct prekey_upload keys; /* 10 KiB; one thread */
	const struct msg_put *m = msg;
	struct msg_reply reply = { .req = m->req };
	struct store_device d[DEVICE_LIST_MAX];
	struct store_account self;
	size_t n = 0;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	if (status != MSG_STATUS_OK)
		goto out;
	TRY(store_devices(x->store, self.account, d, &n));
	for (size_t i = 0; i < n; i++) {
		if (d[i].id != m->auth.device)
			continue;
		TRY(prekey_upload_parse(m->octets, d[i].dsk, &keys));
		TRY(store_prekeys_count(
		    x->store, self.account, d[i].id, &reply.left));
		CHECK(reply.left + keys.n_one_time <= ONE_TIME_KEEP, RC_LIMIT);
		TRY(store_prekeys_put(x->store, self.account, d[i].id, &keys));
		TRY(store_prekeys_count(
		    x->store, self.account, d[i].id, &reply.left));
	}
out:
	reply.status = status_of(status, rc);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_REPLY, &reply);
}

void
exchange_on_devices_put(struct exchange *x, const void *msg)
{
	const struct msg_put *m = msg;
	struct msg_reply reply = { .req = m->req };
	struct store_account self;
	struct device_list l;
	struct buf old;
	enum msg_status status = exchange_auth(x, &m->auth, &self);
	enum rc rc = RC_BUG;

	buf_init(&old, DEVICE_LIST_SIZE_MAX);
	if (status != MSG_STATUS_OK)
		goto out;
	TRY(device_list_parse(m->octets, &l));
	TRY(store_list_get(x->store, self.account, &old));
	if (old.len == m->octets.left &&
	    memcmp(old.p, m->octets.p, old.len) == 0)
		goto out; /* a repeat after a lost answer */
	TRY(store_list_put(x->store, self.account, &l, m->octets));
	exchange_slot_change(x, self.handle);
	exchange_streams_check(x, self.account);
out:
	reply.status = status_of(status, rc);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_REPLY, &reply);
	buf_clear(&old);
}

/* --- the rendezvous: in memory, small, short-lived --- */

struct link_slot {
	uint8_t id[16];
	struct mono at;
	uint8_t *octets[2]; /* offer, answer; NULL: not there */
	size_t n[2];
};

static struct link_slot link_slots[LINK_SLOTS];

static void
slot_clear(struct link_slot *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->octets[i] != NULL)
			explicit_bzero(s->octets[i], s->n[i]);
		free(s->octets[i]);
	}
	explicit_bzero(s, sizeof(*s));
}

static bool
slot_is_old(const struct link_slot *s, struct mono now)
{
	return mono_diff_ms(now, s->at) > LINK_MS;
}

void
exchange_link_expire(struct exchange *x)
{
	struct mono now = loop_now(child_loop(x->child));

	for (size_t i = 0; i < LINK_SLOTS; i++)
		if (slot_is_old(&link_slots[i], now))
			slot_clear(&link_slots[i]);
}

/* The slot of id; with make a free one when it has none. */
static struct link_slot *
slot_find(const uint8_t id[static 16], bool make, struct mono now)
{
	struct link_slot *free_slot = NULL;

	for (size_t i = 0; i < LINK_SLOTS; i++) {
		struct link_slot *s = &link_slots[i];
		bool used = s->octets[0] != NULL || s->octets[1] != NULL;

		if (used && slot_is_old(s, now)) {
			slot_clear(s);
			used = false;
		}
		if (used && memcmp(s->id, id, 16) == 0)
			return s;
		if (!used && free_slot == NULL)
			free_slot = s;
	}
	if (make && free_slot != NULL) {
		memcpy(free_slot->id, id, 16);
		free_slot->at = now;
		return free_slot;
	}
	return NULL;
}

void
exchange_on_link_put(struct exchange *x, const void *msg)
{
	const struct msg_link *m = msg;
	struct msg_reply reply = { .req = m->req };
	struct mono now = loop_now(child_loop(x->child));
	struct link_slot *s;
	size_t at = m->slot;
	enum rc rc = RC_BUG;

	CHECK(at < 2 && m->octets.left > 0 && m->octets.left <= LINK_MAX,
	    RC_MALFORMED);
	TRY(limits_window(x->limits,
	    (struct limits_rule){ LIMITS_LINK, 20, 600, 1 },
	    (struct rd){ m->addr_key, 16 }, now, &reply.retry_after));
	s = slot_find(m->id, at == 0, now);
	/* an answer needs its offer; a full table is a limit */
	CHECK(s != NULL, at == 0 ? RC_LIMIT : RC_NOT_FOUND);
	if (s->octets[at] != NULL) {
		/* once: the same again is a repeat, another is refused */
		CHECK(s->n[at] == m->octets.left &&
			memcmp(s->octets[at], m->octets.p, s->n[at]) == 0,
		    RC_DENIED);
		rc = RC_OK;
		goto out;
	}
	s->octets[at] = failmem_alloc(m->octets.left);
	CHECK(s->octets[at] != NULL, RC_NOMEM);
	memcpy(s->octets[at], m->octets.p, m->octets.left);
	s->n[at] = m->octets.left;
	rc = RC_OK;
out:
	reply.status = status_of(MSG_STATUS_OK, rc);
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_REPLY, &reply);
}

void
exchange_on_link_get(struct exchange *x, const void *msg)
{
	const struct msg_link *m = msg;
	struct msg_link_reply reply = { .req = m->req };
	struct link_slot *s = slot_find(
	    m->id, false, loop_now(child_loop(x->child)));

	reply.status = MSG_STATUS_NOT_FOUND;
	if (s != NULL && m->slot < 2 && s->octets[m->slot] != NULL) {
		reply.status = MSG_STATUS_OK;
		reply.octets = (struct rd){ s->octets[m->slot], s->n[m->slot] };
	}
	exchange_reply(x, PERMIT_ROLE_FRONT, MSG_LINK_REPLY, &reply);
}
