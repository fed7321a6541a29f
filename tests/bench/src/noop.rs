//! The `ext_proc` service that does nothing, on the same wire as `tollgate serve`: what a service costs before it does anything.
//! Must not look at what it gets.

use std::future::{pending, ready};
use std::sync::Arc;

use tollgate_wire::{
    AnswerVerdict, Asked, Attributes, Endpoint, Exchange, Metadata, Policy, RequestVerdict, Server,
};

use crate::options::Noop;

/// The largest body that Envoy is configured for.
const MAX_BODY: usize = 32 << 20;

/// Serves until it is killed.
pub(crate) fn run(options: &Noop) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(&Endpoint::Tcp(options.listen), MAX_BODY).await?;
        server
            .serve(Arc::new(Nothing { allow: options.allow }), drop, pending())
            .await?;
        Ok(())
    })
}

#[derive(Clone, Copy)]
struct Nothing {
    allow: bool,
}

impl Nothing {
    fn forward(self) -> RequestVerdict {
        // The names of tollgate_routing::decision, which this crate has no other reason to build.
        let metadata = if self.allow {
            vec![("decision", "allow".into())]
        } else {
            Metadata::new()
        };
        RequestVerdict::Forward { body: None, metadata }
    }
}

impl Policy for Nothing {
    type Exchange = Self;

    fn begin(&self) -> Self {
        *self
    }
}

impl Exchange for Nothing {
    fn bodiless(&mut self, _: &Attributes) -> impl Future<Output = RequestVerdict> + Send {
        ready(self.forward())
    }

    fn request(&mut self, _: &Attributes, _: Vec<u8>) -> impl Future<Output = Asked> + Send {
        ready(Asked::Now(self.forward()))
    }

    fn resume(&mut self) -> impl Future<Output = RequestVerdict> + Send {
        ready(self.forward())
    }

    fn answer(&mut self, _: &Attributes, _: Vec<u8>, _: bool) -> impl Future<Output = AnswerVerdict> + Send {
        ready(AnswerVerdict::Keep(Metadata::new()))
    }

    async fn close(self) {}
}
