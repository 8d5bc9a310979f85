# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Two ports of TRex with mtud between them, through TRex's client."""

import contextlib
import dataclasses
import importlib
import os
import sys
import time

from ndr_search import Trial

# mtud_stl.py's name for streams that mtud is to answer; its own import needs TRex.
TOO_BIG = "too big"
API = os.path.join("automation", "trex_control_plane", "interactive")
FRAME_GAP = 20  # octets on the wire between two frames: preamble and gap
# The end of a run is noticed a moment late; only what takes longer than this is a longer run.
LATE_S = 0.1
# How much longer a run may take than it should: then it is stopped.
STRETCH = 2.0
MOST_OFF = 16
LOOK_PPS = 50
# TRex's own three seconds are few for a server that shares one processor with all its threads.
TIMEOUT_S = 15


class NdrError(Exception):
    """A sentence for the user."""


@dataclasses.dataclass(frozen=True)
class Load:
    """What a profile's streams amount to at any rate."""

    octets: float  # of a frame with FCS, on average
    too_big: float  # share of the packets that are to be answered
    fixed_pps: float  # of streams that the rate does not change: they measure latency


def load_api(folder):
    """TRex's API: the folder is that of its release, or the scripts of its source."""
    if folder:
        path = os.path.join(folder, API)
        if not os.path.isdir(path):
            raise NdrError(f"{folder} is no TRex: there is no {path}.")
        sys.path.insert(0, path)
    try:
        return importlib.import_module("trex_stl_lib.api")
    except ImportError as err:
        raise NdrError(f"There is no TRex API ({err}): name TRex's folder by --trex-dir or "
                       "TREX_DIR.") from None


def load_of(streams):
    """The streams' load; their rates must be in packets a second to be in proportion."""
    pps, octets, too_big, fixed = 0.0, 0.0, 0.0, 0.0
    for stream in streams:
        rate = stream.to_json()["mode"]["rate"]
        if rate["type"] != "pps":
            raise NdrError(f"The stream {stream.get_name()!r} has its rate in {rate['type']}; the "
                           "search needs packets a second.")
        if stream.has_flow_stats():
            fixed += rate["value"]
            continue
        pps += rate["value"]
        octets += rate["value"] * stream.get_pkt_len()
        if str(stream.get_name()).startswith(TOO_BIG):
            too_big += rate["value"]
    if pps == 0:
        raise NdrError("The profile has no stream whose rate can be changed.")
    return Load(octets / pps, too_big / pps, fixed)


def done(load, seconds, sent, forwarded, answered):
    """How many packets got what was due to them. An answer is no delivery: where all packets fit,
    one that comes back counts for nothing, and where all are too big, one that gets through."""
    fixed = min(sent, load.fixed_pps * seconds)
    big = (sent - fixed) * load.too_big
    # How many of each TRex sent is known but for a packet of each stream and core. That must not
    # excuse who does only the one or the other.
    off = min(MOST_OFF, 1.5 + big / 4) if 0 < big < sent and forwarded and answered else 0
    return round(sum(count if count <= due + off else due
                     for count, due in ((answered, big), (forwarded, sent - big))))


