#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""nftables' own tests as input: what this kernel loads, the engine must load.

load.py NFT_TRY TREE KNOWN: TREE is an unpacked nftables source tree, KNOWN a
file of names that the engine may refuse. Runs in a network namespace of its own.
Last lines: counts; exit status 1 when something was refused without a name.
"""
import collections
import glob
import os
import re
import subprocess
import sys


class Nft:
    """nft_try, started again when libnftables gives up."""

    def __init__(self, program):
        self.program = program
        self.base = []
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)

    def ask(self, verb, text=""):
        data = text.encode()
        try:
            self.process.stdin.write(b"%s %d\n" % (verb.encode(), len(data)))
            self.process.stdin.write(data)
            self.process.stdin.flush()
            answer = self.process.stdout.readline().decode().strip()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.kill()
            self.process.wait()
            self.start()
            for command in self.base:
                self.ask("run", command)
            return "died"
        return answer

    def run(self, commands):
        return self.ask("run", commands + "\n") == "ok"

    def begin(self):
        self.base = []
        self.ask("run", "flush ruleset\n")

    def keep(self, commands):
        """A command that later ones build on."""
        if self.run(commands):
            self.base.append(commands + "\n")
            return True
        return False


class Tally:
    def __init__(self, what, known):
        self.what = what
        self.known = known
        self.found = self.kernel = self.engine = 0
        self.named = collections.Counter()
        self.unknown = collections.Counter()
        self.failed = []

    def take(self, nft, name):
        """The kernel has loaded it: does the engine?"""
        self.judge(name, nft.ask("load"))

    def judge(self, name, answer):
        self.kernel += 1
        if answer.startswith("ok"):
            self.engine += 1
            self.unknown.update(filter(None, answer[3:].split(", ")))
            return
        for word in self.known:
            if word in answer:
                self.named[word] += 1
                return
        self.failed.append("%s: %s" % (name, answer))

    def tell(self):
        named = ", ".join("%s %d" % pair for pair in sorted(self.named.items()))
        print("%s: %d found, %d loaded by the kernel, %d by the engine, "
              "%d refused by name%s, %d failed" % (
                  self.what, self.found, self.kernel, self.engine,
                  sum(self.named.values()), " (%s)" % named if named else "",
                  len(self.failed)))
        if self.unknown:
            print("  of them loaded, and unknown to every packet: " + ", ".join(
                "%s (%d)" % pair for pair in sorted(self.unknown.items())))
        for line in self.failed[:40]:
            print("FAIL " + line)


def devices(text):
    names = set(re.findall(
        r'(?:iif|oif|iifname|oifname|device|dev|devices = \{)\s+"?([A-Za-z][\w.-]*)"?',
        text))
    for group in re.findall(r'devices = \{([^}]*)\}', text):
        names.update(re.findall(r'[A-Za-z][\w.-]*', group))
    return {name for name in names if len(name) < 16} - {
        "lo", "type", "exists", "missing", "vmap"}


class Devices:
    def __init__(self):
        self.made = {"lo"}
        subprocess.run(["ip", "link", "set", "lo", "up"], check=False)

    def make(self, text):
        for name in sorted(devices(text) - self.made)[:12]:
            self.made.add(name)
            subprocess.run(["ip", "tuntap", "add", name, "mode", "tap"],
                           check=False, stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "link", "set", name, "up"],
                           check=False, stderr=subprocess.DEVNULL)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


# ---- tests/shell: whole rulesets ----

def quoted_rulesets(text):
    """Rulesets in variables and here documents of a script."""
    for quote in re.findall(r'=\s*"((?:[^"\\]|\\.)*)"', text):
        yield quote.replace('\\"', '"')
    for quote in re.findall(r"='([^']*)'", text):
        yield quote
    for _, body in re.findall(r"<<-?\s*['\"]?(\w+)['\"]?[^\n]*\n(.*?)\n\s*\1\s*$",
                              text, re.S | re.M):
        yield body


def is_ruleset(text):
    return re.search(r"\b(table|add|create|insert)\b", text) and "$" not in text


def commands(text):
    """The plain calls of nft in a script, one after the other."""
    for line in text.replace("\\\n", " ").splitlines():
        match = re.match(r"\s*(?:\"?\$NFT\"?|nft)\s+(.*)", line)
        if not match:
            continue
        words = re.split(r"\s*(?:\|\||&&|\s2?>|<<<|\|)\s*", match.group(1))[0]
        words = words.strip().strip(";").replace("\\;", ";")
        words = words.strip("'\"") if words[:1] in "'\"" else words
        words = words.replace('\\{', '{').replace('\\}', '}')
        if words.startswith("-") or "$" in words or "`" in words:
            continue
        yield words


def shell(nft, links, tree, known):
    files = Tally("rulesets in dumps of tests/shell", known)
    quotes = Tally("rulesets in scripts of tests/shell", known)
    calls = Tally("scripts of tests/shell, call by call", known)
    root = os.path.join(tree, "tests/shell/testcases")
    for path in sorted(glob.glob(root + "/**/*.nft", recursive=True)):
        files.found += 1
        text = read(path)
        links.make(text)
        nft.begin()
        if nft.run(text):
            files.take(nft, os.path.relpath(path, root))
    for path in sorted(glob.glob(root + "/*/*")):
        if not os.path.isfile(path) or path.endswith((".nft", ".nodump")):
            continue
        text = read(path)
        name = os.path.relpath(path, root)
        links.make(text)
        for ruleset in filter(is_ruleset, quoted_rulesets(text)):
            quotes.found += 1
            nft.begin()
            if nft.run(ruleset):
                quotes.take(nft, name)
        lines = list(commands(text))
        if not lines:
            continue
        calls.found += 1
        nft.begin()
        if any([nft.run(line) for line in lines]):
            calls.take(nft, name)
    return [files, quotes, calls]


# ---- tests/py: rules, a line each ----

def set_of(line):
    words = line.split(" ")
    kind = words[2]
    i = 3
    while len(words) > i + 1 and words[i] == ".":
        kind += " . " + words[i + 1]
        i += 2
    more = ""
    while len(words) > i + 1:
        more += " %s %s;" % (words[i], words[i + 1])
        i += 2
    return "set", words[0], "{ type %s;%s }" % (kind, more)


def object_of(line):
    words = line.split(" ")
    kind, rest = words[2], words[3:]
    if kind == "ct":
        kind, rest = "ct " + rest[0], rest[1:]
    return kind, words[0], " ".join(rest)


class File:
    """One .t file: chains, tables, sets, objects, and rules."""

    def __init__(self, nft, tally, name):
        self.nft, self.tally, self.name = nft, tally, name
        self.chains, self.tables = {}, []
        nft.begin()

    def everywhere(self, pattern):
        for table, _ in self.tables:
            self.nft.keep(pattern % table)

    def table(self, line):
        family, name, chains = line.split(";")[:3]
        table = "%s %s" % (family, name)
        if not self.nft.keep("add table " + table):
            return
        there = []
        for chain in chains.split(","):
            config = self.chains.get(chain, "")
            if self.nft.keep("add chain %s %s { %s; }" % (table, chain, config)
                             if config else
                             "add chain %s %s" % (table, chain)):
                there.append(chain)
        self.tables.append((table, there))

    def rule(self, line, number):
        text = line.split(";")[0].lstrip("- ").strip()
        answer = None
        self.tally.found += 1
        for table, chains in self.tables:
            for chain in chains:
                place = "%s %s" % (table, chain)
                if not self.nft.run("add rule %s %s" % (place, text)):
                    continue
                if not answer or answer.startswith("ok"):
                    answer = self.nft.ask("load")
                self.nft.run("flush chain " + place)
        if answer:
            self.tally.judge("%s:%d: %s" % (self.name, number, text), answer)

    def line(self, line, number):
        head, rest = line[0], line[1:].split(";")[0]
        if head == ":":
            name, config = line[1:].split(";", 1)
            self.chains[name] = config
        elif head == "*":
            self.table(line[1:])
        elif head == "!":
            kind, name, spec = set_of(rest)
            self.everywhere("add %s %%s %s %s" % (kind, name, spec))
        elif head == "?":
            name, elements = rest.split(" ", 1)
            self.everywhere("add element %%s %s { %s }" % (name, elements))
        elif head == "%":
            kind, name, spec = object_of(rest)
            self.everywhere("add %s %%s %s %s" % (kind, name, spec))
        elif head != "#":
            self.rule(line, number)


def python(nft, links, tree, known):
    tally = Tally("lines of tests/py", known)
    root = os.path.join(tree, "tests/py")
    for path in sorted(glob.glob(root + "/*/*.t")):
        text = read(path)
        links.make(text)
        file = File(nft, tally, os.path.relpath(path, root))
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                file.line(line.strip(), number)
    return [tally]


def names_of(path):
    return [line for line in read(path).split("\n")
            if line and not line.startswith("#")]


def main():
    program, tree, names = sys.argv[1:]
    known = names_of(names)
    nft = Nft(program)
    links = Devices()
    tallies = shell(nft, links, tree, known) + python(nft, links, tree, known)
    for tally in tallies:
        tally.tell()
    return 1 if any(tally.failed for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
