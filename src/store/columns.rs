//! Every column that holds sealed values. A test compares this list with the tables: a BLOB that is not here is an error.

use super::seal::Column;

const fn column(table: &'static str, column: &'static str, row: &'static [&'static str]) -> Column {
    Column { table, column, row }
}

pub(super) const CONTACT: Column = column("installs", "contact", &["name"]);
pub(super) const TOKEN: Column = column("installs", "token", &["name"]);
pub(super) const CLIENT_SECRET: Column = column("installs", "client_secret", &["name"]);
pub(super) const PREVIOUS_CLIENT_SECRET: Column =
    column("installs", "previous_client_secret", &["name"]);
pub(super) const SETTINGS: Column = column("workspaces", "settings", &["id"]);
pub(super) const SECRET: Column = column("workspaces", "secret", &["id"]);
pub(super) const PREVIOUS_SECRET: Column = column("workspaces", "previous_secret", &["id"]);
pub(super) const RECORD: Column = column("records", "body", &["install", "kind", "id"]);
pub(super) const AGENT: Column = column("links", "agent", &["install", "workspace", "profile"]);
pub(super) const PROFILE: Column = column("links", "name", &["install", "workspace", "profile"]);
pub(super) const HOOK: Column = column("inbox", "body", &["install", "digest"]);
pub(super) const OUTBOX: Column = column("outbox", "body", &["workspace", "external_id"]);
pub(super) const FORMER: Column = column("former_workspaces", "settings", &["id"]);
pub(super) const PERSON: Column = column("people", "body", &["id"]);
pub(super) const PASSWORD: Column = column("people", "password", &["id"]);
pub(super) const TOTP: Column = column("people", "totp", &["id"]);
pub(super) const META: Column = column("meta", "value", &["name"]);

/// All of them, in the order in which they are sealed anew. `meta` is the last: its value proves the keys at start, so
/// that a ring without the old keys is refused until everything else has been sealed with a new one.
pub(super) const SEALED: [Column; 17] = [
    CONTACT,
    TOKEN,
    CLIENT_SECRET,
    PREVIOUS_CLIENT_SECRET,
    SETTINGS,
    SECRET,
    PREVIOUS_SECRET,
    RECORD,
    AGENT,
    PROFILE,
    HOOK,
    OUTBOX,
    FORMER,
    PERSON,
    PASSWORD,
    TOTP,
    META,
];
