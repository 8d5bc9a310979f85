# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Linux's own TCP between two namespaces."""

import contextlib
import hashlib
import socket
import threading
import time


@contextlib.contextmanager
def connected(client, server, dst):
    """A TCP connection through mtud: (the client's socket, the server's)."""
    family = socket.AF_INET6 if ":" in dst else socket.AF_INET
    with server:
        listener = socket.create_server((dst, 0), family=family)
    with client:
        ours = socket.socket(family, socket.SOCK_STREAM)
    ours.settimeout(20)
    listener.settimeout(20)
    with listener, ours:
        ours.connect((dst, listener.getsockname()[1]))
        theirs, _ = listener.accept()
        theirs.settimeout(20)
        with theirs:
            yield ours, theirs


def transfer(source, sink, data):
    """Send data from one end to the other; return the digest of what arrived, and seconds."""
    digest = hashlib.sha256()
    start = time.monotonic()
    sender = threading.Thread(target=lambda: (source.sendall(data),
                                              source.shutdown(socket.SHUT_WR)))
    sender.start()
    while chunk := sink.recv(65536):
        digest.update(chunk)
    sender.join()
    return digest.hexdigest(), time.monotonic() - start
