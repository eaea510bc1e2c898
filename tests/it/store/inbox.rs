//! The inbox: what is kept until it is applied, and what goes with it.

use std::sync::Arc;

use sidecard::domain::id::{CustomerId, SubscriptionId};
use sidecard::store::{
    Applying, Aside, Belonging, Cutoffs, HookDelivery, Store, Ticket, WaitingHook, Whom,
};

use super::{
    asked, at, by_email, customer, email, hook, in_memory, name, snapshot, with_workspace,
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
    let first = Applying::nothing(waiting[0].ticket.clone());
    assert_eq!(store.apply_hooks(&[&first], at(3)).await.unwrap(), [true]);
    assert_eq!(store.inbox_depth().await.unwrap(), 2);
    // Once more changes nothing.
    store.apply_hooks(&[&first], at(3)).await.unwrap();
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
    let again = [hook("acme-usa", TOPIC, "{}", at(3))];
    store.receive_hooks(&again).await.unwrap();
    // Who has read it before it came again has not read this one.
    for ticket in before {
        let applied = store
            .apply_hooks(&[&Applying::nothing(ticket)], at(4))
            .await;
        assert_eq!(applied.unwrap(), [true]);
    }
    let left = waiting(&store).await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].ticket.topic.as_str(), left[0].received_at),
        (TOPIC, at(3))
    );
    let deliveries = store.hook_deliveries(&name("acme-usa")).await.unwrap();
    assert_eq!(
        (deliveries[1].received, deliveries[1].last_at),
        (3, at(3)),
        "each one is counted"
    );
}

#[tokio::test]
async fn a_card_changes_together_with_the_inbox_and_only_if_nobody_else_changed_it() {
    let store = shops().await;
    let (usa, kim) = (name("acme-usa"), CustomerId::new("1"));
    let address = "kim@acme.example";
    store
        .keep_snapshot(&usa, &snapshot("1", address, at(5)))
        .await
        .unwrap();
    for (subject, whom) in [(address, "1"), ("new@acme.example", "2")] {
        let known = [customer(whom, subject)];
        store
            .keep_resolution(&usa, &by_email(subject), &known, &asked(subject), at(5))
            .await
            .unwrap();
    }
    store
        .receive_hooks(&[hook("acme-usa", TOPIC, "{}", at(6))])
        .await
        .unwrap();
    let ticket = tickets(&store).await.remove(0);
    let mut new = snapshot("1", "new@acme.example", at(5));
    new.subscriptions[0].id = SubscriptionId::new("s9");
    let applying = |version| Applying {
        read: Some((kim.clone(), version)),
        card: Some(Arc::new(new.clone())),
        moved: vec![by_email(address), by_email("new@acme.example")],
        ..Applying::nothing(ticket.clone())
    };
    assert_eq!(
        store.apply_hooks(&[&applying(7)], at(7)).await.unwrap(),
        [false]
    );
    assert_eq!(store.inbox_depth().await.unwrap(), 1, "still to be applied");
    assert!(
        store
            .resolution(&usa, &by_email(address))
            .await
            .unwrap()
            .is_some()
    );

    assert_eq!(
        store.apply_hooks(&[&applying(1)], at(7)).await.unwrap(),
        [true]
    );
    let kept = store.snapshot(&usa, &kim).await.unwrap().unwrap();
    assert_eq!((&kept.snapshot, kept.dirty, kept.version), (&new, false, 2));
    let owner = async |id: &str| {
        let id = SubscriptionId::new(id);
        store
            .customer_of(&usa, Belonging::Subscription(&id))
            .await
            .unwrap()
    };
    assert_eq!(
        (owner("s9").await, owner("s1").await),
        (Some(kim.clone()), None)
    );
    for subject in [address, "new@acme.example"] {
        let resolved = store.resolution(&usa, &by_email(subject)).await.unwrap();
        assert!(resolved.is_none(), "{subject}");
    }
    let address = email("new@acme.example").key();
    let with = store.customers_with_email(&usa, &address).await.unwrap();
    assert_eq!(with.len(), 1);
    assert_eq!(store.inbox_depth().await.unwrap(), 0);
}

#[tokio::test]
async fn a_hook_that_changes_no_card_is_applied_to_what_was_read_alone() {
    let store = shops().await;
    let (usa, kim) = (name("acme-usa"), CustomerId::new("1"));
    store
        .receive_hooks(&[hook("acme-usa", TOPIC, "{}", at(6))])
        .await
        .unwrap();
    let ticket = tickets(&store).await.remove(0);
    let applied = async |version| {
        let applying = Applying {
            read: Some((kim.clone(), version)),
            ..Applying::nothing(ticket.clone())
        };
        store.apply_hooks(&[&applying], at(7)).await.unwrap() == [true]
    };
    assert!(!applied(1).await, "a card that is gone");
    store
        .keep_snapshot(&usa, &snapshot("1", "kim@acme.example", at(5)))
        .await
        .unwrap();
    assert!(!applied(0).await, "a card that has come");
    assert_eq!(store.inbox_depth().await.unwrap(), 1);
    assert!(applied(1).await);
    assert_eq!(store.inbox_depth().await.unwrap(), 0);
}

#[tokio::test]
async fn a_card_is_dirty_unless_it_was_read_after_the_hook_came() {
    let store = shops().await;
    let usa = name("acme-usa");
    for (id, second) in [("1", 5), ("2", 7)] {
        let address = format!("{id}@acme.example");
        store
            .keep_snapshot(&usa, &snapshot(id, &address, at(second)))
            .await
            .unwrap();
    }
    store
        .receive_hooks(&[hook("acme-usa", TOPIC, "{}", at(6))])
        .await
        .unwrap();
    let dirty = ["1", "2", "3"].map(|id| (CustomerId::new(id), at(6)));
    let applying = Applying {
        dirty: dirty.to_vec(),
        ..Applying::nothing(tickets(&store).await.remove(0))
    };
    assert_eq!(
        store.apply_hooks(&[&applying], at(8)).await.unwrap(),
        [true]
    );
    for (id, expected) in [("1", true), ("2", false)] {
        let kept = store.snapshot(&usa, &CustomerId::new(id)).await.unwrap();
        assert_eq!(kept.unwrap().dirty, expected, "{id}");
    }
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
    store
        .keep_snapshot(&usa, &snapshot("1767", "kim@acme.example", at(1)))
        .await
        .unwrap();
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
