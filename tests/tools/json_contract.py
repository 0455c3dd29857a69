#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What skald prints as JSON, held against docs/json.md and docs/events.md.

json_contract.py FORM [FILE]: each line of FILE must be an object of that form:
keys that the page promises must be there, others must not, and each value has
the type that the page says. FORM is a heading of docs/json.md ("why", "doctor",
"list --shapes"), or "story", "list". Prints what is wrong, one line each, and
ends with 1; or with the number of objects.
"""

import json
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
TYPES = {
    "number": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "claim": lambda v: isinstance(v, bool),
    "text": lambda v: isinstance(v, str),
    "word": lambda v: isinstance(v, str) and v != "?",
    "address": lambda v: isinstance(v, str),
    "value": lambda v: isinstance(v, (int, str)) and not isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
}
# Keys that stand for what a story is made of: never null.
ALWAYS = {"id", "source", "start_ns", "end_ns", "packet", "final", "ending",
          "complete", "gaps", "events", "shape", "generation", "journey"}
ROW = re.compile(r"^\| ((?:`[a-z_.\[\]]+`(?:, )?)+) \| ([^|]+) \| (.*)\|$")


def sections(name):
    """Heading -> its rows: key -> (type, meaning)."""
    tables, heading = {}, ""
    for line in (DOCS / name).read_text().splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").replace("`", "")
            tables[heading] = {}
        row = ROW.match(line)
        if row:
            for key in re.findall(r"`([^`]+)`", row[1]):
                tables[heading][key] = (row[2].strip(), row[3])
    return tables


def word_lists():
    """"hook" -> its words."""
    found, name = {}, None
    for line in (DOCS / "events.md").read_text().splitlines():
        if line.startswith("### words: "):
            name = line[len("### words: "):]
        elif name and line.startswith("`"):
            found[name] = set(re.findall(r"`([^`]+)`", line))
            name = None
    return found


EVENTS = sections("events.md")
WORDS = word_lists()
JSON = sections("json.md")
PACKET = dict(EVENTS["Fields of a packet"], family=("text", ""),
              proto=("text", ""), flags=("text", ""))
STORY = JSON["A story"]


class Checker:
    """Collects what is wrong with one object."""

    def __init__(self):
        self.wrong = []

    def say(self, where, what):
        self.wrong.append(f"{where}: {what}")

    def value(self, where, value, kind):
        linked = re.match(r"\[(\w+)\]", kind)
        if linked:
            if value not in WORDS[linked[1]]:
                self.say(where, f"{value!r} is no {linked[1]}")
            return
        one = kind.split(" of ")[0]
        if one == "number" and isinstance(value, str) and value.isdigit():
            return  # above 2^63 - 1
        if not TYPES[one](value):
            self.say(where, f"{value!r} is no {one}")

    def keys(self, where, value, table, null=True, all_there=True):
        """Keys with a type each; @null: null is a value, too."""
        for key in value.keys() - table.keys():
            self.say(where, f"key {key} is not documented")
        for key, (kind, _) in table.items():
            if key not in value:
                if all_there:
                    self.say(where, f"no key {key}")
            elif value[key] is None:
                if not null or key in ALWAYS:
                    self.say(f"{where}.{key}", "null")
            else:
                self.value(f"{where}.{key}", value[key], kind)

    def event(self, where, event):
        kind = event.get("kind")
        if kind not in EVENTS:
            self.say(where, f"no kind {kind!r}")
            return
        table = dict(EVENTS[kind], kind=("word", ""), t_ns=("number", ""))
        if not {"kind", "t_ns"} <= event.keys():
            self.say(where, "an event without time")
        self.keys(where, event, table, null=False, all_there=False)

    def story(self, story, more=(), events=True, answers=False):
        table = dict(STORY)
        if not events:
            del table["events"]
        for key in more:
            table[key] = JSON["why --json"][key]
        if answers:
            table.update(JSON["answers"])
        self.keys("story", story, table)
        for answer in story.get("answers") or () if answers else ():
            self.story(answer)
        for side in ("packet", "final"):
            self.keys(side, story.get(side) or {}, PACKET, null=False,
                      all_there=False)
        self.keys("ending", story.get("ending") or {}, JSON["ending"])
        if story["ending"]["kind"] not in WORDS["ending"]:
            self.say("ending", "no such kind")
        if story["source"] not in WORDS["source"]:
            self.say("source", "no such word")
        if story["complete"] != (not story["gaps"]):
            self.say("complete", "and its gaps do not agree")
        for gap in story["gaps"]:
            self.keys("gap", gap, {"count": ("number", ""),
                                   "where": ("text", "")}, null=False)
        for link in story["journey"]:
            self.keys("journey", link, {"kind": ("word", ""),
                                        "story": ("number", "")}, null=False)
        for i, event in enumerate(story.get("events", ())):
            self.event(f"event {i}", event)

    def why(self, story):
        own = {key: JSON["why --json"]["why[]." + key]
               for key in ("known", "conditions", "passed")}
        self.story(story, ("agreement", "why"))
        if story["agreement"] not in ("agrees", "disagrees", "unknown"):
            self.say("agreement", story["agreement"])
        for miss in story["why"]:
            self.keys("why", {k: v for k, v in miss.items() if k in own}, own)
            rest = {k: v for k, v in miss.items() if k not in own}
            self.event("why", dict(rest, kind="miss", t_ns=0))

    def verify(self, summed):
        self.keys("verify", summed, JSON["verify --json"])
        if summed["stories"] != summed["agree"] + summed["disagree"] + summed["unknown"]:
            self.say("verify", "the numbers do not add up")

    def whatif(self, summed):
        self.keys("whatif", summed, JSON["whatif --json"])
        if summed["stories"] != summed["same"] + summed["flips"] + summed["unknown"]:
            self.say("whatif", "the numbers do not add up")
        keys = set(re.findall(r"`(\w+)`", JSON["whatif --json"]["groups"][1]))
        keys -= {"verdict", "nat", "route", "mark"}
        for group in summed["groups"]:
            if group.keys() != keys:
                self.say("groups", f"keys {sorted(group)}, not {sorted(keys)}")

    def nested(self, value, heading):
        """A table with keys such as "checks[].name" and "store.path"."""
        table = JSON[heading]
        top = {k: t for k, t in table.items() if "." not in k}
        self.keys(heading, value, top)
        for name in top:
            below = {k.split(".")[1]: t for k, t in table.items()
                     if k.startswith((name + ".", name + "[]."))}
            parts = value.get(name) or []
            for part in parts if isinstance(parts, list) else [parts]:
                if below:
                    self.keys(f"{heading}.{name}", part, below, null=False)

    def conntrack(self, value):
        table = JSON["Connection tracking"]
        is_replay = isinstance(value.get("packets"), dict)
        keys = {"capture", "packets", "cut", "events"}
        keys |= {"entries", "expectations"} if is_replay else {
            "invalid", "ignored", "dropped"}
        for key in value.keys() ^ keys:
            self.say("conntrack", f"key {key}")
        for key in keys - {"packets"}:
            self.value(key, value[key], table[key][0])

    def rules(self, array):
        for row in array:
            self.keys(row.get("name", "?"), row,
                      JSON["What rules can be made of"])


FORMS = {
    "story": Checker.story,
    "ask": lambda c, v: c.story(v, answers=True),
    "list": lambda c, v: c.story(v, events=False),
    "why": Checker.why,
    "verify": Checker.verify,
    "whatif": Checker.whatif,
    "list --shapes": lambda c, v: c.nested(v, "list --shapes --json"),
    "doctor": lambda c, v: c.nested(v, "doctor --json"),
    "status": lambda c, v: c.nested(v, "status --json"),
    "conntrack": Checker.conntrack,
    "filter": Checker.rules,
}


def main():
    form = FORMS[sys.argv[1]]
    stream = open(sys.argv[2], encoding="utf-8") if len(sys.argv) > 2 else sys.stdin
    wrong, n = set(), 0
    for line in stream:
        checker = Checker()
        form(checker, json.loads(line))
        wrong |= set(checker.wrong)
        n += 1
    print("\n".join(sorted(wrong)) if wrong else f"{n} objects")
    return 1 if wrong or not n else 0


if __name__ == "__main__":
    sys.exit(main())
