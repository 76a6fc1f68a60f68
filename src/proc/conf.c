#include "proc/conf.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"
#include "proc/conf_line.h"

enum kind { K_TEXT, K_NAME, K_BOOL, K_U32, K_I64, K_IP, K_WITNESS };

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t size;  /* K_TEXT: of the array, NUL included */
	uint32_t min; /* K_U32 */
	uint32_t max;
};

#define TEXT(m)                                         \
	{                                               \
#m, K_TEXT, offsetof(struct conf, m),   \
		    sizeof(((struct conf *)0)->m), 0, 0 \
	}
#define NAME(m)                                         \
	{                                               \
#m, K_NAME, offsetof(struct conf, m),   \
		    sizeof(((struct conf *)0)->m), 0, 0 \
	}
#define BOOL(m)                                               \
	{                                                     \
#m, K_BOOL, offsetof(struct conf, m), 0, 0, 0 \
	}
#define U32(m, lo, hi)                                             \
	{                                                          \
#m, K_U32, offsetof(struct conf, m), 0, (lo), (hi) \
	}

static const struct key keys[] = {
	NAME(operator_name),
	NAME(operator_address),
	TEXT(listen),
	BOOL(demo),
	TEXT(tls_cert),
	TEXT(tls_key),
	BOOL(classic),
	BOOL(private),
	U32(retention_days, 1, 3650),
	U32(seal_max_days, 1, 3650),
	{ "client_ip", K_IP, offsetof(struct conf, client_ip), 0, 0, 0 },
	TEXT(smpp_host),
	U32(smpp_port, 1, 65535),
	TEXT(smpp_system_id),
	TEXT(smpp_password_file),
	TEXT(smpp_source),
	U32(smpp_window, 1, 1000),
	U32(smpp_enquire, 1, 3600),
	U32(smpp_rate, 1, 100000),
	U32(code_minutes, 1, 60),
	U32(sends_hour_address, 1, 1000000),
	U32(sends_day_address, 1, 1000000),
	U32(sends_hour_prefix, 1, 1000000),
	U32(sessions_day_number, 1, 1000),
	U32(breaker_after, 1, 1000000),
	U32(lookups_first_day, 1, 1000000000),
	U32(lookups_day, 1, 1000000000),
	U32(lookups_burst, 1, 1000000000),
	U32(message_burst, 1, 1000000000),
	U32(message_rate, 1, 1000000000),
	U32(prekeys_burst, 1, 1000000),
	U32(prekeys_minutes, 1, 1440),
	U32(mailbox_messages, 1, 10000000),
	U32(mailbox_bytes, 131072, 1073741824),
	U32(message_days, 1, 365),
	U32(connections, 1, 1000000),
	U32(connections_address, 1, 1000000),
	U32(sms_burst, 1, 1000000),
	U32(sms_day, 1, 1000000),
	{ "witness", K_WITNESS, 0, 0, 0, 0 },
	U32(witness_quorum, 0, CONF_WITNESSES),
	U32(epoch_seconds, 1, 600),
	{ "clock_offset", K_I64, offsetof(struct conf, clock_offset), 0, 0, 0 },
	BOOL(test_numbers),
};

static const char *const ip_names[] = { NULL, "full", "truncated", "none" };

void
conf_defaults(struct conf *ret_c)
{
	*ret_c = (struct conf){
		.operator_name = "Tacet",
		.listen = "127.0.0.1:8443",
		.classic = true,
		.private = true,
		.retention_days = 25,
		.seal_max_days = 180,
		.client_ip = CONF_IP_TRUNCATED,
		.smpp_port = 2775,
		.smpp_source = "Tacet",
		.smpp_window = 10,
		.smpp_enquire = 30,
		.smpp_rate = 50,
		.code_minutes = 10,
		.sends_hour_address = 20,
		.sends_day_address = 100,
		.sends_hour_prefix = 50,
		.sessions_day_number = 6,
		.breaker_after = 30,
		.lookups_first_day = 2000,
		.lookups_day = 200,
		.lookups_burst = 100,
		.message_burst = 60,
		.message_rate = 1,
		.prekeys_burst = 6,
		.prekeys_minutes = 10,
		.mailbox_messages = 10000,
		.mailbox_bytes = 67108864,
		.message_days = 30,
		.connections = 20000,
		.connections_address = 1000,
		.epoch_seconds = 30,
		.sms_burst = 10,
		.sms_day = 100,
	};
}

/* Decimal without sign, no leading zero but "0" itself. */
static enum rc
number(struct rd r, uint64_t max, uint64_t *ret_v)
{
	uint64_t v = 0;

	if (r.left == 0 || (r.left > 1 && r.p[0] == '0'))
		return RC_MALFORMED;
	for (size_t i = 0; i < r.left; i++) {
		if (r.p[i] < '0' || r.p[i] > '9' ||
		    v > (max - (uint64_t)(r.p[i] - '0')) / 10)
			return RC_MALFORMED;
		v = v * 10 + (uint64_t)(r.p[i] - '0');
	}
	*ret_v = v;
	return RC_OK;
}

