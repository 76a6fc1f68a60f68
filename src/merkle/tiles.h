/*
 * tiles: names and bytes of the files of a log (c2sp.org/tlog-tiles): tiles of
 * 256 hashes and bundles of 256 entries, by path. Pure.
 */
#ifndef TILES_H
#define TILES_H
#include "base/buf.h"

#define TILES_WIDTH 256
#define TILES_LEVEL_MAX 7    /* 8 * 8 levels hold every size there can be */
#define TILES_ENTRY_MAX 4096 /* octets: doc/protocol/log.md */
#define TILES_BUNDLE_MAX (TILES_WIDTH * (2 + TILES_ENTRY_MAX))
#define TILES_PATH_MAX 96

struct tiles_id {
	bool is_entries; /* an entry bundle; level is 0 */
	unsigned level;
	uint64_t index;
	unsigned width; /* 256: full, else partial */
};

/* "tile/0/x001/067", "tile/entries/000.p/5". RC_MALFORMED: any other text. */
MUST_USE enum rc tiles_path_parse(struct rd path, struct tiles_id *ret_id);
MUST_USE enum rc tiles_path_build(const struct tiles_id *id, struct buf *b);
/* The directory that a partial tile lies in: its path to before "/W". */
MUST_USE enum rc tiles_partials_build(const struct tiles_id *id, struct buf *b);
/* One entry of a bundle from the front of r, which moves past it. RC_LIMIT:
 * longer than TILES_ENTRY_MAX; RC_MALFORMED. Borrowed. */
MUST_USE enum rc tiles_entry_parse(struct rd *r, struct rd *ret_entry);
/* RC_LIMIT: over the maximum, or b is full. */
MUST_USE enum rc tiles_entry_build(struct rd entry, struct buf *b);
#endif
