#!/usr/bin/env bash
# Two clients, N messages each way, the whole server killed with kill -9 under
# load: nothing acknowledged is lost, nothing is shown twice.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123 n=${MESSAGES:-1000} kills=${KILLS:-6}

server_start "message_burst = 100000
message_rate = 10000" || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
as alice send $b first >/dev/null 2>&1
as bob receive --timeout 3 >/dev/null 2>&1
as bob send $a first >/dev/null 2>&1
as alice receive --timeout 3 >/dev/null 2>&1

# send NAME TO PREFIX: every line until each was acknowledged; a line whose
# answer was lost is in the client's outbox and goes again under its own id
send() {
	seq -f "$3%g" "$n" | as "$1" --json send "$2" --lines >"$T/$1.sent" \
		2>"$T/$1.send.err"
}
as alice --json receive --follow >"$T/alice.got" 2>"$T/alice.recv.err" &
ra=$!
as bob --json receive --follow >"$T/bob.got" 2>"$T/bob.recv.err" &
rb=$!
send alice $b a- &
sa=$!
send bob $a b- &
sb=$!
for _ in $(seq "$kills"); do
	sleep 2
	server_kill
	sleep 0.3
	server_start || echo "# restart failed"
done
wait $sa
ok $? "alice's sender ended well in spite of $kills kills"
wait $sb
ok $? "bob's sender ended well"
for _ in $(seq 60); do
	[ "$(grep -c '"text": *"a-' "$T/bob.got")" -ge "$n" ] &&
		[ "$(grep -c '"text": *"b-' "$T/alice.got")" -ge "$n" ] && break
	sleep 1
done
kill $ra $rb 2>/dev/null
wait $ra $rb 2>/dev/null
for who in "bob a" "alice b"; do
	read -r name p <<<"$who"
	grep -oE "\"text\": *\"$p-[0-9]+\"" "$T/$name.got" | grep -oE '[0-9]+' |
		sort -n >"$T/got"
	[ "$(uniq "$T/got" | wc -l)" = "$n" ]
	ok $? "every message to $name arrived"
	[ "$(uniq -d "$T/got" | wc -l)" = 0 ]
	ok $? "none was shown twice to $name"
	echo "# $name: $(wc -l <"$T/got") shown, $(uniq "$T/got" | wc -l) different"
done
finish
