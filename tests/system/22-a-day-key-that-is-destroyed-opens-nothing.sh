#!/usr/bin/env bash
# Rows are kept for two days, and the clock moves on a day at a time: when a
# day's key is destroyed nothing opens its rows, neither all custodians with
# what survives, nor the custodians for a copy of the disk.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
a=+15550100
HELD=$T/copy

at() { clock_at "$1" "retention_days = 2"; }
look() { as alice lookup "+155501$1" --classic >"$T/last.out" 2>"$T/last.err"; }
gone() { # gone PATTERN: within five seconds nothing of that name is left
	local i
	for i in $(seq 50); do
		[ -z "$(find "$DATA/records" -name "$1")" ] && return 0
		sleep 0.1
	done
	return 1
}
day0=$(day 0) day1=$(day 1)

DEMO='' at 0 && server_stop && quick_ceremony 2 anna bert cleo
ok $? "three custodians make a key that two open"
at 0 && register alice $a && look 23 && look 42
ok $? "two numbers are asked about on the first day"
agency && reviewers
for n in anna bert cleo; do
	custodian $n trust "$DATA/trust.json" "$DATA/orders/reviewers.json" 2 \
		>/dev/null
done
sleep 1
old=$(order_new us-2703d $a "${day0}T00:00:00Z" "$(moment)" source) &&
	order_accept "$old" && ctl order request "$old" -o "$T/old.find" >/dev/null
ok $? "an order for that day is committed on that day"
cp -a "$DATA" "$HELD"
[ -f "$HELD/records/$day0.key" ] &&
	find "$HELD/records" -name "$day0.*.seg" | grep -q .
ok $? "the whole data directory is copied, with the day's key and segments"

at 1 && look 43
ok $? "a day later another number is asked about"
at 2 && [ -f "$DATA/records/$day0.key" ]
ok $? "two days later the first day's key is still there"
at 3 && gone "$day0.key"
ok $? "three days later it is destroyed"
true_that "and the day's segments are gone" gone "$day0.*"
[ -f "$DATA/records/$day1.key" ] &&
	find "$DATA/records" -name "$day1.*.seg" | grep -q .
ok $? "the next day's key and segments are there"
python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
import querylog
want = b"{\"day\":\"%s\",\"type\":\"destroy\"}" % sys.argv[3].encode()
sys.exit(querylog.log_entries(sys.argv[2]).count(want) != 1)
' "$HERE" "$DATA/log" "$day0"
ok $? "the public log says once that the key is destroyed"
python3 -c '
import pathlib, sys
key = pathlib.Path(sys.argv[1]).read_bytes()
sys.exit(any(key in p.read_bytes() for p in pathlib.Path(sys.argv[2]).rglob("*")
             if p.is_file()))
' "$HELD/records/$day0.key" "$DATA"
ok $? "its octets are in no file of the directory"

# what the keys that are left open, by all three custodians at once
opened=$(python3 "$HERE/old_keys.py" "$HELD/records" "$HELD/records" "$T/c" \
	"$day0" anna bert cleo)
[ "$opened" = "3 of 3" ]
ok $? "with the old key three custodians could open the copied rows"
opened=$(python3 "$HERE/old_keys.py" "$HELD/records" "$DATA/records" "$T/c" \
	"$day0" anna bert cleo)
[ "$opened" = "0 of 3" ]
ok $? "with the keys that are left they open none"

# what an order gets now
id=$(order_new us-2703d $a "${day0}T00:00:00Z" "$(moment)" source) &&
	order_accept "$id" && order_released "$id" "$T/package" anna cleo
ok $? "an order over all days is answered"
verify "$T/package" >"$T/out"
grep -q "^VERIFIED 1 rows, complete for tel:$a ${day0}T" "$T/out"
ok $? "a row that is one day inside can still be opened"
grep -q "^  1 parts of the log were destroyed" "$T/out" &&
	grep -q '"state": "destroyed"' "$T/package/proof.json" &&
	! grep -q "$day0" "$T/package/rows.csv"
ok $? "the package and its verification say what is destroyed"

# the copied segment beside the keys that are left
cp -a "$HELD/records/$day0".*.seg "$DATA/records/"
order_released "$id" "$T/again" anna cleo &&
	cmp -s "$T/package/rows.csv" "$T/again/rows.csv" &&
	grep -q '"state": "destroyed"' "$T/again/proof.json"
ok $? "a segment that is put back opens nothing"
cp -a "$DATA/records/$day1.key" "$DATA/records/$day0.key"
ctl order request "$id" -o "$T/forged" >/dev/null 2>&1 &&
	custodian cleo trust "$DATA/trust.json" "$DATA/orders/reviewers.json" \
		25 >/dev/null
ok $? "it is asked for under another day's key, of one who would keep it longer"
false_that "whose share of it cannot be opened" \
	custodian cleo release "$T/forged" -o "$T/forged.cleo"
at 3 && gone "$day0*"
ok $? "both are destroyed again at the next start"

# the copied disk, with its day key
TACETCTL_CLOCK_OFFSET=0 "$TACET_BIN/tacetctl" --data "$HELD" \
	order request "$old" -o "$T/stolen" >/dev/null
ok $? "the copied disk still makes a request for the old day"
custodian anna release "$T/stolen" -o "$T/stolen.anna" >/dev/null 2>"$T/err"
[ $? = 1 ] && [ ! -e "$T/stolen.anna" ] && grep -q "older than" "$T/err"
ok $? "a custodian refuses it: the day is older than rows are kept"
custodian anna trust "$DATA/trust.json" "$DATA/orders/reviewers.json" 3 \
	>/dev/null && custodian anna release "$T/stolen" -o "$T/stolen.anna" \
	>/dev/null
ok $? "for no other reason: told that rows are kept a day more, he gives it"
finish
