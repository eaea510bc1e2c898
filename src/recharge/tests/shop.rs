//! The shop, the token, and what the provider says of itself.

use serde_json::json;

use super::server::{Seen, Server, TOKEN, credentials, ok, status};
use crate::domain::day::Zone;
use crate::provider::{Provider, ProviderError};

#[tokio::test]
async fn the_store_says_zone_currency_portal_and_shop() {
    let server = Server::start(|_| {
        ok(&json!({"store": {
            "id": 126001, "currency": "USD", "identifier": "acme-usa.myshopify.com", "name": "Example",
            "merchant_portal_base_url": "https://acme.admin.rechargeapps.com",
            "timezone": {"iana_name": "America/New_York", "name": "(GMT-05:00) Eastern Time (US & Canada)"},
        }}))
    });
    let shop = server.provider().shop(&credentials()).await.unwrap();
    assert_eq!(shop.zone, Zone::named("America/New_York"));
    assert_eq!(shop.currency.unwrap().code(), "USD");
    assert_eq!(
        shop.portal.unwrap().as_str(),
        "https://acme.admin.rechargeapps.com/"
    );
    assert_eq!(shop.shop.unwrap().as_str(), "acme-usa");
    assert_eq!(server.seen()[0].target, "/store");
}

#[tokio::test]
async fn without_that_scope_the_root_says_the_most_important() {
    let server = Server::start(|seen: &Seen| match seen.path() {
        "/" => ok(
            &json!({"store": {"currency": "EUR", "iana_timezone": "Europe/Berlin", "store_id": 112, "store_url": "acme-eu.myshopify.com"}}),
        ),
        _ => status(403, "", ""),
    });
    let shop = server.provider().shop(&credentials()).await.unwrap();
    assert_eq!(shop.zone, Zone::named("Europe/Berlin"));
    assert_eq!(shop.currency.unwrap().code(), "EUR");
    assert_eq!(shop.shop.unwrap().as_str(), "acme-eu");
    assert_eq!(shop.portal, None);

    let server = Server::start(|_| status(403, "", ""));
    let answer = server.provider().shop(&credentials()).await;
    assert_eq!(answer, Err(ProviderError::Forbidden));
    assert_eq!(server.seen().len(), 2);

    let server = Server::start(|_| status(401, "", r#"{"error":"bad authentication"}"#));
    let answer = server.provider().shop(&credentials()).await;
    assert_eq!(answer, Err(ProviderError::Refused));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_token_tells_its_name_and_scopes() {
    let server = Server::start(|_| {
        ok(
            &json!({"token_information": {"client": null, "contact_email": "ops@acme.example", "name": "Helpdesk app",
            "scopes": ["read_customers", "read_store", null]}}),
        )
    });
    let token = server.provider().token(&credentials()).await.unwrap();
    assert_eq!(token.name.as_deref(), Some("Helpdesk app"));
    assert_eq!(token.scopes, ["read_customers", "read_store"]);
    for scopes in [json!(null), json!("all")] {
        let body = json!({"token_information": {"name": "Sidecard", "scopes": scopes}});
        let server = Server::start(move |_| ok(&body));
        let told = server.provider().token(&credentials()).await;
        assert_eq!(told.unwrap_err().label(), "broken", "not known is not none");
    }
    assert_eq!(server.seen()[0].target, "/token_information");

    let server = Server::start(|_| ok(&json!({"token": {}})));
    let answer = server.provider().token(&credentials()).await;
    assert_eq!(answer.unwrap_err().label(), "broken");
}

#[tokio::test]
async fn it_names_itself_and_prints_nothing() {
    let server = Server::start(|_| ok(&json!({})));
    let provider = server.provider();
    assert_eq!(provider.name(), "recharge");
    let printed = format!("{provider:?} {:?}", credentials());
    assert!(!printed.contains("127.0.0.1") && !printed.contains(TOKEN));
}

#[tokio::test]
async fn a_tokens_prefix_says_how_many_calls_it_may_make() {
    let provider = Server::start(|_| ok(&json!({}))).provider();
    let rate = |token: &str| {
        let rate = provider.rate(&String::from(token).into());
        (rate.capacity, rate.per_second)
    };
    assert_eq!(rate("sk_2x1_00ab"), (40, 4.0));
    assert_eq!(rate("sk_test_10x3_00ab"), (120, 20.0));
    for usual in [
        "",
        "00ab",
        "sk_00ab",
        "sk_0x9_a",
        "sk_1x99999_a",
        "sk_test_x_a",
    ] {
        assert_eq!(rate(usual), (40, 2.0), "{usual}");
    }
}
