#!/usr/bin/env python3
"""A model of doc/protocol/session.md, written from that page alone.

Standard library only. Slow, not constant time, for tests.
  session.py SESSIONS EVENTS > transcripts.json
"""
import hashlib
import hmac
import json
import struct
import sys

P = 2**255 - 19
DENIED, EXISTS = "denied", "exists"


class Refused(Exception):
    """A message that is not opened: denied or exists."""


def x25519(k, u):  # RFC 7748 section 5
    n = bytearray(k)
    n[0] &= 248
    n[31] = (n[31] & 127) | 64
    n = int.from_bytes(n, "little")
    x1 = int.from_bytes(u, "little") % 2**255 % P
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = n >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b = x2 + z2, x2 - z2
        aa, bb = a * a % P, b * b % P
        e = aa - bb
        da, cb = (x3 - z3) * a % P, (x3 + z3) * b % P
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def public(k):
    return x25519(k, (9).to_bytes(32, "little"))


def dh(k, u):
    out = x25519(k, u)
    if out == bytes(32):
        raise Refused(DENIED)
    return out


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def sha(data):
    return hashlib.sha256(data).digest()


def hkdf(salt, ikm, info, n):  # RFC 5869
    prk, okm, t, i = mac(salt, ikm), b"", b"", 1
    while len(okm) < n:
        t = mac(prk, t + info + bytes([i]))
        okm, i = okm + t, i + 1
    return okm[:n]


def chacha20(key, counter, nonce):  # RFC 8439 section 2.3
    s = list(struct.unpack("<4I", b"expand 32-byte k"))
    s += struct.unpack("<8I", key)
    s += (counter,) + struct.unpack("<3I", nonce)
    w = s[:]

    def quarter(a, b, c, d):
        for x, y, z, r in ((a, b, d, 16), (c, d, b, 12),
                           (a, b, d, 8), (c, d, b, 7)):
            w[x] = (w[x] + w[y]) & 0xffffffff
            v = w[z] ^ w[x]
            w[z] = (v << r | v >> (32 - r)) & 0xffffffff

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(w, s)))


