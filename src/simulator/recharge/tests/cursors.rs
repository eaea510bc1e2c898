//! Cursors and pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

pub(super) fn decoded(cursor: &Value) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor.as_str().unwrap()).unwrap()).unwrap()
}

/// 600 subscriptions of customer 7 and one of customer 8.
fn many() -> Options {
    let mut rows: Vec<_> = (1..=600)
        .map(|id| json!({"id": id, "customer_id": 7}))
        .collect();
    rows.push(json!({"id": 601, "customer_id": 8}));
    with(&[("subscriptions", json!(rows))])
}

#[tokio::test]
async fn six_hundred_rows_in_three_pages_and_back() {
    let (_running, caller) = open(many()).await;
    let first = caller.get("/subscriptions?customer_id=7&limit=250").await;
    let body = first.json();
    assert_eq!(
        first.ids("subscriptions"),
        (351..=600).rev().collect::<Vec<_>>()
    );
    assert_eq!(body["previous_cursor"], Value::Null);
    assert_eq!(
        decoded(&body["next_cursor"]),
        r#"{"customer_id":7,"starting_before_id":351,"last_value":351,"sort_by":"id-desc","cursor_dir":"next"}"#
    );

    let follow = |cursor: &Value| {
        let path = format!(
            "/subscriptions?limit=250&cursor={}",
            cursor.as_str().unwrap()
        );
        let caller = &caller;
        async move { caller.get(&path).await }
    };
    let second = follow(&body["next_cursor"]).await;
    assert_eq!(
        second.ids("subscriptions"),
        (101..=350).rev().collect::<Vec<_>>()
    );
    let third = follow(&second.json()["next_cursor"]).await;
    assert_eq!(
        third.ids("subscriptions"),
        (1..=100).rev().collect::<Vec<_>>()
    );
    assert_eq!(third.json()["next_cursor"], Value::Null);

    let back = follow(&third.json()["previous_cursor"]).await;
    assert_eq!(back.ids("subscriptions"), second.ids("subscriptions"));
    let start = follow(&back.json()["previous_cursor"]).await;
    assert_eq!(start.text, first.text);
}

#[tokio::test]
async fn what_is_beside_a_cursor_is_ignored() {
    let (_running, caller) = open(many()).await;
    let body = caller
        .get("/subscriptions?customer_id=7&limit=2")
        .await
        .json();
    let cursor = body["next_cursor"].as_str().unwrap();
    let got = caller
        .get(&format!(
            "/subscriptions?cursor={cursor}&limit=2&customer_id=8&sort_by=id-asc"
        ))
        .await;
    assert_eq!(got.ids("subscriptions"), [598, 597]);
}

#[tokio::test]
async fn a_full_last_page_has_no_cursor() {
    let (_running, caller) = open(many()).await;
    let body = caller.get("/subscriptions?ids=1,2&limit=2").await.json();
    assert_eq!(body["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_bad_cursor_is_422() {
    let (_running, caller) = open(many()).await;
    let written = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for cursor in [
        "nonsense".to_owned(),
        written("{}"),
        written(
            r#"{"starting_before_id":1,"last_value":1,"sort_by":"id-desc","cursor_dir":"sideways"}"#,
        ),
        written(
            r#"{"email":"x","starting_before_id":1,"last_value":1,"sort_by":"id-desc","cursor_dir":"next"}"#,
        ),
        written(
            r#"{"starting_before_id":1,"last_value":1,"sort_by":"price-desc","cursor_dir":"next"}"#,
        ),
    ] {
        let got = caller.get(&format!("/subscriptions?cursor={cursor}")).await;
        assert_eq!(
            (got.status, got.text.as_str()),
            (422, r#"{"errors":{"cursor":["Invalid value"]}}"#),
            "{cursor}"
        );
    }
}

#[tokio::test]
async fn limits_and_pages() {
    let (_running, caller) = open(many()).await;
    assert_eq!(
        caller
            .get("/subscriptions")
            .await
            .ids("subscriptions")
            .len(),
        50
    );
    assert_eq!(
        caller
            .get("/subscriptions?limit=2&page=2")
            .await
            .ids("subscriptions"),
        [599, 598]
    );
    assert!(
        caller
            .get("/subscriptions?limit=250&page=9")
            .await
            .ids("subscriptions")
            .is_empty()
    );
    for wrong in ["limit=0", "limit=251", "limit=x", "page=101"] {
        assert_eq!(
            caller.get(&format!("/subscriptions?{wrong}")).await.status,
            422,
            "{wrong}"
        );
    }
}
