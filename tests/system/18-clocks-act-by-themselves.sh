#!/usr/bin/env bash
# Ends, deadlines and seals come by themselves: nobody asks for one, time alone
# does. The clock of server and clerk moves together; the public log says it all.
. "$(dirname "$0")/lib.sh"
a=+15550100

server_start || { ok 1 "a server starts"; finish; }
register alice $a
ok $? "a number registers"
sleep 1
openssl genpkey -algorithm ed25519 -out "$T/agency.pem" 2>/dev/null
openssl pkey -in "$T/agency.pem" -pubout -out "$T/agency.pub"
echo "order" >"$T/order.txt"
openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$T/order.txt" \
	-out "$T/order.sig"
ctl agency add us --name Example --country US --key "$T/agency.pub" \
	--callback desk >/dev/null
ctl agency add de --name Beispiel --country DE --key "$T/agency.pub" \
	--callback desk >/dev/null
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
new() { # new AGENCY REGIME FROM TO EXTRA...: prints the id
	local agency=$1 regime=$2 from=$3 to=$4
	shift 4
	ctl --json order new --regime "$regime" --agency "$agency" --handle $a \
		--from "$from" --to "$to" --direction both --authority Court \
		--ref 1 --offence 'an offence' --document "$T/order.txt" \
		--signature "$T/order.sig" "$@" |
		grep -oE 'ord-[0-9a-z-]+' | head -n 1
}
accept() { # accept ID...: two people
	local id
	for id; do
		ctl order decide "$id" --as ann accept --why fine --called-back \
			>/dev/null && ctl order confirm "$id" --as ben >/dev/null &&
			ctl order commit "$id" >/dev/null || return 1
	done
}
state() { ctl --json order show "$1" | grep -o '"state":"[a-z]*"' | cut -d'"' -f4; }
flag() { ctl --json order show "$1" | grep -q "\"$2\":true"; }
# days DAYS: that many days from now, for the server and the clerk
days() {
	local s
	s=$(awk "BEGIN { printf \"%d\", $1 * 86400 }")
	server_reload "clock_offset = $s"
	export TACETCTL_CLOCK_OFFSET=$s
}
report() { # report FIELD: of the whole year, summed over its lines
	ctl report --from "$(date -u -d '-1 day' +%F)" \
		--to "$(date -u -d '+400 days' +%F)" --format json |
		grep -oE "\"$1\": [0-9]+" | awk '{ n += $2 } END { print n + 0 }'
}

past=$(at '-1 hour') now=$(at now)
sealed=$(new us us-2703d "$past" "$now" --class SUBSCRIBER \
	--seal-until "$(at '+30 days')")
longer=$(new us us-2703d "$past" "$now" --class SUBSCRIBER \
	--seal-until "$(at '+30 days')")
open=$(new us us-2703d "$past" "$now" --class SUBSCRIBER --seal-until open)
bare=$(new us us-2703d "$past" "$now" --class SUBSCRIBER)
pen=$(new us us-prtt "$(at '+30 seconds')" "$(at '+10 days')" \
	--class TRAFFIC_QUERY)
keep=$(new us us-2703f "$past" "$now" --class TRAFFIC_QUERY)
epoc=$(new de eu-epoc "$past" "$now" --class SUBSCRIBER)
alone=$(new us us-2702 "$past" "$now" --class SUBSCRIBER --emergency life)
followed=$(new us us-2702 "$past" "$now" --class SUBSCRIBER --emergency life)
no=$(new us us-subpoena "$past" "$now" --class SUBSCRIBER)
accept "$sealed" "$longer" "$open" "$bare" "$pen" "$keep" "$alone" "$followed"
ok $? "two people accept eight orders, and the log has them"
ctl order decide "$no" --as ann refuse --why 'not ours' >/dev/null &&
	ctl order confirm "$no" --as ben >/dev/null && [ "$(state "$no")" = refused ]
ok $? "and refuse one"
n=0
for id in "$sealed" "$longer" "$open" "$bare" "$alone" "$followed"; do
	ctl order package "$id" -o "$T/p$n" >/dev/null || break
	n=$((n + 1))
done
[ $n = 6 ]
ok $? "six packages are written"
true_that "at first nothing is due but the refusal's entry" ctl order tick
[ "$(report orders_ever)" = 9 ] && [ "$(report refuse)" = 1 ] &&
	[ "$(report notices)" = 0 ]
ok $? "the refusal is counted in the public log, and nobody is told yet"

