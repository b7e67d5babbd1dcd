//! Makes the plan by which a reader's schema reads what a writer's wrote, by the Avro specification's "Schema Resolution".
//!
//! It goes level by level over a list of what is still to be done, never by recursion: how deeply types stand in each
//! other is the schema's choice.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use vrl::value::Value;

use super::defaults;
use super::leaf::{self, Rank};
use super::plan::{Action, Default, Field, Record, Step, StepId};
use super::schema::{self, Node, NodeId, Schema, SchemaError};
use super::{decode, zero_sized};

/// The most steps that a plan may have.
pub(super) const PLAN_STEPS_MAX: usize = 500_000;

/// What a step is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Task {
    /// The writer's type is read as the reader's.
    Resolve(NodeId, NodeId),
    /// A type of the writer as it is.
    Writer(NodeId),
    /// A type of the reader as it is: for defaults.
    Reader(NodeId),
}

/// A default that is still JSON: the record and the reader's field that it stands in for, and how it is read.
struct Pending<'s> {
    record: StepId,
    field: &'s schema::Field,
    json: &'s Json,
    step: StepId,
}

struct Planner<'s> {
    writer: &'s Schema,
    reader: &'s Schema,
    /// What the reader lacks is looked at, too.
    validate: bool,
    writer_zero_sized: Vec<bool>,
    reader_zero_sized: Vec<bool>,
    known: HashMap<Task, StepId>,
    steps: Vec<Option<Step>>,
    todo: Vec<(Task, StepId)>,
    defaults: Vec<Pending<'s>>,
}

/// The steps, and where a whole value begins. Without a reader values are read as they were written.
pub(super) fn plan(
    writer: &Schema,
    reader: Option<&Schema>,
    validate: bool,
) -> Result<(Vec<Step>, StepId), SchemaError> {
    let mut planner = Planner::new(writer, reader, validate);
    let root = match reader {
        Some(reader) => planner.step(Task::Resolve(writer.root(), reader.root()))?,
        None => planner.step(Task::Writer(writer.root()))?,
    };
    planner.work()?;
    let steps = planner.finish();
    super::possible::check(&steps, root)?;
    Ok((steps, root))
}

/// Whether each default of `schema` can be read as a value, which it must where the schema is a reader's.
///
/// # Errors
///
/// One cannot; told with the name of its field.
pub(super) fn check_defaults(schema: &Schema) -> Result<(), String> {
    let mut planner = Planner::new(schema, Some(schema), false);
    let mut defaults = Vec::new();
    for id in schema.ids() {
        let Node::Record { name, fields } = schema.node(id) else { continue };
        for field in fields {
            let Some(json) = &field.default else { continue };
            let step = planner.step(Task::Reader(field.node)).map_err(|error| error.message)?;
            defaults.push((name, field, json, step));
        }
    }
    planner.work().map_err(|error| error.message)?;
    let steps = planner.finish();
    defaults.into_iter().try_for_each(|(name, field, json, step)| {
        value(&steps, schema, field, json, step).map(drop).map_err(|why| {
            format!(
                "the default of the field `{}` of the record `{}` is no value: {why}",
                field.name, name.full
            )
        })
    })
}

/// A default as a value, and what each copy of it takes in memory.
fn value(
    steps: &[Step],
    schema: &Schema,
    field: &schema::Field,
    json: &Json,
    step: StepId,
) -> Result<(Value, usize), String> {
    let bytes = defaults::write(schema, field.node, json)?;
    decode::whole(steps, step, schema, &bytes).map_err(|fault| fault.what().to_owned())
}

impl<'s> Planner<'s> {
    fn new(writer: &'s Schema, reader: Option<&'s Schema>, validate: bool) -> Self {
        Self {
            writer,
            reader: reader.unwrap_or(writer),
            validate,
            writer_zero_sized: zero_sized::nodes(writer),
            reader_zero_sized: reader.map(zero_sized::nodes).unwrap_or_default(),
            known: HashMap::new(),
            steps: Vec::new(),
            todo: Vec::new(),
            defaults: Vec::new(),
        }
    }

    /// Makes what is still to be done.
    fn work(&mut self) -> Result<(), SchemaError> {
        while let Some((task, id)) = self.todo.pop() {
            let step = self.make(task, id)?;
            self.steps[id.index()] = Some(step);
        }
        Ok(())
    }

