//! One request to whichever of a registry's addresses answers.
//!
//! It stays with the address that answered last. What is no answer of a registry (no connection, a time limit, 5xx, pages of
//! HTML, broken JSON) sends it on to the next one; when all were asked, that is an outage. What one of them does not have is asked of the others, too, where records would be
//! poison by its word alone. Who asks again, and when, is not
//! decided here; an address that asks to be left alone for a while (`pauses`) is not asked meanwhile, by nobody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value as Json;
use tokio::sync::Semaphore;

use crate::config::spec::{RegistryAuth, RegistrySpec};

use super::counters::Counters;
use super::failure::{Failure, told};
use super::http::{self, Stamp};
use super::pauses::{self, Pauses};

/// The largest answer that is read, in bytes.
pub(super) const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Requests to one registry at a time.
const REQUESTS_MAX: usize = 8;

/// The media type of the API.
const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// What is asked.
pub(super) struct Request<'a> {
    /// How.
    pub method: Method,
    /// The path below the base address, not encoded.
    pub path: &'a [&'a str],
    /// Behind `?`.
    pub query: Option<&'a str>,
    /// JSON that goes along.
    pub body: Option<Json>,
    /// Who must say that there is no such thing.
    pub absence: Absence,
}

/// Whose word it takes that the registry does not have something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// That of the one who answers.
    ByOne,
    /// That of each address: one may be behind the others, and records are poison by it. Where one cannot be asked, that is
    /// an outage.
    ByAll,
}

/// Why one address gave no answer; whether the next one is worth asking.
struct Miss {
    reason: String,
    next: bool,
    /// How long it asks to be left alone.
    pause: Option<Duration>,
    /// It does not know what was asked for.
    no_call: bool,
}

impl Miss {
    /// Another address may do better.
    fn here(reason: String) -> Self {
        Self { reason, next: true, pause: None, no_call: false }
    }
}

/// The HTTP client, and what the files looked like that it was made of. Files that cannot be used are an outage like
/// any other: they are looked at again with each round.
struct Http {
    client: Result<reqwest::Client, String>,
    stamp: Stamp,
}

impl Http {
    fn new(spec: &RegistrySpec) -> Self {
        // Before the files are read: what is written meanwhile is seen the next time.
        let stamp = http::stamp(spec);
        Self { client: http::build(spec), stamp }
    }
}

/// A registry's addresses, and how to talk to them.
pub(super) struct Client {
    spec: RegistrySpec,
    http: Mutex<Http>,
    bases: Vec<Url>,
    /// Index of the address that answered last.
    answering: AtomicUsize,
    pauses: Pauses,
    room: Semaphore,
    counters: Arc<Counters>,
}

impl Client {
    /// A client by `spec`.
    ///
    /// # Errors
    ///
    /// Addresses that are none.
    pub(super) fn new(spec: &RegistrySpec, counters: Arc<Counters>) -> Result<Self, String> {
        let bases: Vec<_> = spec.urls.iter().map(|url| http::base(url)).collect::<Result<_, _>>()?;
        if bases.is_empty() {
            return Err("no address of a registry".to_owned());
        }
        Ok(Self {
            spec: spec.clone(),
            http: Mutex::new(Http::new(spec)),
            pauses: Pauses::new(bases.len()),
            bases,
            answering: AtomicUsize::new(0),
            room: Semaphore::new(REQUESTS_MAX),
            counters,
        })
    }

    /// Asks the addresses in turn, from the one that answered last. Where it takes all of them to say that there is no such
    /// thing, one that has it answers for the others.
    pub(super) async fn ask(&self, request: Request<'_>) -> Result<Json, Failure> {
        let _room = self.room.acquire().await.expect("it is never closed");
        let first = self.answering.load(Ordering::Relaxed);
        let (mut reasons, mut no_calls) = (Vec::new(), 0);
        let (mut lacking, mut absent) = (Vec::new(), None);
        for index in (first..first + self.bases.len()).map(|index| index % self.bases.len()) {
            if let Some(reason) = self.pauses.at(index) {
                reasons.push(format!("{} {reason}", self.bases[index]));
                continue;
            }
            let began = Instant::now();
            let outcome = self.ask_at(&self.bases[index], &request).await;
            self.counters.asked(began.elapsed(), outcome.is_err());
            match outcome {
                Ok(Err(failure)) if request.absence == Absence::ByAll && failure.is_missing() => {
                    lacking.push(format!("{} does not have it", self.bases[index]));
                    absent = Some(failure);
                }
                Ok(answer) => {
                    self.answering.store(index, Ordering::Relaxed);
                    return answer;
                }
                Err(miss) => {
                    reasons.push(format!("{} {}", self.bases[index], miss.reason));
                    no_calls += usize::from(miss.no_call);
                    match (miss.pause, miss.next) {
                        (Some(pause), true) => self.pauses.begin(index, pause, &miss.reason),
                        (Some(pause), false) => self.pauses.begin_all(pause, &miss.reason),
                        (None, _) => {}
                    }
                    if !miss.next {
                        break;
                    }
                }
            }
        }
        match absent {
            Some(failure) if reasons.is_empty() => return Err(failure),
            _ => self.renew(),
        }
        lacking.append(&mut reasons);
        let reasons = lacking.join("; ");
        Err(if no_calls == self.bases.len() { Failure::NoCall(reasons) } else { Failure::Outage(reasons) })
    }

