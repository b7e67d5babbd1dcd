//! Generated schemas, programs and records: what passes the check runs without a type error, and what runs is not refused.
//!
//! Records go through the codec, so that what decoding gives and what writing takes are held against what is promised here.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::DateTime;
use fastrand::Rng;
use proptest::prelude::*;
use vrl::value::{Kind, ObjectMap, Value};

use super::compare::single;
use super::forms::is_of;
use super::shape::{Presence, Shape};
use crate::codec::Document;
use crate::codec::avro::{Reading, Schema, Wanted, Writing};
use crate::config::spec::{DataSchema, DecodeSpec, Decoding, Extra, Format};
use crate::transform::program::{CONSTANT_COMPARISON, UNKNOWN_MEMBER};
use crate::transform::{Frame, Program, ProgramKind, Runner, Scope, check_sink, compile_in};

/// How many records go through each chain: enough that each value that a type can take is met.
const RECORDS: usize = 64;

/// The types that fields have.
const TYPES: [&str; 22] = [
    r#""int""#,
    r#""long""#,
    r#""double""#,
    r#""float""#,
    r#""boolean""#,
    r#""string""#,
    r#""bytes""#,
    r#"{"type": "enum", "name": "E%", "symbols": ["A", "B", "C"]}"#,
    r#"{"type": "enum", "name": "E%", "symbols": ["A", "B", "C", "D"]}"#,
    r#"["null", "string"]"#,
    r#"["null", "int"]"#,
    r#"["null", "boolean"]"#,
    r#"["int", "string"]"#,
    r#"{"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}"#,
    r#"{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}"#,
    r#"{"type": "int", "logicalType": "date"}"#,
    r#"{"type": "string", "logicalType": "uuid"}"#,
    r#"{"type": "long", "logicalType": "timestamp-millis"}"#,
    r#"{"type": "array", "items": "int"}"#,
    r#"{"type": "map", "values": "string"}"#,
    r#"{"type": "record", "name": "R%", "fields": [{"name": "name", "type": "string"},
        {"name": "vip", "type": ["null", "boolean"]}]}"#,
    r#"{"type": "fixed", "name": "F%", "size": 4}"#,
];

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn value(of: usize, rng: &mut Rng) -> Value {
    let text = |rng: &mut Rng| Value::from(["", "a", "A", "2024-01-31", "7", "ÄÖ"][rng.usize(..6)]);
    let int = |rng: &mut Rng| [0, 1, 5, -7, i64::from(i32::MAX), i64::from(i32::MIN)][rng.usize(..6)];
    let or_null = |rng: &mut Rng, value: Value| if rng.bool() { Value::Null } else { value };
    match of {
        0 => Value::Integer(int(rng)),
        1 => Value::Integer([5, i64::MAX, i64::MIN, 0, 3_000_000_000][rng.usize(..5)]),
        2 | 3 => Value::from_f64_or_zero([0.0, 1.5, -2.25, 1024.0][rng.usize(..4)]),
        4 => Value::Boolean(rng.bool()),
        5 | 6 => text(rng),
        7 => Value::from(["A", "B", "C"][rng.usize(..3)]),
        8 => Value::from(["A", "B", "C", "D"][rng.usize(..4)]),
        9 => {
            let text = text(rng);
            or_null(rng, text)
        }
        10 => {
            let int = Value::Integer(int(rng));
            or_null(rng, int)
        }
        11 => {
            let boolean = Value::Boolean(rng.bool());
            or_null(rng, boolean)
        }
        12 => {
            if rng.bool() {
                Value::Integer(int(rng))
            } else {
                text(rng)
            }
        }
        13 => Value::from(["0.00", "-12.30", "9999.99"][rng.usize(..3)]),
        14 => Value::from(["0.001", "-12.340", "999999.999"][rng.usize(..3)]),
        15 => Value::from(["2024-01-31", "1969-12-31"][rng.usize(..2)]),
        16 => Value::from("01234567-89ab-cdef-0123-456789abcdef"),
        17 => Value::Timestamp(
            DateTime::from_timestamp_millis(rng.i64(0..4_000_000_000_000)).expect("in range"),
        ),
        18 => Value::Array((0..rng.usize(..3)).map(|_| Value::Integer(int(rng))).collect()),
        19 => {
            let keys = ["k", "l"].into_iter().take(rng.usize(..3));
            Value::Object(keys.map(|key| (key.into(), text(rng))).collect())
        }
        20 => {
            let vip = Value::Boolean(rng.bool());
            let members = [("name".into(), text(rng)), ("vip".into(), or_null(rng, vip))];
            Value::Object(ObjectMap::from(members))
        }
        _ => Value::from(["abcd", "1234"][rng.usize(..2)]),
    }
}

