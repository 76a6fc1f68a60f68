#!/usr/bin/env bash
# Who asks and who decides: forged signatures, one person under two names, fake
# emergencies, a number that changed hands, an order one day too long.
. "$(dirname "$0")/lib.sh"
a=+15550100

server_start || { ok 1 "a server starts"; finish; }
register alice $a
ok $? "a number registers"
sleep 1
for who in agency thief; do
	openssl genpkey -algorithm ed25519 -out "$T/$who.pem" 2>/dev/null
	openssl pkey -in "$T/$who.pem" -pubout -out "$T/$who.pub"
done
echo "order" >"$T/order.txt"
echo "another" >"$T/another.txt"
sign() { # sign WHO FILE SIGNATURE
	openssl pkeyutl -sign -rawin -inkey "$T/$1.pem" -in "$2" -out "$3"
}
sign agency "$T/order.txt" "$T/good.sig"
sign thief "$T/order.txt" "$T/forged.sig"
sign agency "$T/another.txt" "$T/another.sig"
ctl agency add ex --name Example --country US --key "$T/agency.pub" \
	--callback 'desk, extension 5' >/dev/null
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ; }
# new SIGNATURE EXTRA...: fills ID
new() {
	local sig=$1
	shift
	ctl --json order new --agency ex --handle $a --direction both \
		--authority Court --ref 1 --offence 'an offence' \
		--document "$T/order.txt" --signature "$sig" "$@" >"$T/out" \
		2>"$T/err"
	ID=$(grep -oE 'ord-[0-9a-z-]+' "$T/out" | head -n 1)
}
accept() { ctl order decide "$1" --as ann accept --why fine "${@:2}"; }
stored() { new "$1" --regime us-2703d --class SUBSCRIBER --from "$FROM" \
	--to "$TO" "${@:2}"; }
FROM=$(at '-1 hour') TO=$(at now)

# who asks
stored "$T/forged.sig"
false_that "an order signed by another key is not accepted" accept "$ID"
grep -q 'signed by the enrolled key' "$T/last.err"
ok $? "and the refusal says so"
stored "$T/another.sig"
false_that "nor one whose signature is of another document" accept "$ID"
head -c 63 "$T/good.sig" >"$T/short.sig"
stored "$T/short.sig"
false_that "nor one with a torn signature" accept "$ID"
new "$T/forged.sig" --agency stranger --regime us-2703d --class SUBSCRIBER \
	--from "$FROM" --to "$TO"
false_that "nor one of an agency that nobody enrolled" accept "$ID"

# who decides
stored "$T/good.sig"
true_that "one person decides" accept "$ID"
for name in ann Ann ' ann' 'A.n.n' $'a\u200bnn' $'\u0430nn' 'ａnn' 'ánn'; do
	false_that "another spelling of that person's name cannot confirm" \
		ctl order confirm "$ID" --as "$name"
