//! New subscriptions, charges and lines, with every member that recorded ones have.

use chrono::NaiveDate;

use super::body::number;
use super::queue::{Item, amount, lines};
use crate::simulator::recharge::changes::Change;
use crate::simulator::recharge::json::Json;

/// The line of an item. Images are the shop's: those that an earlier line of the same product had, whoever bought it.
pub(super) fn line_of(change: &Change<'_>, object: &Json, item: Item) -> Json {
    let product = object.member("external_product_id");
    let customer = object
        .get("customer_id")
        .and_then(Json::as_i64)
        .unwrap_or(0);
    let own = change.tables.of_customer("charges", customer);
    let earlier = own
        .flat_map(|(_, charge)| lines(charge))
        .find(|line| line.get("external_product_id") == Some(&product))
        .or_else(|| {
            let all = change.tables.all("charges");
            all.flat_map(|(_, charge)| lines(charge))
                .find(|line| line.get("external_product_id") == Some(&product))
        });
    let of_product = |key: &str| earlier.map(|line| line.member(key));
    let quantity = object.get("quantity").and_then(number).unwrap_or(1);
    let price = amount(object, "price");
    let total = price.times(quantity).to_string();
    let price = Json::from(price.to_string());
    Json::object([
        ("purchase_item_id", Json::from(item.id())),
        ("external_product_id", product),
        ("external_variant_id", object.member("external_variant_id")),
        ("grams", of_product("grams").unwrap_or(Json::Null)),
        ("handle", of_product("handle").unwrap_or(Json::Null)),
        (
            "images",
            of_product("images").unwrap_or(Json::Object(Vec::new())),
        ),
        ("offer_attributes", Json::Null),
        ("original_price", price.clone()),
        ("properties", object.member("properties")),
        ("purchase_item_type", Json::from(item.kind())),
        ("quantity", Json::from(quantity)),
        ("sku", object.member("sku")),
        ("tax_due", Json::from("0.00")),
        ("tax_lines", Json::List(Vec::new())),
        ("taxable", Json::from(true)),
        ("taxable_amount", price.clone()),
        ("title", object.member("product_title")),
        ("total_price", Json::from(total)),
        ("unit_price", price),
        ("unit_price_includes_tax", Json::from(false)),
        ("variant_title", object.member("variant_title")),
    ])
}

const ADDRESS: [&str; 10] = [
    "address1",
    "address2",
    "city",
    "company",
    "country_code",
    "first_name",
    "last_name",
    "phone",
    "province",
    "zip",
];

/// An address as charges hold it.
pub(super) fn address_in_charge(address: &Json) -> Json {
    Json::object(ADDRESS.map(|key| (key, address.member(key))))
}

/// A queued charge without lines.
pub(super) fn new_charge(
    change: &Change<'_>,
    item: &Json,
    customer: i64,
    address: i64,
    date: NaiveDate,
) -> Json {
    let owner = change.find("customers", customer).cloned();
    let owner = owner.unwrap_or(Json::Null);
    let place = change
        .find("addresses", address)
        .map_or(Json::Null, address_in_charge);
    let store = || {
        change
            .tables
            .store
            .as_ref()
            .map_or(Json::Null, |store| store.member("currency"))
    };
    let currency = match item.member("presentment_currency") {
        Json::Null => store(),
        currency => currency,
    };
    let nothing = || Json::from("0.00");
    let stamp = Json::from(change.stamp());
    let empty = || Json::List(Vec::new());
    Json::object([
        ("address_id", Json::from(address)),
        ("analytics_data", Json::object([("utm_params", empty())])),
        ("billing_address", place.clone()),
        (
            "client_details",
            Json::object([("browser_ip", Json::Null), ("user_agent", Json::Null)]),
        ),
        ("created_at", stamp.clone()),
        ("currency", currency),
        (
            "customer",
            Json::object(
                ["id", "email", "external_customer_id", "hash"].map(|key| (key, owner.member(key))),
            ),
        ),
        ("discounts", empty()),
        ("error", Json::Null),
        ("error_type", Json::Null),
        (
            "external_order_id",
            Json::object([("ecommerce", Json::Null)]),
        ),
        (
            "external_transaction_id",
            Json::object([("payment_processor", Json::Null)]),
        ),
        ("has_uncommitted_changes", Json::from(false)),
        ("line_items", empty()),
        ("merged_at", Json::Null),
        ("note", Json::Null),
        ("order_attributes", empty()),
        ("orders_count", Json::from(0)),
        ("original_scheduled_at", Json::from(date.to_string())),
        ("payment_processor", Json::Null),
        ("processed_at", Json::Null),
        ("retry_date", Json::Null),
        ("scheduled_at", Json::from(date.to_string())),
        ("shipping_address", place),
        ("shipping_lines", empty()),
        ("status", Json::from("queued")),
        ("subtotal_price", nothing()),
        (
            "tags",
            Json::from("Subscription, Subscription Recurring Order"),
        ),
        ("tax_lines", empty()),
        ("taxable", Json::from(true)),
        ("taxes_included", Json::from(false)),
        ("total_discounts", nothing()),
        ("total_duties", nothing()),
        ("total_line_items_price", nothing()),
        ("total_price", nothing()),
        ("total_refunds", nothing()),
        ("total_tax", nothing()),
        ("total_weight_grams", Json::from(0)),
        ("type", Json::from("recurring")),
        ("updated_at", stamp),
    ])
}

/// A monthly subscription of nothing.
pub(super) fn new_subscription(address: i64, customer: i64, stamp: &str) -> Json {
    let nothing = || Json::object([("ecommerce", Json::Null)]);
    Json::object([
        ("address_id", Json::from(address)),
        ("customer_id", Json::from(customer)),
        (
            "analytics_data",
            Json::object([("utm_params", Json::List(Vec::new()))]),
        ),
        ("cancellation_reason", Json::Null),
        ("cancellation_reason_comments", Json::Null),
        ("cancelled_at", Json::Null),
        ("charge_interval_frequency", Json::from(1)),
        ("created_at", Json::from(stamp)),
        ("expire_after_specific_number_of_charges", Json::Null),
        ("external_product_id", nothing()),
        ("external_variant_id", nothing()),
        ("has_queued_charges", Json::from(true)),
        ("is_prepaid", Json::from(false)),
        ("is_skippable", Json::from(true)),
        ("is_swappable", Json::from(false)),
        ("max_retries_reached", Json::from(false)),
        ("next_charge_scheduled_at", Json::Null),
        ("order_day_of_month", Json::Null),
        ("order_day_of_week", Json::Null),
        ("order_interval_frequency", Json::from(1)),
        ("order_interval_unit", Json::from("month")),
        ("presentment_currency", Json::Null),
        ("price", Json::from("0.00")),
        ("product_title", Json::from("")),
        ("properties", Json::List(Vec::new())),
        ("quantity", Json::from(1)),
        ("sku", Json::Null),
        ("sku_override", Json::from(false)),
        ("status", Json::from("active")),
        ("updated_at", Json::from(stamp)),
        ("variant_title", Json::Null),
    ])
}