class Rig:
    """Runs trials. `senders` are the ports that send, each to the other one of the pair."""

    def __init__(self, api, client, ports, senders, settle_s):
        self.api = api
        self.client = client
        self.ports = ports
        self.senders = senders
        self.settle_s = settle_s
        self.load = None

    def other(self, port):
        return self.ports[1 - self.ports.index(port)]

    def prepare(self, macs):
        """Take the ports; with MACs, say where they send to."""
        self.client.reset(ports=self.ports)
        if macs:
            # Ports with an IPv4 gateway in TRex's configuration ask for its MAC by ARP, and there
            # is no such thing for IPv6: the MAC is set by hand (set_l2_mode), which only service
            # mode allows, and with service mode on, traffic would not start.
            self.client.set_service_mode(ports=self.ports, enabled=True)
            for port, mac in zip(self.ports, macs):
                self.client.set_l2_mode(port=port, dst_mac=mac)
            self.client.set_service_mode(ports=self.ports, enabled=False)

    def add(self, profile, tunables):
        """Put a profile's streams on the senders; return their load."""
        self.client.remove_all_streams(ports=self.ports)
        for port in self.senders:
            # argparse ends with SystemExit, which load_py takes for a call of --help: it returns
            # None, and the sentence stands on standard error.
            loaded = self.api.STLProfile.load_py(profile, direction=self.ports.index(port),
                                                 port_id=port, tunables=list(tunables))
            if loaded is None and {"-h", "--help"} & set(tunables):
                sys.exit(0)
            if loaded is None:
                raise NdrError(f"{profile} does not take these tunables: {' '.join(tunables)}")
            streams = loaded.get_streams()
            self.load = load_of(streams)
            if self.load.too_big and len(self.senders) > 1:
                raise NdrError("Answers to one direction would be counted as packets of the "
                               f"other: {profile} goes in one direction only.")
            self.client.add_streams(streams, ports=[port])
        return self.load

    def line_pps(self):
        """Packets a second of all senders, as many as their lines carry."""
        infos = self.client.get_port_info(ports=self.senders)
        return sum(info["speed"] for info in infos) * 1e9 / 8 / (self.load.octets + FRAME_GAP)

    def trial(self, pps, seconds):
        """Send at this rate, shared out among the senders, and count what came of it."""
        self.client.clear_stats(ports=self.ports)
        began = time.monotonic()
        # The server takes no rate that is a fraction of a packet beyond the line's.
        each = int(pps / len(self.senders))
        self.client.start(ports=self.senders, mult=f"{each}pps", duration=seconds)
        try:
            self.client.wait_on_traffic(ports=self.senders, timeout=STRETCH * seconds)
        except self.api.TRexTimeoutError:
            # A software port that cannot keep up sends all its packets all the same, however long
            # that takes: sixty times as long, where it is asked for 10 Gbit/s.
            self.client.stop(ports=self.senders)
        took = time.monotonic() - began
        # What is under way or in a ring is not lost yet (RFC 2544 section 23: two seconds).
        time.sleep(self.settle_s)
        # For the same reason the rate is by the clock on the wall, not by what was asked for.
        seconds = seconds if took < seconds + LATE_S else took
        return self.counted(pps, seconds, self.client.get_stats(ports=self.ports))

    def counted(self, pps, seconds, stats):
        """A Trial from counters by port. TRex's own `ndr` adds up what all ports received, and so
        takes a Packet Too Big that comes back for a packet that was delivered."""
        sent = sum(stats[port]["opackets"] for port in self.senders)
        forwarded = sum(stats[self.other(port)]["ipackets"] for port in self.senders)
        one_way = len(self.senders) == 1
        answered = stats[self.senders[0]]["ipackets"] if one_way else 0
        return Trial(pps, seconds, sent, forwarded, answered,
                     done(self.load, seconds * len(self.senders), sent, forwarded, answered),
                     sum(stats[port][key] for port in self.ports for key in ("oerrors", "ierrors")))

    def latency(self):
        """Of the last trial, in microseconds, by TRex's packet group."""
        groups = self.client.get_stats(ports=self.ports).get("latency", {})
        return {str(group): {key: values["latency"][key]
                             for key in ("average", "total_min", "total_max", "jitter")}
                for group, values in groups.items() if isinstance(group, int)}

    def look(self, path, count):
        """Send a few packets and write what comes back, on any port, to a pcap."""
        # Outside of service mode a NIC's queue for software stays empty, and so does a capture.
        # What stays behind after an error, the next reset() takes away.
        self.client.set_service_mode(ports=self.ports, enabled=True)
        capture = self.client.start_capture(rx_ports=self.ports, limit=4 * count)
        # In service mode only force starts traffic.
        self.client.start(ports=self.senders, mult=f"{LOOK_PPS}pps", force=True,
                          duration=count / LOOK_PPS)
        self.client.wait_on_traffic(ports=self.senders, timeout=count / LOOK_PPS + 10)
        time.sleep(self.settle_s)
        self.client.stop_capture(capture["id"], output=os.path.abspath(path))
        # Not before: service mode stays on while there is a capture.
        self.client.set_service_mode(ports=self.ports, enabled=False)


@contextlib.contextmanager
def connected(args):
    """A Rig on the TRex server that the arguments name."""
    api = load_api(args.trex_dir)
    client = api.STLClient(server=args.server, sync_port=args.rpc_port, async_port=args.pub_port,
                           sync_timeout=TIMEOUT_S, async_timeout=TIMEOUT_S)
    try:
        client.connect()
        try:
            senders = args.ports if args.bidirectional else args.ports[:1]
            rig = Rig(api, client, args.ports, senders, args.settle)
            rig.prepare(args.router_macs)
            yield rig
        finally:
            # Stops what still runs, and gives the ports back.
            client.disconnect()
    except api.STLError as err:
        raise NdrError(f"TRex says: {' '.join(str(err).split())}") from None
