//! Before there is an answer: tokens, versions, scopes, paths and the bucket.

use chrono::TimeDelta;
use reqwest::Method;

use super::*;

fn tokens() -> Value {
    json!([
        {"token": TOKEN, "name": "Helpdesk", "scopes": ["read_customers", "store_info"], "client_secret": "s", "contact_email": "a@b"},
        {"token": "sk_test_2x3_00000000000000000000000000000000000000000000000000000000000fa4e1", "name": "Fast", "scopes": []},
    ])
}

#[tokio::test]
async fn a_missing_and_a_wrong_token_get_the_same_401_and_are_counted() {
    let (_running, caller) = open(with(&[])).await;
    let url = format!("{}/customers", caller.base);
    let missing = sent(caller.http.get(&url)).await.unwrap();
    let wrong = sent(
        caller
            .http
            .get(&url)
            .header("X-Recharge-Access-Token", "strfnt"),
    )
    .await
    .unwrap();
    for (got, limit) in [(missing, "1/40"), (wrong, "2/40")] {
        assert_eq!(
            (got.status, got.text.as_str()),
            (401, r#"{"error":"bad authentication"}"#)
        );
        assert_eq!(got.header("X-Recharge-Limit"), limit);
        assert_eq!(got.header("X-Recharge-Version"), "2021-01");
        assert_eq!(got.header("X-Request-Id").len(), 32);
    }
}

#[tokio::test]
async fn only_listed_tokens_are_let_in_when_there_is_a_list() {
    let (running, caller) = open(with(&[("tokens", tokens())])).await;
    assert_eq!(caller.get("/customers").await.status, 200);
    let other = Caller::of(&running, &TOKEN.replace("fa4e0", "fa4e9"));
    assert_eq!(other.get("/customers").await.status, 401);
}

#[tokio::test]
async fn token_information_needs_no_scope() {
    let (_running, caller) = open(with(&[("tokens", tokens())])).await;
    assert_eq!(
        caller.get("/token_information").await.text,
        r#"{"token_information":{"client":null,"contact_email":"a@b","name":"Helpdesk","scopes":["read_customers","store_info"]}}"#
    );
}

#[tokio::test]
async fn a_missing_scope_is_403() {
    let (_running, caller) = open(with(&[("tokens", tokens())])).await;
    for path in ["/customers", "/addresses", "/store", "/", "/webhooks"] {
        assert_eq!(caller.get(path).await.status, 200, "{path}");
    }
    for path in [
        "/subscriptions",
        "/charges",
        "/charges/1",
        "/orders",
        "/onetimes",
        "/payment_methods",
        "/events",
    ] {
        assert_eq!(caller.get(path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_built_in_token_without_orders_reads_the_rest() {
    let options = Options {
        bucket: 1_000,
        ..as_written()
    };
    let (_running, mut caller) = open(options).await;
    // The built-in token with Read access to customers, subscriptions and payment methods alone.
    caller.token = built_in_token(1);
    for (path, status) in [
        ("/customers", 200),
        ("/subscriptions", 200),
        ("/onetimes", 200),
        ("/onetimes/586000092", 200),
        ("/payment_methods", 200),
        ("/payment_methods/178000261", 200),
        ("/store", 200),
        // Addresses belong to the scope of customers.
        ("/addresses", 200),
        ("/addresses/193700091", 200),
        ("/customers/176700010/delivery_schedule", 200),
        ("/charges", 403),
        ("/charges/1302000000", 403),
        ("/orders", 403),
        ("/orders/720000001", 403),
    ] {
        assert_eq!(caller.get(path).await.status, status, "{path}");
    }
    // With customers alone there are addresses, and nothing else of theirs.
    caller.token = built_in_token(2);
    for (path, status) in [
        ("/addresses", 200),
        ("/onetimes", 403),
        ("/onetimes/586000092", 403),
        ("/payment_methods", 403),
        ("/payment_methods/178000261", 403),
        ("/subscriptions", 403),
        ("/store", 403),
    ] {
        assert_eq!(caller.get(path).await.status, status, "{path}");
    }
    // Every object that a list shows can be read alone, with every scope.
    caller.token = built_in_token(0);
    for (plural, singular) in [
        ("addresses", "address"),
        ("onetimes", "onetime"),
        ("orders", "order"),
        ("payment_methods", "payment_method"),
    ] {
        let list = caller.get(&format!("/{plural}?limit=250")).await.json();
        let rows = list[plural].as_array().unwrap();
        assert!(!rows.is_empty(), "{plural}");
        for row in rows {
            let one = caller.get(&format!("/{plural}/{}", row["id"])).await;
            assert_eq!(one.json()[singular], *row);
        }
    }
}

#[tokio::test]
async fn a_change_needs_its_write_scopes() {
    let (_running, caller) = open(with(&[("tokens", tokens())])).await;
    for (method, path) in [
        (Method::POST, "/customers"),
        (Method::PUT, "/customers/1"),
        (Method::PUT, "/addresses/1"),
        (Method::POST, "/subscriptions/1/cancel"),
        (Method::POST, "/charges/1/skip"),
        (Method::POST, "/charges/1/process"),
        (Method::POST, "/charges/1/refund"),
        (Method::DELETE, "/onetimes/1"),
    ] {
        assert_eq!(caller.send(method, path, "{}").await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn a_body_is_an_object() {
    let (_running, caller) = open(shop()).await;
    let cancel = "/subscriptions/10/cancel";
    assert_eq!(caller.send(Method::POST, cancel, "[1]").await.status, 415);
    assert_eq!(caller.send(Method::POST, cancel, "{").await.status, 400);
}

#[tokio::test]
async fn the_root_takes_a_bearer_token_and_nothing_else_does() {
    let (_running, caller) = open(with(&[])).await;
    let bearer = |path: &str| {
        let url = format!("{}{path}", caller.base);
        sent(
            caller
                .http
                .get(url)
                .header("Authorization", format!("Bearer {TOKEN}")),
        )
    };
    assert_eq!(bearer("/").await.unwrap().status, 200);
    assert_eq!(bearer("/store").await.unwrap().status, 401);
}

#[tokio::test]
async fn versions_are_echoed_and_unknown_ones_are_426() {
    let (_running, caller) = open(with(&[])).await;
    assert_eq!(
        caller.get("/customers").await.header("X-Recharge-Version"),
        "2021-11"
    );
    let url = format!("{}/customers", caller.base);
    let request = || {
        caller
            .http
            .get(&url)
            .header("X-Recharge-Access-Token", TOKEN)
    };
    let unnamed = sent(request()).await.unwrap();
    assert_eq!(
        (unnamed.status, unnamed.header("X-Recharge-Version")),
        (200, "2021-01")
    );
    let unknown = sent(request().header("X-Recharge-Version", "2020-01"))
        .await
        .unwrap();
    assert_eq!(unknown.status, 426);
}

#[tokio::test]
async fn unknown_paths_objects_and_methods() {
    let (_running, caller) = open(with(&[("customers", json!([{"id": 1}]))])).await;
    for path in [
        "/nothing",
        "/customers/2",
        "/customers/x",
        "/customers/",
        "/customers/1/2/3",
        "/events/1",
    ] {
        let got = caller.get(path).await;
        assert_eq!(
            (got.status, got.text.as_str()),
            (404, r#"{"errors":"Not Found"}"#),
            "{path}"
        );
    }
    for (method, path) in [
        (Method::PATCH, "/customers"),
        (Method::POST, "/customers/1"),
        (Method::DELETE, "/webhooks"),
        (Method::GET, "/subscriptions/1/cancel"),
        (Method::PUT, "/charges/1/skip"),
        (Method::POST, "/store"),
    ] {
        let got = caller.send(method.clone(), path, "").await;
        assert_eq!(got.status, 405, "{method} {path}");
    }
    for path in ["/customers/1/cancel", "/subscriptions/x/cancel", "/nothing"] {
        assert_eq!(
            caller.send(Method::POST, path, "").await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn forty_calls_fit_and_two_a_second_leak() {
    let (running, caller) = open(with(&[])).await;
    for call in 1..=40 {
        let got = caller.get("/customers").await;
        assert_eq!(
            (got.status, got.header("X-Recharge-Limit")),
            (200, format!("{call}/40").as_str())
        );
    }
    let full = caller.get("/customers").await;
    assert_eq!(
        (full.status, full.text.as_str()),
        (429, r#"{"warning":"too many requests"}"#)
    );
    assert_eq!(full.header("X-Recharge-Limit"), "40/40");
    assert!(!full.headers.contains_key("Retry-After"));
    // Another token has a bucket of its own.
    assert_eq!(
        Caller::of(&running, &"a".repeat(32))
            .get("/customers")
            .await
            .status,
        200
    );

    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::seconds(10));
    let got = caller.get("/customers").await;
    assert_eq!((got.status, got.header("X-Recharge-Limit")), (200, "21/40"));
}

#[tokio::test]
async fn a_tokens_prefix_multiplies_its_bucket() {
    let (running, _) = open(with(&[("tokens", tokens())])).await;
    let caller = Caller::of(&running, tokens()[1]["token"].as_str().unwrap());
    for _ in 0..7 {
        caller.get("/").await;
    }
    assert_eq!(caller.get("/").await.header("X-Recharge-Limit"), "8/120");
    running.move_clock(at(FIXTURES_AS_OF) + TimeDelta::seconds(1));
    assert_eq!(caller.get("/").await.header("X-Recharge-Limit"), "5/120");
}

#[tokio::test]
async fn a_revoked_token_is_refused_everywhere() {
    let (running, caller) = open(with(&[])).await;
    assert_eq!(caller.get("/token_information").await.status, 200);
    running.revoke_token();
    for path in ["/token_information", "/", "/customers"] {
        assert_eq!(caller.get(path).await.status, 401, "{path}");
    }
}
