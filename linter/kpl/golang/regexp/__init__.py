"""regexp.Compile, as far as it can fail: Go's own error and the number of groups.

Mirrors Go 1.26, src/regexp/syntax/parse.go. Other releases of Go differ a little and are not told apart: ``(?<name>`` is new in
1.22, and 1.25 began to read the names of Unicode classes more freely. A byte that was not UTF-8 is a lone surrogate
(surrogateescape).
"""

from kpl.golang.regexp.syntax import Parser


def check_regexp(pattern: str) -> int:
    """The number of capturing groups, as Regexp.NumSubexp counts them.

    Raises GoError with the text of regexp.Compile's error, and RecursionError where it would take seconds to find out: alternatives
    in alternatives, a thousand deep and more.
    """
    return Parser(pattern).parse()
