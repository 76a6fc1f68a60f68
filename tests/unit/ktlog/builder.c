#include "ktlog/builder.h"

#include <fcntl.h>
#include <unistd.h>

#include "directory/bucket.h"
#include "directory/directory_build.h"
#include "pir/pir_client.h"
#include "pir/pir_server.h"
#include "unit/ktlog/numbers.h"

static char top[] = "/tmp/tacet-builder-XXXXXX";
static int dir;

static void
put_all(struct changes *c, unsigned n)
{
	struct changes_state s;

	for (unsigned i = 0; i < n; i++) {
		const struct change change = numbers_change(i, 1, 0, NULL);

		if (i % 200 == 199)
			T_RC(RC_OK, changes_sync(c));
		T_RC(RC_OK, changes_put(c, &change, &s));
	}
	T_RC(RC_OK, changes_sync(c));
}

/* What a client that asks the table for a number gets is its bucket. */
static void
ask(struct pir_table *t, const struct epoch_state *made, unsigned number)
{
	const struct change like = numbers_change(number, 1, 0, NULL);
	const struct directory_shape *shape = &made->entry.shape;
	uint32_t index = like.place & (shape->columns - 1);
	struct pir_public *p = NULL;
	struct pir_query *q = NULL;
	struct directory_entry e;
	uint8_t *column = malloc(directory_shape_column(shape));
	struct rd r = { column, directory_shape_column(shape) };
	struct buf query, answer;

	buf_init(&query, 1u << 20);
	buf_init(&answer, 1u << 20);
	T_RC(RC_OK, pir_public_new(pir_table_shape(t), &p));
	T_RC(RC_OK, pir_query_new(p, index, &q, &query));
	T_RC(RC_OK, pir_answer(t, buf_get(&query), &answer));
	T_RC(RC_OK, pir_query_open(q, buf_get(&answer), column));
	T_RC(RC_OK, bucket_check(shape, index, r, made->entry.root));
	T_RC(RC_OK, bucket_find(shape, r, like.entry.tag, &e));
	T_MEM(&like.entry, &e, sizeof(e));
	pir_query_free(q);
	pir_public_free(p);
	free(column);
	buf_clear(&query);
	buf_clear(&answer);
}

static void
a_table_answers_with_the_buckets_of_its_root(void)
{
	struct builder_job job = { .dir = dir, .epoch = 1, .until = 300 };
	struct epoch_state made = { 0 };
	struct pir_table *t = NULL;
	int fd;

	T_RC(RC_OK, changes_open(dir, 0, 0, &job.changes));
	put_all(job.changes, 310);
	T_RC(RC_OK, builder_make(&job, &made));
	T_OK(made.entries == 300 && made.records == 300 && made.stash == 0);
	fd = openat(dir, BUILDER_FILE, O_RDONLY);
	T_RC(RC_OK, pir_table_map(fd, 0, &t));
	ask(t, &made, 0);
	ask(t, &made, 299);
	pir_table_free(t);
	(void)close(fd);
	changes_close(job.changes);
}

int
main(void)
{
	if (sodium_init() < 0 || mkdtemp(top) == NULL)
		return 1;
	dir = open(top, O_RDONLY | O_DIRECTORY);
	TEST(a_table_answers_with_the_buckets_of_its_root);
	return tap_done();
}
