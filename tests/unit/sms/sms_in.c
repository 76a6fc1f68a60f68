#include "sms/sms_in.h"

#include "crypto/hpke.h"
#include "tap.h"
#include "wire/cbor.h"
#include "wire/sms_note.h"

/* A fake exchange and a fake SMSC: they remember what they were told. */
static struct {
	uint64_t find, store;
	uint8_t id[16];
	struct buf envelopes;
	unsigned stores, answers;
	uint64_t session;
	uint32_t seq;
	enum smpp_pdu_status status;
} seen;

static uint8_t secret[2][32], devices[2 * 33];

static void
on_find(void *arg, const struct msg_sms_find *find)
{
	(void)arg;
	seen.find = find->req;
	T_OK(find->number.n == 8);
}

static void
on_store(void *arg, const struct msg_sms_in *in)
{
	(void)arg;
	seen.store = in->req;
	seen.stores++;
	memcpy(seen.id, in->id, sizeof(seen.id));
	buf_clear(&seen.envelopes);
	T_RC(RC_OK, buf_add_rd(&seen.envelopes, in->envelopes));
	T_OK(in->account[0] == 7);
}

static void
on_answer(
    void *arg, uint64_t session, uint32_t seq, enum smpp_pdu_status status)
{
	(void)arg;
	seen.session = session;
	seen.seq = seq;
	seen.status = status;
	seen.answers++;
}

static struct sms_in *
started(void)
{
	static const uint8_t key[32] = { 1 };
	const struct sms_in_hooks hooks = { NULL, on_find, on_store,
		on_answer };
	struct sms_in *in = NULL;

	buf_clear(&seen.envelopes);
	memset(&seen, 0, sizeof(seen));
	buf_init(&seen.envelopes, 65536);
	for (uint8_t i = 0; i < 2; i++) {
		devices[i * 33] = (uint8_t)(i + 1);
		hpke_keypair(secret[i], devices + i * 33 + 1);
	}
	T_RC(RC_OK, sms_in_new(&hooks, key, &in));
	return in;
}

static struct smpp_deliver
delivery(const char *text)
{
	struct smpp_deliver d = { .text = rd_str(text) };

	T_RC(RC_OK, e164_parse(rd_str("+15550123"), &d.from));
	T_RC(RC_OK, e164_parse(rd_str("+15550100"), &d.to));
	return d;
}

static void
found(struct sms_in *in, enum msg_status status, int64_t now_s)
{
	struct msg_sms_devices msg = { .req = seen.find,
		.status = (uint8_t)status,
		.account = { 7 },
		.devices = { devices, sizeof(devices) } };

	sms_in_on_devices(in, &msg, (struct mono){ now_s * 1000000 });
}

static void
stored(struct sms_in *in, enum msg_status status)
{
	struct msg_sms_in_done msg = { seen.store, (uint8_t)status };

	sms_in_on_done(in, &msg);
}

/* What a device reads. */
static bool
device_reads(size_t device, const char *text)
{
	struct rd r = buf_get(&seen.envelopes), sealed = { NULL, 0 };
	struct sms_note_in note = { 0 };
	struct buf plain;
	uint64_t id = 0;
	size_t n = 0, two = 0;
	bool ok;

	buf_init(&plain, 8192);
	T_RC(RC_OK, cbor_get_array(&r, 8, &n));
	T_OK(n == 2);
	for (size_t i = 0; i <= device; i++) {
		T_RC(RC_OK, cbor_get_array(&r, 2, &two));
		T_RC(RC_OK, cbor_get_uint(&r, 8, &id));
		T_RC(RC_OK, cbor_get_bytes(&r, 8192, &sealed));
	}
	T_OK(id == device + 1);
	T_RC(RC_OK,
	    hpke_open(secret[device], rd_str("tacet sms v1"),
		(struct rd){ NULL, 0 }, sealed, &plain));
	T_RC(RC_OK, sms_note_in_parse(buf_get(&plain), &note));
	T_OK(note.from.n == 8 && note.time.s > 1700000000);
	ok = rd_is_eq(note.text, text);
	buf_clear(&plain);
	return ok;
}

static void
a_text_is_stored_for_each_device_before_the_answer(void)
{
	struct sms_in *in = started();
	struct smpp_deliver d = delivery("hello");

	sms_in_on_deliver(in, 3, 77, &d);
	T_OK(seen.find != 0 && seen.answers == 0);
	found(in, MSG_STATUS_OK, 1);
	T_OK(seen.stores == 1 && seen.answers == 0);
	T_OK(device_reads(0, "hello"));
	T_OK(device_reads(1, "hello"));
	stored(in, MSG_STATUS_OK);
	T_OK(seen.answers == 1 && seen.status == SMPP_PDU_STATUS_ROK);
	T_OK(seen.session == 3 && seen.seq == 77);
	stored(in, MSG_STATUS_OK);
	found(in, MSG_STATUS_OK, 1);
	T_OK(seen.answers == 1 && seen.stores == 1);
	sms_in_free(in);
}

