//! What the service manager is told: readiness, reloads, status, the end, and that the process is well.
//!
//! The protocol is lines of text in datagrams to `$NOTIFY_SOCKET` (sd_notify(3)). Without that variable nothing of this
//! happens. What is said when is worked out by `message`, which neither sends nor asks for the time.

mod message;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdDatagram};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::UnixDatagram;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::supervisor::{Control, DaemonState, Phase, Supervisor};

use message::{Teller, WATCHDOG};

/// How often the status is looked at, and how often a drain asks for more time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the process's end waits for the last words to be sent.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The service manager's end of the protocol, as the environment names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NOTIFY_SOCKET`: a path, or a name in the abstract namespace that begins with `@`.
    pub notify_socket: Option<OsString>,
    /// How often it wants to hear that the process is well, at the least.
    pub watchdog: Option<Duration>,
}

impl Environment {
    /// What the process was started with. The variables stay as they are.
    pub fn read() -> Self {
        let text = |name| std::env::var(name).ok();
        Self {
            notify_socket: std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()),
            watchdog: watchdog(text("WATCHDOG_USEC"), text("WATCHDOG_PID"), std::process::id()),
        }
    }
}

/// The watchdog's time, where it is meant for this process: it is not, where a wrapper was started with it.
fn watchdog(usec: Option<String>, pid: Option<String>, own_pid: u32) -> Option<Duration> {
    let usec: u64 = usec?.parse().ok().filter(|usec| *usec > 0)?;
    let is_own = pid.is_none_or(|pid| pid.parse() == Ok(own_pid));
    is_own.then(|| Duration::from_micros(usec))
}

/// The task that tells the service manager on.
#[derive(Debug)]
pub struct Telling(Option<JoinHandle<()>>);

impl Telling {
    /// Waits until the last words are sent: the supervisor has ended, so nothing follows them.
    pub async fn last_words(self) {
        if let Some(task) = self.0 {
            // A service manager that does not read does not hold the process up.
            let _ = timeout(LAST_WORDS, task).await;
        }
    }
}

/// Begins to tell the service manager of `environment` what the supervisor does.
pub fn tell(environment: &Environment, supervisor: &mut Supervisor) -> Telling {
    let Some(name) = &environment.notify_socket else { return Telling(None) };
    let (socket, phases) = match (open(name), supervisor.phases()) {
        (Ok(socket), Some(phases)) => (Arc::new(socket), phases),
        (Err(error), _) => {
            tracing::warn!(%error, socket = %name.to_string_lossy(), "the service manager cannot be told anything");
            return Telling(None);
        }
        (_, None) => return Telling(None),
    };
    if let Some(within) = environment.watchdog {
        tokio::spawn(feed(Arc::clone(&socket), supervisor.control().clone(), within / 2));
    }
    Telling(Some(tokio::spawn(tell_on(socket, supervisor.control().clone(), phases))))
}

fn open(name: &OsStr) -> io::Result<UnixDatagram> {
    let address = match name.as_bytes() {
        [b'/', ..] => SocketAddr::from_pathname(name)?,
        [b'@', abstract_name @ ..] => SocketAddr::from_abstract_name(abstract_name)?,
        _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "neither a path nor an abstract name")),
    };
    let socket = StdDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_nonblocking(true)?;
    UnixDatagram::from_std(socket)
}

/// Tells every step of the daemon's life, and the status when it changes, until the supervisor has ended.
async fn tell_on(socket: Arc<UnixDatagram>, control: Control, mut phases: mpsc::UnboundedReceiver<Phase>) {
    let mut teller = Teller::default();
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let phase = tokio::select! {
            // A step stands before the look at what it has changed.
            biased;
            phase = phases.recv() => match phase {
                Some(phase) => Some(phase),
                None => return,
            },
            _ = look.tick() => None,
        };
        let (pipelines, generation) = (control.pipelines(), control.daemon().generation);
        let text = match phase {
            Some(phase) => Some(teller.step(phase, &pipelines, generation, Instant::now(), monotonic_us())),
            None => teller.look(&pipelines, generation, Instant::now()),
        };
        if let Some(text) = text {
            send(&socket, &text).await;
        }
    }
}

/// Says that the process is well, as long as it is.
async fn feed(socket: Arc<UnixDatagram>, control: Control, every: Duration) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut was_well = true;
    loop {
        tick.tick().await;
        let illness = illness(&control, every / 2).await;
        match &illness {
            None => send(&socket, WATCHDOG).await,
            Some(reason) if was_well => {
                tracing::error!(%reason, "the watchdog is not fed any more: the process needs a restart");
            }
            Some(_) => {}
        }
        was_well = illness.is_none();
    }
}

/// What only a new process would mend.
async fn illness(control: &Control, patience: Duration) -> Option<String> {
    if let Some(reason) = control.hung() {
        return Some(reason);
    }
    let answered = timeout(patience, control.ping()).await.is_ok();
    // A loop that drains takes no questions; the drain has a deadline of its own.
    let is_draining = control.daemon().state == DaemonState::Draining;
    (!answered && !is_draining).then(|| "the supervisor's loop does not answer".to_owned())
}

async fn send(socket: &UnixDatagram, text: &str) {
    if let Err(error) = socket.send(text.as_bytes()).await {
        tracing::warn!(%error, text, "the service manager was not told");
    }
}

/// The clock that the service manager compares a reload's begin with, in microseconds.
fn monotonic_us() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    seconds * 1_000_000 + u64::try_from(now.tv_nsec).unwrap_or_default() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_watchdog_is_meant_for_the_process_that_it_names() {
        let second = Some(Duration::from_secs(1));
        assert_eq!(watchdog(set("1000000"), set("7"), 7), second);
        assert_eq!(watchdog(set("1000000"), None, 7), second);
        assert_eq!(watchdog(set("1000000"), set("8"), 7), None);
        assert_eq!(watchdog(set("1000000"), set("seven"), 7), None);
    }

    #[test]
    fn no_watchdog_where_none_is_wanted() {
        assert_eq!(watchdog(None, set("7"), 7), None);
        assert_eq!(watchdog(set("0"), set("7"), 7), None);
        assert_eq!(watchdog(set("often"), set("7"), 7), None);
    }

    #[tokio::test]
    async fn abstract_names_and_paths_are_reached() {
        let name = format!("millstream-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a short name");
        let manager = StdDatagram::bind_addr(&address).expect("the name is free");
        let socket = open(OsStr::new(&format!("@{name}"))).expect("someone listens");
        send(&socket, "STATUS=here").await;
        let mut heard = [0; 64];
        let length = manager.recv(&mut heard).expect("a datagram came");
        assert_eq!(&heard[..length], b"STATUS=here");
        assert!(open(OsStr::new("/nowhere/at/all")).is_err());
        assert!(open(OsStr::new("vsock:2:1234")).is_err());
    }

    #[test]
    fn the_clock_is_the_one_that_never_goes_back() {
        let (first, second) = (monotonic_us(), monotonic_us());
        assert!(0 < first && first <= second);
    }
}
