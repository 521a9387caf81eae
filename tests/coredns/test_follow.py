"""The parts of `make follow` that need no network, no Go and no sources of others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "oracle"))
from follow_coredns import (
    Compared,
    Release,
    directives_in,
    draft,
    draft_report,
    known_report,
    moved,
    order_row,
    plugin_packages,
    row_lines,
    source_report,
    wrapped,
)
from follow_kube_proxy import json_fields
from gosource import GoMod, Sources, changes, declarations, option_words

SETUP = """package fish

import (
	"fmt"

	"github.com/coredns/caddy"
	"example.org/dns/plugin/pkg/net"
	zoned "example.org/dns/plugin/pkg/zone"
)

func init() { plugin.Register("fish", setup) }

// setup reads "ghost".
func setup(c *caddy.Controller) error {
	f, err := parse(c) // case "ghost":
	if err != nil {
		return err
	}
	c.OnStartup(func() error {
		started(f)
		return nil
	})
	return zoned.Check(f.zone())
}

func parse(c *caddy.Controller) (*Fish, error) {
	switch c.Val() {
	case "salt", "sweet":
		return nil, fmt.Errorf("no %q {", c.Val())
	case "depth":
		_ = net.Port(c.Val())
	}
	if x := c.Val(); x == "alias" {
		return nil, nil
	}
	return &Fish{}, nil
}

func started(f *Fish) {}

