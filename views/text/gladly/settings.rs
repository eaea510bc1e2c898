//! Words for Gladly's settings.

/// A setting.
pub const AUTH: &str = "Proof";
/// What it does.
pub const AUTH_HELP: &str = "how Gladly proves itself: `signature`, `basic` or `header`";
/// A choice.
pub const SIGNATURE: &str = "Request signature (the strongest)";
/// A choice.
pub const BASIC_AUTH: &str = "User name and password";
/// A choice.
pub const HEADER_AUTH: &str = "A header with the secret";
/// A setting.
pub const USER: &str = "User name";
/// What it does.
pub const USER_HELP: &str = "the user name, with `auth = basic`";
/// A setting.
pub const HEADER: &str = "Header";
/// What it does.
pub const HEADER_HELP: &str = "the header's name, with `auth = header`";
/// A setting.
pub const LINKING: &str = "Link by itself";
/// What it does.
pub const LINKING_HELP: &str =
    "a profile whose address matches is linked by itself; `off`: an agent links each by hand";
/// A setting.
pub const ENRICHING: &str = "Enrich profiles";
/// What it does.
pub const ENRICHING_HELP: &str =
    "`on`: name, email and phone are written into profiles; Gladly keeps them for ever";
/// A setting.
pub const TRANSACTIONS: &str = "Card";
/// What it does.
pub const TRANSACTIONS_HELP: &str = "`order`: the Orders card, which works without Gladly's help";
/// A choice.
pub const SUBSCRIPTION_CARD: &str = "Subscription card (Gladly Support switches it on)";
/// A choice.
pub const ORDER_CARD: &str = "Orders card (works today)";
/// A setting.
pub const MOST: &str = "Subscriptions at most";
/// What it does.
pub const MOST_HELP: &str = "so many subscriptions are sent at most, 1 to 600";
/// A setting.
pub const NUMBERS: &str = "Numbers";
/// What it does.
pub const NUMBERS_HELP: &str = "`text`: quantities and frequencies as texts";
/// A choice.
pub const AS_NUMBERS: &str = "As numbers";
/// A choice.
pub const AS_TEXTS: &str = "As texts";
/// A setting.
pub const DAYS: &str = "Days";
/// What it does.
pub const DAYS_HELP: &str =
    "`day`: the next billing date among the attributes as `2026-12-15`; else as 12:00 UTC of it";
/// A choice.
pub const AS_INSTANTS: &str = "As 12:00 UTC of the day";
/// A choice.
pub const AS_DAYS: &str = "As days";
/// What a name of a key is for.
pub const KEY_HELP: &str = "the key on the card; several names with commas, `-` for none";
/// What a name of an attribute is for.
pub const ATTRIBUTE_HELP: &str = "the profile's attribute; several names with commas, `-` for none";
/// A user name with a colon ends there.
pub const NOT_A_USER: &str = "write a user name without blanks and colons";
/// No header is called that.
pub const NOT_A_HEADER: &str = "write a header's name of letters, digits and `-`, like `x-api-key`";
