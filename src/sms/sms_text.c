#include "sms/sms_text.h"

#include <string.h>

#include "sms/gsm7.h"
#include "base/utf8.h"

/* TS 23.040 section 9.2.3.16: 140 octets, or 160 septets; the header of six
 * octets leaves 134, or 153 septets. */
#define GSM7_ALONE 160
#define GSM7_JOINED 153
#define UCS2_ALONE 140
#define UCS2_JOINED 134
#define HEADER_SIZE 6
#define IE_CONCAT8 0x00  /* section 9.2.3.24.1 */
#define IE_CONCAT16 0x08 /* section 9.2.3.24.8 */

/* Octets of one character in that coding, at most 4. */
static size_t
encode(uint32_t c, enum sms_text_coding coding, uint8_t ret_octets[static 4])
{
	if (coding == SMS_TEXT_CODING_GSM7)
		return gsm7_of(c, ret_octets);
	if (c >= 0x10000) {
		uint32_t hi = 0xd800 + ((c - 0x10000) >> 10);
		uint32_t lo = 0xdc00 + ((c - 0x10000) & 0x3ff);

		ret_octets[0] = (uint8_t)(hi >> 8);
		ret_octets[1] = (uint8_t)hi;
		ret_octets[2] = (uint8_t)(lo >> 8);
		ret_octets[3] = (uint8_t)lo;
		return 4;
	}
	ret_octets[0] = (uint8_t)(c >> 8);
	ret_octets[1] = (uint8_t)c;
	return 2;
}

