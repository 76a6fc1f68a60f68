#include "sms/sms_track.h"

#include "base/failmem.h"
#include "tap.h"

static const uint8_t id_a[16] = { 1 }, id_b[16] = { 2 };

static struct smpp_receipt
receipt(const char *id, enum smpp_receipt_state state)
{
	struct smpp_receipt r = { .state = state };

	memcpy(r.id, id, strlen(id) + 1);
	return r;
}

static void
a_text_is_sent_and_then_delivered(void)
{
	struct smpp_receipt r = receipt("255", SMPP_RECEIPT_STATE_ENROUTE);
	struct sms_note_out note = { 0 };
	struct sms_track *t = NULL;
	uint64_t a;

	T_RC(RC_OK, sms_track_new(&t));
	a = sms_track_add(t, id_a, 1);
	T_RC(RC_OK, sms_track_sent(t, a, "ff", &note));
	T_OK(note.state == SMS_NOTE_STATE_SENT);
	T_MEM(id_a, note.id, 16);
	T_RC(RC_AGAIN, sms_track_receipt(t, &r, &note));
	r.state = SMPP_RECEIPT_STATE_DELIVERED;
	T_RC(RC_OK, sms_track_receipt(t, &r, &note));
	T_OK(note.state == SMS_NOTE_STATE_DELIVERED);
	T_RC(RC_NOT_FOUND, sms_track_receipt(t, &r, &note));
	sms_track_free(t);
}

static void
a_text_in_parts_has_one_state(void)
{
	struct smpp_receipt r = receipt("x1", SMPP_RECEIPT_STATE_DELIVERED),
			    q = receipt("x2", SMPP_RECEIPT_STATE_DELIVERED);
	struct sms_note_out note = { 0 };
	struct sms_track *t = NULL;
	uint64_t a;

	T_RC(RC_OK, sms_track_new(&t));
	a = sms_track_add(t, id_a, 2);
	T_RC(RC_AGAIN, sms_track_sent(t, a, "x1", &note));
	T_RC(RC_AGAIN, sms_track_receipt(t, &r, &note));
	T_RC(RC_OK, sms_track_sent(t, a, "x2", &note));
	T_OK(note.state == SMS_NOTE_STATE_SENT);
	T_RC(RC_OK, sms_track_receipt(t, &q, &note));
	T_OK(note.state == SMS_NOTE_STATE_DELIVERED);
	sms_track_free(t);
}

static void
a_failure_is_said_once(void)
{
	struct smpp_receipt r = receipt("x1", SMPP_RECEIPT_STATE_EXPIRED),
			    q = receipt("x2", SMPP_RECEIPT_STATE_DELIVERED);
	struct sms_note_out note = { 0 };
	struct sms_track *t = NULL;
	uint64_t a, b;

	T_RC(RC_OK, sms_track_new(&t));
	a = sms_track_add(t, id_a, 2);
	b = sms_track_add(t, id_b, 2);
	T_RC(RC_AGAIN, sms_track_sent(t, a, "x1", &note));
	T_RC(RC_OK, sms_track_sent(t, a, "x2", &note));
	T_RC(RC_OK, sms_track_receipt(t, &r, &note));
	T_OK(note.state == SMS_NOTE_STATE_FAILED);
	T_RC(RC_AGAIN, sms_track_receipt(t, &q, &note));
	T_RC(RC_OK, sms_track_failed(t, b, &note));
	T_MEM(id_b, note.id, 16);
	T_RC(RC_AGAIN, sms_track_failed(t, b, &note));
	T_RC(RC_AGAIN, sms_track_sent(t, b, "y", &note));
	T_RC(RC_AGAIN, sms_track_sent(t, b, "z", &note));
	sms_track_free(t);
}

static void
the_oldest_leave_first(void)
{
	struct smpp_receipt r = receipt("first", SMPP_RECEIPT_STATE_DELIVERED);
	struct sms_note_out note = { 0 };
	struct sms_track *t = NULL;
	uint64_t a;

	T_RC(RC_OK, sms_track_new(&t));
	a = sms_track_add(t, id_a, 1);
	T_RC(RC_OK, sms_track_sent(t, a, "first", &note));
	for (size_t i = 0; i < SMS_TRACK_TEXTS_MAX; i++)
		(void)sms_track_add(t, id_b, 1);
	T_RC(RC_NOT_FOUND, sms_track_receipt(t, &r, &note));
	T_RC(RC_NOT_FOUND, sms_track_sent(t, a, "again", &note));
	T_RC(RC_NOT_FOUND, sms_track_failed(t, a, &note));
	T_RC(RC_NOT_FOUND, sms_track_failed(t, 0, &note));
	sms_track_free(t);
}

static void
a_text_without_a_name_has_no_receipt(void)
{
	struct smpp_receipt r = receipt("", SMPP_RECEIPT_STATE_DELIVERED);
	struct sms_note_out note = { 0 };
	struct sms_track *t = NULL;

	failmem_after(0);
	T_RC(RC_NOMEM, sms_track_new(&t));
	failmem_after(-1);
	T_RC(RC_OK, sms_track_new(&t));
	T_RC(RC_OK, sms_track_sent(t, sms_track_add(t, id_a, 1), "", &note));
	T_RC(RC_NOT_FOUND, sms_track_receipt(t, &r, &note));
	sms_track_free(t);
}

int
main(void)
{
	TEST(a_text_is_sent_and_then_delivered);
	TEST(a_text_in_parts_has_one_state);
	TEST(a_failure_is_said_once);
	TEST(the_oldest_leave_first);
	TEST(a_text_without_a_name_has_no_receipt);
	return tap_done();
}
