/*
 * Each witness at its own pace: what is posted is always the newest checkpoint;
 * which size the witness knows is learned from its answers (409), and the proof
 * from there is asked of ktlog.
 */
#include "herald/herald.h"

#include <string.h>
#include <unistd.h>

#include "base/failmem.h"
#include "herald/witness_post.h"
#include "merkle/add_checkpoint.h"
#include "proc/child.h"
#include "proc/log.h"

#define BACKOFF_FIRST 1000 /* ms, doubled up to the last */
#define BACKOFF_LAST 60000

enum state {
	STATE_IDLE,
	STATE_PROVING, /* ktlog is asked for a proof */
	STATE_POSTING,
	STATE_WAITING /* for the next try */
};

struct watcher { /* one witness */
	struct herald *herald;
	uint8_t number;
	struct vkey key;
	struct witness_post *post; /* NULL: its name has no address */
	enum state state;
	uint64_t known;     /* the size it signed last, as far as it told us */
	uint64_t posted;    /* size of the request under way */
	uint64_t done;      /* the last size it signed for us */
	unsigned conflicts; /* in a row */
	int64_t backoff;
	struct loop_timer *timer;
};

struct herald {
	struct child *child;
	uint64_t size; /* the newest checkpoint; 0: none yet */
	struct buf note;
	struct watcher watchers[CONF_WITNESSES];
	size_t n;
};

static void go_on(struct watcher *w);

static void
on_timer(void *arg)
{
	struct watcher *w = arg;

	w->state = STATE_IDLE;
	go_on(w);
}

static void
try_later(struct watcher *w)
{
	w->state = STATE_WAITING;
	if (loop_timer_add(child_loop(w->herald->child), w->backoff, on_timer,
		w, &w->timer) != RC_OK)
		_exit(70);
	w->backoff = w->backoff * 2 > BACKOFF_LAST ? BACKOFF_LAST
						   : w->backoff * 2;
}

static void
down(struct watcher *w, enum rc rc)
{
	if (w->backoff == BACKOFF_FIRST) /* once, not at every try */
		log_event(
		    LOG_WITNESS_DOWN, LOG_U("witness", w->number), LOG_RC(rc));
	try_later(w);
}

/* It will not sign, and says so: a wrong key, another history, a log that went
 * back. Nothing that a second try at once would mend. */
static void
refused(struct watcher *w, uint16_t status)
{
	log_event(LOG_WITNESS_REFUSED, LOG_U("witness", w->number),
	    LOG_U("status", status), LOG_U("known", w->known),
	    LOG_U("size", w->posted));
	w->backoff = BACKOFF_LAST;
	try_later(w);
}

static void
post(struct watcher *w, uint64_t old_size, const struct tree_proof *proof)
{
	struct add_checkpoint a = { .old_size = old_size,
		.proof = *proof,
		.note = buf_get(&w->herald->note) };
	struct buf body;
	enum rc rc;

	buf_init(&body, ADD_CHECKPOINT_MAX);
	w->posted = w->herald->size;
	w->state = STATE_POSTING;
	rc = add_checkpoint_build(&a, &body);
	if (rc == RC_OK)
		rc = witness_post_start(w->post, buf_get(&body));
	if (rc != RC_OK)
		down(w, rc);
	buf_clear(&body);
}

/* Does what is next for a witness that does nothing. */
static void
go_on(struct watcher *w)
{
	static const struct tree_proof none;
	struct herald *h = w->herald;
	struct msg_proof_get m = { w->number, w->known, h->size };

	if (w->state != STATE_IDLE || w->post == NULL || h->size == 0 ||
	    w->done == h->size)
		return;
	if (w->known == 0 || w->known >= h->size) {
		/* a witness that knows more than there is says so itself */
		post(w, w->known > h->size ? h->size : w->known, &none);
		return;
	}
	w->state = STATE_PROVING;
	child_send(h->child, PERMIT_ROLE_KTLOG, MSG_PROOF_GET, &m);
}

/* --- what comes back
 * ------------------------------------------------------------- */

/* The lines of that witness; others are not ours to pass on. */
static bool
pass_lines(struct watcher *w, struct rd body)
{
	struct msg_cosigned m = { .size = w->posted };
	struct note_signature s;
	struct rd before;
	bool any = false;

	while (body.left > 0) {
		before = body;
		if (note_signature_take(&body, &s) != RC_OK)
			return false;
		if (!vkey_is_of(&w->key, &s))
			continue;
		before.left -= body.left;
		m.line = before;
		child_send(
		    w->herald->child, PERMIT_ROLE_KTLOG, MSG_COSIGNED, &m);
		any = true;
	}
	return any;
}

