//! Readers that differ from the writer, held to the specification as `specification` says it, and to apache-avro as far as
//! that goes by the specification.
//!
//! apache-avro resolves by the value at hand and not by the two schemas. It takes what the specification refuses (a long as an
//! int where it fits, any decimal as any other), looks at no names and no aliases, takes the first record of a union
//! that has the members, reads texts as the characters that they are where a default has bytes, and takes no default but of a union's first variant. Such changes
//! are in the other property alone. Where it refuses what it should take, [`is_known_refusal`] names it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use apache_avro::Schema as Apache;
use proptest::prelude::*;
use serde_json::Value as Json;
use vrl::value::Value;

use super::super::schema::{Inner, Node, NodeId, Schema};
use super::super::{Reading, Wanted};
use super::generate::{self, Entropy};
use super::oracle::{self, exact};
use super::properties::{self, Case};
use super::reader::{Changes, reader};
use super::specification::Pair;
use crate::codec::Document;

/// apache-avro resolves what stands in a union once to find the variant and once more to take it, on each level.
const NESTING_MAX: usize = 6;

fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

/// How many kinds of changes there are.
const AXES: usize = 22;

/// What was written, the reader's schema, and what is read: by the codec, and by the specification.
struct Read {
    case: Case,
    reader_text: String,
    reader: Arc<Schema>,
    axes: BTreeSet<&'static str>,
    ours: Result<String, String>,
    specified: Option<String>,
}

impl Read {
    /// Whether apache-avro resolves it, and in this life.
    fn is_for_apache_avro(&self) -> bool {
        nesting(&self.case.value) <= NESTING_MAX
            && [&self.case.schema, &self.reader].into_iter().all(|schema| tells_variants_apart(schema))
    }
}

/// `None`: one of the schemas is none.
fn read(schema: &[u8], change: &[u8], value: &[u8], changes: Changes) -> Option<Read> {
    let writer: Json = generate::record_schema(&mut Entropy::new(schema));
    let (reader, axes) = reader(&writer, &mut Entropy::new(change), changes);
    let case = properties::case(&writer.to_string(), &mut Entropy::new(value))?;
    let reader_text = reader.to_string();
    Apache::parse_str(&reader_text).ok()?;
    let reader = Arc::new(Schema::parse(&reader_text, &[]).expect("apache-avro has parsed it"));
    let ours = |validate: bool| {
        let reader = Some(Arc::clone(&reader));
        let reading = Reading::new(Arc::clone(&case.schema), reader, Wanted::All, validate);
        let reading = reading.map_err(|error| error.to_string())?;
        let document = Arc::new(reading).decode(&case.bytes);
        let value = document.and_then(Document::into_value).map_err(|error| error.to_string())?;
        Ok::<_, String>(exact(&value))
    };
    let (ours, skipping) = (ours(true), ours(false));
    // What the reader lacks is sound: it makes no difference whether it is looked at.
    assert_eq!(ours, skipping);
    let written = oracle::read(&case.apache, None, &case.bytes).expect("apache-avro reads what it wrote");
    let specified = Pair::new(&case.schema, &reader).read(&written).ok()?;
    let specified = specified.map(|value| exact(&oracle::expected(&reader, reader.root(), &value)));
    Some(Read { case, reader_text, reader, axes, ours, specified })
}

/// apache-avro 0.22 holds the bytes of a `bytes` decimal to the precision of its type as if it were a `fixed`: each number
/// would need as many as the greatest does, where the specification asks for as few as hold the number. In a union it says
/// that no variant takes the value that it tells.
fn is_known_refusal(error: &str) -> bool {
    error.starts_with("Precision ") && error.contains(" too small to hold decimal values with ")
        || error.starts_with("Could not find matching type in ") && error.contains("Decimal(Decimal {")
}

