# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What tests of bad days share: traffic beside them, waits that end, an account that balances."""

import contextlib
import struct
import threading
import time

PATIENCE_S = 15
ENDS = ("sent", "fragmented", "dropped", "consumed", "held")


def until(what, seen):
    """Wait for what must come; return it."""
    end = time.monotonic() + PATIENCE_S
    while not (found := seen()):
        assert time.monotonic() < end, f"does not come: {what}"
        time.sleep(0.02)
    return found


def balanced(mtud):
    """Has every packet that came or was made here an end?"""
    account = {row["fate"]: row for row in mtud.json("show stats")["account"]}
    return all(account["came"][kind] + account["carried"][kind] ==
               sum(account[fate][kind] for fate in ENDS) for kind in ("received", "made"))


def pools_full(mtud):
    """Are all buffers back in their pools but for those of packets that wait for a neighbor?"""
    pools = [p for p in mtud.json("show memory")["pools"] if p["pool"].startswith("mtud_")]
    assert len(pools) > 3
    return sum(p["in_use"] for p in pools) == mtud.json("show stats")["held"]


@contextlib.contextmanager
def traffic(tap, frames, pause_s=0.002):
    """These frames again and again for the time of a block."""
    ended = threading.Event()

    def send():
        while not ended.wait(pause_s):
            tap.send(*frames)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def write_pcap(path, frames):
    """A file for net_pcap to read."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            out.write(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame)


class Stand:
    """`with` for what has an mtud of its own and close() for all around it."""

    def __enter__(self):
        try:
            self.mtud.wait_ready()
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(self.mtud.report())
        try:
            if kind is None:
                self.mtud.stop()
        finally:
            self.mtud.remove()
            self.close()
