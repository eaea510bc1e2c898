//! Subscriptions, charges and deliveries of a customer.

use serde_json::{Value, json};

use super::server::{Reply, Seen, Server, credentials, ok};
use crate::domain::id::CustomerId;
use crate::provider::{Provider, ProviderError};

fn customer() -> CustomerId {
    CustomerId::new("7")
}

fn subscription(id: u64) -> Value {
    json!({"id": id, "customer_id": 7, "status": "active"})
}

async fn subscriptions(server: &Server) -> Result<Vec<String>, ProviderError> {
    let provider = server.provider();
    let found = provider.subscriptions(&credentials(), &customer()).await?;
    Ok(found.iter().map(|s| s.id.to_string()).collect())
}

async fn charges(server: &Server) -> Result<Vec<String>, ProviderError> {
    let found = server
        .provider()
        .charges(&credentials(), &customer())
        .await?;
    Ok(found.iter().map(|c| c.id.to_string()).collect())
}

fn broken(detail: &str) -> ProviderError {
    ProviderError::Broken {
        detail: detail.into(),
    }
}

#[tokio::test]
async fn the_walk_follows_cursors_with_cursor_and_limit_alone() {
    let server = Server::start(|seen: &Seen| {
        ok(&match seen.parameter("cursor").as_deref() {
            None => {
                json!({"next_cursor": "a+/=", "subscriptions": [subscription(5), subscription(4)]})
            }
            Some("a+/=") => {
                json!({"next_cursor": "b", "subscriptions": [subscription(3), subscription(4)]})
            }
            _ => json!({"next_cursor": null, "subscriptions": [subscription(1)]}),
        })
    });
    // 4 came twice and is shown once.
    assert_eq!(subscriptions(&server).await.unwrap(), ["5", "4", "3", "1"]);
    let asked: Vec<_> = server.seen().iter().map(Seen::query).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        asked,
        [
            [pair("customer_id", "7"), pair("limit", "250")],
            [pair("cursor", "a+/="), pair("limit", "250")],
            [pair("cursor", "b"), pair("limit", "250")],
        ]
    );
}

