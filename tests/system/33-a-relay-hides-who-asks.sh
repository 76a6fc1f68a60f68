#!/usr/bin/env bash
# Through a relay: the server has the question and no address of the asker, the
# relay has the address and no question. And a relay in trouble says so.
. "$(dirname "$0")/lib.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
ASK=$TACET_BIN/../../tests/ohttp_ask
CLIENT=127.83.201.77 # the asker's own address
CANARY=zq7canary81

certificate() { # certificate NAME: for 127.0.0.1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj /CN=relay -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$T/$1.key" -out "$T/$1.pem" 2>/dev/null
}
relay_start() { # relay_start CONFIG TEXT: fills RELAY, RELAY_PID
	local i
	printf '%s\nlisten = 127.0.0.1:0\n' "$1" >"$T/relay.conf"
	: >"$T/relay.ready"
	"$TACET_BIN/tacet-relay" --config "$T/relay.conf" >"$T/relay.ready" \
		2>>"$T/relay.log" &
	RELAY_PID=$!
	for i in $(seq 100); do
		grep -q '^ready ' "$T/relay.ready" && break
		sleep 0.05
	done
	RELAY=$(sed -n 's/^ready //p' "$T/relay.ready")
	[ -n "$RELAY" ]
}
relay_stop() {
	kill -TERM "$RELAY_PID"
	wait "$RELAY_PID"
}
post() { # post BODY-FILE [CURL OPTION...]: prints the status
	local body=$1
	shift
	curl -s -o "${ANSWER:-$T/answer}" -D "${ANSWER:-$T/answer}.head" -w '%{http_code}' --max-time 90 \
		--cacert "$T/relay.pem" --interface $CLIENT --data-binary "@$body" \
		-H 'Content-Type: message/ohttp-req' -H 'Expect:' "$@"
}
ask() { # ask METHOD PATH [ANSWER SIZE]: prints the inner status; $T/content
	"$ASK" seal "$T/state" "$KEYS" "$1" "$2" 2000 "${3:-0}" >"$T/sealed" ||
		return 1
	[ "$(post "$T/sealed" "$RELAY/one")" = 200 ] || return 1
	"$ASK" open "$T/state" <"$T/answer" >"$T/opened" || return 1
	tail -n +2 "$T/opened" >"$T/content"
	sed -n '1s/ .*//p' "$T/opened"
}
problem_is() { # problem_is STATUS GOT NAME
	[ "$1" = "$2" ] && grep -q "problems/$3\"" "$T/answer"
}
body() { # body TEXT
	printf '%s' "$1" >"$T/body"
	echo "$T/body"
}
found() { # found PID TEXT...: which of them its memory has
	python3 - "$HERE" "$@" <<'PY'
import socket, sys
sys.path.insert(0, sys.argv[1])
import memory_search
texts = {}
for t in sys.argv[3:]:
    texts[t] = [t.encode(), t.encode("utf-16le")]
    if t.count(".") == 3 and ":" not in t:
        texts[t].append(socket.inet_aton(t))
got = set()
for run in memory_search.resident(int(sys.argv[2])):
    got.update(t for t in texts if any(f in run for f in texts[t]))
print(" ".join(sorted(got)))
PY
}

certificate relay
true_that "the server starts" server_start "client_ip = full"
FRONT=$(pgrep -P "$SERVER_PID" -f front)
curl -s --cacert "$DATA/tls/cert.pem" "$URL/v1/policy" >"$T/policy"
KEYS=$(sed -n 's/.*"ohttp_keys": "\([^"]*\)".*/\1/p' "$T/policy")
[ -n "$KEYS" ] && [ "$KEYS" = "$(curl -s --cacert "$DATA/tls/cert.pem" \
	"$URL/v1/ohttp-keys" | basenc --base64url -w0 | tr -d =)" ]
