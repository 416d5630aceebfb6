# SPDX-License-Identifier: GPL-2.0-only
"""Both ends of an SCTP association, one to one.

serve ADDRESS PORT     tells each client the address and port it was seen with
ask HOST PORT FILE     writes what it is told to FILE
"""
import socket
import sys

PROTOCOL = 132


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def serve(address, port):
    listener = socket.socket(family(address), socket.SOCK_STREAM, PROTOCOL)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    listener.listen()
    while True:
        client, peer = listener.accept()
        client.sendall(f"{peer[0]} {peer[1]}\n".encode())
        client.close()


def ask(host, port, file):
    client = socket.socket(family(host), socket.SOCK_STREAM, PROTOCOL)
    client.settimeout(5)
    client.connect((host, int(port)))
    with open(file, "w") as out:
        out.write(client.recv(100).decode())


{"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
