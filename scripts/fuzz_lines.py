#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Print the lines covered, file by file, of what `llvm-cov export -summary-only` says.

    llvm-cov export … | fuzz_lines.py ROOT

Files below ROOT of which something was reached, and the sum of each of their folders.
"""

import json
import os
import sys


def row(name, lines):
    covered = sum(n for n, _ in lines)
    count = sum(n for _, n in lines)
    return f"  {name:<28} {covered:5} of {count:5} {100 * covered / count:6.1f}"


def rows(report, root):
    folders = {}
    for file in report["data"][0]["files"]:
        lines = file["summary"]["lines"]
        name = os.path.relpath(os.path.normpath(file["filename"]), root)
        if lines["covered"] > 0 and not name.startswith(".."):
            folders.setdefault(os.path.dirname(name), []).append(
                (name, (lines["covered"], lines["count"])))
    for folder, files in sorted(folders.items()):
        yield from (row(name, [lines]) for name, lines in sorted(files))
        yield row(folder + "/", [lines for _, lines in files])


if __name__ == "__main__":
    print(*rows(json.load(sys.stdin), os.path.realpath(sys.argv[1])), sep="\n")
