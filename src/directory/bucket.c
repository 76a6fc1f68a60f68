#include "directory/bucket.h"

#include <string.h>

#include "merkle/tree.h"

/* The tag is what an entry begins with. */
static int
by_tag(const void *a, const void *b)
{
	const struct directory_item *x = a;
	const struct directory_item *y = b;

	return memcmp(&x->entry, &y->entry, sizeof(x->entry));
}

size_t
bucket_fill(const struct directory_shape *shape, struct directory_item *items,
    size_t n, uint8_t *ret_column)
{
	size_t capacity = directory_shape_capacity(shape);
	size_t filled = n < capacity ? n : capacity;

	memset(ret_column, 0, directory_shape_column(shape));
	if (n > 0)
		qsort(items, n, sizeof(*items), by_tag);
	for (size_t i = 0; i < filled; i++)
		memcpy(ret_column + i * DIRECTORY_ENTRY_SIZE, &items[i].entry,
		    DIRECTORY_ENTRY_SIZE);
	return n - filled;
}

void
bucket_leaf(const struct directory_shape *shape, const uint8_t *column,
    uint8_t ret_leaf[static 32])
{
	const size_t n = directory_shape_capacity(shape) * DIRECTORY_ENTRY_SIZE;

	tree_leaf((struct rd){ column, n }, ret_leaf);
}

uint8_t *
bucket_path(const struct directory_shape *shape, uint8_t *column)
{
	return column + directory_shape_column(shape) -
	    directory_shape_path(shape);
}

enum rc
bucket_check(const struct directory_shape *shape, uint32_t index,
    struct rd column, const uint8_t root[static 32])
{
	struct tree_proof p;
	uint8_t leaf[TREE_HASH_SIZE];
	size_t used;
	size_t path;
	enum rc rc = RC_BUG;

	CHECK(directory_shape_is_valid(shape) && index < shape->columns &&
		column.left == directory_shape_column(shape),
	    RC_MALFORMED);
	path = directory_shape_path(shape);
	used = directory_shape_capacity(shape) * DIRECTORY_ENTRY_SIZE;
	for (size_t i = used; i < column.left - path; i++)
		CHECK(column.p[i] == 0, RC_MALFORMED);
	bucket_leaf(shape, column.p, leaf);
	p.n = path / TREE_HASH_SIZE;
	memcpy(p.hashes, column.p + column.left - path, path);
	TRY(tree_inclusion_check(leaf, index, shape->columns, &p, root));
out:
	return rc;
}

enum rc
bucket_find(const struct directory_shape *shape, struct rd column,
    const uint8_t tag[static HANDLE_KEYS_TAG_SIZE],
    struct directory_entry *ret_e)
{
	struct directory_entry e;
	bool found = false;

	/* all of them, wherever it stands: the answer's place is no news */
	for (size_t i = directory_shape_capacity(shape); i > 0; i--)
		if (directory_entry_parse(&column, &e) == RC_OK &&
		    memcmp(e.tag, tag, HANDLE_KEYS_TAG_SIZE) == 0 &&
		    !directory_entry_is_empty(&e)) {
			*ret_e = e;
			found = true;
		}
	return found ? RC_OK : RC_NOT_FOUND;
}
