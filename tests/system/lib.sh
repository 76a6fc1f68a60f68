# shellcheck shell=bash
# What the system tests share: a server of their own on a free port, people with
# a home directory each, and TAP. Sourced; TACET_BIN names the folder of the
# commands. Nothing here prints a number, a text or a key.
set -u
: "${TACET_BIN:?set TACET_BIN to the folder of tacetd, tacet and tacetctl}"
T=$(mktemp -d "${TMPDIR:-/tmp}/tacet-test.XXXXXX")
chmod 700 "$T"
DATA=$T/server
SERVER_PID=
TAP_N=0 TAP_BAD=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

ok() { # ok STATUS SENTENCE
	TAP_N=$((TAP_N + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TAP_N - $2"
	else
		TAP_BAD=$((TAP_BAD + 1))
		echo "not ok $TAP_N - $2"
	fi
}
true_that() { # true_that SENTENCE COMMAND...
	local what=$1
	shift
	"$@" >"$T/last.out" 2>"$T/last.err"
	ok $? "$what"
}
false_that() {
	local what=$1
	shift
	if "$@" >"$T/last.out" 2>"$T/last.err"; then ok 1 "$what"; else ok 0 "$what"; fi
}
skip() { # skip SENTENCE WHY
	TAP_N=$((TAP_N + 1))
	echo "ok $TAP_N - $1 # SKIP $2"
}
finish() {
	echo "1..$TAP_N"
	[ "$TAP_BAD" = 0 ]
	exit $?
}
cleanup() {
	[ -n "$SERVER_PID" ] && kill -9 "$SERVER_PID" 2>/dev/null
	pkill -9 -f "$T" 2>/dev/null
	mountpoint -q "$T/small" 2>/dev/null && umount -l "$T/small"
	rm -rf "$T"
}
trap cleanup EXIT

# server_start [CONFIG TEXT]: starts tacetd --demo; fills URL and PORT. Port 0
# at the first start, the same port after a kill, so that clients reconnect.
server_start() {
	local i
	[ $# -gt 0 ] && printf '%s\n' "$1" >"$T/tacetd.conf"
	[ -f "$T/tacetd.conf" ] || : >"$T/tacetd.conf"
	: >"$T/ready"
	# shellcheck disable=SC2086
	"$TACET_BIN/tacetd" ${DEMO---demo} --data "$DATA" --config "$T/tacetd.conf" \
		--listen "127.0.0.1:${PORT:-0}" >"$T/ready" 2>>"$T/server.log" &
	SERVER_PID=$!
	for i in $(seq 200); do
		grep -q '^ready ' "$T/ready" && break
		kill -0 "$SERVER_PID" 2>/dev/null || return 1
		sleep 0.05
	done
	URL=$(sed -n 's/^ready //p' "$T/ready")
	PORT=${URL##*:}
	[ -n "$URL" ]
}
server_stop() {
	local rc
	kill -TERM "$SERVER_PID" 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null
	rc=$?
	SERVER_PID=
	return $rc
}
# kill -9 of the parent and all its processes at once
server_kill() {
	# shellcheck disable=SC2046
	kill -9 "$SERVER_PID" $(pgrep -P "$SERVER_PID") 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null
	SERVER_PID=
}
server_reload() { # server_reload CONFIG TEXT
	printf '%s\n' "$1" >"$T/tacetd.conf"
	kill -HUP "$SERVER_PID"
	sleep 0.5
}
as() { # as NAME VERB...
	local who=$1
	shift
	"$TACET_BIN/tacet" --home "$T/$who" --server "$URL" \
		--ca "$DATA/tls/cert.pem" "$@"
}
ctl() { "$TACET_BIN/tacetctl" --data "$DATA" "$@"; }
sms_count() { find "$DATA/sms" -name "*-$1.txt" 2>/dev/null | wc -l; }
sms_last() { find "$DATA/sms" -name "*-$1.txt" | sort | tail -n 1; }
# register NAME NUMBER: the code is read out of the SMS sink
register() {
	local n code=$T/$1.code pid i
	rm -f "$code"
	n=$(sms_count "$2")
	as "$1" register "$2" --code-file "$code" >"$T/register.out" \
		2>"$T/register.err" &
	pid=$!
	for i in $(seq 200); do
		[ "$(sms_count "$2")" -gt "$n" ] && break
		kill -0 $pid 2>/dev/null || break
		sleep 0.05
	done
	cp "$(sms_last "$2")" "$code.new" 2>/dev/null
	mv "$code.new" "$code" 2>/dev/null
	wait $pid
}
