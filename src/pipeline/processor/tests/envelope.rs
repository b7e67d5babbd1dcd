use super::*;

#[test]
fn the_envelope_is_read_as_the_record_has_it() {
    let record = record("{}");
    let source = "
        .key = string!(%key)
        .a = string!(%headers.a)
        .none = %headers.none
        .missing = exists(%headers.missing)
        .all = %headers
        .at = %timestamp
        .topic = %topic
        .partition = %partition
        .offset = %offset";
    let expected = "{\"a\":\"2\",\"all\":{\"a\":\"2\",\"kind\":\"order\",\"none\":null},\
        \"at\":\"2023-11-14T22:13:20.123Z\",\"key\":\"k\",\"missing\":false,\"none\":null,\"offset\":42,\
        \"partition\":3,\"topic\":\"in\"}";
    assert_eq!(chain().decode(JSON).map(source).one(&record).text(), expected);
    let root = chain().decode(JSON).map(".e = %").one(&record);
    assert!(root.text().contains("\"offset\":42,\"partition\":3"), "{}", root.text());
}

#[test]
fn null_keys_and_missing_timestamps_read_as_null() {
    let bare = Record { key: None, timestamp: None, headers: vec![], ..record("{}") };
    let map = ".k = is_null(%key)\n.t = is_null(%timestamp)\n.h = %headers";
    let sent = chain().decode(JSON).map(map).one(&bare);
    assert_eq!(sent.text(), "{\"h\":{},\"k\":true,\"t\":true}");
    assert_eq!((sent.key, sent.timestamp_ms), (None, None));
    let empty_key = Record { key: Some(b""), ..bare };
    assert_eq!(chain().decode(JSON).filter("%key == \"\"").one(&empty_key).key, Some(vec![]));
}

#[test]
fn a_decoded_key_is_read_by_member_and_passes_as_it_came() {
    let keyed = Record { key: Some(b"{ \"id\": 7 }"), ..record("{}") };
    let sent = chain().decode(JSON_KEY).filter("%key.id == 7").one(&keyed);
    assert_eq!(sent.key_text(), Some("{ \"id\": 7 }"));
    assert_eq!(chain().decode(JSON_KEY).map("%key = %key.id").one(&keyed).key_text(), Some("7"));
    let poison = chain().decode(JSON_KEY).poison(&record("{}"));
    assert_eq!((poison.stage, poison.class), (Stage::Decode, "json_syntax"));
    assert!(poison.message.starts_with("the key: not JSON"), "{poison}");
    assert_eq!(chain().decode(JSON_KEY).one(&Record { key: None, ..record("{}") }).key, None);
}

#[test]
fn a_tombstone_has_its_key_decoded_for_the_steps_that_read_it() {
    let tombstone = Record { key: Some(b"{\"id\":7}"), ..tombstone() };
    assert_eq!(chain().decode(JSON_KEY).filter("%key.id == 7").one(&tombstone).value, None);
    assert_eq!(chain().decode(JSON_KEY).filter("%key.id == 8").run(&tombstone), Ok(vec![]));
}

#[test]
fn a_timestamp_beyond_what_can_be_read_is_poison_only_where_it_is_read() {
    let far = Record {
        timestamp: Some(Timestamp { ms: i64::MAX, kind: TimestampKind::CreateTime }),
        ..record("{}")
    };
    assert_eq!(chain().one(&far).timestamp_ms, Some(i64::MAX));
    assert_eq!(chain().filter("%timestamp != null").poison(&far).class, "timestamp_range");
}

#[test]
fn keys_are_written_as_text() {
    let record = record("{\"s\":\"ä\",\"i\":-5,\"b\":true,\"n\":null}");
    for (source, key) in [
        ("%key = .s", Some("ä")),
        ("%key = .i", Some("-5")),
        ("%key = .b", Some("true")),
        ("%key = .n", None),
        ("%key = null", None),
        ("del(%key)", None),
        ("%key = \"\"", Some("")),
    ] {
        assert_eq!(chain().decode(JSON).map(source).one(&record).key_text(), key, "{source}");
    }
}

#[test]
fn what_no_record_can_hold_is_poison_with_its_step() {
    let record = record("{\"f\":1.5,\"o\":{},\"l\":[]}");
    for source in ["%key = .f", "%key = .o", "%headers.x = .l", "%headers = {\"x\": .f}", "%timestamp = .f"] {
        let poison = chain().decode(JSON).map("%key = \"k\"").map(source).poison(&record);
        assert_eq!(
            (poison.stage, poison.step, poison.class),
            (Stage::Map, Some(3), "envelope_type"),
            "{source}"
        );
    }
    let poison = chain().decode(JSON).map("%headers = .f").poison(&record);
    assert_eq!(poison.class, "header_type");
}