ok $? "the policy has the gateway's keys, as the server gives them"
[ "$(stat -c %a "$DATA/keys/ohttp.key")" = 600 ]
ok $? "the secret ones are the operator's alone"
TLS="tls_cert = $T/relay.pem
tls_key = $T/relay.key"
ONE="gateway = one $URL
gateway_ca = $DATA/tls/cert.pem
requests_per_minute = 0
$TLS"
true_that "a relay starts" relay_start "$ONE"
! grep -q sandbox "$T/relay.log"
ok $? "in a sandbox"

# --- through it
[ "$(ask GET "/v1/policy?$CANARY")" = 200 ] && cmp -s "$T/content" "$T/policy"
ok $? "the policy comes through the relay as it comes directly"
[ "$(ask GET /v1/log/checkpoint)" = 200 ] && grep -q '^— ' "$T/content"
ok $? "so does the log's checkpoint"
sizes=
for what in "GET /v1/policy" "GET /v1/log/tile/0/$CANARY" "POST /v1/lookups" \
	"GET /v1/nothing" "PUT /v1/policy"; do
	# shellcheck disable=SC2086
	s=$(ask $what 8192)
	sizes="$sizes $s:$(stat -c %s "$T/sealed"):$(stat -c %s "$T/answer")"
done
[ "$sizes" = " 200:2055:8240 404:2055:8240 403:2055:8240 404:2055:8240 405:2055:8240" ]
ok $? "questions and answers have one size, errors and refusals too"
grep -qi 'cache-control: no-store' "$T/answer.head" && ! grep -qiE 'cookie|server:' "$T/answer.head"
ok $? "an answer of the relay has its own fields alone"
"$ASK" seal "$T/state" "$KEYS" GET /v1/policy 2000 0 | sed 's/^./X/' >"$T/sealed"
[ "$(post "$T/sealed" "$RELAY/one")" = 422 ] && grep -q 'ohttp-key"' "$T/answer"
ok $? "that a key is none of the gateway's reaches the client"

# --- who knows what
n=0
while [ $n -lt 20 ]; do
	n=$((n + 1))
	[ "$(ask GET "/v1/policy?$CANARY")" = 200 ] || break
done
ok $((20 - n)) "twenty more are answered"
known=$(found "$FRONT" $CLIENT)
[ "$known" = "" ]
ok $? "the server's memory has no address of the asker"
known=$(found "$RELAY_PID" $CANARY)
[ "$known" = "" ]
ok $? "the relay's memory has nothing of what was asked"
known=$(found "$RELAY_PID" "127.0.0.1:$PORT")
[ "$known" = "127.0.0.1:$PORT" ]
ok $? "while what it may know is found there"
python3 - "$PORT" "$DATA/tls/cert.pem" $CLIENT "$T/go" <<'PY' &
import os, socket, ssl, sys, time
ctx = ssl.create_default_context(cafile=sys.argv[2])
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5, (sys.argv[3], 0))
s = ctx.wrap_socket(s, server_hostname="127.0.0.1")
s.sendall(b"GET /v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n")
s.recv(9)
open(sys.argv[4], "w").close()
time.sleep(20)
PY
direct=$!
for i in $(seq 100); do
	[ -f "$T/go" ] && break
	sleep 0.05
done
known=$(found "$FRONT" $CLIENT)
[ "$known" = "$CLIENT" ]
ok $? "and the address of who asks directly is in the server's"
kill $direct
wait $direct 2>/dev/null
! grep -q "$CLIENT" "$T/server.log" "$T/relay.log"
ok $? "no log has it"

# --- what the relay refuses, and a server that is away
[ "$(post "$T/sealed" "$RELAY/two")" = 404 ]
ok $? "another name is 404"
[ "$(post "$T/sealed" "$RELAY/one/x")" = 404 ]
ok $? "a path behind it too"
[ "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$T/relay.pem" "$RELAY/one")" = 405 ]
ok $? "GET is 405"
problem_is 415 "$(post "$T/sealed" -H 'Content-Type: text/plain' "$RELAY/one")" media-type
ok $? "another type is 415"
head -c 1060000 /dev/zero >"$T/big"
problem_is 413 "$(post "$T/big" "$RELAY/one")" too-large
ok $? "more than a gateway takes is 413"
head -c 1056768 /dev/zero >"$T/big"
[ "$(post "$T/big" "$RELAY/one")" = 413 ] || [ "$(post "$T/big" "$RELAY/one")" = 400 ] ||
	[ "$(post "$T/big" "$RELAY/one")" = 422 ]
