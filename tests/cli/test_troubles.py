"""What fails in kpl or a plug-in costs one line and exit code 2, and the rest of the run goes on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from samples import BAD
from support import ROOT, kpl

HEAD = """\
from __future__ import annotations
from collections.abc import Iterator
from kpl import Bad, Cluster, Finding, Rule, Severity, Stop
from kpl.corefiles import Corefile, Directive, ServerBlock

"""
RULE = '''
class {class_name}(Rule):
    """A server is seen."""

    code, name, since = "{code}", "{name}", "1"
    stop, severity = Stop.COREDNS, Severity.INFO

    def check(self, server: ServerBlock) -> Iterator[Finding]:
        {body}
'''


def rule(body: str, number: int = 1) -> str:
    return RULE.format(class_name=f"Seen{number}", code=f"ACME{number}", name=f"acme-seen-{number}", body=body)


SEEN = 'yield self.finding(server.key_span, "seen")'


class Plugin:
    """A distribution on a path of its own, and a folder with two Corefiles beside it."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        self.package = self.site / "acme_rules"
        self.work = folder / "work"
        information = self.site / "acme-1.0.dist-info"
        for each in (self.package, self.work / "a", information):
            each.mkdir(parents=True)
        (self.package / "__init__.py").write_text("")
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        self.entry_points = information / "entry_points.txt"
        self.entry_points.write_text("[kpl.rules]\nacme = acme_rules\n")
        (self.work / "Corefile").write_text(BAD)
        (self.work / "a" / "Corefile").write_text(BAD)

    def module(self, name: str, text: str) -> Path:
        path = self.package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + text)
        return path

    def run(self, *words: str, **environment: str) -> tuple[int, list[str], list[str]]:
        path = os.pathsep.join([str(self.site), *(each for each in sys.path if each)])
        done = kpl(self.work, *words, PYTHONPATH=path, **environment)  # type: ignore[arg-type]  # no `stdin` is among them
        return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode().splitlines()

    def lint(self, *words: str) -> tuple[int, list[str], list[str]]:
        return self.run("lint", "--format", "concise", "--select", "KPL201,ACME", *words)


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(tmp_path)


FOUND = [
    "Corefile:2:5: warning KPL201",
    "a/Corefile:2:5: warning KPL201",
]


def kept(out: list[str]) -> list[str]:
    return [" ".join(line.split(" ")[:3]) for line in out[:-1] if "KPL" in line]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("raise ZeroDivisionError('by zero')\n        yield", "ZeroDivisionError: by zero"),
        ("raise SystemExit(0)\n        yield", "SystemExit: 0"),
        ("return None", "TypeError: 'NoneType' object is not iterable"),
        ("yield None", "TypeError: `check` produced a NoneType instead of a finding"),
        ("yield self.finding(server.key_span, 5)", "TypeError: the message or the help of a finding is not text"),
        (
            "yield self.finding(server.key_span, 'm', confidence='low')",
            "TypeError: the confidence of a finding is not a Confidence",
        ),
        (
            "yield self.finding(server.key_span, 'm', severity='info')",
            "TypeError: the severity of a finding is not a Severity",
        ),
        ("yield self.finding(None, 'm')", "TypeError: the span of a finding is not a Span of the text"),
        ("yield self.finding(server.key_span, 'm', fix=5)", "AttributeError"),
        ("yield self.finding(server.key_span, 'm', related=[5])", "AttributeError"),
        ("yield from self.check(server)", "RecursionError"),
        ("raise ValueError('one\\n::error::two')\n        yield", "ValueError: one\\n::error::two"),
    ],
)
def test_a_rule_that_raises_is_one_line(plugin: Plugin, body: str, error: str) -> None:
    path = plugin.module("seen.py", rule(body) + rule(SEEN, 2))
    code, out, err = plugin.lint()
    assert code == 2
    assert kept(out) == FOUND
    assert sum("ACME2" in line for line in out) == 2
    (line,) = err
    assert line.startswith(f"kpl: Corefile and 1 more: rule ACME1 acme-seen-1 of acme_rules raised {error}")
    assert line.endswith(")")
    assert str(path) in line or "kpl/lint/" in line


