#include "ipc/permit.h"

#include "tap.h"

#define FRONT PERMIT_ROLE_FRONT
#define EXCHANGE PERMIT_ROLE_EXCHANGE
#define RECORDS PERMIT_ROLE_RECORDS
#define SMS PERMIT_ROLE_SMS
#define KTLOG PERMIT_ROLE_KTLOG
#define KEYS PERMIT_ROLE_KEYS
#define HERALD PERMIT_ROLE_HERALD
#define LOOKUP PERMIT_ROLE_LOOKUP
#define PARENT PERMIT_ROLE_PARENT

static void
what_the_table_has_is_permitted(void)
{
	T_OK(permit_is(MSG_LOOKUP, FRONT, EXCHANGE, true, 100, false));
	T_OK(permit_is(MSG_ROW, EXCHANGE, RECORDS, true, 100, false));
	T_OK(permit_is(MSG_FILE, PARENT, SMS, false, 10, true));
	T_OK(permit_is(MSG_READY, RECORDS, PARENT, true, 1, false));
}

static void
another_direction_or_process_is_not(void)
{
	T_OK(!permit_is(MSG_LOOKUP, EXCHANGE, FRONT, true, 100, false));
	T_OK(!permit_is(MSG_ROW, FRONT, RECORDS, true, 100, false));
	T_OK(!permit_is(MSG_ROW, EXCHANGE, SMS, true, 100, false));
	T_OK(!permit_is(MSG_CONFIG, FRONT, PARENT, true, 1, false));
	T_OK(!permit_is(MSG_READY, PARENT, FRONT, true, 1, false));
	T_OK(!permit_is((enum msg_type)9999, FRONT, EXCHANGE, true, 0, false));
}

static void
phase_size_and_descriptor_count(void)
{
	T_OK(!permit_is(MSG_LOOKUP, FRONT, EXCHANGE, false, 100, false));
	T_OK(!permit_is(MSG_PEER, PARENT, FRONT, true, 10, true));
	T_OK(permit_is(MSG_ACK, FRONT, EXCHANGE, true, 16, false));
	T_OK(!permit_is(MSG_ACK, FRONT, EXCHANGE, true, 17, false));
	T_OK(!permit_is(MSG_ACK, FRONT, EXCHANGE, true, 16, true));
	T_OK(!permit_is(MSG_FILE, PARENT, FRONT, false, 10, false));
}

static void
no_process_reaches_records_or_sms_but_the_exchange(void)
{
	T_OK(permit_is_joined(EXCHANGE, RECORDS));
	T_OK(permit_is_joined(SMS, EXCHANGE));
	T_OK(permit_is_joined(FRONT, EXCHANGE));
	T_OK(!permit_is_joined(FRONT, RECORDS));
	T_OK(!permit_is_joined(FRONT, SMS));
	T_OK(!permit_is_joined(RECORDS, SMS));
	T_OK(permit_is_joined(PARENT, RECORDS));
	T_OK(!permit_is_joined(PARENT, PARENT));
}

static void
the_signing_keys_hear_from_the_log_and_the_exchange_only(void)
{
	T_OK(permit_is_joined(KTLOG, KEYS));
	T_OK(permit_is_joined(EXCHANGE, KEYS));
	T_OK(permit_is(MSG_SIGN_CHECKPOINT, KTLOG, KEYS, true, 48, false));
	T_OK(!permit_is(MSG_SIGN_CHECKPOINT, EXCHANGE, KEYS, true, 48, false));
	T_OK(!permit_is(MSG_SIGN_MANIFEST, KTLOG, KEYS, true, 48, false));
	/* front is told the policy, and has nothing to say */
	T_OK(permit_is(MSG_POLICY, KEYS, FRONT, true, 100, false));
	for (unsigned type = 1; type < 1000; type++) {
		T_OK(!permit_is(
		    (enum msg_type)type, FRONT, KEYS, true, 0, false));
		T_OK(!permit_is(
		    (enum msg_type)type, RECORDS, KEYS, true, 0, false));
		T_OK(!permit_is(
		    (enum msg_type)type, HERALD, KEYS, true, 0, false));
	}
}

static void
the_process_that_talks_to_witnesses_reaches_the_log_only(void)
{
	for (int r = PERMIT_ROLE_FRONT; r <= PERMIT_ROLE_LAST; r++)
		T_OK(permit_is_joined(HERALD, (enum permit_role)r) ==
		    (r == KTLOG));
}