def stream(key, nonce, data):
    out = b""
    for i in range(0, len(data), 64):
        block = chacha20(key, 1 + i // 64, nonce)
        out += bytes(a ^ b for a, b in zip(data[i:i + 64], block))
    return out


def tag(key, nonce, ad, ct):  # RFC 8439 sections 2.5, 2.8
    one_time = chacha20(key, 0, nonce)[:32]
    r = int.from_bytes(one_time[:16], "little")
    r &= 0x0ffffffc0ffffffc0ffffffc0fffffff
    text = ad + bytes(-len(ad) % 16) + ct + bytes(-len(ct) % 16)
    text += struct.pack("<QQ", len(ad), len(ct))
    acc = 0
    for i in range(0, len(text), 16):
        acc += int.from_bytes(text[i:i + 16] + b"\x01", "little")
        acc = acc * r % (2**130 - 5)
    acc += int.from_bytes(one_time[16:], "little")
    return (acc % 2**128).to_bytes(16, "little")


def box_keys(mk):
    okm = hkdf(bytes(32), mk, b"tacet session v1 message", 44)
    return okm[:32], okm[32:]


def seal(mk, ad, plain):
    key, nonce = box_keys(mk)
    ct = stream(key, nonce, plain)
    return ct + tag(key, nonce, ad, ct)


def unseal(mk, ad, box):
    key, nonce = box_keys(mk)
    ct, got = box[:-16], box[-16:]
    if tag(key, nonce, ad, ct) != got:
        raise Refused(DENIED)
    return stream(key, nonce, ct)


def cbor(v):  # RFC 8949 section 4.2.1, the types we use
    def head(major, n):
        for limit, info, size in ((24, n, 0), (2**8, 24, 1), (2**16, 25, 2),
                                  (2**32, 26, 4), (2**64, 27, 8)):
            if n < limit:
                return bytes([major << 5 | info]) + (
                    n.to_bytes(size, "big") if size else b"")
        raise ValueError(n)
    if v is None:
        return b"\xf6"
    if v is False or v is True:
        return b"\xf5" if v else b"\xf4"
    if isinstance(v, int):
        return head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    return head(4, len(v)) + b"".join(cbor(x) for x in v)


def lp(x):
    return struct.pack(">H", len(x)) + x


def party(p):
    return b"".join(lp(x) for x in (
        p["account"], bytes([p["device"]]), p["aik"], public(p["dik"]),
        p["list"], p["handle"]))


class Session:
    """One end of a session: the 19 items of the stored state."""

    def __init__(self, first, th, base, root, now):
        self.first, self.answered, self.turn = first, False, False
        self.th, self.base, self.root, self.intro = th, base, root, b""
        self.own = self.remote = self.send = self.recv = None
        self.ns = self.pn = self.nr = 0
        self.start = self.used = now
        self.ended, self.kept = [], []

    def state(self):
        return cbor([1, self.first, self.answered, self.turn, self.th,
                     self.base, self.intro, self.root, self.own, self.remote,
                     self.send, self.ns, self.pn, self.recv, self.nr,
                     self.start, self.used, [list(x) for x in self.ended],
                     [list(x) for x in self.kept]])

    def seal(self, fresh, plain, now):
        if self.turn:
            self.own, self.turn = fresh, False
            self.pn, self.ns = self.ns, 0
            self.root, self.send = root_step(self.root, fresh, self.remote)
        mk, self.send = mac(self.send, b"\1"), mac(self.send, b"\2")
        front = b"\x11" + self.intro if self.intro else b"\x10"
        front += public(self.own) + struct.pack(
            ">IIHH", self.pn, self.ns, 0, 0)
        self.ns += 1
        self.used = now
        return front + seal(mk, self.th + front, plain)

    def split(self, m):
        at = 1
        if m[:1] == b"\x11":
            if self.first or len(m) < 155:
                raise Refused(DENIED)
            at = 154 + 1 + m[154]
            if not 8 <= m[154] <= 16 or m[at:at + 2] != b"\0\0":
                raise Refused(DENIED)
            handle = m[155:at]
            if handle[:1] != b"+" or not handle[1:].isdigit() or (
                    handle[1:2] == b"0"):
                raise Refused(DENIED)
            at += 2
        elif m[:1] != b"\x10":
            raise Refused(DENIED)
        if len(m) < at + 44 + 16 or len(m) > at + 44 + 16 + 90000:
            raise Refused(DENIED)
        pn, n, epoch, flags = struct.unpack(">IIHH", m[at + 32:at + 44])
        if epoch or flags:
            raise Refused(DENIED)
        return m[:at + 44], m[at:at + 32], pn, n, m[at + 44:]

    def open(self, m, now):
        front, key, pn, n, box = self.split(m)
        ad = self.th + front
        for i, (k, kn, mk) in enumerate(self.kept):
            if (k, kn) == (key, n):
                plain = unseal(mk, ad, box)
                del self.kept[i]
                self.opened(now)
                return plain
        root, recv, nr, skips = self.root, self.recv, self.nr, []
        fresh = key != self.remote or self.recv is None
        for k, drawn in self.ended:
            if k == key:
                raise Refused(EXISTS if n < drawn else DENIED)
        if not fresh and n < nr:
            raise Refused(EXISTS)
        if key == self.remote and self.recv is None:
            raise Refused(DENIED)
        if fresh:
            if self.recv is not None:
                if pn < nr or pn - nr + n > 1000:
                    raise Refused(DENIED)
                while nr < pn:
                    skips.append((self.remote, nr, mac(recv, b"\1")))
                    recv, nr = mac(recv, b"\2"), nr + 1
            root, recv = root_step(root, self.own, key)
            drawn, nr = nr, 0
        if n - nr + len(skips) > 1000:
            raise Refused(DENIED)
        while nr < n:
            skips.append((key, nr, mac(recv, b"\1")))
            recv, nr = mac(recv, b"\2"), nr + 1
        plain = unseal(mac(recv, b"\1"), ad, box)
        if fresh:
            if self.recv is not None:
                self.ended = (self.ended + [(self.remote, drawn)])[-8:]
            self.remote, self.root = key, root
            self.send, self.turn = None, True
        self.recv, self.nr = mac(recv, b"\2"), nr + 1
        self.kept = (self.kept + skips)[-1000:]
        self.opened(now)
        return plain

    def opened(self, now):
        self.answered, self.intro, self.used = True, b"", now


def root_step(rk, own, remote):
    okm = hkdf(rk, dh(own, remote), b"tacet session v1 root", 64)
    return okm[:32], okm[32:]


def start(a, b, base, now):
    one = b["one_time"]
    one_pub = public(one) if one else b""
    one_id = struct.pack(">I", b["one_time_id"] if one else 0)
    signed_id = struct.pack(">I", b["signed_id"])
    th = sha(b"tacet session v1\0" + party(a) + party(b) + b"".join(
        lp(x) for x in (public(base), signed_id, public(b["signed"]),
                        one_id, one_pub, b"", b"")))
    ikm = b"\xff" * 32 + dh(a["dik"], public(b["signed"]))
    ikm += dh(base, public(b["dik"])) + dh(base, public(b["signed"]))
    if one:
        ikm += dh(base, one_pub)
    sk = hkdf(bytes(32), ikm, b"tacet session v1 start\0" + th, 32)
    sa = Session(True, th, public(base), sk, now)
    sa.own, sa.remote, sa.turn = bytes(32), public(b["signed"]), True
    sa.intro = (a["account"] + bytes([a["device"]]) + a["aik"]
                + public(a["dik"]) + a["list"] + public(base) + signed_id
                + one_id + bytes([len(a["handle"])]) + a["handle"] + b"\0\0")
    sb = Session(False, th, public(base), sk, now)
    sb.own = b["signed"]
    return sa, sb


class Draw:
    """Numbers that are the same in each run."""

    def __init__(self, seed):
        self.seed, self.n = seed, 0

    def bytes(self, n):
        out = b""
        while len(out) < n:
            out += sha(self.seed + struct.pack(">Q", self.n))
            self.n += 1
        return out[:n]

    def below(self, n):
        return int.from_bytes(self.bytes(8), "big") % n


def make_party(d, number):
    return {"account": d.bytes(16), "device": 1 + d.below(8),
            "aik": d.bytes(32), "dik": d.bytes(32), "list": d.bytes(32),
            "handle": b"+1555010%d" % number}


def hexed(v):
    if isinstance(v, bytes):
        return v.hex()
    return v


def one_session(index, events):
    d = Draw(b"tacet model %d" % index)
    whole = index < 3  # the rest give hashes only, to keep the file small
    a, b = make_party(d, index % 10), make_party(d, (index + 1) % 10)
    b.update(signed=d.bytes(32), signed_id=1 + d.below(2**31),
             one_time=d.bytes(32) if index % 3 else b"",
             one_time_id=1 + d.below(2**31) if index % 3 else 0)
    base = d.bytes(32)
    now = 1796000000
    ends = start(a, b, base, now)
    out = {"a": {k: hexed(v) for k, v in a.items()},
           "b": {k: hexed(v) for k, v in b.items()},
           "base": base.hex(), "time": now, "id": ends[0].th.hex(),
           "states": [sha(e.state()).hex() for e in ends], "events": []}
    sent = []  # (to, message)
    while len(out["events"]) < events:
        now += d.below(100)
        by = d.below(2)
        pick = d.below(10)
        event = {"by": by, "time": now}
        if pick < 5 and (ends[by].send is not None or ends[by].turn):
            fresh, plain = d.bytes(32), d.bytes(d.below(70))
            m = ends[by].seal(fresh, plain, now)
            event.update(op="seal", fresh=fresh.hex(), plain=plain.hex())
            event["message" if whole else "hash"] = (
                m.hex() if whole else sha(m).hex())
            sent.append((1 - by, m))
        elif sent:
            # mostly the newest, so that both ends move; some old, some twice
            back = d.below(3 if pick < 8 else len(sent))
            i = max(0, len(sent) - 1 - back)
            to, m = sent[i]
            event.update(op="open", by=to, of=i)
            if d.below(5) == 0:
                bit = d.below(len(m) * 8)
                m = bytearray(m)
                m[bit // 8] ^= 1 << bit % 8
                m = bytes(m)
                event["flip"] = bit
            try:
                event["plain"] = ends[to].open(m, now).hex()
                event["rc"] = "ok"
            except Refused as e:
                event["rc"] = str(e)
        else:
            continue
        event["state"] = sha(ends[event["by"]].state()).hex()[:32]
        out["events"].append(event)
    return out


def self_test():
    """RFC 7748 section 5.2 and RFC 8439 section 2.8.2."""
    # RFC 7748 section 5.2, one iteration and a thousand
    k = u = (9).to_bytes(32, "little")
    k, u = x25519(k, u), k
    assert k.hex() == ("422c8e7a6227d7bca1350b3e2bb7279f"
                       "7897b87bb6854b783c60e80311ae3079")
    for _ in range(999):
        k, u = x25519(k, u), k
    assert k.hex() == ("684cf59ba83309552800ef566f2f4d3c"
                       "1c3887c49360e3875f2eb94d99532c51")
    key = bytes(range(0x80, 0xa0))
    nonce = bytes.fromhex("070000004041424344454647")
    ad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    text = (b"Ladies and Gentlemen of the class of '99: If I could offer you "
            b"only one tip for the future, sunscreen would be it.")
    ct = stream(key, nonce, text)
    assert tag(key, nonce, ad, ct).hex() == "1ae10b594f09e26a7e902ecbd0600691"


if __name__ == "__main__":
    self_test()
    count, length = int(sys.argv[1]), int(sys.argv[2])
    print("[" + ",\n".join(
        json.dumps(one_session(i, length), separators=(",", ":"))
        for i in range(count)) + "]")