/// Fields with their types.
type Fields = Vec<(&'static str, usize)>;

fn schema(fields: &[(&str, usize)], defaults: bool) -> Arc<Schema> {
    let mut all = Vec::new();
    for (index, (name, of)) in fields.iter().enumerate() {
        let of_text = TYPES[*of].replace('%', &index.to_string());
        let default = if defaults && of_text.starts_with("[\"null\"") { r#", "default": null"# } else { "" };
        all.push(format!(r#"{{"name": "{name}", "type": {of_text}{default}}}"#));
    }
    let text = format!(r#"{{"type": "record", "name": "Top", "fields": [{}]}}"#, all.join(", "));
    Arc::new(Schema::parse(&text, &[]).expect("it is a schema"))
}

/// Writes programs.
struct Author<'f> {
    rng: Rng,
    fields: &'f [(&'static str, usize)],
}

impl Author<'_> {
    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.rng.usize(..all.len())]
    }

    fn field(&mut self) -> (&'static str, usize) {
        self.fields[self.rng.usize(..self.fields.len())]
    }

    fn target(&mut self) -> String {
        match self.rng.u8(..8) {
            0..4 => self.pick(&["n", "m"]).to_owned(),
            4 => format!("{}.deep", self.pick(&["n", "o"])),
            _ => self.field().0.to_owned(),
        }
    }

    fn literal(&mut self) -> &'static str {
        self.pick(&[
            "1",
            "3000000000",
            "1.5",
            "\"A\"",
            "\"Z\"",
            "\"12.34\"",
            "true",
            "null",
            "\"2024-01-31\"",
            "{}",
        ])
    }

    /// Something that suits the type of a field, mostly.
    fn of_field(&mut self) -> String {
        let (name, of) = self.field();
        let suits: &[&str] = match of {
            0 | 1 => &[".@ + 1", "to_string(.@)", ".@ * 2", "to_float(.@)", "-1 * .@", ".@ / 2"],
            2 | 3 => &[".@ * 1.5", "round(.@)", "floor(.@)", "to_int(.@)", ".@ + 1"],
            4 => &["!.@", ".@ == true", "to_string(.@)", "to_int(.@)"],
            5..9 | 13..17 | 21 => &[
                "upcase(.@)",
                ".@ + \"s\"",
                "length(.@)",
                "contains(.@, \"A\")",
                "strip_whitespace(.@)",
                "split(.@, \"-\")",
                "to_int(.@) ?? 0",
            ],
            9..12 => &[
                ".@ || \"A\"",
                ".@ || 1",
                "if .@ == null { \"A\" } else { .@ }",
                "if is_null(.@) { 1 } else { .@ }",
                "string!(.@)",
                "to_string(.@)",
                "int(.@) ?? 0",
            ],
            12 => &[
                "to_string(.@)",
                "if is_string(.@) { .@ } else { \"A\" }",
                "int(.@) ?? 7",
                "string(.@) ?? \"A\"",
            ],
            17 => &["to_unix_timestamp(.@)", "to_string(.@)", ".@"],
            18 => &[
                ".@[0]",
                "length(.@)",
                "push(.@, 1)",
                "map_values(.@) -> |v| { to_string(v) }",
                ".@[-1] || 0",
            ],
            19 => &[".@.k", "length(.@)", "keys(.@)", "merge(.@, {\"z\": \"A\"})", ".@.k || \"A\""],
            _ => &[".@.name", "upcase(.@.name)", ".@.vip", ".@.vip || false", "merge(.@, {\"z\": 1})"],
        };
        self.pick(suits).replace('@', name)
    }

    fn expr(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.rng.u8(..3) {
                0 => self.literal().to_owned(),
                _ => format!(".{}", self.field().0),
            };
        }
        match self.rng.u8(..24) {
            0 | 16 => self.literal().to_owned(),
            1..4 => format!(".{}", self.field().0),
            4..9 | 17..23 => self.of_field(),
            9 => {
                let function = self.pick(&["upcase", "to_int", "to_float", "to_string", "length", "round"]);
                let (inner, handled) = (self.expr(depth - 1), self.pick(&["", "", " ?? \"A\"", " ?? 0"]));
                format!("{function}({inner}){handled}")
            }
            10 => format!("upcase!(.{})", self.field().0),
            11 => format!(
                "if {} {{ {} }} else {{ {} }}",
                self.condition(1),
                self.expr(depth - 1),
                self.expr(depth - 1)
            ),
            12 => format!("{{\"k\": {}, \"name\": {}}}", self.expr(depth - 1), self.expr(depth - 1)),
            13 => format!("[{}, {}]", self.expr(depth - 1), self.expr(0)),
            14 => format!("({}) || {}", self.expr(depth - 1), self.expr(0)),
            _ => format!(".{}", self.pick(&["n", "zzz", "n.deep", "a.name"])),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let (field, of) = self.field();
        let name = match self.rng.u8(..40) {
            0 => "n",
            1 => "zzz",
            _ => field,
        };
        let literal = match (self.rng.u8(..6), of) {
            (0, _) => self.literal(),
            (_, 0..=3 | 10) => self.pick(&["1", "5", "1.5"]),
            (_, 4 | 11) => "true",
            (_, 13) => "\"12.34\"",
            (_, 14) => "\"0.001\"",
            (_, 15) => "\"2024-01-31\"",
            (_, 5..=9 | 12) => self.pick(&["\"A\"", "\"B\""]),
            _ => return format!("(.{name} == .{name}) == {}", self.pick(&["true", "false"])),
        };
        match self.rng.u8(..12) {
            0..4 => format!(".{name} {} {literal}", self.pick(&["==", "!="])),
            4 if (9..12).contains(&of) => format!(".{name} != null"),
            9 if (9..12).contains(&of) => format!(".{name} == null"),
            5 => format!("exists(.{name})"),
            6 => format!(
                "{}(.{name})",
                self.pick(&["is_null", "is_string", "is_integer", "!is_null", "is_object"])
            ),
            7 => format!("(.{name} {} {literal}) ?? false", self.pick(&["<", ">=", ">"])),
            8 if depth > 0 => format!("({}) && ({})", self.condition(depth - 1), self.condition(depth - 1)),
            11 if depth > 0 => format!("({}) || ({})", self.condition(depth - 1), self.condition(depth - 1)),
            10 => format!(".{name} == .{}", self.field().0),
            _ => format!(".{name} == {literal}"),
        }
    }

    fn statement(&mut self, depth: usize, out: &mut String) {
        let (target, name) = (self.target(), self.field().0);
        let line = match self.rng.u8(..16) {
            0..6 => format!(".{target} = {}", self.expr(2)),
            6 => format!(".{target}, err = {}", self.expr(1)),
            7 => format!("del(.{name})"),
            8 => format!(".{target} = del(.{name})"),
            9 | 10 if depth > 0 => {
                let mut inside = String::new();
                self.statement(depth - 1, &mut inside);
                let mut other = String::new();
                self.statement(depth - 1, &mut other);
                let otherwise = if self.rng.bool() { format!(" else {{\n{other}}}") } else { String::new() };
                format!("if {} {{\n{inside}}}{otherwise}", self.condition(1))
            }
            11 if depth > 0 => format!("if {} {{ abort }}", self.condition(1)),
            12 => format!(". |= {{\"{}\": {}}}", self.pick(&["n", "a"]), self.expr(1)),
            13 => format!("x = {}\n.{target} = x", self.expr(1)),
            14 => format!("for_each([1, 2]) -> |_i, v| {{ .{target} = v }}"),
            15 if self.rng.u8(..4) == 0 => format!(". = {{\"a\": {}, \"b\": .b}}", self.expr(1)),
            _ => format!(".{target} = .{name}"),
        };
        writeln!(out, "{line}").expect("a String takes all");
    }

    fn map(&mut self) -> String {
        let mut source = String::new();
        for _ in 0..self.rng.usize(1..4) {
            self.statement(1, &mut source);
        }
        source
    }

    fn sink(&mut self) -> Fields {
        let mut fields: Fields = Vec::new();
        for (name, of) in self.fields {
            match self.rng.u8(..10) {
                0..7 => fields.push((name, *of)),
                7 | 8 => fields.push((name, self.rng.usize(..TYPES.len()))),
                _ => {}
            }
        }
        if self.rng.u8(..3) == 0 {
            fields.push(("n", self.rng.usize(..TYPES.len())));
        }
        fields
    }
}

