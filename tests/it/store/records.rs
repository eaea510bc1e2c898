//! Records of customers: reads, webhooks and lists meet the rule in the store, and installs never see each other.

use sidecard::domain::id::{CustomerId, ProductId, SubscriptionId};
use sidecard::domain::object::{Kind, Object, ObjectKey};
use sidecard::domain::subscription::Subscription;
use sidecard::domain::web_url::WebUrl;
use sidecard::records::{Observed, Source};
use sidecard::store::{Image, LinkKind, LinkRecord, Profile, Stored};

use super::{
    ask, at, by_email, charge, in_memory, keep, known, led_to, name, now_of, observe, observe_all,
    of_charge, of_subscription, open, own, read, secret, subscription, webhook, with_workspace,
};

const KIM: &str = "kim@acme.example";

fn key(kind: Kind, id: &str) -> ObjectKey {
    ObjectKey::new(kind, id)
}

/// Subscription 1 as it is after a change at that second.
fn changed(seconds: i64, quantity: u32) -> Subscription {
    Subscription {
        quantity: Some(quantity),
        updated_at: Some(at(seconds)),
        ..subscription("s1")
    }
}

fn quantities(stored: Option<sidecard::records::Known>) -> Vec<Option<u32>> {
    let snapshot = stored.unwrap().snapshot.unwrap();
    snapshot.subscriptions.iter().map(|s| s.quantity).collect()
}

#[tokio::test]
async fn a_read_makes_a_customer_known() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    assert_eq!(known(&store, "acme-usa", "1").await, None);
    let began = store.commit_number(&usa).await.unwrap();
    let stored = keep(&store, "acme-usa", "1", KIM, 100).await;
    assert!(stored.is_changed && !stored.is_refused && !stored.is_gone);
    let kept = known(&store, "acme-usa", "1").await.unwrap();
    assert_eq!(stored.known.as_ref(), Some(&kept));
    assert!(!kept.needs_read && kept.missing.is_empty());
    assert_eq!(kept.commit, began + 1);
    assert_eq!(
        kept.read.map(|read| (read.began, read.at)),
        Some((began, at(100)))
    );
    let card = kept.snapshot.unwrap();
    assert_eq!((card.subscriptions.len(), card.as_of), (1, at(100)));
    assert_eq!(card.charges.as_ref().map(Vec::len), Some(1));

    let owner = async |kind, id: &str| store.owner_of(&usa, &key(kind, id)).await.unwrap();
    let kim = Some(CustomerId::new("1"));
    assert_eq!(owner(Kind::Subscription, "s1").await, kim);
    assert_eq!(owner(Kind::Charge, "c1").await, kim);
    assert_eq!(owner(Kind::Charge, "s1").await, None, "ids are of one kind");
    assert_eq!(
        led_to(&store, "acme-usa", "KIM@acme.example").await.0,
        ["1"]
    );
    let is_known = async |id: &str| store.is_known(&usa, &CustomerId::new(id)).await.unwrap();
    assert!(is_known("1").await && !is_known("2").await);
}

#[tokio::test]
async fn an_install_that_is_gone_takes_nothing_in() {
    let store = in_memory().await;
    let stored = keep(&store, "gone", "1", KIM, 1).await;
    assert!(stored.is_refused && stored.known.is_none());
    ask(&store, "gone", KIM, &["1"], 1).await;
    assert_eq!(led_to(&store, "gone", KIM).await, (vec![], None));
    let picture = Image {
        product: ProductId::new("1"),
        variant: None,
        url: WebUrl::parse("https://cdn.example/1.png").unwrap(),
    };
    store
        .remember_images(&name("gone"), &[picture], at(1))
        .await
        .unwrap();
    assert_eq!(store.commit_number(&name("gone")).await.unwrap(), 0);
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_read_that_began_before_a_commit_does_not_undo_it() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    keep(&store, "acme-usa", "1", KIM, 100).await;
    // A read begins; a webhook is stored; the read, which lacks it, is stored.
    let slow = read(&store, "acme-usa", "1", KIM, 110).await;
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        of_subscription(changed(111, 7)),
        111,
    )
    .await;
    observe(&store, "acme-usa", news).await;
    observe(&store, "acme-usa", slow).await;
    assert_eq!(quantities(known(&store, "acme-usa", "1").await), [Some(7)]);

    // Without stamps that tell, the customer is to be read again, and a later read settles it.
    let mut other = read(&store, "acme-usa", "1", KIM, 120).await;
    let mut slow = other.clone();
    other.objects[1] = of_subscription(changed(111, 8));
    slow.objects[1] = of_subscription(changed(111, 9));
    observe(&store, "acme-usa", other).await;
    let stored = observe(&store, "acme-usa", slow.clone()).await;
    assert_eq!(quantities(stored.known), [Some(8)]);
    assert!(known(&store, "acme-usa", "1").await.unwrap().needs_read);
    slow.moment = now_of(&store, "acme-usa", 121).await;
    observe(&store, "acme-usa", slow).await;
    let kept = known(&store, "acme-usa", "1").await;
    assert!(!kept.as_ref().unwrap().needs_read);
    assert_eq!(quantities(kept), [Some(9)]);
}

