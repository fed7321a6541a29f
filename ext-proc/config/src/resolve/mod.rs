//! From the text of a file to a usable configuration: reads, checks the shape, resolves references, checks what fits
//! together.
//!
//! Must not stop at the first problem: what cannot be resolved is left out of a result that is thrown away at the end.

mod cache;
mod catalog;
mod gateway;
mod guardrails;
mod hooks;
mod names;
mod policy;
mod reach;
mod tenant;

use std::path::Path as FilePath;

pub use guardrails::GuardrailProblem;

use crate::errors::{Errors, LoadError};
use crate::path::Path;
use crate::report::Report;
use crate::usable::Config;
use crate::{schema, shape, written, yaml};

/// What a configuration is checked against besides itself.
pub struct Known<'a> {
    /// Looks an environment variable up. Only asked whether it is there; the value goes nowhere.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The names of all kinds of entities that the redaction engine finds. Without them a name in the file only has to
    /// look like one, and whoever compiles the rules must refuse what the engine does not find.
    pub entities: Option<&'a [&'a str]>,
    /// Says what is wrong with a kind of entity that the file defines. Without it that is for whoever compiles the rules.
    pub custom: Option<CheckCustom<'a>>,
    /// Says everything that is wrong with a policy's guardrails. Without it that is for whoever compiles them.
    pub guardrails: Option<CheckGuardrails<'a>>,
}

/// See [`Known::custom`].
pub type CheckCustom<'a> = &'a dyn Fn(&crate::CustomEntity) -> Result<(), String>;

/// See [`Known::guardrails`].
pub type CheckGuardrails<'a> = &'a dyn Fn(&[crate::Guardrail]) -> Vec<GuardrailProblem>;

impl Config {
    /// Reads and validates a file with this process's environment, without the names of entities.
    pub fn load(path: &FilePath) -> Result<Self, LoadError> {
        Self::load_with(
            path,
            &Known {
                env: &|name| std::env::var(name).ok(),
                entities: None,
                custom: None,
                guardrails: None,
            },
        )
    }

    /// Reads and validates a file.
    pub fn load_with(path: &FilePath, known: &Known<'_>) -> Result<Self, LoadError> {
        let text = std::fs::read_to_string(path).map_err(|source| LoadError::Read {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::parse_with(&text, known)?)
    }

    /// Validates the text of a file, without the names of entities. `env` looks environment variables up, to warn about
    /// those that are missing.
    pub fn parse(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Errors> {
        let known = Known {
            env,
            entities: None,
            custom: None,
            guardrails: None,
        };
        Self::parse_with(text, &known)
    }

    /// Validates the text of a file.
    pub fn parse_with(text: &str, known: &Known<'_>) -> Result<Self, Errors> {
        let mut report = Report::default();
        let config = read(text, known, &mut report);
        let warnings = report.finish()?;
        match config {
            Some(config) => Ok(Self { warnings, ..config }),
            None => Err(Errors::internal("nothing was read, and nobody said why")),
        }
    }
}

/// The configuration, as far as it can be read. Whoever returns `None` has told the report why.
fn read(text: &str, known: &Known<'_>, report: &mut Report) -> Option<Config> {
    let (root, problems) = yaml::parse(text);
    let broken = !problems.is_empty();
    report.extend(problems);
    let Some(root) = root else {
        if !broken {
            report.error(&Path::root(), "the file is empty");
        }
        return None;
    };
    let value = shape::check(schema::schema(), &root, report);
    match serde_json::from_value::<written::Config>(value) {
        Ok(written) => Some(resolve(written, known, report)),
        // The shape check lets nothing pass that serde refuses; if it does, that is ours to mend.
        Err(error) => {
            report.error(
                &Path::root(),
                format!("not understood, although its shape is right: {error}"),
            );
            None
        }
    }
}

fn resolve(written: written::Config, known: &Known<'_>, report: &mut Report) -> Config {
    let root = Path::root();
    let envoy = gateway::envoy(written.envoy, &root.field("envoy"), report);
    let listeners = gateway::listeners(written.listeners, &root.field("listeners"), report);
    let service = gateway::service(written.service, &root.field("service"), known, report);
    gateway::check_addresses(&envoy, &listeners, &service, report);
    let providers = gateway::providers(written.providers, &root.field("providers"), known, report);
    let models = catalog::models(written.models, &providers, &root.field("models"), report);
    let pools = catalog::pools(written.pools, &providers, &root.field("pools"), report);
    let hooks = hooks::hooks(written.hooks, &root.field("hooks"), known, report);
    let policies = policy::policies(written.policies, &hooks, &root.field("policies"), known, report);
    let has_secret = service.secret.is_some();
    let tenants = tenant::tenants(
        written.tenants,
        &policies,
        &models,
        has_secret,
        &root.field("tenants"),
        known,
        report,
    );
    let routes = catalog::routes(
        written.routes,
        &pools,
        &models,
        &tenants,
        &root.field("routes"),
        report,
    );
    let cache = cache::store(written.cache, &root.field("cache"), known, report);
    let budget = gateway::budget(&written.budget);

    let config = Config {
        index: tenant::index(&models, &tenants),
        envoy,
        listeners,
        service,
        providers: providers.into_values(),
        models: models.into_values(),
        pools: pools.into_values(),
        routes,
        hooks: hooks.into_values(),
        policies: policies.into_values(),
        tenants: tenants.into_values(),
        cache,
        budget,
        warnings: Vec::new(),
    };
    reach::warn(&config, report);
    config
}
