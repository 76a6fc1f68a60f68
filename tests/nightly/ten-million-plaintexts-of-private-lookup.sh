#!/usr/bin/env bash
# 10,000,000 plaintexts are opened as they were put in, at two shapes, and the
# noise is what the document computes; the model writes the published vectors.
#   TACET_BENCH=... tests/nightly/ten-million-plaintexts-of-private-lookup.sh
set -u
: "${TACET_BENCH:?set TACET_BENCH to the folder of bench_pir_decode}"
cd "$(dirname "$0")/../.." || exit 1
n=0 failed=0
true_that() { # true_that SENTENCE COMMAND...
	local sentence=$1 out
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n - $sentence"
	else
		echo "not ok $n - $sentence"
		failed=1
	fi
	printf '%s\n' "$out" | sed 's/^/# /'
}
true_that "at 10^7 numbers no plaintext of ten million is wrong" \
	"$TACET_BENCH/bench_pir_decode" 32768 4 "${PLAINTEXTS:-10000000}"
true_that "nor with four times the columns" \
	"$TACET_BENCH/bench_pir_decode" 131072 1 "${PLAINTEXTS_WIDE:-1000000}"
true_that "the model writes the published vectors" sh -c \
	"python3 -B tests/model/ringpir.py |
	    cmp - tests/vectors/ring-pir/ring-pir.json"
echo "1..$n"
exit $failed