/// Programs, each with whether it was warned of.
type Programs = Vec<(Program, bool)>;

/// One generated case.
struct Case {
    reader: Arc<Schema>,
    steps: Vec<(ProgramKind, String)>,
    sink: Arc<Schema>,
    extra: Extra,
    records: Vec<Document>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let fields: Fields =
            NAMES.into_iter().take(rng.usize(3..=6)).map(|name| (name, rng.usize(..TYPES.len()))).collect();
        let reader = schema(&fields, false);
        let writing = Writing::new(Arc::clone(&reader), false);
        let reading = Reading::new(Arc::clone(&reader), None, Wanted::All, true).expect("it reads its own");
        let reading = Arc::new(reading);
        let records = (0..RECORDS).map(|_| {
            let members = fields.iter().map(|(name, of)| ((*name).into(), value(*of, &mut rng)));
            let record = Document::Eager(Value::Object(members.collect()));
            let mut bytes = Vec::new();
            writing.encode(&record, &mut bytes).expect("it fits");
            reading.decode(&bytes).expect("it was written")
        });
        let records = records.collect();
        let mut author = Author { rng, fields: &fields };
        let mut steps = Vec::new();
        for _ in 0..author.rng.usize(1..4) {
            steps.push(match author.rng.u8(..3) {
                0 => (ProgramKind::Filter, author.condition(1)),
                _ => (ProgramKind::Map, author.map()),
            });
        }
        let sink = schema(&author.sink(), author.rng.bool());
        let extra = if author.rng.u8(..4) == 0 { Extra::Error } else { Extra::Drop };
        Self { reader, steps, sink, extra, records }
    }

    fn scope(&self, schema: Option<&Arc<Schema>>) -> Scope {
        let schema = schema.cloned().map(DataSchema::Avro);
        let value = Decoding { schema, ..Decoding::plain(Format::Avro) };
        Scope::start().after_decode(&DecodeSpec { value, key: Decoding::plain(Format::Raw) })
    }

    /// The programs of all steps, each with whether it was warned of, or all findings' codes of the first that is refused.
    fn compile(&self, schema: Option<&Arc<Schema>>) -> Result<(Programs, Scope), Vec<usize>> {
        let mut scope = self.scope(schema);
        let mut programs = Vec::new();
        for (kind, source) in &self.steps {
            let (program, warnings) = compile_in(*kind, source, &scope).map_err(|found| {
                found.iter().filter(|found| found.is_error).map(|found| found.code).collect::<Vec<_>>()
            })?;
            scope = program.scope_after().clone();
            programs.push((program, !warnings.is_empty()));
        }
        Ok((programs, scope))
    }

    fn shown(&self) -> String {
        let steps: Vec<_> =
            self.steps.iter().map(|(kind, source)| format!("--- {kind:?}\n{source}")).collect();
        format!(
            "{}\n{}\n--- sink ({:?})\n{}",
            self.reader.text(),
            steps.join("\n"),
            self.extra,
            self.sink.text()
        )
    }
}

