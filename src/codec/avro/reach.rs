//! What holds of types that stand in each other, found from the inside out: each is looked at once, however long the chain is
//! by which they name each other, and whichever stands first.

/// On what it rests that something holds.
#[derive(Debug)]
pub(super) enum Rests {
    /// On nothing: it holds, or not.
    Known(bool),
    /// It holds if it does for all of these; also where there are none.
    All(Vec<usize>),
    /// It holds if it does for one of these.
    Any(Vec<usize>),
}

/// For each of `rests`, whether it holds; what rests on itself alone does not.
pub(super) fn holds(rests: impl Iterator<Item = Rests>) -> Vec<bool> {
    // How many must still turn out to hold before it does, and what rests on each.
    let mut missing: Vec<usize> = Vec::new();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (place, rests) in rests.enumerate() {
        missing.push(match &rests {
            Rests::Known(true) => 0,
            Rests::Known(false) => usize::MAX,
            Rests::All(on) => on.len(),
            Rests::Any(on) if on.is_empty() => usize::MAX,
            Rests::Any(_) => 1,
        });
        if let Rests::All(on) | Rests::Any(on) = rests {
            edges.extend(on.into_iter().map(|on| (on, place)));
        }
    }
    edges.sort_unstable();
    let mut found: Vec<usize> = (0..missing.len()).filter(|place| missing[*place] == 0).collect();
    while let Some(on) = found.pop() {
        let first = edges.partition_point(|edge| edge.0 < on);
        for (_, place) in edges[first..].iter().take_while(|edge| edge.0 == on) {
            // That one of any holds is enough, and told once.
            if missing[*place] > 0 {
                missing[*place] -= 1;
                if missing[*place] == 0 {
                    found.push(*place);
                }
            }
        }
    }
    missing.into_iter().map(|missing| missing == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_needs_all_and_any_needs_one() {
        let rests = [
            Rests::Known(true),
            Rests::Known(false),
            Rests::All(vec![0, 0]),
            Rests::All(vec![0, 1]),
            Rests::Any(vec![1, 0, 2]),
            Rests::Any(vec![1]),
            Rests::All(vec![]),
            Rests::Any(vec![]),
        ];
        assert_eq!(holds(rests.into_iter()), [true, false, true, false, true, false, true, false]);
    }

    #[test]
    fn what_rests_on_itself_alone_does_not_hold() {
        let rests = [Rests::All(vec![1]), Rests::Any(vec![0, 2]), Rests::Any(vec![1])];
        assert_eq!(holds(rests.into_iter()), [false, false, false]);
        let rests = [Rests::All(vec![1]), Rests::Any(vec![0, 2]), Rests::All(vec![])];
        assert_eq!(holds(rests.into_iter()), [true, true, true]);
    }

    #[test]
    fn a_chain_of_any_length_is_gone_through_once_in_either_direction() {
        const LENGTH: usize = 500_000;
        let up = (0..LENGTH)
            .map(|place| if place == 0 { Rests::Known(true) } else { Rests::All(vec![place - 1]) });
        assert!(holds(up).into_iter().all(|holds| holds));
        let last = LENGTH - 1;
        let down = (0..LENGTH)
            .map(|place| if place == last { Rests::Known(true) } else { Rests::Any(vec![place + 1]) });
        assert!(holds(down).into_iter().all(|holds| holds));
    }
}
