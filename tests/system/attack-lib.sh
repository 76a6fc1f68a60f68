# shellcheck shell=bash
# What the tests of attacks on the query log share. Sourced after lib.sh.
HERE=$(realpath "$(dirname "$0")")
export PYTHONDONTWRITEBYTECODE=1

querylog() { python3 "$HERE/querylog.py" "$@"; }
# quick_ceremony K NAME...: homes of custodians without a passphrase, dealt by
# the model of custody.md; the ceremony itself is tested in 15 and 16
quick_ceremony() {
	local k=$1 n groups=()
	shift
	querylog ceremony "$T/c" "$k" "$@" || return 1
	for n in "$@"; do groups+=("$T/c/$n.group"); done
	ctl custodians set-up --threshold "$k" "${groups[@]}" >/dev/null
}
# cut: the running part of the log ends now
cut_now() { querylog ask "$DATA/admin.sock" records-cut >/dev/null; }
# said FILE: lines "STATUS SENTENCE" of a driver become tests
said() {
	local status what
	[ -s "$1" ] || ok 1 "the driver says something"
	while read -r status what; do
		ok "$status" "$what"
	done <"$1"
}
