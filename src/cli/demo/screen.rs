//! Draws a scene as lines for a terminal: a pure function of the scene and the room there is.

use std::time::Duration;

use crate::cli::screen::{Line, NAME_MAX, Room, Style, grouped};

use super::scene::{Phase, Row, Scene, State};
use super::table;
use super::watch::{Causes, Sample};

/// Wider lines are hard to read.
const COLUMNS_MAX: usize = 120;

/// Kinds of dead letters that are shown before samples take rows.
const CAUSES_FIRST: usize = 4;

/// Draws the scene. Where rows are few, lists are cut, and what comes last goes first.
pub(super) fn draw(scene: &Scene, room: Room) -> Vec<Line> {
    let columns = room.columns.min(COLUMNS_MAX);
    // The cursor rests in a row of its own below.
    let rows = room.rows.saturating_sub(1);
    let foot = foot(scene, columns);
    let mut lines = head(scene, columns);
    let fixed = [table::draw(&scene.pipelines, columns), notices(&scene.notices, columns)];
    for section in fixed.into_iter().filter(|section| !section.is_empty()) {
        lines.push(Line::new(columns));
        lines.extend(section);
    }
    let free = rows.saturating_sub(lines.len() + 2);
    // Each list has a title, and an empty row before it.
    let for_causes = free.saturating_sub(scene.samples.len() + 2).max(CAUSES_FIRST + 2).min(free);
    let causes = causes(&scene.causes, columns, for_causes.saturating_sub(2));
    let for_samples = free.saturating_sub(if causes.is_empty() { 0 } else { causes.len() + 1 });
    let samples = samples(&scene.samples, columns, for_samples.saturating_sub(2));
    for section in [causes, samples, foot].into_iter().filter(|section| !section.is_empty()) {
        lines.push(Line::new(columns));
        lines.extend(section);
    }
    lines.truncate(rows);
    lines
}

fn head(scene: &Scene, columns: usize) -> Vec<Line> {
    let title = Line::new(columns).push(Style::Bold, "MILLSTREAM DEMO").push(Style::Dim, "  on ");
    let rate = format!(", {} a second, for {}", grouped(scene.clicks.per_s), clock(scene.elapsed));
    let clicks = Line::new(columns)
        .push(Style::Bold, grouped(scene.clicks.total))
        .push(Style::Plain, " clicks produced")
        .push(Style::Dim, rate);
    vec![title.push(Style::Dim, &scene.place), clicks]
}

/// The kinds of dead letters, at most `max`: where there are more, each class of errors is shown before any is
/// shown twice, and so with pipelines.
fn causes(causes: &[Causes], columns: usize, max: usize) -> Vec<Line> {
    if causes.is_empty() || max == 0 {
        return Vec::new();
    }
    let total: u64 = causes.iter().map(|causes| causes.count).sum();
    let shown = chosen(causes, max, |one, before| {
        let same = |is_same: &dyn Fn(&Causes) -> bool| before.iter().filter(|other| is_same(other)).count();
        (same(&|other| other.newest.class == one.newest.class), same(&|other| other.index == one.index))
    });
    let more = match causes.len() - shown.len() {
        0 => "the newest of each kind".to_owned(),
        _ => format!("the newest of {} kinds out of {}", shown.len(), causes.len()),
    };
    let title = Line::new(columns)
        .push(Style::Dim, "DEAD LETTERS  ")
        .push(Style::Red, grouped(total))
        .push(Style::Dim, format!(", {more}"));
    let names = shown.iter().map(|causes| causes.pipeline.len()).max().unwrap_or(0).min(NAME_MAX) + 1;
    let classes = shown.iter().map(|causes| causes.newest.class.len()).max().unwrap_or(0) + 2;
    let mut lines = vec![title];
    lines.extend(shown.iter().map(|causes| {
        Line::new(columns)
            .left(Style::Plain, &causes.pipeline, names)
            .right(Style::Red, &grouped(causes.count), 6)
            .push(Style::Plain, "  ")
            .left(Style::Cyan, &causes.newest.class, classes)
            .push(Style::Plain, causes.newest.short_message())
    }));
    lines
}

/// At most `max` of the items, in their order: those that are least `like` the ones that were chosen before.
fn chosen<T, C: Ord>(items: &[T], max: usize, like: impl Fn(&T, &[&T]) -> C) -> Vec<&T> {
    let mut rest: Vec<usize> = (0..items.len()).collect();
    let mut order: Vec<usize> = Vec::new();
    while order.len() < max && !rest.is_empty() {
        let before: Vec<&T> = order.iter().map(|index| &items[*index]).collect();
        let next = (0..rest.len()).min_by_key(|at| like(&items[rest[*at]], &before)).unwrap_or(0);
        order.push(rest.remove(next));
    }
    order.sort_unstable();
    order.into_iter().map(|index| &items[index]).collect()
}

/// A record of each topic, at most `max`: where there are more, of each pipeline first.
fn samples(samples: &[Sample], columns: usize, max: usize) -> Vec<Line> {
    let shown =
        chosen(samples, max, |one, before| before.iter().filter(|other| other.index == one.index).count());
    let shown: Vec<(&Sample, &String)> =
        shown.into_iter().filter_map(|sample| Some((sample, sample.text.as_ref()?))).collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let names = shown.iter().map(|(sample, _)| sample.topic.len()).max().unwrap_or(0).min(NAME_MAX) + 2;
    let mut lines = vec![Line::new(columns).push(Style::Dim, "PRODUCED  one record of each topic")];
    lines.extend(shown.iter().map(|(sample, text)| {
        Line::new(columns).left(Style::Plain, &sample.topic, names).push(Style::Dim, text)
    }));
    lines
}

fn notices(notices: &[String], columns: usize) -> Vec<Line> {
    notices.iter().map(|notice| Line::new(columns).push(Style::Yellow, notice)).collect()
}

fn foot(scene: &Scene, columns: usize) -> Vec<Line> {
    let text = match scene.phase {
        Phase::Starting => "The pipelines join their consumer groups.",
        Phase::Flowing => "Ctrl-C ends it: what is on its way is finished, and the account printed.",
        Phase::Finishing => "No more clicks; those on their way are finished. Ctrl-C again leaves at once.",
        Phase::Done => return Vec::new(),
    };
    vec![Line::new(columns).push(Style::Dim, text)]
}

/// Minutes and seconds.
fn clock(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// How a state looks.
pub(super) fn state_style(row: &Row) -> Style {
    match row.state {
        State::Running | State::Drained => Style::Green,
        State::Starting | State::Draining | State::Waiting => Style::Yellow,
        State::Stopped => Style::Red,
    }
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
