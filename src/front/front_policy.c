/*
 * The policy note as keys signed it, served as it stands (GET /v1/policy). It
 * comes at the start and after a reload; until the first there is none.
 */
#include "front/front_internal.h"
#include "wire/note.h"

enum rc
front_policy_take(struct front *f, struct rd note)
{
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, NOTE_MAX);
	CHECK(note.left > 0, RC_MALFORMED);
	TRY(buf_add_rd(&b, note));
	buf_clear(&f->policy);
	f->policy = b; /* moved */
	buf_init(&b, NOTE_MAX);
out:
	buf_clear(&b);
	return rc;
}
