//! Finding customers by each kind of subject.

use std::sync::Barrier;

use serde_json::{Value, json};

use super::server::{Reply, Seen, Server, credentials, ok};
use crate::domain::email::Email;
use crate::domain::id::{CustomerId, OrderId, ShopifyCustomerId, SubscriptionId};
use crate::domain::question::Subject;
use crate::provider::{Provider, ProviderError};

fn customer(id: u64, email: &str, created_at: &str) -> Value {
    json!({"id": id, "email": email, "created_at": created_at, "external_customer_id": {"ecommerce": format!("79{id}")}})
}

fn email(text: &str) -> Subject {
    Subject::Email(Email::parse(text).unwrap())
}

async fn find(server: &Server, subject: &Subject) -> Result<Vec<String>, ProviderError> {
    let found = server.provider().customers(&credentials(), subject).await?;
    Ok(found.iter().map(|c| c.id.to_string()).collect())
}

fn targets(server: &Server) -> Vec<String> {
    server.seen().into_iter().map(|seen| seen.target).collect()
}

#[tokio::test]
async fn both_spellings_are_asked_for_at_once_and_united() {
    // Neither is answered before both have come: one after the other, this would wait for ever.
    let both = Barrier::new(2);
    let server = Server::start(move |seen: &Seen| {
        both.wait();
        let old = customer(1, "KIM@acme.example", "2024-01-01T00:00:00Z");
        let new = customer(2, "kim@acme.example", "2025-01-01T00:00:00Z");
        ok(&match seen.parameter("email").as_deref() {
            Some("Kim@Acme.example") => json!({"customers": [old]}),
            _ => json!({"customers": [old, new]}),
        })
    });
    assert_eq!(
        find(&server, &email("Kim@Acme.example")).await.unwrap(),
        ["2", "1"]
    );
    let mut asked = targets(&server);
    asked.sort();
    assert_eq!(
        asked,
        [
            "/customers?email=Kim%40Acme.example&limit=250",
            "/customers?email=kim%40acme.example&limit=250"
        ]
    );
}

