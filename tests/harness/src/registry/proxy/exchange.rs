//! One request and its answer.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use super::{Credentials, Mode, Shared};
use crate::wait::PATIENCE;

/// A longer request is none of a registry's client.
const REQUEST_BYTES_MAX: usize = 4 << 20;

const JSON: &str = "application/vnd.schemaregistry.v1+json";

struct Request {
    method: String,
    path: String,
    /// Lines of the head, as they came.
    lines: Vec<String>,
    body: Vec<u8>,
}

/// Serves one connection. A client that goes away is no matter: who waits for an answer says what is missing.
pub(super) fn serve(shared: &Arc<Shared>, stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let _ = match &shared.tls {
        None => answer(shared, stream),
        Some(config) => rustls::ServerConnection::new(Arc::clone(config))
            .map_err(io::Error::other)
            .and_then(|connection| answer(shared, rustls::StreamOwned::new(connection, stream))),
    };
}

fn answer(shared: &Shared, mut stream: impl Read + Write) -> io::Result<()> {
    let request = read(&mut stream)?;
    let (mode, turn, allowed) = enter(shared, &request);
    let bytes = match mode {
        _ if !allowed => json(401, br#"{"error_code":401,"message":"Unauthorized"}"#),
        Mode::Pass => pass(shared, &request)?,
        Mode::Slow(time) => {
            shared.wait_for_change(turn, Some(time));
            pass(shared, &request)?
        }
        Mode::Status(status, body) => json(status, body.as_bytes()),
        Mode::Garbage(body) => json(200, &body),
        Mode::Raw(bytes) => bytes,
        Mode::Hang => {
            shared.wait_for_change(turn, None);
            return Ok(());
        }
        Mode::Down => return Ok(()),
    };
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Counts the request; what is to be done with it.
fn enter(shared: &Shared, request: &Request) -> (Mode, u64, bool) {
    let base = shared.upstream.1.trim_end_matches('/');
    let path = request.path.strip_prefix(base).unwrap_or(&request.path);
    let mut state = shared.lock();
    *state.requests.entry(format!("{} {path}", request.method)).or_default() += 1;
    let wanted = match &state.credentials {
        Credentials::None => None,
        Credentials::Basic(user, password) => {
            Some(format!("Basic {}", base64(&format!("{user}:{password}"))))
        }
        Credentials::Bearer(token) => Some(format!("Bearer {token}")),
    };
    let given = request.header("authorization");
    let allowed = wanted.is_none_or(|wanted| given == Some(&wanted));
    (state.mode.clone(), state.turn, allowed)
}

/// The registry's own answer, byte for byte but for a line that says that the connection ends.
fn pass(shared: &Shared, request: &Request) -> io::Result<Vec<u8>> {
    let host = &shared.upstream.0;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", request.method, request.path)?;
    let own =
        |line: &&String| !["host:", "connection:"].iter().any(|name| line.to_lowercase().starts_with(name));
    for line in request.lines.iter().filter(own) {
        write!(stream, "{line}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&request.body)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let first = bytes.windows(2).position(|two| two == b"\r\n").map_or(bytes.len(), |place| place + 2);
    bytes.splice(first..first, *b"Connection: close\r\n");
    Ok(bytes)
}

fn json(status: u16, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} As Told\r\nContent-Type: {JSON}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn read(stream: &mut impl Read) -> io::Result<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(place) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break place;
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap_or_default();
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, path, lines: lines.collect(), body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while bytes.len() < end + 4 + length {
        more(stream, &mut bytes)?;
    }
    request.body = bytes[end + 4..].to_vec();
    Ok(request)
}

fn more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut part = [0; 16_384];
    let length = stream.read(&mut part)?;
    bytes.extend_from_slice(&part[..length]);
    if length == 0 || bytes.len() > REQUEST_BYTES_MAX {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(())
    }
}

impl Request {
    /// The value of a header; its name in lower case.
    fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.lines.iter().filter_map(|line| line.split_once(':'));
        pairs.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Base64 with padding (RFC 4648).
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        let digit = |place: usize| char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]);
        (0..4).map(move |place| if place <= three.len() { digit(place) } else { '=' }).collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_as_the_rfc_has_it() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text), encoded);
        }
    }
}
