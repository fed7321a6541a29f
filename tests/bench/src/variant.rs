//! What is compared: from bare Envoy to the full policy, and the full policy without one of its parts.
//! Must not know how any of it is configured or started.

/// One thing to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant {
    /// In tables and for `--only`.
    pub(crate) name: &'static str,
    /// For the report's legend.
    pub(crate) what: &'static str,
    pub(crate) kind: Kind,
    /// The cache compares prompts by their words.
    pub(crate) compares: bool,
}

/// How a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Listener, router, cluster.
    Bare,
    /// The same with an `ext_proc` service that answers "go on"; with the header phases or without.
    Noop { headers: bool },
    /// The same with `router.wasm`, configured as in the rendered chain.
    Filter,
    /// What `tollgate render envoy` writes.
    Rendered(Rendered),
}

/// How much of the rendered configuration is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) service: Service,
    /// The target is a pool of lanes and not one provider's own cluster.
    pub(crate) lane: bool,
    pub(crate) without: Option<Part>,
    pub(crate) with: Option<Extra>,
}

/// What can be added to the full policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Rules for requests and answers.
    Guardrails,
    /// A recognizer and a moderator for both, which take so long for an answer.
    Hooks { milliseconds: u64 },
}

/// Who is asked about bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Nobody: `ext_proc` and what its decision does are taken out.
    None,
    /// A service that allows everything and does nothing.
    Allow,
    /// `tollgate serve`.
    Tollgate,
}

/// What can be left out of the full policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Redaction,
    Cache,
    Quotas,
    Counting,
    ServiceLog,
    AccessLog,
}

/// The filter by itself.
pub(crate) const FILTER: &str = "filter";
/// The full policy.
pub(crate) const FULL: &str = "full";

impl Variant {
    /// Every variant, in the order of the report.
    pub(crate) fn all() -> Vec<Self> {
        let rendered = |service, lane| {
            Kind::Rendered(Rendered {
                service,
                lane,
                without: None,
                with: None,
            })
        };
        let variants = [
            (
                "bare",
                "Envoy with one listener, one cluster and the router filter",
                Kind::Bare,
            ),
            (
                "noop-all",
                "bare + a service that does nothing, asked in all four phases (headers and bodies, both ways)",
                Kind::Noop { headers: true },
            ),
            (
                "noop-bodies",
                "bare + the same service, asked in the two phases that Tollgate asks for (bodies, both ways)",
                Kind::Noop { headers: false },
            ),
            (
                FILTER,
                "bare + router.wasm, which routes, counts and meters",
                Kind::Filter,
            ),
            (
                "wasm",
                "the rendered policy chain without a service: router.wasm, decompressors, access log",
                rendered(Service::None, false),
            ),
            (
                FULL,
                "everything: the rendered policy chain with tollgate serve, direct target",
                rendered(Service::Tollgate, false),
            ),
            (
                "full-lane",
                "everything, through a pool of lanes (one provider, whose name for the model is another one)",
                rendered(Service::Tollgate, true),
            ),
        ];
        let parts = [
            ("no-redaction", "full without redaction", Part::Redaction),
            ("no-cache", "full without the cache", Part::Cache),
            ("no-quotas", "full without budgets and limits", Part::Quotas),
            (
                "no-counting",
                "full with an estimate in the place of the token count",
                Part::Counting,
            ),
            ("no-service-log", "full with TOLLGATE_LOG=warn", Part::ServiceLog),
            (
                "no-access-log",
                "full without Envoy's access log",
                Part::AccessLog,
            ),
        ];
        let usual = variants.map(|(name, what, kind)| Self {
            name,
            what,
            kind,
            compares: false,
        });
        let chain = Self {
            name: "chain",
            what: "the rendered policy chain with a service that only allows",
            kind: rendered(Service::Allow, false),
            compares: false,
        };
        let parts = parts.map(|(name, what, part)| {
            let rendered = Rendered {
                service: Service::Tollgate,
                lane: false,
                without: Some(part),
                with: None,
            };
            Self {
                name,
                what,
                kind: Kind::Rendered(rendered),
                compares: false,
            }
        });
        let extras = [
            (
                "guardrails",
                "full with guardrails both ways: listed words and patterns, injection, language, length, citations",
                Extra::Guardrails,
            ),
            (
                "hooks-0ms",
                "full with a recognizer and a moderator for requests and answers, which answer at once",
                Extra::Hooks { milliseconds: 0 },
            ),
            (
                "hooks-20ms",
                "the same, and each call takes 20 ms",
                Extra::Hooks { milliseconds: 20 },
            ),
        ];
        let extras = extras.map(|(name, what, extra)| Self {
            name,
            what,
            kind: Kind::Rendered(Rendered {
                service: Service::Tollgate,
                lane: false,
                without: None,
                with: Some(extra),
            }),
            compares: false,
        });
        usual
            .into_iter()
            .chain([chain])
            .chain(parts)
            .chain(extras)
            .collect()
    }

    /// The same with a cache that compares prompts by their words.
    pub(crate) fn comparing(self) -> Self {
        Self {
            compares: true,
            ..self
        }
    }

    /// What all others are compared with.
    pub(crate) fn is_baseline(&self) -> bool {
        self.kind == Kind::Bare
    }

    /// Whether it shows the cost of a part and is measured only on demand.
    pub(crate) fn is_part(&self) -> bool {
        let Kind::Rendered(rendered) = self.kind else {
            return false;
        };
        rendered.without.is_some() || rendered.with.is_some() || rendered.service == Service::Allow
    }

    /// What it has beside the full policy.
    pub(crate) fn extra(&self) -> Option<Extra> {
        match self.kind {
            Kind::Rendered(rendered) => rendered.with,
            Kind::Bare | Kind::Noop { .. } | Kind::Filter => None,
        }
    }

    /// Whether `tollgate serve` decides over its requests.
    pub(crate) fn has_policy(&self) -> bool {
        matches!(
            self.kind,
            Kind::Rendered(Rendered {
                service: Service::Tollgate,
                ..
            })
        )
    }

    /// Whether this part is on.
    pub(crate) fn has(&self, part: Part) -> bool {
        match self.kind {
            Kind::Rendered(Rendered { without, .. }) => without != Some(part),
            Kind::Filter => part == Part::Counting,
            Kind::Bare | Kind::Noop { .. } => false,
        }
    }
}
