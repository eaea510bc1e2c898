//! Subscriptions: what each action answers, and what follows from it.

use chrono::TimeDelta;

use super::*;

/// What the clock says, as stamps are written.
const NOW: &str = "2026-11-20T10:15:02+00:00";

#[tokio::test]
async fn cancelling_takes_the_item_out_of_its_charge_and_counts_again() {
    let (running, caller) = open(shop()).await;
    let reason =
        json!({"cancellation_reason": "Too much", "cancellation_reason_comments": "really"});
    let got = caller
        .post("/subscriptions/10/cancel", reason.clone())
        .await;
    assert_eq!(got.status, 200);
    let subscription = &got.json()["subscription"];
    for (key, value) in [
        ("status", json!("cancelled")),
        ("cancelled_at", json!(NOW)),
        ("updated_at", json!(NOW)),
        ("cancellation_reason", json!("Too much")),
        ("cancellation_reason_comments", json!("really")),
        ("next_charge_scheduled_at", json!(null)),
        ("has_queued_charges", json!(false)),
    ] {
        assert_eq!(subscription[key], value, "{key}");
    }
    let truth = running.truth(1);
    assert_eq!(truth["customer"]["subscriptions_active_count"], 1);
    assert_eq!(truth["customer"]["subscriptions_total_count"], 2);
    assert_eq!(truth["customer"]["updated_at"], NOW);
    let charge = &truth["charges"][0];
    assert_eq!(
        (&charge["id"], &charge["total_price"]),
        (&json!(101), &json!("14.90"))
    );
    assert_eq!(charge["line_items"].as_array().unwrap().len(), 1);
    // The last one takes the charge along.
    caller
        .post("/subscriptions/11/cancel", reason.clone())
        .await;
    assert_eq!(caller.get("/charges/101").await.status, 404);
    let again = caller.post("/subscriptions/11/cancel", reason).await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (
            422,
            r#"{"errors":{"subscription":["item already set to cancelled"]}}"#
        )
    );
}

