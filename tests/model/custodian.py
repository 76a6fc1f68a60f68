#!/usr/bin/env python3
"""A custodian by doc/protocol/custody.md, section 4, written from that page.

Standard library only, over tdh2.py and session.py. For tests: a second
implementation that takes part in a ceremony, honestly or with a lie.
  custodian.py vectors > tests/vectors/tdh2/ceremony.json
  custodian.py DIR init NAME
  custodian.py DIR round1 THRESHOLD [--reshare GROUP] CONTACT... -o FILE
  custodian.py DIR round2 ROUND1... [--lie MEMBER] -o FILE
  custodian.py DIR finish ROUND1... ROUND2... -o FILE
"""
import argparse
import base64
import hashlib
import json
import os
import sys

import session
from tdh2 import (B, ORDER, Draw, Refused, commit, commit_value, decode, h2s,
                  lagrange, octets, scalar, u16, value)


def sha(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def un64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(o):
    return json.dumps(o, sort_keys=True, separators=(",", ":")).encode()


# --- Ed25519 (RFC 8032 section 5.1) and HPKE (RFC 9180)


def ed_encode(p):
    prime = 2**255 - 19
    z = pow(p.z, prime - 2, prime)
    x, y = p.x * z % prime, p.y * z % prime
    return (y | (x & 1) << 255).to_bytes(32, "little")


def ed_secret(seed):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & (2**254 - 8) | 2**254
    return a, h[32:]


def ed_public(seed):
    return ed_encode(ed_secret(seed)[0] * B)


def ed_sign(seed, text):
    a, prefix = ed_secret(seed)
    r = int.from_bytes(hashlib.sha512(prefix + text).digest(), "little")
    r %= ORDER
    big_r = ed_encode(r * B)
    k = int.from_bytes(hashlib.sha512(
        big_r + ed_encode(a * B) + text).digest(), "little")
    return big_r + octets((r + k * a) % ORDER)


def ed_decode(text):
    prime = 2**255 - 19
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    d = -121665 * pow(121666, prime - 2, prime)
    u, v = (y * y - 1) % prime, (d * y * y + 1) % prime
    x = u * v**3 * pow(u * v**7, (prime - 5) // 8, prime) % prime
    if (v * x * x - u) % prime:
        x = x * pow(2, (prime - 1) // 4, prime) % prime
    if (v * x * x - u) % prime:
        raise Refused("sign key")
    x = x if x & 1 == sign else prime - x
    return type(B)(x, y, 1, x * y % prime)


def ed_check(key, text, signature):
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(),
                       "little")
    s = scalar(signature[32:])
    if ed_encode(s * B - k % ORDER * ed_decode(key)) != signature[:32]:
        raise Refused("signature")


def labeled(suite, salt, label, ikm):
    return session.mac(salt, b"HPKE-v1" + suite + label + ikm)


def expanded(suite, prk, label, info, n):
    return session.mac(prk, u16(n) + b"HPKE-v1" + suite + label + info +
                       b"\x01")[:n]


def hpke_keys(dh, enc, public, info):
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
    shared = expanded(kem, labeled(kem, b"", b"eae_prk", dh),
                      b"shared_secret", enc + public, 32)
    context = b"\x00" + labeled(suite, b"", b"psk_id_hash", b"")
    context += labeled(suite, b"", b"info_hash", info)
    secret = labeled(suite, shared, b"secret", b"")
    return (expanded(suite, secret, b"key", context, 32),
            expanded(suite, secret, b"base_nonce", context, 12))


def hpke_seal(ephemeral, public, info, aad, plain):
    enc = session.public(ephemeral)
    key, nonce = hpke_keys(session.dh(ephemeral, public), enc, public, info)
    ct = session.stream(key, nonce, plain)
    return enc + ct + session.tag(key, nonce, aad, ct)


def hpke_open(secret, info, aad, sealed):
    enc, ct, tag = sealed[:32], sealed[32:-16], sealed[-16:]
    key, nonce = hpke_keys(session.dh(secret, enc), enc,
                           session.public(secret), info)
    if session.tag(key, nonce, aad, ct) != tag:
        raise Refused("sealed share")
    return session.stream(key, nonce, ct)


# --- files


def signed(kind, o, seed):
    o = dict(o, tacet=kind, version=2)
    text = b"tacet " + kind.encode() + b"\n" + canonical(o)
    return canonical(dict(o, signature=b64(ed_sign(seed, text)))) + b"\n"


def opened(kind, text, key=None):
    o = json.loads(text)
    signature = un64(o.pop("signature"))
    if o["tacet"] != kind or o["version"] != 2:
        raise Refused("kind")
    if key is not None:
        ed_check(key(o), b"tacet " + kind.encode() + b"\n" + canonical(o),
                 signature)
    return o


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Custodian:
    def __init__(self, name, seal_secret, sign_seed, seed):
        self.name, self.seal_secret = name, seal_secret
        self.sign_seed, self.seed = sign_seed, seed
        self.sign_key = b64(ed_public(sign_seed))
        self.x = None

    def contact(self):
        return signed("contact", {
            "name": self.name, "sign_key": self.sign_key,
            "seal_key": b64(session.public(self.seal_secret))},
            self.sign_seed)

    def index_in(self, members):
        for i, m in enumerate(members):
            if m["sign_key"] == self.sign_key:
                return i + 1
        return 0

    def polynomial(self, plan):
        def derive(what, j):
            return h2s("TACET-DKG-V2-" + what,
                       self.seed + plan_hash(plan) + bytes([j]))
        a = [derive("coefficient", j) for j in range(plan["threshold"])]
        if "old" in plan:
            a[0] = self.x
        return a, derive("nonce", 0)

    def round1(self, plan):
        a, s = self.polynomial(plan)
        i = self.index_in(dealers_of(plan))
        e = h2s("TACET-DKG-V2-pok", plan_hash(plan) + u16(i) +
                (a[0] * B).encode() + (s * B).encode())
        proof = octets(e) + octets((s + e * a[0]) % ORDER)
        return signed("round1", {
            "plan": plan, "dealer": i, "proof": b64(proof),
            "commitments": [b64(c) for c in commit(a)]}, self.sign_seed)

    def round2(self, plan, ceremony, draw, lie=None):
        a, _ = self.polynomial(plan)
        i = self.index_in(dealers_of(plan))
        shares = []
        for j, m in enumerate(plan["members"], 1):
            f = value(a, j) + (1 if m["name"] == lie else 0)
            shares.append(b64(hpke_seal(
                draw(32), un64(m["seal_key"]), b"TACET-DKG-V2",
                ceremony + u16(i) + u16(j), octets(f % ORDER))))
        return signed("round2", {"ceremony": b64(ceremony), "dealer": i,
                                 "shares": shares}, self.sign_seed)

    def finish(self, firsts, seconds):
        """The group's text; x is taken."""
        plan, deals = read_round1(firsts)
        ceremony = ceremony_of(firsts)
        j = self.index_in(plan["members"])
        self.x, seen = 0, set()
        for text in seconds:
            o = opened("round2", text,
                       lambda o: dealer_key(plan, o["dealer"]))
            i = o["dealer"]
            if un64(o["ceremony"]) != ceremony or i in seen:
                raise Refused("round2 of %d" % i)
            seen.add(i)
            f = scalar(hpke_open(
                self.seal_secret, b"TACET-DKG-V2",
                ceremony + u16(i) + u16(j), un64(o["shares"][j - 1])))
            want = commit_value(deals[i], j)
            if (f * B).encode() != want.encode():
                raise Refused("share of " + dealers_of(plan)[i - 1]["name"])
            self.x = (self.x + weight(plan, deals, i) * f) % ORDER
        if seen != set(deals):
            raise Refused("a round2 file is missing")
        return group_of(plan, deals)


def plan_of(threshold, contacts, old=None):
    members = []
    for text in contacts:
        o = opened("contact", text, lambda o: un64(o["sign_key"]))
        members.append({k: o[k] for k in ("name", "seal_key", "sign_key")})
    members.sort(key=lambda m: m["name"])
    plan = {"threshold": threshold, "members": members}
    return dict(plan, old=json.loads(old)) if old else plan


def plan_hash(plan):
    return sha(b"tacet plan v2\n" + canonical(plan))


def dealers_of(plan):
    return plan["old"]["members"] if "old" in plan else plan["members"]


def dealer_key(plan, i):
    return un64(dealers_of(plan)[i - 1]["sign_key"])


def read_round1(texts):
    """The plan, and the commitments of each dealer."""
    plan, deals = None, {}
    for text in texts:
        o = opened("round1", text,
                   lambda o: dealer_key(o["plan"], o["dealer"]))
        plan, i = plan or o["plan"], o["dealer"]
        a = [un64(c) for c in o["commitments"]]
        e, f = (scalar(un64(o["proof"])[n:n + 32]) for n in (0, 32))
        sb = f * B - e * decode(a[0])
        if o["plan"] != plan or i in deals or len(a) != plan["threshold"] \
                or e != h2s("TACET-DKG-V2-pok", plan_hash(plan) + u16(i) +
                            a[0] + sb.encode()):
            raise Refused("round1 of %d" % i)
        if "old" in plan and a[0] != un64(
                plan["old"]["members"][i - 1]["verification_key"]):
            raise Refused("dealer %d deals no share" % i)
        deals[i] = a
    if len(deals) < (plan["old"]["threshold"] if "old" in plan
                     else len(plan["members"])):
        raise Refused("a round1 file is missing")
    return plan, deals


def ceremony_of(texts):
    bare = [opened("round1", text) for text in texts]
    bare.sort(key=lambda o: o["dealer"])
    return sha(b"tacet ceremony v2\n" +
               b"".join(sha(canonical(o)) for o in bare))


def weight(plan, deals, i):
    return lagrange(sorted(deals), i) if "old" in plan else 1


def group_of(plan, deals):
    a = []
    for m in range(plan["threshold"]):
        p = None
        for i, c in deals.items():
            q = weight(plan, deals, i) * decode(c[m])
            p = q if p is None else p + q
        a.append(p.encode())
    members = [dict(m, index=j, verification_key=b64(
        commit_value(a, j).encode()))
        for j, m in enumerate(plan["members"], 1)]
    generation = plan["old"]["generation"] + 1 if "old" in plan else 1
    if "old" in plan and un64(plan["old"]["public_key"]) != a[0]:
        raise Refused("another key")
    return canonical({"tacet": "custodians", "version": 2,
                      "generation": generation,
                      "threshold": plan["threshold"],
                      "public_key": b64(a[0]), "members": members})


# --- vectors


def new_custodian(name, draw):
    return Custodian(name, draw(32), draw(32), draw(32))


def ceremony_vector(draw, threshold, members, dealers, old):
    plan = plan_of(threshold, [c.contact() for c in members], old)
    out = {"threshold": threshold, "old": old.decode() if old else None,
           "dealers": [{"name": c.name, "seed": c.seed.hex(),
                        "sign_seed": c.sign_seed.hex(),
                        "share": octets(c.x).hex() if old else None}
                       for c in dealers],
           "members": [{"contact": c.contact().decode(),
                        "seal_secret": c.seal_secret.hex()}
                       for c in members],
           "plan": plan_hash(plan).hex()}
    firsts = [c.round1(plan) for c in dealers]
    ceremony = ceremony_of(firsts)
    seconds = [c.round2(plan, ceremony, draw) for c in dealers]
    groups = {c.finish(firsts, seconds) for c in members}
    assert len(groups) == 1
    group = groups.pop()
    for member, c in zip(out["members"], members):
        member["x"] = octets(c.x).hex()
    return group, dict(out, round1=[t.decode() for t in firsts],
                       ceremony=ceremony.hex(),
                       round2=[t.decode() for t in seconds],
                       group=group.decode(), hash=sha(group).hex())


def vectors():
    draw = Draw("ceremony").octets
    people = [new_custodian(n, draw) for n in ("anna", "ben", "cleo", "dora")]
    a, b, c, d = people
    out = []
    group, v = ceremony_vector(draw, 1, [a], [a], None)
    out.append(v)
    group, v = ceremony_vector(draw, 2, [a, b, c], [a, b, c], None)
    out.append(v)
    group, v = ceremony_vector(draw, 2, [a, b, c], [c, a], group)  # refresh
    out.append(v)
    group, v = ceremony_vector(draw, 3, [a, b, c, d], [a, b, c], group)
    out.append(v)
    # ben leaves
    group, v = ceremony_vector(draw, 2, [d, c, a], [a, b, d], group)
    out.append(v)
    json.dump(out, sys.stdout, indent=1)
    print()


# --- a directory


def load(path):
    with open(path + "/model.json") as f:
        o = json.load(f)
    c = Custodian(o["name"], *(bytes.fromhex(o[k]) for k in
                               ("seal_secret", "sign_seed", "seed")))
    c.x = int(o["x"], 16) if o["x"] else None
    return c


def save(path, c):
    with open(path + "/model.json", "w") as f:
        json.dump({"name": c.name, "seal_secret": c.seal_secret.hex(),
                   "sign_seed": c.sign_seed.hex(), "seed": c.seed.hex(),
                   "x": c.x and "%x" % c.x}, f)


def main():
    if sys.argv[1:] == ["vectors"]:
        return vectors()
    p = argparse.ArgumentParser()
    p.add_argument("dir")
    p.add_argument("verb", choices=("init", "round1", "round2", "finish"))
    p.add_argument("args", nargs="+")
    p.add_argument("--reshare")
    p.add_argument("--lie")
    p.add_argument("-o", dest="out")
    a = p.parse_args()
    if a.verb == "init":
        os.mkdir(a.dir, 0o700)
        c = new_custodian(a.args[0], os.urandom)
        save(a.dir, c)
        a.out, text = a.dir + "/contact.json", c.contact()
    else:
        c = load(a.dir)
    if a.verb == "round1":
        c.seed = os.urandom(32)
        save(a.dir, c)
        text = c.round1(plan_of(int(a.args[0]), [read(f) for f in a.args[1:]],
                                a.reshare and read(a.reshare)))
    if a.verb == "round2":
        files = [read(f) for f in a.args]
        text = c.round2(read_round1(files)[0], ceremony_of(files), os.urandom,
                        a.lie)
    if a.verb == "finish":
        files = [read(f) for f in a.args]
        kind = [json.loads(f)["tacet"] for f in files]
        text = c.finish([f for f, k in zip(files, kind) if k == "round1"],
                        [f for f, k in zip(files, kind) if k == "round2"])
        text += b"\n"
        save(a.dir, c)
    with open(a.out, "wb") as f:
        f.write(text)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as e:
        sys.exit("refused: %s" % e)
