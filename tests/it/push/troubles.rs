//! What goes wrong at Kustomer, and what becomes of it.

use super::*;
use crate::house::heard;

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_deleted_in_kustomer_is_made_again_at_the_next_change() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    let before = office.object().unwrap();
    office
        .kustomer
        .remove_kobject(&office.names.klass, before["id"].as_str().unwrap());
    assert_eq!(office.quantity(), 0);
    office.says(5, 60).await;
    until("it is there again", async || office.quantity() == 5).await;
    office.told().await;
    assert_ne!(office.object().unwrap()["id"], before["id"]);
    office.says(6, 120).await;
    until("and is known", async || office.quantity() == 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_that_the_klass_lacks_is_added() {
    let mut office = Office::open().await;
    let metadata = format!(
        "{}/v1/metadata/kobject.{}",
        office.kustomer.base_url(),
        office.names.klass
    );
    let put = client()
        .put(&metadata)
        .bearer_auth(KEY)
        .body(json!({"properties": {"merchantsOwnStr": {"displayName": "Own"}}}).to_string());
    assert_eq!(put.send().await.unwrap().status(), 200);
    office.serve().await;
    office.ask(KIM).await;
    until("it is there", async || office.quantity() > 0).await;
    office.told().await;
    let known = client()
        .get(&metadata)
        .bearer_auth(KEY)
        .send()
        .await
        .unwrap();
    let known = read_json(known).await;
    let properties = &known["data"]["attributes"]["properties"];
    assert!(properties["quantityNum"].is_object() && properties["merchantsOwnStr"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_has_the_workspace_reconnected_and_loses_nothing() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    for (status, quantity, seconds) in [("401=1", 5, 60), ("403=1", 6, 120)] {
        office.kustomer.set_faults(status.parse().unwrap());
        office.later(Duration::from_secs(60));
        office.says(quantity, seconds).await;
        until("it is refused", async || {
            let standing = office.store.timeline(&office.workspace).await.unwrap();
            standing.refused_at.is_some()
        })
        .await;
        office.calls();
        office.later(Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(office.calls(), Vec::<String>::new(), "it is left alone");
        let depth = office.store.outbox_depth(&office.workspace).await.unwrap();
        // The object, and a read: the queued charge has the quantity of before.
        assert_eq!((depth.waiting, depth.parked), (2, 0));

        office.kustomer.set_faults(kustomer::Faults::default());
        office.later(Duration::from_secs(1));
        office.set("api_key", KEY).await;
        office.in_the_end().await;
        assert_eq!(office.quantity(), quantity);
        let standing = office.store.timeline(&office.workspace).await.unwrap();
        assert_eq!(standing.refused_at, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kustomer_never_takes_is_parked_with_its_reason_and_can_be_tried_again() {
    let mut office = Office::open().await;
    office.set("names.klass", "no-such-klass").await;
    office.serve().await;
    office.ask(KIM).await;
    until("it is parked", async || {
        office.later(Duration::from_secs(5));
        let depth = office.store.outbox_depth(&office.workspace).await.unwrap();
        depth.waiting == 0 && depth.parked > 0
    })
    .await;
    let parked = office
        .store
        .parked_entries(&office.workspace, 10)
        .await
        .unwrap();
    assert!(parked[0].reason.contains("no such thing"), "{parked:?}");
    let klass = office.names.klass.clone();
    office.set("names.klass", &klass).await;
    let retried = office
        .store
        .retry_parked(&office.workspace, office.clock.now());
    assert_eq!(retried.await.unwrap(), parked.len() as u64);
    office.in_the_end().await;
    assert!(office.quantity() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_moved_to_another_customer_leaves_the_object_where_it_is() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    let owner = |object: Value| object["relationships"]["customer"]["data"]["id"].clone();
    let before = owner(office.object().unwrap());
    let all = office.kustomer.customers();
    let other = all.iter().find(|c| c["id"] != before).unwrap()["id"]
        .as_str()
        .unwrap();
    office.kustomer.move_email(KIM, other);
    office.says(5, 60).await;
    until("it is told", async || office.quantity() == 5).await;
    assert_eq!(owner(office.object().unwrap()), before);
    // One that comes now stands where the address is, and that they don't stand together is logged.
    const NEW: u64 = 585_909_101;
    let mut row = office.row(KIMS, 1, 120).await;
    row["id"] = NEW.into();
    let body = json!({ "subscription": row });
    office.hook("subscription/created", &body).await;
    let id = format!("recharge:acme-usa:sub:{NEW}");
    let klass = office.names.klass.clone();
    until("the new one is there", async || {
        office.kustomer.kobject(&klass, &id).is_some()
    })
    .await;
    let new = office.kustomer.kobject(&klass, &id).unwrap();
    assert_eq!(owner(new), other);
    let said = heard();
    let line = said
        .lines()
        .find(|line| line.contains(&id) && line.contains("is another customer's"));
    assert!(line.is_some(), "it is not logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minutes_share_of_kustomers_limit_is_used_and_no_more() {
    let small = kustomer::Options {
        limit: 200,
        ..kustomer::Options::default()
    };
    let mut office = Office::with(small, &[("share", "30")]).await;
    office.serve().await;
    office.ask("wholesale@mail.example").await;
    for minute in 1..=3 {
        let most = 60 * minute;
        until("its share is used", async || {
            office.kustomer.requests().len() >= most
        })
        .await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let requests = office.kustomer.requests();
        assert_eq!(requests.len(), most);
        assert!(requests.iter().all(|request| request.status != Some(429)));
        office.later(Duration::from_secs(61));
    }
}
