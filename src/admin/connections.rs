//! Takes connections and serves each: bounded in number and in time, so that a slow or silent client hurts nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;

use crate::supervisor::Control;

use super::stall::Impatient;

/// Connections at a time, of each listener by itself: whoever fills one leaves the other alone.
const CONNECTIONS_MAX: usize = 256;

/// How long a client may take for the head of a request, and stay silent between two.
const HEAD_MAX: Duration = Duration::from_secs(10);

/// How long a client may take nothing of an answer.
const TAKES_NOTHING_FOR: Duration = Duration::from_secs(10);

/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// How long a TCP connection takes new requests.
const TAKES_REQUESTS_FOR: Duration = Duration::from_secs(60);

/// What a request may take longer than the longest drain: reading the files, and a trial.
const ANSWER_GRACE: Duration = Duration::from_secs(60);

/// How long a pause lasts when the system has no more descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection may last.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// The supervisor, that knows how long a drain may take; `None`: no limit but silence.
    control: Option<Control>,
}

impl Limits {
    /// Over TCP: one who takes no answer is let go.
    pub(super) fn of_tcp(control: &Control) -> Self {
        Self { control: Some(control.clone()) }
    }

    /// Over the control socket: who may open it is trusted to wait.
    pub(super) fn of_socket() -> Self {
        Self { control: None }
    }

    /// How long after its last request an answer may take.
    fn answer_max(&self) -> Option<Duration> {
        Some(self.control.as_ref()?.shutdown_deadline() + ANSWER_GRACE)
    }
}

/// What gives connections.
pub(super) trait Listener: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    fn accept(&self) -> impl Future<Output = std::io::Result<Self::Stream>> + Send;
}

impl Listener for TcpListener {
    type Stream = tokio::net::TcpStream;

    async fn accept(&self) -> std::io::Result<Self::Stream> {
        TcpListener::accept(self).await.map(|(stream, _)| stream)
    }
}

impl Listener for UnixListener {
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> std::io::Result<Self::Stream> {
        UnixListener::accept(self).await.map(|(stream, _)| stream)
    }
}

/// Serves until it is dropped. Who comes when all places are taken waits in the system's queue.
pub(super) async fn serve(listener: impl Listener, routes: Router, limits: Limits) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Connections end with the server.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "the admin server cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        let (routes, limits) = (routes.clone(), limits.clone());
        connections.spawn(async move {
            serve_one(stream, routes, &limits).await;
            drop(place);
        });
    }
}

/// Serves one connection to its end.
async fn serve_one(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Router,
    limits: &Limits,
) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_BYTES_MAX);
    let stream = TokioIo::new(Impatient::new(stream, TAKES_NOTHING_FOR));
    let connection = builder.serve_connection(stream, TowerToHyperService::new(routes));
    tokio::pin!(connection);
    // What is wrong with a connection is the client's to know.
    let Some(answer_max) = limits.answer_max() else {
        let _ = connection.await;
        return;
    };
    tokio::select! {
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(TAKES_REQUESTS_FOR) => connection.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(answer_max, connection).await;
}
