#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Scenarios of conntrack: ct_scenario.py FILE.talk 4|6 CAPTURE

Writes the scenario's packets to a capture and prints the letters that they
must have. A scenario has a packet a line:

    > FLAGS SEQ [ack N] [win N] [len N] [mss N] [sackok] [wscale N] [sack A B]
      = LETTER

> is the client, < the server; flags are tcpdump's (S S. . P. F. R R.), letters
N E R I U.
"""
import ipaddress
import struct
import sys

FLAGS = {'F': 1, 'S': 2, 'R': 4, 'P': 8, '.': 16, 'U': 32}
ADDRESSES = {4: ('192.0.2.1', '198.51.100.2'),
             6: ('2001:db8:1::1', '2001:db8:2::2')}
PORTS = (40000, 8080)


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def option(word, words):
    if word == 'mss':
        return struct.pack('>BBH', 2, 4, int(words.pop(0)))
    if word == 'sackok':
        return bytes((1, 1, 4, 2))
    if word == 'wscale':
        return bytes((1, 3, 3, int(words.pop(0))))
    if word == 'sack':
        return struct.pack('>BBBBII', 1, 1, 5, 10, int(words.pop(0)),
                           int(words.pop(0)))
    raise ValueError('unknown word: ' + word)


def segment(words, ports):
    flags = sum(FLAGS[flag] for flag in words.pop(0))
    fields = {'ack': 0, 'win': 0, 'len': 0}
    seq, options = int(words.pop(0)), b''
    while words:
        word = words.pop(0)
        if word in fields:
            fields[word] = int(words.pop(0))
        else:
            options += option(word, words)
    return struct.pack('>HHIIBBHHH', *ports, seq, fields['ack'],
                       (20 + len(options)) // 4 << 4, flags, fields['win'],
                       0, 0) + options + b'x' * fields['len']


def packet(family, source, target, tcp):
    source = ipaddress.ip_address(source).packed
    target = ipaddress.ip_address(target).packed
    pseudo = source + target + struct.pack('>II', len(tcp), 6)
    tcp = tcp[:16] + struct.pack('>H', checksum(pseudo + tcp)) + tcp[18:]
    if family == 6:
        return struct.pack('>IHBB', 6 << 28, len(tcp), 6, 64) + source + \
            target + tcp
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6,
                     0) + source + target
    return ip[:10] + struct.pack('>H', checksum(ip)) + ip[12:] + tcp


def frame(line, family):
    words, letter = line.split('=')
    words = words.split()
    way = 1 if words.pop(0) == '>' else -1
    tcp = segment(words, PORTS[::way])
    return packet(family, *ADDRESSES[family][::way], tcp), letter.strip()


def main(path, family, capture):
    letters = ''
    with open(path) as file, open(capture, 'wb') as out:
        # LINKTYPE_RAW
        out.write(struct.pack('=IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for i, line in enumerate(file):
            line = line.split('#')[0].strip()
            if not line:
                continue
            data, letter = frame(line, int(family))
            out.write(struct.pack('=IIII', 1700000000 + i, 0, len(data),
                                  len(data)) + data)
            letters += letter
    print(letters)


main(*sys.argv[1:])
