"""Texts in files of other programs: found where they stand, and fixed without a change of anything else."""

from __future__ import annotations

import pytest

from growth import MOST, growth
from kpl.fix.offers import offers
from kpl.inputs.document import Document
from kpl.inputs.hosts.blocks import filled_in
from kpl.inputs.read import read
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from kpl.shares.share import NOTHING, share_of
from kpl.text.edit import apply_edits


def documents(name: str, text: str, as_kind: str | None = None) -> list[Document]:
    reading = read(name, text.encode(), named=False, as_kind=as_kind)
    return [] if reading is None else [each for each in reading.documents if each.model is not None]


def found(name: str, text: str, as_kind: str | None = None) -> tuple[list[tuple[str, str]], str]:
    """The findings of a file, each with what it underlines, and the file after all fixes."""
    reading = read(name, text.encode(), named=False, as_kind=as_kind)
    assert reading is not None
    findings = offers([reading], lint([reading], Settings()).findings, Settings()).findings
    edits = [edit for each in findings if each.fix for edit in each.fix.edits]
    return [(each.code, text[slice(*each.span)]) for each in findings], apply_edits(text, edits)


COREFILE = """\
resource "kubernetes_config_map_v1_data" "dns" {
  metadata {
    name      = "coredns"
    namespace = "kube-system"
  }
  data = {
    "Corefile" = <<-EOT
      .:53 {
          errors
          loop
          forward . ${var.upstream}

      }
    EOT
    "shop.override" = <<EOT
log
EOT
  }
}
"""
POD = """\
resource "kubectl_manifest" "pod" {
  yaml_body = <<-YAML
    apiVersion: v1
    kind: Pod
    metadata:
      name: ${ var.names["a"] == "" ? "a" : "b" }  # by the module
    spec:
      dnsConfig:
        options:
          - name: ndots
            value: 2
      containers: [{name: c, image: i}]
  YAML
}
"""


def test_a_corefile_in_a_heredoc_of_terraform() -> None:
    first, second = documents("main.tf", COREFILE)
    assert [(each.kind, each.key, each.name) for each in (first, second)] == [
        ("Corefile", "Corefile", "coredns"),
        ("Corefile", "shop.override", "coredns"),
    ]
    codes, fixed = found("main.tf", COREFILE)
    assert ("KPL201", "forward . ${var.upstream}") in codes
    assert fixed == COREFILE.replace("upstream}\n", "upstream}\n          cache 30\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_manifest_in_a_heredoc_of_terraform(newline: str) -> None:
    text = POD.replace("\n", newline)
    codes, fixed = found("main.tf", text)
    assert codes == [("KPL104", "2")]
    assert fixed == text.replace("value: 2", 'value: "2"')
    quiet = text.replace("value: 2", "value: 2 # kpl: ignore[KPL104] the module quotes it")
    assert found("main.tf", quiet)[0] == []


@pytest.mark.parametrize(
    "text",
    [
        POD.replace("<<-YAML", "yamldecode(<<-YAML").replace("  YAML\n", "  YAML\n  )\n"),
        POD.replace("yaml_body = <<-YAML", "values = [ <<YAML"),
        POD.replace("    apiVersion: v1\n", "\n    # a\n    ---\n"),
    ],
)
def test_where_terraform_has_manifests(text: str) -> None:
    assert [each.kind for each in documents("main.tf", text)] == ["Workload"]


@pytest.mark.parametrize(
    "text",
    [
        POD.replace("<<-YAML", "<<-YAML other"),
        "Corefile = <<EOF\n\n \nEOF\n",
        POD.replace("\n  YAML\n", "\n  YAML)\n"),
        POD.replace("  yaml_body", "  // yaml_body"),
        POD.replace("    apiVersion: v1\n", "    #!/bin/sh\n    cat\n"),
        POD.replace("containers: [", "containers: ").replace("    apiVersion: v1\n", ""),
        COREFILE.replace("Corefile", "notes").replace("shop.override", "notes"),
    ],
)
def test_what_terraform_has_besides(text: str) -> None:
    assert documents("main.tf", text) == []


def test_a_manifest_that_is_no_yaml_is_told() -> None:
    (document,) = documents("main.tf", POD.replace("containers: [", "containers: ").replace("${", "{"))
    assert document.kind == "ParseFailure"


def test_the_values_of_the_chart_in_terraform() -> None:
    values = "servers:\n- zones: [{zone: .}]\n  plugins:\n  - name: loop\n  - {name: forward, parameters: . 10.0.0.1}\n"
    (document,) = documents("main.tf", f"values = [<<EOF\n{values}EOF\n]\n")
    assert document.kind == "Corefile"
    assert "KPL201" in {code for code, _ in found("main.tf", f"values = [<<EOF\n{values}EOF\n]\n")[0]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('a ${b.c["}"]} ${d}\n', 'a ${b.c__}"]} ${d}\n'),
        ("${a{b}c}$${d.e}${f", "${a_b_c}$${d.e}${f"),
        ("${a\n.b} ${c(d)}", "${a\n.b} ${c_d_}"),
        ("$(a b) $ $", "$(a b) $ $"),
        ("nothing", "nothing"),
    ],
)
def test_interpolations_become_words_of_the_same_length(text: str, wanted: str) -> None:
    assert filled_in(text, "{") == wanted


