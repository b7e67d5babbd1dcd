//! The clicks that the demo makes: each is a function of its number, so that they can be made anew and counted.

use std::borrow::Cow;

use crate::record::Header;

/// One click in so many is poison.
const POISON_EVERY: u64 = 100;

/// One record in so many is a tombstone: a user asks to be forgotten.
const TOMBSTONE_EVERY: u64 = 1_000;

/// A record of the click stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Click {
    /// The user of a tombstone; clicks have none.
    pub(super) key: Option<Vec<u8>>,
    /// JSON, or what is wrong with it.
    pub(super) value: Option<Vec<u8>>,
    kind: &'static str,
    session: String,
}

/// What is wrong with a poison click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The JSON ends in the middle.
    Truncated,
    /// Numbers are words.
    WrongType,
    /// No byte at all.
    Empty,
    /// A byte that UTF-8 does not know.
    NotUtf8,
    /// The user is missing.
    NoUser,
}

const FAULTS: [Fault; 5] = [Fault::Truncated, Fault::WrongType, Fault::Empty, Fault::NotUtf8, Fault::NoUser];

impl Click {
    /// The click of this number.
    pub(super) fn of(number: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(number);
        let user = random.u32(1..5_000);
        let session = format!("s-{:08x}", random.u32(..));
        if is_tombstone(number) {
            let key = Some(format!("u-{user}").into_bytes());
            return Self { key, value: None, kind: "forget", session };
        }
        let kind = match random.u32(..100) {
            0..88 => "page",
            88..96 => "purchase",
            _ => "heartbeat",
        };
        let value = Some(value(number, user, kind, &mut random));
        Self { key: None, value, kind, session }
    }

    /// Its headers: what it is, and the session that it belongs to.
    pub(super) fn headers(&self) -> [Header<'_>; 2] {
        let header = |name: &'static str, value| Header {
            name: Cow::Borrowed(name.as_bytes()),
            value: Some(Cow::Borrowed(value)),
        };
        [header("kind", self.kind.as_bytes()), header("session", self.session.as_bytes())]
    }
}

/// Whether the click of this number is broken. Which pipelines notice depends on what they look at.
pub(super) fn is_poison(number: u64) -> bool {
    fault(number).is_some()
}

fn is_tombstone(number: u64) -> bool {
    number % TOMBSTONE_EVERY == TOMBSTONE_EVERY / 2
}

fn fault(number: u64) -> Option<Fault> {
    let which = usize::try_from(number / POISON_EVERY % FAULTS.len() as u64).expect("a small number");
    (number % POISON_EVERY == POISON_EVERY / 4).then(|| FAULTS[which])
}

fn value(number: u64, user: u32, kind: &str, random: &mut fastrand::Rng) -> Vec<u8> {
    let fault = fault(number);
    if fault == Some(Fault::Empty) {
        return Vec::new();
    }
    let region = match random.u32(..100) {
        0..45 => "EU",
        45..80 => "US",
        _ => "APAC",
    };
    let page = ["/", "/cart", "/products/12", "/products/7", "/search", "/help"][random.usize(..6)];
    let user = if fault == Some(Fault::NoUser) { "null".to_owned() } else { format!("\"u-{user}\"") };
    let wrong = fault == Some(Fault::WrongType);
    let load_ms = if wrong { "\"slow\"".to_owned() } else { format!("{:.4}", load_ms(random)) };
    let total = match kind {
        "purchase" if wrong => ",\"total\":\"free\"".to_owned(),
        "purchase" => format!(",\"total\":{:.2}", 5.0 + random.f64() * 195.0),
        _ => String::new(),
    };
    let bot = random.u32(..100) < 15;
    let host = random.u32(1..9);
    let mut text = format!(
        r#"{{"id":"c-{number:07}","user":{user},"region":"{region}","page":"{page}","load_ms":{load_ms}{total},"bot":{bot},"debug":{{"host":"web-{host}","build":"2f1c"}}}}"#
    )
    .into_bytes();
    match fault {
        Some(Fault::Truncated) => text.truncate(text.len() / 2),
        // Where the region's name begins.
        Some(Fault::NotUtf8) => {
            let at = text.windows(9).position(|part| part == b"\"region\":").map_or(0, |at| at + 10);
            text[at] = 0xff;
        }
        _ => {}
    }
    text
}

/// Most pages load fast, some do not.
fn load_ms(random: &mut fastrand::Rng) -> f64 {
    40.0 + random.f64().powi(4) * 1_400.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_click_in_a_hundred_is_poison_of_each_kind() {
        let found: Vec<Fault> = (0..500).filter_map(fault).collect();
        assert_eq!(found, FAULTS);
    }

    #[test]
    fn a_click_is_json_unless_it_is_broken() {
        let mut broken = 0;
        for number in 0..1_000 {
            let click = Click::of(number);
            let Some(value) = &click.value else {
                assert!(is_tombstone(number) && click.key.is_some());
                continue;
            };
            match serde_json::from_slice::<serde_json::Value>(value) {
                Ok(value) => assert!(value["id"].is_string()),
                Err(_) => broken += 1,
            }
            assert_eq!(click, Click::of(number));
        }
        // Truncated, empty and not UTF-8; wrong types and missing users are JSON.
        assert_eq!(broken, 6);
    }
}
