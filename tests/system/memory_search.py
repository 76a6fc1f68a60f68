#!/usr/bin/env python3
"""What root finds in the memory of a process that sealed the query log.

  memory_search.py PID RECORDS DAY.PART +NUMBER...

Reads what PID holds, and says, one word a line, what is in it: "number" (one
of the numbers, in any form), "handle" (a number as the keys' table has it),
"key" (32 octets that open a row of that part: K, or HChaCha20 of it), "tag-key"
(32 octets that are the secret of that part's tags). Nothing is said twice, or
printed of it.
"""
import ctypes
import re
import sys

import querylog
from querylog import SODIUM

PAGE = 4096
MAPPING_MAX = 1 << 30  # ASan's shadow is larger, and has no content


def resident(pid):
    """Every page of private memory that is there, joined where they touch."""
    with open("/proc/%d/maps" % pid) as f:
        maps = f.read().splitlines()
    with open("/proc/%d/mem" % pid, "rb", 0) as mem, \
            open("/proc/%d/pagemap" % pid, "rb", 0) as pagemap:
        for line in maps:
            m = re.match(r"(\w+)-(\w+) (\S+)", line)
            start, end = int(m[1], 16), int(m[2], 16)
            # read-only code has no secret; guard pages are read all the same
            if m[3] in ("r-xp", "r--p") or end - start > MAPPING_MAX or \
                    "[v" in line:
                continue
            pagemap.seek(start // PAGE * 8)
            present = pagemap.read((end - start) // PAGE * 8)
            run = []
            for i in range(len(present) // 8):
                # present or swapped out
                if present[8 * i + 7] & 0xc0:
                    mem.seek(start + i * PAGE)
                    run.append(mem.read(PAGE))
                elif run:
                    yield b"".join(run)
                    run = []
            if run:
                yield b"".join(run)


def forms(number):
    digits = number.lstrip("+")
    for text in (digits, number):
        yield text.encode()
        yield text.encode("utf-16le")
        yield text.encode().hex().encode()
    d = digits + "f" * (len(digits) % 2)
    yield bytes.fromhex(d)
    yield bytes(int(d[i + 1] + d[i], 16) for i in range(0, len(d), 2))
    yield int(digits).to_bytes(7, "big")  # as a row has it


def handles(number):
    n = int(number.lstrip("+"))
    for v in (n, n << 2 | 1, n << 2 | 2):  # alone, and with a direction
        yield v.to_bytes(8, "little")
        yield v.to_bytes(8, "big")


def windows(run):
    """32 octets at every fourth place that could be drawn at random."""
    seen = set()
    for at in range(0, len(run) - 31, PAGE):
        page = run[at:at + PAGE + 28]
        if not any(page):
            continue
        for i in range(0, min(PAGE, len(page) - 31), 4):
            w = page[i:i + 32]
            if len(set(w)) >= 18 and w not in seen:
                seen.add(w)
                yield w


def main():
    pid, records, name, *numbers = sys.argv[1:]
    part = [(s, e) for p, s, e in querylog.parts(records)
            if p.name.startswith(name)]
    (session, envelopes), = part
    texts = [f for n in numbers for f in forms(n)]
    packed = [h for n in numbers for h in handles(n)]
    point = ctypes.create_string_buffer(32)
    found, tried = set(), 0
    for run in resident(int(pid)):
        if any(t in run for t in texts):
            found.add("number")
        if any(h in run for h in packed):
            found.add("handle")
        for w in windows(run):
            tried += 1
            if any(e.row(0, w) is not None or e.row_by_subkey(0, w)
                   for e in envelopes):
                found.add("key")
            if w[31] < 0x11 and SODIUM.crypto_scalarmult_ristretto255_base(
                    point, w) == 0 and point.raw == session.commitments[0]:
                found.add("tag-key")
    print("\n".join(sorted(found)))
    print("# %d windows, %d envelopes" % (tried, len(envelopes)),
          file=sys.stderr)
    return 0 if tried > 100 and envelopes else 2


if __name__ == "__main__":
    sys.exit(main())