#[test]
fn the_next_step_reads_what_a_consumer_would() {
    let source = ".key = string!(%key)\n.h = string!(%headers.a)";
    let sent = chain().decode(JSON).map("%key = 5\n%headers.a = true").map(source).one(&record("{}"));
    assert_eq!(sent.text(), "{\"h\":\"true\",\"key\":\"5\"}");
}

#[test]
fn a_written_header_takes_the_place_of_the_first_of_its_name() {
    let sent = chain().map("%headers.new = 1\n%headers.a = \"x\"").one(&record("v"));
    let expected = [
        ("a", Some("x")),
        ("kind", Some("order")),
        ("(not text)", Some("raw")),
        ("none", None),
        ("new", Some("1")),
    ];
    assert_eq!(sent.header_texts(), expected);
    assert_eq!(sent.headers[2].0, b"\xff", "names that are not UTF-8 pass untouched");
}

#[test]
fn deleting_a_header_removes_all_of_its_name() {
    let sent = chain().map("del(%headers.a)\ndel(%headers.missing)").one(&record("v"));
    assert_eq!(sent.header_texts(), [("kind", Some("order")), ("(not text)", Some("raw")), ("none", None)]);
    let sent = chain().map("%headers.a = \"x\"\ndel(%headers.a)").one(&record("v"));
    assert!(sent.headers.iter().all(|(name, _)| name != b"a"));
}

#[test]
fn header_values_are_text_or_null() {
    let sent =
        chain().map("%headers = {\"s\": \"t\", \"i\": 7, \"b\": false, \"n\": null}").one(&record("v"));
    let expected =
        [("(not text)", Some("raw")), ("b", Some("false")), ("i", Some("7")), ("n", None), ("s", Some("t"))];
    assert_eq!(sent.header_texts(), expected);
}

#[test]
fn writing_all_headers_replaces_what_can_be_read() {
    let sent = chain().map("%headers = {\"kind\": \"x\", \"z\": \"9\"}").one(&record("v"));
    assert_eq!(sent.header_texts(), [("kind", Some("x")), ("(not text)", Some("raw")), ("z", Some("9"))]);
    for source in ["%headers = {}", "del(%headers)"] {
        assert_eq!(
            chain().map(source).one(&record("v")).header_texts(),
            [("(not text)", Some("raw"))],
            "{source}"
        );
    }
    let sent = chain().map("del(%headers)\n%headers.b = \"1\"").map("%headers.c = \"2\"").one(&record("v"));
    assert_eq!(sent.header_texts(), [("(not text)", Some("raw")), ("b", Some("1")), ("c", Some("2"))]);
}

#[test]
fn timestamps_are_written_in_milliseconds() {
    let map = |source: &str| chain().map(source).run(&record("v")).map(|sent| sent[0].timestamp_ms);
    assert_eq!(map("%timestamp = t'2026-01-02T03:04:05.678901Z'"), Ok(Some(1_767_323_045_678)));
    assert_eq!(map("%timestamp = null"), Ok(None));
    assert_eq!(map("del(%timestamp)"), Ok(None));
    for source in ["%timestamp = t'1969-12-31T23:59:59Z'", "%timestamp = t'1970-01-01T00:00:00Z'"] {
        let poison = map(source).expect_err("out of range");
        assert_eq!((poison.stage, poison.class), (Stage::Map, "timestamp_range"), "{source}");
    }
}

#[test]
fn a_sink_that_encodes_keys_takes_any_value_and_others_take_text() {
    let map = "%key = {\"id\": 7}";
    let sent = chain().json_keys().map(map).key_sink().one(&record("{}"));
    assert_eq!(sent.key_text(), Some("{\"id\":7}"));
    let poison = chain().json_keys().map(map).key_sink().encode(Format::Raw).poison(&record("{}"));
    assert_eq!((poison.stage, poison.step, poison.class), (Stage::Encode, Some(2), "envelope_type"));
    // What no map wrote is encoded as well: a key in JSON is not the bytes that came.
    let sent = chain().json_keys().key_sink().encode(Format::Raw).run(&record("{}")).expect("not poison");
    assert_eq!(sent.iter().map(|sent| sent.key_text()).collect::<Vec<_>>(), [Some("\"k\""), Some("k")]);
    let none = Record { key: None, ..record("{}") };
    assert_eq!(chain().json_keys().key_sink().one(&none).key, None);
}
