//! What the body of a refusal says that may be written into a log.

use serde_json::Value;

/// Field names enough to see what was wrong with a call.
const MOST: usize = 8;

/// The names of the fields that Recharge complains about: `email, billing_address.address1`. Only names: the texts
/// beside them may repeat what was sent, an email address for one.
///
/// The bodies come in several forms: `errors` is a text, or an object whose values are texts, lists, or
/// such objects again; `error` and `warning` are texts. Of a text only the fact that it was there is told.
pub fn complaint(body: &[u8]) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return String::from("no JSON object");
    };
    let mut names = Vec::new();
    if let Some(Value::Object(errors)) = fields.get("errors") {
        for (name, value) in errors {
            collect(name, value, &mut names);
        }
    }
    if names.is_empty() {
        for told in ["error", "errors", "warning"] {
            if fields.contains_key(told) {
                names.push(format!("({told})"));
            }
        }
    }
    if names.is_empty() {
        return String::from("no reason given");
    }
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let named = names.join(", ");
    match more {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Adds `name`, or the names inside it. One level down is as deep as has been seen.
fn collect(name: &str, value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            names.extend(
                inner
                    .keys()
                    .map(|below| format!("{}.{}", harmless(name), harmless(below))),
            );
        }
        _ => names.push(harmless(name).to_owned()),
    }
}

/// A field name of Recharge, else `?`: a key that looks otherwise could be somebody's address.
fn harmless(name: &str) -> &str {
    let plain = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { name } else { "?" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_names_are_told() {
        for (body, told) in [
            (r#"{"errors":{"cursor":["Invalid value"]}}"#, "cursor"),
            (
                r#"{"errors":{"email":"kim@acme.example already exists on store"}}"#,
                "email",
            ),
            (
                r#"{"errors":{"billing_address":{"address1":["Field may not be null."]}}}"#,
                "billing_address.address1",
            ),
            (
                r#"{"errors":{"_schema":["a, b are required fields."]}}"#,
                "_schema",
            ),
            (r#"{"errors":{"kim@acme.example":["taken"]}}"#, "?"),
            (r#"{"errors":{"15550100000":["taken"]}}"#, "?"),
            (r#"{"errors":"Not Found"}"#, "(errors)"),
            (
                r#"{"error":"A call to this route is already in progress."}"#,
                "(error)",
            ),
            (r#"{"warning":"too many requests"}"#, "(warning)"),
            (r#"{}"#, "no reason given"),
            ("<html>", "no JSON object"),
            ("", "no JSON object"),
        ] {
            assert_eq!(complaint(body.as_bytes()), told, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_address_and_no_long_text_gets_through(key in "\\PC*", inner in "\\PC*", text in "\\PC*") {
            let body = serde_json::json!({"errors": {key: {inner: text}}}).to_string();
            let told = complaint(body.as_bytes());
            prop_assert!(!told.contains('@') && told.len() < 1_100);
        }
    }
}
