//! `kafka:`: librdkafka's properties, checked by its own table and by Millstream's rules, merged and split.

use std::collections::BTreeMap;

use crate::kafka::probe::try_clients;
use crate::kafka::properties::{Scope, table, try_value};

use super::diagnostic::Diagnostic;
use super::element::nearest;
use super::interpolate::{OtherDollars, Text};
use super::kafka_rules::{CLASSIC_ONLY, is_fixed, refusal};
use super::node::{Key, Node, Value};
use super::source_map::Place;
use super::spec::KafkaSpec;
use super::walk::Walk;

/// The name under which the brokers' addresses are kept.
pub(super) const BOOTSTRAP: &str = "bootstrap.servers";

/// One property as a file gives it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// librdkafka's own name for it, aliases resolved.
    pub canonical: String,
    /// The value.
    pub value: Text,
    /// Where the name stands; `None` on the command line.
    pub place: Option<Place>,
}

impl Entry {
    /// The brokers that the command line names.
    pub(super) fn bootstrap(servers: &str) -> Entry {
        Entry { canonical: BOOTSTRAP.to_owned(), value: Text::plain(servers), place: None }
    }
}

/// What one `kafka:` gives.
#[derive(Default)]
pub(super) struct Properties {
    /// What can be set.
    pub entries: Vec<Entry>,
    /// Something else stood there, which was told of.
    pub is_broken: bool,
}

/// Reads `kafka:`. What is wrong is said and left out.
pub(super) fn properties(walk: &mut Walk<'_>, node: &Node) -> Properties {
    let said = walk.diagnostics.len();
    let entries = entries(walk, node);
    Properties { entries, is_broken: walk.diagnostics.len() > said }
}

fn entries(walk: &mut Walk<'_>, node: &Node) -> Vec<Entry> {
    let entries = match &node.value {
        Value::Map(entries) => entries,
        Value::Null => return Vec::new(),
        _ => {
            let message =
                format!("`kafka` must be a mapping of librdkafka's properties, and is {}", node.kind());
            walk.report(Diagnostic::error("wrong-type", message).at(node.place, node.kind()));
            return Vec::new();
        }
    };
    let mut read: Vec<Entry> = Vec::new();
    for (key, value) in entries {
        let Some(entry) = property(walk, key, value) else {
            continue;
        };
        if let Some(earlier) = read.iter().find(|earlier| earlier.canonical == entry.canonical) {
            let message = format!("`{}` is set twice", key.name);
            let twice = Diagnostic::error("duplicate-key", message).at(key.place, "here again");
            walk.report(match earlier.place {
                Some(place) => twice.also(place, "first here"),
                None => twice,
            });
            continue;
        }
        read.push(entry);
    }
    read
}

fn property(walk: &mut Walk<'_>, key: &Key, node: &Node) -> Option<Entry> {
    let canonical = known(walk, key)?;
    if matches!(node.value, Value::Null | Value::List(_) | Value::Map(_)) {
        let message = format!("`{}` must be a single value, and is {}", key.name, node.kind());
        walk.report(Diagnostic::error("wrong-type", message).at(node.place, node.kind()));
        return None;
    }
    let value = walk.text(node, OtherDollars::Refused)?;
    if !value.opaque {
        if let Some(refusal) = refusal(&canonical, &value.value) {
            let message = format!("`{}` cannot be `{}`: {}", key.name, value.shown, refusal.reason);
            let refused = Diagnostic::error("forbidden-property", message).at(key.place, "");
            walk.report(refused.note(refusal.allowed));
            return None;
        }
        if let Err(message) = try_value(&key.name, &value.value) {
            let message = match value.filled {
                true => format!("librdkafka refuses the value of `{}`", key.name),
                false => format!("librdkafka refuses the value of `{}`: {message}", key.name),
            };
            walk.report(Diagnostic::error("bad-property", message).at(node.place, range_of(&canonical)));
            return None;
        }
    }
    Some(Entry { canonical, value, place: Some(key.place) })
}

/// librdkafka's own name for a key; says so where it has none.
fn known(walk: &mut Walk<'_>, key: &Key) -> Option<String> {
    let Some(property) = table().get(&key.name) else {
        let message = format!("librdkafka has no property `{}`", key.name);
        let unknown = Diagnostic::error("unknown-property", message).at(key.place, "");
        let settable = table().values().filter(|property| !property.is_for_code());
        walk.report(match nearest(&key.name, settable.map(|property| property.name.as_str())) {
            Some(near) => unknown.note(format!("did you mean `{near}`?")),
            None => unknown,
        });
        return None;
    };
    if property.is_for_code() {
        let message = format!("`{}` cannot be set in a file: it is set by a program's code", key.name);
        walk.report(Diagnostic::error("forbidden-property", message).at(key.place, ""));
        return None;
    }
    Some(canonical_name(&key.name))
}

fn canonical_name(name: &str) -> String {
    if name == BOOTSTRAP || name == "metadata.broker.list" {
        return BOOTSTRAP.to_owned();
    }
    let alias = table().get(name).and_then(|property| property.alias_of.clone());
    // The topic property's alias of the same name is shadowed by the global property.
    alias.unwrap_or_else(|| name.to_owned())
}

/// The name that users know: where librdkafka has an alias for its own name, that is Kafka's.
fn usual_name(canonical: &str) -> String {
    let alias = table().values().find(|property| property.alias_of.as_deref() == Some(canonical));
    alias.map_or(canonical, |property| &property.name).to_owned()
}

