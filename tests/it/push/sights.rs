//! What is told, and what it costs.

use sidecard::domain::id::CustomerId;
use sidecard::store::{LinkKind, LinkRecord, Profile};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_puts_the_first_sight_on_the_timeline_and_a_change_costs_one_call() {
    let mut office = Office::open().await;
    office.serve().await;
    let card = office.sees(KIM).await;
    let subscriptions = card["subscriptions"].as_array().unwrap();
    let objects = office.objects();
    assert_eq!(objects.len(), subscriptions.len(), "{objects:?}");
    let calls = office.calls();
    assert!(calls.len() <= 4 * objects.len(), "{calls:?}");

    let object = office.object().unwrap();
    let shown = subscriptions.iter().find(|s| s["id"] == KIMS).unwrap();
    let attributes = &object["attributes"];
    assert_eq!(attributes["custom"]["statusStr"], "Active");
    assert_eq!(attributes["custom"]["productStr"], shown["product"]["name"]);
    assert_eq!(attributes["custom"]["rechargeUrl"], shown["provider_url"]);
    assert_eq!(attributes["createdAt"], shown["created_at"]);
    let kim = office
        .kustomer
        .customer_id("email=kim@acme.example")
        .unwrap();
    assert_eq!(
        object["relationships"]["customer"]["data"]["id"],
        kim.as_str()
    );

    office.says(7, 60).await;
    until("the object has changed", async || office.quantity() == 7).await;
    office.told().await;
    let calls = office.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].starts_with("PUT "), "{calls:?}");

    // The same once more, and something older.
    office.says(7, 60).await;
    office.says(3, 30).await;
    office.told().await;
    assert_eq!(office.quantity(), 7);
    assert_eq!(office.calls(), Vec::<String>::new());
    // Nor does another look at the card cost anything.
    office.later(Duration::from_secs(11 * 60));
    office.ask(KIM).await;
    office.told().await;
    let calls = office.calls();
    assert!(
        calls.len() <= 1,
        "Recharge did not change with the hook: {calls:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_about_somebody_nobody_looked_at_is_told_and_recharge_is_asked_once() {
    let mut office = Office::open().await;
    office.serve().await;
    office.says(4, 60).await;
    until("the object is there", async || office.quantity() > 0).await;
    office.told().await;
    let first = office.recharge.requests().len();
    assert!(first > 0, "whose it is had to be asked");
    office.recharge.forget_requests();

    // The card is too old to be kept; the object is known all the same.
    office.later(Duration::from_secs(25 * 3_600));
    let cutoffs = sidecard::store::Cutoffs {
        cards: office.clock.now(),
        refused: as_of(),
        audit: as_of(),
        parked: as_of(),
        untold: as_of(),
        unasked: as_of(),
        idle: as_of(),
    };
    office
        .store
        .purge(&cutoffs, office.clock.now())
        .await
        .unwrap();
    office.calls();
    let day = 25 * 3_600;
    office.says(9, day).await;
    until("the object has changed", async || office.quantity() == 9).await;
    office.told().await;
    assert_eq!(office.calls().len(), 1);
    let asked: Vec<_> = office
        .recharge
        .requests()
        .into_iter()
        .map(|r| r.path)
        .collect();
    assert_eq!(asked, Vec::<String>::new());

    // What is older is told from what is newer without a card, too.
    office.says(2, day - 1).await;
    office.says(11, day + 5).await;
    office.says(10, day + 4).await;
    until("the newest is told", async || office.quantity() == 11).await;
    office.told().await;
    assert_eq!(office.quantity(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_kustomer_is_slow_is_told_once_and_last_word_last() {
    let mut office = Office::open().await;
    office.serve().await;
    office.sees(KIM).await;
    office.kustomer.set_faults("500=1".parse().unwrap());
    for (n, quantity) in (1..).zip([5, 6, 7, 8]) {
        office.says(quantity, 60 * n).await;
    }
    until("all hooks are applied", async || {
        office
            .store
            .waiting_hooks(office.clock.now(), 1)
            .await
            .unwrap()
            .is_empty()
    })
    .await;
    office.kustomer.set_faults(kustomer::Faults::default());
    office.calls();
    office.in_the_end().await;
    assert_eq!(office.quantity(), 8);
    assert!(office.calls().len() <= 2, "four changes, one word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whom_kustomer_does_not_know_is_left_out_or_made_once() {
    let nobody = kustomer::Options {
        data: kustomer::Data::Text(r#"{"customers":[]}"#.into()),
        ..kustomer::Options::default()
    };
    let mut office = Office::with(nobody, &[]).await;
    office.serve().await;
    let card = office.ask(KIM).await;
    let count = card["subscriptions"].as_array().unwrap().len();
    until("all are looked for", async || {
        let counts = office.store.objects_count(&office.workspace).await;
        counts.unwrap() == (0, count as u64)
    })
    .await;
    assert!(office.objects().is_empty() && office.kustomer.customers().is_empty());

    office.set("create_customers", "on").await;
    office.later(Duration::from_secs(2 * 3_600));
    office.ask(KIM).await;
    until("all are there", async || office.objects().len() == count).await;
    office.told().await;
    assert_eq!(
        office.kustomer.customers().len(),
        1,
        "made once for all of them"
    );
    let made = &office.kustomer.customers()[0]["attributes"];
    assert_eq!(made["externalId"], "recharge:acme-usa:customer:176700001");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switched_off_workspace_and_one_without_a_key_are_told_nothing() {
    let mut office = Office::open().await;
    office.set("api_key", "").await;
    office.serve().await;
    office.ask(KIM).await;
    until("nothing waits", async || {
        let depth = office.store.outbox_depth(&office.workspace).await.unwrap();
        depth.waiting == 0
    })
    .await;
    assert_eq!(office.calls(), Vec::<String>::new());
    let off = office
        .store
        .set_workspace(&office.workspace, office.clock.now(), |s| s.enabled = false);
    off.await.unwrap();
    office.set("api_key", KEY).await;
    office.says(4, 60).await;
    office.told().await;
    assert!(office.objects().is_empty());
    let depth = office.store.outbox_depth(&office.workspace).await.unwrap();
    assert_eq!(depth.waiting, 0, "nothing is put in for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_tied_to_a_profile_has_the_objects_there_and_by_address_once_that_is_gone() {
    for (linked, owner) in [
        (
            "email=dana.dunning@mail.example",
            "email=dana.dunning@mail.example",
        ),
        ("email=gone@merged.example", "email=kim@acme.example"),
    ] {
        let mut office = Office::open().await;
        let profile = office.kustomer.customer_id(linked);
        let profile = profile.unwrap_or_else(|| String::from("5f0000000000000000000000"));
        let of = Profile {
            install: &usa(),
            workspace: &office.workspace,
            profile: &profile,
        };
        let link = LinkRecord {
            kind: LinkKind::Manual,
            ..LinkRecord::auto(
                CustomerId::new("176700001"),
                String::new(),
                office.clock.now(),
            )
        };
        assert!(office.store.link(of, &link).await.unwrap());
        office.serve().await;
        office.sees(KIM).await;
        let object = office.object().unwrap();
        assert_eq!(
            object["relationships"]["customer"]["data"]["id"].as_str(),
            office.kustomer.customer_id(owner).as_deref()
        );
    }
}