ok $? "as much as it may take goes to the gateway"
[ "$(post "$T/sealed" -H 'Transfer-Encoding: chunked' "$RELAY/one")" = 400 ]
ok $? "a body of no stated length is 400"
server_stop
problem_is 502 "$(post "$T/sealed" "$RELAY/one")" gateway-down
ok $? "a server that is away is 502"
grep -q "gateway 1: cannot be reached" "$T/relay.log"
ok $? "and the relay's log says so"
true_that "the server comes back" server_start
[ "$(ask GET /v1/policy)" = 200 ]
ok $? "and is reached again"
server_kill
server_start
[ "$(ask GET /v1/policy)" = 200 ]
ok $? "a kept connection that died is no fault that a client sees"
true_that "the relay ends with SIGTERM" relay_stop

# --- a gateway that is not ours, to see what it is sent
python3 "$HERE/gateway.py" "$T/relay.pem" "$T/relay.key" "$T/heads" >"$T/fake.ready" &
FAKE=$!
for i in $(seq 100); do
	grep -q ready "$T/fake.ready" && break
	sleep 0.05
done
FAKE_PORT=$(sed -n 's/ready //p' "$T/fake.ready")
BAD="gateway = one https://127.0.0.1:$FAKE_PORT
gateway_ca = $T/relay.pem
$TLS"
true_that "a relay starts" relay_start "$BAD
requests_per_minute = 0"
printf slow >"$T/slow"
ANSWER=$T/slow.answer post "$T/slow" "$RELAY/one" >"$T/slow.status" &
SLOW=$!
[ "$(post "$(body good)" "$RELAY/one" -H 'Cookie: who=me' -H 'X-Forwarded-For: 1.2.3.4' \
	-H 'Forwarded: for=1.2.3.4' -H 'Via: 1.1 me' -H 'Accept-Language: xx' -A me)" = 200 ] &&
	[ "$(cat "$T/answer")" = answer ]
ok $? "it brings a question and the answer"
tail -n 1 "$T/heads" | cut -d ' ' -f 2- >"$T/sent"
[ "$(cat "$T/sent")" = "'POST /v1/ohttp HTTP/1.1\\r\\nHost: 127.0.0.1:$FAKE_PORT\\r\\nContent-Type: message/ohttp-req\\r\\nContent-Length: 4\\r\\n\\r\\n'" ]
ok $? "with nothing of the client's"
! grep -qiE 'cookie|server|x-request' "$T/answer.head"
ok $? "and nothing of the gateway's"
[ "$(post "$(body 'large 2000000')" "$RELAY/one")" = 200 ] &&
	[ "$(stat -c %s "$T/answer")" = 2000000 ]
ok $? "a large answer comes whole"
post "$(body 'large 3000000')" "$RELAY/one" --limit-rate 1500k >"$T/status"
[ "$(cat "$T/status")" = 200 ] && [ "$(stat -c %s "$T/answer")" = 3000000 ]
ok $? "to a slow reader too"
for what in nonsense chunked early 'large 5000000'; do
	problem_is 502 "$(post "$(body "$what")" "$RELAY/one")" gateway-down
	ok $? "a gateway's answer is none ($what): 502"
done
curl -s -o "$T/answer" --cacert "$T/relay.pem" --data-binary cut \
	-H 'Content-Type: message/ohttp-req' "$RELAY/one"
[ $? = 18 ]
ok $? "an answer that is cut off is not whole for the client either"
[ "$(post "$(body close)" "$RELAY/one")" = 200 ] && sleep 0.2 &&
	[ "$(post "$(body good)" "$RELAY/one")" = 200 ]
