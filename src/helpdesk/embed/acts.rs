//! What an open page asks for.

use serde::Deserialize;

use crate::domain::email::Email;
use crate::domain::id::{CustomerId, OrderId, ShopifyCustomerId, SubscriptionId, is_numeric_id};
use crate::domain::install::InstallName;
use crate::domain::question::Subject;
use crate::helpdesk::{Problem, Verified};

/// The last part of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The card again.
    Refresh,
    /// Records of somebody else.
    Search,
    /// One of them.
    Open,
    /// The person is this one.
    Link,
    /// The person is none of those that match.
    Unlink,
    /// To be told when the card has changed.
    Events,
}

/// What it is about, as the body says.
#[derive(Debug)]
pub enum Wanted {
    /// The card; read anew, or as it is known.
    Card {
        /// Whether what is remembered will not do.
        anew: bool,
    },
    /// Whoever this names.
    Search(Subject),
    /// A record that was shown, as it was handed out; to be seen, or to be linked.
    Picked(String),
    /// Nobody at this install.
    Nobody(InstallName),
    /// Nothing more.
    Events,
}

/// The body. Fields of later versions are ignored.
#[derive(Default, Deserialize)]
struct Body {
    #[serde(default)]
    anew: bool,
    by: Option<String>,
    text: Option<String>,
    pick: Option<String>,
    install: Option<String>,
}

impl Act {
    /// The act of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "refresh" => Self::Refresh,
            "search" => Self::Search,
            "open" => Self::Open,
            "link" => Self::Link,
            "unlink" => Self::Unlink,
            "events" => Self::Events,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Search => "search",
            Self::Open => "open",
            Self::Link => "link",
            Self::Unlink => "unlink",
            Self::Events => "events",
        }
    }

    /// The HTTP method that it takes.
    pub fn method(self) -> &'static str {
        match self {
            Self::Events => "GET",
            _ => "POST",
        }
    }

    /// What a verified request wants.
    pub fn wanted(self, Verified(request, _): &Verified<'_>) -> Result<Wanted, Problem> {
        if self == Self::Events {
            return Ok(Wanted::Events);
        }
        let body: Body = serde_json::from_slice(request.body).map_err(|_| Problem::NotAnAct)?;
        Ok(match self {
            Self::Refresh | Self::Events => Wanted::Card { anew: body.anew },
            Self::Search => {
                let (by, text) = body.by.zip(body.text).ok_or(Problem::NotAnAct)?;
                Wanted::Search(subject(&by, text.trim())?)
            }
            Self::Open | Self::Link => Wanted::Picked(body.pick.ok_or(Problem::NotAnAct)?),
            Self::Unlink => {
                let install = body.install.ok_or(Problem::NotAnAct)?;
                Wanted::Nobody(InstallName::parse(&install).map_err(|_| Problem::NotAnAct)?)
            }
        })
    }
}

/// What somebody typed to look for. Only whole addresses and whole ids: nobody browses customers here.
fn subject(by: &str, text: &str) -> Result<Subject, Problem> {
    if by == "email" {
        let email = Email::parse(text).map_err(|_| Problem::NotSearchable)?;
        return Ok(Subject::Email(email));
    }
    // Shoppers' order numbers are written `#1001`.
    let text = match by {
        "order" => text.trim_start_matches('#'),
        _ => text,
    };
    let id = is_numeric_id(text).then_some(text);
    Ok(match (by, id) {
        ("customer_id", Some(id)) => Subject::Customer(CustomerId::new(id)),
        ("shopify_customer_id", Some(id)) => Subject::ShopifyCustomer(ShopifyCustomerId::new(id)),
        ("subscription_id", Some(id)) => Subject::Subscription(SubscriptionId::new(id)),
        ("order", Some(id)) => Subject::Order(OrderId::new(id)),
        ("customer_id" | "shopify_customer_id" | "subscription_id" | "order", None) => {
            return Err(Problem::NotSearchable);
        }
        _ => return Err(Problem::NotAnAct),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_addresses_and_whole_ids_can_be_looked_for() {
        for (by, text, expected) in [
            ("email", "kim@acme.example", "email"),
            ("customer_id", "176700001", "customer_id"),
            (
                "shopify_customer_id",
                "7923000000001",
                "shopify_customer_id",
            ),
            ("subscription_id", "585000001", "subscription_id"),
            ("order", "6001", "order"),
            ("order", "#1001", "order"),
        ] {
            assert_eq!(subject(by, text).unwrap().matched_by().as_str(), expected);
        }
        for (by, text) in [
            ("email", "kim"),
            ("email", ""),
            ("order", "#"),
            ("order", "1001-EU"),
            ("customer_id", "#176700001"),
            ("customer_id", "176*"),
            ("subscription_id", ""),
            ("customer_id", "176700001,176700002"),
        ] {
            assert_eq!(
                subject(by, text),
                Err(Problem::NotSearchable),
                "{by} {text}"
            );
        }
        assert_eq!(subject("name", "Kim"), Err(Problem::NotAnAct));
    }
}
