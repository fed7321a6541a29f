//! Under which load the variants are compared: connections, prompt sizes, plain or streamed answers.
//! Must not know what is compared.

/// How many connections send one request after the other.
const CONNECTIONS: [usize; 2] = [1, 8];

/// One kind of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) size: Size,
    pub(crate) answers: Answers,
    pub(crate) connections: usize,
}

/// How long a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Usual,
    Large,
}

/// How answers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    Plain,
    Streamed,
    /// Streamed as slowly as a model writes; measured only on demand.
    Paced,
}

impl Case {
    /// Every case, in the order of the report.
    pub(crate) fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for size in Size::ALL {
            for answers in Answers::ALL {
                cases.extend(CONNECTIONS.map(|connections| Self {
                    size,
                    answers,
                    connections,
                }));
            }
        }
        cases
    }

    /// `c8`.
    pub(crate) fn connections_name(&self) -> String {
        format!("c{}", self.connections)
    }

    /// What `--only` calls it.
    pub(crate) fn words(&self) -> [String; 3] {
        [
            self.connections_name(),
            self.size.name().to_owned(),
            self.answers.name().to_owned(),
        ]
    }

    /// For people.
    pub(crate) fn title(&self) -> String {
        let plural = if self.connections == 1 { "" } else { "s" };
        let Self {
            size,
            answers,
            connections,
        } = self;
        format!(
            "{} prompts, {} answers, {connections} connection{plural}",
            size.title(),
            answers.title()
        )
    }
}

impl Size {
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Usual, Self::Large];

    /// Bytes of the prompt's text.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Small => 1 << 10,
            Self::Usual => 10 << 10,
            Self::Large => 1 << 20,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Small => "1k",
            Self::Usual => "10k",
            Self::Large => "1m",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Small => "1 KB",
            Self::Usual => "10 KB",
            Self::Large => "1 MB",
        }
    }
}

impl Answers {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Streamed, Self::Paced];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Streamed => "stream",
            Self::Paced => "paced",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Streamed => "streamed",
            Self::Paced => "paced",
        }
    }
}
