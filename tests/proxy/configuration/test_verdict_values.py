"""Quantities, addresses as old Go read them, and feature gates."""

from __future__ import annotations

import pytest

from kpl.golang.values import GoError
from kpl.proxy.configuration.verdict.gates import Gate, Switches, gates_of
from kpl.proxy.configuration.verdict.quantity import quantity_value
from kpl.proxy.configuration.verdict.sloppy import family_of, ip_of, is_dual_stack, network_of, with_port
from kpl.proxy.configuration.verdict.values import TooBigError
from kpl.text.version import Version

NEW, OLD = Version("1.37"), Version("1.22")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1Ki", 1024),
        ("1.5Ki", 1536),
        ("1k", 1000),
        ("2e3", 2000),
        ("2E3", 2000),
        ("1E", 10**18),
        ("1n", 1),
        ("-1n", -1),
        ("-1m", -1),
        ("+", 0),
        (".", 0),
        ("007", 7),
        ("1e19", 0),
        ("16Ei", 2**63 - 1),
        ("18446744073709551616", 0),
        ("1e-30", 1),
        ("-1e-30", 1),
        ("9223372036854775807", 2**63 - 1),
        ("1e4294967296", 1),
    ],
)
def test_quantities(text: str, value: int) -> None:
    assert quantity_value(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must match"),
        ("a", "must match"),
        ("1 k", "must match"),
        ("1KiB", "must match"),
        ("1ki", "suffix"),
        ("+Pi", "numeric part"),
        ("-.Pi", "numeric part"),
        ("1e99999999999999999999", "suffix"),
    ],
)
def test_no_quantities(text: str, message: str) -> None:
    with pytest.raises(GoError, match=message):
        quantity_value(text)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("1e19", 1),
        ("-1e19", -1),
        ("18446744073709551616", 1),
        ("1e-100001", 1),
        ("0e5", 0),
        ("0.00", 0),
        (".", 0),
        ("1.5e-2147483648", 1),
    ],
)
def test_quantities_since_1_38(text: str, sign: int) -> None:
    assert quantity_value(text, saturates=True) == sign


def test_no_quantity_since_1_38() -> None:
    with pytest.raises(GoError, match="suffix"):
        quantity_value("1e-2147483648", saturates=True)


@pytest.mark.parametrize(
    "text", ["1e-100001", "921e3372036854775808", "1234567890123456789e100001", "-1234567890123456789e2000000000"]
)
def test_quantities_that_kube_proxy_computes_for_minutes(text: str) -> None:
    with pytest.raises(TooBigError, match="exponent beyond 100,000"):
        quantity_value(text)


@pytest.mark.parametrize(
    ("text", "sloppy", "strict"),
    [
        ("1.2.3.4", True, True),
        ("01.2.3.004", True, False),
        ("1.2.3.256", False, False),
        ("1.2.3", False, False),
        ("1.2.3.4.5", False, False),
        ("::", True, True),
        ("::1", True, True),
        ("1::", True, True),
        ("00001::", True, False),
        ("1:2:3:4:5:6:7:8", True, True),
        ("1:2:3:4:5:6:7:8:9", False, False),
        ("1:2:3:4:5:6:7::", True, True),
        ("1::2::3", False, False),
        ("1:2:3:4:5:6:7:8::", False, False),
        ("::ffff:1.2.3.4", True, True),
        ("::1.2.3.4:5", False, False),
        ("1:2:3:4:5:6:7:1.2.3.4", False, False),
        ("1:", False, False),
        ("12345::", False, False),
        ("::1%lo", False, False),
        ("g::", False, False),
        ("", False, False),
        ("localhost", False, False),
    ],
)
def test_addresses(text: str, sloppy: bool, strict: bool) -> None:
    assert (ip_of(text, NEW) is not None, ip_of(text, OLD) is not None) == (sloppy, strict)


@pytest.mark.parametrize(
    ("text", "sloppy", "strict"),
    [
        ("10.0.0.0/8", True, True),
        ("010.0.0.0/08", True, False),
        ("10.0.0.0/33", False, False),
        ("fd00::/128", True, True),
        ("fd00::/129", False, False),
        ("10.0.0.0", False, False),
        ("10.0.0.0/", False, False),
        ("10.0.0.0/x", False, False),
        ("/8", False, False),
    ],
)
def test_networks(text: str, sloppy: bool, strict: bool) -> None:
    assert (network_of(text, NEW) is not None, network_of(text, OLD) is not None) == (sloppy, strict)


def test_dual_stack() -> None:
    assert is_dual_stack(["10.0.0.0/8", "fd00::/8"], NEW) is True
    assert is_dual_stack(["10.0.0.0/8", "11.0.0.0/8"], NEW) is False
    assert is_dual_stack(["10.0.0.0/8", "x"], NEW) is None
    assert family_of(bytes(10) + b"\xff\xff\x01\x02\x03\x04") == 4


def test_ports_are_appended_to_bare_addresses() -> None:
    assert [
        with_port(address, 80, NEW) for address in ("1.2.3.4", "::", "1.2.3.4:5", "[::]", "x", "::ffff:1.2.3.4")
    ] == [
        "1.2.3.4:80",
        "[::]:80",
        "1.2.3.4:5",
        "[::]",
        "x",
        "[::ffff:1.2.3.4]:80",
    ]
    assert with_port("::ffff:1.2.3.4", 80, Version("1.35")) == "::ffff:1.2.3.4:80"


def test_gates_by_release() -> None:
    assert gates_of("1.29").known["NFTablesProxyMode"] == Gate("alpha", default=False, locked=False)
    assert gates_of("1.33").known["NFTablesProxyMode"] == Gate("ga", default=True, locked=True)
    assert "NFTablesProxyMode" not in gates_of("1.28").known
    assert gates_of("1.30").needs == {}
    assert "GenericWorkload" in gates_of("1.37").needs["CompositePodGroup"]


@pytest.mark.parametrize(
    ("minor", "wanted", "message"),
    [
        ("1.37", {}, ""),
        ("1.37", {"AllBeta": False}, ""),
        ("1.37", {"A": True, "B": True}, "unrecognized feature gate: A"),
        (
            "1.37",
            {"NFTablesProxyMode": False},
            "cannot set feature gate NFTablesProxyMode to false, feature is locked to true",
        ),
        ("1.36", {"CompositePodGroup": True}, None),
    ],
)
def test_setting_gates(minor: str, wanted: dict[str, bool], message: str | None) -> None:
    said = Switches(minor).set(wanted, Version(minor))
    if message is None:
        assert said.startswith(("unrecognized", "CompositePodGroup is enabled, but depends"))
    else:
        assert said == message


def test_several_wrong_gates() -> None:
    gates = {name: not gate.default for name, gate in gates_of("1.30").known.items() if gate.locked}
    assert Switches("1.30").set(gates, Version("1.30")).startswith("cannot set feature gate APIListChunking to false")
    gates = {name: not gate.default for name, gate in gates_of("1.33").known.items() if gate.locked}
    assert Switches("1.33").set(gates, Version("1.33")).startswith("[cannot set feature gate ")


def test_all_alpha_leaves_what_is_set_itself() -> None:
    switches = Switches("1.29")
    assert switches.set({"AllAlpha": True, "LoggingAlphaOptions": False}, Version("1.29")) == ""
    assert switches.enabled("NFTablesProxyMode")
    assert not switches.enabled("LoggingAlphaOptions")
    assert not switches.enabled("NoSuchGate")
