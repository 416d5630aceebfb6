# SPDX-License-Identifier: GPL-2.0-only
"""syncfuzz.py SEED COUNT: so many messages of flow synchronisation (docs/sync-protocol.md) as a
peer may send that does not mean well, each behind its length of two bytes, for
tools/badpeer: records of flows and connections of addresses and ports of all kinds, marks,
numbers asked for, numbers gone."""

import random
import socket
import struct
import sys

HEADER = struct.Struct("!IBBBBHHHHQQQQQQ")
MAGIC, VERSION, SYNCID = 0x464E5359, 1, 7
HELLO, BEAT, FLOWS, AGAIN, GONE, ASK, FLUSHED = range(1, 8)
CONTROL = 0xFFFF
STREAMS = 4
# Where this guest's rules and services are, so that some records are good.
LOCAL4 = ["1.1.2.%d" % i for i in range(98, 113)] + ["192.168.40.200"]
CLIENT4 = ["192.168.40.2", "192.168.50.2", "8.8.1.1", "10.0.0.1", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"]
REMOTE4 = ["8.8.1.1", "1.1.2.109", "192.168.40.2"]
LOCAL6 = ["2001:db8:2::%x" % i for i in range(0xFE, 0x113)] + ["2001:db8:40::200"]
CLIENT6 = ["2001:db8:40::2", "2001:db8:a1::1", "::", "::1", "ff02::1", "fe80::1", "::ffff:1.2.3.4"]
REMOTE6 = ["2001:db8:a1::1", "2001:db8:2::109", "2001:db8:40::2"]


class Messages:
    def __init__(self, seed):
        self.rng = random.Random(seed)

    def header(self, kind, body, records=0, stream=CONTROL):
        """Node, boot ids and number are for who sends it to fill in."""
        return HEADER.pack(MAGIC, VERSION, kind, SYNCID, 0, HEADER.size + len(body), records, HEADER.size, stream, 0, 0, 0, 0, 0, 0)

    # ---- bodies ----

    def address(self, wide, four, six):
        rng = self.rng
        if rng.random() < 0.1:
            return rng.randbytes(16 if wide else 4)
        return socket.inet_pton(socket.AF_INET6, rng.choice(six)) if wide else socket.inet_aton(rng.choice(four))

    def good_record(self):
        """Of what the case that sends it has: services of the virtual address, and a zone."""
        rng = self.rng
        port = rng.randrange(1, 65536)
        proto, state = rng.choice(((6, 1), (6, 4), (6, 7), (17, 0)))
        end = rng.random() < 0.1
        if rng.random() < 0.4:
            body = struct.pack("!BBHHHIII", 17, 0, port, 9, rng.randrange(1024, 65536), 0, 0, 0)
            body += b"".join(map(socket.inet_aton, ("192.168.50.2", "8.8.1.1", "1.1.2.98")))
            return struct.pack("!BBH", 1, 9, 2 | end) + body
        kind, family, addresses = rng.choice(
            (
                (3, socket.AF_INET, ("8.8.1.1", "1.1.2.109", "192.168.40.2", "192.168.40.200")),
                (4, socket.AF_INET6, ("2001:db8:a1::1", "2001:db8:2::109", "2001:db8:40::2", "2001:db8:40::200")),
            )
        )
        flags = rng.choice((0, 8, 16, 24)) if proto == 6 else 0
        body = struct.pack("!BBHHHHHI", proto, state, port, 70, 7, rng.randrange(1024, 65536), rng.getrandbits(12), 0)
        body += b"".join(socket.inet_pton(family, address) for address in addresses)
        body += rng.randbytes(4 * (flags & 8 > 0) + 8 * (flags & 16 > 0))
        return struct.pack("!BBH", kind, 1 + len(body) // 4, flags | end) + body

    def record(self):
        rng = self.rng
        if rng.random() < 0.3:
            return self.good_record()
        kind = rng.choice((1, 2, 3, 4, 1, 2, 3, 4, 16, rng.randrange(256)))
        wide = kind in (2, 4)
        proto = rng.choice((6, 6, 17, 1, 58, 132, rng.randrange(256)))
        flags = rng.choice((0, 0, 0, 1, 2, 4, 8, 16, 28, rng.getrandbits(16)))
        state = rng.choice((1, 1, 0, 2, 4, 7, 11, rng.randrange(256)))
        port = lambda: rng.choice((7, 70, 5001, 0, 65535, rng.getrandbits(16)))
        idle = rng.choice((0, 10, 100000, 0xFFFFFFFF, rng.getrandbits(32)))
        if kind in (1, 2):
            body = struct.pack("!BBHHHIII", proto, state, port(), port(), rng.randrange(65536), idle, rng.getrandbits(2), rng.getrandbits(32))
            body += self.address(wide, CLIENT4, CLIENT6) + self.address(wide, REMOTE4, REMOTE6) + self.address(wide, LOCAL4, LOCAL6)
        elif kind in (3, 4):
            body = struct.pack("!BBHHHHHI", proto, state, port(), rng.choice((70, port())), rng.choice((7, port())), rng.randrange(65536), rng.getrandbits(16), idle)
            body += self.address(wide, CLIENT4, CLIENT6) + self.address(wide, REMOTE4, REMOTE6) + self.address(wide, REMOTE4, REMOTE6) + self.address(wide, LOCAL4, LOCAL6)
            if rng.random() < 0.9:
                body += rng.randbytes(4 * (flags & 4 > 0) + 4 * (flags & 8 > 0) + 8 * (flags & 16 > 0))
        elif kind == 16:
            body = struct.pack("!IQQ", 0, rng.choice((0, rng.getrandbits(64))), rng.getrandbits(64))
        else:
            body = rng.randbytes(4 * rng.randrange(20))
        words = 1 + len(body) // 4
        if rng.random() < 0.05:
            words = rng.randrange(256)
        return struct.pack("!BBH", kind, words & 255, flags) + body

    def message(self):
        rng = self.rng
        kind = rng.choice((FLOWS, FLOWS, FLOWS, FLOWS, BEAT, AGAIN, AGAIN, GONE, ASK, FLUSHED, rng.randrange(256)))
        if kind == FLOWS:
            stream = rng.randrange(STREAMS)
            records = [self.record() for _ in range(rng.randrange(1, 12))]
            body = b"".join(records)[:1300]
            return self.header(FLOWS, body, len(records), stream) + body
        if kind == BEAT:
            asked = rng.choice((0, 0, 1, rng.getrandbits(16)))
            body = struct.pack("!IIHHI", rng.getrandbits(3), rng.getrandbits(20), rng.choice((STREAMS, rng.getrandbits(16))), asked, 0)
            body += b"".join(struct.pack("!Q", rng.randrange(100)) for _ in range(STREAMS)) + rng.randbytes(rng.randrange(64))
        elif kind in (AGAIN, GONE):
            at = rng.randrange(64)
            to = rng.choice((at, at + 3, at - 1 & 0xFFFF, rng.getrandbits(64)))
            if rng.random() < 0.3:
                # As many as are answered at once, up to the last number that there is.
                at, to = (1 << 64) - rng.choice((64, 64, 1024)), (1 << 64) - 1
            body = struct.pack("!HHHHQQ", rng.choice((0, 0, 1, rng.getrandbits(16))), 0, 0, 0, at, to)
        elif kind in (ASK, FLUSHED):
            body = struct.pack("!Q", rng.getrandbits(64))
        else:
            body = rng.randbytes(rng.randrange(200))
        return self.header(kind, body) + body


def main(seed, count):
    messages = Messages(seed)
    for _ in range(count):
        message = messages.message()
        sys.stdout.buffer.write(struct.pack("!H", len(message)) + message)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), int(sys.argv[2]))
