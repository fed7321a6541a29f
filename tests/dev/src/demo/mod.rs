//! `cargo demo`: the example in examples/quickstart, with simulated providers, and a story told through its gateway.
//! Must not know how the parts are built.

mod gateway;
mod story;

use crate::artefacts::{self, Profile};
use crate::run::{Failure, step};
use crate::tools;

/// What happens when the story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The gateway runs on until Ctrl-C.
    Stay,
    /// Everything ends.
    Exit,
}

pub(crate) fn run(then: Then) -> Result<(), Failure> {
    let envoy = tools::envoy()?;
    tools::embedder()?;
    let programs = artefacts::build(Profile::Debug)?;
    let mut gateway = gateway::Gateway::start(&programs, &envoy)?;
    step("the gateway is ready; logs are in target/demo");
    story::tell()?;
    match then {
        Then::Exit => Ok(()),
        Then::Stay => {
            println!(
                "\nThe gateway is running. Try it, or point an SDK's base URL at http://{}/v1:\n\n  {}\n\nCtrl-C ends it.",
                gateway::GATEWAY,
                story::curl(),
            );
            gateway.wait()
        }
    }
}
