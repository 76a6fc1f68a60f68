#!/usr/bin/env python3
"""What a hostile HTTP client may try on a server that listens on 127.0.0.1.

usage: http_abuse.py PORT    prints TAP lines without a plan
Standard library only. Nothing here prints what the server said.
"""
import json
import random
import socket
import ssl
import sys
import threading
import time

PORT = int(sys.argv[1])
HOST = b"Host: 127.0.0.1\r\n"
FIELDS = (b"strict-transport-security", b"x-content-type-options",
          b"content-security-policy", b"cache-control")
count = 0
bad = 0


def ok(passed, sentence):
    global count, bad
    count += 1
    bad += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {sentence}", flush=True)


def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    return c


def connect(c=None, timeout=20):
    s = socket.create_connection(("127.0.0.1", PORT), timeout=timeout)
    return (c or context()).wrap_socket(s)


class Reader:
    """Answers, one after the other, from one connection."""

    def __init__(self, s):
        self.s = s
        self.b = b""

    def more(self):
        try:
            d = self.s.recv(65536)
        except (ConnectionError, ssl.SSLError):
            d = b""
        self.b += d
        return d != b""

    def answer(self, has_body=True):
        """(status, fields, body), or None when the connection ended."""
        while b"\r\n\r\n" not in self.b:
            if not self.more():
                return None
        head, self.b = self.b.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        fields = {}
        for line in lines[1:]:
            k, v = line.split(b": ", 1)
            fields[k.lower()] = v
        n = int(fields.get(b"content-length", b"0")) if has_body else 0
        while len(self.b) < n:
            if not self.more():
                return None
        body, self.b = self.b[:n], self.b[n:]
        return int(lines[0].split(b" ")[1]), fields, body

    def is_closed(self):
        return self.b == b"" and not self.more()


def ask(octets, has_body=True):
    """One connection, one answer, and whether the server then closed."""
    s = connect()
    try:
        s.sendall(octets)
    except (ConnectionError, ssl.SSLError):
        pass
    r = Reader(s)
    a = r.answer(has_body)
    closes = a is not None and a[1].get(b"connection") == b"close" \
        and r.is_closed()
    s.close()
    return a, closes


def get(path=b"/v1/healthz", fields=b""):
    return b"GET " + path + b" HTTP/1.1\r\n" + HOST + fields + b"\r\n"


def post(path, body, kind=b"application/json", fields=b""):
    return (b"POST " + path + b" HTTP/1.1\r\n" + HOST + b"Content-Type: "
            + kind + b"\r\nContent-Length: " + str(len(body)).encode()
            + b"\r\n" + fields + b"\r\n" + body)


def is_problem(a, status, name):
    if a is None or a[0] != status:
        return False
    if a[1].get(b"content-type") != b"application/problem+json":
        return False
    p = json.loads(a[2])
    return (p["type"] == "https://tacet.example/problems/" + name
            and p["status"] == status and p["title"] != ""
            and all(f in a[1] for f in FIELDS))


def alive():
    a, _ = ask(get())
    return a is not None and a[0] == 200 and a[2] == b"ok\n"


def plain_things():
    a, _ = ask(get())
    ok(a is not None and a[0] == 200 and all(f in a[1] for f in FIELDS),
       "a good request is answered with every security field")
    ok(is_problem(ask(get(b"/v1/nothing"))[0], 404, "not-found"),
       "an unknown path is 404")
    ok(is_problem(ask(get(b"/v1/link//offer"))[0], 404, "not-found"),
       "an empty segment names nothing")
    a, _ = ask(b"DELETE /v1/healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    ok(is_problem(a, 405, "method") and a[1].get(b"allow") == b"GET",
       "a wrong method is 405 and the right one is named")
    s = connect()
    s.sendall(b"HEAD /v1/healthz HTTP/1.1\r\n" + HOST + b"\r\n" + get())
    r = Reader(s)
    first, second = r.answer(has_body=False), r.answer()
    ok(first is not None and second is not None and second[2] == b"ok\n",
       "an answer to HEAD has no body")
    a, _ = ask(get(b"/v1/policy"))
    ok(a is not None and a[0] == 200 and b"tacet-policy" in a[2],
       "the policy is a signed note")
    for path in (b"/v1/prekeys/" + b"0" * 32, b"/v1/stream"):
        if not is_problem(ask(get(path))[0], 401, "unsigned"):
            break
    else:
        path = b""
    ok(path == b"", "what must be signed is 401 when it is not")


