/*
 * trust.json as the parent wrote it: the log's key, the policy's and the
 * witnesses, for a client that pins them at its first use (GET /v1/trust).
 */
#include <unistd.h>

#include "base/file.h"
#include "front/front_internal.h"

enum rc
front_trust_load(struct front *f)
{
	struct buf b;
	int fd = -1;
	enum rc rc;

	buf_init(&b, FRONT_TRUST_MAX);
	rc = child_file_take(f->child, "trust", &fd);
	if (rc == RC_NOT_FOUND) {
		rc = RC_OK; /* what there is stays */
		goto out;
	}
	CHECK(rc == RC_OK, rc);
	TRY(file_read(fd, &b));
	buf_clear(&f->trust);
	f->trust = b; /* moved */
	buf_init(&b, FRONT_TRUST_MAX);
out:
	if (fd >= 0)
		(void)close(fd);
	buf_clear(&b);
	return rc;
}
