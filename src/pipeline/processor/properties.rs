use proptest::prelude::*;

use super::tests::{Chain, JSON, JSON_KEY, Sent, chain, header, run};
use super::*;
use crate::record::{Header, Timestamp, TimestampKind};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..24), "[ -~]{0,24}".prop_map(String::into_bytes)]
}

fn json_text() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?[1-9][0-9]{0,25}",
        "-?[0-9]\\.[0-9]{1,25}(e-?[0-9]{1,2})?",
        "[ -~&&[^\"\\\\]]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just("\"\\u00e4\\ud83d\\ude00\"".to_owned()),
    ];
    let space = "[ \\n]{0,2}";
    let nested = leaf.prop_recursive(3, 24, 4, |inner| {
        let member = ("[a-c]", inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(" ,"))),
            prop::collection::vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(", "))),
        ]
    });
    (space, nested, space).prop_map(|(before, text, after)| format!("{before}{text}{after}").into_bytes())
}

/// A record, owned.
#[derive(Clone, Debug)]
struct Input {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    timestamp_ms: Option<i64>,
}

impl Input {
    fn record(&self) -> Record<'_> {
        let headers: Vec<Header<'_>> =
            self.headers.iter().map(|(name, value)| header(name, value.as_deref())).collect();
        Record {
            topic: "in",
            partition: 0,
            offset: 0,
            timestamp: self.timestamp_ms.map(|ms| Timestamp { ms, kind: TimestampKind::CreateTime }),
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers,
        }
    }

    fn sent(&self) -> Sent {
        Sent {
            sink: 0,
            key: self.key.clone(),
            value: self.value.clone(),
            headers: self.headers.clone(),
            timestamp_ms: self.timestamp_ms,
        }
    }
}

fn input(value: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Input> {
    let name = prop_oneof![bytes(), "[abz]".prop_map(String::into_bytes)];
    let headers = prop::collection::vec((name, prop::option::of(bytes())), 0..6);
    let timestamp_ms = prop::option::of(prop_oneof![any::<i64>(), 0..2_000_000_000_000_i64]);
    (prop::option::of(bytes()), prop::option::weighted(0.9, value), headers, timestamp_ms)
        .prop_map(|(key, value, headers, timestamp_ms)| Input { key, value, headers, timestamp_ms })
}

fn readers() -> Vec<Chain> {
    vec![
        chain(),
        chain().map("x = .\ny = %headers\nz = %key"),
        chain().decode(JSON),
        chain().decode(JSON).map("x = .a\ny = del(.zz.y)\nz = del(%headers.\"no such name\")"),
        chain().decode(JSON).map("x = .\nx = {}\nif is_integer(x) { %key = 1 }"),
    ]
}

fn writers() -> Vec<Chain> {
    vec![
        chain().map("%key = slice!(string!(.), 1)\n%headers.a = %key\n. = %key"),
        chain().decode(JSON_KEY).map(".a = %key\n%key = .b\n%headers = %headers").map(".k = %\ndel(.c)"),
        chain()
            .decode(JSON)
            .map("%timestamp = %timestamp\n.t = %timestamp\n%headers.b = .c")
            .filter(".a != 1"),
        chain().decode(JSON).map(". = .a").decode(JSON).map("%headers.\"\" = encode_json(.)\ndel(%key)"),
    ]
}

proptest! {
    #[test]
    fn what_no_program_touched_is_byte_identical(input in input(json_text())) {
        let record = input.record();
        for chain in readers() {
            match run(&mut chain.processor(), &record) {
                Ok(sent) => prop_assert_eq!(sent, vec![input.sent()]),
                // Numbers beyond a float and the like; what is sent is sent whole.
                Err(poison) => prop_assert_eq!(poison.stage, Stage::Decode),
            }
        }
    }

    #[test]
    fn only_the_written_header_changes(input in input(bytes())) {
        let sent = run(&mut chain().map("%headers.a = \"x\"").processor(), &input.record()).expect("not poison");
        let mut expected = input.sent();
        let first = expected.headers.iter().position(|(name, _)| name == b"a");
        let mut index = 0;
        expected.headers.retain(|(name, _)| {
            index += 1;
            name != b"a" || Some(index - 1) == first
        });
        match expected.headers.iter_mut().find(|(name, _)| name == b"a") {
            Some(header) => header.1 = Some(b"x".to_vec()),
            None => expected.headers.push((b"a".to_vec(), Some(b"x".to_vec()))),
        }
        prop_assert_eq!(sent, vec![expected]);
    }

    #[test]
    fn what_a_map_wrote_passes_the_next_pipeline_unchanged(input in input(json_text())) {
        let record = input.record();
        if let Ok(sent) = run(&mut chain().decode(JSON).map("if is_object(.) { .new = 1 }").processor(), &record)
            && let Some(value) = sent[0].value.clone()
        {
            let again = Input { value: Some(value), ..input.clone() };
            let rewritten = run(&mut chain().decode(JSON).map(". = .").processor(), &again.record());
            if sent[0].value != input.value {
                prop_assert_eq!(&rewritten.expect("what was written can be read")[0].value, &sent[0].value);
            }
        }
    }

    #[test]
    fn no_input_panics_the_chain(inputs in prop::collection::vec(input(prop_oneof![bytes(), json_text()]), 1..4)) {
        for chain in readers().into_iter().chain(writers()) {
            let mut processor = chain.processor();
            for input in &inputs {
                if let Err(poison) = run(&mut processor, &input.record()) {
                    prop_assert!(poison.message.len() <= crate::record::POISON_MESSAGE_BYTES_MAX);
                }
            }
        }
    }
}