def tls_things():
    c = context()
    c.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        connect(c).close()
        refused = False
    except (ssl.SSLError, ConnectionError):
        refused = True
    ok(refused, "TLS 1.2 is refused")
    c = context()
    c.set_alpn_protocols(["h2"])
    try:
        connect(c).close()
        refused = False
    except (ssl.SSLError, ConnectionError):
        refused = True
    ok(refused, "a client that speaks HTTP/2 only is refused")
    c = context()
    c.set_alpn_protocols(["h2", "http/1.1"])
    s = connect(c)
    ok(s.selected_alpn_protocol() == "http/1.1", "http/1.1 is chosen")
    s.close()
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as s:
        s.sendall(get())
        try:
            d = s.recv(100)
        except ConnectionError:
            d = b""
    ok(not d.startswith(b"HTTP/"), "there is no HTTP without TLS")


MALFORMED = (
    ("Transfer-Encoding", b"POST /v1/registration HTTP/1.1\r\n" + HOST
     + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("Transfer-Encoding with Content-Length",
     b"POST /v1/registration HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n"
     b"Transfer-Encoding: identity\r\n\r\nabcd"),
    ("two Content-Lengths", b"POST /v1/registration HTTP/1.1\r\n" + HOST
     + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"),
    ("a list of Content-Lengths", b"POST /v1/registration HTTP/1.1\r\n"
     + HOST + b"Content-Length: 4, 4\r\n\r\nabcd"),
    ("a signed Content-Length", b"POST /v1/registration HTTP/1.1\r\n" + HOST
     + b"Content-Length: +4\r\n\r\nabcd"),
    ("a negative Content-Length", b"POST /v1/registration HTTP/1.1\r\n"
     + HOST + b"Content-Length: -4\r\n\r\nabcd"),
    ("a hexadecimal Content-Length", b"POST /v1/registration HTTP/1.1\r\n"
     + HOST + b"Content-Length: 0x4\r\n\r\nabcd"),
    ("a Content-Length beyond 64 bits", b"POST /v1/registration HTTP/1.1\r\n"
     + HOST + b"Content-Length: 18446744073709551620\r\n\r\nabcd"),
    ("a bare LF", b"GET /v1/healthz HTTP/1.1\n" + HOST + b"\r\n"),
    ("a bare CR", b"GET /v1/healthz HTTP/1.1\r\nHost: a\rb\r\n\r\n"),
    ("a NUL", b"GET /v1/healthz HTTP/1.1\r\nHost: a\0b\r\n\r\n"),
    ("a folded field", b"GET /v1/healthz HTTP/1.1\r\n" + HOST
     + b"X: a\r\n b\r\n\r\n"),
    ("a space before the colon", b"GET /v1/healthz HTTP/1.1\r\n" + HOST
     + b"X : a\r\n\r\n"),
    ("no Host", b"GET /v1/healthz HTTP/1.1\r\n\r\n"),
    ("two Hosts", b"GET /v1/healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n"),
    ("the absolute form", b"GET https://127.0.0.1/v1/healthz HTTP/1.1\r\n"
     + HOST + b"\r\n"),
    ("the authority form", b"CONNECT 127.0.0.1:443 HTTP/1.1\r\n" + HOST
     + b"\r\n"),
    ("the asterisk form", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("HTTP/2.0", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("no version", b"GET /v1/healthz\r\n\r\n"),
    ("two spaces", b"GET  /v1/healthz HTTP/1.1\r\n" + HOST + b"\r\n"),
    ("an empty line first", b"\r\n" + get()),
)


def framing():
    for what, octets in MALFORMED:
        # what follows must not be taken for a second request
        a, closes = ask(octets + get())
        ok(is_problem(a, 400, "malformed") and closes,
           what + " is 400 and the end of the connection")
    a, closes = ask(b"GET /v1/healthz HTTP/1.0\r\n\r\n")
    ok(a is not None and a[0] == 200 and closes,
       "HTTP/1.0 is answered and closed")
    a, closes = ask(get(fields=b"Connection: close\r\n"))
    ok(a is not None and a[0] == 200 and closes,
       "Connection: close is kept to")


def sizes():
    a, closes = ask(get(fields=b"X: " + b"a" * 9000 + b"\r\n"))
    ok(is_problem(a, 431, "fields-too-large") and closes,
       "a header over 8 KiB is 431")
    a, closes = ask(get(fields=b"X: a\r\n" * 60))
    ok(is_problem(a, 431, "fields-too-large") and closes,
       "sixty fields are 431")
    a, closes = ask(get(b"/" + b"a" * 2000))
    ok(is_problem(a, 431, "fields-too-large") and closes,
       "a target of 2000 octets is 431")
    a, closes = ask(b"POST /v1/registration HTTP/1.1\r\n" + HOST
                    + b"Content-Type: application/json\r\n"
                      b"Content-Length: 65537\r\n\r\n")
    ok(is_problem(a, 413, "too-large") and closes,
       "a body that would be too large is 413 before it comes")
    a, closes = ask(post(b"/v1/registration", b" " * 400000))
    ok(is_problem(a, 413, "too-large") and closes,
       "the answer is read also by who sends the large body first")
    a, _ = ask(post(b"/v1/registration", b" " * 65536))
    ok(is_problem(a, 400, "malformed"),
       "a body of just the maximum is read, and is no JSON")
    a, closes = ask(b"GET /v1/healthz HTTP/1.1\r\n" + HOST
                    + b"Content-Length: 1\r\n\r\nx")
    ok(is_problem(a, 413, "too-large") and closes,
       "a GET has no body")


def bodies():
    deep = b'{"number":' + b"[" * 9 + b"]" * 9 + b"}"
    cases = (
        ("JSON nine deep", deep, 400),
        ("JSON a million deep", b"[" * 65000, 400),
        ("a name twice", b'{"number":"+15550100001","number":"+1"}', 400),
        ("an array", b'["+15550100001"]', 400),
        ("something behind the object", b'{"number":"+15550100001"} x', 400),
        ("no UTF-8", b'{"number":"\xff\xfe"}', 400),
        ("an overlong NUL", b'{"number":"\xc0\x80"}', 400),
        ("U+0000", b'{"number":"+1555\\u0000"}', 400),
        ("an open string", b'{"number":"+1555', 400),
        ("nothing", b"", 400),
        ("an unknown name", b'{"number":"+15550100001","x":1}', 422),
        ("a number that is a number", b'{"number":15550100001}', 422),
        ("no number", b"{}", 422),
        ("a number of 16 digits", b'{"number":"+1234567890123456"}', 422),
    )
    for what, body, status in cases:
        a, _ = ask(post(b"/v1/registration", body))
        ok(is_problem(a, status, "malformed"), f"{what} is {status}")
    for kind in (b"text/plain", b"application/jsonp", b"application/json2"):
        a, _ = ask(post(b"/v1/registration", b"{}", kind))
        if not is_problem(a, 415, "media-type"):
            break
    else:
        kind = b""
    ok(kind == b"", "another media type is 415")
    a, _ = ask(post(b"/v1/registration", b"{}",
                    b"application/json; charset=utf-8"))
    ok(is_problem(a, 422, "malformed"), "a media type may have a parameter")


def pipelining():
    s = connect()
    many = b""
    want = []
    for i in range(60):
        if i % 3 == 0:
            many += get()
            want.append(200)
        elif i % 3 == 1:
            many += get(b"/v1/nothing")
            want.append(404)
        else:  # the exchange answers this one, later
            many += get(b"/v1/link/" + b"0" * 32 + b"/offer")
            want.append(404)
    s.sendall(many)
    r = Reader(s)
    got = [r.answer() for _ in want]
    ok([a and a[0] for a in got] == want,
       "sixty pipelined requests are answered in order")
    s.close()
    s = connect()
    for i in range(len(get())):
        s.sendall(get()[i:i + 1])
    a = Reader(s).answer()
    ok(a is not None and a[0] == 200, "a request may come octet by octet")
    s.close()
    s = connect()
    body = b'{"number":"+1"}'
    head, body = post(b"/v1/registration", body,
                      fields=b"Expect: 100-continue\r\n").split(b"\r\n\r\n", 1)
    s.sendall(head + b"\r\n\r\n")
    r = Reader(s)
    a = r.answer()
    s.sendall(body)
    b = r.answer()
    ok(a is not None and a[0] == 100 and b is not None and b[0] == 422,
       "who expects 100 gets it, and then the answer")
    s.close()


def signatures():
    bad_fields = (
        b"Signature: tacet=:AAAA:\r\n",
        b"Signature-Input: tacet=()\r\nSignature: tacet=:AAAA:\r\n"
        b"Content-Digest: sha-256=:AAAA:\r\n",
        b"Signature-Input: " + b"(" * 4000 + b"\r\n",
    )
    good = True
    for fields in bad_fields:
        a, _ = ask(get(b"/v1/prekeys/" + b"0" * 32, fields))
        good = good and a is not None and a[0] in (400, 401)
    ok(good, "a signature that is none is refused")
    a, _ = ask(get(b"/v1/stream", b"Connection: Upgrade\r\n"
                   b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"))
    ok(is_problem(a, 401, "unsigned"), "an unsigned upgrade is refused")


def truncations():
    whole = post(b"/v1/registration", b'{"number":"+1"}')
    good = True
    for n in range(0, len(whole), 7):
        s = connect()
        s.sendall(whole[:n])
        s.close()
    for n in range(0, len(whole), 7):
        s = connect()
        s.sendall(whole[:n])
        try:  # close_notify both ways, and no octet of an answer before
            s.unwrap().close()
        except (OSError, ssl.SSLError):
            good = False
    ok(good and alive(), "a truncated request is not answered")


def garbage():
    rnd = random.Random(20)
    base = post(b"/v1/registration", b'{"number":"+1"}')
    good = True
    for _ in range(150):
        octets = bytearray(base)
        for _ in range(rnd.randrange(1, 6)):
            octets[rnd.randrange(len(octets))] = rnd.randrange(256)
        if rnd.randrange(4) == 0:
            octets = bytearray(rnd.randbytes(rnd.randrange(1, 3000)))
        s = connect(timeout=0.2)  # what is not whole has no answer
        try:
            s.sendall(bytes(octets))
            a = Reader(s).answer()
        except OSError:
            a = None
        good = good and (a is None or a[0] in (
            400, 404, 405, 413, 415, 422, 431))
        s.close()
    ok(good and alive(), "150 damaged requests are refused, none is served")
    raw = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(200)]
    for s in raw:
        s.sendall(rnd.randbytes(50))
    ok(alive(), "200 connections with garbage for TLS stop nobody")
    for s in raw:
        s.close()


def slow(results, name, octets, drip, limit, want):
    """Sends octets, then one octet of drip a second: cut after limit."""
    s = connect(timeout=limit + 10)
    start = time.monotonic()
    r = Reader(s)
    try:
        s.sendall(octets)
        s.settimeout(1)
        while time.monotonic() - start < limit + 5:
            try:
                if not r.more():
                    break
                if b"\r\n\r\n" in r.b:
                    break
            except TimeoutError:
                if drip:
                    s.sendall(drip)
    except OSError:
        pass
    took = time.monotonic() - start
    said = r.b.startswith(b"HTTP/1.1 408 ")
    results[name] = took < limit + 3 and said == want
    s.close()


def deaf(results, name):
    """Asks and asks and never reads: cut once nothing moved for 30 s."""
    s = connect(timeout=5)
    many = get(b"/v1/policy") * 50
    try:
        for _ in range(2000):
            s.sendall(many)
    except OSError:
        pass  # nothing goes through any more
    time.sleep(34)
    r = Reader(s)
    cut = False
    try:
        while r.more():
            r.b = b""
        cut = True
    except TimeoutError:
        pass  # it is still there, and waits
    results[name] = cut
    s.close()


DEAF = "who never reads is cut after 30 s"


def slowness():
    results = {}
    cases = (
        ("a header that drips is cut after 10 s", get()[:-2] + b"X: ", b"a",
         10, True),
        ("a body that drips is cut after 30 s",
         post(b"/v1/registration", b" " * 1000)[:-999], b" ", 30, True),
        ("who connects and says nothing is cut after 10 s", b"", b"", 10,
         False),
    )
    threads = [threading.Thread(target=slow, args=(results,) + c)
               for c in cases]
    threads.append(threading.Thread(target=deaf, args=(results, DEAF)))
    for t in threads:
        t.start()
    return threads, results, cases


threads, results, cases = slowness()
plain_things()
tls_things()
framing()
sizes()
bodies()
pipelining()
signatures()
truncations()
garbage()
for t in threads:
    t.join()
ok(results.get(DEAF, False), DEAF)
for c in cases:
    ok(results.get(c[0], False), c[0])
ok(alive(), "at the end a good request is answered as at the start")
sys.exit(bad != 0)
