use proptest::prelude::*;

use super::*;

#[test]
fn a_partition_that_begins_anew_counts_what_follows() {
    let mut ledger = Ledger::new();
    ledger.take_up(4999, None, Fate::Produced, 1, 10);
    ledger.rewind();
    // Deleted and created again: the offsets start over.
    ledger.begin_at(0);
    assert_eq!(ledger.in_flight(), 0);
    ledger.take_up(0, None, Fate::Filtered, 0, 0);
    assert_eq!((ledger.advance().filtered, ledger.in_flight()), (1, 0));
}

#[test]
fn a_later_success_never_passes_an_earlier_record() {
    let mut ledger = Ledger::new();
    ledger.take_up(10, None, Fate::Produced, 1, 100);
    ledger.take_up(11, None, Fate::Produced, 1, 100);
    assert_eq!(ledger.acknowledge(1), 100);
    assert_eq!(ledger.advance().total(), 0);
    assert_eq!(ledger.watermark(), Some(10));
    // What is finished behind what is not would be replayed, too.
    assert_eq!(ledger.held(), 2);
    ledger.acknowledge(0);
    assert_eq!(ledger.advance().produced, 2);
    assert_eq!(ledger.watermark(), Some(12));
}

#[test]
fn a_late_report_of_a_rewound_record_finds_nothing() {
    let mut ledger = Ledger::new();
    ledger.take_up(5, None, Fate::Produced, 1, 7);
    assert_eq!(ledger.rewind(), Rewound { back_to: Some(5), bytes: 7, records: 1 });
    ledger.take_up(5, None, Fate::Produced, 1, 7);
    assert_eq!(ledger.acknowledge(0), 0);
    assert_eq!(ledger.advance().total(), 0);
    assert_eq!(ledger.acknowledge(1), 7);
    assert_eq!(ledger.advance().produced, 1);
}

#[test]
fn a_replayed_record_counts_once() {
    let mut ledger = Ledger::new();
    ledger.take_up(5, None, Fate::Produced, 1, 0);
    ledger.take_up(6, None, Fate::Filtered, 0, 0);
    ledger.rewind();
    assert_eq!(ledger.in_flight(), 2);
    ledger.take_up(5, None, Fate::Produced, 0, 0);
    ledger.take_up(6, None, Fate::Filtered, 0, 0);
    assert_eq!(ledger.advance().total(), 2);
    assert_eq!(ledger.in_flight(), 0);
}

#[test]
fn a_gap_at_the_end_is_passed_only_when_nothing_is_left_to_replay() {
    let mut ledger = Ledger::new();
    ledger.pass_gap(50);
    assert_eq!(ledger.watermark(), None);
    ledger.take_up(5, None, Fate::Filtered, 0, 0);
    ledger.take_up(6, None, Fate::Produced, 1, 0);
    ledger.pass_gap(9);
    ledger.advance();
    assert_eq!(ledger.watermark(), Some(6));
    ledger.rewind();
    // The consumer's old position must not be believed: 6 is not finished.
    ledger.pass_gap(9);
    assert_eq!(ledger.watermark(), Some(6));
    ledger.take_up(6, None, Fate::Produced, 0, 0);
    ledger.advance();
    ledger.pass_gap(9);
    assert_eq!(ledger.watermark(), Some(9));
}

#[test]
fn what_was_handed_over_and_never_taken_up_is_no_gap() {
    let mut ledger = Ledger::new();
    for offset in 5..8 {
        ledger.hand_over(offset);
    }
    ledger.take_up(5, None, Fate::Filtered, 0, 0);
    ledger.advance();
    // A drain begins: 6 and 7 are dropped, and the consumer stands behind them.
    ledger.pass_gap(8);
    assert_eq!(ledger.watermark(), Some(6));
}

/// What a lane can do to a ledger.
#[derive(Clone, Debug)]
enum Step {
    /// The consumer hands over the next record, after a gap.
    HandOver {
        gap: i64,
    },
    /// Takes up the next record, after a gap, with so many outputs.
    TakeUp {
        gap: i64,
        outputs: u32,
    },
    /// Acknowledges one of the outputs that wait, chosen by this number.
    Acknowledge(usize),
    /// A report of the producer that was given up.
    LateReport(u64),
    Rewind,
    Advance,
    PassGap(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3i64).prop_map(|gap| Step::HandOver { gap }),
        4 => (0..3i64, 0..4u32).prop_map(|(gap, outputs)| Step::TakeUp { gap, outputs }),
        6 => any::<usize>().prop_map(Step::Acknowledge),
        1 => any::<u64>().prop_map(Step::LateReport),
        1 => Just(Step::Rewind),
        3 => Just(Step::Advance),
        1 => (0..4i64).prop_map(Step::PassGap),
    ]
}

