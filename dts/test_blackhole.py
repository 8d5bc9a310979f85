# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The black hole of a tunnel user: small pages load, a large one hangs, because a hop beyond mtud
drops what is above 1400 octets and says nothing. `mss` on mtud's route cures it."""

import http.server
import os
import threading

import pytest

from lab.lab import A, A4, B, B4, R4_A, R4_B, R_A, R_B
from lab.mtud import Mtud
from lab.netns import Namespace, link_up, silence, veth
from lab.relay import Relay

LARGEST = 1400
PAGE = bytes(i * 7 & 0xff for i in range(100000))
# family -> (address of the page, prefix of its route, next hop, MSS for 1400, URL)
PAGES = {4: ("198.18.15.1", "198.18.15.0/24", B4, 1360, "http://198.18.15.1:8080"),
         6: ("2001:db8:1500::1", "2001:db8:1500::/48", B, 1340, "http://[2001:db8:1500::1]:8080")}


class Pages(http.server.BaseHTTPRequestHandler):
    """/version is small, / is large."""

    def do_GET(self):  # noqa: N802, the name that http.server asks for
        body = b"2.2.0" if self.path == "/version" else PAGE
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that gave up is what the tests are about


class Path:
    """client -- mtud -- a hop that drops what is above 1400 octets -- server"""

    def __init__(self, binary):
        self.client, self.router, self.middle, self.server = (
            Namespace(n) for n in ("client", "r", "middle", "server"))
        veth(self.client, "eth0", "02:00:00:00:0a:02", self.router, "port0", "02:00:00:00:0a:01")
        veth(self.middle, "left", "02:00:00:00:0c:01", self.router, "port1", "02:00:00:00:0b:01")
        veth(self.server, "eth0", "02:00:00:00:0b:02", self.middle, "right", "02:00:00:00:0c:02")
        for ns, iface in ((self.router, "port0"), (self.router, "port1"), (self.middle, "left"),
                          (self.middle, "right")):
            silence(ns, iface)
            link_up(ns, iface)
        for ns, addrs, routers in (
                (self.client, [f"{A4}/24", f"{A}/64"], (R4_A, R_A)),
                (self.server, [f"{B4}/24", f"{B}/64", "198.18.15.1/32", "2001:db8:1500::1/128"],
                 (R4_B, R_B))):
            # Linux could find the black hole by itself, given time; by default it does not.
            ns.run("sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0", "net.ipv4.tcp_mtu_probing=0")
            link_up(ns, "eth0")
            for addr in addrs:
                ns.run("ip", "addr", "add", addr, "dev", "eth0",
                       *(["nodad"] if ":" in addr else []))
            for router in routers:
                ns.run("ip", "route", "add", "default", "via", router)
        self.relay = Relay(self.middle, "left", "right", LARGEST)
        self.httpd = []
        for address in ("0.0.0.0", "::"):
            self.serve(address)
        config = [f"add address {R4_A}/24 port 0", f"add address {R_A}/64 port 0",
                  f"add address {R4_B}/24 port 1", f"add address {R_B}/64 port 1"]
        config += [f"add route {prefix} via {hop}" for _, prefix, hop, _, _ in PAGES.values()]
        self.mtud = Mtud(binary, self.router, [f"net_af_packet{i},iface=port{i}" for i in (0, 1)],
                         config)

    def serve(self, address):
        class Family(Server):
            address_family = 10 if ":" in address else 2

            def server_bind(self):
                if ":" in address:
                    self.socket.setsockopt(41, 26, 1)  # IPPROTO_IPV6, IPV6_V6ONLY
                super().server_bind()

        with self.server:
            httpd = Family((address, 8080), Pages)
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        self.httpd.append(httpd)

    def get(self, url, seconds):
        """Fetch with curl: (its status, octets of the page)."""
        path = os.path.join(self.mtud.dir, "page")
        if os.path.exists(path):
            os.unlink(path)
        status = self.client.run("sh", "-c", f"curl -s -g -m {seconds} -o {path} '{url}'; echo $?")
        body = b""
        if os.path.exists(path):
            with open(path, "rb") as page:
                body = page.read()
        return int(status), body

    def close(self, check=True):
        for httpd in self.httpd:
            httpd.shutdown()
            httpd.server_close()
        self.relay.close()
        try:
            if check:
                self.mtud.stop()
        finally:
            self.mtud.remove()
            for ns in (self.client, self.router, self.middle, self.server):
                ns.close()


@pytest.fixture(scope="module")
def path(binary):
    bench = Path(binary)
    try:
        bench.mtud.wait_ready()
        # Until neighbors are known and mtud's own addresses are checked.
        for _, _, _, _, url in PAGES.values():
            status, body = bench.get(f"{url}/version", 20)
            assert (status, body) == (0, b"2.2.0"), bench.mtud.report()
        yield bench
    except BaseException:
        bench.close(check=False)
        raise
    bench.close()


@pytest.fixture
def lab(path):
    """For the report of a failed test: the mtud under test."""
    return path


@pytest.mark.parametrize("family", PAGES, ids=["ipv4", "ipv6"])
def test_mss_cures_a_black_hole(lab, family):
    """A large page hangs in the black hole and loads once mtud lowers the MSS.

    Steps: fetch a small and a large page through mtud and a hop that drops what is above 1400
    octets in silence; give the route `mss max`, `mss clamp` with mtu 1400, and `mss set`, and
    fetch the large page with each; take the option away, and fetch it once more.
    Verify: the small page loads, of the large one nothing arrives but headers while the hop drops
    again and again; with each option it loads whole, and the hop has nothing more to drop than
    what the one that hung still sends; without it hangs again.
    """
    _, prefix, hop, mss, url = PAGES[family]
    plain = f"add route {prefix} via {hop}"

    def hangs():
        before = lab.relay.dropped
        status, body = lab.get(url, 1.5)
        assert status == 28 and body != PAGE  # 28: curl's time is up
        assert lab.relay.dropped - before >= 2

    assert lab.get(f"{url}/version", 10) == (0, b"2.2.0")
    hangs()
    for words in (f"mss max {mss}", f"mtu {LARGEST} mss clamp", f"mss set {mss}"):
        with lab.mtud.having(f"{plain} {words}", plain):
            before = lab.relay.dropped
            status, body = lab.get(url, 20)
            assert status == 0 and body == PAGE
            route = next(r for r in lab.mtud.json("show route") if r["prefix"] == prefix)
            assert route["mss_rewritten"] >= 1
            assert lab.relay.dropped - before <= 3
    hangs()
