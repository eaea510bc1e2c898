//! What helpdesks have to be told of customers: it is queued in the transaction that changes their records.

use serde_json::json;
use sidecard::domain::id::{CustomerId, SubscriptionId, WorkspaceId};
use sidecard::domain::object::{Kind, ObjectKey};
use sidecard::domain::subscription::{Status, Subscription};
use sidecard::domain::timeline::external_id;
use sidecard::records::Observed;
use sidecard::store::{
    HelpdeskSettings, NewWorkspace, OutboxEntry, Placed, Standing, Store, Task, Whom,
};

use super::{
    at, email, in_memory, install, keep, name, now_of, observe, of_subscription, read,
    subscription, webhook, workspace,
};

const KIM: &str = "kim@acme.example";
const HOUR: i64 = 3_600;

/// A store with a workspace whose helpdesk has timelines.
async fn desk() -> (Store, WorkspaceId) {
    let store = in_memory().await;
    store
        .add_install(&install("acme-usa"), at(0))
        .await
        .unwrap();
    let new = NewWorkspace {
        helpdesk: "kustomer".into(),
        ..workspace(&["acme-usa"])
    };
    let (id, _) = store.add_workspace(&new, at(0)).await.unwrap();
    (store, id)
}

async fn due(store: &Store, desk: &WorkspaceId, seconds: i64) -> Vec<OutboxEntry> {
    store.outbox(desk, false, at(seconds), 99).await.unwrap()
}

/// The due entries: the last part of what each is about, and what is to be done.
async fn tasks(store: &Store, desk: &WorkspaceId, seconds: i64) -> Vec<(String, &'static str)> {
    let entries = due(store, desk, seconds).await.into_iter();
    let mut all: Vec<_> = entries
        .map(|entry| {
            let id = entry
                .ticket
                .external_id
                .rsplit(':')
                .next()
                .unwrap()
                .to_owned();
            let what = match entry.task {
                Task::Put(_) => "put",
                Task::Read => "read",
                Task::Remove(_) => "remove",
            };
            (id, what)
        })
        .collect();
    all.sort();
    all
}

fn task(id: &str, what: &'static str) -> (String, &'static str) {
    (id.to_owned(), what)
}

/// The helpdesk is told all that is due.
async fn tell_all(store: &Store, desk: &WorkspaceId, seconds: i64) {
    for entry in due(store, desk, seconds).await {
        let subscription = match &entry.task {
            Task::Put(subscription) => Some(subscription.as_ref().unwrap()),
            _ => None,
        };
        let placed = subscription.map(|subscription| Placed {
            workspace: desk,
            provider: "recharge",
            install: &entry.install,
            customer: &entry.customer,
            subscription,
            standing: Some(Standing {
                object: format!("o{}", subscription.id),
                owner: None,
            }),
            mark: "m",
        });
        let told = store.settle_entry(&entry.ticket, placed.as_ref(), true, at(seconds));
        told.await.unwrap();
    }
}

#[tokio::test]
async fn what_is_new_or_changed_is_told_once() {
    let (store, desk) = desk().await;
    keep(&store, "acme-usa", "1", KIM, 1).await;
    assert_eq!(tasks(&store, &desk, 1).await, [task("s1", "put")]);
    let first = due(&store, &desk, 1).await;
    keep(&store, "acme-usa", "1", KIM, 2).await;
    assert_eq!(
        due(&store, &desk, 2).await[0].ticket,
        first[0].ticket,
        "it waits already"
    );
    tell_all(&store, &desk, 2).await;
    keep(&store, "acme-usa", "1", KIM, 3).await;
    assert_eq!(tasks(&store, &desk, 3).await, []);
    let changed = Subscription {
        quantity: Some(2),
        updated_at: Some(at(4)),
        ..subscription("s1")
    };
    let news = webhook(&store, "acme-usa", "1", of_subscription(changed), 4).await;
    observe(&store, "acme-usa", news).await;
    assert_eq!(tasks(&store, &desk, 4).await, [task("s1", "put")]);
    let Task::Put(Ok(waiting)) = &due(&store, &desk, 4).await[0].task else {
        panic!()
    };
    assert_eq!(waiting.quantity, Some(2));
}