/// Whether a value is one of those that the shape stands for.
fn admits(shape: &Shape, value: &Value) -> bool {
    match (shape, value) {
        (Shape::Any, _) => true,
        (Shape::Null, Value::Null) | (Shape::Boolean, Value::Boolean(_)) => true,
        (Shape::Integer(range), Value::Integer(integer)) => {
            range.is_none_or(|(min, max)| (min..=max).contains(integer))
        }
        (Shape::Single, Value::Float(float)) => single(float.into_inner()).total_cmp(float).is_eq(),
        (Shape::Float, Value::Float(_)) | (Shape::Timestamp(_), Value::Timestamp(_)) => true,
        (Shape::Text(text), value) => value.as_bytes().is_some_and(|bytes| is_of(text, bytes)),
        (Shape::Literal(literal), value) => match (literal.as_bytes(), value.as_bytes()) {
            (Some(left), Some(right)) => left == right,
            _ => literal == value,
        },
        (Shape::Array(items), Value::Array(all)) => all.iter().all(|value| admits(items, value)),
        (Shape::Map(items), Value::Object(all)) => all.values().all(|value| admits(items, value)),
        (Shape::Record(record), Value::Object(all)) => {
            let has = |name: &String| all.contains_key(name.as_str());
            record.members.iter().all(|(name, member)| member.presence != Presence::Always || has(name))
                && all.iter().all(|(name, value)| match record.members.get(name.as_str()) {
                    Some(member) => admits(&member.shape, value),
                    None => record.others.as_ref().is_some_and(|others| admits(others, value)),
                })
        }
        (Shape::Union(all), value) => all.iter().any(|shape| admits(shape, value)),
        (Shape::Perhaps(inner), value) => admits(inner, value),
        _ => false,
    }
}

