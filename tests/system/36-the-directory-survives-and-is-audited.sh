#!/usr/bin/env bash
# Numbers register while the server, its log process and the process that makes
# an epoch are killed: each is in the directory afterwards, and an auditor who
# fetches everything finds nothing wrong. A damaged table is made again, a full
# disk leaves the epoch before, and an auditor names each lie.
. "$(dirname "$0")/lib.sh"
kills=${KILLS:-4}
mkdir "$T/small"
mount -t tmpfs -o size=400m,mode=0700 tmpfs "$T/small" 2>/dev/null &&
	DATA=$T/small/server
audit() { verify audit "$@"; }
fetch() { audit --server "$URL" --ca "$DATA/tls/cert.pem" "$T/mirror" "$@"; }
status() { ctl status | sed -n "s/^ *\"$1\": \([0-9]*\).*/\1/p" | head -n 1; }
ktlog() { pgrep -P "$SERVER_PID" -f -- '--role ktlog'; }
wait_numbers() { # until that many are served; 60 s
	local i
	for i in $(seq 300); do
		[ "$(status epoch)" -gt 0 ] && [ "$(status numbers)" = "$1" ] && return
		sleep 0.2
	done
	return 1
}

server_start "epoch_seconds = 1
sends_hour_address = 1000
sends_day_address = 1000
sends_hour_prefix = 1000" || { ok 1 "a server starts"; finish; }
wait_numbers 0
ok $? "the first epoch is empty, and served"
true_that "an auditor begins with nothing" fetch
register p0 +15550100
wait_numbers 1
ok $? "a number that registers is in the next epoch"

# --- kills
registered=1
for k in $(seq "$kills"); do
	register "p$k" "+155501$((k + 10))" && registered=$((registered + 1))
	sleep "0.$((k * 37 % 100 + 10))"
	case $((k % 3)) in
	0) server_kill; server_start ;;
	1) kill -9 "$(pgrep -P "$(ktlog)")" 2>/dev/null ;; # an epoch's making
	2) kill -9 "$(ktlog)" ;;
	esac
	sleep 0.2
	for _ in $(seq 100); do
		ctl status >/dev/null 2>&1 && break
		sleep 0.1
	done
done
[ "$registered" = $((kills + 1)) ]
ok $? "every number registered in spite of $kills kills"
wait_numbers "$registered"
ok $? "and each is served"
true_that "the auditor replays what changed" fetch
grep -q ", $registered entries; log of" "$T/last.out"
ok $? "and comes to as many entries"
n=$(sed -n 's/^AUDITED epochs 1\.\.\([0-9]*\),.*/\1/p' "$T/last.out")
true_that "one who begins later finds the same" fetch --from "$((n / 2 + 1))"
true_that "and one who has the files needs no server" audit "$T/mirror"
true_that "the log holds" ctl log verify

# --- the making of an epoch is killed, and only that
pid=$(ktlog)
true_that "another number registers" register late +15550199
for _ in $(seq 100); do
	maker=$(pgrep -P "$pid") && break
	sleep 0.02
done
kill -9 "$maker"
ok $? "the making of its epoch is killed"
wait_numbers $((registered + 1))
ok $? "it is made all the same"
[ "$(ktlog)" = "$pid" ]
ok $? "by the same process, which went on"

# --- a damaged table
server_stop
newest=$(find "$DATA/directory" -name 'snapshot.*' | sort -t. -k2 -n | tail -n 1)
printf 'x' | dd of="$newest" bs=1 seek=1000000 conv=notrunc 2>/dev/null
: >"$T/server.log"
server_start && wait_numbers $((registered + 1))
ok $? "with a damaged table the server starts, and serves the epoch"
grep -q '"epoch-damaged"' "$T/server.log"
ok $? "after it made the table again"
true_that "which the auditor need not notice" fetch

# --- a full disk
if [ "$DATA" = "$T/small/server" ]; then
	head -c 400M /dev/zero >"$T/small/fill" 2>/dev/null
	truncate -s -4M "$T/small/fill"
	: >"$T/server.log"
	before=$(status epoch)
	true_that "on a disk without room for a table a number registers" \
		register full +15550198
	for _ in $(seq 100); do
		grep -q '"epoch-full"' "$T/server.log" && break
		sleep 0.1
	done
	ok $? "no epoch is made, and the log says why"
	[ "$(status epoch)" = "$before" ]
	ok $? "the epoch before goes on"
	rm "$T/small/fill"
	wait_numbers $((registered + 2))
	ok $? "and the next is made when there is room"
else
	skip "a full disk leaves the epoch before" "cannot mount a tmpfs here"
fi
true_that "the auditor agrees to the end" fetch
server_stop

# --- lies
lie() { # lie SENTENCE FILE OFFSET WANTED: one octet of a published file
	rm -rf "$T/lie"
	cp -r "$T/mirror" "$T/lie"
	python3 - "$T/lie/$2" "$3" <<-'P'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(int(sys.argv[2]))
		    c = f.read(1)
		    f.seek(int(sys.argv[2]))
		    f.write(bytes([c[0] ^ 1]))
	P
	false_that "$1" audit "$T/lie"
	grep -q "$4" "$T/last.err"
	ok $? "and is named: $4"
}
row=$(find "$T/mirror/directory/diff" -type f -size +100c | sort -V | head -n 1)
e=$(basename "$(dirname "$row")")
row=${row#"$T/mirror/"}
# page head 8, then place 4, old entry and head 116, new entry 40, head
lie "a changed tag is found" "$row" 128 "epoch $e"
lie "a changed commitment is found" "$row" 140 \
	"epoch $e, row 0: a new entry's commitment is not of its slot"
lie "another version is found" "$row" 171 "epoch $e, row 0"
lie "a changed place is found" "$row" 11 "epoch $e"
rm -rf "$T/lie"
cp -r "$T/mirror" "$T/lie"
python3 - "$T/lie/$row" <<-'P'
	import sys
	octets = open(sys.argv[1], "rb").read()
	n = int.from_bytes(octets[:4], "big") - 1
	open(sys.argv[1], "wb").write(n.to_bytes(4, "big") * 2 + octets[8:-236])
P
false_that "a hidden change is found" audit "$T/lie"
grep -q "epoch $e: its diff is not the one that the log names" "$T/last.err"
ok $? "and is named"
finish
