# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Simple IMIX of both IP versions: 7 small, 4 middling and 1 large frame of 12."""

import argparse

import mtud_stl

SIZES = (0, 594, 1518)  # 0 is the smallest of its IP version


def weights(text):
    """Three numbers with colons between, for argparse."""
    numbers = [float(number) for number in text.split(":")]
    if len(numbers) != len(SIZES) or min(numbers) < 0 or sum(numbers) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no three weights like 7:4:1")
    return numbers


def share(text):
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share between 0 and 1")
    return number


class Imix:
    """A stream for each IP version and size over the wide routes."""

    def get_streams(self, direction=0, tunables=(), **kwargs):
        parser = mtud_stl.parser_of(__file__, __doc__, (6, 4))
        parser.add_argument("--weights", type=weights, default="7:4:1",
                            help="of small, middling and large frames")
        parser.add_argument("--share6", type=share, default=0.5, help="of IPv6 in all packets")
        mtud_stl.add_latency(parser)
        args = mtud_stl.parsed(parser, tunables)
        parts = [mtud_stl.Part(f"fits {version} {size or 'small'}", version,
                               size or mtud_stl.smallest(version), weight * of_all)
                 for version, of_all in ((6, args.share6), (4, 1 - args.share6))
                 for size, weight in zip(SIZES, args.weights) if weight * of_all > 0]
        return mtud_stl.streams(parser, args, direction, kwargs.get("port_id", direction), parts)


def register():
    return Imix()