#[tokio::test]
async fn an_empty_page_ends_the_walk_whatever_its_cursor() {
    let server = Server::start(|seen: &Seen| {
        ok(&match seen.parameter("cursor") {
            None => json!({"next_cursor": "a", "subscriptions": [subscription(5)]}),
            Some(_) => json!({"next_cursor": "b", "subscriptions": []}),
        })
    });
    assert_eq!(subscriptions(&server).await.unwrap(), ["5"]);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_cursor_that_comes_again_breaks_the_walk() {
    let server = Server::start(|seen: &Seen| {
        let next = match seen.parameter("cursor").as_deref() {
            None | Some("b") => "a",
            _ => "b",
        };
        ok(&json!({"next_cursor": next, "subscriptions": [subscription(5)]}))
    });
    assert_eq!(
        subscriptions(&server).await.unwrap_err(),
        broken("a cursor came twice")
    );
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_walk_without_end_is_broken_off() {
    let server = Server::start(|seen: &Seen| {
        let page: u32 = seen.parameter("cursor").map_or(0, |c| c.parse().unwrap());
        ok(&json!({"next_cursor": (page + 1).to_string(), "subscriptions": [subscription(5)]}))
    });
    assert_eq!(
        subscriptions(&server).await.unwrap_err(),
        broken("too many pages")
    );
}

#[tokio::test]
async fn a_page_that_fails_or_lacks_its_list_fails_the_walk() {
    for second in ["{}", r#"{"subscriptions": null, "next_cursor": null}"#] {
        let server = Server::start(move |seen: &Seen| match seen.parameter("cursor") {
            None => ok(&json!({"next_cursor": "a", "subscriptions": [subscription(5)]})),
            Some(_) => super::server::status(200, "", second),
        });
        assert_eq!(
            subscriptions(&server).await.unwrap_err(),
            broken("not the promised object")
        );
    }
    let server = Server::start(|seen: &Seen| match seen.parameter("cursor") {
        None => ok(&json!({"next_cursor": "a", "subscriptions": [subscription(5)]})),
        Some(_) => super::server::status(422, "", r#"{"errors":{"cursor":["Invalid value"]}}"#),
    });
    let error = subscriptions(&server).await.unwrap_err();
    assert_eq!(error.label(), "declined");
}

#[tokio::test]
async fn rows_without_an_id_are_left_out_and_another_customers_row_breaks() {
    let server = Server::start(|_| {
        ok(
            &json!({"subscriptions": [{"status": "active"}, 7, null, [5], {"id": 5}, subscription(4)]}),
        )
    });
    assert_eq!(subscriptions(&server).await.unwrap(), ["5", "4"]);

    let server = Server::start(|_| {
        ok(&json!({"subscriptions": [subscription(4), {"id": 9, "customer_id": 8}]}))
    });
    assert_eq!(
        subscriptions(&server).await.unwrap_err(),
        broken("a row of another customer")
    );
}

#[tokio::test]
async fn charges_are_one_page_whatever_follows() {
    let server = Server::start(|_| {
        ok(
            &json!({"next_cursor": "more", "charges": [{"id": 2, "customer": {"id": 7}}, {"id": 1}]}),
        )
    });
    assert_eq!(charges(&server).await.unwrap(), ["2", "1"]);
    assert_eq!(server.seen().len(), 1);
    assert_eq!(server.seen()[0].target, "/charges?customer_id=7&limit=250");

    let server = Server::start(|_| {
        ok(&json!({"charges": [{"id": 2, "customer": {"id": 8, "email": "x"}}]}))
    });
    assert_eq!(
        charges(&server).await.unwrap_err(),
        broken("a row of another customer")
    );
}

#[tokio::test]
async fn deliveries_are_those_that_are_paid_and_not_skipped() {
    let server = Server::start(|_| {
        let line = |id: Value, prepaid: bool, skipped: bool| json!({"subscription_id": id, "is_prepaid": prepaid, "is_skipped": skipped, "images": {}});
        ok(&json!({
            "customer": {"id": 7, "email": "kim@acme.example"},
            "deliveries": [
                {"date": "2026-12-01", "orders": [{"id": null, "charge_id": 5, "line_items": [
                    line(json!(585), true, false), line(json!(586), false, false), line(json!(587), true, true), line(json!(null), false, false),
                ]}, {"line_items": [line(json!(588), true, false)]}]},
                {"date": "2027-01-01T00:00:00", "orders": [{"line_items": [line(json!("585"), true, false)]}]},
                {"date": null, "orders": [{"line_items": [line(json!(585), false, false)]}]},
                {"date": "2027-01-15", "orders": [{"line_items": [
                    {"subscription_id": 585}, {"purchase_item_id": 586, "is_prepaid": null}, {"is_skipped": null},
                ]}]},
                {"date": "2027-02-01", "orders": null},
                "odd",
            ],
        }))
    });
    let found = server
        .provider()
        .deliveries(&credentials(), &customer())
        .await
        .unwrap();
    let found: Vec<_> = found
        .iter()
        .map(|d| format!("{} {}", d.subscription, d.date))
        .collect();
    assert_eq!(
        found,
        [
            "585 2026-12-01",
            "588 2026-12-01",
            "585 2027-01-01",
            "585 2027-01-15",
            "586 2027-01-15"
        ]
    );
    assert_eq!(server.seen()[0].target, "/customers/7/delivery_schedule");

    for body in [
        json!({"customer": {"id": 8}, "deliveries": []}),
        json!({"customer": {"id": 7}}),
        json!([]),
        json!({"deliveries": [{"date": "2027-01-01", "orders": [{"line_items": [{"is_prepaid": true}]}]}]}),
        json!({"deliveries": [{"orders": [{"line_items": [{"subscription_id": 585, "is_prepaid": true}]}]}]}),
    ] {
        let server = Server::start(move |_| ok(&body));
        let answer = server
            .provider()
            .deliveries(&credentials(), &customer())
            .await;
        assert_eq!(answer.unwrap_err().label(), "broken");
    }
}

#[tokio::test]
async fn a_customer_of_another_provider_is_not_asked_for() {
    let server = Server::start(|_| Reply::Silence);
    let (provider, with) = (server.provider(), credentials());
    let other = CustomerId::new("../store");
    let not_found = Some(ProviderError::NotFound);
    assert_eq!(provider.subscriptions(&with, &other).await.err(), not_found);
    assert_eq!(provider.charges(&with, &other).await.err(), not_found);
    assert_eq!(provider.deliveries(&with, &other).await.err(), not_found);
    assert!(server.seen().is_empty());
}
