//! The inbox: what is kept until it is applied, and what goes with it.

use sidecard::domain::id::CustomerId;
use sidecard::domain::object::{Kind, ObjectKey};
use sidecard::domain::subscription::Subscription;
use sidecard::records::{Moment, Observed, Source};
use sidecard::store::{
    Aside, Cutoffs, HookDelivery, Observation, Store, Stored, Ticket, WaitingHook, Whom,
};

use super::{
    at, email, hook, in_memory, keep, known, name, observe, of_subscription, read, subscription,
    with_workspace,
};

const TOPIC: &str = "subscription/updated";

async fn shops() -> Store {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa", "acme-eu"]).await;
    store
}

async fn waiting(store: &Store) -> Vec<WaitingHook> {
    store.waiting_hooks(at(9_999), 100).await.unwrap()
}

async fn tickets(store: &Store) -> Vec<Ticket> {
    let waiting = waiting(store).await.into_iter();
    waiting.map(|hook| hook.ticket).collect()
}

fn body(hook: &WaitingHook) -> &[u8] {
    hook.body.as_ref().unwrap()
}

/// Stores what webhooks say, and takes them out of the inbox with it.
async fn apply(store: &Store, hooks: &[Ticket], said: &[Observed], seconds: i64) -> Vec<Stored> {
    let install = name("acme-usa");
    let observation = Observation {
        install: &install,
        customers: said,
        asked: &[],
        deleted: &[],
        tickets: hooks,
    };
    store.observe(observation, at(seconds)).await.unwrap()
}

/// An observation of what a waiting webhook says.
fn said(hook: &WaitingHook, id: &str) -> Observed {
    let moment = Moment {
        began: hook.receipt,
        at: hook.received_at,
    };
    Observed::new(CustomerId::new(id), Source::Webhook, moment)
}

/// Subscription 1 as it is after a change at that second.
fn changed(seconds: i64) -> Subscription {
    Subscription {
        quantity: Some(7),
        updated_at: Some(at(seconds)),
        ..subscription("s1")
    }
}

async fn quantity(store: &Store, id: &str) -> Option<u32> {
    let card = known(store, "acme-usa", id)
        .await
        .unwrap()
        .snapshot
        .unwrap();
    card.subscriptions[0].quantity
}

