"""What kpl proposes where CoreDNS refuses: the result of a mend is one that CoreDNS takes."""

from __future__ import annotations

import pytest

from kpl.coredns.judge import Circumstances, judge_corefile
from kpl.coredns.mends.advice import Advice, advise
from kpl.coredns.releases import VERSIONS
from kpl.fix.fixer import fix_texts
from kpl.lint.settings import Settings
from kpl.text.edit import apply_edits
from kpl.text.version import Version
from samples import config_map, indented
from support import readings, refused

NEWEST = VERSIONS[-1]


def advice(text: str, release: str = NEWEST) -> Advice:
    circumstances = Circumstances(Version(release), {})
    verdict = judge_corefile(text, circumstances).verdict
    assert verdict.answer == "refuses"
    return advise(text, verdict, circumstances, lambda other: judge_corefile(other, circumstances).verdict)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (". { whoami }\n", ". { whoami\n}\n"),
        (". {\n    whoami }\n", ". {\n    whoami\n}\n"),
        (". {\n    health{\n        lameduck 5s\n    }\n}\n", ". {\n    health {\n        lameduck 5s\n    }\n}\n"),
        (". {\n    whoami\n}b.org {\n    whoami\n}\n", ". {\n    whoami\n}\nb.org {\n    whoami\n}\n"),
        (". {\n    health\n    lameduck 5s\n}\n", ". {\n    health {\n        lameduck 5s\n    }\n}\n"),
        (". {\n\thealth\n\tlameduck 5s\n}\n", ". {\n\thealth {\n\t\tlameduck 5s\n\t}\n}\n"),
        (". {\n    Whoami\n}\n", ". {\n    whoami\n}\n"),
        (". {\n    whoami\n\nb.org {\n    whoami\n}\n", ". {\n    whoami\n\n}\nb.org {\n    whoami\n}\n"),
        (". {\n    whoami\n", ". {\n    whoami\n}\n"),
        (". {\n    whoami  # me\n", ". {\n    whoami  # me\n}\n"),
        ("a.org, {\n    whoami\n}\n", "a.org {\n    whoami\n}\n"),
        ("a.org , b.org {\n    whoami\n}\n", "a.org, b.org {\n    whoami\n}\n"),
        (":1053 {\n    whoami\n}\n", ".:1053 {\n    whoami\n}\n"),
        ("tls://:853 {\n    whoami\n}\n", "tls://.:853 {\n    whoami\n}\n"),
        ("a.org: {\n    whoami\n}\n", "a.org {\n    whoami\n}\n"),
        ("..a.org {\n    whoami\n}\n", None),
        ("metadata: {\n    whoami\n}\n", None),
        ("(common) {\n    errors\n}\n. {\n    import comon\n}\n", "(common) {\n    errors\n}\n. {\n    import common\n}\n"),
        (". {\n    errors log\n}\n", ". {\n    errors\n    log\n}\n"),
        (". {\n    cache {\n        prefetch 5 }\n}\n", ". {\n    cache {\n        prefetch 5\n    }\n}\n"),
        (". {\n    prometheus 9153\n}\n", ". {\n    prometheus :9153\n}\n"),
        (". {\n    ready 8181\n    health 8080\n}\n", ". {\n    ready :8181\n    health :8080\n}\n"),
        (". {\n    cache {\n        denial 9984 30s\n    }\n}\n", ". {\n    cache {\n        denial 9984 30\n    }\n}\n"),
        (". {\n    whoami#me again\n}\n", ". {\n    whoami #me again\n}\n"),
        (". {\n    view v {\n        expr name() == \"a'.\"\n    }\n    whoami\n}\n", None),
        (". {\n    view v {\n        expr \"a.\" == name()\n    }\n    whoami\n}\n",
         ". {\n    view v {\n        expr 'a.' == name()\n    }\n    whoami\n}\n"),
        (". {\n    view v {\n        expr \"a.b. == name()\"\n    }\n    whoami\n}\n", None),
        (". {\n    view v {\n        expr name() == \"a.\" || name() == \"b.\"\n    }\n    whoami\n}\n",
         ". {\n    view v {\n        expr name() == 'a.' || name() == 'b.'\n    }\n    whoami\n}\n"),
        (". {\n    template IN A {\n        var v \"size()\"\n        expr name() == \"a.\"\n        answer \"a. A ::1\"\n    }\n}\n",
         ". {\n    template IN A {\n        var v \"size()\"\n        expr name() == 'a.'\n        answer \"a. A ::1\"\n    }\n}\n"),
        (". {\n    template IN A {\n        var v name() + \"a.\"\n    }\n}\n", ". {\n    template IN A {\n        var v name() + 'a.'\n    }\n}\n"),
        (". {\n    template IN A {\n        answer \"{{\"\n    }\n}\n", None),
        (". . {\n    whoami\n}\n", ". {\n    whoami\n}\n"),
        (". {\n    forward . 10.0.0.2 {\n        max_concurent 1000\n    }\n}\n",
         ". {\n    forward . 10.0.0.2 {\n        max_concurrent 1000\n    }\n}\n"),
    ],
)  # fmt: skip
def test_mends_that_are_certain(text: str, mended: str | None) -> None:
    fix = advice(text).fix
    assert (apply_edits(text, fix.edits) if fix else None) == mended
    assert fix is None or fix.safe
    # the fixer agrees that nothing else changes
    outcome = fix_texts(readings({"Corefile": text}), Settings(select=("corefile-refused",)), unsafe=False)
    assert refused(outcome) == []
    assert outcome.texts.get("Corefile") == mended
    # (the import of a ConfigMap may be a file of the folder that it is mounted to)
    if mended is not None and text.endswith("\n") and "import" not in text:
        in_yaml = config_map("|\n" + indented(text, 4))
        outcome = fix_texts(readings({"cm.yaml": in_yaml}), Settings(select=("corefile-refused",)), unsafe=False)
        assert refused(outcome) == []
        assert outcome.texts.get("cm.yaml") == config_map("|\n" + indented(mended, 4))


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (". {\n    health {\n        lameduck 5\n    }\n}\n", ". {\n    health {\n        lameduck 5s\n    }\n}\n"),
        # or `. a.org`
        (".a.org {\n    whoami\n}\n", "a.org {\n    whoami\n}\n"),
        ("dns://.a.org:53 {\n    whoami\n}\n", "dns://a.org:53 {\n    whoami\n}\n"),
    ],
)
def test_a_guess_is_not_safe(text: str, mended: str) -> None:
    fix = advice(text).fix
    assert fix is not None
    assert not fix.safe
    assert apply_edits(text, fix.edits) == mended


