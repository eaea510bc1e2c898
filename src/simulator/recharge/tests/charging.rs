//! Charges: what each action answers, and what follows from it.

use super::*;

#[tokio::test]
async fn skipping_moves_the_next_date_on_and_unskipping_brings_it_back() {
    let (running, caller) = open(shop()).await;
    let got = caller.post("/charges/101/skip", json!({})).await;
    assert_eq!(
        (got.status, &got.json()["charge"]["status"]),
        (200, &json!("skipped"))
    );
    assert_eq!(got.json()["charge"]["scheduled_at"], "2026-12-05");
    let next = |running: &Running| {
        running.truth(1)["subscriptions"][0]["next_charge_scheduled_at"].clone()
    };
    assert_eq!(next(&running), "2027-01-05");
    assert_eq!(running.truth(1)["charges"][0]["scheduled_at"], "2027-01-05");
    let again = caller.post("/charges/101/skip", json!({})).await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (
            422,
            r#"{"errors":{"status":["Only charges with status queued and error can be skipped"]}}"#
        )
    );

    let got = caller.post("/charges/101/unskip", json!({})).await;
    assert_eq!(got.json()["charge"]["status"], "queued");
    assert_eq!(got.json()["charge"]["shipping_lines"][0]["code"], "pending");
    assert_eq!(got.json()["charge"]["total_price"], "20.00");
    assert_eq!(next(&running), "2026-12-05");
    // What was queued instead is gone.
    assert_eq!(running.truth(1)["charges"][0]["id"], 101);
    let again = caller.post("/charges/101/unskip", json!({})).await;
    assert_eq!(
        again.text,
        r#"{"errors":{"status":["Only charges with status skipped can be un-skipped"]}}"#
    );
    assert_eq!(
        caller.post("/charges/999/skip", json!({})).await.status,
        404
    );
}

