#!/usr/bin/env python3
"""What all custodians together and a copy of the disk can open of one day.

  old_keys.py RECORDS KEYS HOMES DAY NAME...
      tries every envelope of DAY's segments in RECORDS with every day key in
      the folder KEYS, and with none, by the joint key of custodians NAME...
      Prints "OPENED of ENVELOPES".
"""
import hashlib
import pathlib
import sys

import querylog
from querylog import custodian, tdh2


def secret_of(home):
    """The share in an open box (custody/home.h): its first one."""
    words = (home / "custodian.box").read_bytes().split()
    salt, nonce, box = (custodian.un64(w.decode()) for w in words[4:7])
    head = b" ".join(words[:6]) + b" "
    key = hashlib.sha256(b"tacet open key file v1\0" + salt).digest()
    octets = querylog.aead_open(key, nonce, head, box)
    return int.from_bytes(octets[69:71], "big"), tdh2.scalar(octets[71:103])


def joint(shares):
    indexes = [i for i, _ in shares]
    return sum(tdh2.lagrange(indexes, i) * x for i, x in shares) % tdh2.ORDER


def opens(e, wrap, x):
    try:
        rp = x * tdh2.decode(wrap[32:64])
    except tdh2.Refused:
        return False
    return e.row(0, tdh2.mask(rp, wrap[:32])) is not None


def main():
    records, keys, homes, day, *names = sys.argv[1:]
    x = joint([secret_of(pathlib.Path(homes) / n) for n in names])
    candidates = [p.read_bytes() for p in pathlib.Path(keys).glob("*.key")]
    found = total = 0
    for path, _, envelopes in querylog.parts(records):
        if not path.name.startswith(day):
            continue
        for e in envelopes:
            wraps = [e.wrap] + [e.unwrapped(k) for k in candidates]
            total += 1
            found += any(opens(e, w, x) for w in wraps)
    print(found, "of", total)


if __name__ == "__main__":
    main()
