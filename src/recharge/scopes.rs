//! What cards need a token to be allowed.

use crate::provider::{Need, Scope};

/// What to tick. Charges are guarded by the orders scope; the store's scope has two names. A token made with
/// *Read and Write* lists both words; one that lists the writing word alone is given the benefit of the doubt.
pub const SCOPES: [Scope; 4] = [
    Scope {
        names: &["read_customers", "write_customers"],
        tick: "Customers: Read",
        need: Need::Needed,
        costs: "nobody can be found",
    },
    Scope {
        names: &["read_subscriptions", "write_subscriptions"],
        tick: "Subscriptions: Read",
        need: Need::Needed,
        costs: "there is nothing to show",
    },
    Scope {
        names: &["read_orders", "write_orders", "read_charges"],
        tick: "Orders: Read",
        need: Need::Wanted,
        costs: "no last order, no next amount, no payment trouble, no pictures",
    },
    Scope {
        names: &["read_store", "store_info"],
        tick: "Store: Read",
        need: Need::Wanted,
        costs: "dates in UTC, and no proof that the token is this shop's",
    },
];
