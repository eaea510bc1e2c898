//! The backfill, against both simulators with their limits on.

mod beside;
mod claims;
mod commands;
mod depot;
mod kills;

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::Value;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::domain::subscription::Selection;
use sidecard::simulator::{kustomer, recharge};
use sidecard::store::{BackfillCounts, BackfillRecord, LinkRecord, Profile};
use sidecard::upkeep::backfill::{Plan, Stopped};
use tempfile::TempDir;

use depot::{Depot, began, customer_of, external_id, org, people, settle, shop};

/// More than a page of subscriptions, and more than a request of objects.
const SUBSCRIPTIONS: usize = 310;
const CUSTOMERS: usize = 207;

/// Every twentieth customer is not known in Kustomer.
fn is_known(customer: usize) -> bool {
    !customer.is_multiple_of(20)
}

fn strangers() -> u64 {
    (0..SUBSCRIPTIONS)
        .filter(|n| !is_known(customer_of(*n)))
        .count() as u64
}

struct Scene {
    folder: TempDir,
    recharge: recharge::Running,
    kustomer: kustomer::Running,
    depot: Depot,
}

impl Scene {
    async fn open() -> Self {
        Self::with(org(people(CUSTOMERS, is_known)).await).await
    }

    async fn with(kustomer: kustomer::Running) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recharge = shop(SUBSCRIPTIONS).await;
        settle(folder.path(), &kustomer).await;
        kustomer.forget_requests();
        let bases = (recharge.base_url(), kustomer.base_url());
        let depot = Depot::over(folder.path(), &bases.0, &bases.1, began()).await;
        Self {
            folder,
            recharge,
            kustomer,
            depot,
        }
    }

    /// Plans a run, and brings it to its end.
    async fn filled(&self, selection: Selection, most: Option<u64>) -> (Plan, BackfillRecord) {
        let backfill = self.depot.backfill(false).await;
        let planned = self
            .depot
            .while_counting(backfill.plan(selection, most, 150));
        let plan = planned.await.unwrap();
        let mut run = backfill.begin(selection, most, &plan).await.unwrap();
        self.depot
            .while_running(backfill.run(&mut run))
            .await
            .unwrap();
        (plan, run)
    }

    fn objects(&self) -> Vec<Value> {
        self.kustomer.kobjects(&self.depot.klass)
    }

    /// The external ids of all objects, none of which is there twice.
    fn external_ids(&self) -> HashSet<String> {
        let objects = self.objects();
        let id = |object: &Value| {
            object["attributes"]["externalId"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let ids: HashSet<String> = objects.iter().map(id).collect();
        assert_eq!(ids.len(), objects.len(), "some are there twice");
        ids
    }

    fn was_never_too_fast(&self) {
        let refused = |status: &Option<u16>| *status == Some(429);
        let here = self.kustomer.requests();
        let there = self.recharge.requests();
        assert!(!here.iter().any(|r| refused(&r.status)), "Kustomer");
        assert!(!there.iter().any(|r| refused(&r.status)), "Recharge");
    }
}

fn all() -> HashSet<String> {
    let known = (0..SUBSCRIPTIONS).filter(|n| is_known(customer_of(*n)));
    known.map(external_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_subscription_stands_on_its_customers_timeline_and_a_second_run_writes_nothing() {
    let scene = Scene::open().await;
    let (plan, run) = scene.filled(Selection::default(), None).await;
    let total = SUBSCRIPTIONS as u64;
    assert_eq!((plan.subscriptions, plan.unknown), (total, total));
    let counts = BackfillCounts {
        looked_at: total,
        made: total - strangers(),
        nobody: strangers(),
        ..BackfillCounts::default()
    };
    assert_eq!(run.counts, counts);
    assert_eq!(scene.external_ids(), all());
    let object = scene
        .kustomer
        .kobject(&scene.depot.klass, &external_id(7))
        .unwrap();
    let said = &object["attributes"];
    assert_eq!(said["createdAt"], "2024-12-18T11:07:40Z", "its own");
    assert_eq!(said["importedAt"], "2026-11-18T11:06:40Z", "the run's");
    assert_eq!(said["custom"]["statusStr"], "Cancelled");
    let owner = &object["relationships"]["customer"]["data"]["id"];
    let buyer = format!("email={}", depot::email_of(customer_of(7)));
    assert_eq!(
        owner.as_str(),
        scene.kustomer.customer_id(&buyer).as_deref()
    );
    scene.was_never_too_fast();
    let spent = scene.kustomer.requests().len() as u64;
    assert!(
        spent <= plan.most && spent < 60,
        "{spent} requests, {plan:?}"
    );

    scene.kustomer.forget_requests();
    let (plan, run) = scene.filled(Selection::default(), None).await;
    assert_eq!(plan.unknown, strangers());
    assert_eq!((run.counts.same, run.counts.made), (total - strangers(), 0));
    let requests = scene.kustomer.requests();
    let wrote = requests
        .iter()
        .any(|r| r.method != "GET" && !r.path.ends_with("/search"));
    assert!(!wrote, "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_tied_to_a_profile_has_the_objects_there() {
    let scene = Scene::open().await;
    let (whose, tied_to) = (customer_of(7), customer_of(9));
    let profile = format!("email={}", depot::email_of(tied_to));
    let profile = scene.kustomer.customer_id(&profile).unwrap();
    let of = Profile {
        install: &InstallName::parse("acme-usa").unwrap(),
        workspace: &scene.depot.workspace,
        profile: &profile,
    };
    let customer = CustomerId::new((176_000_000 + whose).to_string());
    let link = LinkRecord::auto(customer, String::new(), began());
    assert!(scene.depot.store.link(of, &link).await.unwrap());
    scene.filled(Selection::default(), None).await;
    assert_eq!(scene.external_ids(), all());
    let object = scene
        .kustomer
        .kobject(&scene.depot.klass, &external_id(7))
        .unwrap();
    assert_eq!(
        object["relationships"]["customer"]["data"]["id"],
        profile.as_str()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_chosen_by_day_by_state_and_by_number() {
    let scene = Scene::open().await;
    // The last ten began within two minutes, and each changed a day later.
    let last = began() - TimeDelta::days(699) + TimeDelta::minutes(60);
    let since = Selection {
        changed_since: Some(last),
        only_active: false,
    };
    let (plan, run) = scene.filled(since, None).await;
    assert_eq!((plan.subscriptions, run.counts.looked_at), (10, 10));
    let active = Selection {
        only_active: true,
        ..Selection::default()
    };
    let (plan, run) = scene.filled(active, Some(20)).await;
    assert_eq!((plan.subscriptions, run.counts.looked_at), (20, 20));
    for object in scene.objects().iter().skip(10) {
        assert_eq!(object["attributes"]["custom"]["statusStr"], "Active");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_there_is_known_first_and_an_undoing_leaves_it() {
    let scene = Scene::open().await;
    scene.filled(Selection::default(), Some(5)).await;
    let before = scene.external_ids();
    // Another store knows nothing of these.
    let other = tempfile::tempdir().unwrap();
    let workspace = settle_again(other.path(), &scene).await;
    let bases = (scene.recharge.base_url(), scene.kustomer.base_url());
    let depot = Depot::over(other.path(), &bases.0, &bases.1, scene.depot.clock.now()).await;
    assert_eq!(depot.workspace, workspace);
    let backfill = depot.backfill(false).await;
    let all_of_it = Selection::default();
    let planned = depot.while_counting(backfill.plan(all_of_it, None, 150));
    let plan = planned.await.unwrap();
    let mut run = backfill.begin(all_of_it, None, &plan).await.unwrap();
    depot.while_running(backfill.run(&mut run)).await.unwrap();
    assert_eq!(scene.external_ids(), all());
    // Marks are made with a store's own key, so that they are written anew; and they are not this run's.
    assert_eq!(run.counts.written, before.len() as u64);
    let undone = depot
        .while_running(backfill.undo(run.number))
        .await
        .unwrap();
    assert_eq!(undone.removed, run.counts.made);
    assert_eq!(scene.external_ids(), before);
    let run = depot
        .store
        .backfills(&depot.workspace)
        .await
        .unwrap()
        .remove(0);
    assert!(run.undone_at.is_some());
    scene.was_never_too_fast();
}

/// A new store with the same workspace settings.
async fn settle_again(
    folder: &std::path::Path,
    scene: &Scene,
) -> sidecard::domain::id::WorkspaceId {
    let records = scene.depot.store.workspaces().await.unwrap();
    depot::store_with(folder, &records[0].settings.helpdesk.settings()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_runs_it_nothing_is_done() {
    let scene = Scene::open().await;
    let depot = &scene.depot;
    let backfill = depot.backfill(false).await;
    let planned = depot.while_counting(backfill.plan(Selection::default(), None, 150));
    let plan = planned.await.unwrap();
    let begun = backfill.begin(Selection::default(), None, &plan).await;
    let lease = format!("backfill {}", depot.workspace);
    let (now, hour) = (depot.clock.now(), TimeDelta::hours(1));
    let taken = depot.store.lease(&lease, "another", now + hour, now).await;
    assert!(taken.unwrap());
    scene.kustomer.forget_requests();
    let mut run = begun.unwrap();
    let ran = depot.while_counting(backfill.run(&mut run)).await;
    assert!(matches!(ran, Err(Stopped::Elsewhere)), "{ran:?}");
    assert!(scene.kustomer.requests().is_empty() && scene.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_both_sides_cost_time_and_nothing_else() {
    let scene = Scene::open().await;
    scene
        .recharge
        .set_faults("500=0.1,reset=0.05".parse().unwrap());
    scene
        .kustomer
        .set_faults("500=0.08,lost=0.05,429=0.05,seed=5".parse().unwrap());
    let (_, run) = scene.filled(Selection::default(), None).await;
    assert_eq!(scene.external_ids(), all());
    assert_eq!(run.counts.made, SUBSCRIPTIONS as u64 - strangers());
    drop(scene.folder);
}
