//! HTTP as plain text, so that a test can also send what no client would.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::wait::PATIENCE;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP's code.
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn of(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no answer: {text:?}"));
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }
}

/// Asks over TCP; `lines` are the head's, without the end of each. A `Host` is among them, or none is sent.
pub fn tcp(port: u16, lines: &[&str], body: &str) -> Answer {
    let mut stream = connect(port);
    ask(&mut stream, lines, body)
}

/// Asks over a socket, with a `Host`.
pub fn unix(socket: &Path, line: &str, body: &str) -> Answer {
    let mut stream =
        UnixStream::connect(socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    ask(&mut stream, &[line, "Host: localhost"], body)
}

/// Asks the server of an `http` URL; `lines` are the head's beside the first and the host. An error where there is no
/// answer.
pub fn url(method: &str, url: &str, lines: &[&str], body: &str) -> io::Result<Answer> {
    let no_answer = |what: &str| io::Error::other(format!("{method} {url}: {what}"));
    let rest = url.strip_prefix("http://").ok_or_else(|| no_answer("only http:// is spoken here"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\n{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end =
        bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| no_answer("no answer"))? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let chunked = head.to_lowercase().contains("\r\ntransfer-encoding: chunked");
    let body = if chunked { whole(&bytes[end..]) } else { bytes[end..].to_vec() };
    Ok(Answer::of(&format!("{head}{}", String::from_utf8_lossy(&body))))
}

/// A body that came in chunks.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = chunks.windows(2).position(|two| two == b"\r\n") {
        let size =
            std::str::from_utf8(&chunks[..line]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let begin = line + 2;
        let Some(end) = size.filter(|size| *size > 0).map(|size| begin + size) else { break };
        body.extend_from_slice(&chunks[begin..end.min(chunks.len())]);
        chunks = chunks.get(end + 2..).unwrap_or_default();
    }
    body
}

/// A connection on loopback, for a client that misbehaves.
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|error| panic!("{port}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    stream.set_write_timeout(Some(Duration::from_secs(5))).expect("a time-out can be set");
    stream
}

/// Reads until the other side closes; what came before an error counts.
pub fn read(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    // A reset after the answer is an end, too.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn ask(stream: &mut (impl Read + Write), lines: &[&str], body: &str) -> Answer {
    let first = lines.first().expect("a request has a first line");
    let rest: String = lines.iter().skip(1).map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let request =
        format!("{first} HTTP/1.1\r\n{rest}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    // Who is refused early does not read the rest.
    let _ = stream.write_all(request.as_bytes());
    Answer::of(&read(stream))
}
