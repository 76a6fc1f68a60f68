/* slots: one number's place in the directory, fetched by its hash before the
 * first message to it, opened and pinned: a later one must continue it
 * (doc/protocol/directory.md, 2 and 6). */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/engine.h"

enum rc
slots_ask(struct tacet *t, const uint8_t commitment[static SLOT_HASH_SIZE])
{
	char path[ENGINE_PATH_SIZE], hex[2 * SLOT_HASH_SIZE + 1];

	memcpy(t->op.q.found.commitment, commitment, SLOT_HASH_SIZE);
	(void)sodium_bin2hex(hex, sizeof(hex), commitment, SLOT_HASH_SIZE);
	(void)snprintf(path, sizeof(path), "/v1/directory/slots/%s", hex);
	return question_ask(t, ENGINE_STEP_SLOT, "GET", path);
}

/* A contact's: the account that a message goes to. */
static enum rc
contact_take(struct tacet *t, struct keep_contact *c, const struct keep_slot *s)
{
	bool moved = !c->has_account ||
	    memcmp(c->account, s->account, sizeof(c->account)) != 0;
	uint8_t hash[32];
	enum rc rc = RC_BUG;

	if (moved)
		buf_clear(&c->list);
	memcpy(c->account, s->account, sizeof(c->account));
	c->has_account = true;
	c->slot = *s;
	t->changed = true;
	if (c->list.len > 0) {
		device_list_hash(buf_get(&c->list), hash);
		if (memcmp(hash, s->list_hash, sizeof(hash)) == 0)
			c->unproved.s = 0;
	}
	TRY(outgoing_routed(t));
out:
	return rc;
}

enum rc
slots_on_answer(struct tacet *t, uint16_t status, struct rd body)
{
	bool is_own = t->op.q.goal == QUESTION_FOR_OWNER;
	enum directory_check_problem p = DIRECTORY_CHECK_NONE;
	struct keep_slot s = { .is_set = false };
	struct keep_view *v = &t->k->view;
	struct keep_contact *c = NULL;
	enum rc rc = RC_OK;

	if (status != 200) {
		engine_refused(t, status, body);
		goto out;
	}
	if (!is_own)
		TRY(keep_contact_find(t->k, &t->op.number, &c));
	rc = directory_check_slot(body, is_own ? v->y : c->y,
	    t->op.q.found.commitment, is_own ? &v->own : &c->slot, &s, &p);
	if (rc == RC_DENIED) {
		TRY(keep_view_prove(v, directory_check_name(p),
		    (struct wall){ t->now }, buf_get(&v->before.note),
		    buf_get(&v->point.note)));
		if (is_own)
			TRY(owner_alarm(t, directory_check_name(p)));
		question_failed(t, TACET_SERVER, directory_check_name(p));
		goto out;
	}
	TRY(rc);
	if (is_own)
		TRY(owner_slot(t, &s));
	else
		TRY(contact_take(t, c, &s));
out:
	return rc;
}
