//! Snapshots and resolutions, and that installs never see each other.

use std::collections::BTreeSet;

use sidecard::domain::customer::Customer;
use sidecard::domain::id::{ChargeId, CustomerId, ProductId, SubscriptionId};
use sidecard::domain::web_url::WebUrl;
use sidecard::store::{Belonging, Image};

use super::{asked, at, by_email, customer, email, in_memory, name, snapshot, with_workspace};
#[tokio::test]
async fn a_snapshot_never_gives_way_to_an_older_one() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let kim = CustomerId::new("1");
    let new = snapshot("1", "kim@acme.example", at(100));
    assert!(store.keep_snapshot(&usa, &new).await.unwrap());
    assert!(
        !store
            .keep_snapshot(&usa, &snapshot("1", "old@acme.example", at(99)))
            .await
            .unwrap()
    );
    let kept = store.snapshot(&usa, &kim).await.unwrap().unwrap();
    assert!(kept.snapshot == new && !kept.dirty && kept.version == 1);

    let subscription = SubscriptionId::new("s1");
    let charge = ChargeId::new("c1");
    let of = async |belonging| store.customer_of(&usa, belonging).await.unwrap();
    assert_eq!(
        of(Belonging::Subscription(&subscription)).await,
        Some(kim.clone())
    );
    assert_eq!(of(Belonging::Charge(&charge)).await, Some(kim.clone()));
    let other_kind = ChargeId::new("s1");
    assert_eq!(of(Belonging::Charge(&other_kind)).await, None);
    let with = async |text| {
        store
            .customers_with_email(&usa, &email(text).key())
            .await
            .unwrap()
    };
    assert_eq!(with("KIM@acme.example").await, std::slice::from_ref(&kim));

    // An event that can't be applied: dirty until something newer is read.
    assert!(
        !store.mark_dirty(&usa, &kim, at(99)).await.unwrap(),
        "it was read after that"
    );
    assert!(store.mark_dirty(&usa, &kim, at(120)).await.unwrap());
    assert!(
        store
            .keep_snapshot(&usa, &snapshot("1", "kim@acme.example", at(110)))
            .await
            .unwrap()
    );
    assert!(
        store.snapshot(&usa, &kim).await.unwrap().unwrap().dirty,
        "asked for before the event"
    );
    let mut newer = snapshot("1", "kim2@acme.example", at(121));
    newer.charges = None;
    assert!(store.keep_snapshot(&usa, &newer).await.unwrap());
    let kept = store.snapshot(&usa, &kim).await.unwrap().unwrap();
    assert!(!kept.dirty && kept.version == 4 && kept.snapshot == newer);
    assert!(with("kim@acme.example").await.is_empty());
    assert_eq!(with("kim2@acme.example").await, std::slice::from_ref(&kim));
    assert_eq!(of(Belonging::Charge(&charge)).await, None);

    assert!(store.drop_snapshot(&usa, &kim).await.unwrap());
    assert!(!store.drop_snapshot(&usa, &kim).await.unwrap());
    assert!(store.snapshot(&usa, &kim).await.unwrap().is_none());
    assert_eq!(of(Belonging::Subscription(&subscription)).await, None);
    // An install that is gone takes nothing in: a flight may end after its removal.
    assert!(!store.keep_snapshot(&name("gone"), &newer).await.unwrap());
    assert!(
        !store
            .keep_resolution(
                &name("gone"),
                &by_email("a@b.example"),
                &[],
                &asked("a@b.example"),
                at(1)
            )
            .await
            .unwrap()
    );
    let picture = Image {
        product: ProductId::new("1"),
        variant: None,
        url: WebUrl::parse("https://cdn.example/1.png").unwrap(),
    };
    store
        .remember_images(&name("gone"), &[picture], at(1))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_subscription_that_moves_leads_to_its_new_customer() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let moved = SubscriptionId::new("s1");
    store
        .keep_snapshot(&usa, &snapshot("1", "a@acme.example", at(1)))
        .await
        .unwrap();
    let mut other = snapshot("2", "b@acme.example", at(2));
    other.subscriptions[0].id = moved.clone();
    store.keep_snapshot(&usa, &other).await.unwrap();
    let of = async || {
        store
            .customer_of(&usa, Belonging::Subscription(&moved))
            .await
            .unwrap()
    };
    assert_eq!(of().await, Some(CustomerId::new("2")));
    // The old customer is read again, without it: it stays the new one's.
    let mut bare = snapshot("1", "a@acme.example", at(3));
    bare.subscriptions.clear();
    store.keep_snapshot(&usa, &bare).await.unwrap();
    assert_eq!(of().await, Some(CustomerId::new("2")));
}

