#include "directory/epoch_entry.h"

#include <sodium.h>

#include "merkle/log_entry.h"
#include "wire/json_body.h"

#define TIME_MS_MAX 253402300799999 /* 9999-12-31T23:59:59.999Z */

struct hash_field {
	const char *name;
	size_t offset;
};

#define HASH(m)                                     \
	{                                           \
#m, offsetof(struct epoch_entry, m) \
	}
static const struct hash_field hashes[] = { HASH(label), HASH(policy),
	HASH(root), HASH(stash), HASH(filter), HASH(diff), HASH(voprf),
	HASH(token) };

static const char *const names[] = { "blocks", "columns", "diff", "epoch",
	"filter", "label", "policy", "root", "stash", "time_ms", "token",
	"type", "voprf" };

static enum rc
fields_get(const json_t *o, struct epoch_entry *e)
{
	uint64_t epoch;
	uint64_t columns;
	uint64_t blocks;
	enum rc rc = RC_BUG;

	TRY(json_body_only(o, names, ARRAY_LEN(names)));
	TRY(json_body_uint(o, "epoch", UINT32_MAX, &epoch));
	TRY(json_body_uint(o, "time_ms", TIME_MS_MAX, &e->time_ms));
	TRY(json_body_uint(o, "columns", UINT32_MAX, &columns));
	TRY(json_body_uint(o, "blocks", UINT16_MAX, &blocks));
	e->epoch = (uint32_t)epoch;
	e->shape.columns = (uint32_t)columns;
	e->shape.blocks = (uint16_t)blocks;
	CHECK(epoch > 0 && directory_shape_is_valid(&e->shape), RC_MALFORMED);
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		TRY(json_body_hex(
		    o, hashes[i].name, 32, (uint8_t *)e + hashes[i].offset));
out:
	return rc;
}

enum rc
epoch_entry_parse(struct rd entry, struct epoch_entry *ret_e)
{
	struct epoch_entry e = { 0 };
	enum log_entry_type type;
	json_t *o = NULL;
	enum rc rc = RC_BUG;

	rc = log_entry_parse(entry, &type, &o);
	CHECK(rc != RC_LIMIT, RC_MALFORMED);
	TRY(rc);
	CHECK(type == LOG_ENTRY_TYPE_EPOCH, RC_NOT_FOUND);
	TRY(fields_get(o, &e));
	*ret_e = e;
out:
	json_body_free(o);
	return rc;
}

static enum rc
hash_set(json_t *o, const struct hash_field *f, const struct epoch_entry *e)
{
	char hex[2 * 32 + 1];

	(void)sodium_bin2hex(
	    hex, sizeof(hex), (const uint8_t *)e + f->offset, 32);
	return json_object_set_new(o, f->name, json_string(hex)) == 0
	    ? RC_OK
	    : RC_NOMEM;
}

enum rc
epoch_entry_build(const struct epoch_entry *e, struct buf *b)
{
	json_t *o;
	enum rc rc = RC_BUG;

	o = json_pack("{s:I,s:I,s:I,s:I,s:s}", "epoch", (json_int_t)e->epoch,
	    "time_ms", (json_int_t)e->time_ms, "columns",
	    (json_int_t)e->shape.columns, "blocks", (json_int_t)e->shape.blocks,
	    "type", log_entry_name(LOG_ENTRY_TYPE_EPOCH));
	CHECK(o != NULL, RC_NOMEM);
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		TRY(hash_set(o, &hashes[i], e));
	TRY(log_entry_build(o, b));
out:
	json_body_free(o);
	return rc;
}

void
epoch_entry_label(uint8_t ret_label[static 32])
{
	static const uint8_t text[] = "tacet ring-pir a v1";

	(void)crypto_hash_sha256(ret_label, text, sizeof(text) - 1);
}