static void
what_cannot_be_stored_stays_with_the_smsc(void)
{
	struct sms_in *in = started();
	struct smpp_deliver d = delivery("hello");

	sms_in_on_deliver(in, 1, 1, &d);
	found(in, MSG_STATUS_DOWN, 1);
	T_OK(seen.status == SMPP_PDU_STATUS_RX_T_APPN);
	sms_in_on_deliver(in, 1, 2, &d);
	found(in, MSG_STATUS_OK, 1);
	stored(in, MSG_STATUS_FULL);
	T_OK(seen.seq == 2 && seen.status == SMPP_PDU_STATUS_RX_T_APPN);
	sms_in_on_deliver(in, 1, 3, &d);
	found(in, MSG_STATUS_NOT_FOUND, 1);
	T_OK(seen.seq == 3 && seen.status == SMPP_PDU_STATUS_RINVDSTADR);
	e164_clear(&d.to);
	sms_in_on_deliver(in, 1, 4, &d);
	T_OK(seen.seq == 4 && seen.status == SMPP_PDU_STATUS_RINVDSTADR);
	d = delivery("hello");
	d.coding = 4;
	sms_in_on_deliver(in, 1, 5, &d);
	T_OK(seen.seq == 5 && seen.status == SMPP_PDU_STATUS_RX_P_APPN);
	sms_in_free(in);
}

static void
deliveries_at_once_are_bounded(void)
{
	struct sms_in *in = started();
	struct smpp_deliver d = delivery("hello");

	for (uint32_t i = 0; i < SMS_IN_PENDING_MAX; i++)
		sms_in_on_deliver(in, 1, i, &d);
	T_OK(seen.answers == 0);
	sms_in_on_deliver(in, 1, 1000, &d);
	T_OK(seen.answers == 1 && seen.seq == 1000);
	T_OK(seen.status == SMPP_PDU_STATUS_RX_T_APPN);
	sms_in_free(in);
}

static void
parts_are_held_and_stored_as_one_text(void)
{
	struct sms_in *in = started();
	struct smpp_deliver d = delivery("lo");

	d.place = (struct sms_text_place){ 9, 2, 2 };
	sms_in_on_deliver(in, 1, 1, &d);
	found(in, MSG_STATUS_OK, 1);
	T_OK(seen.status == SMPP_PDU_STATUS_ROK && seen.answers == 1);
	T_OK(seen.stores == 0);
	d.text = rd_str("hel");
	d.place.seq = 1;
	sms_in_on_deliver(in, 1, 2, &d);
	found(in, MSG_STATUS_OK, 2);
	T_OK(device_reads(0, "hello"));
	stored(in, MSG_STATUS_DOWN);
	T_OK(seen.seq == 2 && seen.status == SMPP_PDU_STATUS_RX_T_APPN);
	sms_in_on_deliver(in, 1, 3, &d);
	found(in, MSG_STATUS_OK, 3);
	T_OK(seen.stores == 2 && device_reads(1, "hello"));
	stored(in, MSG_STATUS_OK);
	T_OK(seen.seq == 3 && seen.status == SMPP_PDU_STATUS_ROK);
	sms_in_free(in);
}

static void
a_text_whose_rest_never_comes_goes_on_with_its_gap(void)
{
	struct sms_in *in = started();
	struct smpp_deliver d = delivery("lo");

	d.place = (struct sms_text_place){ 9, 2, 2 };
	sms_in_on_deliver(in, 1, 1, &d);
	found(in, MSG_STATUS_OK, 1);
	seen.find = 0;
	sms_in_on_tick(in, (struct mono){ 2 * 1000000 });
	T_OK(seen.find == 0);
	sms_in_on_tick(in, (struct mono){ 1000000 + SMS_IN_JOIN_MS * 1000 });
	T_OK(seen.find != 0);
	found(in, MSG_STATUS_OK, 400);
	T_OK(seen.stores == 1 && device_reads(0, "...lo"));
	stored(in, MSG_STATUS_OK);
	T_OK(seen.answers == 1);
	seen.find = 0;
	sms_in_on_tick(in, (struct mono){ INT64_C(9000000000) });
	T_OK(seen.find == 0);
	sms_in_free(in);
}

static void
deliver_and_store(struct sms_in *in, uint64_t session, uint8_t ret_id[16])
{
	struct smpp_deliver d = delivery("ok");

	sms_in_on_deliver(in, session, 1, &d);
	found(in, MSG_STATUS_OK, 1);
	stored(in, MSG_STATUS_OK);
	memcpy(ret_id, seen.id, 16);
}

static void
a_repeat_after_a_lost_answer_has_the_same_name(void)
{
	uint8_t a[16], b[16], c[16], d[16];
	struct sms_in *in = started();

	deliver_and_store(in, 1, a);
	deliver_and_store(in, 2, b); /* the link broke: a repeat */
	T_MEM(a, b, 16);
	deliver_and_store(in, 2, c); /* the same link: the same words again */
	T_OK(memcmp(a, c, 16) != 0);
	sms_in_free(in);
	in = started(); /* a restart */
	deliver_and_store(in, 1, d);
	T_MEM(a, d, 16);
	sms_in_free(in);
}

int
main(void)
{
	TEST(a_text_is_stored_for_each_device_before_the_answer);
	TEST(what_cannot_be_stored_stays_with_the_smsc);
	TEST(deliveries_at_once_are_bounded);
	TEST(parts_are_held_and_stored_as_one_text);
	TEST(a_text_whose_rest_never_comes_goes_on_with_its_gap);
	TEST(a_repeat_after_a_lost_answer_has_the_same_name);
	buf_clear(&seen.envelopes);
	return tap_done();
}
