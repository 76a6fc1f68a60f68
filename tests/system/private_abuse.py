#!/usr/bin/env python3
"""What a hostile client may try with private lookups.

usage: private_abuse.py VERB PORT DIR

DIR holds whole questions, ask.0, ask.1 and so on, each with its own token.
Standard library only. Nothing here prints an octet of them.

  statuses   false, cut, long and repeated questions; prints TAP without a plan
  old        the status of ask.0, and of it again
  stall      sends ask.1 and never reads the answer, for as long as it lives
  replay N   how many of the first N are answered, and how many refused
"""
import http.client
import os
import ssl
import sys
import time

VERB, PORT, DIR = sys.argv[1], int(sys.argv[2]), sys.argv[3]
PATH = "/v1/directory/lookup"
HEAD = 96 + 32 + 4
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


def post(body, path=PATH):
    """(status, problem or None, size of the answer)"""
    c = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=60,
                                    context=context())
    try:
        c.request("POST", path, body,
                  {"Content-Type": "application/octet-stream"})
        r = c.getresponse()
        answer = r.read()
    finally:
        c.close()
    name = None
    if r.getheader("Content-Type") == "application/problem+json":
        name = answer.split(b"problems/")[1].split(b'"')[0].decode()
    return r.status, name, len(answer)


def announced(n):
    """The status of a question of n octets that is not sent."""
    c = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=60,
                                    context=context())
    c.putrequest("POST", PATH)
    c.putheader("Content-Length", str(n))
    c.endheaders()
    status = c.getresponse().status
    c.close()
    return status


def ask(i):
    with open(os.path.join(DIR, f"ask.{i}"), "rb") as f:
        return bytearray(f.read())


def statuses():
    a = ask(0)
    cuts = [1, 95, 96, 127, 128, 131, 132, 133, len(a) // 2, len(a) - 1]
    ok(all(post(bytes(a[:n]))[:2] == (422, "malformed") for n in cuts),
       "a question that is cut anywhere is refused as malformed")
    ok(post(b"")[0] == 422, "so is an empty one")
    ok(post(bytes(a) + b"\0")[:2] == (413, "too-large"),
       "one octet more than the table's shape is too large")
    ok(announced(2 << 20) == 413, "so are two MiB, before one is sent")
    b = bytearray(a)
    b[96:128] = bytes(32)
    ok(post(bytes(b))[:2] == (422, "malformed"), "the identity is no element")
    b[96:128] = b"\xff" * 32
    ok(post(bytes(b))[:2] == (422, "malformed"), "nor are 32 octets of ones")
    b = bytearray(a)
    b[40] ^= 1
    ok(post(bytes(b))[:2] == (403, "token"), "a token with one bit changed")
    b = bytearray(a)
    b[128:132] = (2**32 - 1).to_bytes(4, "big")
    ok(post(bytes(b))[:2] == (410, "epoch-gone"), "an epoch that is not there")
    first = post(bytes(a))
    ok(first[0] == 200, "none of these cost the token: it is answered now")
    ok(post(bytes(a))[:2] == (403, "token"), "and not a second time")
    b = ask(1)
    b[HEAD:] = b"\xff" * (len(b) - HEAD)
    ok(post(bytes(b))[:2] == (422, "malformed"),
       "words that are as large as their bits allow are out of range")
    b = ask(2)
    b[HEAD:] = bytes(len(b) - HEAD)
    ok(post(bytes(b))[0] == 200, "a query of nothing but the least value")
    b = bytes(ask(3))
    for path in ("/v1/directory/oprf", "/v1/tokens", "/v1/lookups"):
        ok(post(b, path)[0] in (401, 413, 415, 422),
           f"a question is none of {path}")
    sizes = {post(bytes(ask(i)))[2] for i in range(4, 8)} | {first[2]}
    ok(len(sizes) == 1, "every answer has the same size")
    n = b"\0\1" + bytes(ask(8)[:128])
    ok(post(n, "/v1/directory/oprf")[0] == 200, "one evaluation")
    ok(post(n, "/v1/directory/oprf")[:2] == (403, "token"), "once")
    ok(post(b"\0\0", "/v1/directory/oprf")[0] == 422, "none is no question")
    two = b"\0\2" + bytes(ask(9)[:128]) * 2
    ok(post(two, "/v1/directory/oprf")[:2] == (403, "token"),
       "one token does not pay two evaluations")
    sys.exit(bad > 0)


def stall():
    body = bytes(ask(1))
    c = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=60,
                                    context=context())
    c.request("POST", PATH, body)
    print("sent", flush=True)
    time.sleep(60)


def replay(n):
    got = [post(bytes(ask(i)))[1] for i in range(n)]
    print(sum(g is None for g in got), sum(g == "token" for g in got))


if VERB == "statuses":
    statuses()
elif VERB == "old":
    print(post(bytes(ask(0)))[1])
elif VERB == "stall":
    stall()
elif VERB == "replay":
    replay(int(sys.argv[4]))
