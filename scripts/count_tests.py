#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""Count test cases in a report: `passed failed skipped`.

A meson test log counts the cases that its cmocka programs name, a program that ended badly
without naming a failed case as one failure. A JUnit file counts its cases.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree


def cases(text, word):
    """The number in cmocka's closing line, `[  PASSED  ] 7 test(s).`"""
    return sum(int(n) for n in re.findall(rf"^\[  {word}  \] (\d+) test", text, re.M))


def count_meson(path):
    passed = failed = skipped = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            text = test.get("stdout", "") + "\n" + test.get("stderr", "")
            bad = cases(text, "FAILED")
            passed += cases(text, "PASSED") or (test["result"] == "OK")
            skipped += cases(text, "SKIPPED") or (test["result"] == "SKIP")
            failed += bad or (test["result"] not in ("OK", "SKIP"))
    return passed, failed, skipped


def count_junit(path):
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: count_tests.py REPORT")
    path = sys.argv[1]
    print(*(count_junit if path.endswith(".xml") else count_meson)(path))


if __name__ == "__main__":
    main()
