//! A registry that was set up anew behind the same address: its ids mean other schemas.

use super::*;
use crate::codec::Document;
use crate::codec::avro::Wanted;
use crate::config::spec::{Decoding, Encoding, Format};
use crate::pipeline::codecs::{Decoder, Encoder, Prepared, Schemas};
use crate::registry::{ids, sinks};
use crate::transform::{Misfit, MisfitAt};

const ID: &str = "GET /schemas/ids/7";

/// The long 1, in the frame of schema 7.
const ONE: &[u8] = b"\x00\x00\x00\x00\x07\x02";

/// The same of schema 8.
const ONE_OF_ANOTHER: &[u8] = b"\x00\x00\x00\x00\x08\x02";

const DATE: &str = r#"{"type": "int", "logicalType": "date"}"#;

fn decoded(decoder: &mut Decoder, schemas: &Schemas) -> vrl::value::Value {
    decoded_from(ONE, decoder, schemas)
}

fn decoded_from(bytes: &[u8], decoder: &mut Decoder, schemas: &Schemas) -> vrl::value::Value {
    let (document, _) = decoder.decode(bytes, schemas).expect("it is decoded");
    Document::into_value(document).expect("all of it can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn another_schema_under_an_id_from_the_disk_is_found_out_and_taken_up() {
    let folder = Folder::new("registry");
    let state = || folder.path().to_owned();
    let fake = Fake::start().await;
    fake.json(ID, told(LONG));
    Asker::with_state(&spec(&[fake.url()]), state()).ready(7);

    fake.reply(ID, Reply::Html(503));
    let asker = Asker::with_state(&spec(&[fake.url()]), state());
    asker.ready(7);
    let schemas = Schemas { registry: Some(asker.registry.clone()), wake: Arc::clone(&asker.wake) };
    let mut decoder = Decoder::new(&Decoding::plain(Format::Avro), Wanted::All, None);
    assert_eq!(decoded(&mut decoder, &schemas), 1.into());
    // The first look verifies, in vain: what is at hand counts.
    eventually("it is asked", || fake.count(ID) == 2).await;
    decoder.look_again(&schemas);
    assert_eq!(decoded(&mut decoder, &schemas), 1.into());
    drop((asker, schemas));

    fake.json(ID, told(r#"{"type": "int", "logicalType": "date"}"#));
    let asker = Asker::with_state(&spec(&[fake.url()]), state());
    let schemas = Schemas { registry: Some(asker.registry.clone()), wake: Arc::clone(&asker.wake) };
    let decoder = Decoder::new(&Decoding::plain(Format::Avro), Wanted::All, None);
    asker.ready(7);
    let decoder = std::sync::Mutex::new(decoder);
    eventually("the new schema is used", || {
        let mut decoder = decoder.lock().unwrap();
        decoder.look_again(&schemas);
        decoded(&mut decoder, &schemas) == "1970-01-02".into()
    })
    .await;
    drop((asker, schemas));

    fake.reply(ID, Reply::Html(503));
    let cold = Asker::with_state(&spec(&[fake.url()]), state());
    assert_eq!(cold.ready(7).text(), r#"{"type": "int", "logicalType": "date"}"#, "the disk has it, too");
}

/// Records of two schemas take turns; what was read last is the one that did not change.
#[tokio::test(flavor = "multi_thread")]
async fn each_id_in_use_is_looked_at_and_not_only_the_one_of_the_last_record() {
    let fake = Fake::start().await;
    fake.json(ID, told(LONG)).json("GET /schemas/ids/8", told(LONG));
    let asker = Asker::new(&spec(&[fake.url()]));
    let schemas = Schemas { registry: Some(asker.registry.clone()), wake: Arc::clone(&asker.wake) };
    let [one, other] = [asker.ready(7), asker.ready(8)];
    let mut decoder = Decoder::new(&Decoding::plain(Format::Avro), Wanted::All, None);
    let both = |decoder: &mut Decoder| {
        let first = decoded(decoder, &schemas);
        (first, decoded_from(ONE_OF_ANOTHER, decoder, &schemas))
    };
    assert_eq!(both(&mut decoder), (1.into(), 1.into()));
    fake.json(ID, told(DATE));
    ids::settle(&asker.registry.inner, 7).await;
    decoder.look_again(&schemas);
    assert_eq!(both(&mut decoder), ("1970-01-02".into(), 1.into()));
    assert!(Arc::ptr_eq(&asker.ready(8), &other) && !Arc::ptr_eq(&asker.ready(7), &one));
}

/// What is looked at is verified: by each lane that uses it, however many ids take turns.
#[tokio::test(flavor = "multi_thread")]
async fn ids_from_the_disk_are_verified_though_others_are_used_after_them() {
    let folder = Folder::new("registry");
    let state = || folder.path().to_owned();
    let fake = Fake::start().await;
    fake.json(ID, told(LONG)).json("GET /schemas/ids/8", told(LONG));
    let first = Asker::with_state(&spec(&[fake.url()]), state());
    for id in [7, 8] {
        first.ready(id);
    }
    drop(first);

    fake.json(ID, told(DATE));
    let asker = Asker::with_state(&spec(&[fake.url()]), state());
    let schemas = Schemas { registry: Some(asker.registry.clone()), wake: Arc::clone(&asker.wake) };
    let decoder = std::sync::Mutex::new(Decoder::new(&Decoding::plain(Format::Avro), Wanted::All, None));
    for id in [7, 8] {
        asker.ready(id);
    }
    let both = || {
        let mut decoder = decoder.lock().unwrap();
        let first = decoded(&mut decoder, &schemas);
        let second = decoded_from(ONE_OF_ANOTHER, &mut decoder, &schemas);
        decoder.look_again(&schemas);
        (first, second)
    };
    eventually("the new schema is used", || both() == ("1970-01-02".into(), 1.into())).await;
}

/// That a schema did not fit is no longer true once its id means another one.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_processed_is_once_its_id_means_another_schema() {
    let fake = Fake::start().await;
    fake.json(ID, told(LONG)).json("GET /schemas/ids/8", told(LONG));
    let asker = Asker::new(&spec(&[fake.url()]));
    let schemas = Schemas { registry: Some(asker.registry.clone()), wake: Arc::clone(&asker.wake) };
    for id in [7, 8] {
        asker.ready(id);
    }
    let dates: crate::pipeline::codecs::Fits = Arc::new(|schema| {
        if schema.text() == DATE {
            Ok(())
        } else {
            Err(Misfit { at: MisfitAt::Decode, text: "no date".to_owned() })
        }
    });
    let mut decoder = Decoder::new(&Decoding::plain(Format::Avro), Wanted::All, Some(dates));
    assert!(decoder.decode(ONE, &schemas).is_err());
    fake.json(ID, told(DATE));
    ids::settle(&asker.registry.inner, 7).await;
    decoder.look_again(&schemas);
    assert_eq!(decoded(&mut decoder, &schemas), "1970-01-02".into());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spelled_otherwise_or_is_gone_or_cannot_be_asked_for_stays() {
    let fake = Fake::start().await;
    fake.json(ID, told(LONG));
    let asker = Asker::new(&spec(&[fake.url()]));
    let first = asker.ready(7);
    fake.json(ID, told(r#"{ "type": "long" }"#));
    ids::settle(&asker.registry.inner, 7).await;
    fake.missing(ID, 40403);
    ids::settle(&asker.registry.inner, 7).await;
    fake.reply(ID, Reply::Html(503));
    ids::settle(&asker.registry.inner, 7).await;
    assert_eq!(fake.count(ID), 4);
    assert!(Arc::ptr_eq(&asker.ready(7), &first));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_schema_under_a_pinned_version_is_taken_up_though_its_id_is_the_same() {
    let fake = Fake::start().await;
    fake.json("GET /subjects/s/versions/2", version(LONG, 9, 2));
    let asker = Asker::new(&spec(&[fake.url()]));
    let encoding = encoding(SinkSchema::Version(2), Register::Never);
    assert_eq!(asker.sink_id(&encoding), 9);
    let schemas = Schemas { registry: Some(asker.registry.clone()), wake: Arc::clone(&asker.wake) };
    let avro = Encoding { format: Format::Avro, avro: Some(encoding.clone()) };
    let mut encoder = Encoder::new(&avro);
    assert_eq!(encoder.prepare(&schemas), Prepared::Ready);
    assert_eq!(encoder.look_again(&schemas), Ok(false));
    fake.json("GET /subjects/s/versions/2", version(PERSON, 9, 2));
    let key = sinks::SinkKey::of(&encoding);
    sinks::settle(&asker.registry.inner, key, encoding).await;
    assert_eq!(encoder.look_again(&schemas), Ok(true));
    assert_eq!(encoder.pinned().map(|schema| schema.text()), Some(PERSON));
    assert_eq!(encoder.look_again(&schemas), Ok(false));
}
