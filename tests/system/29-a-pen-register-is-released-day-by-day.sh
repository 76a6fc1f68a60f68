#!/usr/bin/env bash
# us-prtt with three custodians, of whom two open: each closed day is its own
# request, its own release and its own package; today is not given, a day is not
# given twice, and after the end nothing more is.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
a=+15550100 b=+15550123 c=+15550142
rows() { echo $(($(wc -l <"$1/rows.csv") - 1)); }
# give DAY NAME...: the package of that day by these custodians
give() {
	local d=$1 n s1=() s2=()
	shift
	ctl order request "$id" --day "$d" -o "$T/find" >/dev/null || return 1
	for n in "$@"; do
		custodian "$n" release "$T/find" -o "$T/f.$n" >/dev/null || return 1
		s1+=("$T/f.$n")
	done
	ctl order request "$id" --day "$d" --shares "${s1[@]}" -o "$T/open" \
		>/dev/null || return 1
	for n in "$@"; do
		custodian "$n" release "$T/open" -o "$T/o.$n" >/dev/null || return 1
		s2+=("$T/o.$n")
	done
	ctl order package "$id" --day "$d" --shares "${s2[@]}" -o "$T/out" \
		>/dev/null
}

DEMO='' clock_at 0 && server_stop && quick_ceremony 2 anna bert cleo
ok $? "three custodians make a key that two open"
clock_at 0 && register alice $a && register bob $b
ok $? "two numbers register"
agency
reviewers && trusted anna bert cleo
ok $? "reviewers and custodians have their keys"
as alice lookup $c --classic >/dev/null # before the order: not in it
sleep 1
from=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)
to=$(date -u -d "$(day 2)" +%Y-%m-%dT12:00:00Z)
id=$(order_new us-prtt $a "$from" "$to" source) && order_accept "$id"
ok $? "an order from now on, to noon of the day after tomorrow, is committed"
sleep 2
as alice lookup $b --classic >/dev/null && as bob lookup $a --classic >/dev/null
false_that "today is not asked for: it is not closed" \
	ctl order request "$id" -o "$T/x"

clock_at 1 && as alice lookup $c --classic >/dev/null &&
	as alice lookup $b --classic >/dev/null
ok $? "the next day she asks again"
give "$(day 0)" anna bert
ok $? "the first day is released by two custodians"
[ "$(rows "$T/out/day-$(day 0)")" = 1 ] &&
	verify "$T/out/day-$(day 0)" | grep -q "^VERIFIED 1 rows, complete for tel:$a"
ok $? "with the one row after the order began; it verifies for that day"
false_that "that day's shares give no other day" ctl order package "$id" \
	--day "$(day 1)" --shares "$T/o.anna" "$T/o.bert" -o "$T/out"

clock_at 2
give "$(day 1)" bert cleo
ok $? "the second day is released by two others"
[ "$(rows "$T/out/day-$(day 1)")" = 2 ] &&
	verify "$T/out/day-$(day 1)" | grep -q "^VERIFIED 2 rows"
ok $? "with its two rows"
false_that "a day is not given twice into one place" give "$(day 1)" bert cleo

clock_at 3
give "$(day 2)" anna cleo && [ "$(rows "$T/out/day-$(day 2)")" = 0 ]
ok $? "the last day, to noon, has nothing; and that is proved"
false_that "behind the end there is nothing to give" \
	ctl order request "$id" -o "$T/x"
false_that "nor by naming a day" ctl order request "$id" --day "$(day 3)" \
	-o "$T/x"
finish
