# SPDX-License-Identifier: GPL-2.0-only
"""One allocation after the other fails, in a kernel with CONFIG_FAILSLAB.

failnth.py commands    each netlink command that allocates, as the gateway
failnth.py namespace   the start and the end of a network namespace

The kernel lets the Nth allocation of the thread fail that has written N to its fail-nth.
Each walk goes on until all of a request's allocations were reached, and says how many
there were; a request that fails must say that memory is short.
"""
import ctypes
import errno
import os
import struct
import sys

from messages import Generic, attribute, drain

CLONE_NEWNET = 0x40000000
FULLNAT = 5

def failing(nth, action):
    """(was the allocation reached, errno of the action or 0)"""
    point = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
    os.write(point, b"%d" % nth)
    try:
        error = action()
    finally:
        left = int(os.pread(point, 20, 0))
        os.write(point, b"0")
        os.close(point)
    return left == 0, error


def walk(what, attempt, undo=lambda perhaps: None, most=20000):
    """Attempts with each allocation failing, until nothing fails any more; each is undone.

    Without memory for the acknowledgement, which is ENOBUFS, it may have been done.
    """
    refused = 0
    for nth in range(1, most):
        reached, error = attempt(nth)
        if error not in (0, errno.ENOMEM, errno.ENOBUFS):
            raise SystemExit(f"{what}: {os.strerror(error)} when allocation {nth} fails")
        refused += error != 0
        if error != errno.ENOMEM:
            undo(error == errno.ENOBUFS)
        if not reached:
            if error:
                raise SystemExit(f"{what}: {os.strerror(error)} when nothing fails")
            print(f"{what}: {nth - 1} allocations, {refused} refusals", flush=True)
            return
    raise SystemExit(f"{what}: over {most} allocations")


def number(kind, value):
    return attribute(kind, struct.pack("=I", value))


def short(kind, value):
    return attribute(kind, struct.pack("=H", value))


def text(kind, value):
    return attribute(kind, value.encode() + b"\0")


def address(value, length=4):
    return bytes(map(int, value.split("."))) + bytes(length - 4)


def nested(kind, *values):
    return attribute(kind, b"".join(values), True)


class Gateway:
    """Requests to both families, with how each is undone."""

    def __init__(self):
        self.fnat = Generic("IPVS_FNAT")
        self.ipvs = Generic("IPVS")

    def asking(self, family, command, *values, dump=False):
        payload = b"".join(values)

        def ask():
            generic = getattr(self, family)
            try:
                generic.send(generic.family, command, payload, 1 | (0x300 if dump else 4))
                return drain(generic)
            except OSError as error:
                if error.errno is None:  # it was never answered
                    raise
                return error.errno

        return ask

    def tried(self, what, ask, undo):
        """Walk a request, undone by another."""
        walk(what, lambda nth: failing(nth, ask), lambda perhaps: self.done(undo, perhaps))

    def done(self, ask, perhaps=False):
        if perhaps:
            self.__init__()  # a listing may have stopped in the middle
        error = ask()
        if error and not perhaps:
            raise SystemExit(f"what was done is not undone: {os.strerror(error)}")


def commands():
    gateway = Gateway()
    asking = gateway.asking
    nothing = asking("fnat", 1)

    mark = nested(1, short(1, 2), number(5, 1), text(6, "snat_sched"), attribute(7, bytes(4) + b"\xff" * 4), number(8, 0), number(9, 0xFFFFFFFF))
    virtual = nested(1, short(1, 2), short(2, 6), attribute(3, address("1.1.2.2", 16)), attribute(4, struct.pack("!H", 70)),
                     text(6, "rr"), attribute(7, bytes(4) + b"\xff" * 4), number(8, 0), number(9, 0xFFFFFFFF))
    server = nested(2, attribute(1, address("8.8.2.1", 16)), attribute(2, struct.pack("!H", 7)), number(3, FULLNAT), number(4, 1),
                    number(5, 0), number(6, 0), short(11, 2))
    service = nested(1, short(1, 2), number(2, 1))
    rule = nested(2, attribute(1, address("192.168.40.0")), attribute(2, b"\x18"), attribute(7, address("1.1.2.100")),
                  attribute(8, address("1.1.2.110")), number(9, 2))
    zone = nested(6, short(1, 2), attribute(2, address("192.168.60.0")), attribute(3, b"\x18"))
    local = nested(8, attribute(1, address("1.1.2.90")), attribute(2, address("1.1.2.95")))
    with_port = nested(1, short(1, 2), attribute(3, b"\x06"), attribute(4, address("1.1.2.2")), attribute(5, struct.pack("!H", 70)))

    gateway.tried("new service of SNAT", asking("ipvs", 1, mark), asking("ipvs", 3, mark))
    gateway.done(asking("ipvs", 1, mark))
    gateway.tried("new rule", asking("fnat", 2, service, rule), asking("fnat", 4, service, rule))
    gateway.done(asking("fnat", 2, service, rule))
    gateway.tried("edited rule", asking("fnat", 3, service, rule), nothing)
    gateway.tried("new zone", asking("fnat", 8, zone), asking("fnat", 9, zone))
    gateway.done(asking("fnat", 8, zone))
    gateway.tried("new addresses of a zone", asking("fnat", 11, zone, local), asking("fnat", 12, zone, local))
    gateway.done(asking("fnat", 11, zone, local))
    gateway.tried("new service", asking("ipvs", 1, virtual), asking("ipvs", 3, virtual))
    gateway.done(asking("ipvs", 1, virtual))
    gateway.tried("new addresses of a service", asking("fnat", 11, with_port, local), asking("fnat", 12, with_port, local))
    gateway.done(asking("fnat", 11, with_port, local))
    gateway.tried("new server", asking("ipvs", 5, virtual, server), asking("ipvs", 7, virtual, server))
    gateway.done(asking("ipvs", 5, virtual, server))
    for what, command in (("rules", 5), ("flows", 6), ("zones", 10), ("addresses", 13)):
        gateway.tried(f"list of {what}", asking("fnat", command, dump=True), nothing)
    for what, command in (("information", 1), ("counters", 7)):
        gateway.tried(what, asking("fnat", command), nothing)


def namespace():
    libc = ctypes.CDLL(None, use_errno=True)

    def start():
        return ctypes.get_errno() if libc.unshare(CLONE_NEWNET) else 0

    def start_and_end(nth):
        """In a process of its own, whose end is that of the namespace."""
        ours, theirs = os.pipe()
        if os.fork() == 0:
            os.write(theirs, b"%d %d" % failing(nth, start))
            os._exit(0)
        os.close(theirs)
        reached, error = map(int, os.read(ours, 40).split())
        os.close(ours)
        os.wait()
        return reached, error

    walk("a namespace", start_and_end)


{"commands": commands, "namespace": namespace}[sys.argv[1]]()
