#!/usr/bin/env python3
"""Attacks on a package: by who has it, and by an operator who can sign.

  package_attacks.py VERIFY TRUST SEED N PACKAGE OTHER
      N mutations of PACKAGE without the operator's key, the same at each run
      of one package; OTHER is another verified package
  package_attacks.py --signed VERIFY TRUST SOCKET PACKAGE OTHER
      changes that are signed again through the running server

Writes "STATUS SENTENCE" lines: 0 when every one was refused, with exit 1 and
one line. Prints no content of a package.
"""
import base64
import copy
import hashlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import querylog

JOBS = 2


def sha(data):
    return hashlib.sha256(data).hexdigest()


def read(folder):
    return {p.name: p.read_bytes() for p in pathlib.Path(folder).iterdir()}


def dump(o):
    return (json.dumps(o, indent=1) + "\n").encode()


class Verifier:
    def __init__(self, program, trust):
        self.argv = [program, "--trust", trust]

    def run(self, files):
        """The exit status, the lines it says, and what it prints."""
        with tempfile.TemporaryDirectory() as t:
            folder = pathlib.Path(t) / "p"
            folder.mkdir()
            for name, data in files.items():
                (folder / name).write_bytes(data)
            p = subprocess.run(self.argv + [str(folder)], timeout=60,
                               capture_output=True, check=False)
        return p.returncode, p.stderr.decode().splitlines(), p.stdout

    def is_refused(self, files):
        status, said, printed = self.run(files)
        return status == 1 and len(said) == 1 and printed == b""


# --- without the operator's key --------------------------------------------


def flip(r, files, _):
    name = r.choice(sorted(files))
    data = bytearray(files[name])
    data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    files[name] = bytes(data)


def rehash(files, names):
    m = json.loads(files["MANIFEST.json"])
    for name in names:
        m["files"][name] = sha(files[name])
    if "rows.csv" in names:
        m["rows"] = files["rows.csv"].count(b"\r\n") - 1
    files["MANIFEST.json"] = (json.dumps(m, indent=2, sort_keys=True) +
                              "\n").encode()


def change_rows(r, lines, other):
    what = r.randrange(4)
    at = r.randrange(len(lines))
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(at, r.choice(other))
    elif what == 2:
        lines.insert(at, lines.pop((at + 1) % len(lines)))
    else:
        lines.insert(at, lines[at])


def csv_lines(data):
    return data.split(b"\r\n")[1:-1]


def rows(r, files, other):
    head = files["rows.csv"].split(b"\r\n")[0]
    lines = csv_lines(files["rows.csv"])
    change_rows(r, lines, csv_lines(other["rows.csv"]))
    files["rows.csv"] = b"\r\n".join([head] + lines) + b"\r\n"
    rehash(files, ["rows.csv"])


def remove(r, files, _):
    del files[r.choice(sorted(files))]


def add(r, files, other):
    name = r.choice(["rows2.csv", ".hidden", "MANIFEST.json.bak", "a b",
                     "rows.csv~"])
    files[name] = r.choice([b"", files["rows.csv"], other["rows.json"]])


def swap(r, files, _):
    a, b = r.sample(sorted(files), 2)
    files[a], files[b] = files[b], files[a]


def mix(r, files, other):
    names = sorted(set(files) & set(other))
    for name in r.sample(names, r.randrange(1, len(names))):
        files[name] = other[name]


def mix_rehashed(r, files, other):
    names = [n for n in sorted(set(files) & set(other)) if "MANI" not in n]
    chosen = r.sample(names, r.randrange(1, len(names)))
    for name in chosen:
        files[name] = other[name]
    rehash(files, chosen)


def places(o, path=()):
    """Every scalar of a JSON value, by its path."""
    if isinstance(o, dict):
        for k, v in o.items():
            yield from places(v, path + (k,))
    elif isinstance(o, list):
        for i, v in enumerate(o):
            yield from places(v, path + (i,))
    else:
        yield path


def put(o, path, fn):
    for k in path[:-1]:
        o = o[k]
    o[path[-1]] = fn(o[path[-1]])


def another(r, v):
    if isinstance(v, bool) or v is None:
        return 1
    if isinstance(v, int):
        return v + r.choice([-1, 1, 256])
    at = r.randrange(len(v)) if v else 0
    return v[:at] + r.choice("AbC9-_") + v[at:] if v else "x"


