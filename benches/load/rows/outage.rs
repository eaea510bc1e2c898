//! Recharge is gone for ten minutes under the load of 200 agents, and in the middle of that the service is killed.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;

use crate::agents::{Team, newcomers};
use crate::seen::Seen;
use crate::shop::{Ages, connected, fill};
use crate::stage::{Stage, View};
use crate::table::Line;
use crate::warm::crowd::crowd;
use crate::{MOVED, Scale};

const BEFORE: Duration = Duration::from_secs(60);
const AFTER: Duration = Duration::from_secs(120);
/// Cards are refreshed behind their answer up to this age (`cache.revalidate`); what is older is marked.
const REVALIDATE: f64 = 600.0;

pub async fn row(scale: &Scale) -> Vec<Line> {
    println!("200 agents, Recharge gone for {} s", scale.outage.as_secs());
    let folder = tempfile::tempdir().unwrap();
    let (store, workspaces) = connected(folder.path(), 1).await;
    fill(&store, scale.customers, Ages::OverADay).await;
    store.close().await;
    let all = BEFORE + scale.outage + AFTER;
    let data = crowd(scale.customers + newcomers(all));
    let mut stage = Stage::open(folder.path().to_owned(), data, workspaces).await;
    let mut team = Team::new(scale.customers, true);
    team.work(&mut stage, BEFORE, |_, _| ()).await;
    stage.views().await;

    stage.recharge_goes().await;
    team.work(&mut stage, scale.outage / 2, |_, _| ()).await;
    let lost = stage.kill().await;
    team.work(&mut stage, scale.outage / 2, |_, _| ()).await;
    let during = stage.views().await;

    stage.recharge_returns().await;
    let returned = stage.now();
    let mut closed = None;
    let look = |now, standing: crate::child::Standing| {
        if standing.open == 0 {
            closed.get_or_insert(now);
        }
    };
    team.work(&mut stage, AFTER, look).await;
    let after = stage.views().await;

    let known = |view: &&View| view.customer < scale.customers && view.seen != Seen::Lost;
    let looks = during.iter().filter(known).count();
    let without = during.iter().filter(known).filter(|view| !view.is_found());
    let without = without.count();
    // By the age that the card had when it was asked for: an answer may take a moment. Its time is told in whole seconds,
    // rounded down, so that a card may be younger by one than it looks.
    let unmarked = |view: &&View| match view.seen {
        Seen::Found { stale, as_of } => {
            !stale && (view.asked - as_of).as_seconds_f64() > REVALIDATE + 1.0
        }
        _ => false,
    };
    let unmarked = during.iter().filter(unmarked).count();
    let recovered = after
        .iter()
        .filter(|view| matches!(view.seen, Seen::Found { as_of, .. } if as_of >= returned))
        .map(|view| (view.answered - returned).as_seconds_f64())
        .reduce(f64::min)
        .unwrap_or(f64::NAN);
    let closed = closed.map_or(f64::NAN, |at| (at - returned).as_seconds_f64());
    let refused = stage.refused();
    let mut seconds: BTreeMap<i64, usize> = BTreeMap::new();
    for request in stage.requests() {
        *seconds
            .entry((request.at - returned).num_seconds())
            .or_default() += 1;
    }
    let busiest = seconds.values().max().copied().unwrap_or_default();
    let minute = stage
        .requests()
        .iter()
        .filter(|request| request.at - returned < TimeDelta::seconds(60))
        .count();
    let gone = scale.outage.as_secs() / 60;
    let lines = vec![
        Line::new(
            format!("Recharge gone for {gone} minutes, one kill -9 in the middle"),
            format!(
                "{without} of {looks} looks at customers seen in 24 h had no card; {lost} views cut off by the kill"
            ),
            "each has a card",
            without == 0,
        ),
        Line::new(
            "",
            format!("{unmarked} cards past `revalidate` were not marked"),
            "all marked",
            unmarked == 0,
        ),
        Line::new(
            "",
            format!(
                "first new card {recovered:.1} s, circuit closed {closed:.1} s after the return {MOVED}"
            ),
            "within 10 s",
            recovered <= 10.0 && closed <= 10.0,
        ),
        Line::new(
            "",
            format!(
                "{refused} refused; {busiest} calls in the busiest second, {minute} in the first minute{}",
                stage.hurried()
            ),
            "no 429, never more than the bucket holds",
            refused == 0 && busiest <= 40,
        ),
    ];
    stage.close().await;
    lines
}
