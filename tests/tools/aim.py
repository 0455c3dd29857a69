#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Traffic aimed at the rules of a ruleset, for the live tests.

aim.py interfaces FILE...          names of the interfaces that rules name
aim.py shoot RSPACE COUNT          runs in the namespace at the other ends of
                                   the router's interfaces (same names), reads
                                   the router's rules and sends COUNT packets
                                   made so that these match them

Every rule is read for addresses, protocol, ports and interfaces, and so are
the rules that jump to its chain. Whatever comes out of the router is answered,
so that connections become established and packets go both ways. The router
sends too: UDP, TCP and pings to the same targets. The last packet comes from
source port 65535. Prints how many packets were sent.
"""
import ctypes
import ipaddress
import json
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys

ETH_IP, ETH_IP6, ETH_ALL = 0x0800, 0x86DD, 3
PROTOCOLS = {'tcp': 6, 'udp': 17, 'icmp': 1, 'icmpv6': 58, 'ipv6-icmp': 58,
             'esp': 50, 'ah': 51, 'gre': 47, 'igmp': 2, 'sctp': 132}
PORTS = [22, 25, 53, 67, 80, 123, 137, 443, 546, 1234, 5353, 8080, 40000]
SYN, ACK, RST, PSH = 2, 16, 4, 8
IFNAME = re.compile(r'^[\w.@-]{1,15}$')
NOT_NAMES = ['lo', 'iif', 'oif', 'missing', 'vmap', 'any']


# ---- what rules want ----

def interfaces(text):
    """Names after -i, -o, iifname and so on; wildcards become a number."""
    names = re.findall(r'^-A.*?\s(?:-i|-o|--in-interface|--out-interface) '
                       r'(\S+)', text, re.M)
    names += re.findall(r'^-A.*?\s-o (\S+)', text, re.M) # -i and -o
    for run in re.findall(r'\b[io]if(?:name)? (?:!= |== )?'
                          r'(\{[^}]*\}|"[^"]*"|\w[\w.]*)', text):
        names += re.findall(r'"([^"]*)"', run) or [run]
    for body in re.findall(r'type ifname\b.*?elements = \{(.*?)\}', text, re.S):
        names += re.findall(r'"([^"]*)"', body)
    seen = []
    for name in names:
        name = re.sub(r'[+*]$', '0', name)
        if IFNAME.match(name) and name not in NOT_NAMES + seen:
            seen.append(name)
    return seen


def first(value):
    """One value of a set, a map or a list."""
    return value.strip('{} ').split(',')[0].split(' : ')[0].strip(' "')


def first_address(value):
    try:
        net = ipaddress.ip_network(first(value).split('-')[0], strict=False)
    except ValueError:
        return None
    if net.num_addresses > 2:
        return net.network_address + 1 + random.randrange(
            min(net.num_addresses - 2, 200))
    return net.network_address


def set_field(want, key, value):
    """key: saddr daddr proto sport dport iif oif"""
    if key in ('saddr', 'daddr'):
        value = first_address(value)
    elif key in ('sport', 'dport'):
        number = re.match(r'\d+', first(value))
        value = int(number.group()) if number else None
    elif key == 'proto':
        value = first(value)
        value = int(value) if value.isdigit() else PROTOCOLS.get(value)
    else:
        value = re.sub(r'[+*]$', '0', first(value))
    if value is not None:
        want[key] = value


NFT_FIELDS = [('saddr', r'\bip6? saddr ({0})'), ('daddr', r'\bip6? daddr ({0})'),
              ('sport', r'\b(?:tcp|udp|th) sport ({0})'),
              ('dport', r'\b(?:tcp|udp|th) dport ({0})'),
              ('iif', r'\biif(?:name)? ({0})'), ('oif', r'\boif(?:name)? ({0})'),
              ('proto', r'\bmeta l4proto ({0})'), ('proto', r'\b(tcp|udp) [sd]port'),
              ('proto', r'\b(icmp|icmpv6) (?:type|code)'),
              ('proto', r'\bip protocol ({0})')]
NFT_FIELDS = [(key, re.compile(pattern.format(r'\{[^}]*\}|"[^"]*"|[^!\s{]\S*')))
              for key, pattern in NFT_FIELDS]
IPT_FIELDS = [('saddr', '-s'), ('daddr', '-d'), ('proto', '-p'), ('iif', '-i'),
              ('oif', '-o'), ('sport', '--sport'), ('dport', '--dport'),
              ('sport', '--sports'), ('dport', '--dports')]
IPT_FIELDS = [(key, re.compile(r'(?<!! )(?<!\S)' + option + r' (\S+)'))
              for key, option in IPT_FIELDS]
KEYS = {'ip saddr': 'saddr', 'ip daddr': 'daddr', 'ip6 saddr': 'saddr',
        'ip6 daddr': 'daddr', 'meta l4proto': 'proto', 'th dport': 'dport',
        'tcp dport': 'dport', 'udp dport': 'dport', 'th sport': 'sport',
        'iifname': 'iif', 'oifname': 'oif', 'iif': 'iif', 'oif': 'oif'}
KEY = '(?:' + '|'.join(sorted(KEYS, key=len, reverse=True)) + ')'
VMAP_KEYS = re.compile(KEY + r'(?: \. ' + KEY + ')*$')


def wants_of(line, fields):
    want = {}
    for key, pattern in fields:
        hit = pattern.search(line)
        if hit:
            set_field(want, key, hit.group(1))
    return want


class Rules:
    """rules: (chain, want); into: chain -> [(chain from, want)];
    hooks: base chain -> hook. A chain is (family, table, name)."""

    def __init__(self):
        self.rules, self.into, self.hooks = [], {}, {}

    def add(self, chain, want, targets):
        self.rules.append((chain, want))
        for target in targets:
            self.into.setdefault(chain[:2] + (target,), []).append((chain, want))

    def read_nft(self, text):
        chain = table = None
        maps = {}
        for found in re.finditer(r'\tmap (\S+) \{(.*?)\n\t\}', text, re.S):
            maps[found.group(1)] = re.findall(
                r'([^{},\n]+?) : (?:jump|goto) ([^\s,}]+)', found.group(2))
        for line in text.splitlines():
            words = line.split()
            if line.startswith('table '):
                table = (words[1], words[2])
            elif line.startswith('\tchain '):
                chain = table + (words[1],)
            elif line.startswith('\t}'):
                chain = None
            elif chain and words and words[0] == 'type':
                self.hooks[chain] = words[3]
            elif chain and words and not words[-1].startswith('policy'):
                self.read_nft_rule(chain, line, maps)

    def read_nft_rule(self, chain, line, maps):
        want = wants_of(line, NFT_FIELDS)
        if chain[0] in ('ip', 'ip6'):
            want['family'] = chain[0]
        if re.search(r'\bip6 |nfproto ipv6|icmpv6', line):
            want['family'] = 'ip6'
        targets = re.findall(r'(?:jump|goto) ([^\s,}]+)', line)
        self.add(chain, want, targets if 'vmap' not in line else [])
        before, found, behind = line.partition(' vmap ')
        if not found:
            return
        hit = VMAP_KEYS.search(before)
        keys = hit.group().split(' . ') if hit else []
        pairs = maps.get(behind.split()[0].lstrip('@')) or re.findall(
            r'([^{},]+?) : (?:jump|goto) ([^\s,}]+)', behind)
        for values, target in pairs:
            more = dict(want)
            for key, value in zip(keys, values.strip().split(' . ')):
                set_field(more, KEYS[key], value)
            self.rules.append((chain, more))
            self.into.setdefault(chain[:2] + (target,), []).append((chain, more))

    def read_iptables(self, text, family):
        table = None
        for line in text.splitlines():
            if line.startswith('*'):
                table = (family, line[1:])
                for name in ('PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT',
                             'POSTROUTING'):
                    self.hooks[table + (name,)] = name.lower()
            elif line.startswith('-A '):
                want = wants_of(line, IPT_FIELDS)
                want['family'] = family
                target = re.findall(r' -[jg] (\S+)', line)
                self.add(table + (line.split()[1],), want, target)

    def full_want(self, chain, want):
        """A rule's want with those of the jumps that lead to it."""
        want = dict(want)
        for _ in range(8):
            if chain in self.hooks:
                want['hook'] = self.hooks[chain]
                return want
            ways = self.into.get(chain)
            if not ways:
                return want
            chain, more = random.choice(ways)
            want = {**more, **want}
        return want


