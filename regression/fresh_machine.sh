#!/usr/bin/env bash
# Runs the README's two commands in a minimal Debian 12 made for the purpose: what is missing from build.sh fails here
# and not on a newcomer's machine. Needs root and debootstrap. What is committed is tested, not the working tree.
#
#   regression/fresh_machine.sh [--keep] [folder]      the folder holds the root file system; default: a temporary one
#
# The new system takes its package mirrors, certificates and pip settings from this machine, and nothing else.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
keep=no
if [ "${1:-}" = --keep ]; then
  keep=yes
  shift
fi
[ "$(id -u)" = 0 ] || {
  echo "fresh_machine.sh: must run as root (it makes a chroot)" >&2
  exit 1
}
command -v debootstrap >/dev/null || {
  echo "fresh_machine.sh: debootstrap is missing; apt-get install debootstrap" >&2
  exit 1
}
target="${1:-$(mktemp -d -t tpu-mlir-fresh.XXXXXX)}"
mkdir -p "$target"

finish() {
  local mounted
  for mounted in dev proc; do
    if mountpoint -q "$target/$mounted"; then umount -l "$target/$mounted"; fi
  done
  # Only a folder that holds no mount any more may be removed.
  if [ "$keep" = no ] && ! grep -q " $target/" /proc/mounts; then rm -rf "$target"; fi
}
trap finish EXIT

# The first mirror that apt uses here, in either of the two formats of its sources.
mirror="$(find /etc/apt -name '*.list' -o -name '*.sources' | sort | xargs cat |
  sed -nE 's/^(URIs:|deb( \[[^]]*\])?) +([^ ]+).*/\3/p' | sed -n 1p)"
echo "== Making a minimal Debian 12 in $target"
debootstrap --variant=minbase bookworm "$target" ${mirror:+"$mirror"} >"$target.debootstrap.log" 2>&1 || {
  tail -n 20 "$target.debootstrap.log" >&2
  exit 1
}
rm -f "$target.debootstrap.log"

copy() { # copies a file or folder of this machine to the same place there, if it exists
  if [ -e "$1" ]; then
    mkdir -p "$target$(dirname "$1")"
    cp -rL "$1" "$target$(dirname "$1")/"
  fi
}
rm -rf "$target/etc/apt/sources.list" "$target/etc/apt/sources.list.d"
for path in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d \
  /usr/share/keyrings /usr/local/share/ca-certificates /etc/ssl/certs /etc/pip.conf /etc/resolv.conf /etc/hosts; do
  copy "$path"
done
mount -t proc proc "$target/proc"
mount --bind /dev "$target/dev"
git clone -q --no-hardlinks "$root" "$target/root/tpu-mlir"
echo "== Commit $(git -C "$target/root/tpu-mlir" log -1 --format='%h %s')"

inside() {
  echo "== In the new system: $*"
  chroot "$target" /usr/bin/env -u PIP_FIND_LINKS HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c "cd /root/tpu-mlir && $*"
}
inside ./build.sh demo
inside ./build.sh test
echo "== Both commands passed on a fresh machine"
