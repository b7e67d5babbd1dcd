//! Real Apache Kafka: one node, KRaft, loopback only.
//!
//! [`shared`] is the broker that all tests of a run use: the one at `KAFKA_BOOTSTRAP` if that is set, else one
//! that is started for this process and dies with it. A test that disturbs a broker starts one of its own
//! with [`Broker::start_own`].

mod server;

use std::path::Path;
use std::sync::OnceLock;

use server::Role;

use crate::client::Client;
use crate::unique::Folder;
use crate::{jvm, keep, ports, process, testbed, wait};

/// The address of the broker that all tests of this run share.
pub fn shared() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| match std::env::var("KAFKA_BOOTSTRAP") {
        Ok(address) if !address.is_empty() => address,
        _ => keep_for_this_process(Broker::start_own()),
    })
}

/// A broker, one for this process, that can be made to refuse what is written to chosen topics: see
/// [`Client::create_refusable_topic`].
pub fn refusing() -> &'static str {
    &own().0
}

/// The same broker, by the listener that asks for a password: its address, the user, and the password.
pub fn with_password() -> (&'static str, &'static str, &'static str) {
    (&own().1, server::USER, server::PASSWORD)
}

/// The same, with a user who may do nothing until [`allow_guest`] says so.
pub fn with_guest() -> (&'static str, &'static str, &'static str) {
    (&own().1, server::GUEST, server::PASSWORD)
}

/// Allows that user everything with a topic (`--topic`) or a group (`--group`).
pub fn allow_guest(resource: &str, name: &str) {
    server::allow(&testbed::kafka_jars(), refusing(), resource, name);
}

/// The broker of this process, by both listeners.
fn own() -> &'static (String, String) {
    static ADDRESSES: OnceLock<(String, String)> = OnceLock::new();
    ADDRESSES.get_or_init(|| {
        let broker = Broker::start_with_absent_peer();
        let with_password = format!("127.0.0.1:{}", broker.password_port);
        (keep_for_this_process(broker), with_password)
    })
}

fn keep_for_this_process(broker: Broker) -> String {
    let address = broker.bootstrap().to_owned();
    keep::for_this_process(broker);
    address
}

/// A broker that belongs to whoever started it; stopped and removed on drop.
#[derive(Debug)]
pub struct Broker {
    server: jvm::Server,
    port: u16,
    password_port: u16,
    controller_port: u16,
    bootstrap: String,
}

impl Broker {
    /// Formats a new folder and starts a broker on it.
    pub fn start_own() -> Self {
        let jars = testbed::kafka_jars();
        jvm::first_started("Apache Kafka", || Self::try_start(&jars))
    }

    /// A broker whose cluster knows a second one that is gone for good. A topic with a replica there has one
    /// replica in sync, ever: its `min.insync.replicas` decides whether it can be written.
    pub fn start_with_absent_peer() -> Self {
        let broker = Self::start_own();
        let folder = broker.server.folder();
        let peer = folder.path().join("peer");
        let properties = server::peer_properties(&peer, ports::free(), broker.controller_port);
        folder.write("peer/server.properties", &properties);
        let jars = testbed::kafka_jars();
        server::format(&jars, &peer, Role::Peer);
        let mut child = server::start(&jars, &peer);
        let client = Client::new(&broker.bootstrap);
        wait::until_within(jvm::START_PATIENCE, "the second broker to be known", || {
            (client.broker_count() == 2).then_some(())
        });
        // A broker that takes its leave is out of the cluster at once; one that is killed, after a while.
        process::signal(&child, process::SIGTERM);
        wait::until_within(jvm::START_PATIENCE, "the second broker to be gone", || {
            let ended = child.try_wait().expect("a child can be waited for").is_some();
            (ended && client.broker_count() == 1).then_some(())
        });
        broker
    }

    fn try_start(jars: &Path) -> Option<Self> {
        let folder = Folder::new("broker");
        let (port, password_port, controller_port) = (ports::free(), ports::free(), ports::free());
        let properties = server::properties(folder.path(), port, password_port, controller_port);
        folder.write("server.properties", &properties);
        server::format(jars, folder.path(), Role::Only);
        let child = server::start(jars, folder.path());
        let bootstrap = format!("127.0.0.1:{port}");
        let server = jvm::Server::new(server::NAME, folder, child);
        let mut broker = Self { server, port, password_port, controller_port, bootstrap };
        if broker.answers() {
            return Some(broker);
        }
        broker.server.tell_end();
        None
    }

    /// Waits until the broker answers; false when its process ended instead.
    fn answers(&mut self) -> bool {
        let bootstrap = &self.bootstrap;
        self.server.answers(bootstrap, self.port, || Client::new(bootstrap).broker_count() > 0)
    }

    /// `host:port`, for `bootstrap.servers`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Freezes the broker: its sockets stay open and nothing answers.
    pub fn freeze(&self) {
        self.server.freeze();
    }

    /// Lets a frozen broker go on.
    pub fn thaw(&self) {
        self.server.thaw();
    }

    /// Kills the broker as a power cut would: its data stays.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts a killed broker again on its data and its port, and waits until it answers.
    pub fn restart(&mut self) {
        let child = server::start(&testbed::kafka_jars(), self.server.folder().path());
        self.server.restarted(child);
        assert!(self.answers(), "the broker did not come back; its log says:\n{}", self.server.log_tail());
    }
}
