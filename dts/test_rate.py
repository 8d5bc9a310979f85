# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The limit on answers: rows P11, P19 and P21 of the packet table (README.md)."""

import time

import pytest

from lab import expect
from lab.expect import TOO_BIG, udp
from lab.lab import A, ADDRESSES, CONFIG, FAR, FAR_1280, NEIGHBORS, ROUTES, Lab


def ptb(lab, packet, **kwargs):
    """The Packet Too Big that A gets."""
    return lab.error_to_a(TOO_BIG, 0, 1280, packet, **kwargs)


def set_rate(lab, rate, burst):
    """A fresh bucket, full."""
    lab.mtud.do(f"set icmp rate {rate} burst {burst}")


def flood(lab, frame, count, every_s=0.0):
    """Send one frame `count` times; return (answers, seconds it took)."""
    start = time.monotonic()
    answers = []
    for i in range(count):
        lab.a.send(frame)
        if every_s:
            time.sleep(max(0, start + (i + 1) * every_s - time.monotonic()))
        elif i % 50 == 49:
            answers += lab.exchange()[0]
    answers += lab.exchange()[0]
    return answers, time.monotonic() - start


@pytest.fixture
def limited(lab):
    """The lab, its limit switched off again afterwards."""
    yield lab
    set_rate(lab, 0, 1)


# A worker that does not run for a moment finds its bucket full, no fuller: a bucket of one is then
# short of answers, one of 40 has room for 200 ms.
@pytest.mark.parametrize("rate,burst,least", [(20, 10, 0.5), (200, 40, 0.5), (200, 1, 0.02)])
def test_p11_token_bucket(limited, rate, burst, least):
    """No more answers than burst + rate x time, and not many fewer.

    Steps: set icmp rate and burst; send 1000 too big packets over a second; send packets that
    fit meanwhile.
    Verify: the answers lie within the bucket, the rest is counted as held_rate, all packets are
    dropped as too_big, and what fits is forwarded.
    """
    lab, count = limited, 1000
    set_rate(lab, rate, burst)
    packet = udp(A, FAR_1280, 1300)
    answers, seconds = flood(lab, lab.from_a(packet), count, every_s=0.001)
    for frame in answers:
        expect.assert_frame(frame, ptb(lab, packet))
    assert len(answers) <= burst + 1 + rate * (seconds + 0.05)
    assert len(answers) >= burst + least * rate * (seconds - 0.2)
    assert lab.drops() == {"too_big": count}
    assert lab.icmp() == {"sent_packet_too_big": len(answers), "held_rate": count - len(answers)}
    good = lab.from_a(udp(A, FAR_1280, 1280))
    lab.check(a_in=[good] * 50, b_out=[lab.to_b(good)] * 50, drops={}, icmp={})


def test_p11_two_workers(binary):
    """The rate is mtud's, not each worker's.

    Steps: two workers, rate 100, burst 10; 2400 too big packets of 8 flows over some seconds.
    Verify: no more answers than burst + rate x time and one for each worker's reserve.
    """
    config = ["set icmp rate 100 burst 10", *CONFIG[1:]]
    with Lab(binary, config, queues=2, lcores="0@0,1@0,2@1", memory_mb=1024) as lab:
        flows = [lab.from_a(udp(A, FAR_1280, 1300, sport=port)) for port in range(8)]
        lab.clear()
        start = time.monotonic()
        for _ in range(300):
            lab.a.send(*flows)
            time.sleep(0.01)
        time.sleep(0.2)
        seconds = time.monotonic() - start
        answers = len(lab.a.drain())
        assert 10 + 50 * (seconds - 0.4) <= answers <= 10 + 100 * seconds + 2
        assert lab.icmp() == {"sent_packet_too_big": answers, "held_rate": 2400 - answers}


