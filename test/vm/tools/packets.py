# SPDX-License-Identifier: GPL-2.0-only
"""IP packets made by hand.

SOURCE DESTINATION tcp|udp|icmp|PROTOCOL-NUMBER [options, see Arguments]
"""
import _socket as socket  # the module socket takes long to load
import os
import struct

TCP_FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32}
IP_OPTIONS = {
    "rr": bytes([7, 39, 4]) + bytes(36) + b"\0",
    "timestamp": bytes([68, 12, 5, 0]) + bytes(8),
    "nop": b"\1\1\1\0",
}
ICMP_ECHO = {4: (8, 0), 6: (128, 129)}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pack(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def pseudo(src, dst, proto, length):
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, proto, length)
    return src + dst + struct.pack("!II", length, proto)


def transport(args, src, dst):
    """(protocol number, transport header and payload)"""
    payload = os.urandom(args.payload) if args.text is None else args.text.encode().decode("unicode_escape").encode()
    version = 4 if len(src) == 4 else 6
    if args.proto == "tcp":
        flags = sum(TCP_FLAGS[c] for c in args.flags)
        options = bytes.fromhex(args.tcp or "")
        words = 5 + len(options) // 4
        data = struct.pack("!HHIIBBHHH", args.sport, args.dport, args.seq, args.ack, words << 4, flags, 8192, 0, 0)
        data += options + payload
        total = checksum(pseudo(src, dst, 6, len(data)) + data)
        return 6, data[:16] + struct.pack("!H", total) + data[18:]
    if args.proto == "udp":
        data = struct.pack("!HHHH", args.sport, args.dport, 8 + len(payload), 0) + payload
        total = 0 if args.no_checksum else checksum(pseudo(src, dst, 17, len(data)) + data) or 0xFFFF
        return 17, data[:6] + struct.pack("!H", total) + data[8:]
    if args.proto == "icmp":
        kind = ICMP_ECHO[version][0] if args.type is None else args.type
        rest = struct.pack("!HH", args.sport, 1) if args.type is None else struct.pack("!I", args.mtu)
        number = 1 if version == 4 else 58
        if args.quote:
            payload = quoted(args.quote)
        data = struct.pack("!BBH", kind, args.code, 0) + rest + payload
        total = checksum((b"" if version == 4 else pseudo(src, dst, 58, len(data))) + data)
        return number, data[:2] + struct.pack("!H", total) + data[4:]
    return int(args.proto), payload


def quoted(text):
    """SOURCE,DESTINATION,tcp|udp|icmp,SPORT,DPORT: the start of a packet that an error is about."""
    source, destination, proto, sport, dport = text.split(",")
    inner = Arguments([source, destination, proto, "--sport", sport, "--dport", dport, "--payload", "24"])
    return network(inner)[: 28 if ":" not in source else 88]


def network(args):
    src, dst = pack(args.source), pack(args.destination)
    number, data = transport(args, src, dst)
    if args.cut is not None:
        data = data[: args.cut]
    if len(src) == 4:
        options = IP_OPTIONS[args.option] if args.option else b""
        header = struct.pack(
            "!BBHHHBBH",
            0x45 + len(options) // 4, 0, 20 + len(options) + len(data), args.id,
            args.fragment, args.ttl, number, 0,
        )
        header += src + dst + options
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + data
    extension = b""
    if args.option:
        # A destination options header with padding only.
        extension, number = struct.pack("!BB", number, 0) + b"\1\4\0\0\0\0", 60
    return struct.pack("!IHBB", 6 << 28, len(extension) + len(data), number, args.ttl) + src + dst + extension + data


class Arguments:
    """SOURCE DESTINATION PROTOCOL, then options; every option but --no-checksum has a value."""

    NUMBERS = {
        "sport": 1000, "dport": 7, "seq": 1, "ack": 0, "ttl": 64, "payload": 8, "id": 0,
        "fragment": 0, "code": 0, "mtu": 0, "count": 1, "type": None, "cut": None,
    }
    TEXTS = {"flags": "S", "option": None, "quote": None, "tcp": None, "text": None}

    def __init__(self, words):
        self.source, self.destination, self.proto = words[:3]
        self.no_checksum = False
        for name, value in {**self.NUMBERS, **self.TEXTS}.items():
            setattr(self, name, value)
        rest = iter(words[3:])
        for word in rest:
            name = word[2:]
            if word == "--no-checksum":
                self.no_checksum = True
            elif name in self.NUMBERS:
                setattr(self, name, int(next(rest)))
            elif name in self.TEXTS:
                setattr(self, name, next(rest))
            else:
                raise SystemExit(f'raw.py: unknown option "{word}"')


def main(words):
    args = Arguments(words)
    packet = network(args)
    family = socket.AF_INET6 if ":" in args.source else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for _ in range(args.count):
        sock.sendto(packet, (args.destination, 0))
