#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""packets.py N: a capture of N UDP packets of 2000 flows through the router of
the benches, on standard output."""
import random
import struct
import sys


def checksum(header):
    total = sum(struct.unpack("!10H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packet(number, flow):
    host, sport, dport = flow
    header = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, number & 0xffff, 0,
                                   63, 17, 0, bytes((10, 1, 0, host)),
                                   bytes((10, 2, 0, 2))))
    header[10:12] = struct.pack("!H", checksum(bytes(header)))
    return bytes(header) + struct.pack("!HHHH", sport, dport, 20, 0) + b"x" * 12


def main():
    random.seed(7)
    flows = [(random.randrange(2, 250), random.randrange(1024, 65000),
              random.choice((53, 123, 4010, 4020))) for _ in range(2000)]
    out = sys.stdout.buffer
    # raw IP
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for number in range(int(sys.argv[1])):
        data = packet(number, random.choice(flows))
        us = number * 100
        out.write(struct.pack("<IIII", 1700000000 + us // 1000000, us % 1000000,
                              len(data), len(data)) + data)


if __name__ == "__main__":
    main()
