//! Reads one JSON text into a value.
//!
//! serde_json rounds fractions of more than about 16 digits to a neighbour of the nearest `f64` (its
//! `float_roundtrip` is a feature of the whole build), and does not tell the offset of an error; here a member that
//! nobody touched must not drift each time a pipeline reads and writes it.

use std::borrow::Cow;

use vrl::value::{KeyString, ObjectMap, Value};

use super::json::JSON_DEPTH_MAX;

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: &'static str,
    /// Offset in bytes.
    pub(super) at: usize,
    pub(super) is_limit: bool,
}

pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The one value of the text.
    pub(super) fn document(mut self) -> Result<Value, Fault> {
        let value = self.value()?;
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(self.fault("something stands after the value")),
        }
    }

    fn fault(&self, what: &'static str) -> Fault {
        self.fault_at(what, self.at)
    }

    fn fault_at(&self, what: &'static str, at: usize) -> Fault {
        Fault { what, at, is_limit: false }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn value(&mut self) -> Result<Value, Fault> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(|text| Value::from(text.as_ref())),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Boolean(true)),
            Some(b'f') => self.literal("false", Value::Boolean(false)),
            Some(b'n') => self.literal("null", Value::Null),
            Some(_) => Err(self.fault("a value must stand here")),
            None => Err(self.fault("the text ends where a value must stand")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Fault>) -> Result<Value, Fault> {
        if self.depth == JSON_DEPTH_MAX {
            return Err(Fault { is_limit: true, ..self.fault("nested too deeply") });
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, Fault> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fault("a value must stand here"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, Fault> {
        let mut members = ObjectMap::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fault("a member's name in double quotes must stand here"));
            }
            let name = KeyString::from(self.string()?);
            if self.peek() != Some(b':') {
                return Err(self.fault("`:` must stand here"));
            }
            self.at += 1;
            let value = self.value()?;
            members.insert(name, value);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(members));
                }
                _ => return Err(self.fault("`,` or `}` must stand here")),
            }
        }
    }

    fn array(&mut self) -> Result<Value, Fault> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(items));
                }
                _ => return Err(self.fault("`,` or `]` must stand here")),
            }
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        let is_negative = self.byte() == Some(b'-');
        self.at += usize::from(is_negative);
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if matches!(self.byte(), Some(b'0'..=b'9')) {
            return Err(self.fault("a number has no leading zeros"));
        }
        let mut is_integer = true;
        if self.byte() == Some(b'.') {
            is_integer = false;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            is_integer = false;
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        // An integer has no negative zero.
        if is_integer
            && text != "-0"
            && let Ok(integer) = text.parse::<i64>()
        {
            return Ok(Value::Integer(integer));
        }
        let float = text.parse::<f64>().expect("JSON's numbers are numbers of Rust");
        if !float.is_finite() {
            return Err(Fault {
                is_limit: true,
                ..self.fault_at("a number beyond the range of a float", start)
            });
        }
        Ok(Value::from_f64_or_zero(float))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault("a digit must stand here")) } else { Ok(()) }
    }

    /// A string, from its opening quote to behind its closing one.
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let mut start = self.at;
        let mut unescaped = String::new();
        loop {
            match self.byte() {
                Some(b'"') => {
                    let rest = &self.text[start..self.at];
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(Cow::Borrowed(rest));
                    }
                    unescaped.push_str(rest);
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(&self.text[start..self.at]);
                    unescaped.push(self.escape()?);
                    start = self.at;
                }
                Some(0x00..=0x1f) => return Err(self.fault("a control character stands in a string")),
                Some(_) => self.at += plain_run(&self.text.as_bytes()[self.at..]),
                None => return Err(self.fault("the text ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        self.at += 1;
        let escaped = self.byte().ok_or_else(|| self.fault("the text ends inside a string"))?;
        self.at += 1;
        Ok(match escaped {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start),
            _ => return Err(self.fault_at("no such escape", start)),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, Fault> {
        let lone = "a lone surrogate is no character";
        let first = self.hex4()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
                    return Err(self.fault_at(lone, start));
                }
                self.at += 2;
                let second = self.hex4()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.fault_at(lone, start));
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| self.fault_at(lone, start))
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.fault("a hexadecimal digit must stand here"))?;
            self.at += 1;
        }
        Ok(code)
    }
}

/// How many bytes at the start of `rest` stand for themselves in a string.
fn plain_run(rest: &[u8]) -> usize {
    let ends = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    rest.iter().position(ends).unwrap_or(rest.len())
}
