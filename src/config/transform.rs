//! `transform:`: steps in their order, each with exactly one action.
//!
//! A filter or a map before `decode` sees the value's bytes. There is at most one `decode`; a map before it may
//! write new bytes (strip a frame, unpack an envelope), which are what is then decoded.

use crate::transform::{Program, ProgramKind, Scope};

use super::decode::{DECODE, decode};
use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::node::{Node, Value};
use super::program::{Chain, program};
use super::source_map::Place;
use super::spec::{DecodeSpec, Decoding, Format, StepSpec, Tombstones};
use super::walk::{Fields, Walk};

/// The keys of a step.
pub(super) static STEP: Element = Element {
    name: "a step",
    doc: "One step of the transform: exactly one of its keys.",
    exactly_one: true,
    keys: &[
        Key {
            name: "filter",
            shape: Shape::Program,
            need: Need::Optional,
            doc: "drops the record unless this VRL program gives true",
        },
        Key {
            name: "decode",
            shape: Shape::WordOr(Format::words, &DECODE),
            need: Need::Optional,
            doc: "turns the value's bytes into a value; at most once, and steps before it see bytes",
        },
        Key {
            name: "map",
            shape: Shape::Program,
            need: Need::Optional,
            doc: "changes the record by a VRL program",
        },
    ],
};

/// The steps and what follows from them.
#[derive(Default)]
pub(super) struct Transform {
    /// The steps; `None` where one of them is wrong.
    pub steps: Option<Vec<StepSpec>>,
    /// What is decoded, and where that is said.
    pub decode: Option<(DecodeSpec, Place)>,
    /// The place after the last step.
    pub chain: Chain,
}

impl Transform {
    /// Whether a map may change the value.
    pub(super) fn changes_value(&self) -> bool {
        let steps = self.steps.iter().flatten();
        steps
            .filter_map(|step| match step {
                StepSpec::Map(program) => Some(program),
                StepSpec::Filter(_) | StepSpec::Decode(_) => None,
            })
            .any(|program| program.access().writes_value)
    }

    /// After a map: what it left, or what is certain where it does not compile.
    fn after_map(&mut self, node: &Node, program: Option<&Program>) {
        match program {
            Some(program) => {
                self.chain.scope = program.scope_after().clone();
                self.chain.maps.push((node.clone(), program.clone()));
            }
            None => self.chain.break_at(node, ProgramKind::Map),
        }
    }
}

/// Reads the steps.
pub(super) fn transform(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &'static Key,
    encodes_keys: bool,
    tombstones: Option<Tombstones>,
) -> Transform {
    let mut transform = Transform::default();
    transform.chain.scope =
        Scope::start_with(tombstones == Some(Tombstones::Run)).with_encoded_keys(encodes_keys);
    let Value::List(items) = &node.value else {
        walk.wrong(node, key);
        return transform;
    };
    let steps: Vec<_> = items.iter().map(|item| step(walk, item, &mut transform)).collect();
    transform.steps = steps.into_iter().collect();
    transform
}

fn step(walk: &mut Walk<'_>, node: &Node, so_far: &mut Transform) -> Option<StepSpec> {
    let fields = Fields::open(walk, node, &STEP)?;
    let actions: Vec<_> = fields.all().collect();
    let [(key, _, action)] = actions[..] else {
        // An unknown key has been reported, and may be the action that is missing.
        let is_told = actions.is_empty() && matches!(&node.value, Value::Map(entries) if !entries.is_empty());
        if !is_told {
            let message = "a step needs exactly one of `filter`, `decode` and `map`";
            let (place, why) = match actions.get(1) {
                Some((_, place, _)) => (*place, "a second action"),
                None => (fields.place(), "it has none"),
            };
            let diagnostic = Diagnostic::error("bad-step", message).at(place, why);
            walk.report(
                diagnostic.note("write each action as a step of its own, in the order in which they run"),
            );
        }
        return None;
    };
    match key.name {
        "filter" => {
            let filter = program(walk, action, key, ProgramKind::Filter, &so_far.chain);
            match &filter {
                Some(filter) => so_far.chain.scope = filter.scope_after().clone(),
                None => so_far.chain.break_at(action, ProgramKind::Filter),
            }
            filter.map(StepSpec::Filter)
        }
        "map" => {
            let map = program(walk, action, key, ProgramKind::Map, &so_far.chain);
            so_far.after_map(action, map.as_ref());
            map.map(StepSpec::Map)
        }
        _ => decode_step(walk, action, key, so_far).map(StepSpec::Decode),
    }
}

