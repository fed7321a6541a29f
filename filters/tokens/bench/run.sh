#!/bin/sh
# Counts chat prompts and the given files natively, beside tiktoken-rs and bpe-openai, and in node's V8, without and with
# wasm's vector instructions. V8 compiles everything with its optimising compiler first, as it does in Envoy.
# Prints MB/s and millions of tokens a second (whole prompts of 10 KB, in parts as a JSON string's escapes cut them, and
# with cold caches), what the worst megabytes take in time and heap, the module's size, its linear memory and load time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
bench=tollgate-tokens-bench
echo "== natively"
cargo build -q --release --manifest-path "$here/Cargo.toml" --features peers --bin $bench
"$target/release/$bench" "$@"
wasm() {
    echo "== $1"
    RUSTFLAGS=$2 cargo build -q --release --manifest-path "$here/Cargo.toml" --bin $bench \
        --target wasm32-wasip1 --target-dir "$target/$3"
    shift 2
    module="$target/$1/wasm32-wasip1/release/$bench.wasm"
    shift
    echo "as V8 loads modules by default:"
    node --no-warnings "$here/run.mjs" "$module" --load
    echo "with the optimising compiler from the start:"
    node --no-warnings --no-liftoff --no-wasm-lazy-compilation "$here/run.mjs" "$module" "$@"
}
wasm "in wasm" "" plain "$@"
wasm "in wasm with simd128" "-Ctarget-feature=+simd128" simd "$@"
