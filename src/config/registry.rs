//! `schema_registry:` of the daemon's file: where schemas are, and who asks for them.

use std::path::PathBuf;
use std::time::Duration;

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape};
use super::node::{Node, Value};
use super::schema_file::path;
use super::spec::{RegistryAuth, RegistrySpec, Secret};
use super::walk::{Fields, Walk, duration};

/// The keys of `schema_registry:`.
pub(super) static REGISTRY: Element = Element {
    name: "a schema registry",
    doc: "The Schema Registry: Confluent's, or one with its API.",
    exactly_one: false,
    keys: &[
        Key {
            name: "url",
            shape: Shape::Urls,
            need: Need::Required,
            doc: "its base address, or a list of them: where one does not answer the next is asked",
        },
        Key {
            name: "basic_auth",
            shape: Shape::Element(&BASIC),
            need: Need::Optional,
            doc: "a user and a password; default: none",
        },
        Key {
            name: "bearer_token",
            shape: Shape::Text,
            need: Need::Optional,
            doc: "a token, usually `${file:…}` or `${credential:…}`; default: none",
        },
        Key {
            name: "tls",
            shape: Shape::Element(&TLS),
            need: Need::Optional,
            doc: "certificates; default: the system's authorities, and no client certificate",
        },
        Key {
            name: "timeout",
            shape: Shape::Duration { min_ms: 100, max_ms: 300_000 },
            need: Need::Default("5s"),
            doc: "the longest that one request takes",
        },
        Key {
            name: "unknown_id_grace",
            shape: Shape::Duration { min_ms: 0, max_ms: 3_600_000 },
            need: Need::Default("5s"),
            doc: "how long an id that the registry does not know is asked for again before its records are poison",
        },
    ],
};

/// The keys of `basic_auth:`.
pub(super) static BASIC: Element = Element {
    name: "a basic_auth",
    doc: "A user and a password (RFC 7617).",
    exactly_one: false,
    keys: &[
        Key { name: "username", shape: Shape::Text, need: Need::Required, doc: "the user" },
        Key {
            name: "password",
            shape: Shape::Text,
            need: Need::Required,
            doc: "the password, usually `${file:…}` or `${credential:…}`",
        },
    ],
};

/// The keys of `tls:`.
pub(super) static TLS: Element = Element {
    name: "a tls",
    doc: "Certificates, in files of PEM relative to this one.",
    exactly_one: false,
    keys: &[
        Key {
            name: "ca",
            shape: Shape::Path,
            need: Need::Optional,
            doc: "the authorities that are trusted; default: the system's",
        },
        Key {
            name: "certificate",
            shape: Shape::Path,
            need: Need::Optional,
            doc: "the client's certificate, beside a `key`",
        },
        Key { name: "key", shape: Shape::Path, need: Need::Optional, doc: "its private key" },
    ],
};

/// Reads `schema_registry:`.
pub(super) fn registry(walk: &mut Walk<'_>, node: &Node, _key: &'static Key) -> Option<RegistrySpec> {
    let fields = Fields::open(walk, node, &REGISTRY)?;
    let urls = fields.read(walk, "url", urls);
    let basic = fields.optional(walk, "basic_auth", |walk, node, _| basic(walk, node));
    let bearer = fields.optional(walk, "bearer_token", secret);
    let tls = fields.optional(walk, "tls", |walk, node, _| tls(walk, node));
    let timeout = fields.read(walk, "timeout", duration);
    let missing_grace = fields.read(walk, "unknown_id_grace", duration);
    let auth = match (basic?, bearer?) {
        (None, None) => RegistryAuth::None,
        (Some((user, password)), None) => RegistryAuth::Basic { user, password },
        (None, Some(token)) => RegistryAuth::Bearer(token),
        (Some(_), Some(_)) => {
            let place = fields.node("bearer_token").map_or(node.place, |node| node.place);
            let message = "`basic_auth` and `bearer_token` exclude each other";
            walk.report(Diagnostic::error("bad-value", message).at(place, ""));
            return None;
        }
    };
    let (ca, client) = tls?.unwrap_or_default();
    let spec =
        RegistrySpec { urls: urls?, auth, ca, client, timeout: timeout?, missing_grace: missing_grace? };
    if let Some(node) = fields.node("tls")
        && let Err(why) = crate::registry::look_at_certificates(&spec)
    {
        // No error: a daemon that starts before its secrets are there waits for them.
        let found = Diagnostic::warning("bad-certificates", why).at(node.place, "");
        walk.report(found.note("the registry is not asked before that is right; what needs it waits"));
    }
    Some(spec)
}

