//! What programs do to a record that is held member by member is what they would do to one value.

use proptest::prelude::*;
use vrl::path::{OwnedSegment, OwnedValuePath};
use vrl::value::Value;

use super::super::{Reading, Wanted};
use super::generate::{self, Entropy};
use super::only;
use super::properties::{Case, case};
use crate::codec::{Document, encode_json};

/// One thing that a program does.
#[derive(Debug)]
enum Change {
    Insert(OwnedValuePath, Value),
    Remove(OwnedValuePath, bool),
    Take(OwnedValuePath),
    Look(OwnedValuePath),
}

/// Paths into the value, and beside it.
fn path(value: &Value, entropy: &mut Entropy<'_>) -> OwnedValuePath {
    let mut segments = Vec::new();
    let mut at = Some(value);
    // A root one time in sixteen.
    for _ in 0..[1, 2, 3, 1, 2, 1, 1, 1, 2, 2, 1, 3, 1, 2, 1, 0][entropy.below(16)] {
        let segment = match (at, entropy.below(8)) {
            (_, 0) => OwnedSegment::field("new"),
            (_, 1) if !segments.is_empty() => OwnedSegment::index(entropy.below(3) as isize - 1),
            (Some(Value::Object(members)), _) if !members.is_empty() => {
                let name = members.keys().nth(entropy.below(members.len())).expect("there are so many");
                OwnedSegment::field(name)
            }
            (Some(Value::Array(items)), _) if !items.is_empty() => {
                OwnedSegment::index(entropy.below(items.len()) as isize)
            }
            _ => OwnedSegment::field("more"),
        };
        segments.push(segment);
        at = value.get(&segments);
    }
    OwnedValuePath { segments }
}

fn change(value: &Value, entropy: &mut Entropy<'_>) -> Change {
    let path = path(value, entropy);
    match entropy.below(5) {
        0 => Change::Insert(path, Value::Integer(entropy.long())),
        1 => Change::Insert(path, Value::Object([("in".into(), Value::Null)].into())),
        2 => Change::Remove(path, entropy.flag()),
        3 => Change::Take(path),
        _ => Change::Look(path),
    }
}

/// What it gives.
fn carry_out(change: &Change, document: &mut Document) -> Option<Value> {
    match change {
        Change::Insert(path, value) => {
            document.insert(path, value.clone());
            None
        }
        Change::Remove(path, compact) => document.remove(path, *compact),
        Change::Take(path) => document.get_mut(path).map(|value| std::mem::replace(value, Value::Null)),
        Change::Look(path) => document.get(path).cloned(),
    }
}

fn json(document: &Document) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    encode_json(document, &mut out).map(|()| out).map_err(|error| error.to_string())
}

fn decoded(case: &Case, wanted: Wanted) -> Document {
    let reading = Reading::new(case.schema.clone(), None, wanted, false).expect("a schema reads itself");
    std::sync::Arc::new(reading).decode(&case.bytes).expect("what apache-avro wrote is read")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn changes_are_those_of_one_value(
        schema in prop::collection::vec(any::<u8>(), 0..60),
        value in prop::collection::vec(any::<u8>(), 0..200),
        changes in prop::collection::vec(any::<u8>(), 0..80),
        decodes: bool,
    ) {
        let text = generate::record_schema(&mut Entropy::new(&schema)).to_string();
        let case = case(&text, &mut Entropy::new(&value)).ok_or_else(|| TestCaseError::reject("no schema"))?;
        // Programs that look at what is not decoded are never run on it.
        let mut projected = decoded(&case, if decodes { Wanted::All } else { only([]) });
        let mut eager = Document::Eager(case.value.clone());
        let mut entropy = Entropy::new(&changes);
        for _ in 0..6 {
            let change = change(eager.root(), &mut entropy);
            if matches!(change, Change::Look(_)) && !decodes {
                continue;
            }
            let (ours, theirs) = (carry_out(&change, &mut projected), carry_out(&change, &mut eager));
            prop_assert_eq!(ours, theirs, "{:?}", change);
            prop_assert_eq!(&*projected.whole().expect("all of it decodes"), eager.root(), "{:?}", change);
            prop_assert_eq!(json(&projected), json(&eager), "{:?}", change);
            prop_assert_eq!(projected.is_null(), eager.is_null());
        }
    }
}
