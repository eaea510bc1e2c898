//! Recharge's objects as version 2021-11 sends them: the fields that Sidecard uses, each read leniently. New and unknown
//! fields are ignored: keys have appeared without notice since 2022.
//!
//! A calendar day is never shifted by a time zone, an instant always is. Which field is what:
//!
//! | object | days, as written | a day, sent as midnight US Eastern | instants |
//! |---|---|---|---|
//! | customer | – | – | `created_at`, `updated_at` |
//! | subscription | `next_charge_scheduled_at` | – | `cancelled_at`, `created_at`, `updated_at` |
//! | charge | `scheduled_at`, `original_scheduled_at` | `retry_date` | `processed_at`, `last_charge_attempt`, `merged_at`, `created_at`, `updated_at` |
//! | delivery schedule | `date` | – | – |
//!
//! What is missing, null or nonsense is not known ([`Maybe`]); `map` makes no "no" of it.
//!
//! Nothing here can be printed: it is all personal data.

mod body;
mod complaint;
mod dates;
mod images;
mod lenient;
mod trouble;

use serde::Deserialize;
use serde_json::Value;

pub use self::body::{Unreadable, parse};
pub use self::complaint::complaint;
pub use self::images::Images;
pub use self::lenient::{EasternDay, External, Id, Lenient, List, Maybe, Record};
pub use self::trouble::Trouble;
use crate::domain::day::{Day, Instant};

/// One page of a list.
pub struct Page {
    /// Its rows, not read yet.
    pub rows: Vec<Value>,
    /// What to ask for the next page with.
    pub next: Option<String>,
}

/// The envelope is not what the endpoint promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEnvelope;

/// Opens the envelope of a list: `{"next_cursor": …, "previous_cursor": …, "subscriptions": […]}`.
///
/// Here leniency ends: a body without its list says nothing, and taking it for an empty list would tell the agent that
/// the customer has no subscriptions. The same goes for a cursor that is there and can't be read. A cursor that is
/// missing, null or empty is the end (`/payment_methods` left the keys out in 2022).
pub fn page(body: Value, list: &str) -> Result<Page, NoEnvelope> {
    let Value::Object(mut fields) = body else {
        return Err(NoEnvelope);
    };
    let next = match fields.remove("next_cursor") {
        None | Some(Value::Null) => None,
        Some(Value::String(cursor)) if cursor.is_empty() => None,
        Some(Value::String(cursor)) => Some(cursor),
        Some(_) => return Err(NoEnvelope),
    };
    match fields.remove(list) {
        Some(Value::Array(rows)) => Ok(Page { rows, next }),
        _ => Err(NoEnvelope),
    }
}

/// Opens the envelope of a single object: `{"store": {…}}`.
pub fn single<T: Record>(body: Value, name: &str) -> Result<T, NoEnvelope> {
    let Value::Object(mut fields) = body else {
        return Err(NoEnvelope);
    };
    fields.remove(name).and_then(T::read).ok_or(NoEnvelope)
}

/// A row that belongs to a customer.
pub trait Owned {
    /// The customer's id, when the row says it.
    fn owner(&self) -> Option<&str>;
}

macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$about])* pub $field: $type,)*
        }
        impl Record for $name {}
    };
}

record!(
    /// 5.1.
    Customer {
        id: Maybe<Id>,
        created_at: Maybe<Instant>,
        email: Maybe<String>,
        external_customer_id: Maybe<External>,
        first_name: Maybe<String>,
        has_payment_method_in_dunning: Maybe<bool>,
        has_valid_payment_method: Maybe<bool>,
        last_name: Maybe<String>,
        phone: Maybe<String>,
        subscriptions_active_count: Maybe<u32>,
        subscriptions_total_count: Maybe<u32>,
        updated_at: Maybe<Instant>,
    }
);

record!(
    /// 5.2.
    Subscription {
        id: Maybe<Id>,
        customer_id: Maybe<Id>,
        cancellation_reason: Maybe<String>,
        cancellation_reason_comments: Maybe<String>,
        cancelled_at: Maybe<Instant>,
        charge_interval_frequency: Maybe<u32>,
        created_at: Maybe<Instant>,
        expire_after_specific_number_of_charges: Maybe<u32>,
        external_product_id: Maybe<External>,
        external_variant_id: Maybe<External>,
        is_prepaid: Maybe<bool>,
        max_retries_reached: Maybe<bool>,
        next_charge_scheduled_at: Maybe<Day>,
        order_day_of_month: Maybe<u32>,
        order_day_of_week: Maybe<u32>,
        order_interval_frequency: Maybe<u32>,
        order_interval_unit: Maybe<String>,
        presentment_currency: Maybe<String>,
        price: Maybe<String>,
        product_title: Maybe<String>,
        properties: List<Property>,
        purchase_item_type: Maybe<String>,
        quantity: Maybe<u32>,
        sku: Maybe<String>,
        sku_override: Maybe<bool>,
        status: Maybe<String>,
        updated_at: Maybe<Instant>,
        variant_title: Maybe<String>,
    }
);

