#!/usr/bin/env bash
# Private lookups through the real server: right for every number, registered or
# not; what is false, old or repeated is refused; a kill brings no token back;
# and a number that was asked about is nowhere in the processes that answered.
. "$(dirname "$0")/lib.sh"
HERE=$(dirname "$0")
CLIENT=$TACET_BIN/../../tests/private_client
n=${TACET_PRIVATE_NUMBERS:-200}
canary=+15553197846

conf="private = yes
epoch_seconds = 5
sends_hour_address = 1000
sends_hour_prefix = 1000
lookups_first_day = 100000"
private() { # private VERB...: as alice
	"$CLIENT" "$URL" "$DATA/tls/cert.pem" "$T/alice/state.tacet" "$@"
}
epoch() { ctl --json status | grep -oE '"lookup":\{[^}]*' | grep -oE '"epoch":[0-9]+' | grep -oE '[0-9]+'; }
numbers() { ctl --json status | grep -oE '"numbers":[0-9]+' | grep -oE '[0-9]+'; }
until_numbers() { # until_numbers N: the directory has so many
	local i
	for i in $(seq 300); do
		[ "$(numbers)" = "$1" ] && return 0
		sleep 0.1
	done
	return 1
}

server_start "$conf"
ok $? "a server starts"
registered=(+15551230001 +15551230002 +15551230003 +15551230004)
people=(alice bob carol dan)
for i in 0 1 2 3; do
	register "${people[$i]}" "${registered[$i]}" || break
done
ok $? "four numbers register"
true_that "they are in the directory a moment later" until_numbers 4
true_that "the server promised it" private promise

for i in 0 1 2 3; do echo "${registered[$i]}"; done | private look >"$T/devices"
[ "$(tr '\n' ' ' <"$T/devices")" = "1 1 1 1 " ]
ok $? "each is found, with its number of devices"
# numbers at random, none of those above
for _ in $(seq "$n"); do
	printf '+1555%07d\n' $((RANDOM * 32768 % 5000000 + RANDOM + 5000000))
done >"$T/numbers"
private look <"$T/numbers" >"$T/devices"
[ "$(sort "$T/devices" | uniq -c | tr -s ' ')" = " $n 0" ]
ok $? "$n others are proved not to be registered"
true_that "a hundred evaluations at once" private oprf 100

mkdir "$T/asks" && private make "$T/asks" 12 >/dev/null
ok $? "questions are made beforehand"
python3 "$HERE/private_abuse.py" statuses "$PORT" "$T/asks" >"$T/abuse.out"
ok $? "what is no question is refused, and costs nothing"
sed 's/^/# /' "$T/abuse.out"

# the number that is asked about, in the memory of who answered
echo "$canary" | private look >/dev/null
ok $? "another number is asked about"
python3 - "$HERE" "$canary" "$T/asks/ask.0" \
	"$(pgrep -P "$SERVER_PID" -f lookup)" "$(pgrep -P "$SERVER_PID" -f front)" >"$T/found" <<'PY'
import sys
sys.path.insert(0, sys.argv[1])
import memory_search
canary, control = sys.argv[2], open(sys.argv[3], "rb").read(16)
lookup, front = int(sys.argv[4]), int(sys.argv[5])
needles = {n for n in memory_search.forms(canary) if len(n) > 6}
def find(pid, needle):
    return any(needle in run for run in memory_search.resident(pid))
# that the search finds anything at all
print("control", find(lookup, control), find(front, b"tacet-policy+"))
for pid, name in ((lookup, "lookup"), (front, "front")):
    if any(find(pid, n) for n in needles):
        print("number in", name)
PY
[ "$(cat "$T/found")" = "control True True" ]
ok $? "it is in the memory of neither lookup nor front"

# one who never reads his answer holds up nobody
rm -r "$T/asks" && mkdir "$T/asks" && private make "$T/asks" 12 >/dev/null
python3 "$HERE/private_abuse.py" stall "$PORT" "$T/asks" >"$T/stall.out" &
stall=$!
for i in $(seq 100); do
	grep -q sent "$T/stall.out" && break
	sleep 0.05
done
echo "${registered[1]}" | private look >"$T/devices"
[ "$(cat "$T/devices")" = 1 ]
ok $? "while somebody does not read his answer, others get theirs"
kill $stall 2>/dev/null
wait $stall 2>/dev/null

# killed while it answers
[ "$(python3 "$HERE/private_abuse.py" replay "$PORT" "$T/asks" 1)" = "1 0" ]
ok $? "a question is answered"
(while private look <"$T/numbers" >/dev/null 2>&1; do :; done) &
asking=$!
sleep 1
pid=$(pgrep -P "$SERVER_PID" -f lookup)
kill -9 "$pid"
for i in $(seq 200); do
	now=$(pgrep -P "$SERVER_PID" -f lookup)
	[ -n "$now" ] && [ "$now" != "$pid" ] && curl -sk "$URL/v1/healthz" >/dev/null && break
	sleep 0.05
done
wait $asking
for i in $(seq 100); do
	[ "$(epoch)" -gt 0 ] 2>/dev/null && break
	sleep 0.1
done
echo "${registered[2]}" | private look >"$T/devices"
[ "$(cat "$T/devices")" = 1 ]
ok $? "a killed lookup is started again, with the snapshot"
python3 "$HERE/private_abuse.py" old "$PORT" "$T/asks" >"$T/old"
[ "$(cat "$T/old")" = token ]
ok $? "and a token that was spent stays spent"
server_kill
server_start
ok $? "all are killed, and start again"
for i in $(seq 100); do
	[ "$(epoch)" -gt 0 ] 2>/dev/null && break
	sleep 0.1
done
python3 "$HERE/private_abuse.py" old "$PORT" "$T/asks" >"$T/old"
[ "$(cat "$T/old")" = token ]
ok $? "and it still is"
! grep -q '"tokens-error"\|"torn":[1-9]' "$T/server.log"
ok $? "nothing of the spent tokens was lost"

# three epochs later
rm -r "$T/asks" && mkdir "$T/asks" && private make "$T/asks" 1 >/dev/null
for i in 1 2 3; do
	register "p$i" "+1555123010$i"
	until_numbers $((4 + i))
	ok $? "one more epoch"
done
[ "$(python3 "$HERE/private_abuse.py" old "$PORT" "$T/asks")" = epoch-gone ]
ok $? "a question of an epoch that is gone is told so"
python3 - "$DATA/admin.sock" "${registered[3]}" <<'PY'
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(json.dumps({"verb": "user-remove",
                      "number": sys.argv[2]}).encode() + b"\n")
sys.exit(not json.loads(s.makefile().readline())["found"])
PY
ok $? "an account is removed"
for i in $(seq 200); do
	echo "${registered[3]}" | private look >"$T/devices" 2>/dev/null
	[ "$(cat "$T/devices")" = 0 ] && break
	sleep 0.1
done
[ "$(cat "$T/devices")" = 0 ]
ok $? "a number without an account any more is answered like one that never had one"
server_reload "${conf/private = yes/private = no}"
echo "${registered[1]}" | private look >/dev/null 2>"$T/last.err"
grep -q 'status 403' "$T/last.err"
ok $? "with private = no nothing is answered"
ctl metrics >"$T/metrics"
grep -qE '^tacet_private_lookups_total [1-9]' "$T/metrics" &&
	grep -qE '^tacet_tokens_refused_total [0-9]' "$T/metrics"
ok $? "metrics count, and name nobody"
finish
