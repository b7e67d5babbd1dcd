use super::*;
use crate::admin::shape::{Counts, Daemon, Lane, LastReload, Output};

const NOW_MS: u64 = 1_750_000_000_000;

fn pipeline(name: &str, state: &str, since_s: u64, counts: [u64; 6]) -> Pipeline {
    let [consumed, produced, filtered, dead_lettered, skipped, in_flight] = counts;
    Pipeline {
        name: name.to_owned(),
        state: state.to_owned(),
        state_since_ms: NOW_MS - since_s * 1_000,
        account: Counts { consumed, produced, filtered, dead_lettered, skipped, in_flight },
        ..Pipeline::default()
    }
}

fn daemon() -> Daemon {
    Daemon {
        version: "0.1.0".to_owned(),
        state: "running".to_owned(),
        generation: 3,
        uptime_ms: 7_500_000,
        memory_used_bytes: 13_107_200,
        memory_max_bytes: 512 << 20,
        ..Daemon::default()
    }
}

fn several() -> Moment {
    let stopped = Pipeline {
        reason: Some(
            "poison without a dlq: orders/3 at offset 1234567: json_syntax: not JSON: the text ends inside a string"
                .to_owned(),
        ),
        ..pipeline("orders-eu", "stopped", 130, [1_234_568, 1_200_000, 34_567, 0, 0, 1])
    };
    let backing_off = Pipeline {
        reason: Some("a panic at src/x.rs:1".to_owned()),
        next_try_at_ms: Some(NOW_MS + 4_000),
        restarts: 3,
        ..pipeline("payments-of-all-regions-and-countries", "backing_off", 2, [10, 10, 0, 0, 0, 0])
    };
    let trial = Pipeline {
        is_on_trial: true,
        lag_records: Some(98_765_432),
        ..pipeline("clicks", "running", 86_400 * 3, [u64::MAX, 123_456_789, 99_999, 12_345, 0, 16_384])
    };
    let last = LastReload {
        result: "refused".to_owned(),
        at_ms: NOW_MS - 61_000,
        summary: "reload refused, generation 3 runs on: pipelines.d/a.yaml:4:3: a pipeline has no key `sink`"
            .to_owned(),
        ..LastReload::default()
    };
    Moment {
        daemon: Daemon { last_reload: Some(last), ..daemon() },
        pipelines: vec![trial, stopped, backing_off],
        now_ms: NOW_MS,
    }
}

fn drawn(moment: &Moment, is_one: bool, columns: usize) -> String {
    let lines: Vec<String> = draw(moment, is_one, columns).iter().map(|line| line.render(false)).collect();
    for line in &lines {
        assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
    }
    lines.join("\n") + "\n"
}

#[test]
fn eighty_columns_show_what_is_wrong_and_why() {
    assert_eq!(
        drawn(&several(), false, 80),
        "\
millstream 0.1.0 running, generation 3, up 2 h, memory 12.5 MiB of 512 MiB
last reload 1 min ago: reload refused, generation 3 runs on:
pipelines.d/a.yaml:4:3: a pipeline has no key `sink`

PIPELINE      STATE         SINCE    LAG FLIGHT CONSUMED PRODUCED FILTERED  DEAD
clicks        running         3 d  98.7M 16,384    18.4E     123M   99,999 12.3k
  on trial after a reload
orders-eu     stopped       2 min      -      1     1.2M     1.2M   34,567     0
  poison without a dlq: orders/3 at offset 1234567: json_syntax: not JSON: the
  text ends inside a string
payments-of-… backing off     2 s      -      0       10       10        0     0
  a panic at src/x.rs:1
  next try in 4 s
  restarted 3 times
"
    );
}

