//! `millstream pause`, `resume`, `restart` and `log-level`.

use axum::http::Method;
use bytes::Bytes;

use crate::admin::shape::{Level, Pipeline};

use super::client::{pipeline_path, print, talk};
use super::{Exit, LogLevelArgs, PipelineArgs};

/// The last step of the API's path.
pub const PAUSE: &str = "pause";
/// The last step of the API's path.
pub const RESUME: &str = "resume";
/// The last step of the API's path.
pub const RESTART: &str = "restart";

/// Asks something of a pipeline, waits until it is done, and says what state it is in then.
pub fn run(args: &PipelineArgs, command: &str) -> Exit {
    talk(&args.socket, async |client| {
        let path = format!("{}/{command}", pipeline_path(&args.name));
        let pipeline: Pipeline = client.ask(Method::POST, &path, Bytes::new()).await?.read()?;
        print(&text(&pipeline));
        Ok(Exit::Success)
    })
}

fn text(pipeline: &Pipeline) -> String {
    let state = pipeline.state.replace('_', " ");
    match &pipeline.reason {
        Some(reason) => format!("{} is {state}: {reason}\n", pipeline.name),
        None => format!("{} is {state}\n", pipeline.name),
    }
}

/// Has the daemon log more or less.
pub fn log_level(args: &LogLevelArgs) -> Exit {
    talk(&args.socket, async |client| {
        let body = serde_json::json!({ "level": args.level }).to_string();
        let level: Level = client.ask(Method::PUT, "/api/log-level", body.into()).await?.read()?;
        print(&format!("the log level is {} until the next reload\n", level.level));
        Ok(Exit::Success)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_told_with_its_reason() {
        let pipeline = |state: &str, reason: Option<&str>| Pipeline {
            name: "orders".to_owned(),
            state: state.to_owned(),
            reason: reason.map(str::to_owned),
            ..Pipeline::default()
        };
        assert_eq!(text(&pipeline("paused", None)), "orders is paused\n");
        assert_eq!(
            text(&pipeline("backing_off", Some("it panicked"))),
            "orders is backing off: it panicked\n"
        );
    }
}
