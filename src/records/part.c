#include "records/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/failmem.h"
#include "base/file.h"
#include "wire/journal.h"

struct part {
	int fd;
	off_t end; /* of the last CHAIN frame */
	uint8_t chain[32];
};

/* hash = BLAKE2b-256(previous hash, all frames since) */
static void
chain_next(uint8_t chain[static 32], struct rd frames)
{
	crypto_generichash_state st;

	(void)crypto_generichash_init(&st, NULL, 0, 32);
	(void)crypto_generichash_update(&st, chain, 32);
	(void)crypto_generichash_update(&st, frames.p, frames.left);
	(void)crypto_generichash_final(&st, chain, 32);
}

size_t
part_whole(struct rd content)
{
	struct rd r = content;
	struct rd group = content;
	struct journal_frame frame;
	uint8_t chain[32] = { 0 };
	size_t end = 0;

	for (;;) {
		struct rd before = r;

		if (journal_frame_parse(&r, &frame) != RC_OK)
			return end;
		if (frame.type != JOURNAL_TYPE_CHAIN)
			continue;
		group.left = (size_t)(before.p - group.p);
		chain_next(chain, group);
		if (memcmp(chain, frame.u.chain, sizeof(chain)) != 0)
			return end;
		end = (size_t)(r.p - content.p);
		group = r;
	}
}

enum rc
part_create(uint32_t day, uint16_t part, struct part **ret_p)
{
	const struct shelf_item item = { SHELF_KIND_JOURNAL, day, part };
	char name[SHELF_NAME_SIZE];
	struct part *p = NULL;
	enum rc rc = RC_BUG;

	p = failmem_alloc(sizeof(*p));
	CHECK(p != NULL, RC_NOMEM);
	p->fd = -1;
	TRY(shelf_name_build(&item, name));
	p->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(p->fd >= 0,
	    errno == EEXIST                          ? RC_EXISTS
		: errno == ENOSPC || errno == EDQUOT ? RC_NOSPACE
						     : RC_IO);
	TRY(shelf_sync());
	*ret_p = p;
	p = NULL;
out:
	part_close(p);
	return rc;
}

void
part_close(struct part *p)
{
	if (p == NULL)
		return;
	if (p->fd >= 0)
		(void)close(p->fd);
	free(p);
}

enum rc
part_append(struct part *p, struct rd frames)
{
	struct journal_frame chain = { .type = JOURNAL_TYPE_CHAIN };
	uint8_t next[32];
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, 64);
	memcpy(next, p->chain, sizeof(next));
	chain_next(next, frames);
	memcpy(chain.u.chain, next, sizeof(next));
	TRY(journal_frame_build(&chain, &b));
	TRY(file_write(p->fd, frames));
	TRY(file_write(p->fd, buf_get(&b)));
	CHECK(fdatasync(p->fd) == 0, errno == ENOSPC ? RC_NOSPACE : RC_IO);
	memcpy(p->chain, next, sizeof(next));
	p->end += (off_t)(frames.left + b.len);
out:
	if (rc != RC_OK) {
		/* whether this works or not, what follows is not a CHAIN
		 * that continues ours: a reader stops before it */
		(void)!ftruncate(p->fd, p->end);
		(void)lseek(p->fd, p->end, SEEK_SET);
	}
	buf_clear(&b);
	return rc;
}
