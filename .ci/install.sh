#!/usr/bin/env bash
# Installs what the tests need on Debian or Ubuntu, when it is missing. Elsewhere it names what is missing and stops.
set -euo pipefail

missing=()

# need PACKAGE TEST...: remembers the package when the test fails.
need() {
	local package=$1
	shift
	"$@" >/dev/null 2>&1 || missing+=("$package")
}

on_path() {
	local program
	for program in "$@"; do
		PATH="$PATH:/usr/sbin" command -v "$program" && return
	done
	return 1
}

check_node() {
	node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' && return
	echo "The tests of the pages need Node.js 20 or newer, this is $(node --version): install a newer one." >&2
	exit 1
}

family() { (. /etc/os-release 2>/dev/null && echo " ${ID:-} ${ID_LIKE:-} ") || true; }

# Ubuntu has the browser under another name.
browser=chromium
[[ "$(family)" == *" ubuntu "* ]] && browser=chromium-browser

need gcc on_path gcc # for the race detector
need libc6-dev test -e /usr/include/stdlib.h -o "$(uname)" = Darwin
need nodejs on_path node
need npm on_path npm
need redis-server on_path redis-server
need ffmpeg on_path ffmpeg
need nginx on_path nginx
need libnginx-mod-rtmp test -e /usr/lib/nginx/modules/ngx_rtmp_module.so
need "$browser" on_path chromium chromium-browser google-chrome

if ((${#missing[@]} == 0)); then
	check_node
	exit
fi

command="apt-get install -y ${missing[*]}"
if [[ "$(family)" != *" debian "* && "$(family)" != *" ubuntu "* ]]; then
	echo "The tests need these, under their names in Debian: ${missing[*]}" >&2
	echo "This is neither Debian nor Ubuntu: install them, then run make test again." >&2
	exit 1
fi

as_root=()
if ((EUID != 0)); then
	as_root=(sudo)
	[[ "${CI:-}" == true ]] && as_root=(sudo -n) # nobody is there to type a password
	if ! on_path sudo >/dev/null; then
		echo "The tests need packages that only root can install. As root: $command" >&2
		exit 1
	fi
fi
root() { "${as_root[@]}" "$@"; }

# Debian starts a server as soon as it is installed. The tests start their own, on their own ports: while packages
# are installed this file answers "do not start" (101), and where systemd runs they stay off at the next boot too.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	trap 'root rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' | root tee "$policy" >/dev/null
	root chmod 755 "$policy"
fi

echo "Installing: ${missing[*]}"
root apt-get update -q
root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
	-o Acquire::Retries=3 "${missing[@]}" </dev/null

if [[ -d /run/systemd/system ]]; then
	for server in redis-server nginx; do
		[[ " ${missing[*]} " != *" $server "* ]] || root systemctl disable --quiet "$server"
	done
fi
check_node