def test_what_a_rule_found_before_it_raised_is_shown(plugin: Plugin) -> None:
    plugin.module("seen.py", rule(f"{SEEN}\n        raise ZeroDivisionError"))
    code, out, err = plugin.lint("Corefile")
    assert (code, len(err)) == (2, 1)
    assert "Corefile:1:1: info ACME1 [acme-seen-1] seen" in out


def test_one_fault_of_many_rules_is_one_line(plugin: Plugin) -> None:
    plugin.module("_common.py", "def fail() -> None:\n    raise KeyError('x')\n")
    rules = "".join(rule("fail()\n        yield", number) for number in range(1, 6))
    plugin.module("seen.py", f"from acme_rules._common import fail\n{rules}")
    _, _, (line,) = plugin.lint()
    names = (
        "ACME1 acme-seen-1 of acme_rules, ACME2 acme-seen-2 of acme_rules, ACME3 acme-seen-3 of acme_rules and 2 more"
    )
    assert line.startswith(f"kpl: Corefile and 1 more: rule {names} raised KeyError: 'x' (")


def test_a_rule_about_the_cluster_names_the_file_that_it_looked_at(plugin: Plugin) -> None:
    body = "for document, corefile in cluster.corefiles:\n            if document.path != 'Corefile':\n                yield 1 / 0"
    plugin.module("seen.py", rule(body).replace("server: ServerBlock", "cluster: Cluster"))
    code, out, (line,) = plugin.lint()
    assert (code, kept(out)) == (2, FOUND)
    assert line.startswith("kpl: a/Corefile: rule ACME1 acme-seen-1 of acme_rules raised ZeroDivisionError")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_like_it\n", "cannot be imported: ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("def :\n", "cannot be imported: SyntaxError: invalid syntax"),
        ("raise SystemExit(1)\n", "cannot be imported: SystemExit: 1"),
        ("1 / 0\n", "cannot be imported: ZeroDivisionError: division by zero"),
        ("raise RecursionError\n", "cannot be imported: RecursionError"),
    ],
)
@pytest.mark.parametrize("where", ["bad.py", "deep/__init__.py"])
def test_a_module_that_cannot_be_imported_costs_its_rules(plugin: Plugin, where: str, text: str, why: str) -> None:
    path = plugin.module(where, "").with_name(Path(where).name)
    path.write_text(text)
    plugin.module("seen.py", rule(SEEN))
    code, out, err = plugin.lint()
    assert (code, kept(out)) == (2, FOUND)
    assert sum("ACME1" in line for line in out) == 2
    (line,) = err
    module = "acme_rules." + where.removesuffix(".py").removesuffix("/__init__")
    assert line.startswith(f"kpl: the rules of {module} do not run, because {path} {why}")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (
            "acme = missing_rules",
            "the rules of missing_rules do not run, because missing_rules cannot be imported: ModuleNotFoundError",
        ),
        ("acme = acme_rules.seen", "the rules of acme_rules.seen do not run, because it is not a package"),
        ("acme = acme_rules:Seen1", "the rules of acme_rules:Seen1 do not run"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_one_line(plugin: Plugin, entry: str, why: str) -> None:
    plugin.module("seen.py", rule(SEEN))
    plugin.entry_points.write_text(f"[kpl.rules]\n{entry}\n")
    code, out, (line,) = plugin.lint()
    assert (code, kept(out)) == (2, FOUND)
    assert line.startswith(f"kpl: {why}")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"ACME1"', '"acme-1"', "has `'acme-1'` as its `code`, which does not look like `ACME101`"),
        ('"ACME1"', "None", "has nothing as its `code`"),
        ('"acme-seen-1"', '"Acme Seen"', "has `'Acme Seen'` as its `name`, which does not look like `missing-cache`"),
        ('    """A server is seen."""\n', "", "has no docstring; the docstring is the page of the rule"),
        ("Severity.INFO", '"info"', "has `'info'` as its `severity`, which is not a Severity"),
        ("Stop.COREDNS", "2", "has `2` as its `stop`, which is not a Stop"),
        ('"1"\n', "1\n", "has `1` as its `since`, which is not text"),
        ('"1"\n', '"1"\n    needs = "Corefil"\n', "needs `Corefil`, which is not a type of model"),
        ('"1"\n', '"1"\n    in_templates = None\n', "has nothing as its `in_templates`, which is not True or False"),
        ('"1"\n', '"1"\n    profile = None\n', "has nothing as its `profile`, which is not a Profile"),
        (
            '"1"\n',
            '"1"\n    options = {"most": 0.5}\n',
            "has `0.5` as the default of the option `'most'`, a type that .kpl.yaml does not support",
        ),
        (
            '"1"\n',
            '"1"\n    options = ["most"]\n',
            "has `['most']` as its `options`, which are not a mapping of names to defaults",
        ),
        ('"1"\n', '"1"\n    examples = (Bad({}), "x")\n', "has `examples` that are not all Good or Bad"),
        (
            "server: ServerBlock",
            "server: Server",
            "checks `Server`, which is not one of AccessRole, Autoscaler, CalicoSettings, CiliumSettings, Cluster,",
        ),
        ("server: ServerBlock", "server", "has a parameter of `check` without a type"),
        ("self, server: ServerBlock", "self", "has a parameter of `check` without a type"),
        (
            "server: ServerBlock",
            "server: ServerBlock, one: Directive",
            "takes `Directive` after `ServerBlock`, but only Corefile, Document, Cluster can follow it",
        ),
        ("def check(", "def chek(", "has no method `check`"),
    ],
)
def test_a_class_that_is_no_rule_is_told_when_it_is_loaded(plugin: Plugin, old: str, new: str, why: str) -> None:
    text = rule(SEEN)
    assert old in text
    path = plugin.module("seen.py", text.replace(old, new, 1) + rule(SEEN, 2))
    code, out, err = plugin.lint()
    assert (code, kept(out)) == (2, FOUND)
    assert sum("ACME2" in line for line in out) == 2
    assert not any("ACME1" in line for line in out)
    (line,) = err
    assert line.startswith(f"kpl: the rule Seen1 of acme_rules.seen does not run, because it {why}")
    assert line.endswith(f"({path})")