#[tokio::test]
async fn a_customer_of_hundreds_of_charges_is_kept_whole() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let mut many = snapshot("1", "a@acme.example", at(1));
    let charge = many.charges.as_ref().unwrap()[0].clone();
    let charges = (0..2_500).map(|n| sidecard::domain::charge::Charge {
        id: ChargeId::new(format!("c{n}")),
        ..charge.clone()
    });
    many.charges = Some(charges.collect());
    store.keep_snapshot(&name("acme-usa"), &many).await.unwrap();
    let last = ChargeId::new("c2499");
    let found = store
        .customer_of(&name("acme-usa"), Belonging::Charge(&last))
        .await
        .unwrap();
    assert_eq!(found, Some(CustomerId::new("1")));
}

#[tokio::test]
async fn a_resolution_is_kept_under_what_was_looked_for() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let key = by_email("kim@acme.example");
    let two = [
        customer("1", "kim@acme.example"),
        customer("2", "Kim@acme.example"),
    ];
    let keep = async |customers: &[Customer], seconds| {
        let asked = asked("Kim@acme.example");
        store
            .keep_resolution(&usa, &key, customers, &asked, at(seconds))
            .await
            .unwrap()
    };
    assert!(keep(&two, 10).await);
    assert!(!keep(&[], 9).await, "older");
    let kept = store
        .resolution(&usa, &by_email("KIM@acme.example"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (kept.customers.as_slice(), kept.as_of),
        (two.as_slice(), at(10))
    );
    assert_eq!(
        kept.asked,
        BTreeSet::from([
            String::from("Kim@acme.example"),
            String::from("kim@acme.example")
        ])
    );
    assert!(
        store
            .resolution(&usa, &by_email("lee@acme.example"))
            .await
            .unwrap()
            .is_none()
    );

    assert!(keep(&two[..1], 11).await);
    assert_eq!(
        store
            .drop_resolutions_naming(&usa, &CustomerId::new("2"))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store
            .drop_resolutions_naming(&usa, &CustomerId::new("1"))
            .await
            .unwrap(),
        1
    );
    assert!(keep(&[], 12).await);
    assert_eq!(
        store
            .resolution(&usa, &key)
            .await
            .unwrap()
            .unwrap()
            .customers,
        []
    );
    assert!(store.drop_resolution(&usa, &key).await.unwrap());
    assert!(!store.drop_resolution(&usa, &key).await.unwrap());
}

#[tokio::test]
async fn equal_ids_and_emails_of_two_installs_never_cross() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa", "acme-eu"]).await;
    let (usa, eu) = (name("acme-usa"), name("acme-eu"));
    let kim = CustomerId::new("1");
    let key = by_email("kim@acme.example");
    let (mut ours, mut theirs) = (
        snapshot("1", "kim@acme.example", at(1)),
        snapshot("1", "kim@acme.example", at(2)),
    );
    ours.customer.name = Some(String::from("of the USA"));
    theirs.customer.name = Some(String::from("of Europe"));
    for (install, snapshot) in [(&usa, &ours), (&eu, &theirs)] {
        store.keep_snapshot(install, snapshot).await.unwrap();
        let customers = [snapshot.customer.clone()];
        store
            .keep_resolution(
                install,
                &key,
                &customers,
                &asked("kim@acme.example"),
                snapshot.as_of,
            )
            .await
            .unwrap();
    }
    store.mark_dirty(&usa, &kim, at(9)).await.unwrap();
    let read = async |install| store.snapshot(install, &kim).await.unwrap();
    assert!(read(&usa).await.unwrap().snapshot == ours);
    assert!(read(&eu).await.unwrap().snapshot == theirs);
    assert!(read(&usa).await.unwrap().dirty && !read(&eu).await.unwrap().dirty);
    let resolved = store.resolution(&usa, &key).await.unwrap().unwrap();
    assert_eq!(resolved.customers[0].name.as_deref(), Some("of the USA"));
    store.drop_snapshot(&usa, &kim).await.unwrap();
    store.drop_resolutions_naming(&usa, &kim).await.unwrap();
    assert!(read(&eu).await.unwrap().snapshot == theirs);
    assert!(store.resolution(&eu, &key).await.unwrap().is_some());
    assert_eq!(store.drop_snapshots(&eu).await.unwrap(), (1, 1));
    assert!(read(&eu).await.is_none());
}
