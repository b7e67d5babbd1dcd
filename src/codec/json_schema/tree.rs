//! The text of a schema as a tree that knows the place of each of its parts.

use std::collections::HashMap;

use super::JsonSchemaError;
use super::number::Number;
use super::pointer::Pointer;

/// A JSON value in the text.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) kind: Kind,
    /// Offset in bytes.
    pub(super) at: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    Members(Members),
}

/// The members of an object.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// In the order of the text.
    pub(super) list: Vec<Member>,
    /// The place of each in the list.
    by_name: HashMap<String, usize>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// Offset of the name in bytes.
    pub(super) at: usize,
    pub(super) tree: Tree,
}

impl Tree {
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        match &self.kind {
            Kind::Members(members) => members.by_name.get(name).map(|place| &members.list[*place]),
            _ => None,
        }
    }

    /// What a name in a pointer leads to.
    pub(super) fn inner(&self, name: &str) -> Option<&Tree> {
        match &self.kind {
            Kind::List(items) => items.get(name.parse::<usize>().ok()?),
            _ => self.member(name).map(|member| &member.tree),
        }
    }

    /// What it is, for messages.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Boolean(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "an array",
            Kind::Members(_) => "an object",
        }
    }
}

/// Reads the text. serde_json finds what is no JSON, and what is nested too deeply for what follows.
pub(super) fn read(text: &str) -> Result<Tree, JsonSchemaError> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
        let before = &line.as_bytes()[..error.column().saturating_sub(1).min(line.len())];
        let at = (error.line().max(1), String::from_utf8_lossy(before).chars().count() + 1);
        return Err(JsonSchemaError { message: format!("not JSON: {error}"), pointer: None, at });
    }
    Reader { text, at: 0 }.tree(&Pointer::root())
}

/// Line and column of an offset, from 1, in characters.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Reads what is known to be JSON.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or_default()
    }

    fn tree(&mut self, pointer: &Pointer<'_>) -> Result<Tree, JsonSchemaError> {
        let first = self.byte();
        let at = self.at;
        let kind = match first {
            b'{' => Kind::Members(self.members(pointer)?),
            b'[' => Kind::List(self.list(pointer)?),
            b'"' => Kind::Text(self.string()),
            b't' => self.word("true", Kind::Boolean(true)),
            b'f' => self.word("false", Kind::Boolean(false)),
            b'n' => self.word("null", Kind::Null),
            _ => Kind::Number(self.number()),
        };
        Ok(Tree { kind, at })
    }

    fn members(&mut self, pointer: &Pointer<'_>) -> Result<Members, JsonSchemaError> {
        let mut members = Members::default();
        self.at += 1;
        loop {
            match self.byte() {
                b'}' => break,
                b',' => self.at += 1,
                _ => {
                    let at = self.at;
                    let name = self.string();
                    // The colon.
                    self.byte();
                    self.at += 1;
                    let inner = pointer.then(&name);
                    if members.by_name.insert(name.clone(), members.list.len()).is_some() {
                        let message = format!("`{name}` stands here twice");
                        let pointer = Some(inner.to_string());
                        return Err(JsonSchemaError { message, pointer, at: place(self.text, at) });
                    }
                    let tree = self.tree(&inner)?;
                    members.list.push(Member { name, at, tree });
                }
            }
        }
        self.at += 1;
        Ok(members)
    }

    fn list(&mut self, pointer: &Pointer<'_>) -> Result<Vec<Tree>, JsonSchemaError> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            match self.byte() {
                b']' => break,
                b',' => self.at += 1,
                _ => {
                    let index = items.len().to_string();
                    items.push(self.tree(&pointer.then(&index))?);
                }
            }
        }
        self.at += 1;
        Ok(items)
    }

    fn string(&mut self) -> String {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        while bytes[self.at] != b'"' {
            self.at += if bytes[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).expect("the text is JSON as a whole")
    }

    fn word(&mut self, word: &str, kind: Kind) -> Kind {
        self.at += word.len();
        kind
    }

    fn number(&mut self) -> Number {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
        self.at += end;
        let digits = &rest[..end];
        let integer = digits.parse().map(Number::Integer);
        integer.unwrap_or_else(|_| Number::Float(digits.parse().expect("the text is JSON as a whole")))
    }
}