@pytest.mark.parametrize(
    ("text", "release", "help_"),
    [
        (". {\n    log {\n", NEWEST, "Add the missing `}`: the last block is not closed before the end of the file."),
        (". {\n    lameduck 5s\n}\n", NEWEST, "Move `lameduck` into the block of `health`, the plugin that has this option."),
        (". {\n    a.org {\n        whoami\n    }\n}\n", NEWEST, "Move this server block after the `}` of the block that contains it. Or close that block with `}` first."),
        ("whoami\nb.org {\n}\n", NEWEST, "Put the lines before it into a server block, `. { }`: a block without braces extends to the end of the file."),
        (". {\n    import later\n}\n(later) {\n    errors\n}\n", NEWEST, "Define the snippet `(later)` before the first `import later`."),
        (". {\n    import nothing\n}\n", NEWEST, "Define a snippet with that name before the import. Or add a file with that name next to the Corefile."),
        ("(s) {\n    errors\n}\n. {\n    import s 1\n}\n", NEWEST, "Remove the arguments: unlike Caddy's snippets, those of CoreDNS have no parameters."),
        (". {\n    cache 30\n    cache 60\n}\n", NEWEST, "Keep only one `cache` in the block, with the options of both."),
        (". {\n    forward . 10.0.0.2\n    forward a.org 10.0.0.3\n}\n", "1.9.3", "Add a server block for each zone: before CoreDNS 1.9.4, a block can have only one `forward`."),
        (". {\n    cache {\n        servfail 5s\n    }\n}\n", "1.9.3", "Use CoreDNS 1.9.4 or later, which added `servfail`. Or remove the option."),
        (". {\n    cache {\n        ready\n    }\n}\n", NEWEST, "Close the block of `cache` before `ready`, which is a plugin."),
        (". {\n    cache {\n        lameduck 5s\n    }\n}\n", NEWEST, "Remove `lameduck`: it is an option of `health`, not of `cache`."),
        (". {\n    bogus\n}\n", NEWEST, ""),
        (". {\n    forward . dns.example\n}\n", "1.12.1", "Replace it with the IP address of the upstream, or a file such as `/etc/resolv.conf`. In 1.14.4 and later, CoreDNS accepts a name and resolves it once, when it starts."),
        (". {\n}\n. {\n}\n", NEWEST, "Merge both server blocks into one. Or give one of them another port or a `bind`."),
        (". {\n    bind 127.0.0.1\n}\n. {\n}\n", NEWEST, "Add `bind` to both blocks. Or remove it from both."),
        ("grpc://a {\n    tls {\n        acme a\n    }\n}\ngrpc://b {\n}\n", NEWEST, "Use the same `tls` in all server blocks on that port. Or give one of them another port or a `bind`."),
        ("https://a {\n    https {\n        max_streams 1\n    }\n}\nhttps://b {\n    https {\n        max_streams 2\n    }\n}\n", NEWEST, "Use the same `max_streams` in all server blocks on that port. Or give one of them another port or a `bind`."),
        (". {\n    cache {\n        file a\n    }\n}\n", NEWEST, "Close the block of `cache` before `file`, which is a plugin."),
        ("https3://. {\n}\n", NEWEST, "Add `tls CERT KEY` to the block."),
    ],
)  # fmt: skip
def test_help_without_a_fix(text: str, release: str, help_: str) -> None:
    given = advice(text, release)
    assert given.fix is None
    assert given.help == help_
