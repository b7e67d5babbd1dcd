//! Fuzz targets for JSON, and for the frame before Avro. Those for Avro stand with its oracle (`avro/tests/fuzz.rs`), those
//! for JSON Schema beside it (`json_schema/fuzz.rs`).

use bolero::check;
use serde_json::Value as Json;

use super::avro::{FRAME_BYTES, split_frame, write_frame};
use super::{JSON_DEPTH_MAX, decode_json, encode_json};

const ITERATIONS: usize = 5_000;
const BYTES_MAX: usize = 512;

/// What JSON is made of, and what it is nearly made of.
const PIECES: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"a\":",
    "null",
    "true",
    "false",
    "nul",
    "-",
    "0",
    "1",
    "00",
    "7",
    ".",
    ".5",
    "e",
    "e9",
    "E-3",
    "e400",
    "9223372036854775808",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\n\"",
    "\"\\x\"",
    "\"\u{e9}\"",
    " ",
    "\n",
    "\"\u{b}\"",
];

/// A value, and what is wrong with it where a byte of the input says so.
fn nearly_json(bytes: &mut impl Iterator<Item = u8>, depth: usize, out: &mut String) {
    let Some(choice) = bytes.next() else { return out.push('0') };
    let count = usize::from(choice / 8 % 4);
    match choice % 8 {
        0..4 => out.push_str(PIECES[usize::from(choice / 4) % PIECES.len()]),
        4 | 5 if depth > 0 => {
            out.push('[');
            for index in 0..count {
                out.push_str(if index == 0 { "" } else { "," });
                nearly_json(bytes, depth - 1, out);
            }
            out.push(']');
        }
        6 | 7 if depth > 0 => {
            out.push('{');
            for index in 0..count {
                out.push_str(["\"a\":", "\"b\" :", "\"a\" : "][index % 3].trim_start_matches(','));
                nearly_json(bytes, depth - 1, out);
                out.push_str(if index + 1 == count { "" } else { " , " });
            }
            out.push('}');
        }
        _ => out.push_str("-12.5e-1"),
    }
}

#[test]
fn json_decode() {
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        let pieces: String = input.iter().map(|byte| PIECES[usize::from(*byte) % PIECES.len()]).collect();
        let mut nearly = String::new();
        nearly_json(&mut input.iter().copied(), 6, &mut nearly);
        for bytes in [input, pieces.as_bytes(), nearly.as_bytes()] {
            let theirs: Result<Json, _> = serde_json::from_slice(bytes);
            let document = match decode_json(bytes) {
                Ok(document) => document,
                Err(error) => {
                    // What is beyond a limit is JSON all the same, and a number may be beyond only one's.
                    let is_limit = error.class == "json_limit";
                    assert!(theirs.is_err() || is_limit, "{}: {error}", String::from_utf8_lossy(bytes));
                    continue;
                }
            };
            assert!(theirs.is_ok(), "{theirs:?}: {}", String::from_utf8_lossy(bytes));
            let mut out = Vec::new();
            encode_json(&document, &mut out).expect("what was read is written");
            let again = decode_json(&out).expect("what was written is read");
            assert_eq!(again.root(), document.root());
            let mut twice = Vec::new();
            encode_json(&again, &mut twice).expect("what was read is written");
            assert_eq!(twice, out);
        }
    });
}

#[test]
fn json_depth() {
    check!().with_iterations(ITERATIONS / 10).with_max_len(64).for_each(|input: &[u8]| {
        let Some(first) = input.first() else { return };
        let depth = JSON_DEPTH_MAX - 8 + usize::from(*first) % 16;
        let kinds: Vec<bool> = input.iter().map(|byte| byte & 1 == 0).cycle().take(depth).collect();
        let opened: String = kinds.iter().map(|is_array| if *is_array { "[" } else { "{\"a\":" }).collect();
        let closed: String = kinds.iter().rev().map(|is_array| if *is_array { "]" } else { "}" }).collect();
        let class = decode_json(format!("{opened}1{closed}").as_bytes()).err().map(|error| error.class);
        assert_eq!(class, (depth > JSON_DEPTH_MAX).then_some("json_limit"), "{depth} levels");
    });
}

#[test]
fn avro_frame() {
    check!().with_iterations(ITERATIONS).with_max_len(BYTES_MAX).for_each(|input: &[u8]| {
        // A zero in front gets further.
        for bytes in [input.to_vec(), [&[0], input].concat()] {
            let expected = match bytes.as_slice() {
                [] => Some("avro_empty"),
                [first, ..] if *first != 0 => Some("avro_magic"),
                [_, rest @ ..] if rest.len() < FRAME_BYTES - 1 || rest[0] > 0x7f => Some("avro_frame"),
                _ => None,
            };
            let split = split_frame(&bytes);
            assert_eq!(split.as_ref().err().map(|error| error.class), expected);
            if let Ok((id, body)) = split {
                let mut again = Vec::new();
                write_frame(id, &mut again);
                assert_eq!(again.len(), FRAME_BYTES);
                again.extend_from_slice(body);
                assert_eq!(again, bytes);
            }
        }
    });
}
