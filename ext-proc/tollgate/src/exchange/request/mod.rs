//! A request, from who asks to where it goes.
//!
//! Must not know how an answer is read, nor Envoy. Its way, step by step:
//!
//! | step | file |
//! |---|---|
//! | all of them in their order, the first that says no ends it | [`decide`] |
//! | what `router.wasm` says of it, and what is found out where it is absent | [`given`] |
//! | identify and authorise: who asks, may they | [`identity`] |
//! | redact, guard and hash its texts in one pass | [`read`], [`message`], [`usage_option`] |
//! | cached: answered before, in these words or others? | [`lookup`], [`last_text`] |
//! | if so, in the form that is asked for | [`hit`] |
//!
//! Hooks are asked in between (`super::hooks`), money is held at the end (`super::account`).

pub(super) mod decide;
pub(super) mod given;
pub(super) mod hit;
pub(super) mod identity;
mod last_text;
pub(super) mod lookup;
mod message;
mod read;
mod usage_option;
