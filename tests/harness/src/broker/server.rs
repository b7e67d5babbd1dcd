//! Kafka's own files and processes: properties, formatted storage, the JVM.

use std::path::Path;
use std::process::{Child, Command};

use crate::jvm;

/// A fixed cluster id: every cluster here is alone in its world.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// Which part of a cluster a broker plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Broker and controller in one.
    Only,
    /// A broker of another's controller.
    Peer,
}

/// Who may enter by the listener that asks for a password (SASL PLAIN).
pub(super) const USER: &str = "millstream";
/// With which password.
pub(super) const PASSWORD: &str = "right-word";
/// Who may enter with the same password, and may do nothing until [`allow`] says so.
pub(super) const GUEST: &str = "guest";

/// The properties of a broker that is its own controller, with one listener more that asks for a password.
pub(super) fn properties(folder: &Path, port: u16, password_port: u16, controller_port: u16) -> String {
    let listeners = format!(
        "PLAINTEXT://127.0.0.1:{port},PASSWORD://127.0.0.1:{password_port},CONTROLLER://127.0.0.1:{controller_port}"
    );
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         listeners={listeners}\n\
         advertised.listeners={listeners}\n\
         listener.name.password.sasl.enabled.mechanisms=PLAIN\n\
         listener.name.password.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
         required user_{USER}=\"{PASSWORD}\" user_{GUEST}=\"{PASSWORD}\";\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS;User:{USER}\n{}",
        common(folder, controller_port)
    )
}

/// The properties of a broker that belongs to the controller at that port.
pub(super) fn peer_properties(folder: &Path, port: u16, controller_port: u16) -> String {
    format!(
        "process.roles=broker\n\
         node.id=2\n\
         listeners=PLAINTEXT://127.0.0.1:{port}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n{}",
        common(folder, controller_port)
    )
}

fn common(folder: &Path, controller_port: u16) -> String {
    format!(
        "controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PASSWORD:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={}\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         transaction.state.log.num.partitions=4\n\
         group.initial.rebalance.delay.ms=0\n\
         auto.create.topics.enable=false\n\
         log.cleaner.backoff.ms=500\n",
        folder.join("data").display()
    )
}

/// Formats the storage that the properties in the folder name.
pub(super) fn format(jars: &Path, folder: &Path, role: Role) {
    let voters = match role {
        Role::Only => "--standalone",
        Role::Peer => "--no-initial-controllers",
    };
    let output = java(jars)
        .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, voters, "-c"])
        .arg(folder.join("server.properties"))
        .output()
        .unwrap_or_else(|error| panic!("run java (scripts/bootstrap test installs it): {error}"));
    assert!(output.status.success(), "format storage: {}", String::from_utf8_lossy(&output.stderr));
}

/// What the broker's log is called by.
pub(super) const NAME: &str = "broker";

/// Starts the broker of a folder; what it says goes to `broker.log` there.
pub(super) fn start(jars: &Path, folder: &Path) -> Child {
    let mut command = java(jars);
    command
        .args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "kafka.Kafka"])
        .arg(folder.join("server.properties"));
    jvm::start(command, folder, NAME)
}

/// Allows the guest everything with a topic (`--topic`) or a group (`--group`).
pub(super) fn allow(jars: &Path, bootstrap: &str, resource: &str, name: &str) {
    let output = java(jars)
        .args(["org.apache.kafka.tools.AclCommand", "--bootstrap-server", bootstrap, "--add"])
        .args(["--allow-principal", &format!("User:{GUEST}"), "--operation", "All", resource, name])
        .output()
        .unwrap_or_else(|error| panic!("run java (scripts/bootstrap test installs it): {error}"));
    assert!(output.status.success(), "allow {name}: {}", String::from_utf8_lossy(&output.stderr));
}

fn java(jars: &Path) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx1g", "-cp"]).arg(jars.join("*"));
    command
}
