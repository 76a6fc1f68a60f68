#!/usr/bin/env bash
# A package of a group of three, two of whom open: whatever is changed in it
# is found, by whoever changes it, even by an operator who can sign it again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
a=+15550100 b=+15550123

DEMO='' server_start && server_stop && quick_ceremony 2 anna bert cleo
ok $? "three custodians make a key that two open"
PORT=0 server_start && register alice $a && register bob $b
ok $? "two numbers register"
agency && reviewers && trusted anna bert cleo

# parts: one before the window; one with nothing of alice; two with rows. A
# client asks about a number once: each question is about another.
look() { as "$1" lookup "+155501$2" --classic >/dev/null; }
look bob 42 && cut_now
sleep 2
from=$(now)
look bob 43 && cut_now
look alice 42 && look alice 43 && look bob 00 && look bob 44 && cut_now
sleep 1
look alice 23 && look bob 45 && cut_now
sleep 1
to=$(now)
bob_id=$(order_new us-2703d $b "$from" "$to" both) &&
	order_accept "$bob_id" &&
	order_released "$bob_id" "$T/other" anna cleo
ok $? "an order for one number has its package"
id=$(order_new us-2703d $a "$from" "$to" both) && order_accept "$id" &&
	order_released "$id" "$T/package" anna bert
ok $? "and an order for another number too"
verify "$T/package" | grep -q "^VERIFIED 4 rows, complete for tel:$a " &&
	verify "$T/other" | grep -q "^VERIFIED 5 rows, complete for tel:$b "
ok $? "both are verified, complete for their numbers"
grep -q '"state": "outside"' "$T/package/proof.json" &&
	grep -q '"state": "none"' "$T/package/proof.json" &&
	grep -q '"state": "held"' "$T/package/proof.json"
ok $? "the proof has what is outside, what is absent and what is held"

python3 "$HERE/package_attacks.py" "$TACET_BIN/tacet-verify" \
	"$DATA/trust.json" 21 200 "$T/package" "$T/other" >"$T/said"
ok $? "the driver of random changes runs to its end"
said "$T/said"
python3 "$HERE/package_attacks.py" --signed "$TACET_BIN/tacet-verify" \
	"$DATA/trust.json" "$DATA/admin.sock" "$T/package" "$T/other" >"$T/said"
ok $? "the driver of signed changes runs to its end"
said "$T/said"
finish
