#!/usr/bin/env bash
# An order for one number and days 3 to 5 of a week: a clerk with a tool of his
# own, with the whole disk and every share that custodians gave for it, opens
# the order's three envelopes and no other; and what he asks for besides gets no
# share. A number that changed hands gives each owner's rows to his order alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
a=+15550100 b=+15550123 r=+15550188

number=40
look() { # look NAME: about a number that nobody asked about
	number=$((number + 1))
	as "$1" lookup "+155501$number" --classic >/dev/null
}
DEMO='' clock_at 0 && server_stop && quick_ceremony 2 anna bert cleo
ok $? "three custodians make a key that two open"
clock_at 0 && register alice $a && register bob $b
ok $? "two numbers register"
agency && reviewers && trusted anna bert cleo

# a week; alice is asked about on the fifth day
asked=0
for d in 1 2 3 4 5 6; do
	[ $d = 1 ] || clock_at $((d - 1)) || break
	look alice || break
	look bob || break
	if [ $d = 5 ]; then as bob lookup $a --classic >/dev/null || break; fi
	# a number that changes hands, within one part of the log
	if [ $d = 6 ]; then
		register first $r && look first && sleep 1
		end_first=$(moment)
		querylog ask "$DATA/admin.sock" user-remove number $r >/dev/null
		sleep 1.5
		register second $r || break
		begin_second=$(moment)
		look second || break
	fi
	asked=$((asked + 1))
done
[ $asked = 6 ] && clock_at 6
ok $? "both ask on each of six days"
from=$(day 2)T00:00:00Z to=$(day 5)T00:00:00Z
id=$(order_new us-2703d $a "$from" "$to" source) && order_accept "$id" &&
	order_released "$id" "$T/package" anna bert
ok $? "an order for one, days 3 to 5, is answered"
verify "$T/package" | grep -q "^VERIFIED 3 rows, complete for tel:$a $from..$to"
ok $? "with three rows, complete for that number and those days"

python3 "$HERE/patched_clerk.py" open "$DATA/records" "$T/$id.find" \
	"$T/$id.open" 2 "$T/$id".[fo].anna "$T/$id".[fo].bert >"$T/opened" \
	2>"$T/tried"
ok $? "a clerk with his own tool tries all shares on all envelopes of the disk"
for d in 2 3 4; do echo "$(day $d) source 1 rows"; done >"$T/want"
grep rows "$T/opened" | cmp -s - "$T/want"
ok $? "he opens the three envelopes of the order, and nothing else"
{
	for d in 2 3 4; do echo "$(day $d) source found"; done
	echo "$(day 4) lookup found"
} | sort >"$T/want"
grep found "$T/opened" | cmp -s - "$T/want"
ok $? "he learns which envelopes are that number's on those days, and no more"
sed 's/^# */# /' "$T/tried"
python3 "$HERE/patched_clerk.py" open "$DATA/records" "$T/$id.find" \
	"$T/$id.open" 1 "$T/$id".[fo].anna >"$T/opened" 2>/dev/null
[ $? = 0 ] && ! grep -q . "$T/opened"
ok $? "with one custodian's shares he opens and finds nothing"

mkdir "$T/forged"
python3 "$HERE/patched_clerk.py" forge "$DATA/records" "$T/$id.find" \
	"$T/$id.open" "$(day 2)" "$(day 4)" "$T/forged"
[ "$(find "$T/forged" -name '*.json' | wc -l)" -ge 15 ]
ok $? "he asks for more, in every way he can think of"
for f in "$T"/forged/*.json; do
	custodian cleo release "$f" -o "$f.shares" >/dev/null 2>"$T/err"
	[ $? = 1 ] && [ ! -e "$f.shares" ] && [ "$(wc -l <"$T/err")" = 1 ]
	ok $? "no share for: $(basename "$f" .json | tr - ' ')"
done
custodian cleo release "$T/forged/find.same" -o "$T/cleo.find" >/dev/null &&
	custodian cleo release "$T/forged/open.same" -o "$T/cleo.open" >/dev/null
ok $? "for what the order is about the same custodian gives his"

# --- a number that changed hands
both=$(order_new us-2703d $r "$(day 5)T00:00:00Z" "$(moment)" source)
false_that "an order over two owners of a number is not accepted" \
	ctl order decide "$both" --as ann accept --why fine \
	--sign-key "$T/ann.key" --passphrase-file "$T/passphrase"
rows_of() { tail -n +2 "$1/rows.csv" | cut -d, -f4,7 | tr -d '\r'; }
id=$(order_new us-2703d $r "$begin_second" "$(moment)" source) &&
	order_accept "$id" && order_released "$id" "$T/second-package" anna bert
ok $? "an order for the second owner is answered"
[ "$(rows_of "$T/second-package")" = "tel:+155501$number,2" ]
ok $? "with his one row"
verify "$T/second-package" | grep -q "^  1 rows .* held back"
ok $? "the other's is held back, and it is said that there is one"
id=$(order_new us-2703d $r "$(day 5)T00:00:00Z" "$end_first" source) &&
	order_accept "$id" && order_released "$id" "$T/first-package" anna bert
[ "$(rows_of "$T/first-package")" = "tel:+155501$((number - 1)),1" ]
ok $? "an order for the first owner gets the first one's"
python3 - "$T/first-package" "$T/second-package" <<'PY'
import json, sys
def sealed(folder):
    proof = json.load(open(folder + "/proof.json"))
    return {r for p in proof["parts"] for e in p.get("envelopes", [])
            for r in e.get("rows", []) if isinstance(r, str)}
one, two = map(sealed, sys.argv[1:])
sys.exit(not (len(one) == len(two) == 1 and one != two))
PY
ok $? "neither package has the sealed octets of the other's row"
finish
