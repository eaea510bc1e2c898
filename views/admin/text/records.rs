//! Keys and audit.

/// What they are.
pub const KEYS_LEAD: &str = "Everything secret or personal in the store is sealed with a key from the keys file. The keys themselves are never shown here.";
/// A column.
pub const KEY: &str = "Key";
/// A column.
pub const VALUES: &str = "Values sealed with it";
/// A value that names no key.
pub const NO_KEY: &str = "(no key: damaged)";
/// A part.
pub const ROTATE: &str = "To rotate the keys";
/// Its steps.
pub const ROTATE_STEPS: [&str; 3] = [
    "Run `sidecard keys new` where Sidecard runs, and put the line it prints first into the keys file. Leave the old lines below it. A running service takes the new key over by itself.",
    "Run `sidecard keys rotate`: everything is sealed anew while the service goes on.",
    "When only the new key is listed here, take the old lines out of the file. Keep a copy for older backups.",
];

/// What it is.
pub const AUDIT_LEAD: &str = "Who changed, looked up or revealed what. Ids and fingerprints only; kept for 400 days. Times are UTC.";
/// A link.
pub const EXPORT: &str = "Export as JSON lines";
/// A column.
pub const AT: &str = "Time";
/// A column.
pub const WHO: &str = "Who";
/// A column.
pub const ACTION: &str = "What";
/// A column.
pub const OBJECT: &str = "Of what";
/// A link.
pub const OLDER: &str = "Older entries";
/// A link.
pub const NEWEST: &str = "Newest entries";
/// Nothing yet.
pub const NOTHING: &str = "Nothing yet.";
