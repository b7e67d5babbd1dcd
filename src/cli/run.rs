//! `millstream run`: reads and checks the files, then runs the pipelines until a signal asks to stop.

use std::io::Write;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use crate::config::Report;
use crate::config::spec::Config;
use crate::kafka::librdkafka_version;
use crate::supervisor::{EndState, Signals, Supervisor};
use crate::{config, telemetry};

use super::{Exit, RunArgs};

/// Threads of the control plane; lanes have their own.
const CONTROL_THREADS: usize = 2;

/// Runs the daemon, and gives how the process ends.
pub fn run(args: &RunArgs) -> Exit {
    let loaded = match config::load(&args.files.request(false)) {
        Ok(loaded) => loaded,
        Err(report) => {
            print(&report);
            return Exit::Config;
        }
    };
    print(&loaded.warnings);
    telemetry::init(loaded.config.daemon.log_level, loaded.config.daemon.log_format);
    supervise(&loaded.config, args.exit_when_failed).unwrap_or_else(|error| {
        tracing::error!(%error, "the daemon cannot run");
        Exit::Internal
    })
}

fn supervise(config: &Config, exit_when_failed: bool) -> std::io::Result<Exit> {
    let mut signals = Signals::listen()?;
    let runtime = Builder::new_multi_thread().worker_threads(CONTROL_THREADS).enable_all().build()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        librdkafka = %librdkafka_version(),
        pipelines = config.pipelines.len(),
        "millstream starts"
    );
    let exit = runtime.block_on(until_drained(config, &mut signals, exit_when_failed));
    // Nothing of the control plane is worth waiting for now.
    runtime.shutdown_background();
    Ok(exit)
}

/// Runs all pipelines to their end. Those that end by themselves leave the others alone.
async fn until_drained(config: &Config, signals: &mut Signals, exit_when_failed: bool) -> Exit {
    let mut supervisor = Supervisor::start(config);
    let mut exit = Exit::Success;
    let mut is_draining = false;
    let mut drain_began = Instant::now();
    let mut all_ended = false;
    loop {
        tokio::select! {
            signal = signals.drain_asked(), if !is_draining => {
                tracing::info!(signal, "draining");
                supervisor.drain(config.daemon.shutdown_deadline);
                is_draining = true;
                drain_began = Instant::now();
            }
            () = overdue(drain_began, config.daemon.shutdown_deadline), if is_draining => {
                tracing::error!("a pipeline does not end: the deadline passed");
                return Exit::DeadlinePassed;
            }
            report = supervisor.next_end(), if !all_ended => match report {
                Some(report) if report.end == EndState::DeadlinePassed => exit = Exit::DeadlinePassed,
                Some(_) => {}
                None => all_ended = true,
            },
        }
        if all_ended && is_draining {
            return exit;
        }
        if all_ended && exit_when_failed {
            tracing::error!("no pipeline is left that can run");
            return Exit::Internal;
        }
    }
}

/// Waits until a drain is so late that a lane must hang in a program or a call: lanes keep the deadline themselves.
async fn overdue(began: Instant, deadline: Duration) {
    const GRACE: Duration = Duration::from_secs(5);
    tokio::time::sleep_until((began + deadline + GRACE).into()).await;
}

fn print(report: &Report) {
    // Where standard error is gone there is nobody to tell.
    let _ = std::io::stderr().write_all(report.to_string().as_bytes());
}