SCRIPT = """\
#!/bin/sh
set -e
apply() {
\tcat <<-'EOF' | kubectl apply -f -
\tkind: Pod
\tmetadata: {name: a}
\tspec:
\t  dnsPolicy: clusterFirst
\t  containers: [{name: c, image: i}]
\tEOF
}
kubectl apply -f - <<EOF
kind: Pod
metadata: {name: $NAME}
spec:
  dnsConfig:
    nameservers: [$DNS, dns.example]
    options: [{name: ndots, value: 2}]
  containers: [{name: c, image: "${IMAGE:-a b}"}]
EOF
"""


def test_heredocs_of_a_shell_script() -> None:
    codes, fixed = found("run.sh", SCRIPT)
    assert codes == [("KPL104", "clusterFirst"), ("KPL104", "dns.example"), ("KPL104", "2")]
    assert fixed == SCRIPT.replace("clusterFirst", "ClusterFirst").replace("value: 2", 'value: "2"')


def test_a_corefile_that_a_shell_script_writes() -> None:
    text = 'cat > "$DIR/Corefile" <<EOF\n. {\n    loop\n    forward . $DNS `dns`\n}\nEOF\n'
    assert documents("run.sh", text) == []
    text = text.replace(" `dns`", "")
    codes, fixed = found("run.sh", text)
    assert ("KPL201", "forward . $DNS") in codes
    assert fixed == text.replace("$DNS\n", "$DNS\n    cache 30\n")


@pytest.mark.parametrize(
    "change",
    [
        ("metadata: {name: $NAME}", "metadata: {name: a\\$b}"),
        ("metadata: {name: $NAME}", "metadata: {name: `a`}"),
        ("- <<EOF", "- <<<EOF"),
        ("- <<EOF", "- $((1<<EOF))"),
        ("- <<EOF", "- <<EOF_"),
        ("kubectl apply -f - <<EOF", "# kubectl apply -f - <<EOF"),
        ("\nEOF\n", "\nEOF \n  EOF)\n"),
    ],
)
def test_what_a_shell_script_has_besides(change: tuple[str, str]) -> None:
    text = SCRIPT[SCRIPT.index("kubectl apply -f - <<EOF") :]
    assert len(documents("run.sh", text)) == 1
    assert documents("run.sh", text.replace(*change)) == []


def test_tabs_of_other_depths_are_left() -> None:
    text = SCRIPT[: SCRIPT.index("kubectl apply -f - <<EOF")]
    assert len(documents("run.sh", text)) == 1
    assert documents("run.sh", text.replace("\tspec", "\t\tspec")) == []
    corefile = "cat > Corefile <<-EOF\n\t. {\n\tforward . 10.0.0.1\n\t}\n\tEOF\n"
    assert len(documents("run.sh", corefile)) == 1
    assert documents("run.sh", corefile.replace("\tforward", "\t\tforward")) == []


@pytest.mark.parametrize(
    ("name", "opening", "domain", "is_fixed"),
    [
        ("run.sh", "cat >Corefile <<EOF", "$DOMAIN", False),
        ("run.sh", "cat >Corefile <<'EOF'", "{$DOMAIN}", True),
        ("run.sh", "cat >Corefile <<EOF", "cluster.local", True),
        ("main.tf", "Corefile = <<EOF", "${local.domain}", False),
        ("main.tf", "Corefile = <<EOF", "{$DOMAIN}", True),
    ],
)
def test_a_fix_writes_nothing_that_the_host_fills_in(name: str, opening: str, domain: str, is_fixed: bool) -> None:
    text = (
        f"{opening}\n. {{\n    errors\n    loop\n    ready\n    kubernetes {domain}\n    forward . 10.0.0.1\n}}\nEOF\n"
    )
    codes, fixed = found(name, text)
    assert "KPL201" in {code for code, _ in codes}
    assert (f"disable success {domain}" in fixed) == is_fixed


