//! The vocabularies that this build carries, one constant per Cargo feature.

#[allow(unused_imports, reason = "a build may carry no vocabulary")]
use crate::table::{Table, table};

#[cfg(feature = "o200k")]
pub(crate) static O200K: Table = table!("o200k");
#[cfg(feature = "cl100k")]
pub(crate) static CL100K: Table = table!("cl100k");
#[cfg(feature = "p50k")]
pub(crate) static P50K: Table = table!("p50k");
#[cfg(feature = "r50k")]
pub(crate) static R50K: Table = table!("r50k");