#[tokio::test]
async fn a_part_of_a_charge_is_skipped() {
    let (running, caller) = open(shop()).await;
    let got = caller
        .post("/charges/101/skip", json!({"purchase_item_ids": [11]}))
        .await;
    let lines = got.json()["charge"]["line_items"].clone();
    assert_eq!(
        (
            lines.as_array().unwrap().len(),
            &lines[0]["purchase_item_id"]
        ),
        (1, &json!(11))
    );
    let truth = running.truth(1);
    let dates: Vec<_> = truth["subscriptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["next_charge_scheduled_at"].clone())
        .collect();
    assert_eq!(dates, ["2027-01-05", "2026-12-05"]);
    // The other item is still due on its day.
    let due = caller
        .get("/charges?purchase_item_id=10&status=queued")
        .await
        .json();
    assert_eq!(due["charges"][0]["scheduled_at"], "2026-12-05");
    assert_eq!(
        caller
            .post("/charges/101/skip", json!({"purchase_item_ids": [77]}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_charge_is_paid() {
    let (running, caller) = open(shop()).await;
    let got = caller.post("/charges/101/process", json!({})).await;
    let charge = got.json()["charge"].clone();
    assert_eq!(
        (&charge["status"], &charge["processed_at"]),
        (&json!("success"), &json!("2026-11-20T10:15:02+00:00"))
    );
    assert!(charge["external_order_id"]["ecommerce"].is_string());
    let truth = running.truth(1);
    assert_eq!(
        truth["subscriptions"][1]["next_charge_scheduled_at"],
        "2027-01-05"
    );
    assert_eq!(truth["charges"][0]["scheduled_at"], "2027-01-05");
    assert_eq!(
        truth["charges"][0]["line_items"].as_array().unwrap().len(),
        2
    );
    assert_eq!(truth["orders"][0]["charge"]["id"], 101);
    assert_eq!(
        truth["customer"]["first_charge_processed_at"],
        "2026-11-20T10:15:02+00:00"
    );
    assert_eq!(truth["customer"]["subscription_related_charge_streak"], 2);
    assert_eq!(
        caller.post("/charges/101/process", json!({})).await.status,
        422
    );
}

#[tokio::test]
async fn a_subscription_expires_with_its_last_charge() {
    let (running, caller) = open(shop()).await;
    running.patch(
        "subscriptions",
        10,
        json!({"expire_after_specific_number_of_charges": 2}),
    );
    caller.post("/charges/101/process", json!({})).await;
    let truth = running.truth(1);
    assert_eq!(truth["subscriptions"][1]["status"], "expired");
    assert_eq!(
        truth["subscriptions"][1]["next_charge_scheduled_at"],
        Value::Null
    );
    assert_eq!(truth["customer"]["subscriptions_active_count"], 1);
    assert_eq!(
        truth["charges"][0]["line_items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_failed_charge_is_paid_and_the_dunning_ends() {
    let (running, caller) = open(shop()).await;
    running.patch("charges", 101, json!({"status": "error", "error": "declined", "error_type": "CUSTOMER_NEEDS_TO_UPDATE_CARD"}));
    running.patch(
        "customers",
        1,
        json!({"has_payment_method_in_dunning": true}),
    );
    caller.post("/charges/101/process", json!({})).await;
    let truth = running.truth(1);
    assert_eq!(truth["charges"][1]["error_type"], Value::Null);
    assert_eq!(truth["customer"]["has_payment_method_in_dunning"], false);
}

#[tokio::test]
async fn money_goes_back_in_parts() {
    let (_running, caller) = open(shop()).await;
    let refund = |body: Value| caller.post("/charges/100/refund", body);
    let part = refund(json!({"amount": "10.00"})).await.json();
    assert_eq!(part["charge"]["status"], "partially_refunded");
    assert_eq!(part["charge"]["total_refunds"], "10.00");
    for wrong in [
        json!({}),
        json!({"amount": "15.00"}),
        json!({"amount": "0"}),
        json!({"amount": "all"}),
    ] {
        assert_eq!(refund(wrong.clone()).await.status, 422, "{wrong}");
    }
    let rest = refund(json!({"full_refund": true})).await.json();
    assert_eq!(rest["charge"]["status"], "refunded");
    assert_eq!(rest["charge"]["total_refunds"], "24.90");
    assert_eq!(refund(json!({"amount": "1.00"})).await.status, 422);
    assert_eq!(
        caller
            .post("/charges/101/refund", json!({"amount": "1.00"}))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_charge_moves_with_its_subscriptions() {
    let (running, caller) = open(shop()).await;
    let got = caller
        .post(
            "/charges/101/change_next_charge_date",
            json!({"next_charge_date": "2026-12-12"}),
        )
        .await;
    assert_eq!(got.json()["charge"]["scheduled_at"], "2026-12-12");
    for subscription in running.truth(1)["subscriptions"].as_array().unwrap() {
        assert_eq!(subscription["next_charge_scheduled_at"], "2026-12-12");
    }
    let paid = caller
        .post(
            "/charges/100/change_next_charge_date",
            json!({"next_charge_date": "2026-12-12"}),
        )
        .await;
    assert_eq!(paid.status, 422);
}

#[tokio::test]
async fn only_authorised_money_is_captured() {
    let (running, caller) = open(shop()).await;
    assert_eq!(
        caller
            .post("/charges/101/capture_payment", json!({}))
            .await
            .status,
        422
    );
    running.patch("charges", 101, json!({"status": "pending"}));
    let got = caller.post("/charges/101/capture_payment", json!({})).await;
    assert_eq!(got.json()["charge"]["status"], "success");
}

#[tokio::test]
async fn a_fault_before_a_change_prevents_it_and_one_behind_it_does_not() {
    let (running, caller) = open(shop()).await;
    running.set_faults("500=1".parse().unwrap());
    assert_eq!(
        caller.post("/charges/101/skip", json!({})).await.status,
        500
    );
    assert_eq!(running.truth(1)["charges"][0]["status"], "queued");
    running.set_faults("broken-json=1".parse().unwrap());
    let got = caller.post("/charges/101/skip", json!({})).await;
    assert!(got.text.starts_with("<html>"));
    running.set_faults(Faults::default());
    assert_eq!(
        caller.get("/charges/101").await.json()["charge"]["status"],
        "skipped"
    );
}

#[tokio::test]
async fn two_changes_of_one_address_at_once_are_refused() {
    let (running, caller) = open(shop()).await;
    running.hold();
    let change = |path: &str| {
        let request = caller.http.put(format!("{}{path}", caller.base));
        let request = request.header("X-Recharge-Access-Token", TOKEN);
        tokio::spawn(sent(request.body(r#"{"quantity":2}"#)))
    };
    let first = change("/subscriptions/10");
    running.until_held(1).await;
    let second = change("/subscriptions/11");
    let elsewhere = change("/customers/2");
    running.until_held(3).await;
    running.release();
    assert_eq!(first.await.unwrap().unwrap().status, 200);
    let refused = second.await.unwrap().unwrap();
    assert_eq!(
        (refused.status, refused.text.as_str()),
        (
            409,
            r#"{"error":"A call to this route is already in progress."}"#
        )
    );
    assert_eq!(elsewhere.await.unwrap().unwrap().status, 200);
    // Once it is answered, the next one is taken.
    assert_eq!(
        caller
            .put("/subscriptions/11", json!({"quantity": 3}))
            .await
            .status,
        200
    );
}
