#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares stories with what nft and iptables-save say, for the live tests.

confirm.py snapshot                the rules of this namespace as JSON: text
                                   and counter, as the rulesets' own tools
                                   write them
confirm.py check BEFORE AFTER STORIES
                                   compare stories (JSON lines) with two
                                   snapshots; prints one line of figures,
                                   then what is wrong, a line each

A rule is known by family, table, chain and handle. Its text is what
"nft -sa list ruleset" writes, or iptables-save and ip6tables-save for the
tables of iptables-nft. Where a rule's counter stands behind all that could
fail, and the packets are IPv4 (IPv6 has neighbours that talk by themselves),
it must have counted as many packets as there are stories that met the rule.
"""
import collections
import json
import re
import subprocess
import sys

COUNTER = re.compile(r'counter packets (\d+) bytes \d+')
# What may follow a counter that counts every packet that met the rule.
SURE = re.compile(r'^( (accept|drop|return|jump|goto|reject|masquerade|dnat|snat'
                  r'|redirect)\b.*)?( comment ".*")?$')
KINDS = ('rule', 'return')


def run(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout


def nft_rules():
    """(family, table, chain) -> [(handle, text, counter)], in order"""
    rules = collections.OrderedDict()
    chain = table = None
    for line in run('nft', '-a', 'list', 'ruleset').splitlines():
        if line.startswith('table '):
            table = tuple(line.split()[1:3])
        elif line.startswith('\tchain '):
            chain = table + (line.split()[1],)
            rules[chain] = []
        elif line.startswith('\t}'):
            chain = None
        elif chain and line.startswith('\t\t') and ' # handle ' in line:
            text, handle = line.strip().rsplit(' # handle ', 1)
            hit = COUNTER.search(text)
            count = None
            if hit and SURE.match(text[hit.end():]):
                count = int(hit.group(1))
            rules[chain].append((int(handle), COUNTER.sub('counter', text),
                                 count))
    return rules


def iptables_rules(family):
    """(family, table, chain) -> [(text, counter)], in order"""
    rules = collections.defaultdict(list)
    table = None
    tool = 'iptables-nft-save' if family == 'ip' else 'ip6tables-nft-save'
    for line in run(tool, '-c').splitlines():
        if line.startswith('*'):
            table = line[1:]
        hit = re.match(r'\[(\d+):\d+\] (-A (\S+).*)', line)
        if hit:
            rules[family, table, hit.group(3)].append(
                (hit.group(2), int(hit.group(1))))
    return rules


def snapshot():
    """What both tools say; iptables' words where the table is iptables'."""
    theirs = {**iptables_rules('ip'), **iptables_rules('ip6')}
    out = []
    for chain, rules in nft_rules().items():
        if chain[1].startswith('skald'):
            continue
        words = theirs.get(chain)
        if words and len(words) != len(rules):
            sys.exit(f'{chain}: nft has {len(rules)} rules, iptables-save '
                     f'{len(words)}')
        for index, (handle, text, count) in enumerate(rules):
            if words:
                text, count = words[index]
            out.append([*chain, handle, text, count])
    return out


def check(before, after, stories):
    texts = {tuple(rule[:4]): rule[4] for rule in after}
    counts = {tuple(old[:4]): new[5] - old[5] for old, new in zip(before, after)
              if new[5] is not None and old[5] is not None}
    met = collections.Counter()
    wrong = collections.Counter()
    total = events = 0
    for line in stories:
        story = json.loads(line)
        total += 1
        if not story['complete']:
            wrong[f"story {story['id']} is not complete: {story['gaps']}"] += 1
        for event in story['events']:
            if event['kind'] not in KINDS or not event.get('handle'):
                continue
            rule = (event['family'], event['table'], event['chain'],
                    event['handle'])
            events += 1
            if story['packet']['family'] == 'ip':
                met[rule] += 1
            else:
                met[rule] += 0
                counts.pop(rule, None)
            if rule not in texts:
                wrong[f'{rule} is in no listing: {event.get("text")}'] += 1
            elif event.get('text') != texts[rule]:
                wrong[f'{rule} told: {event.get("text")!r} '
                      f'listed: {texts[rule]!r}'] += 1
    for rule, count in counts.items():
        if rule[0] == 'ip6':
            continue
        if met[rule] != count:
            wrong[f'{rule} was met {met[rule]} times, its counter says {count}: '
                  f'{texts[rule]}'] += 1
    counted = sum(1 for rule in counts if rule[0] != 'ip6' and met[rule])
    print(f'{len(texts)} rules, {total} stories, {events} rule events, '
          f'{sum(1 for rule in met if rule in texts)} rules met, '
          f'{counted} of them as often as their counters say')
    for what, times in wrong.most_common(20):
        print(f'wrong {times} times: {what}')
    return 1 if wrong else 0


if sys.argv[1:] == ['snapshot']:
    json.dump(snapshot(), sys.stdout)
elif len(sys.argv) == 5 and sys.argv[1] == 'check':
    with open(sys.argv[2]) as old, open(sys.argv[3]) as new, \
            open(sys.argv[4]) as told:
        sys.exit(check(json.load(old), json.load(new), told))
else:
    sys.exit(__doc__)
