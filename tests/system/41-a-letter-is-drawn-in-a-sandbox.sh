#!/usr/bin/env bash
# tacet-letter by itself: the same document gives the same octets, the page says
# what it must, bad input ends with one clear line, and the process that reads
# it can open nothing.
. "$(dirname "$0")/lib.sh"
letter=$TACET_BIN/tacet-letter
python3 "$(dirname "$0")/letter_doc.py" "$T"
ok $? "documents are written by a second encoder"

draw() { timeout 60 "$letter" <"$T/$1.doc" >"$T/$1.pdf" 2>"$T/$1.err"; }
says() { # says NAME TEXT: in the text of the page, lines joined
	pdftotext -layout "$T/$1.pdf" - 2>/dev/null | tr -s ' \n' '  ' |
		grep -qF -- "$2"
}
if ! command -v pdftotext >/dev/null; then
	skip "a letter is read back" "poppler-utils is not installed"
	finish
fi
all=0
for doc in two again other none many wide sixteen scripts boxes; do
	draw $doc || { echo "# $doc: $(head -n 1 "$T/$doc.err")"; all=1; }
	[ "$(pdfinfo "$T/$doc.pdf" 2>/dev/null | sed -n 's/^Pages: *//p')" = 1 ] ||
		{ echo "# $doc: not one page"; all=1; }
	cp "$T/$doc.pdf" "$T/$doc.first"
	(cd / && LANG=xx_YY.UTF-8 TZ=Asia/Tokyo FC_DEBUG=1 G_DEBUG=fatal-warnings \
		PANGO_LANGUAGE=ja "$letter" <"$T/$doc.doc") >"$T/$doc.pdf"
	cmp -s "$T/$doc.first" "$T/$doc.pdf" || { echo "# $doc: differs"; all=1; }
done
ok $all "every letter is one page, and the same octets in another environment"
cmp -s "$T/two.pdf" "$T/again.pdf"
ok $? "one document, one file"
! cmp -s "$T/two.pdf" "$T/other.pdf"
ok $? "another document, another file"
says two "A query is not a message; no row proves that any communication took place."
ok $? "the letter says what a row does not prove"
says two "2 rows, complete for the above, 2026-11-01 00:00:00 to 2026-11-24 00:00:00 UTC."
ok $? "it says how many rows it gives, and for when they are complete"
says two "2026-11-02T01:07:00Z 198.51.100.0 tel:+15550101 tel:+15550201 1 before-send 1 1"
ok $? "a row stands in the order of rows.csv"
says two "Held back: CONTENT: 18 USC 2703(a): contents need a warrant"
ok $? "it says what is held back"
hash=$(printf 'rows.csv' | sha256sum | cut -d ' ' -f 1)
says two "rows.csv $hash"
ok $? "it names the SHA-256 of rows.csv"
hash=$(printf 'root' | sha256sum | cut -d ' ' -f 1)
says two "checkpoint of 48,213 entries: root $hash"
ok $? "it names the checkpoint of the log"
says two "Springfield" && says two "CONTENT: 18 USC 2703(a)"
ok $? "its words are found letter by letter, without ligatures"
says none "Nothing is held: no row for the above"
ok $? "with no row it says that nothing is held"
says many "of 2,000 rows; the other"
ok $? "it says how many rows are in rows.csv alone"
says scripts "Εισαγγελία Πρωτοδικών Αθηνών" && says scripts "Северный телеком"
ok $? "Greek and Cyrillic names are read back"
pdfinfo -isodates "$T/two.pdf" | grep -q '^CreationDate: *2026-11-24T10:00:00'
ok $? "the file's date is the letter's"

all=0
for bad in "$T"/*.bad; do
	timeout 20 "$letter" <"$bad" >"$T/out" 2>"$T/err"
	status=$?
	if [ $status != 1 ] || [ -s "$T/out" ] || [ "$(wc -l <"$T/err")" != 1 ] ||
		! grep -q '^tacet-letter: ' "$T/err"; then
		echo "# $(basename "$bad"): status $status"
		all=1
	fi
done
ok $all "bad input ends with status 1, one line and no file"
false_that "an argument is refused" "$letter" x

# what the kernel says of the process while it waits for its document
mkfifo "$T/in"
"$letter" <"$T/in" >"$T/late.pdf" &
pid=$!
exec 9>"$T/in"
for _ in $(seq 100); do
	grep -q '^Seccomp:.*2' /proc/$pid/status && break
	sleep 0.1
done
grep -q '^Seccomp:[[:space:]]*2' /proc/$pid/status
ok $? "it has its filter before it reads"
grep -q '^NoNewPrivs:[[:space:]]*1' /proc/$pid/status
ok $? "it can gain no rights"
grep -q '^Max core file size *0 ' /proc/$pid/limits
ok $? "it leaves no core"
grep -q '^Max cpu time *10 ' /proc/$pid/limits
ok $? "its time is limited"
[ "$(id -u)" != 0 ] || ! grep -q '^Uid:[[:space:]]*0' /proc/$pid/status
ok $? "started by root, it is not root"
cat "$T/two.doc" >&9
exec 9>&-
wait $pid
ok $? "and then draws its letter"
cmp -s "$T/late.pdf" "$T/two.pdf"
ok $? "the same as ever"
finish
