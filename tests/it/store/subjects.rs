//! Which customers an address leads to: by their own records, and by what the provider answered about it.

use sidecard::domain::customer::Customer;
use sidecard::domain::id::{CustomerId, ShopifyCustomerId};
use sidecard::domain::object::{Kind, Object};
use sidecard::domain::question::Subject;
use sidecard::records::{Observed, Source};
use sidecard::store::{Asked, Store};

use super::{
    ask, at, by_email, customer, email, in_memory, keep, known, led_to, name, now_of, observe,
    observe_all, own, webhook, with_workspace,
};

const KIM: &str = "kim@acme.example";

async fn shop() -> Store {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    store
}

/// Whom an address leads to.
async fn ids(store: &Store, address: &str) -> Vec<String> {
    led_to(store, "acme-usa", address).await.0
}

#[tokio::test]
async fn an_answer_is_kept_under_what_was_asked() {
    let store = shop().await;
    let usa = name("acme-usa");
    ask(&store, "acme-usa", "Kim@acme.example", &["1", "2"], 10).await;
    let two = (vec!["1".to_owned(), "2".to_owned()], Some(at(10)));
    assert_eq!(led_to(&store, "acme-usa", "KIM@acme.example").await, two);
    let kept = store.subject(&usa, &by_email(KIM)).await.unwrap();
    let mixed = Subject::Email(email("Kim@acme.example"));
    assert_eq!(kept.spellings, store.spellings(&mixed));
    assert_eq!(
        kept.spellings.len(),
        2,
        "as it was written, and in lower case"
    );
    let lower = Subject::Email(email(KIM));
    assert!(store.spellings(&lower).is_subset(&kept.spellings));
    assert_eq!(
        led_to(&store, "acme-usa", "lee@acme.example").await,
        (vec![], None)
    );
    // A newer answer takes its place.
    ask(&store, "acme-usa", KIM, &["1"], 11).await;
    assert_eq!(
        led_to(&store, "acme-usa", KIM).await,
        (vec!["1".to_owned()], Some(at(11)))
    );
    ask(&store, "acme-usa", KIM, &[], 12).await;
    assert_eq!(
        led_to(&store, "acme-usa", KIM).await,
        (vec![], Some(at(12))),
        "no one"
    );
    store.forget_asked(&usa, &by_email(KIM)).await.unwrap();
    assert_eq!(
        led_to(&store, "acme-usa", KIM).await,
        (vec![], None),
        "not known"
    );
    store.forget_asked(&usa, &by_email(KIM)).await.unwrap();
}

#[tokio::test]
async fn an_answer_to_an_earlier_question_does_not_count() {
    let store = shop().await;
    let asked = |moment, id: &str| Asked {
        subject: Subject::Email(email(KIM)),
        moment,
        customers: vec![CustomerId::new(id)],
    };
    let early = now_of(&store, "acme-usa", 10).await;
    ask(&store, "acme-usa", "else@acme.example", &[], 11).await;
    let late = now_of(&store, "acme-usa", 11).await;
    observe_all(&store, "acme-usa", &[], &[asked(late, "2")], 12).await;
    observe_all(&store, "acme-usa", &[], &[asked(early, "1")], 13).await;
    assert_eq!(
        led_to(&store, "acme-usa", KIM).await,
        (vec!["2".to_owned()], Some(at(11)))
    );
}

