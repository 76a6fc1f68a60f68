#include "proc/conf_line.h"

#include <string.h>

static struct rd
trim(struct rd r)
{
	while (r.left > 0 && (r.p[0] == ' ' || r.p[0] == '\t')) {
		r.p++;
		r.left--;
	}
	while (r.left > 0 &&
	    (r.p[r.left - 1] == ' ' || r.p[r.left - 1] == '\t' ||
		r.p[r.left - 1] == '\r'))
		r.left--;
	return r;
}

static size_t
length_to(struct rd r, char stop)
{
	const uint8_t *at = r.left == 0 ? NULL : memchr(r.p, stop, r.left);

	return at == NULL ? r.left : (size_t)(at - r.p);
}

enum rc
conf_line_take(struct rd *text, uint32_t *line, struct rd *ret_key,
    struct rd *ret_value, const char **ret_why)
{
	struct rd l = { 0 };
	size_t n;

	do {
		if (text->left == 0)
			return RC_NOT_FOUND;
		++*line;
		n = length_to(*text, '\n');
		l = trim((struct rd){ text->p, n });
		n += n < text->left;
		text->p += n;
		text->left -= n;
	} while (l.left == 0 || l.p[0] == '#');
	if (l.left > CONF_LINE_MAX) {
		*ret_why = "the line is too long";
		return RC_MALFORMED;
	}
	n = length_to(l, '=');
	if (n == l.left) {
		*ret_why = "expected key = value";
		return RC_MALFORMED;
	}
	*ret_key = trim((struct rd){ l.p, n });
	*ret_value = trim((struct rd){ l.p + n + 1, l.left - n - 1 });
	return RC_OK;
}
