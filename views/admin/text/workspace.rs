//! Workspaces.

/// What they are.
pub const LEAD: &str =
    "A workspace joins a helpdesk to one or more shops, with an address and a secret of its own.";
/// A button.
pub const ADD: &str = "Add a workspace";
/// No shop yet.
pub const NO_SHOP: &str = "Connect a shop first: a workspace answers about shops.";
/// A field.
pub const HELPDESK: &str = "Helpdesk";
/// A field.
pub const SHOPS: &str = "Shops";
/// A field.
pub const NAME: &str = "Name (optional)";
/// Its hint.
pub const NAME_HINT: &str = "What you and your colleagues call it, like Support EU.";
/// A field.
pub const ANCESTORS: &str = "Sites that may show the card in a frame";
/// Its hint.
pub const ANCESTORS_HINT: &str = "For a card in a frame: the helpdesk's address, like https://acme.desk.example. Several are separated by blanks.";
/// A button.
pub const CREATE: &str = "Add it and show what to paste";
/// A problem.
pub const NO_HELPDESK: &str = "choose a helpdesk";
/// A problem.
pub const NO_INSTALL: &str = "choose at least one shop";
/// A problem.
pub const NAME_TOO_LONG: &str = "write at most 80 characters";
/// What an unnamed one is called.
pub fn unnamed(helpdesk: &str, id: &str) -> String {
    let short: String = id.chars().take(6).collect();
    format!("{helpdesk} {short}")
}

/// A part.
pub const STEPS: &str = "What to paste where";
/// Nobody has said where the service is.
pub const NO_ADDRESS: &str = "The service does not know the address that helpdesks reach: replace YOUR-SIDECARD by it, or have it set as `server.public_url` in the configuration.";
/// The secret is there now.
pub const ONCE: &str = "The secret is shown now, and never again";
/// What to do.
pub const ONCE_HINT: &str =
    "Copy it into the helpdesk before you leave this page. If it gets lost, rotate it.";
/// A part.
pub const DIAGNOSIS: &str = "Calls of the helpdesk";
/// No call yet.
pub const WAITING: &str = "Waiting for the first call…";
/// What to do.
pub const WAITING_HINT: &str = "Nothing has reached this workspace yet. Open a ticket in the helpdesk, then load this page again. If it stays like this, the address in the helpdesk is wrong, or can't be reached from there.";
/// The last ones.
pub const LAST_CALLS: &str = "The last 20 calls, without personal data. Times are UTC.";
/// A column.
pub const AT: &str = "Time";
/// A column.
pub const KIND: &str = "Call";
/// A column.
pub const VERDICT: &str = "Signature or secret";
/// A column.
pub const OUTCOME: &str = "Result";
/// A column.
pub const DURATION: &str = "Took";
/// A row without a result.
pub const REFUSED: &str = "refused";
/// A row of a caller who is known and asked nothing that can be answered.
pub const NOT_ANSWERED: &str = "not answered";
/// Under the newest refusal.
pub const LIKELY: &str = "Likely cause";

/// What a call brought, by the word that is stored of it and how many people stand behind that (`found 1`).
pub fn outcome(word: &str) -> String {
    let (outcome, people) = word.split_once(' ').unwrap_or((word, ""));
    match (outcome, people) {
        ("found", "") => "found".to_owned(),
        ("found", people) => format!("{people} found"),
        ("several", "") => "several match".to_owned(),
        ("several", people) => format!("{people} match"),
        ("not_found", _) => "nobody found".to_owned(),
        ("unlinked", _) => "unlinked by an agent".to_owned(),
        ("unavailable", _) => "Recharge can't be asked".to_owned(),
        _ => word.to_owned(),
    }
}

/// What a call's verdict is called.
pub fn verdict(word: &str) -> &str {
    match word {
        "good" => "good",
        "bad" | "refused" => "not accepted",
        other => other,
    }
}

/// A part.
pub const SETTINGS: &str = "Settings";
/// A part.
pub const SECRET: &str = "Secret";
/// A part.
pub const NEW_SECRET: &str = "A new secret";
/// A choice.
pub const SECRET_MADE: &str = "Make one for me (recommended)";
/// A choice.
pub const SECRET_GIVEN: &str = "Use one that the helpdesk made";
/// A field.
pub const OWN_SECRET: &str = "The helpdesk's secret";
/// Its hint.
pub const OWN_SECRET_HINT: &str =
    "Paste it here: at least 16 characters, without blanks. It is sealed, and not shown again.";
/// A problem.
pub const SECRET_TWO_WAYS: &str = "choose to use it, or empty the field";
/// A fold.
pub const RARE: &str = "Rarer settings, and names of fields";
/// A fold.
pub const ALL_SETTINGS: &str = "Settings (they work as they are, and can be changed later)";
/// The hint of a secret that is kept.
pub const SECRET_KEPT: &str =
    "One is kept, and not shown. Leave this empty to keep it; a `-` takes it away.";
/// How it works.
pub const ROTATE_HINT: &str = "A new secret that is made here is shown once. The old one stays good for 24 hours, so that you can change it in the helpdesk without haste.";
/// A button.
pub const ROTATE: &str = "Change the secret";
/// Two are good.
pub const OVERLAP: &str = "The old secret is still accepted until";
/// A button.
pub const END_OLD: &str = "End the old secret now";
/// It can't be opened.
pub const UNREADABLE: &str = "The secret of this workspace can't be opened with this store's keys, so it answers nobody. Make a new secret, and paste it into the helpdesk.";
/// A part.
pub const UNLINK_TITLE: &str = "Unlink a customer";
/// What it does.
pub const UNLINK_HINT: &str = "Removes the link between a helpdesk profile and its customer, and the mark \"not this customer\". The next view of the card looks the customer up by email again.";
/// A field.
pub const PROFILE: &str = "Helpdesk profile ID";
/// Its hint.
pub const PROFILE_HINT: &str =
    "The customer's ID in the helpdesk, exactly as the helpdesk sends it.";
/// A button.
pub const UNLINK: &str = "Unlink";
/// A problem.
pub const NO_LINK: &str = "this profile has no link here; check the ID";
/// A part.
pub const DISABLE_TITLE: &str = "Stop and remove";
/// A button.
pub const DISABLE: &str = "Disable";
/// A button.
pub const ENABLE: &str = "Enable";
/// What it does.
pub const DISABLE_HINT: &str =
    "A disabled workspace refuses every call, and keeps its secret and settings.";
/// What it does.
pub const REMOVE_HINT: &str = "Removing it takes its secret, its calls, and the links that agents made in it. It can't be brought back.";
/// What it does besides, where it has timelines.
pub const REMOVE_TIMELINE_HINT: &str =
    "What it has put on timelines is removed there, too; that is tried for 7 days.";
/// What becomes of a shop that is taken out, and of another org.
pub const TAKEN_OUT_HINT: &str = "The subscriptions of a shop that you take out go from Kustomer's timelines, too. With another org all of them go from the timelines of the old one, and the app has to be registered in the new one.";
/// A field.
pub const TYPE_REMOVE: &str = "Type remove to remove it";
/// A problem.
pub const NOT_REMOVE: &str = "type the word remove, to be sure";
/// A row.
pub const ID: &str = "Workspace id";
