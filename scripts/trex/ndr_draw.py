# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The picture of a search, by gnuplot: SVG and PNG."""

import subprocess

TERMINALS = {"svg": 'svg size {w},{h} font "sans,13" background "white"',
             "png": 'png size {w},{h} font "sans,11"'}


def label(result):
    """What stands on a bar."""
    if result["mpps"] is None:
        return "none"
    return f"{result['mpps']:.3g}\\n{100 * result['of_line']:.3g} % of line"


def script(path, kind, title, results):
    """gnuplot's commands for one file: a bar for each frame size, the line's rate as a dash."""
    rows = [f'{n} {r["mpps"] or 0} {r["line_mpps"]} "{label(r)}"' for n, r in enumerate(results)]
    tics = ", ".join(f'"{r["octets"]:.0f}" {n}' for n, r in enumerate(results))
    highest = max(max(r["mpps"] or 0 for r in results), 1e-6)
    return "\n".join([
        "set terminal " + TERMINALS[kind].format(w=260 + 70 * len(results), h=420),
        f'set output "{path}"',
        f'set title "{title}"', 'set xlabel "octets of a frame"', 'set ylabel "Mpps without loss"',
        f"set xtics nomirror scale 0 ({tics})", f"set xrange [-0.7:{len(results) - 0.3}]",
        # A line far above all bars would leave nothing of them to see.
        f"set yrange [0:{1.25 * highest}]",
        "set style fill solid", "set boxwidth 0.7", "set grid ytics", "set border 3",
        "set key outside bottom center horizontal",
        "$r << END", *rows, "END",
        "plot $r using 1:2 with boxes lc rgb '#4477aa' title 'measured', \\",
        "  $r using ($1-0.45):3:(0.9):(0) with vectors nohead lw 2 lc rgb '#999999' "
        "title 'line rate', \\",
        "  $r using 1:2:4 with labels offset 0,1.5 font ',10' notitle", ""])


def draw(name, title, results):
    """Write NAME.svg and NAME.png; return their paths."""
    paths = []
    for kind in TERMINALS:
        paths.append(f"{name}.{kind}")
        subprocess.run(["gnuplot"], input=script(paths[-1], kind, title, results), text=True,
                       check=True)
    return paths