func unused() {}
"""
FISH = "package fish\n\ntype Fish struct {\n\tDepth int\n}\n\nfunc (f *Fish) zone() string { return defaultZone }\n\nconst (\n\tdefaultZone = `.`\n\tother, more = 1, 2\n)\n"
ZONE = "package zone\n\nfunc Check(name string) error { return nil }\n\nfunc Other() {}\n"
NET = "package net\n\nfunc Port(text string) int { return 53 }\n"


def module(folder: Path, **changed: str) -> Sources:
    files = {
        "plugin/fish/setup.go": SETUP,
        "plugin/fish/fish.go": FISH,
        "plugin/pkg/zone/zone.go": ZONE,
        "plugin/pkg/net/net.go": NET,
    }
    files["plugin/fish/fish_test.go"] = "package fish\n\nfunc parse() {}\n"
    for name, text in {**files, **{name.replace("__", "/"): text for name, text in changed.items()}}.items():
        file = folder / (name if name.endswith(".go") else f"{name}.go")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Sources(folder, "example.org/dns")


def test_what_a_setup_function_reaches(tmp_path: Path) -> None:
    assert sorted(module(tmp_path).reached("plugin/fish", "setup")) == [
        "plugin/fish.Fish",
        "plugin/fish.defaultZone",
        "plugin/fish.parse",
        "plugin/fish.setup",
        "plugin/fish.zone",
        "plugin/pkg/net.Port",
        "plugin/pkg/zone.Check",
    ]


def test_only_what_is_reached_and_is_code_counts_as_a_change(tmp_path: Path) -> None:
    old = module(tmp_path / "old").reached("plugin/fish", "setup")
    new = module(
        tmp_path / "new",
        plugin__fish__setup=SETUP.replace("// setup reads", "// setup gets").replace(
            "func unused() {}", "func unused() int { return 1 }"
        ),
        plugin__pkg__zone__zone=ZONE.replace("return nil", "return err").replace("Other() {}", "Other() { panic(1) }"),
        plugin__fish__fish=FISH.replace("\tDepth int\n", "\tDepth int\n\tWidth int\n"),
    ).reached("plugin/fish", "setup")
    assert [str(each) for each in changes(old, new)] == ["plugin/fish.Fish +1 -0", "plugin/pkg/zone.Check +1 -1"]


def test_option_words() -> None:
    assert option_words(declarations("plugin/fish", SETUP)) == {"salt", "sweet", "depth", "alias"}


def test_a_release_and_what_is_different_in_the_next_one(tmp_path: Path) -> None:
    releases = []
    for version, words in (("1.14.6", '"salt"'), ("1.14.7", '"salt", "brackish"')):
        module(
            tmp_path / version,
            plugin__fish__setup=SETUP.replace("setup)", "setupFish)")
            .replace("func setup(", "func setupFish(")
            .replace('"salt", "sweet"', words),
        )
        for name, text in {
            "plugin.cfg": "fish:fish\nother:github.com/them/other\n",
            "core/dnsserver/zdirectives.go": 'var Directives = []string{\n\t"fish",\n\t"other",\n}\n',
            "go.mod": f"module example.org/dns\n\nrequire github.com/miekg/dns v{version}\n",
        }.items():
            file = tmp_path / version / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        releases.append(Release(version, tmp_path / version))
    compared = Compared(*releases)
    assert compared.words["fish"] == ({"salt", "depth", "alias"}, {"salt", "brackish", "depth", "alias"})
    assert [str(each) for each in compared.own_changes("fish")] == ["plugin/fish.parse +1 -1"]
    report = "\n".join([*source_report(compared), *draft_report(compared), *known_report(compared)])
    assert "github.com/miekg/dns: v1.14.6 -> v1.14.7" in report
    assert "fish: +1 -1; words +brackish\n    plugin/fish.parse +1 -1" in report
    assert '    "fish": {\n        "brackish": ("1.14.7",),\n    },' in report
    assert "linter/kpl/coredns/plugins/fish.py: not there" in report
    assert "words that kpl's data does not have: fish brackish" in report


def test_declarations_of_groups_and_methods() -> None:
    found = [(each.names, each.method) for each in declarations("plugin/fish", FISH)]
    assert found == [(("Fish",), False), (("zone",), True), (("defaultZone", "other", "more"), False)]


def test_plugins_and_their_order() -> None:
    assert plugin_packages("# log:log\n\nroot:root\nprometheus:metrics\non:github.com/coredns/caddy/onevent\n") == {
        "root": "root",
        "prometheus": "metrics",
        "on": "github.com/coredns/caddy/onevent",
    }
    assert directives_in('package dnsserver\n\nvar Directives = []string{\n\t"root",\n\t"tls",\n}\n') == ["root", "tls"]


@pytest.mark.parametrize(
    ("new", "elsewhere", "row", "in_place"),
    [
        ("a b c d", [], "a b c d", True),
        ("a x b c d y", [], "a x b c d y", True),
        ("x a b d", [], "x a b c d", True),
        ("a d b c", ["d"], "a d b c", False),
        ("d a b c x", ["d"], "d a b c x", False),
    ],
)
def test_what_moved_and_the_row_for_it(new: str, elsewhere: list[str], row: str, in_place: bool) -> None:
    old = "a b c d".split()
    assert moved(old, new.split()) == elsewhere
    assert order_row(old, new.split()) == (row.split(), in_place)


def test_the_draft_of_rows() -> None:
    words = {
        "fish": (set(), {"salt"}),
        "hosts": ({"ttl", "not-an-option"}, {"reload"}),
        "cache": ({"denial"}, {"denial"}),
    }
    made = draft("1.14.7", "1.99.0", ["fish"], ["any"], words)
    assert made.directives == {"fish": ("1.99.0",), "any": ("1.5.1", "1.14.7")}
    assert made.keywords == {
        "fish": {"salt": ("1.99.0",)},
        "hosts": {"reload": ("1.99.0",), "ttl": ("1.4.0", "1.14.7")},
    }
    assert list(row_lines(made.directives, "    ")) == ['    "any": ("1.5.1", "1.14.7"),', '    "fish": ("1.99.0",),']
    lines = list(wrapped([f"plugin{number}" for number in range(40)]))
    assert " ".join(lines).split() == [f"plugin{number}" for number in range(40)]
    assert max(map(len, lines)) <= 120


def test_modules() -> None:
    text = "module x\n\ngo 1.27.0\n\nrequire github.com/miekg/dns v1.1.73\n\nrequire (\n\tgithub.com/coredns/caddy v1.1.4 // indirect\n\tk8s.io/klog/v2 v2.1.0\n)\n"
    assert GoMod(text).required == {
        "go": "1.27.0",
        "github.com/miekg/dns": "v1.1.73",
        "github.com/coredns/caddy": "v1.1.4",
        "k8s.io/klog/v2": "v2.1.0",
    }


def test_fields_of_a_configuration() -> None:
    text = 'type Fish struct {\n\tmetav1.TypeMeta `json:",inline"`\n\t// depth.\n\tDepth *int32 `json:"depth"`\n}\n\ntype Pond struct {\n\tName string `json:"name,omitempty"`\n}\n'
    assert json_fields(text) == {"Fish.depth", "Pond.name"}
