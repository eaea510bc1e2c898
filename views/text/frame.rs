//! Words of the page in a frame, where there is no card: title and hint.

/// While the card is on its way.
pub const WAITING: (&str, &str) = ("Looking for subscriptions…", "Recharge is asked.");
/// The ticket has no customer, or one without an address.
pub const NOBODY: (&str, &str) = (
    "No customer",
    "This ticket has no customer with an email address yet.",
);
/// Sidecard can't be reached.
pub const FAILED: (&str, &str) = (
    "Sidecard could not be asked",
    "Reload the ticket in a moment. If it stays, tell an admin.",
);
