//! A charge, frozen; and money and addresses, which subscriptions have too.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::charge::{Charge, ChargeStatus, LineItem};
use crate::domain::day::{Day, EASTERN, Instant};
use crate::domain::id::{ChargeId, OnetimeId, OrderId, ProductId, SubscriptionId, VariantId};
use crate::domain::money::{Currency, Money};
use crate::domain::web_url::WebUrl;

#[derive(Serialize, Deserialize)]
pub(super) struct Frozen {
    id: String,
    status: Status,
    scheduled: Option<NaiveDate>,
    originally: Option<NaiveDate>,
    processed_at: Option<Instant>,
    /// A day, written as an instant of it: midnight US Eastern before it was a day.
    retry_at: Option<Instant>,
    last_attempt_at: Option<Instant>,
    error: Option<String>,
    error_code: Option<String>,
    total: Option<FrozenMoney>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refunded: Option<FrozenMoney>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    final_total: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merged_at: Option<Instant>,
    items: Vec<Item>,
    /// Younger than the format, and a card without it is a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    order: Option<String>,
    created_at: Option<Instant>,
    updated_at: Option<Instant>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Success,
    Queued,
    Error,
    Skipped,
    Refunded,
    PartiallyRefunded,
    Pending,
    Other(String),
}

#[derive(Serialize, Deserialize)]
struct Item {
    subscription: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    onetime: Option<String>,
    product: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variant_id: Option<String>,
    name: Option<String>,
    variant: Option<String>,
    quantity: Option<u32>,
    sku: Option<String>,
    image: Option<String>,
}

/// The amount with all its digits, and the currency's code or word.
#[derive(Serialize, Deserialize)]
pub(super) struct FrozenMoney(String, Option<String>);

/// Money as it is written down.
pub(super) fn money(money: &Money) -> FrozenMoney {
    let code = money.currency.as_ref().map(|c| c.code().to_owned());
    FrozenMoney(money.amount.to_string(), code)
}

/// And back; `None` where it is none any more.
pub(super) fn to_money(FrozenMoney(amount, code): FrozenMoney) -> Option<Money> {
    let currency = code.and_then(|code| Currency::sent(&code));
    Money::parse(&amount, currency).ok()
}

/// An address as it is written down.
pub(super) fn url(url: &WebUrl) -> String {
    url.as_str().to_owned()
}

/// And back; `None` where it may not be loaded any more.
pub(super) fn to_url(text: String) -> Option<WebUrl> {
    WebUrl::parse(&text).ok()
}

impl From<&Charge> for Frozen {
    fn from(charge: &Charge) -> Self {
        let order = charge.shopify_order_id.as_ref();
        Self {
            id: charge.id.as_str().to_owned(),
            status: (&charge.status).into(),
            scheduled: charge.scheduled_at.map(Day::date),
            originally: charge.originally_scheduled_at.map(Day::date),
            processed_at: charge.processed_at,
            retry_at: charge.retry_date.map(Day::noon),
            last_attempt_at: charge.last_attempt_at,
            error: charge.error.clone(),
            error_code: charge.error_code.clone(),
            total: charge.total.as_ref().map(money),
            refunded: charge.refunded.as_ref().map(money),
            final_total: charge.is_total_final,
            merged_at: charge.merged_at,
            items: charge.items.iter().map(Into::into).collect(),
            city: charge.city.clone(),
            order: order.map(|id| id.as_str().to_owned()),
            created_at: charge.created_at,
            updated_at: charge.updated_at,
        }
    }
}

impl From<Frozen> for Charge {
    fn from(frozen: Frozen) -> Self {
        Self {
            id: ChargeId::new(frozen.id),
            status: frozen.status.into(),
            scheduled_at: frozen.scheduled.map(Day::from),
            originally_scheduled_at: frozen.originally.map(Day::from),
            processed_at: frozen.processed_at,
            retry_date: frozen.retry_at.map(|at| EASTERN.day_of(at)),
            last_attempt_at: frozen.last_attempt_at,
            error: frozen.error,
            error_code: frozen.error_code,
            total: frozen.total.and_then(to_money),
            refunded: frozen.refunded.and_then(to_money),
            is_total_final: frozen.final_total,
            merged_at: frozen.merged_at,
            items: frozen.items.into_iter().map(Into::into).collect(),
            city: frozen.city,
            shopify_order_id: frozen.order.map(OrderId::new),
            created_at: frozen.created_at,
            updated_at: frozen.updated_at,
        }
    }
}

impl From<&ChargeStatus> for Status {
    fn from(status: &ChargeStatus) -> Self {
        match status {
            ChargeStatus::Success => Self::Success,
            ChargeStatus::Queued => Self::Queued,
            ChargeStatus::Error => Self::Error,
            ChargeStatus::Skipped => Self::Skipped,
            ChargeStatus::Refunded => Self::Refunded,
            ChargeStatus::PartiallyRefunded => Self::PartiallyRefunded,
            ChargeStatus::Pending => Self::Pending,
            ChargeStatus::Other(text) => Self::Other(text.clone()),
        }
    }
}

impl From<Status> for ChargeStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Success => Self::Success,
            Status::Queued => Self::Queued,
            Status::Error => Self::Error,
            Status::Skipped => Self::Skipped,
            Status::Refunded => Self::Refunded,
            Status::PartiallyRefunded => Self::PartiallyRefunded,
            Status::Pending => Self::Pending,
            Status::Other(text) => Self::Other(text),
        }
    }
}

impl From<&LineItem> for Item {
    fn from(item: &LineItem) -> Self {
        Self {
            subscription: item.subscription.as_ref().map(|id| id.as_str().to_owned()),
            onetime: item.onetime.as_ref().map(|id| id.as_str().to_owned()),
            product: item.product.as_ref().map(|id| id.as_str().to_owned()),
            variant_id: item.variant_id.as_ref().map(|id| id.as_str().to_owned()),
            name: item.name.clone(),
            variant: item.variant.clone(),
            quantity: item.quantity,
            sku: item.sku.clone(),
            image: item.image_url.as_ref().map(url),
        }
    }
}

impl From<Item> for LineItem {
    fn from(item: Item) -> Self {
        Self {
            subscription: item.subscription.map(SubscriptionId::new),
            onetime: item.onetime.map(OnetimeId::new),
            product: item.product.map(ProductId::new),
            variant_id: item.variant_id.map(VariantId::new),
            name: item.name,
            variant: item.variant,
            quantity: item.quantity,
            sku: item.sku,
            image_url: item.image.and_then(to_url),
        }
    }
}
