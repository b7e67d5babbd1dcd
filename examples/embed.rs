//! Millstream inside a program of one's own: loads files, runs the pipelines, prints what they do, and drains.
//!
//! ```sh
//! cargo run --example embed -- localhost:9092 examples/minimal.yaml
//! ```

use std::process::ExitCode;
use std::time::Duration;

use millstream::config::{LoadRequest, load};
use millstream::supervisor::{EndState, Supervisor};

/// How long the pipelines run.
const RUNS_FOR: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(bootstrap), Some(path)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: embed HOST:PORT PATH");
        return ExitCode::from(64);
    };

    // What `millstream check` would say is what a wrong file gives here: all of it, with its places.
    let request =
        LoadRequest { bootstrap: Some(bootstrap), paths: vec![path.into()], ..LoadRequest::default() };
    let loaded = match load(&request) {
        Ok(loaded) => loaded,
        Err(report) => {
            eprint!("{report}");
            return ExitCode::from(78);
        }
    };

    let mut supervisor = Supervisor::start(&loaded.config);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let over = tokio::time::sleep(RUNS_FOR);
    tokio::pin!(over);
    let mut is_draining = false;
    let mut has_failed = false;
    loop {
        tokio::select! {
            _ = second.tick() => print(&supervisor),
            // What is in flight is finished and committed; then each pipeline reports its end below.
            () = &mut over, if !is_draining => {
                supervisor.drain(loaded.config.daemon.shutdown_deadline);
                is_draining = true;
            }
            report = supervisor.next_end() => match report {
                Some(report) => {
                    has_failed |= report.end != EndState::Drained;
                    println!("{}: {}, {} consumed", report.name, report.end.as_str(), report.account.consumed());
                }
                None => return if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS },
            },
        }
    }
}

fn print(supervisor: &Supervisor) {
    for status in supervisor.statuses() {
        let view = status.view();
        let ended = view.account.ended;
        println!(
            "{}: {:?}; {} consumed, {} produced, {} filtered, {} dead-lettered, {} in flight",
            view.name,
            view.state,
            view.account.consumed(),
            ended.produced,
            ended.filtered,
            ended.dead_lettered,
            view.account.in_flight,
        );
    }
}