/// Whether something in a value is not known.
fn has_unknown(shape: &Shape) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Array(inner) | Shape::Map(inner) | Shape::Perhaps(inner) => has_unknown(inner),
        Shape::Union(all) => all.iter().any(has_unknown),
        Shape::Record(record) => {
            record.members.values().any(|member| has_unknown(&member.shape)) || record.others.is_some()
        }
        _ => false,
    }
}

/// Runs a record through all steps: the value behind them, or none where it went no further; or the step that failed.
fn run(
    programs: &[(Program, bool)],
    record: &Document,
    each: &dyn Fn(&Program, &Value),
) -> Result<Option<Document>, usize> {
    let (mut runner, mut frame) = (Runner::new(), Frame::default());
    frame.set_value(record.clone());
    for (index, (program, _)) in programs.iter().enumerate() {
        if program.kind() == ProgramKind::Map {
            match runner.map(program, &mut frame) {
                Ok(()) => {}
                Err(error) if error.class == "vrl_abort" => return Ok(None),
                Err(_) => return Err(index),
            }
        } else {
            match runner.test(program, &mut frame) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(_) => return Err(index),
            }
        }
        each(program, &frame.value().whole().expect("it decodes"));
    }
    Ok(Some(frame.value().clone()))
}

/// What passes the check runs without a type error, leaves what it was said to leave, and can be written.
fn is_sound(case: &Case) {
    let Ok((programs, scope)) = case.compile(Some(&case.reader)) else { return };
    let each = |program: &Program, value: &Value| {
        let after = program.scope_after();
        assert!(
            admits(after.value_shape(), value),
            "{value} is not {:?}\n{}",
            after.value_shape(),
            case.shown()
        );
        let fits = after.value_kind().is_superset(&Kind::from(value));
        assert!(fits.is_ok(), "{value} is not {}\n{}", after.value_kind(), case.shown());
    };
    let found = check_sink(&scope, &case.sink, case.extra);
    let writing = Writing::new(Arc::clone(&case.sink), case.extra == Extra::Drop);
    for record in &case.records {
        match run(&programs, record, &each) {
            Err(step) => {
                let (program, is_warned) = &programs[step];
                // VRL overlooks what a branch left out before a `||`.
                let may_fail = *is_warned || ["!(", "||"].iter().any(|sign| program.source().contains(sign));
                assert!(may_fail, "step {step} failed\n{}", case.shown());
            }
            // What is unknown passes, whatever it is.
            Ok(Some(after)) if found.is_empty() && !has_unknown(scope.value_shape()) => {
                if let Err(error) = writing.encode(&after, &mut Vec::new()) {
                    let is_of_type = ["avro_type", "avro_missing", "avro_extra"].contains(&error.class);
                    assert!(!is_of_type, "{error} (the value is {:?})\n{}", after.whole(), case.shown());
                }
            }
            Ok(_) => {}
        }
    }
}

