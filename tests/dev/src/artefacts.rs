//! Builds what runs: the wasm filters, the service, the simulator.
//! Must not start any of them.

use std::fs;
use std::path::PathBuf;

use crate::run::{Failure, cargo, show, step};
use crate::{place, tools};

/// Packages of the filters, and the module that each becomes.
const FILTERS: [(&str, &str); 3] = [
    ("tollgate-router-wasm", "router"),
    ("tollgate-enforce-wasm", "enforce"),
    ("tollgate-provider-wasm", "provider"),
];

/// The built programs.
pub(crate) struct Programs {
    pub(crate) tollgate: PathBuf,
    pub(crate) simulator: PathBuf,
    /// Only built with [`Profile::Release`].
    pub(crate) bench: PathBuf,
}

/// How fast the programs are to run, and how slow to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Builds everything; cargo shows its own progress.
pub(crate) fn build(profile: Profile) -> Result<Programs, Failure> {
    tools::wasm_target()?;
    step("building the wasm filters (the first time takes minutes)");
    let mut arguments = vec!["build", "--profile", "wasm", "--target", "wasm32-wasip1"];
    arguments.extend(FILTERS.iter().flat_map(|(package, _)| ["--package", package]));
    let way_out = "read the compiler's message above; `rustup show` tells which toolchain is used";
    show(cargo(&arguments), way_out)?;
    keep_filters()?;
    step("building the service and the provider simulator (the first time takes minutes)");
    let mut arguments = vec![
        "build",
        "--package",
        "tollgate",
        "--package",
        "tollgate-simulator",
    ];
    let folder = match profile {
        Profile::Debug => "debug",
        Profile::Release => {
            arguments.extend(["--release", "--package", "tollgate-bench"]);
            "release"
        }
    };
    show(cargo(&arguments), way_out)?;
    let programs = place::target().join(folder);
    Ok(Programs {
        tollgate: programs.join("tollgate"),
        simulator: programs.join("tollgate-simulator"),
        bench: programs.join("tollgate-bench"),
    })
}

/// Puts the modules where every configuration looks for them.
fn keep_filters() -> Result<(), Failure> {
    let filters = place::filters();
    fs::create_dir_all(&filters)
        .map_err(|error| Failure::new(format!("{}: {error}", filters.display()), ""))?;
    for (_, module) in FILTERS {
        let built = place::target()
            .join("wasm32-wasip1/wasm")
            .join(format!("{module}.wasm"));
        let kept = filters.join(format!("{module}.wasm"));
        // A running Envoy may have the old file open: the new one takes its name, not its bytes.
        let fresh = filters.join(format!(".{module}.new"));
        fs::copy(&built, &fresh)
            .and_then(|_| fs::rename(&fresh, &kept))
            .map_err(|error| {
                Failure::new(format!("{} to {}: {error}", built.display(), kept.display()), "")
            })?;
    }
    Ok(())
}
