#!/bin/sh
# Build the judges of expressions: one binary per release of expr that a CoreDNS uses, outside of the tree.
#   VERSIONS     releases of expr, default 1.17.8
#   ORACLE_DIR   where expr-<version> goes, default ~/.cache/kpl-oracle
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${ORACLE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kpl-oracle}
mkdir -p "$out"
out=$(cd "$out" && pwd)

for version in ${VERSIONS:-1.17.8}; do
    module=github.com/expr-lang/expr
    tags=
    case $version in
    1.9.* | 1.1[0-5].*) module=github.com/antonmedv/expr ;; # its name before 1.16
    esac
    case $version in
    1.9.* | 1.1[0-3].*) tags=builtintype ;;
    esac
    source=$out/source/expr-$version
    rm -rf "$source"
    mkdir -p "$source"
    cd "$source"
    printf 'module oracle\n\ngo 1.21\n\nrequire %s v%s\n' "$module" "$version" >go.mod
    for file in main with_type without_type; do
        sed "s#github.com/expr-lang/expr#$module#" "$here/$file.go" >"$file.go"
    done
    go build -mod=mod -buildvcs=false -trimpath -tags "$tags" -ldflags '-s -w' -o "$out/expr-$version.new" .
    mv "$out/expr-$version.new" "$out/expr-$version"
    echo "$out/expr-$version"
done
