//! A variant as running processes: Envoy, and the service if there is one; ready, and proven to do what it says.
//! Must not measure.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::case::{Answers, Size};
use crate::client::Client;
use crate::load::next_number;
use crate::machine::{self, Memory};
use crate::options::Paths;
use crate::process::{Process, free_address, get};
use crate::request::Request;
use crate::variant::{Extra, Kind, Part, Rendered, Service, Variant};
use crate::{config, envoy};

/// Where the parts of a variant listen.
pub(crate) struct Ports {
    pub(crate) gateway: SocketAddr,
    pub(crate) envoy_admin: SocketAddr,
    pub(crate) service: SocketAddr,
    pub(crate) service_admin: SocketAddr,
    pub(crate) hook: SocketAddr,
}

/// A running variant.
pub(crate) struct Gateway {
    pub(crate) variant: Variant,
    ports: Ports,
    envoy: Process,
    service: Option<Process>,
    hook: Option<Process>,
}

/// Figures of both processes; zeros where there is no service.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Both<T> {
    pub(crate) envoy: T,
    pub(crate) service: T,
}

impl Gateway {
    /// Starts the processes; [`Gateway::wait`] waits for them.
    pub(crate) fn start(
        variant: Variant,
        paths: &Paths,
        provider: SocketAddr,
        concurrency: usize,
    ) -> anyhow::Result<Self> {
        let folder = paths.run.join(variant.name);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let ports = Ports {
            gateway: free_address()?,
            envoy_admin: free_address()?,
            service: free_address()?,
            service_admin: free_address()?,
            hook: free_address()?,
        };
        let (configuration, service) = match &variant.kind {
            Kind::Bare | Kind::Noop { .. } => (envoy::written(&variant, &ports, provider), variant.kind),
            Kind::Filter => {
                let alone = Rendered {
                    service: Service::None,
                    lane: false,
                    without: None,
                    with: None,
                };
                let tollgate =
                    config::tollgate(&variant, &alone, &ports, &provider.to_string(), &paths.filters);
                write(&folder.join("tollgate.yaml"), &tollgate)?;
                let yaml = render(paths, &folder)?;
                (
                    envoy::with_filter(&yaml, &variant, &ports, provider)?,
                    variant.kind,
                )
            }
            Kind::Rendered(rendered) => {
                let tollgate =
                    config::tollgate(&variant, rendered, &ports, &provider.to_string(), &paths.filters);
                write(&folder.join("tollgate.yaml"), &tollgate)?;
                let yaml = render(paths, &folder)?;
                (envoy::rendered(&yaml, &variant, rendered)?, variant.kind)
            }
        };
        write(&folder.join("envoy.json"), &configuration)?;
        let hook = start_hook(&variant, paths, &folder, &ports)?;
        let service = start_service(service, &variant, paths, &folder, &ports)?;
        let mut command = Command::new(&paths.envoy);
        command
            .arg("-c")
            .arg(folder.join("envoy.json"))
            .args([
                "--disable-hot-restart",
                "--log-level",
                "warning",
                "--concurrency",
                &concurrency.to_string(),
            ])
            // The access log is written, but nobody keeps it.
            .stdout(Stdio::null());
        let envoy = Process::start("envoy", &mut command, &folder.join("envoy.log"))?;
        Ok(Self {
            variant,
            ports,
            envoy,
            service,
            hook,
        })
    }

    /// Returns when requests are welcome.
    pub(crate) fn wait(&mut self) -> anyhow::Result<()> {
        if let Some(hook) = &mut self.hook {
            hook.wait_for(self.ports.hook, None)?;
        }
        if let Some(service) = &mut self.service {
            if self.variant.has_policy() {
                service.wait_for(self.ports.service_admin, Some("/readyz"))?;
            } else {
                service.wait_for(self.ports.service, None)?;
            }
        }
        self.envoy.wait_for(self.ports.envoy_admin, Some("/ready"))
    }

