//! `admin:` of the daemon's file: where the admin server listens, and who may do what.

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, TOKEN_CHARS_MAX, TOKEN_CHARS_MIN};
use super::node::{Node, Value};
use super::spec::{AdminAccess, AdminListen, Secret};
use super::walk::{Fields, Walk, items};

/// The longest name of a host that DNS knows.
pub(super) const HOST_CHARS_MAX: usize = 253;

/// The keys of `admin:`.
pub(super) static ADMIN: Element = Element {
    name: "an admin",
    doc: "The admin server.",
    exactly_one: false,
    keys: &[
        Key {
            name: "listen",
            shape: Shape::Listen,
            need: Need::Default("127.0.0.1:9464"),
            doc: "the address of the admin server; null: off, and the control socket stays",
        },
        Key {
            name: "token",
            shape: Shape::Token,
            need: Need::Optional,
            doc: "what changing calls over TCP bring along, usually `${file:…}` or `${credential:…}`; left out: TCP serves reads only",
        },
        Key {
            name: "hosts",
            shape: Shape::List { of: &Shape::Host, min: 0 },
            need: Need::Optional,
            doc: "names by which the API may be called over TCP, besides addresses and `localhost`",
        },
    ],
};

/// Reads `admin:`; `None` where something in it is wrong, which has been said.
pub(super) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<(Option<AdminListen>, AdminAccess)> {
    let fields = Fields::open(walk, node, &ADMIN)?;
    let is_default = fields.node("listen").is_none();
    let listen = fields.read(walk, "listen", |walk, node, key| match node.value {
        Value::Null => Some(None),
        _ => walk.parsed(node, key, None, |text| {
            let address = text.parse().ok()?;
            Some(Some(AdminListen { address, is_default }))
        }),
    });
    let token = fields.optional(walk, "token", token);
    let hosts = fields.optional(walk, "hosts", |walk, node, key| {
        let read: Vec<_> = items(walk, node, key)?.iter().map(|node| host(walk, node, key)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    Some((listen?, AdminAccess { token: token?, hosts: hosts?.unwrap_or_default() }))
}

/// A token. What is wrong is never quoted: it may be nearly right.
fn token(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Secret> {
    let text = walk.scalar(node, key)?;
    let is_token = (TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&text.value.len())
        && text.value.bytes().all(|byte| byte.is_ascii_graphic());
    if !text.opaque && !is_token {
        let message = format!("`{}` must be {}", key.name, key.shape.expected());
        walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
        return None;
    }
    Some(Secret::new(text.value))
}

fn host(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<String> {
    let text = walk.scalar(node, key)?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = (1..=HOST_CHARS_MAX).contains(&text.value.len()) && text.value.chars().all(is_letter);
    if !text.opaque && !is_name {
        let message =
            format!("`{}` must list hosts' names without ports, and one is `{}`", key.name, text.shown);
        walk.report(Diagnostic::error("bad-value", message).at(node.place, ""));
        return None;
    }
    Some(text.value.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::walk::walked;
    use super::*;

    #[test]
    fn absent_is_the_usual_address_null_is_off_and_both_read_only() {
        let usual = AdminListen { address: ([127, 0, 0, 1], 9464).into(), is_default: true };
        assert_eq!(walked("{}", read).0, Some((Some(usual), AdminAccess::default())));
        assert_eq!(walked("listen: null", read).0, Some((None, AdminAccess::default())));
    }

    #[test]
    fn a_token_is_not_shown() {
        let yaml = "{listen: '[::1]:9464', token: correct-horse-battery, hosts: [Mill.Example]}";
        let (listen, access) = walked(yaml, read).0.expect("it is right");
        let address = "[::1]:9464".parse().expect("an address");
        assert_eq!(listen, Some(AdminListen { address, is_default: false }));
        assert_eq!(access.hosts, ["mill.example"]);
        assert_eq!(access.token.as_ref().map(Secret::reveal), Some("correct-horse-battery"));
        assert!(!format!("{access:?}").contains("horse"));
    }

    #[test]
    fn what_is_no_address_no_token_or_no_host_is_refused() {
        for yaml in [
            "listen: 9464",
            "listen: localhost:9464",
            "token: short",
            "token: 'with a space in the middle'",
            "hosts: mill",
            "hosts: ['mill:9464']",
        ] {
            assert!(walked(yaml, read).0.is_none(), "{yaml}");
        }
    }
}
