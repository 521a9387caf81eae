#!/bin/sh
# Build the oracle: one binary per CoreDNS release, outside of the tree. See README.md.
#   VERSIONS     releases; `make oracle` names the newest one
#   ORACLE_DIR   where coredns-<version> goes, default ~/.cache/kpl-oracle
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${ORACLE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kpl-oracle}
mkdir -p "$out"
out=$(cd "$out" && pwd)

for version in ${VERSIONS:?such as 1.12.1}; do
    source=$out/source/$version
    rm -rf "$source"
    mkdir -p "$source"
    cd "$source"

    # The release itself, through the module proxy and its checksums. `-json` also names the folder that it lies in.
    printf 'module oracle\n' >go.mod
    release=$(go mod download -json "github.com/coredns/coredns@v$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')

    # Its go line decides on the GODEBUG defaults.
    {
        printf 'module oracle\n'
        grep '^go ' "$release/go.mod"
        printf 'require github.com/coredns/coredns v%s\n' "$version"
    } >go.mod

    # Its plugins, but for those that call a cloud service during setup: minutes for a run, and no verdict without an account.
    {
        printf 'package main\n\nimport (\n'
        grep '^[[:space:]]*_ "' "$release/core/plugin/zplugin.go" | grep -v -E '/plugin/(azure|clouddns|route53)"'
        printf ')\n'
    } >plugins.go

    ldflags='-s -w'
    caddy=github.com/coredns/caddy
    case $version in
    1.7.*) caddy=github.com/caddyserver/caddy ;;
    1.9.*) ldflags="$ldflags -checklinkname=0" ;; # an old dependency reaches into the runtime, which today's linker forbids
    1.10.*)
        # The module proxy has this module no longer. Nothing of it is compiled.
        mkdir netaddr
        printf 'module inet.af/netaddr\n' >netaddr/go.mod
        printf 'replace inet.af/netaddr => ./netaddr\n' >>go.mod
        ;;
    esac
    sed "s#\"github.com/coredns/caddy#\"$caddy#" "$here/coredns/main.go" >main.go

    go build -mod=mod -buildvcs=false -trimpath -ldflags "$ldflags" -o "$out/coredns-$version.new" .
    mv "$out/coredns-$version.new" "$out/coredns-$version"
    echo "$out/coredns-$version"
done
