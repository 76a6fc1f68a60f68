#!/usr/bin/env bash
# The process that seals the query log, dumped by root: while a part runs its
# keys are there; when the part has ended, by a cut or with the day, nothing in
# its memory opens a row of it or names a number, and nothing in its files does.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/attack-lib.sh"
a=+15556170943 b=+15558205617 c=+15559314026 d=+15557750318 x=+15553380192
canaries=("$a" "$b" "$c")

clock_at 0
ok $? "a server starts"
register alice $a && register bob $b && register dan $d
ok $? "three numbers register"
pid=$(pgrep -P "$SERVER_PID" -f records)
today=$(day 0)
memory() { # memory DAY.PART: what of that part is in the memory, as a line
	python3 "$HERE/memory_search.py" "$pid" "$DATA/records" "$@" \
		"${canaries[@]}" >"$T/found" 2>>"$T/searched" || echo failed
	tr '\n' ' ' <"$T/found"
}
has() { # has WORD: in the last memory
	grep -qx "$1" "$T/found"
}

as alice lookup $c --classic >/dev/null && as alice lookup $b --classic >/dev/null &&
	as bob lookup $c --classic >/dev/null
ok $? "three rows of theirs are written"
memory "$today.000" >"$T/words"
has key && has tag-key && has handle
ok $? "while the part runs its keys and handles are found in the memory"
! has number
ok $? "and no number of a row: each was wiped when it was sealed"

cut_now
found=$(memory "$today.000")
[ "$found" = " " ]
ok $? "after a cut nothing of it is found: no number, no handle, no key"
as alice lookup $d --classic >/dev/null && as bob lookup $a --classic >/dev/null
ok $? "rows are written into the next part"
memory "$today.001" >"$T/words"
has key && has tag-key && has handle
ok $? "whose keys are found while it runs"

# the day ends under the running process: the first row of the next day says so
export TEST_CLOCK=86400 TACETCTL_CLOCK_OFFSET=86400
server_reload "clock_offset = 86400"
as dan lookup $x --classic >/dev/null
ok $? "a day later another account asks about another number"
[ "$pid" = "$(pgrep -P "$SERVER_PID" -f records)" ]
ok $? "of the same process"
found=$(memory "$today.001")
[ "$found" = " " ]
ok $? "nothing of the day that ended is found: no number, no handle, no key"
found=$(memory "$today.000")
[ "$found" = " " ]
ok $? "nor of the part before it"
memory "$(day 1).000" >"$T/words"
has key && has tag-key
ok $? "the running day's keys are found"

# what is in the files, of the process and of the public log
cut_now
python3 - "$HERE" "$DATA" "${canaries[@]}" "$d" "$x" >"$T/found" <<'PY'
import base64, pathlib, sys
sys.path.insert(0, sys.argv[1])
import memory_search
needles = set()
for n in sys.argv[3:]:
    needles.update(memory_search.forms(n))
    needles.update(memory_search.handles(n))
    for cut in range(3):
        text = base64.b64encode(b"x" * cut + n.encode())
        needles.add(text[4 if cut else 0:-4])
files = [p for d in ("records", "log")
         for p in (pathlib.Path(sys.argv[2]) / d).rglob("*") if p.is_file()]
print(len(files), "files")
for p in files:
    if any(n in p.read_bytes() for n in needles):
        print("found in", p.name)
PY
[ "$(wc -l <"$T/found")" = 1 ] && ! grep -q '^0 ' "$T/found"
ok $? "no file of the query log or the public log has a number in any form"
sed "s/^# */# /" "$T/searched"
finish
