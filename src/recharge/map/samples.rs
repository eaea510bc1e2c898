//! Rows composed after Recharge's samples (5.1, 5.2, 5.5).

use serde_json::{Value, json};

pub fn a_customer() -> Value {
    json!({"id":176700001,"analytics_data":{"utm_params":[]},"apply_credit_to_next_checkout_charge":false,
        "apply_credit_to_next_recurring_charge":false,"created_at":"2025-01-25T20:55:02+00:00","email":"kim@acme.example",
        "external_customer_id":{"ecommerce":"7923000000001"},"first_charge_processed_at":"2025-01-25T20:54:23+00:00",
        "first_name":"Kim","has_payment_method_in_dunning":false,"has_valid_payment_method":true,
        "hash":"dfcf00000000000000000000000001","last_name":"Example","phone":null,"subscription_related_charge_streak":2,
        "subscriptions_active_count":1,"subscriptions_total_count":2,"tax_exempt":false,"updated_at":"2025-01-26T19:20:33+00:00"})
}

pub fn a_subscription() -> Value {
    json!({"id":585000001,"address_id":193700001,"customer_id":176700001,"analytics_data":{"utm_params":[]},"cancellation_reason":null,
        "cancellation_reason_comments":null,"cancelled_at":null,"charge_interval_frequency":30,"created_at":"2025-01-26T15:20:33+00:00",
        "expire_after_specific_number_of_charges":null,"external_product_id":{"ecommerce":"8143000000001"},
        "external_variant_id":{"ecommerce":"43510000000001"},"has_queued_charges":true,"is_prepaid":false,"is_skippable":true,
        "is_swappable":false,"max_retries_reached":false,"next_charge_scheduled_at":"2025-02-25","order_day_of_month":null,
        "order_day_of_week":null,"order_interval_frequency":30,"order_interval_unit":"day","presentment_currency":"USD",
        "price":"98.00","product_title":"Wool Runner","properties":[{"name":"Engraving","value":"K. E."}],"quantity":1,
        "sku":"WOOL100","sku_override":false,"status":"active","updated_at":"2025-01-26T15:20:33+00:00","variant_title":"8"})
}

pub fn a_charge() -> Value {
    json!({"id":1302000001,"address_id":195700001,"created_at":"2025-02-03T22:41:20+00:00","currency":"USD",
        "customer":{"id":176700001,"email":"kim@acme.example","external_customer_id":{"ecommerce":"7923000000001"},"hash":"dfcf"},
        "discounts":[],"error":null,"error_type":null,"external_order_id":{"ecommerce":null},
        "external_transaction_id":{"payment_processor":null},"has_uncommitted_changes":false,
        "line_items":[{"purchase_item_id":585000001,"external_product_id":{"ecommerce":"8143000000001"},
            "external_variant_id":{"ecommerce":"43510000000001"},"grams":454,"handle":null,
            "images":{"large":"https://cdn.acme.example/runner_large.png","medium":"https://cdn.acme.example/runner_medium.png",
                "original":"https://cdn.acme.example/runner.png","small":"https://cdn.acme.example/runner_small.png"},
            "properties":[],"purchase_item_type":"subscription","quantity":1,"sku":"WOOL100","title":"Wool Runner",
            "total_price":"98.00","unit_price":"98.00","variant_title":"8"}],
        "merged_at":null,"note":null,"orders_count":0,"original_scheduled_at":"2025-03-05","processed_at":null,"retry_date":null,
        "scheduled_at":"2025-03-05","shipping_address":{"address1":"1 Example Street","city":"Mocktown","country_code":"US","zip":"35004"},
        "shipping_lines":[{"code":"Standard","price":"4.90","source":"shopify","status":"active","title":"Standard"}],
        "status":"queued","subtotal_price":"98.00","tags":"Subscription, Subscription Recurring Order",
        "total_price":"102.90","total_refunds":"0.00","total_tax":"0.00","type":"recurring","updated_at":"2025-02-05T14:26:46+00:00"})
}
