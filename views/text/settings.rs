//! What to write for a setting instead of what was typed.

/// A switch.
pub const SWITCH: &str = "write `on` or `off`";
/// Names.
pub const NAMES: &str = "write a name of letters, digits, `_`, `-`, `.` and `/`, several with commas between them, or `-` for none";
/// Anything.
pub const TOO_LONG: &str = "write at most 500 characters in one line";
/// A secret.
pub const SECRET: &str = "paste it in one piece, without blanks in it";
/// A workspace's own secret, too easily guessed.
pub const WEAK_SECRET: &str = "choose a longer one: at least 16 characters, and not the same few again and again; or have one made here";
/// A workspace's own secret, which was to be given.
pub const NO_SECRET: &str = "paste the secret, or have one made here";
/// It can't do without.
pub const MISSING: &str = "it is needed: write it";

/// One of a few words.
pub fn choice(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("write one of {}", words.join(", "))
}

/// A number within bounds.
pub fn number(least: u32, most: u32) -> String {
    format!("write a whole number from {least} to {most}")
}
