#!/bin/sh
# Checks what the build takes from the machine: Python 3.11 or 3.12, Node, a Rust toolchain and a C compiler.
# Prints the Python to use on standard output; names everything that is missing, with the command that installs it on Debian 12.
set -u

minimum_node=20
minimum_rust=1.89
missing=0

need() { # what it is, the command that installs it
    [ "$missing" -eq 1 ] || echo "ZKPool cannot be built yet. Missing on this machine:" >&2
    missing=1
    printf '  %s\n      install it with: %s\n' "$1" "$2" >&2
}

find_python() {
    for candidate in ${ZKPOOL_PYTHON:-} python3.11 python3.12 python3; do
        "$candidate" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 12)))' 2>/dev/null || continue
        command -v "$candidate"
        return
    done
    return 1
}

# at_least VERSION MINIMUM: whether a dotted version is not below another one.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n | head -n 1)" = "$2" ]; }

if python=$(find_python); then
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        need "the venv module of $python" "sudo apt-get install -y python3-venv"
else
    need "Python 3.11 or 3.12" "sudo apt-get install -y python3 python3-venv"
fi

node_hint="curl -fsSL https://deb.nodesource.com/setup_20.x | sudo -E bash - && sudo apt-get install -y nodejs"
node_version=$(node --version 2>/dev/null | sed 's/^v//')
if [ -z "$node_version" ]; then
    need "Node $minimum_node or newer" "$node_hint"
elif ! at_least "$node_version" "$minimum_node"; then
    need "Node $minimum_node or newer (found $node_version)" "$node_hint"
elif ! command -v npm >/dev/null; then
    need "npm, the package manager of Node" "sudo apt-get install -y npm"
fi

rust_hint="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y && . \"\$HOME/.cargo/env\""
rust_version=$(rustc --version 2>/dev/null | cut -d' ' -f2)
if [ -z "$rust_version" ] || ! cargo --version >/dev/null 2>&1; then
    need "a Rust toolchain (cargo and rustc $minimum_rust or newer)" "$rust_hint"
elif ! at_least "$rust_version" "$minimum_rust"; then
    need "Rust $minimum_rust or newer (found $rust_version)" "$rust_hint"
fi

command -v cc >/dev/null || need "a C compiler and linker" "sudo apt-get install -y build-essential"

[ "$missing" -eq 0 ] || exit 1
echo "$python"