next=$(new us us-2703d "$past" "$now" --class SUBSCRIBER --parent "$followed")
accept "$next"
ok $? "an order follows one of the two emergencies"
texts=$(sms_count $a)
days 1.9
true_that "time passes" ctl order tick
! flag "$alone" unconfirmed
ok $? "before 48 hours an emergency is not yet unconfirmed"
flag "$bare" opened && flag "$bare" noticed
ok $? "an order without a seal is open a day after its package, and told"
days 2.1
true_that "time passes" ctl order tick
flag "$alone" unconfirmed && flag "$alone" noticed
ok $? "after 48 hours the log counts it, and the target is told"
! flag "$followed" unconfirmed
ok $? "an emergency that an order followed is not counted"
[ "$(report emergencies_never_confirmed)" = 1 ]
ok $? "the report has one emergency that was never confirmed"
[ -s "$DATA/orders/notices/$alone.txt" ] &&
	! grep -q 5550100 "$DATA/orders/notices/$alone.txt"
ok $? "the notice is a text that names no number"
[ "$(sms_count $a)" -gt "$texts" ]
ok $? "and a short message went to the target"

days 9
true_that "time passes" ctl order tick
! flag "$epoc" overdue && [ "$(state "$pen")" = committed ]
ok $? "on day 9 the EPOC is not late and the pen register runs"
days 10.1
ctl order list >/dev/null # any verb does what is due
flag "$epoc" overdue
ok $? "on day 10 the EPOC is late, and says so"
grep -q "\"event\":\"stopped\",.*\"order\":\"$pen\"" "$DATA/orders/events.log"
ok $? "and the pen register has stopped"
days 17.2
ctl order list >/dev/null
[ "$(state "$pen")" = expired ]
ok $? "a week later it is over"
false_that "and gives nothing any more" ctl order package "$pen" -o "$T/late"

echo "longer" >"$T/longer.txt"
openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$T/longer.txt" \
	-out "$T/longer.sig"
false_that "a seal is not extended without a signature" ctl order extend \
	"$longer" --seal-until "$(at '+60 days')" --document "$T/longer.txt" \
	--signature "$T/order.sig"
true_that "and is with one" ctl order extend "$longer" --seal-until \
	"$(at '+60 days')" --document "$T/longer.txt" --signature "$T/longer.sig"
days 29
true_that "time passes" ctl order tick
! flag "$sealed" opened
ok $? "a seal holds until its end"
false_that "and nobody tells before it" ctl order notice "$sealed"
days 30.1
true_that "time passes" ctl order tick
flag "$sealed" opened && flag "$sealed" noticed && ! flag "$longer" opened
ok $? "then it is open and the target is told; the extended one is not"
days 60.1
true_that "time passes" ctl order tick
flag "$longer" opened
ok $? "the extended one opens at its new end"

renew() { # renew DAYS
	ctl --json order extend "$keep" --to "$(at "+$1 days")" --document \
		"$T/longer.txt" --signature "$T/longer.sig" | grep -oE \
		'ord-[0-9a-z-]+' | head -n 1
}
days 89
id=$(renew 181)
false_that "a preservation is not renewed by 91 days" ctl order decide "$id" \
	--as ann accept --why fine
id=$(renew 179)
accept "$id"
ok $? "but by 90 days"
days 90.1
ctl order list >/dev/null
[ "$(state "$keep")" = expired ] && [ "$(state "$id")" = committed ]
ok $? "the first 90 days end, and the renewal holds"
days 181
true_that "time passes" ctl order tick
flag "$open" opened && [ "$(state "$id")" = expired ]
ok $? "a gag without an end is over after 180 days, and so is the renewal"
[ "$(report gags_open_ended)" = 2 ]
ok $? "and is counted as one without an end, as is the pen register"

before=$(wc -l <"$DATA/orders/events.log")
true_that "a second tick finds nothing to do" ctl order tick
[ "$before" = "$(wc -l <"$DATA/orders/events.log")" ]
ok $? "and writes nothing"
ctl report --from 2020-01-01 --to 2100-01-01 --format json >"$T/report.json"
cp "$DATA/trust.json" "$T/trust.json"
verify() { "$TACET_BIN/tacet-verify" --trust "$T/trust.json" --log "$DATA/log" \
	report "$1"; }
true_that "anybody counts the report again from the public log" verify \
	"$T/report.json"
sed 's/"refuse": 1/"refuse": 0/' "$T/report.json" >"$T/lie.json"
false_that "and finds what it leaves out" verify "$T/lie.json"
grep -q 'orders: the log counts otherwise' "$T/last.err"
ok $? "by its name"
server_stop
ctl report --from 2020-01-01 --to 2100-01-01 --format html >"$T/report.html" &&
	grep -q '<td>' "$T/report.html"
ok $? "the report is a page too, from the directory alone"
finish