    /// Sends one request of each kind, so that nothing is measured that does not do its work.
    pub(crate) fn prove(&self) -> anyhow::Result<()> {
        for (answers, ending) in [(Answers::Plain, "\"usage\""), (Answers::Streamed, "[DONE]")] {
            let mut client = Client::connect(self.address())?;
            let mut request = Request::new(Size::Small, answers);
            let answer = client.exchange(request.numbered(next_number()))?;
            let (head, body) = (
                String::from_utf8_lossy(answer.head),
                String::from_utf8_lossy(answer.body),
            );
            let complete = answer.status == 200 && body.contains(ending);
            ensure!(
                complete,
                "not the provider's {} answer:\n{head}{body}\n{}",
                answers.name(),
                self.envoy.last_words()
            );
            // Only an answer that is not a stream can say in its head what it cost.
            let has_cost = head.contains("x-tollgate-cost-usd");
            let should = self.variant.has_policy() && answers == Answers::Plain;
            ensure!(
                has_cost == should,
                "policy was {} on its way:\n{head}",
                if should { "not" } else { "" }
            );
        }
        if self.variant.extra() == Some(Extra::Guardrails) {
            let mut client = Client::connect(self.address())?;
            let mut refused = Request::saying(config::REFUSED);
            let answer = client.exchange(refused.numbered(next_number()))?;
            let body = String::from_utf8_lossy(answer.body);
            ensure!(
                answer.status == 400 && body.contains("guardrail_violation"),
                "what the guardrails list was not refused: {} {body}",
                answer.status
            );
        }
        Ok(())
    }

    /// Asks the service whether it did its work: no request was answered by the cache, and personal data was found.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if !self.variant.has_policy() {
            return Ok(());
        }
        let metrics = get(self.ports.service_admin, "/metrics").context("the service's metrics")?;
        let sum = |name: &str, label: &str| -> f64 {
            let lines = metrics
                .lines()
                .filter(|line| line.starts_with(name) && line.contains(label));
            lines
                .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
                .sum()
        };
        let requests = sum("tollgate_requests_total", "answered");
        if sum("tollgate_cache_lookups_total", "exact") > 0.0 {
            bail!("{}: the cache answered", self.variant.name);
        }
        if self.variant.has(Part::Cache) && sum("tollgate_cache_lookups_total", "miss") < requests {
            bail!(
                "{}: the cache was not asked about every request",
                self.variant.name
            );
        }
        if self.variant.has(Part::Redaction)
            && sum("tollgate_redacted_entities_total", "request") < 2.0 * requests
        {
            bail!(
                "{}: there is an e-mail address and a phone number in every prompt, and not all were found",
                self.variant.name
            );
        }
        // Both hooks are asked about each request and about each answer.
        if let Some(Extra::Hooks { .. }) = self.variant.extra()
            && sum("tollgate_hook_calls_total", "result=\"ok\"") < 4.0 * requests
        {
            bail!("{}: not everything was shown to the hooks", self.variant.name);
        }
        if sum("tollgate_guardrail_findings_total", "block") > 1.0 {
            bail!(
                "{}: a guardrail refused what it should let pass",
                self.variant.name
            );
        }
        Ok(())
    }

    /// CPU time so far of the hook that belongs to it, in seconds.
    pub(crate) fn hook_cpu(&self) -> f64 {
        let hook = self.hook.as_ref();
        hook.map_or(0.0, |hook| machine::cpu_time(hook.id()).as_secs_f64())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.ports.gateway
    }

    /// CPU time so far, in seconds.
    pub(crate) fn cpu(&self) -> Both<f64> {
        self.both(|process| machine::cpu_time(process).as_secs_f64())
    }

    pub(crate) fn memory(&self) -> Both<Memory> {
        self.both(machine::memory)
    }

    fn both<T: Default>(&self, of: impl Fn(u32) -> T) -> Both<T> {
        Both {
            envoy: of(self.envoy.id()),
            service: self
                .service
                .as_ref()
                .map(|service| of(service.id()))
                .unwrap_or_default(),
        }
    }
}

