# SPDX-License-Identifier: GPL-2.0-only
"""Clients of "peer serve" for a case that breaks something meanwhile.

many.py idle NUMBER ADDRESS PORT    opens so many TCP connections and prints "open"; for a
                                    line of standard input, sends a word by each and prints
                                    how many of them hear it again within 20 seconds
many.py stream NUMBER ADDRESS PORT  sends so many UDP datagrams by one socket, a hundred a
                                    second, and prints how many of them come back
"""

import select
import socket
import sys
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def idle(number, where):
    clients = []
    for _ in range(number):
        client = socket.socket(family(where[0]), socket.SOCK_STREAM)
        client.settimeout(20)
        client.connect(where)
        while b"\n" not in client.recv(128):
            pass
        clients.append(client)
    print("open", flush=True)
    sys.stdin.readline()
    for client in clients:
        client.send(b"word\n")
    end = time.monotonic() + 20
    heard = 0
    for client in clients:
        client.settimeout(max(end - time.monotonic(), 0.01))
        try:
            heard += client.recv(128) == b"word\n"
        except OSError:
            pass
    print(heard)


def stream(number, where):
    with socket.socket(family(where[0]), socket.SOCK_DGRAM) as client:
        client.connect(where)
        client.send(b"first")
        client.recv(128)  # who the server saw
        client.setblocking(False)
        print("open", flush=True)
        heard = set()
        sent = 0
        begin = time.monotonic()
        end = begin + number / 100 + 3
        while len(heard) < number and time.monotonic() < end:
            due = begin + sent / 100 - time.monotonic()
            if sent < number and due <= 0:
                client.send(b"%d" % sent)
                sent += 1
                continue
            wait = due if sent < number else end - time.monotonic()
            if select.select([client], [], [], max(wait, 0))[0]:
                heard.add(client.recv(128).split(b"\n", 1)[1])
        print(len(heard & {b"%d" % i for i in range(number)}))


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in ("idle", "stream"):
        sys.exit(__doc__)
    {"idle": idle, "stream": stream}[sys.argv[1]](int(sys.argv[2]), (sys.argv[3], int(sys.argv[4])))