ok $? "a connection that the gateway closed is not used again"
python3 - "$RELAY" "$T/relay.pem" "$T/heads" <<'PY'
import socket, ssl, sys
host, port = sys.argv[1].split("//")[1].split(":")
before = open(sys.argv[3]).read()
ctx = ssl.create_default_context(cafile=sys.argv[2])
def dial():
    s = socket.create_connection((host, int(port)), 10)
    return ctx.wrap_socket(s, server_hostname=host)
HEAD = (b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Type: message/ohttp-req\r\n"
        b"Content-Length: %d\r\n\r\n")
s = dial()                      # half of a request, then gone
s.sendall(HEAD % 1000 + b"x" * 500)
s.close()
s = dial()                      # gone while it is answered
s.sendall(HEAD % 13 + b"large 3000000")
s.close()
assert open(sys.argv[3]).read().count("Length: 1000") == 0
s = dial()                      # three at once, one after the other
s.sendall((HEAD % 4 + b"good") * 3)
got = b""
while got.count(b"answer") < 3:
    part = s.recv(4096)
    assert part
    got += part
assert got.count(b"HTTP/1.1 200 OK") == 3
s.sendall(HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n") % 4)
assert s.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
s.sendall(b"good")
assert s.recv(4096).startswith(b"HTTP/1.1 200 OK")
s = dial()                      # no HTTP
s.sendall(b"\x16\x03\x01hello\r\n\r\n")
assert s.recv(4096).startswith(b"HTTP/1.1 400 ")
s = dial()                      # a header that does not end
s.sendall(b"POST /one HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 2000)
assert b" 431 " in s.recv(4096)
PY
ok $? "half requests go nowhere; pipelined ones are answered in order"
kill -USR1 "$RELAY_PID"
sleep 0.3
grep -qE 'requests [0-9]+ answers [0-9]+ refused [0-9]+ limited 0 faults [1-9]' "$T/relay.log"
ok $? "the relay counts what it did"
wait $SLOW
[ "$(cat "$T/slow.status")" = 504 ] && grep -q 'problems/gateway-slow"' "$T/slow.answer"
ok $? "a gateway that says nothing for a minute is 504"
true_that "the relay ends with SIGTERM" relay_stop

# --- limits, and a certificate that is another's
true_that "a relay with limits starts" relay_start "$BAD
requests_per_minute = 3
connections_address = 2"
for i in 1 2 3; do post "$(body good)" "$RELAY/one"; done >"$T/status"
problem_is 429 "$(post "$(body good)" "$RELAY/one")" limit &&
	grep -qiE '^retry-after: [0-9]+' "$T/answer.head" && [ "$(cat "$T/status")" = 200200200 ]
ok $? "more than a prefix may ask is 429"
for i in 1 2; do
	{ exec 9<>"/dev/tcp/127.0.0.1/${RELAY##*:}" && sleep 3; } &
done
sleep 0.5
[ "$(post "$(body good)" "$RELAY/one" --interface 127.0.0.1)" = 000 ]
ok $? "more connections than a prefix may have are closed"
sleep 3
[ "$(post "$(body good)" "$RELAY/one" --interface 127.0.0.1)" = 200 ]
ok $? "and there is room when they end"
relay_stop
certificate other
true_that "a relay that trusts another certificate starts" relay_start "gateway = one https://127.0.0.1:$FAKE_PORT
gateway_ca = $T/other.pem
$TLS"
problem_is 502 "$(post "$(body good)" "$RELAY/one")" gateway-down
ok $? "a gateway that is not the one of the certificate is 502"
relay_stop
kill $FAKE
for wrong in "gateway = one http://x" "gateway = x" "what = ever" "$ONE
tls_cert = /nowhere"; do
	printf '%s\n' "$wrong" >"$T/relay.conf"
	"$TACET_BIN/tacet-relay" --config "$T/relay.conf" >/dev/null 2>"$T/err"
	[ $? = 2 ] && [ "$(wc -l <"$T/err")" = 1 ]
	ok $? "a wrong configuration is one line and status 2"
done
true_that "the server stops" server_stop
finish
