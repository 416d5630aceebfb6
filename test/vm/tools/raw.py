# SPDX-License-Identifier: GPL-2.0-only
"""Packets and netlink messages that ordinary programs do not send.

raw.py serve    packets of many callers, see below
raw.py fuzz …   see messages.py

The work is in modules, whose compiled form Python keeps.

A case sends many packets, and an emulated guest needs a third of a second to start
Python. A process that serves listens on descriptor 3. A request is the client's process
id, the number of words, and those, each ended by a NUL: a network namespace and the
arguments of packets.py. Errors go to descriptor 8 of the client, opened by /proc. The
answer is the exit status and a newline.
"""
import sys


def requested(connection):
    """(process id, words)"""
    text = b""
    while True:
        text += connection.recv(65536)
        pid, count, *words = text.decode().split("\0")
        # Behind the last NUL there is an empty string.
        if len(words) == int(count) + 1:
            return pid, words[:-1]


def carry_out(connection):
    import os

    pid, words = requested(connection)
    os.dup2(os.open(f"/proc/{pid}/fd/8", os.O_WRONLY | os.O_APPEND), 2)
    namespace = os.open(f"/run/netns/{words[0]}", os.O_RDONLY)
    if libc.setns(namespace, CLONE_NEWNET):
        raise OSError(f"no namespace {words[0]}")
    main(words[1:])


def serve():
    import os
    import signal
    import _socket as socket

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(fileno=3)
    while True:
        connection = socket.socket(fileno=listener._accept()[0])
        if os.fork() == 0:
            status = 1
            try:
                carry_out(connection)
                status = 0
            except BaseException as error:
                os.write(2, f"raw.py: {error}\n".encode())
            connection.send(b"%d\n" % status)
            os._exit(0)
        connection.close()


if sys.argv[1] == "serve":
    import ctypes
    from packets import main

    CLONE_NEWNET = 0x40000000
    libc = ctypes.CDLL(None)
    serve()
else:
    from messages import main

    main(sys.argv[1:])
