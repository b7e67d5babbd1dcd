//! Python with Confluent's client: what reads and writes Avro without a line of ours.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::maven::run;
use super::part;

/// Confluent's client for Python; its Avro is fastavro's.
const CLIENT_VERSION: &str = "2.16.1";

/// The interpreter that has the client; made when it is not there. An error says why it cannot be had.
pub fn python() -> Result<PathBuf, String> {
    static INTERPRETER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INTERPRETER.get_or_init(make).clone()
}

fn make() -> Result<PathBuf, String> {
    // An environment belongs to the interpreter that it was made with: another one makes its own.
    let asked = ["-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"];
    let version =
        Command::new("python3").args(asked).output().map_err(|error| format!("no Python: {error}"))?;
    if !version.status.success() {
        return Err(format!("no Python: {}", String::from_utf8_lossy(&version.stderr).trim()));
    }
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let folder = part(&format!("python-{version}-confluent-kafka-{CLIENT_VERSION}"), fetch)?;
    let interpreter = folder.join("bin/python3");
    if interpreter.exists() { Ok(interpreter) } else { Err(format!("no {}", interpreter.display())) }
}

fn fetch(folder: &Path) -> Result<(), String> {
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(folder);
    run(venv, "python3 -m venv")?;
    // By the interpreter, not by the script `pip`: scripts name the folder that they were made in.
    let mut pip = Command::new(folder.join("bin/python3"));
    pip.args(["-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check"])
        .arg(format!("confluent-kafka[avro,schemaregistry]=={CLIENT_VERSION}"));
    run(pip, "pip")
}
