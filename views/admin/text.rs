//! Every word of the admin pages. What all pages share stands here, the rest in one file for each page.

pub mod connect;
pub mod hooks;
pub mod people;
pub mod records;
pub mod shop;
pub mod timeline;
pub mod workspace;

/// The service.
pub const BRAND: &str = "Sidecard";
/// For those who come by keyboard.
pub const SKIP: &str = "Skip to the page";
/// The bar.
pub const NAVIGATION: &str = "Pages";
/// A page.
pub const OVERVIEW: &str = "Overview";
/// A page.
pub const WORKSPACES: &str = "Workspaces";
/// A page.
pub const PEOPLE: &str = "People";
/// A page.
pub const KEYS: &str = "Keys";
/// A page.
pub const AUDIT: &str = "Audit";
/// A page.
pub const ACCOUNT: &str = "Your account";
/// A button.
pub const LOG_OUT: &str = "Log out";
/// A button.
pub const SAVE: &str = "Save";
/// A button.
pub const REMOVE: &str = "Remove";
/// A shop's state.
pub const CONNECTED: &str = "Connected";
/// A shop's state.
pub const RECONNECT: &str = "Reconnect";
/// A shop's state.
pub const NOT_VERIFIED: &str = "Shop not verified";
/// A workspace's state.
pub const ENABLED: &str = "Enabled";
/// A workspace's state, or a person's.
pub const DISABLED: &str = "Disabled";
/// A column.
pub const SHOP: &str = "Shop";
/// A column.
pub const STATE: &str = "State";
/// A column.
pub const ADDED: &str = "Added";
/// Where there is nothing.
pub const NONE: &str = "none";

/// Over the problems of a form.
pub fn problems(count: usize) -> String {
    match count {
        1 => "One thing needs another look".into(),
        count => format!("{count} things need another look"),
    }
}

/// `3 minutes ago`.
pub fn ago(seconds: i64) -> String {
    let (count, unit) = match seconds.max(0) {
        0..60 => return "just now".into(),
        s @ 60..3_600 => (s / 60, "minute"),
        s @ 3_600..86_400 => (s / 3_600, "hour"),
        s => (s / 86_400, "day"),
    };
    match count {
        1 => format!("1 {unit} ago"),
        count => format!("{count} {unit}s ago"),
    }
}

/// A moment that has been written down, and its zone.
pub fn utc(moment: &str) -> String {
    format!("{moment} UTC")
}

/// Over something to copy.
pub fn to_copy(label: &str) -> String {
    format!("Copy the {label} (one click marks all of it)")
}

/// A button.
pub const COPY: &str = "Copy";
/// It was done.
pub const COPIED: &str = "Copied";
/// The browser does not let the page do it.
pub const NOT_COPIED: &str = "Marked: press Ctrl+C, or ⌘C, to copy it";
/// What of whom, where the page itself shows it in columns.
pub fn of(what: &str, whom: &str) -> String {
    format!("{what}: {whom}")
}
/// What something took.
pub fn took(milliseconds: i64) -> String {
    format!("{milliseconds} ms")
}

/// A role, for people.
pub fn role(word: &str) -> &'static str {
    match word {
        "owner" => "Owner",
        "admin" => "Admin",
        _ => "Viewer",
    }
}

/// What was just done, by the word in the address. Any other word says nothing.
pub fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "connected" => "The shop is connected. Try it below with a customer's email address.",
        "unchecked" => {
            "The shop is saved. Nothing was checked yet: check it as soon as Recharge answers."
        }
        "checked" => "Checked: Recharge accepts the token.",
        "token" => "The new token is in use. The old one can be deleted in Recharge now.",
        "connected-unquoted" => {
            "The shop is connected, without the quotation marks around what was pasted. Try it below with a customer's email address."
        }
        "unchecked-unquoted" => {
            "The shop is saved, without the quotation marks around what was pasted. Nothing was checked yet: check it as soon as Recharge answers."
        }
        "token-unquoted" => {
            "The new token is in use, without the quotation marks around what was pasted. The old one can be deleted in Recharge now."
        }
        "saved-unquoted" => "Saved, without the quotation marks around the secret.",
        "added-unquoted" => "Added, without the quotation marks around the secret.",
        "given-unquoted" => {
            "The helpdesk's secret is in use, without the quotation marks around it."
        }
        "saved" => "Saved.",
        "leaving" => {
            "Saved. What the workspace has put on timelines that are not its own any more is being removed there."
        }
        "confirmed" => "Confirmed: cards show View in Recharge from now on.",
        "removed" => "Removed.",
        "retried" => "Tried again: it takes a second or two.",
        "added" => "Added.",
        "rotated" => "There is a new secret.",
        "given" => "The helpdesk's secret is in use.",
        "enabled" => "Enabled: its helpdesk gets answers again.",
        "disabled" => "Disabled: it answers nobody until it is enabled.",
        "ended" => "The old secret is not accepted any more.",
        "unlinked" => "Unlinked. The next view of the card looks the customer up by email again.",
        "password" => "Your password is changed. Other devices have been logged out.",
        "code-on" => "From now on a code from your authenticator is asked for when you log in.",
        "code-off" => "No code is asked for any more when you log in.",
        "out" => "You are logged out.",
        "late" => {
            "Please log in again: after 30 minutes without a click, or 12 hours in all, you are logged out."
        }
        _ => return None,
    })
}

