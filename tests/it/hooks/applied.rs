//! Cards change by what hooks say, and by nothing that is older.

use serde_json::{Value, json};
use sidecard::simulator::recharge::Faults;
use sidecard::store::NewHook;

use super::{Desk, KIM, broken, kim, name, stamp};
use crate::house::{as_of, minutes};

fn active(card: &Value) -> Option<u64> {
    card["customer"]["subscriptions_active"].as_u64()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_a_charge_and_a_customer_change_the_card_without_a_call() {
    let desk = Desk::open().await;
    let (before, _) = desk.card(KIM).await;
    assert_eq!(active(&before), Some(1));
    desk.tell("subscription/cancelled", &desk.cancelled(1).await)
        .await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!((active(&card), &calls[..]), (Some(0), &[][..]));
    let cancelled = &card["subscriptions"].as_array().unwrap()[..];
    let cancelled = cancelled.iter().find(|s| s["id"] == "585000001").unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["cancellation_reason"], "Too much coffee");

    let last = before["customer"]["last_charge"]["id"].as_str().unwrap();
    let mut charge = desk.row("charge", last).await;
    charge["status"] = "refunded".into();
    charge["updated_at"] = stamp(as_of() + chrono::Duration::minutes(1)).into();
    desk.tell("charge/refunded", &json!({ "charge": charge }))
        .await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(card["customer"]["last_charge"]["status"], "refunded");
    assert!(calls.is_empty(), "{calls:?}");

    let mut customer = desk.row("customer", "176700001").await;
    customer["first_name"] = "Kimberly".into();
    customer["updated_at"] = stamp(as_of() + chrono::Duration::minutes(1)).into();
    desk.tell("customer/updated", &json!({ "customer": customer }))
        .await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(card["customer"]["name"], "Kimberly Example");
    assert!(calls.is_empty(), "{calls:?}");

    // In the store too: after a restart it is the same.
    let kept = desk
        .store
        .known(&name("acme-usa"), &kim())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.customer.name.as_deref(), Some("Kimberly Example"));
    assert!(!kept.needs_read);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_or_comes_again_has_no_effect() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    let active_again = {
        let mut row = desk.cancelled(2).await;
        let subscription = &mut row["subscription"];
        for field in ["cancelled_at", "cancellation_reason"] {
            subscription[field] = Value::Null;
        }
        subscription["status"] = "active".into();
        subscription["next_charge_scheduled_at"] = "2026-12-15".into();
        row
    };
    let cancelled = desk.cancelled(1).await;
    desk.tell("subscription/activated", &active_again).await;
    let (newest, calls) = desk.card(KIM).await;
    assert_eq!((active(&newest), calls.len()), (Some(1), 0));
    let kept = desk.store.known(&name("acme-usa"), &kim()).await.unwrap();
    // In the other order, twice, and under topics of all kinds.
    for topic in [
        "subscription/cancelled",
        "subscription/updated",
        "subscription/cancelled",
    ] {
        desk.tell(topic, &cancelled).await;
        desk.tell(topic, &active_again).await;
        assert_eq!(desk.card(KIM).await, (newest.clone(), vec![]), "{topic}");
    }
    assert_eq!(
        desk.store.known(&name("acme-usa"), &kim()).await.unwrap(),
        kept
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_moves_takes_its_card_along() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    let mut customer = desk.row("customer", "176700001").await;
    customer["email"] = "kim.new@acme.example".into();
    customer["updated_at"] = stamp(as_of() + chrono::Duration::minutes(1)).into();
    desk.recharge.put("customers", customer.clone());
    assert_eq!(
        desk.card("kim.new@acme.example").await.0["outcome"],
        "found"
    );
    desk.tell("customer/updated", &json!({ "customer": customer }))
        .await;
    assert_eq!(
        desk.card("kim.new@acme.example").await.0["outcome"],
        "found"
    );
    assert_eq!(desk.card(KIM).await.0["outcome"], "not_found");
    // Also while Recharge can't say so.
    desk.recharge.set_faults(broken());
    desk.later(minutes(60));
    assert_ne!(desk.card(KIM).await.0["outcome"], "found");
    assert_eq!(
        desk.card("kim.new@acme.example").await.0["outcome"],
        "found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_decided_is_read_again_and_else_shown_as_stale() {
    let desk = Desk::open().await;
    desk.card(KIM).await;
    // The same stamp and another content.
    let mut row = desk.row("subscription", "585000001").await;
    row["quantity"] = 7.into();
    desk.recharge.set_faults(broken());
    desk.tell("subscription/updated", &json!({ "subscription": row }))
        .await;
    let (card, calls) = desk.card(KIM).await;
    assert!(!calls.is_empty(), "fresh by age, and read again");
    assert_eq!(
        (&card["outcome"], &card["stale"], &card["reason"]),
        (&"found".into(), &true.into(), &"unreachable".into())
    );
    assert_eq!(card["subscriptions"][0]["quantity"], 1);
    desk.recharge.set_faults(Faults::default());
    desk.later(minutes(1));
    let (card, calls) = desk.card(KIM).await;
    assert_eq!((&card["stale"], calls.is_empty()), (&false.into(), false));
    assert_eq!(desk.card(KIM).await.1.len(), 0, "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shops_with_equal_ids_never_cross() {
    let mut desk = Desk::closed(&["acme-usa", "acme-eu"]).await;
    desk.serve().await;
    desk.accounts(KIM).await;
    let body = desk.cancelled(1).await.to_string();
    desk.tell_raw("acme-eu", "subscription/cancelled", body.as_bytes())
        .await;
    let accounts = desk.accounts(KIM).await;
    assert_eq!(
        (active(&accounts[0]), active(&accounts[1])),
        (Some(1), Some(0))
    );
    assert!(desk.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_for_somebody_whom_nobody_looked_at_keeps_nothing() {
    let desk = Desk::open().await;
    desk.tell("subscription/cancelled", &desk.cancelled(1).await)
        .await;
    assert!(
        !desk
            .store
            .is_known(&name("acme-usa"), &kim())
            .await
            .unwrap()
    );
    assert_eq!(desk.store.inbox_depth().await.unwrap(), 0);
    assert!(desk.calls().is_empty());
    // That nobody has an address holds no longer than until somebody has.
    assert_eq!(
        desk.card("new@acme.example").await.0["outcome"],
        "not_found"
    );
    let mut customer = desk.row("customer", "176700001").await;
    customer["id"] = 176_799_999.into();
    customer["email"] = "new@acme.example".into();
    desk.recharge.put("customers", customer.clone());
    desk.tell("customer/created", &json!({ "customer": customer }))
        .await;
    assert_eq!(desk.card("new@acme.example").await.0["outcome"], "found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_gone_before_it_was_told_of_is_not_shown_as_if_it_were_there() {
    let desk = Desk::open().await;
    let (before, _) = desk.card(KIM).await;
    let made = async |id: u64| {
        let mut row = desk.row("subscription", "585000001").await;
        row["id"] = id.into();
        for field in ["created_at", "updated_at"] {
            row[field] = stamp(desk.clock.now()).into();
        }
        json!({ "subscription": row })
    };
    let created = "subscription/created";
    let shown = |card: &Value| card["subscriptions"].as_array().unwrap().len();
    desk.later(minutes(1));
    let row = made(1).await;
    desk.later(std::time::Duration::from_secs(1));

    // It was made and deleted while nobody looked, and that it is gone is told first.
    desk.tell("subscription/deleted", &json!({"subscription": {"id": 1}}))
        .await;
    desk.tell(created, &row).await;
    let (card, calls) = desk.card(KIM).await;
    assert!(!calls.is_empty(), "it is read again");
    assert_eq!(card["subscriptions"], before["subscriptions"]);

    // One whose deletion was not told is believed.
    desk.later(std::time::Duration::from_secs(1));
    let row = made(2).await;
    desk.later(std::time::Duration::from_secs(1));
    desk.tell(created, &row).await;
    let (card, calls) = desk.card(KIM).await;
    // No queued charge of it is known, so the customer is read, and lists may lag behind webhooks.
    assert_eq!((shown(&card), calls.len()), (3, 3));

    // A list that does not have it later is believed.
    desk.later(minutes(40));
    let (card, _) = desk.card(KIM).await;
    assert_eq!(shown(&card), 2);

    // One that comes late is not: the last read would have listed it.
    let row = made(3).await;
    desk.later(minutes(40));
    desk.card(KIM).await;
    desk.tell(created, &row).await;
    let (card, calls) = desk.card(KIM).await;
    assert!(!calls.is_empty(), "it is read again");
    assert_eq!(card["subscriptions"], before["subscriptions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_subscription_and_of_its_charge_cost_no_call() {
    let charge = |card: &Value| card["customer"]["next_charge"]["id"].clone();
    let desk = Desk::open().await;
    let (before, _) = desk.card(KIM).await;
    let id: u64 = charge(&before).as_str().unwrap().parse().unwrap();
    let cancelled = desk.cancelled(1).await;
    let gone = json!({"charge": {"id": id}});
    desk.tell("subscription/cancelled", &cancelled).await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!((charge(&card), calls.len()), (Value::Null, 0));
    desk.tell("charge/deleted", &gone).await;
    assert_eq!(desk.card(KIM).await, (card, vec![]));

    // Both at once, the other way round.
    let mut desk = Desk::open().await;
    desk.card(KIM).await;
    desk.stop().await;
    let hook = |topic: &str, body: &Value| NewHook {
        install: name("acme-usa"),
        topic: topic.to_owned(),
        body: body.to_string().into_bytes(),
        received_at: desk.clock.now(),
    };
    let hooks = [
        hook("charge/deleted", &gone),
        hook("subscription/cancelled", &cancelled),
    ];
    desk.store.receive_hooks(&hooks).await.unwrap();
    desk.serve().await;
    desk.applied("acme-usa").await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(
        (active(&card), charge(&card), calls.len()),
        (Some(0), Value::Null, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_swapped_shows_the_picture_that_is_remembered_of_its_product() {
    let desk = Desk::open().await;
    let (before, _) = desk.card(KIM).await;
    let picture = |card: &Value| card["subscriptions"][0]["product"]["image_url"].clone();
    assert!(picture(&before).is_string());
    // It was seen in somebody else's charges.
    let (other, _) = desk.card("lola.long@mail.example").await;
    let theirs = other["subscriptions"].as_array().unwrap();
    let theirs = theirs.iter().find(|row| row["id"] == "585000241").unwrap();
    let mut row = desk.row("subscription", "585000001").await;
    row["external_product_id"]["ecommerce"] = theirs["product"]["id"].clone();
    row["external_variant_id"]["ecommerce"] = theirs["product"]["variant_id"].clone();
    row["updated_at"] = stamp(as_of() + chrono::Duration::minutes(1)).into();
    desk.tell("subscription/swapped", &json!({ "subscription": row }))
        .await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(card["subscriptions"][0]["id"], "585000001");
    assert_eq!(picture(&card), theirs["product"]["image_url"]);
    // Its queued charge still has the product of before: the two contradict each other, so the customer was read.
    assert!(picture(&card).is_string() && calls.len() == 3, "{calls:?}");

    // Of a product that nobody has seen there is none, and not that of the one before.
    row["external_product_id"]["ecommerce"] = "8143999999999".into();
    row["updated_at"] = stamp(as_of() + chrono::Duration::minutes(2)).into();
    desk.tell("subscription/swapped", &json!({ "subscription": row }))
        .await;
    assert_eq!(picture(&desk.card(KIM).await.0), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_an_address_that_two_have_leaves_it_to_the_other_at_once() {
    let desk = Desk::open().await;
    let wandas = "wanda.weekly@mail.example";
    let mut customer = desk.row("customer", "176700001").await;
    customer["email"] = wandas.into();
    desk.recharge.put("customers", customer.clone());
    // Nobody can be shown, so that no card says where either was before.
    assert_eq!(desk.card(wandas).await.0["outcome"], "several");
    customer["email"] = "kim.new@acme.example".into();
    customer["updated_at"] = stamp(as_of() + chrono::Duration::minutes(1)).into();
    desk.recharge.put("customers", customer.clone());
    assert_eq!(desk.card(wandas).await.0["outcome"], "several");
    desk.tell("customer/updated", &json!({ "customer": customer }))
        .await;
    let (card, _) = desk.card(wandas).await;
    assert_eq!(
        (&card["outcome"], &card["stale"]),
        (&"found".into(), &false.into())
    );
    assert_eq!(card["customer"]["email"], wandas);
}
