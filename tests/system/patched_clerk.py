#!/usr/bin/env python3
"""A clerk with a tool of his own: the disk, what custodians gave him for one
order, and the arithmetic of tests/model/tdh2.py.

  patched_clerk.py open RECORDS ORDER_FIND ORDER_OPEN K SHARES...
      SHARES: answers of custodians to both requests. Tries everything he can
      combine on every envelope of every part, and prints a line for each that
      opens: DAY DIRECTION ROWS
  patched_clerk.py forge RECORDS FIND OPEN FIRST LAST FOLDER
      writes changed requests into FOLDER, NAME.json, which no custodian may
      answer, and the two as they were, NAME.same.
      FIRST and LAST: the order's days; other days are on the disk too.

Prints no number, key or row.
"""
import copy
import datetime
import itertools
import json
import pathlib
import sys

import querylog
from querylog import custodian, tdh2
from custodian import b64, un64

DIRECTIONS = {1: "source", 2: "lookup"}


def load(path):
    return json.loads(pathlib.Path(path).read_text())


def day_text(day):
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(day))


class Disk:
    """Every envelope of every part, without the layer of its day key."""

    def __init__(self, records):
        self.parts, self.envelopes = {}, []
        for path, session, envelopes in querylog.parts(records):
            key = querylog.day_key(path)
            for e in envelopes:
                e.wrap = e.unwrapped(key)
            self.parts[session.day, session.part] = (session, envelopes, key)
            self.envelopes += envelopes

    def first_of(self, day):
        """The day's first part that has envelopes."""
        return next(v for (d, _), v in sorted(self.parts.items())
                    if d == day and v[1])


def sets_of_k(answers, k):
    """Every set of k shares by different custodians, of any places."""
    people = {a["custodian"]: [un64(s) for s in a["shares"]] for a in answers}
    for chosen in itertools.combinations(sorted(people), k):
        yield from itertools.product(*(people[i] for i in chosen))


def points_of(answers, k):
    """All that any k shares of one stage combine to, and single shares."""
    out = {}
    for shares in sets_of_k(answers, k):
        out[tdh2.combine(shares).encode()] = None
    for a in answers:
        for s in a["shares"]:
            out[un64(s)[2:34]] = None
    return [tdh2.decode(p) for p in out]


def tag_of(point):
    import hashlib
    return hashlib.sha512(b"tacet tag v2" + point.encode()).digest()[:16]


def open_all(records, find, opened, k, *paths):
    disk, k = Disk(records), int(k)
    answers = [load(p) for p in paths]
    finds = [a for a in answers if a["stage"] == "find"]
    opens = [a for a in answers if a["stage"] == "open"]
    assert len(finds) == len(opens) >= k
    found = points_of(finds, k)
    points = found + points_of(opens, k)
    keys = {}
    for e in disk.envelopes:
        for p in points:
            key = tdh2.mask(p, e.wrap[:32])
            if e.row(0, key) is not None:
                keys[e] = key
    # what he has opened, on everything else
    for e in disk.envelopes:
        for key in list(keys.values()):
            if e not in keys and e.row(0, key) is not None:
                keys[e] = key
    tags = {tag_of(p) for p in found}
    lines = [(day_text(e.session.day), DIRECTIONS[e.direction],
              "%d rows" % len([1 for i in range(len(e.rows))
                               if e.row(i, keys[e]) is not None]))
             for e in keys]
    lines += [(day_text(e.session.day), DIRECTIONS[e.direction], "found")
              for e in disk.envelopes if e.tag in tags]
    print("\n".join(" ".join(l) for l in sorted(lines)))
    print("# %d envelopes, %d points" % (len(disk.envelopes), len(points)),
          file=sys.stderr)


# --- requests that ask for more ---------------------------------------------


def session_json(part):
    session, _, key = part
    body = session.body[:len(session.body) - len(session.shares)]
    return b64(body + session.plain_shares(key))


def on_day(text, day):
    """The same session, said to be of another day."""
    body = un64(text)
    return b64(body[:1] + querylog.u32(day) + body[5:])