def edit_proof(r, files, _):
    o = json.loads(files["proof.json"])
    put(o, r.choice(list(places(o))), lambda v: another(r, v))
    files["proof.json"] = dump(o)
    if r.randrange(2):
        rehash(files, ["proof.json"])


KINDS = [flip, flip, rows, remove, add, swap, mix, mix_rehashed, edit_proof]


def without_key(verifier, seed, n, package, other):
    r = random.Random(seed)
    tries = []
    while len(tries) < n:
        files = dict(package)
        kind = KINDS[len(tries) % len(KINDS)]
        kind(r, files, other)
        if files not in (package, other):
            tries.append((kind.__name__, files))
    with ThreadPoolExecutor(JOBS) as pool:
        refused = list(pool.map(lambda t: verifier.is_refused(t[1]), tries))
    for kind in dict.fromkeys(k.__name__ for k in KINDS):
        mine = [ok for (k, _), ok in zip(tries, refused) if k == kind]
        print(0 if mine and all(mine) else 1,
              "%d of %d mutations of kind %s are refused with one line" % (
                  sum(mine), len(mine), kind.replace("_", " ")))
    return len(tries) == n


# --- by an operator who can sign -------------------------------------------


class Operator:
    """A package as objects, changed and signed again."""

    def __init__(self, files, sock):
        self.files, self.sock = dict(files), sock
        self.proof = json.loads(files["proof.json"])
        self.order = json.loads(files["order.json"])
        self.manifest = json.loads(files["MANIFEST.json"])

    def parts(self, state):
        return [p for p in self.proof["parts"] if p["state"] == state]

    def held(self):
        """The first part with an envelope of two rows or more, and it."""
        for p in self.parts("held"):
            for e in p["envelopes"]:
                if len(e.get("rows", [])) >= 2:
                    return p, e
        raise AssertionError("no envelope has two rows")

    def absent(self):
        for p in self.parts("held"):
            for i, e in enumerate(p["envelopes"]):
                if e["state"] == "none":
                    return p, i
        raise AssertionError("nothing is absent")

    def signed(self):
        f = self.files
        if json.loads(f["proof.json"]) != self.proof:
            f["proof.json"] = dump(self.proof)
        if json.loads(f["order.json"]) != self.order:
            f["order.json"] = dump(self.order)
        m = self.manifest
        m["files"] = {n: sha(d) for n, d in f.items() if "MANIFEST" not in n}
        text = json.dumps(m, indent=2, sort_keys=True) + "\n"
        answer = querylog.ask(self.sock, verb="sign-manifest", text=text)
        f["MANIFEST.json"] = text.encode()
        f["MANIFEST.sig"] = answer["line"].encode()
        return f


def un64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def drop_csv_row(o, _, at=0):
    lines = o.files["rows.csv"].split(b"\r\n")
    del lines[1 + at]
    o.files["rows.csv"] = b"\r\n".join(lines)


def drop_row_of_tables(o, _, at=0):
    """The same row out of both tables, and the count with it."""
    drop_csv_row(o, _, at)
    j = json.loads(o.files["rows.json"])
    text = o.files["rows.json"].decode().split("\n")
    del text[text.index('"rows":[') + 1 + at]
    o.files["rows.json"] = "\n".join(text).encode()
    assert len(json.loads(o.files["rows.json"])["rows"]) == len(j["rows"]) - 1
    o.manifest["rows"] -= 1


def add_csv_row(o, other):
    o.files["rows.csv"] += csv_lines(other.files["rows.csv"])[0] + b"\r\n"
    o.manifest["rows"] += 1


def reorder_csv(o, _):
    lines = o.files["rows.csv"].split(b"\r\n")
    lines[1], lines[2] = lines[2], lines[1]
    o.files["rows.csv"] = b"\r\n".join(lines)


def change_json(o, _):
    o.files["rows.json"] = o.files["rows.json"].replace(
        b'"lookup_devices":1', b'"lookup_devices":0', 1)


def change_statement(o, _):
    o.files["rows.json"] = o.files["rows.json"].replace(
        b"not a message", b"a message", 1)


def count_rows(o, _):
    o.manifest["rows"] += 1


