//! The webhooks of a shop.

/// A part.
pub const TITLE: &str = "Webhooks";
/// There are none.
pub const OFF: &str = "off";
/// What that means.
pub const OFF_HINT: &str = "Without webhooks cards are as new as the time limits say; with them Recharge tells every change at once.";
/// Why there are none, and what to do.
pub const NO_CLIENT_SECRET: &str = "This shop has no API client secret, which proves that a webhook is Recharge's. It is given together with the token, under Replace the token.";
/// Why there are none, and what to do.
pub const UNREADABLE_CLIENT_SECRET: &str = "The stored API client secret can't be opened with this store's keys. Give it once more, together with the token, under Replace the token.";
/// Why there are none, and what to do.
pub const NO_PUBLIC_URL: &str = "The service does not know at which address Recharge reaches it: have `server.public_url` set in the configuration.";
/// When Recharge was asked.
pub const CHECKED: &str = "Looked at in Recharge";
/// Nobody has asked.
pub const NOT_YET: &str = "Not registered yet: the service does it within seconds.";
/// A button.
pub const REACH: &str = "Can Recharge reach us?";
/// What it does.
pub const REACH_HINT: &str = "Has Recharge send a webhook now, and waits for it";
/// A column.
pub const TOPIC: &str = "Topic";
/// A column.
pub const STATE: &str = "State";
/// A column.
pub const LAST: &str = "Last came";
/// A state.
pub const REGISTERED: &str = "registered";
/// A state.
pub const MISSING: &str = "missing";
/// Why.
pub const NO_SCOPE: &str = "the token may not read it";
/// Why.
pub const FULL: &str = "the token has 10 of this topic, and that is all that Recharge allows";
/// Why.
pub const DECLINED: &str = "Recharge declines it; the service's log says why";
/// Why.
pub const NOT_TRIED: &str = "not tried yet";
/// Beside a state.
pub const MOVING: &str = "also at the older address, until the new one has proven itself";
/// Before a time.
pub const LOST: &str = "had vanished, registered again";
/// No webhook has come.
pub const NEVER: &str = "never";
/// What a try said.
pub const NOT_REACHED: &str = "No: Recharge was asked to send a webhook, and none came. Is server.public_url this service's address from outside? Does the proxy pass /hooks/ on, with the body untouched? Is the certificate of that address valid? Is the API client secret the one of this token?";
/// What a try said.
pub const NOTHING_TO_TRY: &str = "No webhook is registered that could be tried.";
/// What a try said.
pub const NOT_ASKED: &str = "Recharge could not be asked. Try again in a moment.";

/// What a try said.
pub fn reached(milliseconds: u128) -> String {
    format!("Yes: a webhook came {milliseconds} ms after Recharge was asked for it.")
}

/// The last look failed.
pub fn problem(word: &str) -> String {
    format!("The last look did not come to its end ({word}); it is repeated by itself.")
}

/// Others' that look like ours.
pub fn sidecards(count: u32) -> String {
    format!(
        "Another Sidecard seems to use this token: webhooks of it: {count}. They are not touched."
    )
}

/// Others'.
pub fn others(count: u32) -> String {
    format!("Webhooks of other apps: {count}.")
}
