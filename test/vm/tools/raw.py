# SPDX-License-Identifier: GPL-2.0-only
"""Packets and netlink messages that ordinary programs do not send.

raw.py packet SOURCE DESTINATION tcp|udp|icmp|PROTOCOL [options]
raw.py info NAME
raw.py fuzz SEED COUNT
"""
import argparse
import os
import random
import socket
import struct
import sys

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
    payload = os.urandom(args.payload)
    version = 4 if len(src) == 4 else 6
    if args.proto == "tcp":
        flags = sum(TCP_FLAGS[c] for c in args.flags)
        data = struct.pack("!HHIIBBHHH", args.sport, args.dport, args.seq, args.ack, 5 << 4, flags, 8192, 0, 0)
        data += payload
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
    inner = parser().parse_args(
        ["packet", source, destination, proto, "--sport", sport, "--dport", dport, "--payload", "24"]
    )
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


def send_packet(args):
    packet = network(args)
    if ":" in args.source:
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            for _ in range(args.count):
                sock.sendto(packet, (args.destination, 0))
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            for _ in range(args.count):
                sock.sendto(packet, (args.destination, 0))


# ---- netlink ----

NLM_REQUEST, NLM_ACK, NLM_DUMP = 1, 4, 0x300
COMMANDS = {"info-get": 1, "rule-new": 2, "rule-set": 3, "rule-del": 4, "rule-get": 5, "flow-get": 6, "ext-stats-get": 7}
INFO = ["", "abi", "features", "flows", "flows-total", "flows-max", "buckets", "version"]


def attribute(kind, value, nested=False):
    return struct.pack("=HH", 4 + len(value), kind | (0x8000 if nested else 0)) + value + b"\0" * (-len(value) % 4)


def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            return
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


class Generic:
    """A generic netlink family."""

    def __init__(self, name):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.settimeout(10)
        self.sock.bind((0, 0))
        reply = self.request(16, 3, attribute(2, name.encode() + b"\0"))
        self.family = next(struct.unpack("=H", value)[0] for kind, value in attributes(reply[20:]) if kind == 1)

    def send(self, family, command, payload, flags=NLM_REQUEST | NLM_ACK):
        body = struct.pack("=BBH", command, 1, 0) + payload
        self.sock.send(struct.pack("=IHHII", 16 + len(body), family, flags, 1, 0) + body)

    def request(self, family, command, payload):
        self.send(family, command, payload, NLM_REQUEST)
        reply = self.sock.recv(65536)
        kind, = struct.unpack_from("=H", reply, 4)
        if kind == 2:
            error, = struct.unpack_from("=i", reply, 16)
            raise OSError(-error, os.strerror(-error))
        return reply


def info(args):
    fnat = Generic("IPVS_FNAT")
    reply = fnat.request(fnat.family, COMMANDS["info-get"], b"")
    for kind, value in attributes(reply[20:]):
        if kind == 5:
            for number, field in attributes(value):
                if INFO[number] == args.name:
                    print(value_text(field))
                    return
    sys.exit(f"no {args.name}")


def value_text(field):
    return struct.unpack("=I", field)[0] if len(field) == 4 else field.rstrip(b"\0").decode()


def good_rule(rng):
    """A request as it should be, to be damaged."""
    wide = rng.random() < 0.5
    size = 16 if wide else 4
    service = attribute(1, struct.pack("=H", 10 if wide else 2)) + attribute(2, struct.pack("=I", 1))
    rule = b"".join(
        [
            attribute(1, rng.randbytes(size)), attribute(2, bytes([rng.randrange(size * 8 + 1)])),
            attribute(3, rng.randbytes(size)), attribute(4, bytes([rng.randrange(size * 8 + 1)])),
            attribute(5, rng.randbytes(size)), attribute(6, b"eth1\0"),
            attribute(7, rng.randbytes(size)), attribute(8, rng.randbytes(size)),
            attribute(9, struct.pack("=I", rng.randrange(4))), attribute(10, rng.randbytes(size)),
        ]
    )
    return attribute(1, service, True) + attribute(2, rule, True)


def damage(rng, payload):
    data = bytearray(payload)
    for _ in range(rng.randrange(1, 6)):
        how = rng.randrange(6)
        if how == 0 and data:
            data[rng.randrange(len(data))] = rng.randrange(256)
        elif how == 1:
            del data[rng.randrange(len(data) + 1) :]
        elif how == 2 and len(data) >= 4:
            struct.pack_into("=H", data, rng.randrange(len(data) // 4) * 4, rng.choice([0, 1, 3, 4, 5, 0xFFFF, rng.randrange(200)]))
        elif how == 3:
            data += attribute(rng.randrange(16), rng.randbytes(rng.randrange(40)), rng.random() < 0.5)
        elif how == 4 and len(data) >= 8:
            at = rng.randrange(len(data) // 4) * 4
            del data[at : at + 4]
        elif len(data) < 400:
            data += bytes(data)
    return bytes(data)


def fuzz(args):
    """Damaged requests, each followed by a whole one that must be answered."""
    rng = random.Random(args.seed)
    fnat = Generic("IPVS_FNAT")
    ipvs = Generic("IPVS")
    refused = 0
    for _ in range(args.count):
        family, commands = rng.choice([(fnat.family, 9), (fnat.family, 9), (ipvs.family, 18)])
        flags = NLM_REQUEST | NLM_ACK | (NLM_DUMP if rng.random() < 0.2 else 0)
        fnat.send(family, rng.randrange(commands), damage(rng, good_rule(rng)), flags)
        refused += drain(fnat)
    fnat.request(fnat.family, COMMANDS["info-get"], b"")
    print(f"{args.count} sent, {refused} refused")


def drain(generic):
    """Read to the acknowledgement, the error or the end of the dump."""
    while True:
        reply = generic.sock.recv(1 << 20)
        while len(reply) >= 16:
            length, kind = struct.unpack_from("=IH", reply)
            if kind == 2:
                return struct.unpack_from("=i", reply, 16)[0] != 0
            if kind == 3:
                return struct.unpack_from("=i", reply, 16)[0] != 0 if length >= 20 else False
            reply = reply[(length + 3) & ~3 :]


def parser():
    top = argparse.ArgumentParser()
    commands = top.add_subparsers(required=True)
    packet = commands.add_parser("packet")
    packet.set_defaults(run=send_packet)
    for name in ("source", "destination", "proto"):
        packet.add_argument(name)
    for name, value in {"sport": 1000, "dport": 7, "seq": 1, "ack": 0, "ttl": 64, "payload": 8, "id": 0,
                        "fragment": 0, "code": 0, "mtu": 0, "count": 1}.items():
        packet.add_argument("--" + name, type=int, default=value)
    packet.add_argument("--type", type=int)
    packet.add_argument("--cut", type=int)
    packet.add_argument("--flags", default="S")
    packet.add_argument("--option", choices=IP_OPTIONS)
    packet.add_argument("--quote")
    packet.add_argument("--no-checksum", action="store_true")
    about = commands.add_parser("info")
    about.set_defaults(run=info)
    about.add_argument("name", choices=INFO[1:])
    noise = commands.add_parser("fuzz")
    noise.set_defaults(run=fuzz)
    noise.add_argument("seed", type=int)
    noise.add_argument("count", type=int)
    return top


if __name__ == "__main__":
    arguments = parser().parse_args()
    arguments.run(arguments)
