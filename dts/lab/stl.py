# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""A stand-in for the part of TRex's STL API that scripts/trex uses: it refuses what TRex refuses,
runs a stream's field engine, and has a client whose server is a model of time and a router.

The names, their arguments and what they refuse are those of TRex 3."""

import contextlib
import importlib
import inspect
import itertools
import os
import re
import sys
import types

from scapy.layers.l2 import Ether
from scapy.utils import checksum

SCRIPTS = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                                       "scripts", "trex"))
FCS = 4
PLACEHOLDER = "02:00:00:00:00:99"  # the MACs that a port of TRex's fills in
HEADER = {"Ether": 14, "IPv6": 40, "IP": 20}
FIELDS = {"IPv6.src": 8, "IPv6.dst": 24, "IP.src": 12, "IP.dst": 16, "UDP.sport": 0, "TCP.sport": 0}


class TRexError(Exception):
    pass


class TRexTimeoutError(TRexError):
    pass


class CTRexPacketBuildException(Exception):
    pass


def refuse(when, why):
    if when:
        raise CTRexPacketBuildException(why)


class STLTXCont:
    def __init__(self, pps=None, percentage=None):
        if (pps is None) == (percentage is None) or (pps or percentage) <= 0:
            raise TRexError("one rate, above 0")
        kind, value = ("pps", pps) if percentage is None else ("percentage", percentage)
        self.rate = {"type": kind, "value": value}


class STLFlowLatencyStats:
    def __init__(self, pg_id):
        self.pg_id = pg_id


class STLVM:
    """Instructions, checked as far as is possible without the packet."""

    def __init__(self):
        self.vars, self.writes, self.fixes, self.cached = {}, [], [], 0

    def var(self, name, min_value, max_value, size, op, step=1):
        refuse(name in self.vars, f"variable {name} defined twice")
        refuse(size not in (1, 2, 4, 8) or op not in ("inc", "dec", "random"), "bad size or op")
        refuse(not 0 <= min_value <= max_value < 1 << 8 * size, "range does not fit the size")
        refuse(not 0 < step < 1 << 8 * size, "bad step")
        # TRex pads the range of a counter to whole steps, and those that go down need the room.
        pad = -(max_value - min_value + 1) % step
        refuse(op == "dec" and min_value < pad, "could not pad range to be a true cycle")
        self.vars[name] = (min_value, max_value, size, op, step)

    def write(self, fv_name, pkt_offset, offset_fixup=0, add_val=0):
        refuse(fv_name not in self.vars, f"variable {fv_name} does not exist")
        # TRex compiles in the order of the list: what comes after the checksum spoils it.
        refuse(bool(self.fixes), "a write behind the checksum's fix")
        self.writes.append((fv_name, pkt_offset, offset_fixup, add_val))

    def fix_chksum(self, offset="IP"):
        self.fixes.append(offset)

    def set_cached(self, cache_size):
        self.cached = cache_size


class STLPktBuilder:
    def __init__(self, pkt, vm=None):
        self.pkt, self.vm = pkt.copy(), vm
        self.own_dst = "dst" in pkt.fields
        # Left to itself scapy would ask the test machine's network who has the address.
        for mac in ("src", "dst"):
            if mac not in self.pkt.fields:
                setattr(self.pkt, mac, PLACEHOLDER)
        self.binary = bytes(self.pkt)
        self.layers = {}
        at = 0
        for layer in self.pkt.layers():
            self.layers[layer.__name__] = at
            at += HEADER.get(layer.__name__, len(self.binary))
        if vm is not None:
            for name, where, fixup, _ in vm.writes:
                size = vm.vars[name][2]
                at = self.offset(where) + fixup
                refuse(not 0 <= at <= len(self.binary) - size, f"{name} goes beyond the packet")
            for layer in vm.fixes:
                refuse(self.binary[self.layers[layer]] >> 4 != 4, "no IPv4 header to fix")

    def offset(self, where):
        layer = where.partition(".")[0]
        refuse(layer not in self.layers, f"the packet has no {layer}")
        return self.layers[layer] + FIELDS[where]


class STLStream:
    def __init__(self, name=None, packet=None, mode=None, flow_stats=None):
        self.name, self.packet, self.mode, self.flow_stats = name, packet, mode, flow_stats

    def get_name(self):
        return self.name

    def get_pkt(self):
        return self.packet.binary

    def get_pkt_len(self, count_crc=True):
        return len(self.packet.binary) + (FCS if count_crc else 0)

    def has_flow_stats(self):
        return self.flow_stats is not None

    def to_json(self):
        return {"mode": {"type": "continuous", "rate": dict(self.mode.rate)}}

    def frames(self, count, core=0, cores=1):
        """The first frames that one of TRex's cores makes of this stream."""
        vm = self.packet.vm
        for n in itertools.islice(itertools.count(core, cores), count):
            frame = bytearray(self.packet.binary)
            if vm is not None:
                self._run(frame, vm, n)
            yield bytes(frame)

    def _run(self, frame, vm, n):
        if vm.cached:
            n %= vm.cached
        for name, where, fixup, add in vm.writes:
            low, high, size, op, step = vm.vars[name]
            turn = n * step % (high - low + 1)
            value = (high - turn if op == "dec" else low + turn) + add
            at = self.packet.offset(where) + fixup
            frame[at:at + size] = value.to_bytes(size, "big")
        for layer in vm.fixes:
            at = self.packet.layers[layer]
            frame[at + 10:at + 12] = bytes(2)
            frame[at + 10:at + 12] = checksum(bytes(frame[at:at + 20])).to_bytes(2, "big")