/// A page that is none: title and what to do.
pub fn notice(status: u16) -> (&'static str, &'static str) {
    match status {
        403 => (
            "You may not do that",
            "Your role does not allow it, or the page is an old one: go back, load it again, and try once more.",
        ),
        404 => (
            "There is no such page",
            "It may have been removed. Start again from the overview.",
        ),
        413 => ("That is too much", "Go back and write less."),
        _ => (
            "Something went wrong on our side",
            "Try again. If it goes on, tell whoever runs Sidecard the number below: it leads to the line in the log.",
        ),
    }
}

/// The way out of a notice.
pub const TO_OVERVIEW: &str = "To the overview";
/// Before a request's id.
pub const REQUEST: &str = "Request";

/// The overview.
pub mod overview {
    /// The list of shops.
    pub const SHOPS: &str = "Shops";
    /// A button.
    pub const CONNECT: &str = "Connect a shop";
    /// Nothing there yet.
    pub const EMPTY: &str = "No shop is connected yet";
    /// Nothing there yet.
    pub const EMPTY_HINT: &str =
        "It takes five minutes and an API token from Recharge. The next page says how to get one.";
    /// Nothing there yet, for somebody who may not change it.
    pub const EMPTY_VIEWER: &str = "Ask an admin to connect one.";
    /// A column.
    pub const WEBHOOK: &str = "Last webhook";
    /// No webhook yet.
    pub const NO_WEBHOOK: &str = "None yet";
    /// No webhook can come.
    pub const NO_CLIENT_SECRET: &str = "Off: no API client secret";
    /// No webhook can come.
    pub const UNREADABLE_CLIENT_SECRET: &str = "Off: the API client secret can't be opened";
    /// No webhook can come.
    pub const NO_PUBLIC_URL: &str = "Off: `server.public_url` is not set";
    /// A column.
    pub const BUDGET: &str = "Calls left";
    /// No call since the start.
    pub const NO_CALL: &str = "None made yet";
    /// How much of the budget is left.
    pub fn budget(left: u64, of: u64) -> String {
        format!("{left} of {of}")
    }
    /// How many wait for the budget.
    pub fn in_line(waiting: usize) -> String {
        format!("{waiting} in line")
    }
    /// What memory holds.
    pub fn memory(cards: u64, bytes: u64) -> String {
        let noun = match cards {
            0 => return "No card is in memory.".to_owned(),
            1 => "card",
            _ => "cards",
        };
        #[allow(clippy::cast_precision_loss)]
        let megabytes = bytes as f64 / 1_000_000.0;
        if megabytes < 0.1 {
            return format!("In memory: {cards} {noun}, less than 0.1 MB.");
        }
        format!("In memory: {cards} {noun}, {megabytes:.1} MB.")
    }
    /// What the inbox holds.
    pub fn inbox(waiting: u64, aside: u64) -> String {
        let waiting = match waiting {
            0 => "No webhook waits to be applied".to_owned(),
            1 => "1 webhook waits to be applied".to_owned(),
            more => format!("{more} webhooks wait to be applied"),
        };
        match aside {
            0 => format!("{waiting}."),
            1 => format!("{waiting}; 1 could not be and is kept for 7 days."),
            more => format!("{waiting}; {more} could not be and are kept for 7 days."),
        }
    }
    /// A column.
    pub const TOKEN: &str = "API token";
    /// A column.
    pub const CHANGED: &str = "Last checked or changed";
    /// The list of workspaces.
    pub const WORKSPACES: &str = "Workspaces";
    /// A column.
    pub const WORKSPACE: &str = "Workspace";
    /// A column.
    pub const HELPDESK: &str = "Helpdesk";
    /// A column.
    pub const LAST_CALL: &str = "Last call";
    /// A link.
    pub const ADD: &str = "Add a workspace";
    /// No call yet.
    pub const WAITING: &str = "Waiting for the first call…";
    /// No workspaces.
    pub const NO_WORKSPACES: &str = "No workspace yet: a workspace joins a helpdesk to one or more shops, with a secret of its own.";
}
