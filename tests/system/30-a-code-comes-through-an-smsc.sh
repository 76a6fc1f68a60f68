#!/usr/bin/env bash
# A number registers by a code that went over SMPP to an SMSC that is not ours,
# also when that SMSC is busy, sends garbage, breaks the link, or starts late.
. "$(dirname "$0")/lib.sh"
if ! perl -MNet::SMPP -e 1 2>/dev/null; then
	skip "a code comes through an SMSC" "no Net::SMPP here"
	finish
fi
. "$(dirname "$0")/smsc-lib.sh"

smsc_start --system-id tacet --password secret
ok $? "the SMSC listens"
server_start "$(smsc_config)"
ok $? "a server starts"
until_true smsc_has_said bind
ok $? "it binds with the password of the file"
smsc_register alice +15550100
ok $? "a number registers by a code from the SMSC"
[ "$(sms_count +15550100)" = 0 ]
ok $? "and the sink of --demo got nothing"
smsc_mode "throttle 2"
smsc_register bob +15550101
ok $? "a busy SMSC is asked again"
[ "$(smsc_said throttle)" = 2 ]
ok $? "having said so twice"
n=$(smsc_said bind)
smsc_mode "garbage 1"
smsc_register carol +15550102
ok $? "garbage from the SMSC costs the link, not the code"
smsc_mode "drop 1"
smsc_register dave +15550103
ok $? "a link that breaks under a code does not lose it"
smsc_has_said bind $((n + 2))
ok $? "there were two new links"
smsc_stop
smsc_start --hex-ids
ok $? "the SMSC starts again"
smsc_register erin +15550104
ok $? "the server finds it again"
! grep -qE '1555010[0-4]|secret' "$T/server.log"
ok $? "no number and no password is in the log"
server_stop
ok $? "the server stops"
until_true smsc_has_said unbind
ok $? "and unbinds before it goes"
finish
