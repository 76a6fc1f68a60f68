#!/usr/bin/env bash
# A text that goes out green reaches the SMSC whole, from its sender's number,
# and its receipt comes back to the sender's device.
. "$(dirname "$0")/lib.sh"
if ! perl -MNet::SMPP -e 1 2>/dev/null; then
	skip "an outgoing text has its receipt" "no Net::SMPP here"
	finish
fi
. "$(dirname "$0")/smsc-lib.sh"

smsc_start --hex-ids && server_start "$(smsc_config)"
ok $? "an SMSC and a server start"
smsc_register alice +15550100
ok $? "a number registers"
as alice send +15550177 --sms "green words" >"$T/sent" 2>"$T/sent.err"
ok $? "a text goes to a number that is not registered"
grep -q "sent sms" "$T/sent"
ok $? "and is said to go by SMS"
until_true smsc_has_more +15550177 0
[ "$(cat "$(smsc_last +15550177)")" = "green words" ]
ok $? "the SMSC has it word for word"
long=$(printf 'lang \303\244\321\204 %.0s' $(seq 40))
as alice send +15550178 --sms "$long" >"$T/sent" 2>"$T/sent.err"
until_true smsc_has_more +15550178 0
[ "$(cat "$(smsc_last +15550178)")" = "$long" ]
ok $? "a long one in two scripts arrives whole"
until_true smsc_has_said receipt 2
ok $? "the SMSC sends receipts"
! grep -qE 'green words|15550177' "$T/server.log"
ok $? "neither text nor number is in the log"
finish