static void
on_answer(void *arg, enum rc rc, uint16_t status, struct rd body)
{
	struct watcher *w = arg;
	uint64_t size = 0;

	if (rc != RC_OK) {
		down(w, rc);
	} else if (status == 200 && pass_lines(w, body)) {
		log_event(LOG_COSIGNED, LOG_U("witness", w->number),
		    LOG_U("size", w->posted));
		w->known = w->posted;
		w->done = w->posted;
		w->conflicts = 0;
		w->backoff = BACKOFF_FIRST;
		w->state = STATE_IDLE;
		go_on(w);
	} else if (status == 409 && w->conflicts++ < 2 &&
	    add_checkpoint_size_parse(body, &size) == RC_OK &&
	    size <= w->herald->size) {
		w->known = size;
		w->state = STATE_IDLE;
		go_on(w);
	} else if (status == 409 || status == 403 || status == 404 ||
	    status == 422) {
		w->conflicts = 0;
		if (size > 0)
			w->known = size;
		refused(w, status);
	} else {
		down(w, RC_MALFORMED);
	}
}

static void
on_proof(struct herald *h, struct rd body)
{
	struct tree_proof proof = { .n = 0 };
	struct watcher *w;
	struct msg_proof m;

	if (msg_parse(MSG_PROOF, body, &m) != RC_OK || m.witness >= h->n)
		_exit(70); /* not from our ktlog */
	w = &h->watchers[m.witness];
	if (w->state != STATE_PROVING)
		return;
	w->state = STATE_IDLE;
	if (m.new_size != h->size) { /* there is a newer one meanwhile */
		go_on(w);
		return;
	}
	if (m.status != MSG_STATUS_OK) {
		down(w, RC_NOT_FOUND);
		return;
	}
	proof.n = m.hashes.left / TREE_HASH_SIZE;
	memcpy(proof.hashes, m.hashes.p, proof.n * TREE_HASH_SIZE);
	post(w, m.old_size, &proof);
}

static void
on_checkpoint(struct herald *h, struct rd body)
{
	struct msg_cosign m;

	if (msg_parse(MSG_COSIGN, body, &m) != RC_OK)
		_exit(70);
	h->note.len = 0;
	if (buf_add_rd(&h->note, m.note) != RC_OK)
		_exit(70);
	h->size = m.size;
	for (size_t i = 0; i < h->n; i++)
		go_on(&h->watchers[i]);
}

static void
on_msg(void *arg, enum permit_role from, enum msg_type type, struct rd body,
    int fd)
{
	(void)from;
	if (fd >= 0)
		(void)close(fd);
	if (type == MSG_COSIGN)
		on_checkpoint(arg, body);
	else if (type == MSG_PROOF)
		on_proof(arg, body);
}

static enum rc
on_start(void *arg, struct child *c)
{
	struct herald *h = arg;
	const struct conf *conf = child_conf(c);
	struct witness_line line;
	enum rc rc = RC_OK;
	enum rc one;

	h->child = c;
	buf_init(&h->note, CHECKPOINT_NOTE_MAX);
	for (; h->n < conf->n_witnesses; h->n++) {
		struct watcher *w = &h->watchers[h->n];

		TRY(witness_line_parse(rd_str(conf->witness[h->n]), &line));
		*w = (struct watcher){ .herald = h,
			.number = (uint8_t)h->n,
			.key = line.key,
			.backoff = BACKOFF_FIRST };
		one = witness_post_new(
		    child_loop(c), &line, on_answer, w, &w->post);
		CHECK(one == RC_OK || one == RC_NOT_FOUND, one);
		if (one == RC_NOT_FOUND) /* until the next start */
			log_event(LOG_WITNESS_DOWN, LOG_U("witness", h->n),
			    LOG_RC(one));
	}
out:
	return rc;
}

int
herald_main(void)
{
	struct herald *h = failmem_alloc(sizeof(*h));
	const struct child_hooks hooks = { h, on_start, on_msg, NULL, NULL };
	int status;

	if (h == NULL)
		return 70;
	status = child_run(PERMIT_ROLE_HERALD, &hooks);
	buf_clear(&h->note);
	free(h);
	return status;
}
