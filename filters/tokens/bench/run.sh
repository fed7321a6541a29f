#!/bin/sh
# Counts the given files natively, beside tiktoken-rs and bpe-openai, and in node's V8.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
cargo build -q --release --manifest-path "$here/Cargo.toml" --features peers
"$target/release/tollgate-tokens-bench" "$@"
cargo build -q --release --manifest-path "$here/Cargo.toml" --target wasm32-wasip1
node --no-warnings "$here/run.mjs" "$target/wasm32-wasip1/release/tollgate-tokens-bench.wasm" "$@"
