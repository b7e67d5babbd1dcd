//! The registry of the testbed, the faults before it, and the independent client: what else would be blamed on the daemon.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use millstream_harness::client::{Client as Kafka, Stored};
use millstream_harness::oracle::{AvroLoad, Sound, Topic, judge};
use millstream_harness::python::{Place, Python, Record, Schema};
use millstream_harness::registry::{self, Client, Mode, Proxy, Reference};
use millstream_harness::{http, unique};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;

const ADDRESS: &str =
    r#"{"type": "record", "name": "a.Address", "fields": [{"name": "zip", "type": "string"}]}"#;

/// Three versions of one record, each of which reads the ones before it.
fn person(version: usize) -> String {
    let more = [
        "",
        r#", {"name": "age", "type": ["null", "int"], "default": null}"#,
        r#", {"name": "age", "type": ["null", "int"], "default": null},
            {"name": "born", "type": {"type": "int", "logicalType": "date"}, "default": 0}"#,
    ];
    format!(
        r#"{{"type": "record", "name": "a.Person", "fields": [{{"name": "home", "type": "a.Address"}}{}]}}"#,
        more[version]
    )
}

#[test]
fn a_schema_is_registered_once_and_a_broken_rule_is_refused() {
    let client = Client::shared();
    let (address, subject) = (unique::name("a/ddress"), unique::name("person"));
    client.register(&address, ADDRESS, &[]);
    let references = [Reference::to("a.Address", &address, 1)];
    client.set_compatibility(&subject, "BACKWARD");
    let ids: Vec<_> = (0..3).map(|n| client.register(&subject, &person(n), &references)).collect();
    assert_eq!(client.register(&subject, &person(1), &references), ids[1]);
    assert_eq!(client.look_up(&subject, &person(2), &references), Some((ids[2], 3)));
    assert_eq!(client.versions(&subject), [1, 2, 3]);
    assert!(client.schema(ids[0]).is_some_and(|text| text.contains("a.Address")));
    assert_eq!(client.schema(2_000_000_000), None);
    let stricter = person(0).replace("[{", r#"[{"name": "must", "type": "int"}, {"#);
    let refusal = client.try_register(&subject, &stricter, &references).expect_err("a member has no default");
    assert_eq!(refusal.status, 409, "{refusal:?}");
    client.delete(&subject);
    assert_eq!(client.versions(&subject), [0; 0]);
}

#[test]
fn a_killed_registry_comes_back_on_its_port_and_empty() {
    let mut registry = registry::own();
    let client = Client::new(&registry.url());
    let id = client.register("s", "\"string\"", &[]);
    assert_eq!(client.schema(id).as_deref(), Some("\"string\""));
    registry.kill();
    assert!(!client.answers());
    registry.restart();
    assert_eq!(client.schema(id), None);
}

#[test]
fn every_fault_is_made_and_ends_and_is_counted() {
    let client = Client::shared();
    let id = client.register(&unique::name("fault"), "\"long\"", &[]);
    let proxy = Proxy::start(client.url());
    let path = format!("/schemas/ids/{id}");
    let get = || http::url("GET", &format!("{}{path}", proxy.url()), &[], "");
    let passes = || get().is_ok_and(|answer| answer.status == 200 && answer.body.contains("long"));
    assert!(passes());
    for round in 0..20 {
        proxy.set(Mode::Down);
        let refused = get().expect_err("nobody listens");
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused, "round {round}");
        proxy.set(Mode::Pass);
        assert!(passes(), "round {round}");
    }
    proxy.set(Mode::Slow(Duration::from_millis(50)));
    let begun = std::time::Instant::now();
    assert!(passes());
    assert!(begun.elapsed() >= Duration::from_millis(50));
    proxy.set(Mode::Status(503, "busy".into()));
    assert_eq!(get().map(|answer| (answer.status, answer.body)).ok(), Some((503, "busy".into())));
    proxy.set(Mode::Garbage(b"<html>".to_vec()));
    assert_eq!(get().map(|answer| (answer.status, answer.body)).ok(), Some((200, "<html>".into())));
    proxy.set(Mode::Raw(b"SSH-2.0-nonsense\r\n".to_vec()));
    assert!(get().is_err());
    proxy.set(Mode::Hang);
    let before = proxy.count("GET");
    std::thread::scope(|scope| {
        let hanging = scope.spawn(get);
        millstream_harness::wait::until("the request to arrive", || {
            (proxy.count("GET") > before).then_some(())
        });
        assert!(!hanging.is_finished());
        proxy.set(Mode::Pass);
        assert!(hanging.join().expect("no panic").is_err(), "closed without an answer");
    });
    assert!(passes());
    assert_eq!(proxy.requests(), BTreeMap::from([(format!("GET {path}"), 27)]));
}

#[test]
fn only_who_has_the_right_credentials_is_let_in() {
    let proxy = Proxy::start(registry::shared());
    let get = |lines: &[&str]| {
        http::url("GET", &format!("{}/subjects", proxy.url()), lines, "").expect("it answers").status
    };
    proxy.needs_basic("reader", "right-word");
    // The Base64 of reader:right-word, by another hand.
    let (right, token) = ("Authorization: Basic cmVhZGVyOnJpZ2h0LXdvcmQ=", "Authorization: Bearer t0ken");
    assert_eq!((get(&[]), get(&[token]), get(&[right])), (401, 401, 200));
    proxy.needs_bearer("t0ken");
    assert_eq!((get(&[]), get(&[token]), get(&[right])), (401, 200, 401));
}