# ---- packets ----

def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def transport(shot, pseudo):
    proto = shot['proto']
    ports = struct.pack('!HH', shot['sport'], shot['dport'])
    if proto == 6:
        flags = shot.get('flags', SYN)
        head = ports + struct.pack('!IIBBHHH', shot.get('seq', 1000),
                                   shot.get('ack', 0), 5 << 4, flags, 65000, 0, 0)
        at = 16
    elif proto == 17:
        head = ports + struct.pack('!HH', 16, 0) + b'skalds!\0'
        at = 6
    elif proto in (1, 58):
        kind = shot.get('type', 8 if proto == 1 else 128)
        head = struct.pack('!BBHHH', kind, 0, 0, shot['sport'], 1) + b'skalds!\0'
        at = 2
    else:
        return struct.pack('!IIII', 7, 1, 2, 3)
    total = checksum((b'' if proto == 1 else
                      pseudo + struct.pack('!II', len(head), proto)) + head)
    return head[:at] + struct.pack('!H', total) + head[at + 2:]


def packet(shot, number):
    source, target = shot['saddr'], shot['daddr']
    body = transport(shot, source.packed + target.packed)
    if source.version == 6:
        return struct.pack('!IHBB', 6 << 28, len(body), shot['proto'],
                           64) + source.packed + target.packed + body
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(body), number & 0xffff,
                       0, 64, shot['proto'], 0) + source.packed + target.packed
    total = checksum(head)
    return head[:10] + struct.pack('!H', total) + head[12:] + body


