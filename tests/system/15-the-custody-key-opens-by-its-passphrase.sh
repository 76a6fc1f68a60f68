#!/usr/bin/env bash
# Without custodians classic mode is refused; with a key set up by the operator
# rows are sealed to it, and only its file and passphrase open them.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123

DEMO='' server_start
ok $? "a server starts without custodians"
grep -q 'classic lookups are off' "$T/server.log"
ok $? "and says that classic lookups are off, and how to get them"
curl -sk "$URL/v1/policy" | grep -q '"modes": \[\]'
ok $? "its policy offers no mode"
server_stop
echo "correct horse battery staple" >"$T/passphrase"
echo "wrong" >"$T/wrong"
true_that "the operator sets a custody key up" ctl custodians set-up \
	--threshold 1 "$T/custody.key" --passphrase-file "$T/passphrase"
false_that "and not a second one over it" ctl custodians set-up \
	--threshold 1 "$T/other.key" --passphrase-file "$T/passphrase"
[ "$(stat -c %a "$T/custody.key")" = 600 ] && ! [ -e "$DATA/custody/records.key" ]
ok $? "the secret is in the file and not in the data directory"

PORT=0 server_start && register alice $a && register bob $b &&
	as alice lookup $b --classic >/dev/null
ok $? "a lookup is answered and its row sealed to that key"
sleep 1
openssl genpkey -algorithm ed25519 -out "$T/agency.pem" 2>/dev/null
openssl pkey -in "$T/agency.pem" -pubout -out "$T/agency.pub"
echo "order" >"$T/order.txt"
openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$T/order.txt" \
	-out "$T/order.sig"
ctl agency add ex --name Example --country US --key "$T/agency.pub" \
	--callback desk >/dev/null
id=$(ctl --json order new --regime us-2703d --agency ex --handle $a \
	--from "$(date -u +%Y-%m-%dT00:00:00Z)" \
	--to "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --direction source \
	--class TRAFFIC_QUERY --class SUBSCRIBER --authority Court --ref 1 \
	--offence '18 USC 1343' --document "$T/order.txt" \
	--signature "$T/order.sig" | grep -oE 'ord-[0-9a-z-]+' | head -n 1)
false_that "nothing is opened before two people decided" ctl order package \
	"$id" -o "$T/p0" --custody "$T/custody.key" \
	--passphrase-file "$T/passphrase"
for who in ann ben; do
	ctl reviewer key "$T/$who.key" --passphrase-file "$T/passphrase" \
		>"$T/$who.pub" && ctl reviewer add $who --key "$T/$who.pub" >/dev/null
done
false_that "nobody decides without a key" ctl order decide "$id" --as ann \
	accept --why fine
ctl order decide "$id" --as ann accept --why fine --sign-key "$T/ann.key" \
	--passphrase-file "$T/passphrase" >/dev/null &&
	ctl order confirm "$id" --as ben --sign-key "$T/ben.key" \
		--passphrase-file "$T/passphrase" >/dev/null
ok $? "two people decide, each by a key"
false_that "a wrong passphrase opens nothing" ctl order package "$id" \
	-o "$T/p1" --custody "$T/custody.key" --passphrase-file "$T/wrong"
true_that "the right one makes the package" ctl order package "$id" \
	-o "$T/p2" --custody "$T/custody.key" --passphrase-file "$T/passphrase"
[ "$(($(wc -l <"$T/p2/rows.csv") - 1))" = 1 ] &&
	grep -q '"found": true' "$T/p2/subscriber.json"
ok $? "with the row and the subscriber's data"
sed -i '1s/Example/Exemple/' "$DATA/orders/events.log"
ctl order list >/dev/null 2>"$T/err"
[ $? = 4 ]
ok $? "a changed event of the ledger is found: exit 4"
finish
