#include "wire/row.h"

#include <arpa/inet.h>
#include <string.h>

#define NUMBER_SIZE 7 /* 15 digits are less than 2^50 */
#define NUMBER_END 1000000000000000

static size_t
ip_size(enum row_ip version)
{
	switch (version) {
	case ROW_IP_NONE:
		return 0;
	case ROW_IP_V4:
		return 4;
	case ROW_IP_V6:
		return 16;
	}
	return SIZE_MAX;
}

/* One form of each row: what an address does not use is zero. */
static bool
is_ip(const struct row *w)
{
	size_t n = ip_size(w->ip_version);
	uint8_t rest = 0;

	if (n > sizeof(w->ip))
		return false;
	for (size_t i = n; i < sizeof(w->ip); i++)
		rest |= w->ip[i];
	return rest == 0;
}

static void
put_be(uint64_t v, size_t n, uint8_t **p)
{
	for (size_t i = n; i > 0; i--, v >>= 8)
		(*p)[i - 1] = (uint8_t)v;
	*p += n;
}

static uint64_t
get_be(size_t n, const uint8_t **p)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (*p)[i];
	*p += n;
	return v;
}

/* No number begins with 0, so that its digits are those of the integer. */
static enum rc
number_get(const uint8_t **p, struct e164 *ret_e)
{
	uint64_t v = get_be(NUMBER_SIZE, p);
	uint8_t digits[E164_DIGITS_MAX];
	size_t at = sizeof(digits);
	enum rc rc = RC_BUG;

	CHECK(v < NUMBER_END, RC_MALFORMED);
	for (; v > 0; v /= 10)
		digits[--at] = (uint8_t)('0' + v % 10);
	TRY(e164_parse_digits(
	    (struct rd){ digits + at, sizeof(digits) - at }, ret_e));
out:
	explicit_bzero(digits, sizeof(digits));
	return rc;
}

enum rc
row_build(const struct row *w, uint8_t ret_octets[static ROW_SIZE])
{
	uint8_t *p = ret_octets;
	enum rc rc = RC_BUG;

	CHECK(w->query_time.s >= 0 && w->query_time.s <= UINT32_MAX,
	    RC_MALFORMED);
	CHECK(w->source.n > 0 && w->lookup.n > 0, RC_MALFORMED);
	CHECK(is_ip(w) && row_cause_text(w->cause) != NULL, RC_MALFORMED);
	put_be((uint64_t)w->query_time.s, 4, &p);
	put_be(e164_value(&w->source), NUMBER_SIZE, &p);
	put_be(e164_value(&w->lookup), NUMBER_SIZE, &p);
	put_be(w->source_epoch, 2, &p);
	put_be(w->lookup_epoch, 2, &p);
	put_be(w->devices, 1, &p);
	put_be((uint64_t)w->ip_version << 4 | (uint64_t)w->cause, 1, &p);
	memcpy(p, w->ip, sizeof(w->ip));
	rc = RC_OK;
out:
	return rc;
}

enum rc
row_parse(struct rd octets, struct row *ret_w)
{
	struct row w = { 0 };
	const uint8_t *p = octets.p;
	uint64_t v;
	enum rc rc = RC_BUG;

	CHECK(octets.left == ROW_SIZE, RC_MALFORMED);
	w.query_time.s = (int64_t)get_be(4, &p);
	TRY(number_get(&p, &w.source));
	TRY(number_get(&p, &w.lookup));
	w.source_epoch = (uint16_t)get_be(2, &p);
	w.lookup_epoch = (uint16_t)get_be(2, &p);
	w.devices = (uint8_t)get_be(1, &p);
	v = get_be(1, &p);
	w.ip_version = (enum row_ip)(v >> 4);
	w.cause = (enum row_cause)(v & 15);
	memcpy(w.ip, p, sizeof(w.ip));
	CHECK(is_ip(&w) && row_cause_text(w.cause) != NULL, RC_MALFORMED);
	*ret_w = w;
out:
	row_clear(&w);
	return rc;
}

enum rc
row_ip_parse(struct rd text, struct row *w)
{
	char s[ROW_IP_SIZE] = "";
	enum rc rc = RC_BUG;

	CHECK(text.left < sizeof(s), RC_MALFORMED);
	if (text.left > 0)
		memcpy(s, text.p, text.left);
	CHECK(strlen(s) == text.left, RC_MALFORMED);
	memset(w->ip, 0, sizeof(w->ip));
	w->ip_version = ROW_IP_NONE;
	if (text.left > 0) {
		bool is_v4 = strchr(s, ':') == NULL;

		CHECK(inet_pton(is_v4 ? AF_INET : AF_INET6, s, w->ip) == 1,
		    RC_MALFORMED);
		w->ip_version = is_v4 ? ROW_IP_V4 : ROW_IP_V6;
	}
	rc = RC_OK;
out:
	explicit_bzero(s, sizeof(s));
	return rc;
}

void
row_ip_text(const struct row *w, char ret_text[static ROW_IP_SIZE])
{
	ret_text[0] = '\0';
	if (w->ip_version != ROW_IP_NONE)
		(void)inet_ntop(w->ip_version == ROW_IP_V4 ? AF_INET : AF_INET6,
		    w->ip, ret_text, ROW_IP_SIZE);
}

const char *
row_cause_text(enum row_cause c)
{
	switch (c) {
	case ROW_CAUSE_TYPED:
		return "typed";
	case ROW_CAUSE_BEFORE_SEND:
		return "before-send";
	case ROW_CAUSE_AFTER_RECEIPT:
		return "after-receipt";
	case ROW_CAUSE_REFRESH:
		return "refresh";
	case ROW_CAUSE_CONTACT_SYNC:
		return "contact-sync";
	}
	return NULL;
}

enum rc
row_cause_parse(struct rd text, enum row_cause *ret_c)
{
	for (int c = ROW_CAUSE_TYPED; c <= ROW_CAUSE_CONTACT_SYNC; c++) {
		if (!rd_is_eq(text, row_cause_text((enum row_cause)c)))
			continue;
		*ret_c = (enum row_cause)c;
		return RC_OK;
	}
	return RC_MALFORMED;
}

void
row_clear(struct row *w)
{
	explicit_bzero(w, sizeof(*w));
}
