//! `millstream demo`: the shipped pipelines at work on a stream of clicks, with nothing to install beside it.
//!
//! It runs what `run` runs: files by `config/`, pipelines by `supervisor/`. Only the brokers (`cluster`), the clicks
//! (`clicks`, `generator`), a reader of what comes out (`watch`, `letter`) and the picture (`scene`, `screen`, `plain`,
//! `display`) are the demo's own. At its end every click must be accounted for (`account`).

mod account;
mod clicks;
mod cluster;
mod display;
mod generator;
mod letter;
mod notices;
mod plain;
mod play;
mod scene;
mod screen;
mod shipped;
mod table;
mod watch;

use std::io::Write;

use tokio::runtime::Builder;

use crate::config::Report;
use crate::config::spec::{Config, LogFormat, LogLevel};
use crate::kafka::KafkaError;
use crate::supervisor::Signals;
use crate::telemetry;

use super::{DemoArgs, Exit};
use cluster::Brokers;
use display::Display;
use notices::Notices;
use play::Play;

/// Threads of the control plane; lanes have their own.
const CONTROL_THREADS: usize = 2;

/// Why there is no demo to see.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("the cluster in this process cannot be started: {0}")]
    Cluster(KafkaError),
    #[error("{bootstrap} does not answer: {error}")]
    Unreachable { bootstrap: String, error: KafkaError },
    #[error("the topics cannot be created: {0}")]
    Topics(KafkaError),
    #[error("the pipelines do not load:\n{0}")]
    Config(Report),
    #[error("the system refuses a thread or a handler: {0}")]
    System(#[from] std::io::Error),
}

impl DemoError {
    fn exit(&self) -> Exit {
        match self {
            // Of the user's brokers: what was given does not work.
            DemoError::Unreachable { .. } | DemoError::Topics(_) | DemoError::Config(_) => Exit::Config,
            DemoError::Cluster(_) | DemoError::System(_) => Exit::Internal,
        }
    }
}

/// Shows the demo, and gives how the process ends.
pub fn run(args: &DemoArgs) -> Exit {
    let display = Display::of_process();
    let notices = Notices::default();
    if display.is_terminal() {
        let held = notices.clone();
        telemetry::init_to(LogLevel::Warn, move || held.clone());
    } else {
        telemetry::init(LogLevel::Warn, LogFormat::Text);
    }
    let result = demo(args, display, &notices);
    let mut lines = notices.take();
    let exit = result.unwrap_or_else(|error| {
        lines.push(format!("no demo: {error}"));
        error.exit()
    });
    // Where standard error is gone there is nobody to tell.
    let _ = lines.iter().try_for_each(|line| writeln!(std::io::stderr(), "{line}"));
    exit
}

fn demo(args: &DemoArgs, mut display: Display, notices: &Notices) -> Result<Exit, DemoError> {
    let signals = Signals::listen()?;
    let brokers = Brokers::choose(args.broker.as_deref())?;
    let mut config = shipped::load_for(&brokers.bootstrap(), brokers.prefix()).map_err(DemoError::Config)?;
    brokers.tune(&mut config);
    if args.broker.is_some() || !display.is_terminal() {
        display.say(&[format!("The demo plays on {}.", brokers.describe()), String::new()]);
    }
    brokers.reach(&config)?;
    let played = brokers
        .create_topics(&config)
        .and_then(|()| play(args, &mut display, notices, &brokers, &config, signals));
    if let Err(error) = brokers.clean(&config) {
        display.say(&[format!(
            "What is named {}* could not be deleted ({error}); please delete it.",
            brokers.prefix()
        )]);
    }
    played
}

fn play(
    args: &DemoArgs,
    display: &mut Display,
    notices: &Notices,
    brokers: &Brokers,
    config: &Config,
    signals: Signals,
) -> Result<Exit, DemoError> {
    let runtime = Builder::new_multi_thread().worker_threads(CONTROL_THREADS).enable_all().build()?;
    let exit = runtime.block_on(async {
        let mut play = Play::start(config, brokers, display, notices, signals)?;
        play.run(args.duration).await
    });
    // Nothing of the control plane is worth waiting for now.
    runtime.shutdown_background();
    exit
}
