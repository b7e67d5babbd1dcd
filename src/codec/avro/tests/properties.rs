//! Arbitrary schemas and values, held to apache-avro.

use std::sync::Arc;

use apache_avro::Schema as Apache;
use proptest::prelude::*;
use vrl::path::OwnedValuePath;
use vrl::value::Value;

use super::super::schema::{Node, Schema};
use super::super::{Reading, Wanted, Writing};
use super::generate::{self, Entropy};
use super::oracle::{self, exact};
use crate::codec::Document;

/// A schema, one value of it as bytes, and what it is in expressions.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) apache: Apache,
    pub(super) schema: Arc<Schema>,
    pub(super) bytes: Vec<u8>,
    pub(super) value: Value,
}

/// `None`: apache-avro does not take the schema.
pub(super) fn case(text: &str, entropy: &mut Entropy<'_>) -> Option<Case> {
    let apache = Apache::parse_str(text).ok()?;
    let schema = Arc::new(Schema::parse(text, &[]).expect("what apache-avro parses is a schema"));
    let avro = generate::value(&schema, schema.root(), entropy);
    let value = oracle::expected(&schema, schema.root(), &avro);
    let bytes = oracle::write(&apache, avro);
    Some(Case { apache, schema, bytes, value })
}

fn entropy() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    (bytes(60), bytes(200))
}

fn names(case: &Case) -> Vec<String> {
    let Node::Record { fields, .. } = case.schema.node(case.schema.root()) else { panic!("no record") };
    fields.iter().map(|field| field.name.clone()).collect()
}

fn some_case((schema, value): (Vec<u8>, Vec<u8>)) -> Result<Case, TestCaseError> {
    let text = generate::record_schema(&mut Entropy::new(&schema)).to_string();
    case(&text, &mut Entropy::new(&value)).ok_or_else(|| TestCaseError::reject("no schema"))
}

fn decoded(case: &Case, wanted: Wanted) -> Document {
    let reading = Reading::new(Arc::clone(&case.schema), None, wanted, true).expect("a schema reads itself");
    Arc::new(reading).decode(&case.bytes).expect("what apache-avro wrote is read")
}

fn written(case: &Case, document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    let writing = Writing::new(Arc::clone(&case.schema), false);
    writing.encode(document, &mut out).expect("what was read is written");
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn what_apache_avro_writes_is_read(bytes in entropy()) {
        let case = some_case(bytes)?;
        let document = decoded(&case, Wanted::All);
        prop_assert_eq!(exact(document.root()), exact(&case.value));
        prop_assert_eq!(written(&case, &document), case.bytes);
    }

    #[test]
    fn what_is_written_apache_avro_reads(bytes in entropy()) {
        let case = some_case(bytes)?;
        let ours = written(&case, &Document::Eager(case.value.clone()));
        let theirs = oracle::read(&case.apache, None, &ours).expect("apache-avro reads what is written");
        let theirs = oracle::expected(&case.schema, case.schema.root(), &theirs);
        prop_assert_eq!(exact(&theirs), exact(&case.value));
    }

    #[test]
    fn a_part_of_the_members_is_as_good_as_all(bytes in entropy(), chosen: u8) {
        let case = some_case(bytes)?;
        let wanted = names(&case).into_iter().enumerate().filter(|(index, _)| chosen >> (index % 8) & 1 == 1);
        let wanted = Wanted::Members(wanted.map(|(_, name)| name).collect());
        let document = decoded(&case, wanted.clone());
        if let Wanted::Members(names) = &wanted {
            let decoded = document.root().as_object().expect("a record is an object");
            prop_assert!(decoded.keys().map(|name| name.as_str()).eq(names), "{:?} {:?}", decoded, names);
        }
        prop_assert_eq!(exact(&document.whole().expect("the rest decodes")), exact(&case.value));
        prop_assert_eq!(written(&case, &document), &case.bytes[..]);
        prop_assert_eq!(exact(&document.into_value().expect("the rest decodes")), exact(&case.value));
    }

    #[test]
    fn a_member_that_is_written_anew_leaves_the_others(bytes in entropy(), at: prop::sample::Index, decodes: bool) {
        let case = some_case(bytes)?;
        let names = names(&case);
        prop_assume!(!names.is_empty());
        let name = &names[at.index(names.len())];
        let wanted = if decodes { Wanted::All } else { super::only([]) };
        let mut document = decoded(&case, wanted);
        let path = OwnedValuePath::single_field(name);
        document.insert(&path, case.value.get(&path).expect("it is there").clone());
        let ours = written(&case, &document);
        let theirs = oracle::read(&case.apache, None, &ours).expect("apache-avro reads what is written");
        let theirs = oracle::expected(&case.schema, case.schema.root(), &theirs);
        prop_assert_eq!(exact(&theirs), exact(&case.value));
    }

    #[test]
    fn a_value_that_ends_early_is_poison(bytes in entropy(), at: prop::sample::Index) {
        let case = some_case(bytes)?;
        prop_assume!(!case.bytes.is_empty());
        let end = at.index(case.bytes.len());
        for wanted in [Wanted::All, super::only([])] {
            let reading = Reading::new(Arc::clone(&case.schema), None, wanted, false).expect("a schema reads itself");
            prop_assert!(Arc::new(reading).decode(&case.bytes[..end]).is_err());
        }
    }
}

/// A checker is checked: properties over nothing but empty records would hold of any codec.
#[test]
fn every_type_is_generated_and_mostly_with_values() {
    let mut kinds = std::collections::BTreeSet::new();
    let mut bytes = 0;
    for seed in 0..400 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut fill = |length: usize| (0..length).map(|_| random.u8(..)).collect::<Vec<u8>>();
        let Ok(case) = some_case((fill(60), fill(200))) else { continue };
        let kind =
            |id| format!("{:?}", case.schema.node(id)).split(['(', ' ', '{']).next().map(str::to_owned);
        kinds.extend(case.schema.ids().filter_map(kind));
        bytes += case.bytes.len();
    }
    assert_eq!(kinds.len(), 23, "{kinds:?}");
    assert!(bytes / 400 > 20, "{bytes} bytes");
}
