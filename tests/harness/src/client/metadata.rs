//! The group-metadata records of `__consumer_offsets`: the coordinator's own memory of a group of the classic
//! protocol. Key version 2; value versions 0 to 3 (`GroupMetadataValue.json` in Kafka's sources).

/// How often a group has been rebalanced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupGeneration(pub i32);

/// A group after its last rebalance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// How often it has been rebalanced.
    pub generation: GroupGeneration,
    /// Its members, by instance and then by id.
    pub members: Vec<Member>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// `group.instance.id`, where the member is static.
    pub instance: Option<String>,
    /// The id that the coordinator gave it; a static member gets a new one each time it comes back (KIP-345).
    pub id: String,
    /// `client.id`.
    pub client: String,
    /// What it is assigned.
    pub partitions: Vec<(String, i32)>,
}

/// The group that a record's key speaks of; `None` where it speaks of something else.
pub(super) fn group_of_key(key: &[u8]) -> Option<String> {
    let mut bytes = Bytes(key);
    if bytes.i16()? == 2 { bytes.text()? } else { None }
}

/// The group that a record's value describes.
pub(super) fn group_of_value(value: &[u8]) -> Option<GroupMetadata> {
    let mut bytes = Bytes(value);
    let version = bytes.i16()?;
    assert!((0..=3).contains(&version), "group metadata of version {version} is not known here");
    let _protocol_type = bytes.text()?;
    let generation = GroupGeneration(bytes.i32()?);
    let (_protocol, _leader) = (bytes.text()?, bytes.text()?);
    if version >= 2 {
        let _since_ms = bytes.take(8)?;
    }
    let count = bytes.i32()?;
    let mut members = (0..count).map(|_| member(&mut bytes, version)).collect::<Option<Vec<_>>>()?;
    members.sort();
    Some(GroupMetadata { generation, members })
}

fn member(bytes: &mut Bytes<'_>, version: i16) -> Option<Member> {
    let id = bytes.text()??;
    let instance = if version >= 3 { bytes.text()? } else { None };
    let (client, _host) = (bytes.text()??, bytes.text()?);
    if version >= 1 {
        let _rebalance_timeout_ms = bytes.i32()?;
    }
    let _session_timeout_ms = bytes.i32()?;
    let (_subscription, assignment) = (bytes.blob()?, bytes.blob()?);
    Some(Member { instance, id, client, partitions: partitions(assignment)? })
}

/// `ConsumerProtocolAssignment.json`: a version, then partitions by topic. Empty before the first assignment.
fn partitions(assignment: &[u8]) -> Option<Vec<(String, i32)>> {
    let mut all = Vec::new();
    if assignment.is_empty() {
        return Some(all);
    }
    let mut bytes = Bytes(assignment);
    let _version = bytes.i16()?;
    for _ in 0..bytes.i32()? {
        let topic = bytes.text()??;
        for _ in 0..bytes.i32()? {
            all.push((topic.clone(), bytes.i32()?));
        }
    }
    Some(all)
}

/// What is left of a record, in Kafka's encoding.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take(2).map(|bytes| i16::from_be_bytes(bytes.try_into().expect("two bytes were taken")))
    }

    fn i32(&mut self) -> Option<i32> {
        self.take(4).map(|bytes| i32::from_be_bytes(bytes.try_into().expect("four bytes were taken")))
    }

    /// A string with its length in front; -1 is null.
    fn text(&mut self) -> Option<Option<String>> {
        let Ok(count) = usize::try_from(self.i16()?) else { return Some(None) };
        self.take(count).map(|text| Some(String::from_utf8_lossy(text).into_owned()))
    }

    fn blob(&mut self) -> Option<&'a [u8]> {
        let count = self.i32()?;
        self.take(usize::try_from(count).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_its_group_and_others_give_none() {
        assert_eq!(group_of_key(b"\x00\x02\x00\x06orders"), Some("orders".to_owned()));
        assert_eq!(group_of_key(b"\x00\x01\x00\x06orders\x00\x01t\x00\x00\x00\x00"), None);
    }

    #[test]
    fn a_value_gives_generation_and_members_with_what_they_own() {
        let assignment = b"\x00\x01\x00\x00\x00\x01\x00\x01t\x00\x00\x00\x01\x00\x00\x00\x05\xff\xff\xff\xff";
        let value = [
            &b"\x00\x03\x00\x08consumer\x00\x00\x00\x07\x00\x01p\xff\xff\0\0\0\0\0\0\0\0\x00\x00\x00\x01"[..],
            b"\x00\x01m\x00\x02h7\x00\x01c\x00\x01h\0\0\0\0\0\0\0\0\0\0\0\0",
            &u32::try_from(assignment.len()).expect("short").to_be_bytes(),
            assignment,
        ]
        .concat();
        let member = Member {
            instance: Some("h7".into()),
            id: "m".into(),
            client: "c".into(),
            partitions: vec![("t".into(), 5)],
        };
        let group = GroupMetadata { generation: GroupGeneration(7), members: vec![member] };
        assert_eq!(group_of_value(&value), Some(group));
    }
}
