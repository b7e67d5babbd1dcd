//! The pipelines of `pipelines/` that read or write Avro, as they are shipped, with the schemas of `schemas/`.

use std::path::Path;

use millstream_harness::python::{Place, Python, Record, Schema};
use serde_json::{Value, json};

use super::*;
use crate::produced;

/// A file of the repository.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// A shipped pipeline with the names of this test, and its schemas where it looks for them.
fn shipped(scene: &Scene, name: &str, schemas: &[&str]) -> Files {
    let text = file(&format!("pipelines/{name}.yaml"));
    let mut yaml = String::new();
    for line in text.lines() {
        let line = match line.trim_start() {
            start if start.starts_with("name:") => format!("name: {}", scene.name),
            start if start.starts_with("topics:") => format!("  topics: [{}]", scene.input),
            start if start.starts_with("- topic:") && !yaml.contains(&scene.output) => {
                format!("  - topic: {}", scene.output)
            }
            start if start.starts_with("- topic:") => {
                let topic = format!("{}-2", scene.output);
                scene.client.create_topic(&topic, 1, &[]);
                format!("  - topic: {topic}")
            }
            start if start.starts_with("topic:") => format!("  topic: {}", scene.dlq),
            _ => line.to_owned(),
        };
        yaml.push_str(&line);
        yaml.push('\n');
    }
    let files = files(scene, &yaml);
    for schema in schemas {
        files.folder().write(&format!("schemas/{schema}"), &file(&format!("schemas/{schema}")));
    }
    files
}

fn order_of(n: u64) -> Value {
    let region = ["EU", "US"][n as usize % 2];
    json!({
        "order_id": {"$uuid": format!("00000000-0000-4000-8000-{n:012x}")},
        "customer": format!("c-{n}"),
        "region": region,
        "placed_at": {"$timestamp": format!("2024-02-29T00:00:{:02}.250000Z", n % 60)},
        "total": {"$decimal": format!("{n}.10")},
        "items": [
            {"sku": "a", "quantity": 1, "price": {"$decimal": format!("{n}.00")}},
            {"sku": "b", "quantity": 2, "price": {"$decimal": "0.05"}},
        ],
        "coupon": if n.is_multiple_of(3) { json!("ten") } else { Value::Null },
        "deliver_on": {"$date": "2024-03-01"},
    })
}

fn place<'a>(scene: &'a Scene, topic: &'a str) -> Place<'a> {
    Place { bootstrap: scene.client.bootstrap(), registry: registry::shared(), topic }
}

fn send_orders(python: &Python, scene: &Scene, count: u64) {
    let records: Vec<_> = (0..count).map(|n| Record::of(0, order_of(n))).collect();
    python.produce(
        place(scene, &scene.input),
        "topic",
        &[Schema::new(&file("schemas/order.avsc"))],
        &records,
    );
}

#[test]
fn orders_of_the_eu_go_to_billing() {
    let Some(python) = Python::or_skip() else { return };
    let scene = scene("shipped-eu");
    send_orders(&python, &scene, 8);
    let outcome = scene.finish(shipped(&scene, "orders-eu", &["order.avsc", "order_eu.avsc"]).start());
    assert_eq!(
        (outcome.ended.account.produced, outcome.ended.account.filtered, outcome.dlq.len()),
        (4, 4, 0)
    );
    for (read, n) in python.consume(place(&scene, &scene.output), 4, false).iter().zip([0, 2, 4, 6]) {
        let order = order_of(n);
        let members = ["order_id", "customer", "placed_at", "total", "coupon"];
        let mut expected: serde_json::Map<_, _> =
            members.map(|name| (name.to_owned(), order[name].clone())).into_iter().collect();
        expected.insert("item_count".to_owned(), json!(2));
        assert_eq!((&read.value, &read.key), (&Value::Object(expected), &order["customer"]));
    }
}

#[test]
fn orders_become_json_without_rounding() {
    let Some(python) = Python::or_skip() else { return };
    let scene = scene("shipped-json");
    send_orders(&python, &scene, 6);
    let outcome = scene.finish(shipped(&scene, "orders-json", &["order.avsc"]).start());
    assert_eq!(outcome.ended.account, produced(6));
    let first = &outcome.output[1];
    let expected = json!({
        "order_id": "00000000-0000-4000-8000-000000000001", "customer": "c-1", "region": "US",
        "placed_at": "2024-02-29T00:00:01.250Z", "total": "1.10",
        "items": [{"sku": "a", "quantity": 1, "price": "1.00"}, {"sku": "b", "quantity": 2, "price": "0.05"}],
        "coupon": null, "deliver_on": "2024-03-01",
    });
    assert_eq!(first.json(), expected);
    assert_eq!(scene.client.read(&format!("{}-2", scene.output)).len(), 2, "those with a coupon");
}

#[test]
fn payments_become_avro_and_what_does_not_fit_is_a_dead_letter() {
    let Some(python) = Python::or_skip() else { return };
    let scene = scene("shipped-payments");
    let payment = |amount: &str, method: &str| {
        format!(
            r#"{{"payment_id":"p","order_id":"00000000-0000-4000-8000-000000000001","amount":"{amount}","method":"{method}","note":null,"ts":1709164800123}}"#
        )
    };
    scene.send_values(&[&payment("12.3", "card"), &payment("12.345", "card"), &payment("1", "cash"), "{}"]);
    let outcome = scene.finish(shipped(&scene, "payments", &["payment.avsc"]).start());
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (1, 3));
    let messages: Vec<_> =
        outcome.dlq.iter().map(|letter| letter.header_text("millstream.error.message")).collect();
    assert!(messages[0].contains(".amount") && messages[1].contains(".method"), "{messages:?}");
    let read = &python.consume(place(&scene, &scene.output), 1, false)[0];
    assert_eq!(read.value["amount"], json!({"$decimal": "12.30"}));
    assert_eq!(read.value["paid_at"], json!({"$timestamp": "2024-02-29T00:00:00.123000Z"}));
}
