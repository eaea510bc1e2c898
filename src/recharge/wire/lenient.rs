//! Values as they come, whatever their type: a number where a string was promised, `"true"` for true, a list that is
//! null. What can't be read is `None`, and never an error: one odd field must not cost the agent the card.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::dates;
use crate::domain::day::{Day, Instant};

/// More characters than this no card shows; a longer text is cut, and ends with an ellipsis.
pub const LONGEST_TEXT: usize = 2_000;

/// Longer ones are no id of Recharge, Shopify or BigCommerce (a `gid://shopify/ProductVariant/…` has about 50).
const LONGEST_ID: usize = 100;

/// Something that can be read from any JSON value, or not.
pub trait Lenient: Sized {
    /// Reads it; `None` for what makes no sense.
    fn read(value: Value) -> Option<Self>;
}

/// A JSON object of which every field is a [`Maybe`], a [`List`] or the like, so that reading one does not fail.
pub trait Record: DeserializeOwned {}

impl<T: Record> Lenient for T {
    fn read(value: Value) -> Option<Self> {
        // serde would read a struct from an array too, by position.
        value
            .is_object()
            .then(|| serde_json::from_value(value).ok())
            .flatten()
    }
}

/// A field that may be missing, null or nonsense.
pub struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Lenient> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(T::read(Value::deserialize(deserializer)?)))
    }
}

/// A list that may be missing or null; entries that can't be read are left out.
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Lenient> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::read(Value::deserialize(deserializer)?).unwrap_or_default())
    }
}

/// An id: a number in 2021-11 for Recharge's own, a string for Shopify's; and the reverse in older rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl Lenient for Id {
    fn read(value: Value) -> Option<Self> {
        let text = match value {
            Value::Number(number) => whole(&number)?.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => return None,
        };
        let plain = !text.is_empty()
            && text.len() <= LONGEST_ID
            && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        plain.then_some(Self(text))
    }
}

/// An `external_…_id`: `{"ecommerce": "…"}` in 2021-11, a plain string on 2021-11 products, a number in 2021-01.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External(pub String);

impl Lenient for External {
    fn read(value: Value) -> Option<Self> {
        let id = match value {
            Value::Object(mut fields) => fields.remove("ecommerce")?,
            other => other,
        };
        Id::read(id).map(|id| Self(id.0))
    }
}

