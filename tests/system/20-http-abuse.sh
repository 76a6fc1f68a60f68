#!/bin/bash
# No HTTP client, however hostile, gets more than a refusal.
. "$(dirname "$0")/lib.sh"

if ! python3 -c 'import ssl' 2>/dev/null; then
	skip "http abuse is refused" "no python3 with ssl"
	finish
fi
true_that "the server starts" server_start
python3 "$(dirname "$0")/http_abuse.py" "$PORT" >"$T/abuse.tap" 2>"$T/abuse.err"
while IFS= read -r line; do
	case $line in
	"ok "*) ok 0 "${line#ok * - }" ;;
	"not ok "*) ok 1 "${line#not ok * - }" ;;
	esac
done <"$T/abuse.tap"
false_that "the helper came to its end" test -s "$T/abuse.err"
false_that "no process died" grep -Eq 'child-died|restart|permit-broken' \
	"$T/server.log"
false_that "no address is in the log" grep -Fq '127.0.0.' "$T/server.log"
true_that "the server stops with status 0" server_stop
finish
