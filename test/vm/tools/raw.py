# SPDX-License-Identifier: GPL-2.0-only
"""Packets and netlink messages that ordinary programs do not send.

raw.py packet …   see packets.py
raw.py fuzz …   see messages.py

The work is in modules, whose compiled form Python keeps.
"""
import sys

if sys.argv[1] == "packet":
    from packets import main

    main(sys.argv[2:])
else:
    from messages import main

    main(sys.argv[1:])
