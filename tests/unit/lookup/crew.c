#include "lookup/crew.h"

#include <stdatomic.h>

#include "tap.h"

#define WORKS 200

struct deed {
	struct crew_work work;
	_Atomic unsigned parts[64]; /* how often each was done */
	_Atomic bool over;
	unsigned done;
	unsigned again; /* how often it gives itself again */
};

static struct loop *loop;
static struct crew *crew;
static struct deed deeds[WORKS];
static unsigned n_done;
static unsigned n_wanted;

static void
deed_run(void *arg, unsigned part)
{
	struct deed *d = arg;

	T_OK(!d->over);
	d->parts[part]++;
}

static void
deed_done(void *arg)
{
	struct deed *d = arg;

	d->done++;
	if (d->again > 0) {
		d->again--;
		crew_give(crew, &d->work);
		return;
	}
	d->over = true;
	if (++n_done == n_wanted)
		loop_stop(loop);
}

static void
give(unsigned i, unsigned parts, unsigned again)
{
	deeds[i] = (struct deed){ .again = again };
	deeds[i].work = (struct crew_work){ .parts = parts,
		.run = deed_run,
		.done = deed_done,
		.arg = &deeds[i] };
	crew_give(crew, &deeds[i].work);
}

static void
every_part_is_done_once_and_then_the_loop_hears(void)
{
	T_RC(RC_OK, loop_new(&loop));
	T_RC(RC_OK, crew_new(loop, 3, &crew));
	T_OK(crew_size(crew) == 3);
	n_done = 0;
	n_wanted = WORKS;
	for (unsigned i = 0; i < WORKS; i++)
		give(i, 1 + i % 64, 0);
	T_RC(RC_OK, loop_run(loop));
	for (unsigned i = 0; i < WORKS; i++) {
		T_OK(deeds[i].done == 1);
		for (unsigned p = 0; p < 64; p++)
			T_OK(deeds[i].parts[p] == (p < 1 + i % 64));
	}
	crew_free(crew);
	loop_free(loop);
}

static void
work_may_be_given_again_when_it_is_done(void)
{
	T_RC(RC_OK, loop_new(&loop));
	T_RC(RC_OK, crew_new(loop, 2, &crew));
	n_done = 0;
	n_wanted = 2;
	give(0, 5, 99);
	give(1, 1, 49);
	T_RC(RC_OK, loop_run(loop));
	T_OK(deeds[0].done == 100 && deeds[1].done == 50);
	for (unsigned p = 0; p < 5; p++)
		T_OK(deeds[0].parts[p] == 100);
	crew_free(crew);
	loop_free(loop);
}

static void
what_waits_is_dropped_at_the_end(void)
{
	T_RC(RC_OK, loop_new(&loop));
	T_RC(RC_OK, crew_new(loop, 1, &crew));
	for (unsigned i = 0; i < WORKS; i++)
		give(i, 64, 0);
	crew_free(crew);
	loop_free(loop);
	T_OK(deeds[WORKS - 1].done == 0);
	crew_free(NULL);
}

static void
there_is_no_crew_of_none(void)
{
	T_RC(RC_OK, loop_new(&loop));
	T_RC(RC_LIMIT, crew_new(loop, 0, &crew));
	T_RC(RC_LIMIT, crew_new(loop, CREW_MAX + 1, &crew));
	T_OK(crew_cores() >= 1 && crew_cores() <= CREW_MAX);
	loop_free(loop);
}

int
main(void)
{
	TEST(every_part_is_done_once_and_then_the_loop_hears);
	TEST(work_may_be_given_again_when_it_is_done);
	TEST(what_waits_is_dropped_at_the_end);
	TEST(there_is_no_crew_of_none);
	return tap_done();
}
