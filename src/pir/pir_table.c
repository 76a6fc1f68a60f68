#include "pir/pir_table.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failmem.h"
#include "base/file.h"
#include "pir/pir_sample.h"

/* A table whose image is mapped later. */
static enum rc
table_new(const struct pir_shape *shape, struct pir_table **ret_table)
{
	struct pir_table *t = failmem_alloc(sizeof(*t));
	enum rc rc = RC_BUG;

	CHECK(t != NULL, RC_NOMEM);
	t->image = MAP_FAILED;
	TRY(pir_ring_new(&t->ring));
	t->shape = *shape;
	t->kernel = pir_kernel_find(0);
	t->size = pir_file_size(shape);
	pir_sample_label(shape->label, t->mask_key);
	*ret_table = t;
	t = NULL;
out:
	pir_table_free(t);
	return rc;
}

static void
place_parts(struct pir_table *t)
{
	t->bands = (void *)(t->image + pir_file_bands_at());
	t->digits = (void *)(t->image + pir_file_digits_at(&t->shape));
	t->a_half = t->image + pir_file_a_half_at(&t->shape);
}

enum rc
pir_table_new(const struct pir_shape *shape, struct pir_table **ret_table)
{
	struct pir_table *t = NULL;
	enum rc rc = RC_BUG;

	CHECK(pir_shape_is_valid(shape), RC_MALFORMED);
	TRY(table_new(shape, &t));
	/* an octet more, so that the last seven can be read as eight */
	t->column = failmem_alloc(pir_column_size(shape) + 1);
	CHECK(t->column != NULL, RC_NOMEM);
	t->image = mmap(NULL, t->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(t->image != MAP_FAILED, RC_NOMEM);
	/* large pages, where the system gives them: a column is written all
	 * over the table */
	(void)madvise(t->image, t->size, MADV_HUGEPAGE);
	place_parts(t);
	*ret_table = t;
	t = NULL;
out:
	pir_table_free(t);
	return rc;
}

/* One block of a column, seven octets for four rows, into every second place of
 * its bands. */
static void
set_block(const uint8_t *octets, size_t stride, int16_t *to)
{
	for (unsigned r = 0; r < PIR_D; r += 4, octets += 7) {
		int16_t *p = to + r / PIR_BAND * stride +
		    (size_t)(r % PIR_BAND) * 2;
		uint64_t v;

		memcpy(&v, octets, sizeof(v));
		v = be64toh(v) >> 8;
		for (unsigned i = 0; i < 4; i++) {
			unsigned shift = PIR_PLAIN_BITS * (3 - i);
			int plain = (int)(v >> shift &
			    (2 * PIR_PLAIN_HALF - 1));

			p[2 * i] = (int16_t)(plain - PIR_PLAIN_HALF);
		}
	}
}

enum rc
pir_table_set(struct pir_table *t, uint32_t column, const uint8_t *octets)
{
	struct pir_stream mask = { .purpose = PIR_PUBLIC_MASK,
		.index = column };
	const size_t size = pir_column_size(&t->shape);
	const size_t stride = (size_t)PIR_BAND * t->shape.columns;
	int16_t *to;
	enum rc rc = RC_BUG;

	CHECK(!t->is_ready && t->prepare == NULL, RC_STATE);
	CHECK(column < t->shape.columns, RC_LIMIT);
	memcpy(mask.key, t->mask_key, sizeof(mask.key));
	memcpy(t->column, octets, size);
	pir_sample_xor(&mask, size, t->column);
	to = t->bands + (size_t)(column / 2) * 2 * PIR_BAND + column % 2;
	for (unsigned k = 0; k < t->shape.blocks; k++)
		set_block(t->column + (size_t)k * PIR_COLUMN_BLOCK_SIZE, stride,
		    to + k * PIR_BLOCK_BANDS * stride);
	rc = RC_OK;
out:
	return rc;
}

size_t
pir_table_file_size(const struct pir_shape *shape)
{
	return pir_file_size(shape);
}

enum rc
pir_table_save(const struct pir_table *t, int fd)
{
	struct pir_file f = { .shape = t->shape };
	const struct rd body = { t->image + PIR_FILE_PAGE,
		t->size - PIR_FILE_PAGE };
	uint8_t head[PIR_FILE_PAGE];
	enum rc rc = RC_BUG;

	CHECK(t->is_ready, RC_STATE);
	pir_file_sum(&f, body, f.sum);
	pir_file_build(&f, head);
	TRY(file_write(fd, (struct rd){ head, sizeof(head) }));
	TRY(file_write(fd, body));
out:
	return rc;
}

/* The head alone, so that the size to map is known. */
static enum rc
read_head(int fd, uint64_t at, struct pir_file *ret_file)
{
	uint8_t head[PIR_FILE_PAGE];
	struct stat st;
	size_t have = 0;
	enum rc rc = RC_BUG;

	CHECK(at % PIR_FILE_PAGE == 0 && at <= INT64_MAX, RC_MALFORMED);
	while (have < sizeof(head)) {
		ssize_t n = pread(
		    fd, head + have, sizeof(head) - have, (off_t)(at + have));

		if (n < 0 && errno == EINTR)
			continue;
		CHECK(n >= 0, RC_IO);
		CHECK(n > 0, RC_MALFORMED);
		have += (size_t)n;
	}
	TRY(pir_file_parse((struct rd){ head, sizeof(head) }, ret_file));
	CHECK(fstat(fd, &st) == 0, RC_IO);
	CHECK((uint64_t)st.st_size >= at + pir_file_size(&ret_file->shape),
	    RC_MALFORMED);
out:
	return rc;
}

enum rc
pir_table_map(int fd, uint64_t at, struct pir_table **ret_table)
{
	struct pir_table *t = NULL;
	struct pir_file f = { 0 };
	uint8_t sum[PIR_FILE_SUM_SIZE];
	enum rc rc = RC_BUG;

	TRY(read_head(fd, at, &f));
	TRY(table_new(&f.shape, &t));
	t->image = mmap(NULL, t->size, PROT_READ, MAP_SHARED, fd, (off_t)at);
	CHECK(t->image != MAP_FAILED, RC_NOMEM);
	(void)madvise(t->image, t->size, MADV_HUGEPAGE);
	place_parts(t);
	pir_file_sum(&f,
	    (struct rd){ t->image + PIR_FILE_PAGE, t->size - PIR_FILE_PAGE },
	    sum);
	CHECK(memcmp(sum, f.sum, sizeof(sum)) == 0, RC_MALFORMED);
	t->is_ready = true;
	*ret_table = t;
	t = NULL;
out:
	pir_table_free(t);
	return rc;
}

const struct pir_shape *
pir_table_shape(const struct pir_table *t)
{
	return &t->shape;
}

struct rd
pir_table_a_half(const struct pir_table *t)
{
	return (struct rd){ t->a_half, pir_a_half_size(&t->shape) };
}

void
pir_table_free(struct pir_table *t)
{
	if (t == NULL)
		return;
	pir_prepare_free(t->prepare);
	if (t->image != MAP_FAILED)
		(void)munmap(t->image, t->size);
	free(t->ring);
	free(t->column);
	free(t);
}
