//! The demo's processes: two simulated providers, the service, Envoy. They end with it.
//! Must not know what is asked of them.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::artefacts::Programs;
use crate::run::{Failure, command, quiet, step};
use crate::{http, place};

/// Addresses as examples/quickstart/tollgate.yaml has them.
pub(crate) const GATEWAY: &str = "127.0.0.1:10000";
pub(crate) const ENVOY_ADMIN: &str = "127.0.0.1:9901";
const SERVICE: &str = "127.0.0.1:9191";
const SERVICE_ADMIN: &str = "127.0.0.1:9192";
pub(crate) const PRIMARY: &str = "127.0.0.1:18081";
pub(crate) const BACKUP: &str = "127.0.0.1:18082";

const CONFIG: &str = "examples/quickstart/tollgate.yaml";

/// What the example refers to by environment variable. The providers are simulated, so no real secret is ever used.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("OPENAI_API_KEY", "sk-demo-openai"),
    ("ANTHROPIC_API_KEY", "sk-ant-demo"),
    ("TOLLGATE_SECRET", "only-for-the-demo-0123456789abcdef"),
];

/// Running processes; dropping it ends them.
pub(crate) struct Gateway {
    children: Vec<(String, PathBuf, Child)>,
}

impl Gateway {
    /// Starts everything and waits until it is ready.
    pub(crate) fn start(programs: &Programs, envoy: &Path) -> Result<Self, Failure> {
        for address in [GATEWAY, ENVOY_ADMIN, SERVICE, SERVICE_ADMIN, PRIMARY, BACKUP] {
            free(address)?;
        }
        let folder = place::demo();
        fs::create_dir_all(&folder)
            .map_err(|error| Failure::new(format!("{}: {error}", folder.display()), ""))?;
        let mut gateway = Self { children: Vec::new() };

        step("starting the provider simulators");
        let (primary, backup) = (format!("primary={PRIMARY}"), format!("backup={BACKUP}"));
        let simulator = command(&programs.simulator, &["--listen", &primary, "--listen", &backup]);
        gateway.spawn("simulator", simulator)?;
        gateway.wait_for(PRIMARY, "/sim/requests")?;

        step("starting `tollgate serve`");
        gateway.spawn(
            "service",
            command(&programs.tollgate, &["serve", "--config", CONFIG]),
        )?;
        gateway.wait_for(SERVICE_ADMIN, "/readyz")?;

        step("rendering Envoy's configuration and starting Envoy");
        let (output, secrets) = (folder.join("envoy.yaml"), folder.join("secrets"));
        let (output, secrets) = (output.to_string_lossy(), secrets.to_string_lossy());
        let mut render = command(
            &programs.tollgate,
            &[
                "render",
                "envoy",
                "--config",
                CONFIG,
                "--out",
                &output,
                "--secrets-dir",
                &secrets,
            ],
        );
        render.envs(ENVIRONMENT);
        quiet(render, "`tollgate check` says more about a configuration")?;
        let arguments = [
            "-c",
            &output,
            "--disable-hot-restart",
            "--concurrency",
            "2",
            "--log-level",
            "warning",
        ];
        gateway.spawn("envoy", command(envoy, &arguments))?;
        gateway.wait_for(ENVOY_ADMIN, "/ready")?;
        Ok(gateway)
    }

    /// Waits until one of the processes ends, which is a failure, or until Ctrl-C ends all of them.
    pub(crate) fn wait(&mut self) -> Result<(), Failure> {
        loop {
            self.check()?;
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn spawn(&mut self, name: &str, mut command: Command) -> Result<(), Failure> {
        let log = place::demo().join(format!("{name}.log"));
        let failed = |error: std::io::Error| Failure::new(format!("cannot start {name}: {error}"), "");
        let file = File::create(&log).map_err(failed)?;
        let errors = file.try_clone().map_err(failed)?;
        command
            .envs(ENVIRONMENT)
            .stdout(Stdio::from(file))
            .stderr(Stdio::from(errors));
        let child = command.spawn().map_err(failed)?;
        self.children.push((name.to_owned(), log, child));
        Ok(())
    }

    fn check(&mut self) -> Result<(), Failure> {
        for (name, log, child) in &mut self.children {
            if let Ok(Some(status)) = child.try_wait() {
                let text = fs::read_to_string(&log).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let end = lines[lines.len().saturating_sub(20)..].join("\n");
                return Err(Failure::new(
                    format!("{name} ended ({status}):\n{end}"),
                    format!("see {}", log.display()),
                ));
            }
        }
        Ok(())
    }

    fn wait_for(&mut self, address: &str, path: &str) -> Result<(), Failure> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !http::request("GET", address, path, &[], "").is_ok_and(|answer| answer.status == 200) {
            self.check()?;
            if Instant::now() > deadline {
                let way_out = "see the logs in target/demo";
                return Err(Failure::new(
                    format!("http://{address}{path} was not ready after a minute"),
                    way_out,
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        for (_, _, child) in self.children.iter_mut().rev() {
            // It may have ended by itself; either way there is nothing left to do.
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

fn free(address: &str) -> Result<(), Failure> {
    let parsed: SocketAddr = address
        .parse()
        .map_err(|error| Failure::new(format!("{address}: {error}"), ""))?;
    TcpListener::bind(parsed).map(drop).map_err(|error| {
        let way_out = format!(
            "end what listens there (another demo?): `ss -ltnp 'sport = :{}'`",
            parsed.port()
        );
        Failure::new(format!("the demo needs {address}, but {error}"), way_out)
    })
}
