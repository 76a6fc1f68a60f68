/*
 * The policy note as the parent made and signed it: read from its descriptor at
 * start and at a reload, served as it stands (GET /v1/policy).
 */
#include <errno.h>
#include <unistd.h>

#include "front/front_internal.h"
#include "wire/note.h"

enum rc
front_policy_load(struct front *f)
{
	struct buf b;
	uint8_t *p;
	ssize_t n = 0;
	int fd = -1;
	enum rc rc = RC_BUG;

	buf_init(&b, NOTE_MAX);
	TRY(child_file_take(f->child, "policy", &fd));
	do {
		buf_commit(&b, (size_t)n);
		CHECK(b.len < b.max, RC_LIMIT);
		TRY(buf_reserve(&b, b.max - b.len, &p));
		do
			n = read(fd, p, b.max - b.len);
		while (n < 0 && errno == EINTR);
	} while (n > 0);
	CHECK(n == 0, RC_IO);
	CHECK(b.len > 0, RC_CORRUPT);
	buf_clear(&f->policy);
	f->policy = b; /* moved */
	buf_init(&b, NOTE_MAX);
	rc = RC_OK;
out:
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	return rc;
}
