//! The judgement: conservation, integrity, order, and what a duplicate may be.
//!
//! For each pair of input and output partition the outputs must stand in input order. A duplicate is allowed
//! only as an exact replay: after going back, the stream goes on record by record, without leaving one out. So
//! a step is right when it goes to the next record of the pair, or to any earlier one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::load::Id;
use crate::client::Stored;

/// How many ids of each kind are kept for the message.
const EXAMPLES_MAX: usize = 5;

/// Records whose payload is a function of their id.
pub trait Workload {
    /// All ids.
    fn ids(&self) -> impl Iterator<Item = Id>;

    /// Whether there is a record of this id.
    fn has(&self, id: Id) -> bool;

    /// The id of a record that came out, where it is exactly what this load makes for it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn identify(&self, record: &Stored) -> Result<Id, String>;
}

/// One output topic and which ids belong there.
pub struct Topic<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// All that stands in it.
    pub records: &'a [Stored],
    /// Whether the record of an id belongs there.
    pub belongs: &'a dyn Fn(Id) -> bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Records that belong into a topic and are not there.
    pub lost: Finding,
    /// Records that stand in a topic where they do not belong.
    pub misplaced: Finding,
    /// Payloads that are not what their id makes them.
    pub changed: Finding,
    /// Records that stand out of order, or duplicates that are no exact replay.
    pub reordered: Finding,
    /// Records that stand in a topic more than once, each counted as often as it is too many.
    pub duplicated: Finding,
}

/// How often something was found, with a few examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How often.
    pub count: usize,
    /// The first few.
    pub examples: Vec<String>,
}

impl Finding {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example());
        }
    }
}

impl Verdict {
    /// Panics unless every record is where it belongs exactly once, whole and in order.
    pub fn assert_exact(&self) {
        self.assert_replays_only();
        assert_eq!(self.duplicated.count, 0, "duplicates where none may be: {self:#?}");
    }

    /// Panics unless every record is where it belongs, whole and in order; exact replays are allowed.
    pub fn assert_replays_only(&self) {
        let faults = [&self.lost, &self.misplaced, &self.changed, &self.reordered];
        assert!(faults.iter().all(|finding| finding.count == 0), "what came out is wrong: {self:#?}");
    }
}

