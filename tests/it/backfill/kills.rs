//! A run that is killed at any of its steps goes on, and no object is there twice.

use std::process::{Command, Stdio};

use sidecard::domain::subscription::Selection;
use tracing_subscriber::layer::SubscriberExt;

use super::depot::{Depot, org_that_takes, people};
use super::{SUBSCRIPTIONS, Scene, all, began, strangers};
use crate::store::crash::{ABOUT, DONE, Killer};

const WORK: &str = "SIDECARD_TEST_BACKFILL";

/// What the child does. Run as a test of its own, it has nothing to do.
#[test]
fn child() {
    let Ok(work) = std::env::var(WORK) else {
        return;
    };
    let words: Vec<&str> = work.split('|').collect();
    let [folder, recharge, kustomer, point, moment, spared] = words[..] else {
        panic!("{work}");
    };
    let killer = Killer::at(point, moment, spared.parse().unwrap());
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(killer)).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let depot = Depot::over(folder.as_ref(), recharge, kustomer, began()).await;
        let backfill = depot.backfill(false).await;
        let all_of_it = Selection::default();
        let plan = depot
            .while_counting(backfill.plan(all_of_it, None, 150))
            .await;
        let begun = backfill.begin(all_of_it, None, &plan.unwrap()).await;
        let mut run = begun.unwrap();
        let done = depot.while_running(backfill.run(&mut run)).await;
        done.unwrap();
    });
}

/// Runs one until it is killed there.
fn killed(scene: &Scene, point: &str, moment: &str, spared: usize) {
    let work = format!(
        "{}|{}|{}|{point}|{moment}|{spared}",
        scene.folder.path().display(),
        scene.recharge.base_url(),
        scene.kustomer.base_url(),
    );
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["backfill::kills::child", "--exact", "--nocapture"])
        .env(WORK, work)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success(), "{point}, {moment} is never reached");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_killed_goes_on_and_makes_nothing_twice() {
    // The first claim is taken, the request is sent, its name is kept, the objects are kept, the page is done.
    for (point, moment, spared) in [
        ("backfill.claimed", DONE, 0),
        ("backfill.claimed", ABOUT, 1),
        ("backfill.claimed", DONE, 1),
        ("backfill.kept", ABOUT, 1),
        ("backfill.kept", DONE, 1),
        ("backfill.advanced", ABOUT, 1),
        ("backfill.advanced", DONE, 1),
    ] {
        let scene = Scene::open().await;
        killed(&scene, point, moment, spared);
        let now = began() + chrono::TimeDelta::minutes(30);
        let bases = (scene.recharge.base_url(), scene.kustomer.base_url());
        let depot = Depot::over(scene.folder.path(), &bases.0, &bases.1, now).await;
        let backfill = depot.backfill(false).await;
        let left = backfill
            .unfinished(Selection::default(), None)
            .await
            .unwrap();
        let mut run = left.expect("it is known to be unfinished");
        let done = depot.while_running(backfill.run(&mut run)).await;
        done.unwrap();
        assert_eq!(scene.external_ids(), all(), "{point}, {moment}");
        let total = SUBSCRIPTIONS as u64;
        let counts = (run.counts.looked_at, run.counts.made, run.counts.nobody);
        assert_eq!(
            counts,
            (total, total - strangers(), strangers()),
            "{point}, {moment}"
        );
        let made = depot.store.backfilled_count(run.number).await.unwrap();
        assert_eq!(made, run.counts.made, "all can be undone");
        scene.was_never_too_fast();
    }
}

/// Kustomer does what it is asked for in bulk minutes later, and the run that asked died before it heard what the request is
/// called.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_on_its_way_when_the_run_goes_on_is_waited_for() {
    let people = people(super::CUSTOMERS, super::is_known);
    let takes = std::time::Duration::from_secs(200);
    let scene = Scene::with(org_that_takes(people, takes).await).await;
    killed(&scene, "backfill.claimed", ABOUT, 1);
    assert!(scene.objects().is_empty(), "nothing is done yet");
    // The simulators' clocks went on while it ran.
    let sent = scene.kustomer.requests().last().unwrap().at;
    let bases = (scene.recharge.base_url(), scene.kustomer.base_url());
    let now = sent + chrono::TimeDelta::seconds(40);
    let depot = Depot::over(scene.folder.path(), &bases.0, &bases.1, now).await;
    let backfill = depot.backfill(false).await;
    let left = backfill
        .unfinished(Selection::default(), None)
        .await
        .unwrap();
    let mut run = left.unwrap();
    let done = depot.while_running(backfill.run(&mut run)).await;
    done.unwrap();
    assert_eq!(scene.external_ids(), all());
    assert_eq!(run.counts.made, SUBSCRIPTIONS as u64 - strangers());
}
