//! The texts of all schemas that a schema refers to, to any depth.

use std::collections::HashSet;

use super::api::{Reference, Told};
use super::client::{ANSWER_BYTES_MAX, Client};
use super::failure::Failure;

/// Schemas that one schema may refer to, all levels together.
const REFERENCES_MAX: usize = 256;

/// Why references could not be followed.
#[derive(Debug)]
pub(super) enum Broken {
    /// The registry did not answer, or does not have one of them.
    Failed(Failure, Reference),
    /// They are such that no schema comes of them.
    Unusable(String),
}

/// A schema on the way from the first to the one that is read now.
struct Step {
    key: (String, u32),
    open: Vec<Reference>,
}

/// Fetches what `first` refers to, each schema once.
pub(super) async fn follow(client: &Client, first: &Told) -> Result<Vec<String>, Broken> {
    let mut texts: Vec<String> = Vec::new();
    let mut bytes = 0;
    let mut known = HashSet::new();
    let mut way = vec![Step { key: (String::new(), 0), open: first.references().to_vec() }];
    while let Some(step) = way.last_mut() {
        let Some(reference) = step.open.pop() else {
            way.pop();
            continue;
        };
        let key = (reference.subject.clone(), reference.version);
        if way.iter().any(|step| step.key == key) {
            return Err(Broken::Unusable(circle(&way, &key)));
        }
        if !known.insert(key.clone()) {
            continue;
        }
        if known.len() > REFERENCES_MAX {
            return Err(Broken::Unusable(format!("it refers to more than {REFERENCES_MAX} schemas")));
        }
        let told = client.referred(&reference).await;
        let told = told.map_err(|failure| Broken::Failed(failure, reference.clone()))?;
        if let Some(kind) = told.foreign_kind() {
            return Err(Broken::Unusable(format!("it refers to {}, which is {kind}", name(&key))));
        }
        bytes += told.schema.len();
        if bytes > ANSWER_BYTES_MAX {
            return Err(Broken::Unusable(format!("it refers to more than {ANSWER_BYTES_MAX} bytes")));
        }
        way.push(Step { key, open: told.references().to_vec() });
        // Two subjects may hold the same text; a type is defined once.
        if !texts.contains(&told.schema) {
            texts.push(told.schema);
        }
    }
    Ok(texts)
}

fn circle(way: &[Step], back: &(String, u32)) -> String {
    let from = way.iter().position(|step| step.key == *back).unwrap_or_default();
    let names = way[from..].iter().map(|step| &step.key).chain([back]).map(name);
    format!("its references go round in a circle: {}", names.collect::<Vec<_>>().join(" → "))
}

fn name((subject, version): &(String, u32)) -> String {
    format!("version {version} of `{subject}`")
}