/// A slow, obvious account of the same: each record ever read, with the outputs that it still owes.
#[derive(Default)]
struct Model {
    /// (offset, number, outputs that wait), as the partition stands in the topic.
    records: Vec<(i64, u64, u32)>,
    /// How many of `records` are taken up now; the others wait to be read again.
    taken: usize,
    taken_ever: usize,
    counted: u64,
}

impl Model {
    fn hand_over(&mut self, ledger: &mut Ledger, gap: i64) {
        let after = self.records.last().map_or(0, |r| r.0 + 1).max(ledger.watermark().unwrap_or(0));
        self.records.push((after + gap, 0, 0));
        ledger.hand_over(after + gap);
    }

    fn first_unfinished(&self) -> Option<i64> {
        self.records[..self.taken].iter().find(|r| r.2 > 0).map(|r| r.0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_watermark_passes_an_unfinished_record_and_all_is_counted_at_last(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut ledger = Ledger::new();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::HandOver { gap } => model.hand_over(&mut ledger, gap),
                Step::TakeUp { gap, outputs } => {
                    if model.taken == model.records.len() {
                        model.hand_over(&mut ledger, gap);
                    }
                    let offset = model.records[model.taken].0;
                    let record = &mut model.records[model.taken];
                    (record.1, record.2) = (ledger.next_number(), outputs);
                    model.taken += 1;
                    model.taken_ever = model.taken_ever.max(model.taken);
                    ledger.take_up(offset, Some(offset + 7), Fate::Produced, outputs, 1);
                }
                Step::Acknowledge(which) => {
                    let waiting: Vec<usize> =
                        (0..model.taken).filter(|&i| model.records[i].2 > 0).collect();
                    if !waiting.is_empty() {
                        let record = &mut model.records[waiting[which % waiting.len()]];
                        record.2 -= 1;
                        ledger.acknowledge(record.1);
                    }
                }
                Step::LateReport(number) => {
                    // Only of numbers that are forgotten: below all that are taken up now.
                    let lowest = ledger.next_number() - (model.taken as u64 - model.counted);
                    if number < lowest {
                        prop_assert_eq!(ledger.acknowledge(number), 0);
                    }
                }
                Step::Rewind => {
                    let back_to = ledger.rewind().back_to;
                    // What was never taken up will be handed over again, as if for the first time.
                    model.records.truncate(model.taken_ever);
                    model.taken = usize::try_from(model.counted).unwrap();
                    if let Some(record) = model.records.get(model.taken) {
                        prop_assert!(back_to.is_none_or(|back_to| back_to <= record.0));
                    }
                }
                Step::Advance => model.counted += ledger.advance().total(),
                Step::PassGap(more) => {
                    let end = model.records.last().map_or(0, |r| r.0 + 1) + more;
                    if model.taken == model.records.len() {
                        ledger.pass_gap(end);
                    } else {
                        // The consumer stands behind what waits for its turn, or for its replay.
                        ledger.pass_gap(end + 100);
                        prop_assert!(ledger.watermark().is_none_or(|at| at <= model.records[model.taken].0));
                    }
                }
            }
            if let (Some(watermark), Some(unfinished)) = (ledger.watermark(), model.first_unfinished()) {
                prop_assert!(watermark <= unfinished, "{watermark} passes {unfinished}");
            }
            // Each record's timestamp tells its offset.
            if let Some(oldest_ms) = ledger.oldest_ms() {
                prop_assert_eq!(ledger.watermark(), Some(oldest_ms - 7));
            }
            prop_assert_eq!(ledger.oldest_ms().is_none(), ledger.is_settled());
            prop_assert!(ledger.in_flight() + model.counted <= model.records.len() as u64);
        }
        // At last everything is read again and acknowledged, and everything is counted once.
        while model.taken < model.records.len() {
            let number = ledger.next_number();
            ledger.take_up(model.records[model.taken].0, None, Fate::Produced, 1, 1);
            (model.records[model.taken].1, model.records[model.taken].2) = (number, 1);
            model.taken += 1;
        }
        for (_, number, outputs) in &model.records[usize::try_from(model.counted).unwrap()..] {
            for _ in 0..*outputs {
                ledger.acknowledge(*number);
            }
        }
        model.counted += ledger.advance().total();
        prop_assert_eq!(model.counted, model.records.len() as u64);
        prop_assert!(ledger.is_settled());
        if let Some(last) = model.records.last() {
            prop_assert!(ledger.watermark().unwrap() > last.0);
        }
    }
}