#[tokio::test]
async fn a_mark_stands_until_a_read_that_began_after_the_event_came() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    keep(&store, "acme-usa", "1", KIM, 100).await;
    let slow = read(&store, "acme-usa", "1", KIM, 110).await;
    // Something that can't be applied is received while the read is under way.
    let hook = super::hook("acme-usa", "address/updated", "{}", at(111));
    store.receive_hooks(&[hook]).await.unwrap();
    let mut unclear = Observed::new(
        CustomerId::new("1"),
        Source::Webhook,
        now_of(&store, "acme-usa", 111).await,
    );
    unclear.mark = true;
    let stored = observe(&store, "acme-usa", unclear).await;
    assert!(stored.is_changed && stored.known.unwrap().needs_read);
    observe(&store, "acme-usa", slow).await;
    assert!(known(&store, "acme-usa", "1").await.unwrap().needs_read);
    keep(&store, "acme-usa", "1", KIM, 121).await;
    assert!(!known(&store, "acme-usa", "1").await.unwrap().needs_read);
}

#[tokio::test]
async fn an_event_about_a_customer_who_was_never_read_is_noted() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let slow = read(&store, "acme-usa", "1", KIM, 110).await;
    let hook = super::hook("acme-usa", "subscription/updated", "{}", at(111));
    store.receive_hooks(&[hook]).await.unwrap();
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        of_subscription(changed(111, 7)),
        111,
    )
    .await;
    let stored = observe(&store, "acme-usa", news).await;
    assert!(stored.known.is_none(), "nothing is stored of a stranger");
    let usa = name("acme-usa");
    assert!(!store.is_known(&usa, &CustomerId::new("1")).await.unwrap());
    // But a read that is under way may lack it.
    let stored = observe(&store, "acme-usa", slow).await;
    assert!(stored.known.unwrap().needs_read);
}

#[tokio::test]
async fn what_a_complete_read_does_not_list_leaves_a_tombstone() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1", KIM, 100).await;
    let mut empty = read(&store, "acme-usa", "1", KIM, 3_000).await;
    empty.objects.truncate(1);
    let stored = observe(&store, "acme-usa", empty).await;
    assert_eq!(quantities(stored.known), []);
    // A charge that was paid leaves the provider's lists, and stays.
    let rows = store
        .customer_rows(&usa, &CustomerId::new("1"))
        .await
        .unwrap();
    let live = |kind, id| rows.rows[&key(kind, id)].object.is_some();
    assert!(!live(Kind::Subscription, "s1") && live(Kind::Charge, "c1"));
    // A late webhook does not bring the subscription back; it is still known whose it was.
    let late = webhook(
        &store,
        "acme-usa",
        "1",
        of_subscription(changed(50, 7)),
        3_010,
    )
    .await;
    let stored = observe(&store, "acme-usa", late).await;
    assert!(stored.known.as_ref().unwrap().needs_read);
    assert_eq!(quantities(stored.known), []);
    let owner = store.owner_of(&usa, &key(Kind::Subscription, "s1")).await;
    assert_eq!(owner.unwrap(), Some(CustomerId::new("1")));
}

