#!/usr/bin/env bash
# A realistic month: 1,000,000 rows of 50,000 people, sealed to three custodians
# of whom two open. One order over the whole month, by the real programs; its
# package verifies, and fails after each of 200 random changes. Prints times.
#   TACET_BIN=... TACET_BENCH=... tests/nightly/a-month-of-the-query-log.sh
. "$(dirname "$0")/../system/lib.sh"
: "${TACET_BENCH:?set TACET_BENCH to the folder of bench_month}"
rows=${ROWS:-1000000} handles=${HANDLES:-50000} days=${DAYS:-25}
target=+12025550007
seconds() { # seconds COMMAND...: how long it took, on stdout
	local start
	start=$(date +%s%N)
	"$@" >"$T/last.out" 2>"$T/last.err" || return 1
	echo "$((($(date +%s%N) - start) / 1000000))"
}

DEMO='' server_start && server_stop
ok $? "a data directory is made"
true_that "three custodians make a key that two open" \
	ceremony 2 anna bert cleo
"$TACET_BENCH/bench_month" --data "$DATA" --rows "$rows" --handles "$handles" \
	--days "$days" | sed 's/^/# /'
ok "${PIPESTATUS[0]}" "the month is sealed to them"
PORT=0 server_start
ok $? "the server starts on it"
agency
reviewers && trusted anna bert cleo
ok $? "reviewers have keys and custodians the operator's files"
for _ in $(seq 300); do
	[ "$(od -An -tu1 -j7 -N1 "$DATA/records/logged" 2>/dev/null | tr -d ' ')" = \
		"$days" ] && break
	sleep 0.1
done
id=$(order_new us-2703d $target "$(date -u -d "$days days ago" +%Y-%m-%dT00:00:00Z)" \
	"$(today)" both)
order_accept "$id"
ok $? "an order over the whole month is accepted and committed"

find=$(seconds ctl order request "$id" -o "$T/find")
f1=$(seconds custodian anna release "$T/find" -o "$T/f1")
f2=$(seconds custodian cleo release "$T/find" -o "$T/f2")
open=$(seconds ctl order request "$id" --shares "$T/f1" "$T/f2" -o "$T/open")
o1=$(seconds custodian anna release "$T/open" -o "$T/o1")
o2=$(seconds custodian cleo release "$T/open" -o "$T/o2")
package=$(seconds ctl order package "$id" --shares "$T/o1" "$T/o2" \
	-o "$T/package")
ok $? "a package is made by two custodians"
check=$(seconds verify "$T/package")
ok $? "and verifies"
grep "^VERIFIED" "$T/last.out" | cut -d' ' -f1-4 | sed 's/^/# /'
# the passphrases' key derivation, 256 MiB each, is in the releases
printf '# {"bench":"order over a month","rows":%s,"parts":%s,"find_ms":%s,' \
	"$rows" "$days" "$find"
printf '"release_ms":[%s,%s,%s,%s],"open_ms":%s,"package_ms":%s,"verify_ms":%s}\n' \
	"$f1" "$f2" "$o1" "$o2" "$open" "$package" "$check"

python3 - "$T/package" "$T/changed" "$TACET_BIN/tacet-verify" \
	"$DATA/trust.json" <<'PY'
import os, random, shutil, subprocess, sys
package, changed, verify, trust = sys.argv[1:]
random.seed(1)
names = sorted(os.listdir(package))
left = []
for i in range(200):
    shutil.rmtree(changed, ignore_errors=True)
    shutil.copytree(package, changed)
    path = os.path.join(changed, random.choice(names))
    octets = bytearray(open(path, "rb").read())
    at = random.randrange(len(octets))
    kind = i % 4
    if kind == 0:
        octets[at] ^= 1 << random.randrange(8)
    elif kind == 1:
        del octets[at:at + random.randrange(1, 200)]
    elif kind == 2:
        octets[at:at] = bytes([octets[at]])
    else:
        lines = bytes(octets).split(b"\n")
        a, b = random.randrange(len(lines)), random.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
        if b"\n".join(lines) == bytes(octets):
            lines.append(b"")
        octets = bytearray(b"\n".join(lines))
    open(path, "wb").write(octets)
    if subprocess.run([verify, "--trust", trust, changed],
                      capture_output=True).returncode != 1:
        left.append(i)
print("# not found:", left)
sys.exit(bool(left))
PY
ok $? "each of 200 random changes of the package is found"
finish
