//! `millstream run`: reads and checks the files, then runs the pipelines until a signal asks to stop.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::Builder;

use crate::admin::socket::ControlSocket;
use crate::admin::{Listeners, Server};
use crate::config::spec::{AdminListen, Config};
use crate::config::{LoadRequest, Report};
use crate::kafka::librdkafka_version;
use crate::supervisor::{EndState, Signal, Signals, Supervisor};
use crate::{admin, config, systemd, telemetry};

use super::{Exit, RunArgs};

/// Threads of the control plane; lanes have their own.
const CONTROL_THREADS: usize = 2;

/// Runs the daemon, and gives how the process ends.
pub fn run(args: &RunArgs) -> Exit {
    // First of all: what comes while the files are read waits its turn, and a SIGHUP ends nothing.
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => {
            // Where standard error is gone there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "the system gives no signals: {error}");
            return Exit::Internal;
        }
    };
    let request = args.files.request(false);
    let loaded = match config::load(&request) {
        Ok(loaded) => loaded,
        Err(report) => {
            print(&report);
            return Exit::Config;
        }
    };
    print(&loaded.warnings);
    telemetry::init(loaded.config.daemon.log_level, loaded.config.daemon.log_format);
    let listeners = match listen(&loaded.config, args.socket.socket.as_deref()) {
        Ok(listeners) => listeners,
        Err(reason) => {
            tracing::error!("{reason}");
            return Exit::Config;
        }
    };
    supervise(&loaded.config, request, listeners, signals, args.exit_when_failed).unwrap_or_else(|error| {
        tracing::error!(%error, "the daemon cannot run");
        Exit::Internal
    })
}

/// Binds what the admin server listens at, before anything runs. A daemon without a control socket runs, since
/// pipelines matter more; one that cannot listen where its file says does not.
fn listen(config: &Config, path: Option<&Path>) -> Result<Listeners, String> {
    let tcp = config.daemon.admin_listen.map(listen_tcp).transpose()?.flatten();
    let path = admin::socket::path(path);
    let socket = ControlSocket::listen(&path)
        .inspect_err(|reason| tracing::warn!(%reason, "runs without a control socket"))
        .ok();
    tracing::debug!(
        socket = socket.as_ref().map(|socket| socket.path().display().to_string()),
        address = config.daemon.admin_listen.map(|listen| listen.address.to_string()),
        "the admin server listens"
    );
    Ok(Listeners { tcp, socket })
}

/// Binds the admin server's address. One that no file names is nothing that a second daemon of a host should fail for.
fn listen_tcp(listen: AdminListen) -> Result<Option<std::net::TcpListener>, String> {
    match admin::listen_tcp(listen.address) {
        Ok(listener) => Ok(Some(listener)),
        Err(reason) if listen.is_default => {
            tracing::warn!(%reason, "runs without an admin address; name another with `admin.listen`");
            Ok(None)
        }
        Err(reason) => Err(reason),
    }
}

fn supervise(
    config: &Config,
    request: LoadRequest,
    listeners: Listeners,
    mut signals: Signals,
    exit_when_failed: bool,
) -> std::io::Result<Exit> {
    let runtime = Builder::new_multi_thread().worker_threads(CONTROL_THREADS).enable_all().build()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        librdkafka = %librdkafka_version(),
        pipelines = config.pipelines.len(),
        "millstream starts"
    );
    let exit = runtime.block_on(async {
        let mut supervisor = Supervisor::start_from(config, Some(request));
        // Answers until the end of the drain.
        let _server = Server::start(supervisor.control(), listeners)?;
        Ok(until_drained(&mut supervisor, &mut signals, exit_when_failed).await)
    });
    // Nothing of the control plane is worth waiting for now.
    runtime.shutdown_background();
    exit
}

/// Runs all pipelines until the daemon is told to end. Those that end by themselves leave the others alone.
async fn until_drained(supervisor: &mut Supervisor, signals: &mut Signals, exit_when_failed: bool) -> Exit {
    let telling = systemd::tell(&systemd::Environment::read(), supervisor);
    let exit = until_told(supervisor, signals, exit_when_failed).await;
    telling.last_words().await;
    exit
}

async fn until_told(supervisor: &mut Supervisor, signals: &mut Signals, exit_when_failed: bool) -> Exit {
    let control = supervisor.control().clone();
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Drain(signal) => {
                    tracing::info!(signal, "draining");
                    return drain(supervisor).await;
                }
                Signal::Reload => {
                    let control = control.clone();
                    tokio::spawn(async move { control.reload("SIGHUP").await });
                }
            },
            // One that a reload removed: its end is in the log.
            Some(_) = supervisor.next_end() => {}
            () = control.all_failed(), if exit_when_failed => {
                tracing::error!("no pipeline is left that can run");
                return Exit::Internal;
            }
        }
    }
}

/// Drains all pipelines; gives how the process ends. A second signal ends it at once, by its handler.
async fn drain(supervisor: &mut Supervisor) -> Exit {
    /// How late a drain may be before a lane must hang in a program or a call: lanes keep the deadline themselves.
    const GRACE: Duration = Duration::from_secs(5);
    let deadline = supervisor.control().shutdown_deadline();
    supervisor.drain(deadline);
    let overdue = tokio::time::sleep(deadline + GRACE);
    tokio::pin!(overdue);
    let mut exit = Exit::Success;
    loop {
        tokio::select! {
            () = &mut overdue => {
                tracing::error!("a pipeline does not end: the deadline passed");
                return Exit::DeadlinePassed;
            }
            report = supervisor.next_end() => match report {
                Some(report) if report.end == EndState::DeadlinePassed => exit = Exit::DeadlinePassed,
                Some(_) => {}
                None => return exit,
            },
        }
    }
}

fn print(report: &Report) {
    // Where standard error is gone there is nobody to tell.
    let _ = std::io::stderr().write_all(report.to_string().as_bytes());
}
