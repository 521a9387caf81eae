"""What the kernel's counters of connections mean, and how full the table is."""

from __future__ import annotations

import pytest

from kpl.conntrack import entries_made, lost_to_a_full_table, lost_to_clashes, table_size
from kpl.inputs.evidence.conntrack import Counters, parse_conntrack
from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from support import readings


def counters(**values: int) -> Counters:
    line = " ".join(f"{name}={value}" for name, value in values.items())
    (found,) = parse_conntrack(f"cpu=0 \tfound=0 {line}\n").counters
    return found


@pytest.mark.parametrize(
    ("values", "clashes", "full"),
    [
        ({"insert_failed": 7, "drop": 9, "clash_resolve": 3, "chaintoolong": 0}, 7, 2),
        ({"insert_failed": 7, "drop": 7, "clash_resolve": 3, "chaintoolong": 2}, 5, 0),
        ({"insert_failed": 7, "drop": 7, "clash_resolve": 3, "chaintoolong": 9}, 0, 0),
        # Linux before 5.10: what was resolved is counted as well, but not dropped
        ({"insert_failed": 7, "drop": 4, "ignore": 1}, 4, 0),
        ({"insert_failed": 7, "drop": 9, "ignore": 1}, 7, 2),
        ({"insert_failed": 7, "ignore": 1}, 7, 0),
        # later the counter `ignore` stayed for a while
        ({"insert_failed": 7, "drop": 4, "ignore": 1, "clash_resolve": 0}, 7, 0),
        ({"insert_failed": 7, "drop": 4}, 7, 0),
        ({"drop": 4}, 0, 4),
        ({}, 0, 0),
    ],
)
def test_lost_packets(values: dict[str, int], clashes: int, full: int) -> None:
    assert (lost_to_clashes(counters(**values)), lost_to_a_full_table(counters(**values))) == (clashes, full)


@pytest.mark.parametrize(
    ("values", "made"), [({"new": 5, "insert": 3}, 5), ({"new": 3, "insert": 5}, 5), ({"insert": 2}, 2), ({}, 0)]
)
def test_entries_made(values: dict[str, int], made: int) -> None:
    assert entries_made(counters(**values)) == made


def config(conntrack: str = "") -> KubeProxyConfig:
    text = f"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{conntrack}"
    (reading,) = readings({"p.yaml": text})
    model = reading.documents[0].model
    assert isinstance(model, KubeProxyConfig)
    return model


def flags(*flags: str) -> KubeProxyConfig:
    (reading,) = readings({"p.yaml": f"kube-proxy-arg: [{', '.join(flags)}]\n"})
    model = reading.documents[0].model
    assert isinstance(model, KubeProxyConfig)
    return model


ROWS = "entries  searched found new\n" + "00000064  00000000 00000000 00000000\n"
COUNT = "net.netfilter.nf_conntrack_count = {}\n"
MAX = "net.netfilter.nf_conntrack_max = {}\n"
CPU = "cpu=0 found=0 insert=0\n"
DEFAULTS = [config()]


@pytest.mark.parametrize(
    ("text", "configs", "capped", "expected"),
    [
        (COUNT.format(5) + MAX.format(7), [], False, (5, 7, True)),
        (COUNT.format(5) + MAX.format(0), DEFAULTS, False, None),
        (MAX.format(7), DEFAULTS, False, None),
        (CPU + MAX.format(7), DEFAULTS, False, None),
        # of several numbers of entries the largest one
        (COUNT.format(5) + ROWS + MAX.format(700), [], False, (100, 700, True)),
        (COUNT.format(500) + ROWS + MAX.format(700), [], False, (500, 700, True)),
        ("conntrack v1.4.7 (conntrack-tools): 600 flow entries have been shown.\n" + ROWS + MAX.format(700), [], False, (600, 700, True)),
        # without the limit: what kube-proxy makes of the CPUs, at least 131,072
        (ROWS, DEFAULTS, False, (100, 131_072, False)),
        (ROWS + ROWS.partition("\n")[2] * 3, DEFAULTS, False, (100, 131_072, False)),
        (ROWS + ROWS.partition("\n")[2] * 4, DEFAULTS, False, (100, 163_840, False)),
        (COUNT.format(5) + CPU * 5, DEFAULTS, False, (5, 163_840, False)),
        (COUNT.format(5) + CPU + "\n" + CPU * 5, DEFAULTS, False, (5, 163_840, False)),
        (ROWS, [], False, None),
        # of a partial configuration, what is not written is not known
        (ROWS, [flags("conntrack-min=200")], False, None),
        (ROWS, [flags("conntrack-max-per-core=200")], False, None),
        (ROWS, [flags("conntrack-max-per-core=200", "conntrack-min=100")], False, (100, 200, False)),
        (ROWS, DEFAULTS * 2, False, None),
        (COUNT.format(5), DEFAULTS, False, None),
        (ROWS, [config("conntrack: {maxPerCore: 200000}\n")], False, (100, 200_000, False)),
        (ROWS, [config("conntrack: {maxPerCore: 1, min: 2}\n")], False, (100, 2, False)),
        (ROWS, [config("conntrack: {maxPerCore: 3, min: 2}\n")], False, (100, 3, False)),
        (ROWS, [config("conntrack: {min: 0}\n")], False, (100, 32_768, False)),
        (ROWS, [config("conntrack: {maxPerCore: 0}\n")], False, None),
        (ROWS, [config("conntrack: {maxPerCore: x}\n")], False, None),
        (ROWS, [config("conntrack: {min: x}\n")], False, None),
        (ROWS, [config("conntrack: {min: 12345678901}\n")], False, None),
        (ROWS, [config("conntrack: {min: 1234567890}\n")], False, (100, 1_234_567_890, False)),
        (ROWS, [config("conntrack: [x]\n")], False, (100, 131_072, False)),
        # since 1.36 it scales up to 1,048,576, whatever more the minimum is
        (ROWS, [config("conntrack: {maxPerCore: 1048576}\n")], True, (100, 1_048_576, False)),
        (ROWS, [config("conntrack: {maxPerCore: 1048577}\n")], True, (100, 1_048_576, False)),
        (ROWS, [config("conntrack: {maxPerCore: 1048577}\n")], False, (100, 1_048_577, False)),
        (ROWS, [config("conntrack: {min: 2000000}\n")], True, (100, 2_000_000, False)),
    ],
)  # fmt: skip
def test_how_full_the_table_is(
    text: str, configs: list[KubeProxyConfig], capped: bool, expected: tuple[int, int, bool] | None
) -> None:
    size = table_size(parse_conntrack(text), configs, capped)
    assert (size and (size.entries, size.limit, size.told)) == expected
    if size is not None:
        told = text[slice(*size.span)]
        assert str(size.entries) in told or int(told, 16) == size.entries
