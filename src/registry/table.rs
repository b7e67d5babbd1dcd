//! What is known of the things that lanes ask for, who is asking for them, and who wants to be woken.
//!
//! A look never waits. Where it finds that something must be asked for, it says so to its caller, who starts the one task
//! that does: a key is never asked for twice at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Wake;

/// Lanes that are woken for one key; beyond that the longest waiting one is woken at once, and asks again.
const WAKES_MAX: usize = 1024;

/// How long an answer is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// For this long; then it still counts while it is asked for again.
    Serve(Duration),
    /// For this long; then it is forgotten, and asked for anew. Who was woken for it is told it once, however late.
    Forget(Duration),
}

/// What is told of a key.
pub(super) trait Answer: Clone {
    /// Not known yet, and what holds it up.
    fn waiting(reason: Option<String>) -> Self;
    /// The reason, where it is not known yet.
    fn held_up(&self) -> Option<&Option<String>>;
    /// How long it is good for.
    fn freshness(&self) -> Freshness;
}

/// Bounds of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Keys that are remembered; what was used longest ago makes room.
    pub keys_max: usize,
    /// Keys that are asked for at a time.
    pub asked_max: usize,
}

struct Entry<V> {
    said: V,
    since: Instant,
    /// It counts, and is asked for again with the next look.
    is_doubtful: bool,
    asking: bool,
    wakes: Vec<Wake>,
    /// Those who were woken for what is said, and have not looked since.
    untold: Vec<Wake>,
    used: u64,
}

struct Rows<K, V> {
    entries: HashMap<K, Entry<V>>,
    asked: usize,
    clock: u64,
    /// Those for whose keys there was no room.
    turned_away: Vec<Wake>,
}

/// Answers by key.
pub(super) struct Table<K, V> {
    rows: Mutex<Rows<K, V>>,
    bounds: Bounds,
}

impl<K: Clone + Eq + Hash, V: Answer> Table<K, V> {
    /// An empty table.
    pub(super) fn new(bounds: Bounds) -> Self {
        let rows = Rows { entries: HashMap::new(), asked: 0, clock: 0, turned_away: Vec::new() };
        Self { rows: Mutex::new(rows), bounds }
    }

    /// What is known of `key`, and whether the caller must now start to ask for it.
    pub(super) fn look(&self, key: &K, wake: &Wake) -> (V, bool) {
        let mut rows = self.rows();
        rows.clock += 1;
        let (clock, asked) = (rows.clock, rows.asked);
        let room = asked < self.bounds.asked_max;
        let found = rows.entries.get_mut(key);
        let Some(entry) = found else {
            if !room || !make_room(&mut rows, self.bounds.keys_max) {
                drop(remember(&mut rows.turned_away, wake));
                let reason = format!("{asked} others are being asked for");
                return (V::waiting(Some(reason)), false);
            }
            let said = V::waiting(None);
            let wakes = vec![Arc::clone(wake)];
            let entry = Entry {
                said: said.clone(),
                since: Instant::now(),
                is_doubtful: false,
                asking: true,
                wakes,
                untold: Vec::new(),
                used: clock,
            };
            rows.entries.insert(key.clone(), entry);
            rows.asked += 1;
            return (said, true);
        };
        entry.used = clock;
        let told_now = !entry.asking && forget_wake(&mut entry.untold, wake);
        let start = !entry.asking && !told_now && room && is_stale(entry);
        if start {
            entry.asking = true;
            // Those who were not told yet are woken for the next answer.
            entry.wakes.append(&mut entry.untold);
            if matches!(entry.said.freshness(), Freshness::Forget(_)) {
                entry.said = V::waiting(None);
            }
        }
        let said = entry.said.clone();
        let crowded = if entry.asking { remember(&mut entry.wakes, wake) } else { None };
        rows.asked += usize::from(start);
        drop(rows);
        if let Some(crowded) = crowded {
            crowded();
        }
        (said, start)
    }

    /// What is known of `key` without asking for it.
    pub(super) fn peek(&self, key: &K) -> Option<V> {
        self.rows().entries.get(key).map(|entry| entry.said.clone())
    }

