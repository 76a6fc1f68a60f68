#!/usr/bin/env bash
# Without custodians classic mode is refused. With three, of whom two open: an
# order gets exactly its rows, by the shares of any two; one opens nothing; a
# wrong share is named; what is asked beyond the order gets no share at all.
. "$(dirname "$0")/lib.sh"
a=+15550100 b=+15550123 c=+15550142

DEMO='' server_start "$(printf 'operator_name = %s\noperator_address = %s' \
	'Müller "Nord" AG' 'Kai 1; 20457 Hamburg; +49 40 000')"
ok $? "a server starts without custodians"
grep -q 'classic lookups are off' "$T/server.log"
ok $? "and says that classic lookups are off, and how to get them"
curl -sk "$URL/v1/policy" | grep -q '"modes": \[\]'
ok $? "its policy offers no mode"
server_stop
true_that "three custodians make a key that two open" \
	ceremony 2 anna bert cleo
! find "$DATA" -name 'custodian.box' | grep -q .
ok $? "no share is in the data directory"
false_that "another group is not set up over it" ctl custodians set-up \
	"$T/c/anna.group"

PORT=0 server_start && register alice $a && register bob $b &&
	as alice lookup $b --classic >/dev/null &&
	as bob lookup $c --classic >/dev/null
ok $? "lookups are answered and their rows sealed to that key"
agency
reviewers && trusted anna bert cleo
ok $? "two reviewers have keys; the custodians have the operator's public files"
sleep 1
id=$(order_new us-2703d $a "$(today)" "$(now)" both)
false_that "nothing is asked before two people decided" \
	ctl order request "$id" -o "$T/x"
false_that "nobody decides without a key" ctl order decide "$id" --as ann \
	accept --why fine
ctl order decide "$id" --as ann accept --why fine --sign-key "$T/ann.key" \
	--passphrase-file "$T/passphrase" >/dev/null &&
	ctl order confirm "$id" --as ben --sign-key "$T/ben.key" \
		--passphrase-file "$T/passphrase" >/dev/null
ok $? "two people decide, each by a key"
false_that "nothing is asked before the public log has the commitment" \
	ctl order request "$id" -o "$T/x"
true_that "it is committed" ctl order commit "$id"

ctl order request "$id" -o "$T/find" >/dev/null
ok $? "the clerk asks which envelopes are the order's"
custodian anna review "$T/find" >"$T/screen"
grep -q -- "$a" "$T/screen" && grep -q "us-2703d" "$T/screen" &&
	[ "$(wc -l <"$T/screen")" -le 24 ]
ok $? "a custodian reads on one screen what is asked"
for n in anna bert cleo; do
	custodian $n release "$T/find" -o "$T/f.$n" >/dev/null
done
false_that "one custodian's shares find nothing" ctl order request "$id" \
	--shares "$T/f.anna" -o "$T/x"
false_that "nor do they twice" ctl order request "$id" \
	--shares "$T/f.anna" "$T/f.anna" -o "$T/x"
true_that "two find" ctl order request "$id" --shares "$T/f.anna" \
	"$T/f.bert" -o "$T/open"
for n in anna bert cleo; do
	custodian $n release "$T/open" -o "$T/o.$n" >/dev/null
done
false_that "one opens nothing" ctl order package "$id" \
	--shares "$T/o.cleo" -o "$T/p0"
python3 - "$T/o.bert" "$T/lie" <<'PY'
import json, sys
j = json.load(open(sys.argv[1]))
s = j["shares"][0]
j["shares"][0] = s[:60] + ("A" if s[60] != "A" else "B") + s[61:]
json.dump(j, open(sys.argv[2], "w"))
PY
ctl order package "$id" --shares "$T/o.anna" "$T/lie" -o "$T/p1" 2>"$T/err"
[ $? = 1 ] && grep -q "custodian 2 gave a wrong share" "$T/err"
ok $? "a custodian who lies is named"
ctl order package "$id" --shares "$T/o.anna" "$T/lie" "$T/o.cleo" \
	-o "$T/package" >/dev/null 2>"$T/err"
[ $? = 0 ] && grep -q "custodian 2 gave a wrong share" "$T/err"
ok $? "and with a third the package is made all the same"
[ "$(($(wc -l <"$T/package/rows.csv") - 1))" = 1 ] &&
	grep -q "tel:$a,tel:$b" "$T/package/rows.csv"
