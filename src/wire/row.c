#include "wire/row.h"

#include <string.h>

#include "wire/cbor.h"
#include "wire/e164_text.h"

#define ROW_FIELDS 8
#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z: RFC 3339 ends there */

/* What an address, or a prefix of one, is written with: nothing that a CSV or
 * a terminal could take for more than data. "" when the policy keeps none. */
static bool
is_ip(struct rd text)
{
	for (size_t i = 0; i < text.left; i++)
		if (text.p[i] == 0 ||
		    strchr("0123456789abcdef:./", text.p[i]) == NULL)
			return false;
	return text.left < ROW_IP_SIZE;
}

static enum rc
number_put(struct buf *b, const struct e164 *e)
{
	char text[E164_TEXT_SIZE] = "";
	enum rc rc = RC_BUG;

	CHECK(e->n > 0, RC_MALFORMED);
	e164_text(e, text);
	TRY(cbor_put_text(b, rd_str(text)));
out:
	explicit_bzero(text, sizeof(text));
	return rc;
}

static enum rc
number_get(struct rd *r, struct e164 *ret_e)
{
	struct rd text = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_text(r, E164_TEXT_SIZE - 1, &text));
	TRY(e164_parse(text, ret_e));
out:
	return rc;
}

enum rc
row_build(const struct row *w, struct buf *b)
{
	struct rd ip = rd_str(w->client_ip);
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(
	    w->query_time.s >= 0 && w->query_time.s <= TIME_MAX, RC_MALFORMED);
	CHECK(is_ip(ip) && row_cause_text(w->cause) != NULL, RC_MALFORMED);
	TRY(cbor_put_array(b, ROW_FIELDS));
	TRY(cbor_put_u64(b, (uint64_t)w->query_time.s));
	TRY(cbor_put_text(b, ip));
	TRY(number_put(b, &w->source));
	TRY(number_put(b, &w->lookup));
	TRY(cbor_put_u64(b, w->devices));
	TRY(cbor_put_u64(b, (uint64_t)w->cause));
	TRY(cbor_put_u64(b, w->source_epoch));
	TRY(cbor_put_u64(b, w->lookup_epoch));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
row_parse(struct rd octets, struct row *ret_w)
{
	struct row w = { 0 };
	struct rd ip = { 0 };
	uint64_t v = 0;
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(&octets, ROW_FIELDS, &n));
	CHECK(n == ROW_FIELDS, RC_MALFORMED);
	TRY(cbor_get_uint(&octets, TIME_MAX, &v));
	w.query_time.s = (int64_t)v;
	TRY(cbor_get_text(&octets, ROW_IP_SIZE - 1, &ip));
	CHECK(is_ip(ip), RC_MALFORMED);
	memcpy(w.client_ip, ip.p, ip.left);
	TRY(number_get(&octets, &w.source));
	TRY(number_get(&octets, &w.lookup));
	TRY(cbor_get_uint(&octets, UINT8_MAX, &v));
	w.devices = (uint8_t)v;
	TRY(cbor_get_uint(&octets, ROW_CAUSE_CONTACT_SYNC, &v));
	w.cause = (enum row_cause)v;
	CHECK(row_cause_text(w.cause) != NULL, RC_MALFORMED);
	TRY(cbor_get_uint(&octets, UINT32_MAX, &v));
	w.source_epoch = (uint32_t)v;
	TRY(cbor_get_uint(&octets, UINT32_MAX, &v));
	w.lookup_epoch = (uint32_t)v;
	TRY(rd_end(&octets));
	*ret_w = w;
out:
	row_clear(&w);
	return rc;
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
