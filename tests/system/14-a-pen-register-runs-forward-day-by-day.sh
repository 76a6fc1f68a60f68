#!/usr/bin/env bash
# us-prtt: from the day of the order on, each closed day once; never the past,
# never more than 60 days. The clock of server and clerk moves together.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123 c=+15550142

server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
openssl genpkey -algorithm ed25519 -out "$T/agency.pem" 2>/dev/null
openssl pkey -in "$T/agency.pem" -pubout -out "$T/agency.pub"
echo "order" >"$T/order.txt"
openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$T/order.txt" \
	-out "$T/order.sig"
ctl agency add ex --name Example --country US --key "$T/agency.pub" \
	--callback desk >/dev/null
new() { # new FROM TO: prints the id
	ctl --json order new --regime us-prtt --agency ex --handle $a --from "$1" \
		--to "$2" --direction source --class TRAFFIC_QUERY \
		--authority Court --ref 1 --offence '18 USC 1343' \
		--document "$T/order.txt" --signature "$T/order.sig" |
		grep -oE 'ord-[0-9a-z-]+' | head -n 1
}
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }

as alice lookup $c --classic >/dev/null # before the order: not in it
sleep 1
past=$(new "$(at '-1 hour')" "$(at '+1 day')")
false_that "an order that begins in the past is not accepted" \
	ctl order decide "$past" --as ann accept --why fine
long=$(new "$(at '+1 minute')" "$(at '+61 days')")
false_that "an order of more than 60 days is not accepted" \
	ctl order decide "$long" --as ann accept --why fine

id=$(new "$(at '+2 seconds')" "$(at '+30 days')")
ctl order decide "$id" --as ann accept --why fine >/dev/null &&
	ctl order confirm "$id" --as ben >/dev/null
ok $? "an order from now on is accepted and confirmed"
sleep 2
as alice lookup $b --classic >/dev/null
as bob lookup $c --classic >/dev/null
ctl order package "$id" -o "$T/out" >"$T/out.txt"
[ "$(find "$T/out" -name rows.csv | wc -l)" = 0 ]
ok $? "today is not given: it is not closed"

server_reload "clock_offset = 86400"
export TACETCTL_CLOCK_OFFSET=86400
ctl order package "$id" -o "$T/out" >"$T/out.txt"
day=$T/out/day-$(date -u +%Y-%m-%d)
[ -f "$day/rows.csv" ] && [ "$(find "$T/out" -name rows.csv | wc -l)" = 1 ]
ok $? "a day later the closed day is given"
[ "$(($(wc -l <"$day/rows.csv") - 1))" = 1 ] &&
	grep -q "tel:$a,tel:$b" "$day/rows.csv"
ok $? "with the one question that came after the order began"
before=$(sha256sum "$day/MANIFEST.json")
ctl order package "$id" -o "$T/out" >"$T/out.txt"
[ "$before" = "$(sha256sum "$day/MANIFEST.json")" ] &&
	[ "$(find "$T/out" -name rows.csv | wc -l)" = 1 ]
ok $? "and is not given again"
finish
