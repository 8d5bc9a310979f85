#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The web server of the demo: files of one folder, to fetch (GET) and to store (PUT)."""

import functools
import http.server
import os
import shutil
import socket
import socketserver
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    """Python's file server, with PUT."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self):  # the name that http.server calls
        """Store a file."""
        left = int(self.headers.get("Content-Length", 0))
        with open(self.translate_path(self.path), "wb") as out:
            while left and (chunk := self.rfile.read(min(left, 1 << 16))):
                out.write(chunk)
                left -= len(chunk)
        self.send_response(201 if not left else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def copyfile(self, source, outputfile):
        shutil.copyfileobj(source, outputfile, 1 << 16)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """The same on an address of either family."""

    daemon_threads = True

    def __init__(self, address, *args):
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, *args)

    def server_bind(self):
        """Bind without the look-up of a name: its questions would go through the demo's path."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: demo_server.py ADDRESS PORT FOLDER")
    address, port, folder = sys.argv[1], int(sys.argv[2]), os.path.abspath(sys.argv[3])
    Server((address, port), functools.partial(Handler, directory=folder)).serve_forever()


if __name__ == "__main__":
    main()