/// Starts the provider simulator and says where it listens.
pub(crate) fn provider(paths: &Paths) -> anyhow::Result<(Process, SocketAddr)> {
    use std::io::BufRead as _;
    fs::create_dir_all(&paths.run).with_context(|| format!("cannot make {}", paths.run.display()))?;
    let mut command = Command::new(&paths.simulator);
    command
        .args(["--bench", "--listen", "simulator=127.0.0.1:0"])
        .stdout(Stdio::piped());
    let mut process = Process::start(
        "the provider simulator",
        &mut command,
        &paths.run.join("simulator.log"),
    )?;
    let mut line = String::new();
    if let Some(output) = process.output() {
        std::io::BufReader::new(output).read_line(&mut line)?;
    }
    let printed: Value =
        serde_json::from_str(&line).with_context(|| format!("the simulator printed `{line}`"))?;
    let address = printed["address"].as_str().unwrap_or_default();
    Ok((
        process,
        address
            .parse()
            .with_context(|| format!("the simulator printed `{line}`"))?,
    ))
}

fn start_hook(
    variant: &Variant,
    paths: &Paths,
    folder: &Path,
    ports: &Ports,
) -> anyhow::Result<Option<Process>> {
    let Some(Extra::Hooks { milliseconds }) = variant.extra() else {
        return Ok(None);
    };
    let mut command = Command::new(&paths.bench);
    command
        .args(["hook", "--listen", &ports.hook.to_string()])
        .args(["--milliseconds", &milliseconds.to_string()]);
    Process::start("the hook", &mut command, &folder.join("hook.log")).map(Some)
}

fn start_service(
    kind: Kind,
    variant: &Variant,
    paths: &Paths,
    folder: &Path,
    ports: &Ports,
) -> anyhow::Result<Option<Process>> {
    let allow = match kind {
        Kind::Bare
        | Kind::Filter
        | Kind::Rendered(Rendered {
            service: Service::None,
            ..
        }) => return Ok(None),
        Kind::Noop { .. } => false,
        Kind::Rendered(Rendered {
            service: Service::Allow,
            ..
        }) => true,
        Kind::Rendered(Rendered {
            service: Service::Tollgate,
            ..
        }) => {
            let log = if variant.has(Part::ServiceLog) {
                "info"
            } else {
                "warn"
            };
            let mut command = tollgate(paths);
            command
                .arg("serve")
                .arg("--config")
                .arg(folder.join("tollgate.yaml"))
                .env("TOLLGATE_LOG", log);
            return Process::start("tollgate serve", &mut command, &folder.join("service.log")).map(Some);
        }
    };
    let mut command = Command::new(&paths.bench);
    command
        .args(["noop", "--listen", &ports.service.to_string()])
        .args(allow.then_some("--allow"));
    Process::start(
        "the service that does nothing",
        &mut command,
        &folder.join("service.log"),
    )
    .map(Some)
}

fn render(paths: &Paths, folder: &Path) -> anyhow::Result<String> {
    let mut command = tollgate(paths);
    command
        .args(["render", "envoy", "--config"])
        .arg(folder.join("tollgate.yaml"));
    let output = command
        .arg("--secrets-dir")
        .arg(folder.join("secrets"))
        .output()?;
    ensure!(
        output.status.success(),
        "tollgate render envoy: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn tollgate(paths: &Paths) -> Command {
    let mut command = Command::new(&paths.tollgate);
    command.envs(config::ENVIRONMENT);
    command
}

fn write(path: &Path, document: &Value) -> anyhow::Result<()> {
    fs::write(path, serde_json::to_vec_pretty(document)?)
        .with_context(|| format!("cannot write {}", path.display()))
}
