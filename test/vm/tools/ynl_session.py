# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel's ynl client sees of the family IPVS_FNAT.

ynl_session.py YNL-DIRECTORY SPEC

Expects one SNAT service with the mark 1, one rule from 192.168.40.0/24 on eth1
and one UDP flow; ends with the rule deleted. Every refused request has to
carry an extended-ack message.
"""
import sys

sys.path.insert(0, sys.argv[1])
from lib import NlError, YnlFamily  # noqa: E402

ynl = YnlFamily(sys.argv[2], "")
SERVICE = {"af": 2, "fwmark": 1}
RULE = {
    "from": "c0a82800", "from-len": 24, "oif": "eth1",
    "pool-min": "01010264", "pool-max": "0101026e", "algo": "random",
}


def refused(why, operation, service=SERVICE, **changes):
    """The request with these attributes changed; None takes one out."""
    rule = {name: value for name, value in {**RULE, **changes}.items() if value is not None}
    request = {"service": service, "rule": rule}
    try:
        ynl.do(operation, {name: value for name, value in request.items() if value})
    except NlError as error:
        message = (error.nl_msg.extack or {}).get("msg")
        assert message, f"{why}: refused with {error.error} but without a message"
        print(f"{why}: {message}")
        return
    raise AssertionError(f"{why}: was not refused")


rules = ynl.dump("rule-get", {})
assert len(rules) == 1, rules
rule = rules[0]["rule"]
assert rules[0]["service"] == SERVICE, rules
assert rule["oif"] == "eth1" and rule["from-len"] == 24 and rule["algo"] == "random", rule
assert bytes(rule["from"]) == bytes([192, 168, 40, 0]), rule
assert rule["stats"]["conns"] == 1, rule
flow, = (entry["flow"] for entry in ynl.dump("flow-get", {}))
assert flow["state"] == "udp" and flow["protocol"] == 17 and flow["fwmark"] == 1, flow
assert ynl.do("info-get", {})["info"]["flows"] == 1
assert ynl.do("ext-stats-get", {})["ext-stats"]["flow-new"] >= 1

refused("the same rule again", "rule-new")
refused("no service", "rule-new", service=None)
refused("an unknown service", "rule-new", service={"af": 2, "fwmark": 9})
refused("a service of another family", "rule-new", service={"af": 10, "fwmark": 1})
refused("a family that is none", "rule-new", service={"af": 3, "fwmark": 1})
refused("no from", "rule-new", **{"from": None})
refused("a prefix over 32", "rule-new", **{"from-len": 33})
refused("bits beyond the prefix", "rule-new", **{"from": "c0a82801"})
refused("a cut address", "rule-new", **{"from": "c0a8"})
refused("an IPv6 pool", "rule-new", oif="eth2", **{"pool-min": "20010db8" + 24 * "0"})
refused("no pool", "rule-new", oif="eth2", **{"pool-min": None})
refused("an inverted pool", "rule-new", oif="eth2", **{"pool-max": "01010201"})
refused("too large a pool", "rule-new", oif="eth2", **{"pool-max": "01020264"})
refused("an unknown device", "rule-new", oif="nodev7")
refused("a long device name", "rule-new", oif="averyveryverylongname")
refused("an edit of no rule", "rule-set", oif="eth2")
refused("a deletion of no rule", "rule-del", oif="eth2")

ynl.do("rule-set", {"service": SERVICE, "rule": {**RULE, "algo": "sh"}})
assert ynl.dump("rule-get", {})[0]["rule"]["algo"] == "sh"
ynl.do("rule-del", {"service": SERVICE, "rule": RULE})
assert ynl.dump("rule-get", {"service": SERVICE}) == []
