from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from kpl.inputs.yaml.tree import compose
from kpl.proxy.configuration.fields import PROXY_FIELDS, ZERO_COUNTS, field_path, fields_called, fields_in, is_zero
from kpl.text.version import Version
from support import ROOT, SHARED, run

VERDICTS = SHARED / "conformance" / "kube_proxy_verdicts.jsonl"
RELEASES = ("1.23", "1.25", "1.28", "1.29", "1.30", "1.31", "1.33", "1.35", "1.37")


def test_shape() -> None:
    assert set(PROXY_FIELDS) - {""} < set(PROXY_FIELDS[""]), "a section is a field of the top level"
    for section, fields in PROXY_FIELDS.items():
        for name, field in fields.items():
            for release in (field.added, field.removed):
                assert re.fullmatch(r"|1\.\d+", release), field_path(section, name)
            assert bool(field.removed) == bool(field.did), field_path(section, name)
            if field.added and field.removed:
                assert Version(field.added) < Version(field.removed)
        if section:
            first = min(Version(field.added or "1.0") for field in fields.values())
            assert first >= Version(PROXY_FIELDS[""][section].added or "1.0"), "no field before its section"
    known = {field_path(section, name) for section, fields in PROXY_FIELDS.items() for name in fields}
    assert known > ZERO_COUNTS


def test_fields_by_release() -> None:
    assert "udpIdleTimeout" in fields_in("", Version("1.25.16"))
    assert "udpIdleTimeout" not in fields_in("", Version("1.26"))
    assert "nftables" not in fields_in("", Version("1.28"))
    assert fields_called("udpTimeout", Version("1.28")) == ["ipvs.udpTimeout"]
    assert fields_called("udpTimeout", Version("1.29")) == ["ipvs.udpTimeout", "conntrack.udpTimeout"]


@pytest.mark.parametrize(
    "text", ["", "~", "null", "''", "0", "0s", '"0s"', "0h0m0s", "0.0", "false", "{}", "[]", "{a: 0s}"]
)
def test_zero(text: str) -> None:
    assert is_zero(_value(text))


@pytest.mark.parametrize("text", ["1", "250ms", "true", "10s", "0x1", "none", "{a: {b: 1}}", "[a]", "0.0.0.0"])
def test_not_zero(text: str) -> None:
    assert not is_zero(_value(text))


def _value(text: str) -> Any:
    root = compose(f"key: {text}\n")[0]
    return root.get("key")  # type: ignore[attr-defined]


def test_a_field_that_is_told_was_dropped_by_what_is_recorded_here() -> None:
    recorded = json.loads(
        (ROOT / "tests" / "proxy" / "configuration" / "recorded_verdicts.json").read_text(encoding="utf-8")
    )
    told = 0
    for case in recorded:
        for release, answer in case["answers"].items():
            # an answer of true is a configuration that the strict decoder takes
            if answer is True:
                assert _skipped(case["config"], release) == [], (case["config"], release)
            told += answer is False and bool(_skipped(case["config"], release))
    assert told > 10


@cache
def _verdicts() -> list[dict[str, Any]]:
    if not VERDICTS.exists():
        pytest.skip("the recorded verdicts of kube-proxy are not here")
    return [json.loads(line) for line in VERDICTS.read_bytes().splitlines()]


def _skipped(config: str, release: str) -> list[str]:
    """The fields that KPL303 says this release skips."""
    findings = run({"c.yaml": config}, ("KPL303",), {"kubernetes": release}).findings
    return [finding.message.split("`")[1] for finding in findings]


def test_the_newest_release_skips_what_its_strict_decoder_names() -> None:
    for row in _verdicts():
        # a kind written wrong hides the document from kpl, a key that is a boolean has another spelling
        if not row["strict_error"] or row["id"].startswith(("dec/case-", "dec/yes-key")):
            continue
        said = re.findall(r'unknown field "([^"]+)"', row["strict_error"])
        said = [path for path in said if not path.startswith(("logging.options.", "logging.vmodule["))]
        if said and len(said) < 50:
            assert sorted(set(_skipped(row["config"], "1.37"))) == sorted(set(said)), row["id"]


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_that_skips_a_field_decoded_leniently(release: str) -> None:
    # all of a file with one of these is refused, before any field is looked at
    refused = re.compile(r"dec/alias-bomb|/inf(?:inity)?$")
    checked = 0
    for row in _verdicts():
        lenient = {Version(each).minor for each in row.get("lenient_in", ())}
        if refused.search(row["id"]) or not _skipped(row["config"], release):
            continue
        assert release in lenient, row["id"]
        checked += 1
    assert checked > 10