/// What runs fine where nothing is known is not refused for its types.
fn is_complete(case: &Case) {
    let Ok((programs, _)) = case.compile(None) else { return };
    let of_rules =
        |codes: &[usize]| codes.iter().all(|code| [UNKNOWN_MEMBER, CONSTANT_COMPARISON, 102].contains(code));
    let typed = case.compile(Some(&case.reader));
    if let Err(codes) = &typed {
        assert!(of_rules(codes), "refused with {codes:?}\n{}", case.shown());
    }
    let writing = Writing::new(Arc::clone(&case.sink), case.extra == Extra::Drop);
    let mut written = 0;
    for record in &case.records {
        match run(&programs, record, &|_, _| {}) {
            Ok(Some(after)) if writing.encode(&after, &mut Vec::new()).is_ok() => written += 1,
            Ok(None) => {}
            _ => return,
        }
    }
    // Where hardly a record gets to the sink, or a branch may never have been taken, that all of them fit says nothing.
    let has_branches = case.steps.iter().any(|(_, source)| source.contains("if ") || source.contains("||"));
    if let Ok((_, scope)) = typed
        && written > RECORDS / 2
        && !has_branches
    {
        let found = check_sink(&scope, &case.sink, case.extra);
        let errors: Vec<_> = found.iter().filter(|found| found.is_error).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{}", case.shown());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_never_fails_for_its_types(seed in any::<u64>()) {
        is_sound(&Case::new(seed));
    }

    #[test]
    fn what_runs_is_not_refused_for_its_types(seed in any::<u64>()) {
        is_complete(&Case::new(seed));
    }
}

/// How often the two properties have something to say: a generator that only makes refused programs would prove nothing.
#[test]
fn the_generator_reaches_what_it_is_for() {
    let (mut passed, mut fits, mut runs) = (0, 0, 0);
    for seed in 0..500 {
        let case = Case::new(seed);
        if let Ok((_, scope)) = case.compile(Some(&case.reader)) {
            passed += 1;
            fits += usize::from(check_sink(&scope, &case.sink, case.extra).is_empty());
        }
        runs += usize::from(case.compile(None).is_ok());
    }
    assert!(
        passed > 100 && fits > 20 && runs > 100,
        "{passed} pass, {fits} fit their sink, {runs} compile untyped"
    );
}
