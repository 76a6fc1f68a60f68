#!/usr/bin/env bash
# Four people ask while the whole server is killed 25 times, every third time in
# a cut, over two days; then journals are cut off at random octets. Every answer
# that was given has its row in the package once, no row is there twice, and the
# log's segments have no gap. A file of another version keeps the server from
# starting.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
RANDOM=24
people=(alice bob cleo dan eve)
KILLS=25

handle() { echo "+1555777010$1"; }
# ask NAME NUMBER: tried is written first, answered when the answer is there
ask() {
	echo "$2" >>"$T/$1.tried"
	TEST_CLOCK=$(cat "$T/offset") as "$1" lookup "$2" --classic \
		>/dev/null 2>&1 && echo "$2" >>"$T/$1.answered"
}
asker() { # asker NAME PREFIX: each number once, until told to stop
	local n=1000
	while [ ! -e "$T/stop" ]; do
		ask "$1" "+1555$2$n" || sleep 0.03
		n=$((n + 1))
	done
}
newest() { find "$DATA/records" -name '*.log' | sort | tail -n 1; }

echo 0 >"$T/offset"
clock_at 0
ok $? "a server starts"
for i in 0 1 2 3 4; do
	register "${people[$i]}" "$(handle "$i")" || echo bad
done >"$T/bad"
[ ! -s "$T/bad" ]
ok $? "five numbers register"

pids=()
for i in 0 1 2 3; do
	asker "${people[$i]}" "20$i" 2>/dev/null &
	pids+=($!)
done
started=0
for i in $(seq $KILLS); do
	sleep "0.$((RANDOM % 5 + 1))"
	if [ $((i % 3)) = 0 ]; then
		timeout 5 python3 "$HERE/querylog.py" ask "$DATA/admin.sock" \
			records-cut >/dev/null 2>&1 &
		sleep "0.0$((RANDOM % 9))"
	fi
	server_kill 2>/dev/null
	if [ "$i" = 13 ]; then # the second day
		echo 86400 >"$T/offset"
		export TEST_CLOCK=86400 TACETCTL_CLOCK_OFFSET=86400
	fi
	server_start "clock_offset = $(cat "$T/offset")" && started=$((started + 1))
done
sleep 0.5
touch "$T/stop"
wait "${pids[@]}"
[ $started = $KILLS ]
ok $? "after each of $KILLS kills the server starts"
cat "$T"/{alice,bob,cleo,dan}.answered >"$T/answered"
[ "$(wc -l <"$T/answered")" -ge 60 ]
ok $? "lookups were answered all the while"
find "$DATA/records" -name "$(day 0).*.seg" | grep -q . &&
	find "$DATA/records" -name "$(day 1).*" | grep -q .
ok $? "on two days"

# eve alone: a part of hers is cut off at a random octet, five times
server_kill 2>/dev/null
started=0
for i in 1 2 3 4 5; do
	server_start || break
	for n in 1 2 3 4 5 6; do ask eve "+1555209${i}00$n"; done
	server_kill 2>/dev/null
	file=$(newest)
	truncate -s $((RANDOM * 32768 % $(stat -c %s "$file"))) "$file"
	server_start && started=$((started + 1))
	server_kill 2>/dev/null
done
[ $started = 5 ] && [ "$(wc -l <"$T/eve.answered")" = 30 ]
ok $? "after each of 5 journals cut off at a random octet the server starts"
server_start && as eve lookup +15552099999 --classic >/dev/null
ok $? "and answers"

agency
handles=()
for i in 0 1 2 3 4; do handles+=(--handle "$(handle "$i")"); done
sleep 1
id=$(ctl --json order new --regime us-2703d --agency ex "${handles[@]}" \
	--from "$(day 0)T00:00:00Z" --to "$(moment)" --direction source \
	--class TRAFFIC_QUERY --authority Court --ref 1 \
	--offence '18 USC 1343' --document "$T/order.txt" \
	--signature "$T/order.sig" | grep -oE 'ord-[0-9a-z-]+' | head -n 1)
ctl order decide "$id" --as ann accept --why fine >/dev/null &&
	ctl order confirm "$id" --as ben >/dev/null &&
	ctl order package "$id" -o "$T/package" >/dev/null
ok $? "an order for all five over both days has its package"
verify "$T/package" >"$T/out" 2>"$T/last.err"
ok $? "which is verified"
python3 - "$HERE" "$T" "$DATA" >"$T/said" <<'PY'
import collections, csv, json, pathlib, sys
sys.path.insert(0, sys.argv[1])
import querylog
t, data = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])

def numbers(what, *names):
    return {("tel:+1555777010%d" % i, "tel:" + line)
            for i, n in enumerate(("alice", "bob", "cleo", "dan", "eve"))
            if n in names
            for line in (t / (n + what)).read_text().split()}

def say(good, what):
    print(0 if good else 1, what)

four = ("alice", "bob", "cleo", "dan")
with open(t / "package/rows.csv", newline="") as f:
    rows = collections.Counter((r["source_handle"], r["lookup_handle"])
                               for r in csv.DictReader(f))
answered = numbers(".answered", *four)
lost = sum(rows[r] == 0 for r in answered)
twice = sum(n > 1 for n in rows.values())
say(lost == 0, "%d of %d rows that were answered for are lost" %
    (lost, len(answered)))
say(twice == 0, "%d rows are there twice" % twice)
tried = numbers(".tried", *four, "eve") | {
    ("tel:+15557770104", "tel:+15552099999")}
say(set(rows) <= tried, "no row is there that nobody asked for")
say(rows[("tel:+15557770104", "tel:+15552099999")] == 1,
    "what was asked last is there")
# of a journal that was cut off, the first rows are there and no others
whole = True
for i in range(1, 6):
    there = [rows[("tel:+15557770104", "tel:+1555209%d00%d" % (i, n))]
             for n in range(1, 7)]
    whole = whole and there == sorted(there, reverse=True)
say(whole, "of a journal that was cut off the first rows are left, in order")

entries = [json.loads(e) for e in querylog.log_entries(data / "log")]
seqs = [e["seq"] for e in entries if e["type"] == "segment"]
say(seqs == list(range(len(seqs))) and len(seqs) >= 25,
    "the segments are numbered in the public log without a gap")
known = {(e["day"], e["part"]) for e in entries if e["type"] == "segment"}
files = {(p.name[:10], int(p.name[11:14]))
         for p in (data / "records").glob("*.seg")}
say(files == known, "the segments on the disk are those of the public log")
parts = [json.loads(p["entry"])["seq"]
         for p in json.loads((t / "package/proof.json").read_text())["parts"]]
say(parts == list(range(parts[0], parts[0] + len(parts))) and parts[0] == 0,
    "the proof has every part, from the first")
PY
ok $? "the rows are counted"
said "$T/said"

# what another version wrote is not read, and not thrown away either
server_stop
printf 'TACETSG2%0200d' 0 >"$DATA/records/2020-01-01.000.seg"
cp "$DATA/records/2020-01-01.000.seg" "$T/old"
: >"$T/server.log"
! server_start && grep -q '"records-old".*"files":1' "$T/server.log"
ok $? "with a segment of another version the server does not start, and says so"
cmp -s "$T/old" "$DATA/records/2020-01-01.000.seg"
ok $? "and leaves it as it is"
rm "$DATA/records/2020-01-01.000.seg"
server_start
ok $? "without it the server starts"
finish
