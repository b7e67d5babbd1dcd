//! The command line: one file per subcommand, and the exit codes of all of them.

pub mod check;
mod client;
pub mod command;
pub mod demo;
mod live;
pub mod reload;
pub mod run;
pub mod schema;
mod screen;
pub mod status;
pub mod top;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::LoadRequest;
use crate::config::units;

/// How a process of Millstream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Success,
    /// The command line is wrong (`EX_USAGE`).
    Usage,
    /// The daemon says no: there is no such pipeline, or it is in a state that does not allow it.
    Refused,
    /// No daemon answers (`EX_UNAVAILABLE`).
    Unavailable,
    /// A bug of Millstream (`EX_SOFTWARE`).
    Internal,
    /// The shutdown deadline passed (`EX_TEMPFAIL`).
    DeadlinePassed,
    /// The configuration is wrong (`EX_CONFIG`).
    Config,
    /// A second signal ended it at once.
    Signal(u8),
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Refused => 1,
            Exit::Usage => 64,
            Exit::Unavailable => 69,
            Exit::Internal => 70,
            Exit::DeadlinePassed => 75,
            Exit::Config => 78,
            Exit::Signal(number) => 128u8.saturating_add(number),
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> std::process::ExitCode {
        std::process::ExitCode::from(exit.code())
    }
}

/// Runs Kafka pipelines written in YAML.
#[derive(Debug, Parser)]
#[command(name = "millstream", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the pipelines until a signal asks to stop.
    Run(RunArgs),
    /// Check the configuration, and say everything that is wrong with it.
    Check(CheckArgs),
    /// Show what runs, how far behind it is, and why something stopped.
    Status(StatusArgs),
    /// Show rates and lag of all pipelines as they change.
    Top(SocketArgs),
    /// Take changed files in, and say what was done.
    Reload(SocketArgs),
    /// Let a pipeline finish what is in flight and leave its group, until `resume`.
    Pause(PipelineArgs),
    /// Let a pipeline run again: after a pause, a stop or a failure.
    Resume(PipelineArgs),
    /// Drain a pipeline and start it anew.
    Restart(PipelineArgs),
    /// Log more or less from now on, until the next reload.
    LogLevel(LogLevelArgs),
    /// Show a pipeline at work, with a broker of its own.
    Demo(DemoArgs),
    /// Print the JSON Schema of a configuration file.
    #[command(hide = true)]
    Schema(SchemaArgs),
}

/// The files that `run` and `check` take.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// The daemon's own file; default: /etc/millstream/millstream.yaml where no PATH is given.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The schema registry, over `schema_registry` of the daemon's file.
    #[arg(long, value_name = "URL")]
    pub schema_registry: Option<String>,
    /// The brokers, over `bootstrap.servers` of the files.
    #[arg(long, value_name = "HOST:PORT")]
    pub bootstrap: Option<String>,
    /// A pipeline file or a folder of them, in place of the daemon's `pipelines`.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

impl ConfigArgs {
    /// What to load for these arguments.
    pub fn request(&self, allow_unset: bool) -> LoadRequest {
        LoadRequest {
            config: self.config.clone(),
            bootstrap: self.bootstrap.clone(),
            schema_registry: self.schema_registry.clone(),
            paths: self.paths.clone(),
            texts: Vec::new(),
            allow_unset,
        }
    }
}

/// Where the daemon's control socket is.
#[derive(Args, Clone, Debug)]
pub struct SocketArgs {
    /// The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in
    /// $XDG_RUNTIME_DIR/millstream.
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
}

/// The arguments of `status`.
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Where the daemon is.
    #[command(flatten)]
    pub socket: SocketArgs,
    /// One pipeline, with all that is known of it.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Print what the API says.
    #[arg(long)]
    pub json: bool,
    /// Stay, and show it anew every two seconds.
    #[arg(long)]
    pub watch: bool,
}

/// The arguments of `pause`, `resume` and `restart`.
#[derive(Args, Clone, Debug)]
pub struct PipelineArgs {
    /// Where the daemon is.
    #[command(flatten)]
    pub socket: SocketArgs,
    /// The pipeline.
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// The arguments of `log-level`.
#[derive(Args, Clone, Debug)]
pub struct LogLevelArgs {
    /// Where the daemon is.
    #[command(flatten)]
    pub socket: SocketArgs,
    /// How much.
    #[arg(value_name = "LEVEL", value_parser = ["error", "warn", "info", "debug", "trace"])]
    pub level: String,
}

/// The arguments of `run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// What to run.
    #[command(flatten)]
    pub files: ConfigArgs,
    /// Where to be steered from.
    #[command(flatten)]
    pub socket: SocketArgs,
    /// End when all pipelines have failed, in place of staying up (for containers).
    #[arg(long)]
    pub exit_when_failed: bool,
}

/// The arguments of `check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// What to check.
    #[command(flatten)]
    pub files: ConfigArgs,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Take unset variables as unknown, with a warning (for editors and CI).
    #[arg(long)]
    pub allow_unset: bool,
    /// Ask the brokers too: are they reachable, do the topics exist, may they be read and written?
    #[arg(long, conflicts_with = "allow_unset")]
    pub online: bool,
    /// Ask the running daemon what a reload of its files would do, and do nothing.
    #[arg(long, conflicts_with_all = ["allow_unset", "online", "config", "bootstrap", "schema_registry", "paths"])]
    pub against_running: bool,
    /// Where the daemon is, for `--against-running`.
    #[command(flatten)]
    pub socket: SocketArgs,
}

/// How `check` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    Text,
    /// One array of findings.
    Json,
}

/// The arguments of `demo`.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Stop after this long, such as `30s`; default: on a signal.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// A broker to use, in place of one made for the demo.
    #[arg(long, value_name = "HOST:PORT")]
    pub broker: Option<String>,
}

/// The arguments of `schema`.
#[derive(Args, Clone, Copy, Debug)]
pub struct SchemaArgs {
    /// Which file.
    #[arg(value_enum)]
    pub file: SchemaFile,
}

/// A file that has a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaFile {
    /// A pipeline's file.
    Pipeline,
    /// The daemon's own file.
    Daemon,
}

fn duration(text: &str) -> Result<Duration, String> {
    units::duration(text).ok_or_else(|| "a duration is such as `500ms`, `30s` or `1m`".to_owned())
}

/// Reads the command line; what is wrong with it, and help, is printed here.
///
/// # Errors
///
/// How to end at once: with success after help and version, else as a usage error.
pub fn parse() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        let usage = error.use_stderr();
        // A reader that is gone has no use for the message.
        let _ = error.print();
        if usage { Exit::Usage } else { Exit::Success }
    })
}

#[cfg(test)]
mod generated_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_takes_files_and_a_broker() {
        let cli = Cli::try_parse_from([
            "millstream",
            "run",
            "--bootstrap",
            "b:9092",
            "--exit-when-failed",
            "a.yaml",
        ]);
        let Ok(Cli { command: Command::Run(args) }) = cli else { panic!("{cli:?}") };
        let request = args.files.request(false);
        assert_eq!(request.bootstrap.as_deref(), Some("b:9092"));
        assert_eq!(request.paths, [PathBuf::from("a.yaml")]);
        assert!(args.exit_when_failed);
    }

    #[test]
    fn exit_codes_are_those_of_sysexits() {
        let all = [
            Exit::Success,
            Exit::Refused,
            Exit::Usage,
            Exit::Unavailable,
            Exit::Internal,
            Exit::DeadlinePassed,
            Exit::Config,
            Exit::Signal(15),
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 64, 69, 70, 75, 78, 143]);
    }
}
