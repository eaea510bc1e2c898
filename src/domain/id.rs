//! Identifiers. All are text: Shopify's have 14 digits and other providers' are not numbers at all. They are parts of keys,
//! so clones share the text.

use std::fmt;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A customer at a provider (Recharge's own id).
    CustomerId
);
id!(
    /// A subscription at a provider.
    SubscriptionId
);
id!(
    /// A charge at a provider.
    ChargeId
);
id!(
    /// A one-time item at a provider. Its number may equal a subscription's.
    OnetimeId
);
id!(
    /// A customer at Shopify (`external_customer_id.ecommerce`).
    ShopifyCustomerId
);
id!(
    /// A product at Shopify.
    ProductId
);
id!(
    /// A product variant at Shopify.
    VariantId
);
id!(
    /// An order at Shopify.
    OrderId
);
id!(
    /// A workspace: random, 128 bit, lower-case hex; part of the address that a helpdesk calls.
    WorkspaceId
);

/// Which kind of text an agent may type as an id: digits only, and few enough that no provider is asked for nonsense.
pub fn is_numeric_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}
