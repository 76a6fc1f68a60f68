#!/usr/bin/env python3
"""A model of doc/protocol/ring-pir.md, written from that page alone.

Standard library only. Slow (some minutes), not constant time, for tests. As a
program it checks the numbers that the page states and writes
tests/vectors/ring-pir/ring-pir.json to standard output:
  ringpir.py > tests/vectors/ring-pir/ring-pir.json
"""
import base64
import hashlib
import json
import struct
import sys
from array import array
from decimal import Decimal, getcontext

D = 2048
H = D // 2
Q = 4376056250369
PSI = 2604340328594
P = 2**14
DELTA = Q // P
WORD_MAX = 547007031296
LABEL_DOMAIN = b"tacet ring-pir v1 public"


def centre(x):
    return x if x <= (Q - 1) // 2 else x - Q


# --- the ring (section 1)

def reverse(x):
    return int(f"{x:011b}"[::-1], 2)


ROOTS = [0] * D
UNROOTS = [0] * D
for _i in range(D):
    ROOTS[reverse(_i)] = pow(PSI, _i, Q)
    UNROOTS[reverse(_i)] = pow(PSI, 2 * D - _i, Q)


def values_at(coefficients):
    """Values at psi^(2 reverse(i) + 1), in the order of i."""
    a = list(coefficients)
    m, t = 1, D // 2
    while m < D:
        for i in range(m):
            w = ROOTS[m + i]
            lo = 2 * i * t
            x = a[lo:lo + t]
            y = [v * w % Q for v in a[lo + t:lo + 2 * t]]
            a[lo:lo + t] = [(u + v) % Q for u, v in zip(x, y)]
            a[lo + t:lo + 2 * t] = [(u - v) % Q for u, v in zip(x, y)]
        m, t = 2 * m, t // 2
    return a


def coefficients_of(values):
    a = list(values)
    m, t = D // 2, 1
    while m >= 1:
        for i in range(m):
            w = UNROOTS[m + i]
            lo = 2 * i * t
            x = a[lo:lo + t]
            y = a[lo + t:lo + 2 * t]
            a[lo:lo + t] = [(u + v) % Q for u, v in zip(x, y)]
            a[lo + t:lo + 2 * t] = [(u - v) * w % Q for u, v in zip(x, y)]
        m, t = m // 2, 2 * t
    n = pow(D, -1, Q)
    return [v * n % Q for v in a]