    /// The step of `task`, which is made later where it is new.
    fn step(&mut self, task: Task) -> Result<StepId, SchemaError> {
        let task = self.chosen(task);
        if let Some(id) = self.known.get(&task) {
            return Ok(*id);
        }
        if self.steps.len() == PLAN_STEPS_MAX {
            return Err(SchemaError::new(format!(
                "reading one schema as the other takes more than {PLAN_STEPS_MAX} steps"
            )));
        }
        let id = StepId(u32::try_from(self.steps.len()).expect("the limit above is far below"));
        self.steps.push(None);
        self.known.insert(task, id);
        self.todo.push((task, id));
        Ok(id)
    }

    /// A reader's union is no step: what the writer wrote tells which variant it is.
    fn chosen(&self, task: Task) -> Task {
        let Task::Resolve(writer, reader) = task else { return task };
        let Node::Union(variants) = self.reader.node(reader) else { return task };
        if matches!(self.writer.node(writer), Node::Union(_)) {
            return task;
        }
        let ranked = variants.iter().filter_map(|variant| Some((self.rank(writer, *variant)?, *variant)));
        // The first of the best.
        let best = ranked.min_by_key(|(rank, _)| *rank);
        best.map_or(task, |(_, variant)| Task::Resolve(writer, variant))
    }

    fn rank(&self, writer: NodeId, reader: NodeId) -> Option<Rank> {
        let (writer, reader) = (self.writer.node(writer), self.reader.node(reader));
        match (writer, reader) {
            (Node::Array(_), Node::Array(_)) | (Node::Map(_), Node::Map(_)) => Some(Rank::Same),
            (Node::Record { name, .. }, Node::Record { name: other, .. })
            | (Node::Enum { name, .. }, Node::Enum { name: other, .. }) => {
                let rank = if name.full == other.full { Rank::Same } else { Rank::Alike };
                leaf::names_match(name, other).then_some(rank)
            }
            (writer, reader) => leaf::rank(writer, reader),
        }
    }

    fn make(&mut self, task: Task, id: StepId) -> Result<Step, SchemaError> {
        match task {
            Task::Resolve(writer, reader) => self.resolve(writer, reader, id),
            Task::Writer(node) => self.as_it_is(self.writer, node, Task::Writer),
            Task::Reader(node) => self.as_it_is(self.reader, node, Task::Reader),
        }
    }

    fn resolve(&mut self, writer: NodeId, reader: NodeId, id: StepId) -> Result<Step, SchemaError> {
        let (from, to) = (self.writer.node(writer), self.reader.node(reader));
        Ok(match (from, to) {
            (Node::Union(variants), _) => Step::Union(
                variants
                    .iter()
                    .map(|one| self.step(Task::Resolve(*one, reader)))
                    .collect::<Result<_, _>>()?,
            ),
            (Node::Array(from), Node::Array(to)) => Step::Array {
                item: self.step(Task::Resolve(*from, *to))?,
                is_zero_sized: self.writer_zero_sized[from.index()],
            },
            (Node::Map(from), Node::Map(to)) => Step::Map(self.step(Task::Resolve(*from, *to))?),
            (Node::Record { name, fields }, Node::Record { name: other, fields: others })
                if leaf::names_match(name, other) =>
            {
                self.record(fields, others, id)?
            }
            (Node::Enum { name, symbols, .. }, Node::Enum { name: other, symbols: others, default })
                if leaf::names_match(name, other) =>
            {
                let others: HashSet<&String> = others.iter().collect();
                let known = |symbol: &String| others.contains(symbol).then(|| symbol.clone());
                let value = |symbol| known(symbol).or(default.clone()).map(Value::from);
                Step::Enum(symbols.iter().map(value).collect())
            }
            (from, to) => leaf::step(from, to)
                .unwrap_or_else(|| Step::Never(leaf::refusal((self.writer, writer), (self.reader, reader)))),
        })
    }

