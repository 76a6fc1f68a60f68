#include "merkle/log_entry.h"

#include <string.h>

#include "wire/json_body.h"

static const char *const names[] = { NULL, "segment", "destroy", "order",
	"order-open", "policy", "custodians", "notice", "emergency", "epoch" };

const char *
log_entry_name(enum log_entry_type type)
{
	return names[type];
}

static enum rc
type_of(const json_t *o, enum log_entry_type *ret_type)
{
	struct rd type;
	enum rc rc = RC_BUG;

	TRY(json_body_str(o, "type", 16, &type));
	rc = RC_MALFORMED;
	for (int i = 1; i <= LOG_ENTRY_TYPE_LAST; i++)
		if (rd_is_eq(type, names[i])) {
			*ret_type = (enum log_entry_type)i;
			rc = RC_OK;
		}
out:
	return rc;
}

static enum rc
canonical(const json_t *o, struct buf *b)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	enum rc rc = RC_BUG;

	CHECK(text != NULL, RC_NOMEM);
	CHECK(strlen(text) <= LOG_ENTRY_MAX, RC_LIMIT);
	TRY(buf_add_str(b, text));
out:
	free(text);
	return rc;
}

enum rc
log_entry_build(const json_t *o, struct buf *b)
{
	enum log_entry_type type;
	enum rc rc = RC_BUG;

	TRY(type_of(o, &type));
	TRY(canonical(o, b));
out:
	return rc;
}

enum rc
log_entry_parse(struct rd octets, enum log_entry_type *ret_type, json_t **ret_o)
{
	enum log_entry_type type = LOG_ENTRY_TYPE_SEGMENT;
	json_t *o = NULL;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, LOG_ENTRY_MAX);
	CHECK(octets.left <= LOG_ENTRY_MAX, RC_LIMIT);
	CHECK(json_body_parse(octets, &o) == RC_OK, RC_MALFORMED);
	CHECK(type_of(o, &type) == RC_OK, RC_MALFORMED);
	rc = canonical(o, &b);
	CHECK(rc != RC_LIMIT, RC_MALFORMED); /* shorter in another spelling */
	TRY(rc);
	CHECK(b.len == octets.left && memcmp(b.p, octets.p, b.len) == 0,
	    RC_MALFORMED);
	*ret_type = type;
	if (ret_o != NULL) {
		*ret_o = o;
		o = NULL;
	}
out:
	json_body_free(o);
	buf_clear(&b);
	return rc;
}
