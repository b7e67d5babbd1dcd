//! The handle by which everything outside steers the running daemon: signals, the control socket, the admin server.
//!
//! Whatever asks, the question ends in the supervisor's one loop, in one order.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::config::spec::LogLevel;

use super::reload::{PlanOutcome, ReloadOutcome};
use super::view::{DaemonView, PipelineView};
use super::views::Views;

/// How many requests may wait for the supervisor's loop; whoever asks more waits.
pub(super) const REQUESTS_MAX: usize = 64;

/// A handle to the supervisor, cheap to clone.
#[derive(Clone, Debug)]
pub struct Control {
    requests: mpsc::Sender<Request>,
    views: Arc<Views>,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No pipeline has this name.
    #[error("there is no pipeline `{0}`")]
    UnknownPipeline(String),
    /// The pipeline's state does not allow it.
    #[error("{0}")]
    NotNow(String),
    /// The daemon is draining.
    #[error("the daemon is draining")]
    Draining,
}

/// What is asked of one pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Finish what is in flight, leave the group and wait for `Resume`.
    Pause,
    /// Run again: after a pause, a stop or a failure; at once, where it waits to be started again.
    Resume,
    /// Drain and start anew.
    Restart,
}

/// What the supervisor's loop is asked.
#[derive(Debug)]
pub(super) enum Request {
    /// Read the files and say what a reload would do.
    Plan(oneshot::Sender<PlanOutcome>),
    /// Take the files in; `cause` is who asked, for the log.
    Reload { cause: &'static str, reply: oneshot::Sender<ReloadOutcome> },
    /// Something for one pipeline.
    Pipeline { name: String, command: Command, reply: oneshot::Sender<Result<(), CommandError>> },
    /// Log more or less from now on, until the next reload.
    LogLevel(LogLevel),
    /// Whether it still answers.
    Ping(oneshot::Sender<()>),
}

impl Command {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Command::Pause => "pause",
            Command::Resume => "resume",
            Command::Restart => "restart",
        }
    }
}

impl Control {
    pub(super) fn new(requests: mpsc::Sender<Request>, views: Arc<Views>) -> Self {
        Self { requests, views }
    }

    /// The daemon as a whole, now.
    pub fn daemon(&self) -> DaemonView {
        self.views.daemon()
    }

    /// The longest time for a drain, as the files say now.
    pub fn shutdown_deadline(&self) -> Duration {
        self.daemon().shutdown_deadline
    }

    /// All pipelines, now, in the order of their names.
    pub fn pipelines(&self) -> Vec<PipelineView> {
        self.views.pipelines()
    }

    /// One pipeline, now.
    pub fn pipeline(&self, name: &str) -> Option<PipelineView> {
        self.views.pipeline(name)
    }

    /// Reads the files and says what a reload would do; nothing is changed.
    pub async fn plan(&self) -> Result<PlanOutcome, CommandError> {
        self.ask(Request::Plan).await
    }

    /// Takes the files in, and waits until it is done or refused.
    pub async fn reload(&self, cause: &'static str) -> Result<ReloadOutcome, CommandError> {
        self.ask(|reply| Request::Reload { cause, reply }).await
    }

    /// Carries out a command for one pipeline, and waits until it is done: a pause until the pipeline has left its
    /// group, the others until they are under way.
    pub async fn command(&self, name: &str, command: Command) -> Result<(), CommandError> {
        self.ask(|reply| Request::Pipeline { name: name.to_owned(), command, reply }).await?
    }

    /// Logs more or less from now on, until the next reload.
    pub async fn set_log_level(&self, level: LogLevel) -> Result<(), CommandError> {
        self.requests.send(Request::LogLevel(level)).await.map_err(|_| CommandError::Draining)
    }

    /// Comes back once the supervisor's loop has answered; a loop that drains does not.
    pub async fn ping(&self) -> Result<(), CommandError> {
        self.ask(Request::Ping).await
    }

    /// Why the process is sick, if it is: a pipeline's thread hangs and does not end, which only a new process mends.
    pub fn hung(&self) -> Option<String> {
        self.views.hung()
    }

    /// Waits until no pipeline is left that can run: all have stopped or failed.
    pub async fn all_failed(&self) {
        self.views.all_failed().await;
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, CommandError> {
        let (reply, answer) = oneshot::channel();
        // The loop is gone once everything has drained.
        self.requests.send(request(reply)).await.map_err(|_| CommandError::Draining)?;
        answer.await.map_err(|_| CommandError::Draining)
    }
}
