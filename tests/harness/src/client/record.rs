//! Records as they go to and come from the broker, byte for byte.

/// One header: a name that need not be UTF-8, and a value that may be null.
pub type Header = (Vec<u8>, Option<Vec<u8>>);

/// A record to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The partition; `None` lets the key decide.
    pub partition: Option<i32>,
    /// The key; `None` is null.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in their order.
    pub headers: Vec<Header>,
    /// Milliseconds since the Unix epoch; `None` lets the client say now.
    pub timestamp_ms: Option<i64>,
}

impl Sent {
    /// A record with this value and nothing else.
    pub fn value(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// A record with this key and value.
    pub fn keyed(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), ..Self::value(value) }
    }

    /// A tombstone for this key.
    pub fn tombstone(key: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), ..Self::default() }
    }

    /// To this partition, whatever the key says.
    pub fn to(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// With one more header.
    pub fn header(mut self, name: impl Into<Vec<u8>>, value: Option<&[u8]>) -> Self {
        self.headers.push((name.into(), value.map(<[u8]>::to_vec)));
        self
    }

    /// With this timestamp, in milliseconds since the Unix epoch.
    pub fn at(mut self, timestamp_ms: i64) -> Self {
        self.timestamp_ms = Some(timestamp_ms);
        self
    }
}

/// A record as it stands in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The partition that holds it.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: Option<i64>,
    /// The key; `None` is null.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in their order.
    pub headers: Vec<Header>,
}

impl Stored {
    /// The value as text; panics on a tombstone and on bytes that are not UTF-8.
    pub fn text(&self) -> &str {
        let value = self.value.as_deref().unwrap_or_else(|| panic!("no value in {self:?}"));
        std::str::from_utf8(value).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The value as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.text()).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The key as text; `None` where it is null.
    pub fn key_text(&self) -> Option<String> {
        self.key.as_deref().map(|key| String::from_utf8_lossy(key).into_owned())
    }

    /// The value of the last header of this name; `None` where there is none or it is null.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let named = self.headers.iter().rfind(|(other, _)| other == name.as_bytes())?;
        named.1.as_deref()
    }

    /// [`Stored::header`] as text, empty where it is missing or null.
    pub fn header_text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.header(name).unwrap_or_default()).into_owned()
    }
}
