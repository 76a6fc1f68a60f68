#!/usr/bin/env bash
# With --relay every anonymous request of a client goes to the relay, and the
# server hears of none of them from his address; without the relay nothing is
# asked.
. "$(dirname "$0")/lib.sh"
export PRIVATE=yes
a=+15550100 b=+15550123 c=+15550142

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	-nodes -days 2 -subj /CN=relay -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$T/relay.key" -out "$T/relay.pem" 2>/dev/null
server_start || { ok 1 "a server starts"; finish; }
register alice $a && register bob $b
ok $? "two numbers register"
true_that "the directory shows Bob" published bob
cat >"$T/relay.conf" <<CONF
gateway = one $URL
gateway_ca = $DATA/tls/cert.pem
tls_cert = $T/relay.pem
tls_key = $T/relay.key
listen = 127.0.0.1:0
CONF
"$TACET_BIN/tacet-relay" --config "$T/relay.conf" >"$T/relay.ready" \
	2>"$T/relay.log" &
RELAY_PID=$!
for _ in $(seq 100); do
	grep -q '^ready ' "$T/relay.ready" && break
	sleep 0.05
done
RELAY=$(sed -n 's/^ready //p' "$T/relay.ready")
[ -n "$RELAY" ]
ok $? "a relay starts"
false_that "a relay that is no address is refused" \
	as alice --relay ftp://somewhere lookup $b
as alice --relay "$RELAY/one" --relay-ca "$T/relay.pem" --json lookup $b \
	>"$T/out" 2>"$T/err"
grep -q '"route":"encrypted".*"mode":"private","verified":true' "$T/out"
ok $? "a question through it is answered and proved"
! grep -q 'sees your address' "$T/err"
ok $? "and nobody is told that his address is seen"
as alice --json lookup $c >"$T/out" 2>&1
grep -q '"route":"sms".*"mode":"private","verified":true' "$T/out"
ok $? "the relay is remembered"
as alice send $b "hello" >"$T/out" 2>&1 &&
	as bob --json receive --timeout 5 2>/dev/null | grep -q '"text": *"hello"'
ok $? "a message is sent by the slot that came through it"
kill -TERM $RELAY_PID
wait $RELAY_PID
as alice lookup +15550181 >"$T/out" 2>&1
[ $? = 3 ]
ok $? "without the relay the question is not asked another way"
as alice --relay '' --json lookup +15550182 >"$T/out" 2>"$T/err"
grep -q '"verified":true' "$T/out" && grep -q 'sees your address' "$T/err"
ok $? "only when the person says so, and then is told what the server sees"
finish
