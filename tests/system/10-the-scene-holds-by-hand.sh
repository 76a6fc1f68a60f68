#!/usr/bin/env bash
# The main path: register, lookup privately and classically, encrypted, SMS,
# rows, after kill -9 too.
. "$(dirname "$0")/lib.sh"
export PRIVATE=yes
a=+15550100 b=+15550123 c=+15550142

server_start
ok $? "a server starts on an empty directory"
true_that "a number registers by the code of its SMS" register alice $a
true_that "a second number registers" register bob $b
true_that "the directory shows them" published alice bob
as alice --json lookup $b >"$T/out" 2>/dev/null
grep -q '"route": *"encrypted"' "$T/out" && grep -q '"devices": *1' "$T/out" &&
	grep -q '"mode": *"private"' "$T/out" &&
	grep -q '"verified": *true' "$T/out" && grep -q '"recorded": *null' "$T/out"
ok $? "a registered number is proved, and the question is not recorded"
as alice --json lookup $c >"$T/out" 2>/dev/null
grep -q '"route": *"sms"' "$T/out" && grep -q '"verified": *true' "$T/out"
ok $? "that a number is not registered is proved too"
as alice --json file >"$T/out"
! grep -q '"lookup_handle"' "$T/out"
ok $? "the person's file has no row of a private question"
wrong=0
for i in $(seq -w 1 20); do
	as alice --json lookup "+155503000$i" 2>/dev/null |
		grep -q '"route":"sms".*"verified":true' || wrong=$((wrong + 1))
done
[ $wrong = 0 ]
ok $? "twenty more numbers are answered right"
as alice --json lookup $b --fresh --classic >"$T/out"
grep -q '"route": *"encrypted"' "$T/out" && grep -q '"devices": *1' "$T/out"
ok $? "a registered number is answered as encrypted with one device"
as alice --json lookup $c --fresh --classic >"$T/out"
grep -q '"route": *"sms"' "$T/out"
ok $? "a number nobody registered is answered as sms"
as alice send $b "one" >"$T/out" 2>&1
grep -q '^sent encrypted' "$T/out"
ok $? "a message to a registered number goes encrypted"
start=$(date +%s%N)
as bob --json receive --timeout 5 >"$T/out"
took=$((($(date +%s%N) - start) / 1000000))
grep -q '"text": *"one"' "$T/out"
ok $? "and is received"
echo "# receive took $took ms"
false_that "text does not leave encryption for SMS unasked" \
	bash -c "echo n | '$TACET_BIN/tacet' --home '$T/alice' --server '$URL' --ca '$DATA/tls/cert.pem' send $c two"
n=$(sms_count $c)
as alice send $c --sms "two" >"$T/out" 2>&1
sleep 0.5
[ "$(sms_count $c)" = $((n + 1)) ] && [ "$(cat "$(sms_last $c)")" = two ]
ok $? "with --sms it goes as one SMS"
as alice --json file >"$T/out"
[ "$(grep -o '"lookup_handle"' "$T/out" | wc -l)" = 2 ]
ok $? "the person's file shows exactly the two rows of two questions"

server_kill
server_start
ok $? "the server starts again after kill -9"
as bob send $a "three" >"$T/out" 2>&1
grep -q '^sent encrypted' "$T/out" &&
	as alice --json receive --timeout 5 | grep -q '"text": *"three"'
ok $? "the conversation continues where it was"
as alice --json receive --timeout 1 >"$T/out"
! grep -q '"text"' "$T/out"
ok $? "nothing is shown twice"
true_that "SIGTERM ends the server with status 0" server_stop
finish
