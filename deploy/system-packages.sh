#!/bin/sh
# Make sure that a program (or jemalloc, a library) of the system is there: `system-packages.sh [--optional] PROGRAM`.
# Installs by apt-get as root or where sudo asks nothing; otherwise says what to install.
set -eu
optional=no
if [ "$1" = --optional ]; then
    optional=yes
    shift
fi
program=$1
case "$program" in
    tsc) package=node-typescript ;;
    jemalloc) package=libjemalloc2 ;;
    *) package=$program ;;
esac
PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"

present() {
    for name in "$@"; do
        if command -v "$name" >/dev/null 2>&1; then return 0; fi
    done
    return 1
}
case "$program" in
    jemalloc) ldconfig -p 2>/dev/null | grep -q libjemalloc && exit 0 ;;
    chromium) present chromium chromium-browser google-chrome && exit 0 ;;
    *) present "$program" && exit 0 ;;
esac

give_up() {
    [ "$optional" = yes ] && { echo "$program is missing ($1): what needs it does not run, and says so." >&2; exit 0; }
    echo "$program is missing and could not be installed ($1). Please install the system package '$package', then run make again." >&2
    exit 1
}
present apt-get || give_up "no apt-get on this system"
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    give_up "neither root nor passwordless sudo"
fi

echo "installing $package"
install() { DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends "$package" </dev/null >/dev/null; }
install || { $as_root apt-get update -qq </dev/null && install; } || give_up "apt-get failed"
