//! Where things are in a checkout.
//! Must not create or read any of them.

use std::path::PathBuf;

/// The checkout's top folder.
pub(crate) fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .ancestors()
        .nth(2)
        .map_or_else(|| manifest.clone(), PathBuf::from)
}

/// Where cargo builds to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// What was installed from outside.
pub(crate) fn tools() -> PathBuf {
    root().join("target/tools")
}

/// The built wasm filters.
pub(crate) fn filters() -> PathBuf {
    root().join("target/filters")
}

/// Logs and rendered files of the demo.
pub(crate) fn demo() -> PathBuf {
    root().join("target/demo")
}
