//! Real Apache Kafka: one node, KRaft, loopback only.
//!
//! [`shared`] is the broker that all tests of a run use: the one at `KAFKA_BOOTSTRAP` if that is set, else one
//! that is started for this process and dies with it. A test that disturbs a broker starts one of its own
//! with [`Broker::start_own`].

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use crate::client::Client;
use crate::unique::Folder;
use crate::{ports, process, testbed, wait};

/// How often a start is tried again with other ports, should another process be quicker to bind one.
const STARTS_MAX: u32 = 5;

/// How long a JVM on a busy machine may take until the broker answers.
const START_PATIENCE: Duration = Duration::from_secs(90);

/// The address of the broker that all tests of this run share.
pub fn shared() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| match std::env::var("KAFKA_BOOTSTRAP") {
        Ok(address) if !address.is_empty() => address,
        _ => start_for_this_process(),
    })
}

/// The broker of this process: killed by the kernel with it, its folder removed when the process exits.
static OF_THIS_PROCESS: Mutex<Option<Broker>> = Mutex::new(None);

fn start_for_this_process() -> String {
    let broker = Broker::start_own();
    let address = broker.bootstrap().to_owned();
    *OF_THIS_PROCESS.lock().expect("set once, read at exit") = Some(broker);
    // SAFETY: the handler is a plain function that lives as long as the program. Where it cannot be
    // registered, only a temporary folder stays behind.
    unsafe { libc::atexit(remove_at_exit) };
    address
}

extern "C" fn remove_at_exit() {
    if let Ok(mut broker) = OF_THIS_PROCESS.lock() {
        broker.take();
    }
}

/// A broker that belongs to whoever started it; stopped and removed on drop.
#[derive(Debug)]
pub struct Broker {
    folder: Folder,
    port: u16,
    bootstrap: String,
    child: Child,
}

impl Broker {
    /// Formats a new folder and starts a broker on it.
    pub fn start_own() -> Self {
        Self::start_with(&[])
    }

    /// [`Broker::start_own`] with broker properties of its own, over the usual ones.
    pub fn start_with(properties: &[(&str, &str)]) -> Self {
        let jars = testbed::kafka_jars();
        for _ in 0..STARTS_MAX {
            if let Some(broker) = Self::try_start(&jars, properties) {
                return broker;
            }
        }
        panic!("Apache Kafka did not start in {STARTS_MAX} tries");
    }

    fn try_start(jars: &Path, properties: &[(&str, &str)]) -> Option<Self> {
        let folder = Folder::new("broker");
        let port = ports::free();
        folder.write("server.properties", &server_properties(folder.path(), port, ports::free(), properties));
        format_storage(jars, folder.path());
        let child = start_java(jars, folder.path());
        let mut broker = Self { folder, port, bootstrap: format!("127.0.0.1:{port}"), child };
        if broker.answers() {
            return Some(broker);
        }
        eprintln!("the broker ended; its log says:\n{}", broker.log_tail());
        None
    }

    /// Waits until the broker answers; false when its process ended instead.
    fn answers(&mut self) -> bool {
        let what = format!("the broker at {} to answer", self.bootstrap);
        wait::until_within(START_PATIENCE, &what, || {
            if self.child.try_wait().expect("a child can be waited for").is_some() {
                return Some(false);
            }
            let open = std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            (open && Client::new(&self.bootstrap).broker_count() > 0).then_some(true)
        })
    }

    /// `host:port`, for `bootstrap.servers`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Freezes the broker: its sockets stay open and nothing answers.
    pub fn freeze(&self) {
        process::signal(&self.child, process::SIGSTOP);
    }

    /// Lets a frozen broker go on.
    pub fn thaw(&self) {
        process::signal(&self.child, process::SIGCONT);
    }

    /// Kills the broker as a power cut would: its data stays.
    pub fn kill(&mut self) {
        process::kill(&mut self.child);
    }

    /// Starts a killed broker again on its data and its port, and waits until it answers.
    pub fn restart(&mut self) {
        self.child = start_java(&testbed::kafka_jars(), self.folder.path());
        assert!(self.answers(), "the broker did not come back; its log says:\n{}", self.log_tail());
    }

    fn log_tail(&self) -> String {
        let log = fs::read(self.folder.path().join("broker.log")).unwrap_or_default();
        let tail = &log[log.len().saturating_sub(4_000)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        process::kill(&mut self.child);
    }
}

fn server_properties(folder: &Path, port: u16, controller_port: u16, more: &[(&str, &str)]) -> String {
    let usual = format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={}\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         transaction.state.log.num.partitions=4\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         auto.create.topics.enable=false\n\
         log.retention.check.interval.ms=1000\n\
         log.cleaner.backoff.ms=500\n",
        folder.join("data").display()
    );
    // Of two lines with the same key, java.util.Properties takes the later one.
    more.iter().fold(usual, |text, (key, value)| format!("{text}{key}={value}\n"))
}

fn format_storage(jars: &Path, folder: &Path) {
    // A fixed cluster id: every broker here is a cluster of its own.
    let output = java(jars)
        .args(["kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "--standalone", "-c"])
        .arg(folder.join("server.properties"))
        .output()
        .unwrap_or_else(|error| panic!("run java (scripts/bootstrap test installs it): {error}"));
    assert!(output.status.success(), "format storage: {}", String::from_utf8_lossy(&output.stderr));
}

fn start_java(jars: &Path, folder: &Path) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("broker.log"));
    let log = log.expect("the broker's folder can be written");
    let mut command = java(jars);
    command
        .args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "kafka.Kafka"])
        .arg(folder.join("server.properties"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file descriptor can be duplicated"))
        .stderr(log);
    process::spawn(command)
        .unwrap_or_else(|error| panic!("run java (scripts/bootstrap test installs it): {error}"))
}

fn java(jars: &Path) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx1g", "-cp"]).arg(jars.join("*"));
    command
}