#[test]
fn behind_tls_only_who_has_a_certificate_is_let_in() {
    let open = Proxy::start_tls(registry::shared(), false);
    let closed = Proxy::start_tls(registry::shared(), true);
    let (certificate, stranger) = (Some(closed.client()), Some(open.client()));
    assert!(over_tls(&open, &open.ca(), None).expect("anyone may ask").starts_with("HTTP/1.1 200"));
    assert!(over_tls(&closed, &closed.ca(), certificate).expect("it is known").starts_with("HTTP/1.1 200"));
    assert!(over_tls(&closed, &closed.ca(), stranger).is_err(), "of another authority");
    assert!(over_tls(&closed, &closed.ca(), None).is_err());
    assert!(over_tls(&open, &closed.ca(), None).is_err(), "a server of another authority");
}

fn over_tls(proxy: &Proxy, ca: &PathBuf, client: Option<(PathBuf, PathBuf)>) -> io::Result<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("a certificate")).expect("an authority");
    let builder =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows the protocols")
            .with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_file(certificate).expect("a certificate")];
            let key = PrivateKeyDer::from_pem_file(key).expect("a key");
            builder.with_client_auth_cert(chain, key).expect("they belong together")
        }
    };
    let address =
        proxy.url().trim_start_matches("https://").split('/').next().expect("an address").to_owned();
    let name = "127.0.0.1".try_into().expect("an address is a name");
    let connection = rustls::ClientConnection::new(Arc::new(config), name).expect("a usable set-up");
    let mut stream = rustls::StreamOwned::new(connection, std::net::TcpStream::connect(address)?);
    stream.write_all(b"GET /apis/ccompat/v7/subjects HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn the_independent_client_reads_what_it_wrote() {
    let Some(python) = Python::or_skip() else { return };
    let kafka = Kafka::shared();
    let topic = unique::name("python");
    kafka.create_topic(&topic, 1, &[]);
    let client = Client::shared();
    let address = unique::name("address");
    client.register(&address, ADDRESS, &[]);
    let references = vec![Reference::to("a.Address", &address, 1)];
    let mut schemas: Vec<_> =
        (0..3).map(|n| Schema { text: person(n), references: references.clone() }).collect();
    schemas.push(Schema::new(r#"{"type": "long"}"#));
    let home = json!({"zip": "0815"});
    let values = [
        json!({"home": home}),
        json!({"home": home, "age": 7}),
        json!({"home": home, "age": null, "born": {"$date": "0001-01-01"}}),
    ];
    let mut records: Vec<_> =
        values.iter().enumerate().map(|(n, value)| Record::of(n, value.clone())).collect();
    for (n, record) in records.iter_mut().enumerate() {
        (record.key_schema, record.key) = (Some(3), json!(n));
    }
    records.push(Record { key_schema: Some(3), key: json!(3), ..Record::default() });
    let place = Place { bootstrap: kafka.bootstrap(), registry: client.url(), topic: &topic };
    let ids = python.produce(place, "topic", &schemas, &records);
    assert_eq!(ids.len(), 4, "three versions and the key's");
    assert_eq!(client.versions(&format!("{topic}-value")), [1, 2, 3]);
    let read = python.consume(place, 4, true);
    assert_eq!(read.iter().map(|record| record.key.as_i64()).collect::<Vec<_>>(), [0, 1, 2, 3].map(Some));
    let seen: Vec<_> = read.iter().map(|record| record.value.clone()).collect();
    assert_eq!(seen[..3], values);
    assert_eq!((seen[3].is_null(), read[3].value_schema), (true, None), "a tombstone stays one");
}

#[test]
fn the_independent_client_has_all_logical_types() {
    let Some(python) = Python::or_skip() else { return };
    let kafka = Kafka::shared();
    let topic = unique::name("logical");
    kafka.create_topic(&topic, 1, &[]);
    let place = Place { bootstrap: kafka.bootstrap(), registry: registry::shared(), topic: &topic };
    let schema = Schema::new(millstream_harness::python::EVERYTHING);
    let values: Vec<_> = (0..50).map(millstream_harness::python::everything).collect();
    let records: Vec<_> = values.iter().map(|value| Record::of(0, value.clone())).collect();
    python.produce(place, "record", &[schema], &records);
    let read: Vec<_> = python.consume(place, 50, false).into_iter().map(|record| record.value).collect();
    assert_eq!(read, values);
}

/// The oracle writes Avro by hand: another hand reads it.
#[test]
fn the_independent_client_reads_what_the_oracle_wrote() {
    let Some(python) = Python::or_skip() else { return };
    let kafka = Kafka::shared();
    let topic = unique::name("oracle");
    kafka.create_topic(&topic, 2, &[]);
    let schema_id = Client::shared().register(&format!("{topic}-value"), AvroLoad::SCHEMA, &[]);
    let load = AvroLoad {
        partitions: 2,
        per_partition: 300,
        poison_one_in: 0,
        pad_bytes: 20,
        schema_id,
        sound: Sound::Json,
    };
    kafka.produce(&topic, load.records());
    let place = Place { bootstrap: kafka.bootstrap(), registry: registry::shared(), topic: &topic };
    let read = python.consume(place, 600, false);
    let records: Vec<_> = read.into_iter().map(stored).collect();
    judge(&load, &[Topic { name: "read", records: &records, belongs: &|_| true }]).assert_exact();
}

fn stored(read: millstream_harness::python::Read) -> Stored {
    Stored {
        partition: i32::try_from(read.partition).expect("partitions are few"),
        offset: read.offset,
        timestamp_ms: None,
        key: read.key.as_str().map(|key| key.as_bytes().to_vec()),
        value: Some(read.value.to_string().into_bytes()),
        headers: Vec::new(),
    }
}