/// Whether apache-avro finds the variant of each value: of unions with several records (or a map beside them), enums or types of
/// bytes it takes the first that the value fits, and UUIDs of 16 bytes it does not find in a union in a record in a union.
fn tells_variants_apart(schema: &Schema) -> bool {
    let group = |id: &NodeId| match schema.node(*id) {
        Node::Record { .. } | Node::Map(_) => Some(0),
        Node::Enum { .. } => Some(1),
        Node::Fixed { .. }
        | Node::Duration { .. }
        | Node::Decimal { .. }
        | Node::Uuid(_)
        | Node::Bytes
        | Node::BigDecimal => Some(2),
        _ => None,
    };
    schema.ids().all(|id| match schema.node(id) {
        Node::Union(variants) => {
            let groups: Vec<_> = variants.iter().filter_map(group).collect();
            groups.len() == groups.iter().collect::<BTreeSet<_>>().len()
        }
        Node::Uuid(Inner::Fixed { .. }) => false,
        _ => true,
    })
}

fn bytes() -> impl Strategy<Value = (Vec<u8>, Vec<u8>, Vec<u8>)> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    (bytes(60), bytes(80), bytes(100))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn schemas_that_grow_resolve_as_apache_avro_has_it((schema, change, value) in bytes()) {
        let read = read(&schema, &change, &value, Changes::Plain);
        let Some(read) = read else { return Err(TestCaseError::reject("no schema")) };
        prop_assert_eq!(read.ours.as_ref().ok(), read.specified.as_ref(), "{:?} {}", read.ours, read.reader_text);
        if !read.is_for_apache_avro() {
            return Ok(());
        }
        let apache = Apache::parse_str(&read.reader_text).expect("it has been parsed before");
        match oracle::read(&read.case.apache, Some(&apache), &read.case.bytes) {
            Ok(theirs) => {
                let theirs = oracle::expected(&read.reader, read.reader.root(), &theirs);
                prop_assert_eq!(read.ours, Ok(exact(&theirs)));
            }
            Err(error) if is_known_refusal(&error) => prop_assert!(read.ours.is_ok(), "{:?}", read.ours),
            Err(error) => prop_assert!(read.ours.is_err(), "apache-avro: {}; ours: {:?}", error, read.ours),
        }
    }

    #[test]
    fn schemas_that_differ_resolve_as_the_specification_has_it((schema, change, value) in bytes()) {
        let read = read(&schema, &change, &value, Changes::All);
        let Some(read) = read else { return Err(TestCaseError::reject("no schema")) };
        prop_assert_eq!(read.ours.as_ref().ok(), read.specified.as_ref(), "{:?} {}", read.ours, read.reader_text);
    }
}

/// A checker is checked: each kind of change is there often, in what is read and in what is refused, and most of what
/// apache-avro may judge it does.
#[test]
fn each_kind_of_change_is_made_and_comes_to_values() {
    let mut counts: BTreeMap<&'static str, [usize; 2]> = BTreeMap::new();
    let (mut outcomes, mut judged) = ([0; 2], [0; 2]);
    for seed in 0..5_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut fill = |length: usize| (0..length).map(|_| random.u8(..)).collect::<Vec<u8>>();
        let (schema, change, value) = (fill(60), fill(80), fill(100));
        if let Some(read) = read(&schema, &change, &value, Changes::Plain) {
            judged[usize::from(read.is_for_apache_avro())] += 1;
        }
        let Some(read) = read(&schema, &change, &value, Changes::All) else { continue };
        let outcome = usize::from(read.ours.is_err());
        outcomes[outcome] += 1;
        read.axes.iter().for_each(|axis| counts.entry(axis).or_default()[outcome] += 1);
    }
    assert_eq!(counts.len(), AXES, "{counts:?}");
    assert!(counts.values().all(|[read, _]| *read >= 10), "{counts:?}");
    assert!(outcomes.iter().all(|count| *count > 500), "{outcomes:?}");
    assert!(judged[1] > judged[0], "{judged:?}");
}
