/*
 * What goes into the public log about an order: its commitment before anything
 * is opened, and later what may be known of it (doc/protocol/orders.md).
 */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "cmd/tacetctl_app.h"
#include "wire/json_body.h"

#define ENTRY_MAX 4096 /* doc/protocol/log.md, section 1 */

enum rc
tacetctl_log_append(struct tacetctl *t, json_t *entry, uint64_t *ret_index)
{
	json_t *a = NULL;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, ENTRY_MAX);
	TRY(commitment_canonical(entry, &b));
	/* without a server, or without a log, there is no index */
	CHECK(tacetctl_ask(t,
		  json_pack("{s:s,s:s#}", "verb", "log-append", "entry",
		      (const char *)b.p, (int)b.len),
		  &a) == RC_OK,
	    RC_AGAIN);
	CHECK(json_body_uint(a, "index", INT64_MAX, ret_index) == RC_OK,
	    RC_AGAIN);
out:
	json_decref(a);
	json_decref(entry);
	buf_clear(&b);
	return rc;
}

/* The opening is drawn and kept first: when the log has the entry and we do not
 * know it, the same entry is asked for again and has its first index. */
enum rc
tacetctl_commit(struct tacetctl *t, const char *id)
{
	uint8_t opening[COMMITMENT_OPENING_SIZE];
	char hex[2 * COMMITMENT_OPENING_SIZE + 1];
	struct case_file c;
	uint64_t index = 0;
	enum rc rc = RC_BUG;

	TRY(case_find(t->dir, id, &c));
	if (c.is_committed)
		goto out;
	if (!c.has_opening) {
		CHECK(case_may(&c, "committing"), RC_STATE);
		randombytes_buf(opening, sizeof(opening));
		(void)sodium_bin2hex(
		    hex, sizeof(hex), opening, sizeof(opening));
		TRY(case_append(t->dir, "tacetctl", id, "committing",
		    json_pack("{s:s}", "opening", hex)));
		TRY(case_find(t->dir, id, &c));
	}
	(void)sodium_bin2hex(
	    hex, sizeof(hex), c.commitment, sizeof(c.commitment));
	TRY(tacetctl_log_append(t,
	    json_pack("{s:s,s:s}", "commitment", hex, "type", "order"),
	    &index));
	TRY(case_append(t->dir, "tacetctl", id, "committed",
	    json_pack(
		"{s:s,s:I}", "commitment", hex, "index", (json_int_t)index)));
out:
	sodium_memzero(opening, sizeof(opening));
	return rc;
}

int
tacetctl_order_commit(struct tacetctl *t)
{
	struct case_file c;
	enum rc rc;

	if (t->n_args != 1)
		return tacetctl_say(
		    TACETCTL_EXIT_USAGE, "order commit", "give one ID");
	rc = tacetctl_commit(t, t->args[0]);
	if (rc == RC_NOT_FOUND)
		return tacetctl_say(
		    TACETCTL_EXIT_NO, t->args[0], "no such order");
	if (rc == RC_STATE)
		return tacetctl_say(TACETCTL_EXIT_NO, t->args[0],
		    "two people have not decided it yet, or it is over");
	if (rc == RC_AGAIN)
		return tacetctl_say(TACETCTL_EXIT_SERVER, "order commit",
		    "the public log does not answer (is tacetd running?)");
	if (rc == RC_OK)
		rc = case_find(t->dir, t->args[0], &c);
	if (rc != RC_OK)
		return tacetctl_say_rc("order commit", rc);
	if (t->json)
		(void)printf("{\"order_id\":\"%s\",\"log_index\":%llu}\n",
		    c.order.id, (unsigned long long)c.log_index);
	else
		(void)printf("%s is entry %llu of the public log\n", c.order.id,
		    (unsigned long long)c.log_index);
	return TACETCTL_EXIT_OK;
}