#[test]
fn wider_terminals_show_more_and_narrower_ones_what_matters_most() {
    assert_eq!(
        drawn(&several(), false, 110),
        "\
millstream 0.1.0 running, generation 3, up 2 h, memory 12.5 MiB of 512 MiB
last reload 1 min ago: reload refused, generation 3 runs on: pipelines.d/a.yaml:4:3: a pipeline has no key
`sink`

PIPELINE                STATE         SINCE    LAG FLIGHT CONSUMED PRODUCED FILTERED  DEAD RESTARTS
clicks                  running         3 d  98.7M 16,384    18.4E     123M   99,999 12.3k        0
  on trial after a reload
orders-eu               stopped       2 min      -      1     1.2M     1.2M   34,567     0        0
  poison without a dlq: orders/3 at offset 1234567: json_syntax: not JSON: the text ends inside a string
payments-of-all-region… backing off     2 s      -      0       10       10        0     0        3
  a panic at src/x.rs:1
  next try in 4 s
"
    );
    assert_eq!(
        drawn(&several(), false, 50),
        "\
millstream 0.1.0 running, generation 3, up 2 h, m…
last reload 1 min ago: reload refused, generation
3 runs on: pipelines.d/a.yaml:4:3: a pipeline has
no key `sink`

PIPELINE         STATE         SINCE    LAG FLIGHT
clicks           running         3 d  98.7M 16,384
  on trial after a reload
orders-eu        stopped       2 min      -      1
  poison without a dlq: orders/3 at offset
  1234567: json_syntax: not JSON: the text ends
  inside a string
payments-of-all… backing off     2 s      -      0
  a panic at src/x.rs:1
  next try in 4 s
  restarted 3 times
"
    );
}

#[test]
fn one_pipeline_is_shown_with_all_that_is_known() {
    let lane = Lane {
        is_running: true,
        assigned: (0..14).map(|n| format!("orders/{n}")).collect(),
        ..Lane::default()
    };
    let waiting = Lane { waiting: Some("no broker can be reached".to_owned()), ..Lane::default() };
    let one = Pipeline {
        file: "/etc/millstream/pipelines.d/orders.yaml".to_owned(),
        source: vec!["orders".to_owned()],
        group: "millstream.orders".to_owned(),
        hash: "0123456789ab".to_owned(),
        generation: 2,
        outputs: vec![Output { topic: "orders-eu".to_owned(), records: 1_200_000 }],
        lanes: vec![lane, waiting],
        ..pipeline("orders", "waiting", 9, [20, 10, 5, 0, 5, 0])
    };
    let moment = Moment { daemon: daemon(), pipelines: vec![one], now_ms: NOW_MS };
    assert_eq!(
        drawn(&moment, true, 80),
        "\
millstream 0.1.0 running, generation 3, up 2 h, memory 12.5 MiB of 512 MiB

PIPELINE  STATE         SINCE    LAG FLIGHT CONSUMED PRODUCED FILTERED  DEAD
orders    waiting         9 s      -      0       20       10        5     0

file          /etc/millstream/pipelines.d/orders.yaml
source        orders
group         millstream.orders
spec          0123456789ab, of generation 2
output        orders-eu: 1,200,000 acknowledged
skipped       5
lane 0        orders/0, orders/1, orders/2, orders/3, orders/4, orders/5,
              orders/6, orders/7, orders/8, orders/9, orders/10, orders/11,
              orders/12, orders/13
lane 1        no partition; waits: no broker can be reached
"
    );
}

#[test]
fn any_room_is_enough() {
    for columns in 0..140 {
        drawn(&several(), true, columns);
    }
}

#[test]
fn a_watched_status_stays_in_its_room_and_says_when_nobody_answers() {
    let mut watched = Watched::of(None);
    watched.take(Ok(several()));
    let error = ClientError::NoAnswer { path: "/run/m.sock".into(), reason: "gone".to_owned() };
    watched.take(Err(error));
    for rows in 0..20 {
        let lines = watched.draw(Room { columns: 80, rows });
        assert!(lines.len() < rows.max(1), "{} lines in {rows} rows", lines.len());
    }
    let lines = watched.draw(Room { columns: 80, rows: 8 });
    let text: Vec<String> = lines.iter().map(|line| line.render(false)).collect();
    assert_eq!(text[5], "… and 9 lines more");
    assert_eq!(text[6], "the daemon at /run/m.sock gave no answer: gone");
}
