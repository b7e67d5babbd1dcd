//! The judge of Avro loads is judged: what is flawless passes, and each flaw is found.

use super::super::{Topic, judge};
use super::*;

const LOAD: AvroLoad = AvroLoad {
    partitions: 2,
    per_partition: 2_000,
    poison_one_in: 20,
    pad_bytes: 30,
    schema_id: 7,
    sound: Sound::AsSent,
};

/// What a flawless pipeline writes: sound records, and dead letters.
fn flawless() -> (Vec<Stored>, Vec<Stored>) {
    let stored = |id: Id| {
        let sent = LOAD.record(id);
        let header =
            |name: &str, value: String| (format!("millstream.{name}").into_bytes(), Some(value.into_bytes()));
        let headers = LOAD.poison(id).map(|poison| {
            [
                header("partition", id.partition.to_string()),
                header("offset", id.seq.to_string()),
                header("error.class", poison.class().to_owned()),
            ]
        });
        Stored {
            partition: id.partition,
            offset: 0,
            timestamp_ms: None,
            key: sent.key,
            value: sent.value,
            headers: headers.into_iter().flatten().collect(),
        }
    };
    let (poison, sound): (Vec<_>, Vec<_>) = LOAD.ids().partition(|id| LOAD.poison(*id).is_some());
    (sound.into_iter().map(stored).collect(), poison.into_iter().map(stored).collect())
}

fn verdict(sink: &[Stored], dlq: &[Stored]) -> super::super::Verdict {
    let sink = Topic { name: "sink", records: sink, belongs: &|id| LOAD.poison(id).is_none() };
    let dlq = Topic { name: "dlq", records: dlq, belongs: &|id| LOAD.poison(id).is_some() };
    judge(&LOAD, &[sink, dlq])
}

#[test]
fn a_flawless_run_passes_and_has_poison_of_every_kind() {
    let (sink, dlq) = flawless();
    verdict(&sink, &dlq).assert_exact();
    assert_eq!(LOAD.wrong_letters(&dlq), [""; 0]);
    let counts = LOAD.poison_by_class();
    assert_eq!(counts.len(), Poison::ALL.len(), "{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), dlq.len());
}

#[test]
fn a_lost_an_altered_and_a_misjudged_record_are_found() {
    let (mut sink, mut dlq) = flawless();
    sink.remove(9);
    assert_eq!(verdict(&sink, &dlq).lost.count, 1);
    let value = dlq[0].value.get_or_insert_default();
    value.push(0);
    assert_eq!(verdict(&sink, &dlq).changed.count, 1);
}

/// Two letters of one class that name each other's offset are as many of each class as there must be.
#[test]
fn letters_that_are_not_exactly_those_of_the_poison_are_found() {
    let (_, dlq) = flawless();
    let changed = |change: &dyn Fn(&mut Vec<Stored>)| {
        let mut letters = dlq.clone();
        change(&mut letters);
        LOAD.wrong_letters(&letters).len()
    };
    let of_class = |class: &str| {
        let is_of = |letter: &&Stored| letter.header_text("millstream.error.class") == class;
        dlq.iter().filter(is_of).cloned().collect::<Vec<_>>()
    };
    let twins = of_class("avro_empty");
    let place = |letter: &Stored| dlq.iter().position(|other| other.key == letter.key).expect("it is there");
    let (first, second) = (place(&twins[0]), place(&twins[1]));
    assert_eq!(changed(&|letters| letters[1].headers.clear()), 2, "no place, and one that has no letter");
    assert_eq!(changed(&|letters| letters[2].headers[2].1 = Some(b"vrl_abort".to_vec())), 1);
    assert_eq!(changed(&|letters| drop(letters.remove(3))), 1);
    assert_eq!(changed(&|letters| letters.push(letters[4].clone())), 1);
    assert_eq!(changed(&|letters| letters[first].headers.clone_from(&dlq[second].headers)), 3);
    assert_eq!(
        changed(&|letters| {
            letters[first].headers.clone_from(&dlq[second].headers);
            letters[second].headers.clone_from(&dlq[first].headers);
        }),
        2
    );
}

#[test]
fn members_that_a_map_added_are_held_to_the_byte() {
    let load = AvroLoad { sound: Sound::Extended(9, &[1]), ..LOAD };
    let id = load.ids().find(|id| load.poison(*id).is_none()).expect("some are sound");
    let sent = load.framed(0, 9, id, None);
    for (behind, is_sound) in [(&[1][..], true), (&[], false), (&[0], false), (&[1, 1], false)] {
        assert_eq!(load.is_sound(id, &[&sent[..], behind].concat()), is_sound, "{behind:?}");
    }
}

#[test]
fn poison_that_passed_as_sound_is_found() {
    let (mut sink, mut dlq) = flawless();
    sink.push(dlq.pop().expect("there is poison"));
    let verdict = verdict(&sink, &dlq);
    assert_eq!((verdict.lost.count, verdict.misplaced.count), (1, 1));
}