#[tokio::test]
async fn a_subscription_that_moves_leads_to_its_new_customer() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let owner = async || {
        let owner = store.owner_of(&usa, &key(Kind::Subscription, "s1")).await;
        owner.unwrap().unwrap()
    };
    for id in ["1", "2"] {
        keep(&store, "acme-usa", id, &format!("{id}@acme.example"), 1).await;
    }
    // A webhook says so: that is no proof, and both are read again.
    let told = webhook(
        &store,
        "acme-usa",
        "2",
        of_subscription(subscription("s1")),
        2,
    )
    .await;
    let stored = observe_all(&store, "acme-usa", &[told], &[], 2).await;
    let needs_read = |stored: &[Stored]| -> Vec<_> {
        let all = stored.iter().map(|one| {
            let needs_read = one.known.as_ref().map(|known| known.needs_read);
            (one.customer.as_str().to_owned(), needs_read)
        });
        all.collect()
    };
    let both = [("2".to_owned(), Some(true)), ("1".to_owned(), Some(true))];
    assert_eq!(needs_read(&stored), both);
    assert_eq!(owner().await.as_str(), "1");
    assert_eq!(quantities(known(&store, "acme-usa", "2").await).len(), 1);

    // A read says so, with the very content that is stored.
    let mut moved = read(&store, "acme-usa", "2", "2@acme.example", 3).await;
    moved.objects.push(of_subscription(subscription("s1")));
    observe_all(&store, "acme-usa", &[moved], &[], 3).await;
    assert_eq!(owner().await.as_str(), "2");
    assert_eq!(quantities(known(&store, "acme-usa", "2").await).len(), 2);
    let first = known(&store, "acme-usa", "1").await;
    assert!(first.as_ref().unwrap().needs_read);
    assert_eq!(quantities(first).len(), 0);
    // The first customer is read again, without it: it stays the new one's.
    let mut bare = read(&store, "acme-usa", "1", "1@acme.example", 4).await;
    bare.objects.remove(1);
    observe(&store, "acme-usa", bare).await;
    assert!(!known(&store, "acme-usa", "1").await.unwrap().needs_read);
    assert_eq!(owner().await.as_str(), "2");
    assert_eq!(quantities(known(&store, "acme-usa", "2").await).len(), 2);
}

#[tokio::test]
async fn a_customer_of_hundreds_of_charges_is_kept_whole() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let mut many = read(&store, "acme-usa", "1", KIM, 1).await;
    many.objects.truncate(1);
    let charges = (0..2_500).map(|n| of_charge(charge(&format!("c{n}"))));
    many.objects.extend(charges);
    observe(&store, "acme-usa", many).await;
    let last = key(Kind::Charge, "c2499");
    let owner = store.owner_of(&name("acme-usa"), &last).await.unwrap();
    assert_eq!(owner, Some(CustomerId::new("1")));
    let card = known(&store, "acme-usa", "1").await.unwrap().snapshot;
    assert_eq!(card.unwrap().charges.as_ref().map(Vec::len), Some(2_500));
}

#[tokio::test]
async fn the_pictures_of_products_outlive_their_charges() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let url = WebUrl::parse("https://cdn.example/runner.png").unwrap();
    let mut runner = subscription("s1");
    runner.product.id = Some(ProductId::new("runner"));
    let mut paid = charge("c1");
    paid.items[0].product = runner.product.id.clone();
    paid.items[0].image_url = Some(url.clone());
    let mut first = read(&store, "acme-usa", "1", KIM, 1).await;
    first.objects = vec![
        own("1", KIM),
        of_subscription(runner.clone()),
        of_charge(paid),
    ];
    observe(&store, "acme-usa", first).await;

    let shown = |stored: Option<sidecard::records::Known>| {
        let card = stored.unwrap().snapshot.unwrap();
        card.image_of(&card.subscriptions[0]).cloned()
    };
    // Another customer's card, whose charges show none: after a read, from the store, and after an event that changes nothing.
    let mut second = read(&store, "acme-usa", "2", "lee@acme.example", 2).await;
    let theirs = Subscription {
        id: SubscriptionId::new("s2"),
        ..runner
    };
    second.objects = vec![
        own("2", "lee@acme.example"),
        of_subscription(theirs.clone()),
    ];
    let stored = observe(&store, "acme-usa", second).await;
    assert_eq!(shown(stored.known), Some(url.clone()));
    assert_eq!(
        shown(known(&store, "acme-usa", "2").await),
        Some(url.clone())
    );
    let same = webhook(&store, "acme-usa", "2", of_subscription(theirs), 3).await;
    let stored = observe(&store, "acme-usa", same).await;
    assert!(!stored.is_changed);
    assert_eq!(shown(stored.known), Some(url));
}

