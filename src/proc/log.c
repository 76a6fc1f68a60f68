#include "proc/log.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/mono.h"

#define LINE_MAX_ 1024

static enum permit_role self_role = PERMIT_ROLE_PARENT;
static uint8_t acct_key[crypto_shorthash_KEYBYTES];

static const struct {
	const char *name;
	const char *level;
} events[] = {
#define X(id, name, level) [id] = { name, level },
	LOG_EVENTS(X)
#undef X
};

void
log_init(enum permit_role self)
{
	self_role = self;
	randombytes_buf(acct_key, sizeof(acct_key));
}

uint64_t
log_acct(const uint8_t account[static 16])
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t v = 0;

	(void)crypto_shorthash(out, account, 16, acct_key);
	for (size_t i = 0; i < 6; i++)
		v = v << 8 | out[i];
	return v;
}

static enum rc
add_field(struct buf *b, const struct log_field *f)
{
	switch (f->kind) {
	case LOG_KIND_U64:
		return buf_add_fmt(b, ",\"%s\":%" PRIu64, f->name, f->value);
	case LOG_KIND_RC:
		return buf_add_fmt(
		    b, ",\"%s\":\"%s\"", f->name, rc_name((enum rc)f->value));
	case LOG_KIND_ROLE:
		return buf_add_fmt(b, ",\"%s\":\"%s\"", f->name,
		    permit_role_name((enum permit_role)f->value));
	case LOG_KIND_END:
		break;
	}
	return RC_OK;
}

void
log_write(enum log_event ev, const struct log_field *fields)
{
	char time[MONO_RFC3339_SIZE] = "";
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, LINE_MAX_);
	TRY(mono_rfc3339(mono_wall(), time));
	TRY(buf_add_fmt(&b,
	    "{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%s\","
	    "\"event\":\"%s\"",
	    time, events[ev].level, permit_role_name(self_role),
	    events[ev].name));
	for (; fields->kind != LOG_KIND_END; fields++)
		TRY(add_field(&b, fields));
	TRY(buf_add_str(&b, "}\n"));
	/* one write, so that lines of several processes do not mix */
	(void)!write(STDERR_FILENO, b.p, b.len);
out:
	buf_clear(&b);
}