#[tokio::test]
async fn hooks_wait_in_the_order_in_which_they_came_until_they_are_applied() {
    let store = shops().await;
    let first = [
        hook("acme-usa", TOPIC, r#"{"a":1}"#, at(1)),
        hook("acme-nowhere", TOPIC, r#"{"a":1}"#, at(1)),
        hook("acme-eu", TOPIC, r#"{"a":1}"#, at(1)),
    ];
    let kept = store.receive_hooks(&first).await.unwrap();
    assert_eq!(
        kept,
        [true, false, true],
        "an install that is gone keeps nothing"
    );
    let later = [hook("acme-usa", "charge/paid", "no JSON \u{0}", at(2))];
    store.receive_hooks(&later).await.unwrap();
    let waiting = waiting(&store).await;
    let seen: Vec<_> = waiting
        .iter()
        .map(|w| (w.ticket.install.as_str(), body(w), w.received_at))
        .collect();
    assert_eq!(
        seen,
        [
            ("acme-usa", &br#"{"a":1}"#[..], at(1)),
            ("acme-eu", br#"{"a":1}"#, at(1)),
            ("acme-usa", "no JSON \u{0}".as_bytes(), at(2)),
        ]
    );
    assert_eq!(store.inbox_depth().await.unwrap(), 3);
    assert!(waiting.iter().all(|w| w.provider == "recharge"));
    // Those of one install alone.
    let first = [waiting[0].ticket.clone()];
    apply(&store, &first, &[], 3).await;
    assert_eq!(store.inbox_depth().await.unwrap(), 2);
    // Once more changes nothing.
    apply(&store, &first, &[], 3).await;
    assert_eq!(store.inbox_depth().await.unwrap(), 2);
    let delivery = |topic: &str, second, applied| HookDelivery {
        topic: topic.to_owned(),
        last_at: at(second),
        received: 1,
        last_applied: applied,
    };
    assert_eq!(
        store.hook_deliveries(&name("acme-usa")).await.unwrap(),
        [
            delivery("charge/paid", 2, None),
            delivery(TOPIC, 1, Some(at(3)))
        ]
    );
    assert_eq!(
        store.hook_deliveries(&name("acme-eu")).await.unwrap(),
        [delivery(TOPIC, 1, None)]
    );
}

#[tokio::test]
async fn what_comes_twice_while_it_waits_is_one_and_is_not_applied_before_it_came() {
    let store = shops().await;
    for second in [1, 2] {
        let hooks = [
            hook("acme-usa", TOPIC, "{}", at(second)),
            hook("acme-usa", "subscription/deleted", "{}", at(second)),
        ];
        store.receive_hooks(&hooks).await.unwrap();
    }
    let before = tickets(&store).await;
    assert_eq!(before.len(), 2, "the topic counts");
    let receipt = waiting(&store).await[0].receipt;
    let again = [hook("acme-usa", TOPIC, "{}", at(3))];
    store.receive_hooks(&again).await.unwrap();
    // Who has read it before it came again has not read this one.
    for ticket in before {
        apply(&store, &[ticket], &[], 4).await;
    }
    let left = waiting(&store).await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].ticket.topic.as_str(), left[0].received_at),
        (TOPIC, at(3))
    );
    assert!(left[0].receipt > receipt, "it counts from its last receipt");
    let deliveries = store.hook_deliveries(&name("acme-usa")).await.unwrap();
    assert_eq!(
        (deliveries[1].received, deliveries[1].last_at),
        (3, at(3)),
        "each one is counted"
    );
}

#[tokio::test]
async fn each_receipt_is_a_commit_of_its_install() {
    let store = shops().await;
    let number = async |install| store.commit_number(&name(install)).await.unwrap();
    let before = (number("acme-usa").await, number("acme-eu").await);
    let hooks = [
        hook("acme-usa", TOPIC, "1", at(1)),
        hook("acme-eu", TOPIC, "2", at(1)),
        hook("acme-usa", TOPIC, "3", at(1)),
    ];
    store.receive_hooks(&hooks).await.unwrap();
    let receipts: Vec<_> = waiting(&store).await.iter().map(|w| w.receipt).collect();
    assert_eq!(
        receipts,
        [before.0 + 1, before.1 + 1, before.0 + 1],
        "received together"
    );
    assert_eq!(
        (number("acme-usa").await, number("acme-eu").await),
        (before.0 + 1, before.1 + 1)
    );
}

#[tokio::test]
async fn a_record_changes_together_with_the_inbox() {
    let store = shops().await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1", "kim@acme.example", 5).await;
    store
        .receive_hooks(&[hook("acme-usa", TOPIC, "{}", at(6))])
        .await
        .unwrap();
    let hook = waiting(&store).await.remove(0);
    let mut news = said(&hook, "1");
    news.objects.push(of_subscription(changed(6)));
    news.objects.push(of_subscription(Subscription {
        created_at: Some(at(6)),
        ..subscription("s9")
    }));
    let stored = apply(
        &store,
        std::slice::from_ref(&hook.ticket),
        &[news.clone()],
        7,
    )
    .await;
    assert_eq!(store.inbox_depth().await.unwrap(), 0);
    let kept = known(&store, "acme-usa", "1").await;
    assert_eq!(stored[0].known, kept);
    assert_eq!(kept.unwrap().snapshot.unwrap().subscriptions.len(), 2);
    let new = ObjectKey::new(Kind::Subscription, "s9");
    let owner = store.owner_of(&usa, &new).await.unwrap();
    assert_eq!(owner, Some(CustomerId::new("1")));
    // Applied twice, as after a crash, it changes nothing.
    let stored = apply(&store, &[hook.ticket], &[news], 8).await;
    assert!(!stored[0].is_changed);
}

#[tokio::test]
async fn a_read_that_began_before_a_webhook_came_does_not_undo_it() {
    let store = shops().await;
    keep(&store, "acme-usa", "1", "kim@acme.example", 5).await;
    let slow = read(&store, "acme-usa", "1", "kim@acme.example", 6).await;
    store
        .receive_hooks(&[hook("acme-usa", TOPIC, "{}", at(6))])
        .await
        .unwrap();
    let hook = waiting(&store).await.remove(0);
    let mut news = said(&hook, "1");
    news.objects.push(of_subscription(changed(6)));
    // Whichever is stored first.
    for read_first in [true, false] {
        if read_first {
            observe(&store, "acme-usa", slow.clone()).await;
        }
        apply(
            &store,
            std::slice::from_ref(&hook.ticket),
            &[news.clone()],
            7,
        )
        .await;
        observe(&store, "acme-usa", slow.clone()).await;
        assert_eq!(quantity(&store, "1").await, Some(7));
    }
}

#[tokio::test]
async fn a_webhook_that_changes_nothing_leaves_the_inbox() {
    let store = shops().await;
    keep(&store, "acme-usa", "1", "kim@acme.example", 5).await;
    for id in ["1", "2"] {
        let body = format!("{{\"of\":{id}}}");
        store
            .receive_hooks(&[hook("acme-usa", TOPIC, &body, at(6))])
            .await
            .unwrap();
        let hook = waiting(&store).await.remove(0);
        let mut same = said(&hook, id);
        same.objects
            .push(of_subscription(subscription(&format!("s{id}"))));
        apply(&store, &[hook.ticket], &[same], 7).await;
        assert_eq!(store.inbox_depth().await.unwrap(), 0, "{id}");
    }
    assert!(!known(&store, "acme-usa", "1").await.unwrap().needs_read);
    assert_eq!(
        known(&store, "acme-usa", "2").await,
        None,
        "a stranger's is not stored"
    );
}

#[tokio::test]
async fn a_card_needs_a_read_unless_it_was_read_after_the_webhook_came() {
    let store = shops().await;
    keep(&store, "acme-usa", "1", "1@acme.example", 5).await;
    store
        .receive_hooks(&[hook("acme-usa", "address/updated", "{}", at(6))])
        .await
        .unwrap();
    let hook = waiting(&store).await.remove(0);
    keep(&store, "acme-usa", "2", "2@acme.example", 7).await;
    let unclear = ["1", "2", "3"].map(|id| Observed {
        mark: true,
        ..said(&hook, id)
    });
    let stored = apply(&store, &[hook.ticket], &unclear, 8).await;
    assert_eq!(stored.len(), 3);
    for (id, expected) in [("1", true), ("2", false)] {
        let kept = known(&store, "acme-usa", id).await.unwrap();
        assert_eq!(kept.needs_read, expected, "{id}");
    }
    // The second one's lists may have lagged all the same.
    let second = known(&store, "acme-usa", "2").await.unwrap();
    assert_eq!(second.recheck, Some(at(6 + 35 * 60)));
}

#[tokio::test]
async fn a_deletion_of_something_unknown_is_remembered() {
    let store = shops().await;
    let usa = name("acme-usa");
    let gone = ObjectKey::new(Kind::Subscription, "s1");
    keep(&store, "acme-usa", "2", "2@acme.example", 4).await;
    keep(&store, "acme-usa", "1", "kim@acme.example", 4).await;
    let mut without = read(&store, "acme-usa", "1", "kim@acme.example", 5).await;
    without.objects.remove(1);
    let deletion = async |seconds: i64, said: &[Observed]| {
        let body = format!("{seconds}");
        let hook = hook("acme-usa", "subscription/deleted", &body, at(seconds));
        store.receive_hooks(&[hook]).await.unwrap();
        let hook = waiting(&store).await.remove(0);
        let observation = Observation {
            install: &usa,
            customers: said,
            asked: &[],
            deleted: &[(ObjectKey::new(Kind::Subscription, "s9"), hook.receipt)],
            tickets: &[hook.ticket],
        };
        store.observe(observation, at(seconds)).await.unwrap()
    };
    deletion(6, &[]).await;
    let unknown = ObjectKey::new(Kind::Subscription, "s9");
    assert_eq!(store.owner_of(&usa, &unknown).await.unwrap(), None);
    // A webhook that it overtook does not bring it to anyone's card unread: not later, and not in the same batch.
    let overtaken = async |id: &str| {
        let moment = super::now_of(&store, "acme-usa", 7).await;
        let mut late = Observed::new(CustomerId::new("1"), Source::Webhook, moment);
        late.objects.push(of_subscription(Subscription {
            created_at: Some(at(6)),
            ..subscription(id)
        }));
        late
    };
    let late = overtaken("s9").await;
    let stored = observe(&store, "acme-usa", late.clone())
        .await
        .known
        .unwrap();
    assert_eq!(
        (
            stored.snapshot.unwrap().subscriptions.len(),
            stored.needs_read
        ),
        (1, true)
    );
    let before = store
        .customer_rows(&usa, &CustomerId::new("1"))
        .await
        .unwrap();
    assert!(before.rows.contains_key(&gone) && !before.rows.contains_key(&unknown));

    let store = shops().await;
    keep(&store, "acme-usa", "1", "kim@acme.example", 4).await;
    let hook = hook("acme-usa", "subscription/deleted", "{}", at(6));
    store.receive_hooks(&[hook]).await.unwrap();
    let hook = waiting(&store).await.remove(0);
    let mut late = said(&hook, "1");
    late.objects = overtaken("s9").await.objects;
    let observation = Observation {
        install: &usa,
        customers: &[late],
        asked: &[],
        deleted: &[(unknown, hook.receipt)],
        tickets: &[hook.ticket],
    };
    store.observe(observation, at(7)).await.unwrap();
    let kept = known(&store, "acme-usa", "1").await.unwrap();
    assert_eq!(
        (kept.snapshot.unwrap().subscriptions.len(), kept.needs_read),
        (1, true)
    );
}

#[tokio::test]
async fn what_can_not_be_applied_is_tried_later_or_parked_for_some_days() {
    let store = shops().await;
    let hooks = ["a", "b", "c"].map(|body| hook("acme-usa", TOPIC, body, at(1)));
    store.receive_hooks(&hooks).await.unwrap();
    let tickets = tickets(&store).await;
    let aside = [
        (tickets[0].clone(), Aside::Until(at(50))),
        (tickets[1].clone(), Aside::Parked("not a JSON object")),
        (tickets[2].clone(), Aside::Parked("not a JSON object")),
    ];
    store.set_hooks_aside(&aside).await.unwrap();
    assert!(store.waiting_hooks(at(49), 9).await.unwrap().is_empty());
    let due = store.waiting_hooks(at(50), 9).await.unwrap();
    assert_eq!((due.len(), due[0].attempts), (1, 1));
    assert_eq!(store.inbox_depth().await.unwrap(), 1);
    let parked = &store.parked().await.unwrap()[..];
    let [parked] = parked else {
        panic!("{parked:?}")
    };
    assert_eq!(
        (parked.count, parked.reason.as_str(), parked.last_at),
        (2, "not a JSON object", at(1))
    );
    // Sent once more it is as unreadable as before.
    store
        .receive_hooks(&[hook("acme-usa", TOPIC, "b", at(60))])
        .await
        .unwrap();
    assert_eq!(store.inbox_depth().await.unwrap(), 1);
    let cutoffs = |parked| Cutoffs {
        untold: at(-9_999_999),
        unasked: at(-9_999_999),
        cards: at(0),
        refused: at(0),
        audit: at(0),
        parked: at(parked),
        idle: at(0),
    };
    assert_eq!(store.purge(&cutoffs(1), at(90)).await.unwrap().parked, 0);
    assert_eq!(store.purge(&cutoffs(60), at(90)).await.unwrap().parked, 1);
    assert_eq!(store.purge(&cutoffs(61), at(90)).await.unwrap().parked, 1);
    assert_eq!(
        store.inbox_depth().await.unwrap(),
        1,
        "what waits is not purged"
    );
    // Neither is what was put off without a try, however old it is; what was tried is, after a longer time.
    let late = hook("acme-usa", TOPIC, "late", at(1));
    store.receive_hooks(&[late]).await.unwrap();
    let untried = store.waiting_hooks(at(49), 9).await.unwrap().remove(0);
    let put_off = [(untried.ticket, Aside::Later(at(55)))];
    store.set_hooks_aside(&put_off).await.unwrap();
    let given_up = Cutoffs {
        unasked: at(2),
        ..cutoffs(0)
    };
    assert_eq!(store.purge(&given_up, at(90)).await.unwrap().unasked, 1);
    let due = store.waiting_hooks(at(55), 9).await.unwrap();
    assert_eq!((due.len(), due[0].attempts), (1, 0));
    assert!(store.waiting_hooks(at(54), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_is_erased_goes_from_the_inbox_too() {
    let store = shops().await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1767", "kim@acme.example", 1).await;
    let bodies = [
        r#"{"subscription":{"id":5,"customer_id":1767}}"#,
        r#"{"charge":{"id":5,"customer":{"id":"1767"}}}"#,
        r#"{"customer":{"id":9,"email":" KIM@acme.example"}}"#,
        r#"{"customer":{"id":17,"email":"kim@acme.example.org","note":"kim@acme.example is my sister"}}"#,
        "customer 1767, cut of",
        "customer 9",
    ];
    for install in ["acme-usa", "acme-eu"] {
        let hooks = bodies.map(|body| hook(install, TOPIC, body, at(1)));
        store.receive_hooks(&hooks).await.unwrap();
    }
    let parked: Vec<_> = tickets(&store)
        .await
        .into_iter()
        .skip(4)
        .take(2)
        .map(|ticket| (ticket, Aside::Parked("not a JSON object")))
        .collect();
    store.set_hooks_aside(&parked).await.unwrap();
    let erased = store
        .erase(&usa, &Whom::Email(email("kim@acme.example")), at(0))
        .await
        .unwrap();
    assert_eq!(erased.hooks, 4);
    let left: Vec<_> = waiting(&store).await;
    let left: Vec<_> = left
        .iter()
        .filter(|w| w.ticket.install == usa)
        .map(body)
        .collect();
    assert_eq!(left, [bodies[3].as_bytes()]);
    assert_eq!(store.parked().await.unwrap()[0].count, 1);
    assert_eq!(store.inbox_depth().await.unwrap(), 7);

    // And an install with all of them.
    let removed = store.remove_install(&name("acme-eu"), at(0)).await.unwrap();
    assert_eq!(removed.unwrap().hooks, 6);
    store.shut_install(&usa, at(9)).await.unwrap();
    assert_eq!(store.inbox_depth().await.unwrap(), 0);
    assert!(store.parked().await.unwrap().is_empty());
    let shut = store.install(&usa).await.unwrap().unwrap();
    assert!(shut.must_reconnect());
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn topics_that_nobody_sends_fill_no_table() {
    let store = shops().await;
    for n in 0..300 {
        let topic = format!("made/up_{n}");
        store
            .receive_hooks(&[hook("acme-usa", &topic, "{}", at(1))])
            .await
            .unwrap();
    }
    let told = store.hook_deliveries(&name("acme-usa")).await.unwrap();
    assert_eq!(told.len(), 200);
    assert_eq!(store.inbox_depth().await.unwrap(), 300);
}
