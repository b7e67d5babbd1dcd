//! Where records come from.

/// Where records come from.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// The topics to read.
    pub topics: TopicsSpec,
    /// The consumer group.
    pub group: String,
    /// Where to begin when nothing is committed.
    pub start: StartAt,
    /// What to do when retention overtook the committed offset.
    pub on_offset_lost: OnOffsetLost,
}

/// The topics of a source.
#[derive(Clone, Debug)]
pub enum TopicsSpec {
    /// By name.
    Names(Vec<String>),
    /// By a pattern that the whole set of topic names is matched against.
    Pattern(regex::Regex),
}

/// Where a partition begins when its group has committed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// The oldest record.
    Earliest,
    /// The end.
    Latest,
    /// The first record at or after this time, in milliseconds since the Unix epoch.
    TimestampMs(i64),
}

/// What to do when a committed offset is out of the range that the broker still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOffsetLost {
    /// Stop the pipeline with the committed and the available range.
    Stop,
    /// Go on at the oldest record there is.
    Earliest,
    /// Go on at the end.
    Latest,
}
