use super::*;
use crate::admin::shape::Daemon;

fn moment(at_s: u64, counts: &[(&str, u64, u64)]) -> Moment {
    let pipeline = |(name, consumed, dead_lettered): &(&str, u64, u64)| Pipeline {
        name: (*name).to_owned(),
        state: "running".to_owned(),
        account: Counts {
            consumed: *consumed,
            produced: consumed - dead_lettered,
            dead_lettered: *dead_lettered,
            in_flight: 7,
            ..Counts::default()
        },
        ..Pipeline::default()
    };
    let daemon = Daemon {
        version: "0.1.0".to_owned(),
        state: "running".to_owned(),
        generation: 1,
        started_at_ms: 1,
        ..Daemon::default()
    };
    Moment { daemon, pipelines: counts.iter().map(pipeline).collect(), now_ms: at_s * 1_000 }
}

fn text(top: &Top, columns: usize, rows: usize) -> String {
    let lines = top.draw(Room { columns, rows });
    lines.iter().map(|line| format!("{}\n", line.render(false))).collect()
}

#[test]
fn the_busiest_comes_first_with_its_records_a_second() {
    let mut top = Top::default();
    top.take(Ok(moment(10, &[("clicks", 1_000, 0), ("orders", 500, 0), ("quiet", 3, 0)])));
    top.take(Ok(moment(12, &[("clicks", 1_100, 0), ("orders", 2_000_500, 40), ("quiet", 3, 0)])));
    assert_eq!(
        text(&top, 80, 24),
        "\
millstream 0.1.0 running, generation 1, up 0 s, memory 0 B of 0 B

records a second; lag and in flight: now
PIPELINE  STATE             LAG  CONSUMED  PRODUCED  FILTERED   DEAD  FLIGHT
orders    running             - 1,000,000   999,980         0     20       7
clicks    running             -        50        50         0      0       7
quiet     running             -         0         0         0      0       7
q ends it
"
    );
}

#[test]
fn rates_span_the_last_moments_only() {
    let mut top = Top::default();
    for second in 0..20 {
        top.take(Ok(moment(second, &[("clicks", if second < 10 { 100 * second } else { 900 }, 0)])));
    }
    assert_eq!(top.moments.len(), MOMENTS);
    let rows = rows(top.moments.front().unwrap(), top.moments.back().unwrap());
    assert_eq!(rows[0].per_s.consumed, 0);
}

#[test]
fn another_process_counts_anew() {
    let mut top = Top::default();
    top.take(Ok(moment(10, &[("clicks", 5_000, 0)])));
    let mut new = moment(11, &[("clicks", 10, 0)]);
    new.daemon.started_at_ms = 2;
    top.take(Ok(new));
    assert_eq!(top.moments.len(), 1);
    assert!(text(&top, 80, 24).contains("clicks    running"), "{}", text(&top, 80, 24));
}

#[test]
fn a_daemon_that_is_gone_leaves_what_was_known_and_says_so() {
    let mut top = Top::default();
    top.take(Ok(moment(10, &[("clicks", 5_000, 0)])));
    top.take(Err(ClientError::NoAnswer { path: "/run/m.sock".into(), reason: "gone".to_owned() }));
    let shown = text(&top, 80, 24);
    assert!(shown.contains("clicks") && shown.ends_with("gave no answer: gone\n"), "{shown}");
}

#[test]
fn any_room_is_enough() {
    let mut top = Top::default();
    top.take(Ok(moment(10, &[("clicks", 5_000, 0), ("orders-of-all-regions-and-countries", 1, 0)])));
    for columns in 0..130 {
        for line in text(&top, columns, 24).lines() {
            assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
        }
    }
}
