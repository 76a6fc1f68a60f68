#!/usr/bin/env bash
# Entries are appended while the server is killed: everything acknowledged is
# there afterwards, under a signed checkpoint of which every older one is a
# beginning. A log that is put back is not signed, and a full disk loses nothing.
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")
n=${ENTRIES:-400} kills=${KILLS:-6}
log_check() { python3 "$here/log_check.py" "$@"; }
one() { log_check one "$DATA" "$1" >"$T/one"; }
policies() { log_check types "$DATA" | grep -c '^policy$'; }

server_start "retention_days = 20" || { ok 1 "a server starts"; finish; }
for _ in $(seq 50); do
	[ -f "$DATA/log/checkpoint" ] && break
	sleep 0.1
done
[ "$(policies)" = 1 ]
ok $? "the policy is the first entry"
mkdir "$T/old"
log_check append "$DATA" a "$T/acked.a" "$n" &
pa=$!
log_check append "$DATA" b "$T/acked.b" "$n" &
pb=$!
for k in $(seq "$kills"); do
	sleep 1.5
	cp "$DATA/log/checkpoint" "$T/old/$k" 2>/dev/null
	if [ $((k % 2)) = 0 ]; then
		# one process: the parent ends the others and starts all again
		pkill -9 -P "$SERVER_PID" -f -- '--role ktlog'
	else
		server_kill
		sleep 0.2
		server_start || echo "# restart failed"
	fi
done
wait $pa
ok $? "one writer ended well in spite of $kills kills"
wait $pb
ok $? "and the other"
server_stop
ok $? "the server stops"
cat "$T/acked.a" "$T/acked.b" >"$T/acked"
[ "$(wc -l <"$T/acked")" = $((2 * n)) ]
ok $? "every entry was acknowledged"
log_check check "$DATA" "$T/acked" "$T"/old/* >"$T/check.out"
while read -r status _ _ sentence; do
	[ "$status" = ok ]
	ok $? "$sentence"
done <"$T/check.out"
[ "$(wc -l <"$T/check.out")" = 4 ]
ok $? "by a second reader"
true_that "log verify agrees" ctl log verify
grep -q "quorum 0: nobody watches" "$T/last.out"
ok $? "and says that nobody watches"
[ "$(policies)" = 1 ]
ok $? "a policy that did not change is there once"

# --- the policy
server_start "retention_days = 20"
true_that "an entry appended again" one a-0
[ "$(cat "$T/one")" = "$(sed -n 's/ a-0$//p' "$T/acked")" ]
ok $? "has its first index"
server_reload "retention_days = 19"
server_reload "retention_days = 18"
server_reload "retention_days = 18"
sleep 0.5
[ "$(policies)" = 3 ]
ok $? "each change of the policy is an entry"
curl -sk "$URL/v1/log/checkpoint" | cmp -s - "$DATA/log/checkpoint"
ok $? "the checkpoint is served"
curl -sk "$URL/v1/log/tile/entries/000" | cmp -s - "$DATA/log/tile/entries/000"
ok $? "and the entries"
server_stop

# --- put back
cp -a "$DATA/log" "$T/log.old"
server_start
true_that "the log goes on" one after-the-copy
cp "$DATA/log/checkpoint" "$T/old/last"
server_stop
mv "$DATA/log" "$T/log.true"
cp -a "$T/log.old" "$DATA/log"
: >"$T/server.log"
server_start
false_that "a log that was put back is not appended to" one another
grep -q '"event":"keys-refused"' "$T/server.log"
ok $? "keys says why"
grep -q '"event":"log-refused"' "$T/server.log"
ok $? "and so does the log"
[ "$(curl -sk -o /dev/null -w '%{http_code}' "$URL/v1/log/checkpoint")" = 503 ]
ok $? "it is not served either"
[ "$(curl -sk -o /dev/null -w '%{http_code}' "$URL/v1/policy")" = 200 ]
ok $? "the rest of the server works"
server_stop
rm -r "$DATA/log"
mkdir -m 700 "$DATA/log"
server_start
false_that "an empty one neither" one another
server_stop
rm -r "$DATA/log"
mv "$T/log.true" "$DATA/log"
server_start
true_that "the true one goes on" one yet-another
server_stop
true_that "and verifies" ctl log verify

# --- damage: the start is refused, in words
cp -a "$DATA/log" "$T/log.true"
printf x | dd of="$(find "$DATA/log/tile/0" -path '*.p/*' -type f)" bs=1 seek=40 \
	conv=notrunc 2>/dev/null
false_that "with a damaged tile log verify fails" ctl log verify
grep -q "entry [0-9]*: the tiles are not of these entries" "$T/last.err"
ok $? "and names the entry"
: >"$T/server.log"
false_that "and the server does not start" server_start
grep -q '^tacetd: ktlog cannot start: ' "$T/server.log"
ok $? "and says which process"
wait "$SERVER_PID" 2>/dev/null
rm -r "$DATA/log"

# --- a full disk
mkdir "$T/small"
if ! mount -t tmpfs -o size=512k,mode=0700 tmpfs "$T/small" 2>/dev/null; then
	mv "$T/log.true" "$DATA/log"
	skip "a full disk loses nothing of the log" "cannot mount a tmpfs here"
	finish
fi
cp -a "$T/log.true/." "$T/small/"
ln -s "$T/small" "$DATA/log"
server_start
ok $? "a server whose log has a small disk starts"
true_that "an entry goes in" one before
dd if=/dev/zero of="$T/small/fill" bs=4096 2>/dev/null
false_that "on a full disk an entry is refused" one during
grep -q '"event":"log-full"' "$T/server.log"
ok $? "the log says that it is full"
[ "$(curl -sk -o /dev/null -w '%{http_code}' "$URL/v1/log/checkpoint")" = 200 ]
ok $? "what is in is still served"
true_that "what is there verifies" ctl log verify
rm "$T/small/fill"
sleep 1.5
true_that "with space again the same entry goes in" one during
true_that "and another" one after
true_that "and all of it verifies" ctl log verify
server_stop
log_check check "$DATA" "$T/acked" "$T"/old/* >"$T/check.out"
! grep -q '^not ok' "$T/check.out"
ok $? "also by the second reader"
finish
