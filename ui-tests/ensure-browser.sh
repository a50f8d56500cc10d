#!/usr/bin/env bash
# Print the path of a Chromium for the UI tests; install one where that can be done unasked.
set -euo pipefail
cd "$(dirname "$0")"

# The headless shell first: the same Chromium without the windows that nobody sees, faster by a third.
names=(chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable chrome)

find_browser() {
  if [ -n "${CHROME_PATH:-}" ] && [ -x "$CHROME_PATH" ]; then
    echo "$CHROME_PATH"
    return 0
  fi
  local name
  for name in "${names[@]}"; do
    command -v "$name" && return 0
  done
  return 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_with_apt() {
  command -v apt-get >/dev/null || return 1
  as_root true 2>/dev/null || return 1
  as_root env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update && for name in chromium-headless-shell chromium; do
       apt-get install -y --no-install-recommends "$name" fonts-dejavu-core && break; done' >&2
}

# Playwright's own browser, where its download can be reached.
install_with_playwright() {
  jlpm playwright install chromium >&2 || return 1
  jlpm node -e 'console.log(require("@playwright/test").chromium.executablePath())'
}

find_browser && exit 0
install_with_apt && find_browser && exit 0
install_with_playwright && exit 0

cat >&2 <<'MESSAGE'
The UI tests need a Chromium, and none could be found or installed. Either
  - install one: apt-get install chromium (Debian), dnf install chromium (Fedora), brew install chromium; or
  - name one: export CHROME_PATH=/path/to/chrome
MESSAGE
exit 1
