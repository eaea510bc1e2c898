//! A shop's page, and a test lookup.

/// A part.
pub const FACTS: &str = "Facts";
/// A row.
pub const NAME: &str = "Name in Sidecard";
/// A row.
pub const SHOP: &str = "Shop";
/// A row.
pub const PROVIDER: &str = "Provider";
/// A row.
pub const TOKEN: &str = "API token";
/// A row.
pub const SECRET: &str = "API client secret";
/// A row.
pub const ZONE: &str = "Time zone";
/// A row.
pub const CURRENCY: &str = "Currency";
/// A row.
pub const CONTACT: &str = "Contact";
/// A row.
pub const PROOF: &str = "Shop";
/// The value is there.
pub const STORED: &str = "stored, encrypted";
/// The value is there and can't be opened.
pub const UNREADABLE: &str = "stored, and can't be opened";
/// Not known.
pub const ZONE_UNKNOWN: &str = "not known: dates are told in UTC";
/// Not known.
pub const CURRENCY_UNKNOWN: &str = "not known";
/// After the token.
pub const REPLACED: &str = "in use since";
/// How it was proven.
pub const PROVEN: &str = "verified: Recharge says the token is this shop's";
/// How it was proven.
pub const BY_HAND: &str = "confirmed by an admin";
/// How it was not.
pub const UNPROVEN: &str = "not verified";

/// The reconnect state.
pub const MUST: &str = "Reconnect this shop";
/// Since when and what to do.
pub const MUST_REFUSED: &str = "Recharge refuses the API token, and agents see no cards of this shop. It was deleted or changed in Recharge: make a new token there, and paste it below under Replace the token.";
/// Since when.
pub const SINCE: &str = "Refused since";
/// What to do.
pub const MUST_UNREADABLE: &str = "The stored API token can't be opened with this store's keys: it was damaged, or sealed with a key that is gone. Paste the token once more below, under Replace the token.";

/// The shop is not proven.
pub const CONFIRM_TITLE: &str = "Is it the right shop?";
/// Why.
pub const CONFIRM_HINT: &str = "Recharge does not tell this token whose it is, so cards show no View in Recharge yet. Open the test link: if it shows your shop's customers in Recharge, confirm it.";
/// The other way.
pub const CONFIRM_OTHER: &str =
    "Or tick Store: Read for the token in Recharge, then check again here.";
/// A link.
pub const TEST_LINK: &str = "Open the test link";
/// A button.
pub const CONFIRM: &str = "Yes, this is our shop: show the links";

/// A button.
pub const CHECK: &str = "Check again";
/// What it does.
pub const CHECK_HINT: &str =
    "Asks Recharge whether the token is accepted, what it may do, and whose shop it is.";
/// A check said no.
pub const CHECK_REFUSED: &str = "Recharge refuses the API token. The shop is marked Reconnect.";
/// A check said that the token is of another shop.
pub fn check_other_shop(shop: &str, actual: &str) -> String {
    format!(
        "Recharge says that the API token is of {actual}, not of {shop}. The shop counts as not verified, and its cards have no View in Recharge: replace the token below by one of {shop}."
    )
}
/// A check could not be made.
pub fn not_asked(word: &str) -> String {
    let what = super::connect::what(word);
    format!("Recharge can't be asked at the moment: {what}. Nothing was changed.")
}

/// A part.
pub const REPLACE: &str = "Replace the token";
/// How.
pub const REPLACE_HINT: &str = "The new token is checked first. The old one stays in use until the new one is proven, so that no agent misses a card.";
/// A button.
pub const REPLACE_BUTTON: &str = "Check and replace";
/// A field.
pub const NEW_TOKEN: &str = "New API token";
/// A field.
pub const NEW_SECRET: &str = "New API client secret (empty: the one there is stays)";
/// Nothing happened.
pub const OLD_STAYS: &str = "The token that was there stays in use.";

/// A part.
pub const SETTINGS: &str = "Contact and links";
/// A field.
pub const CUSTOMER_LINK: &str = "Link to a customer (optional)";
/// A field.
pub const SUBSCRIPTION_LINK: &str = "Link to a subscription (optional)";
/// Their hint.
pub const LINK_HINT: &str = "Only if View in Recharge leads somewhere else at your company: an https address with {id}, and perhaps {shop}.";

/// A part.
pub const TRY: &str = "Test a lookup";
/// What it does.
pub const TRY_HINT: &str = "Shows what an agent would see for this customer. It is noted in the audit that you looked, by a fingerprint of the address.";
/// A field.
pub const EMAIL: &str = "A customer's email address";
/// A button.
pub const TRY_BUTTON: &str = "Look up";
/// The result.
pub const CARD: &str = "The card, as in a ticket";
/// The result.
pub const HAPPENED: &str = "What happened";
/// A row.
pub const OUTCOME: &str = "Outcome";
/// A row.
pub const CALLS: &str = "Calls to Recharge";
/// A row.
pub const TIME: &str = "Time";
/// A row.
pub const CACHE: &str = "From memory";
/// What memory had.
pub fn cache(word: &str) -> &'static str {
    match word {
        "hit" => "all of it: no need to ask Recharge",
        "behind" => "all of it, and it is refreshed behind the answer",
        "joined" => "not enough: another lookup of the same customer was under way",
        "stale" => "an old card: Recharge could not be asked in time",
        _ => "nothing fresh enough: Recharge was asked",
    }
}
/// What memory had, where nothing could be shown.
pub const NOTHING_TO_SHOW: &str = "nothing that can be shown";
/// What was found.
pub fn outcome(word: &str) -> &'static str {
    match word {
        "found" => "One customer was found",
        "several" => "Several customers have this address",
        "unavailable" => "Recharge could not be asked",
        "unlinked" => "An agent unlinked this customer",
        _ => "Nobody has this address at Recharge",
    }
}
/// A time.
pub fn milliseconds(count: u64) -> String {
    format!("{count} ms")
}

/// A part.
pub const REMOVE: &str = "Remove this shop";
/// What goes.
pub const REMOVE_HINT: &str = "Its token, every card and link that is kept, and its place in workspaces go at once, and can't be brought back. In Recharge the webhooks that Sidecard registered are removed, and nothing else changes: delete the token there too.";
/// How many.
pub fn in_workspaces(names: &str) -> String {
    format!("These workspaces will answer without it: {names}.")
}
/// A field.
pub fn type_name(name: &str) -> String {
    format!("Type {name} to remove it")
}
/// A problem.
pub fn not_the_name(name: &str) -> String {
    format!("type the name exactly, to be sure: {name}")
}
