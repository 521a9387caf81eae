"""url.Parse; the expected texts are what Go 1.26 says."""

from __future__ import annotations

import pytest

from kpl.golang.urls import Url, parse_url
from kpl.golang.values import GoError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", Url()),
        ("*", Url(path="*")),
        ("/p", Url(path="/p")),
        ("//h/p", Url(host="h", path="/p")),
        ("///p", Url(path="///p")),
        ("a/b", Url(path="a/b")),
        ("a:b", Url(scheme="a", opaque="b")),
        ("HTTP://U:p@H:80/p%20q?x?y#f", Url(scheme="http", host="H:80", path="/p q")),
        ("tcp://a:b:1", Url(scheme="tcp", host="a:b:1")),
        ("http://a:b:1", Url(scheme="http", host="a:b:1")),
        ("unix:///x?", Url(scheme="unix", path="/x")),
        ("dns:a?b#c", Url(scheme="dns", opaque="a")),
        ("http://[::1]:80/", Url(scheme="http", host="[::1]:80", path="/")),
        ("http://[fe80::1%25e%20n]/", Url(scheme="http", host="[fe80::1%e n]", path="/")),
        ("http://a%c3%a9", Url(scheme="http", host="aé")),
        ("http://a%25b/", Url(scheme="http", host="a%b", path="/")),
        ("http://u@v@h/", Url(scheme="http", host="h", path="/")),
        ("?q", Url()),
        ("#f", Url()),
        ("x+y.z-1:", Url(scheme="x+y.z-1")),
        ("/a:b", Url(path="/a:b")),
        ("http://h:/", Url(scheme="http", host="h:", path="/")),
        ("http://h/%ff", Url(scheme="http", host="h", path="/\udcff")),
    ],
)
def test_urls(text: str, url: Url) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize("scheme", ["http", "https", "tcp"])
def test_several_colons_in_a_host(scheme: str) -> None:
    url = f"{scheme}://a:b:1"
    assert parse_url(url).host == "a:b:1"
    if scheme == "tcp":
        assert parse_url(url, strict_colons=True).host == "a:b:1"
        return
    with pytest.raises(GoError, match=r'invalid port ":b:1" after host$'):
        parse_url(url, strict_colons=True)
    assert parse_url(f"{scheme}://[::1]:1", strict_colons=True).host == "[::1]:1"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (":x", '":x": missing protocol scheme'),
        ("x y:z", '"x y:z": first path segment in URL cannot contain colon'),
        ("1:2", '"1:2": first path segment in URL cannot contain colon'),
        ("a b:c/d", '"a b:c/d": first path segment in URL cannot contain colon'),
        ("\x01", '"\\x01": net/url: invalid control character in URL'),
        ("http://h\x7f", '"http://h\\x7f": net/url: invalid control character in URL'),
        ("%zz", '"%zz": invalid URL escape "%zz"'),
        ("/%", '"/%": invalid URL escape "%"'),
        ("/%a", '"/%a": invalid URL escape "%a"'),
        ("/%aé", '"/%aé": invalid URL escape "%a\\xc3"'),
        ("#%", '"#%": invalid URL escape "%"'),
        ("http://h#%g1", '"http://h#%g1": invalid URL escape "%g1"'),
        ("http://h/%2", '"http://h/%2": invalid URL escape "%2"'),
        ("http://a[b]", '"http://a[b]": invalid IP-literal'),
        ("http://[::1", "\"http://[::1\": missing ']' in host"),
        ("http://[::1]x", '"http://[::1]x": invalid port "x" after host'),
        ("http://[::1]:a", '"http://[::1]:a": invalid port ":a" after host'),
        ("http://h:a", '"http://h:a": invalid port ":a" after host'),
        ("http://h:1:a", '"http://h:1:a": invalid port ":a" after host'),
        ("http://[1.2.3.4]", '"http://[1.2.3.4]": invalid IP-literal'),
        ("http://[a]", '"http://[a]": invalid host: ParseAddr("a"): unable to parse IP'),
        ("http://[::1%25]", '"http://[::1%25]": invalid host: ParseAddr("::1%"): zone must be a non-empty string'),
        ("http://[::1%25%41%2f]", '"http://[::1%25%41%2f]": invalid URL escape "%2f"'),
        ("http://[::1%41]", '"http://[::1%41]": invalid URL escape "%41"'),
        ("http://h%41", '"http://h%41": invalid URL escape "%41"'),
        ("http://h%4", '"http://h%4": invalid URL escape "%4"'),
        ("http://a b/", '"http://a b/": invalid character " " in host name'),
        ("http://a\\b", '"http://a\\\\b": invalid character "\\\\" in host name'),
        ("http://u r@h", '"http://u r@h": net/url: invalid userinfo'),
        ("http://u%@h", '"http://u%@h": invalid URL escape "%"'),
        ("http://u:%zz@h", '"http://u:%zz@h": invalid URL escape "%zz"'),
        ("http://é@h", '"http://é@h": net/url: invalid userinfo'),
        ("http://é%00", '"http://é%00": invalid URL escape "%00"'),
        ("http://[::1%25%c3]", '"http://[::1%25%c3]": invalid URL escape "%c3"'),
        ("http://[::1%25 ]/", '"http://[::1%25 ]/": invalid character " " in host name'),
    ],
)
def test_what_is_no_url(text: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_url(text)
    assert str(caught.value) == f"parse {why}"
