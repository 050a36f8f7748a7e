#!/usr/bin/env bash
# What the tests need of the system, beside Node.js and the packages from npm. This is the only list of it.
#
#   test/prerequisites.sh list             all of it: what, Debian's package, what it is for
#   test/prerequisites.sh check            fails with one message that names everything that is absent
#   test/prerequisites.sh check servers    the same for what every test on a database or Kafka needs
#   test/prerequisites.sh install          says what it will install, then installs what is absent
set -euo pipefail
cd "$(dirname "$0")/.."

# The notification engine of Argo, which renders our examples, needs this Go or a newer one.
go_wanted=1.24.13
# Debian's Go may be older; `install` then puts this one beside the other things that the tests keep.
own_go=test/.cache/go

prerequisites() {
  cat <<'EOF'
servers|PostgreSQL 15 or newer|postgresql|every test on a database
servers|Java 17 or newer|default-jre-headless|Kafka, for every test on it
servers|Maven|maven|fetches Kafka, once
tests|root certificates|ca-certificates|what curl, Maven and Go fetch
tests|Git|git|import of a repository's history
tests|curl|curl|what the documents and examples send
tests|OpenSSL|openssl|Kafka and PostgreSQL over TLS
tests|kcat|kcat|a Kafka client that is not ours
tests|Prometheus and promtool|prometheus|metrics, dashboards, alerts
tests|Alertmanager|prometheus-alertmanager|its webhook
tests|Chromium|chromium|the pages
tests|Go 1.24 or newer|golang-go|Argo's notification engine, for the examples
EOF
}

# at_least WANTED FOUND: whether version FOUND is WANTED or newer.
at_least() {
  [ -n "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

postgresql_version() {
  local newest
  newest=$(ls /usr/lib/postgresql 2>/dev/null | sort -V | tail -n 1)
  if [ -x "/usr/lib/postgresql/$newest/bin/postgres" ]; then
    echo "$newest"
  else
    pg_config --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/'
  fi
}

go_version() { "$1" env GOVERSION 2>/dev/null | sed 's/^go//'; }

is_there() {
  case "$1" in
    postgresql) at_least 15 "$(postgresql_version)" ;;
    default-jre-headless) at_least 17 "$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')" ;;
    maven) command -v mvn >/dev/null ;;
    ca-certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname)" != Linux ] ;;
    prometheus) command -v prometheus >/dev/null && command -v promtool >/dev/null ;;
    chromium) [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] || [ -x /usr/bin/google-chrome ] ;;
    golang-go) at_least "$go_wanted" "$(go_version "$own_go/bin/go")" || at_least "$go_wanted" "$(go_version go)" ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# The lines of what is absent. With `servers`, of what the servers need that the tests start, which is no Kafka where
# KAFKA_BROKERS names one.
absent() {
  local group name package purpose
  prerequisites | while IFS='|' read -r group name package purpose; do
    if [ -n "${1:-}" ]; then
      if [ "$group" != "$1" ]; then continue; fi
      if [ -n "${KAFKA_BROKERS:-}" ] && [ "$package" != postgresql ]; then continue; fi
    fi
    is_there "$package" || printf '%s|%s|%s|%s\n' "$group" "$name" "$package" "$purpose"
  done
}

table() {
  while IFS='|' read -r _ name package purpose; do printf '  %-26s %-25s %s\n' "$name" "$package" "$purpose"; done
}

check() {
  local lacking
  lacking=$(absent "${1:-}")
  [ -n "$lacking" ] || return 0
  {
    echo 'The tests need what this machine does not have:'
    echo
    table <<<"$lacking"
    echo
    echo 'On Debian, `npm run test:prerequisites` installs it; elsewhere, install these programs as your system does.'
  } >&2
  return 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo --non-interactive "$@"
  fi
}

install() {
  local lacking packages
  lacking=$(absent)
  if [ -z "$lacking" ]; then
    echo 'This machine has everything that the tests need.'
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    check || true
    echo 'This machine has no apt-get, so it is no Debian: nothing was installed.' >&2
    return 1
  fi
  echo 'These packages of Debian will be installed for the tests:'
  echo
  table <<<"$lacking"
  echo
  echo 'Their services are not started, and PostgreSQL makes no database cluster: the tests start servers of their own.'
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo 'Installing needs root, and this machine has no sudo: run `bash test/prerequisites.sh install` as root.' >&2
    return 1
  fi
  mapfile -t packages < <(cut -d '|' -f 3 <<<"$lacking")
  install_packages "${packages[@]}"
  # Debian's Go is older, but can fetch a newer one like any other module.
  is_there golang-go || install_go
  check
}

install_packages() {
  as_root apt-get update
  as_root mkdir -p /etc/postgresql-common
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  # Debian's way to say "start no service", for as long as the packages are installed.
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    policy=
  else
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  local status=0
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@" || status=$?
  if [ -n "$policy" ]; then as_root rm -f "$policy"; fi
  return "$status"
}

install_go() {
  local module folder
  module="golang.org/toolchain@v0.0.1-go$go_wanted.$(go env GOOS)-$(go env GOARCH)"
  echo "Debian's Go is older than $go_wanted: $module is put into $own_go."
  folder=$(go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  mkdir -p "$(dirname "$own_go")"
  rm -rf "$own_go"
  cp -r "$folder" "$own_go"
  chmod -R u+wx "$own_go/bin" "$own_go/pkg/tool"
}

case "${1:-}" in
  list) prerequisites | table ;;
  check) check "${2:-}" ;;
  install) install ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
