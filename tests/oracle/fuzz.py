"""Compares kpl with the real CoreDNS on generated Corefiles and prints every disagreement, minimised.

    python tests/oracle/fuzz.py --version 1.12.1 --count 20000 --seed 1 [--plugin cache]

The Corefiles are put together from the words that each plugin knows and values good and bad, and mutated from the
examples beside this script. Needs what `make oracle` builds.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from coredns_oracle import RELEASES, Disagreement, compare, minimise, show

from kpl.coredns.releases import KEYWORDS
from kpl.coredns.versions import setup_order
from kpl.text.version import Version

ZONES = (
    ". example.org example.org:1053 tls://. https://example.org https3://. grpc://a.org quic://b.org unix://c 10.0.0.0/8 10.0.0.0/15 "
    "2001:db8::/32 fd00::/15 a..b :53 a.org: . . . example.com cluster.local in-addr.arpa ip6.arpa A.Org *.x _x x:99999"
).split()
VALUES = (
    "0 1 -1 2 5 10 30 53 60 100 300 512 1000 1232 4096 65535 65536 99999 4294967296 99999999999999999999 1.5 0x10 +5 "
    "1s 5s 10ms 1m 1h 24h 0s -1s 5 1d 5sec 1h30m 100h 10% 50% 95% 100% % "
    "true false on off yes no a b x udp tcp tls dns any all none "
    "127.0.0.1 10.0.0.1 10.0.0.1:53 [::1]:53 ::1 fe80::1%lo 8.8.8.8 1.1.1.1 tls://1.1.1.1 tls://9.9.9.9%dns.quad9.net https://1.1.1.1 "
    "10.0.0.0/8 10.0.0.0/33 fd00::/8 256.1.1.1 1.2.3 :9153 :8080 localhost:9153 0.0.0.0:53 lo "
    "/etc/resolv.conf /nowhere nowhere.db db.example.org example.org example.org. cluster.local in-addr.arpa ip6.arpa a..b . * _x "
    "A AAAA ANY MX PTR TXT NS SOA SRV HTTPS IN CH HS NXDOMAIN NOERROR SERVFAIL REFUSED FORMERR error denial success "
    "random round_robin sequential weighted rr first insecure verified disabled prefer immediate verify "
    '(.*) ^a$ [a .*\\.org {1} {{ }} {{.Name}} {remote} {{.Name}}{{ "" { } {} } a,b a=b a:b key:value "a b" "a\\"b" "" # #x x#y '
    "{$KPL_NAME} {$KPL_NUMBER} {$KPL_BRACE} {$KPL_LINES} {$UNSET} {%KPL_NAME%} {$KPL_NAME import"
).split(" ")


def _values(random_: random.Random, own: list[str]) -> list[str]:
    count = random_.choice([0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 5])
    return [random_.choice(own) if own and random_.random() < 0.4 else random_.choice(VALUES) for _ in range(count)]


class Generator:
    """Makes Corefiles for one release."""

    def __init__(self, version: str, seed: int, only: str | None) -> None:
        self.random = random.Random(f"{version} {seed} {only}")
        self.plugins = list(setup_order(Version(version)))
        self.only = [only] if only else []
        self.examples = _examples()

    def corefile(self) -> str:
        """One Corefile: generated, or an example with a few mutations."""
        if self.examples and self.random.random() < 0.5:
            text = self.random.choice(self.examples)
            if not self.only or re.search(rf"\b{self.only[0]}\b", text):
                return self.mutated(text)
        return "".join(self.block() for _ in range(self.random.choice([1, 1, 1, 2])))

    def block(self) -> str:
        """A server block."""
        keys = [self.random.choice(ZONES) for _ in range(self.random.choice([1, 1, 1, 2]))]
        names = self.random.choices(self.only or self.plugins, k=self.random.choice([1, 1, 1, 2, 3]))
        return f"{' '.join(keys)} {{\n{''.join(self.directive(name) for name in names)}}}\n"

    def directive(self, name: str) -> str:
        """A plugin's line with or without a block."""
        words = [
            word
            for example in self.examples
            for line in example.splitlines()
            if line.split()[:1] == [name]
            for word in line.split()[1:]
        ]
        head = " ".join([name, *_values(self.random, words)])
        known = list(KEYWORDS.get(name, {}))
        if not known and self.random.random() < 0.8 or self.random.random() < 0.3:
            return f"    {head}\n"
        lines = []
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 3])):
            keyword = self.random.choice([*known, *known, *known, "bogus", self.random.choice(VALUES)])
            own = [
                word
                for example in self.examples
                for line in example.splitlines()
                if line.split()[:1] == [keyword]
                for word in line.split()[1:]
            ]
            lines.append(" ".join([f"        {keyword}", *_values(self.random, own)]) + "\n")
        return f"    {head} {{\n{''.join(lines)}    }}\n"

    def mutated(self, text: str) -> str:
        """`text` with a few words replaced, doubled, swapped or left out."""
        pieces = re.findall(r"[^\S\n]+|\n|\S+", text)
        for _ in range(self.random.choice([0, 1, 1, 2, 3])):
            at = self.random.randrange(len(pieces))
            kind = self.random.randrange(6)
            if kind == 0:
                del pieces[at]
            elif kind == 1:
                pieces.insert(at, pieces[at])
            elif kind == 2:
                pieces[at] = self.random.choice(VALUES)
            elif kind == 3:
                pieces.insert(at, f" {self.random.choice(VALUES)} ")
            elif kind == 4:
                other = self.random.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            else:
                pieces[at] = pieces[at][: self.random.randrange(len(pieces[at]) + 1)]
            if not pieces:
                return text
        return "".join(pieces)


def _examples() -> list[str]:
    """The Corefiles of examples/*.corefile, split at lines of ``---``."""
    return [
        text
        for path in sorted((Path(__file__).parent / "examples").glob("*.corefile"))
        for text in path.read_text().split("---\n")
        if text.strip()
    ]


def main() -> int:
    """Run; the exit code tells whether anything disagreed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", default=RELEASES[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plugin", help="generate this plugin alone")
    parser.add_argument("--show", type=int, default=20, help="how many disagreements to minimise and print")
    parser.add_argument("--verdicts-only", action="store_true", help="do not compare messages")
    options = parser.parse_args()
    generator = Generator(options.version, options.seed, options.plugin)
    found: list[Disagreement] = []
    kinds: Counter[str] = Counter()
    for start in range(0, options.count, 5000):
        texts = [generator.corefile() for _ in range(min(5000, options.count - start))]
        for each in compare(options.version, texts):
            if each.what == "message" and options.verdicts_only:
                continue
            kind = re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "_", each.coredns.error or f"loads, kpl: {each.kpl.message}")
            if kinds[kind] == 0:
                found.append(each)
            kinds[kind] += 1
    for each in found[: options.show]:
        print(show(minimise(options.version, each)))
    print(
        f"CoreDNS {options.version}: {options.count} Corefiles, {sum(kinds.values())} disagreements of {len(kinds)} kinds"
    )
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
