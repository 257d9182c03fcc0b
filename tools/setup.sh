#!/usr/bin/env bash
# Makes .venv with the locked dependencies: `tools/setup.sh runtime` or `tools/setup.sh dev`.
# Does nothing when that has been done; installs what pip cannot bring with apt when it may, else says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?usage: tools/setup.sh runtime|dev}
lock=requirements/$kind.txt
stamp=.venv/.kinitro-$kind

fail() { echo "kinitro: $*" >&2; exit 3; }

# The packages of Debian and Ubuntu given as arguments, installed if we may.
apt_install() {
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    sudo=(sudo)
  fi
  command -v apt-get >/dev/null || return 1
  echo "Installing $* with apt-get ..."
  # A service that a package brings is started neither now (RUNLEVEL=1, mask) nor at the next boot (mask).
  "${sudo[@]}" systemctl mask --quiet nginx caddy pgbouncer 2>/dev/null || true
  "${sudo[@]}" apt-get update -qq &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq "$@" >/dev/null
  local code=$?
  "${sudo[@]}" systemctl unmask --quiet nginx caddy pgbouncer 2>/dev/null || true
  return $code
}

find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11, 3.12 or 3.13 is needed and none is on the PATH: install python3 and python3-venv."
}

# Programs the tests drive, and the Debian package of each. The demo needs none of them.
if [ "$kind" = dev ]; then
  missing=()
  command -v bwrap >/dev/null || missing+=(bubblewrap)
  command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
  PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null || missing+=(pgbouncer)
  PATH="$PATH:/usr/sbin:/sbin" ldconfig -p | grep -q libseccomp.so.2 || missing+=(libseccomp2)
  PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx-light)
  command -v caddy >/dev/null || missing+=(caddy)
  command -v gpg >/dev/null || missing+=(gnupg)
  command -v node >/dev/null || command -v nodejs >/dev/null || missing+=(nodejs)
  if [ ${#missing[@]} != 0 ]; then
    apt_install "${missing[@]}" || fail "The tests need ${missing[*]}: run \`sudo apt-get install ${missing[*]}\`."
  fi
fi

current=$(cat "$lock" pyproject.toml "$0" | sha256sum | cut -c1-64)
if [ -x .venv/bin/kinitro ] && [ "$(cat "$stamp" 2>/dev/null)" = "$current" ]; then
  exit 0
fi

if [ ! -x .venv/bin/python ]; then
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    apt_install python3-venv || fail "Python's venv module is missing: run \`sudo apt-get install python3-venv\`."
  fi
  "$python" -m venv .venv
fi
echo "Installing $(grep -c '==' "$lock") locked packages into .venv (some minutes the first time) ..."
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install --quiet --require-hashes -r "$lock"
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
echo "$current" > "$stamp"
