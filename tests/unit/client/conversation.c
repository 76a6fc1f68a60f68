#include "wire/journal.h"
#include "unit/client/person.h"

#include <sodium.h>

#include "base/crc32c.h"
#include "crypto/hpke.h"
#include "wire/row.h"

#define ALICE "+15550100"
#define BOB "+15550123"
#define NOBODY "+15550142"
#define DAY 86400

/* The oldest note is this one; it is taken. */
static bool
heard(struct person *p, enum tacet_note_type type, const char *number,
    const char *text)
{
	struct tacet_note n;
	char id[TACET_ID_SIZE];
	bool ok = false;

	if (tacet_inbox(p->t, 0, &n) != TACET_OK)
		return false;
	ok = n.type == type && strcmp(n.number, number) == 0 &&
	    n.text_len == strlen(text) &&
	    memcmp(n.text, text, n.text_len) == 0 && !n.verified;
	(void)snprintf(id, sizeof(id), "%s", n.id);
	tacet_shown(p->t, id);
	save(p);
	return ok;
}

static void
a_message_arrives_once_and_is_answered(void)
{
	struct person a, b;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "one", 0) == TACET_OK);
	T_OK(tacet_outcome(a.t)->route == TACET_ROUTE_ENCRYPTED);
	T_OK(say(&a, BOB, "two", 0) == TACET_OK);
	T_OK(fake.lookups == 1 && fake.fetches == 1);
	listen_from(&b, 0);
	restart(&b);
	listen_from(&b, 0); /* the relay repeats what it may */
	T_OK(inbox_count(&b) == 2);
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "one"));
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "two"));
	listen_from(&b, 0);
	T_OK(inbox_count(&b) == 0);
	T_OK(say(&b, ALICE, "three", 0) == TACET_OK);
	listen_from(&a, 0);
	T_OK(heard(&a, TACET_NOTE_MESSAGE, BOB, "three"));
	T_OK(say(&a, BOB, "four", 0) == TACET_OK);
	listen_from(&b, 2);
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "four"));
	T_OK(inbox_count(&b) == 0);
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
both_may_begin_at_the_same_moment(void)
{
	struct person a, b;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "a1", 0) == TACET_OK);
	T_OK(say(&b, ALICE, "b1", 0) == TACET_OK);
	listen_from(&a, 0);
	listen_from(&b, 0);
	T_OK(heard(&a, TACET_NOTE_MESSAGE, BOB, "b1"));
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "a1"));
	T_OK(say(&a, BOB, "a2", 0) == TACET_OK);
	T_OK(say(&b, ALICE, "b2", 0) == TACET_OK);
	listen_from(&a, 1);
	listen_from(&b, 1);
	T_OK(heard(&a, TACET_NOTE_MESSAGE, BOB, "b2"));
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "a2"));
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
a_crash_repeats_the_same_octets(void)
{
	struct person a, b;
	struct tacet_request q;
	struct fake_reply r = { 0 };
	struct buf first;
	char id[TACET_ID_SIZE];

	fake_init(&fake);
	buf_init(&first, RELAY_FRAME_MAX);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "one", 0) == TACET_OK);
	T_OK(tacet_send(a.t, now, BOB, "lost", 0) == TACET_OK);
	T_OK(tacet_request(a.t, now, &q) == TACET_STATE);
	save(&a);
	T_OK(tacet_request(a.t, now, &q) == TACET_OK);
	fake_must(buf_add(&first, q.body, q.body_len));
	fake_serve(&fake, fake_find(&fake, ALICE), 1, &q, &r);
	buf_clear(&r.body); /* the answer is lost, and so are we */
	(void)snprintf(id, sizeof(id), "%s", tacet_outcome(a.t)->id);
	restart(&a);
	T_OK(tacet_outbox_has(a.t, id) && tacet_outbox_count(a.t) == 1);
	T_OK(tacet_flush(a.t, now) == TACET_OK);
	run(&a);
	T_OK(tacet_outbox_count(a.t) == 0);
	T_OK(fake.last_send.len == first.len &&
	    memcmp(fake.last_send.p, first.p, first.len) == 0);
	listen_from(&b, 0);
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "one"));
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "lost"));
	T_OK(inbox_count(&b) == 0);
	buf_clear(&first);
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
text_leaves_encryption_only_by_consent(void)
{
	struct person a;

	fake_init(&fake);
	person_register(&a, ALICE);
	T_OK(say(&a, NOBODY, "hello", 0) == TACET_DENIED);
	T_STR("sms-consent", tacet_outcome(a.t)->problem);
	T_OK(fake.sms == 0 && tacet_outbox_count(a.t) == 0);
	T_OK(say(&a, NOBODY, "hello", TACET_FLAG_SMS) == TACET_OK);
	T_OK(tacet_outcome(a.t)->route == TACET_ROUTE_SMS);
	T_OK(fake.sms == 1 && fake.lookups == 1);
	person_clear(&a);
	fake_clear(&fake);
}

