# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""What the system tests stand on: namespaces, wires, the router under test, expected packets."""
