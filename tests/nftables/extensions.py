#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""iptables' own tests of its extensions as input: rules that iptables-nft puts
into this kernel, the engine must load.

extensions.py NFT_TRY TREE KNOWN: TREE is an unpacked iptables source tree, KNOWN
a file of names that the engine may refuse. Runs in a network namespace of its
own. Last lines: counts; exit status 1 when something was refused without a name.
"""
import glob
import os
import shlex
import subprocess
import sys

from load import Devices, Nft, Tally, names_of, read

# Who reads the tests of which file.
TOOLS = (("libipt_", ["iptables-nft"]), ("libip6t_", ["ip6tables-nft"]),
         ("libxt_", ["iptables-nft", "ip6tables-nft"]),
         ("libarpt_", ["arptables-nft"]), ("libebt_", ["ebtables-nft"]))


def tools(name):
    for prefix, programs in TOOLS:
        if name.startswith(prefix):
            return programs
    return ["iptables-nft", "ip6tables-nft"]


def load_rule(tool, table, chain, text):
    """Whether the real tool, and with it the kernel, takes the rule."""
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    where = [] if tool == "arptables-nft" else ["-t", table]
    return subprocess.run([tool] + where + ["-A", chain] + words, check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=30).returncode == 0


def rule(nft, tally, place, line):
    """One line of a test file: in every chain, with every tool."""
    name, table, chains = place
    text = line.split(";")[0]
    answer = None
    tally.found += 1
    for tool in tools(name):
        for chain in chains:
            if not load_rule(tool, table, chain, text):
                continue
            if not answer or answer.startswith("ok"):
                answer = nft.ask("load")
            nft.begin()
    if answer:
        tally.judge("%s: %s" % (name, text), answer)


def main():
    program, tree, names = sys.argv[1:]
    nft = Nft(program)
    links = Devices()
    tally = Tally("rules of iptables' extensions", names_of(names))
    for path in sorted(glob.glob(os.path.join(tree, "extensions/*.t"))):
        text = read(path)
        links.make(text)
        table, chains = "filter", []
        for line in text.splitlines():
            if line.startswith("*"):
                table = line[1:].strip()
            elif line.startswith(":"):
                chains = line[1:].strip().split(",")
            elif line.strip() and line[0] not in "#@%":
                rule(nft, tally, (os.path.basename(path), table, chains), line)
    tally.tell()
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