fn range_of(canonical: &str) -> String {
    let range = table().get(canonical).map_or("", |property| property.range.as_str());
    match range {
        "" => String::new(),
        range => format!("it takes {range}"),
    }
}

/// What a pipeline runs with: each later layer over the earlier ones.
pub(super) fn merge<'a>(layers: impl IntoIterator<Item = &'a [Entry]>) -> Vec<&'a Entry> {
    let mut merged: BTreeMap<&str, &Entry> = BTreeMap::new();
    for entry in layers.into_iter().flatten() {
        merged.insert(&entry.canonical, entry);
    }
    merged.into_values().collect()
}

/// Says which properties do not go together; gives whether all do.
pub(super) fn check_together(walk: &mut Walk<'_>, merged: &[&Entry]) -> bool {
    let said = walk.diagnostics.len();
    let find = |name: &str| merged.iter().find(|entry| entry.canonical == name);
    let is_kip_848 = |entry: &&&Entry| entry.value.value == "consumer";
    let Some(protocol) = find("group.protocol").filter(is_kip_848) else {
        return true;
    };
    for name in CLASSIC_ONLY {
        let Some(Entry { place: Some(place), .. }) = find(name) else {
            continue;
        };
        let message = format!("`{name}` does not go with `group.protocol: consumer`");
        let wrong = Diagnostic::error("forbidden-property", message).at(*place, "");
        let wrong = wrong.note("with KIP-848 the broker decides it: leave it out");
        walk.report(match protocol.place {
            Some(place) => wrong.also(place, "said here"),
            None => wrong,
        });
    }
    walk.diagnostics.len() == said
}

/// Lets librdkafka make the clients: it finds there what it cannot find in one property, such as a file that
/// is not there. `place` is where the pipeline begins.
pub(super) fn check_clients(walk: &mut Walk<'_>, merged: &[&Entry], spec: &KafkaSpec, place: Place) {
    let Err(error) = try_clients(&spec.consumer, &spec.producer) else { return };
    let message = error.to_string();
    let is_named = |entry: &&&Entry| {
        message.contains(&entry.canonical) || message.contains(&usual_name(&entry.canonical))
    };
    let named = merged.iter().filter(is_named).find_map(|entry| entry.place);
    let tells = |entry: &&Entry| entry.value.filled && message.contains(&entry.value.value);
    let code = "bad-properties";
    if message.contains("GSSAPI") {
        let message = "`sasl.mechanism` is not set, and this version has not librdkafka's default, GSSAPI";
        let wrong = Diagnostic::error(code, message).at(place, "the clients of this pipeline");
        walk.report(wrong.note("it can be `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`"));
        return;
    }
    let message = match merged.iter().any(tells) {
        true => {
            "librdkafka cannot make the clients (its words could tell a value that was filled in)".to_owned()
        }
        false => format!("librdkafka cannot make the clients: {message}"),
    };
    let (at, what) = match named {
        Some(named) => (named, ""),
        None => (place, "the clients of this pipeline"),
    };
    walk.report(Diagnostic::error(code, message).at(at, what));
}

/// Splits by librdkafka's scopes.
pub(super) fn split(merged: &[&Entry]) -> KafkaSpec {
    let mut spec = KafkaSpec::default();
    for entry in merged.iter().filter(|entry| !is_fixed(&entry.canonical)) {
        let scope = table().get(&entry.canonical).map_or(Scope::Both, |property| property.scope);
        let pair = || (usual_name(&entry.canonical), entry.value.value.clone());
        if scope != Scope::Producer {
            spec.consumer.extend([pair()]);
        }
        if scope != Scope::Consumer {
            spec.producer.extend([pair()]);
        }
    }
    spec
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, value: &str) -> Entry {
        Entry { canonical: canonical_name(name), value: Text::plain(value), place: None }
    }

    #[test]
    fn the_pipelines_properties_stand_over_the_daemons_whatever_they_are_called() {
        let daemon =
            [entry("linger.ms", "5"), entry("client.id", "daemon"), entry("session.timeout.ms", "6000")];
        let pipeline = [entry("queue.buffering.max.ms", "50")];
        let spec = split(&merge([&daemon[..], &pipeline[..]]));
        let pairs = |map: &BTreeMap<String, String>| {
            map.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        assert_eq!(pairs(&spec.consumer), ["client.id=daemon", "session.timeout.ms=6000"]);
        assert_eq!(pairs(&spec.producer), ["client.id=daemon", "linger.ms=50"]);
    }

    #[test]
    fn brokers_keep_their_usual_name() {
        assert_eq!(canonical_name("metadata.broker.list"), "bootstrap.servers");
        assert_eq!(canonical_name("bootstrap.servers"), "bootstrap.servers");
        assert_eq!(usual_name("bootstrap.servers"), "bootstrap.servers");
        assert_eq!(usual_name("request.required.acks"), "acks");
        assert_eq!(usual_name("session.timeout.ms"), "session.timeout.ms");
    }

    #[test]
    fn debug_shows_no_value() {
        let secret = [entry("sasl.password", "hunter2")];
        let debug = format!("{:?}", split(&merge([&secret[..]])));
        assert!(debug.contains("sasl.password") && !debug.contains("hunter2"), "{debug}");
    }
}
