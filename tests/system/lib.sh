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

# Tests of the query log mean classic lookups; those of private ones set
# PRIVATE=yes before server_start, and wait for what they registered.
conf_write() { # conf_write TEXT
	printf '%s\n' "$1" >"$T/tacetd.conf"
	grep -q '^private' "$T/tacetd.conf" || case ${PRIVATE-no} in
	yes) grep -q '^epoch_seconds' "$T/tacetd.conf" ||
		echo 'epoch_seconds = 1' >>"$T/tacetd.conf" ;;
	*) echo 'private = no' >>"$T/tacetd.conf" ;;
	esac
}
# server_start [CONFIG TEXT]: starts tacetd --demo; fills URL and PORT. Port 0
# at the first start, the same port after a kill, so that clients reconnect.
server_start() {
	local i
	[ $# -gt 0 ] && conf_write "$1"
	[ -f "$T/tacetd.conf" ] || conf_write ''
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
server_kill() { # and waits until nobody holds the port any more
	local i kids
	kids=$(pgrep -P "$SERVER_PID")
	# shellcheck disable=SC2086
	kill -9 "$SERVER_PID" $kids 2>/dev/null
	wait "$SERVER_PID" 2>/dev/null
	for i in $(seq 100); do
		# shellcheck disable=SC2086
		kill -0 $kids 2>/dev/null || break
		sleep 0.02
	done
	SERVER_PID=
}
server_reload() { # server_reload CONFIG TEXT
	conf_write "$1"
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
# published NAME...: until the directory shows them as they are
published() {
	local who i
	for who in "$@"; do
		for i in $(seq 40); do
			as "$who" watch >"$T/watch.out" 2>&1 && break
			grep -qE 'try again|try later|a moment ago' "$T/watch.out" || return 1
			[ "$i" -lt 40 ] || return 1
			sleep 2
		done
	done
}
# verify DIR: by the trust file of this server
verify() { "$TACET_BIN/tacet-verify" --trust "$DATA/trust.json" "$@"; }
custodian() { # custodian NAME VERB...: his own directory
	local who=$1
	shift
	TACET_PASSPHRASE="of $who" \
		"$TACET_BIN/tacet-custodian" --home "$T/c/$who" "$@"
}
# ceremony K NAME...: a key without a dealer; installs the group
ceremony() {
	local k=$1 n contacts=() r1=() r2=() groups=()
	shift
	mkdir -p "$T/c"
	for n in "$@"; do
		custodian "$n" init "$n" >/dev/null || return 1
		contacts+=("$T/c/$n/contact.json")
	done
	for n in "$@"; do
		custodian "$n" round1 --threshold "$k" "${contacts[@]}" \
			-o "$T/c/$n.r1" >/dev/null || return 1
		r1+=("$T/c/$n.r1")
	done
	for n in "$@"; do
		custodian "$n" round2 "${r1[@]}" -o "$T/c/$n.r2" >/dev/null || return 1
		r2+=("$T/c/$n.r2")
	done
	for n in "$@"; do
		custodian "$n" finish "${r1[@]}" "${r2[@]}" -o "$T/c/$n.group" \
			>/dev/null || return 1
		groups+=("$T/c/$n.group")
	done
	ctl custodians set-up --threshold "$k" "${groups[@]}" >/dev/null
}
# agency: one that is enrolled, with its key; order_file: what it signs
agency() {
	openssl genpkey -algorithm ed25519 -out "$T/agency.pem" 2>/dev/null
	openssl pkey -in "$T/agency.pem" -pubout -out "$T/agency.pub"
	echo "order" >"$T/order.txt"
	openssl pkeyutl -sign -rawin -inkey "$T/agency.pem" -in "$T/order.txt" \
		-out "$T/order.sig"
	ctl agency add ex --name Example --country US --key "$T/agency.pub" \
		--callback desk >/dev/null
}
# order_new REGIME NUMBER FROM TO DIRECTION: prints the id
order_new() {
	ctl --json order new --regime "$1" --agency ex --handle "$2" --from "$3" \
		--to "$4" --direction "$5" --class TRAFFIC_QUERY --authority Court \
		--ref 1 --offence '18 USC 1343' --document "$T/order.txt" \
		--signature "$T/order.sig" | grep -oE 'ord-[0-9a-z-]+' | head -n 1
}
# reviewers: ann and ben, each with a key and a passphrase
reviewers() {
	local who
	echo "reviewing" >"$T/passphrase"
	for who in ann ben; do
		ctl reviewer key "$T/$who.key" --passphrase-file "$T/passphrase" \
			>"$T/$who.pub" &&
			ctl reviewer add $who --key "$T/$who.pub" >/dev/null || return 1
	done
}
# order_accept ID: both decide; it is committed
order_accept() {
	ctl order decide "$1" --as ann accept --why fine --sign-key "$T/ann.key" \
		--passphrase-file "$T/passphrase" >/dev/null &&
		ctl order confirm "$1" --as ben --sign-key "$T/ben.key" \
			--passphrase-file "$T/passphrase" >/dev/null &&
		ctl order commit "$1" >/dev/null
}
# trusted NAME...: custodians are given the operator's public files
trusted() {
	local n
	for n in "$@"; do
		custodian "$n" trust "$DATA/trust.json" \
			"$DATA/orders/reviewers.json" 25 >/dev/null || return 1
	done
}
# order_released ID DIR NAME...: both stages by these custodians
order_released() {
	local id=$1 dir=$2 n s1=() s2=()
	shift 2
	ctl order request "$id" -o "$T/$id.find" >/dev/null || return 1
	for n in "$@"; do
		custodian "$n" release "$T/$id.find" -o "$T/$id.f.$n" >/dev/null ||
			return 1
		s1+=("$T/$id.f.$n")
	done
	ctl order request "$id" --shares "${s1[@]}" -o "$T/$id.open" >/dev/null ||
		return 1
	for n in "$@"; do
		custodian "$n" release "$T/$id.open" -o "$T/$id.o.$n" >/dev/null ||
			return 1
		s2+=("$T/$id.o.$n")
	done
	ctl order package "$id" --shares "${s2[@]}" -o "$dir" >/dev/null
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
today() { date -u +%Y-%m-%dT00:00:00Z; }
