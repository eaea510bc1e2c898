//! Whether an object is wholly what 2021-11 sends: every field that a card shows is there, in its form.
//!
//! Lists are read leniently, for there is nothing better to be had. A hook is read strictly, for there is: the object
//! itself can be read again. In which version hooks are sent is not established, and samples of 2021-11 have been published
//! with fields of 2021-01, whose times are US Eastern without saying so. A field that is missing would wipe out what is
//! known, and a time that is hours off would order events wrongly.

use serde_json::{Map, Value};

use super::super::wire::{EasternDay, Lenient};
use crate::domain::day::{Day, Instant};

type Fields = &'static [(&'static str, Form)];

/// How a field is written.
#[derive(Clone, Copy)]
pub enum Form {
    /// A whole number.
    Number,
    /// A whole number or null.
    MaybeNumber,
    /// True or false.
    Flag,
    /// `{"ecommerce": …}`.
    External,
    /// A text.
    Text,
    /// A text or null.
    MaybeText,
    /// A status or the like, in lower case: upper case was 2021-01's.
    Word,
    /// A date without a time, or null.
    MaybeDay,
    /// A day, alone or as a time that says its offset, or null.
    MaybeEasternDay,
    /// A time that says its offset.
    Time,
    /// That, or null.
    MaybeTime,
    /// Sizes and addresses of pictures, perhaps none.
    Pictures,
    /// An object with these fields.
    Object(Fields),
    /// A list of such objects.
    Each(Fields),
}

/// 5.1.
pub const CUSTOMER: Fields = &[
    ("id", Form::Number),
    ("created_at", Form::Time),
    ("email", Form::Text),
    ("external_customer_id", Form::External),
    ("first_name", Form::MaybeText),
    ("has_payment_method_in_dunning", Form::Flag),
    ("has_valid_payment_method", Form::Flag),
    ("last_name", Form::MaybeText),
    ("phone", Form::MaybeText),
    ("subscriptions_active_count", Form::Number),
    ("subscriptions_total_count", Form::Number),
    ("updated_at", Form::Time),
];

/// 5.2.
pub const SUBSCRIPTION: Fields = &[
    ("id", Form::Number),
    ("customer_id", Form::Number),
    ("cancellation_reason", Form::MaybeText),
    ("cancellation_reason_comments", Form::MaybeText),
    ("cancelled_at", Form::MaybeTime),
    ("charge_interval_frequency", Form::Number),
    ("created_at", Form::Time),
    ("expire_after_specific_number_of_charges", Form::MaybeNumber),
    ("external_product_id", Form::External),
    ("external_variant_id", Form::External),
    ("is_prepaid", Form::Flag),
    ("max_retries_reached", Form::Flag),
    ("next_charge_scheduled_at", Form::MaybeDay),
    ("order_day_of_month", Form::MaybeNumber),
    ("order_day_of_week", Form::MaybeNumber),
    ("order_interval_frequency", Form::Number),
    // Legacy rows have `Months` and the like.
    ("order_interval_unit", Form::Text),
    ("presentment_currency", Form::MaybeText),
    ("price", Form::Text),
    ("product_title", Form::MaybeText),
    ("properties", Form::Each(&[("name", Form::Text)])),
    ("quantity", Form::Number),
    ("sku", Form::MaybeText),
    ("sku_override", Form::Flag),
    ("status", Form::Word),
    ("updated_at", Form::Time),
    ("variant_title", Form::MaybeText),
];

/// 5.5.
pub const CHARGE: Fields = &[
    ("id", Form::Number),
    ("created_at", Form::Time),
    ("currency", Form::MaybeText),
    ("customer", Form::Object(&[("id", Form::Number)])),
    ("error", Form::MaybeText),
    ("error_type", Form::MaybeText),
    ("external_order_id", Form::External),
    ("has_uncommitted_changes", Form::Flag),
    ("line_items", Form::Each(LINE)),
    ("merged_at", Form::MaybeTime),
    ("original_scheduled_at", Form::MaybeDay),
    ("processed_at", Form::MaybeTime),
    ("retry_date", Form::MaybeEasternDay),
    ("scheduled_at", Form::MaybeDay),
    (
        "shipping_address",
        Form::Object(&[("city", Form::MaybeText)]),
    ),
    ("shipping_lines", Form::Each(&[])),
    ("status", Form::Word),
    ("total_price", Form::Text),
    ("total_refunds", Form::MaybeText),
    ("updated_at", Form::Time),
];

const LINE: Fields = &[
    ("external_product_id", Form::External),
    ("external_variant_id", Form::External),
    ("images", Form::Pictures),
    ("purchase_item_id", Form::Number),
    ("purchase_item_type", Form::Word),
    ("quantity", Form::Number),
    ("sku", Form::MaybeText),
    ("title", Form::MaybeText),
    ("variant_title", Form::MaybeText),
];

/// Whether an object has all these fields, each in its form, and none of 2021-01 beside them.
pub fn fits(object: &Map<String, Value>, fields: Fields) -> bool {
    let is_old = object.keys().any(|name| name.starts_with("shopify_"));
    let all = fields.iter().all(|(name, form)| {
        object
            .get(*name)
            .is_some_and(|value| form.is_that_of(value))
    });
    all && !is_old
}

impl Form {
    fn is_that_of(self, value: &Value) -> bool {
        match self {
            Self::MaybeNumber
            | Self::MaybeText
            | Self::MaybeDay
            | Self::MaybeEasternDay
            | Self::MaybeTime
                if value.is_null() =>
            {
                true
            }
            Self::Number | Self::MaybeNumber => value.is_u64(),
            Self::Flag => value.is_boolean(),
            Self::External => value
                .get("ecommerce")
                .is_some_and(|id| id.is_null() || id.is_string()),
            Self::Text | Self::MaybeText => value.is_string(),
            Self::Word => value
                .as_str()
                .is_some_and(|text| !text.is_empty() && !text.contains(char::is_uppercase)),
            Self::MaybeDay => {
                value.as_str().is_some_and(|text| text.len() == 10)
                    && Day::read(value.clone()).is_some()
            }
            Self::MaybeEasternDay => {
                let is_told = |text: &str| text.len() == 10 || says_its_offset(text);
                value.as_str().is_some_and(is_told) && EasternDay::read(value.clone()).is_some()
            }
            Self::Time | Self::MaybeTime => {
                value.as_str().is_some_and(says_its_offset)
                    && Instant::read(value.clone()).is_some()
            }
            Self::Pictures => value.is_object() || value.is_null(),
            Self::Object(fields) => value.as_object().is_some_and(|inner| fits(inner, fields)),
            Self::Each(fields) => value.as_array().is_some_and(|rows| {
                let mut rows = rows.iter().map(Value::as_object);
                rows.all(|row| row.is_some_and(|row| fits(row, fields)))
            }),
        }
    }
}

/// `2025-01-26T15:20:33+00:00`, `…Z`.
fn says_its_offset(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok()
}
