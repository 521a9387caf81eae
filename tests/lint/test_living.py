"""What a process that lives on may count on: nothing is read or checked again, and nothing is shared between threads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kpl.inputs import files, yamldocuments
from kpl.inputs.discover import Found
from kpl.inputs.document import Reading
from kpl.inputs.read import read
from kpl.inputs.yaml import tree as yamltree
from kpl.lint import running
from kpl.lint.engine import lint
from kpl.lint.located import Located
from kpl.lint.settings import Settings
from kpl.report.records import record
from kpl.text.source import SourceOrigin
from support import readings

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
spec:
  containers:
    - name: app
      image: registry.example/app:1
      env:
        - name: API_URL
          value: http://{host}:8080
"""
COREFILE = ".:53 {\n    errors\n    forward . 9.9.9.9\n}\n"


def pods(count: int) -> dict[str, str | bytes]:
    return {f"team-{n % 9}/{n}.yaml": POD.format(name=f"pod-{n}", host="cart") for n in range(count)}


def records(findings: list[Located]) -> list[object]:
    return [record(each) for each in findings]


def test_one_changed_buffer_among_three_thousand_files(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    held = {each.source.path: each for each in readings({**pods(3000), "Corefile": COREFILE})}
    lint(list(held.values()), settings)
    checked: list[str] = []
    composed: list[str] = []
    check, compose = running._check, yamltree.composed

    def checking(entry: object, context: dict[str, object], settings: object) -> object:
        checked.append(getattr(context.get("Document"), "path", "the cluster"))
        return check(entry, context, settings)  # type: ignore[arg-type]

    def composing(text: str, offset: int = 0) -> object:
        composed.append(text)
        return compose(text, offset)

    monkeypatch.setattr(running, "_check", checking)
    monkeypatch.setattr(yamldocuments, "composed", composing)
    monkeypatch.setattr(files, "read_file", lambda *_: pytest.fail("a file is read"))
    path = "team-1/1.yaml"
    changed = POD.format(name="pod-1", host="api.stripe.com")
    buffer = read(path, changed.encode(), origin=SourceOrigin.BUFFER)
    assert buffer is not None
    held[path] = buffer
    found = lint(list(held.values()), settings, only=[buffer]).findings
    assert [each.code for each in found] == ["KPL101"]
    assert found[0].source.origin is SourceOrigin.BUFFER
    assert set(checked) <= {path, "the cluster"}
    assert len(checked) < 10
    assert composed == [changed]


def test_threads_lint_at_once() -> None:
    tree = {**pods(40), "Corefile": COREFILE, "other/1.yaml": POD.format(name="other", host="api.stripe.com")}
    wanted = records(lint(readings(tree), Settings()).findings)
    assert len(wanted) >= 2
    found: list[list[object]] = []

    def work() -> None:
        found.append(records(lint(readings(tree), Settings()).findings))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 8


def test_lint_itself_forks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fork", lambda: pytest.fail("lint forks"))
    monkeypatch.setattr(running, "LARGE", 0)
    assert lint(readings({"Corefile": COREFILE}), Settings()).findings


@pytest.mark.parametrize(
    ("origin", "path", "is_whole"),
    [
        (SourceOrigin.DISK, "Corefile", True),
        (SourceOrigin.BUFFER, "Corefile", True),
        (SourceOrigin.STANDARD_INPUT, "Corefile", True),
        (SourceOrigin.STANDARD_INPUT, "<stdin>", False),
        (SourceOrigin.API, "kube-system/coredns", False),
        (SourceOrigin.ARCHIVE, "Corefile", False),
    ],
)
def test_imports_are_looked_for_beside_a_file_with_a_place(origin: SourceOrigin, path: str, is_whole: bool) -> None:
    reading = read(path, COREFILE.encode(), as_kind="corefile", origin=origin)
    assert reading is not None
    assert [each.is_whole_file for each in reading.documents] == [is_whole]


def test_an_object_is_read_when_its_text_has_a_clue(monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[str] = []
    compose = yamltree.composed

    def composing(text: str, offset: int = 0) -> object:
        composed.append(text)
        return compose(text, offset)

    monkeypatch.setattr(yamldocuments, "composed", composing)
    silent = POD.format(name="a", host="cart")
    escaped = silent.replace("http://cart:8080", '"http://api.stripe\\x2ecom"')
    lint(readings({"silent.yaml": silent, "escaped.yaml": escaped}), Settings())
    assert composed == [escaped]


def test_what_is_promised_and_not_there_is_no_finding() -> None:
    text = POD.format(name="a", host="api.stripe.com").replace("  containers:\n", "  others:\n    # containers:\n")
    assert lint(readings({"a.yaml": text}), Settings()).findings == []


def test_a_broken_object_is_found_without_reading_the_others() -> None:
    broken = POD.format(name="a", host="cart") + "  bad: [\n"
    found = lint(readings({"a.yaml": broken, "b.yaml": POD.format(name="b", host="cart")}), Settings()).findings
    assert [(each.path, each.code) for each in found] == [("a.yaml", "KPL001")]


def test_a_received_file_is_read_when_somebody_asks(tmp_path: Path) -> None:
    from kpl.shares.sent import SentReading, received, to_send

    path = tmp_path / "service.yaml"
    path.write_text("kind: Service\nmetadata:\n  name: web\nspec:\n  clusterIP: 10.96.0.7\n  ports: [{port: 80}]\n")
    asked: list[str] = []

    def again() -> Reading | None:
        asked.append(str(path))
        reading = files.read_file(Found(str(path), named=False))
        return reading if isinstance(reading, Reading) else None

    original = again()
    assert original is not None
    sent = to_send(original)
    assert isinstance(sent, SentReading)
    asked.clear()
    (document,) = received(sent, again).documents
    from kpl.shares.share import share_of

    assert [each.address for each in share_of(document).addresses] == ["10.96.0.7"]
    assert (document.kind, asked) == ("Service", [])
    assert document.model.cluster_ip == "10.96.0.7"
    assert document.source.text == path.read_text()
    assert len(asked) == 1


def test_a_file_that_changed_before_it_was_asked_for_is_told(tmp_path: Path) -> None:
    from kpl.errors import UsageError
    from kpl.shares.sent import received, to_send

    path = tmp_path / "Corefile"
    path.write_text(COREFILE)
    original = files.read_file(Found(str(path), named=False))
    assert isinstance(original, Reading)
    (document,) = received(to_send(original), lambda: None).documents
    with pytest.raises(UsageError, match="was changed while kpl read it"):
        _ = document.model
