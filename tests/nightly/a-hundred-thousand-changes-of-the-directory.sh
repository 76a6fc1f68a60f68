#!/usr/bin/env bash
# Random histories of the directory of 100,000 changes each: the server, an
# auditor and a naive rebuild agree on every root.
#   TACET_TESTS=... tests/nightly/a-hundred-thousand-changes-of-the-directory.sh
set -u
: "${TACET_TESTS:?set TACET_TESTS to the folder of test_history}"
runs=${RUNS:-5} failed=0
for n in $(seq "$runs"); do
	if out=$(TACET_OPS=${OPS:-100000} "$TACET_TESTS/test_history"); then
		echo "ok $n - a history comes to the same roots three ways"
	else
		echo "not ok $n - a history comes to the same roots three ways"
		failed=1
	fi
	printf '%s\n' "$out" | sed 's/^/# /'
done
echo "1..$runs"
exit $failed
