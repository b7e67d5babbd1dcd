//! The daemon's own settings.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::RegistrySpec;

/// The daemon's own file, validated, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonSpec {
    /// Static membership and stable transactional ids, where set.
    pub instance_id: Option<String>,
    /// State folder.
    pub state: PathBuf,
    /// The schema registry, where there is one.
    pub registry: Option<RegistrySpec>,
    /// Address of the admin server; `None`: off.
    pub admin_listen: Option<AdminListen>,
    /// Who may do what at the admin server.
    pub admin_access: AdminAccess,
    /// The most memory for records in the process, in bytes.
    pub memory_max_bytes: u64,
    /// The time a drain may take.
    pub shutdown_deadline: Duration,
    /// Log level: error, warn, info, debug, trace.
    pub log_level: LogLevel,
    /// Log format.
    pub log_format: LogFormat,
}

/// Who may do what at the admin server's TCP address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminAccess {
    /// What a changing call must bring along; `None`: TCP serves reads only.
    pub token: Option<Secret>,
    /// Names that `Host` may say, besides addresses and `localhost`; in lower case.
    pub hosts: Vec<String>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for comparing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the admin server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminListen {
    /// The address.
    pub address: std::net::SocketAddr,
    /// The file does not name it: where another daemon has it already, this one runs without.
    pub is_default: bool,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Only errors.
    Error,
    /// And warnings.
    Warn,
    /// And one line per event that matters.
    Info,
    /// And what a developer wants.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// All of them, from the least said to the most.
    pub fn all() -> [LogLevel; 5] {
        [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace]
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// journald under systemd, text on a terminal, else JSON.
    Auto,
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}