#[tokio::test]
async fn what_a_webhook_says_of_a_stranger_is_told_without_being_stored() {
    let (store, desk) = desk().await;
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        of_subscription(subscription("s1")),
        1,
    )
    .await;
    observe(&store, "acme-usa", news).await;
    assert_eq!(tasks(&store, &desk, 1).await, [task("s1", "put")]);
    let rows = store
        .customer_rows(&name("acme-usa"), &CustomerId::new("1"))
        .await
        .unwrap();
    assert!(rows.rows.is_empty());
    // A later one takes its place; an older one does not.
    for (seconds, quantity) in [(9, 5), (7, 3)] {
        let state = Subscription {
            quantity: Some(quantity),
            updated_at: Some(at(seconds)),
            ..subscription("s1")
        };
        let news = webhook(&store, "acme-usa", "1", of_subscription(state), 10).await;
        observe(&store, "acme-usa", news).await;
    }
    let Task::Put(Ok(waiting)) = &due(&store, &desk, 10).await[0].task else {
        panic!()
    };
    assert_eq!(waiting.quantity, Some(5));
    // What the provider alone can tell is read.
    let unclear = Observed {
        mark: true,
        ..Observed::new(
            CustomerId::new("2"),
            sidecard::records::Source::Webhook,
            now_of(&store, "acme-usa", 10).await,
        )
    };
    observe(&store, "acme-usa", unclear).await;
    assert!(tasks(&store, &desk, 10).await.contains(&task("2", "read")));
}

#[tokio::test]
async fn a_customer_who_needs_a_read_is_read_once_the_other_webhook_had_time_to_come() {
    let (store, desk) = desk().await;
    keep(&store, "acme-usa", "1", KIM, 1).await;
    tell_all(&store, &desk, 1).await;
    let unclear = Observed {
        mark: true,
        ..webhook(
            &store,
            "acme-usa",
            "1",
            of_subscription(subscription("s1")),
            2,
        )
        .await
    };
    observe(&store, "acme-usa", unclear).await;
    assert_eq!(tasks(&store, &desk, 11).await, []);
    assert_eq!(tasks(&store, &desk, 12).await, [task("1", "read")]);
    // A read that comes first settles it.
    keep(&store, "acme-usa", "1", KIM, 12).await;
    assert_eq!(tasks(&store, &desk, 99_999).await, []);
}

#[tokio::test]
async fn what_two_reads_an_hour_apart_do_not_list_is_removed() {
    let (store, desk) = desk().await;
    keep(&store, "acme-usa", "1", KIM, 1).await;
    tell_all(&store, &desk, 1).await;
    let without = async |seconds| {
        let mut read = read(&store, "acme-usa", "1", KIM, seconds).await;
        read.objects.remove(1);
        observe(&store, "acme-usa", read).await;
    };
    without(HOUR).await;
    assert_eq!(tasks(&store, &desk, HOUR).await, []);
    assert_eq!(
        tasks(&store, &desk, 2 * HOUR).await,
        [task("1", "read")],
        "by itself"
    );
    without(2 * HOUR).await;
    assert_eq!(tasks(&store, &desk, 2 * HOUR).await, [task("s1", "remove")]);
}

#[tokio::test]
async fn an_announced_deletion_is_removed_once_a_read_confirms_it() {
    let (store, desk) = desk().await;
    keep(&store, "acme-usa", "1", KIM, 1).await;
    tell_all(&store, &desk, 1).await;
    let deletion = Observed {
        deleted: vec![ObjectKey::new(Kind::Subscription, "s1")],
        objects: vec![],
        ..webhook(
            &store,
            "acme-usa",
            "1",
            of_subscription(subscription("s1")),
            2,
        )
        .await
    };
    observe(&store, "acme-usa", deletion).await;
    assert_eq!(tasks(&store, &desk, 12).await, [task("1", "read")]);
    let mut read = read(&store, "acme-usa", "1", KIM, 12).await;
    read.objects.remove(1);
    observe(&store, "acme-usa", read).await;
    assert_eq!(tasks(&store, &desk, 12).await, [task("s1", "remove")]);
}