def empty_tables(o, _):
    """A package that says: nothing is held."""
    o.files["rows.csv"] = o.files["rows.csv"].split(b"\r\n")[0] + b"\r\n"
    text = o.files["rows.json"].decode()
    o.files["rows.json"] = (text[:text.index('"rows":[') + 8] +
                            "\n]\n}\n").encode()
    o.manifest["rows"] = 0
    for p in o.parts("held"):
        p["envelopes"] = []


def drop_sealed_row(o, _):
    o.held()[1]["rows"].pop()


def reorder_sealed_rows(o, _):
    o.held()[1]["rows"].reverse()


def double_sealed_row(o, _):
    e = o.held()[1]
    e["rows"].append(e["rows"][0])


def hide_row(o, _):
    """Inside the window, and said to be outside it: only its hash."""
    rows = o.held()[1]["rows"]
    rows[0] = {"sha256": b64(hashlib.sha256(un64(rows[0])).digest())}
    drop_row_of_tables(o, _)


def hide_last_row(o, _):
    """Nobody can tell whether another owner asked then: it is said."""
    rows = o.held()[1]["rows"]
    rows[-1] = {"sha256": b64(hashlib.sha256(un64(rows[-1])).digest())}
    drop_row_of_tables(o, _, len(rows) - 1)


def drop_envelope(o, _):
    p, e = o.held()
    p["envelopes"].remove(e)


def other_envelope(o, other):
    p, e = o.held()
    p["envelopes"][p["envelopes"].index(e)] = other.held()[1]


def held_as_absent(o, _):
    """What is there, said to be absent by the proof for another place."""
    p, e = o.held()
    q, i = o.absent()
    p["envelopes"][p["envelopes"].index(e)] = q["envelopes"][i]


def absent_left_again(o, _):
    p, i = o.absent()
    p["envelopes"][i]["right"] = p["envelopes"][i]["left"]


def absent_ends(o, _):
    """As if the part had nothing but its session."""
    p, i = o.absent()
    digest = hashlib.sha256(un64(p["session"])).digest()
    p["envelopes"][i] = {"state": "none", "right": None, "left": {
        "leaf": 0, "octets": b64(bytes(17) + digest),
        "path": p["session_path"]}}


def absent_of_other(o, other):
    """The absence proof of somebody else in the same part."""
    for p in reversed(o.parts("held")):
        for q in other.parts("held"):
            for i, e in enumerate(p["envelopes"]):
                for f in q["envelopes"]:
                    if p["entry"] == q["entry"] and e != f and \
                            f["state"] == "none":
                        p["envelopes"][i] = f
                        return
    raise AssertionError("nothing to take")


def one_share_less(o, _):
    o.held()[1]["shares"].pop()


def share_twice(o, _):
    s = o.held()[1]["shares"]
    s[1] = s[0]


def share_of_other(o, other):
    o.held()[1]["shares"] = other.held()[1]["shares"]


def found_of_other(o, other):
    """Another number's tag, under the order's number."""
    o.held()[0]["found"] = other.held()[0]["found"]


def threshold_one(o, _):
    for g in o.proof["custodians"]:
        g["threshold"] = 1
    for p in o.parts("held"):
        p["found"] = p["found"][:1]
        for e in p["envelopes"]:
            if "shares" in e:
                e["shares"].pop()


def own_custodians(o, _):
    """A group whose key the operator has."""
    import tdh2
    x = 12345
    for g in o.proof["custodians"]:
        key = b64((x * tdh2.B).encode())
        g["threshold"], g["public_key"] = 1, key
        g["members"] = [dict(g["members"][0], verification_key=key)]


def drop_part(at):
    def fn(o, _):
        del o.proof["parts"][at]
    fn.__name__ = ("drop the first part" if at == 0 else
                   "drop the last part" if at == -1 else "drop a part")
    return fn


def drop_last_and_shrink(o, _):
    """The last part is left out, and the window ends before it."""
    o.proof["parts"].pop()
    closed = json.loads(o.proof["parts"][-1]["entry"])["closed"]
    o.proof["to"] = rfc3339(closed)
    drop_row_of_tables(o, _)


def shrink_window(o, _):
    """A window of its first second, in which there is nothing."""
    opened = min(json.loads(p["entry"])["opened"] for p in o.parts("held"))
    o.proof["to"] = rfc3339(opened + 1)
    empty_tables(o, _)


