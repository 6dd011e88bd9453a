#!/usr/bin/env bash
# Installs the gateways that bench/peers measures into a directory outside the project, each once: those that are there are
# left as they are, those that cannot be installed are named. Nothing is started, and no service is registered.
#   install.sh <directory>
# Needs npm for Portkey, python3 (3.10 or newer) for LiteLLM, apt and dpkg for nginx.
set -uo pipefail
[ $# -eq 1 ] || { echo "usage: install.sh <directory>"; exit 2; }
mkdir -p "$1" && cd "$1" || exit 1

portkey() {
  mkdir -p portkey && cd portkey || return 1
  # Its streams fail with later versions of hono.
  local packages='"hono":"4.9.7","@hono/node-server":"1.13.8"'
  echo '{"private":true,"dependencies":{"@portkey-ai/gateway":"1.15.2",'"$packages"'},"overrides":{'"$packages"'}}' > package.json
  npm install --ignore-scripts --no-audit --no-fund
}
litellm() {
  # Versions 1.82.7 and 1.82.8 were malicious. An exact version: never the newest of the day.
  "${PYTHON:-python3}" -m venv litellm && litellm/bin/pip install --quiet --disable-pip-version-check "litellm[proxy]==1.106.12"
}
nginx() {
  # Of the package only the program is taken, as installing it starts a server.
  mkdir -p nginx && cd nginx && apt-get download nginx && dpkg -x nginx_*.deb .
}

failed=0
install_peer() {
  if [ -e "$2" ]; then echo "$1: is there"; return; fi
  if ("$1") > "$1.log" 2>&1 && [ -e "$2" ]; then echo "$1: installed"; else echo "$1: not installed, see $PWD/$1.log"; failed=1; fi
}
install_peer portkey portkey/node_modules/@portkey-ai/gateway/build/start-server.js
install_peer litellm litellm/bin/litellm
install_peer nginx nginx/usr/sbin/nginx
exit "$failed"