#[tokio::test]
async fn cancelling_needs_a_reason_and_a_subscription() {
    let (_running, caller) = open(shop()).await;
    let got = caller.post("/subscriptions/10/cancel", json!({})).await;
    assert_eq!(got.status, 422);
    assert!(got.json()["errors"]["cancellation_reason"].is_array());
    let long =
        json!({"cancellation_reason": "x", "cancellation_reason_comments": "y".repeat(1025)});
    assert_eq!(
        caller.post("/subscriptions/10/cancel", long).await.status,
        422
    );
    let got = caller
        .post(
            "/subscriptions/99/cancel",
            json!({"cancellation_reason": "x"}),
        )
        .await;
    assert_eq!(
        (got.status, got.text.as_str()),
        (404, r#"{"errors":"Not Found"}"#)
    );
    assert_eq!(
        caller.get("/subscriptions/10").await.json()["subscription"]["status"],
        "active"
    );
}

#[tokio::test]
async fn activating_goes_back_to_the_date_before() {
    let (running, caller) = open(shop()).await;
    let got = caller.post("/subscriptions/10/activate", json!({})).await;
    assert_eq!(
        (got.status, got.text.as_str()),
        (
            422,
            r#"{"errors":{"subscription":["item already set to active"]}}"#
        )
    );
    running.act(
        "POST",
        "/subscriptions/10/cancel",
        json!({"cancellation_reason": "x"}),
    );
    let got = caller
        .send(Method::POST, "/subscriptions/10/activate", "")
        .await;
    assert_eq!(got.status, 200);
    let subscription = &got.json()["subscription"];
    for (key, value) in [
        ("status", json!("active")),
        ("cancelled_at", json!(null)),
        ("cancellation_reason", json!(null)),
        ("cancellation_reason_comments", json!(null)),
        ("next_charge_scheduled_at", json!("2026-12-05")),
        ("has_queued_charges", json!(true)),
    ] {
        assert_eq!(subscription[key], value, "{key}");
    }
    let charge = caller.get("/charges/101").await.json();
    let lines = charge["charge"]["line_items"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    // The image is the shop's, and is found again.
    assert_eq!(lines[1]["images"]["small"], "https://cdn.example/10.png");
    assert_eq!(charge["charge"]["total_price"], "24.90");
    assert_eq!(
        running.truth(1)["customer"]["subscriptions_active_count"],
        2
    );

    // A date that has passed meanwhile is not gone back to.
    running.act(
        "POST",
        "/subscriptions/10/cancel",
        json!({"cancellation_reason": "x"}),
    );
    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::days(30));
    let (_, body) = running.act("POST", "/subscriptions/10/activate", json!({}));
    assert_eq!(
        body["subscription"]["next_charge_scheduled_at"],
        "2027-01-20"
    );
}

#[tokio::test]
async fn the_next_date_moves_and_the_item_with_it() {
    let (running, caller) = open(shop()).await;
    for date in ["2026-11-20", "2026-11-01", "soon"] {
        let got = caller
            .post(
                "/subscriptions/10/set_next_charge_date",
                json!({"date": date}),
            )
            .await;
        assert_eq!(got.status, 422, "{date}");
    }
    let early = caller
        .post(
            "/subscriptions/10/set_next_charge_date",
            json!({"date": "2026-11-20"}),
        )
        .await;
    assert_eq!(
        early.text,
        r#"{"errors":{"date":["Date must be at least one day in the future"]}}"#
    );
    let got = caller
        .post(
            "/subscriptions/10/set_next_charge_date",
            json!({"date": "2026-12-24"}),
        )
        .await;
    assert_eq!(
        got.json()["subscription"]["next_charge_scheduled_at"],
        "2026-12-24"
    );
    // It left the charge that it shared, for one of its own.
    let charges = running.truth(1)["charges"].clone();
    assert_eq!(
        (&charges[0]["scheduled_at"], &charges[0]["status"]),
        (&json!("2026-12-24"), &json!("queued"))
    );
    assert_eq!(charges[0]["line_items"][0]["purchase_item_id"], 10);
    assert_eq!(charges[1]["line_items"].as_array().unwrap().len(), 1);
    // Alone in a charge, it moves the charge.
    caller
        .post(
            "/subscriptions/10/set_next_charge_date",
            json!({"date": "2026-12-25"}),
        )
        .await;
    let moved = running.truth(1)["charges"][0].clone();
    assert_eq!(
        (&moved["id"], &moved["scheduled_at"]),
        (&charges[0]["id"], &json!("2026-12-25"))
    );
}

#[tokio::test]
async fn a_change_reaches_the_queued_charge() {
    let (running, caller) = open(shop()).await;
    let swap = json!({"external_variant_id": {"ecommerce": "999"}, "product_title": "Wool Lounger", "price": "12.50", "quantity": 2});
    let got = caller.put("/subscriptions/10", swap).await;
    assert_eq!(
        (got.status, &got.json()["subscription"]["product_title"]),
        (200, &json!("Wool Lounger"))
    );
    let charge = running.truth(1)["charges"][0].clone();
    assert_eq!(charge["line_items"][0]["title"], "Wool Lounger");
    assert_eq!(charge["total_price"], "39.90");

    let got = caller
        .put("/subscriptions/10", json!({"order_interval_unit": "week"}))
        .await;
    assert_eq!(got.status, 422);
    assert!(got.json()["errors"]["charge_interval_unit_type"].is_string());
    let all = json!({"order_interval_unit": "week", "charge_interval_frequency": "4", "order_interval_frequency": 2});
    let got = caller.put("/subscriptions/10", all).await;
    assert_eq!(got.json()["subscription"]["charge_interval_frequency"], 4);
    assert_eq!(got.json()["subscription"]["is_prepaid"], true);

    let got = caller
        .put("/subscriptions/10", json!({"product_title": null}))
        .await;
    assert_eq!(
        got.text,
        r#"{"errors":{"product_title":["Field may not be null."]}}"#
    );
    running.act(
        "POST",
        "/subscriptions/10/cancel",
        json!({"cancellation_reason": "x"}),
    );
    assert_eq!(
        caller
            .put("/subscriptions/10", json!({"quantity": 3}))
            .await
            .status,
        422
    );
    let forced = caller
        .put(
            "/subscriptions/10?force_update=true",
            json!({"quantity": 3}),
        )
        .await;
    assert_eq!(forced.json()["subscription"]["quantity"], 3);
}

#[tokio::test]
async fn a_new_one_is_whole_queued_and_counted() {
    let (running, caller) = open(shop()).await;
    let body = json!({"address_id": 22, "charge_interval_frequency": 30, "order_interval_frequency": 30,
        "order_interval_unit": "day", "next_charge_scheduled_at": "2026-11-25", "quantity": 1,
        "external_variant_id": {"ecommerce": "43"}, "price": "98.00", "product_title": "Wool Runner"});
    let got = caller.post("/subscriptions", body.clone()).await;
    assert_eq!(got.status, 201, "{}", got.text);
    let subscription = &got.json()["subscription"];
    assert_eq!(
        (&subscription["id"], &subscription["customer_id"]),
        (&json!(12), &json!(2))
    );
    let truth = running.truth(2);
    assert_eq!(truth["customer"]["subscriptions_active_count"], 1);
    assert_eq!(truth["charges"][0]["scheduled_at"], "2026-11-25");
    assert_eq!(
        truth["charges"][0]["shipping_address"]["address1"],
        "3 Far St"
    );

    let missing = caller
        .post("/subscriptions", json!({"address_id": 22}))
        .await;
    assert_eq!(missing.status, 422);
    assert!(
        missing.json()["errors"]["_schema"][0]
            .as_str()
            .unwrap()
            .ends_with("are required fields.")
    );
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    let past = caller
        .post(
            "/subscriptions",
            with("next_charge_scheduled_at", json!("2026-11-19")),
        )
        .await;
    assert_eq!(
        past.text,
        r#"{"errors":{"next_charge_scheduled_at":"Cannot be in the past"}}"#
    );
    assert_eq!(
        caller
            .post("/subscriptions", with("address_id", json!(77)))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn a_deleted_one_is_gone_for_good_and_its_id_is_not_used_again() {
    let (running, caller) = open(shop()).await;
    let got = caller.delete("/subscriptions/11").await;
    assert_eq!((got.status, got.text.as_str()), (204, ""));
    assert_eq!(caller.get("/subscriptions/11").await.status, 404);
    assert_eq!(caller.delete("/subscriptions/11").await.status, 404);
    let truth = running.truth(1);
    assert_eq!(truth["customer"]["subscriptions_total_count"], 1);
    assert_eq!(
        truth["charges"][0]["line_items"].as_array().unwrap().len(),
        1
    );
    let body = json!({"address_id": 20, "charge_interval_frequency": 1, "order_interval_frequency": 1,
        "order_interval_unit": "month", "next_charge_scheduled_at": "2026-12-05", "quantity": 1,
        "external_variant_id": {"ecommerce": "43"}});
    assert_eq!(
        running.act("POST", "/subscriptions", body).1["subscription"]["id"],
        12
    );
}

#[tokio::test]
async fn an_address_is_changed_within_the_customer() {
    let (running, caller) = open(shop()).await;
    let got = caller
        .post(
            "/subscriptions/10/change_address",
            json!({"address_id": 21}),
        )
        .await;
    assert_eq!(got.json()["subscription"]["address_id"], 21);
    let charge = running.truth(1)["charges"][0].clone();
    assert_eq!(
        (&charge["address_id"], &charge["scheduled_at"]),
        (&json!(21), &json!("2026-12-05"))
    );
    assert_eq!(charge["shipping_address"]["address1"], "2 Side St");
    for wrong in [
        json!({}),
        json!({"address_id": 22}),
        json!({"address_id": 77}),
    ] {
        assert_eq!(
            caller
                .post("/subscriptions/10/change_address", wrong)
                .await
                .status,
            422
        );
    }
}
