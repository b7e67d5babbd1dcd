//! `millstream.service` in the container, and what tests ask of it.

use std::path::Path;
use std::process::Command;
use std::sync::MutexGuard;

use millstream_harness::broker;
use millstream_harness::scene::Scene;
use millstream_harness::systemd::{Machine, Said};
use millstream_harness::wait;
use serde_json::Value;

use crate::BINARY;

/// The unit.
pub(crate) const UNIT: &str = "millstream.service";

/// What makes tests quick: no five seconds between a crash and the next start.
const QUICK: &str = "[Service]\nRestartSec=100ms\n";

/// The service, held by one test.
pub(crate) struct Service {
    machine: MutexGuard<'static, Machine>,
}

impl Service {
    /// The service as it is installed, stopped and without a pipeline.
    pub(crate) fn take() -> Result<Self, String> {
        let service = Self { machine: Machine::shared()? };
        if !service.machine.path("/usr/bin/millstream").exists() {
            service.install();
        }
        service.reset();
        Ok(service)
    }

    fn install(&self) {
        let make = Command::new("make")
            .args(["install", "PREFIX=/usr", &format!("BINARY={BINARY}")])
            .arg(format!("DESTDIR={}", self.machine.path("").display()))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("make runs");
        assert!(make.status.success(), "make install: {}", String::from_utf8_lossy(&make.stderr));
        self.machine.must("systemd-sysusers", &["/usr/lib/sysusers.d/millstream.conf"]);
        let example = std::fs::read_to_string(self.machine.path("/etc/millstream/millstream.yaml"));
        assert!(example.expect("an example is installed").contains("# bootstrap.servers"));
    }

    fn reset(&self) {
        // Killed first: what a test before left running has nothing to finish.
        self.machine.run("systemctl", &["kill", "--signal=KILL", UNIT]);
        self.machine.run("systemctl", &["stop", UNIT]);
        self.machine.remove("/etc/systemd/system/millstream.service.d");
        self.machine.remove("/etc/millstream/pipelines.d");
        self.drop_in("quick", QUICK);
        self.machine.run("systemctl", &["reset-failed", UNIT]);
        self.daemon_file(&format!("bootstrap.servers: {}", broker::shared()));
    }

    /// The container.
    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Writes the daemon's file, with one more property of `kafka:`.
    pub(crate) fn daemon_file(&self, property: &str) {
        let text = format!(
            "kafka:\n  session.timeout.ms: 6000\n  {property}\npipelines: pipelines.d\nstate: /var/lib/millstream\n"
        );
        self.machine.write("/etc/millstream/millstream.yaml", &text);
    }

    /// Writes a pipeline's file.
    pub(crate) fn pipeline(&self, scene: &Scene, lines: &str) {
        let path = format!("/etc/millstream/pipelines.d/{}.yaml", scene.name);
        self.machine.write(&path, &scene.pipeline(lines));
    }

    /// Writes a drop-in of the unit.
    pub(crate) fn drop_in(&self, name: &str, text: &str) {
        self.machine.write(&format!("/etc/systemd/system/millstream.service.d/{name}.conf"), text);
        self.machine.must("systemctl", &["daemon-reload"]);
    }

    /// `systemctl VERB millstream`.
    pub(crate) fn systemctl(&self, verb: &str) -> Said {
        self.machine.run("systemctl", &[verb, UNIT])
    }

    /// [`Service::systemctl`], which must end well.
    pub(crate) fn must(&self, verb: &str) {
        let said = self.systemctl(verb);
        assert!(said.success, "systemctl {verb}: {}{}\n{}", said.out, said.err, self.journal_text());
    }

    /// Sends a signal to the daemon.
    pub(crate) fn signal(&self, name: &str) {
        self.machine.must("systemctl", &["kill", "--kill-who=main", &format!("--signal={name}"), UNIT]);
    }

    /// A property of the unit.
    pub(crate) fn property(&self, name: &str) -> String {
        self.machine.property(UNIT, name)
    }

    /// Waits until a property of the unit is as wanted; gives it.
    pub(crate) fn wait_property(&self, name: &str, wanted: impl Fn(&str) -> bool) -> String {
        wait::until(&format!("the wanted {name} of the unit"), || {
            let value = self.property(name);
            wanted(&value).then_some(value)
        })
    }

    /// Waits until it runs again after it was started anew so many times.
    pub(crate) fn wait_restarted(&self, times: u32) {
        self.wait_property("NRestarts", |count| count == times.to_string());
        self.wait_property("ActiveState", |state| state == "active");
    }

    /// The journal's entries of the daemon's own, since the boot.
    pub(crate) fn journal(&self) -> Vec<Value> {
        self.machine.run("journalctl", &["--sync"]);
        let out = self.machine.must("journalctl", &["-o", "json", "--all", "-u", UNIT]);
        out.lines().map(|line| serde_json::from_str(line).expect("an entry is JSON")).collect()
    }

    /// The journal, for the message of a test that fails.
    fn journal_text(&self) -> String {
        self.machine.run("journalctl", &["-n", "40", "-u", UNIT]).out
    }

    /// Whether a path is there in the container.
    pub(crate) fn has(&self, path: &str) -> bool {
        Path::exists(&self.machine.path(path))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the journal ended with:\n{}", self.journal_text());
        }
    }
}

/// Names and topics of one test, on the shared broker.
pub(crate) fn scene(stem: &str) -> Scene {
    Scene::new(BINARY, stem)
}