static const char *
set_text(const struct key *k, struct rd v, char *at)
{
	if (v.left >= k->size)
		return "the value is too long";
	for (size_t i = 0; i < v.left; i++)
		if (v.p[i] < 0x20 || v.p[i] == 0x7f)
			return "the value has a control character";
	if (v.left > 0)
		memcpy(at, v.p, v.left);
	at[v.left] = '\0';
	return NULL;
}

/* What people read: it goes into the policy and on the letters. */
static const char *
set_name(const struct key *k, struct rd v, char *at)
{
	struct rd r = v;
	uint32_t c;

	while (r.left > 0)
		if (utf8_take(&r, &c) != RC_OK)
			return "the value is not UTF-8";
	return set_text(k, v, at);
}

/* One more in the list; an empty value empties it. What it says is for those
 * who can read keys. */
static const char *
add_witness(struct rd v, struct conf *c)
{
	static const struct key k = { .size = CONF_WITNESS_SIZE };

	if (v.left == 0) {
		c->n_witnesses = 0;
		return NULL;
	}
	if (c->n_witnesses == CONF_WITNESSES)
		return "there are too many witnesses (see tacetd.conf(5))";
	return set_text(&k, v, c->witness[c->n_witnesses++]);
}

/* NULL, or why the value does not fit. */
static const char *
set(const struct key *k, struct rd v, struct conf *c)
{
	uint8_t *at = (uint8_t *)c + k->offset;
	uint64_t n = 0;
	int64_t sign = 1;

	switch (k->kind) {
	case K_TEXT:
		return set_text(k, v, (char *)at);
	case K_NAME:
		return set_name(k, v, (char *)at);
	case K_BOOL:
		if (!rd_is_eq(v, "yes") && !rd_is_eq(v, "no"))
			return "the value must be yes or no";
		*(bool *)at = rd_is_eq(v, "yes");
		return NULL;
	case K_U32:
		if (number(v, k->max, &n) != RC_OK || n < k->min)
			return "the value must be a number within its limits "
			       "(see tacetd.conf(5))";
		*(uint32_t *)(void *)at = (uint32_t)n;
		return NULL;
	case K_I64:
		if (v.left > 0 && v.p[0] == '-') {
			sign = -1;
			v.p++;
			v.left--;
		}
		if (number(v, 1000000000, &n) != RC_OK)
			return "the value must be a number of seconds";
		*(int64_t *)(void *)at = sign * (int64_t)n;
		return NULL;
	case K_IP:
		for (int i = CONF_IP_FULL; i <= CONF_IP_NONE; i++)
			if (rd_is_eq(v, ip_names[i])) {
				c->client_ip = (enum conf_ip)i;
				return NULL;
			}
		return "the value must be full, truncated or none";
	case K_WITNESS:
		return add_witness(v, c);
	}
	return "the key has no reader";
}

static const char *
set_named(struct rd name, struct rd value, struct conf *c)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (rd_is_eq(name, keys[i].name))
			return set(&keys[i], value, c);
	return "unknown key (see tacetd.conf(5))";
}

enum rc
conf_parse(
    struct rd text, struct conf *c, uint32_t *ret_line, const char **ret_why)
{
	struct conf next = *c;
	struct rd name, value;
	uint32_t n = 0;
	const char *why = NULL;

	if (text.left > CONF_TEXT_MAX) {
		*ret_line = 1;
		*ret_why = "the file is larger than 64 KiB";
		return RC_MALFORMED;
	}
	while (why == NULL &&
	    conf_line_take(&text, &n, &name, &value, &why) == RC_OK)
		why = set_named(name, value, &next);
	if (why != NULL) {
		*ret_line = n;
		*ret_why = why;
		return RC_MALFORMED;
	}
	*c = next;
	return RC_OK;
}

enum rc
conf_build(const struct conf *c, struct buf *b)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct key *k = &keys[i];
		const uint8_t *at = (const uint8_t *)c + k->offset;

		TRY(buf_add_fmt(b, "%s = ", k->name));
		switch (k->kind) {
		case K_TEXT:
		case K_NAME:
			TRY(buf_add_str(b, (const char *)at));
			break;
		case K_BOOL:
			TRY(buf_add_str(b, *(const bool *)at ? "yes" : "no"));
			break;
		case K_U32:
			TRY(buf_add_fmt(b, "%" PRIu32,
			    *(const uint32_t *)(const void *)at));
			break;
		case K_I64:
			TRY(buf_add_fmt(
			    b, "%" PRId64, *(const int64_t *)(const void *)at));
			break;
		case K_IP:
			TRY(buf_add_str(b, ip_names[c->client_ip]));
			break;
		case K_WITNESS: /* an empty one first: the list is this one */
			for (uint32_t w = 0; w < c->n_witnesses; w++)
				TRY(buf_add_fmt(
				    b, "\nwitness = %s", c->witness[w]));
			break;
		}
		TRY(buf_u8(b, '\n'));
	}
out:
	return rc;
}