# generator order: place -> place in the order of values_at
PLACES = [reverse(((-1)**s * pow(5, t, 2 * D) % (2 * D) - 1) // 2)
          for s in range(2) for t in range(H)]
# an odd exponent u -> the place of the value at psi^u, in generator order
PLACE_OF = {(-1)**s * pow(5, t, 2 * D) % (2 * D): s * H + t
            for s in range(2) for t in range(H)}


def to_generator(coefficients):
    v = values_at(coefficients)
    return [v[p] for p in PLACES]


def from_generator(values):
    v = [0] * D
    for p, x in zip(PLACES, values):
        v[p] = x
    return coefficients_of(v)


def turned(values, e):
    """Values of f(X^e), in generator order."""
    out = [0] * D
    for u, place in PLACE_OF.items():
        out[place] = values[PLACE_OF[u * e % (2 * D)]]
    return out


def substituted(coefficients, e):
    """f(X^e), by coefficients, not reduced."""
    out = [0] * D
    for i, c in enumerate(coefficients):
        to = i * e % (2 * D)
        out[to % D] = c if to < D else -c
    return out


# --- octets (section 2)

def pack(integers, bits):
    n = 0
    for v in integers:
        n = n << bits | v
    return n.to_bytes(len(integers) * bits // 8, "big")


def unpack(octets, bits):
    n = int.from_bytes(octets, "big")
    count = len(octets) * 8 // bits
    text = f"{n:0{count * bits}b}"
    return [int(text[i:i + bits], 2) for i in range(0, count * bits, bits)]


# --- streams (section 3)

def chacha_block(key, counter, nonce):
    state = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
             *struct.unpack("<8I", key), counter & 0xffffffff, counter >> 32,
             *struct.unpack("<2I", nonce)]
    x = list(state)

    def quarter(a, b, c, d):
        x[a] = (x[a] + x[b]) & 0xffffffff
        x[d] ^= x[a]
        x[d] = (x[d] << 16 | x[d] >> 16) & 0xffffffff
        x[c] = (x[c] + x[d]) & 0xffffffff
        x[b] ^= x[c]
        x[b] = (x[b] << 12 | x[b] >> 20) & 0xffffffff
        x[a] = (x[a] + x[b]) & 0xffffffff
        x[d] ^= x[a]
        x[d] = (x[d] << 8 | x[d] >> 24) & 0xffffffff
        x[c] = (x[c] + x[d]) & 0xffffffff
        x[b] ^= x[c]
        x[b] = (x[b] << 7 | x[b] >> 25) & 0xffffffff

    for _ in range(10):
        quarter(0, 4, 8, 12)
        quarter(1, 5, 9, 13)
        quarter(2, 6, 10, 14)
        quarter(3, 7, 11, 15)
        quarter(0, 5, 10, 15)
        quarter(1, 6, 11, 12)
        quarter(2, 7, 8, 13)
        quarter(3, 4, 9, 14)
    return struct.pack("<16I", *((a + b) & 0xffffffff
                                 for a, b in zip(x, state)))


def stream(key, purpose, index, n):
    nonce = struct.pack("<Q", purpose << 32 | index)
    blocks = (chacha_block(key, i, nonce) for i in range((n + 63) // 64))
    return b"".join(blocks)[:n]


def label_key(label):
    return hashlib.blake2b(LABEL_DOMAIN + label, digest_size=32).digest()


def uniform(key, purpose, index):
    words = struct.unpack("<2304Q", stream(key, purpose, index, 2304 * 8))
    kept = [w % 2**42 for w in words if w % 2**42 < Q]
    assert len(kept) >= D
    return kept[:D]


def gauss_table():
    getcontext().prec = 60
    two = 2 * Decimal("3.2")**2
    rho = [(-Decimal(k * k) / two).exp() for k in range(80)]
    total = rho[0] + 2 * sum(rho[1:])
    table, sum_ = [], Decimal(0)
    for k in range(30):
        sum_ += rho[k] * (1 if k == 0 else 2)
        table.append(int(sum_ / total * 2**63))
    return table


TABLE = gauss_table()


def gauss(seed, purpose, index):
    out = []
    for w in struct.unpack("<2048Q", stream(seed, purpose, index, 8 * D)):
        size = sum(w % 2**63 >= t for t in TABLE)
        out.append(-size if w >> 63 else size)
    return out


def mask(shape, column, octets):
    s = stream(label_key(shape["label"]), 3, column, len(octets))
    return bytes(a ^ b for a, b in zip(octets, s))


# --- query (section 4)

def public_keys(label):
    return [uniform(label_key(label), 2, k) for k in range(6)]


def z(k):
    return 2**(9 + 11 * (k % 3))


def query(shape, column, seed):
    """The query's octets, and s."""
    s = gauss(seed, 1, 0)
    sv = to_generator(s)
    out = b""
    for k, w in enumerate(public_keys(shape["label"])):
        e = to_generator(gauss(seed, 4, k))
        st = turned(sv, 5 if k < 3 else -1)
        out += pack([(ei - wi * si + z(k) * ti) % Q
                     for ei, wi, si, ti in zip(e, w, sv, st)], 42)
    for i in range(shape["columns"] // D):
        a = uniform(label_key(shape["label"]), 1, i)
        x = from_generator([u * v % Q for u, v in zip(a, sv)])
        e = gauss(seed, 2, i)
        ties = stream(seed, 3, i, D // 8)
        for j in range(D):
            b = e[j] - x[j] + (DELTA if i * D + j == column else 0)
            tie = ties[j // 8] >> j % 8 & 1
            word = (centre(b % Q) + 1 + tie) // 4
            out += (word + WORD_MAX).to_bytes(5, "big")
    return out, s


# --- table, preparation (sections 5, 6)

def plaintexts(shape, columns):
    """Rows of D(r, c)."""
    by_column = [[v - 2**13 for v in unpack(mask(shape, c, octets), 14)]
                 for c, octets in enumerate(columns)]
    return list(zip(*by_column))


def hint(shape, row, publics):
    total = [0] * D
    for i, a in enumerate(publics):
        d = row[i * D:(i + 1) * D]
        mirrored = [d[0], *(-d[D - j] for j in range(1, D))]
        v = to_generator([x % Q for x in mirrored])
        total = [(t + x * y) % Q for t, x, y in zip(total, v, a)]
    return from_generator([t * pow(D, -1, Q) % Q for t in total])


def transform(polynomials):
    """G_u for every odd u, by u: decimation by powers of Y = X^u."""
    def up(p, n):  # X^n p
        n %= 2 * D
        if n >= D:
            p, n = [-c for c in p], n - D
        return [-c for c in p[D - n:]] + p[:D - n] if n else p

    def evaluate(ps, step, us):
        # sum of ps[r] Y^(step r), for Y = X^u; it depends on u mod 4096/step
        if len(ps) == 1:
            return {u: ps[0] for u in us}
        period = 2 * D // step
        half = sorted({u % (period // 2) for u in us})
        even = evaluate(ps[0::2], 2 * step, half)
        odd = evaluate(ps[1::2], 2 * step, half)
        return {u: [a + b for a, b in
                    zip(even[u % (period // 2)],
                        up(odd[u % (period // 2)], u * step))] for u in us}
    return evaluate(polynomials, 1, range(1, 2 * D, 2))


def digits(a):
    """The values of the three digits, in generator order."""
    out = ([], [], [])
    for x in a:
        v = (centre(x) + 2**8) // 2**9
        for k in range(2):
            g = (v + 2**10) % 2**11 - 2**10
            out[k].append(g)
            v = (v - g) // 2**11
        out[2].append(v)
    return [to_generator([g % Q for g in d]) for d in out]


def prepare(shape, rows):
    """The digits of all 2047 steps, and a_fin, of one block."""
    key = label_key(shape["label"])
    w = public_keys(shape["label"])
    publics = [uniform(key, 1, i) for i in range(shape["columns"] // D)]
    g = transform([hint(shape, row, publics) for row in rows])
    steps, sides = [], []

    def switched(a, keys, e):
        ds = digits(a)
        steps.append([array("Q", d) for d in ds])
        total = [0] * D
        for d, k in zip(ds, keys):
            total = [(t + x * y) % Q
                     for t, x, y in zip(total, d, turned(k, e))]
        return from_generator(total)

    for sign in (1, -1):
        a = [0] * D
        for t in range(H - 1, -1, -1):
            e = sign * pow(5, t, 2 * D) % (2 * D)
            part = substituted(g[pow(e, -1, 2 * D)], e)
            a = [(x + y) % Q for x, y in zip(a, part)]
            if t > 0:
                a = switched(a, w[:3], sign * pow(5, t - 1, 2 * D))
        sides.append(a)
    last = switched(sides[1], w[3:], 1)
    return steps, [(x + y) % Q for x, y in zip(sides[0], last)]


def turn_of(step):
    """The exponent by which the keys of a step are turned."""
    if step == 2 * (H - 1):
        return 1
    sign = 1 if step < H - 1 else -1
    # steps of a side come from the highest turn down
    return sign * pow(5, H - 2 - step % (H - 1), 2 * D)


# --- answer (section 7)

def answer(shape, rows, prepared, octets):
    """The answer of a table of one block."""
    steps, a_fin = prepared
    keys = [unpack(octets[k * 10752:(k + 1) * 10752], 42) for k in range(6)]
    words = [w - WORD_MAX for w in unpack(octets[6 * 10752:], 40)]
    total = [0] * D
    for step, ds in enumerate(steps):
        last = step == len(steps) - 1
        for d, k in zip(ds, keys[3:] if last else keys[:3]):
            total = [(t + x * y) % Q for t, x, y in
                     zip(total, d, turned(k, turn_of(step)))]
    b = from_generator(total)
    b = [(x + 4 * sum(d * w for d, w in zip(row, words))) % Q
         for x, row in zip(b, rows)]
    return (pack([(2**25 * x + Q // 2) // Q % 2**25 for x in a_fin], 25) +
            pack([(2**17 * x + Q // 2) // Q % 2**17 for x in b], 17))


def opened(shape, column, s, octets):
    out = b""
    n = shape["blocks"]
    sv = values_at([x % Q for x in s])
    for k in range(n):
        a = unpack(octets[k * 6400:(k + 1) * 6400], 25)
        b = unpack(octets[n * 6400 + k * 4352:n * 6400 + (k + 1) * 4352], 17)
        a = values_at([(x if x < 2**24 else x - 2**25) % Q for x in a])
        a = coefficients_of([x * y % Q for x, y in zip(a, sv)])
        f = [(2**8 * y + centre(x)) % 2**25 for x, y in zip(a, b)]
        out += pack([((x + 2**10) // 2**11 + 2**13) % 2**14 for x in f], 14)
    return mask(shape, column, out)


# --- what the page states, and the vectors

def is_prime(n):
    d, r = n - 1, 0
    while d % 2 == 0:
        d, r = d // 2, r + 1
    for a in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(a, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def check_numbers():
    top = 995 * 2**42 // 1000
    first = top - (top - 1) % 4096
    while not is_prime(first):
        first -= 4096
    assert first == Q and pow(3, (Q - 1) // 4096, Q) == PSI
    assert pow(PSI, D, Q) == Q - 1
    assert WORD_MAX == ((Q - 1) // 2 + 2) // 4 and DELTA == 267093277


def column_of(shape, c):
    """What the vectors' tables hold."""
    return b"".join(hashlib.blake2b(struct.pack(">II", c, i)).digest()
                    for i in range(56 * shape["blocks"]))


def digest(octets):
    return hashlib.sha256(octets).hexdigest()


def vector(columns, asked):
    shape = {"columns": columns, "blocks": 1,
             "label": hashlib.sha256(b"tacet ring-pir a v1").digest()}
    rows = plaintexts(shape, [column_of(shape, c) for c in range(columns)])
    prepared = prepare(shape, rows)
    cases = []
    for column in asked:
        seed = hashlib.sha256(b"seed %d" % column).digest()
        octets, s = query(shape, column, seed)
        got = answer(shape, rows, prepared, octets)
        assert opened(shape, column, s, got) == column_of(shape, column)
        cases.append({
            "column": column, "seed": seed.hex(),
            "query_head": octets[:64].hex(),
            "query_words_head": octets[6 * 10752:6 * 10752 + 40].hex(),
            "query_sha256": digest(octets),
            "answer": base64.b64encode(got).decode(),
            "answer_sha256": digest(got),
            "column_sha256": digest(column_of(shape, column))})
    return {"columns": columns, "blocks": 1, "label": shape["label"].hex(),
            "public_sha256": digest(b"".join(
                struct.pack("<2048Q", *v) for v in
                (*public_keys(shape["label"]),
                 uniform(label_key(shape["label"]), 1, 0)))),
            "steps_sha256": digest(b"".join(
                struct.pack("<2048Q", *v)
                for ds in ordered(prepared[0]) for v in ds)),
            "cases": cases}


def ordered(steps):
    """Steps by their number in the page."""
    return steps[H - 2::-1] + steps[2 * H - 3:H - 2:-1] + steps[2 * H - 2:]


def main():
    check_numbers()
    json.dump({"vectors": [vector(2048, [0, 1234, 2047])]}, sys.stdout,
              indent=1)
    print()


if __name__ == "__main__":
    main()