static void
a_lookup_is_cached_for_a_day(void)
{
	struct person a, b;
	int64_t start = now;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	for (int i = 0; i < 2; i++) {
		T_OK(tacet_lookup(a.t, now, BOB, TACET_CAUSE_TYPED, 0) ==
		    TACET_OK);
		run(&a);
		T_OK(tacet_outcome(a.t)->devices == 1);
		T_OK(tacet_outcome(a.t)->cached == (i == 1));
		T_OK((tacet_outcome(a.t)->text == NULL) == (i == 1));
	}
	T_OK(say(&a, BOB, "one", 0) == TACET_OK && fake.lookups == 1);
	now += DAY;
	T_OK(say(&a, BOB, "two", 0) == TACET_OK && fake.lookups == 2);
	T_OK(strstr(tacet_outcome(a.t)->text, "refresh") != NULL);
	now = start;
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
a_wrong_code_may_be_typed_again(void)
{
	struct person a;

	fake_init(&fake);
	person_begin(&a, ALICE);
	T_OK(tacet_register(a.t, ALICE, "phone") == TACET_OK);
	run(&a);
	T_OK(tacet_register_code(a.t, now, "12345") == TACET_MALFORMED);
	T_OK(tacet_register_code(a.t, now, "654321") == TACET_OK);
	run(&a);
	T_OK(tacet_doing(a.t) == TACET_DOING_CODE);
	T_STR("wrong-code", tacet_outcome(a.t)->problem);
	T_OK(tacet_register_code(a.t, now, "123456") == TACET_OK);
	run(&a);
	T_OK(tacet_is_registered(a.t));
	T_OK(tacet_register(a.t, ALICE, "phone") == TACET_EXISTS);
	person_clear(&a);
	fake_clear(&fake);
}

/* tablet becomes a second device of a */
static void
link_device(struct person *a, struct person *tablet)
{
	char digits[16];

	person_begin(tablet, a->number);
	T_OK(tacet_link(tablet->t, "tablet") == TACET_OK);
	run(tablet);
	T_OK(tacet_doing(tablet->t) == TACET_DOING_WAIT);
	T_OK(tacet_link_accept(a->t, now, tacet_outcome(tablet->t)->text) ==
	    TACET_OK);
	run(a);
	T_OK(tacet_outcome(a->t)->rc == TACET_OK);
	(void)snprintf(digits, sizeof(digits), "%s", tacet_outcome(a->t)->text);
	tablet->device = 2;
	tacet_wait_over(tablet->t);
	run(tablet);
	T_OK(tacet_outcome(tablet->t)->rc == TACET_OK);
	T_STR(digits, tacet_outcome(tablet->t)->text);
}

static void
two_devices_of_one_account_see_the_same(void)
{
	struct person a, b, tablet;
	struct tacet_device d;
	char x[TACET_SAFETY_SIZE], y[TACET_SAFETY_SIZE];

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&b, ALICE, "before", 0) == TACET_OK);
	listen_from(&a, 0);
	T_OK(heard(&a, TACET_NOTE_MESSAGE, BOB, "before"));
	link_device(&a, &tablet);
	T_OK(tacet_device_at(a.t, 1, &d) == TACET_OK && d.id == 2);
	T_OK(say(&b, ALICE, "both", 0) == TACET_OK); /* his list is stale */
	listen_from(&a, 1);
	listen_from(&tablet, 0);
	T_OK(heard(&a, TACET_NOTE_MESSAGE, BOB, "both"));
	T_OK(heard(&tablet, TACET_NOTE_MESSAGE, BOB, "both"));
	T_OK(say(&tablet, BOB, "from the tablet", 0) == TACET_OK);
	T_OK(tacet_outbox_count(tablet.t) == 0);
	listen_from(&b, 0);
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "from the tablet"));
	listen_from(&a, 2);
	T_OK(heard(&a, TACET_NOTE_SENT, BOB, "from the tablet"));
	T_OK(say(&a, BOB, "from the phone", 0) == TACET_OK);
	listen_from(&tablet, 1);
	T_OK(tacet_safety(a.t, BOB, x) == TACET_OK);
	T_OK(tacet_safety(b.t, ALICE, y) == TACET_OK);
	T_STR(x, y);
	person_clear(&a);
	person_clear(&b);
	person_clear(&tablet);
	fake_clear(&fake);
}

