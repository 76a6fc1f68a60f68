#!/usr/bin/env bash
# A text from the SMSC to a registered number is stored before the SMSC hears
# that we have it, once, whole, and to nobody else.
. "$(dirname "$0")/lib.sh"
if ! perl -MNet::SMPP -e 1 2>/dev/null; then
	skip "an incoming text is stored" "no Net::SMPP here"
	finish
fi
. "$(dirname "$0")/smsc-lib.sh"

smsc_start && server_start "$(smsc_config)"
ok $? "an SMSC and a server start"
smsc_register alice +15550100
ok $? "a number registers"
smsc_deliver one +15550123 +15550100 "green words"
until_true smsc_status_is one 0
ok $? "a text to it is taken"
smsc_deliver two +15550123 +15550199 "to nobody"
until_true smsc_status_is two 11
ok $? "a text to a number that is not registered is refused for good"
long=$(printf 'long %.0s' $(seq 60))end
smsc_deliver three +15550123 +15550100 "$long"
until_true smsc_status_is three 0
ok $? "a text in parts is taken"
as alice receive --timeout 5 >"$T/received" 2>"$T/received.err"
[ "$(grep -c 'green words' "$T/received")" = 1 ]
ok $? "the device reads the text once"
grep -q "$long" "$T/received"
ok $? "and the long one whole"
! grep -q "to nobody" "$T/received"
ok $? "and not the one to somebody else"
! grep -qE 'green words|15550123' "$T/server.log"
ok $? "neither text nor sender is in the log"
! grep -rqE 'green words|15550123' "$DATA/store"
ok $? "nor in the store"
finish