    /// Takes in certificates that were renewed since: what failed just now may have been the old ones. There is one look
    /// at each file after a round that failed, and none otherwise.
    fn renew(&self) {
        let mut http = self.http();
        if http.client.is_ok() && http.stamp == http::stamp(&self.spec) {
            return;
        }
        let renewed = Http::new(&self.spec);
        match &renewed.client {
            // Perhaps they are being written: the next round looks again, with what worked so far.
            Err(why) if http.client.is_ok() => tracing::debug!(why, "renewed certificates cannot be used"),
            _ => *http = renewed,
        }
    }

    fn http(&self) -> MutexGuard<'_, Http> {
        self.http.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was answered is JSON, but not what was asked for: the next try begins at another address.
    pub(super) fn no_answer(&self, why: &str) -> Failure {
        self.counters.failed();
        let index = self.answering.load(Ordering::Relaxed) % self.bases.len();
        self.answering.store((index + 1) % self.bases.len(), Ordering::Relaxed);
        Failure::Outage(format!("{} gives no answer of a schema registry: {why}", self.bases[index]))
    }

    async fn ask_at(&self, base: &Url, request: &Request<'_>) -> Result<Result<Json, Failure>, Miss> {
        let mut url = base.clone();
        url.path_segments_mut().expect("http addresses have paths").pop_if_empty().extend(request.path);
        url.set_query(request.query);
        let http = self.http().client.clone();
        let http =
            http.map_err(|why| Miss { next: false, ..Miss::here(format!("cannot be asked: {why}")) })?;
        let mut builder = http.request(request.method.clone(), url).header(ACCEPT, MEDIA_TYPE);
        builder = match &self.spec.auth {
            RegistryAuth::None => builder,
            RegistryAuth::Basic { user, password } => builder.basic_auth(user, Some(password.reveal())),
            RegistryAuth::Bearer(token) => builder.bearer_auth(token.reveal()),
        };
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string());
        }
        let mut response = builder.send().await.map_err(|error| unreachable(&error))?;
        let body = read(&mut response).await?;
        judge(&response, &body, &self.spec.auth)
    }
}

/// What went wrong with a connection. The address is left out: it is told once, in front.
fn unreachable(error: &reqwest::Error) -> Miss {
    let reason = if error.is_timeout() {
        "does not answer in time".to_owned()
    } else if error.is_connect() {
        let why = http::deepest(error);
        format!("cannot be reached: {why}{}", tls_hint(&why))
    } else {
        let why = http::deepest(error);
        format!("broke the connection off: {why}{}", tls_hint(&why))
    };
    Miss::here(reason)
}

/// What to do about an error of TLS, by rustls' words for it.
fn tls_hint(why: &str) -> &'static str {
    let has = |part: &str| why.contains(part);
    if has("UnknownIssuer") {
        " (`tls.ca` of the schema registry must name who signed its certificate)"
    } else if has("CertificateRequired") || has("HandshakeFailure") {
        " (it wants a client's certificate: `tls.certificate` and `tls.key`)"
    } else if has("InvalidContentType") {
        " (it does not speak TLS: is its address `http://`?)"
    } else {
        ""
    }
}

async fn read(response: &mut Response) -> Result<Vec<u8>, Miss> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            let reason = format!("answers with more than {ANSWER_BYTES_MAX} bytes");
            return Err(Miss::here(reason));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether this is an answer of a registry, and which.
fn judge(response: &Response, body: &[u8], auth: &RegistryAuth) -> Result<Result<Json, Failure>, Miss> {
    let status = response.status();
    let json: Option<Json> = serde_json::from_slice(body).ok();
    if status.is_success() {
        return match json {
            Some(json) => Ok(Ok(json)),
            None => Err(Miss::here(format!("answers with {}, not with JSON", kind(response)))),
        };
    }
    let member = |name: &str| json.as_ref().and_then(|json| json.get(name));
    let code = member("error_code").and_then(Json::as_i64);
    let message = member("message").and_then(Json::as_str).map(told).unwrap_or_default();
    let is_answer = code.is_some_and(|code| match status {
        StatusCode::NOT_FOUND => (40_401..=40_499).contains(&code),
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => true,
        _ => false,
    });
    if is_answer {
        // 409 and 422 count by their status, whatever number a registry gives with it.
        let code = match status {
            StatusCode::NOT_FOUND => code.unwrap_or_default(),
            _ => i64::from(status.as_u16()),
        };
        return Ok(Err(Failure::Refused { code, message }));
    }
    let behind = if message.is_empty() { String::new() } else { format!(": {message}") };
    let mut reason = match status {
        StatusCode::UNAUTHORIZED if matches!(auth, RegistryAuth::None) => {
            format!(
                "wants credentials ({status}), and none are given: `basic_auth` or `bearer_token`{behind}"
            )
        }
        StatusCode::UNAUTHORIZED => format!("does not accept the credentials ({status}){behind}"),
        StatusCode::FORBIDDEN => format!("does not allow it ({status}){behind}"),
        StatusCode::TOO_MANY_REQUESTS => format!("has had too many requests ({status}){behind}"),
        _ if status.is_redirection() => format!("sends elsewhere ({status}), which is not followed"),
        _ if status.is_server_error() => format!("is in trouble ({status}){behind}"),
        _ => format!("gives no answer of a schema registry ({status}, {}){behind}", kind(response)),
    };
    // Another address has the same users and the same limits.
    let next =
        !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
    let asks = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let pause = if asks { pauses::asked(response.headers()) } else { None };
    if let Some(pause) = pause {
        reason.push_str(&format!("; it is asked again in {} s", pause.as_secs_f64().ceil()));
    }
    let no_call = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
    Err(Miss { reason, next, pause, no_call })
}

fn kind(response: &Response) -> String {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.map_or_else(|| "no content type".to_owned(), told)
}
