//! Gladly's settings: how it proves itself, what it shows, and under which names.

use std::sync::LazyLock;

use super::attributes;
use super::transaction;
use crate::helpdesk::setting::{Kind, Setting};
use crate::views::text::gladly as text;

const USUAL: [Setting; 9] = [
    Setting::new(
        "auth",
        text::AUTH,
        text::AUTH_HELP,
        Kind::Choice(&[
            ("signature", text::SIGNATURE),
            ("basic", text::BASIC_AUTH),
            ("header", text::HEADER_AUTH),
        ]),
        "signature",
    ),
    Setting::new(
        "user",
        text::USER,
        text::USER_HELP,
        Kind::Text(user),
        "sidecard",
    )
    .rare(),
    Setting::new(
        "header",
        text::HEADER,
        text::HEADER_HELP,
        Kind::Text(header),
        "x-api-key",
    )
    .rare(),
    Setting::new(
        "auto_link",
        text::LINKING,
        text::LINKING_HELP,
        Kind::Switch,
        "on",
    ),
    Setting::new(
        "enrich",
        text::ENRICHING,
        text::ENRICHING_HELP,
        Kind::Switch,
        "off",
    ),
    Setting::new(
        "transactions",
        text::TRANSACTIONS,
        text::TRANSACTIONS_HELP,
        Kind::Choice(&[
            ("subscription", text::SUBSCRIPTION_CARD),
            ("order", text::ORDER_CARD),
        ]),
        "subscription",
    ),
    Setting::new(
        "most",
        text::MOST,
        text::MOST_HELP,
        Kind::Number(1, 600),
        "100",
    ),
    Setting::new(
        "numbers",
        text::NUMBERS,
        text::NUMBERS_HELP,
        Kind::Choice(&[("number", text::AS_NUMBERS), ("text", text::AS_TEXTS)]),
        "number",
    )
    .rare(),
    Setting::new(
        "days",
        text::DAYS,
        text::DAYS_HELP,
        Kind::Choice(&[("instant", text::AS_INSTANTS), ("day", text::AS_DAYS)]),
        "instant",
    )
    .rare(),
];

static ALL: LazyLock<Vec<Setting>> = LazyLock::new(|| {
    let keys = transaction::KEYS.map(|key| (key, text::KEY_HELP));
    let attributes = attributes::ALL.map(|attribute| (attribute, text::ATTRIBUTE_HELP));
    let names = keys.into_iter().chain(attributes);
    let names = names.map(|((name, usual, label), help)| {
        Setting::new(name, label, help, Kind::Names, usual).rare()
    });
    USUAL.into_iter().chain(names).collect()
});

/// All of them.
pub fn all() -> &'static [Setting] {
    &ALL
}

/// In Basic, a colon ends the user name.
fn user(typed: &str) -> Result<String, &'static str> {
    let is_name = !typed.chars().any(|c| c.is_whitespace() || c == ':');
    is_name.then(|| typed.to_owned()).ok_or(text::NOT_A_USER)
}

fn header(typed: &str) -> Result<String, &'static str> {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let is_name = typed.len() <= 64 && typed.bytes().all(is_letter);
    is_name
        .then(|| typed.to_ascii_lowercase())
        .ok_or(text::NOT_A_HEADER)
}

#[cfg(test)]
mod tests {
    use super::super::choices::Choices;
    use super::*;
    use crate::domain::access::Settings;

    #[test]
    fn every_default_can_be_typed_and_is_what_counts_when_nothing_is() {
        let none = Settings::default();
        for setting in all() {
            assert_eq!(
                setting.read(setting.default).as_deref(),
                Ok(setting.default),
                "{}",
                setting.name
            );
            assert_eq!(setting.shown(&none), setting.default);
        }
        let choices = Choices(&none);
        let default = |name: &str| all().iter().find(|s| s.name == name).unwrap().default;
        assert_eq!(choices.user(), default("user"));
        assert_eq!(choices.header(), default("header"));
        assert_eq!(choices.most().to_string(), default("most"));
    }

    #[test]
    fn names_that_could_be_misread_are_refused() {
        assert!(user("side:card").is_err() && user("side card").is_err());
        assert!(header("x api").is_err() && header("x\u{e9}").is_err());
        assert_eq!(header("X-API-Key").unwrap(), "x-api-key");
    }
}
