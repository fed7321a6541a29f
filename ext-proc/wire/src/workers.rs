//! One thread per core, each with a runtime of its own; a connection stays on the thread that it was given to.
//! Must not know what travels on a connection.
//!
//! An exchange is a few short turns on one HTTP/2 connection. On a runtime whose threads share their work, each turn wakes
//! another thread, which cost more than a service that does nothing (`tests/bench`). What takes long leaves the thread by
//! `spawn_blocking`.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread;

use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tonic::transport::server::Connected;

/// A connection that was accepted elsewhere and belongs to no runtime yet.
pub(crate) enum Accepted {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

/// A connection on its thread.
pub(crate) struct Connection {
    socket: Socket,
    _seat: Seat,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// One of a thread's connections, as long as it lives.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The threads.
pub(crate) struct Workers {
    workers: Vec<Worker>,
}

struct Worker {
    connections: mpsc::UnboundedSender<(Accepted, Seat)>,
    count: Arc<AtomicUsize>,
    ended: oneshot::Receiver<Result<(), tonic::transport::Error>>,
}

/// What a thread serves: its connections, until the stop is said.
pub(crate) type Serving = Pin<Box<dyn Future<Output = Result<(), tonic::transport::Error>>>>;

/// The connections that a thread is given.
pub(crate) type Connections = Pin<Box<dyn Stream<Item = io::Result<Connection>> + Send>>;

impl Workers {
    /// Starts a thread for each core that this process may use.
    pub(crate) fn start(
        stop: &watch::Receiver<bool>,
        serve: &(impl Fn(Connections, watch::Receiver<bool>) -> Serving + Clone + Send + 'static),
    ) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let workers = (0..cores)
            .map(|number| Worker::start(number, stop.clone(), serve.clone()))
            .collect::<io::Result<_>>()?;
        Ok(Self { workers })
    }

    /// Gives a connection to the thread that has the fewest.
    pub(crate) fn give(&self, connection: Accepted) {
        let fewest = self
            .workers
            .iter()
            .filter(|worker| !worker.connections.is_closed())
            .min_by_key(|worker| worker.count.load(Ordering::Relaxed));
        if let Some(worker) = fewest {
            let seat = Seat::take(&worker.count);
            // If the thread ended just now, the client sees the connection close and makes another.
            let _ = worker.connections.send((connection, seat));
        }
    }

    /// Waits until every thread has served its last exchange.
    pub(crate) async fn join(self) -> Result<(), tonic::transport::Error> {
        for worker in self.workers {
            drop(worker.connections);
            // A thread that is gone without a word has nothing left to wait for.
            worker.ended.await.unwrap_or(Ok(()))?;
        }
        Ok(())
    }
}

impl Worker {
    fn start(
        number: usize,
        stop: watch::Receiver<bool>,
        serve: impl FnOnce(Connections, watch::Receiver<bool>) -> Serving + Send + 'static,
    ) -> io::Result<Self> {
        let (connections, given) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new()
            .name(format!("exchanges-{number}"))
            .spawn(move || {
                let result = runtime.block_on(async {
                    let result = serve(incoming(given), stop).await;
                    // Exchanges whose stream was dropped close in tasks of their own.
                    tokio::task::yield_now().await;
                    result
                });
                let _ = end.send(result);
            })?;
        Ok(Self {
            connections,
            count: Arc::default(),
            ended,
        })
    }
}

fn incoming(given: mpsc::UnboundedReceiver<(Accepted, Seat)>) -> Connections {
    let given = tokio_stream::wrappers::UnboundedReceiverStream::new(given);
    Box::pin(given.filter_map(async |(accepted, seat)| {
        // One that cannot be registered is closed by being dropped; an error here would end the thread's server.
        let socket = match accepted {
            Accepted::Tcp(socket) => TcpStream::from_std(socket).map(Socket::Tcp),
            Accepted::Unix(socket) => UnixStream::from_std(socket).map(Socket::Unix),
        };
        socket.ok().map(|socket| Ok(Connection { socket, _seat: seat }))
    }))
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(cx, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(cx, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write_vectored(cx, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write_vectored(cx, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