    /// Something is known while it is asked on.
    pub(super) fn tell(&self, key: &K, said: V) {
        let mut rows = self.rows();
        let Some(entry) = rows.entries.get_mut(key) else { return };
        let same = entry.said.held_up().is_some_and(|reason| Some(reason) == said.held_up());
        if same {
            return;
        }
        entry.said = said;
        entry.since = Instant::now();
        let wakes = entry.wakes.clone();
        drop(rows);
        wakes.iter().for_each(|wake| wake());
    }

    /// The answer is there, and nobody asks for it any more.
    pub(super) fn settle(&self, key: &K, said: V) {
        self.settle_as(key, said, false);
    }

    /// There is an answer for now: the next look has it asked for again.
    pub(super) fn settle_for_now(&self, key: &K, said: V) {
        self.settle_as(key, said, true);
    }

    fn settle_as(&self, key: &K, said: V, is_doubtful: bool) {
        let mut rows = self.rows();
        let mut wakes = std::mem::take(&mut rows.turned_away);
        if let Some(entry) = rows.entries.get_mut(key) {
            entry.said = said;
            entry.since = Instant::now();
            entry.is_doubtful = is_doubtful;
            if matches!(entry.said.freshness(), Freshness::Forget(_)) {
                entry.untold.clone_from(&entry.wakes);
            }
            wakes.append(&mut entry.wakes);
            let asked = std::mem::take(&mut entry.asking);
            rows.asked -= usize::from(asked);
        }
        drop(rows);
        wakes.iter().for_each(|wake| wake());
    }

    fn rows(&self) -> MutexGuard<'_, Rows<K, V>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_stale<V: Answer>(entry: &Entry<V>) -> bool {
    if entry.is_doubtful {
        return true;
    }
    match entry.said.freshness() {
        Freshness::Serve(good_for) | Freshness::Forget(good_for) => entry.since.elapsed() >= good_for,
    }
}

/// Keeps a wake once; gives back the one that it takes the place of.
fn remember(wakes: &mut Vec<Wake>, wake: &Wake) -> Option<Wake> {
    if wakes.iter().any(|known| Arc::ptr_eq(known, wake)) {
        return None;
    }
    let crowded = (wakes.len() == WAKES_MAX).then(|| wakes.remove(0));
    wakes.push(Arc::clone(wake));
    crowded
}

/// Whether a wake was among those, and is no more.
fn forget_wake(wakes: &mut Vec<Wake>, wake: &Wake) -> bool {
    let found = wakes.iter().position(|known| Arc::ptr_eq(known, wake));
    found.map(|index| wakes.swap_remove(index)).is_some()
}

