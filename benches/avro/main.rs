//! What reading and writing Avro costs, as ratios to apache-avro in the same run.
//!
//! Nothing here is asserted: what is printed are the figures of one run, by `make bench BENCH=avro`.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apache_avro::Schema as Apache;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use millstream::codec::avro::{Reading, Schema, Wanted, Writing};
use vrl::path::OwnedValuePath;
use vrl::value::Value;

const SCHEMA: &str = r#"{"type": "record", "name": "Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "customer", "type": "string"}, {"name": "region", "type": "string"},
    {"name": "total", "type": "double"}, {"name": "items", "type": {"type": "array", "items": "string"}},
    {"name": "paid", "type": "boolean"}, {"name": "note", "type": ["null", "string"]},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "address", "type": {"type": "record", "name": "Address", "fields": [
        {"name": "street", "type": "string"}, {"name": "city", "type": "string"}]}},
    {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID", "SENT"]}}]}"#;

/// Records of one measurement.
const RECORDS: u32 = 20_000;
/// Measurements of each way, taken in turn; the fastest counts.
const ROUNDS: usize = 15;

/// What is measured: its name, and one record of it.
type Way<'a> = (&'static str, Box<dyn FnMut() + 'a>);

fn main() {
    let apache = Apache::parse_str(SCHEMA).expect("it is a schema");
    let schema = Arc::new(Schema::parse(SCHEMA, &[]).expect("it is a schema"));
    let reader = GenericDatumReader::builder(&apache).build().expect("it is a schema");
    let writer = GenericDatumWriter::builder(&apache).build().expect("it is a schema");
    let body = writer.write_value_to_vec(order()).expect("it fits");
    let reading =
        |wanted| Arc::new(Reading::new(Arc::clone(&schema), None, wanted, false).expect("it reads itself"));
    let all = reading(Wanted::All);
    let one = reading(Wanted::Members(["total".to_owned()].into()));
    let writing = Writing::new(Arc::clone(&schema), false);
    let total = OwnedValuePath::single_field("total");

    let theirs = || reader.read_value(&mut &body[..]).expect("it is a value");
    let mut ways: Vec<Way<'_>> = vec![
        ("apache-avro: decode", Box::new(|| drop(black_box(theirs())))),
        ("decode", Box::new(|| drop(black_box(all.decode(&body))))),
        ("decode one member of ten, skip the others", Box::new(|| drop(black_box(one.decode(&body))))),
        ("apache-avro: decode, encode", Box::new(|| drop(black_box(writer.write_value_to_vec(theirs()))))),
        (
            "decode, encode every member anew",
            Box::new(|| {
                let value =
                    all.decode(&body).and_then(|document| document.into_value()).expect("it is a value");
                let mut out = Vec::with_capacity(body.len());
                writing.encode(&millstream::codec::Document::Eager(value), &mut out).expect("it fits");
                black_box(out);
            }),
        ),
        (
            "decode one member, change it, encode",
            Box::new(|| {
                let mut document = one.decode(&body).expect("it is a value");
                document.insert(&total, Value::from_f64_or_zero(1.5));
                let mut out = Vec::with_capacity(body.len());
                writing.encode(&document, &mut out).expect("it fits");
                black_box(out);
            }),
        ),
        (
            "apache-avro: decode, write JSON",
            Box::new(|| {
                let json = serde_json::Value::try_from(theirs()).expect("it is JSON");
                drop(black_box(serde_json::to_vec(&json)));
            }),
        ),
        (
            "decode, write JSON",
            Box::new(|| {
                let mut out = Vec::with_capacity(256);
                let document = all.decode(&body).expect("it is a value");
                millstream::codec::encode_json(&document, &mut out).expect("it is JSON");
                black_box(out);
            }),
        ),
    ];
    println!("{} bytes, ten members; the fastest of {ROUNDS} rounds of {RECORDS} records", body.len());
    // Only one of them, to look at with a profiler.
    if let Some(only) = std::env::args().nth(1).filter(|only| only != "--bench") {
        ways.retain(|(name, _)| *name == only);
        let fastest = measure(&mut ways);
        fastest.iter().for_each(|time| println!("{:.0} ns", time.as_secs_f64() * 1e9 / f64::from(RECORDS)));
        return;
    }
    let fastest = measure(&mut ways);
    // Each way of ours is held to the last one of theirs before it.
    let mut base = Duration::ZERO;
    for ((name, _), time) in ways.iter().zip(&fastest) {
        if name.starts_with("apache-avro") {
            base = *time;
        }
        let each = time.as_secs_f64() * 1e9 / f64::from(RECORDS);
        let ratio = base.as_secs_f64() / time.as_secs_f64();
        println!("{name:<45} {each:>8.0} ns a record {ratio:>7.2} times as fast as apache-avro");
    }
}

fn measure(ways: &mut [Way<'_>]) -> Vec<Duration> {
    let mut fastest = vec![Duration::MAX; ways.len()];
    for _ in 0..ROUNDS {
        for ((_, way), fastest) in ways.iter_mut().zip(&mut fastest) {
            let start = Instant::now();
            for _ in 0..RECORDS {
                way();
            }
            *fastest = start.elapsed().min(*fastest);
        }
    }
    fastest
}

fn order() -> Avro {
    let text = |text: &str| Avro::String(text.to_owned());
    let member = |name: &str, value: Avro| (name.to_owned(), value);
    let address = vec![member("street", text("12 Mill Lane")), member("city", text("Utrecht"))];
    Avro::Record(vec![
        member("id", Avro::Long(9_007_199_254_740_993)),
        member("customer", text("c-0123456789")),
        member("region", text("EU")),
        member("total", Avro::Double(1_234.56)),
        member("items", Avro::Array(vec![text("apples"), text("pears")])),
        member("paid", Avro::Boolean(true)),
        member("note", Avro::Union(1, Box::new(text("leave it at the door")))),
        member("at", Avro::TimestampMicros(1_706_704_496_789_000)),
        member("address", Avro::Record(address)),
        member("state", Avro::Enum(1, "PAID".to_owned())),
    ])
}
