#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Packets of many shapes, and two rulesets for them.

many_shapes.py SEED N DIR: writes DIR/many.pcap, N frames, each of a connection of
its own, for the router of tests/live/lib.sh, in by "in"; DIR/old.nft with some
three hundred rules, and DIR/new.nft, the same with some of them changed.
The same seed gives the same files.
"""
import random
import struct
import sys

PORTS = (22, 25, 53, 80, 123, 443, 993, 4000, 5060, 8080)
VERDICTS = ("accept", "accept", "drop", "reject", "jump u%d")
USER_CHAINS = 8


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport(chance, proto, sport, dport):
    """Header and data of a first packet."""
    data = bytes(chance.choice((0, 8, 60, 400)))
    if proto == 6:
        return struct.pack(">HHIIBBHHH", sport, dport, chance.getrandbits(32),
                           0, 0x50, 2, 64000, 0, 0)
    if proto == 17:
        return struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data
    if proto == 132:
        return struct.pack(">HHIIBBHIIHHI", sport, dport, 0, 0, 1, 0, 20,
                           sport + 1, 65535, 1, 1, 1)
    if proto in (1, 58):
        return struct.pack(">BBHHH", 8 if proto == 1 else 128, 0, 0, sport,
                           dport) + data
    return struct.pack(">II", sport << 16 | dport, 1) + data


def packet4(chance, number):
    proto = chance.choice((6, 6, 17, 17, 17, 1, 132, 50))
    target = chance.choice((bytes((10, 2, 0, chance.randrange(2, 40))),
                            bytes((10, 2, 0, 2)), bytes((10, 1, 0, 1)),
                            bytes((10, 99, 0, 1))))
    inner = transport(chance, proto, 1024 + number % 60000,
                      chance.choice(PORTS))
    head = struct.pack(">BBHHHBBH", 0x45, chance.choice((0, 0, 0x28, 0xb8)),
                       20 + len(inner), number & 0xffff, 0,
                       chance.choice((3, 32, 64, 128)), proto, 0)
    source = bytes((10, 1, 1 + number // 60000, chance.randrange(2, 60)))
    head += source + target
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return b"\x08\x00", head + inner


def packet6(chance, number):
    proto = chance.choice((6, 17, 17, 58))
    inner = transport(chance, proto, 1024 + number % 60000,
                      chance.choice(PORTS))
    net = bytes.fromhex("20010db80001") + bytes(8)
    source = net + struct.pack(">H", 0x100 + chance.randrange(50))
    target = bytes.fromhex("20010db80002") + bytes(8)
    target += struct.pack(">H", chance.randrange(2, 40))
    if number >= 60000:
        source = source[:8] + b"\1" + source[9:]
    return b"\x86\xdd", struct.pack(">IHBB", 6 << 28, len(inner), proto,
                                    64) + source + target + inner


def condition(chance):
    port = chance.choice(PORTS)
    host = chance.randrange(2, 60)
    return chance.choice((
        "udp dport %d" % port, "tcp dport %d" % port, "sctp dport %d" % port,
        "ip saddr 10.1.0.0/16 ip daddr 10.2.0.%d udp dport %d" % (
            chance.randrange(2, 40), port),
        "ip saddr 10.1.1.%d" % host, "ip saddr 10.1.2.%d" % host,
        "ip6 daddr 2001:db8:2::%x" % chance.randrange(2, 40),
        "ip6 saddr 2001:db8:1::%x udp dport %d" % (
            0x100 + chance.randrange(50), port),
        "ip dscp %d tcp dport %d" % (chance.choice((10, 46)), port),
        "ip ttl < 10 udp dport %d" % port, "udp length > 100 udp dport %d" % port,
        "icmp type echo-request ip daddr 10.2.0.%d" % chance.randrange(2, 40),
        "meta mark %d tcp dport %d" % (chance.randrange(1, 5), port),
        "meta l4proto esp ip daddr 10.2.0.%d" % chance.randrange(2, 40)))


def verdict(chance, depth):
    word = chance.choice(VERDICTS if depth else VERDICTS[:-1])
    return word % chance.randrange(USER_CHAINS) if "%" in word else word


def make_rules(chance):
    """Rules by chain: lists of [condition, statement]."""
    chains = {"pre": [], "marks": [], "forward": [], "input": [], "post": []}
    for port in PORTS[:6]:
        chains["pre"].append(["ip daddr 10.1.0.1 tcp dport %d" % port,
                              "dnat ip to 10.2.0.%d" % chance.randrange(2, 30)])
        chains["pre"].append(["ip daddr 10.1.0.1 udp dport %d" % port,
                              "dnat ip to 10.2.0.%d" % chance.randrange(2, 30)])
    for host in range(2, 40, 2):
        chains["marks"].append(["ip saddr 10.1.1.%d" % host, "meta mark set %d"
                                % chance.randrange(1, 5)])
    chains["forward"] = [[condition(chance), verdict(chance, True)]
                         for _ in range(140)]
    chains["input"] = [[condition(chance), verdict(chance, False)]
                       for _ in range(40)]
    for n in range(USER_CHAINS):
        chains["u%d" % n] = [[condition(chance), verdict(chance, False)]
                             for _ in range(10)]
    for port in PORTS[:4]:
        chains["post"].append(['oifname "out" udp dport %d' % port,
                               "snat ip to 10.2.0.%d" %
                               chance.randrange(200, 250)])
    return chains


def change(chance, chains):
    """Every tenth rule says something else."""
    for name, rules in chains.items():
        for rule in rules:
            if chance.randrange(10):
                continue
            if name == "pre":
                rule[1] = "dnat ip to 10.2.0.%d" % chance.randrange(30, 60)
            elif name == "post":
                rule[1] = "snat ip to 10.2.0.%d" % chance.randrange(150, 199)
            elif name == "marks":
                rule[1] = "meta mark set %d" % chance.randrange(5, 9)
            else:
                rule[1] = "drop" if rule[1] == "accept" else "accept"


HEADS = {
    "pre": "type nat hook prerouting priority dstnat;",
    "marks": "type filter hook prerouting priority mangle;",
    "forward": "type filter hook forward priority filter; policy drop;",
    "input": "type filter hook input priority filter; policy drop;",
    "post": "type nat hook postrouting priority srcnat;",
}


def write_rules(path, chains):
    with open(path, "w", encoding="ascii") as out:
        out.write("table inet fw {\n")
        for name, rules in sorted(chains.items(), reverse=True):
            out.write("chain %s {\n" % name)
            if name in HEADS:
                out.write(HEADS[name] + "\n")
            for words in rules:
                out.write(" ".join(words) + "\n")
            if name == "forward":
                out.write("tcp dport { 80, 443 } accept\nudp dport 53 accept\n"
                          "icmpv6 type echo-request accept\n")
            out.write("}\n")
        out.write("}\n")


def main():
    seed, n, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    chance = random.Random(seed)
    chains = make_rules(chance)
    write_rules(folder + "/old.nft", chains)
    change(chance, chains)
    write_rules(folder + "/new.nft", chains)
    with open(folder + "/many.pcap", "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for number in range(n):
            make = packet6 if chance.randrange(4) == 0 else packet4
            ethertype, packet = make(chance, number)
            frame = bytes.fromhex("020000000001020000000002") + ethertype
            frame += packet
            out.write(struct.pack("<IIII", 1700000000 + number // 1000,
                                  number % 1000 * 1000, len(frame), len(frame)))
            out.write(frame)


if __name__ == "__main__":
    main()