/* front's questions name nobody; the exchange, which knows who asks, is given
 * evaluations and hears of no question. */
static void
no_process_joins_who_asks_with_what_is_asked(void)
{
	T_OK(permit_is_joined(FRONT, LOOKUP));
	T_OK(permit_is_joined(EXCHANGE, LOOKUP));
	T_OK(permit_is_joined(KTLOG, LOOKUP));
	T_OK(!permit_is_joined(RECORDS, LOOKUP));
	T_OK(!permit_is_joined(SMS, LOOKUP));
	T_OK(!permit_is_joined(KEYS, LOOKUP));
	T_OK(permit_is(MSG_PRIVATE, FRONT, LOOKUP, true, 100, false));
	T_OK(!permit_is(MSG_PRIVATE, EXCHANGE, LOOKUP, true, 100, false));
	T_OK(permit_is(MSG_EVALUATE, EXCHANGE, LOOKUP, true, 100, false));
	T_OK(!permit_is(MSG_EVALUATE, FRONT, LOOKUP, true, 100, false));
}

static void
a_descriptor_comes_with_its_types_alone(void)
{
	T_OK(permit_has_fd(MSG_FILE) && permit_has_fd(MSG_PEER) &&
	    permit_has_fd(MSG_SNAPSHOT));
	T_OK(!permit_has_fd(MSG_LOOKUP) && !permit_has_fd(MSG_PRIVATE));
	T_OK(!permit_has_fd((enum msg_type)9999));
}

static void
the_directory_is_changed_by_the_exchange_and_handed_to_lookup(void)
{
	T_OK(permit_is(MSG_SLOT_PUT, EXCHANGE, KTLOG, true, 208, false));
	T_OK(!permit_is(MSG_SLOT_PUT, EXCHANGE, KTLOG, true, 209, false));
	T_OK(permit_is(MSG_SLOT_DONE, KTLOG, EXCHANGE, true, 49, false));
	T_OK(permit_is(MSG_EPOCH, KTLOG, EXCHANGE, true, 36, false));
	T_OK(permit_is(MSG_SNAPSHOT, KTLOG, LOOKUP, true, 44, true));
	T_OK(!permit_is(MSG_SNAPSHOT, KTLOG, LOOKUP, true, 44, false));
	T_OK(permit_is(MSG_SNAPSHOT_READY, LOOKUP, KTLOG, true, 5, false));
	T_OK(permit_is(MSG_LOOKUP_KEYS, LOOKUP, KTLOG, true, 68, false));
	for (int r = PERMIT_ROLE_FRONT; r <= PERMIT_ROLE_LOOKUP; r++) {
		enum permit_role from = (enum permit_role)r;

		T_OK(permit_is(MSG_SLOT_PUT, from, KTLOG, true, 208, false) ==
		    (from == EXCHANGE));
		T_OK(permit_is(MSG_SNAPSHOT, from, LOOKUP, true, 44, true) ==
		    (from == KTLOG));
	}
}

static void
a_role_has_one_name(void)
{
	enum permit_role role = SMS;

	T_RC(RC_OK, permit_role_parse(rd_str("front"), &role));
	T_OK(role == FRONT);
	T_RC(RC_NOT_FOUND, permit_role_parse(rd_str("fron"), &role));
	T_RC(RC_NOT_FOUND, permit_role_parse(rd_str("fronts"), &role));
	T_RC(RC_NOT_FOUND, permit_role_parse(rd_str(""), &role));
	T_OK(role == FRONT);
}

int
main(void)
{
	TEST(what_the_table_has_is_permitted);
	TEST(another_direction_or_process_is_not);
	TEST(phase_size_and_descriptor_count);
	TEST(no_process_reaches_records_or_sms_but_the_exchange);
	TEST(the_signing_keys_hear_from_the_log_and_the_exchange_only);
	TEST(the_process_that_talks_to_witnesses_reaches_the_log_only);
	TEST(no_process_joins_who_asks_with_what_is_asked);
	TEST(a_descriptor_comes_with_its_types_alone);
	TEST(the_directory_is_changed_by_the_exchange_and_handed_to_lookup);
	TEST(a_role_has_one_name);
	return tap_done();
}
