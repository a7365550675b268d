#!/usr/bin/env bash
# headstart in one command: sets up whatever is missing, builds dist/ and serves it.
#
#   ./build.sh          builds, then serves dist/ on 127.0.0.1:8080 or the next free port
#   ./build.sh build    builds dist/ alone; any static host serves that folder, under any path
#   ./build.sh serve    serves the dist/ there is
#   ./build.sh bench    speed and sizes of the dist/ there is, as JSON lines; see bench/README.md
#   ./build.sh kill N   kills the browser N times (default 50) and looks for what was saved
#   ./build.sh fuzz N   hostile files of every kind for N seconds each (default 60), at random and following the code
#   ./build.sh sanitize runs the CPU kernels' tests under the address sanitizer: every read and write is looked at
#   ./build.sh npm      the npm package of the dist/ there is, in dist-npm/
#   ./build.sh widget   the notebook widget's wheel of the dist/ there is, in dist-widget/
#   ./build.sh test     every check: rustfmt, clippy, cargo test, tsc, and the page in a real browser
#
#   --gpu               with bench: WebGPU alone, on this machine's own GPU instead of Chromium's software adapter
#   --no-examples       leaves out the example pictures (90 MB to download; not for commercial use)
#   --port N            first port to try
#
# Needs Rust with rustup, a C compiler, Node 20 or newer with npm, Python 3 with pip. The rest it gets from crates.io, npm and PyPI:
# by lock file or by SHA-256. Downloads, tools and Rust's target folder are kept in HEADSTART_CACHE (default ~/.cache/headstart).
# Read by the tests: HEADSTART_DATA (folder with test pictures; default ../shared/data where there is one),
# CHROMIUM (the browser), CI (where set, a browser without WebGPU is a failure).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export HEADSTART_CACHE="${HEADSTART_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/headstart}"
export HEADSTART_WEIGHTS="$HEADSTART_CACHE/weights/efficientnet-lite0.safetensors"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HEADSTART_CACHE/target}"
# These would silently replace the flags of .cargo/config.toml.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
WASM=wasm32-unknown-unknown
PORT=8080
KILLS=50
FUZZ_SECS=60
EXAMPLES=yes
GPU=no
STEP=""

say() { printf '%s\n' "$@"; }

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

# step TITLE COMMAND…: says what begins, runs it, says how long it took.
step() {
    STEP=$1
    local started=$SECONDS
    printf '\n== %s\n' "$STEP"
    "${@:2}"
    printf '   %s: %s\n' "$STEP" "$(duration $((SECONDS - started)))"
}

