//! Many calls of all functions.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use vrl::compiler::Parameter;
use vrl::value::kind::Collection;

use super::*;

/// How often a function is called at least, whatever it takes.
const CALLS_MIN: usize = 120;

/// How many calls have to give a value, so that something was looked at.
const GIVEN_MIN: usize = 8000;

/// How many wrong things are told of each function.
const SHOWN_MAX: usize = 4;

/// What takes as long as its first argument is large.
const LONG: [&str; 1] = ["range"];

/// What fails for a timestamp that is far away, which is no matter of types.
const RANGES: [&str; 2] = ["to_float", "uuid_v7"];

/// What closures do, by the function that they are for.
fn closures(function: &str, is_recursive: bool) -> &'static [&'static str] {
    match function {
        // One that puts each value into a collection would never come to an end.
        "map_values" if is_recursive => &[
            "|v| { v }",
            "|_| { 1 }",
            "|v| { if is_string(v) { length(string!(v)) } else { v } }",
            "|v| { if is_object(v) { null } else { v } }",
            "|v| { upcase(v) ?? v }",
        ],
        "map_values" => &[
            "|v| { v }",
            "|_| { 1 }",
            "|v| { if is_string(v) { length(string!(v)) } else { [v] } }",
            "|v| { if is_null(v) { \"none\" } else { v } }",
            "|v| { if is_integer(v) { {\"n\": v} } else { null } }",
        ],
        "map_keys" => &["|k| { k }", "|k| { upcase(k) }", "|_| { \"a\" }", "|k| { slice!(k, 0, 1) }"],
        "filter" => &[
            "|_, v| { !is_null(v) }",
            "|_, _| { true }",
            "|_, _| { false }",
            "|k, _| { k != 0 && k != \"a\" }",
        ],
        "for_each" => &["|_, _| { null }"],
        "replace_with" => {
            &["|m| { upcase(m.string) }", "|m| { string(m.captures[0]) ?? \"\" }", "|_| { \"\" }"]
        }
        _ => &[""],
    }
}

/// How an argument stands in a call.
#[derive(Clone, Copy)]
enum Known {
    /// As it is written.
    Literal,
    /// A member of exactly its type.
    Exactly,
    /// A member of its type; of what stands in it only what it may be.
    Loosely,
    /// A member of its type; each of its members, and each item but the first, may be absent, or an integer, and one is.
    Perhaps,
    /// A member of any type.
    Not,
}

const KNOWN: [Known; 5] = [Known::Literal, Known::Exactly, Known::Loosely, Known::Perhaps, Known::Not];

fn kind_of(value: &Value, known: Known) -> Kind {
    let inner = |value: &Value| kind_of(value, known);
    let joined = |all: &mut dyn Iterator<Item = Kind>| all.fold(Kind::never(), |all, one| all.union(one));
    match (known, value) {
        (Known::Not, _) => Kind::any(),
        (Known::Loosely, Value::Array(items)) => {
            Kind::array(Collection::from_unknown(joined(&mut items.iter().map(inner))))
        }
        (Known::Loosely, Value::Object(members)) => {
            Kind::object(Collection::from_unknown(joined(&mut members.values().map(inner))))
        }
        (Known::Perhaps, Value::Array(items)) => {
            let item = |(index, value): (usize, &Value)| match index {
                0 => inner(value),
                _ => inner(value).or_integer().or_undefined(),
            };
            let absent = (items.len().into(), Kind::bytes().or_undefined());
            let items = items.iter().enumerate().map(|(index, value)| (index.into(), item((index, value))));
            Kind::array(items.chain([absent]).collect::<BTreeMap<_, _>>())
        }
        (Known::Perhaps, Value::Object(members)) => {
            let member = |value: &Value| inner(value).or_integer().or_undefined();
            let members = members.iter().map(|(name, value)| (name.clone().into(), member(value)));
            let absent = ("zz".into(), Kind::bytes().or_undefined());
            Kind::object(members.chain([absent]).collect::<BTreeMap<_, _>>())
        }
        (_, value) => Kind::from(value),
    }
}

/// A call, with what `.` holds.
struct Call {
    arguments: Vec<String>,
    closure: &'static str,
    members: BTreeMap<String, (Value, Kind)>,
}

