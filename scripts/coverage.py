#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Lines that were run, by library and in total, out of gcovr's summary:

coverage.py SUMMARY.json [PERCENT]

Status 1 when it is less than PERCENT of all."""

import collections
import json
import sys


def by_library(files):
    """Library -> [lines, of them run]; tests and fuzzers are no part of it."""
    lines = collections.defaultdict(lambda: [0, 0])
    for entry in files:
        folders = entry["filename"].split("/")
        if folders[0] != "lib" or len(folders) != 3 or folders[2].startswith(("test_", "fuzz_")):
            continue
        lines[folders[1]][0] += entry["line_total"]
        lines[folders[1]][1] += entry["line_covered"]
    return lines


def percent(total, covered):
    return 100 * covered / total if total else 0.0


def main(path, least="0"):
    with open(path, encoding="utf-8") as text:
        lines = by_library(json.load(text)["files"])
    print(f"{'Library':10}{'Lines':>7}{'Run':>7}{'%':>7}")
    for name, (total, covered) in sorted(lines.items()):
        print(f"{name:10}{total:7}{covered:7}{percent(total, covered):7.1f}")
    total = sum(counts[0] for counts in lines.values())
    covered = sum(counts[1] for counts in lines.values())
    print(f"{'lib':10}{total:7}{covered:7}{percent(total, covered):7.1f}")
    return percent(total, covered) < float(least)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
