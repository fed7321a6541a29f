//! The gRPC server: TCP or a Unix socket, health, and a drain that lets exchanges finish.
//! Must not know what the exchanges do.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use envoy_types::pb::envoy::service::ext_proc::v3::{
    ProcessingRequest, ProcessingResponse,
    external_processor_server::{ExternalProcessor, ExternalProcessorServer},
};
use futures_util::Stream;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tonic::{Request, Response, Status, Streaming};
use tonic_health::server::HealthReporter;

use crate::conversation::Conversation;
use crate::event::Policy;
use crate::workers::{Accepted, Workers};

/// Room in a gRPC message beside the body: attributes, headers, framing.
const MESSAGE_OVERHEAD: usize = 1 << 20;
/// HTTP/2 windows that don't make a 10 MB body wait for round trips.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 32 << 20;

/// Where the service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// An address and port.
    Tcp(SocketAddr),
    /// The path of a Unix socket; a stale file there is replaced.
    Unix(PathBuf),
}

/// Why a server ended before it was told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// No thread could be started.
    #[error("cannot start the threads that serve exchanges")]
    Threads(#[from] io::Error),
    /// The HTTP/2 server gave up.
    #[error("the gRPC server ended")]
    Transport(#[from] tonic::transport::Error),
}

/// Tells gRPC health checks whether exchanges are welcome.
#[derive(Clone)]
pub struct Readiness(HealthReporter);

impl Readiness {
    /// SERVING from now on.
    pub async fn ready(&self) {
        self.0
            .set_service_status("", tonic_health::ServingStatus::Serving)
            .await;
    }

    /// NOT_SERVING from now on: no configuration yet, or draining.
    pub async fn not_ready(&self) {
        self.0
            .set_service_status("", tonic_health::ServingStatus::NotServing)
            .await;
    }
}

/// A bound listener that has not begun to serve.
pub struct Server {
    listener: Listener,
    max_body: usize,
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Server {
    /// Binds; `max_body` is the largest body of an exchange in bytes.
    pub async fn bind(endpoint: &Endpoint, max_body: usize) -> io::Result<Self> {
        let listener = match endpoint {
            Endpoint::Tcp(address) => Listener::Tcp(TcpListener::bind(address).await?),
            Endpoint::Unix(path) => {
                // Left over by a process that was killed; a live one would still answer, and its clients with it.
                if std::os::unix::net::UnixStream::connect(path).is_err() {
                    match std::fs::remove_file(path) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        Ok(()) | Err(_) => {}
                    }
                }
                Listener::Unix(UnixListener::bind(path)?)
            }
        };
        Ok(Self { listener, max_body })
    }

    /// The bound TCP address (for port 0), or `None` for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.listener {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(_) => None,
        }
    }

    /// Serves until `shutdown` resolves, then lets open exchanges finish. Readiness starts as NOT_SERVING.
    pub async fn serve<P: Policy>(
        self,
        policy: Arc<P>,
        started: impl FnOnce(Readiness),
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let (reporter, health) = tonic_health::server::health_reporter();
        let readiness = Readiness(reporter);
        readiness.not_ready().await;
        let limit = self.max_body.saturating_add(MESSAGE_OVERHEAD);
        let processor = ExternalProcessorServer::from_arc(Arc::new(Processor(policy)))
            .max_decoding_message_size(limit)
            .max_encoding_message_size(usize::MAX);
        let router = tonic::transport::Server::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .add_service(health)
            .add_service(processor);
        let (stop, stopped) = watch::channel(false);
        let workers = Workers::start(&stopped, &move |connections, mut stopped| {
            let stopped = async move { drop(stopped.wait_for(|stop| *stop).await) };
            Box::pin(router.clone().serve_with_incoming_shutdown(connections, stopped))
        })?;
        started(readiness);
        tokio::select! {
            () = shutdown => {}
            never = self.listener.hand_out(&workers) => match never {},
        }
        stop.send_replace(true);
        Ok(workers.join().await?)
    }
}