static void
another_identity_stops_a_send_once(void)
{
	struct person a, b, other;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "one", 0) == TACET_OK);
	person_register(&other, BOB); /* somebody else has the number now */
	T_OK(say(&a, BOB, "two", 0) == TACET_DENIED);
	T_STR("identity-changed", tacet_outcome(a.t)->problem);
	T_OK(tacet_outbox_count(a.t) == 0);
	T_OK(say(&a, BOB, "three", 0) == TACET_OK);
	person_clear(&a);
	person_clear(&b);
	person_clear(&other);
	fake_clear(&fake);
}

static void
a_bad_envelope_is_counted_and_acknowledged(void)
{
	struct person a, b;
	struct fake_device *d = NULL;
	struct tacet_note n;
	bool idle = false;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "one", 0) == TACET_OK);
	d = &fake_find(&fake, BOB)->devices[1];
	d->mail[0].p[d->mail[0].len - 1] ^= 1;
	listen_from(&b, 0);
	T_OK(tacet_inbox(b.t, 0, &n) == TACET_OK);
	T_OK(n.type == TACET_NOTE_UNOPENED && n.text_len == 0);
	T_OK(inbox_count(&b) == 1);
	d->mail[0].p[d->mail[0].len - 1] ^= 1;
	listen_from(&b, 0); /* the good one is not spoilt by the bad one */
	T_OK(inbox_count(&b) == 2);
	for (size_t i = 0; i < d->mail[0].len; i++) {
		unsigned char *p = tap_block(d->mail[0].p, i);

		T_OK(tacet_frame(b.t, now, p, i, &idle) == TACET_MALFORMED);
		free(p);
	}
	T_OK(inbox_count(&b) == 2);
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
a_server_that_is_away_loses_nothing(void)
{
	struct person a, b;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "one", 0) == TACET_OK);
	fake.down = true;
	T_OK(say(&a, BOB, "two", 0) == TACET_SERVER);
	T_OK(tacet_outbox_count(a.t) == 1);
	fake.down = false;
	restart(&a);
	T_OK(say(&a, BOB, "three", 0) == TACET_OK);
	listen_from(&b, 0);
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "one"));
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "two"));
	T_OK(heard(&b, TACET_NOTE_MESSAGE, ALICE, "three"));
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
a_damaged_state_is_refused(void)
{
	struct person a;
	struct tacet *t = NULL;

	fake_init(&fake);
	person_register(&a, ALICE);
	for (size_t i = 0; i < a.disk.len; i += 7) {
		unsigned char *p = tap_block(a.disk.p, i);

		T_OK(i == 0 || tacet_open(p, i, &t) == TACET_CORRUPT);
		free(p);
		a.disk.p[i] ^= 0x40;
		T_OK(tacet_open(a.disk.p, a.disk.len, &t) == TACET_CORRUPT);
		a.disk.p[i] ^= 0x40;
	}
	T_OK(t == NULL);
	person_clear(&a);
	fake_clear(&fake);
}

static void
equal_states_are_equal_octets(void)
{
	struct person a, b;
	const uint8_t *blob = NULL;
	size_t n = 0;

	fake_init(&fake);
	person_register(&a, ALICE);
	person_register(&b, BOB);
	T_OK(say(&a, BOB, "one", 0) == TACET_OK);
	T_OK(tacet_contact_add(a.t, NOBODY, "Nobody") == TACET_OK);
	fake.down = true;
	T_OK(say(&a, BOB, "two", 0) == TACET_SERVER);
	restart(&a);
	T_OK(tacet_state(a.t, &blob, &n) == TACET_OK);
	T_OK(n == a.disk.len && memcmp(blob, a.disk.p, n) == 0);
	person_clear(&a);
	person_clear(&b);
	fake_clear(&fake);
}

static void
frame_put(struct buf *b, uint8_t type, struct rd body)
{
	struct buf x;

	buf_init(&x, 4096);
	fake_must(buf_u8(&x, type));
	fake_must(buf_add_rd(&x, body));
	fake_must(buf_u32(b, (uint32_t)x.len));
	fake_must(buf_u32(b, crc32c(0, x.p, x.len)));
	fake_must(buf_add_rd(b, buf_get(&x)));
	buf_clear(&x);
}

