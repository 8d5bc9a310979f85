# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The benchmark's pictures, by gnuplot, as SVG and PNG."""

import os
import subprocess

COLOURS = {"testpmd io": "#bbbbbb", "testpmd io dense": "#dddddd", "testpmd macswap": "#999999",
           "testpmd io hot": "#cccccc", "l3fwd lpm": "#cc8963", "l3fwd fib": "#e5b48f",
           "l3fwd lpm dense": "#8c5a3c", "mtud IPv6 only": "#aaccbb", "mtud IPv4 only": "#77aa99",
           "mtud all fit": "#aaccbb", "mtud changing": "#66aa55", "mtud before": "#88ccee",
           "mtud": "#4477aa"}
TERMINALS = {"svg": 'svg size {},{} font "sans,13" background "white"',
             "png": 'pngcairo size {},{} font "sans,10"'}
BAR, TOP_AND_BOTTOM = 19, 130  # pixels
PROGRAM_STYLES = {"testpmd io": (5, "testpmd io"), "l3fwd lpm": (9, "l3fwd lpm"),
                  "l3fwd fib": (11, "l3fwd fib"), "mtud": (7, "mtud")}
LINE_COLOURS = {"testpmd io": "#888888", "l3fwd lpm": "#cc6633", "l3fwd fib": "#e0a060",
                "mtud": "#2255aa"}
DASHES = (1, 2, 4, 5)


def plot(base, width, height, script):
    """Run gnuplot for base.svg and base.png; return the paths."""
    paths = []
    for suffix, terminal in TERMINALS.items():
        paths.append(f"{base}.{suffix}")
        whole = [f"set terminal {terminal.format(width, height)}", f'set output "{paths[-1]}"',
                 *script, ""]
        subprocess.run(["gnuplot"], input="\n".join(whole), text=True, check=True)
    return paths


def works_script(works):
    """Height, and a group of bars for each work, one for each program: the fast tenth, the median
    as a dot in it, the number and the ratio to testpmd io behind it."""
    blocks = {name: [] for name in COLOURS}
    tics, at = [], 0
    fastest = max(r["mpps_fast_tenth"] for programs in works.values() for r in programs.values())
    for work, programs in works.items():
        tics.append(f'"{work}" {at + (len(programs) - 1) / 2}')
        for name, r in programs.items():
            label = f"{r['mpps_fast_tenth']:.1f}"
            if name != "testpmd io":
                label += f" ({r['ratio_to_io_fast_tenth']:.2f})"
            blocks[name].append(f'{at} {r["mpps_fast_tenth"]} {r["mpps_median"]} "{label}"')
            at += 1
        at += 1
    script = ['set title "Mpps of one worker: fast tenth (bar, ratio to testpmd io), median (dot)"',
              f"set ytics nomirror scale 0 ({', '.join(tics)})",
              f"set yrange [{at - 1}:-1]", f"set xrange [0:{1.18 * fastest}]",
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
    return TOP_AND_BOTTOM + BAR * at, script + ["plot " + ", \\\n  ".join(plots)]


def groups(points):
    """Sweep's points by group, in the order they came."""
    found = {}
    for point in points:
        found.setdefault(point["group"], []).append(point)
    return found


def sweep_script(title, axis, points):
    """A line for each program and group: colour and point say the program, dashes the group."""
    xs = sorted({point["x"] for point in points})
    fastest = max(r["mpps_fast_tenth"] for p in points for r in p["programs"].values())
    tics = ", ".join(f'"{x:,}" {x}' for x in xs)
    script = [f'set title "Mpps by {title}: fast tenth"', f'set xlabel "{axis}"',
              f"set xtics ({tics})", f"set yrange [0:{1.05 * fastest}]", "set grid",
              "set border 3", "set key outside right center vertical",
              f"set xrange [{xs[0] / 1.1}:{xs[-1] * 1.1}]"]
    if xs[-1] > 20 * xs[0] or len(xs) > 4:
        script.append("set logscale x")
    plots = []
    for n, (group, its) in enumerate(groups(points).items()):
        for name in its[0]["programs"]:
            block = f"$p{len(plots)}"
            script += [f"{block} << END",
                       *(f"{p['x']} {p['programs'][name]['mpps_fast_tenth']}" for p in its), "END"]
            shape, words = PROGRAM_STYLES[name]
            plots.append(f"{block} using 1:2 with linespoints lw 2 pt {shape} ps 0.8 "
                         f"dt {DASHES[n % len(DASHES)]} lc rgb '{LINE_COLOURS[name]}' "
                         f"title '{words}, {group}'")
    return script + ["plot " + ", \\\n  ".join(plots)]


def draw(base, works, sweeps, titles):
    """All pictures of what was measured: base.* of the works, base-SWEEP.* of each sweep. titles
    has title and axis by sweep. Return the paths."""
    paths = []
    if works:
        height, script = works_script(works)
        paths += plot(base, 820, height, script)
    for name, points in sweeps.items():
        paths += plot(f"{base}-{name}", 820, 420, sweep_script(*titles[name], points))
    return [os.path.relpath(path) for path in paths]
