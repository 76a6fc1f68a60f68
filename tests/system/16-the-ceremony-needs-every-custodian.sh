#!/usr/bin/env bash
# A key that three custodians make and any two of them open: made, refreshed,
# shared anew with another member, with the program and with a second
# implementation (tests/model/custodian.py) among the members; what is missing,
# doubled, changed or a lie is refused by its name; a kill -9 costs nothing.
. "$(dirname "$0")/lib.sh"
export TACET_PASSPHRASE="correct horse battery staple"
MODELS=$(realpath "$(dirname "$0")/../model")
cd "$T" || exit 1

c() { # c NAME VERB...
	local who=$1
	shift
	"$TACET_BIN/tacet-custodian" --home "$who" "$@"
}
model() { python3 -B "$MODELS/custodian.py" "$@"; }
# refused SENTENCE WORD COMMAND...: exit 1, and WORD is in the one line it says
refused() {
	local what=$1 word=$2 status
	shift 2
	"$@" >"$T/last.out" 2>"$T/last.err"
	status=$?
	[ $status = 1 ] && [ "$(wc -l <"$T/last.err")" = 1 ] &&
		grep -q -- "$word" "$T/last.err"
	ok $? "$what"
}
field() { grep -o "\"$1\":\"[^\"]*\"" "$2" | head -n 1; }
# each "NAME ..." ENDING VERB...: each in turn, into NAME.ENDING
each() {
	local n names=$1 out=$2
	shift 2
	for n in $names; do
		c "$n" "$@" -o "$n.$out" >"$n.out" || return 1
	done
}
# killed NAME VERB...: runs it and kills it at eight moments of its work
killed() {
	local i pid who=$1
	shift
	for i in 02 1 3 5 7 9 11 13; do
		"$TACET_BIN/tacet-custodian" --home "$who" "$@" >"$T/last.out" 2>"$T/last.err" &
		pid=$!
		sleep "0.$i"
		kill -9 $pid 2>/dev/null
		wait $pid 2>/dev/null
	done
}

# --- a key without a dealer
c anna init anna >/dev/null && c ben init ben >/dev/null &&
	c cleo init cleo >/dev/null
ok $? "three custodians make their directories"
[ "$(stat -c %a anna)$(stat -c %a anna/custodian.box)" = 700600 ]
ok $? "which others cannot read"
refused "a second one is not made over the first" "already" c anna init anna
TACET_PASSPHRASE=wrong refused "a wrong passphrase opens nothing" \
	"wrong passphrase" c anna show
echo "$TACET_PASSPHRASE" >passphrase
(unset TACET_PASSPHRASE && c anna --passphrase-file passphrase show) |
	grep -q "^name: anna"
ok $? "the passphrase is read from a file too"
"$TACET_BIN/tacet-custodian" --version >/dev/null &&
	c anna --help | grep -q round2
ok $? "it tells its version and its verbs"
c anna rounds 2>/dev/null
[ $? = 2 ] && ! c anna round2 2>/dev/null
ok $? "a verb that is none is exit 2"
c nobody show 2>/dev/null
[ $? = 4 ]
ok $? "where no custodian is, exit 4"
all=(anna/contact.json ben/contact.json cleo/contact.json)

killed anna round1 --threshold 2 "${all[@]}" -o anna.r1
true_that "after eight kills anna makes her round 1 file" \
	c anna round1 --threshold 2 "${all[@]}" -o anna.r1
cp anna.r1 anna.first
killed anna round1 --threshold 2 "${all[@]}" -o anna.r1
c anna round1 --threshold 2 "${all[@]}" -o anna.r1 >/dev/null
cmp -s anna.first anna.r1
ok $? "and after eight more it is the same"
c ben round1 --threshold 2 cleo/contact.json anna/contact.json \
	ben/contact.json -o ben.r1 >ben.out &&
	c cleo round1 --threshold 2 "${all[@]}" -o cleo.r1 >cleo.out
ok $? "the others make theirs, in whatever order they name the members"
[ "$(grep plan ben.out)" = "$(grep plan cleo.out)" ]
ok $? "and see the same plan"

refused "a round 1 file is missing: whose" "cleo" \
	c anna round2 anna.r1 ben.r1 -o anna.r2
refused "one is there twice: which" "ben.r1: ben: a second" \
	c anna round2 anna.r1 ben.r1 ben.r1 cleo.r1 -o anna.r2
sed 's/"name":"cleo"/"name":"clea"/' ben.r1 >ben.bad
refused "a changed one: which" "ben.bad: its signature" \
	c anna round2 anna.r1 ben.bad cleo.r1 -o anna.r2
sed 's/"dealer":2/"dealer":3/' ben.r1 >ben.bad
refused "one that says another dealer: which" "ben.bad: its signature" \
	c anna round2 anna.r1 ben.bad cleo.r1 -o anna.r2
head -c 500 ben.r1 >ben.bad
refused "half of one: which" "ben.bad: not a whole" \
	c anna round2 anna.r1 ben.bad cleo.r1 -o anna.r2
cp -r ben other
c other forget ceremony >/dev/null &&
	c other round1 --threshold 3 "${all[@]}" -o ben.other >/dev/null
refused "one of a ceremony with another threshold: which" \
	"ben.other: it is of another ceremony" \
	c anna round2 anna.r1 ben.other cleo.r1 -o anna.r2
refused "the own ceremony is not silently left" "another ceremony" \
	c anna round1 --threshold 3 "${all[@]}" -o anna.x
