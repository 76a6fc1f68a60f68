#!/usr/bin/env bash
# Each process is killed in turn: the parent ends all and starts again.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123

server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
for role in front exchange records sms; do
	before=$(pgrep -P "$SERVER_PID" | sort | tr '\n' ' ')
	pkill -9 -P "$SERVER_PID" -f "$role"
	for _ in $(seq 100); do
		sleep 0.1
		as alice send $b "after $role" >"$T/out" 2>&1 && break
	done
	grep -q '^sent encrypted' "$T/out"
	ok $? "after the death of $role a message goes again"
	after=$(pgrep -P "$SERVER_PID" | sort | tr '\n' ' ')
	shared=0
	for p in $before; do case " $after " in *" $p "*) shared=1 ;; esac done
	ok $shared "no process of before is left"
done
as bob --json receive --timeout 3 >"$T/out"
[ "$(grep -c '"text": *"after ' "$T/out")" = 4 ]
ok $? "every message arrived once"
true_that "the server stops cleanly" server_stop
finish
