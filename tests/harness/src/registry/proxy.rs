//! A server in front of a registry that makes faults on demand, and counts what it is asked.

mod certificates;
mod door;
mod exchange;

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use certificates::Certificates;

/// What the proxy does with a request. What it has already begun is done as it was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes it on.
    Pass,
    /// Nobody listens: connections are refused.
    Down,
    /// Passes it on after so long, or once the mode changes.
    Slow(Duration),
    /// Answers itself: HTTP's code, and a body.
    Status(u16, String),
    /// Answers 200 as a registry does, with these bytes as the body.
    Garbage(Vec<u8>),
    /// Sends these bytes in place of an answer.
    Raw(Vec<u8>),
    /// Takes the request and never answers; the connection is closed when the mode changes.
    Hang,
}

/// Who is let in. Others are answered 401, whatever the mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Everyone.
    None,
    /// A user with a password.
    Basic(String, String),
    /// Who has the token.
    Bearer(String),
}

/// A running proxy; it ends on drop.
pub struct Proxy {
    shared: Arc<Shared>,
    port: u16,
    certificates: Option<Certificates>,
}

struct Shared {
    /// Host and port of the registry, and its path.
    upstream: (String, String),
    state: Mutex<State>,
    changed: Condvar,
    tls: Option<Arc<rustls::ServerConfig>>,
}

struct State {
    mode: Mode,
    /// Grows with each change of the mode.
    turn: u64,
    credentials: Credentials,
    requests: BTreeMap<String, usize>,
    /// Whether connections are taken.
    open: bool,
    ended: bool,
}

impl Proxy {
    /// A proxy before the registry at a base URL, without TLS.
    pub fn start(url: &str) -> Self {
        Self::start_on(url, None)
    }

    /// The same with TLS, by certificates made for it; clients need one of their own where `client_needed`.
    pub fn start_tls(url: &str, client_needed: bool) -> Self {
        Self::start_on(url, Some(Certificates::new(client_needed)))
    }

    fn start_on(url: &str, certificates: Option<Certificates>) -> Self {
        let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url}: no http:// URL"));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let state = State {
            mode: Mode::Pass,
            turn: 0,
            credentials: Credentials::None,
            requests: BTreeMap::new(),
            open: false,
            ended: false,
        };
        let shared = Arc::new(Shared {
            upstream: (host.to_owned(), format!("/{}", path.trim_end_matches('/'))),
            state: Mutex::new(state),
            changed: Condvar::new(),
            tls: certificates.as_ref().map(|certificates| Arc::clone(&certificates.server)),
        });
        let port = door::open(&shared);
        Self { shared, port, certificates }
    }

    /// The base URL of the registry through this proxy.
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}{}", self.port, self.shared.upstream.1.trim_end_matches('/'))
    }

    /// Changes what it does, and returns when that holds: a proxy that is down refuses connections then.
    pub fn set(&self, mode: Mode) {
        let open = mode != Mode::Down;
        let mut state = self.shared.lock();
        state.mode = mode;
        state.turn += 1;
        self.shared.changed.notify_all();
        while state.open != open {
            drop(state);
            // Wakes the thread that waits for a connection; nothing listens where it is down already.
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) {
                let _ = stream.shutdown(Shutdown::Both);
            }
            state = self.shared.lock();
            let wait = self.shared.changed.wait_timeout(state, Duration::from_millis(20));
            state = wait.expect("nothing panics while it holds the state").0;
        }
    }

    /// Changes who is let in.
    pub fn let_in(&self, credentials: Credentials) {
        self.shared.lock().credentials = credentials;
    }

    /// [`Proxy::let_in`] for a user with a password.
    pub fn needs_basic(&self, user: &str, password: &str) {
        self.let_in(Credentials::Basic(user.to_owned(), password.to_owned()));
    }

    /// [`Proxy::let_in`] for who has a token.
    pub fn needs_bearer(&self, token: &str) {
        self.let_in(Credentials::Bearer(token.to_owned()));
    }

    /// How often each path was asked for, as `GET /schemas/ids/1`: below the base URL, whatever the answer was.
    pub fn requests(&self) -> BTreeMap<String, usize> {
        self.shared.lock().requests.clone()
    }

    /// How many requests there were whose method and path begin so.
    pub fn count(&self, beginning: &str) -> usize {
        let requests = self.requests();
        requests.iter().filter(|(path, _)| path.starts_with(beginning)).map(|(_, count)| count).sum()
    }

    /// The certificate that signed the server's, in PEM; only with TLS.
    pub fn ca(&self) -> PathBuf {
        self.certificates().file("ca.pem")
    }

    /// A client's certificate and its key, in PEM; only with TLS.
    pub fn client(&self) -> (PathBuf, PathBuf) {
        (self.certificates().file("client.pem"), self.certificates().file("client.key"))
    }

    fn certificates(&self) -> &Certificates {
        self.certificates.as_ref().expect("a proxy without TLS has no certificates")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.set(Mode::Down);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the state")
    }

    /// Waits until the mode is another than at `turn`, or `patience` has passed.
    fn wait_for_change(&self, turn: u64, patience: Option<Duration>) {
        let state = self.lock();
        let same = |state: &mut State| state.turn == turn && !state.ended;
        match patience {
            None => drop(self.changed.wait_while(state, same)),
            Some(patience) => drop(self.changed.wait_timeout_while(state, patience, same)),
        }
    }
}