/* The coding that has every character, and the octets all of them take. */
static enum rc
measure(struct rd utf8, enum sms_text_coding *ret_coding, size_t *ret_n)
{
	size_t gsm7 = 0, ucs2 = 0, n;
	bool fits = true;
	uint8_t octets[4];
	uint32_t c = 0;
	enum rc rc = RC_OK;

	CHECK(utf8.left > 0, RC_MALFORMED);
	while (utf8.left > 0) {
		TRY(utf8_take(&utf8, &c));
		n = encode(c, SMS_TEXT_CODING_GSM7, octets);
		fits = fits && n > 0;
		gsm7 += n;
		ucs2 += encode(c, SMS_TEXT_CODING_UCS2, octets);
	}
	*ret_coding = fits ? SMS_TEXT_CODING_GSM7 : SMS_TEXT_CODING_UCS2;
	*ret_n = fits ? gsm7 : ucs2;
out:
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

static void
header_put(struct sms_text *t, uint8_t ref)
{
	for (size_t i = 0; i < t->n; i++) {
		const uint8_t header[HEADER_SIZE] = { HEADER_SIZE - 1,
			IE_CONCAT8, 3, ref, (uint8_t)t->n, (uint8_t)(i + 1) };

		memcpy(t->part[i].octets, header, HEADER_SIZE);
	}
}

enum rc
sms_text_build(struct rd utf8, uint8_t ref, struct sms_text *ret_t)
{
	struct sms_text t = { .n = 1 };
	struct sms_text_part *part = t.part;
	size_t all = 0, alone, room, n;
	uint8_t octets[4];
	uint32_t c = 0;
	enum rc rc = RC_OK;

	TRY(measure(utf8, &t.coding, &all));
	alone = t.coding == SMS_TEXT_CODING_GSM7 ? GSM7_ALONE : UCS2_ALONE;
	room = t.coding == SMS_TEXT_CODING_GSM7 ? GSM7_JOINED : UCS2_JOINED;
	room = all <= alone ? alone : room + HEADER_SIZE;
	part->len = all <= alone ? 0 : HEADER_SIZE;
	while (utf8.left > 0) {
		TRY(utf8_take(&utf8, &c));
		n = encode(c, t.coding, octets);
		if (part->len + n > room) {
			CHECK(t.n < SMS_TEXT_PARTS_MAX, RC_LIMIT);
			part = &t.part[t.n++];
			part->len = HEADER_SIZE;
		}
		memcpy(part->octets + part->len, octets, n);
		part->len = (uint8_t)(part->len + n);
	}
	if (all > alone)
		header_put(&t, ref);
	*ret_t = t;
out:
	explicit_bzero(octets, sizeof(octets));
	sms_text_clear(&t);
	return rc;
}

/* The user data header: only concatenation matters to a text; other elements
 * (ports, national tables) are passed over. */
static enum rc
header_parse(struct rd *r, struct sms_text_place *ret_place)
{
	struct sms_text_place place = { 0 };
	struct rd header, value;
	uint8_t n = 0, id = 0, ref8 = 0;
	enum rc rc = RC_OK;

	TRY(rd_u8(r, &n));
	TRY(rd_take(r, n, &header));
	while (header.left > 0) {
		TRY(rd_u8(&header, &id));
		TRY(rd_u8(&header, &n));
		TRY(rd_take(&header, n, &value));
		if (id != IE_CONCAT8 && id != IE_CONCAT16)
			continue;
		if (id == IE_CONCAT16) {
			TRY(rd_u16(&value, &place.ref));
		} else {
			TRY(rd_u8(&value, &ref8));
			place.ref = ref8;
		}
		TRY(rd_u8(&value, &place.total));
		TRY(rd_u8(&value, &place.seq));
		TRY(rd_end(&value));
	}
	/* Out of range: the element is ignored (section 9.2.3.24.1). */
	if (place.seq == 0 || place.seq > place.total)
		place = (struct sms_text_place){ 0 };
	*ret_place = place;
out:
	return rc;
}

static enum rc
ucs2_text(struct rd r, struct buf *b)
{
	uint16_t u = 0, lo = 0;
	enum rc rc = RC_OK;

	while (r.left > 0) {
		uint32_t c;

		TRY(rd_u16(&r, &u));
		c = u;
		if (u >= 0xd800 && u <= 0xdbff) {
			struct rd next = r;

			c = 0xfffd;
			if (rd_u16(&next, &lo) == RC_OK && lo >= 0xdc00 &&
			    lo <= 0xdfff) {
				c = 0x10000 + ((u & 0x3ffu) << 10) +
				    (lo & 0x3ffu);
				r = next;
			}
		} else if (u >= 0xdc00 && u <= 0xdfff) {
			c = 0xfffd;
		}
		/* no text of ours has U+0000 in it */
		TRY(utf8_put(b, c == 0 ? 0xfffd : c));
	}
out:
	return rc;
}

static enum rc
latin1_text(struct rd r, uint8_t max, struct buf *b)
{
	uint8_t c = 0;
	enum rc rc = RC_OK;

	while (r.left > 0) {
		TRY(rd_u8(&r, &c));
		TRY(utf8_put(b, c == 0 || c > max ? 0xfffd : c));
	}
out:
	return rc;
}

enum rc
sms_text_parse(struct rd octets, uint8_t coding, bool has_header, struct buf *b,
    struct sms_text_place *ret_place)
{
	struct sms_text_place place = { 0 };
	enum rc rc = RC_OK;

	/* TS 23.038 section 4, group 1111: a class; bit 2 is 8-bit data. */
	if ((coding & 0xf4) == 0xf0)
		coding = SMS_TEXT_CODING_GSM7;
	if (has_header)
		TRY(header_parse(&octets, &place));
	if (coding == SMS_TEXT_CODING_GSM7)
		TRY(gsm7_text(octets, b));
	else if (coding == SMS_TEXT_CODING_ASCII)
		TRY(latin1_text(octets, 0x7f, b));
	else if (coding == SMS_TEXT_CODING_LATIN1)
		TRY(latin1_text(octets, 0xff, b));
	else if (coding == SMS_TEXT_CODING_UCS2)
		TRY(ucs2_text(octets, b));
	else
		CHECK(false, RC_MALFORMED);
	*ret_place = place;
out:
	return rc;
}

void
sms_text_clear(struct sms_text *t)
{
	explicit_bzero(t, sizeof(*t));
}