    /// A type of one schema, read as it is written.
    fn as_it_is(
        &mut self,
        schema: &'s Schema,
        node: NodeId,
        task: fn(NodeId) -> Task,
    ) -> Result<Step, SchemaError> {
        Ok(match schema.node(node) {
            Node::Union(variants) => {
                Step::Union(variants.iter().map(|one| self.step(task(*one))).collect::<Result<_, _>>()?)
            }
            Node::Array(item) => {
                let is_writer = matches!(task(node), Task::Writer(_));
                let zero_sized = if is_writer { &self.writer_zero_sized } else { &self.reader_zero_sized };
                let is_zero_sized = zero_sized[item.index()];
                Step::Array { item: self.step(task(*item))?, is_zero_sized }
            }
            Node::Map(values) => Step::Map(self.step(task(*values))?),
            Node::Record { fields, .. } => {
                let mut read = Vec::with_capacity(fields.len());
                for field in fields {
                    let (name, reader) = (field.name.as_str().into(), field.node);
                    let action = Action::Read { name, step: self.step(task(field.node))?, reader };
                    read.push(Field { node: field.node, action });
                }
                Step::Record(Record::new(read))
            }
            Node::Enum { symbols, .. } => {
                Step::Enum(symbols.iter().map(|symbol| Some(Value::from(symbol.as_str()))).collect())
            }
            node => leaf::step(node, node).expect("a type is read as itself"),
        })
    }

    fn record(
        &mut self,
        fields: &'s [schema::Field],
        others: &'s [schema::Field],
        id: StepId,
    ) -> Result<Step, SchemaError> {
        let pairs = pairs(fields, others);
        for (other, pair) in others.iter().zip(&pairs.of_reader) {
            if *pair {
                continue;
            }
            let Some(json) = &other.default else {
                let message = format!("the writer has no field `{}`, and the reader no default", other.name);
                return Ok(Step::Never(message));
            };
            let step = self.step(Task::Reader(other.node))?;
            self.defaults.push(Pending { record: id, field: other, json, step });
        }
        let mut read = Vec::with_capacity(fields.len());
        for (field, pair) in fields.iter().zip(&pairs.of_writer) {
            let action = match pair.map(|index| &others[index]) {
                Some(other) => Action::Read {
                    name: other.name.as_str().into(),
                    step: self.step(Task::Resolve(field.node, other.node))?,
                    reader: other.node,
                },
                None if self.validate => Action::Check(self.step(Task::Writer(field.node))?),
                None => Action::Skip,
            };
            read.push(Field { node: field.node, action });
        }
        Ok(Step::Record(Record::new(read)))
    }

    /// Defaults are written as the reader's schema has them, and read back as values.
    fn finish(self) -> Vec<Step> {
        let made = |step: Option<Step>| step.expect("each step that was reserved is made");
        let mut steps: Vec<Step> = self.steps.into_iter().map(made).collect();
        for Pending { record, field, json, step } in self.defaults {
            let value = value(&steps, self.reader, field, json, step);
            let place = &mut steps[record.index()];
            match (value, place) {
                (Ok((value, cost_bytes)), Step::Record(record)) => {
                    let name = field.name.as_str().into();
                    record.add(Default { name, value }, cost_bytes);
                }
                (Err(reason), place) => {
                    *place = Step::Never(format!(
                        "the default of the field `{}` is no value: {reason}",
                        field.name
                    ));
                }
                // Another default, or a field without one, has already made it one.
                (Ok(_), _) => {}
            }
        }
        steps
    }
}

/// Which of the writer's fields is which of the reader's.
struct Pairs {
    of_writer: Vec<Option<usize>>,
    of_reader: Vec<bool>,
}

/// By name; what is left of the reader's by its aliases. No field of the writer is read twice.
fn pairs(fields: &[schema::Field], others: &[schema::Field]) -> Pairs {
    let places: HashMap<&str, usize> =
        fields.iter().enumerate().map(|(index, field)| (field.name.as_str(), index)).collect();
    let mut pairs = Pairs { of_writer: vec![None; fields.len()], of_reader: vec![false; others.len()] };
    let mut pair = |index: usize, names: &mut dyn Iterator<Item = &String>| {
        if pairs.of_reader[index] {
            return;
        }
        let mut found = names.filter_map(|name| places.get(name.as_str()));
        if let Some(place) = found.find(|place| pairs.of_writer[**place].is_none()) {
            pairs.of_writer[*place] = Some(index);
            pairs.of_reader[index] = true;
        }
    };
    others.iter().enumerate().for_each(|(index, other)| pair(index, &mut std::iter::once(&other.name)));
    others.iter().enumerate().for_each(|(index, other)| pair(index, &mut other.aliases.iter()));
    pairs
}
