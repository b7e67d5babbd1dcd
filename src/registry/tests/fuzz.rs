//! A fuzz target for what a registry answers. Each input is told apart here, by other means, into what must be taken and what
//! must not.

use std::panic::AssertUnwindSafe;

use bolero::check;
use tokio::runtime::Runtime;

use super::*;
use crate::registry::client::Client;
use crate::registry::counters::Counters;
use crate::registry::failure::{Failure, TOLD_CHARS_MAX};

const ITERATIONS: usize = 500;
const BYTES_MAX: usize = 256;

/// What JSON of a registry is made of, right and wrong.
const PIECES: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "0",
    "1",
    "7",
    "2147483648",
    "4294967296",
    "1.5",
    "1e3",
    "\"schema\"",
    "\"id\"",
    "\"version\"",
    "\"references\"",
    "\"schemaType\"",
    "\"AVRO\"",
    "\"name\"",
    "\"subject\"",
    "\"error_code\"",
    "\"message\"",
    "40403",
    "40401",
    "422",
    "\"\\\"long\\\"\"",
    "\"\\ud800\"",
    "\"a\\n\\u001bb\"",
];

/// A whole answer with one piece in another's place gets further than any pieces.
fn pieces(input: &[u8]) -> String {
    const WHOLE: [&[usize]; 5] = [
        &[0, 16, 5, 29, 4, 17, 5, 11, 4, 18, 5, 10, 1],
        &[0, 16, 5, 29, 4, 19, 5, 2, 0, 22, 5, 22, 4, 23, 5, 23, 4, 18, 5, 10, 1, 3, 1],
        &[0, 24, 5, 26, 4, 25, 5, 31, 1],
        &[0, 24, 5, 28, 4, 25, 5, 31, 1],
        &[2, 10, 4, 11, 4, 9, 3],
    ];
    let Some((first, rest)) = input.split_first() else { return String::new() };
    let mut chosen: Vec<usize> = match WHOLE.get(usize::from(*first) % 6) {
        Some(whole) => whole.to_vec(),
        None => rest.iter().map(|byte| usize::from(*byte) % PIECES.len()).collect(),
    };
    if let [at, piece, flip, ..] = rest
        && flip & 1 == 1
        && !chosen.is_empty()
    {
        let at = usize::from(*at) % chosen.len();
        chosen[at] = usize::from(*piece) % PIECES.len();
    }
    chosen.into_iter().map(|piece| PIECES[piece]).collect()
}

struct Stage {
    runtime: Runtime,
    fake: Fake,
    client: Client,
}

impl Stage {
    fn new() -> Self {
        let runtime = Runtime::new().expect("it starts");
        let fake = runtime.block_on(Fake::start());
        let client = Client::new(&spec(&[fake.url()]), Arc::new(Counters::default())).expect("an address");
        Self { runtime, fake, client }
    }
}

/// Whether a failure says what an answer with this status and body means.
fn is_told_apart(failure: &Failure, status: u16, body: &[u8]) -> bool {
    let json: Option<Json> = serde_json::from_slice(body).ok();
    let member = |name| json.as_ref().and_then(|json| json.get(name));
    let code = member("error_code").and_then(Json::as_i64);
    let refusal = code.and_then(|code| match status {
        404 => (40_401..=40_499).contains(&code).then_some(code),
        409 | 422 => Some(status.into()),
        _ => None,
    });
    match failure {
        Failure::Refused { code, message } => {
            refusal == Some(*code)
                && message.chars().count() <= TOLD_CHARS_MAX + 1
                && !message.chars().any(char::is_control)
        }
        Failure::NoCall(_) => refusal.is_none() && matches!(status, 404 | 405),
        Failure::Outage(why) => {
            refusal.is_none() && !matches!(status, 404 | 405) && !why.chars().any(char::is_control)
        }
    }
}

/// What must be taken whatever else stands there: a text, and numbers and references only as they ought to be.
fn is_schema(json: &Json) -> bool {
    let number = |json: &Json| json.as_u64().is_some_and(|number| u32::try_from(number).is_ok());
    let optional = |name: &str, is_right: &dyn Fn(&Json) -> bool| {
        json.get(name).is_none_or(|json| json.is_null() || is_right(json))
    };
    let reference = |json: &Json| {
        json.get("subject").is_some_and(Json::is_string) && json.get("version").is_some_and(number)
    };
    json.get("schema").is_some_and(Json::is_string)
        && optional("id", &number)
        && optional("version", &number)
        && optional("schemaType", &Json::is_string)
        && optional("references", &|json| json.as_array().is_some_and(|all| all.iter().all(reference)))
}

#[test]
fn fuzz_registry_answers() {
    const STATUSES: [u16; 12] = [200, 200, 200, 200, 404, 404, 409, 422, 401, 405, 429, 500];
    let stage = AssertUnwindSafe(Stage::new());
    let stage = &stage;
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        let Stage { runtime, fake, client } = &**stage;
        let status = STATUSES[usize::from(input.last().copied().unwrap_or_default()) % STATUSES.len()];
        for body in [input.to_vec(), pieces(input).into_bytes()] {
            fake.otherwise(Reply::Raw(status, body.clone()));
            let json: Option<Json> = serde_json::from_slice(&body).ok().filter(|_| status == 200);
            match runtime.block_on(client.schema(7)) {
                Ok(told) => {
                    let json = json.as_ref().expect("only JSON is an answer");
                    assert!(is_schema(json), "{json}");
                    assert_eq!(Some(told.schema.as_str()), json["schema"].as_str());
                    assert_eq!(told.id.map(u64::from), json["id"].as_u64());
                    assert_eq!(told.references().len(), json["references"].as_array().map_or(0, Vec::len));
                }
                Err(failure) => {
                    assert!(!json.as_ref().is_some_and(is_schema), "{failure:?}: {json:?}");
                    assert!(is_told_apart(&failure, status, &body), "{status}: {failure:?}");
                }
            }
            match runtime.block_on(client.versions("s")) {
                Ok(versions) => {
                    assert!(versions.is_sorted());
                    let all = json.as_ref().and_then(Json::as_array).expect("only an array is an answer");
                    let mut all: Vec<_> =
                        all.iter().map(|one| one.as_u64().expect("numbers alone")).collect();
                    all.sort_unstable();
                    assert_eq!(versions.into_iter().map(u64::from).collect::<Vec<_>>(), all);
                }
                Err(failure) => {
                    assert!(json.as_ref().and_then(Json::as_array).is_none_or(|all| {
                        all.iter().any(|one| one.as_u64().is_none_or(|one| u32::try_from(one).is_err()))
                    }));
                    assert!(is_told_apart(&failure, status, &body), "{status}: {failure:?}");
                }
            }
        }
    });
}
