//! The admin server: health, metrics and the API, over a control socket and, where the daemon's file says so, TCP.
//!
//! It only looks and asks: all that it tells comes from `supervisor::Control`, and all that it changes goes through
//! it. Both listeners serve the same routes; what differs is who may do what (`guard`).

mod api;
pub mod client;
mod connections;
mod guard;
mod health;
mod metrics;
pub mod shape;
pub mod socket;
mod stall;

use std::net::{SocketAddr, TcpListener};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::supervisor::Control;

use connections::Limits;
use guard::Door;
use socket::ControlSocket;

/// The largest body of a request, in bytes: the API takes one word.
const BODY_BYTES_MAX: usize = 4 << 10;

/// What the daemon listens at, bound before anything runs.
#[derive(Debug)]
pub struct Listeners {
    /// The TCP address, where the daemon's file has one.
    pub tcp: Option<TcpListener>,
    /// The control socket, where it can be had.
    pub socket: Option<ControlSocket>,
}

/// The admin server, running; on drop it ends and takes its socket's file away.
#[derive(Debug)]
pub struct Server {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    _socket: Option<ControlSocket>,
}

impl Server {
    /// Serves on all listeners. It must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// The system does not let a listener be waited for.
    pub fn start(control: &Control, mut listeners: Listeners) -> std::io::Result<Server> {
        let mut tasks = Vec::new();
        if let Some(tcp) = listeners.tcp {
            tcp.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(tcp)?;
            tasks.push(tokio::spawn(connections::serve(
                listener,
                routes(control, Door::Tcp),
                Limits::of_tcp(control),
            )));
        }
        if let Some(listener) = listeners.socket.as_mut().and_then(ControlSocket::take_listener) {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::UnixListener::from_std(listener)?;
            tasks.push(tokio::spawn(connections::serve(
                listener,
                routes(control, Door::Socket),
                Limits::of_socket(),
            )));
        }
        Ok(Server { tasks, _socket: listeners.socket })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Listens at a TCP address.
///
/// # Errors
///
/// What the user reads: the key, the address and why.
pub fn listen_tcp(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address)
        .map_err(|error| format!("`admin.listen`: the admin server cannot listen at {address}: {error}"))
}

/// All routes, as they are served through one door.
fn routes(control: &Control, door: Door) -> Router {
    let guard = guard::Guard::new(control.clone(), door);
    let api = api::routes().route_layer(axum::middleware::from_fn_with_state(guard, guard::check));
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .nest("/api", api)
        .fallback(api::no_such_path)
        .method_not_allowed_fallback(api::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(control.clone())
}
