#!/usr/bin/env python3
"""A model of doc/protocol/directory.md, written from that page alone.

Standard library only. Slow, not constant time, for tests. As a program it
writes the vectors to standard output:
  directory.py > tests/vectors/directory/directory.json
"""
import hashlib
import hmac
import json
import struct

ZERO = bytes(32)
EMPTY = bytes(40)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hkdf(ikm, info, n):
    """RFC 5869 with an empty salt; n is at most 32 here."""
    prk = hmac.digest(ZERO, ikm, "sha256")
    return hmac.digest(prk, info + b"\1", "sha256")[:n]


# --- ChaCha20-Poly1305 (RFC 8439)

def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xffffffff
        v = s[z] ^ s[x]
        s[z] = (v << n | v >> (32 - n)) & 0xffffffff


def chacha_block(key, counter, nonce):
    begin = list(struct.unpack("<16I", b"expand 32-byte k" + key +
                               struct.pack("<I", counter) + nonce))
    s = begin[:]
    for _ in range(10):
        for q in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                  (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter(s, *q)
    return struct.pack("<16I", *((a + b) & 0xffffffff
                                 for a, b in zip(s, begin)))


def seal(key, plain, aad):
    nonce = bytes(12)
    stream = b"".join(chacha_block(key, 1 + i, nonce)
                      for i in range((len(plain) + 63) // 64))
    text = bytes(a ^ b for a, b in zip(plain, stream))
    pad = bytes(-len(aad) % 16), bytes(-len(text) % 16)
    mac = aad + pad[0] + text + pad[1] + struct.pack("<QQ", len(aad), len(text))
    one = chacha_block(key, 0, nonce)
    r = int.from_bytes(one[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    s = int.from_bytes(one[16:32], "little")
    a = 0
    for i in range(0, len(mac), 16):
        part = int.from_bytes(mac[i:i + 16] + b"\1", "little")
        a = (a + part) * r % (2**130 - 5)
    return text + ((a + s) & (2**128 - 1)).to_bytes(16, "little")


# --- 1: what is derived from a number

def place(handle):
    return int.from_bytes(sha256(b"tacet place v1", handle)[:3], "big") >> 4


def tag(y):
    return hkdf(y, b"tacet tag v1", 7)


def seal_key(y, version):
    return hkdf(y, b"tacet slot v1" + struct.pack(">I", version), 32)


def count_mask(y, commitment):
    return hkdf(y, b"tacet count v1" + commitment, 1)[0]


# --- 2: slot and entry

def front(version, epoch, number_epoch, hist_prev):
    return struct.pack(">III", version, epoch, number_epoch) + hist_prev


def slot(y, version, epoch, number_epoch, hist_prev, plain):
    return (front(version, epoch, number_epoch, hist_prev) +
            seal(seal_key(y, version), plain, b"tacet slot v1"))


def head(s):
    return s[:44] + sha256(s[44:])


def commitment(s):
    return sha256(b"tacet slot v1", head(s))


def entry(y, s, devices):
    c = commitment(s)
    return tag(y) + bytes([devices ^ count_mask(y, c)]) + c


# --- 3: bucket, tree, stash

LADDER = ((100000, 11, 1), (500000, 12, 2), (1000000, 13, 2), (2400000, 13, 4),
          (5000000, 14, 4), (10000000, 15, 4), (20000000, 16, 4))


def capacity(c, r):
    return (3584 * r - 32 * c) // 40


def split(items, c, r):
    """items: (place, entry). The entries of each bucket, and the homeless."""
    buckets = [[] for _ in range(2**c)]
    for p, e in items:
        buckets[p % 2**c].append(e)
    homeless, full = [], []
    for i, b in enumerate(buckets):
        b.sort()
        here = b[:capacity(c, r)]
        homeless += [(i, e) for e in b[capacity(c, r):]]
        full.append(here + [EMPTY] * (capacity(c, r) - len(here)))
    return full, homeless


def snapshot(items):
    """c, R, buckets, nodes by level (leaves first), stash."""
    at = next(i for i, l in enumerate(LADDER) if len(items) <= l[0])
    while True:
        _, c, r = LADDER[at]
        buckets, homeless = split(items, c, r)
        n = len(homeless)
        if n <= 2048 and (n <= 16 or n <= len(items) // 4096):
            break
        at += 1
    levels = [[sha256(b"\0", *b) for b in buckets]]
    while len(levels[-1]) > 1:
        l = levels[-1]
        levels.append([sha256(b"\1", l[i], l[i + 1])
                       for i in range(0, len(l), 2)])
    stash = b"".join(struct.pack(">I", i) + e for i, e in homeless)
    return c, r, buckets, levels, stash


def column(shot, i):
    c, r, buckets, levels, _ = shot
    path = b"".join(levels[k][i >> k ^ 1] for k in range(c))
    body = b"".join(buckets[i])
    return body + bytes(3584 * r - len(body) - len(path)) + path


# --- 4: epochs

def canonical(o):
    return json.dumps(o, sort_keys=True, separators=(",", ":")).encode()


def diff_row(p, c, old, new):
    """old and new: (entry, slot); old is None for a new number."""
    before = bytes(116) if old is None else old[0] + head(old[1])
    return struct.pack(">I", p % 2**c) + before + new[0] + head(new[1])


# --- the vectors

def number(i):
    handle = b"+1555%07d" % i
    y = hashlib.sha512(b"y%d" % i).digest()
    plain = b"".join(hashlib.sha256(b"%s%d" % (n, i)).digest()[:k]
                     for n, k in ((b"account", 16), (b"mailbox", 16),
                                  (b"aik", 32), (b"list", 32)))
    return handle, y, plain


def main():
    handle, y, plain = number(1)
    first = slot(y, 1, 7, 0, ZERO, plain)
    second = slot(y, 2, 9, 1, commitment(first), bytes(96))
    e1, e2 = entry(y, first, 3), entry(y, second, 0)
    items = []
    for i in range(3000):
        h, yi, pi = number(i)
        items.append((place(h), entry(yi, slot(yi, 1, 1, 0, ZERO, pi), 1)))
    # 170 more in one bucket: 80 fit, and the shape grows until they do
    crowd = [(5 + 2048 * (i % 512), tag(b"%64d" % i) + bytes([i & 255]) +
              sha256(b"c%d" % i)) for i in range(170)]
    # nine more than a bucket of the smallest shape holds: into the stash
    guests = [(7 + 2048 * (i % 512), tag(b"g%63d" % i) + bytes([i]) +
               sha256(b"g%d" % i)) for i in range(89)]
    shots = {}
    for name, its in (("none", []), ("numbers", items), ("crowd", crowd),
                      ("guests", guests)):
        s = snapshot(its)
        shots[name] = {"n": len(its), "columns": 2**s[0], "blocks": s[1],
                       "root": s[3][-1][0].hex(), "stash": s[4].hex(),
                       "column_7": sha256(column(s, 7)).hex()}
    row = diff_row(place(handle), 12, (e1, first), (e2, second))
    new = diff_row(place(handle), 12, None, (e1, first))
    epoch = {"blocks": 2, "columns": 4096, "epoch": 9,
             "time_ms": 1790000000123, "type": "epoch",
             "label": sha256(b"tacet ring-pir a v1").hex()}
    for k in ("diff", "filter", "policy", "root", "stash", "token", "voprf"):
        epoch[k] = sha256(k.encode()).hex()
    print(json.dumps({
        "number": {
            "handle": handle.decode(), "y": y.hex(), "plain": plain.hex(),
            "place": place(handle), "tag": tag(y).hex(),
            "seal_key_1": seal_key(y, 1).hex(),
            "count_mask": count_mask(y, commitment(first)),
            "slot_1": first.hex(), "commitment_1": commitment(first).hex(),
            "entry_1": e1.hex(), "slot_2": second.hex(),
            "commitment_2": commitment(second).hex(), "entry_2": e2.hex()},
        "snapshots": shots,
        "diff": {"new": new.hex(), "changed": row.hex()},
        "epoch_entry": canonical(epoch).decode(),
        "promise": canonical({"max_epoch": 8, "place": place(handle),
                              "sealed": head(first)[44:].hex(),
                              "tacet": "promise",
                              "version": 1}).decode() + "\n",
    }, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