#[tokio::test]
async fn one_spelling_is_one_call_and_other_addresses_are_dropped() {
    let server = Server::start(|_| {
        ok(&json!({"customers": [
            customer(9, "kim@acme.example", "2024-01-01T00:00:00Z"),
            customer(10, "kim@acme.example", "2024-01-01T00:00:00Z"),
            customer(11, "kim+x@acme.example", "2025-01-01T00:00:00Z"),
            {"id": 12},
            {"id": 13, "email": null},
        ]}))
    });
    // Of two that were made at once, the greater id is the newer.
    assert_eq!(
        find(&server, &email("kim@acme.example")).await.unwrap(),
        ["10", "9"]
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn when_one_spelling_fails_the_answer_is_not_half() {
    let server = Server::start(|seen: &Seen| match seen.parameter("email").as_deref() {
        Some("KIM@acme.example") => super::server::status(500, "", ""),
        _ => ok(&json!({"customers": [customer(1, "kim@acme.example", "")]})),
    });
    let error = find(&server, &email("KIM@acme.example")).await.unwrap_err();
    assert_eq!(error.label(), "broken");
}

#[tokio::test]
async fn nobody_is_an_empty_list_and_a_body_without_a_list_is_not() {
    let server = Server::start(|_| {
        ok(&json!({"next_cursor": null, "previous_cursor": null, "customers": []}))
    });
    let nobody = find(&server, &email("kim@acme.example")).await.unwrap();
    assert!(nobody.is_empty());

    for body in [
        json!({}),
        json!([]),
        json!(null),
        json!({"customers": null}),
        json!({"customers": [{"email": "x"}, 7]}),
    ] {
        let server = Server::start(move |_| ok(&body));
        let error = find(&server, &email("kim@acme.example")).await.unwrap_err();
        assert_eq!(error.label(), "broken");
    }
}

#[tokio::test]
async fn an_id_finds_that_customer_alone() {
    let server = Server::start(|_| {
        ok(
            &json!({"customers": [customer(176700001, "a@a.example", ""), customer(2, "b@b.example", "")]}),
        )
    });
    let subject = Subject::Customer(CustomerId::new("176700001"));
    assert_eq!(find(&server, &subject).await.unwrap(), ["176700001"]);
    let subject = Subject::ShopifyCustomer(ShopifyCustomerId::new("792"));
    assert_eq!(find(&server, &subject).await.unwrap(), ["2"]);
    assert_eq!(
        targets(&server),
        [
            "/customers?ids=176700001&limit=250",
            "/customers?external_customer_id=792&limit=250"
        ]
    );
}

#[tokio::test]
async fn what_is_no_id_of_recharges_is_not_asked_for() {
    let server = Server::start(|_| Reply::Silence);
    for text in ["", "kim", "1,2", "../store", "1 2", "-1"] {
        let subject = Subject::Customer(CustomerId::new(text));
        assert!(find(&server, &subject).await.unwrap().is_empty());
        let subject = Subject::Subscription(SubscriptionId::new(text));
        assert!(find(&server, &subject).await.unwrap().is_empty());
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_subscription_leads_to_its_customer() {
    let server = Server::start(|seen: &Seen| {
        ok(&match seen.path() {
            "/subscriptions" => {
                json!({"subscriptions": [{"id": 585, "customer_id": 7}, {"id": 1, "customer_id": 8}]})
            }
            _ => json!({"customers": [customer(7, "a@a.example", "")]}),
        })
    });
    let subject = Subject::Subscription(SubscriptionId::new("585"));
    assert_eq!(find(&server, &subject).await.unwrap(), ["7"]);
    assert_eq!(
        targets(&server),
        ["/subscriptions?ids=585", "/customers?ids=7&limit=250"]
    );
}

#[tokio::test]
async fn an_order_leads_to_its_customer() {
    let server = Server::start(|seen: &Seen| {
        ok(&match seen.path() {
            "/orders" => json!({"orders": [
                {"id": 1, "external_order_id": {"ecommerce": "6001"}, "customer": {"id": 7}},
                {"id": 2, "external_order_id": {"ecommerce": "6001"}, "customer": {"id": "7"}},
                {"id": 3, "external_order_id": {"ecommerce": "6002"}, "customer": {"id": 8}},
                {"id": 4, "external_order_id": {"ecommerce": null}, "customer": {"id": 9}},
                {"id": 5, "external_order_id": {"ecommerce": "6001"}, "customer": null},
            ]}),
            _ => json!({"customers": [customer(7, "a@a.example", "")]}),
        })
    });
    let subject = Subject::Order(OrderId::new("6001"));
    assert_eq!(find(&server, &subject).await.unwrap(), ["7"]);
    assert_eq!(
        targets(&server),
        [
            "/orders?external_order_id=6001&limit=250",
            "/customers?ids=7&limit=250"
        ]
    );
}

#[tokio::test]
async fn an_orders_number_is_looked_for_among_the_newest() {
    // Page n has the orders 9000 - n, and a next page for ever.
    let server = Server::start(|seen: &Seen| {
        ok(&match (seen.path(), seen.parameter("external_order_id")) {
            ("/orders", Some(_)) => json!({"orders": []}),
            ("/orders", None) => {
                let page: u64 = seen
                    .parameter("cursor")
                    .map_or(0, |cursor| cursor.parse().unwrap());
                json!({
                    "next_cursor": (page + 1).to_string(),
                    "orders": [
                        {"id": 1, "external_order_number": {"ecommerce": null}, "customer": {"id": 8}},
                        {"id": 2, "external_order_number": {"ecommerce": 9000 - page}, "customer": {"id": 7}},
                    ],
                })
            }
            _ => json!({"customers": [customer(7, "a@a.example", "")]}),
        })
    });
    let order = |number: &str| Subject::Order(OrderId::new(number));
    assert_eq!(find(&server, &order("8998")).await.unwrap(), ["7"]);
    assert_eq!(
        targets(&server),
        [
            "/orders?external_order_id=8998&limit=250",
            "/orders?limit=250",
            "/orders?cursor=1&limit=250",
            "/orders?cursor=2&limit=250",
            "/customers?ids=7&limit=250"
        ]
    );
    // Past a thousand orders nobody is looked for.
    let before = targets(&server).len();
    assert!(find(&server, &order("8996")).await.unwrap().is_empty());
    assert_eq!(
        targets(&server).len() - before,
        1 + super::super::orders::MOST_PAGES
    );
    // An id of Shopify's is no number.
    let before = targets(&server).len();
    assert!(
        find(&server, &order("6001000000001"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(targets(&server).len() - before, 1);
}

#[tokio::test]
async fn what_leads_nowhere_takes_one_call() {
    let server = Server::start(|seen: &Seen| ok(&json!({seen.path().trim_start_matches('/'): []})));
    for subject in [
        Subject::Subscription(SubscriptionId::new("585")),
        Subject::Order(OrderId::new("6001000000001")),
    ] {
        assert!(find(&server, &subject).await.unwrap().is_empty());
    }
    assert_eq!(server.seen().len(), 2);
}