#[tokio::test]
async fn a_customer_who_is_gone_goes_with_everything() {
    let store = in_memory().await;
    let workspace = with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1", KIM, 1).await;
    ask(&store, "acme-usa", KIM, &["1"], 1).await;
    let of = Profile {
        install: &usa,
        workspace: &workspace,
        profile: "p",
    };
    let link = LinkRecord {
        customer: Some(CustomerId::new("1")),
        kind: LinkKind::Manual,
        by: None,
        agent: Some(secret("Dana")),
        at: at(1),
        made_for: None,
    };
    store.link(of, &link).await.unwrap();
    let not_found = async |seconds| {
        let moment = now_of(&store, "acme-usa", seconds).await;
        let mut gone = Observed::new(CustomerId::new("1"), Source::Read, moment);
        gone.gone = true;
        observe(&store, "acme-usa", gone).await
    };
    let erasures = store.erasures().await.unwrap();
    let stored = not_found(10).await;
    assert!(!stored.is_gone && stored.is_changed && stored.known.is_none());
    assert_eq!(stored.keys.len(), 1, "the address leads to no one now");
    assert!(
        store.link_of(of).await.unwrap().is_some(),
        "not on one empty answer"
    );
    let stored = not_found(10 + 3_600).await;
    assert!(stored.is_gone && stored.is_changed && stored.known.is_none());
    assert_eq!(store.link_of(of).await.unwrap(), None);
    assert!(led_to(&store, "acme-usa", KIM).await.0.is_empty());
    let rows = store
        .customer_rows(&usa, &CustomerId::new("1"))
        .await
        .unwrap();
    assert!(rows.rows.is_empty());
    assert!(!store.is_known(&usa, &CustomerId::new("1")).await.unwrap());
    assert!(
        store.erasures().await.unwrap() > erasures,
        "other processes forget them"
    );
}

#[tokio::test]
async fn what_was_asked_for_with_an_earlier_token_is_not_stored() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    keep(&store, "acme-usa", "1", KIM, 100).await;
    let slow = read(&store, "acme-usa", "1", "else@acme.example", 110).await;
    let asked = sidecard::store::Asked {
        subject: sidecard::domain::question::Subject::Email(super::email(KIM)),
        moment: slow.moment,
        customers: vec![CustomerId::new("9")],
    };
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        of_subscription(changed(111, 7)),
        111,
    )
    .await;
    store
        .replace_token(&name("acme-usa"), &secret("sk_2"), None, at(112), |_| ())
        .await
        .unwrap();
    let stored = observe_all(&store, "acme-usa", &[slow], &[asked], 113).await;
    assert!(stored[0].is_refused);
    assert_eq!(
        led_to(&store, "acme-usa", KIM).await,
        (vec!["1".to_owned()], None)
    );
    // A webhook from before is not believed, but it does not come twice: the customer is read.
    let stored = observe(&store, "acme-usa", news).await;
    assert!(!stored.is_refused && stored.known.as_ref().unwrap().needs_read);
    assert_eq!(quantities(stored.known), [Some(1)]);
    keep(&store, "acme-usa", "1", KIM, 114).await;
    assert!(!known(&store, "acme-usa", "1").await.unwrap().needs_read);
}