def test_a_configuration_may_name_the_rules_of_a_broken_plug_in(plugin: Plugin) -> None:
    plugin.module("seen.py", "1 / 0\n")
    settings = "select: [KPL201, ACME1]\nseverity: {acme-seen-1: error}\nrules: {ACME1: {most: 1}}\n"
    (plugin.work / ".kpl.yaml").write_text(settings)
    code, out, err = plugin.run("lint", "--format", "concise")
    assert (code, kept(out), len(err)) == (2, FOUND, 1)
    plugin.module("seen.py", "")
    code, out, err = plugin.run("lint", "--format", "concise")
    assert (code, out) == (2, [])
    assert "no rule is called" in err[0]


def test_a_rule_that_cannot_be_made_is_one_line(plugin: Plugin) -> None:
    text = rule(SEEN) + "\n    def __init__(self, options: object = None) -> None:\n        raise ValueError('no')\n"
    plugin.module("seen.py", text)
    code, out, (line,) = plugin.lint()
    assert (code, kept(out)) == (2, FOUND)
    assert "rule ACME1 acme-seen-1 of acme_rules raised ValueError: no (" in line


def test_kpl_debug_shows_where(plugin: Plugin) -> None:
    plugin.module("seen.py", rule("yield 1 / 0"))
    _, _, err = plugin.run("lint", "--select", "ACME", KPL_DEBUG="1")
    assert err[0] == "Traceback (most recent call last):"
    assert err[-1].startswith("kpl: Corefile and 1 more: rule ACME1")


