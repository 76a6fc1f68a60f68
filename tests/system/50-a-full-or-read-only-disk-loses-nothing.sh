#!/usr/bin/env bash
# A small tmpfs under the data directory fills: lookups and messages fail with
# a clear error, and work again when there is space.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123

mkdir "$T/small"
if ! mount -t tmpfs -o size=8m,mode=0700 tmpfs "$T/small" 2>/dev/null; then
	skip "a full disk loses nothing" "cannot mount a tmpfs here"
	finish
fi
DATA=$T/small/server
server_start "message_burst = 100000
message_rate = 10000" || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
as alice send $b one >/dev/null 2>&1
ok $? "a message goes"
dd if=/dev/zero of="$T/small/fill" bs=4096 2>/dev/null
# the last page of the log has room for a few rows more
for i in $(seq 30 69); do
	as alice lookup "+155501$i" --classic >"$T/out" 2>&1
	rc=$?
	[ "$rc" = 0 ] || break
done
[ "$rc" = 3 ]
ok $? "with a full disk a classic lookup fails as the server's fault"
grep -q '^tacet: ' "$T/out"
ok $? "with one clear line"
head -c 60000 /dev/urandom | base64 -w 0 >"$T/long"
as alice send $b - <"$T/long" >"$T/out" 2>&1
ok "$([ $? != 0 ] && echo 0 || echo 1)" "a long message is refused, not acknowledged"
rm "$T/small/fill"
sleep 1
true_that "with space again a lookup works" as alice lookup +15550171 --classic
as alice send $b two >"$T/out" 2>&1
ok $? "and a message goes"
as bob --json receive --timeout 3 >"$T/out"
grep -q '"text": *"one"' "$T/out" && grep -q '"text": *"two"' "$T/out"
ok $? "everything acknowledged arrives"
[ "$(grep -c '"text": *"two"' "$T/out")" = 1 ]
ok $? "once"

server_stop
if mount -o remount,ro "$T/small" 2>/dev/null; then
	: >"$T/server.log"
	if server_start; then
		server_stop
		ok 1 "on a read-only disk the server does not start"
	else
		ok 0 "on a read-only disk the server does not start"
	fi
	[ "$(grep -c '^tacetd: ' "$T/server.log")" = 1 ]
	ok $? "and says so in one line"
	mount -o remount,rw "$T/small"
	server_start
	ok $? "and starts when it is writable again"
	true_that "a lookup works" as alice lookup +15550144 --classic
	as bob send "$a" three >/dev/null 2>&1
	as alice --json receive --timeout 3 | grep -q '"text": *"three"'
	ok $? "and a message arrives: nothing was lost"
else
	skip "on a read-only disk the server does not start" \
		"the file system cannot be remounted here"
fi
finish
