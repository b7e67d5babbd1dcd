//! A real schema registry: Apicurio by its Confluent API, in memory, loopback only.
//!
//! [`shared`] is the registry that all tests of a run use: the one at `SCHEMA_REGISTRY_URL` if that is set, else one that
//! is started for this process and dies with it. A test that disturbs a registry puts a [`Proxy`] before it, or starts
//! one of its own with [`Registry::start_own`].

mod client;
mod proxy;

use std::path::Path;
use std::process::{Child, Command};
use std::sync::OnceLock;

pub use client::{Client, Reference, Refusal};
pub use proxy::{Credentials, Mode, Proxy};

use crate::unique::Folder;
use crate::{jvm, keep, ports, testbed};

/// What its log is called by.
const NAME: &str = "registry";

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
    server: jvm::Server,
    port: u16,
}

impl Registry {
    /// Starts an empty registry.
    pub fn start_own() -> Self {
        let app = testbed::apicurio();
        jvm::first_started("the schema registry", || Self::try_start(&app))
    }

    fn try_start(app: &Path) -> Option<Self> {
        let (folder, port) = (Folder::new(NAME), ports::free());
        let child = start(app, folder.path(), port);
        let mut registry = Self { server: jvm::Server::new(NAME, folder, child), port };
        if registry.answers() {
            return Some(registry);
        }
        registry.server.tell_end();
        None
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{BASE_PATH}", self.port)
    }

    /// Freezes the registry: its sockets stay open and nothing answers.
    pub fn freeze(&self) {
        self.server.freeze();
    }

    /// Lets a frozen registry go on.
    pub fn thaw(&self) {
        self.server.thaw();
    }

    /// Kills the registry. It keeps everything in memory: what was registered is gone.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts a killed registry again on its port, empty, and waits until it answers.
    pub fn restart(&mut self) {
        let child = start(&testbed::apicurio(), self.server.folder().path(), self.port);
        self.server.restarted(child);
        assert!(self.answers(), "the registry did not come back; its log says:\n{}", self.server.log_tail());
    }

    /// Waits until the registry answers; false when its process ended instead.
    fn answers(&mut self) -> bool {
        let url = self.url();
        self.server.answers(&url, self.port, || Client::new(&url).answers())
    }
}

/// What it says goes to `registry.log` in the folder, and its temporary files go there, too.
fn start(app: &Path, folder: &Path, port: u16) -> Child {
    let mut command = Command::new("java");
    command
        // Little memory and a quick start: what it does here is small.
        .args(["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .arg(format!("-Djava.io.tmpdir={}", folder.display()))
        .args(["-Dquarkus.http.host=127.0.0.1", "-Dquarkus.log.level=WARN"])
        .arg(format!("-Dquarkus.http.port={port}"))
        .arg("-jar")
        .arg(app.join(format!("apicurio-registry-app-{}-runner.jar", testbed::APICURIO_VERSION)))
        .current_dir(folder);
    jvm::start(command, folder, NAME)
}
