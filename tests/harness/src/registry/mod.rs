//! A real schema registry: Apicurio by its Confluent API, in memory, loopback only.
//!
//! [`shared`] is the registry that all tests of a run use: the one at `SCHEMA_REGISTRY_URL` if that is set, else one that
//! is started for this process and dies with it. A test that disturbs a registry puts a [`Proxy`] before it, or starts
//! one of its own with [`Registry::start_own`].

mod client;
mod proxy;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

pub use client::{Client, Reference, Refusal};
pub use proxy::{Credentials, Mode, Proxy};

use crate::unique::Folder;
use crate::{keep, ports, process, testbed, wait};

/// How often a start is tried again with another port, should another process be quicker to bind it.
const STARTS_MAX: u32 = 5;

/// How long a JVM on a busy machine may take until the registry answers.
const START_PATIENCE: Duration = Duration::from_secs(90);

/// Where the API is below the server's root.
const BASE_PATH: &str = "/apis/ccompat/v7";

/// The base URL of the registry that all tests of this run share, without a slash at its end.
pub fn shared() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var("SCHEMA_REGISTRY_URL") {
        Ok(url) if !url.is_empty() => url.trim_end_matches('/').to_owned(),
        _ => {
            let registry = Registry::start_own();
            let url = registry.url();
            keep::for_this_process(registry);
            url
        }
    })
}

/// A registry that belongs to the test that calls this.
pub fn own() -> Registry {
    Registry::start_own()
}

/// A registry that belongs to whoever started it; stopped and removed on drop.
#[derive(Debug)]
pub struct Registry {
    folder: Folder,
    port: u16,
    child: Child,
}

impl Registry {
    /// Starts an empty registry.
    pub fn start_own() -> Self {
        let app = testbed::apicurio();
        for _ in 0..STARTS_MAX {
            let (folder, port) = (Folder::new("registry"), ports::free());
            let child = start(&app, folder.path(), port);
            let mut registry = Self { folder, port, child };
            if registry.answers() {
                return registry;
            }
            eprintln!("the registry ended; its log says:\n{}", registry.log_tail());
        }
        panic!("the schema registry did not start in {STARTS_MAX} tries");
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{BASE_PATH}", self.port)
    }

    /// Freezes the registry: its sockets stay open and nothing answers.
    pub fn freeze(&self) {
        process::signal(&self.child, process::SIGSTOP);
    }

    /// Lets a frozen registry go on.
    pub fn thaw(&self) {
        process::signal(&self.child, process::SIGCONT);
    }

    /// Kills the registry. It keeps everything in memory: what was registered is gone.
    pub fn kill(&mut self) {
        process::kill(&mut self.child);
    }

    /// Starts a killed registry again on its port, empty, and waits until it answers.
    pub fn restart(&mut self) {
        self.child = start(&testbed::apicurio(), self.folder.path(), self.port);
        assert!(self.answers(), "the registry did not come back; its log says:\n{}", self.log_tail());
    }

    /// Waits until the registry answers; false when its process ended instead.
    fn answers(&mut self) -> bool {
        let url = self.url();
        wait::until_within(START_PATIENCE, &format!("the registry at {url} to answer"), || {
            if self.child.try_wait().expect("a child can be waited for").is_some() {
                return Some(false);
            }
            let open = std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            (open && Client::new(&url).answers()).then_some(true)
        })
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.folder.path().join("registry.log")).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(4_000)..]).into_owned()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        process::kill(&mut self.child);
    }
}

/// What it says goes to `registry.log` in the folder, and its temporary files go there, too.
fn start(app: &Path, folder: &Path, port: u16) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("registry.log"));
    let log = log.expect("the registry's folder can be written");
    let mut command = Command::new("java");
    command
        // Little memory and a quick start: what it does here is small.
        .args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .arg(format!("-Djava.io.tmpdir={}", folder.display()))
        .args(["-Dquarkus.http.host=127.0.0.1", "-Dquarkus.log.level=WARN"])
        .arg(format!("-Dquarkus.http.port={port}"))
        .arg("-jar")
        .arg(app.join(format!("apicurio-registry-app-{}-runner.jar", testbed::APICURIO_VERSION)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file descriptor can be duplicated"))
        .stderr(log);
    process::spawn(command)
        .unwrap_or_else(|error| panic!("run java (scripts/bootstrap test installs it): {error}"))
}