duration() {
    if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

closing_line() {
    local status=$?
    [[ $status == 0 || -z $STEP ]] || printf '\nbuild.sh: stopped at "%s" after %s\n' "$STEP" "$(duration "$SECONDS")" >&2
}
trap closing_line EXIT

source build/setup.sh
source build/dist.sh
source build/checks.sh
source build/fuzz.sh
source build/widget.sh

# Each step is a plain command, never a part of && or if: there bash would go on after an error.
build() {
    step "Tools" set_up_tools
    build_dist
}

build_dist() {
    step "Packages of npm" install_npm_packages
    step "Weights" make_weights
    if [[ $EXAMPLES == yes ]]; then step "Example pictures" make_examples; fi
    build_modules
    step "The folder dist/" assemble_dist
}

serve() {
    [[ -f dist/index.html ]] || die "There is no dist/ to serve. ./build.sh makes it."
    say "" "The page is served until Ctrl+C, at"
    exec node build/serve.mjs dist --port "$PORT"
}

bench() {
    [[ -f dist/index.html ]] || die "There is no dist/ to measure. ./build.sh build makes it."
    find_chromium
    if [[ $GPU == yes ]]; then
        bench_gpu
        return
    fi
    node bench/features.mjs
    node bench/features.mjs --build simd128
    node bench/features.mjs --device webgpu
    node bench/workers.mjs
    node bench/kernels.mjs
    node bench/head.mjs
    node bench/head.mjs --device webgpu
    node bench/sizes.mjs
    node bench/sizes.mjs --device webgpu
    bench_page
}

# End to end on the example pictures, where they were built in: files chosen → 50 epochs, with the peak of Chromium's memory.
bench_page() {
    [[ -d dist/examples/solar-cells ]] || return 0
    node bench/page.mjs dist/examples/solar-cells --device cpu --limit 20 --epochs 50 --json | tail -n 1 | node bench/e2e.mjs ours-cpu
}

# The line has the adapter's name under "adapter"; where there is none, the bench says so.
bench_gpu() {
    local flags="--enable-unsafe-webgpu --ignore-gpu-blocklist"
    if [[ $(uname) == Linux ]]; then flags+=" --enable-features=Vulkan --use-angle=vulkan"; fi
    node bench/features.mjs --device webgpu --batches 1,8,32 --flags "$flags"
}

npm_package() {
    [[ -f dist/index.html ]] || die "There is no dist/ to package. ./build.sh build makes it."
    step "Packages of npm" install_npm_packages
    step "The folder dist-npm/" node build/npm.mjs
}

kill_browser() {
    [[ -f dist/index.html ]] || die "There is no dist/ to test. ./build.sh build makes it."
    find_chromium
    prepare_tests
    HEADSTART_KILLS=$KILLS node --test --test-reporter=spec tests/web/kill.test.mjs
}

fuzz() {
    # shellcheck disable=SC2046  # no flag is no argument
    HEADSTART_FUZZ_SECONDS=$FUZZ_SECS cargo test --release $(cargo_flags) --test fuzz -- --nocapture
    if can_fuzz; then
        build_fuzzers
        run_fuzzers "$FUZZ_SECS" "$HEADSTART_CACHE/fuzz/corpora"
    fi
    [[ -f dist/index.html ]] || die "There is no dist/ for the files that the page itself reads. ./build.sh build makes it."
    find_chromium
    prepare_tests
    HEADSTART_FUZZ_SECONDS=$FUZZ_SECS node --test --test-reporter=spec tests/web/hostile_files.test.mjs tests/web/hostile_project.test.mjs
}

# The sanitizer comes with stable Rust, its flag does not: hence RUSTC_BOOTSTRAP, for this alone. Without burn, which has no part in it.
sanitize() {
    local target
    target=$(rustc -vV | sed -n 's/^host: //p')
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$HEADSTART_CACHE/sanitize \
        cargo test --release --target "$target" --no-default-features --features train --lib run::cpu
}

main() {
    local command=""
    while (($# > 0)); do
        case $1 in
            build | serve | bench | npm | widget | sanitize | test) command=$1 ;;
            kill)
                command=kill
                if [[ ${2:-} =~ ^[0-9]+$ ]]; then KILLS=$2 && shift; fi
                ;;
            fuzz)
                command=fuzz
                if [[ ${2:-} =~ ^[0-9]+$ ]]; then FUZZ_SECS=$2 && shift; fi
                ;;
            --gpu) GPU=yes ;;
            --no-examples) EXAMPLES=no ;;
            --port)
                [[ ${2:-} =~ ^[0-9]+$ ]] || die "--port needs a number."
                PORT=$2
                shift
                ;;
            -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' build.sh && exit ;;
            *) die "\"$1\" is no command. There are: build, serve, bench, kill N, fuzz N, npm, widget, sanitize, test, --gpu, --no-examples, --port N, --help." ;;
        esac
        shift
    done
    case $command in
        serve) serve ;;
        build) build ;;
        bench) bench ;;
        kill) kill_browser ;;
        fuzz) fuzz ;;
        sanitize) sanitize ;;
        npm) npm_package ;;
        widget) build_widget ;;
        test) build_and_check ;;
        *) build ;;
    esac
    say "" "Done in $(duration "$SECONDS")."
    if [[ -z $command ]]; then serve; fi
}

main "$@"