done
key=$(ctl reviewer list | sed -n 's/  ann$//p')
[ ${#key} = 64 ]
ok $? "that person has one key"
openssl pkey -in "$T/thief.pem" -pubout -out "$T/thief.pub"
true_that "a person is added with a key of his own" ctl reviewer add carl \
	--key "$T/thief.pub"
false_that "the same key under another name is refused" ctl reviewer add dora \
	--key "$T/thief.pub"
false_that "another key under a like name is refused" ctl reviewer add 'C arl' \
	--key "$T/agency.pub"
false_that "and a named person does not decide without his key" \
	ctl order confirm "$ID" --as carl
echo passphrase >"$T/passphrase"
ctl reviewer key "$T/eve.key" --passphrase-file "$T/passphrase" >"$T/eve.pub"
ctl reviewer add eve --key "$T/eve.pub" >/dev/null
false_that "nor with somebody else's" ctl order confirm "$ID" --as carl \
	--sign-key "$T/eve.key" --passphrase-file "$T/passphrase"
echo wrong >"$T/wrong"
false_that "nor with a wrong passphrase" ctl order confirm "$ID" --as eve \
	--sign-key "$T/eve.key" --passphrase-file "$T/wrong"
true_that "another person confirms with his own key" ctl order confirm "$ID" \
	--as eve --sign-key "$T/eve.key" --passphrase-file "$T/passphrase"
false_that "and nobody confirms twice" ctl order confirm "$ID" --as ben
cp "$DATA/orders/events.log" "$T/events"
cp "$DATA/orders/reviewers.json" "$T/reviewers"
sed -i 's/"name": "eve"/"name": "carl"/' "$DATA/orders/reviewers.json"
stored "$T/good.sig"
accept "$ID" >/dev/null 2>&1
[ $? = 4 ]
ok $? "a roster in which one person stands twice is damage: exit 4"
cp "$T/reviewers" "$DATA/orders/reviewers.json"

# a fake emergency: the mail is signed by nobody we know
fake() { new "$1" --regime us-2702 --class "$2" --from "$FROM" --to "$TO" \
	--emergency 'somebody is in danger'; }
fake "$T/forged.sig" SUBSCRIBER
false_that "a fake emergency is not accepted" accept "$ID" --called-back
fake "$T/good.sig" TRAFFIC_QUERY
false_that "an emergency gets no query rows" accept "$ID" --called-back
fake "$T/good.sig" SUBSCRIBER
false_that "a signed one is not accepted before we have called back" \
	ctl order decide "$ID" --as eve accept --why fine --sign-key "$T/eve.key" \
	--passphrase-file "$T/passphrase"
grep -q 'desk, extension 5' "$T/last.err"
ok $? "by the number of our own directory"
true_that "and then is" accept "$ID" --called-back
fake "$T/good.sig" SUBSCRIBER
false_that "a fourth emergency of a day is too many" accept "$ID" --called-back

# another person's number
false_that "without a server nobody knows who held the number" bash -c \
	"mv '$DATA/admin.sock' '$DATA/admin.off'; '$TACET_BIN/tacetctl' --data \
	'$DATA' --json order new --regime us-2703d --agency ex --handle $a --from \
	'$FROM' --to '$TO' --direction both --class SUBSCRIBER --authority C --ref \
	1 --offence x --document '$T/order.txt' --signature '$T/good.sig' |
	tee '$T/out' | grep -vq '\"pass\":false'"
grep -q 'is tacetd running' "$T/out"
ok $? "and the check says so"
ID=$(grep -oE 'ord-[0-9a-z-]+' "$T/out" | head -n 1)
false_that "so that it is not accepted" accept "$ID"
mv "$DATA/admin.off" "$DATA/admin.sock"
true_that "with the server there the checks are run again" ctl order check "$ID"
true_that "and it is accepted" accept "$ID"
sleep 1
before=$(at now)
sleep 1
register mallory $a
ok $? "the number passes to another person"
sleep 1
FROM=$(at '-1 hour') TO=$(at now)
stored "$T/good.sig"
false_that "a window over both people is not accepted" accept "$ID"
grep -q 'another person held this number' "$T/last.err"
ok $? "because another person held this number"
true_that "narrowed to the first person's time it is" ctl order decide "$ID" \
	--as ann narrow --why 'the first owner' --to "$before"
ctl --json order show "$ID" | grep -q '"epoch":1'
ok $? "and names whose number is meant"

# one day too long
days() { new "$T/good.sig" --regime us-prtt --class TRAFFIC_QUERY --from \
	"$(at '+1 hour')" --to "$(at "+1 hour +$1 days")"; }
days 61
false_that "a pen register of 61 days is not accepted" accept "$ID"
grep -q '18 USC 3123(c)(1)' "$T/last.err"
ok $? "by its paragraph"
true_that "one day less and it is" ctl order decide "$ID" --as ann narrow \
	--why '60 days' --to "$(at '+1 hour +60 days -1 minute')"

# nothing of this is edited
cmp -s <(head -c "$(stat -c %s "$T/events")" "$DATA/orders/events.log") \
	"$T/events"
ok $? "what was written stands as it was written"
sed -i '0,/"decision":"accept"/s//"decision":"refuse"/' "$DATA/orders/events.log"
ctl order list >/dev/null 2>"$T/err"
[ $? = 4 ]
ok $? "a changed decision is found: exit 4"
false_that "a text that cannot stand in a letter is refused as it comes in" \
	ctl order new --regime us-2703d --agency ex --handle +15550100 \
	--from 2026-01-01T00:00:00Z --to 2026-01-02T00:00:00Z --direction both \
	--class TRAFFIC_QUERY --authority "$(printf 'Co\033[31murt')" --ref 1 \
	--offence '18 USC 1343' --document "$T/order.txt"
grep -q "^tacetctl: authority: " "$T/last.err"
ok $? "and named"
finish
