# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""DPDK's telemetry socket, version 2 (DPDK's guide "Telemetry library"): a client, and a server
that stands in for mtud's where mtud would have to misbehave."""

import contextlib
import json
import os
import socket
import threading
import time

NAME = "dpdk_telemetry.v2"
OUTPUT_MAX = 16384


def socket_of(mtud):
    """Where a running mtud has it."""
    return os.path.join(mtud.dir, "dpdk", mtud.prefix, NAME)


class Telemetry:
    """One connection: a command out, one packet of JSON back."""

    def __init__(self, path, timeout=10):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.sock.settimeout(timeout)
            self._connect(path, time.monotonic() + timeout)
            self.info = json.loads(self.sock.recv(1024))
        except BaseException:
            self.sock.close()
            raise
        assert self.info["max_output_len"] == OUTPUT_MAX

    def _connect(self, path, end):
        """DPDK's queue of clients has room for two."""
        while True:
            try:
                return self.sock.connect(path)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, command, parameter=None):
        line = command.encode()
        if parameter is not None:
            line += b"," + (parameter if isinstance(parameter, bytes) else parameter.encode())
        self.sock.send(line)

    def receive(self, command):
        data = self.sock.recv(2 * OUTPUT_MAX)
        assert 0 < len(data) <= OUTPUT_MAX
        answer = json.loads(data)
        assert list(answer) == [command]
        return answer[command]

    def ask(self, command, parameter=None):
        """Its answer; None: it has none."""
        self.send(command, parameter)
        return self.receive(command)


class Stand:
    """A telemetry server with canned answers, to be ended and begun again. `answer(command)` gives
    what is sent back: octets as they are, None for silence, anything else as JSON."""

    def __init__(self, path, answer):
        self.path = path
        self.answer = answer
        self.info = {"version": "DPDK 22.11.0", "pid": 1, "max_output_len": OUTPUT_MAX}
        self.connections = []
        self.sock = None

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.bind(self.path)
        self.sock.listen(8)
        threading.Thread(target=self._accept, args=(self.sock,), daemon=True).start()
        return self

    def stop(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.sock = None
        for conn in self.connections:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        self.connections = []

    def _accept(self, sock):
        with contextlib.suppress(OSError):
            while True:
                conn, _ = sock.accept()
                self.connections.append(conn)
                threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        with conn, contextlib.suppress(OSError):
            conn.send(json.dumps(self.info).encode())
            while line := conn.recv(1024):
                answer = self.answer(line.decode())
                if answer is None:
                    continue
                if not isinstance(answer, bytes):
                    answer = json.dumps({line.decode().split(",")[0]: answer}).encode()
                conn.send(answer)
