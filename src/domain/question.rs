//! What a helpdesk asks.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::email::{Email, FingerprintKey};
use super::id::{CustomerId, OrderId, ShopifyCustomerId, SubscriptionId};
use super::install::InstallName;

/// The maximum of things that one question looks for. A profile may have any number of addresses; nobody has so many, and a
/// shop's rate limit bounds what they cost.
pub const MOST_SUBJECTS: usize = 250;

/// What is looked for. Printing it shows no email address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A customer with this address.
    Email(Email),
    /// The customer with this id at the provider.
    Customer(CustomerId),
    /// The customer with this id at Shopify.
    ShopifyCustomer(ShopifyCustomerId),
    /// The customer who has this subscription.
    Subscription(SubscriptionId),
    /// The customer who placed this order (Shopify's id, or the number that shoppers see, without its `#`).
    Order(OrderId),
}

impl Subject {
    /// How the answer names this way of matching.
    pub fn matched_by(&self) -> MatchedBy {
        match self {
            Self::Email(_) => MatchedBy::Email,
            Self::Customer(_) => MatchedBy::CustomerId,
            Self::ShopifyCustomer(_) => MatchedBy::ShopifyCustomerId,
            Self::Subscription(_) => MatchedBy::SubscriptionId,
            Self::Order(_) => MatchedBy::Order,
        }
    }

    /// Kind and folded text: equal for two subjects that mean the same.
    pub fn key(&self) -> SubjectKey {
        let text = match self {
            Self::Email(email) => email.key().as_str().into(),
            Self::Customer(id) => id.as_str().into(),
            Self::ShopifyCustomer(id) => id.as_str().into(),
            Self::Subscription(id) => id.as_str().into(),
            Self::Order(id) => id.as_str().into(),
        };
        SubjectKey {
            kind: self.matched_by(),
            text,
        }
    }
}

/// A subject as a key: an email without its case. Printing it shows the kind alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SubjectKey {
    kind: MatchedBy,
    text: Arc<str>,
}

impl SubjectKey {
    /// For a log line, or for a key at rest.
    pub fn fingerprint(&self, key: &FingerprintKey) -> super::email::Fingerprint {
        key.of(self.kind.as_str(), &self.text)
    }
}

impl fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectKey({})", self.kind.as_str())
    }
}

/// How a customer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchedBy {
    /// By an email address.
    Email,
    /// By a link that was made before.
    Link,
    /// By the provider's customer id.
    CustomerId,
    /// By Shopify's customer id.
    ShopifyCustomerId,
    /// By a subscription's id.
    SubscriptionId,
    /// By an order.
    Order,
}

impl MatchedBy {
    /// The word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Link => "link",
            Self::CustomerId => "customer_id",
            Self::ShopifyCustomerId => "shopify_customer_id",
            Self::SubscriptionId => "subscription_id",
            Self::Order => "order",
        }
    }
}

/// One question of a helpdesk about one person.
#[derive(Debug, Clone)]
pub struct Question {
    subjects: Vec<Subject>,
    /// The one install that is meant, when the helpdesk names it: an id of one is somebody else's at another.
    pub install: Option<InstallName>,
    /// The helpdesk's own id of the person, when it says it; links are tied to it.
    pub profile: Option<String>,
    /// The agent who looks, when the helpdesk says it.
    pub agent: Option<String>,
    /// The language asked for, as a BCP 47 tag.
    pub locale: Option<String>,
}

/// A question that can't be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// No subject.
    #[error("nothing to look for: give at least one email address")]
    Empty,
    /// More than [`MOST_SUBJECTS`].
    #[error("too many things to look for: at most 250")]
    TooMany,
}

impl Question {
    /// A question about 1 to [`MOST_SUBJECTS`] subjects; the same one twice counts once.
    pub fn about(subjects: impl IntoIterator<Item = Subject>) -> Result<Self, QuestionError> {
        let mut kept: Vec<Subject> = Vec::new();
        for subject in subjects {
            if !kept.iter().any(|other| other.key() == subject.key()) {
                kept.push(subject);
            }
        }
        match kept.len() {
            0 => Err(QuestionError::Empty),
            1..=MOST_SUBJECTS => Ok(Self {
                subjects: kept,
                install: None,
                profile: None,
                agent: None,
                locale: None,
            }),
            _ => Err(QuestionError::TooMany),
        }
    }

    /// What is looked for, in the order it was asked.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Subject {
        Subject::Email(Email::parse(text).unwrap())
    }

    #[test]
    fn one_to_the_maximum_of_different_subjects() {
        assert_eq!(Question::about([]).unwrap_err(), QuestionError::Empty);
        let twice =
            Question::about([email("kim@acme.example"), email("KIM@acme.example")]).unwrap();
        assert_eq!(twice.subjects().len(), 1);
        let so_many = |n| (0..n).map(|n| email(&format!("kim{n}@acme.example")));
        let most = Question::about(so_many(MOST_SUBJECTS)).unwrap();
        assert_eq!(most.subjects().len(), MOST_SUBJECTS);
        let more = Question::about(so_many(MOST_SUBJECTS + 1));
        assert_eq!(more.unwrap_err(), QuestionError::TooMany);
    }

    #[test]
    fn an_id_is_not_an_email_of_the_same_text() {
        let id = Subject::Customer(CustomerId::new("7"));
        assert_ne!(id.key(), Subject::Order(OrderId::new("7")).key());
    }
}
