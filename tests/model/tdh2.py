#!/usr/bin/env python3
"""A model of doc/protocol/custody.md, written from that page alone.

Standard library only. Slow, not constant time, for tests. As a program it
writes tests/vectors/tdh2/tdh2.json to standard output:
  tdh2.py > tests/vectors/tdh2/tdh2.json
"""
import hashlib
import json
import sys

# --- ristretto255 (RFC 9496) over edwards25519 (RFC 8032)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


class Refused(Exception):
    """What is received is refused."""


def is_negative(x):
    return x % P % 2 == 1


def sqrt_ratio(u, v):  # RFC 9496 section 4.2
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    u %= P
    if check in (-u % P, -u * SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return check in (u, -u % P), P - r if is_negative(r) else r


INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
# section 4.1: of the two roots the negative one
SQRT_AD_MINUS_ONE = -sqrt_ratio(-D - 1, 1)[1] % P


class Point:
    """Extended coordinates (X : Y : Z : T), a = -1."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x, y, z, t

    def __add__(self, other):  # RFC 8032 section 5.1.4
        a = (self.y - self.x) * (other.y - other.x) % P
        b = (self.y + self.x) * (other.y + other.x) % P
        c = 2 * self.t * other.t * D % P
        d = 2 * self.z * other.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f % P, g * h % P, f * g % P, e * h % P)

    def __neg__(self):
        return Point(-self.x % P, self.y, self.z, -self.t % P)

    def __sub__(self, other):
        return self + -other

    def __rmul__(self, n):
        out, p = Point(0, 1, 1, 0), self
        while n:
            if n & 1:
                out = out + p
            p, n = p + p, n >> 1
        return out

    def encode(self):  # RFC 9496 section 4.3.2
        u1 = (self.z + self.y) * (self.z - self.y) % P
        u2 = self.x * self.y % P
        _, inv = sqrt_ratio(1, u1 * u2 * u2)
        d1, d2 = inv * u1 % P, inv * u2 % P
        z_inv = d1 * d2 * self.t % P
        x, y, d = self.x, self.y, d2
        if is_negative(self.t * z_inv):
            x, y = self.y * SQRT_M1 % P, self.x * SQRT_M1 % P
            d = d1 * INVSQRT_A_MINUS_D % P
        if is_negative(x * z_inv):
            y = -y % P
        s = d * (self.z - y) % P
        return (P - s if is_negative(s) else s).to_bytes(32, "little")


def decode(text):  # RFC 9496 section 4.3.1; the identity is refused
    s = int.from_bytes(text, "little")
    if len(text) != 32 or s >= P or is_negative(s) or s == 0:
        raise Refused("point")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inv = sqrt_ratio(1, v * u2 * u2)
    x = 2 * s * inv * u2 % P
    x = P - x if is_negative(x) else x
    y = u1 * inv * inv * u2 * v % P
    t = x * y % P
    if not square or is_negative(t) or y == 0:
        raise Refused("point")
    return Point(x, y, 1, t)


def elligator(text):  # RFC 9496 section 4.3.4, MAP
    r = int.from_bytes(text, "little") % 2**255
    r = SQRT_M1 * r * r % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    c = -1
    if not square:
        s = s * (int.from_bytes(text, "little") % 2**255) % P
        s, c = (s if is_negative(s) else -s % P), r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1 = 2 * s * v % P, n * SQRT_AD_MINUS_ONE % P
    w2, w3 = (1 - s * s) % P, (1 + s * s) % P
    return Point(w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P)


B = Point(*[v % P for v in (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    4 * pow(5, P - 2, P), 1, 0)])
B.t = B.x * B.y % P


def scalar(text):
    n = int.from_bytes(text, "little")
    if len(text) != 32 or n >= ORDER:
        raise Refused("scalar")
    return n


def octets(n):
    return n.to_bytes(32, "little")


def u16(n):
    return n.to_bytes(2, "big")


def expand(dst, m):  # RFC 9380 section 5.3.1, 64 octets of SHA-512
    end = dst.encode() + bytes([len(dst)])
    b0 = hashlib.sha512(bytes(128) + m + b"\x00\x40\x00" + end).digest()
    return hashlib.sha512(b0 + b"\x01" + end).digest()


def h2g(dst, m):
    wide = expand(dst, m)
    return elligator(wide[:32]) + elligator(wide[32:])


def h2s(dst, m):
    return int.from_bytes(expand(dst, m), "little") % ORDER


BBAR = h2g("TACET-TDH2-V2-Bbar", b"")

# --- section 1: proofs


def dleq_prove(dst, x, c, s):
    e = h2s(dst, (x * B).encode() + c.encode() + (x * c).encode() +
            (s * B).encode() + (s * c).encode())
    return octets(e) + octets((s + e * x) % ORDER)


def dleq_check(dst, x, c, z, proof):
    e, f = scalar(proof[:32]), scalar(proof[32:])
    if e == 0 or f == 0:
        raise Refused("proof")
    sb, sc = f * B - e * x, f * c - e * z
    if e != h2s(dst, b"".join(p.encode() for p in (x, c, z, sb, sc))):
        raise Refused("proof")


# --- section 2: TDH2


def mask(rp, text):
    pad = hashlib.sha256(b"TACET-TDH2-V2-mask" + rp.encode()).digest()
    return bytes(a ^ b for a, b in zip(text, pad))


def seal(public, label, plain, r, s):
    c = mask(r * public, plain)
    u, ubar = (r * B).encode(), (r * BBAR).encode()
    w, wbar = (s * B).encode(), (s * BBAR).encode()
    e = h2s("TACET-TDH2-V2-seal", c + u + w + ubar + wbar + label)
    return c + u + ubar + octets(e) + octets((s + r * e) % ORDER)


def check(ct, label):
    c, u, ubar = ct[:32], decode(ct[32:64]), decode(ct[64:96])
    e, f = scalar(ct[96:128]), scalar(ct[128:])
    w, wbar = (f * B - e * u).encode(), (f * BBAR - e * ubar).encode()
    if e == 0 or f == 0 or e != h2s(
            "TACET-TDH2-V2-seal",
            c + ct[32:64] + w + ct[64:96] + wbar + label):
        raise Refused("ciphertext")


def share_of(dst, x, i, c, s):
    return u16(i) + (x * c).encode() + dleq_prove(dst, x, c, s)


def share_check(dst, v, c, share):
    if not 1 <= int.from_bytes(share[:2], "big") <= 16:
        raise Refused("index")
    dleq_check(dst, v, c, decode(share[2:34]), share[34:])


def share(x, i, ct, label, s):
    check(ct, label)
    return share_of("TACET-TDH2-V2-share", x, i, decode(ct[32:64]), s)


def lagrange(indexes, i):  # at 0
    top = bottom = 1
    for j in indexes:
        if j != i:
            top, bottom = top * j % ORDER, bottom * (j - i) % ORDER
    return top * pow(bottom, ORDER - 2, ORDER) % ORDER


def combine(shares):
    indexes = [int.from_bytes(s[:2], "big") for s in shares]
    out = Point(0, 1, 1, 0)
    for i, s in zip(indexes, shares):
        out = out + lagrange(indexes, i) * decode(s[2:34])
    return out


def unseal(shares, ct):
    return mask(combine(shares), ct[:32])


# --- section 3: TPRF


def value(a, z):  # of the polynomial a_0 + a_1 z + ...
    return sum(c * z**j for j, c in enumerate(a)) % ORDER


def commit(a):
    return [(c * B).encode() for c in a]


def commit_value(commitments, z):
    out = Point(0, 1, 1, 0)
    for j, c in enumerate(commitments):
        out = out + z**j % ORDER * decode(c)
    return out


def tprf(t, text):
    return (t * h2g("TACET-TPRF-V2", text)).encode()


def tprf_share(t_i, i, text, s):
    return share_of("TACET-TPRF-V2-share", t_i, i,
                    h2g("TACET-TPRF-V2", text), s)


# --- vectors


class Draw:
    """Octets that are the same at each run."""

    def __init__(self, name):
        self.name, self.n = name, 0

    def octets(self, n):
        self.n += 1
        return hashlib.shake_256(b"%s %d" % (self.name.encode(),
                                             self.n)).digest(n)

    def scalar(self):
        return int.from_bytes(self.octets(64), "little") % ORDER


def hexed(v):
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, Point):
        return v.encode().hex()
    if isinstance(v, dict):
        return {k: hexed(x) for k, x in v.items()}
    return [hexed(x) for x in v] if isinstance(v, list) else v


def hash_vectors(d):
    out = []
    for n in (0, 1, 16, 63, 64, 65, 111, 112, 200):
        m, dst = d.octets(n), "TACET-TEST-%d" % n
        out.append({"dst": dst, "m": m, "point": h2g(dst, m),
                    "scalar": octets(h2s(dst, m))})
    return out


def seal_vector(d, k, n):
    a = [d.scalar() for _ in range(k)]
    x = [value(a, i) for i in range(1, n + 1)]
    r, s = d.scalar(), d.scalar()
    label, plain = d.octets(3 * n), d.octets(32)
    ct = seal(a[0] * B, label, plain, r, s)
    nonces = [d.scalar() for _ in x]
    shares = [share(x[i], i + 1, ct, label, nonces[i]) for i in range(n)]
    for i, one in enumerate(shares):
        share_check("TACET-TDH2-V2-share", x[i] * B, decode(ct[32:64]), one)
    assert unseal(shares[-k:], ct) == plain
    assert k == 1 or unseal(shares[-k + 1:], ct) != plain
    return {"k": k, "public": a[0] * B, "label": label, "plain": plain,
            "rs": octets(r) + octets(s), "ct": ct,
            "x": [octets(v) for v in x], "v": [v * B for v in x],
            "nonces": [octets(v) for v in nonces], "shares": shares}


def tprf_vector(d, k, n):
    a = [d.scalar() for _ in range(k)]
    text, nonces = d.octets(n + 8), [d.scalar() for _ in range(n)]
    t = [value(a, i) for i in range(1, n + 1)]
    shares = [tprf_share(t[i], i + 1, text, nonces[i]) for i in range(n)]
    q = h2g("TACET-TPRF-V2", text)
    for i, one in enumerate(shares):
        share_check("TACET-TPRF-V2-share", commit_value(commit(a), i + 1), q,
                    one)
    assert combine(shares[:k]).encode() == tprf(a[0], text)
    return {"k": k, "t": octets(a[0]), "commitments": commit(a),
            "t_i": [octets(v) for v in t], "input": text,
            "nonces": [octets(v) for v in nonces], "shares": shares,
            "point": tprf(a[0], text)}


def refused_vectors(d):
    """Ciphertexts that look like one and are refused."""
    good = seal(d.scalar() * B, b"label", d.octets(32), d.scalar(),
                d.scalar())
    check(good, b"label")
    out = []
    for at, bad in ((32, bytes(32)), (64, bytes(32)), (96, bytes(32)),
                    (128, bytes(32)),
                    (32, octets(P + 2)), (32, octets(1)),  # not canonical
                    (32, (d.scalar() * B).encode()),
                    (64, (d.scalar() * B).encode()),
                    (96, octets(scalar(good[96:128]) + ORDER)),
                    (128, octets(scalar(good[128:]) + ORDER)),
                    (0, d.octets(32))):
        ct = good[:at] + bad + good[at + 32:]
        try:
            check(ct, b"label")
        except Refused:
            out.append(ct)
            continue
        raise AssertionError("a bad ciphertext is not refused")
    return {"label": b"label", "good": good, "bad": out}


def main():
    d = Draw("tdh2")
    sizes = [(1, 1), (1, 3), (2, 2), (2, 3), (3, 5), (4, 7), (16, 16)]
    json.dump(hexed({
        "bbar": BBAR,
        "hash": hash_vectors(d),
        "seal": [seal_vector(d, k, n) for k, n in sizes],
        "tprf": [tprf_vector(d, k, n) for k, n in sizes],
        "refused": refused_vectors(d),
    }), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
