/*
 * log_dir: the read side of a log's directory, DIR/log (doc/protocol/log.md):
 * the tree of the size that its checkpoint names. It believes the tiles: who
 * verifies computes leaves from entries and compares roots. While the server
 * writes, a reader sees one checkpoint's tree until log_dir_refresh. Blocks on
 * the disk.
 */
#ifndef LOG_DIR_H
#define LOG_DIR_H
#include "base/buf.h"
#include "merkle/tiles.h"
#include "merkle/tree.h"

struct log_dir;

/* dirfd stays the caller's. No checkpoint there: a log of no entries. Caller
 * owns *ret_d. RC_CORRUPT: the checkpoint cannot be read as one. */
MUST_USE enum rc log_dir_open(int dirfd, struct log_dir **ret_d);
void log_dir_close(struct log_dir *d); /* NULL is fine */
/* Reads the checkpoint again. On failure the tree stays as it was. */
MUST_USE enum rc log_dir_refresh(struct log_dir *d);
/* The tree of another size, whose tiles must be there: for the writer. */
void log_dir_resize(struct log_dir *d, uint64_t size);
uint64_t log_dir_size(const struct log_dir *d);
/* The signed note as it was read; nothing is appended for an empty log. */
MUST_USE enum rc log_dir_checkpoint(const struct log_dir *d, struct buf *b);
/* Appends the octets of entry i. RC_NOT_FOUND; RC_CORRUPT; RC_IO. */
MUST_USE enum rc log_dir_entry(struct log_dir *d, uint64_t i, struct buf *b);
/* Appends a tile or bundle of exactly that width. RC_NOT_FOUND: it is not
 * within the size; RC_CORRUPT: it should be there, or is damaged. */
MUST_USE enum rc log_dir_tile(
    struct log_dir *d, const struct tiles_id *id, struct buf *b);
/* A tree_hash_fn; arg is the struct log_dir. */
MUST_USE enum rc log_dir_hash(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static TREE_HASH_SIZE]);
#endif
