//! A service manager that only listens: a socket for `NOTIFY_SOCKET`, and what comes in there.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::unique::Folder;
use crate::wait::PATIENCE;

/// A socket that a daemon under test tells things to.
#[derive(Debug)]
pub struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
    seen: Vec<Message>,
    _folder: Folder,
}

/// One datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(String);

impl Message {
    /// Whether this is one of its lines.
    pub fn has(&self, line: &str) -> bool {
        self.0.lines().any(|own| own == line)
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }

    /// The status; empty where it says none.
    pub fn status(&self) -> &str {
        self.field("STATUS").unwrap_or_default()
    }
}

impl Default for Manager {
    fn default() -> Self {
        Self::new()
    }
}

impl Manager {
    /// A socket of its own.
    pub fn new() -> Self {
        let folder = Folder::new("notify");
        let path = folder.path().join("socket");
        let socket = UnixDatagram::bind(&path).unwrap_or_else(|error| panic!("bind {path:?}: {error}"));
        Self { socket, path, seen: Vec::new(), _folder: folder }
    }

    /// What `NOTIFY_SOCKET` must be.
    pub fn address(&self) -> &str {
        self.path.to_str().expect("temporary folders have plain names")
    }

    /// The next message of this kind; those that stand before it are passed. Panics with `what` when none comes.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Some(message) = self.receive(deadline) else {
                panic!("the service manager was not told {what}; it heard {:#?}", self.seen);
            };
            self.seen.push(message.clone());
            if wanted(&message) {
                return message;
            }
        }
    }

    /// [`Manager::wait_for`] a message with this line.
    pub fn wait_for_line(&mut self, line: &str) -> Message {
        self.wait_for(line, |message| message.has(line))
    }

    /// All messages that were received so far, those that nobody waited for as well.
    pub fn seen(&mut self) -> &[Message] {
        while let Some(message) = self.receive(Instant::now()) {
            self.seen.push(message);
        }
        &self.seen
    }

    fn receive(&self, deadline: Instant) -> Option<Message> {
        // No time at all would mean to wait for ever.
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        self.socket.set_read_timeout(Some(left)).expect("a time that is not zero");
        let mut bytes = vec![0; 4096];
        match self.socket.recv(&mut bytes) {
            Ok(length) => {
                bytes.truncate(length);
                Some(Message(String::from_utf8(bytes).expect("the protocol is text")))
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("receive: {error}"),
        }
    }
}

/// The clock that a reload's begin is told in, in microseconds.
pub fn monotonic_us() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists, and the pointer is to a live value.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    assert_eq!(failed, 0, "the monotonic clock can be read");
    let (seconds, nanos) = (u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec));
    seconds.expect("not negative") * 1_000_000 + nanos.expect("not negative") / 1_000
}