#[tokio::test]
async fn a_customer_who_lost_a_subscription_to_another_is_read() {
    let (store, desk) = desk().await;
    for id in ["1", "2"] {
        keep(&store, "acme-usa", id, &format!("{id}@acme.example"), 1).await;
    }
    tell_all(&store, &desk, 1).await;
    let mut moved = read(&store, "acme-usa", "2", "2@acme.example", 2).await;
    moved.objects.push(of_subscription(subscription("s1")));
    observe(&store, "acme-usa", moved).await;
    assert_eq!(
        tasks(&store, &desk, 12).await,
        [task("1", "read"), task("s1", "put")]
    );
    // That read does not take it from the new one's card, nor off the timeline.
    let mut bare = read(&store, "acme-usa", "1", "1@acme.example", 12).await;
    bare.objects.remove(1);
    observe(&store, "acme-usa", bare).await;
    let s1 = ObjectKey::new(Kind::Subscription, "s1");
    let owner = store.owner_of(&name("acme-usa"), &s1).await.unwrap();
    assert_eq!(owner, Some(CustomerId::new("2")));
    let second = super::known(&store, "acme-usa", "2").await.unwrap();
    assert_eq!(second.snapshot.unwrap().subscriptions.len(), 2);
    tell_all(&store, &desk, 12).await;
    let s1 = external_id("recharge", &name("acme-usa"), &SubscriptionId::new("s1"));
    let stands = store.object(&desk, &s1).await.unwrap().unwrap();
    assert_eq!(stands.customer, CustomerId::new("2"));
    let removes = store.outbox(&desk, true, at(99_999), 9).await.unwrap();
    assert!(removes.is_empty());
}

#[tokio::test]
async fn what_contradicts_itself_is_not_told_until_it_is_read() {
    let (store, desk) = desk().await;
    let mut prepaid = read(&store, "acme-usa", "1", KIM, 1).await;
    let state = Subscription {
        is_prepaid: true,
        ..subscription("s1")
    };
    prepaid.objects[1] = of_subscription(state.clone());
    observe(&store, "acme-usa", prepaid).await;
    tell_all(&store, &desk, 1).await;
    let canceled = Subscription {
        status: Status::Cancelled,
        cancelled_at: Some(at(2)),
        updated_at: Some(at(2)),
        ..state
    };
    let news = webhook(&store, "acme-usa", "1", of_subscription(canceled), 2).await;
    assert!(
        observe(&store, "acme-usa", news)
            .await
            .known
            .unwrap()
            .needs_read
    );
    assert_eq!(
        tasks(&store, &desk, 2).await,
        [task("s1", "put")],
        "the webhook itself is believed"
    );
    assert_eq!(
        tasks(&store, &desk, 12).await,
        [task("1", "read"), task("s1", "put")]
    );
}

#[tokio::test]
async fn a_removal_outlives_what_was_being_put_before_the_workspace_moved() {
    let (store, id) = desk().await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1", KIM, 1).await;
    let put = store.outbox(&id, false, at(1), 9).await.unwrap().remove(0);
    assert!(matches!(put.task, Task::Put(_)));

    // While it is sent the workspace gets another org, and then its customer is forgotten.
    let other = HelpdeskSettings(json!({"org": "other", "api_key": "fake_api_key"}));
    store
        .set_workspace(&id, at(2), |settings| settings.helpdesk = other)
        .await
        .unwrap();
    let whom = Whom::Email(email(KIM));
    store.erase(&usa, &whom, at(3)).await.unwrap();
    let removed = store.outbox(&id, false, at(3), 9).await.unwrap();
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0].task, Task::Remove(None));

    store
        .settle_entry(&put.ticket, None, true, at(4))
        .await
        .unwrap();
    let left = store.outbox(&id, false, at(4), 9).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].ticket, removed[0].ticket);
}
