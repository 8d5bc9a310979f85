#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Send lines to mtud's console on a UNIX socket and print what it answers."""

import socket
import sys


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: console.py SOCKET LINE...")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(30)
            sock.connect(sys.argv[1])
            sock.sendall("".join(line + "\n" for line in sys.argv[2:]).encode())
            sock.shutdown(socket.SHUT_WR)
            while chunk := sock.recv(65536):
                sys.stdout.write(chunk.decode())
    except OSError as err:
        sys.exit(f"console.py: {sys.argv[1]}: {err.strerror or err}; is mtud running with "
                 "--console?")


if __name__ == "__main__":
    main()