README = """\
# DNS

1. A list with `code`:

   ```yaml
   kind: Pod
   metadata: {name: a}
   spec:
     dnsPolicy: clusterFirst

     containers: [{name: c, image: i}]
   ```

> ~~~~ {.Corefile title="a"}
> . {
>     loop
>
>     forward . 10.0.0.1
> }
> ~~~~

- ```json
  {"kind": "Pod", "metadata": {"name": "b"}, "spec": {"dnsPolicy": "clusterFirst", "containers": [{"name": "c", "image": "i"}]}}
  ```

```yaml
kind: Application
apiVersion: argoproj.io/v1alpha1
spec: {destination: {name: a}, source: {path: b}}
```

```yaml
kind: Deployment
spec: {containers: [
```
"""


def test_the_code_blocks_of_markdown() -> None:
    assert documents("README.md", README) == []
    kinds = [each.kind for each in documents("README.md", README, "Markdown")]
    assert kinds == ["Workload", "Corefile", "Workload"]
    codes, fixed = found("README.md", README, "Markdown")
    assert [each for each in codes if each[0] == "KPL104"] == [("KPL104", "clusterFirst"), ("KPL104", '"clusterFirst"')]
    assert ("KPL201", "forward . 10.0.0.1") in codes
    wanted = README.replace("clusterFirst", "ClusterFirst").replace("10.0.0.1\n", "10.0.0.1\n>     cache 30\n")
    assert fixed == wanted


def test_examples_are_no_part_of_a_cluster() -> None:
    text = "```yaml\nkind: Pod\nspec: {containers: [{image: 'registry.k8s.io/coredns/coredns:v1.11.1'}]}\n```\n"
    (pod,) = documents("README.md", text, "Markdown")
    assert share_of(pod) == NOTHING
    corefile = "```corefile\n. {\n    kubernetes cluster.local\n}\n```\n"
    (document,) = documents("README.md", corefile, "Markdown")
    share = share_of(document)
    assert (share.signs, share.role, share.is_corefile, share.line) == ((), "", True, 2)


@pytest.mark.parametrize(
    "text",
    [
        "```yaml `a`\nkind: Service\n```\n",
        "~~~yaml\nkind: Service\n```\n",
        "````yaml\nkind: Service\n```\n",
        "> ```yaml\n> kind: Service\n  metadata: {name: a}\n> ```\n",
        "```corefile\nno such thing\n```\n",
        "```yaml\n```\n",
    ],
)
def test_what_markdown_has_besides(text: str) -> None:
    assert documents("README.md", text, "Markdown") == []


@pytest.mark.parametrize(
    ("name", "as_kind", "parts"),
    [
        ("a.tf", None, ("kind: x = ", "a", "<<EOF\nkind: Pod\nEOF\n")),
        ("a.tf", None, ("kind: x = ", "<<a", "<<EOF\nkind: Pod\nEOF\n")),
        ("a.tf", None, ("kind: x = <<EOF\n", "${", "\nEOF\n")),
        ("a.tf", None, ("kind:\n", "<<E\n", "")),
        ("a.sh", None, ("kind: ", ">", " <<EOF\nkind: Pod\nEOF\n")),
        ("a.sh", None, ("cat <<-EOF\nkind: Pod\n", "\t \n", "EOF\n")),
        ("a.sh", None, ("kind:\n", "cat <<EOF\n EOF\n", "")),
        ("a.md", "Markdown", ("", "```yaml\nkind: Service\n```\n", "")),
        ("a.md", "Markdown", ("```\n", "``` \n> ```x\n", "")),
        ("a.md", "Markdown", ("", ">", "```yaml\nkind: Service\n```\n")),
    ],
)
def test_the_time_grows_with_the_text(name: str, as_kind: str | None, parts: tuple[str, str, str]) -> None:
    before, unit, after = parts
    grown = growth(
        lambda text: documents(name, text, as_kind), lambda size: before + unit * (size // len(unit)) + after, 20_000
    )
    assert grown < MOST
