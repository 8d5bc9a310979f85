# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Raw access to an interface: whole frames in, whole frames out."""

import select
import socket
import struct
import time

ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23

VIRTIO_NET_HDR_F_NEEDS_CSUM = 1
VIRTIO_NET_HDR_GSO_TCPV4 = 1
VIRTIO_NET_HDR_GSO_TCPV6 = 4


class Tap:
    """A wire's end in a namespace. Receives what comes in, not what it sends itself."""

    recorder = None  # of what is sent, by whichever wire: corpus.Recorder

    def __init__(self, ns, iface):
        self.ns = ns
        self.iface = iface
        with ns:
            self.sock = self._open(listen=True)

    def _open(self, listen):
        proto = socket.htons(ETH_P_ALL) if listen else 0
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, proto)
        if listen:
            sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        sock.bind((self.iface, proto and ETH_P_ALL))
        return sock

    def close(self):
        self.sock.close()

    def send(self, *frames):
        """Send frames, each as it is."""
        for frame in frames:
            self.sock.send(bytes(frame))
            if self.recorder is not None:
                self.recorder.frame(bytes(frame), int(self.ns.name == "b"))

    def send_glued(self, frame, segment):
        """Send one frame that is longer than the link's MTU, as a kernel does that leaves the
        cutting to the card (TSO): `segment` octets of TCP payload to a piece."""
        v6 = frame[12:14] == b"\x86\xdd"
        l4_at = 14 + (40 if v6 else 20)
        virtio = struct.pack("<BBHHHH", VIRTIO_NET_HDR_F_NEEDS_CSUM,
                             VIRTIO_NET_HDR_GSO_TCPV6 if v6 else VIRTIO_NET_HDR_GSO_TCPV4,
                             l4_at + 20, segment, l4_at, 16)
        with self.ns:
            sock = self._open(listen=False)
        try:
            sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            sock.send(virtio + bytes(frame))
        finally:
            sock.close()

    def receive(self, timeout):
        """The next frame, or None when none comes in time (seconds)."""
        if not select.select([self.sock], [], [], max(timeout, 0))[0]:
            return None
        return self.sock.recv(65536 + 64)

    def frames(self, timeout):
        """All frames of the next `timeout` seconds."""
        got = []
        until = time.monotonic() + timeout
        while (frame := self.receive(until - time.monotonic())) is not None:
            got.append(frame)
        return got

    def until(self, wanted, timeout):
        """Frames up to the first for which wanted(frame) holds, that one included last; a list
        without it when it does not come in time."""
        got = []
        end = time.monotonic() + timeout
        while (frame := self.receive(end - time.monotonic())) is not None:
            got.append(frame)
            if wanted(frame):
                break
        return got

    def drain(self):
        return self.frames(0)
