//! Who is found, by what, and how many calls it takes.

use crate::house::{House, Plan, TOKEN_WITHOUT_ORDERS, forget_all, minutes};

const COLD: [&str; 3] = ["/charges", "/customers", "/subscriptions"];

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_lookup_is_three_calls_and_a_warm_one_none() {
    let house = House::open().await;
    let cold = house.account("kim@acme.example").await;
    assert_eq!(house.calls(), COLD);
    let warm = house.account("KIM@acme.example").await;
    assert!(house.calls().is_empty());
    assert_eq!(warm, cold);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_and_the_json_share_what_is_known() {
    let house = House::open().await;
    house.card("kim@acme.example").await;
    house.calls();
    house.account("kim@acme.example").await;
    assert!(house.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn within_revalidate_the_answer_comes_at_once_and_is_refreshed_behind() {
    let house = House::open().await;
    house.account("kim@acme.example").await;
    house.calls();
    house.later(minutes(3));
    // Recharge is silent: were the refresh waited for, there would be no answer.
    house.recharge.hold();
    let before = house.account("kim@acme.example").await;
    assert_eq!(before["as_of"], "2026-11-20T10:15:02Z");
    assert_eq!(before["stale"], false);
    house.recharge.until_held(3).await;
    house.recharge.release();
    crate::house::until("the refresh lands", || house.lookups.fetching() == 0).await;
    let after = house.account("kim@acme.example").await;
    assert_eq!(after["as_of"], "2026-11-20T10:18:02Z");
    assert_eq!(house.calls(), COLD, "one refresh, in one round");
}

#[tokio::test(flavor = "multi_thread")]
async fn past_revalidate_the_caller_waits_one_round() {
    let house = House::open().await;
    house.account("kim@acme.example").await;
    house.calls();
    house.later(minutes(11));
    house.recharge.hold();
    let asked = tokio::spawn({
        let request = house.get(&house.card_path(&[("email", "kim@acme.example")]));
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    // All three calls are under way before the first is answered.
    house.recharge.until_held(3).await;
    house.recharge.release();
    assert!(asked.await.unwrap().contains(r#"data-outcome="found""#));
    assert_eq!(house.calls(), COLD);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_at_recharge_shows_after_its_time() {
    let house = House::open().await;
    let before = house.account("kim@acme.example").await;
    assert_eq!(before["subscriptions"][0]["status"], "active");
    let mut subscription = subscription_585000001();
    subscription["status"] = "cancelled".into();
    subscription["cancellation_reason"] = "Too much coffee".into();
    house.recharge.put("subscriptions", subscription);
    house.later(minutes(11));
    let after = house.account("kim@acme.example").await;
    assert_eq!(after["customer"]["subscriptions_active"], 0);
    assert_eq!(after["subscriptions"][1]["status"], "cancelled");
}

fn subscription_585000001() -> serde_json::Value {
    let all = include_str!("../../fixtures/recharge/subscriptions.json");
    let all: serde_json::Value = serde_json::from_str(all).unwrap();
    let mut rows = all["subscriptions"].as_array().unwrap().iter();
    rows.find(|row| row["id"] == 585_000_001).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_are_tried_and_united_by_customer() {
    let house = House::open().await;
    let answer = house
        .ask(&[
            "nobody@mail.example",
            "Kim@Acme.example",
            "kim@acme.example",
        ])
        .await;
    assert_eq!(answer["accounts"][0]["customer"]["id"], "176700001");
    let answer = house
        .ask(&["wanda.weekly@mail.example", "kim@acme.example"])
        .await;
    let account = &answer["accounts"][0];
    assert_eq!(account["outcome"], "several");
    assert_eq!(account["customer"], serde_json::Value::Null);
    assert_eq!(account["candidates"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_records_for_one_address_are_never_guessed() {
    let house = House::open().await;
    let account = house.account("twin@mail.example").await;
    assert_eq!(account["outcome"], "several");
    let names: Vec<_> = account["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["Toni Twin", "Terry Twin"],
        "the newest record first"
    );
    assert_eq!(account["candidates"][0]["subscriptions_active"], 2);
    assert_eq!(house.calls(), ["/customers"]);
    house.account("twin@mail.example").await;
    assert!(house.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_capitals_is_found_however_it_is_typed() {
    let house = House::open().await;
    // Recharge's filter minds the case; "nobody" under one spelling is not "nobody" under another.
    assert_eq!(
        house.account("casey.upper@mail.example").await["outcome"],
        "not_found"
    );
    let account = house.account("Casey.Upper@Mail.example").await;
    assert_eq!(account["customer"]["id"], "176700030");
    assert_eq!(
        house.account("casey.upper@mail.example").await["customer"]["id"],
        "176700030"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_remembered_for_a_minute() {
    let house = House::open().await;
    for _ in 0..3 {
        assert_eq!(
            house.account("nobody@mail.example").await["outcome"],
            "not_found"
        );
    }
    assert_eq!(house.calls(), ["/customers"]);
    house.later(minutes(2));
    house.account("nobody@mail.example").await;
    assert_eq!(house.calls(), ["/customers"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn six_hundred_are_six_hundred() {
    let house = House::open().await;
    let account = house.account("wholesale@mail.example").await;
    assert_eq!(account["subscriptions"].as_array().unwrap().len(), 600);
    assert_eq!(account["customer"]["subscriptions_active"], 560);
    let pages = house
        .calls()
        .into_iter()
        .filter(|path| path == "/subscriptions")
        .count();
    assert_eq!(pages, 3);
    assert_eq!(
        house
            .card("wholesale@mail.example")
            .await
            .matches("data-subscription=")
            .count(),
        600
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_prepaid_shows_its_deliveries() {
    let house = House::open().await;
    let paula = house.account("paula.prepaid@mail.example").await;
    assert_eq!(
        paula["subscriptions"][0]["prepaid"],
        serde_json::json!({"next_delivery_date": "2026-12-05", "deliveries_left": 2})
    );
    let carl = house.account("carl.prepaid@mail.example").await;
    assert_eq!(carl["subscriptions"][0]["status"], "cancelled");
    assert_eq!(carl["subscriptions"][0]["prepaid"]["deliveries_left"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_told_apart() {
    let house = House::open().await;
    for (email, state, was) in [
        ("kim@acme.example", "on_time", None),
        ("mo.moved@mail.example", "moved", Some("2026-12-03")),
        ("skye.skipped@mail.example", "skipped", Some("2026-12-03")),
        ("owen.overdue@mail.example", "overdue", None),
        ("felix.failed@mail.example", "retrying", None),
    ] {
        let account = house.account(email).await;
        let schedule = &account["subscriptions"][0]["schedule"];
        assert_eq!(schedule["state"], state, "{email}");
        assert_eq!(schedule["was"].as_str(), was, "{email}");
    }
    let felix = house.account("felix.failed@mail.example").await;
    assert_eq!(
        felix["subscriptions"][0]["schedule"]["next_attempt"],
        "2026-12-01"
    );
    assert_eq!(
        felix["customer"]["payment_problem"]["kind"],
        "payment_failed"
    );
    let dana = house.account("dana.dunning@mail.example").await;
    assert_eq!(
        dana["customer"]["payment_problem"]["kind"],
        "card_update_needed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_never_shown_under_an_address_that_its_customer_left() {
    let house = House::open().await;
    house.account("kim@acme.example").await;
    let customers = include_str!("../../fixtures/recharge/customers.json");
    let customers: serde_json::Value = serde_json::from_str(customers).unwrap();
    let rows = customers["customers"].as_array().unwrap();
    let mut kim = rows
        .iter()
        .find(|row| row["id"] == 176_700_001)
        .unwrap()
        .clone();
    kim["email"] = "kim.new@acme.example".into();
    house.recharge.put("customers", kim);
    house.later(minutes(11));
    assert_eq!(
        house.account("kim@acme.example").await["outcome"],
        "not_found"
    );
    assert_eq!(
        house.account("kim.new@acme.example").await["customer"]["id"],
        "176700001"
    );

    // And when Recharge can't be asked, the old card of the new address is not shown under the old one.
    house.later(minutes(30));
    house.recharge.set_faults("500=1".parse().unwrap());
    assert_eq!(house.account("kim.new@acme.example").await["stale"], true);
    assert_eq!(
        house.account("kim@acme.example").await["outcome"],
        "unavailable"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_an_agent_unlinked_stays_unlinked_and_a_linked_one_needs_no_address() {
    let house = House::open().await;
    house.link("unlinked", None).await;
    house.link("linked", Some("176700002")).await;
    let page = |profile: &'static str| {
        let path = house.card_path(&[("email", "kim@acme.example"), ("profile", profile)]);
        let request = house.get(&path);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    assert!(
        page("unlinked")
            .await
            .contains(r#"<main data-outcome="unlinked""#)
    );
    house.calls();
    let linked = page("linked").await;
    assert!(linked.contains("176700002") && !linked.contains("585000001"));
    assert_eq!(house.calls(), COLD, "by id: one round");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_installs_answer_side_by_side_and_never_share() {
    let house = House::built(Plan {
        shops: vec![("acme-eu", TOKEN_WITHOUT_ORDERS)],
        ..Plan::default()
    })
    .await;
    let answer = house.ask(&["kim@acme.example"]).await;
    // The same people behind both tokens: equal ids, equal addresses; each install has its own calls and its own card.
    assert_eq!(answer["accounts"][0]["missing"], serde_json::json!([]));
    assert_eq!(
        answer["accounts"][1]["missing"],
        serde_json::json!(["charges"])
    );
    assert_eq!(
        answer["accounts"][1]["subscriptions"][0]["schedule"],
        serde_json::Value::Null
    );
    assert_eq!(
        house
            .calls()
            .iter()
            .filter(|path| *path == "/customers")
            .count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_that_starts_anew_shows_nothing_of_before() {
    use sidecard::domain::install::InstallName;
    let house = House::open().await;
    house.account("kim@acme.example").await;
    house.calls();
    let install = InstallName::parse("acme-usa").unwrap();
    forget_all(&house.store, house.clock.now()).await;
    house.lookups.start_anew(&install);
    house.recharge.set_faults("500=1".parse().unwrap());
    assert_eq!(
        house.account("kim@acme.example").await["outcome"],
        "unavailable"
    );
    // Refused before, and accepted as soon as somebody replaced the token: no half minute to wait.
    house.recharge.set_faults(Default::default());
    house.later(minutes(1));
    assert_eq!(house.account("kim@acme.example").await["outcome"], "found");
}
