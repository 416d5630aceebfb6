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

point = os.open("/proc/thread-self/fail-nth", os.O_RDWR)


def failing(nth, action):
    """(was the allocation reached, errno of the action or 0)"""
    os.write(point, b"%d" % nth)
    try:
        error = action()
    finally:
        left = int(os.pread(point, 20, 0))
        os.write(point, b"0")
    return left == 0, error


def walk(what, action, undo, most=2000):
    """The action until nothing of it fails any more; undone each time that it was done.

    Without memory for the acknowledgement, which is ENOBUFS, it may have been.
    """
    refused = 0
    for nth in range(1, most):
        reached, error = failing(nth, action)
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
            except OSError as error:
                return error.errno
            return drain(generic)

        return ask

    def done(self, ask, perhaps=False):
        if perhaps:
            self.__init__()  # a listing may have stopped in the middle
        error = ask()
        if error and not perhaps:
            raise SystemExit(f"what was done is not undone: {os.strerror(error)}")


def commands():
    gateway = Gateway()
    asking = gateway.asking

    def undoing(ask):
        return lambda perhaps: gateway.done(ask, perhaps)

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

    walk("new service of SNAT", asking("ipvs", 1, mark), undoing(asking("ipvs", 3, mark)))
    gateway.done(asking("ipvs", 1, mark))
    walk("new rule", asking("fnat", 2, service, rule), undoing(asking("fnat", 4, service, rule)))
    gateway.done(asking("fnat", 2, service, rule))
    walk("edited rule", asking("fnat", 3, service, rule), undoing(asking("fnat", 1)))
    walk("new zone", asking("fnat", 8, zone), undoing(asking("fnat", 9, zone)))
    gateway.done(asking("fnat", 8, zone))
    walk("new addresses of a zone", asking("fnat", 11, zone, local), undoing(asking("fnat", 12, zone, local)))
    gateway.done(asking("fnat", 11, zone, local))
    walk("new service", asking("ipvs", 1, virtual), undoing(asking("ipvs", 3, virtual)))
    gateway.done(asking("ipvs", 1, virtual))
    walk("new addresses of a service", asking("fnat", 11, with_port, local), undoing(asking("fnat", 12, with_port, local)))
    gateway.done(asking("fnat", 11, with_port, local))
    walk("new server", asking("ipvs", 5, virtual, server), undoing(asking("ipvs", 7, virtual, server)))
    gateway.done(asking("ipvs", 5, virtual, server))
    for what, command in (("rules", 5), ("flows", 6), ("zones", 10), ("addresses", 13)):
        walk(f"list of {what}", asking("fnat", command, dump=True), undoing(asking("fnat", 1)))
    for what, command in (("information", 1), ("counters", 7)):
        walk(what, asking("fnat", command), undoing(asking("fnat", 1)))


def namespace():
    libc = ctypes.CDLL(None, use_errno=True)

    def start_and_end():
        """In a process of its own, whose end is that of the namespace."""
        os.write(point, b"0")
        ours, theirs = os.pipe()
        if os.fork() == 0:
            mine = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
            os.write(mine, b"%d" % start_and_end.nth)
            error = ctypes.get_errno() if libc.unshare(CLONE_NEWNET) else 0
            left = int(os.pread(mine, 20, 0))
            os.write(mine, b"0")
            os.write(theirs, b"%d %d" % (left, error))
            os._exit(0)
        os.close(theirs)
        left, error = map(int, os.read(ours, 40).split())
        os.close(ours)
        os.wait()
        return left == 0, error

    refused = 0
    for nth in range(1, 20000):
        start_and_end.nth = nth
        reached, error = start_and_end()
        if error not in (0, errno.ENOMEM):
            raise SystemExit(f"a namespace: {os.strerror(error)} when allocation {nth} fails")
        refused += error != 0
        if not reached:
            print(f"a namespace: {nth - 1} allocations, {refused} refusals")
            return
    raise SystemExit("a namespace: there is no end of allocations")


{"commands": commands, "namespace": namespace}[sys.argv[1]]()
