"""Where the values of a HelmRelease come from, other than from itself.

Source: https://fluxcd.io/flux/components/helm/helmreleases/#values-references, #chart-template
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from kpl.inputs.charts.table import NAMES
from kpl.inputs.objects.references import ValuesFile, is_local, paths, texts
from kpl.inputs.reader import Clue, Leaves, ObjectKind, ObjectReader, Takes
from kpl.inputs.yaml.tree import Mapping


@dataclass(eq=False)
class ReleaseValues:
    """The sources of the values of a HelmRelease."""

    files: list[ValuesFile]
    """Files in the repository of the chart."""
    maps: list[ValuesFile]
    """ConfigMaps, by their names."""


class ReleaseValuesReader(ObjectReader):
    """Reads where HelmReleases have their values, if that is in files, or if their chart is a known one."""

    kind = ObjectKind(
        models=("ReleaseValues",),
        kinds=("HelmRelease",),
        groups=("helm.toolkit.fluxcd.io/",),
        tells=True,
        clues=(
            Clue(("valuesFiles",)),
            Clue(("chart: ",), (rf"""chart: ["']?(?:\*|(?:{NAMES})\b)""", "valuesFrom:")),
        ),
    )
    examples = (
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart:\n    spec:\n"
            "      chart: ./charts/web\n      sourceRef: {kind: GitRepository, name: own}\n"
            "      valuesFiles: [./charts/web/east.yaml, ../a.yaml]\n",
            {"files": [("charts/web/east.yaml", "./charts/web", "", "own", False)], "maps": []},
        ),
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n"
            "  chart: {spec: {chart: dex, version: 1.0.0, sourceRef: {kind: HelmRepository, name: dexidp}}}\n"
            "  valuesFrom:\n  - {kind: ConfigMap, name: dex-values}\n",
            {"files": [], "maps": [("dex-values", "dex", "1.0.0", "dexidp", True)]},
        ),
        # one of several, a single value of it, a Secret
        Takes(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart: {spec: {chart: dex}}\n  valuesFrom:\n"
            "  - {kind: ConfigMap, name: a, valuesKey: east}\n  - {kind: ConfigMap, name: b, targetPath: c}\n"
            "  - {kind: ConfigMap, name: d}\n  - {kind: Secret, name: e}\n",
            {"maps": [("d", "dex", "", "", False)]},
        ),
        # files in the chart
        Leaves(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart:\n    spec:\n      chart: web\n"
            "      sourceRef: {kind: HelmRepository, name: a}\n      valuesFiles: [east.yaml]\n"
        ),
    )

    def models(self, text: str, node: Mapping) -> Iterator[ReleaseValues]:
        """The sources of the HelmRelease `node`."""
        chart = node.mapping("spec", "chart", "spec")
        if chart is None:
            return
        said = [str(chart.text(*path.split(".")) or "") for path in ("chart", "version", "sourceRef.name")]
        name, version, repository = said
        files: list[str] = []
        if chart.text("sourceRef", "kind") == "GitRepository":
            files += (posixpath.normpath(each) for each in texts(chart.items("valuesFiles")) if is_local(each))
        taken = [each for each in node.items("spec", "valuesFrom") if isinstance(each, Mapping)]
        is_alone = len(taken) == 1 and not files and all(node.get("spec", each) is None for each in _OTHERS)
        maps = [
            each
            for each in taken
            if each.text("kind") == "ConfigMap" and each.get("targetPath") is None and each.get("valuesKey") is None
        ]
        found = ReleaseValues(
            [ValuesFile(each, name, version, repository) for each in files if not each.startswith("..")],
            [ValuesFile(each, name, version, repository, is_alone) for each in paths([*maps], "name")],
        )
        if found.files or found.maps:
            yield found


_OTHERS = ("values", "postRenderers")