sed 's/"name":"anna"/"name":"emma"/' anna/contact.json >bad.json
refused "a contact file that was changed makes no plan" "bad.json: not a" \
	c anna round1 --threshold 2 "${all[@]}" bad.json -o anna.x

killed anna round2 ./*.r1 -o anna.r2
each "anna ben cleo" r2 round2 ./*.r1
ok $? "with all round 1 files each makes round 2, after kills too"
refused "a round 2 file is missing: whose" "ben: the round 2 file is missing" \
	c cleo finish ./*.r1 anna.r2 cleo.r2 -o cleo.group
sed 's/"dealer":2/"dealer":3/' ben.r2 >ben.bad
refused "a changed one: which" "ben.bad: its signature" \
	c cleo finish ./*.r1 anna.r2 ben.bad cleo.r2 -o cleo.group
refused "one that is there twice: which" "ben.r2: ben: a second" \
	c cleo finish ./*.r1 ./*.r2 ben.r2 -o cleo.group
killed anna finish ./*.r1 ./*.r2 -o anna.group
each "anna ben cleo" group finish ./*.r1 ./*.r2
ok $? "all finish, after kills too"
cmp -s anna.group ben.group && cmp -s anna.group cleo.group &&
	[ "$(sort -u anna.out ben.out cleo.out | grep -c '^group')" = 1 ]
ok $? "and have the same group"
c anna --json show | grep -q '"threshold":2'
ok $? "which show tells as JSON"
[ -z "$(find . -name '*.new')" ]
ok $? "no half file is left"

# --- a refresh: two deal, all three take
cp -r cleo cleo.old
each "anna ben" q1 round1 --reshare anna.group &&
	each "anna ben" q2 round2 ./*.q1 &&
	each "anna ben cleo" group2 finish ./*.q1 ./*.q2
ok $? "two of three deal their shares anew and all take"
cmp -s anna.group2 ben.group2 && cmp -s anna.group2 cleo.group2
ok $? "all have the same group again"
[ "$(field public_key anna.group)" = "$(field public_key anna.group2)" ] &&
	[ "$(field verification_key anna.group)" != \
		"$(field verification_key anna.group2)" ]
ok $? "the log's key is the same, the shares are not"
refused "a share of before is none of the new group" "no share of that group" \
	c cleo.old round1 --reshare anna.group2 -o x
c anna show | grep -q "generation 1" && c anna forget former >/dev/null &&
	! c anna show | grep -q "generation 1"
ok $? "the former share is kept until it is forgotten"
refused "the files of a past ceremony give nothing back" "of a past one" \
	c anna finish ./*.r1 ./*.r2 -o x
c ben forget former >/dev/null

# --- another member: the second implementation comes for cleo
model mia init mia
ok $? "a custodian of the other implementation"
new=(anna/contact.json ben/contact.json mia/contact.json)
each "anna ben" s1 round1 --reshare ben.group2 "${new[@]}" &&
	each "anna ben" s2 round2 ./*.s1
ok $? "two old members deal to her"
refused "who leaves has nothing to finish" "no member of the new group" \
	c cleo finish ./*.s1 ./*.s2 -o x
c dora init dora >/dev/null
refused "nor does who is not of the old group deal" "not of the old group" \
	c dora round1 --reshare ben.group2 "${new[@]}" -o x
each "anna ben" group3 finish ./*.s1 ./*.s2 &&
	model mia finish ./*.s1 ./*.s2 -o mia.group3
ok $? "all of the new group finish"
cmp -s anna.group3 ben.group3 && cmp -s anna.group3 mia.group3
ok $? "both implementations have the same group"
[ "$(field public_key anna.group)" = "$(field public_key mia.group3)" ]
ok $? "of the same key"

# --- a dealer who lies
lie() { # lie OUT [--lie NAME]: ben and mia deal
	local out=$1
	shift
	rm -f ./*.l1 ./*.l2
	c ben forget ceremony >/dev/null &&
		c ben round1 --reshare anna.group3 -o ben.l1 >/dev/null &&
		model mia round1 2 "${new[@]}" --reshare anna.group3 -o mia.l1 &&
		c ben round2 ./*.l1 -o ben.l2 >/dev/null &&
		model mia round2 ben.l1 mia.l1 "$@" -o mia.l2 &&
		c ben finish ./*.l1 ./*.l2 -o "ben.$out" >/dev/null
}
true_that "a dealer gives one member a share that he did not commit to" \
	lie group4 --lie anna
refused "who names him" "mia: the share this dealer sent you is not what" \
	c anna finish ./*.l1 ./*.l2 -o anna.group4
[ ! -e anna.group4 ] && c anna show | grep -q "generation 3"
ok $? "she keeps her share of the group that all have"
true_that "the ceremony is held again from that group, without the lie" \
	lie group5
true_that "and all finish" c anna finish ./*.l1 ./*.l2 -o anna.group5
cmp -s anna.group5 ben.group5 &&
	[ "$(field public_key anna.group)" = "$(field public_key ben.group5)" ]
ok $? "with the same group of the same key"
model mia round1 2 "${new[@]}" --reshare anna.group3 -o mia.face
refused "a dealer who shows two faces is found: whose file" \
	"ben.l2: ben: it was made after reading other round 1 files" \
	c anna finish ben.l1 mia.face ./*.l2 -o x

python3 -B "$MODELS/tdh2.py" | cmp -s - "$MODELS/../vectors/tdh2/tdh2.json" &&
	python3 -B "$MODELS/custodian.py" vectors |
	cmp -s - "$MODELS/../vectors/tdh2/ceremony.json"
ok $? "the models say what the unit tests read"
finish
