#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Probes that a machine refuses, and what a capture has of its answers.

answers.py probe FILE        send what FILE says: "udp ADDR PORT [LEN] [ttl N]"
                             or "tcp ADDR PORT", one a line
answers.py read CAPTURE      its ICMP errors and TCP resets, one a line, as
                             "proto saddr daddr type code len" or
                             "tcp saddr daddr sport dport flags ack len"
"""
import ipaddress
import socket
import struct
import sys

IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PROBE = 10, 23, 3


def send(words):
    kind, address, port = words[0], words[1], int(words[2])
    is6 = ":" in address
    family = socket.AF_INET6 if is6 else socket.AF_INET
    if kind == "tcp":
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        # the refusal may be here already
        sock.connect_ex((address, port))
        return sock
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if is6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PROBE)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PROBE)
    if "ttl" in words:
        ttl = int(words[words.index("ttl") + 1])
        if is6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    length = int(words[3]) if len(words) > 3 and words[3] != "ttl" else 1
    sock.sendto(bytes(length), (address, port))
    return sock


def probe(path):
    with open(path, encoding="ascii") as file:
        socks = [send(line.split()) for line in file if line.strip()]
    for sock in socks:
        sock.close()


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def line_of(frame):
    ethertype = struct.unpack_from(">H", frame, 12)[0]
    ip = frame[14:]
    if ethertype == 0x800:
        head, proto = (ip[0] & 15) * 4, ip[9]
        length = struct.unpack_from(">H", ip, 2)[0]
        ends = ip[12:16], ip[16:20]
    elif ethertype == 0x86dd:
        head, proto = 40, ip[6]
        length = 40 + struct.unpack_from(">H", ip, 4)[0]
        ends = ip[8:24], ip[24:40]
    else:
        return None
    ends = " ".join(str(ipaddress.ip_address(end)) for end in ends)
    th = ip[head:]
    if proto == 6 and th[13] & 4:
        sport, dport, _, ack = struct.unpack_from(">HHII", th)
        flags = "R." if th[13] & 16 else "R"
        return f"tcp {ends} {sport} {dport} {flags} {ack} {length}"
    is_error = (proto == 1 and th[0] in (3, 11)) or (proto == 58 and th[0] < 128)
    if not is_error:
        return None
    return f"{'icmp' if proto == 1 else 'icmp6'} {ends} {th[0]} {th[1]} {length}"


def main():
    if sys.argv[1] == "probe":
        probe(sys.argv[2])
        return
    for frame in frames(sys.argv[2]):
        line = line_of(frame)
        if line:
            print(line)


main()