impl Lenient for String {
    /// Text, trimmed, without control characters (a NUL breaks databases and terminals), at most [`LONGEST_TEXT`]
    /// characters. Numbers are taken as they are written: money was a number in 2021-01.
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => clean(&text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Makes a text fit to be shown; `None` when nothing is left of it.
pub fn clean(text: &str) -> Option<String> {
    let spaced: String = text
        .trim()
        .chars()
        .take(LONGEST_TEXT + 1)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = spaced.trim();
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        let kept = text[..end].chars().take(LONGEST_TEXT - 1);
        return Some(kept.chain(['…']).collect());
    }
    (!text.is_empty()).then(|| text.to_owned())
}

impl Lenient for bool {
    /// Booleans were 0 and 1 in 2021-01.
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(flag),
            Value::Number(number) => match whole(&number)? {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Lenient for u32 {
    /// A count. Interval frequencies were strings in 2021-01. A negative one makes no sense and is `None`.
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Number(number) => u32::try_from(whole(&number)?).ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

impl Lenient for Instant {
    fn read(value: Value) -> Option<Self> {
        dates::instant(value.as_str()?)
    }
}

impl Lenient for Day {
    fn read(value: Value) -> Option<Self> {
        dates::day(value.as_str()?)
    }
}

/// A calendar day that is sent as an instant, midnight US Eastern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EasternDay(pub Day);

impl Lenient for EasternDay {
    fn read(value: Value) -> Option<Self> {
        dates::eastern_day(value.as_str()?).map(Self)
    }
}

impl<T: Lenient> Lenient for List<T> {
    /// Told from a list that is missing; entries that can't be read are left out.
    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Array(entries) => Some(Self(entries.into_iter().filter_map(T::read).collect())),
            _ => None,
        }
    }
}

/// The whole number that this is: `7` and `7.0` alike. Doubles count exactly up to 2^53 only.
fn whole(number: &serde_json::Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let float = number.as_f64()?;
        let exact = float.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&float);
        // In range and without a fraction, as just checked.
        exact.then_some(float as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id(value: Value) -> Option<String> {
        Id::read(value).map(|id| id.0)
    }

    #[test]
    fn ids_are_numbers_or_strings() {
        assert_eq!(id(json!(176700001)).unwrap(), "176700001");
        assert_eq!(id(json!(" 176700001 ")).unwrap(), "176700001");
        assert_eq!(id(json!(43510000000001u64)).unwrap(), "43510000000001");
        assert_eq!(id(json!(7.0)).unwrap(), "7");
        for bad in [
            json!(null),
            json!(""),
            json!(7.5),
            json!(-7),
            json!(1e300),
            json!(true),
            json!([7]),
            json!({"id": 7}),
            json!("a b"),
            json!("a\u{0}b"),
            json!("9".repeat(200)),
        ] {
            assert_eq!(id(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn external_ids_come_in_four_shapes() {
        let external = |value| External::read(value).map(|id| id.0);
        for good in [
            json!({"ecommerce": "8143000000001"}),
            json!({"ecommerce": 8143000000001u64, "more": 1}),
            json!("8143000000001"),
            json!(8143000000001u64),
        ] {
            assert_eq!(
                external(good.clone()).as_deref(),
                Some("8143000000001"),
                "{good}"
            );
        }
        for bad in [
            json!(null),
            json!({}),
            json!({"ecommerce": null}),
            json!([1]),
        ] {
            assert_eq!(external(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn flags_and_counts_come_as_numbers_and_strings() {
        for (value, flag) in [
            (json!(true), true),
            (json!(1), true),
            (json!("TRUE"), true),
            (json!(0), false),
            (json!("false"), false),
            (json!("0"), false),
        ] {
            assert_eq!(bool::read(value.clone()), Some(flag), "{value}");
        }
        assert_eq!(bool::read(json!("maybe")), None);
        assert_eq!(bool::read(json!(2)), None);

        assert_eq!(u32::read(json!(30)), Some(30));
        assert_eq!(u32::read(json!("30")), Some(30));
        assert_eq!(u32::read(json!(30.0)), Some(30));
        for bad in [json!(-1), json!("-1"), json!(2.5), json!(1e12), json!([])] {
            assert_eq!(u32::read(bad.clone()), None, "{bad}");
        }
    }

    #[test]
    fn text_is_trimmed_cleaned_and_bounded() {
        let text = |value| String::read(value);
        assert_eq!(text(json!(" a\u{0}b\tc\r\n")).as_deref(), Some("a b c"));
        assert_eq!(text(json!(8)).as_deref(), Some("8"));
        assert_eq!(text(json!(24.3)).as_deref(), Some("24.3"));
        assert_eq!(text(json!("  \u{0}\n ")), None);
        assert_eq!(text(json!(null)), None);
        assert_eq!(text(json!({"a": 1})), None);
        let long = text(json!("😀".repeat(3_000))).unwrap();
        assert_eq!(long.chars().count(), LONGEST_TEXT);
        assert!(long.ends_with("😀…"));
        let just = "x".repeat(LONGEST_TEXT);
        assert_eq!(text(json!(just)), Some(just));
    }

    #[test]
    fn lists_may_be_missing_null_or_something_else() {
        let list = |value: Value| serde_json::from_value::<List<u32>>(value).unwrap().0;
        assert_eq!(list(json!([1, "2", null, {}, 3])), [1, 2, 3]);
        assert!(list(json!(null)).is_empty());
        assert!(list(json!("[]")).is_empty());
        assert!(list(json!({})).is_empty());
    }
}
