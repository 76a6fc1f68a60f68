/*
 * person: one engine and what its owner would hold on disk, against the fakes
 * of this folder.
 */
#ifndef PERSON_H
#define PERSON_H
#include "tap.h"
#include "unit/client/fake_directory.h"

static struct fake fake;
static struct fake_directory *directory; /* NULL: the server has none */
static int64_t now = 1795514400;         /* 2026-11-24 */

/* One engine and what its owner would hold on disk. */
struct person {
	struct tacet *t;
	const char *number;
	uint8_t device;
	struct buf disk;
};

static inline void
save(struct person *p)
{
	const uint8_t *blob = NULL;
	size_t n = 0;

	if (!tacet_is_changed(p->t))
		return;
	if (tacet_state(p->t, &blob, &n) != TACET_OK)
		abort();
	buf_clear(&p->disk);
	fake_must(buf_add(&p->disk, blob, n));
	tacet_persisted(p->t);
}

static inline void
run(struct person *p)
{
	while (tacet_doing(p->t) == TACET_DOING_REQUEST) {
		struct tacet_request q;
		struct fake_reply r = { 0 };

		save(p);
		if (tacet_request(p->t, now, &q) != TACET_OK)
			abort();
		if (fake.down ||
		    (directory != NULL && directory->cheat.down &&
			strcmp(q.path, "/v1/directory/lookup") == 0)) {
			tacet_cancel(p->t);
			return;
		}
		if (directory == NULL || !fd_serve(directory, &q, &r))
			fake_serve(&fake, fake_find(&fake, p->number),
			    p->device, &q, &r);
		T_OK(tacet_answer(p->t, now, r.status, r.body.p, r.body.len) ==
		    TACET_OK);
		buf_clear(&r.body);
	}
	save(p);
}

/* As after a crash: memory is gone, the disk is what it was. */
static inline void
restart(struct person *p)
{
	tacet_free(p->t);
	if (tacet_open(p->disk.p, p->disk.len, &p->t) != TACET_OK)
		abort();
}

static inline void
person_begin(struct person *p, const char *number)
{
	*p = (struct person){ .number = number, .device = 1 };
	buf_init(&p->disk, 1 << 24);
	if (tacet_open(NULL, 0, &p->t) != TACET_OK)
		abort();
}

static inline void
person_register(struct person *p, const char *number)
{
	person_begin(p, number);
	T_OK(tacet_register(p->t, number, "phone") == TACET_OK);
	run(p);
	T_OK(tacet_doing(p->t) == TACET_DOING_CODE);
	T_OK(tacet_register_code(p->t, now, "123456") == TACET_OK);
	run(p);
	T_OK(tacet_is_registered(p->t));
}

static inline void
person_clear(struct person *p)
{
	tacet_free(p->t);
	buf_clear(&p->disk);
}

static inline enum tacet_rc
say(struct person *p, const char *to, const char *text, unsigned flags)
{
	T_OK(tacet_send(p->t, now, to, text, flags) == TACET_OK);
	run(p);
	return tacet_outcome(p->t)->rc;
}
/* Takes all mail from the n-th frame on; acknowledges when it is stored. */
static inline void
listen_from(struct person *p, size_t n)
{
	struct fake_account *a = fake_find(&fake, p->number);
	struct fake_device *d = &a->devices[p->device];
	const uint8_t *ack = NULL;
	size_t len = 0;
	bool idle = false;

	for (; n < d->n_mail; n++) {
		T_OK(tacet_frame(p->t, now, d->mail[n].p, d->mail[n].len,
			 &idle) == TACET_OK);
		if (tacet_is_changed(p->t))
			T_OK(tacet_frame_next(p->t, &ack, &len) == TACET_STATE);
		save(p);
		T_OK(tacet_frame_next(p->t, &ack, &len) == TACET_OK);
	}
}

static inline size_t
inbox_count(struct person *p)
{
	struct tacet_note n;
	size_t i = 0;

	while (tacet_inbox(p->t, i, &n) == TACET_OK)
		i++;
	return i;
}
#endif
