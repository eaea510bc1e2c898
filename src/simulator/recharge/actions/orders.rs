//! Orders: what a paid charge becomes.

use crate::simulator::recharge::changes::Change;
use crate::simulator::recharge::json::Json;

/// Of a charge, the order has these as they are.
const SHARED: [&str; 25] = [
    "address_id",
    "billing_address",
    "client_details",
    "currency",
    "customer",
    "discounts",
    "external_order_id",
    "line_items",
    "note",
    "order_attributes",
    "processed_at",
    "shipping_address",
    "shipping_lines",
    "subtotal_price",
    "tags",
    "tax_lines",
    "taxable",
    "total_discounts",
    "total_duties",
    "total_line_items_price",
    "total_price",
    "total_refunds",
    "total_tax",
    "total_weight_grams",
    "type",
];

/// The number that the shop gives the order of a charge.
pub(super) fn number_of(charge: i64) -> String {
    format!("{}", 7_000_000_000_000 + charge)
}

/// Makes the order of a charge that has just been paid.
pub(super) fn ship(change: &mut Change<'_>, charge: i64) {
    let Some(paid) = change.find("charges", charge).cloned() else {
        return;
    };
    let stamp = Json::from(change.stamp());
    let mut order = Json::object(SHARED.map(|key| (key, paid.member(key))));
    let payment = Json::object([
        ("id", Json::from(charge)),
        (
            "external_transaction_id",
            paid.member("external_transaction_id"),
        ),
        ("payment_processor_name", paid.member("payment_processor")),
        ("status", Json::from("success")),
    ]);
    order.set("charge", payment);
    order.set("created_at", stamp.clone());
    order.set("error", Json::Null);
    order.set("external_cart_token", Json::Null);
    let number = Json::object([("ecommerce", Json::from(charge.to_string()))]);
    order.set("external_order_number", number);
    order.set("is_prepaid", false);
    order.set("scheduled_at", stamp.clone());
    order.set("status", "success");
    order.set("updated_at", stamp);
    change.add("orders", order);
}
