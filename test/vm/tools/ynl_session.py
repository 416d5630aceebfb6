# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel's ynl client sees of the family IPVS_FNAT.

ynl_session.py YNL-DIRECTORY SPEC

Expects one SNAT service with the mark 1, one rule from 192.168.40.0/24 on eth1
and one UDP flow; ends with the rule deleted, and without a zone. Every refused
request has to carry an extended-ack message.
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
    refused_request(why, operation, {"service": service, "rule": rule})


def refused_request(why, operation, request):
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

ZONE = {"af": 2, "network": "c0a82800", "length": 24}
OTHER = {"af": 2, "network": "00000000", "length": 0}
FIRST, LAST = "01010264", "01010266"

ynl.do("zone-new", {"zone": OTHER})
ynl.do("zone-new", {"zone": ZONE, "before": OTHER})
ynl.do("laddr-new", {"zone": ZONE, "laddr": {"first": FIRST, "last": LAST}})
rows = ynl.dump("zone-get", {})
assert [row["zone"]["length"] for row in rows] == [24, 24, 24, 24, 0], rows
assert rows[0]["zone"]["total"] == 3 and "laddr" not in rows[0], rows
assert [bytes(row["laddr"]["first"])[3] for row in rows[1:4]] == [100, 101, 102], rows
assert rows[1]["laddr"]["flows"] == 0 and rows[1]["laddr"]["free"] > 0, rows
assert len(ynl.dump("zone-get", {"zone": OTHER})) == 1


def refused_zone(why, operation, zone=ZONE, laddr=None, **changes):
    """The zone with these attributes changed; None takes one out."""
    zone = zone and {name: value for name, value in {**zone, **changes}.items() if value is not None}
    refused_request(why, operation, {"zone": zone, "laddr": laddr})


refused_zone("the same zone again", "zone-new")
refused_zone("no zone", "zone-new", zone=None)
refused_zone("a zone without network", "zone-new", network=None)
refused_zone("a zone without length", "zone-new", length=None)
refused_zone("a family that is none", "zone-new", af=3)
refused_zone("a length over 32", "zone-new", length=33)
refused_zone("bits beyond the length", "zone-new", length=20)
refused_zone("a cut network", "zone-new", network="c0a8")
refused_request("a zone before one that is not there", "zone-new", {"zone": {**ZONE, "length": 25}, "before": {**ZONE, "length": 26}})
refused_request("a zone before one of the other family", "zone-new", {"zone": {**ZONE, "length": 25}, "before": {"af": 10, "network": 32 * "0", "length": 0}})
refused_zone("a deletion of no zone", "zone-del", length=25)
refused_zone("an address of no zone", "laddr-new", length=25, laddr={"first": FIRST})
refused_zone("no address", "laddr-new")
refused_zone("an address again", "laddr-new", laddr={"first": LAST})
refused_zone("a range with one that is there", "laddr-new", laddr={"first": "01010260", "last": FIRST})
refused_zone("an inverted range", "laddr-new", laddr={"first": LAST, "last": FIRST})
refused_zone("too large a range", "laddr-new", laddr={"first": FIRST, "last": "01020264"})
refused_zone("an address of the other family", "laddr-new", laddr={"first": "20010db8" + 24 * "0"})
refused_zone("no unicast address", "laddr-new", laddr={"first": "e0000001"})
refused_zone("a deletion of no address", "laddr-del", laddr={"first": "01010267"})
refused_zone("a deletion of a range with one that is not there", "laddr-del", laddr={"first": FIRST, "last": "01010267"})
try:
    ynl.dump("zone-get", {"zone": {**ZONE, "length": 25}})
    raise AssertionError("a list of no zone was not refused")
except NlError as error:
    assert error.error == -3 or error.error == 3, error

ynl.do("laddr-del", {"zone": ZONE, "laddr": {"first": FIRST, "last": "01010265"}})
assert [bytes(row["laddr"]["first"])[3] for row in ynl.dump("zone-get", {"zone": ZONE})[1:]] == [102]
ynl.do("zone-del", {"zone": ZONE})
ynl.do("zone-del", {"zone": OTHER})
assert ynl.dump("zone-get", {}) == []
