//! One process of the daemon.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Ended, Line, Log};
use crate::process::{self, wait_for_exit};
use crate::unique::Folder;
use crate::wait::PATIENCE;

/// A running daemon; killed on drop, and its log shown should the test be failing.
#[derive(Debug)]
pub struct Run {
    child: Child,
    log: Log,
    _folder: Arc<Folder>,
}

impl Run {
    /// Starts a command; its standard error is the log. The folder with its files stays as long as it runs.
    pub fn start(mut command: Command, folder: Arc<Folder>) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = process::spawn(command).unwrap_or_else(|error| panic!("start the daemon: {error}"));
        let log = Log::collect(child.stderr.take().expect("standard error is piped"));
        Self { child, log, _folder: folder }
    }

    /// Its log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of the log, also among those that are there; panics with `what` when it does not come.
    pub fn wait_for_log(&self, what: &str, wanted: impl Fn(&Line) -> bool) -> Line {
        self.wait_for_log_from(0, what, wanted)
    }

    /// [`Run::wait_for_log`] for lines from a [`Log::mark`] on.
    pub fn wait_for_log_from(&self, mark: usize, what: &str, wanted: impl Fn(&Line) -> bool) -> Line {
        let found = self.log.find(mark, PATIENCE, wanted);
        found.unwrap_or_else(|| panic!("the daemon did not log {what}"))
    }

    /// Waits until a lane of the pipeline has its first assignment.
    pub fn wait_running(&self, pipeline: &str) -> Line {
        let what = format!("that {pipeline} is running");
        self.wait_for_log(&what, |line| line.is("pipeline running", pipeline))
    }

    /// Waits until the pipeline says that an outage holds it; gives the reason.
    pub fn wait_waiting(&self, pipeline: &str) -> String {
        let what = format!("that {pipeline} is waiting");
        self.wait_for_log(&what, |line| line.is("pipeline waiting", pipeline)).field("reason").to_owned()
    }

    /// Waits until the pipeline is held for a reason that names `what`; gives the reason.
    pub fn wait_waiting_for(&self, pipeline: &str, what: &str) -> String {
        let wanted =
            |line: &Line| line.is("pipeline waiting", pipeline) && line.field("reason").contains(what);
        self.wait_for_log(&format!("that {pipeline} is waiting for {what}"), wanted)
            .field("reason")
            .to_owned()
    }

    /// Waits until the pipeline has stopped itself; gives the reason.
    pub fn wait_stopped(&self, pipeline: &str) -> String {
        let what = format!("that {pipeline} has stopped");
        self.wait_for_log(&what, |line| line.is("pipeline stopped", pipeline)).field("reason").to_owned()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: i32) {
        process::signal(&self.child, signal);
    }

    /// Asks for a reload by SIGHUP, and waits for the line that says how it ended.
    pub fn reload(&self) -> Line {
        let mark = self.log.mark();
        self.signal(process::SIGHUP);
        self.wait_for_log_from(mark, "the end of a reload", |line| line.message() == "reload over")
    }

    /// [`Run::reload`] that must be taken in; gives the line's summary.
    pub fn reload_well(&self) -> String {
        let line = self.reload();
        assert_eq!(line.field("result"), "taken_in", "{}", line.text());
        line.field("summary").to_owned()
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Waits for the end of the process; gives its exit code, or 128+n where signal n killed it.
    pub fn wait_exit(&mut self) -> i32 {
        let status = wait_for_exit(&mut self.child, PATIENCE);
        code(status.unwrap_or_else(|| panic!("the daemon did not end in {PATIENCE:?}")))
    }

    /// Tells it to drain, and waits for its end, which must be a good one.
    pub fn stop(&mut self) {
        self.signal(process::SIGTERM);
        let code = self.wait_exit();
        self.log.wait_whole();
        assert_eq!(code, 0, "the daemon did not drain well");
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        process::kill(&mut self.child);
    }

    /// [`Run::stop`], and how the pipeline ended.
    pub fn stop_and_account(&mut self, pipeline: &str) -> Ended {
        self.stop();
        self.ended(pipeline)
    }

    /// How the pipeline ended, in a run that has ended.
    pub fn ended(&self, pipeline: &str) -> Ended {
        let what = format!("the end of {pipeline}");
        let is_end = |line: &Line| line.is("pipeline ended", pipeline);
        self.wait_for_log(&what, is_end);
        // One that stopped and was started again ends once more.
        let lines = self.log.lines();
        Ended::of(lines.iter().rfind(|line| is_end(line)).expect("it was just there"))
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> u64 {
        process::resident_bytes(self.child.id()).expect("the daemon runs")
    }

    /// Whether it goes on running for `patience`; for what must *not* end a daemon.
    pub fn outlives(&mut self, patience: Duration) -> bool {
        wait_for_exit(&mut self.child, patience).is_none()
    }
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().expect("a process ends by code or by signal"))
}

impl Drop for Run {
    fn drop(&mut self) {
        process::kill(&mut self.child);
        if thread::panicking() {
            eprintln!("the daemon's log ended with:\n{}", self.log.tail());
        }
    }
}
