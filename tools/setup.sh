#!/bin/sh
# Makes .venv with the locked dependencies; with "essais", also what the tests drive: Chromium and PostgreSQL.
# Quick and harmless when everything is there. Debian 12 or later, Python 3.11 or later.
set -eu
cd "$(dirname "$0")/.."

dire() { printf '%s\n' "$*" >&2; }

paquets() {
  # Debian packages: installed when root, else told in one sentence.
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    dire "Il manque des paquets. Lancez : sudo apt-get install -y --no-install-recommends $*"
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -y -q --no-install-recommends "$@"
}

trouver_python() {
  for nom in python3.11 python3.12 python3.13 python3.14 python3; do
    if command -v "$nom" >/dev/null && "$nom" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
      command -v "$nom"
      return
    fi
  done
}

empreinte=$(cat requirements/dev.txt pyproject.toml tools/setup.sh | sha256sum | cut -c1-16)
if [ ! -f ".venv/pret-$empreinte" ]; then
  python=$(trouver_python)
  if [ -z "$python" ]; then
    paquets python3 python3-venv
    python=$(trouver_python)
    [ -n "$python" ] || { dire "Il faut Python 3.11 ou plus récent."; exit 1; }
  fi
  if [ ! -x .venv/bin/pip ]; then
    # Debian ships venv apart, and says so only when it fails.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || paquets "$(basename "$(readlink -f "$python")")-venv"
    "$python" -m venv .venv
  fi
  dire "Installation des dépendances verrouillées dans .venv…"
  .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
  # setuptools is locked with the rest: nothing is fetched behind the lock's back.
  .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
  rm -f .venv/pret-*
  touch ".venv/pret-$empreinte"
fi

if [ "${1:-}" = essais ]; then
  manquants=
  command -v chromium >/dev/null || manquants="$manquants chromium fonts-liberation"
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || manquants="$manquants postgresql"
  # shellcheck disable=SC2086 # a list of words
  [ -z "$manquants" ] || paquets $manquants
  # The same engine without a window to draw: the browser's tests take a third less time. Tried once: nothing needs it.
  if ! command -v chromium-headless-shell >/dev/null && [ ! -f ".venv/coquille-$empreinte" ]; then
    [ "$(id -u)" -ne 0 ] || (paquets chromium-headless-shell) || dire "Sans chromium-headless-shell, les essais sont plus longs."
    touch ".venv/coquille-$empreinte"
  fi
fi
