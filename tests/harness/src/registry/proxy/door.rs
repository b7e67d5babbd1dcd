//! The listening socket: there while the proxy is up, gone while it is down.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Mode, Shared, exchange};
use crate::ports;

/// How often a bind is tried again, should another process be quicker.
const BINDS_MAX: u32 = 20;

/// Listens on a port that is free; gives it.
pub(super) fn open(shared: &Arc<Shared>) -> u16 {
    let listener = (0..BINDS_MAX).find_map(|_| TcpListener::bind(("127.0.0.1", ports::free())).ok());
    let listener = listener.expect("a free port can be bound");
    let port = listener.local_addr().expect("a listener has an address").port();
    shared.lock().open = true;
    let shared = Arc::clone(shared);
    let serve = move || serve(&shared, listener, port);
    thread::Builder::new().name("proxy".into()).spawn(serve).expect("a thread can be started");
    port
}

/// Until the proxy is dropped: takes connections while it is up, waits while it is down.
fn serve(shared: &Arc<Shared>, first: TcpListener, port: u16) {
    let mut listener = Some(first);
    loop {
        if let Some(listener) = listener.take() {
            take(shared, &listener);
        }
        // Dropped: connections are refused from here on.
        let mut state = shared.lock();
        state.open = false;
        shared.changed.notify_all();
        let down = |state: &mut super::State| state.mode == Mode::Down && !state.ended;
        let state = shared.changed.wait_while(state, down).expect("nothing panics while it holds the state");
        if state.ended {
            return;
        }
        drop(state);
        listener = Some(bind(port));
        shared.lock().open = true;
        shared.changed.notify_all();
    }
}

/// Takes connections until the proxy is down; each has a thread of its own.
fn take(shared: &Arc<Shared>, listener: &TcpListener) {
    for stream in listener.incoming() {
        if shared.lock().mode == Mode::Down {
            return;
        }
        // A client that was gone before it was taken is no matter.
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || exchange::serve(&shared, stream));
    }
}

/// The same port again. Another process may hold it for a moment, since they all look for free ones by binding.
fn bind(port: u16) -> TcpListener {
    for _ in 0..500 {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("port {port} was taken while the proxy was down");
}
