#!/usr/bin/env bash
# A real Elasticsearch for tests: the integration-test distribution that its makers publish on Maven Central.
#
#   deploy/setup/elasticsearch.sh install   unpack it (a minute at first, 100 MB); nothing to do if it is there
#   deploy/setup/elasticsearch.sh where     print its folder, whether or not it is there
#   deploy/setup/elasticsearch.sh remove    delete the folder (Maven keeps the download in ~/.m2)
#
# Needs Java 17 and Maven, which it installs from Debian when they are missing. WARREN_ELASTICSEARCH_HOME names
# another folder. Nodes are started by the tests (warren.testing.elasticsearch), each with a folder of its own.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VERSION=8.19.2
ARTIFACT=org.elasticsearch.distribution.integ-test-zip:elasticsearch:$VERSION:zip
FOLDER=${WARREN_ELASTICSEARCH_HOME:-$ROOT/.warren/elasticsearch/$VERSION}
LOG=$(dirname "$FOLDER")/install.log

say() { printf 'elasticsearch: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Run a step quietly; when it fails, show the end of its output and one line that names it.
step() {
    local title=$1
    shift
    say "$title …"
    if ! "$@" >>"$LOG" 2>&1 8<&-; then # (nothing that is started here may keep our lock)
        tail -n 8 "$LOG" >&2
        fail "failed: $title (all of its output: $LOG)"
    fi
}

missing_packages() {
    compgen -G '/usr/lib/jvm/*17*/bin/java' >/dev/null || echo openjdk-17-jre-headless
    command -v mvn >/dev/null || echo maven
    command -v unzip >/dev/null || echo unzip
}

install_packages() {
    local packages as_root=(env)
    mapfile -t packages < <(missing_packages)
    ((${#packages[@]})) || return 0
    command -v apt-get >/dev/null || fail "missing: ${packages[*]}; there is no apt-get here, install them" \
        "with your system's tool"
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; } || fail "cannot install ${packages[*]}: have an" \
            "administrator run: apt-get install --no-install-recommends ${packages[*]}"
        as_root=(sudo)
    fi
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
    step "updating the lists of packages" "${apt[@]}" update
    step "installing ${packages[*]}" "${apt[@]}" install --no-install-recommends "${packages[@]}"
}

# Built beside its place and renamed when complete: a half-made folder is never used.
install() {
    [[ ! -e $FOLDER/bin/elasticsearch ]] || return 0
    mkdir -p "$(dirname "$FOLDER")"
    exec 8>"$FOLDER.lock"
    flock --wait 600 8 || fail "another installation has held $FOLDER.lock for ten minutes"
    [[ ! -e $FOLDER/bin/elasticsearch ]] || return 0
    : >"$LOG"
    install_packages
    local new=$FOLDER.new
    rm -rf "$new"
    mkdir -p "$new"
    step "fetching Elasticsearch $VERSION" mvn -B -q dependency:get -Dtransitive=false -Dartifact="$ARTIFACT"
    step "copying it" mvn -B -q dependency:copy -Dartifact="$ARTIFACT" -DoutputDirectory="$new"
    step "unpacking it" unzip -q "$new/elasticsearch-$VERSION.zip" -d "$new"
    mv "$new/elasticsearch-$VERSION" "$FOLDER"
    rm -rf "$new"
    exec 8>&-
}

case ${1:-} in
install) install ;;
where) printf '%s\n' "$FOLDER" ;;
remove) rm -rf "$FOLDER" "$FOLDER.new" ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
