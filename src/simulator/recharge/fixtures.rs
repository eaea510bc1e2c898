//! The bodies that are built into the program.

/// When the built-in data was written; every date in it is meant as seen from here.
pub const FIXTURES_AS_OF: &str = "2026-11-20T10:15:02Z";

macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/fixtures/recharge/",
                $name
            )),
        )
    };
}

/// The store that data without one belongs to.
pub(super) const STORE: &str = fixture!("store.json").1;

/// File names and their text.
pub(super) const FILES: [(&str, &str); 15] = [
    fixture!("addresses.json"),
    fixture!("charges.json"),
    fixture!("customers.json"),
    fixture!("delivery_schedules.json"),
    fixture!("discounts.json"),
    fixture!("metafields.json"),
    fixture!("onetimes.json"),
    fixture!("orders.json"),
    fixture!("payment_methods.json"),
    fixture!("plans.json"),
    fixture!("store.json"),
    fixture!("subscriptions.json"),
    fixture!("tokens.json"),
    fixture!("wholesale/charges.json"),
    fixture!("wholesale/subscriptions.json"),
];
