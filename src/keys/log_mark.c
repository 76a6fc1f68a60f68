#include "keys/log_mark.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"

#define PLACE 64 /* octets; size, root, CRC, zeros */
#define USED (8 + 32 + 4)

static void
place_read(const uint8_t at[static PLACE], struct log_mark *m, unsigned place)
{
	struct rd r = { at, USED };
	uint64_t size = 0;
	uint8_t root[32];
	uint32_t crc = 0;

	if (rd_u64(&r, &size) != RC_OK || rd_copy(&r, 32, root) != RC_OK ||
	    rd_u32(&r, &crc) != RC_OK || crc != crc32c(0, at, USED - 4) ||
	    size == 0 || size < m->size)
		return;
	m->size = size;
	memcpy(m->root, root, sizeof(root));
	m->next = 1 - place;
}

enum rc
log_mark_open(int fd, struct log_mark *ret_m)
{
	struct log_mark m = { .fd = fd };
	uint8_t octets[LOG_MARK_SIZE] = { 0 };

	if (pread(fd, octets, sizeof(octets), 0) < 0)
		return RC_IO;
	for (unsigned i = 0; i < LOG_MARK_SIZE / PLACE; i++)
		place_read(octets + i * PLACE, &m, i);
	*ret_m = m;
	return RC_OK;
}

bool
log_mark_is_next(
    const struct log_mark *m, uint64_t size, const uint8_t root[static 32])
{
	return size > m->size ||
	    (size == m->size && memcmp(root, m->root, 32) == 0);
}

enum rc
log_mark_set(struct log_mark *m, uint64_t size, const uint8_t root[static 32])
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, PLACE);
	TRY(buf_u64(&b, size));
	TRY(buf_add(&b, root, 32));
	TRY(buf_u32(&b, crc32c(0, b.p, b.len)));
	CHECK(
	    pwrite(m->fd, b.p, b.len, (off_t)m->next * PLACE) == (ssize_t)b.len,
	    errno == ENOSPC ? RC_NOSPACE : RC_IO);
	CHECK(fdatasync(m->fd) == 0, errno == ENOSPC ? RC_NOSPACE : RC_IO);
	m->size = size;
	memcpy(m->root, root, sizeof(m->root));
	m->next = 1 - m->next;
out:
	buf_clear(&b);
	return rc;
}

void
log_mark_close(struct log_mark *m)
{
	if (m->fd >= 0)
		(void)close(m->fd);
	m->fd = -1;
}
