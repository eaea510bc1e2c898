//! What charges say of a customer: trouble, the last one, the next one, skips and moves. One customer, one change each.

use serde_json::{Value, json};

use crate::house::House;

const KIM: &str = "kim@acme.example";

fn row(collection: &str, file: &str, id: i64) -> Value {
    let all: Value = serde_json::from_str(file).unwrap();
    let mut rows = all[collection].as_array().unwrap().iter();
    rows.find(|row| row["id"] == id).unwrap().clone()
}

fn charge(id: i64) -> Value {
    row(
        "charges",
        include_str!("../../fixtures/recharge/charges.json"),
        id,
    )
}

/// Kim's last charge, made one that failed on a day of 2026 and was never tried again.
fn failed(id: i64, day: &str) -> Value {
    let mut charge = charge(1_302_000_000);
    charge["id"] = id.into();
    charge["status"] = "error".into();
    charge["error"] = "Your card was declined.".into();
    charge["processed_at"] = Value::Null;
    charge["retry_date"] = Value::Null;
    charge["scheduled_at"] = day.into();
    charge["original_scheduled_at"] = day.into();
    for field in ["created_at", "updated_at", "last_charge_attempt"] {
        charge[field] = format!("{day}T05:00:00+00:00").into();
    }
    charge
}

async fn with(charges: impl IntoIterator<Item = Value>, email: &str) -> Value {
    let house = House::open().await;
    for charge in charges {
        house.recharge.put("charges", charge);
    }
    house.account(email).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_for_good_long_ago_or_for_something_cancelled_is_history() {
    let mut of_the_cancelled = failed(1, "2026-11-18");
    of_the_cancelled["line_items"][0]["purchase_item_id"] = 585_000_002.into();
    for (charge, is_trouble) in [
        (failed(1, "2024-06-01"), false),
        (of_the_cancelled, false),
        (failed(1, "2026-11-18"), true),
    ] {
        let account = with([charge.clone()], KIM).await;
        assert_eq!(
            !account["customer"]["payment_problem"].is_null(),
            is_trouble,
            "{charge}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_later_is_no_trouble_any_more() {
    let mut retried = failed(1, "2026-10-15");
    retried["retry_date"] = "2026-10-20T05:00:00+00:00".into();
    let mut with_an_extra = failed(2, "2026-10-15");
    let mut extra = with_an_extra["line_items"][0].clone();
    extra["purchase_item_type"] = "onetime".into();
    extra["purchase_item_id"] = 99.into();
    with_an_extra["line_items"]
        .as_array_mut()
        .unwrap()
        .push(extra);
    for charge in [retried, with_an_extra] {
        let account = with([charge], KIM).await;
        assert!(account["customer"]["payment_problem"].is_null());
        assert_eq!(account["subscriptions"][0]["schedule"]["state"], "on_time");
        assert_eq!(account["customer"]["next_charge"]["date"], "2026-12-15");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_up_charge_promises_no_further_try() {
    let mut given_up = charge(1_302_000_261);
    given_up["retry_date"] = "2026-11-08T05:00:00+00:00".into();
    let account = with([given_up], "max.retries@mail.example").await;
    let problem = &account["customer"]["payment_problem"];
    assert_eq!(problem["kind"], "attempts_exhausted");
    assert!(problem["next_attempt"].is_null());
    assert_eq!(
        problem["since"], "2026-10-05",
        "the day it was due, not that of the last try"
    );
    assert!(account["customer"]["next_charge"].is_null());
    assert_eq!(account["customer"]["last_charge"]["date"], "2026-11-08");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_failing_charges_the_more_telling_is_named_and_the_sooner_try() {
    let mut second = charge(1_302_000_141);
    second["id"] = 1_302_000_149.into();
    second["retry_date"] = "2026-11-22T05:00:00+00:00".into();
    second["last_charge_attempt"] = "2026-11-10T05:00:00+00:00".into();
    second["error_type"] = "CUSTOMER_NEEDS_TO_UPDATE_CARD".into();
    let account = with([second], "felix.failed@mail.example").await;
    let customer = &account["customer"];
    assert_eq!(customer["payment_problem"]["kind"], "card_update_needed");
    assert_eq!(customer["payment_problem"]["next_attempt"], "2026-11-22");
    assert_eq!(customer["next_charge"]["date"], "2026-11-22");
    assert_eq!(
        account["subscriptions"][0]["schedule"]["next_attempt"],
        "2026-11-22"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_is_said_of_the_next_charge_alone() {
    let mut of_another_day = charge(1_302_000_001);
    of_another_day["id"] = 1_302_000_009.into();
    of_another_day["scheduled_at"] = "2027-01-20".into();
    of_another_day["original_scheduled_at"] = "2027-01-15".into();
    let account = with([of_another_day], KIM).await;
    assert_eq!(account["subscriptions"][0]["schedule"]["state"], "on_time");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_soonest_skip_is_told_and_one_that_has_just_passed() {
    let skye = "skye.skipped@mail.example";
    let mut later = charge(1_302_000_151);
    later["id"] = 1_302_000_159.into();
    later["scheduled_at"] = "2026-12-30".into();
    let account = with([later], skye).await;
    assert_eq!(
        account["subscriptions"][0]["schedule"],
        json!({"state": "skipped", "was": "2026-12-03", "next_attempt": null})
    );

    let mut passed = charge(1_302_000_151);
    passed["scheduled_at"] = "2026-11-17".into();
    let account = with([passed], skye).await;
    assert_eq!(account["subscriptions"][0]["schedule"]["was"], "2026-11-17");

    // Paid since: it explains nothing any more.
    let mut long_passed = charge(1_302_000_151);
    long_passed["scheduled_at"] = "2026-10-20".into();
    let account = with([long_passed], skye).await;
    assert_eq!(account["subscriptions"][0]["schedule"]["state"], "on_time");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_nothing_was_charged_is_said_only_when_no_charge_was_left_unread() {
    const QUINN: &str = "quinn.quiet@mail.example";
    const NOTHING: &str = "No orders in 90 days";
    // With the one that is there, a page of charges is full of those to come: what was paid may be on the next one.
    for (queued, is_said) in [(248, true), (249, false)] {
        let house = House::open().await;
        let mut row = charge(1_302_000_001);
        row["customer"]["id"] = 176_700_029.into();
        house.recharge.put_all((1..=queued).map(|id| {
            row["id"] = id.into();
            ("charges", row.clone())
        }));
        let page = house.card(QUINN).await;
        assert!(page.contains("data-outcome=\"found\""));
        assert_eq!(page.contains(NOTHING), is_said, "{queued}");
    }
}
