//! What goes into a value as deep as it is, with a bound: VRL's own recursion has none, or one for each item, and a stack that is
//! used up ends the process.

use std::collections::BTreeSet;

use vrl::compiler::expression::{Expression, Resolved};
use vrl::compiler::function::Closure;
use vrl::compiler::function::closure::Runner;
use vrl::compiler::{Context, ExpressionError, TypeInfo, TypeState};
use vrl::value::{KeyString, ObjectMap, Value};

use super::bounded::{DEPTH_MAX, check_length, too_deep};
use super::retyped::Site;

/// `map_values` and `map_keys`, where they may go deeper.
pub(super) fn mapped(told: Box<dyn Expression>, site: &Site<'_>) -> Box<dyn Expression> {
    let recursive = site.arguments.optional("recursive");
    match (recursive, site.arguments.optional_closure()) {
        (Some(recursive), Some(closure)) => Box::new(Mapped {
            value: site.arguments.required("value"),
            recursive,
            closure: closure.clone(),
            names: site.function.identifier() == "map_keys",
            told,
        }),
        _ => told,
    }
}

#[derive(Clone, Debug)]
struct Mapped {
    value: Box<dyn Expression>,
    recursive: Box<dyn Expression>,
    closure: Closure,
    /// It is given names, and not values.
    names: bool,
    /// VRL's own, for its type, and for what is not recursive.
    told: Box<dyn Expression>,
}

impl Expression for Mapped {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let recursive = self.recursive.resolve(context)?;
        let recursive =
            recursive.as_boolean().ok_or_else(|| format!("expected boolean, got {}", recursive.kind()))?;
        let mut value = self.value.resolve(context)?;
        let runner =
            Runner::new(&self.closure.variables, |context: &mut Context| self.closure.block.resolve(context));
        if self.names {
            let mut rename = |name: &mut KeyString| runner.map_key(context, name);
            rename_all(&mut value, recursive, 1, &mut rename)?;
        } else if matches!(value, Value::Array(_) | Value::Object(_)) {
            let mut change = |value: &mut Value| runner.map_value(context, value);
            change_all(&mut value, recursive, 1, &mut change)?;
        } else {
            runner.map_value(context, &mut value)?;
        }
        Ok(value)
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.told.type_info(state)
    }
}

type Done = Result<(), ExpressionError>;

fn change_all(
    value: &mut Value,
    recursive: bool,
    depth: usize,
    change: &mut dyn FnMut(&mut Value) -> Done,
) -> Done {
    check_depth(depth)?;
    let mut each = |item: &mut Value| {
        change(item)?;
        // What was made of it is gone through as well.
        if recursive { change_all(item, true, depth + 1, change) } else { Ok(()) }
    };
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(each),
        Value::Object(members) => members.values_mut().try_for_each(&mut each),
        _ => Ok(()),
    }
}

fn rename_all(
    value: &mut Value,
    recursive: bool,
    depth: usize,
    rename: &mut dyn FnMut(&mut KeyString) -> Done,
) -> Done {
    check_depth(depth)?;
    match value {
        Value::Array(items) if recursive => {
            items.iter_mut().try_for_each(|item| rename_all(item, true, depth + 1, rename))
        }
        Value::Object(members) => {
            let mut renamed = ObjectMap::new();
            for (mut name, mut member) in std::mem::take(members) {
                rename(&mut name)?;
                if recursive {
                    rename_all(&mut member, true, depth + 1, rename)?;
                }
                renamed.insert(name, member);
            }
            *members = renamed;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `flatten`, whose recursion in VRL is as deep as there are empty arrays side by side.
pub(super) fn flattened(told: Box<dyn Expression>, site: &Site<'_>) -> Box<dyn Expression> {
    let except = site.arguments.optional_array("except").ok().flatten().unwrap_or_default();
    let names = except.iter().map(|name| name.resolve_constant(site.state));
    let Some(names) = names.collect::<Option<Vec<_>>>() else { return told };
    let names = names.iter().filter_map(|name| Some(name.to_str_lossy()?.into_owned()));
    Box::new(Flattened {
        value: site.arguments.required("value"),
        separator: site.arguments.optional("separator"),
        except: names.collect(),
        told,
    })
}

#[derive(Clone, Debug)]
struct Flattened {
    value: Box<dyn Expression>,
    separator: Option<Box<dyn Expression>>,
    except: BTreeSet<String>,
    /// VRL's own, for its type.
    told: Box<dyn Expression>,
}

impl Expression for Flattened {
    fn resolve(&self, context: &mut Context) -> Resolved {
        let value = self.value.resolve(context)?;
        let separator = self.separator.as_ref().map(|separator| separator.resolve(context)).transpose()?;
        let separator = match &separator {
            Some(separator) => separator
                .to_str_lossy()
                .ok_or_else(|| format!("expected string, got {}", separator.kind()))?
                .into_owned(),
            None => ".".to_owned(),
        };
        match value {
            Value::Array(items) => {
                let mut flat = Vec::new();
                flatten_items(items, 1, &mut flat)?;
                Ok(Value::Array(flat))
            }
            Value::Object(members) => {
                let mut flat = Flat { separator, except: &self.except, bytes: 0, members: ObjectMap::new() };
                flat.take(members, None, 1)?;
                Ok(Value::Object(flat.members))
            }
            other => Err(format!("expected array or object, got {}", other.kind()).into()),
        }
    }

    fn type_info(&self, state: &TypeState) -> TypeInfo {
        self.told.type_info(state)
    }
}

fn flatten_items(items: Vec<Value>, depth: usize, flat: &mut Vec<Value>) -> Done {
    check_depth(depth)?;
    for item in items {
        match item {
            Value::Array(items) => flatten_items(items, depth + 1, flat)?,
            item => flat.push(item),
        }
    }
    Ok(())
}

/// Members by their paths.
struct Flat<'a> {
    separator: String,
    /// What is left as it is.
    except: &'a BTreeSet<String>,
    /// Of all paths.
    bytes: usize,
    members: ObjectMap,
}

impl Flat<'_> {
    fn take(&mut self, members: ObjectMap, above: Option<&str>, depth: usize) -> Done {
        check_depth(depth)?;
        for (name, member) in members {
            let path = match above {
                Some(above) => format!("{above}{}{name}", self.separator),
                None => name.to_string(),
            };
            self.bytes = self.bytes.saturating_add(path.len());
            check_length(self.bytes)?;
            match member {
                Value::Object(inner) if !self.except.contains(name.as_str()) => {
                    self.take(inner, Some(&path), depth + 1)?;
                }
                member => drop(self.members.insert(path.into(), member)),
            }
        }
        Ok(())
    }
}

fn check_depth(depth: usize) -> Done {
    if depth > DEPTH_MAX { Err(too_deep().into()) } else { Ok(()) }
}