/// Judges all output topics of a load.
pub fn judge(load: &impl Workload, topics: &[Topic<'_>]) -> Verdict {
    let mut verdict = Verdict::default();
    for topic in topics {
        judge_topic(load, topic, &mut verdict);
    }
    verdict
}

fn judge_topic(load: &impl Workload, topic: &Topic<'_>, verdict: &mut Verdict) {
    let mut seen: HashMap<Id, usize> = HashMap::with_capacity(topic.records.len());
    let mut pairs: BTreeMap<(i32, i32), Vec<u64>> = BTreeMap::new();
    for record in topic.records {
        match load.identify(record) {
            Ok(id) => {
                *seen.entry(id).or_default() += 1;
                pairs.entry((id.partition, record.partition)).or_default().push(id.seq);
            }
            Err(why) => verdict
                .changed
                .add(|| format!("{}/{}@{}: {why}", topic.name, record.partition, record.offset)),
        }
    }
    judge_places(load, topic, &seen, verdict);
    for ((from, to), seqs) in pairs {
        judge_order(&seqs, |seq, after| {
            verdict
                .reordered
                .add(|| format!("{}/{to}: {from}-{seq} right after {from}-{after:?}", topic.name));
        });
    }
}

fn judge_places(load: &impl Workload, topic: &Topic<'_>, seen: &HashMap<Id, usize>, verdict: &mut Verdict) {
    let expected = load.ids().filter(|id| (topic.belongs)(*id));
    for id in expected.filter(|id| !seen.contains_key(id)) {
        verdict.lost.add(|| format!("{}: {id:?}", topic.name));
    }
    for (id, count) in seen {
        if !load.has(*id) || !(topic.belongs)(*id) {
            verdict.misplaced.add(|| format!("{}: {id:?}", topic.name));
        }
        for _ in 1..*count {
            verdict.duplicated.add(|| format!("{}: {id:?} {count} times", topic.name));
        }
    }
}

/// Reports every step of a pair's stream that goes neither to the next record of the pair nor back.
fn judge_order(seqs: &[u64], mut wrong: impl FnMut(u64, Option<u64>)) {
    let ordered: BTreeSet<u64> = seqs.iter().copied().collect();
    let places: HashMap<u64, usize> = ordered.iter().enumerate().map(|(place, seq)| (*seq, place)).collect();
    let mut before: Option<u64> = None;
    for seq in seqs {
        let next = before.map_or(0, |before| places[&before] + 1);
        if places[seq] > next {
            wrong(*seq, before);
        }
        before = Some(*seq);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Load;
    use super::*;

    const LOAD: Load = Load { partitions: 2, per_partition: 40, poison_one_in: 8, pad_bytes: 8 };

    /// What a flawless pipeline writes: poison to the second topic, the rest to the first, over two partitions.
    fn flawless() -> (Vec<Stored>, Vec<Stored>) {
        let all = LOAD.ids().map(|id| (LOAD.is_poison(id), stored(id)));
        let (poison, sound): (Vec<_>, Vec<_>) = all.partition(|(poison, _)| *poison);
        let only = |pairs: Vec<(bool, Stored)>| pairs.into_iter().map(|(_, record)| record).collect();
        (only(sound), only(poison))
    }

    fn stored(id: Id) -> Stored {
        let sent = LOAD.record(id);
        let partition = (id.seq % 2) as i32;
        Stored {
            partition,
            offset: 0,
            timestamp_ms: None,
            key: sent.key,
            value: sent.value,
            headers: sent.headers,
        }
    }

    fn verdict(sink: &[Stored], dlq: &[Stored]) -> Verdict {
        let sink = Topic { name: "sink", records: sink, belongs: &|id| !LOAD.is_poison(id) };
        let dlq = Topic { name: "dlq", records: dlq, belongs: &|id| LOAD.is_poison(id) };
        judge(&LOAD, &[sink, dlq])
    }

    #[test]
    fn a_flawless_run_passes() {
        let (sink, dlq) = flawless();
        verdict(&sink, &dlq).assert_exact();
    }

    #[test]
    fn a_loss_is_found_in_the_sink_and_in_the_dlq() {
        for place in [0, 10] {
            let (mut sink, dlq) = flawless();
            sink.remove(place);
            assert_eq!(verdict(&sink, &dlq).lost.count, 1);
        }
        let (sink, mut dlq) = flawless();
        dlq.pop();
        assert_eq!(verdict(&sink, &dlq).lost.count, 1);
    }

    #[test]
    fn a_record_in_the_wrong_topic_is_lost_and_misplaced() {
        let (mut sink, mut dlq) = flawless();
        dlq.push(sink.pop().expect("a flawless sink is not empty"));
        let verdict = verdict(&sink, &dlq);
        assert_eq!((verdict.lost.count, verdict.misplaced.count), (1, 1));
    }

    #[test]
    fn a_replay_is_a_duplicate_and_nothing_worse() {
        let (mut sink, dlq) = flawless();
        let replay: Vec<_> = sink[sink.len() - 12..].to_vec();
        sink.extend(replay);
        let verdict = verdict(&sink, &dlq);
        verdict.assert_replays_only();
        assert_eq!(verdict.duplicated.count, 12);
    }

    #[test]
    fn a_replay_with_a_hole_is_a_reorder() {
        let (mut sink, dlq) = flawless();
        let mut replay: Vec<_> = sink[sink.len() - 16..].to_vec();
        replay.remove(8);
        sink.extend(replay);
        assert!(verdict(&sink, &dlq).reordered.count > 0);
    }

    #[test]
    fn a_single_record_sent_again_in_the_midst_is_no_exact_replay() {
        let (mut sink, dlq) = flawless();
        let again = sink[2].clone();
        sink.insert(20, again);
        assert!(verdict(&sink, &dlq).reordered.count > 0);
    }

    #[test]
    fn two_records_that_changed_places_are_a_reorder() {
        let (mut sink, dlq) = flawless();
        let pair = |record: &Stored| {
            (record.partition, Id::of_payload(record.value.as_deref().unwrap()).unwrap().0.partition)
        };
        let other = (5..sink.len())
            .find(|place| pair(&sink[*place]) == pair(&sink[4]))
            .expect("a pair has many records");
        sink.swap(4, other);
        assert!(verdict(&sink, &dlq).reordered.count > 0);
    }

    #[test]
    fn a_changed_payload_is_found_and_lost() {
        let (mut sink, dlq) = flawless();
        let value = sink[3].value.as_mut().expect("a load has no tombstones");
        let place = value.len() / 2;
        value[place] ^= 1;
        let verdict = verdict(&sink, &dlq);
        assert_eq!((verdict.changed.count, verdict.lost.count), (1, 1));
    }

    #[test]
    fn a_mended_poison_record_is_found() {
        let (sink, mut dlq) = flawless();
        dlq[0].value.as_mut().expect("a load has no tombstones").push(b'}');
        assert_eq!(verdict(&sink, &dlq).changed.count, 1);
    }

    #[test]
    #[should_panic(expected = "duplicates where none may be")]
    fn an_exact_run_has_no_replay() {
        let (mut sink, dlq) = flawless();
        let last = sink[sink.len() - 1].clone();
        sink.push(last);
        verdict(&sink, &dlq).assert_exact();
    }
}
