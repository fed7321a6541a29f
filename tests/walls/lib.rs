//! The walls of the house, as a test: `cargo test -p tollgate-walls`. What each part must not know is what it must not depend on.
