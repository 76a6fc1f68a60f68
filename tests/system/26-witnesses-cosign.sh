#!/usr/bin/env bash
# Three witnesses, a quorum of two: checkpoints of the log are cosigned; one
# witness may be away; one that saw another history refuses and says so.
. "$(dirname "$0")/lib.sh"

declare -A WPID WPORT WKEY
witness_conf() { # witness_conf NAME [PORT]
	{
		echo "name = witness.example/$1"
		echo "listen = 127.0.0.1:${2:-0}"
		echo "key = $T/$1.key"
		echo "state = $T/$1.state"
		[ -f "$T/log.vkey" ] && echo "log = $(cat "$T/log.vkey")"
	} >"$T/$1.conf"
}
witness_start() { # witness_start NAME
	local i
	witness_conf "$1" "${WPORT[$1]:-}"
	: >"$T/$1.ready"
	"$TACET_BIN/tacet-witness" --config "$T/$1.conf" >"$T/$1.ready" \
		2>>"$T/$1.log" &
	WPID[$1]=$!
	for i in $(seq 100); do
		grep -q '^ready ' "$T/$1.ready" && break
		sleep 0.05
	done
	WPORT[$1]=$(sed -n 's/^ready .*://p' "$T/$1.ready")
	[ -n "${WPORT[$1]}" ]
}
witness_stop() {
	kill -TERM "${WPID[$1]}" 2>/dev/null
	wait "${WPID[$1]}" 2>/dev/null
}
lines() { grep -c "^— witness.example/" "$DATA/log/checkpoint"; }
size() { sed -n 2p "$DATA/log/checkpoint"; }
has_line() { grep -q "^— witness.example/$1 " "$DATA/log/checkpoint"; }
append() { # append TEXT: an entry through the admin socket; prints its index
	printf '{"verb":"log-append","entry":"{\\"commitment\\":\\"%s\\",\\"type\\":\\"order\\"}"}\n' "$1" |
		admin | sed -n 's/.*"index":\([0-9]*\).*/\1/p'
}
admin() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
		print $s $_ while <STDIN>; $s->flush; print scalar <$s>;
	' "$DATA/admin.sock"
}
wait_for() { # wait_for SECONDS COMMAND...
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
at_least() { [ "$(lines)" -ge "$1" ]; }
post() { # post NAME: standard input to the witness; the status
	curl -s -o "$T/answer" -w '%{http_code}' --max-time 15 \
		--data-binary @- -H 'Expect:' \
		"http://127.0.0.1:${WPORT[$1]}/add-checkpoint"
}
status_is() { [ "$1" = "$2" ]; }

# the log's key is known after a first start without witnesses
true_that "a server without witnesses starts" server_start ""
grep -q '"quorum":0' "$DATA/trust.json"
ok $? "its trust file says that nobody watches"
sed 's/.*"log":"\([^"]*\)".*/\1/' "$DATA/trust.json" >"$T/log.vkey"
true_that "and stops" server_stop

conf=""
for w in a b c; do
	witness_conf $w
	WKEY[$w]=$("$TACET_BIN/tacet-witness" --config "$T/$w.conf" init)
	[ -n "${WKEY[$w]}" ] &&
		[ "${WKEY[$w]}" = "$("$TACET_BIN/tacet-witness" --config "$T/$w.conf" init)" ]
	ok $? "init makes the key of witness $w once, and prints it again"
	true_that "witness $w starts" witness_start $w
	conf="$conf
witness = http://127.0.0.1:${WPORT[$w]}/ ${WKEY[$w]}"
done
[ "$(stat -c %a "$T/a.key")" = 600 ]
ok $? "a witness's key is its own"

true_that "the server starts with three witnesses" server_start "$conf
witness_quorum = 2"
grep -q '"quorum":2' "$DATA/trust.json"
ok $? "its trust file names them and the quorum"
true_that "all three cosign the log as it stands" wait_for 20 at_least 3

n=$(append one)
true_that "a new entry is cosigned by all" wait_for 20 at_least 3
[ "$(size)" = $((n + 1)) ]
ok $? "at its size"
true_that "log verify counts them" ctl log verify
grep -q "3 witnesses" "$T/last.out"
ok $? "and says how many"

witness_stop c
n=$(append two)
true_that "with one witness away two are a quorum" wait_for 20 at_least 2
true_that "and the log verifies" ctl log verify
grep -q '"event":"witness-down"' "$T/server.log"
ok $? "the log says that one is down"
true_that "it comes back" witness_start c
true_that "and signs what it missed" wait_for 90 has_line c

# --- another history: a copy of the log that went on differently
cp "$DATA/log/checkpoint" "$T/checkpoint.true"
cat "$T/a.state" >"$T/state.before"
witness_stop b
# b is shown, by its own state, that it signed another root of this size
sed 's/ [A-Za-z0-9+\/=]*$/ AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=/' \
	"$T/b.state" >"$T/b.state.new"
mv "$T/b.state.new" "$T/b.state"
true_that "witness b comes back with another history in its memory" \
	witness_start b
append three >/dev/null
true_that "the other two are a quorum still" wait_for 20 at_least 2
true_that "b refuses, and says so" wait_for 30 grep -q \
	"log 1: refused: a proof that is wrong" "$T/b.log"
false_that "it does not sign" has_line b
wait_for 10 grep -q '"event":"witness-refused"' "$T/server.log"
ok $? "the server says that a witness refused"
true_that "the log verifies by the others" ctl log verify

# --- one witness, by hand
size=$(size)
note() { sed '/^— witness/d' "$DATA/log/checkpoint"; }
true_that "the same checkpoint again is signed again" status_is 200 \
	"$({ printf 'old %s\n\n' "$size"; note; } | post a)"
grep -q "^— witness.example/a " "$T/answer"
ok $? "by one line of that witness"
true_that "a wrong old size is answered 409" status_is 409 \
	"$({ printf 'old 1\n\n'; note; } | post a)"
[ "$(cat "$T/answer")" = "$size" ]
ok $? "with the size it knows"
true_that "an old size above the new is 400" status_is 400 \
	"$({ printf 'old %s\n\n' $((size + 1)); note; } | post a)"
true_that "another key's signature is 403" status_is 403 \
	"$({ printf 'old %s\n\n' "$size"; note | sed 's/^— \(.*\) \(.....\)\(..\)/— \1 \2zz/'; } | post a)"
true_that "an unknown log is 404" status_is 404 \
	"$({ printf 'old %s\n\n' "$size"; note | sed '1s/.*/x.example/'; } | post a)"
true_that "what is no request is 400" status_is 400 "$(echo hello | post a)"
true_that "an empty one too" status_is 400 "$(printf '' | post a)"
true_that "a huge one is 413" status_is 413 \
	"$(head -c 100000 /dev/zero | post a)"
true_that "GET is 405" status_is 405 "$(curl -s -o /dev/null -w '%{http_code}' \
	"http://127.0.0.1:${WPORT[a]}/add-checkpoint")"
true_that "another path is 404" status_is 404 "$(curl -s -o /dev/null -w \
	'%{http_code}' "http://127.0.0.1:${WPORT[a]}/")"
# a hundred connections that say nothing
for i in $(seq 100); do
	{ exec 9<>"/dev/tcp/127.0.0.1/${WPORT[a]}" && sleep 14; } 2>/dev/null &
done
sleep 11.5
true_that "after ten seconds a hundred silent peers are cut off" status_is 200 \
	"$({ printf 'old %s\n\n' "$size"; note; } | post a)"

# --- kill -9 of a witness: what it signed it remembers
kill -9 "${WPID[a]}"
wait "${WPID[a]}" 2>/dev/null
true_that "a witness that was killed starts again" witness_start a
true_that "and knows the size it signed" status_is 409 \
	"$({ printf 'old 0\n\n'; note; } | post a)"
[ "$(cat "$T/answer")" = "$size" ]
ok $? "as before"

# --- a quorum that is not there
witness_stop a
witness_stop b
append four >/dev/null
wait_for 10 at_least 1
false_that "one cosignature of two is no quorum" ctl log verify
true_that "the server stops" server_stop
finish
