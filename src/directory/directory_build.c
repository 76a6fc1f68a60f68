#include "directory/directory_build.h"

#include <sodium.h>
#include <string.h>

#include "base/failmem.h"
#include "directory/bucket.h"
#include "directory/filter.h"
#include "directory/place.h"
#include "directory/stash.h"
#include "merkle/tree.h"

struct directory_build {
	const struct directory_set *set;
	struct directory_shape shape;
	/* the tree as a heap: node 1 is the root, 2n and 2n + 1 are below n,
	 * the leaves are columns .. 2 columns - 1 */
	uint8_t (*nodes)[TREE_HASH_SIZE];
	struct directory_item *items; /* of the bucket under work */
	size_t n;
	size_t cap;
	struct directory_item *homeless;
	size_t n_homeless;
	struct buf stash;
};

static enum rc
gather_place(struct directory_build *b, uint32_t bucket, uint32_t place)
{
	const struct directory_set_item *at;
	struct directory_item *more;
	size_t n;

	at = directory_set_at(b->set, place, &n);
	if (b->n + n > b->cap) {
		more = failmem_array(2 * (b->n + n), sizeof(*more));
		if (more == NULL)
			return RC_NOMEM;
		if (b->n > 0)
			memcpy(more, b->items, b->n * sizeof(*more));
		free(b->items);
		b->items = more;
		b->cap = 2 * (b->n + n);
	}
	for (size_t i = 0; i < n; i++) {
		b->items[b->n].bucket = bucket;
		b->items[b->n++].entry = at[i].entry;
	}
	return RC_OK;
}

/* The entries of a bucket: of its places, which are columns apart. */
static enum rc
gather(struct directory_build *b, uint32_t index)
{
	enum rc rc = RC_OK;

	b->n = 0;
	for (uint32_t p = index; p < PLACE_COUNT; p += b->shape.columns)
		TRY(gather_place(b, index, p));
out:
	return rc;
}

/* Fills the leaves; RC_AGAIN: too many find no place in this shape. */
static enum rc
fill(struct directory_build *b, uint8_t *column)
{
	size_t homeless;
	enum rc rc = RC_OK;

	b->n_homeless = 0;
	for (uint32_t i = 0; i < b->shape.columns; i++) {
		TRY(gather(b, i));
		homeless = bucket_fill(&b->shape, b->items, b->n, column);
		CHECK(b->n_homeless + homeless <= STASH_MAX, RC_AGAIN);
		if (homeless > 0)
			memcpy(&b->homeless[b->n_homeless],
			    &b->items[b->n - homeless],
			    homeless * sizeof(*b->items));
		b->n_homeless += homeless;
		bucket_leaf(&b->shape, column, b->nodes[b->shape.columns + i]);
	}
	CHECK(directory_shape_is_fit(directory_set_size(b->set), b->n_homeless),
	    RC_AGAIN);
out:
	return rc;
}

static enum rc
try_shape(struct directory_build *b)
{
	uint8_t *column = failmem_alloc(directory_shape_column(&b->shape));
	enum rc rc = RC_BUG;

	free(b->nodes);
	b->nodes = failmem_array(
	    2 * (size_t)b->shape.columns, sizeof(*b->nodes));
	CHECK(column != NULL && b->nodes != NULL, RC_NOMEM);
	TRY(fill(b, column));
	for (uint32_t i = b->shape.columns - 1; i > 0; i--)
		tree_node(b->nodes[2 * i], b->nodes[2 * i + 1], b->nodes[i]);
out:
	free(column);
	return rc;
}

enum rc
directory_build_new(
    const struct directory_set *set, struct directory_build **ret_b)
{
	struct directory_build *b = failmem_alloc(sizeof(*b));
	enum rc rc = RC_BUG;

	CHECK(b != NULL, RC_NOMEM);
	buf_init(&b->stash, STASH_SIZE_MAX);
	b->set = set;
	b->homeless = failmem_array(STASH_MAX, sizeof(*b->homeless));
	CHECK(b->homeless != NULL, RC_NOMEM);
	directory_shape_first(directory_set_size(set), &b->shape);
	while ((rc = try_shape(b)) == RC_AGAIN)
		TRY(directory_shape_next(&b->shape));
	TRY(rc);
	TRY(stash_build(b->homeless, b->n_homeless, &b->stash));
	*ret_b = b;
	b = NULL;
out:
	directory_build_free(b);
	return rc;
}

void
directory_build_free(struct directory_build *b)
{
	if (b == NULL)
		return;
	free(b->nodes);
	free(b->items);
	free(b->homeless);
	buf_clear(&b->stash);
	free(b);
}

const struct directory_shape *
directory_build_shape(const struct directory_build *b)
{
	return &b->shape;
}

const uint8_t *
directory_build_root(const struct directory_build *b)
{
	return b->nodes[1];
}

struct rd
directory_build_stash(const struct directory_build *b)
{
	return buf_get(&b->stash);
}

void
directory_build_stash_hash(
    const struct directory_build *b, uint8_t ret_hash[static 32])
{
	(void)crypto_hash_sha256(ret_hash, b->stash.p, b->stash.len);
}

size_t
directory_build_filter_max(uint64_t n)
{
	/* 9/8 of 16 bits each, rounded up to whole segments, of which small
	 * filters have few and large ones small */
	return FILTER_HEAD_SIZE + 4 * (size_t)n + (1u << 21);
}

enum rc
directory_build_filter(const struct directory_build *b, struct buf *filter)
{
	size_t n = (size_t)directory_set_size(b->set);
	uint64_t *keys = failmem_array(n == 0 ? 1 : n, sizeof(*keys));
	const struct directory_set_item *at;
	size_t n_at;
	size_t k = 0;
	enum rc rc = RC_BUG;

	CHECK(keys != NULL, RC_NOMEM);
	for (uint32_t p = 0; p < PLACE_COUNT; p++) {
		at = directory_set_at(b->set, p, &n_at);
		for (size_t i = 0; i < n_at; i++)
			keys[k++] = filter_key(p, at[i].entry.tag);
	}
	TRY(filter_build(keys, n, filter));
out:
	free(keys);
	return rc;
}

enum rc
directory_build_column(
    struct directory_build *b, uint32_t index, uint8_t *ret_column)
{
	uint8_t *path = bucket_path(&b->shape, ret_column);
	enum rc rc = RC_BUG;

	TRY(gather(b, index));
	(void)bucket_fill(&b->shape, b->items, b->n, ret_column);
	for (uint32_t i = b->shape.columns + index; i > 1; i /= 2) {
		memcpy(path, b->nodes[i ^ 1], TREE_HASH_SIZE);
		path += TREE_HASH_SIZE;
	}
out:
	return rc;
}