impl Listener {
    async fn hand_out(&self, workers: &Workers) -> Infallible {
        loop {
            match self.accept().await {
                Ok(connection) => workers.give(connection),
                // Of one connection, or too many open files: the listener itself is fine, so wait for better times.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                socket.set_nodelay(true)?;
                Ok(Accepted::Tcp(socket.into_std()?))
            }
            Self::Unix(listener) => Ok(Accepted::Unix(listener.accept().await?.0.into_std()?)),
        }
    }
}

struct Processor<P>(Arc<P>);

#[tonic::async_trait]
impl<P: Policy> ExternalProcessor for Processor<P> {
    type ProcessStream = Pin<Box<dyn Stream<Item = Result<ProcessingResponse, Status>> + Send>>;

    async fn process(
        &self,
        request: Request<Streaming<ProcessingRequest>>,
    ) -> Result<Response<Self::ProcessStream>, Status> {
        let conversation = Conversation::new(request.into_inner(), self.0.begin());
        // `unfold` instead of a task and a channel: the reply is made where tonic polls for it.
        let replies = futures_util::stream::unfold(conversation, |mut conversation| async move {
            conversation.next().await.map(|reply| (reply, conversation))
        });
        Ok(Response::new(Box::pin(replies)))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tonic_health::pb::HealthCheckRequest;
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::health_client::HealthClient;

    use super::*;
    use crate::event::{AnswerVerdict, Asked, Attributes, Exchange, RequestVerdict};

    struct Nobody;

    impl Policy for Nobody {
        type Exchange = Self;

        fn begin(&self) -> Self {
            Self
        }
    }

    impl Exchange for Nobody {
        async fn bodiless(&mut self, _: &Attributes) -> RequestVerdict {
            RequestVerdict::Forward {
                body: None,
                metadata: Vec::new(),
            }
        }
        async fn request(&mut self, attributes: &Attributes, _: Vec<u8>) -> Asked {
            Asked::Now(self.bodiless(attributes).await)
        }
        async fn resume(&mut self) -> RequestVerdict {
            self.bodiless(&Attributes::default()).await
        }
        async fn answer(&mut self, _: &Attributes, _: Vec<u8>, _: bool) -> AnswerVerdict {
            AnswerVerdict::Keep(Vec::new())
        }
        async fn close(self) {}
    }

    async fn status(client: &mut HealthClient<tonic::transport::Channel>) -> ServingStatus {
        let response = client.check(HealthCheckRequest::default()).await.unwrap();
        response.into_inner().status()
    }

    #[tokio::test]
    async fn health_follows_readiness_and_a_stop_ends_the_server() {
        let server = Server::bind(&Endpoint::Tcp("127.0.0.1:0".parse().unwrap()), 1024)
            .await
            .unwrap();
        let address = server.local_addr().unwrap();
        let (started, readiness) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(
            Arc::new(Nobody),
            move |readiness| drop(started.send(readiness)),
            async move { drop(stopped.await) },
        ));
        let readiness: Readiness = readiness.await.unwrap();
        let channel = tonic::transport::Channel::from_shared(format!("http://{address}")).unwrap();
        let mut client = HealthClient::new(channel.connect().await.unwrap());

        assert_eq!(
            status(&mut client).await,
            ServingStatus::NotServing,
            "no configuration yet"
        );
        readiness.ready().await;
        assert_eq!(status(&mut client).await, ServingStatus::Serving);
        readiness.not_ready().await;
        assert_eq!(status(&mut client).await, ServingStatus::NotServing, "draining");
        drop(client);
        drop(stop);
        tokio::time::timeout(Duration::from_secs(10), serving)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let path = std::env::temp_dir().join(format!("tollgate-wire-{}.sock", std::process::id()));
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let endpoint = Endpoint::Unix(path.clone());
        let live = Server::bind(&endpoint, 1024).await.unwrap();
        assert!(live.local_addr().is_none());
        assert!(
            Server::bind(&endpoint, 1024).await.is_err(),
            "somebody listens there"
        );
        drop(live);
        std::fs::remove_file(path).unwrap();
    }
}
