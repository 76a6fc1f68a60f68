#!/usr/bin/env bash
# The whole table of processes and classes, through the clerk's tool: what may be
# given is accepted, what may not is refused by its paragraph; nothing reaches a
# key. Then the same orders as an agency sends them, JSON and XML.
. "$(dirname "$0")/lib.sh"
a=+15550100

server_start || { ok 1 "a server starts"; finish; }
register alice $a
ok $? "a number registers"
sleep 1
openssl genpkey -algorithm ed25519 -out "$T/agency.pem" 2>/dev/null
openssl pkey -in "$T/agency.pem" -pubout -out "$T/agency.pub"
sign() { # sign FILE
	openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$1" -out "$1.sig"
}
echo "order" >"$T/order.txt"
sign "$T/order.txt"
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
enrol() { # enrol ID COUNTRY
	ctl agency add "$1" --name "$1" --country "$2" --key "$T/agency.pub" \
		--callback desk >/dev/null
}
# new AGENCY REGIME ISSUER CLASS EXTRA...: fills ID, PASS
new() {
	local agency=$1 regime=$2 issuer=$3 class=$4 from to
	shift 4
	from=$(at '-1 hour') to=$now
	[ "$regime" = us-prtt ] && from=$(at '+1 hour') to=$(at '+2 days')
	ctl --json order new --regime "$regime" --agency "$agency" --handle $a \
		--from "$from" --to "$to" --direction both --class "$class" \
		--authority Someone --issuer-type "$issuer" --ref 1 \
		--offence 'an offence' --document "$T/order.txt" \
		--signature "$T/order.txt.sig" "$@" >"$T/out" 2>"$T/err"
	ID=$(grep -oE 'ord-[0-9a-z-]+' "$T/out" | head -n 1)
	PASS=1
	grep -q '"pass":false' "$T/out" && PASS=0
}

# regime, issuer, country: SUBSCRIBER IDENT TRAFFIC_QUERY CONTENT KEYS
table='us-subpoena agency US 1 1 0 0 0
us-2703d court US 1 1 1 0 0
us-warrant court US 1 1 1 1 0
us-prtt court US 0 0 1 0 0
us-2702 agency US 1 1 0 0 0
us-2703f agency US 1 1 1 1 0
eu-epoc prosecutor DE 1 1 0 0 0
eu-epoc court DE 1 1 1 1 0
eu-epoc-pr prosecutor DE 1 1 1 1 0'
n=0
while read -r regime issuer country cells; do
	n=$((n + 1))
	enrol "agency-$n" "$country"
	enrol "agency-$n-b" "$country"
	i=0 wrong=0 unnamed=0
	read -ra cell <<<"$cells"
	for class in SUBSCRIBER IDENT TRAFFIC_QUERY CONTENT KEYS; do
		extra=() who=agency-$n
		[ "$regime" = us-2702 ] && extra=(--emergency life --called-back)
		# three emergencies a day are the most of one agency
		[ "$i" -gt 2 ] && who=agency-$n-b
		new $who "$regime" "$issuer" $class "${extra[@]}"
		[ "$PASS" = "${cell[$i]}" ] || wrong=$((wrong + 1))
		if ctl order decide "$ID" --as ann accept --why fine --called-back \
			>/dev/null 2>"$T/err"; then
			[ "${cell[$i]}" = 1 ] || wrong=$((wrong + 1))
		else
			[ "${cell[$i]}" = 0 ] || wrong=$((wrong + 1))
			grep -qE 'USC|2023/1543|policy' "$T/err" ||
				unnamed=$((unnamed + 1))
		fi
		i=$((i + 1))
	done
	[ $wrong = 0 ]
	ok $? "$regime of a $issuer reaches its classes and no other"
	[ $unnamed = 0 ]
	ok $? "and each refusal names its paragraph"
done <<<"$table"

enrol x US
new x us-2703d prosecutor SUBSCRIBER
[ $PASS = 0 ]
ok $? "a prosecutor cannot issue a court's order"
new x eu-epoc court SUBSCRIBER
[ $PASS = 0 ]
ok $? "an agency of one country cannot use another's law"
new x us-2703d state-court SUBSCRIBER
[ $PASS = 0 ] && grep -q '3123(a)(2)' "$T/out"
ok $? "a state court's order without its area fails by its paragraph"
new x us-2703d state-court SUBSCRIBER --area Ohio
[ $PASS = 1 ]
ok $? "and with its area passes"
new x us-prtt court TRAFFIC_QUERY --certification ''
[ $PASS = 0 ] && grep -q '3122(b)(2)' "$T/out"
ok $? "a pen register without a certification fails by its paragraph"

# a class and a number too many are taken away, and nothing is ever added
new x us-2703d court TRAFFIC_QUERY --class CONTENT
false_that "an order that asks too much is not accepted" \
	ctl order decide "$ID" --as ann accept --why fine
false_that "and is not narrowed to more" ctl order decide "$ID" --as ann \
	narrow --why less --class TRAFFIC_QUERY --to "$(at '+1 day')"
true_that "but narrowed to what it may" ctl order decide "$ID" --as ann \
	narrow --why less --class TRAFFIC_QUERY --direction source
ctl order confirm "$ID" --as ben >/dev/null
ctl --json order show "$ID" | grep -q '"classes":\["TRAFFIC_QUERY"\]'
ok $? "and the narrowed order is the order"
true_that "it is committed to the public log" ctl order commit "$ID"
false_that "no state is left out: it cannot be delivered now" \
	ctl order deliver "$ID"

# as agencies send them
examples=$(dirname "$0")/../unit/orders
enrol ex US
for f in request-2703d.json hi1-2703d.xml; do
	# the example's days, moved to the day before this one
	sed -e "s/2026-11-10T/$(date -u -d '-2 days' +%F)T/" \
		-e "s/2026-11-12T/$(date -u -d '-1 days' +%F)T/" \
		-e "s/2026-11-01T/$(date -u -d '-9 days' +%F)T/" \
		-e "s/2026-11-24T00/$(date -u +%F)T00/" "$examples/$f" >"$T/$f"
	sign "$T/$f"
	ctl --json order import "$T/$f" --signature "$T/$f.sig" >"$T/out" 2>"$T/err"
	grep -q '"order_id"' "$T/out" && ! grep -q '"pass":false' "$T/out"
	ok $? "$f is taken in and passes"
	false_that "$f is not another agency's" ctl order import "$T/$f" \
		--signature "$T/$f.sig" --agency x
	ctl --json order import "$T/$f" >"$T/out" 2>"$T/err"
	grep -q '"pass":false' "$T/out"
	ok $? "$f without a signature fails its check"
done
sed 's/"legal_ref"/"callback": "us", "legal_ref"/' "$T/request-2703d.json" \
	>"$T/bad.json"
ctl order import "$T/bad.json" 2>"$T/err"
[ $? = 1 ] && grep -q 'callback: it is ours to say' "$T/err"
ok $? "a request cannot say whom we call back"
sed 's/<common:ApproverRole>/<common:Colour>x<\/common:Colour>&/' \
	"$T/hi1-2703d.xml" >"$T/bad.xml"
ctl order import "$T/bad.xml" 2>"$T/err"
[ $? = 1 ] && grep -q 'Colour: that element is not understood' "$T/err"
ok $? "an element that is not understood is refused by its name"
finish
