//! Builds what runs: the wasm filters, the service, the simulator.
//! Must not start any of them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::run::{Failure, cargo, show, step};
use crate::{exports, place, tools};

/// Packages of the filters, and the module that each becomes.
const FILTERS: [(&str, &str); 2] = [
    ("tollgate-router-wasm", "router"),
    ("tollgate-provider-wasm", "provider"),
];

/// The router with other vocabularies than `router.wasm` has: modules, and the features of the package. The first is what
/// the demo and the tests need; `filters/README.md` says when which is loaded.
const ROUTERS: [(&str, &str); 4] = [
    ("router-all", "o200k,cl100k,p50k,r50k"),
    ("router-cl100k", "cl100k"),
    ("router-p50k", "p50k"),
    ("router-r50k", "r50k"),
];

/// Callbacks that no filter of ours has, and Envoy need neither make nor compile.
const UNUSED_CALLBACKS: [&str; 16] = [
    "proxy_on_done",
    "proxy_on_downstream_connection_close",
    "proxy_on_downstream_data",
    "proxy_on_foreign_function",
    "proxy_on_grpc_close",
    "proxy_on_grpc_receive",
    "proxy_on_grpc_receive_initial_metadata",
    "proxy_on_grpc_receive_trailing_metadata",
    "proxy_on_http_call_response",
    "proxy_on_log",
    "proxy_on_new_connection",
    "proxy_on_queue_ready",
    "proxy_on_request_metadata",
    "proxy_on_response_metadata",
    "proxy_on_upstream_connection_close",
    "proxy_on_upstream_data",
];

const WAY_OUT: &str = "read the compiler's message above; `rustup show` tells which toolchain is used";

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
    show(cargo(&arguments), WAY_OUT)?;
    for (_, module) in FILTERS {
        keep(&place::target(), module, module)?;
    }
    routers(&ROUTERS[..1])?;
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
    show(cargo(&arguments), WAY_OUT)?;
    let programs = place::target().join(folder);
    Ok(Programs {
        tollgate: programs.join("tollgate"),
        simulator: programs.join("tollgate-simulator"),
        bench: programs.join("tollgate-bench"),
    })
}

/// Builds every module of the router that [`build`] leaves out.
pub(crate) fn other_routers() -> Result<(), Failure> {
    routers(&ROUTERS[1..])
}

fn routers(modules: &[(&str, &str)]) -> Result<(), Failure> {
    // All modules of the package have one name, so in one folder each would make cargo link the others anew every time.
    let folder = place::target().join("routers");
    for (module, features) in modules {
        step(&format!("building {module}.wasm"));
        let mut build = cargo(&["build", "--profile", "wasm", "--target", "wasm32-wasip1"]);
        build
            .args(["--package", "tollgate-router-wasm", "--no-default-features"])
            .args(["--features", features])
            .arg("--target-dir")
            .arg(&folder);
        show(build, WAY_OUT)?;
        keep(&folder, "router", module)?;
    }
    Ok(())
}

/// Puts a module where every configuration looks for it.
fn keep(folder: &Path, built: &str, module: &str) -> Result<(), Failure> {
    let filters = place::filters();
    fs::create_dir_all(&filters)
        .map_err(|error| Failure::new(format!("{}: {error}", filters.display()), ""))?;
    let built = folder.join("wasm32-wasip1/wasm").join(format!("{built}.wasm"));
    let kept = filters.join(format!("{module}.wasm"));
    // A running Envoy may have the old file open: the new one takes its name, not its bytes.
    let fresh = filters.join(format!(".{module}.new"));
    fs::read(&built)
        .and_then(|bytes| {
            let bytes = exports::without(&bytes, &UNUSED_CALLBACKS).ok_or(io::ErrorKind::InvalidData)?;
            fs::write(&fresh, bytes)
        })
        .and_then(|()| fs::rename(&fresh, &kept))
        .map_err(|error| Failure::new(format!("{} to {}: {error}", built.display(), kept.display()), ""))
}
