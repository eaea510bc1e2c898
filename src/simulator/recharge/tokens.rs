//! API tokens: how they look, whose they are, and what they may read.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;

use super::json::Json;

/// What any well-formed token may do when no list of tokens was given.
const READ_SCOPES: [&str; 8] = [
    "read_customers",
    "read_discounts",
    "read_events",
    "read_orders",
    "read_payment_methods",
    "read_products",
    "read_store",
    "read_subscriptions",
];

/// A token as `tokens.json` lists it.
#[derive(Clone, Deserialize)]
pub(super) struct Token {
    pub(super) token: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) scopes: Vec<String>,
    contact_email: Option<String>,
    pub(super) client_secret: Option<String>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// The token that any well-formed text stands for when no list was given.
    pub(super) fn unlisted(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            name: "Simulator".to_owned(),
            scopes: READ_SCOPES.map(str::to_owned).to_vec(),
            contact_email: None,
            client_secret: None,
        }
    }

    pub(super) fn may(&self, scope: &str) -> bool {
        // The same scope has two names: `read_store` in the current reference, `store_info` in older clients.
        let has = |name: &str| self.scopes.iter().any(|s| s == name);
        has(scope) || (scope == "read_store" && has("store_info"))
    }

    /// The body of `GET /token_information`. `client` is filled for OAuth apps only; whether it is null or left out
    /// for other tokens is not established, null is this simulator's choice.
    pub(super) fn information(&self) -> Json {
        let contact = self.contact_email.as_deref();
        let scopes = self.scopes.iter().map(|s| Json::from(s.as_str()));
        Json::object([(
            "token_information",
            Json::object([
                ("client", Json::Null),
                (
                    "contact_email",
                    Json::from(contact.unwrap_or("ops@example.com")),
                ),
                ("name", Json::from(self.name.as_str())),
                ("scopes", Json::List(scopes.collect())),
            ]),
        )])
    }
}

/// How many times the usual leak rate and capacity a token's bucket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Multipliers {
    pub(super) leak: u32,
    pub(super) capacity: u32,
}

/// Reads a token's form: `sk_NxM_` or `sk_test_NxM_` and 64 hex digits, or one of the older 56 or 32 hex digits.
/// `None` for anything else, storefront tokens included.
///
/// `NxM` multiplies the bucket:
/// <https://changelog.getrecharge.com/configurable-rate-limits-for-recharge-api-tokens-4yeMp2>.
pub(super) fn well_formed(token: &str) -> Option<Multipliers> {
    let is_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let Some(rest) = token.strip_prefix("sk_") else {
        let plain = Multipliers {
            leak: 1,
            capacity: 1,
        };
        return (is_hex(token, 56) || is_hex(token, 32)).then_some(plain);
    };
    let rest = rest.strip_prefix("test_").unwrap_or(rest);
    let (multipliers, digits) = rest.split_once('_')?;
    let (leak, capacity) = multipliers.split_once('x')?;
    let known = ["1", "2", "3", "5", "10"].contains(&leak)
        && ["1", "2", "3"].contains(&capacity)
        && is_hex(digits, 64);
    known.then_some(Multipliers {
        leak: leak.parse().ok()?,
        capacity: capacity.parse().ok()?,
    })
}

/// A short mark by which requests of one token can be told from another's, and from which no token can be read.
pub(super) fn fingerprint(token: &str) -> String {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_tokens() {
        let hex = "0123456789abcdef".repeat(4);
        let forms = |text: String| well_formed(&text).map(|m| (m.leak, m.capacity));
        assert_eq!(forms(format!("sk_1x1_{hex}")), Some((1, 1)));
        assert_eq!(forms(format!("sk_test_10x3_{hex}")), Some((10, 3)));
        assert_eq!(forms(hex[..32].to_owned()), Some((1, 1)));
        assert_eq!(forms(hex[..56].to_owned()), Some((1, 1)));
        for wrong in [
            format!("sk_4x1_{hex}"),
            format!("sk_1x4_{hex}"),
            format!("sk_1x1_{}", &hex[1..]),
            format!("strfnt{hex}"),
            hex[..40].to_owned(),
            String::new(),
        ] {
            assert_eq!(forms(wrong.clone()), None, "{wrong}");
        }
    }

    #[test]
    fn the_scope_of_the_store_has_two_names() {
        let mut token = Token::unlisted("x");
        token.scopes = vec!["store_info".to_owned()];
        assert!(token.may("read_store"));
        assert!(!token.may("read_customers"));
    }

    #[test]
    fn nothing_printed_holds_the_token() {
        let token = Token::unlisted("sk_1x1_secret");
        assert!(!format!("{token:?}").contains("secret"));
        assert!(!fingerprint(&token.token).contains("secret"));
    }
}