/// The registry that the command line names.
pub(super) fn at(url: &str) -> Option<RegistrySpec> {
    Some(RegistrySpec {
        urls: vec![base_of(url)?],
        auth: RegistryAuth::None,
        ca: None,
        client: None,
        timeout: Duration::from_secs(5),
        missing_grace: Duration::from_secs(5),
    })
}

fn urls(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Vec<String>> {
    match &node.value {
        Value::List(items) if items.is_empty() => {
            walk.wrong(node, key);
            None
        }
        Value::List(items) => {
            let urls: Vec<_> = items.iter().map(|item| url(walk, item, key)).collect();
            urls.into_iter().collect()
        }
        _ => url(walk, node, key).map(|url| vec![url]),
    }
}

fn url(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<String> {
    let text = walk.scalar(node, key)?;
    if text.opaque {
        return Some(text.value);
    }
    let base = base_of(&text.value);
    if base.is_none() {
        // It may hold a password.
        let message = format!("`{}` must be {}", key.name, key.shape.expected());
        let wrong = Diagnostic::error("bad-value", message).at(node.place, "");
        walk.report(match text.value.contains('@') {
            true => wrong.note("a user and a password stand in `basic_auth`, not in the address"),
            false => wrong,
        });
    }
    base
}

/// A base address without a slash at its end.
fn base_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let authority = rest.split('/').next().unwrap_or("");
    let is_plain = !url.contains(['?', '#', ' ', '@']) && !url.chars().any(char::is_control);
    let is_host = !authority.is_empty() && !authority.starts_with(':');
    (is_plain && is_host).then(|| url.trim_end_matches('/').to_owned())
}

fn basic(walk: &mut Walk<'_>, node: &Node) -> Option<(String, Secret)> {
    let fields = Fields::open(walk, node, &BASIC)?;
    let user = fields.read(walk, "username", super::walk::text);
    let password = fields.read(walk, "password", secret);
    Some((user?, password?))
}

fn secret(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Secret> {
    let text = walk.scalar(node, key)?;
    if text.value.is_empty() || text.value.chars().any(char::is_control) {
        let message = match text.value.is_empty() {
            true => format!("`{}` must be {}", key.name, key.shape.expected()),
            false => format!("`{}` holds a control character, such as the end of a line", key.name),
        };
        walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
        return None;
    }
    Some(Secret::new(text.value))
}

type Certificates = (Option<PathBuf>, Option<(PathBuf, PathBuf)>);

fn tls(walk: &mut Walk<'_>, node: &Node) -> Option<Certificates> {
    let fields = Fields::open(walk, node, &TLS)?;
    let ca = fields.optional(walk, "ca", path);
    let certificate = fields.optional(walk, "certificate", path);
    let key = fields.optional(walk, "key", path);
    let client = match (certificate?.flatten(), key?.flatten()) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            let message = "`certificate` and `key` belong together: one of them is missing";
            walk.report(Diagnostic::error("missing-key", message).at(fields.place(), ""));
            return None;
        }
    };
    Some((ca?.flatten(), client))
}

#[cfg(test)]
mod tests {
    use super::super::daemon::DAEMON;
    use super::super::walk::walked;
    use super::*;

    fn read(yaml: &str) -> (Option<RegistrySpec>, Vec<String>) {
        let key = DAEMON.key("schema_registry").expect("it stands in the table");
        walked(yaml, |walk, node| registry(walk, node, key))
    }

    #[test]
    fn one_address_or_several() {
        let (spec, codes) = read("{url: 'https://r:8081/base/'}");
        assert_eq!(
            (spec.map(|spec| spec.urls), codes),
            (Some(vec!["https://r:8081/base".to_owned()]), vec![])
        );
        let (spec, _) =
            read("{url: ['http://a:1', 'http://b:1'], basic_auth: {username: u, password: '${env:SECRET}'}}");
        let spec = spec.expect("it is right");
        assert_eq!(spec.urls.len(), 2);
        assert!(!format!("{spec:?}").contains("hunter2"), "{spec:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (yaml, code) in [
            ("{timeout: 1s}", "missing-key"),
            ("{url: 'r:8081'}", "bad-value"),
            ("{url: 'http://u:p@r:8081'}", "bad-value"),
            ("{url: []}", "wrong-type"),
            ("{url: 'http://r', basic_auth: {username: a, password: b}, bearer_token: c}", "bad-value"),
            ("{url: 'http://r', tls: {certificate: a.pem}}", "missing-key"),
        ] {
            assert_eq!(read(yaml).1, [code], "{yaml}");
        }
    }
}
