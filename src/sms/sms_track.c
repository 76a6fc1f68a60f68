#include "sms/sms_track.h"

#include <string.h>

#include "base/failmem.h"

struct text {
	uint64_t token; /* 0: unused */
	uint8_t id[16];
	size_t parts;
	size_t sent;
	size_t delivered;
	bool failed; /* said; nothing more to say */
};

struct part {
	uint64_t token; /* 0: unused, or its receipt came */
	char id[SMPP_PDU_ID_MAX];
};

struct sms_track {
	uint64_t tokens; /* given out */
	size_t parts;    /* next slot of the ring */
	struct text text[SMS_TRACK_TEXTS_MAX];
	struct part part[SMS_TRACK_PARTS_MAX];
};

enum rc
sms_track_new(struct sms_track **ret_t)
{
	struct sms_track *t = failmem_alloc(sizeof(*t));
	enum rc rc = RC_OK;

	CHECK(t != NULL, RC_NOMEM);
	*ret_t = t;
out:
	return rc;
}

void
sms_track_free(struct sms_track *t)
{
	free(t);
}

uint64_t
sms_track_add(struct sms_track *t, const uint8_t id[static 16], size_t parts)
{
	uint64_t token = ++t->tokens;
	struct text *x = &t->text[token % SMS_TRACK_TEXTS_MAX];

	*x = (struct text){ .token = token, .parts = parts };
	memcpy(x->id, id, sizeof(x->id));
	return token;
}

static struct text *
text_find(struct sms_track *t, uint64_t token)
{
	struct text *x = &t->text[token % SMS_TRACK_TEXTS_MAX];

	return token != 0 && x->token == token ? x : NULL;
}

static void
note_put(const struct text *x, enum sms_note_state state,
    struct sms_note_out *ret_note)
{
	*ret_note = (struct sms_note_out){ .state = state };
	memcpy(ret_note->id, x->id, sizeof(ret_note->id));
}

enum rc
sms_track_sent(struct sms_track *t, uint64_t token, const char *submit_id,
    struct sms_note_out *ret_note)
{
	struct text *x = text_find(t, token);
	struct part *p = &t->part[t->parts];
	size_t n = strlen(submit_id);
	enum rc rc = RC_OK;

	CHECK(x != NULL, RC_NOT_FOUND);
	if (n > 0 && n < sizeof(p->id)) {
		*p = (struct part){ .token = token };
		memcpy(p->id, submit_id, n);
		t->parts = (t->parts + 1) % SMS_TRACK_PARTS_MAX;
	}
	x->sent++;
	CHECK(x->sent == x->parts && !x->failed, RC_AGAIN);
	note_put(x, SMS_NOTE_STATE_SENT, ret_note);
out:
	return rc;
}

enum rc
sms_track_failed(
    struct sms_track *t, uint64_t token, struct sms_note_out *ret_note)
{
	struct text *x = text_find(t, token);
	enum rc rc = RC_OK;

	CHECK(x != NULL, RC_NOT_FOUND);
	CHECK(!x->failed, RC_AGAIN);
	x->failed = true;
	note_put(x, SMS_NOTE_STATE_FAILED, ret_note);
out:
	return rc;
}

static struct part *
part_find(struct sms_track *t, const char *receipt_id)
{
	/* the newest first: SMSCs use their names again after a while */
	for (size_t i = 1; i <= SMS_TRACK_PARTS_MAX; i++) {
		size_t at = (t->parts + SMS_TRACK_PARTS_MAX - i) %
		    SMS_TRACK_PARTS_MAX;

		if (t->part[at].token != 0 &&
		    smpp_receipt_is_for(receipt_id, t->part[at].id))
			return &t->part[at];
	}
	return NULL;
}

/* A part's last state: delivered, failed, or neither yet. */
static enum sms_note_state
outcome(enum smpp_receipt_state state)
{
	switch (state) {
	case SMPP_RECEIPT_STATE_DELIVERED:
		return SMS_NOTE_STATE_DELIVERED;
	case SMPP_RECEIPT_STATE_EXPIRED:
	case SMPP_RECEIPT_STATE_DELETED:
	case SMPP_RECEIPT_STATE_UNDELIVERABLE:
	case SMPP_RECEIPT_STATE_REJECTED:
		return SMS_NOTE_STATE_FAILED;
	case SMPP_RECEIPT_STATE_NONE:
	case SMPP_RECEIPT_STATE_ENROUTE:
	case SMPP_RECEIPT_STATE_ACCEPTED:
	case SMPP_RECEIPT_STATE_UNKNOWN:
		break;
	}
	return SMS_NOTE_STATE_SENT;
}

enum rc
sms_track_receipt(struct sms_track *t, const struct smpp_receipt *receipt,
    struct sms_note_out *ret_note)
{
	enum sms_note_state state = outcome(receipt->state);
	struct part *p = part_find(t, receipt->id);
	struct text *x;
	enum rc rc = RC_OK;

	CHECK(p != NULL, RC_NOT_FOUND);
	x = text_find(t, p->token);
	CHECK(x != NULL, RC_NOT_FOUND);
	CHECK(state != SMS_NOTE_STATE_SENT, RC_AGAIN);
	p->token = 0; /* a repeat of this receipt is no news */
	CHECK(!x->failed, RC_AGAIN);
	if (state == SMS_NOTE_STATE_FAILED) {
		x->failed = true;
	} else {
		x->delivered++;
		CHECK(x->delivered == x->parts, RC_AGAIN);
	}
	note_put(x, state, ret_note);
out:
	return rc;
}
