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

# Each custodian sits at his machine with his passphrase given; 256 MiB of key
# derivation each is before the clerk's first request, as a person's typing is.
sitting=()
for n in anna cleo; do
	custodian $n attend "$T/find" "$T/open" -o "$T/$n" >/dev/null &
	sitting+=($!)
done
sleep 5
came() { # came FILE...: waits for the custodians' files
	for _ in $(seq 3000); do
		for f; do [ -s "$f" ] || break; done
		[ -s "$f" ] && return 0
		sleep 0.01
	done
	return 1
}
start=$(date +%s%N)
find=$(seconds ctl order request "$id" -o "$T/find")
f=$(seconds came "$T/anna.find" "$T/cleo.find")
open=$(seconds ctl order request "$id" --shares "$T/anna.find" "$T/cleo.find" \
	-o "$T/open")
o=$(seconds came "$T/anna.open" "$T/cleo.open")
package=$(seconds ctl order package "$id" --shares "$T/anna.open" \
	"$T/cleo.open" -o "$T/package")
ok $? "a package is made by two custodians"
all=$((($(date +%s%N) - start) / 1000000))
wait "${sitting[@]}"
check=$(seconds verify "$T/package")
ok $? "and verifies"
grep "^VERIFIED" "$T/last.out" | cut -d' ' -f1-4 | sed 's/^/# /'
printf '# {"bench":"order over a month","rows":%s,"parts":%s,"find_ms":%s,' \
	"$rows" "$days" "$find"
printf '"shares_ms":[%s,%s],"open_ms":%s,"package_ms":%s,"all_ms":%s,"verify_ms":%s}\n' \
	"$f" "$o" "$open" "$package" "$all" "$check"

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
