//! Words for what a workspace puts on its helpdesk's timelines.

/// The part.
pub const TITLE: &str = "On the timeline";
/// A row.
pub const THERE: &str = "Subscriptions on timelines";
/// A row.
pub const NOBODYS: &str = "Left out: Kustomer does not know the customer";
/// A row.
pub const WAITING: &str = "Changes that wait";
/// Since when.
pub const OLDEST: &str = "the oldest came";
/// A row.
pub const TOLD: &str = "Kustomer was told last";
/// It was not.
pub const NEVER: &str = "never";
/// A row.
pub const TROUBLE: &str = "Last trouble";
/// The key is refused.
pub const REFUSED: &str = "Kustomer refuses the API key";
/// What to do.
pub const REFUSED_HINT: &str = "Nothing is lost: changes wait until the workspace has a key that works. Make one with the roles above, and type it into the settings below. It was refused";
/// What is not tried any more.
pub const PARKED: &str = "Parked changes";
/// What to do.
pub const PARKED_HINT: &str = "Kustomer did not take them, so they are not tried any more, and go after 7 days. Mend what the reason says, then try them again; the next change of a subscription is tried in any case.";
/// A column.
pub const WHAT: &str = "Object";
/// A column.
pub const WHY: &str = "Reason";
/// A column.
pub const SINCE: &str = "Changed";
/// A button.
pub const RETRY: &str = "Try again";
/// A link.
pub const DOWNLOAD: &str = "Download the app's definition";
/// What it is.
pub const DOWNLOAD_HINT: &str = "the JSON that is registered at Kustomer";

/// So many are not tried any more.
pub fn parked(count: u64) -> String {
    match count {
        1 => "One change is parked".to_owned(),
        count => format!("{count} changes are parked"),
    }
}

/// Those that are not listed.
pub fn more(count: u64) -> String {
    format!("and {count} more")
}