#[tokio::test]
async fn another_process_learns_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (open(folder.path()).await, open(folder.path()).await);
    with_workspace(&ours, &["acme-usa", "acme-eu"]).await;
    let (usa, eu) = (name("acme-usa"), name("acme-eu"));
    let before = theirs.commit_numbers().await.unwrap();
    assert_eq!(before, [(eu.clone(), 1), (usa.clone(), 1)]);
    for id in ["1", "2"] {
        keep(&ours, "acme-usa", id, &format!("{id}@acme.example"), 1).await;
    }
    let now = theirs.commit_numbers().await.unwrap();
    assert_eq!(now, [(eu.clone(), 1), (usa.clone(), 3)]);
    let since = async |install, commit| {
        let changed = theirs
            .changed_since(install, commit)
            .await
            .unwrap()
            .unwrap();
        let ids = changed.customers.iter().map(|id| id.as_str().to_owned());
        (changed.number, ids.collect::<Vec<_>>())
    };
    assert_eq!(
        since(&usa, 1).await,
        (3, vec!["1".to_owned(), "2".to_owned()])
    );
    assert_eq!(since(&usa, 2).await, (3, vec!["2".to_owned()]));
    assert_eq!(since(&usa, 3).await, (3, vec![]));
    assert_eq!(since(&eu, 0).await, (1, vec![]));
    // What they read there is what was written here, under the same rule.
    assert_eq!(
        known(&theirs, "acme-usa", "1").await,
        known(&ours, "acme-usa", "1").await
    );
    let stale = webhook(
        &theirs,
        "acme-usa",
        "1",
        of_subscription(changed(-99_999, 7)),
        2,
    )
    .await;
    observe(&theirs, "acme-usa", stale).await;
    assert_eq!(quantities(known(&ours, "acme-usa", "1").await), [Some(1)]);
}

#[tokio::test]
async fn equal_ids_and_addresses_of_two_installs_never_cross() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa", "acme-eu"]).await;
    for (install, quantity) in [("acme-usa", 2), ("acme-eu", 3)] {
        let mut theirs = read(&store, install, "1", KIM, 1).await;
        theirs.objects[1] = of_subscription(changed(0, quantity));
        observe(&store, install, theirs).await;
        ask(&store, install, KIM, &["1"], 1).await;
    }
    assert_eq!(quantities(known(&store, "acme-usa", "1").await), [Some(2)]);
    assert_eq!(quantities(known(&store, "acme-eu", "1").await), [Some(3)]);
    let moment = now_of(&store, "acme-usa", 2).await;
    let mut unclear = Observed::new(CustomerId::new("1"), Source::Webhook, moment);
    unclear.mark = true;
    observe(&store, "acme-usa", unclear).await;
    assert!(known(&store, "acme-usa", "1").await.unwrap().needs_read);
    assert!(!known(&store, "acme-eu", "1").await.unwrap().needs_read);
    let eu = store.commit_number(&name("acme-eu")).await.unwrap();
    store.shut_install(&name("acme-usa"), at(3)).await.unwrap();
    assert_eq!(known(&store, "acme-usa", "1").await, None);
    assert_eq!(quantities(known(&store, "acme-eu", "1").await), [Some(3)]);
    assert_eq!(
        led_to(&store, "acme-eu", KIM).await,
        (vec!["1".to_owned()], Some(at(1)))
    );
    assert_eq!(store.commit_number(&name("acme-eu")).await.unwrap(), eu);
    let subject = store
        .subject(&name("acme-usa"), &by_email(KIM))
        .await
        .unwrap();
    assert!(subject.customers.is_empty() && subject.asked.is_none());
}

#[tokio::test]
async fn one_observation_of_many_customers_is_one_commit() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let mut page = Vec::new();
    for id in ["1", "2", "3"] {
        keep(&store, "acme-usa", id, &format!("{id}@acme.example"), 1).await;
        let changed = Subscription {
            quantity: Some(5),
            updated_at: Some(at(2)),
            ..subscription(&format!("s{id}"))
        };
        let mut row = webhook(&store, "acme-usa", id, of_subscription(changed), 3).await;
        row.source = Source::List;
        page.push(row);
    }
    // Two of one customer are applied in their order.
    let mut again = page[0].clone();
    let newest = Subscription {
        quantity: Some(6),
        updated_at: Some(at(3)),
        ..subscription("s1")
    };
    again.objects = vec![Object::Subscription(Box::new(newest))];
    page.push(again);
    let number = store.commit_number(&name("acme-usa")).await.unwrap();
    let stored = observe_all(&store, "acme-usa", &page, &[], 3).await;
    assert_eq!(stored.len(), 3);
    assert!(
        stored
            .iter()
            .all(|one| one.known.as_ref().unwrap().commit == number + 1)
    );
    let quantity = |one: &Stored| quantities(one.known.clone())[0];
    let all: Vec<_> = stored.iter().map(quantity).collect();
    assert_eq!(all, [Some(6), Some(5), Some(5)]);
    assert_eq!(
        store.commit_number(&name("acme-usa")).await.unwrap(),
        number + 1
    );
}