BREAK = """\
import {module} as module

real = module.{name}

def broken(*words: object, **named: object) -> object:
    if "a/Corefile" in (words[0], getattr(words[0], "path", ""), getattr(getattr(words[0], "source", ""), "path", "")):
        raise ZeroDivisionError("by zero")
    return real(*words, **named)

module.{name} = broken
"""


@pytest.mark.parametrize(
    ("module", "name", "words", "code_without", "good"),
    [
        ("kpl.inputs.files", "_identify", ["lint", "--format", "concise"], 1, "Corefile:2:5: warning KPL201"),
        ("kpl.inputs.read", "read_documents", ["lint", "--format", "concise"], 1, "Corefile:2:5: warning KPL201"),
        ("kpl.lint.running", "_is_misread", ["lint", "--format", "concise"], 1, "Corefile:2:5: warning KPL201"),
        ("kpl.lint.engine", "Suppressions", ["lint", "--format", "concise"], 1, "Corefile:2:5: warning KPL201"),
        ("kpl.verify.configurations", "_contents", ["verify"], 0, "Corefile: loads"),
        ("kpl.verify.judged", "_judged", ["verify"], 0, "Corefile: loads"),
    ],
)
def test_an_internal_error_costs_its_file(
    plugin: Plugin, module: str, name: str, words: list[str], code_without: int, good: str
) -> None:
    assert plugin.run(*words)[0] == code_without
    (plugin.site / "sitecustomize.py").write_text(BREAK.format(module=module, name=name))
    code, out, err = plugin.run(*words)
    assert code == 2
    assert [line for line in out if line.startswith(good)]
    assert not [line for line in out if line.startswith("a/Corefile")]
    (line,) = err
    assert line.startswith("kpl: a/Corefile: internal error: ZeroDivisionError: by zero (")


def test_fix_goes_on_behind_a_file_that_fails(plugin: Plugin) -> None:
    (plugin.site / "sitecustomize.py").write_text(BREAK.format(module="kpl.fix.verification", name="_try_edits"))
    code, _, err = plugin.run("fix", "a", ".")
    assert code == 2
    assert err[0] == "Fixed 1 problem in 1 file."
    assert err[-1].startswith("kpl: a/Corefile: internal error: ZeroDivisionError: by zero (")
    assert (plugin.work / "a" / "Corefile").read_text() == BAD
    assert "cache 30" in (plugin.work / "Corefile").read_text()


def test_inspect_goes_on_behind_a_dump_that_fails(plugin: Plugin) -> None:
    node = (ROOT / "examples" / "shop" / "nodes" / "node-1.iptables").read_bytes()
    (plugin.work / "a" / "bad.iptables").write_bytes(b"# the worse\n" + node)
    (plugin.work / "good.iptables").write_bytes(node)
    text = BREAK.format(module="kpl.proxy.dumps.inspection", name="inspect_iptables")
    text = text.replace("if ", "if words[0].text.startswith('# the worse') or ")
    (plugin.site / "sitecustomize.py").write_text(text)
    code, out, err = plugin.run("inspect", "a/bad.iptables", "good.iptables")
    assert code == 2
    assert out[0].startswith("good.iptables: iptables-save")
    (line,) = err
    assert line.startswith("kpl: a/bad.iptables: internal error: ZeroDivisionError: by zero (")


def test_a_trouble_of_a_child_is_told(plugin: Plugin) -> None:
    """Files of three megabytes are read in two processes."""
    filler = "# " + "x" * 98 + "\n"
    for folder in ("a", "b"):
        (plugin.work / folder).mkdir(exist_ok=True)
        (plugin.work / folder / "Corefile").write_text(BAD + filler * 25_000)
    text = BREAK.format(module="kpl.inputs.read", name="identify").replace("a/Corefile", "b/Corefile")
    (plugin.site / "sitecustomize.py").write_text(f"import os\nos.cpu_count = lambda: 2\n{text}")
    code, out, err = plugin.run("lint", "--format", "concise", "--select", "KPL201")
    assert (code, kept(out)) == (2, FOUND)
    (line,) = err
    assert line.startswith("kpl: b/Corefile: internal error: ZeroDivisionError: by zero (")
