use std::collections::BTreeSet;

use super::*;
use crate::domain::day::Day;
use crate::domain::id::SubscriptionId;
use crate::domain::install::InstallName;
use crate::domain::links::UrlTemplate;
use crate::domain::money::{Currency, Money};
use crate::domain::shop::Shop;
use crate::domain::subscription::{Interval, Product, Status, Unit};
use crate::domain::web_url::WebUrl;
use crate::helpdesk::kustomer::definition::ATTRIBUTES;

fn install() -> Install {
    let shop = Shop::parse("acme-usa").unwrap();
    Install {
        name: InstallName::from(&shop),
        provider: "recharge".into(),
        shop,
        contact: None,
        customer_link: None,
        subscription_link: None,
        shows_links: true,
    }
}

fn subscription() -> Subscription {
    let days = |frequency| {
        Some(Interval {
            frequency,
            unit: Unit::Day,
        })
    };
    Subscription {
        id: SubscriptionId::new("585000001"),
        status: Status::Active,
        created_at: chrono::DateTime::from_timestamp(1_737_838_502, 0),
        updated_at: chrono::DateTime::from_timestamp(1_790_000_000, 0),
        billing_interval: days(90),
        delivery_interval: days(30),
        keeps_to: None,
        is_prepaid: false,
        next_billing_date: Day::new(2026, 12, 15),
        cancelled_at: None,
        cancellation_reason: None,
        cancellation_comment: None,
        payment_attempts_exhausted: false,
        ends_after_charges: None,
        price: Money::parse("98.00", Some(Currency::parse("USD").unwrap())).ok(),
        quantity: Some(2),
        product: Product {
            name: Some("Wool Runner".into()),
            variant: Some("Default Title".into()),
            sku: Some("WOOL100".into()),
            sku_override: Some(true),
            image_url: WebUrl::parse("https://cdn.acme.example/1.png").ok(),
            ..Product::default()
        },
        properties: Vec::new(),
    }
}

fn made(of: &Subscription) -> Marked {
    made_in(of, None)
}

fn made_in(of: &Subscription, currency: Option<&Currency>) -> Marked {
    let (install, key) = (install(), FingerprintKey::new(vec![7; 32]));
    let links = Links {
        subscription: UrlTemplate::parse("https://dash.example/{id}", "acme-usa").ok(),
        ..Links::default()
    };
    let ground = Ground {
        install: &install,
        links: &links,
        currency,
        key: &key,
    };
    object(ground, &CustomerId::new("176700001"), of)
}

#[test]
fn an_amount_without_a_currency_is_in_the_shops_and_what_is_not_known_is_empty() {
    let mut bare = subscription();
    bare.price = bare.price.map(|price| Money {
        currency: None,
        ..price
    });
    bare.quantity = None;
    bare.product.sku_override = Some(false);
    let shop = Currency::parse("GBP").unwrap();
    let Marked { object, .. } = made_in(&bare, Some(&shop));
    assert_eq!(object.custom["currencyStr"], "GBP");
    assert!(
        object.description.contains("£98.00"),
        "{}",
        object.description
    );
    assert!(object.custom["quantityNum"].is_null());
    assert!(
        !object.custom.contains_key("skuStr"),
        "it is not what is shipped"
    );
    assert_eq!(object.title, "Wool Runner");
    let Marked { object, .. } = made(&bare);
    assert!(object.custom["currencyStr"].is_null());
}

#[test]
fn a_subscription_says_on_a_timeline_what_its_card_says() {
    let Marked { object, mark } = made(&subscription());
    assert_eq!(object.external_id, "recharge:acme-usa:sub:585000001");
    assert_eq!(object.title, "2 × Wool Runner");
    assert_eq!(
        object.description,
        "Active · $98.00 · every 30 days, paid every 90 days · next charge 15 Dec 2026"
    );
    assert_eq!(object.created_at.as_deref(), Some("2025-01-25T20:55:02Z"));
    assert_eq!(object.images, ["https://cdn.acme.example/1.png"]);
    let expected = json!({
        "statusStr": "Active", "productStr": "Wool Runner", "variantStr": null, "skuStr": "WOOL100",
        "quantityNum": 2, "priceNum": 98.0, "currencyStr": "USD",
        "rhythmStr": "30 days, paid every 90 days", "nextChargeAt": "2026-12-15T12:00:00Z",
        "cancelledAt": null, "reasonTxt": null, "commentTxt": null, "shopStr": "acme-usa",
        "customerStr": "176700001", "subscriptionStr": "585000001",
        "rechargeUrl": "https://dash.example/585000001", "markStr": mark,
    });
    assert_eq!(Value::Object(object.custom.clone()), expected);
    let known: BTreeSet<&str> = ATTRIBUTES.iter().map(|(name, _)| *name).collect();
    let used: BTreeSet<&str> = object.custom.keys().map(String::as_str).collect();
    assert_eq!(used, known, "every attribute of the klass, and no other");
}

#[test]
fn the_mark_changes_with_what_is_seen_and_with_nothing_else() {
    let before = made(&subscription()).mark;
    let mut touched = subscription();
    touched.updated_at = None;
    touched.properties.clear();
    assert_eq!(made(&touched).mark, before);
    let changes: [fn(&mut Subscription); 6] = [
        |s| s.status = Status::Cancelled,
        |s| s.quantity = Some(1),
        |s| s.next_billing_date = None,
        |s| s.price = None,
        |s| s.cancellation_comment = Some("too much".into()),
        |s| s.product.name = None,
    ];
    for change in changes {
        let mut changed = subscription();
        change(&mut changed);
        assert_ne!(made(&changed).mark, before, "{changed:?}");
    }
}

#[test]
fn what_a_charge_alone_tells_is_left_as_it_is_when_it_is_not_known() {
    let mut bare = subscription();
    bare.product = Product::default();
    bare.price = None;
    let object = made(&bare).object;
    assert!(!object.custom.contains_key("skuStr") && object.images.is_empty());
    assert_eq!(object.title, "2 × Unnamed product");
    assert_eq!(object.custom["priceNum"], Value::Null);
}

#[test]
fn a_long_text_is_cut_where_the_attribute_ends() {
    let mut long = subscription();
    long.cancellation_reason = Some("ü".repeat(3_000));
    let custom = made(&long).object.custom;
    assert_eq!(custom["reasonTxt"].as_str().unwrap().chars().count(), 1_001);
}
