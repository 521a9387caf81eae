"""Asks the real CoreDNS, and compares what it says with kpl's verdict. Needs what `make oracle` builds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from kpl.coredns.judge import Circumstances, judge_corefile
from kpl.coredns.releases import VERSIONS
from kpl.coredns.versions import setup_order
from kpl.text.version import Version
from kpl.verdict import Need, Verdict

RELEASES = (VERSIONS[-1], "1.14.7", "1.12.1", "1.11.3", "1.10.1", "1.9.3", "1.8.6", "1.7.0")
"""The releases that `make oracle` can build, newest first."""

ENVIRONMENT = {"HOME": "/root", "KPL_NAME": "example.org", "KPL_NUMBER": "30", "KPL_BRACE": "{", "KPL_LINES": "x\ny"}
"""The variables of every question; all others are unset."""

NOT_IN_THE_ORACLE = frozenset({"azure", "clouddns", "route53"})
"""Plugins that call a cloud service during setup."""

OF_THE_MACHINE = re.compile(
    r"no such file|not a directory|is a directory|lookup |no such host|not a valid IP address or interface|permission denied"
    r"|timeout|out of memory|no such device|File to import not found: \S*/|Could not import|not an IP address|failed to resolve|failed to find any PEM data|could not read root certs"
)
"""What CoreDNS says of the machine it runs on, where kpl says ``depends``."""


OF_ONE_LISTENER = re.compile(r"conflicting .* for shared |DoH3 requires TLS")
"""What CoreDNS says of one listener; where several are wrong it is any of them, kpl tells the first."""


class Answer(NamedTuple):
    """What CoreDNS said: `error` is None when it loads."""

    phase: str
    error: str | None


def oracle_path(version: str) -> Path:
    """Where `make oracle` puts the binary of a release."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(os.environ.get("ORACLE_DIR") or f"{cache}/kpl-oracle") / f"coredns-{version}"


def ask(version: str, corefiles: Sequence[str]) -> Iterator[Answer]:
    """The answers of a release to `corefiles`, in their order."""
    environment = {**ENVIRONMENT, "PATH": os.environ["PATH"]}
    questions = "".join(json.dumps({"id": number, "corefile": text}) + "\n" for number, text in enumerate(corefiles))
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [oracle_path(version)],
            input=questions,
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env=environment,
        )
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        yield Answer(answer["phase"], answer["error"])


class Disagreement(NamedTuple):
    """A Corefile of which kpl says something else than CoreDNS."""

    corefile: str
    coredns: Answer
    kpl: Verdict
    what: str
    """``verdict`` or ``message``."""


def verdict_of(version: str, corefile: str) -> Verdict:
    """kpl's verdict in the circumstances of the oracle."""
    release = Version(version)
    compiled = frozenset(setup_order(release)) - NOT_IN_THE_ORACLE
    return judge_corefile(corefile, Circumstances(release, ENVIRONMENT, compiled)).verdict


def difference(answer: Answer, verdict: Verdict) -> str | None:
    """In what `verdict` differs from CoreDNS's answer; None where it does not."""
    if answer.error is not None and OF_THE_MACHINE.search(answer.error):
        return None if verdict.answer in ("depends", "refuses") else "verdict"
    if answer.error is None and verdict.needs and all(map(_is_met, verdict.needs)):
        return None
    if answer.error is not None and answer.error.startswith("plugin/tsig: ") and verdict.answer != "loads":
        return None  # that its file of secrets is missing is told as "Wrong argument count"
    if answer.error is not None and all(OF_ONE_LISTENER.match(each or "") for each in (answer.error, verdict.message)):
        return None
    if (answer.error is None) != (verdict.answer == "loads"):
        return "verdict"
    if answer.error is not None and verdict.message != answer.error:
        return "message"
    return None


def _is_met(need: Need) -> bool:
    """Whether the machine of the oracle has it."""
    return need == Need("interface", "lo") or need.kind == "size" or (need.kind == "file" and os.path.isfile(need.name))


def compare(version: str, corefiles: Iterable[str]) -> Iterator[Disagreement]:
    """Where kpl and the release disagree."""
    texts = list(corefiles)
    for text, answer in zip(texts, ask(version, texts), strict=True):
        verdict = verdict_of(version, text)
        what = difference(answer, verdict)
        if what is not None:
            yield Disagreement(text, answer, verdict, what)


def minimise(version: str, found: Disagreement) -> Disagreement:
    """The same disagreement in fewer words and lines."""
    best = found
    pieces_of = (lambda text: text.splitlines(keepends=True), lambda text: re.findall(r"\S+|\s+", text))
    for split in pieces_of:
        at = 0
        while at < len(pieces := split(best.corefile)):
            text = "".join(pieces[:at] + pieces[at + 1 :])
            answer = next(ask(version, [text]))
            verdict = verdict_of(version, text)
            if difference(answer, verdict) == found.what and _alike(answer, found.coredns):
                best = Disagreement(text, answer, verdict, found.what)
            else:
                at += 1
    return best


def _alike(one: Answer, other: Answer) -> bool:
    words = [re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "", answer.error or "") for answer in (one, other)]
    return words[0] == words[1]


def show(found: Disagreement) -> str:
    """A disagreement for a person to read."""
    ours: Mapping[str, object] = {key: value for key, value in found.kpl._asdict().items() if value}
    return f"--- {found.what}\n{found.corefile!r}\n  CoreDNS: {found.coredns.error or 'loads'}\n  kpl:     {ours}"