#[tokio::test]
async fn a_record_leads_to_its_customer_at_once_and_no_longer() {
    let store = shop().await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1", KIM, 1).await;
    assert_eq!(
        led_to(&store, "acme-usa", KIM).await,
        (vec!["1".to_owned()], None),
        "there may be others"
    );
    ask(&store, "acme-usa", KIM, &["1"], 2).await;
    // They move, and a webhook says so.
    let moved = Customer {
        updated_at: Some(at(3)),
        shopify_customer_id: Some(ShopifyCustomerId::new("7923")),
        ..customer("1", "kim.new@acme.example")
    };
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        Object::Customer(Box::new(moved)),
        3,
    )
    .await;
    let stored = observe(&store, "acme-usa", news).await;
    assert_eq!(
        stored.keys.len(),
        3,
        "the old address, the new one, and the Shopify id"
    );
    assert!(stored.keys.contains(&store.subject_key(&by_email(KIM))));
    assert!(ids(&store, KIM).await.is_empty());
    assert_eq!(ids(&store, "KIM.new@acme.example").await, ["1"]);
    let shopify = Subject::ShopifyCustomer(ShopifyCustomerId::new("7923")).key();
    let kept = store.subject(&usa, &shopify).await.unwrap();
    assert_eq!(kept.customers, [CustomerId::new("1")]);
    // A record without an address leads to no one.
    let bare = Customer {
        email: None,
        updated_at: Some(at(4)),
        ..customer("1", "")
    };
    let news = webhook(&store, "acme-usa", "1", Object::Customer(Box::new(bare)), 4).await;
    observe(&store, "acme-usa", news).await;
    assert!(ids(&store, "kim.new@acme.example").await.is_empty());
}

#[tokio::test]
async fn a_new_customer_with_an_address_that_was_no_ones_is_asked_about_again() {
    let store = shop().await;
    ask(&store, "acme-usa", KIM, &[], 1).await;
    let news = webhook(&store, "acme-usa", "1", own("1", "Kim@acme.example"), 2).await;
    let stored = observe(&store, "acme-usa", news).await;
    assert_eq!(stored.keys, [store.subject_key(&by_email(KIM))]);
    assert_eq!(led_to(&store, "acme-usa", KIM).await, (vec![], None));
}

#[tokio::test]
async fn who_is_no_longer_named_is_read() {
    let store = shop().await;
    for (id, address) in [("1", KIM), ("2", "lee@acme.example")] {
        keep(&store, "acme-usa", id, address, 1).await;
    }
    // The provider names another customer now.
    let asked = Asked {
        subject: Subject::Email(email(KIM)),
        moment: now_of(&store, "acme-usa", 2).await,
        customers: vec![CustomerId::new("2")],
    };
    let stored = observe_all(&store, "acme-usa", &[], std::slice::from_ref(&asked), 2).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].customer, CustomerId::new("1"));
    assert!(stored[0].is_changed && stored[0].known.as_ref().unwrap().needs_read);
    assert!(known(&store, "acme-usa", "1").await.unwrap().needs_read);
    assert_eq!(ids(&store, KIM).await, ["2"]);

    // But not where a record that says so is newer than the question.
    let early = now_of(&store, "acme-usa", 3).await;
    let moved = Customer {
        updated_at: Some(at(4)),
        ..customer("1", "max@acme.example")
    };
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        Object::Customer(Box::new(moved)),
        4,
    )
    .await;
    observe(&store, "acme-usa", news).await;
    let empty = Asked {
        subject: Subject::Email(email("max@acme.example")),
        moment: early,
        customers: vec![],
    };
    let stored = observe_all(&store, "acme-usa", &[], &[empty], 5).await;
    assert!(stored.is_empty());
    assert_eq!(ids(&store, "max@acme.example").await, ["1"]);
}

#[tokio::test]
async fn a_record_alone_is_kept_up_to_date_without_a_card() {
    let store = shop().await;
    let moment = now_of(&store, "acme-usa", 1).await;
    let mut named = Observed::new(CustomerId::new("1"), Source::Read, moment);
    named.objects.push(own("1", KIM));
    named.complete.push(Kind::Customer);
    let stored = observe(&store, "acme-usa", named).await;
    assert!(stored.known.unwrap().snapshot.is_none());
    let moved = Customer {
        updated_at: Some(at(3)),
        ..customer("1", "kim.new@acme.example")
    };
    let news = webhook(
        &store,
        "acme-usa",
        "1",
        Object::Customer(Box::new(moved)),
        3,
    )
    .await;
    observe(&store, "acme-usa", news).await;
    let kept = known(&store, "acme-usa", "1").await.unwrap();
    assert_eq!(kept.customer.email.as_deref(), Some("kim.new@acme.example"));
    assert!(kept.snapshot.is_none() && kept.needs_read);
    assert!(ids(&store, KIM).await.is_empty());
    assert_eq!(ids(&store, "kim.new@acme.example").await, ["1"]);
}
