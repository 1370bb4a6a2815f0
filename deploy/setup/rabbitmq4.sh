#!/usr/bin/env bash
# RabbitMQ 4 for tests on a machine whose packages have an older one: Debian 13's package in a folder of its own.
#
#   deploy/setup/rabbitmq4.sh install        build the folder (about a minute, 330 MB); nothing to do if it is there
#   deploy/setup/rabbitmq4.sh run COMMAND…   install, then run COMMAND with every private node on RabbitMQ 4
#   deploy/setup/rabbitmq4.sh remove         delete the folder
#
# Needs root: nodes run in a chroot, with mounts that only they see. WARREN_RABBITMQ_ROOTFS names another folder,
# MIRROR another Debian mirror than the one apt uses. Details of a failed step stand beside the folder, in install.log.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ROOTFS=${WARREN_RABBITMQ_ROOTFS:-$ROOT/.warren/rabbitmq4/rootfs}
SUITE=trixie
READY=.rabbitmq-is-installed
FOLDER=$(dirname "$ROOTFS")
LOG=$FOLDER/install.log

say() { printf 'rabbitmq4: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Run a step quietly; when it fails, show the end of its output and one line that names it.
step() {
    local title=$1
    shift
    say "$title …"
    if ! "$@" >"$LOG" 2>&1 8<&-; then # (nothing that is started here may keep our lock)
        tail -n 8 "$LOG" >&2
        fail "failed: $title (all of its output: $LOG)"
    fi
}

check_machine() {
    ((EUID == 0)) || fail "needs root, for the chroot: sudo $0 $*"
    [[ $(uname -s) == Linux ]] || fail "needs Linux"
    command -v apt-get >/dev/null || fail "needs a Debian system (apt-get); elsewhere set WARREN_TEST_AMQP_URL" \
        "to a RabbitMQ 4 server and run the tests without this script"
}

apt_in() { chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get "${@:2}"; }

# Built beside its place and renamed when complete: a half-made folder is never used.
install() {
    [[ -e $ROOTFS/$READY ]] && return
    check_machine install
    mkdir -p "$FOLDER"
    exec 8>"$FOLDER/lock"
    flock --wait 600 8 || fail "another installation has held $FOLDER/lock for ten minutes"
    [[ -e $ROOTFS/$READY ]] && return
    command -v debootstrap >/dev/null || {
        step "updating the lists of packages" apt-get update -q
        step "installing debootstrap" apt-get install -y -q --no-install-recommends debootstrap
    }
    local new=$ROOTFS.new mirror=${MIRROR:-}
    [[ -n $mirror ]] || mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian/*$') ||
        fail "apt names no Debian mirror: give one, for example MIRROR=https://deb.debian.org/debian"
    rm -rf --one-file-system "$new" "$ROOTFS"
    step "unpacking Debian ($SUITE)" debootstrap --variant=minbase "$SUITE" "$new" "$mirror"
    # Its service must not start: the nodes that tests need are started one by one.
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
    chmod 755 "$new/usr/sbin/policy-rc.d"
    step "updating its lists of packages" apt_in "$new" update -q
    step "installing rabbitmq-server" apt_in "$new" install -y -q --no-install-recommends rabbitmq-server
    printf '127.0.0.1 localhost\n' >"$new/etc/hosts"
    apt_in "$new" clean
    mkdir -p "$new/node"
    touch "$new/$READY"
    mv "$new" "$ROOTFS"
    exec 8>&-
}

case ${1:-} in
install) install ;;
run)
    (($# > 1)) || fail "run what? $0 run COMMAND…"
    install
    shift
    WARREN_RABBITMQ_ROOTFS=$ROOTFS exec "$@"
    ;;
remove) rm -rf --one-file-system "$ROOTFS" "$ROOTFS.new" ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
