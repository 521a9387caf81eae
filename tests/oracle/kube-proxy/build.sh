#!/bin/sh
# Build kube-proxy itself, one binary per release, outside of the tree. See README.md.
#   VERSIONS     releases, default the newest one in `releases` that is no pre-release
#   ORACLE_DIR   where kube-proxy-<version> goes, default ~/.cache/kpl-oracle
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${ORACLE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/kpl-oracle}
mkdir -p "$out"
out=$(cd "$out" && pwd)

newest=$(grep -v -- - "$here/releases" | tail -n 1)

for version in ${VERSIONS:-$newest}; do
    # Go 1.27 has another encoding/json, whose messages are others.
    case $version:$(go env GOVERSION) in
    1.3[89].*:go1.2[7-9]* | 1.[23]*:go1.2[0-6]*) ;;
    *) echo "$version is not released with $(go env GOVERSION): its messages about JSON will be others" >&2 ;;
    esac

    source=$out/source/kube-proxy-$version
    rm -rf "$source"
    mkdir -p "$source"
    cd "$source"

    # The release itself, through the module proxy and its checksums. `-json` also names the folder that it lies in.
    printf 'module oracle\n' >go.mod
    release=$(go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')

    # Its go and godebug lines decide on the GODEBUG defaults; what it keeps below staging are modules of the same release.
    staged=v0.${version#1.}
    {
        printf 'module oracle\n'
        grep -E '^(go|godebug) ' "$release/go.mod"
        printf 'require k8s.io/kubernetes v%s\n' "$version"
        sed -n "s#^[[:space:]]*\([^ ]*\) => ./staging/src/.*#replace \1 => \1 $staged#p" "$release/go.mod"
    } >go.mod
    case $version in
    1.20.* | 1.21.* | 1.22.*) printf 'replace github.com/modern-go/reflect2 => github.com/modern-go/reflect2 v1.0.2\n' >>go.mod ;; # theirs crashes with today's Go
    # the module proxy lacks their own k8s.io/kube-proxy; the types in this one are the same
    1.25.*) sed -i 's#^\(replace k8s.io/kube-proxy => k8s.io/kube-proxy\) .*#\1 v0.24.17#' go.mod ;;
    1.27.*) sed -i 's#^\(replace k8s.io/kube-proxy => k8s.io/kube-proxy\) .*#\1 v0.26.9#' go.mod ;;
    # the module proxy may lack these two; nothing of either runs until a configuration is loaded
    1.38.*)
        wrappers=sigs.k8s.io/iptables-wrappers
        if ! go mod download "$wrappers@v1.0.0" 2>/dev/null; then
            mkdir -p wrappers/pkg/iptables
            cp "$here/iptables.go" wrappers/pkg/iptables
            printf 'module %s\ngo 1.24\nrequire k8s.io/utils v0.0.0-20260626114624-be93311217bd\n' "$wrappers" >wrappers/go.mod
            printf 'replace %s => ./wrappers\n' "$wrappers" >>go.mod
        fi
        merge=sigs.k8s.io/structured-merge-diff/v7
        go mod download "$merge@v7.0.1" 2>/dev/null || printf 'replace %s => %s v7.0.0\n' "$merge" "$merge" >>go.mod
        ;;
    esac

    # Its own main, and `kube-proxy gates`.
    cp "$release/cmd/kube-proxy/proxy.go" "$here/gates.go" .
    chmod u+w proxy.go

    # showHiddenMetricsForVersion and the lifecycle of feature gates look at the release's own number.
    minor=${version#1.}
    stamp="-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
    go build -mod=mod -buildvcs=false -trimpath -ldflags "-s -w $stamp" -o "$out/kube-proxy-$version.new" .
    mv "$out/kube-proxy-$version.new" "$out/kube-proxy-$version"
    echo "$out/kube-proxy-$version"
done
