//! The command line's end of the control socket.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::shape;

/// The largest answer, in bytes: thousands of pipelines fit.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// How long an answer that needs no work may take.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("no daemon answers at {}: {error}", path.display())]
    NoDaemon {
        /// The socket.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The connection broke, or nothing came.
    #[error("the daemon at {} gave no answer: {reason}", path.display())]
    NoAnswer {
        /// The socket.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The daemon says no.
    #[error("{message}")]
    Refused {
        /// HTTP's code.
        status: u16,
        /// The daemon's words.
        message: String,
    },
}

/// Talks to the daemon that listens at a control socket.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

/// What the daemon answered.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Client {
    /// A client of the socket at `path`.
    pub fn new(path: &Path) -> Client {
        Client { path: path.to_path_buf() }
    }

    /// The socket.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads what is there at once.
    ///
    /// # Errors
    ///
    /// There is no answer, or not within 10 seconds.
    pub async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        let asked = tokio::time::timeout(LOOK_MAX, self.ask(Method::GET, path, Bytes::new()));
        asked.await.unwrap_or_else(|_| Err(self.no_answer(format!("none within {} s", LOOK_MAX.as_secs()))))
    }

    /// Asks, and waits as long as it takes.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, ClientError> {
        let no_daemon = |error| ClientError::NoDaemon { path: self.path.clone(), error };
        let stream = UnixStream::connect(&self.path).await.map_err(no_daemon)?;
        let no_answer = |error: hyper::Error| self.no_answer(error.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(no_answer)?;
        // It ends with the sender; what breaks it, the sender tells.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("connection", "close")
            .body(Full::new(body))
            .map_err(|error| self.no_answer(error.to_string()))?;
        let response = sender.send_request(request).await.map_err(no_answer)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| self.no_answer(error.to_string()))?.to_bytes();
        Ok(Answer { status, body })
    }

    fn no_answer(&self, reason: String) -> ClientError {
        ClientError::NoAnswer { path: self.path.clone(), reason }
    }
}

impl Answer {
    /// HTTP's code.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The body, where the daemon said yes.
    ///
    /// # Errors
    ///
    /// The daemon said no, or what it said is not what this version knows.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        self.read_with(&[])
    }

    /// The body, where the daemon said yes or answered with one of `codes`, which come with the same shape.
    ///
    /// # Errors
    ///
    /// As of [`Answer::read`].
    pub fn read_with<T: DeserializeOwned>(&self, codes: &[u16]) -> Result<T, ClientError> {
        let status = self.status();
        let refused = |message| ClientError::Refused { status, message };
        if !self.status.is_success() && !codes.contains(&status) {
            let said = serde_json::from_slice::<shape::Error>(&self.body).map(|said| said.error);
            return Err(refused(said.unwrap_or_else(|_| format!("the daemon answered {}", self.status))));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| refused(format!("the daemon's answer is not of this version: {error}")))
    }
}