ok $? "it has the one row of that number"
if command -v pdftotext >/dev/null; then
	pdftotext -layout "$T/package/response.pdf" "$T/letter.txt" &&
		grep -q '^  *Kai 1$' "$T/letter.txt" &&
		grep -q '^Müller "Nord" AG  *20457 Hamburg$' "$T/letter.txt"
	ok $? "its letter has the operator's name and address"
else
	skip "its letter has the operator's name and address" "no pdftotext"
fi
verify "$T/package" | grep -q "^VERIFIED 1 rows, complete for tel:$a"
ok $? "and anybody can verify it"
[ "$(wc -l <"$T/c/anna/released.log")" = 2 ]
ok $? "each custodian has written down what he released"

# --- one sitting: the passphrase once, both files waited for
sitting=()
for n in anna bert; do
	custodian $n attend "$T/find.2" "$T/open.2" -o "$T/s.$n" >/dev/null &
	sitting+=($!)
done
head -c 100 "$T/find" >"$T/find.2" # a copy under way is not read yet
sleep 1
[ ! -e "$T/s.anna.find" ] && cp "$T/find" "$T/find.2.part" &&
	mv "$T/find.2.part" "$T/find.2"
for _ in $(seq 200); do
	[ -s "$T/s.anna.find" ] && [ -s "$T/s.bert.find" ] && break
	sleep 0.1
done
ctl order request "$id" --shares "$T/s.anna.find" "$T/s.bert.find" \
	-o "$T/open.2" >/dev/null
for _ in $(seq 200); do
	[ -s "$T/s.anna.open" ] && [ -s "$T/s.bert.open" ] && break
	sleep 0.1
done
ctl order package "$id" --shares "$T/s.anna.open" "$T/s.bert.open" \
	-o "$T/sitting" >/dev/null
cmp -s "$T/sitting/rows.csv" "$T/package/rows.csv"
ok $? "two custodians in one sitting answer both requests of an order"
true_that "and then they have left" wait "${sitting[@]}"
! custodian anna attend "$T/open" "$T/open" -o "$T/no" >/dev/null 2>"$T/err" &&
	grep -q "not a request to find" "$T/err" && [ ! -e "$T/no.find" ]
ok $? "in a sitting the first request only finds"
other=$(order_new us-2703d $b "$(today)" "$(now)" both) &&
	order_accept "$other" && ctl order request "$other" -o "$T/find.b" >/dev/null
! custodian anna attend "$T/find.b" "$T/open" -o "$T/no" >/dev/null 2>"$T/err" &&
	grep -q "of another order" "$T/err" && [ ! -e "$T/no.open" ]
ok $? "and the second is of the same order"

# --- a patched clerk tool: the request is changed before a custodian reads it
patched() { # patched SENTENCE FILE PYTHON
	python3 - "$2" "$T/patched" "$3" <<'PY'
import json, sys
q = json.load(open(sys.argv[1]))
exec(sys.argv[3])
json.dump(q, open(sys.argv[2], "w"))
PY
	custodian anna release "$T/patched" -o "$T/patched.out" \
		>/dev/null 2>"$T/err"
	[ $? = 1 ] && [ ! -e "$T/patched.out" ] && [ -s "$T/err" ]
	ok $? "$1 gets no share"
}
patched "another number" "$T/find" "q['order']['targets'][0]['handle']='tel:$c'"
patched "a day more" "$T/find" "q['order']['window']['to']='2099-01-01T00:00:00Z'"
patched "another direction of the envelope" "$T/open" \
	"[e.update(direction=3-e['direction']) for e in q['envelopes']]"
patched "a review that was signed for another order" "$T/find" \
	"q['reviews'][1]['signature']=q['reviews'][0]['signature']"
patched "one person as two" "$T/find" "q['reviews'][1]=q['reviews'][0]"
patched "an order that is not in the log" "$T/find" "q['index']=0"
patched "a checkpoint of another log" "$T/find" \
	"q['checkpoint']=q['checkpoint'].replace('tacet.log/','tacet.log/0',1)"
sed -i '1s/Example/Exemple/' "$DATA/orders/events.log"
ctl order list >/dev/null 2>"$T/err"
[ $? = 4 ]
ok $? "a changed event of the ledger is found: exit 4"
finish
