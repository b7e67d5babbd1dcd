//! What all subcommands share that talk to the running daemon.

use std::io::Write;

use serde::de::DeserializeOwned;
use tokio::runtime::Builder;

use crate::admin::client::{Client, ClientError};
use crate::admin::shape::{Daemon, Pipeline, Pipelines};
use crate::admin::socket;
use crate::pipeline::unix_ms;

use super::{Exit, SocketArgs};

/// What is known of the daemon at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Moment {
    pub(super) daemon: Daemon,
    pub(super) pipelines: Vec<Pipeline>,
    /// Since the Unix epoch.
    pub(super) now_ms: u64,
}

impl Moment {
    /// Asks for all pipelines, or for one.
    pub(super) async fn of(client: &Client, name: Option<&str>) -> Result<Moment, ClientError> {
        let daemon = get(client, "/api/daemon").await?;
        let pipelines = match name {
            Some(name) => vec![get(client, &pipeline_path(name)).await?],
            None => get::<Pipelines>(client, "/api/pipelines").await?.pipelines,
        };
        Ok(Moment { daemon, pipelines, now_ms: unix_ms() })
    }
}

async fn get<T: DeserializeOwned>(client: &Client, path: &str) -> Result<T, ClientError> {
    client.get(path).await?.read()
}

/// A pipeline's place in the API, whatever is given as its name.
pub(super) fn pipeline_path(name: &str) -> String {
    let mut path = "/api/pipelines/".to_owned();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => path.push(char::from(byte)),
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}

/// Talks to the daemon; where that fails, says why.
pub(super) fn talk(socket: &SocketArgs, talk: impl AsyncFnOnce(Client) -> Result<Exit, ClientError>) -> Exit {
    let client = Client::new(&socket::path(socket.socket.as_deref()));
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return said(&format!("the system refuses what a client needs: {error}"), Exit::Internal);
        }
    };
    runtime.block_on(talk(client)).unwrap_or_else(|error| said(&words(&error), exit_of(&error)))
}

/// An error, and what to do about it.
pub(super) fn words(error: &ClientError) -> String {
    match error {
        ClientError::NoDaemon { .. } => {
            format!("{error}\nis it running, and as another user? `--socket PATH` names another socket")
        }
        ClientError::NoAnswer { .. } | ClientError::Refused { .. } => error.to_string(),
    }
}

fn exit_of(error: &ClientError) -> Exit {
    match error {
        ClientError::NoDaemon { .. } | ClientError::NoAnswer { .. } => Exit::Unavailable,
        ClientError::Refused { .. } => Exit::Refused,
    }
}

fn said(text: &str, exit: Exit) -> Exit {
    // Where standard error is gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
    exit
}

/// Prints to standard output; a reader that is gone has no use for the rest.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_step_of_a_path_whatever_it_is() {
        assert_eq!(pipeline_path("orders-eu"), "/api/pipelines/orders-eu");
        assert_eq!(pipeline_path("../a b?"), "/api/pipelines/%2E%2E%2Fa%20b%3F");
    }

    #[test]
    fn who_finds_no_daemon_reads_where_it_was_looked_for() {
        let error = ClientError::NoDaemon {
            path: "/run/millstream/control.sock".into(),
            error: std::io::ErrorKind::NotFound.into(),
        };
        assert_eq!(exit_of(&error), Exit::Unavailable);
        assert_eq!(
            words(&error),
            "no daemon answers at /run/millstream/control.sock: entity not found\n\
             is it running, and as another user? `--socket PATH` names another socket"
        );
    }
}