impl Owned for Subscription {
    fn owner(&self) -> Option<&str> {
        self.customer_id.0.as_ref().map(|id| id.0.as_str())
    }
}

record!(
    /// `{"name": …, "value": …}`.
    Property {
        name: Maybe<String>,
        value: Maybe<String>,
    }
);

record!(
    /// 5.5. `charge_attempts` and `last_charge_attempt` are there on failed charges only.
    Charge {
        id: Maybe<Id>,
        created_at: Maybe<Instant>,
        currency: Maybe<String>,
        customer: Maybe<CustomerOf>,
        error: Maybe<Trouble>,
        error_type: Maybe<Trouble>,
        external_order_id: Maybe<External>,
        has_uncommitted_changes: Maybe<bool>,
        last_charge_attempt: Maybe<Instant>,
        line_items: List<LineItem>,
        merged_at: Maybe<Instant>,
        original_scheduled_at: Maybe<Day>,
        processed_at: Maybe<Instant>,
        retry_date: Maybe<EasternDay>,
        scheduled_at: Maybe<Day>,
        shipping_address: Maybe<Address>,
        shipping_lines: Maybe<List<ShippingLine>>,
        status: Maybe<String>,
        total_price: Maybe<String>,
        total_refunds: Maybe<String>,
        updated_at: Maybe<Instant>,
    }
);

impl Owned for Charge {
    fn owner(&self) -> Option<&str> {
        let customer = self.customer.0.as_ref()?;
        customer.id.0.as_ref().map(|id| id.0.as_str())
    }
}

record!(
    /// Where a charge is sent to; no more of it than is shown.
    Address { city: Maybe<String>, }
);

record!(
    /// How a charge is shipped; only whether that is worked out yet.
    ShippingLine {
        code: Maybe<String>,
        status: Maybe<String>,
    }
);

record!(
    /// The customer inside a charge, an order or a delivery schedule.
    CustomerOf { id: Maybe<Id>, }
);

record!(
    /// A line of a charge.
    LineItem {
        external_product_id: Maybe<External>,
        external_variant_id: Maybe<External>,
        images: Maybe<Images>,
        purchase_item_id: Maybe<Id>,
        purchase_item_type: Maybe<String>,
        quantity: Maybe<u32>,
        sku: Maybe<String>,
        title: Maybe<String>,
        variant_title: Maybe<String>,
    }
);

record!(
    /// 5.6: what leads from an order to its customer.
    Order {
        customer: Maybe<CustomerOf>,
        external_order_id: Maybe<External>,
        external_order_number: Maybe<External>,
    }
);

record!(
    /// One day of a delivery schedule (5.1).
    DeliveryDay {
        date: Maybe<Day>,
        orders: List<DeliveryOrder>,
    }
);

record!(
    /// What is sent on that day to one address.
    DeliveryOrder {
        line_items: List<DeliveryLine>,
    }
);

record!(
    /// One line of it. Recorded schedules have lines without the flags.
    DeliveryLine {
        is_prepaid: Maybe<bool>,
        is_skipped: Maybe<bool>,
        purchase_item_id: Maybe<Id>,
        subscription_id: Maybe<Id>,
    }
);

record!(
    /// `GET /store` (5.14), and what `GET /` says of the same (2.4): there the zone is `iana_timezone` and the shop is
    /// `store_url`.
    Store {
        currency: Maybe<String>,
        iana_timezone: Maybe<String>,
        identifier: Maybe<String>,
        merchant_portal_base_url: Maybe<String>,
        store_url: Maybe<String>,
        timezone: Maybe<Timezone>,
    }
);

record!(
    /// The zone of `GET /store`.
    Timezone { iana_name: Maybe<String>, }
);

record!(
    /// `GET /token_information` (2.3).
    Token {
        name: Maybe<String>,
        scopes: Maybe<List<String>>,
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_needs_its_list_and_a_cursor_that_can_be_read() {
        let read = |body| page(body, "customers").map(|page| (page.rows.len(), page.next));
        assert_eq!(
            read(json!({"next_cursor": "abc", "previous_cursor": null, "customers": [{}, {}]})),
            Ok((2, Some("abc".into())))
        );
        for ended in [
            json!({"customers": []}),
            json!({"customers": [], "next_cursor": null}),
            json!({"customers": [], "next_cursor": ""}),
        ] {
            assert_eq!(read(ended), Ok((0, None)));
        }
        for bad in [
            json!({}),
            json!([]),
            json!(null),
            json!("customers"),
            json!({"customers": null}),
            json!({"customers": {}}),
            json!({"subscriptions": []}),
            json!({"customers": [], "next_cursor": {"a": 1}}),
        ] {
            assert_eq!(read(bad.clone()), Err(NoEnvelope), "{bad}");
        }
    }

    #[test]
    fn a_row_that_is_an_array_is_no_row() {
        assert!(Customer::read(json!([176700001])).is_none());
        assert!(single::<Store>(json!({"store": []}), "store").is_err());
        assert!(single::<Store>(json!({"store": {}}), "store").is_ok());
    }
}

record!(
    /// 7.1.
    Webhook {
        id: Maybe<Id>,
        address: Maybe<String>,
        topic: Maybe<String>,
    }
);
