#include <string.h>

#include "front/front_internal.h"

static struct rd
segment(struct rd *path)
{
	struct rd s = { path->p, 0 };

	while (s.left < path->left && path->p[s.left] != '/')
		s.left++;
	path->p += s.left;
	path->left -= s.left;
	return s;
}

bool
front_route_is(
    const char *pattern, struct rd path, struct rd ret_path[static 2])
{
	struct rd p = rd_str(pattern);
	struct rd found[2] = { { 0 }, { 0 } };
	struct rd want;
	struct rd got;
	size_t n = 0;

	while (p.left > 0 && path.left > 0) {
		if (p.p[0] != '/' || path.p[0] != '/')
			return false;
		p.p++;
		p.left--;
		path.p++;
		path.left--;
		want = segment(&p);
		got = segment(&path);
		if (rd_is_eq(want, "{*}") && n < ARRAY_LEN(found) &&
		    got.left > 0) {
			got.left += path.left;
			path.left = 0;
			found[n++] = got;
		} else if (rd_is_eq(want, "{}") && n < ARRAY_LEN(found) &&
		    got.left > 0) {
			found[n++] = got;
		} else if (want.left != got.left ||
		    memcmp(want.p, got.p, got.left) != 0) {
			return false;
		}
	}
	if (p.left > 0 || path.left > 0)
		return false;
	memcpy(ret_path, found, sizeof(found));
	return true;
}

struct rd
front_route_path(struct rd target, struct rd *ret_query)
{
	const uint8_t *mark = NULL;
	size_t n = target.left;

	if (n > 0)
		mark = memchr(target.p, '?', n);
	*ret_query = (struct rd){ target.p + n, 0 };
	if (mark == NULL)
		return target;
	n = (size_t)(mark - target.p);
	*ret_query = (struct rd){ mark + 1, target.left - n - 1 };
	return (struct rd){ target.p, n };
}

/* Digits up to a comma or the end; the first is no zero: one text, one id. */
static enum rc
id_take(struct rd *r, uint8_t *ret_id)
{
	unsigned int v = 0;
	enum rc rc = RC_BUG;

	CHECK(r->left > 0 && r->p[0] != '0', RC_MALFORMED);
	while (r->left > 0 && r->p[0] != ',') {
		CHECK(r->p[0] >= '0' && r->p[0] <= '9', RC_MALFORMED);
		v = v * 10 + (unsigned int)(r->p[0] - '0');
		CHECK(v <= 255, RC_MALFORMED);
		TRY(rd_skip(r, 1));
	}
	CHECK(v > 0, RC_MALFORMED);
	*ret_id = (uint8_t)v;
	rc = RC_OK;
out:
	return rc;
}

enum rc
front_route_devices(struct rd query, uint8_t ret_ids[static 8])
{
	static const char name[] = "devices=";
	uint8_t ids[8] = { 0 };
	struct rd r = query;
	struct rd got = { 0 };
	size_t n = 0;
	enum rc rc = RC_BUG;

	if (r.left == 0) { /* every device */
		memcpy(ret_ids, ids, sizeof(ids));
		return RC_OK;
	}
	TRY(rd_take(&r, sizeof(name) - 1, &got));
	CHECK(rd_is_eq(got, name), RC_MALFORMED);
	for (;;) {
		CHECK(n < ARRAY_LEN(ids), RC_MALFORMED);
		TRY(id_take(&r, &ids[n++]));
		if (r.left == 0)
			break;
		TRY(rd_skip(&r, 1)); /* the comma */
	}
	memcpy(ret_ids, ids, sizeof(ids));
out:
	return rc;
}
