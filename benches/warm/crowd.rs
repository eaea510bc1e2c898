//! A thousand invented customers, as Recharge's lists have them.

use serde_json::{Value, json};
use sidecard::simulator::recharge::Data;

/// The address of one of them.
pub fn email(number: usize) -> String {
    format!("customer{number}@mail.example")
}

/// Their id at Recharge.
pub fn id(number: usize) -> u64 {
    500_000_000 + number as u64
}

/// Each has three subscriptions, one of them cancelled, and a charge of the last month.
pub fn crowd(size: usize) -> Data {
    let mut lists: [Vec<Value>; 3] = [Vec::new(), Vec::new(), Vec::new()];
    for number in 0..size {
        lists[0].push(customer(number));
        for which in 0..3 {
            lists[1].push(subscription(number, which));
        }
        for (which, status) in ["success", "queued"].into_iter().enumerate() {
            lists[2].push(charge(number, which, status));
        }
    }
    let [customers, subscriptions, charges] = lists;
    let bodies = [
        ("customers", json!(customers)),
        ("subscriptions", json!(subscriptions)),
        ("charges", json!(charges)),
    ];
    let named =
        bodies.map(|(name, list)| (format!("{name}.json"), json!({ name: list }).to_string()));
    Data::Bodies(named.into())
}

const PRODUCTS: [(&str, &str, &str); 3] = [
    ("Morning Roast", "12 oz / Whole bean", "ROAST-12"),
    ("Wool Runner", "8", "WOOL100"),
    ("Single Origin Yirgacheffe", "10 oz / Ground", "YIRGA-10"),
];

pub fn customer(number: usize) -> Value {
    json!({
        "id": id(number), "email": email(number), "first_name": "Customer", "last_name": format!("Number {number}"),
        "phone": format!("+1 555 0100 {:03}", number % 1_000), "created_at": "2025-03-15T13:29:37+00:00",
        "updated_at": "2026-11-08T05:59:41+00:00", "external_customer_id": {"ecommerce": format!("79230{number:08}")},
        "has_payment_method_in_dunning": false, "has_valid_payment_method": true,
        "subscriptions_active_count": 2, "subscriptions_total_count": 3, "hash": "0", "tax_exempt": false,
    })
}

fn subscription_id(number: usize, which: usize) -> u64 {
    600_000_000 + (number * 3 + which) as u64
}

pub fn subscription(number: usize, which: usize) -> Value {
    let (title, variant, sku) = PRODUCTS[which];
    let over = which == 2;
    json!({
        "id": subscription_id(number, which), "address_id": 1, "customer_id": id(number),
        "cancellation_reason": over.then_some("I have too much of it"), "cancellation_reason_comments": null,
        "cancelled_at": over.then_some("2026-10-01T09:00:00+00:00"), "charge_interval_frequency": 30,
        "created_at": "2026-03-15T13:29:37+00:00", "expire_after_specific_number_of_charges": null,
        "external_product_id": {"ecommerce": format!("814300000000{which}")},
        "external_variant_id": {"ecommerce": format!("4351000000000{which}")},
        "is_prepaid": false, "max_retries_reached": false,
        "next_charge_scheduled_at": (!over).then_some("2030-12-08"), "order_day_of_month": null, "order_day_of_week": null,
        "order_interval_frequency": 30, "order_interval_unit": "day", "presentment_currency": "USD", "price": "19.50",
        "product_title": title, "properties": [], "quantity": 1 + which, "sku": sku, "sku_override": false,
        "status": if over { "cancelled" } else { "active" }, "updated_at": "2026-11-08T05:59:41+00:00",
        "variant_title": variant,
    })
}

pub fn charge(number: usize, which: usize, status: &str) -> Value {
    let lines: Vec<Value> = (0..2)
        .map(|which| {
            let (title, variant, sku) = PRODUCTS[which];
            let image = format!("https://cdn.acme.example/products/{which}_small.png?v=1");
            json!({
                "purchase_item_id": subscription_id(number, which), "purchase_item_type": "subscription",
                "external_product_id": {"ecommerce": format!("814300000000{which}")},
                "external_variant_id": {"ecommerce": format!("4351000000000{which}")},
                "images": {"small": image, "medium": image, "large": image, "original": image},
                "quantity": 1 + which, "sku": sku, "title": title, "variant_title": variant, "unit_price": "19.50",
                "total_price": "19.50", "properties": [],
            })
        })
        .collect();
    let is_past = status == "success";
    json!({
        "id": 700_000_000 + (number * 2 + which) as u64, "address_id": 1, "created_at": "2026-11-08T05:21:06+00:00",
        "updated_at": "2026-11-08T05:59:41+00:00", "currency": "USD", "customer": {"id": id(number), "email": email(number)},
        "error": null, "error_type": null, "external_order_id": {"ecommerce": is_past.then_some("6001")},
        "line_items": lines, "original_scheduled_at": null, "processed_at": is_past.then_some("2026-11-08T05:22:00+00:00"),
        "retry_date": null, "scheduled_at": if is_past { "2026-11-08" } else { "2030-12-08" }, "status": status,
        "total_price": "63.40", "type": "recurring",
    })
}
