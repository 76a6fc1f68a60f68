#include "wire/sms_note.h"

#include <string.h>

#include "wire/cbor.h"
#include "wire/e164_text.h"

#define TAG_IN 1
#define TAG_OUT 2
#define TIME_MAX 253402300799 /* 9999-12-31T23:59:59Z */

/* A sender that is no number: printable ASCII that cannot pass for one. */
static bool
is_name(struct rd text)
{
	struct e164 e = { 0 };
	bool number = e164_parse(text, &e) == RC_OK;

	e164_clear(&e);
	for (size_t i = 0; i < text.left; i++)
		if (text.p[i] < ' ' || text.p[i] > '~')
			return false;
	return !number &&
	    text.left < sizeof(((struct sms_note_in *)0)->from_text);
}

static enum rc
from_put(struct buf *b, const struct sms_note_in *n)
{
	char text[E164_TEXT_SIZE] = "";
	enum rc rc = RC_BUG;

	if (n->from.n == 0) {
		CHECK(is_name(rd_str(n->from_text)), RC_MALFORMED);
		TRY(cbor_put_text(b, rd_str(n->from_text)));
	} else {
		e164_text(&n->from, text);
		TRY(cbor_put_text(b, rd_str(text)));
	}
out:
	explicit_bzero(text, sizeof(text));
	return rc;
}

static enum rc
from_get(struct rd *r, struct sms_note_in *n)
{
	struct rd text = { 0 };
	enum rc rc = RC_BUG;

	TRY(cbor_get_text(r, sizeof(n->from_text) - 1, &text));
	if (e164_parse(text, &n->from) != RC_OK) {
		CHECK(is_name(text), RC_MALFORMED);
		memcpy(n->from_text, text.p, text.left);
	}
out:
	return rc;
}

/* The head of either note: an array of n items that starts with tag. */
static enum rc
head_get(struct rd *r, size_t items, uint64_t tag)
{
	size_t n = 0;
	enum rc rc = RC_BUG;

	TRY(cbor_get_array(r, items, &n));
	CHECK(n == items, RC_MALFORMED);
	TRY(cbor_get_key(r, tag));
out:
	return rc;
}

enum rc
sms_note_in_parse(struct rd octets, struct sms_note_in *ret_n)
{
	struct sms_note_in n = { .from_text = "" };
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(head_get(&octets, 4, TAG_IN));
	TRY(from_get(&octets, &n));
	TRY(cbor_get_uint(&octets, TIME_MAX, &v));
	n.time.s = (int64_t)v;
	TRY(cbor_get_text(&octets, SMS_NOTE_TEXT_MAX, &n.text));
	TRY(rd_end(&octets));
	*ret_n = n;
out:
	explicit_bzero(&n, sizeof(n));
	return rc;
}

enum rc
sms_note_in_build(const struct sms_note_in *n, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(n->time.s >= 0 && n->time.s <= TIME_MAX &&
		n->text.left <= SMS_NOTE_TEXT_MAX,
	    RC_MALFORMED);
	TRY(cbor_put_array(b, 4));
	TRY(cbor_put_u64(b, TAG_IN));
	TRY(from_put(b, n));
	TRY(cbor_put_u64(b, (uint64_t)n->time.s));
	TRY(cbor_put_text(b, n->text));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}

enum rc
sms_note_out_parse(struct rd octets, struct sms_note_out *ret_n)
{
	struct sms_note_out n = { .state = SMS_NOTE_STATE_FAILED };
	uint64_t v = 0;
	enum rc rc = RC_BUG;

	TRY(head_get(&octets, 3, TAG_OUT));
	TRY(cbor_get_fixed(&octets, sizeof(n.id), n.id));
	TRY(cbor_get_uint(&octets, SMS_NOTE_STATE_FAILED, &v));
	CHECK(v >= SMS_NOTE_STATE_SENT, RC_MALFORMED);
	n.state = (enum sms_note_state)v;
	TRY(rd_end(&octets));
	*ret_n = n;
out:
	return rc;
}

enum rc
sms_note_out_build(const struct sms_note_out *n, struct buf *b)
{
	size_t before = b->len;
	enum rc rc = RC_BUG;

	CHECK(n->state >= SMS_NOTE_STATE_SENT &&
		n->state <= SMS_NOTE_STATE_FAILED,
	    RC_MALFORMED);
	TRY(cbor_put_array(b, 3));
	TRY(cbor_put_u64(b, TAG_OUT));
	TRY(cbor_put_bytes(b, (struct rd){ n->id, sizeof(n->id) }));
	TRY(cbor_put_u64(b, (uint64_t)n->state));
out:
	if (rc != RC_OK)
		b->len = before;
	return rc;
}
