# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Nothing but packets that are too big: each is answered, none is forwarded."""

import mtud_stl


class Ptb:
    """A stream for each IP version over the narrow routes."""

    def get_streams(self, direction=0, tunables=(), **kwargs):
        parser = mtud_stl.parser_of(__file__, __doc__, (6, 4))
        mtud_stl.add_family(parser)
        mtud_stl.add_size(parser, 1518)
        mtud_stl.add_mtu(parser)
        args = mtud_stl.parsed(parser, tunables)
        parts = []
        for version in mtud_stl.families(args):
            mtud_stl.check_size(parser, version, args.size, narrow=True, mtu=args.mtu)
            parts.append(mtud_stl.Part(f"{mtud_stl.TOO_BIG} {version}", version, args.size,
                                       narrow=True))
        return mtud_stl.streams(parser, args, direction, kwargs.get("port_id", direction), parts)


def register():
    return Ptb()
