#!/usr/bin/env python3
"""The query log read from outside, by doc/protocol/records.md and custody.md
alone: what somebody with a copy of the disk can do, and no more. For tests.

  querylog.py ceremony DIR K NAME...   three homes of tacet-custodian without a
                                       passphrase, and DIR/NAME.group
  querylog.py ask SOCKET VERB [NAME VALUE]...   a question to the admin socket
"""
import ctypes
import hashlib
import json
import os
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "../model"))
import custodian  # noqa: E402
import tdh2  # noqa: E402

SODIUM = ctypes.CDLL("libsodium.so.23")
CLASS = b"TRAFFIC_QUERY"
SEALED = 56  # a row


def u32(n):
    return n.to_bytes(4, "big")


def aead_open(key, nonce, ad, sealed):
    """The plain octets, or None."""
    out = ctypes.create_string_buffer(len(sealed))
    n = ctypes.c_ulonglong()
    if SODIUM.crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, ctypes.byref(n), None, sealed,
            ctypes.c_ulonglong(len(sealed)), ad,
            ctypes.c_ulonglong(len(ad)), nonce, key):
        return None
    return out.raw[:n.value]


def aead_seal(key, nonce, ad, plain):
    out = ctypes.create_string_buffer(len(plain) + 16)
    SODIUM.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), ad,
        ctypes.c_ulonglong(len(ad)), None, nonce, key)
    return out.raw


def layer(day_key, nonce, kind, number, octets):
    """On or off: the layer of the day key."""
    out = ctypes.create_string_buffer(len(octets))
    SODIUM.crypto_stream_xchacha20_xor(
        out, octets, ctypes.c_ulonglong(len(octets)),
        nonce + u32(kind) + u32(number), day_key)
    return out.raw


class Session:
    def __init__(self, body):
        version, self.day, self.part, self.opened, self.nonce, self.k, self.n \
            = struct.unpack(">BIHQ16sBB", body[:33])
        assert version == 3
        self.body = body
        at = 33 + 32 * self.k
        self.commitments = [body[i:i + 32] for i in range(33, at, 32)]
        self.shares = body[at:]
        assert len(self.shares) == 80 * self.n

    def label(self, tag, direction):
        return (u32(self.day) + self.part.to_bytes(2, "big") + tag +
                bytes([direction]) + CLASS)

    def plain_shares(self, day_key):
        return layer(day_key, self.nonce, 0, 0, self.shares)


class Envelope:
    def __init__(self, session, tag, direction, number, wrap, kind=1):
        """kind of the layer: 1 in a journal, 3 in a segment, by its place."""
        self.session, self.tag, self.direction = session, tag, direction
        self.number, self.wrap, self.rows = number, wrap, []
        self.kind = kind

    @property
    def label(self):
        return self.session.label(self.tag, self.direction)

    def unwrapped(self, day_key):
        return layer(day_key, self.session.nonce, self.kind, self.number,
                     self.wrap)

    def row(self, counter, key):
        return aead_open(key, bytes(20) + u32(counter), self.label,
                         self.rows[counter])

    def row_by_subkey(self, counter, subkey):
        """Whether HChaCha20 of K, all that XChaCha20 needs, opens the row."""
        out = ctypes.create_string_buffer(SEALED)
        row = self.rows[counter]
        return not SODIUM.crypto_aead_chacha20poly1305_ietf_decrypt(
            out, None, None, row, ctypes.c_ulonglong(len(row)), self.label,
            ctypes.c_ulonglong(len(self.label)), bytes(8) + u32(counter),
            subkey)


def journal(data):
    """Session and envelopes of a running part; a torn end is left out."""
    at, session, envelopes = 0, None, []
    while at + 9 <= len(data):
        n = int.from_bytes(data[at:at + 4], "big")
        kind, body = data[at + 8], data[at + 9:at + 8 + n]
        if len(body) + 1 < n:
            break
        if kind == 1:
            session = Session(body)
        elif kind == 2:
            envelopes.append(Envelope(session, body[:16], body[16],
                                      int.from_bytes(body[17:21], "big"),
                                      body[21:181]))
        elif kind == 3:
            for i in range(0, len(body), 3 + SEALED):
                envelopes[int.from_bytes(body[i:i + 3], "big")].rows.append(
                    body[i + 3:i + 3 + SEALED])
        at += 8 + n
    return session, envelopes


