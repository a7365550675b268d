# Part of build.sh: the targets of fuzz/, which look for files that take new ways through the code. Built as cargo-fuzz does, but by
# stable Rust: libFuzzer comes with the crate libfuzzer-sys, coverage and the address sanitizer with rustc, whose flags for them
# want RUSTC_BOOTSTRAP.

FUZZ_FLAGS="--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
FUZZ_FLAGS+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
FUZZ_FLAGS+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0"
FUZZ_TARGET=x86_64-unknown-linux-gnu

# Whether this machine has what they need; says so where it has not.
can_fuzz() {
    if [[ $(uname -sm) == "Linux x86_64" ]] && command -v c++ > /dev/null; then return; fi
    say "The fuzz targets need Linux on x86-64 and a C++ compiler: skipped."
    return 1
}

build_fuzzers() {
    # shellcheck disable=SC2046
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=$FUZZ_FLAGS CARGO_TARGET_DIR=$HEADSTART_CACHE/fuzz \
        cargo build --release $(cargo_flags) --manifest-path fuzz/Cargo.toml --target "$FUZZ_TARGET" --bins
}

# run_fuzzers SECS CORPORA: each target so long, from what lies in CORPORA/NAME and its own examples; what it finds stays there.
run_fuzzers() {
    local source name log=$HEADSTART_CACHE/fuzz/last.log crashes=$HEADSTART_CACHE/fuzz/crashes
    mkdir -p "$crashes"
    for source in fuzz/fuzz_targets/*.rs; do
        name=$(basename "$source" .rs)
        mkdir -p "$2/$name"
        if ! "$HEADSTART_CACHE/fuzz/$FUZZ_TARGET/release/$name" -max_total_time="$1" -seed=1 -timeout=10 -rss_limit_mb=1024 \
            -print_final_stats=1 -artifact_prefix="$crashes/$name-" "$2/$name" 2> "$log"; then
            tail -n 60 "$log" >&2
            die "fuzz target $name: its file is beside $crashes/$name-"
        fi
        awk -v name="$name" '
            / cov: / { covered = $0; sub(/.* cov: /, "", covered); sub(/ .*/, "", covered) }
            /^Done / { runs = $2; secs = $5 }
            /peak_rss_mb/ { peak = $2 }
            END { printf "%s: %d files in %d s, %d ways through the code, at most %d MB\n", name, runs, secs, covered, peak }' "$log"
    done
}

# For a test: from the examples alone, and the same each time as far as the clock lets it be.
fuzz_a_minute() {
    local corpora
    if ! can_fuzz; then return; fi
    build_fuzzers
    corpora=$(mktemp -d)
    run_fuzzers 6 "$corpora"
    rm -rf "$corpora"
}
