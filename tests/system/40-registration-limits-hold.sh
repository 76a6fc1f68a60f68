#!/usr/bin/env bash
# Codes, checks and sends are limited per number, address and prefix, and the
# answers do not tell whether a number is registered.
. "$(dirname "$0")/lib.sh"
a=+15550100

server_start "sends_hour_address = 12" || { ok 1 "a server starts"; finish; }
register alice $a
ok $? "a number registers"
post() { # post PATH JSON: prints status and body
	curl -sk --tlsv1.3 -o "$T/body" -w '%{http_code}' -H 'Content-Type: application/json' \
		-d "$2" "$URL/v1/$1"
}
[ "$(post registration '{"number":"+15550100"}')" = 202 ]
ok $? "a registered number is answered 202"
sed -E 's/"session": *"[0-9a-f]+"//' "$T/body" >"$T/known"
[ "$(post registration '{"number":"+15550177"}')" = 202 ]
ok $? "an unknown number is answered 202"
sed -E 's/"session": *"[0-9a-f]+"//' "$T/body" >"$T/unknown"
cmp -s "$T/known" "$T/unknown"
ok $? "with the same body but for the session's name"
session=$(grep -oE '[0-9a-f]{32}' "$T/body")
[ "$(post "registration/$session/send" '')" = 429 ]
ok $? "a second SMS within a minute is refused"
grep -q retry_after "$T/body"
ok $? "and the answer says when"
[ "$(post registration '{"number":"15550177"}')" = 422 ]
ok $? "a number without plus is refused"
[ "$(post registration '{"number":"+1555017799999999999"}')" = 422 ]
ok $? "a number of more than 15 digits is refused"
[ "$(post registration '{"number":"+15550177","number":"+15550178"}')" = 400 ]
ok $? "a doubled key is refused"
for _ in 1 2 3 4 5 6; do last=$(post registration '{"number":"+15550188"}'); done
[ "$last" = 202 ]
ok $? "six sessions a day for one number are possible"
[ "$(post registration '{"number":"+15550188"}')" = 429 ]
ok $? "a seventh is refused"
for i in 1 2 3 4 5 6 7 8; do last=$(post registration "{\"number\":\"+1555014$i\"}"); done
[ "$last" = 429 ]
ok $? "an address has its own limit"
finish