fn decode_step(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &'static Key,
    so_far: &mut Transform,
) -> Option<DecodeSpec> {
    let decode = decode(walk, node, key);
    if let Some((_, earlier)) = &so_far.decode {
        let twice =
            Diagnostic::error("bad-step", "a record is decoded once").at(node.place, "a second `decode`");
        walk.report(twice.also(*earlier, "the first one"));
        return None;
    }
    // A wrong one counts as JSON, so that the programs behind it are judged as they were meant.
    let spec = decode.clone().unwrap_or_else(|| DecodeSpec {
        value: Decoding::plain(Format::Json),
        key: Decoding::plain(Format::Raw),
    });
    so_far.chain.scope = so_far.chain.scope.after_decode(&spec);
    so_far.decode = Some((spec, node.place));
    decode
}

#[cfg(test)]
mod tests {
    use super::super::pipeline::PIPELINE;
    use super::super::walk::walked;
    use super::*;

    fn read(yaml: &str) -> (Transform, Vec<String>) {
        let key = PIPELINE.key("transform").expect("it stands in the table");
        walked(yaml, |walk, node| transform(walk, node, key, false, None))
    }

    #[test]
    fn what_a_map_leaves_is_known_to_the_next_step() {
        let steps = "[{decode: json}, {map: '.n = 1'}, {filter: '.n > 0'}]";
        assert_eq!(read(steps).1, Vec::<String>::new());
        assert_eq!(read("[{decode: json}, {filter: '.n > 0'}]").1, ["vrl-100"]);
    }

    #[test]
    fn what_could_be_a_broken_maps_fault_is_not_told() {
        let steps = "[{decode: json}, {map: '.n = upcse(.n)'}, {filter: '.n > 0'}]";
        assert_eq!(read(steps).1, ["vrl-105"]);
    }

    #[test]
    fn what_is_certain_behind_a_broken_program_is_told_at_once() {
        for (steps, codes) in [
            ("{map: '.n = upcase(.a)'}, {filter: '.m > 0'}", ["vrl-103", "vrl-100"].as_slice()),
            ("{map: '.n = upcase(.a)'}, {filter: '.n > 0'}", &["vrl-103"]),
            ("{map: '.n = upcase(.a)'}, {map: '.m = .n + 1'}, {filter: '.m > 0'}", &["vrl-103"]),
            ("{map: '.n = upcase(.a)'}, {map: \"n = .n\\n.m = n + 1\"}", &["vrl-103"]),
            ("{map: '.n = '}, {filter: '.m > 0'}", &["vrl-204"]),
            ("{filter: '.n == nope'}, {filter: '.n > 0'}, {filter: '.m > 0'}", &["vrl-701", "vrl-100"]),
            ("{map: '%key = upcase(.a)'}, {map: '.x = %key + 1'}, {map: '.y = %topic + 1'}", &["vrl-103"]),
        ] {
            assert_eq!(read(&format!("[{{decode: json}}, {steps}]")).1, codes, "{steps}");
        }
    }

    #[test]
    fn a_map_may_unpack_what_is_then_decoded() {
        let (transform, codes) = read("[{map: '. = slice!(., 5)'}, {decode: json}]");
        assert!(codes.is_empty(), "{codes:?}");
        assert_eq!(transform.steps.map(|steps| steps.len()), Some(2));
    }
}