def parse(frame):
    """What came, as a shot; None: nothing to answer."""
    kind = struct.unpack('!H', frame[12:14])[0]
    data = frame[14:]
    if kind == ETH_IP and len(data) >= 28:
        size, proto = (data[0] & 15) * 4, data[9]
        source, target = data[12:16], data[16:20]
    elif kind == ETH_IP6 and len(data) >= 48:
        size, proto = 40, data[6]
        source, target = data[8:24], data[24:40]
    else:
        return None
    body = data[size:]
    shot = {'saddr': ipaddress.ip_address(source),
            'daddr': ipaddress.ip_address(target), 'proto': proto}
    if shot['daddr'].is_multicast or len(body) < 8:
        return None
    shot['sport'], shot['dport'] = struct.unpack('!HH', body[:4])
    if proto == 6 and len(body) >= 20:
        shot['seq'], shot['ack'] = struct.unpack('!II', body[4:12])
        shot['flags'] = body[13]
    elif proto in (1, 58):
        shot['type'] = body[0]
        shot['sport'] = struct.unpack('!H', body[4:6])[0]
    elif proto != 17:
        return None
    return shot


def answer(shot):
    """The other side's reply to a shot, or None."""
    reply = {'saddr': shot['daddr'], 'daddr': shot['saddr'],
             'proto': shot['proto'], 'sport': shot['dport'],
             'dport': shot['sport']}
    if shot['proto'] == 6:
        if shot['flags'] & RST:
            return None
        if shot['flags'] & SYN and not shot['flags'] & ACK:
            return {**reply, 'flags': SYN | ACK, 'seq': 5000,
                    'ack': shot['seq'] + 1 & 0xffffffff}
        if shot['flags'] & SYN:
            return {**reply, 'flags': ACK, 'seq': shot['ack'],
                    'ack': shot['seq'] + 1 & 0xffffffff}
        return None
    if shot['proto'] in (1, 58):
        kinds = {8: 0, 128: 129}
        if shot['type'] not in kinds or (shot['proto'] == 1) != (shot['type'] == 8):
            return None
        return {**reply, 'type': kinds[shot['type']], 'sport': shot['sport']}
    # An answer to an answer would never end: low ports answer high ones.
    return reply if shot['dport'] < shot['sport'] else None


# ---- the range ----

def run(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=False).stdout


