//! The service writes live changes while a run is under way: neither writes what the other is about to, or over what is newer.

use chrono::TimeDelta;
use sidecard::domain::customer::Customer;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::domain::snapshot::Snapshot;
use sidecard::domain::subscription::{Selection, Subscription};
use sidecard::recharge::read_subscriptions;
use sidecard::store::{Claim, Claimed, NewBackfill, Placed, Standing, Stock, Store};

use super::Scene;
use super::depot::{began, bodies, customer_of, external_id};
use crate::house::keep;

fn subscriptions() -> Vec<Subscription> {
    let (_, body) = bodies(4).remove(0);
    read_subscriptions(body.as_bytes()).unwrap()
}

fn claim<'a>(of: &'a Subscription, id: &'a str, mark: &'a str) -> Claim<'a> {
    Claim {
        external_id: id,
        subscription: of,
        mark,
    }
}

fn snapshot(id: &str, subscription: &Subscription) -> Snapshot {
    Snapshot {
        customer: Customer::bare(CustomerId::new(id)),
        subscriptions: vec![subscription.clone()],
        charges: None,
        deliveries: None,
        as_of: began(),
        renderings: Default::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_and_the_service_leave_each_others_objects_alone() {
    let scene = Scene::open().await;
    let (store, workspace): (&Store, _) = (&scene.depot.store, &scene.depot.workspace);
    let install = InstallName::parse("acme-usa").unwrap();
    let all = subscriptions();
    let ids: Vec<String> = (0..4).map(external_id).collect();
    let new = NewBackfill {
        workspace,
        klass: &scene.depot.klass,
        selection: Selection::default(),
        most: None,
        total: 4,
    };
    let run = store.begin_backfill(&new, began()).await.unwrap().number;
    let claimed = async |claims: &[Claim<'_>]| {
        let said = store.claim_objects(run, workspace, claims, began()).await;
        said.unwrap()
    };
    let waiting = async |after: TimeDelta| {
        let entries = store.outbox(workspace, false, began() + after, 9).await;
        let entries = entries.unwrap().into_iter();
        entries.map(|e| e.ticket.external_id).collect::<Vec<_>>()
    };

    // The service has been told of one.
    keep(store, &install, &snapshot("1", &all[1])).await;
    assert_eq!(waiting(TimeDelta::seconds(1)).await, [ids[1].clone()]);
    let first = claim(&all[0], &ids[0], "m");
    let said = claimed(&[first, claim(&all[1], &ids[1], "m")]).await;
    assert_eq!(said, [Claimed::Free, Claimed::Awaited]);

    // It is told of the other, too, while the run is writing it.
    keep(store, &install, &snapshot("0", &all[0])).await;
    assert_eq!(waiting(TimeDelta::seconds(1)).await, [ids[1].clone()]);
    let late = TimeDelta::minutes(11);
    assert_eq!(
        waiting(late).await.len(),
        2,
        "a run that died holds nothing up for ever"
    );
    store
        .keep_backfilled(run, workspace, &[], &ids[..1], began())
        .await
        .unwrap();
    assert_eq!(waiting(TimeDelta::seconds(1)).await.len(), 2);

    // What stands there is newer than what the run has read, or says the same.
    let mut newer = all[2].clone();
    newer.updated_at = newer.updated_at.map(|at| at + TimeDelta::hours(1));
    let standing = |object: &str| Standing {
        object: object.to_owned(),
        owner: None,
    };
    let customer = CustomerId::new("9");
    let placed = |subscription, object, mark| Placed {
        workspace,
        provider: "recharge",
        install: &install,
        customer: &customer,
        subscription,
        standing: Some(standing(object)),
        mark,
    };
    let there = [placed(&newer, "o2", "new"), placed(&all[3], "o3", "m")];
    store.keep_objects(&there, began()).await.unwrap();
    let (older, same) = (claim(&all[2], &ids[2], "m"), claim(&all[3], &ids[3], "m"));
    assert_eq!(
        claimed(&[older, same]).await,
        [Claimed::Newer, Claimed::Same(false)]
    );
    let changed = claim(&newer, &ids[2], "m");
    assert_eq!(claimed(&[changed]).await, [Claimed::Free]);
    assert!(matches!(
        claimed(&[changed]).await[..],
        [Claimed::Before(_)]
    ));
}

/// One by one takes long: what the service is told meanwhile is left to it, though the run had claimed it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_is_told_while_a_run_writes_one_by_one_is_left_to_it() {
    const LATE: usize = 92;
    let scene = Scene::open().await;
    let depot = &scene.depot;
    let backfill = depot.backfill(false).await;
    let all_of_it = Selection::default();
    let planned = depot.while_counting(backfill.plan(all_of_it, Some(100), 150));
    let plan = planned.await.unwrap();
    let begun = backfill.begin(all_of_it, Some(100), &plan).await;
    let mut run = begun.unwrap();
    // What stood there before could not be learned, so that each is looked for before it is made.
    run.stock = Some(Stock::Unknown);
    {
        let mut running = std::pin::pin!(backfill.run(&mut run));
        let first = async {
            while scene.objects().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        depot
            .while_running(async {
                tokio::select! {
                    _ = &mut running => panic!("it is over"),
                    () = first => {}
                }
            })
            .await;
        let (_, body) = bodies(LATE + 1).remove(0);
        let mut newer = read_subscriptions(body.as_bytes()).unwrap().remove(LATE);
        newer.quantity = Some(9);
        newer.updated_at = newer.updated_at.map(|at| at + TimeDelta::hours(1));
        let install = InstallName::parse("acme-usa").unwrap();
        let customer = (176_000_000 + customer_of(LATE)).to_string();
        // The clock stands meanwhile, and with it all but the step that is under way.
        let newer = snapshot(&customer, &newer);
        tokio::select! {
            _ = &mut running => panic!("it is over"),
            () = keep(&depot.store, &install, &newer) => {}
        }
        depot.while_running(running).await.unwrap();
    }
    let late = external_id(LATE);
    assert!(!scene.external_ids().contains(&late), "it was written");
    assert_eq!(run.counts.left, 1);
    // The claim is given up with it.
    let waiting = depot
        .store
        .outbox(&depot.workspace, false, depot.clock.now(), 9)
        .await;
    let waiting = waiting.unwrap();
    assert!(waiting.iter().any(|entry| entry.ticket.external_id == late));
}
