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
# cut_now: the running part of the log ends now
cut_now() { querylog ask "$DATA/admin.sock" records-cut >/dev/null; }
# said FILE: lines "STATUS SENTENCE" of a driver become tests
said() {
	local status what
	[ -s "$1" ] || ok 1 "the driver says something"
	while read -r status what; do
		ok "$status" "$what"
	done <"$1"
}
# clock_at DAYS [CONFIG]: from now on everybody is that many days from today:
# the server (a start looks at the clock at once, and believes a day more), the
# clerk, people and custodians
clock_at() {
	[ -f "$T/clock.so" ] ||
		cc -shared -fPIC -O1 -o "$T/clock.so" "$HERE/clock.c" || return 1
	[ -z "$SERVER_PID" ] || server_stop
	export TEST_CLOCK=$(($1 * 86400))
	export TACETCTL_CLOCK_OFFSET=$TEST_CLOCK
	: "${PORT:=0}"
	server_start "${2-}
clock_offset = $TEST_CLOCK"
}
shifted() { # by that clock; before clock_at by the real one
	if [ -n "${TEST_CLOCK-}" ]; then
		LD_PRELOAD=$T/clock.so ASAN_OPTIONS=verify_asan_link_order=0 "$@"
	else
		"$@"
	fi
}
as() { # as in lib.sh
	local who=$1
	shift
	shifted "$TACET_BIN/tacet" --home "$T/$who" --server "$URL" \
		--ca "$DATA/tls/cert.pem" "$@"
}
custodian() { # as in lib.sh, without a passphrase
	local who=$1
	shift
	shifted "$TACET_BIN/tacet-custodian" --home "$T/c/$who" "$@"
}
day() { date -u -d "@$(($(date +%s) + $1 * 86400))" +%Y-%m-%d; }
moment() { # now, by that clock
	date -u -d "@$(($(date +%s) + ${TEST_CLOCK:-0}))" +%Y-%m-%dT%H:%M:%SZ
}