def rfc3339(s):
    import datetime
    return datetime.datetime.fromtimestamp(
        s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def part_outside(o, _):
    p, _e = o.held()
    for k in ("session", "session_path", "found", "envelopes"):
        del p[k]
    p["state"] = "outside"


def part_destroyed(o, _):
    p, _e = o.held()
    for k in ("session", "session_path", "found", "envelopes"):
        del p[k]
    p["state"] = "destroyed"
    p["destroyed"] = {"index": p["index"], "path": p["path"]}


def entry_changed(o, _):
    p, _e = o.held()
    e = json.loads(p["entry"])
    e["closed"] += 1
    p["entry"] = json.dumps(e, sort_keys=True, separators=(",", ":"))


def session_of_other_part(o, _):
    a, b = o.parts("held")[:2]
    for k in ("session", "session_path", "found"):
        a[k] = b[k]


def order_of_other(o, other):
    o.order = copy.deepcopy(other.order)


def order_and_opening_of_other(o, other):
    """Another order of the same log, that was committed too."""
    o.order = copy.deepcopy(other.order)
    o.proof["order"] = other.proof["order"]


def order_changed(o, _):
    o.order["legal_ref"] = "2"


def order_wider(o, _):
    o.order["window"]["from"] = "2020-01-01T00:00:00Z"


def opening_changed(o, _):
    o.proof["order"]["opening"] = b64(bytes(32))


def order_uncommitted(o, _):
    o.proof["order"]["index"] = 0


def checkpoint_smaller(o, _):
    lines = o.proof["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) - 1)
    o.proof["checkpoint"] = "\n".join(lines)


def checkpoint_of_other(o, other):
    """An older one of the same log: rolled back."""
    assert o.proof["checkpoint"] != other.proof["checkpoint"]
    o.proof["checkpoint"] = other.proof["checkpoint"]


def checkpoint_unsigned(o, _):
    o.proof["checkpoint"] = o.proof["checkpoint"].split("\n\n")[0] + "\n\n"


def no_letter(o, _):
    del o.files["response.pdf"]


def manifest_of_other(o, other):
    o.manifest["order_id"] = other.manifest["order_id"]


SIGNED = [
    drop_csv_row, drop_row_of_tables, add_csv_row, reorder_csv, change_json,
    change_statement, count_rows, empty_tables, drop_sealed_row,
    reorder_sealed_rows, double_sealed_row, hide_row, drop_envelope,
    other_envelope, held_as_absent, absent_left_again, absent_ends,
    absent_of_other, one_share_less, share_twice, share_of_other,
    found_of_other, threshold_one, own_custodians, drop_part(0), drop_part(1),
    drop_part(-1), drop_last_and_shrink, shrink_window, part_outside,
    part_destroyed, entry_changed, session_of_other_part, order_of_other,
    order_and_opening_of_other, order_changed, order_wider, opening_changed,
    order_uncommitted, checkpoint_smaller, checkpoint_of_other,
    checkpoint_unsigned, no_letter, manifest_of_other,
]


def with_key(verifier, sock, package, other):
    clean = Operator(package, sock)
    clean.proof["note"] = 1  # so that the file is written anew
    del clean.proof["note"]
    status, _, printed = verifier.run(clean.signed())
    print(0 if status == 0 and printed.startswith(b"VERIFIED") else 1,
          "a package that the operator signs again unchanged is verified")

    hidden = Operator(package, sock)
    hide_last_row(hidden, None)
    status, _, printed = verifier.run(hidden.signed())
    print(0 if status == 0 and b"\n  1 rows " in printed and
          b"held back" in printed else 1,
          "a last row that he holds back is said to be his word alone")

    def attempt(fn):
        o = Operator(package, sock)
        fn(o, Operator(other, sock))
        files = o.signed()
        assert files != package
        return verifier.is_refused(files)
    with ThreadPoolExecutor(JOBS) as pool:
        for fn, ok in zip(SIGNED, pool.map(attempt, SIGNED)):
            print(0 if ok else 1, "signed again, it is refused: %s" %
                  fn.__name__.replace("_", " "))


def main():
    if sys.argv[1] == "--signed":
        program, trust, sock, package, other = sys.argv[2:]
        with_key(Verifier(program, trust), sock, read(package), read(other))
        return
    program, trust, seed, n, package, other = sys.argv[1:]
    without_key(Verifier(program, trust), int(seed), int(n), read(package),
                read(other))


if __name__ == "__main__":
    main()