def test_p11_every_kind_of_error(limited):
    """The bucket holds for all errors together.

    Steps: a bucket of 5 that hardly refills; 20 packets each of four kinds of error.
    Verify: 5 or 6 answers (a source's first one comes from the reserve).
    """
    lab = limited
    set_rate(lab, 1, 5)
    kinds = [udp(A, FAR_1280, 1300), udp(A, "2001:db9::1", 100), udp(A, FAR, 100, hop_limit=1),
             udp(A, "2001:db8:f0b1::1", 100)]
    got, _ = lab.exchange(a=[lab.from_a(p) for p in kinds] * 20)
    assert 5 <= len(got) <= 7
    assert lab.icmp()["held_rate"] == 80 - len(got)


def test_p11_on_by_default(binary):
    """There is a limit without any configuration.

    Steps: without `set icmp rate`, send too big packets as fast as possible until some are held
    back, for half a minute at most.
    Verify: some are answered, some are held back and counted.
    """
    with Lab(binary, [*ADDRESSES, *NEIGHBORS, *ROUTES], vdev_args=",framecnt=8192",
             memory_mb=1024) as lab:
        frame = lab.from_a(udp(A, FAR_1280, 1300))
        end = time.monotonic() + 30
        while "held_rate" not in lab.icmp() and time.monotonic() < end:
            # What has waited is taken in at once, however slow the sender.
            lab.mtud.pause()
            lab.a.send(*[frame] * 4000)
            lab.mtud.resume()
            lab.exchange()
        icmp = lab.icmp()
        assert icmp["sent_packet_too_big"] > 0
        assert icmp["held_rate"] > 0
        assert sum(icmp.values()) == lab.drops()["too_big"]


def test_p11_rate_0_is_off(lab):
    """Rate 0 switches the limit off, as operators of mirrors want it.

    Steps: rate 0 (the lab's setting), 2000 too big packets.
    Verify: 2000 answers.
    """
    answers, _ = flood(lab, lab.from_a(udp(A, FAR_1280, 1300)), 2000)
    assert len(answers) == 2000
    assert lab.icmp() == {"sent_packet_too_big": 2000}


def test_p19_fair_between_sources(limited):
    """One source's flood does not take the answer of another's first packet.

    Steps: a rate of 10; one source floods; meanwhile, now and then, a new source from
    another prefix sends its first too big packet.
    Verify: each of the new sources is answered.
    """
    lab = limited
    set_rate(lab, 10, 5)
    flood_frame = lab.from_a(udp(A, FAR_1280, 1300))
    for i in range(8):
        src = f"2001:db8:aaaa:{i + 1:x}::1"
        packet = udp(src, FAR_1280, 1300)
        for _ in range(8):
            lab.a.send(*[flood_frame] * 10)
            time.sleep(0.05)
        got, _ = lab.exchange(a=[flood_frame, lab.from_a(packet), flood_frame])
        mine = [f for f in got if f[14 + 24:14 + 40] == expect.packed(src)]
        expect.assert_frames(mine, [ptb(lab, packet, dst=src)])
    assert lab.icmp()["held_rate"] > 400


def test_p21_a_sender_that_ignores_ptb(limited):
    """Every too big packet of a flow is dropped, forever, and answered up to the bucket.

    Steps: rate 100, burst 10; 500 packets of one flow.
    Verify: none forwarded, all counted by too_big, the route's own counter included.
    """
    lab = limited
    set_rate(lab, 100, 10)
    before = route_count(lab, "2001:db8:1280::/48")
    answers, _ = flood(lab, lab.from_a(udp(A, FAR_1280, 1400)), 500)
    assert lab.drops() == {"too_big": 500}
    assert len(answers) == lab.icmp()["sent_packet_too_big"] >= 10
    assert route_count(lab, "2001:db8:1280::/48") - before == 500


def route_count(lab, prefix):
    for route in lab.mtud.json("show route"):
        if route["prefix"] == prefix:
            return route["too_big"]
    raise AssertionError(f"no route {prefix} in show route json")
