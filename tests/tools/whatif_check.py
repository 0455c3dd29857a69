#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is what "skald whatif" says what happens?

whatif_check.py OLD NEW WHATIF: stories of the same frames under the old and the
new rules (replay --json), in the same order, and whatif --json of the old ones
under the new. Every connection has one packet, so that what a replay under the
new rules says of a packet is what whatif has to say. Prints what differs, and
counts; exit status 1 when something does.
"""
import collections
import json
import sys


def fate(story):
    """(kind, who decided): as whatif's words have it."""
    end = story["ending"]
    if end["kind"] == "dropped" and end["table"]:
        by = "rule %d" % end["handle"] if end["handle"] else "its policy"
        return "dropped in %s %s %s by %s" % (end["family"], end["table"],
                                              end["chain"], by)
    return "passes"


def rewritten(story):
    """Where it is translated to, and its mark."""
    packet, final = story["packet"], story["final"]
    where = tuple(final.get(key) if final.get(key) != packet.get(key) else None
                  for key in ("saddr", "daddr"))
    return where, final["mark"]


def expect(old, new):
    """(then, now, flips) of one packet; None: it fares the same."""
    then, now = fate(old), fate(new)
    if then.split()[0] != now.split()[0]:
        return then, now, ("verdict",)
    if then != "passes":
        return None
    (nat, mark), (new_nat, new_mark) = rewritten(old), rewritten(new)
    flips = []
    if nat != new_nat:
        flips.append("nat")
    if nat[1] != new_nat[1] and (nat[1] is None) != (new_nat[1] is None):
        flips.append("route")
    if mark != new_mark:
        flips.append("mark")
    return (then, now, tuple(flips)) if flips else None


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def main():
    old, new = read(sys.argv[1]), read(sys.argv[2])
    with open(sys.argv[3], encoding="utf-8") as text:
        told = json.load(text)
    shapes = {story["id"]: story["shape"] for story in old}
    wanted, said = collections.Counter(), collections.Counter()
    wrong = 0
    for then, now in zip(old, new):
        flip = expect(then, now)
        if flip:
            wanted[flip] += 1
    for group in told["groups"]:
        flips = tuple(word for word in group["flips"]
                      if word != "route" or "nat" not in group["flips"])
        key = (group["then"].split(",")[0], group["now"].split(",")[0], flips)
        said[key] += group["stories"]
        if shapes[group["example"]] != group["shape"]:
            print("example %d is of another shape" % group["example"])
            wrong += 1
    for key in sorted(set(wanted) | set(said)):
        plain = key[:2] + (tuple(w for w in key[2] if w != "route"),)
        if plain != key:
            wanted[plain] += wanted.pop(key)
    for key in sorted(set(wanted) | set(said)):
        if wanted[key] != said[key]:
            wrong += 1
            print("%s: %d, told %d" % (" | ".join(map(str, key)), wanted[key],
                                       said[key]))
    if told["unknown"] or told["same"] + told["flips"] != len(old):
        wrong += 1
        print("%d same, %d flip, %d unknown of %d" % (
            told["same"], told["flips"], told["unknown"], len(old)))
    print("%d stories of %d shapes, %d flip in %d groups of %d kinds, %d wrong"
          % (len(old), len(set(shapes.values())), told["flips"],
             len(told["groups"]), len(said), wrong))
    return 1 if wrong or not said else 0


if __name__ == "__main__":
    sys.exit(main())
