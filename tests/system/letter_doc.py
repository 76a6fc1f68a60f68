#!/usr/bin/env python3
"""Writes documents of man/tacet-letter.8 with an encoder of its own.

  letter_doc.py DIR    DIR/NAME.doc for each letter and each bad input
"""
import calendar
import hashlib
import ipaddress
import pathlib
import struct
import sys
import time


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << (8 * size):
            return bytes([major << 5 | code]) + n.to_bytes(size, "big")
    raise ValueError(n)


def cbor(v):
    if isinstance(v, bool):
        return b"\xf5" if v else b"\xf4"
    if isinstance(v, int):
        return head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    return head(4, len(v)) + b"".join(map(cbor, v))


def at(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def row(i, ip="198.51.100.0"):
    """The octets of a row (doc/protocol/records.md, 1)."""
    when = at(f"2026-11-{1 + i % 23:02d}T{i % 24:02d}:{i * 7 % 60:02d}:00Z")
    address = ipaddress.ip_address(ip)
    return struct.pack(
        ">I7s7sHHBB16s", when, (15550100 + i % 9).to_bytes(7, "big"),
        (15550200 + i % 80).to_bytes(7, "big"), 1, i % 2, i % 3,
        address.version << 4 | 1 + i % 5, address.packed)


FIELDS = {
    "version": 1,
    "operator": "Northern Lights Telecom",
    "operator lines": ["1 Example Street, Springfield", "+1 555 0100"],
    "agency": "Example County Police",
    "agency lines": ["Det. Sgt. A. Example"],
    "country": "United States",
    "our ref": "ord-20261124-0123abcd",
    "their ref": "Case 26-1042",
    "date": at("2026-11-24T10:00:00Z"),
    "process": "Court order under 18 U.S.C. 2703(d)",
    "paragraph": "18 USC 2703(c)(1)(B), 2703(d)",
    "authority": "District Court of Example",
    "document": digest("document"),
    "handles": ["+15550100"],
    "from": at("2026-11-01T00:00:00Z"),
    "to": at("2026-11-24T00:00:00Z"),
    "direction": 3,
    "classes": ["SUBSCRIBER", "TRAFFIC_QUERY"],
    "given from": at("2026-11-01T00:00:00Z"),
    "given to": at("2026-11-24T00:00:00Z"),
    "n rows": 2,
    "parts": 23,
    "outside": 1,
    "complete": True,
    "rows": [row(0), row(1)],
    "held": [["CONTENT", "18 USC 2703(a): contents need a warrant"]],
    "retention": 25,
    "ip": 2,
    "private": True,
    "files": [[f, digest(f)] for f in ("rows.csv", "rows.json", "proof.json")],
    "origin": "log.telecom.example",
    "size": 48213,
    "root": digest("root"),
    "signers": ["Kari Nordmann", "Ola Hansen"],
}


def letter(**other):
    fields = dict(FIELDS)
    for name, value in other.items():
        name = name.replace("_", " ")
        assert name in fields
        fields[name] = value
    return cbor(list(fields.values()))


def letters():
    yield "two", letter()
    yield "again", letter()
    yield "other", letter(their_ref="Case 26-1043")
    yield "none", letter(n_rows=0, rows=[], outside=0)
    yield "many", letter(n_rows=2000, rows=[row(i) for i in range(20)])
    yield "wide", letter(n_rows=20, rows=[
        row(i, "2001:0db8:85a3:08d3:1319:8a2e:0370:7344") for i in range(20)])
    yield "sixteen", letter(handles=["+155503%02d" % i for i in range(16)])
    yield "scripts", letter(operator="Северный телеком",
                            agency="Εισαγγελία Πρωτοδικών Αθηνών")
    # what the fonts have no letter for, and Thai, whose words need a file
    yield "boxes", letter(agency="漢字 กขคงจฉช ประเทศไทย 😀 हिन्दी")


def bad():
    good = letter()
    yield "empty", b""
    yield "cut", good[:-1]
    yield "longer", good + b"\x00"
    yield "huge-text", letter(agency="a" * 10**6)
    yield "control", letter(agency="a\x1b[2Jb")
    yield "override", letter(agency="a\u202eb")
    yield "utf8", good.replace(b"Example County", b"Example \xff\xfe\xfd\xfc\xc3\x28")
    yield "million-rows", letter(n_rows=10**6,
                                 rows=[row(i) for i in range(10**6 // 20)])
    yield "million-head", good.replace(head(4, 34), head(4, 10**6), 1)
    yield "shown-not-there", letter(n_rows=1)
    yield "no-room", letter(
        operator="W" * 256, agency="W" * 256, process="W" * 256,
        authority="W" * 256, classes=["W" * 256] * 8,
        files=[["W" * 256, digest("")]] * 8, held=[["W" * 256] * 2] * 4)
    yield "zeros", bytes(1 << 20)
    yield "noise", b"".join(digest(str(i)) for i in range(4000))


def main():
    out = pathlib.Path(sys.argv[1])
    for name, octets in letters():
        (out / f"{name}.doc").write_bytes(octets)
    for name, octets in bad():
        (out / f"{name}.bad").write_bytes(octets)


main()
