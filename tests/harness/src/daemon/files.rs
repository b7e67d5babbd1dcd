//! A daemon's folder: its own file and its pipelines.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::Run;
use crate::unique::Folder;

/// The files of a daemon. As many processes as wanted can be started from them, one after another or at once.
#[derive(Debug)]
pub struct Files {
    folder: Arc<Folder>,
    binary: PathBuf,
    bootstrap: String,
    settings: Vec<String>,
    kafka: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Files {
    /// An empty set for the binary that the test names (`env!("CARGO_BIN_EXE_millstream")`), with the broker at
    /// `bootstrap`. A killed member leaves its group after 6 s, and new topics are seen after a second.
    pub fn new(binary: &str, bootstrap: &str) -> Self {
        let kafka = ["session.timeout.ms: 6000", "topic.metadata.refresh.interval.ms: 1000"];
        Self {
            folder: Arc::new(Folder::new("daemon")),
            binary: binary.into(),
            bootstrap: bootstrap.to_owned(),
            settings: Vec::new(),
            kafka: kafka.map(str::to_owned).to_vec(),
            environment: Vec::new(),
        }
    }

    /// Adds a pipeline file.
    pub fn pipeline(self, yaml: &str) -> Self {
        let name = pipeline_name(yaml);
        self.folder.write(&format!("pipelines.d/{name}.yaml"), yaml);
        self
    }

    /// Puts a pipeline's file in place of what is there, by a rename, as editors and deployments do.
    pub fn replace(&self, yaml: &str) {
        let file = self.path_of(pipeline_name(yaml));
        let fresh = file.with_extension("fresh");
        std::fs::write(&fresh, yaml).unwrap_or_else(|error| panic!("write {}: {error}", fresh.display()));
        std::fs::rename(&fresh, &file).unwrap_or_else(|error| panic!("rename {}: {error}", fresh.display()));
    }

    /// Takes a pipeline's file away.
    pub fn remove(&self, pipeline: &str) {
        let file = self.path_of(pipeline);
        std::fs::remove_file(&file).unwrap_or_else(|error| panic!("remove {}: {error}", file.display()));
    }

    /// Where a pipeline's file is.
    pub fn path_of(&self, pipeline: &str) -> PathBuf {
        self.folder.path().join(format!("pipelines.d/{pipeline}.yaml"))
    }

    /// Writes the daemon's own file, as it is now, for a daemon that runs already.
    pub fn write_settings(&self) {
        self.folder.write("millstream.yaml", &self.daemon_yaml());
    }

    /// Adds lines to the daemon's own file.
    pub fn setting(mut self, yaml: &str) -> Self {
        self.settings.push(yaml.to_owned());
        self
    }

    /// Adds a line to the daemon's `kafka:`.
    pub fn kafka(mut self, property: &str) -> Self {
        self.kafka.push(property.to_owned());
        self
    }

    /// Takes a property out of the daemon's `kafka:` that [`Files::new`] puts there.
    pub fn without_kafka(mut self, name: &str) -> Self {
        let prefix = format!("{name}:");
        self.kafka.retain(|property| !property.starts_with(&prefix));
        self
    }

    /// Sets an environment variable for the daemon.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder that holds them.
    pub fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Starts `millstream run` on them.
    pub fn start(&self) -> Run {
        self.start_with(&[])
    }

    /// [`Files::start`] with more arguments.
    pub fn start_with(&self, arguments: &[&str]) -> Run {
        let mut command = self.command("run");
        command.args(arguments);
        Run::start(command, Arc::clone(&self.folder))
    }

    /// A subcommand of the binary on these files, for tests of what it prints.
    pub fn command(&self, subcommand: &str) -> Command {
        let config = self.folder.write("millstream.yaml", &self.daemon_yaml());
        let mut command = Command::new(&self.binary);
        command.arg(subcommand).arg("--config").arg(config);
        self.surround(&mut command);
        command
    }

    /// The command line that talks to a daemon of these files, by the control socket in their folder.
    pub fn client(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments);
        self.surround(&mut command);
        command
    }

    /// The control socket of a daemon of these files.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("control.sock")
    }

    /// A folder and an environment of its own: daemons that run side by side have each a control socket.
    fn surround(&self, command: &mut Command) {
        command.current_dir(self.folder.path()).env("RUNTIME_DIRECTORY", self.folder.path());
        for (name, value) in &self.environment {
            command.env(name, value);
        }
    }

    fn daemon_yaml(&self) -> String {
        let mut lines = vec!["kafka:".to_owned(), format!("  bootstrap.servers: {}", self.bootstrap)];
        lines.extend(self.kafka.iter().map(|property| format!("  {property}")));
        lines.push("pipelines: pipelines.d".to_owned());
        lines.push(format!("state: {}", self.folder.path().join("state").display()));
        lines.push("log: {level: info, format: json}".to_owned());
        if !self.settings.iter().any(|setting| setting.starts_with("admin:")) {
            // Daemons of tests run side by side.
            lines.push("admin: {listen: null}".to_owned());
        }
        lines.extend(self.settings.iter().cloned());
        lines.join("\n") + "\n"
    }
}

fn pipeline_name(yaml: &str) -> &str {
    let name = yaml.lines().find_map(|line| line.trim().strip_prefix("name:"));
    name.unwrap_or_else(|| panic!("a pipeline without a name:\n{yaml}")).trim()
}
