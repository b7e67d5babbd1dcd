//! Generated schemas, values that fit them, and programs for both.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::DateTime;
use fastrand::Rng;
use vrl::value::{ObjectMap, Value};

use crate::codec::avro::Schema;

/// The types that fields have.
pub(super) const TYPES: [&str; 22] = [
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

pub(super) const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

pub(super) fn value(of: usize, rng: &mut Rng) -> Value {
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
pub(super) type Fields = Vec<(&'static str, usize)>;

pub(super) fn schema(fields: &[(&str, usize)], defaults: bool) -> Arc<Schema> {
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
pub(super) struct Author<'f> {
    pub rng: Rng,
    pub fields: &'f [(&'static str, usize)],
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
                "if .@ != null { upcase(.@) }",
                "if !is_null(.@) { .@ + 1 } else { 0 }",
                "if is_boolean(.@) { !.@ } else { false }",
                "string!(.@)",
                "to_string(.@)",
                "int(.@) ?? 0",
            ],
            12 => &[
                "to_string(.@)",
                "if is_string(.@) { .@ } else { \"A\" }",
                "if is_string(.@) { upcase(.@) } else { .@ + 1 }",
                "if is_integer(.@) { .@ + 1 }",
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
            _ => &[
                ".@.name",
                "upcase(.@.name)",
                "if .@.vip != null { !.@.vip }",
                ".@.vip",
                ".@.vip || false",
                "merge(.@, {\"z\": 1})",
            ],
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
                // VRL takes no bare `if` in a group, an array or an argument.
                "{{ if {} {{ {} }} else {{ {} }} }}",
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

    pub fn condition(&mut self, depth: usize) -> String {
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

    /// A condition that may write what it asks for.
    fn deciding(&mut self) -> String {
        let condition = self.condition(1);
        match self.rng.u8(..8) {
            0 => format!("({condition}) && {{ .{} = {}; true }}", self.field().0, self.literal()),
            1 => format!("({condition}) && is_string(del(.{}))", self.field().0),
            _ => condition,
        }
    }

    fn statement(&mut self, depth: usize, out: &mut String) {
        let (target, name) = (self.target(), self.field().0);
        let line = match self.rng.u8(..20) {
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
                format!("if {} {{\n{inside}}}{otherwise}", self.deciding())
            }
            11 if depth > 0 => format!("if {} {{ abort }}", self.condition(1)),
            12 => format!(". |= {{\"{}\": {}}}", self.pick(&["n", "a"]), self.expr(1)),
            13 => format!("x = {}\n.{target} = x", self.expr(1)),
            14 => format!("for_each([1, 2]) -> |_i, v| {{ .{target} = v }}"),
            16 => format!(
                "x = {}\nfor_each([1, 2]) -> |_i, _v| {{ .{target} = {}\nx = {} }}\n.m = {}",
                self.expr(0),
                self.pick(&["x", "x + 1", "upcase(x)", ".n"]),
                self.expr(1),
                self.pick(&["x", "x + 1", "!x", ".n"])
            ),
            17 if depth > 0 => {
                let mut inside = String::new();
                self.statement(0, &mut inside);
                let last = self.pick(&["x + 1", ".m", "upcase(x)", ".n + 1"]);
                format!("for_each([1, 2]) -> |_i, x| {{\n{inside}}}\nx = .n\n.{target} = {last}")
            }
            18 => format!(
                ".{target} = {{ .m = {}\n to_int(.{name})\n .m = {}\n {} }} ?? {}",
                self.expr(0),
                self.expr(1),
                self.expr(0),
                self.expr(0)
            ),
            19 => format!(
                ".{target} = {} {} (y = {})\n.m = {}",
                self.condition(0),
                self.pick(&["&&", "||"]),
                self.pick(&["true", "false", "null"]),
                self.pick(&["!y", "y", "y || 5", ".n || \"A\"", "del(.n) || 1"])
            ),
            15 if self.rng.u8(..4) == 0 => format!(". = {{\"a\": {}, \"b\": .b}}", self.expr(1)),
            _ => format!(".{target} = .{name}"),
        };
        writeln!(out, "{line}").expect("a String takes all");
    }

    pub fn map(&mut self) -> String {
        let mut source = String::new();
        for _ in 0..self.rng.usize(1..4) {
            self.statement(1, &mut source);
        }
        source
    }

    pub fn sink(&mut self) -> Fields {
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
