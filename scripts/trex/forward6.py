# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""IPv6/UDP that fits, for a sweep over frame sizes."""

import mtud_stl


class Forward6:
    """One stream of IPv6 over the wide routes."""

    def get_streams(self, direction=0, tunables=(), **kwargs):
        parser = mtud_stl.parser_of(__file__, __doc__, (6,))
        mtud_stl.add_size(parser, 82)
        mtud_stl.add_latency(parser)
        args = mtud_stl.parsed(parser, tunables)
        mtud_stl.check_size(parser, 6, args.size)
        return mtud_stl.streams(parser, args, direction, kwargs.get("port_id", direction),
                                [mtud_stl.Part("fits", 6, args.size)])


def register():
    return Forward6()
