//! What a workspace may have otherwise, as the protocol reads it: whatever is kept, every choice has a default that works.

use crate::domain::access::Settings;

/// How requests are authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// By Gladly's request signature; the secret is the signing key.
    Signature,
    /// By user name and password; the secret is the password.
    Basic,
    /// By a header that holds the secret.
    Header,
}

/// Which transactions carry the subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SUBSCRIPTION`: made for it; which keys its card reads is not established.
    Subscription,
    /// `ORDER`: established, shown without Gladly's help.
    Order,
}

/// Subscriptions that are sent when nothing is said.
const USUALLY: usize = 100;
/// More than these would not fit.
const AT_MOST: usize = 600;

/// A workspace's choices.
#[derive(Clone, Copy)]
pub struct Choices<'a>(pub &'a Settings);

impl<'a> Choices<'a> {
    fn word(&self, name: &str) -> Option<&'a str> {
        self.0
            .text(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    fn is(&self, name: &str, words: &[&str]) -> bool {
        let word = self.word(name);
        word.is_some_and(|word| words.iter().any(|w| word.eq_ignore_ascii_case(w)))
    }

    /// A word that nobody knows asks for more proof, not for less.
    pub fn auth(&self) -> Auth {
        if self.is("auth", &["basic"]) {
            Auth::Basic
        } else if self.is("auth", &["header"]) {
            Auth::Header
        } else {
            Auth::Signature
        }
    }

    /// The user name of Basic.
    pub fn user(&self) -> &'a str {
        self.word("user").unwrap_or("sidecard")
    }

    /// The static header's name, lower-case.
    pub fn header(&self) -> String {
        self.word("header")
            .unwrap_or("x-api-key")
            .to_ascii_lowercase()
    }

    /// Whether Gladly may link by itself.
    pub fn auto_link(&self) -> bool {
        !self.is("auto_link", &["off", "false", "no", "0"])
    }

    /// Whether profiles get what Gladly keeps for ever.
    pub fn enrich(&self) -> bool {
        self.is("enrich", &["on", "true", "yes", "1"])
    }

    /// Which transactions.
    pub fn kind(&self) -> Kind {
        if self.is("transactions", &["order", "orders"]) {
            Kind::Order
        } else {
            Kind::Subscription
        }
    }

    /// So many subscriptions are sent.
    pub fn most(&self) -> usize {
        let most = self.word("most").and_then(|text| text.parse().ok());
        most.unwrap_or(USUALLY).clamp(1, AT_MOST)
    }

    /// Whether numbers go as texts.
    pub fn numbers_are_text(&self) -> bool {
        self.is("numbers", &["text", "texts", "string", "strings"])
    }

    /// Whether days among the attributes go as days.
    pub fn days_are_days(&self) -> bool {
        self.is("days", &["day", "days"])
    }

    /// The names that a key goes by: its own, or those that the workspace gives it; none when that is an empty text.
    pub fn names(&self, setting: &str, usual: &'static str) -> impl Iterator<Item = &'a str> {
        let names: &'a str = self.0.text(setting).unwrap_or(usual);
        names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_its_default() {
        let none = Settings::default();
        let choices = Choices(&none);
        assert_eq!(choices.auth(), Auth::Signature);
        assert_eq!(
            (choices.user(), choices.header().as_str()),
            ("sidecard", "x-api-key")
        );
        assert!(choices.auto_link() && !choices.enrich());
        assert_eq!((choices.kind(), choices.most()), (Kind::Subscription, 100));
        assert!(!choices.numbers_are_text() && !choices.days_are_days());
    }

    #[test]
    fn what_is_said_counts_in_any_case_and_nonsense_does_not() {
        let said = Settings::of([
            ("auth", "BASIC"),
            ("enrich", " Yes "),
            ("auto_link", "False"),
            ("most", "10000"),
            ("keys.status", "status, subscriptionStatus"),
            ("keys.note", ""),
        ]);
        let said = Choices(&said);
        assert_eq!(said.auth(), Auth::Basic);
        assert!(said.enrich() && !said.auto_link());
        assert_eq!(said.most(), 600);
        let names: Vec<_> = said.names("keys.status", "status").collect();
        assert_eq!(names, ["status", "subscriptionStatus"]);
        assert_eq!(said.names("keys.note", "note").count(), 0);
        assert_eq!(said.names("keys.id", "id").collect::<Vec<_>>(), ["id"]);

        let odd = Settings::of([("auth", "none"), ("enrich", "maybe"), ("most", "-1")]);
        let odd = Choices(&odd);
        assert_eq!(odd.auth(), Auth::Signature);
        assert!(!odd.enrich());
        assert_eq!(odd.most(), 100);
    }
}
