#include "sms/smpp_receipt.h"

#include <string.h>
#include <strings.h>

static bool
is_word(const struct rd *r, const char *word)
{
	size_t n = strlen(word);

	return r->left >= n && strncasecmp((const char *)r->p, word, n) == 0;
}

/* The value of "name:value " anywhere at the start of a word. */
static enum rc
value_find(struct rd text, const char *name, struct rd *ret_value)
{
	bool start = true;
	enum rc rc = RC_OK;
	size_t n = 0;

	while (text.left > 0 && !(start && is_word(&text, name))) {
		start = *text.p == ' ' || *text.p == '\n';
		TRY(rd_skip(&text, 1));
	}
	CHECK(text.left > 0, RC_NOT_FOUND);
	TRY(rd_skip(&text, strlen(name)));
	while (n < text.left && text.p[n] > ' ')
		n++;
	TRY(rd_take(&text, n, ret_value));
out:
	return rc;
}

static enum smpp_receipt_state
state_of(struct rd word)
{
	static const struct {
		const char *word; /* appendix B, table B-2 */
		enum smpp_receipt_state state;
	} states[] = {
		{ "DELIVRD", SMPP_RECEIPT_STATE_DELIVERED },
		{ "EXPIRED", SMPP_RECEIPT_STATE_EXPIRED },
		{ "DELETED", SMPP_RECEIPT_STATE_DELETED },
		{ "UNDELIV", SMPP_RECEIPT_STATE_UNDELIVERABLE },
		{ "ACCEPTD", SMPP_RECEIPT_STATE_ACCEPTED },
		{ "UNKNOWN", SMPP_RECEIPT_STATE_UNKNOWN },
		{ "REJECTD", SMPP_RECEIPT_STATE_REJECTED },
		{ "ENROUTE", SMPP_RECEIPT_STATE_ENROUTE },
	};

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (is_word(&word, states[i].word))
			return states[i].state;
	return SMPP_RECEIPT_STATE_NONE;
}

enum rc
smpp_receipt_parse(struct rd text, struct smpp_receipt *ret_receipt)
{
	struct smpp_receipt receipt = { .id = "" };
	struct rd id, state;
	enum rc rc = RC_OK;

	CHECK(value_find(text, "id:", &id) == RC_OK, RC_MALFORMED);
	CHECK(id.left > 0 && id.left < sizeof(receipt.id), RC_MALFORMED);
	memcpy(receipt.id, id.p, id.left);
	CHECK(value_find(text, "stat:", &state) == RC_OK, RC_MALFORMED);
	receipt.state = state_of(state);
	CHECK(receipt.state != SMPP_RECEIPT_STATE_NONE, RC_MALFORMED);
	*ret_receipt = receipt;
out:
	return rc;
}

/* RC_NOT_FOUND when it is no integer of 64 bits in that base. */
static enum rc
integer(const char *s, int base, uint64_t *ret_v)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	uint64_t v = 0;
	enum rc rc = RC_OK;

	CHECK(*s != '\0' && strlen(s) <= 19, RC_NOT_FOUND);
	for (; *s != '\0'; s++) {
		const char *at = strchr(digits, *s);
		uint64_t d;

		CHECK(at != NULL, RC_NOT_FOUND);
		d = (uint64_t)(at - digits);
		d = d >= 16 ? d - 6 : d;
		CHECK(d < (uint64_t)base, RC_NOT_FOUND);
		CHECK(v <= (UINT64_MAX - d) / (uint64_t)base, RC_NOT_FOUND);
		v = v * (uint64_t)base + d;
	}
	*ret_v = v;
out:
	return rc;
}

bool
smpp_receipt_is_for(const char *receipt_id, const char *submit_id)
{
	uint64_t a = 0, b = 0;

	if (strcasecmp(receipt_id, submit_id) == 0)
		return *submit_id != '\0';
	if (integer(receipt_id, 10, &a) == RC_OK &&
	    integer(submit_id, 16, &b) == RC_OK && a == b)
		return true;
	return integer(receipt_id, 16, &a) == RC_OK &&
	    integer(submit_id, 10, &b) == RC_OK && a == b;
}
