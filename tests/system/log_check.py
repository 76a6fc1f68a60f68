#!/usr/bin/env python3
"""The public log by a second reader: what DIR/log says, made again from bytes.

usage: log_check.py append DIR NAME ACKED COUNT   entries until COUNT are in
       log_check.py check DIR ACKED [CHECKPOINT ...]
       log_check.py one DIR TEXT                  appends one; prints its index
       log_check.py types DIR                     one entry type a line
check: prints TAP lines without a plan. Standard library only.
"""
import base64
import hashlib
import json
import os
import socket
import sys
import time


def ask(data, question):
    """One question to the admin socket; None when nobody answers."""
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(f"/proc/self/fd/{os.open(data, os.O_RDONLY)}/admin.sock")
        s.settimeout(10)
        s.sendall(json.dumps(question).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            part = s.recv(65536)
            if not part:
                return None
            answer += part
        return json.loads(answer)
    except (OSError, ValueError):
        return None
    finally:
        s.close()


def entry(text):
    return json.dumps({"commitment": text, "type": "order"},
                      separators=(",", ":"), sort_keys=True)


def append(data, name, acked, count):
    """Like a writer that must not lose one: the same octets until they are in."""
    with open(acked, "a", encoding="ascii") as out:
        for i in range(count):
            while True:
                answer = ask(data, {"verb": "log-append",
                                    "entry": entry(f"{name}-{i}")})
                if answer and "index" in answer:
                    break
                time.sleep(0.05)
            print(answer["index"], f"{name}-{i}", file=out, flush=True)


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves):
    """RFC 6962 section 2.1, by the letter."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node(root(leaves[:k]), root(leaves[k:]))


def body(path):
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


def entries(data):
    size, _ = body(f"{data}/log/checkpoint")
    found = []
    for tile in range((size + 255) // 256):
        want = min(256, size - 256 * tile)
        path = f"{data}/log/tile/entries/{tile:03d}"
        if want < 256:
            path += f".p/{want}"
        with open(path, "rb") as f:
            octets = f.read()
        at = 0
        for _ in range(want):
            n = int.from_bytes(octets[at:at + 2], "big")
            found.append(octets[at + 2:at + 2 + n])
            at += 2 + n
        assert at == len(octets)
    return found


def check(data, acked, checkpoints):
    count = 0

    def ok(passed, sentence):
        nonlocal count
        count += 1
        print(f"{'ok' if passed else 'not ok'} {count} - {sentence}")

    held = entries(data)
    leaves = [hashlib.sha256(b"\0" + e).digest() for e in held]
    size, want = body(f"{data}/log/checkpoint")
    ok(root(leaves) == want, "the root is that of the entries")
    with open(acked, encoding="ascii") as f:
        told = [line.split() for line in f]
    ok(len(told) > 0 and all(
        int(i) < size and held[int(i)] == entry(text).encode()
        for i, text in told), "every acknowledged entry is at its index")
    ok(len(set(held)) == len(held), "no entry is there twice")
    ok(all(root(leaves[:n]) == r for n, r in map(body, checkpoints)),
       f"each of {len(checkpoints)} older checkpoints is a beginning of it")


def main():
    verb, data = sys.argv[1:3]
    if verb == "append":
        append(data, sys.argv[3], sys.argv[4], int(sys.argv[5]))
    elif verb == "check":
        check(data, sys.argv[3], sys.argv[4:])
    elif verb == "one":
        answer = ask(data, {"verb": "log-append", "entry": entry(sys.argv[3])})
        if not answer or "index" not in answer:
            sys.exit(1)
        print(answer["index"])
    elif verb == "types":
        for e in entries(data):
            print(json.loads(e)["type"])


main()
