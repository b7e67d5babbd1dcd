//! Held against another implementation, on schemas and values that are made for each other.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value as Json, json};

use super::JsonSchema;
use crate::codec;
use crate::codec::avro::Wanted;

/// Few names and few values, so that schemas and values meet often.
const NAMES: [&str; 4] = ["a", "b", "c", "a/b"];

/// Numbers that are not what they are as floats, or have no fraction for being so large.
const LARGE: [&str; 5] = ["9223372036854775807", "9223372036854775808", "9007199254740993", "e300", "e+300"];

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-4..8_i64).prop_map(Json::from),
        // With a fraction: 1.0 is an integer there, and none here.
        (-4..8_i64).prop_map(|n| Json::from(n as f64 + 0.5)),
        select(&[i64::MAX, i64::MIN, 9_007_199_254_740_993][..]).prop_map(Json::from),
        select(&[4.35, 0.1][..]).prop_map(Json::from),
        "[ab1\u{e4}\u{1f98a}]{0,4}".prop_map(Json::from),
    ]
}

fn any_value() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            btree_map(select(&NAMES[..]).prop_map(str::to_owned), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// One keyword with its value.
fn keyword(inner: impl Strategy<Value = Json> + Clone + 'static) -> impl Strategy<Value = Json> {
    let types = ["null", "boolean", "integer", "number", "string", "array", "object"];
    let number = || {
        prop_oneof![(-3..6_i64).prop_map(Json::from), (-3..6_i64).prop_map(|n| Json::from(n as f64 / 2.0))]
    };
    let schemas =
        |name: &'static str| vec(inner.clone(), 1..4).prop_map(move |schemas| json!({name: schemas}));
    let of = |name: &'static str| inner.clone().prop_map(move |schema| json!({name: schema}));
    let count = |name: &'static str| (0..4_u64).prop_map(move |count| json!({name: count}));
    let bound = |name: &'static str| number().prop_map(move |bound| json!({name: bound}));
    let properties = btree_map(select(&NAMES[..]).prop_map(str::to_owned), inner.clone(), 1..4);
    prop_oneof![
        subsequence(types.to_vec(), 1..4).prop_map(|types| json!({"type": types})),
        select(types.to_vec()).prop_map(|one| json!({"type": one})),
        vec(any_value(), 1..4).prop_map(|values| json!({"enum": values})),
        any_value().prop_map(|value| json!({"const": value})),
        properties.prop_map(|schemas| json!({"properties": schemas})),
        subsequence(NAMES.to_vec(), 1..3).prop_map(|names| json!({"required": names})),
        of("additionalProperties"),
        of("items"),
        schemas("prefixItems"),
        schemas("allOf"),
        schemas("anyOf"),
        schemas("oneOf"),
        prop_oneof![count("minItems"), count("maxItems"), count("minLength"), count("maxLength")],
        any::<bool>().prop_map(|unique| json!({"uniqueItems": unique})),
        prop_oneof![bound("minimum"), bound("maximum"), bound("exclusiveMinimum"), bound("exclusiveMaximum")],
        // No fractions: no negative number is a multiple of one there. `number` has tests of its own for them.
        select(&[1, 2, 3][..]).prop_map(|unit| json!({"multipleOf": unit})),
        select(&["a", "^a+$", "^[^b]*$", r"\d", "^.$"][..]).prop_map(|pattern| json!({"pattern": pattern})),
        Just(json!({"$ref": "#/$defs/one"})),
    ]
}

fn any_schema() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![8 => Just(json!({})), 1 => Just(json!(true)), 1 => Just(json!(false))];
    let schema = leaf.prop_recursive(4, 24, 4, |inner| {
        vec(keyword(inner), 0..4).prop_map(|keywords| {
            let members = keywords.into_iter().filter_map(|keyword| keyword.as_object().cloned()).flatten();
            Json::Object(members.collect())
        })
    });
    // What is referred to refers to nothing in turn: loops are refused, and tested elsewhere.
    let one = select(vec![
        json!({"type": "integer"}),
        json!({"required": ["a"]}),
        json!({"items": {"minimum": 1}}),
    ]);
    (schema, one).prop_map(|(schema, one)| json!({"allOf": [schema], "$defs": {"one": one}}))
}

fn decoded(json: &Json) -> vrl::value::Value {
    codec::decode_json(json.to_string().as_bytes()).expect("it is JSON").root().clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_fits_is_what_another_implementation_says(schema in any_schema(), values in vec(any_value(), 12)) {
        let ours = JsonSchema::parse(&schema.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let theirs = jsonschema::draft202012::new(&schema).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let has_multiples = schema.to_string().contains("multipleOf");
        for value in values {
            // It divides as floats do: the largest integer is a multiple of 2.0 there.
            if has_multiples && LARGE.iter().any(|large| value.to_string().contains(large)) {
                continue;
            }
            let fits = ours.validate(&decoded(&value), &Wanted::All);
            prop_assert_eq!(fits.is_ok(), theirs.is_valid(&value), "{}: {:?}", value, fits);
        }
    }

    /// Looking at fewer members never refuses more, whatever the others are by then.
    #[test]
    fn what_fits_as_a_whole_fits_for_each_of_its_members(
        schema in any_schema(), values in vec(any_value(), 12), names in subsequence(NAMES.to_vec(), 0..4),
    ) {
        let ours = JsonSchema::parse(&schema.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let wanted = Wanted::Members(names.iter().map(|name| (*name).to_owned()).collect());
        for mut value in values.iter().map(decoded).filter(|value| ours.validate(value, &Wanted::All).is_ok()) {
            if let vrl::value::Value::Object(members) = &mut value {
                members.retain(|name, _| names.contains(&name.as_str()));
            }
            prop_assert_eq!(ours.validate(&value, &wanted), Ok(()));
        }
    }
}
