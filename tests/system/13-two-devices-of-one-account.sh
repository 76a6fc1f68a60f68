#!/usr/bin/env bash
# A second device is linked by code; both get what is sent to the account.
. "$(dirname "$0")/lib.sh"
export PRIVATE=yes
a=+15550100 b=+15550123

server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
true_that "the directory shows them" published alice bob
as bob send $a "before" >/dev/null 2>&1
as alice receive --timeout 3 >/dev/null 2>&1
as tablet devices link >"$T/link.out" 2>"$T/link.err" &
pid=$!
for _ in $(seq 100); do
	code=$(grep -oE '([A-Z2-7]{4}-){12}[A-Z2-7]{4}' "$T/link.out" "$T/link.err" |
		head -n 1)
	[ -n "$code" ] && break
	sleep 0.05
done
code=${code##*:}
as alice devices accept "$code" >"$T/accept.out" 2>&1 </dev/null
ok $? "the first device accepts the code of the second"
wait $pid
ok $? "the second device is linked"
sas_a=$(grep -oE '[0-9]{3} [0-9]{3}' "$T/accept.out" | head -n 1)
sas_b=$(cat "$T/link.out" "$T/link.err" | grep -oE '[0-9]{3} [0-9]{3}' | head -n 1)
[ -n "$sas_a" ] && [ "$sas_a" = "$sas_b" ]
ok $? "both show the same six digits"
[ "$(as alice --json devices list | wc -l)" = 2 ]
ok $? "the account has two devices"
as bob send $a "both" >"$T/out" 2>&1
ok $? "a sender with a stale list sends all the same"
as alice --json receive --timeout 3 | grep -q '"text": *"both"'
ok $? "the first device gets it"
as tablet --json receive --timeout 3 | grep -q '"text": *"both"'
ok $? "the second device gets it"
as tablet send $b "from the tablet" >"$T/out" 2>&1
ok $? "the second device sends"
as bob --json receive --timeout 3 | grep -q '"text": *"from the tablet"'
ok $? "and is received"
as alice --json receive --timeout 3 | grep -q 'from the tablet'
ok $? "the first device sees what the second sent"
x=$(as alice safety $b)
y=$(as bob safety $a)
[ -n "$x" ] && [ "$x" = "$y" ]
ok $? "both people see the same safety number"
finish
