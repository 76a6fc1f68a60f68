#!/usr/bin/env bash
# A preservation letter freezes the envelopes of one number; retention takes the
# rest of that day; an order that follows opens exactly those; without it, and
# after its end, nobody does.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
a=+15550100 b=+15550123 c=+15550142

at() { clock_at "$1" "retention_days = 2"; }
day0=$(day 0)
trust_all() {
	local n
	for n in anna bert cleo; do
		custodian $n trust "$DATA/trust.json" \
			"$DATA/orders/reviewers.json" 2 >/dev/null || return 1
	done
}
# new REGIME NUMBER CLASS... [--parent ID]: over the whole first day
new() {
	local regime=$1 number=$2
	shift 2
	ctl --json order new --regime "$regime" --agency ex --handle "$number" \
		--from "${day0}T00:00:00Z" --to "$end" --direction both \
		--class TRAFFIC_QUERY --authority Court --ref 1 \
		--offence '18 USC 1343' --document "$T/order.txt" \
		--signature "$T/order.sig" "$@" | grep -oE 'ord-[0-9a-z-]+' |
		head -n 1
}

DEMO='' at 0 && server_stop && quick_ceremony 2 anna bert cleo
ok $? "three custodians make a key that two open"
at 0 && register alice $a && register bob $b &&
	as alice lookup $b --classic >/dev/null &&
	as alice lookup $c --classic >/dev/null &&
	as bob lookup $c --classic >/dev/null
ok $? "two people ask about numbers"
agency
reviewers && trust_all
ok $? "reviewers and custodians have their keys"
sleep 1
end=$(moment)
keep=$(new us-2703f $a) && order_accept "$keep"
ok $? "a preservation letter for one of them is accepted and committed"
ctl order request "$keep" -o "$T/find" >/dev/null &&
	custodian anna release "$T/find" -o "$T/f.anna" >/dev/null &&
	custodian bert release "$T/find" -o "$T/f.bert" >/dev/null
ok $? "two custodians say which envelopes are his"
false_that "their keys are not asked for" ctl order request "$keep" \
	--shares "$T/f.anna" "$T/f.bert" -o "$T/open"
false_that "and it gives no package" ctl order package "$keep" \
	--shares "$T/f.anna" "$T/f.bert" -o "$T/none"
ctl order preserve "$keep" --shares "$T/f.anna" "$T/f.bert" >"$T/out"
grep -q "1 envelopes in " "$T/out"
ok $? "exactly his one envelope is frozen"
false_that "it is frozen once" ctl order preserve "$keep" \
	--shares "$T/f.anna" "$T/f.bert"
box=$DATA/orders/preserved/$keep.box
[ "$(stat -c %a "$box")" = 600 ] && ! grep -q "tacet" "$box"
ok $? "in a file that is sealed and nobody else's"

at 1 && at 2 && at 3
for _ in $(seq 50); do
	[ -e "$DATA/records/$day0.key" ] || break
	sleep 0.1
done
[ ! -e "$DATA/records/$day0.key" ]
ok $? "retention destroys the key of that day"
plain=$(new us-2703d $a) && order_accept "$plain" &&
	order_released "$plain" "$T/plain" anna cleo &&
	[ "$(($(wc -l <"$T/plain/rows.csv") - 1))" = 0 ]
ok $? "an order that does not follow the letter gets nothing of it"
other=$(new us-2703d $b --parent "$keep")
if [ -n "$other" ] && order_accept "$other" 2>/dev/null &&
	order_released "$other" "$T/other" anna cleo 2>/dev/null; then
	[ "$(($(wc -l <"$T/other/rows.csv") - 1))" = 0 ]
else
	true
fi
ok $? "nor does one for another number that says it follows"
id=$(new us-2703d $a --parent "$keep") && order_accept "$id" &&
	order_released "$id" "$T/package" anna cleo
ok $? "an order that follows it is answered"
[ "$(($(wc -l <"$T/package/rows.csv") - 1))" = 2 ] &&
	[ "$(grep -c "tel:$a,tel:" "$T/package/rows.csv")" = 2 ]
ok $? "with his two rows and no other"
verify "$T/package" | grep -q "^VERIFIED 2 rows, complete for tel:$a"
ok $? "and the package verifies"

python3 - "$T/$id.find" "$T/orphan" <<'PY'
import json, sys
q = json.load(open(sys.argv[1]))
q["parents"] = []
json.dump(q, open(sys.argv[2], "w"))
PY
custodian anna release "$T/orphan" -o "$T/orphan.out" >/dev/null 2>"$T/err"
[ $? = 1 ] && grep -q "older than" "$T/err"
ok $? "without the letter a custodian refuses a day that old"

forged() { # forged WHY PYTHON: the letter's decision in the request is another
	python3 - "$T/$id.find" "$T/forged" "$2" <<'PY'
import json, sys
q = json.load(open(sys.argv[1]))
exec(sys.argv[3], {"q": q, "letter": q["parents"][0]})
json.dump(q, open(sys.argv[2], "w"))
PY
	custodian anna release "$T/forged" -o "$T/forged.out" >/dev/null \
		2>"$T/err"
	[ $? = 1 ] && grep -q "$1" "$T/err"
}
forged "not accepted" 'letter["decision"] = "refuse"'
ok $? "nor under a letter that was refused"
forged "signature" 'letter["decision"] = "narrow"'
ok $? "nor one that was accepted otherwise"
forged "signature" 'letter["reviews"] = q["reviews"]'
ok $? "nor by what people signed of another order"

clock_at 200 "retention_days = 2" && ctl order tick >/dev/null
ok $? "half a year later the letter's time is over"
[ ! -e "$DATA/orders/preserved/$keep.key" ] && [ ! -e "$box" ]
ok $? "what it froze is destroyed"
ctl order package "$id" --shares "$T/$id.o.anna" "$T/$id.o.cleo" \
	-o "$T/late" >/dev/null 2>&1
[ ! -e "$T/late/rows.csv" ] ||
	[ "$(($(wc -l <"$T/late/rows.csv") - 1))" = 0 ]
ok $? "and nobody opens it any more"
finish
