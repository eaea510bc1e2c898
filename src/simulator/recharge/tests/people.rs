//! Customers, addresses and onetimes: what each action answers, and what follows from it.

use super::*;

#[tokio::test]
async fn a_customer_is_created_once_for_an_email() {
    let (_running, caller) = open(shop()).await;
    let body = |email: &str| json!({"email": email, "first_name": "Ana", "last_name": "New"});
    let got = caller.post("/customers", body("ana@acme.example")).await;
    assert_eq!(
        (got.status, &got.json()["customer"]["id"]),
        (201, &json!(3))
    );
    assert_eq!(
        caller
            .get("/customers?email=ana%40acme.example")
            .await
            .ids("customers"),
        [3]
    );
    let taken = caller.post("/customers", body("Kim@acme.example")).await;
    assert_eq!(
        (taken.status, taken.text.as_str()),
        (
            422,
            r#"{"errors":{"email":"email already exists on store"}}"#
        )
    );
    let missing = caller
        .post("/customers", json!({"email": "x@acme.example"}))
        .await;
    assert_eq!(
        missing.text,
        r#"{"errors":{"_schema":["first_name, last_name are required fields."]}}"#
    );
}

#[tokio::test]
async fn an_email_moves_and_charges_show_the_new_one() {
    let (running, caller) = open(shop()).await;
    let got = caller
        .put("/customers/1", json!({"email": "kim@new.example"}))
        .await;
    assert_eq!(
        got.json()["customer"]["updated_at"],
        "2026-11-20T10:15:02+00:00"
    );
    assert!(
        caller
            .get("/customers?email=kim%40acme.example")
            .await
            .ids("customers")
            .is_empty()
    );
    assert_eq!(
        caller
            .get("/customers?email=kim%40new.example")
            .await
            .ids("customers"),
        [1]
    );
    let truth = running.truth(1);
    assert_eq!(truth["charges"][0]["customer"]["email"], "kim@new.example");
    assert_eq!(
        truth["charges"][0]["updated_at"],
        "2026-11-05T10:00:00+00:00"
    );
    let empty = caller.put("/customers/1", json!({"first_name": ""})).await;
    assert_eq!(
        empty.text,
        r#"{"errors":{"first_name":["Shorter than minimum length 1."]}}"#
    );
    assert_eq!(
        caller
            .put("/customers/1", json!({"email": "lee@acme.example"}))
            .await
            .status,
        422
    );
    assert_eq!(caller.put("/customers/9", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_customer_goes_with_everything() {
    let (running, caller) = open(shop()).await;
    assert_eq!(caller.delete("/customers/1").await.status, 204);
    assert_eq!(running.truth(1), Value::Null);
    assert_eq!(
        caller.get("/subscriptions").await.ids("subscriptions"),
        [] as [i64; 0]
    );
    assert_eq!(caller.get("/charges").await.ids("charges"), [] as [i64; 0]);
    assert_eq!(caller.get("/addresses").await.ids("addresses"), [22]);
    assert_eq!(
        caller.delete("/customers/1").await.text,
        r#"{"errors":"Not Found"}"#
    );
}

#[tokio::test]
async fn addresses() {
    let (running, caller) = open(shop()).await;
    let got = caller
        .put("/addresses/20", json!({"address1": "9 Hill Rd"}))
        .await;
    assert_eq!(got.json()["address"]["address1"], "9 Hill Rd");
    assert_eq!(
        running.truth(1)["charges"][0]["shipping_address"]["address1"],
        "9 Hill Rd"
    );
    let null = caller.put("/addresses/20", json!({"address1": null})).await;
    assert_eq!(
        null.text,
        r#"{"errors":{"address1":["Field may not be null."]}}"#
    );
    let used = caller.delete("/addresses/20").await;
    assert_eq!(
        (used.status, used.text.as_str()),
        (
            422,
            r#"{"errors":{"subscriptions":["Address has active subscriptions"]}}"#
        )
    );
    assert_eq!(caller.delete("/addresses/21").await.status, 204);
    let body = json!({"customer_id": 2, "address1": "5 Low Ln", "city": "Auburn", "province": "Alabama", "zip": "35004",
        "country_code": "US", "first_name": "Lee", "last_name": "Example", "phone": ""});
    let got = caller.post("/addresses", body).await;
    assert_eq!(
        (got.status, &got.json()["address"]["id"]),
        (201, &json!(23))
    );
}

#[tokio::test]
async fn onetimes_go_with_a_charge() {
    let (running, caller) = open(shop()).await;
    let body = json!({"address_id": 20, "external_variant_id": {"ecommerce": "77"}, "quantity": 1, "price": "3.00",
        "product_title": "Laces", "add_to_next_charge": true});
    let got = caller.post("/onetimes", body).await;
    assert_eq!(got.status, 201, "{}", got.text);
    let id = got.json()["onetime"]["id"].as_i64().unwrap();
    assert_eq!(
        got.json()["onetime"]["next_charge_scheduled_at"],
        "2026-12-05"
    );
    let total = |running: &Running| running.truth(1)["charges"][0]["total_price"].clone();
    assert_eq!(total(&running), "27.90");
    caller
        .put(&format!("/onetimes/{id}"), json!({"quantity": 2}))
        .await;
    assert_eq!(total(&running), "30.90");
    assert_eq!(caller.delete(&format!("/onetimes/{id}")).await.status, 204);
    assert_eq!(total(&running), "24.90");
}
