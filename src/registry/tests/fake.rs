//! A small HTTP server that answers as a test says, also what no registry would.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT};
use axum::response::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// JSON with a status.
    Json(u16, Json),
    /// Not now, with a status and a `Retry-After`.
    Later(u16, &'static str),
    /// A page.
    Html(u16),
    /// These bytes, whatever they are.
    Raw(u16, Vec<u8>),
    /// What is no JSON, whatever its type says.
    Garbage,
    /// None, for as long as the other side waits.
    Never,
    /// More than anyone wants.
    Flood,
    /// To another place.
    Elsewhere(String),
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `GET /path?query`
    pub line: String,
    pub authorization: Option<String>,
    pub agent: Option<String>,
    pub body: Json,
}

#[derive(Default)]
struct Script {
    replies: HashMap<String, Reply>,
    otherwise: Option<Reply>,
    password: Option<String>,
    seen: Vec<Seen>,
}

/// A server; it ends with the runtime of its test.
#[derive(Clone)]
pub struct Fake {
    pub address: SocketAddr,
    script: Arc<Mutex<Script>>,
    task: Arc<tokio::task::JoinHandle<()>>,
}

impl Fake {
    /// One that knows nothing: each path is answered with 40403.
    pub async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), None).await
    }

    pub async fn with_tls(config: ServerConfig) -> Self {
        Self::at("127.0.0.1:0".parse().expect("an address"), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    /// At an address that is known before.
    pub async fn at(address: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let script = Arc::new(Mutex::new(Script::default()));
        let served = Arc::clone(&script);
        let task = tokio::spawn(async move {
            // With the listener's task its connections end.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (script, tls) = (Arc::clone(&served), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, script).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, script).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, script, task: Arc::new(task) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on `line` is answered like this.
    pub fn reply(&self, line: &str, reply: Reply) -> &Self {
        self.script.lock().unwrap().replies.insert(line.to_owned(), reply);
        self
    }

    pub fn json(&self, line: &str, json: Json) -> &Self {
        self.reply(line, Reply::Json(200, json))
    }

    pub fn missing(&self, line: &str, code: u32) -> &Self {
        self.reply(line, Reply::Json(404, json!({"error_code": code, "message": "not found"})))
    }

    /// From now on all that is not told by `reply` is answered like this.
    pub fn otherwise(&self, reply: Reply) -> &Self {
        self.script.lock().unwrap().otherwise = Some(reply);
        self
    }

    /// From now on requests without this `Authorization` are refused.
    pub fn only_for(&self, authorization: &str) -> &Self {
        self.script.lock().unwrap().password = Some(authorization.to_owned());
        self
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// How often `line` was asked.
    pub fn count(&self, line: &str) -> usize {
        self.seen().iter().filter(|seen| seen.line == line).count()
    }

    /// Takes the server away; its port refuses connections then.
    pub async fn stop(&self) {
        self.task.abort();
        while !self.task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, script: Arc<Mutex<Script>>) {
    let service = service_fn(move |request| {
        let script = Arc::clone(&script);
        async move { Ok::<_, Infallible>(answer(request, &script).await) }
    });
    // A client that goes away in the middle is what some tests are about.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: hyper::Request<hyper::body::Incoming>, script: &Mutex<Script>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.unwrap_or_default();
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let seen = Seen {
        line: format!("{} {}", head.method, head.uri),
        authorization: header(AUTHORIZATION),
        agent: header(USER_AGENT),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    let reply = {
        let mut script = script.lock().unwrap();
        script.seen.push(seen.clone());
        let told = script.replies.get(&seen.line).or(script.otherwise.as_ref()).cloned();
        match &script.password {
            Some(password) if seen.authorization.as_ref() != Some(password) => {
                Reply::Json(401, json!({"error_code": 401, "message": "Unauthorized"}))
            }
            _ => {
                told.unwrap_or(Reply::Json(404, json!({"error_code": 40403, "message": "Schema not found"})))
            }
        }
    };
    render(reply).await
}

async fn render(reply: Reply) -> Response {
    let made = |status: u16, kind: &str, body: Body| {
        Response::builder().status(status).header(CONTENT_TYPE, kind).body(body).expect("it is an answer")
    };
    match reply {
        Reply::Json(status, json) => {
            made(status, "application/vnd.schemaregistry.v1+json", Body::from(json.to_string()))
        }
        Reply::Later(status, after) => {
            let response = Response::builder().status(status).header(RETRY_AFTER, after);
            response.body(Body::empty()).expect("it is an answer")
        }
        Reply::Html(status) => made(status, "text/html", Body::from("<html><h1>Hello</h1></html>")),
        Reply::Raw(status, bytes) => {
            made(status, "application/vnd.schemaregistry.v1+json", Body::from(bytes))
        }
        Reply::Garbage => made(200, "application/json", Body::from("{\"schema\": \"")),
        Reply::Never => std::future::pending().await,
        Reply::Flood => made(200, "application/json", Body::from(vec![b' '; 17 * 1024 * 1024])),
        Reply::Elsewhere(place) => {
            let response = Response::builder().status(307).header(LOCATION, place);
            response.body(Body::empty()).expect("it is an answer")
        }
    }
}