def own_tags(body, threshold, number):
    """A session whose tags the clerk makes, and the shares that prove it."""
    body = bytearray(un64(body))
    a = [12345 + j for j in range(threshold)]
    body[33:33 + 32 * threshold] = b"".join(tdh2.commit(a))
    return b64(bytes(body)), [
        b64(tdh2.tprf_share(tdh2.value(a, i), i, number, 777 + i))
        for i in range(1, threshold + 1)]


def forge(records, find_path, open_path, first, last, folder):
    disk, out = Disk(records), {}
    find, opened = load(find_path), load(open_path)
    epoch = datetime.date(1970, 1, 1)
    first, last = ((datetime.date.fromisoformat(d) - epoch).days
                   for d in (first, last))
    number = find["order"]["targets"][0]["handle"][4:].encode()
    after, before = disk.first_of(last + 1), disk.first_of(first - 1)

    def changed(what, base, fn):
        out[what] = copy.deepcopy(base)
        fn(out[what])

    def add(part):
        return lambda q: q["parts"].append({"session": part})
    changed("a-day-after", find, add(session_json(after)))
    changed("a-day-before", find, add(session_json(before)))
    changed("a-day-after-by-another-name", find,
            add(on_day(session_json(after), last)))
    changed("a-day-before-by-another-name", find,
            add(on_day(session_json(before), first)))

    at = next(i for i, p in enumerate(opened["parts"])
              if querylog.Session(un64(p["session"])).day == last)
    inside = disk.first_of(last)
    mine = [e for e in opened["envelopes"] if e["part"] == at]
    assert len(mine) == 1
    wraps = {b64(e.wrap): e for e in inside[1]}
    own = wraps[mine[0]["wrap"]]

    def with_wrap(wrap, **more):
        def fn(q):
            e = next(e for e in q["envelopes"] if e["part"] == at)
            e.update(wrap=b64(wrap), **more)
        return fn
    others = [e for e in inside[1] if e.tag != own.tag]
    for i, e in enumerate(others[:2]):
        changed("another-envelope-%d" % i, opened, with_wrap(e.wrap))
    for e in inside[1]:
        if e.tag == own.tag and e.direction == 2:
            changed("the-other-direction", opened, with_wrap(e.wrap))
            changed("the-other-direction-said", opened,
                    with_wrap(e.wrap, direction=2))
    for name, part in (("after", after), ("before", before)):
        for i, e in enumerate(part[1]):
            changed("an-envelope-of-the-day-%s-%d" % (name, i), opened,
                    with_wrap(e.wrap))
    # the same u, under a proof of the clerk's own
    other = others[0].wrap
    proof = tdh2.seal(7 * tdh2.B, own.label, bytes(32), 5, 6)
    changed("another-envelope-with-a-proof", opened,
            with_wrap(other[:96] + proof[96:]))
    changed("another-envelope-with-the-order's-proof", opened,
            with_wrap(other[:96] + own.wrap[96:]))

    def forged_tags(wrap):
        def fn(q):
            p = q["parts"][at]
            k = len(p["found"])
            p["session"], p["found"] = own_tags(p["session"], k, number)
            with_wrap(wrap)(q)
        return fn
    changed("tags-of-the-clerk's-own", opened, forged_tags(other))
    changed("a-part-by-another-name", opened, lambda q: q["parts"][at].update(
        session=on_day(q["parts"][at]["session"], last + 1)))
    changed("tags-of-another-part", opened, lambda q: q["parts"][at].update(
        found=q["parts"][at - 1]["found"]))
    for name, q in out.items():
        assert q not in (find, opened), name
        (pathlib.Path(folder) / (name + ".json")).write_bytes(
            custodian.canonical(q) + b"\n")
    for name, q in (("find", find), ("open", opened)):
        (pathlib.Path(folder) / (name + ".same")).write_bytes(
            custodian.canonical(q) + b"\n")


def main():
    verb, *args = sys.argv[1:]
    {"open": open_all, "forge": forge}[verb](*args)


if __name__ == "__main__":
    main()
