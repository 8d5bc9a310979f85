# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's picture, by gnuplot."""

import subprocess

COLOURS = {"testpmd io": "#bbbbbb", "testpmd io dense": "#dddddd", "testpmd macswap": "#999999",
           "mtud before": "#88ccee", "mtud": "#4477aa"}
BAR, TOP_AND_BOTTOM = 19, 120  # pixels


def draw(path, results):
    """A group of bars for each work, one for each program: the fast tenth, the median as a dot in
    it, both numbers and the ratio to testpmd io behind it."""
    blocks = {name: [] for name in COLOURS}
    tics, at = [], 0
    fastest = max(r["mpps_fast_tenth"] for programs in results.values() for r in programs.values())
    for work, programs in results.items():
        tics.append(f'"{work}" {at + (len(programs) - 1) / 2}')
        for name, r in programs.items():
            label = f"{r['mpps_fast_tenth']:.1f}"
            if name != "testpmd io":
                label += f" ({r['ratio_to_io_fast_tenth']:.2f})"
            blocks[name].append(f'{at} {r["mpps_fast_tenth"]} {r["mpps_median"]} "{label}"')
            at += 1
        at += 1
    script = [f'set terminal svg size 760,{TOP_AND_BOTTOM + BAR * at} font "sans,13" '
              'background "white"',
              f'set output "{path}"',
              'set title "Mpps of one worker: fast tenth (bar, ratio to testpmd io), median (dot)"',
              f"set ytics nomirror scale 0 ({', '.join(tics)})",
              f"set yrange [{at - 1}:-1]", f"set xrange [0:{1.15 * fastest}]",
              "set style fill solid", "set grid xtics", "set border 3",
              "set key outside bottom center horizontal"]
    plots = []
    for n, (name, rows) in enumerate(blocks.items()):
        if not rows:
            continue
        script += [f"$p{n} << END", *rows, "END"]
        plots += [f"$p{n} using 2:1:(0):2:($1-0.45):($1+0.45) with boxxyerror "
                  f"lc rgb '{COLOURS[name]}' title '{name}'",
                  f"$p{n} using 3:1 with points pt 7 ps 0.4 lc rgb '#222222' notitle",
                  f"$p{n} using 2:1:4 with labels left offset 0.5,0 font ',10' notitle"]
    script += ["plot " + ", \\\n  ".join(plots), ""]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)
