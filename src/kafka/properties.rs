//! librdkafka's own table of properties, read from the library that is linked, and its judgement of values.
//!
//! What a name means, which client it is for and which values it takes is never copied into Millstream:
//! another librdkafka brings its own table. Which of them a user may set is `config/`'s business.

#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::OnceLock;

use rdkafka::bindings::{
    rd_kafka_conf_destroy, rd_kafka_conf_new, rd_kafka_conf_properties_show, rd_kafka_conf_res_t,
    rd_kafka_conf_set,
};

/// The longest message that librdkafka writes about a value, in bytes.
const MESSAGE_BYTES_MAX: usize = 512;

/// Which clients a property is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `C`
    Consumer,
    /// `P`
    Producer,
    /// `*`
    Both,
}

/// One row of librdkafka's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Which clients it is for.
    pub scope: Scope,
    /// The property that it is another name for.
    pub alias_of: Option<String>,
    /// The values it takes, as librdkafka lists them; empty where anything goes.
    pub range: String,
    /// The default, as librdkafka writes it.
    pub default: String,
    /// librdkafka's words for its type, such as `integer`.
    pub kind: String,
    /// What it means.
    pub doc: String,
}

impl Property {
    /// Whether only a program can set it: callbacks and pointers.
    pub fn is_for_code(&self) -> bool {
        self.kind == "see dedicated API"
    }
}

/// The table of the librdkafka that is linked.
pub fn table() -> &'static BTreeMap<String, Property> {
    static TABLE: OnceLock<BTreeMap<String, Property>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = BTreeMap::new();
        for property in show().lines().filter_map(parse_row) {
            // The global properties come first; a topic property of the same name is set through them.
            table.entry(property.name.clone()).or_insert(property);
        }
        table
    })
}

/// Lets librdkafka judge a value.
///
/// # Errors
///
/// librdkafka's own words, which can hold the value.
pub fn try_value(name: &str, value: &str) -> Result<(), String> {
    let no_nul = |_| "it holds a NUL byte".to_owned();
    let name = CString::new(name).map_err(no_nul)?;
    let value = CString::new(value).map_err(no_nul)?;
    let mut message = [0 as c_char; MESSAGE_BYTES_MAX];
    // SAFETY: `conf` is a fresh configuration that only this block holds and that it destroys; both strings
    // end in NUL and live through the call, which copies them; the message is cut at the length given and
    // always ends in NUL.
    unsafe {
        let conf = rd_kafka_conf_new();
        let result =
            rd_kafka_conf_set(conf, name.as_ptr(), value.as_ptr(), message.as_mut_ptr(), MESSAGE_BYTES_MAX);
        rd_kafka_conf_destroy(conf);
        match result {
            rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            _ => Err(CStr::from_ptr(message.as_ptr()).to_string_lossy().into_owned()),
        }
    }
}

/// The table as librdkafka prints it; empty where there is no memory for it.
fn show() -> String {
    let mut buffer: *mut c_char = ptr::null_mut();
    let mut length: libc::size_t = 0;
    // SAFETY: `open_memstream` keeps the two pointers until `fclose`, and both outlive it; after `fclose`
    // the buffer holds `length` bytes, is ours alone, and is freed once, after its bytes were copied.
    unsafe {
        let stream = libc::open_memstream(&raw mut buffer, &raw mut length);
        if stream.is_null() {
            return String::new();
        }
        rd_kafka_conf_properties_show(stream);
        libc::fclose(stream);
        if buffer.is_null() {
            return String::new();
        }
        let bytes = std::slice::from_raw_parts(buffer.cast::<u8>(), length).to_vec();
        libc::free(buffer.cast());
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// One row: `name | C/P | range | default | importance | description <br>*Type: kind*`.
fn parse_row(row: &str) -> Option<Property> {
    let (name, rest) = row.split_once('|')?;
    let (scope, rest) = rest.split_once('|')?;
    let scope = match scope.trim() {
        "C" => Scope::Consumer,
        "P" => Scope::Producer,
        "*" => Scope::Both,
        _ => return None,
    };
    // A default can hold a `|` of its own: the importance tells where the description starts.
    let importance =
        [" | high ", " | medium ", " | low "].into_iter().filter_map(|word| Some((rest.find(word)?, word)));
    let (at, word) = importance.min()?;
    let (range, default) = rest[..at].split_once('|')?;
    let description = rest[at + word.len()..].trim_start_matches([' ', '|']);
    let (doc, kind) = description.rsplit_once("<br>*Type: ").unwrap_or((description, ""));
    Some(Property {
        name: name.trim().to_owned(),
        scope,
        alias_of: alias_of(doc),
        range: range.trim().to_owned(),
        default: default.trim().to_owned(),
        kind: kind.trim_end().trim_end_matches('*').to_owned(),
        doc: doc.trim().to_owned(),
    })
}

fn alias_of(doc: &str) -> Option<String> {
    let rest = doc.trim_start_matches("**DEPRECATED** ").strip_prefix("Alias for `")?;
    Some(rest.split_once('`')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linked_librdkafka_tells_its_table() {
        let table = table();
        assert!(table.len() > 150, "{}", table.len());
        let linger = &table["linger.ms"];
        assert_eq!(linger.alias_of.as_deref(), Some("queue.buffering.max.ms"));
        assert_eq!((linger.scope, linger.range.as_str()), (Scope::Producer, "0 .. 900000"));
        assert_eq!(table["session.timeout.ms"].scope, Scope::Consumer);
        assert_eq!(table["client.id"].scope, Scope::Both);
        assert_eq!(table["client.id"].default, "rdkafka");
        assert_eq!(table["acks"].alias_of.as_deref(), Some("request.required.acks"));
        assert_eq!(table["sasl.kerberos.kinit.cmd"].kind, "string");
        assert!(table["rebalance_cb"].is_for_code());
        assert!(!table["enable.idempotence"].is_for_code());
    }

    #[test]
    fn every_alias_has_its_property() {
        for property in table().values() {
            assert!(
                property.alias_of.as_ref().is_none_or(|alias| table().contains_key(alias)),
                "{property:?}"
            );
        }
    }

    #[test]
    fn values_are_judged_by_librdkafka() {
        assert_eq!(try_value("linger.ms", "5"), Ok(()));
        assert!(try_value("batch.size", "many").unwrap_err().contains("batch.size"));
        assert!(try_value("linger.ms", "900001").is_err());
        assert!(try_value("no.such", "1").is_err());
        assert!(try_value("client.id", "a\0b").is_err());
    }
}