impl Call {
    /// The next one, by chance.
    fn of(function: &dyn Function, round: usize, chance: &mut fastrand::Rng) -> Self {
        let mut call = Call { arguments: Vec::new(), closure: "", members: BTreeMap::new() };
        for (index, parameter) in function.parameters().iter().enumerate() {
            if !parameter.required && chance.u8(..4) > 0 {
                continue;
            }
            let name = function.identifier();
            let texts = arguments::texts(parameter, index == 0 && !LONG.contains(&name));
            // All of the first are gone through, and those of a fixed choice with each of them.
            let at = match (index, parameter.enum_variants) {
                (0, _) => round % texts.len(),
                (_, Some(variants)) => (round / arguments::TEXTS.len()) % variants.len(),
                _ => chance.usize(..texts.len()),
            };
            // VRL wants to know such a choice before anything runs.
            let known = match parameter.enum_variants {
                Some(_) => Known::Literal,
                None => KNOWN[chance.usize(..KNOWN.len())],
            };
            let text = call.argument(&texts[at], known);
            call.arguments.push(format!("{}: {text}", parameter.keyword));
        }
        let is_recursive = call.arguments.iter().any(|argument| argument.starts_with("recursive"));
        let closures = closures(function.identifier(), is_recursive);
        call.closure = closures[chance.usize(..closures.len())];
        call
    }

    fn argument(&mut self, text: &str, known: Known) -> String {
        if matches!(known, Known::Literal) {
            return text.to_owned();
        }
        let program = compiled(text, &Kind::any_object()).unwrap_or_else(|| panic!("{text}"));
        let value = run(&program, Value::Null).unwrap_or_else(|failed| panic!("{text}: {failed}"));
        let name = format!("m{}", self.members.len());
        let kind = kind_of(&value, known);
        self.members.insert(name.clone(), (value, kind));
        format!(".{name}")
    }

    fn source(&self, function: &str, mark: &str) -> String {
        let arrow = if self.closure.is_empty() { "" } else { " -> " };
        format!("{function}{mark}({}){arrow}{}", self.arguments.join(", "), self.closure)
    }

    fn target(&self) -> (Value, Kind) {
        let value = self.members.iter().map(|(name, (value, _))| (name.as_str().into(), value.clone()));
        let kind = self.members.iter().map(|(name, (_, kind))| (name.as_str().into(), kind.clone()));
        (Value::Object(value.collect()), Kind::object(kind.collect::<BTreeMap<_, _>>()))
    }
}

/// What came of a call.
enum Came {
    Refused,
    Failed,
    Right,
    Wrong(String),
}

fn came(function: &dyn Function, call: &Call) -> Came {
    let (value, kind) = call.target();
    let handled = call.source(function.identifier(), "!");
    let certain = compiled(&call.source(function.identifier(), ""), &kind);
    let is_certain = certain.is_some() && !RANGES.contains(&function.identifier());
    let Some(program) = certain.or_else(|| compiled(&handled, &kind)) else { return Came::Refused };
    match run(&program, value.clone()) {
        Err(failed) if is_certain => Came::Wrong(format!("{handled} on {value}: {failed}")),
        Err(_) => Came::Failed,
        Ok(given) => match untrue(&told(&program), &given).or_else(|| untrue(&listed(function), &given)) {
            Some(found) => Came::Wrong(format!("{handled} on {value}: {found}")),
            None => Came::Right,
        },
    }
}

/// How often to call a function: each text twice, and with each of a fixed choice.
fn calls(function: &dyn Function) -> usize {
    let Some(first) = function.parameters().first() else { return CALLS_MIN };
    let choices = function.parameters().iter().filter_map(|parameter| Some(parameter.enum_variants?.len()));
    CALLS_MIN.max(arguments::texts(first, true).len() * choices.max().unwrap_or(1).max(2))
}

/// What a function can give at all, by its own list.
fn listed(function: &dyn Function) -> Kind {
    Parameter::required("", function.return_kind(), "").kind()
}

#[test]
fn calls_give_what_is_told() {
    let (mut wrong, mut panics, mut silent) = (Vec::new(), BTreeSet::new(), Vec::new());
    let (mut given_all, mut all) = (0, 0);
    for function in available() {
        let name = function.identifier();
        let mut chance = fastrand::Rng::with_seed(name.bytes().map(u64::from).sum());
        let (mut given, mut found) = (0, Vec::new());
        for round in 0..calls(function.as_ref()) {
            let call = Call::of(function.as_ref(), round, &mut chance);
            all += 1;
            match catch_unwind(AssertUnwindSafe(|| came(function.as_ref(), &call))) {
                Ok(Came::Right) => given += 1,
                Ok(Came::Wrong(wrong)) => found.push(wrong),
                Ok(Came::Refused | Came::Failed) => {}
                Err(_) => {
                    panics.insert(format!("{} on {}", call.source(name, "!"), call.target().0));
                }
            }
        }
        given_all += given;
        found.truncate(SHOWN_MAX);
        wrong.extend(found);
        if given == 0 {
            silent.push(name);
        }
    }
    println!("{all} calls, {given_all} gave a value; none of {silent:?} did; {} panic:", panics.len());
    panics.iter().for_each(|panic| println!("{panic}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(given_all > GIVEN_MIN, "{given_all}");
}
