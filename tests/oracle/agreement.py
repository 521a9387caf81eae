"""How often kpl and the real CoreDNS agree, plugin by plugin and release by release: the table in docs/verify.md.

    python tests/oracle/agreement.py --count 500 --seed 1 [--write]

Needs what `make oracle` builds.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from coredns_oracle import NOT_IN_THE_ORACLE, RELEASES, compare, oracle_path

from fuzz import Generator
from kpl.coredns.versions import setup_order
from kpl.text.version import Version

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


def cell(version: str, plugin: str, count: int, seed: int) -> str:
    """``500`` where all agree; verdicts and messages that differ, where some do."""
    if plugin not in setup_order(Version(version)):
        return ""
    generator = Generator(version, seed, plugin)
    kinds = [each.what for each in compare(version, [generator.corefile() for _ in range(count)])]
    if not kinds:
        return str(count)
    return f"{count}, {kinds.count('verdict')} verdicts and {kinds.count('message')} messages differ"


def table(count: int, seed: int) -> str:
    """The table, with a sentence that says what it counts."""
    releases = [version for version in RELEASES if oracle_path(version).exists()]
    lines = [
        f"Number of generated Corefiles for each plugin (seed {seed}) that both programs checked, and how many results differ. If there is only one",
        "number, verdict and message were equal for all of them. `python tests/oracle/agreement.py --write` writes this table.",
        "",
        f"| plugin | {' | '.join(releases)} |",
        f"|---|{'---|' * len(releases)}",
    ]
    for plugin in sorted(set(setup_order(Version(RELEASES[0]))) - NOT_IN_THE_ORACLE):
        cells = [cell(version, plugin, count, seed) for version in releases]
        lines.append(f"| {plugin} | {' | '.join(cells)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    made = table(options.count, options.seed)
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        text = re.sub(
            r"(<!-- agreement -->\n).*?(<!-- end -->)",
            lambda found: found[1] + made + "\n" + found[2],
            text,
            flags=re.DOTALL,
        )
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(made)


if __name__ == "__main__":
    main()
