//! Who may do what through which door. Pure but for the adapter at its end.
//!
//! The control socket is guarded by its file's mode: whoever may open it may do all. Over TCP, anyone who reaches the
//! address reads; what changes something, or makes the daemon read its files, needs the token. `Host` keeps pages of
//! other sites from reading through a browser (DNS rebinding), `Origin` from asking at all.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::config::spec::{AdminAccess, Secret};
use crate::supervisor::Control;

use super::api::error;

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// The control socket.
    Socket,
    /// The TCP address.
    Tcp,
}

/// Why a request is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("`Host` must be an address, `localhost` or one of `admin.hosts` of the daemon's file")]
    Host,
    #[error("`Origin` must be the address that is called")]
    Origin,
    #[error(
        "no `admin.token` is configured, so this address serves reads only; use the control socket \
         (`millstream reload`, `pause`, …), or configure a token"
    )]
    ReadsOnly,
    #[error("this needs the token of `admin.token`: `Authorization: Bearer …`")]
    NoToken,
    #[error("this is not the token of `admin.token`")]
    WrongToken,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Refusal::Host | Refusal::Origin | Refusal::ReadsOnly => StatusCode::FORBIDDEN,
            Refusal::NoToken | Refusal::WrongToken => StatusCode::UNAUTHORIZED,
        }
    }
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Read,
    Change,
}

impl Right {
    /// A plan changes nothing, but has the daemon read its files, and quotes them.
    fn needed(method: &Method, path: &str) -> Right {
        let is_read = matches!(*method, Method::GET | Method::HEAD) && path != "/plan";
        if is_read { Right::Read } else { Right::Change }
    }
}

/// Whether a request over TCP is served.
fn may_pass(access: &AdminAccess, headers: &HeaderMap, right: Right) -> Result<(), Refusal> {
    let host = only(headers, HOST.as_str()).and_then(|host| host.parse::<Authority>().ok());
    let host = host.filter(|host| is_known(host.host(), access)).ok_or(Refusal::Host)?;
    if headers.contains_key(ORIGIN) {
        let origin = only(headers, ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
        let is_same = |(_, authority): (&str, &str)| authority.eq_ignore_ascii_case(host.as_str());
        origin.filter(|origin| is_same(*origin)).ok_or(Refusal::Origin)?;
    }
    if right == Right::Read {
        return Ok(());
    }
    let token = access.token.as_ref().ok_or(Refusal::ReadsOnly)?;
    let given = only(headers, AUTHORIZATION.as_str()).and_then(bearer).ok_or(Refusal::NoToken)?;
    if is_equal(token, given) { Ok(()) } else { Err(Refusal::WrongToken) }
}

/// A header that stands once, as text.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A name that cannot be someone else's: an address has no DNS, and the others are ours.
fn is_known(host: &str, access: &AdminAccess) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    address.parse::<IpAddr>().is_ok() || name == "localhost" || access.hosts.contains(&name)
}

/// RFC 6750: the scheme's case does not count.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// Compares in a time that depends on nothing but the lengths.
fn is_equal(token: &Secret, given: &str) -> bool {
    token.reveal().as_bytes().ct_eq(given.as_bytes()).into()
}

/// The guard of a door.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    control: Control,
    door: Door,
}

impl Guard {
    pub(super) fn new(control: Control, door: Door) -> Self {
        Self { control, door }
    }
}

/// Lets a request of the API pass, or says why not. Token and hosts are those of the last reload.
pub(super) async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if guard.door == Door::Tcp {
        let right = Right::needed(request.method(), request.uri().path());
        let access = guard.control.daemon().admin_access;
        // A request for a whole URL (RFC 9112, 3.2.2) names a host as well.
        let in_url = request.uri().host().is_none_or(|host| is_known(host, &access));
        let verdict = if in_url { may_pass(&access, request.headers(), right) } else { Err(Refusal::Host) };
        if let Err(refusal) = verdict {
            let mut response = error(refusal.status(), refusal.to_string()).into_response();
            if refusal.status() == StatusCode::UNAUTHORIZED {
                let scheme = axum::http::HeaderValue::from_static("Bearer");
                response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, scheme);
            }
            return response;
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct-horse-battery";

    fn access(token: Option<&str>) -> AdminAccess {
        let token = token.map(|token| Secret::new(token.to_owned()));
        AdminAccess { token, hosts: vec!["mill.example".to_owned()] }
    }

    fn pass(token: Option<&str>, right: Right, headers: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header's value"));
        }
        may_pass(&access(token), &map, right)
    }

    fn read_from(host: &str) -> Result<(), Refusal> {
        pass(None, Right::Read, &[("host", host)])
    }

    #[test]
    fn a_host_is_an_address_or_a_name_that_is_ours() {
        for host in
            ["127.0.0.1", "10.0.0.7:9464", "[::1]:9464", "localhost", "LOCALHOST:1", "Mill.Example:80"]
        {
            assert_eq!(read_from(host), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "mill.example.evil",
            "127.0.0.1.evil.example",
            "",
            "a b",
        ] {
            assert_eq!(read_from(host), Err(Refusal::Host), "{host}");
        }
        assert_eq!(pass(None, Right::Read, &[]), Err(Refusal::Host));
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert_eq!(pass(None, Right::Read, &twice), Err(Refusal::Host));
    }

    #[test]
    fn an_origin_is_the_address_that_is_called() {
        let from = |origin| pass(None, Right::Read, &[("host", "localhost:9464"), ("origin", origin)]);
        assert_eq!(from("http://localhost:9464"), Ok(()));
        for origin in ["http://localhost:8080", "http://evil.example", "null", ""] {
            assert_eq!(from(origin), Err(Refusal::Origin), "{origin}");
        }
    }

    #[test]
    fn a_change_needs_the_token_to_the_letter() {
        let host = ("host", "localhost");
        let with = |given| pass(Some(TOKEN), Right::Change, &[host, ("authorization", given)]);
        assert_eq!(pass(None, Right::Change, &[host]), Err(Refusal::ReadsOnly));
        assert_eq!(pass(Some(TOKEN), Right::Change, &[host]), Err(Refusal::NoToken));
        assert_eq!(with("Bearer correct-horse-battery"), Ok(()));
        assert_eq!(with("bearer  correct-horse-battery"), Ok(()));
        assert_eq!(with("Basic correct-horse-battery"), Err(Refusal::NoToken));
        for wrong in [
            "Bearer correct-horse-batterY",
            "Bearer correct-horse-batter",
            "Bearer ",
            "Bearer correct-horse-battery-",
        ] {
            assert_eq!(with(wrong), Err(Refusal::WrongToken), "{wrong}");
        }
    }

    #[test]
    fn only_looking_is_reading() {
        assert_eq!(Right::needed(&Method::GET, "/pipelines"), Right::Read);
        assert_eq!(Right::needed(&Method::GET, "/plan"), Right::Change);
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(Right::needed(&method, "/pipelines"), Right::Change, "{method}");
        }
    }
}