class Range:
    """The world around the router."""

    def __init__(self, space):
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(ETH_ALL))
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.sent = 0
        # From here on in the router's namespace; the wire stays outside.
        with open(f'/run/netns/{space}', 'rb') as handle:
            if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), 0):
                sys.exit(f'setns {space}: {os.strerror(ctypes.get_errno())}')
        self.macs, self.own = {}, {'ip': [], 'ip6': []}
        self.nets = {}
        for link in json.loads(run('ip', '-j', 'addr')):
            if link['ifname'] == 'lo':
                continue
            self.macs[link['ifname']] = bytes.fromhex(
                link['address'].replace(':', ''))
            for addr in link['addr_info']:
                family = 'ip' if addr['family'] == 'inet' else 'ip6'
                own = ipaddress.ip_interface(
                    f"{addr['local']}/{addr['prefixlen']}")
                if not own.ip.is_link_local:
                    self.own[family].append(own.ip)
                    self.nets.setdefault((link['ifname'], family), own)

    def send(self, device, shot):
        self.sent += 1
        kind = ETH_IP if shot['saddr'].version == 4 else ETH_IP6
        frame = self.macs[device] + b'\2\0\0\0\0\1' + struct.pack('!H', kind)
        self.wire.sendto(frame + packet(shot, self.sent), (device, 0))

    def answer_all(self, patience=0.0):
        while select.select([self.wire], [], [], patience)[0]:
            frame, where = self.wire.recvfrom(65536)
            if where[2] == socket.PACKET_OUTGOING or where[0] not in self.macs:
                continue
            shot = parse(frame)
            reply = shot and answer(shot)
            if reply:
                self.send(where[0], reply)

    def neighbour(self, device, family):
        own = self.nets.get((device, family))
        return own and own.ip + 1

    def complete(self, want, number):
        """Fill in what the rule leaves open. Return: device and shot"""
        devices = list(self.macs)
        family = want.get('family') or random.choice(['ip', 'ip', 'ip6'])
        for key in ('saddr', 'daddr'):
            if key in want:
                family = 'ip' if want[key].version == 4 else 'ip6'
        device = want.get('iif')
        if device not in self.macs:
            device = random.choice(devices)
        proto = want.get('proto') or random.choice([6, 6, 17, 17,
                                                    1 if family == 'ip' else 58])
        if (proto, family) in ((1, 'ip6'), (58, 'ip')):
            proto = 58 if proto == 1 else 1
        local = want.get('hook') == 'input' or \
            want.get('hook') == 'prerouting' and number % 2
        out = want.get('oif') if want.get('oif') in self.macs else 'out'
        target = random.choice(self.own[family]) if local else \
            self.neighbour(out, family)
        shot = {'saddr': want.get('saddr') or self.neighbour(device, family),
                'daddr': want.get('daddr') or target, 'proto': proto,
                'sport': want.get('sport') or 20000 + number % 40000,
                'dport': want.get('dport') or random.choice(PORTS)}
        return device, shot

    def speak(self, shot):
        """The router itself sends, by the sockets everybody uses."""
        family = socket.AF_INET if shot['daddr'].version == 4 else \
            socket.AF_INET6
        kind = socket.SOCK_STREAM if shot['proto'] == 6 else socket.SOCK_DGRAM
        speaker = socket.socket(family, kind)
        speaker.setblocking(False)
        target = (str(shot['daddr']), shot['dport'])
        try:
            if kind == socket.SOCK_STREAM:
                # Closed by RST: nothing is sent again later.
                speaker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack('ii', 1, 0))
                speaker.connect_ex(target)
            else:
                speaker.sendto(b'skalds!', target)
        except OSError:
            pass # refused by a rule, or no route: just what is looked for
        self.answer_all(0.002)
        speaker.close()


def shoot(space, count):
    random.seed(1) # the same packets every time
    field = Range(space)
    rules = Rules()
    listing = run('nft', '-s', 'list', 'ruleset')
    native = re.sub(r'(?ms)^# Warning: table .*?^\}\n|^table \S+ skald.*?^\}\n',
                    '', listing)
    rules.read_nft(native)
    if '# Warning' in listing:
        rules.read_iptables(run('iptables-nft-save'), 'ip')
        rules.read_iptables(run('ip6tables-nft-save'), 'ip6')
    chosen = rules.rules or [(('ip', '', ''), {})]
    if len(chosen) > count:
        chosen = random.sample(chosen, count)
    for number in range(count):
        chain, want = chosen[number % len(chosen)]
        want = rules.full_want(chain, want)
        device, shot = field.complete(want, number)
        if shot['saddr'].version != shot['daddr'].version:
            continue
        if want.get('hook') == 'output' or \
                want.get('hook') == 'postrouting' and number % 2:
            field.speak(shot)
        else:
            field.send(device, shot)
        field.answer_all(0.0005)
    for proto in (6, 17): # to itself
        for address in ('127.0.0.1', '::1'):
            field.speak({'daddr': ipaddress.ip_address(address),
                         'proto': proto, 'dport': random.choice(PORTS)})
    while True: # until the router has nothing more to say
        before = field.sent
        field.answer_all(0.05)
        if field.sent == before:
            break
    last = {'saddr': field.neighbour('in', 'ip'), 'proto': 17, 'sport': 65535,
            'daddr': field.neighbour('out', 'ip'), 'dport': 65534}
    field.send('in', last)
    print(field.sent)


if len(sys.argv) >= 3 and sys.argv[1] == 'interfaces':
    for path in sys.argv[2:]:
        with open(path, encoding='utf-8', errors='replace') as ruleset:
            print('\n'.join(interfaces(ruleset.read())))
elif len(sys.argv) == 4 and sys.argv[1] == 'shoot':
    shoot(sys.argv[2], int(sys.argv[3]))
else:
    sys.exit(__doc__)
