//! Lists of words as the tables hold them: JSON.

/// Written.
pub(super) fn written(words: &[String]) -> String {
    // Strings always make JSON.
    serde_json::to_string(words).unwrap_or_else(|_| String::from("[]"))
}

/// Read; what is no list of words is none.
pub(super) fn read(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}
