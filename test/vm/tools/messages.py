# SPDX-License-Identifier: GPL-2.0-only
"""Generic netlink messages, whole ones and damaged ones.

fuzz SEED COUNT   damaged requests to both families
"""
import os
import random
import socket
import struct
import sys

NLM_REQUEST, NLM_ACK, NLM_DUMP = 1, 4, 0x300
COMMANDS = {"info-get": 1, "rule-new": 2, "rule-set": 3, "rule-del": 4, "rule-get": 5, "flow-get": 6, "ext-stats-get": 7}


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
            attribute(12, rng.choice([b"eth1\0", b"eth9\0"])),
        ]
    )
    return attribute(1, service, True) + attribute(2, rule, True)


def good_zone(rng):
    """A request about a zone and its local addresses, to be damaged."""
    wide = rng.random() < 0.5
    size = 16 if wide else 4

    def zone(kind):
        # Few networks, so that some requests meet what others made.
        network = bytes([rng.randrange(1, 4)]) + bytes(size - 1)
        values = [struct.pack("=H", 10 if wide else 2), network, bytes([rng.choice([8, 8, 16])])]
        return attribute(kind, b"".join(attribute(i + 1, value) for i, value in enumerate(values)), True)

    first = bytes([rng.choice([0x20, 0x24])]) + bytes(size - 2) + bytes([rng.randrange(200)])
    last = first[:-1] + bytes([min(255, first[-1] + rng.randrange(20))])
    laddr = attribute(1, first) + (attribute(2, last) if rng.random() < 0.5 else b"")
    before = zone(7) if rng.random() < 0.3 else b""
    return zone(6) + before + attribute(8, laddr, True)


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


def fuzz(seed, count):
    """Damaged requests, some of them about zones whole, then one that must be answered."""
    rng = random.Random(seed)
    fnat = Generic("IPVS_FNAT")
    ipvs = Generic("IPVS")
    refused = 0
    for _ in range(count):
        family, commands = rng.choice([(fnat.family, 14), (fnat.family, 14), (ipvs.family, 18)])
        flags = NLM_REQUEST | NLM_ACK | (NLM_DUMP if rng.random() < 0.2 else 0)
        command = rng.randrange(commands)
        about_zones = family == fnat.family and command > COMMANDS["ext-stats-get"]
        payload = good_zone(rng) if about_zones else good_rule(rng)
        fnat.send(family, command, payload if about_zones and rng.random() < 0.3 else damage(rng, payload), flags)
        refused += drain(fnat) != 0
    fnat.request(fnat.family, COMMANDS["info-get"], b"")
    print(f"{count} sent, {refused} refused")


def drain(generic):
    """Read to the acknowledgement, the error or the end of the dump: its errno, or 0."""
    while True:
        reply = generic.sock.recv(1 << 20)
        while len(reply) >= 16:
            length, kind = struct.unpack_from("=IH", reply)
            if kind in (2, 3):
                return -struct.unpack_from("=i", reply, 16)[0] if length >= 20 else 0
            reply = reply[(length + 3) & ~3 :]


def main(words):
    fuzz(int(words[1]), int(words[2]))
