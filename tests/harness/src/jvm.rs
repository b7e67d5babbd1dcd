//! Servers on the JVM as children of this process: their log, the wait until they answer, signals, and their end.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::unique::Folder;
use crate::{process, wait};

/// How often a start is tried again with other ports, should another process be quicker to bind one.
const STARTS_MAX: u32 = 5;

/// How long a JVM on a busy machine may take until its server answers.
pub(crate) const START_PATIENCE: Duration = Duration::from_secs(90);

/// What the first try that succeeds gives.
pub(crate) fn first_started<T>(what: &str, mut try_start: impl FnMut() -> Option<T>) -> T {
    let started = (0..STARTS_MAX).find_map(|_| try_start());
    started.unwrap_or_else(|| panic!("{what} did not start in {STARTS_MAX} tries"))
}

/// Starts `java`; what it says goes to `<name>.log` in the folder.
pub(crate) fn start(mut java: Command, folder: &Path, name: &str) -> Child {
    let log = File::options().create(true).append(true).open(log_path(folder, name));
    let log = log.unwrap_or_else(|error| panic!("the {name}'s folder can be written: {error}"));
    java.stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file descriptor can be duplicated"))
        .stderr(log);
    process::spawn(java)
        .unwrap_or_else(|error| panic!("run java (scripts/bootstrap test installs it): {error}"))
}

fn log_path(folder: &Path, name: &str) -> std::path::PathBuf {
    folder.join(format!("{name}.log"))
}

/// A server with a folder of its own; killed and removed on drop.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    folder: Folder,
    child: Child,
}

impl Server {
    /// The server that [`start`] has started under this name in this folder.
    pub(crate) fn new(name: &'static str, folder: Folder, child: Child) -> Self {
        Self { name, folder, child }
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Waits until it answers at `port` and to `ask`; false when its process ended instead.
    pub(crate) fn answers(&mut self, address: &str, port: u16, ask: impl Fn() -> bool) -> bool {
        let what = format!("the {} at {address} to answer", self.name);
        wait::until_within(START_PATIENCE, &what, || {
            if self.child.try_wait().expect("a child can be waited for").is_some() {
                return Some(false);
            }
            let open = TcpStream::connect(("127.0.0.1", port)).is_ok();
            (open && ask()).then_some(true)
        })
    }

    /// Says that it ended where it should have answered, with the end of its log.
    pub(crate) fn tell_end(&self) {
        eprintln!("the {} ended; its log says:\n{}", self.name, self.log_tail());
    }

    /// Freezes it: its sockets stay open and nothing answers.
    pub(crate) fn freeze(&self) {
        process::signal(&self.child, process::SIGSTOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        process::signal(&self.child, process::SIGCONT);
    }

    /// Kills it; its folder stays.
    pub(crate) fn kill(&mut self) {
        process::kill(&mut self.child);
    }

    /// Takes `child`, which was started in the place of the one that was killed.
    pub(crate) fn restarted(&mut self, child: Child) {
        self.child = child;
    }

    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read(log_path(self.folder.path(), self.name)).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(4_000)..]).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