def segment(data):
    assert data[:8] == b"TACETSG3"
    count, owners, _, n = struct.unpack(">IIIH", data[56:70])
    session, at, envelopes = Session(data[70:70 + n]), 70 + n, []
    sealed = at + 185 * count + 100 * owners
    for i in range(count):
        r = data[at + 185 * i:at + 185 * (i + 1)]
        e = Envelope(session, r[:16], r[16], i, r[17:177], kind=3)
        rows, first = struct.unpack(">II", r[177:])
        e.rows = [data[sealed + SEALED * j:sealed + SEALED * (j + 1)]
                  for j in range(first, first + rows)]
        envelopes.append(e)
    return session, envelopes


def parts(records):
    """Every part of a directory: (path, session, envelopes)."""
    for p in sorted(pathlib.Path(records).iterdir()):
        if p.suffix in (".seg", ".log"):
            read = segment if p.suffix == ".seg" else journal
            session, envelopes = read(p.read_bytes())
            if session is not None:
                yield p, session, envelopes


def day_key(part_path):
    p = part_path.parent / (part_path.name[:10] + ".key")
    return p.read_bytes() if p.exists() else None


def log_entries(log):
    """All entries of the public log, from its bundles."""
    size = int((pathlib.Path(log) / "checkpoint").read_text().split("\n")[1])
    out = []
    while len(out) < size:
        n = len(out) // 256
        name = "%03d" % n if n < 1000 else "x%03d/%03d" % divmod(n, 1000)
        whole = pathlib.Path(log) / "tile/entries" / name
        if size - len(out) < 256:
            whole = pathlib.Path("%s.p/%d" % (whole, size - len(out)))
        data = whole.read_bytes()
        while data:
            m = int.from_bytes(data[:2], "big")
            out.append(data[2:2 + m])
            data = data[2 + m:]
    return out


def log_path(entries, index):
    """The audit path of an entry (RFC 6962, section 2.1.1)."""
    def root(leaves):
        if len(leaves) == 1:
            return hashlib.sha256(b"\0" + leaves[0]).digest()
        k = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + root(leaves[:k]) +
                              root(leaves[k:])).digest()

    def path(m, leaves):
        if len(leaves) == 1:
            return []
        k = 1 << (len(leaves) - 1).bit_length() - 1
        if m < k:
            return path(m, leaves[:k]) + [root(leaves[k:])]
        return path(m - k, leaves[k:]) + [root(leaves[:k])]
    return path(index, entries)


def ask(sock, **question):
    """One question to the server's admin socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(sock))
        s.sendall(json.dumps(question).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            more = s.recv(65536)
            if not more:
                break
            answer += more
    return json.loads(answer)


# --- custodians without a passphrase: no test waits for argon2 -------------


def open_box(octets):
    """An open key file, as tacet-custodian writes it without a passphrase."""
    salt, nonce = os.urandom(16), os.urandom(24)
    head = ("tacet-key-v1 open 0 0 %s %s " % (
        custodian.b64(salt), custodian.b64(nonce))).encode()
    key = hashlib.sha256(b"tacet open key file v1\0" + salt).digest()
    return head + custodian.b64(aead_seal(key, nonce, head, octets)).encode() \
        + b"\n"


def private_file(path, octets):
    with open(path, "wb", opener=lambda p, f: os.open(p, f, 0o600)) as f:
        f.write(octets)


def ceremony(folder, k, names):
    people = [custodian.new_custodian(n, os.urandom) for n in names]
    plan = custodian.plan_of(k, [c.contact() for c in people])
    firsts = [c.round1(plan) for c in people]
    mark = custodian.ceremony_of(firsts)
    seconds = [c.round2(plan, mark, os.urandom) for c in people]
    for c in people:
        home = pathlib.Path(folder) / c.name
        group = c.finish(firsts, seconds) + b"\n"
        share = u32(1) + tdh2.u16(c.index_in(plan["members"])) + \
            tdh2.octets(c.x)
        box = b"\1" + c.seal_secret + c.sign_seed + share
        home.mkdir(mode=0o700, parents=True)
        private_file(home / "contact.json", c.contact())
        private_file(home / "group.json", group)
        private_file(home / "custodian.box", open_box(box.ljust(206, b"\0")))
        private_file("%s.group" % home, group)


def main():
    if sys.argv[1] == "ceremony":
        ceremony(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
        return 0
    if sys.argv[1] == "ask":
        more = dict(zip(sys.argv[4::2], sys.argv[5::2]))
        answer = ask(sys.argv[2], verb=sys.argv[3], **more)
        print(json.dumps(answer))
        return 1 if "error" in answer else 0
    return 2


if __name__ == "__main__":
    sys.exit(main())
