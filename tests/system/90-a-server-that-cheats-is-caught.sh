#!/usr/bin/env bash
# The operator, with all his keys, tells somebody something else than the others
# (cheat.c); who is named in SECURITY.md catches him.
. "$(dirname "$0")/lib.sh"
export PRIVATE=yes
a=+15550100 b=+15550123 e=+15550145 d=+15550167
TACET_TESTS=${TACET_TESTS:-$TACET_BIN/../../tests}
CHEAT_PID=

# cheat MODE [+NUMBER [+OTHER]]: a server in front of ours; fills FALSE
cheat() {
	local i
	[ -n "$CHEAT_PID" ] && kill "$CHEAT_PID" 2>/dev/null
	: >"$T/cheat.ready"
	"$TACET_TESTS/cheat" "$DATA" "$PORT" "$@" >"$T/cheat.ready" \
		2>>"$T/cheat.log" &
	CHEAT_PID=$!
	for i in $(seq 1200); do
		grep -q '^ready ' "$T/cheat.ready" && break
		kill -0 "$CHEAT_PID" 2>/dev/null || return 1
		sleep 0.05
	done
	FALSE=$(sed -n 's/^ready //p' "$T/cheat.ready")
	[ -n "$FALSE" ] || FALSE=https://127.0.0.1:9
}
via() { # via NAME VERB...: through the liar
	local who=$1
	shift
	"$TACET_BIN/tacet" --home "$T/$who" --server "$FALSE" \
		--ca "$DATA/tls/cert.pem" "$@"
}
caught() { # caught WORDS SENTENCE NAME VERB...: refused, and it says so
	local words=$1 what=$2
	shift 2
	! via "$@" >"$T/last.out" 2>"$T/last.err" </dev/null &&
		grep -q "$words" "$T/last.err"
	ok $? "$what"
	sed 's/^/# /' "$T/last.err"
}
evidence() { as "$1" --json watch 2>/dev/null | grep -q "\"problem\": *\"$2\""; }

server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b && register eve $e
ok $? "three numbers register"
true_that "the directory shows all three" published alice bob eve
as alice send $b "before" >/dev/null 2>&1
true_that "a liar who does not lie is believed" cheat honest
via alice --json lookup +15550181 >"$T/out" 2>/dev/null
grep -q '"verified": *true' "$T/out"
ok $? "and his answers are proved"

# --- the log
cheat rollback
caught "older log" "rollback: an older log is refused" \
	alice lookup +15550182
evidence alice log-back
ok $? "and both signed checkpoints are kept"
cheat fork
caught "different logs" "fork: another history is refused" \
	alice lookup +15550183
evidence alice split-view
ok $? "and both signed checkpoints are kept"
[ "$(as alice watch 2>/dev/null | grep -c '^tacet.log/')" -ge 4 ]
ok $? "tacet watch prints what the server signed"
cheat stale
caught "older log" "time goes back: refused" \
	alice lookup +15550184
URL0=$URL URL=$FALSE
register dan $d
ok $? "somebody registers with the liar"
URL=$URL0
caught "ten minutes" "stale head: refused at the first question" \
	dan lookup +15550184
cheat key-changed
caught "another one" \
	"another key of evaluations: refused" alice lookup +15550185
cheat label
caught "could read" "another public a: nothing is asked" \
	alice lookup +15550186

# --- one answer
cheat wrong-key
caught "another key than everybody" \
	"an evaluation under a key for one person: refused" \
	alice lookup +15550187
cheat wrong-bucket
caught "not what the public log says" \
	"a bucket that is not in the tree: refused" alice lookup +15550188
caught "a moment ago" "and the number is not asked about again at once" \
	alice lookup +15550188

# --- gossip: who saw nothing but the fork hears of it from a friend
register fay +15550170
true_that "a friend of Alice is in the directory" published fay
cheat fork
URL0=$URL URL=$FALSE
register gus +15550171
URL=$URL0
via gus lookup $b >/dev/null 2>&1
ok $? "who only ever saw the fork believes it"
for _ in $(seq 40); do
	as fay --json lookup +15550171 --fresh 2>/dev/null |
		grep -q encrypted && break
	sleep 1
done
as fay send +15550171 "hello" >"$T/out" 2>&1
ok $? "a friend who sees the true log writes to him"
via gus receive --timeout 5 >"$T/out" 2>/dev/null
via gus receive --timeout 1 >>"$T/out" 2>/dev/null
grep -q "ALARM.*split-view" "$T/out"
ok $? "gossip: his client finds the split view"
evidence gus split-view
ok $? "and keeps what proves it"

# --- the directory itself
register hal +15550172
true_that "another is in the directory" published hal
cheat swap +15550172 $e
caught "gives your number to other keys" \
	"swap: the owner sees keys that are not his" hal watch
register ida +15550173
published ida
cheat swap +15550173 $e
via bob send +15550173 "to whom" >"$T/out" 2>&1
ok $? "somebody who asks for the first time is deceived by a swap"
as bob lookup +15550173 --fresh >"$T/out" 2>&1
grep -qE "older log|different logs" "$T/out"
ok $? "revert: he finds out when the true keys are shown again"
cheat gone $a
caught "your number no more" \
	"a number left out: the owner misses it" alice watch
cheat promise
URL0=$URL URL=$FALSE
register jan +15550174
URL=$URL0
for _ in $(seq 10); do
	via jan watch >"$T/out" 2>&1
	grep -q "did not do what it signed" "$T/out" && break
	sleep 1
done
grep -q "did not do what it signed" "$T/out"
ok $? "a broken promise: the owner has it signed"
evidence jan promise-broken
ok $? "and keeps it"
kill "$CHEAT_PID" 2>/dev/null

# --- witnesses
server_stop
sed 's/.*"log":"\([^"]*\)".*/\1/' "$DATA/trust.json" >"$T/log.vkey"
{
	echo "name = witness.example/w"
	echo "listen = 127.0.0.1:0"
	echo "key = $T/w.key"
	echo "state = $T/w.state"
	echo "log = $(cat "$T/log.vkey")"
} >"$T/w.conf"
key=$("$TACET_BIN/tacet-witness" --config "$T/w.conf" init)
"$TACET_BIN/tacet-witness" --config "$T/w.conf" >"$T/w.ready" 2>"$T/w.log" &
WITNESS_PID=$!
for _ in $(seq 100); do
	grep -q '^ready ' "$T/w.ready" && break
	sleep 0.05
done
server_start "witness = http://127.0.0.1:$(sed -n 's/^ready .*://p' "$T/w.ready")/ $key
witness_quorum = 1"
ok $? "the server starts again with a witness"
register kim +15550175
as kim --trust "$DATA/trust.json" contacts list >/dev/null 2>&1
ok $? "somebody pins the operator's file by hand"
true_that "and sees himself in the witnessed directory" published kim
cheat unwitnessed
caught "too few witnesses" "a checkpoint that no witness saw: refused" \
	kim lookup +15550189
kill "$CHEAT_PID" "$WITNESS_PID" 2>/dev/null
finish