class STLProfile:
    def __init__(self, streams):
        self.streams = streams

    def get_streams(self):
        return self.streams

    @staticmethod
    def load_py(python_file, direction=0, port_id=0, **kwargs):
        """As TRex does it: the folder is on the path for the time of the import, a parser that
        ends the program gives None, and whatever else happens is an error of TRex's own."""
        if not os.path.isfile(python_file):
            raise TRexError(f"File '{python_file}' does not exist")
        folder = os.path.dirname(python_file)
        sys.path.insert(0, folder)
        try:
            module = importlib.import_module(os.path.basename(python_file).split(".")[0])
            importlib.reload(module)
            function = module.register().get_streams
            spec = inspect.getfullargspec(function)
            if len(spec.defaults or ()) != len(spec.args) - 1 or spec.varkw is None:
                raise TRexError("get_streams() needs defaults for all arguments, and **kwargs")
            try:
                return STLProfile(function(direction=direction, port_id=port_id, **kwargs))
            except SystemExit:
                return None
        except Exception as err:
            raise TRexError(f"Python Traceback follows: {err!r}") from err
        finally:
            sys.path.remove(folder)


class Clock:
    """Time that passes when someone waits."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Model:
    """What stands behind the client: a clock, ports of a speed, and a router.

    router(port, streams, seconds) -> (packets that leave by the other port, packets that come back
    by this one), where streams is a list of (stream, packets). most_pps is what the software that
    sends can do; beyond it a run takes longer.
    """

    def __init__(self, router, speed_gbps=10, most_pps=1e12, resolved=True):
        self.clock = Clock()
        self.router, self.speed_gbps, self.most_pps = router, speed_gbps, most_pps
        self.resolved = resolved
        self.log = []

    def client(self, **kwargs):
        self.log.append(("connect to", kwargs["server"]))
        return STLClient(self)


class STLClient:
    """The client, with the states that TRex asks for before it does what it is told."""

    def __init__(self, model):
        self.model = model
        self.service, self.captures = set(), {}
        self.resolved = {0, 1} if model.resolved else set()
        self.streams = {0: [], 1: []}
        self.counters = None
        self.running = None

    def connect(self):
        pass

    def disconnect(self):
        self.model.log.append(("disconnect",))

    def reset(self, ports):
        self.service -= set(ports)
        self.remove_all_streams(ports)

    def set_service_mode(self, ports, enabled):
        for port in ports:
            if not enabled and any(port in rx for rx, _ in self.captures.values()):
                raise TRexError(f"unable to disable service mode - an active capture on {port}")
        (self.service.update if enabled else self.service.difference_update)(ports)

    def set_l2_mode(self, port, dst_mac):
        if port not in self.service:
            raise TRexError("port service mode must be enabled for configuring L2 mode")
        self.resolved.add(port)
        self.model.log.append(("l2", port, dst_mac))

    def remove_all_streams(self, ports):
        for port in ports:
            self.streams[port] = []

    def add_streams(self, streams, ports):
        for port in ports:
            self.streams[port] += streams

    def get_port_info(self, ports):
        return [{"index": port, "speed": float(self.model.speed_gbps)} for port in ports]

    def clear_stats(self, ports):
        self.counters = {port: dict.fromkeys(("opackets", "ipackets", "oerrors", "ierrors"), 0)
                         for port in (0, 1)}

    def start(self, ports, mult, duration, force=False):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)pps", mult)
        if not match:
            raise TRexError(f"bad multiplier {mult}")
        for port in ports:
            if port in self.service and not force:
                raise TRexError(f"port(s) [{port}]: cannot be under service mode")
            if port not in self.resolved and not all(s.packet.own_dst for s in self.streams[port]):
                raise TRexError(f"Port {port} dest MAC is invalid")
        self.running = (ports, float(match[1]), duration)

    def _send(self, seconds):
        """What a run of this many seconds sends and receives."""
        ports, pps, duration = self.running
        self.running = None
        really = min(pps, self.model.most_pps / len(ports))
        share = min(1.0, seconds * really / (duration * pps))
        for port in ports:
            scaled = [s for s in self.streams[port] if not s.has_flow_stats()]
            factor = pps / sum(s.mode.rate["value"] for s in scaled)
            sent = [(s, round(share * duration * s.mode.rate["value"] *
                              (1 if s.has_flow_stats() else factor)))
                    for s in self.streams[port]]
            there, back = self.model.router(port, sent, duration)
            for _, (rx, packets) in self.captures.items():
                if {port, 1 - port} <= set(rx) & self.service:
                    packets.append((there, back))
            if self.counters:
                self.counters[port]["opackets"] += sum(n for _, n in sent)
                self.counters[1 - port]["ipackets"] += there
                self.counters[port]["ipackets"] += back

    def wait_on_traffic(self, ports, timeout):
        _, pps, duration = self.running
        takes = duration * max(1.0, pps * len(ports) / self.model.most_pps) + 0.02
        if takes > timeout:
            self.model.clock.sleep(timeout)
            raise TRexTimeoutError(f"operation took more than '{timeout}' seconds")
        self.model.clock.sleep(takes)
        self._send(takes)

    def stop(self, ports):
        self._send(self.running[2] * 2.0)

    def get_stats(self, ports):
        latency = {s.flow_stats.pg_id: {"latency": {"average": 10.0, "total_min": 5,
                                                    "total_max": 20, "jitter": 1}}
                   for port in ports for s in self.streams[port] if s.has_flow_stats()}
        return {**self.counters, "latency": {"global": {}, **latency}}

    def start_capture(self, rx_ports, limit):
        self.captures[1] = (rx_ports, [])
        return {"id": 1}

    def stop_capture(self, capture_id, output):
        _, packets = self.captures.pop(capture_id)
        self.model.log.append(("capture", output, packets))


@contextlib.contextmanager
def installed(model=None):
    """Importing trex_stl_lib.api gives this stand-in for the time of the block, and what stands in
    scripts/trex can be imported. It is forgotten afterwards, as it holds on to the stand-in."""
    api = types.ModuleType("trex_stl_lib.api")
    for thing in (STLTXCont, STLFlowLatencyStats, STLVM, STLPktBuilder, STLStream, STLProfile,
                  TRexError, TRexTimeoutError):
        setattr(api, thing.__name__, thing)
    api.STLError = TRexError
    api.STLClient = model.client if model else None
    package = types.ModuleType("trex_stl_lib")
    package.api = api
    sys.modules |= {"trex_stl_lib": package, "trex_stl_lib.api": api}
    sys.path.insert(0, SCRIPTS)
    try:
        yield api
    finally:
        sys.path.remove(SCRIPTS)
        for name, module in list(sys.modules.items()):
            if module in (api, package) or \
                    os.path.dirname(getattr(module, "__file__", None) or "") == SCRIPTS:
                del sys.modules[name]
