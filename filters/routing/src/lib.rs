//! What the three wasm filters decide, without their callbacks: admission and routing, lanes, errors, usage.
//!
//! The filters (`router`, `provider`) only move bytes and headers between Envoy and these functions, since a
//! native test cannot link an `HttpContext`. Must not know policy (keys, money, redaction), I/O, clocks or `proxy-wasm`.
//!
//! | module | asks | used by |
//! |---|---|---|
//! | [`plan`] | what was configured: the filters' slices of `tollgate.yaml`, as JSON | render writes, filters read |
//! | [`admit`] | may this request go on, and whereto? | `router.wasm` |
//! | [`count`] | how many tokens has the prompt? | `router.wasm`, the service where the filter is absent |
//! | [`matching`] | does a route's condition hold? | [`admit`] |
//! | [`cache_control`] | what does the client want of the cache? | `router.wasm`, the service |
//! | [`facts`] | what was found out, for those behind | `router.wasm` writes, service and lanes read |
//! | [`decision`] | what the service decided | the service writes, `router.wasm` and Envoy's own filters read |
//! | [`local_reply`] | Envoy's own error texts in the client's dialect | `router.wasm` |
//! | [`observe`] | the usage of an answer that the service does not see | `router.wasm` |

pub mod admit;
pub mod cache_control;
pub mod count;
pub mod decision;
pub mod facts;
pub mod local_reply;
pub mod matching;
pub mod names;
pub mod observe;
pub mod plan;
