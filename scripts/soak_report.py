# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The soak's end: what is flat, the table, the CSV and the picture."""

import csv
import statistics

import bench_draw

# The first tenth is for buffers that are touched for the first time, and tables that are made.
WARM_UP = 0.1
# What may be more at the end than at the beginning: a part of it, and so much besides. How many
# clients and packets are there at a moment is chance, and a page of EAL's memory is resident from
# its first use on, which for some of them is a rare moment.
TOLERANCES = {"rss_mb": ("Resident memory, MB", 0.05, 4),
              "pss_mb": ("Its own share (PSS), MB", 0.05, 4),
              "own_mb": ("Resident without EAL's, MB", 0.02, 1),
              "heap_mb": ("EAL's heap in use, MB", 0.02, 1),
              "descriptors": ("File descriptors", 0, 5), "threads": ("Threads", 0, 2),
              "buffers_receive": ("Receive buffers in use", 0.1, 250),
              "buffers_reply": ("Reply buffers in use", 0.1, 250),
              "buffers_fragment": ("Fragment buffers in use", 0.1, 250),
              "buffers_control": ("Control buffers in use", 0.1, 250)}
MEMORY = tuple(key for key in TOLERANCES if key.endswith("_mb"))


def quarters(rows, key):
    """Medians of the first and the last quarter behind the warm-up."""
    rows = rows[int(len(rows) * WARM_UP):]
    part = max(1, len(rows) // 4)
    return tuple(statistics.median(row[key] for row in some)
                 for some in (rows[:part], rows[-part:]))


def compare(rows, without=()):
    """[(what, first, last, limit, is flat)]: less at the end is flat, too."""
    found = []
    for key, (name, share, besides) in TOLERANCES.items():
        if key in without:
            continue
        first, last = quarters(rows, key)
        limit = first * (1 + share) + besides
        found.append((name, first, last, limit, last <= limit))
    return found


def show(compared):
    print(f"\n  {'':<28}{'first quarter':>15}{'last quarter':>15}{'at most':>12}")
    for name, first, last, limit, flat in compared:
        print(f"  {name:<28}{first:>15.1f}{last:>15.1f}{limit:>12.1f}  "
              f"{'flat' if flat else 'GROWS'}")


def write_csv(path, rows):
    keys = list(dict.fromkeys(key for row in rows for key in row))
    with open(path, "w", encoding="ascii", newline="") as out:
        writer = csv.DictWriter(out, keys, restval=0)
        writer.writeheader()
        writer.writerows({key: round(value, 3) for key, value in row.items()} for row in rows)


def panels(rows):
    """(title, axis, [(key, name)]) of each small picture."""
    reasons = sorted((key for key in rows[-1] if key.startswith("drop_")),
                     key=lambda key: -sum(row.get(key, 0) for row in rows))[:5]
    return (
        ("Memory", "MB", (("heap_mb", "EAL's heap in use"), ("rss_mb", "resident"),
                          ("pss_mb", "PSS"), ("own_mb", "without EAL's"))),
        ("Descriptors and threads", "number", (("descriptors", "descriptors"),
                                               ("threads", "threads"))),
        ("Buffers in use", "buffers", tuple((f"buffers_{kind}", kind) for kind in (
            "receive", "reply", "fragment", "control", "other"))),
        ("Neighbors", "neighbors", (("neighbors", "known or asked for"),)),
        ("Traffic", "packets/s", (("rx_pps", "received"), ("tx_pps", "sent"))),
        ("Drops, by reason", "packets/s", tuple((key, key[5:].replace("_", " "))
                                                for key in reasons)),
        ("A good flow of 1000 packets/s", "packets/s", (("good_sent", "sent"),
                                                        ("good_lost", "lost"))))


COLOURS = ("#2255aa", "#cc6633", "#66aa55", "#8855aa", "#888888")


def script(rows):
    """gnuplot's: the panels one below the other, over one axis of time."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["$data << END", *(" ".join(f"{row.get(key, 0):.3f}" for key in columns)
                               for row in rows), "END",
             "set multiplot layout 7,1", "set lmargin 11", "set rmargin 22", "set tmargin 1.6",
             "set bmargin 2.4", "set border 3", "set tics nomirror", "set grid",
             "set key outside right center vertical Left reverse samplen 1",
             f"set xrange [0:{rows[-1]['seconds'] / 60:.3f}]"]
    at = {key: n + 1 for n, key in enumerate(columns)}
    for title, axis, series in panels(rows):
        lines += [f'set title "{title}" offset 0,-0.6', f'set ylabel "{axis}"',
                  f'set xlabel "{"minutes" if title.startswith("A good") else ""}" offset 0,0.5',
                  "set yrange [0:*]",
                  "plot " + ", ".join(
                      f"$data using (${at['seconds']}/60):{at[key]} with lines lw 1.2 "
                      f"lc rgb '{COLOURS[n]}' title \"{name}\""
                      for n, (key, name) in enumerate(series))]
    return lines + ["unset multiplot"]


def draw(base, rows):
    return bench_draw.plot(base, 860, 1120, script(rows))