/* doc/protocol/records.md, by hand: one session, one envelope, one row. */
static void
rows_make(const uint8_t records_key[static 32], struct buf *out)
{
	static const char label[] =
	    "\0\0\x51\x25\0\0TTTTTTTTTTTTTTTT\x01TRAFFIC_QUERY";
	static const uint8_t room[JOURNAL_WRAP_SIZE];
	static const uint8_t nonce[24];
	uint8_t key[32], octets[ROW_SIZE], sealed[JOURNAL_SEALED_SIZE];
	struct rd aad = { (const uint8_t *)label, sizeof(label) - 1 };
	struct row w = { .devices = 1,
		.cause = ROW_CAUSE_TYPED,
		.source_epoch = 1,
		.lookup_epoch = 1 };
	struct buf b, own;

	buf_init(&b, 4096);
	buf_init(&own, 256);
	randombytes_buf(key, sizeof(key));
	w.query_time.s = now;
	fake_must(e164_parse(rd_str(ALICE), &w.source));
	fake_must(e164_parse(rd_str(BOB), &w.lookup));
	fake_must(buf_u8(&b, JOURNAL_VERSION));
	fake_must(buf_add(&b, label, 6)); /* day, part */
	fake_must(buf_u64(&b, 0));
	fake_must(buf_add(&b, "NNNNNNNNNNNNNNNN\x01\x01", 18));
	fake_must(buf_add(&b, room, 32 + JOURNAL_SHARE_SIZE));
	frame_put(out, 1, buf_get(&b));
	buf_clear(&b);
	fake_must(hpke_seal(records_key, rd_str("tacet records v2"), aad,
	    (struct rd){ key, 32 }, &own));
	fake_must(buf_add(&b, label + 6, 17));
	fake_must(buf_u32(&b, 7));
	fake_must(buf_add(&b, room, JOURNAL_WRAP_SIZE));
	fake_must(buf_add(&b, "LLLLLLLLLLLLLLLL", 16));
	fake_must(buf_add_rd(&b, buf_get(&own)));
	frame_put(out, 2, buf_get(&b));
	buf_clear(&b);
	fake_must(row_build(&w, octets));
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, octets,
	    sizeof(octets), aad.p, aad.left, NULL, nonce, key);
	fake_must(buf_add(&b, "\0\0\7", 3));
	fake_must(buf_add(&b, sealed, sizeof(sealed)));
	frame_put(out, 3, buf_get(&b));
	buf_clear(&b);
	buf_clear(&own);
}

static void
own_rows_are_opened_locally(void)
{
	struct person a;
	struct device_list l;
	const char *text = NULL;

	fake_init(&fake);
	person_register(&a, ALICE);
	fake_must(
	    device_list_parse(buf_get(&fake_find(&fake, ALICE)->list), &l));
	rows_make(l.records_key, &fake.file);
	T_OK(tacet_file(a.t, now) == TACET_OK);
	run(&a);
	T_OK(tacet_outcome(a.t)->rc == TACET_OK);
	text = tacet_outcome(a.t)->text;
	T_OK(text != NULL && strstr(text, "\"tel:" BOB "\"") != NULL);
	T_OK(text != NULL && strstr(text, "\"typed\"") != NULL);
	fake.file.p[fake.file.len - 1] ^= 1;
	T_OK(tacet_file(a.t, now) == TACET_OK);
	run(&a);
	T_OK(tacet_outcome(a.t)->rc == TACET_SERVER);
	person_clear(&a);
	fake_clear(&fake);
}

int
main(void)
{
	TEST(a_message_arrives_once_and_is_answered);
	TEST(both_may_begin_at_the_same_moment);
	TEST(a_crash_repeats_the_same_octets);
	TEST(text_leaves_encryption_only_by_consent);
	TEST(a_lookup_is_cached_for_a_day);
	TEST(a_wrong_code_may_be_typed_again);
	TEST(two_devices_of_one_account_see_the_same);
	TEST(another_identity_stops_a_send_once);
	TEST(a_bad_envelope_is_counted_and_acknowledged);
	TEST(a_server_that_is_away_loses_nothing);
	TEST(a_damaged_state_is_refused);
	TEST(equal_states_are_equal_octets);
	TEST(own_rows_are_opened_locally);
	return tap_done();
}
