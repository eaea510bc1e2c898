//! 200 agents at one token, ten minutes long: with a store that knows everybody, and with an empty one.

use std::collections::HashSet;
use std::time::Duration;

use crate::agents::{Team, newcomers};
use crate::seen::{Counts, Seen};
use crate::shop::{Ages, connected, fill};
use crate::stage::{Stage, View};
use crate::table::{Line, at, percent, span};
use crate::warm::crowd::crowd;
use crate::{MOVED, Scale};

/// A store that knows everybody: once all of it just read, once read over a whole day.
pub async fn warm(scale: &Scale) -> Vec<Line> {
    let mut lines = Vec::new();
    for (what, ages) in [
        (
            "read within the last 2 minutes",
            Ages::UpTo(Duration::from_secs(120)),
        ),
        ("read over the last 23 hours", Ages::OverADay),
    ] {
        println!("200 agents, everybody in the store {what}");
        let folder = tempfile::tempdir().unwrap();
        let (store, workspaces) = connected(folder.path(), 1).await;
        fill(&store, scale.customers, ages).await;
        store.close().await;
        let data = crowd(scale.customers + newcomers(scale.agents));
        let mut stage = Stage::open(folder.path().to_owned(), data, workspaces).await;
        let mut team = Team::new(scale.customers, true);
        team.work(&mut stage, scale.agents, |_, _| ()).await;
        let views = stage.views().await;
        lines.extend(of_a_warm_store(what, scale, &stage, &views));
        stage.close().await;
    }
    lines
}

fn of_a_warm_store(what: &str, scale: &Scale, stage: &Stage, views: &[View]) -> Vec<Line> {
    let name = format!("agents, store {what}");
    let seen = Counts::of(views.iter().map(|view| &view.seen));
    let calls = stage.requests().len();
    let per_view = calls as f64 / views.len() as f64;
    let is_new = |view: &&View| view.customer >= scale.customers;
    let mut waited: Vec<f64> = views.iter().filter(is_new).map(View::waited).collect();
    let (median, longest) = (at(0.5, &mut waited), at(0.99, &mut waited));
    let mut ages: Vec<f64> = views.iter().filter_map(View::age).collect();
    let (age, oldest) = (at(0.5, &mut ages), at(0.99, &mut ages));
    let marked = |view: &&View| matches!(view.seen, Seen::Found { stale: true, .. });
    let marked = views.iter().filter(marked).count();
    vec![
        Line::new(
            &*name,
            format!(
                "{} views of {}: {seen}; {} refused by Recharge{}",
                views.len(),
                scale.crowd(),
                stage.refused(),
                stage.hurried(),
            ),
            "no unavailable",
            seen.all_found(),
        ),
        Line::new(
            "",
            format!("{per_view:.4} calls a view ({calls} calls)"),
            "at most 0.05",
            per_view <= 0.05,
        ),
        Line::new(
            "",
            format!(
                "{} new customers: p50 {median:.1} s, p99 {longest:.1} s {MOVED}",
                waited.len()
            ),
            "new customers' p99 at most 4 s",
            longest <= 4.0,
        ),
        Line::new(
            "",
            format!(
                "age of cards p50 {}, p99 {}; {} marked as old",
                span(age),
                span(oldest),
                percent(marked, views.len())
            ),
            "stated",
            None,
        ),
    ]
}

/// Nobody is known.
pub async fn empty(scale: &Scale) -> Vec<Line> {
    println!("200 agents, an empty store");
    let folder = tempfile::tempdir().unwrap();
    let (store, workspaces) = connected(folder.path(), 1).await;
    store.close().await;
    let data = crowd(scale.customers);
    let mut stage = Stage::open(folder.path().to_owned(), data, workspaces).await;
    let mut team = Team::new(scale.customers, false);
    team.work(&mut stage, scale.agents, |_, _| ()).await;
    let views = stage.views().await;
    let refused = stage.refused();
    let seen = Counts::of(views.iter().map(|view| &view.seen));
    let mut known = HashSet::new();
    let first: Vec<&View> = views
        .iter()
        .filter(|view| known.insert(view.customer))
        .collect();
    let limited = |view: &&&View| view.seen == Seen::Unavailable("rate_limited".into());
    let limited = first.iter().filter(limited).count();
    let found = first.iter().filter(|view| view.is_found()).count();
    let overtaken = overtaken(&first);
    let lines = vec![
        Line::new(
            "agents, store empty",
            format!(
                "{refused} refused by Recharge of {} calls; {} views of {}: {seen}{}",
                stage.requests().len(),
                views.len(),
                scale.crowd(),
                stage.hurried(),
            ),
            "no 429 from Recharge",
            refused == 0,
        ),
        Line::new(
            "",
            format!(
                "{} of {} first views rate_limited, {} found, {} other",
                percent(limited, first.len()),
                first.len(),
                percent(found, first.len()),
                first.len() - limited - found,
            ),
            "stated; nothing but found and rate_limited",
            limited + found == first.len(),
        ),
        Line::new(
            "",
            format!(
                "{overtaken} of {found} who were served overtook somebody who had asked before"
            ),
            "fair order: nobody overtakes",
            overtaken == 0,
        ),
    ];
    stage.close().await;
    lines
}

/// How many of those who were served were answered before somebody who had asked before them, and was served too.
fn overtaken(first: &[&View]) -> usize {
    let mut latest_before = None;
    let mut count = 0;
    let mut last_asked = None;
    let mut latest = None;
    for view in first.iter().filter(|view| view.is_found()) {
        // Who asked in the same moment is no earlier.
        if last_asked != Some(view.asked) {
            latest_before = latest;
            last_asked = Some(view.asked);
        }
        count += usize::from(latest_before.is_some_and(|before| view.answered < before));
        latest = latest.max(Some(view.answered));
    }
    count
}
