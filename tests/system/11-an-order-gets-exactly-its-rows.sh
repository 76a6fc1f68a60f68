#!/usr/bin/env bash
# us-2703d for one handle and one day, with a second person's rows beside it.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123 c=+15550142

server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
as alice lookup $b --classic >/dev/null
as alice lookup $c --classic >/dev/null
as bob lookup $c --classic >/dev/null
mkdir "$T/c"
openssl genpkey -algorithm ed25519 -out "$T/agency.pem" 2>/dev/null
openssl pkey -in "$T/agency.pem" -pubout -out "$T/agency.pub"
echo "order" >"$T/order.txt"
openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$T/order.txt" \
	-out "$T/order.sig"
true_that "an agency is enrolled with its key" ctl agency add ex \
	--name Example --country US --key "$T/agency.pub" --callback desk
sleep 1
today=$(date -u +%Y-%m-%d)
order() { # order REGIME FROM TO EXTRA...: prints the id
	local regime=$1 from=$2 to=$3
	shift 3
	ctl --json order new --regime "$regime" --agency ex --handle $a \
		--from "$from" --to "$to" --class TRAFFIC_QUERY \
		--authority Court --ref 1 --offence '18 USC 1343' \
		--document "$T/order.txt" --signature "$T/order.sig" "$@"
}
order us-2703d "${today}T00:00:00Z" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
	--direction both >"$T/out" 2>&1
id=$(grep -oE 'ord-[0-9a-z-]+' "$T/out" | head -n 1)
[ -n "$id" ]
ok $? "a 2703(d) order is received"
true_that "one person decides" ctl order decide "$id" --as ann accept --why fine
false_that "the same person cannot confirm" ctl order confirm "$id" --as ann
true_that "another person confirms" ctl order confirm "$id" --as ben
true_that "a package is written" ctl order package "$id" -o "$T/package"
[ "$(($(wc -l <"$T/package/rows.csv") - 1))" = 2 ]
ok $? "it has exactly the two rows of that handle"
! grep -q "tel:$b,tel:" "$T/package/rows.csv"
ok $? "no row asked by another handle is in it"
(cd "$T/package" && [ -f rows.json ] && [ -f order.json ] &&
	[ -f MANIFEST.json ] && [ -f MANIFEST.sig ])
ok $? "it has rows.json, order.json and a signed manifest"
for f in rows.csv rows.json order.json; do
	grep -q "$(sha256sum <"$T/package/$f" | cut -d' ' -f1)" \
		"$T/package/MANIFEST.json"
	ok $? "the manifest holds the hash of $f"
done

verify "$T/package" >"$T/verified" 2>"$T/last.err"
ok $? "anybody can verify it"
grep -q "^VERIFIED 2 rows, complete for tel:$a " "$T/verified"
ok $? "and is told what it is complete for"
tar -tf "$T/package.tar" | grep -q '^package/rows.csv$' &&
	tar -xOf "$T/package.tar" package/rows.csv | cmp -s - "$T/package/rows.csv"
ok $? "the package is there as one archive"
true_that "an agency makes itself a key to receive by" \
	age-keygen -o "$T/agency.age"
to=$(sed -n 's/^# public key: //p' "$T/agency.age")
ctl order package "$id" -o "$T/sealed" --recipient "$to" >/dev/null &&
	[ ! -e "$T/sealed.tar" ] &&
	age -d -i "$T/agency.age" "$T/sealed.tar.age" | tar -xf - -C "$T/c" \
		--one-top-level=opened && verify "$T/c/opened/sealed" >/dev/null
ok $? "and sealed to an agency it is opened by that one and verifies"
as alice file --trust "$DATA/trust.json" >"$T/file"
grep -q "^2 of 2 rows are in segments.*the one you trust" "$T/file"
ok $? "she sees the same rows, proved by the same log"
cp -r "$T/package" "$T/less"
sed -i '$d' "$T/less/rows.csv"
false_that "a package with a row removed is not verified" verify "$T/less"
cp -r "$T/package" "$T/more"
cp "$T/more/rows.csv" "$T/more/rows2.csv"
false_that "a package with a file added is not verified" verify "$T/more"

tomorrow=$(date -u -d tomorrow +%Y-%m-%d)
order us-2703d "${today}T00:00:00Z" "${tomorrow}T00:00:00Z" --direction both \
	>"$T/out" 2>&1
id=$(grep -oE 'ord-[0-9a-z-]+' "$T/out" | head -n 1)
if [ -n "$id" ]; then
	false_that "an order that runs forward under 2703(d) is not accepted" \
		ctl order decide "$id" --as ann accept --why fine
else
	ok 0 "an order that runs forward under 2703(d) is not accepted"
fi
order us-subpoena "${today}T00:00:00Z" "${today}T00:00:01Z" \
	--direction both >"$T/out" 2>&1
id=$(grep -oE 'ord-[0-9a-z-]+' "$T/out" | head -n 1)
if [ -n "$id" ]; then
	false_that "a subpoena gets no query rows" \
		ctl order decide "$id" --as ann accept --why fine
else
	ok 0 "a subpoena gets no query rows"
fi
grep -qE '2703' "$T/last.err" "$T/out" 2>/dev/null
ok $? "and the refusal names its rule"
finish
