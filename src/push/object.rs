//! A subscription as an object on a timeline. Pure: the same subscription always makes the same object, so that its mark
//! tells whether there is anything to write.

use serde_json::{Map, Number, Value, json};

use super::kustomer::{Kept, Object};
use crate::domain::day::{Day, Instant};
use crate::domain::email::FingerprintKey;
use crate::domain::id::CustomerId;
use crate::domain::install::{Install, InstallName};
use crate::domain::links::Links;
use crate::domain::money::Currency;
use crate::domain::subscription::Subscription;
use crate::domain::timeline::external_id;
use crate::helpdesk::kustomer::definition::{CUSTOMER, MARK};
use crate::views::facts;
use crate::views::format::machine_instant;
use crate::views::readable::readable;
use crate::views::text::{kustomer as text, status};

/// As many letters as a one-line attribute takes, and fewer than a multi-line one may.
const LONGEST: usize = 1_000;

/// What an object is made with besides the subscription.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Where the subscription is from.
    pub install: &'a Install,
    /// Where its links lead.
    pub links: &'a Links,
    /// The shop's currency.
    pub currency: Option<&'a Currency>,
    /// What marks are made with; the same for a store's whole life.
    pub key: &'a FingerprintKey,
}

/// An object, and the mark of its content: of all that is written but `imported_at`.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    /// As it is to be written.
    pub object: Object,
    /// Equal for equal content; it is among the attributes too, so that an object says itself what it was made of.
    pub mark: String,
}

/// What an object that stands on a timeline says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The install that it is from.
    pub install: InstallName,
    /// Whose it is at the provider.
    pub customer: CustomerId,
    /// What it was made of; empty where it does not say so.
    pub mark: String,
}

impl Origin {
    /// `None`: it is none that Sidecard has made.
    pub fn of(kept: &Kept) -> Option<Self> {
        let text = |name: &str| Some(kept.custom.get(name)?.as_str()?.to_owned());
        let install = kept.external_id.as_deref()?.split(':').nth(1)?;
        Some(Self {
            install: InstallName::parse(install).ok()?,
            customer: CustomerId::new(text(CUSTOMER)?),
            mark: text(MARK).unwrap_or_default(),
        })
    }
}

/// A subscription of a customer as an object.
///
/// What is not known is null, which clears it; but SKU and picture, which a subscription may have from a charge, are then
/// left as they are.
pub fn object(ground: Ground<'_>, customer: &CustomerId, subscription: &Subscription) -> Marked {
    let install = ground.install;
    let mut object = Object {
        external_id: external_id(&install.provider, &install.name, &subscription.id),
        title: cut(&text::title(subscription)),
        description: text::summary(subscription, ground.currency),
        custom: attributes(ground, customer, subscription),
        images: subscription
            .product
            .image_url
            .iter()
            .map(|url| url.as_str().to_owned())
            .collect(),
        created_at: subscription.created_at.map(machine_instant),
        imported_at: None,
    };
    let mark = ground
        .key
        .of("timeline object", &json!(object).to_string())
        .to_string();
    object.custom.insert(MARK.to_owned(), mark.clone().into());
    Marked { object, mark }
}

fn attributes(
    ground: Ground<'_>,
    customer: &CustomerId,
    subscription: &Subscription,
) -> Map<String, Value> {
    let product = &subscription.product;
    let price = subscription.price.as_ref();
    let price = price.map(|price| price.in_shop_currency(ground.currency));
    let currency = price.as_ref().and_then(|price| price.currency.as_ref());
    let link = ground.links.to_subscription(&subscription.id);
    let mut custom = Map::new();
    let mut put = |name: &str, value: Value| drop(custom.insert(name.to_owned(), value));
    put("statusStr", status(&subscription.status).into());
    put("productStr", said(Some(&facts::product(subscription))));
    put("variantStr", said(facts::variant(subscription).as_deref()));
    if product.own_sku().is_some() {
        put("skuStr", said(product.own_sku()));
    }
    put(
        "quantityNum",
        subscription.quantity.map_or(Value::Null, Value::from),
    );
    put(
        "priceNum",
        number(price.as_ref().map(|price| price.amount_text())),
    );
    put("currencyStr", said(currency.map(|code| code.code())));
    put("rhythmStr", said(text::rhythm(subscription).as_deref()));
    put(
        "nextChargeAt",
        instant(subscription.next_billing_date.map(Day::noon)),
    );
    put("cancelledAt", instant(subscription.cancelled_at));
    put(
        "reasonTxt",
        said(subscription.cancellation_reason.as_deref()),
    );
    put(
        "commentTxt",
        said(subscription.cancellation_comment.as_deref()),
    );
    put("shopStr", ground.install.shop.as_str().into());
    put(CUSTOMER, customer.as_str().into());
    put("subscriptionStr", subscription.id.as_str().into());
    put(
        "rechargeUrl",
        link.map_or(Value::Null, |link| link.as_str().into()),
    );
    custom
}

/// A text that says something, cut where an attribute ends.
fn said(text: Option<&str>) -> Value {
    readable(text).map_or(Value::Null, |text| cut(&text).into())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn instant(at: Option<Instant>) -> Value {
    at.map_or(Value::Null, |at| machine_instant(at).into())
}

/// Kustomer's numbers are JSON's: what no such number can be is left empty.
fn number(amount: Option<String>) -> Value {
    let number = amount.and_then(|amount| amount.parse().ok());
    number
        .and_then(Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests;