/// Forgets the key that was used longest ago and is not asked for; whether there is room then.
fn make_room<K: Clone + Eq + Hash, V>(rows: &mut Rows<K, V>, keys_max: usize) -> bool {
    if rows.entries.len() < keys_max {
        return true;
    }
    let idle = rows.entries.iter().filter(|(_, entry)| !entry.asking);
    let oldest = idle.min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
    oldest.is_some_and(|key| rows.entries.remove(&key).is_some())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Said {
        Waiting(Option<String>),
        Kept(u32),
        Served(u32),
        Forgotten(u32),
    }

    impl Answer for Said {
        fn waiting(reason: Option<String>) -> Self {
            Self::Waiting(reason)
        }
        fn held_up(&self) -> Option<&Option<String>> {
            if let Self::Waiting(reason) = self { Some(reason) } else { None }
        }
        fn freshness(&self) -> Freshness {
            match self {
                Self::Waiting(_) | Self::Served(_) => Freshness::Serve(Duration::ZERO),
                Self::Kept(_) => Freshness::Serve(Duration::MAX),
                Self::Forgotten(_) => Freshness::Forget(Duration::ZERO),
            }
        }
    }

    fn counting() -> (Wake, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let wake = move || {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        (Arc::new(wake), count)
    }

    const ROOMY: Bounds = Bounds { keys_max: 10, asked_max: 10 };

    #[test]
    fn a_key_is_asked_for_once_at_a_time_and_all_who_looked_are_woken() {
        let table = Table::new(ROOMY);
        let (one, ones) = counting();
        let (other, others) = counting();
        assert_eq!(table.look(&7, &one), (Said::Waiting(None), true));
        assert_eq!(table.look(&7, &one), (Said::Waiting(None), false));
        assert_eq!(table.look(&7, &other), (Said::Waiting(None), false));
        let reason = Said::Waiting(Some("away".to_owned()));
        table.tell(&7, reason.clone());
        table.tell(&7, reason.clone());
        assert_eq!(ones.load(Ordering::SeqCst), 1, "the same reason is no news");
        assert_eq!(table.look(&7, &one), (reason, false));
        table.settle(&7, Said::Kept(1));
        assert_eq!((ones.load(Ordering::SeqCst), others.load(Ordering::SeqCst)), (2, 2));
        assert_eq!(table.look(&7, &one), (Said::Kept(1), false));
    }

    #[test]
    fn old_answers_are_asked_for_again_and_serve_or_are_forgotten_meanwhile() {
        let table = Table::new(ROOMY);
        let (wake, _) = counting();
        for key in [1, 2] {
            table.look(&key, &wake);
        }
        table.settle(&1, Said::Served(1));
        table.settle(&2, Said::Forgotten(2));
        assert_eq!(table.look(&1, &wake), (Said::Served(1), true));
        assert_eq!(table.look(&1, &wake), (Said::Served(1), false));
        assert_eq!(table.look(&2, &counting().0), (Said::Waiting(None), true));
    }

    #[test]
    fn who_was_woken_is_told_before_an_answer_is_forgotten() {
        let table = Table::new(ROOMY);
        let (one, _) = counting();
        let (late, lates) = counting();
        table.look(&1, &one);
        table.look(&1, &late);
        table.settle(&1, Said::Forgotten(1));
        assert_eq!(table.look(&1, &one), (Said::Forgotten(1), false));
        assert_eq!(table.look(&1, &one), (Said::Waiting(None), true), "told once, and asked anew");
        table.settle(&1, Said::Forgotten(2));
        assert_eq!(lates.load(Ordering::SeqCst), 2);
        assert_eq!(table.look(&1, &late), (Said::Forgotten(2), false), "not told yet, however late");
    }

    #[test]
    fn what_was_used_longest_ago_makes_room_and_can_be_asked_for_again() {
        let table = Table::new(Bounds { keys_max: 2, asked_max: 2 });
        let (wake, _) = counting();
        for key in [1, 2] {
            assert!(table.look(&key, &wake).1);
            table.settle(&key, Said::Kept(key));
        }
        table.look(&1, &wake);
        assert!(table.look(&3, &wake).1);
        assert_eq!(table.peek(&2), None);
        assert_eq!(table.peek(&1), Some(Said::Kept(1)));
        table.settle(&3, Said::Kept(3));
        assert!(table.look(&2, &wake).1);
    }

    #[test]
    fn who_is_turned_away_is_woken_when_there_is_room() {
        let table = Table::new(Bounds { keys_max: 5, asked_max: 1 });
        let (first, _) = counting();
        let (wake, count) = counting();
        table.look(&1, &first);
        let (said, start) = table.look(&2, &wake);
        assert!(!start && matches!(said, Said::Waiting(Some(_))), "{said:?}");
        table.settle(&1, Said::Kept(1));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(table.look(&2, &wake).1);
    }

    #[test]
    fn a_crowd_of_wakes_is_bounded_and_nobody_is_forgotten() {
        let table = Table::new(ROOMY);
        let woken: Vec<_> = (0..=WAKES_MAX).map(|_| counting()).collect();
        for (wake, _) in &woken {
            table.look(&1, wake);
        }
        assert_eq!(woken[0].1.load(Ordering::SeqCst), 1, "the first one made room");
        table.settle(&1, Said::Kept(1));
        assert!(woken.iter().all(|(_, count)| count.load(Ordering::SeqCst) == 1));
    }
}
