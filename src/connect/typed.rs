//! What somebody typed.

use crate::domain::install::InstallName;
use crate::domain::links::UrlTemplate;
use crate::domain::secret::{Secret, unquoted};
use crate::domain::shop::Shop;
use crate::provider::Provider;

/// A longer contact is a story.
const LONGEST_CONTACT: usize = 120;

/// The fields as they were typed; empty ones are left out.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The shop, in any spelling.
    pub shop: String,
    /// The install's name; the shop's by default.
    pub name: String,
    /// The API token.
    pub token: Secret<String>,
    /// The API client secret, for webhooks.
    pub client_secret: Secret<String>,
    /// Whom agents ask when it must be reconnected.
    pub contact: String,
    /// The merchant's own form of a customer's page in the dashboard.
    pub customer_link: String,
    /// … and of a subscription's.
    pub subscription_link: String,
}

impl Default for Typed {
    fn default() -> Self {
        Self {
            shop: String::new(),
            name: String::new(),
            token: Secret::new(String::new()),
            client_secret: Secret::new(String::new()),
            contact: String::new(),
            customer_link: String::new(),
            subscription_link: String::new(),
        }
    }
}

/// The fields, read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The shop.
    pub shop: Shop,
    /// The install's name.
    pub name: InstallName,
    /// The API token.
    pub token: Secret<String>,
    /// The API client secret.
    pub client_secret: Option<Secret<String>>,
    /// Whom agents ask.
    pub contact: Option<String>,
    /// A template of a customer's page.
    pub customer_link: Option<String>,
    /// A template of a subscription's page.
    pub subscription_link: Option<String>,
    /// Whether quotation marks around the token or the client secret were removed.
    pub was_quoted: bool,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The shop.
    Shop,
    /// The install's name.
    Name,
    /// The API token.
    Token,
    /// The API client secret.
    ClientSecret,
    /// The contact.
    Contact,
    /// The template of a customer's page.
    CustomerLink,
    /// The template of a subscription's page.
    SubscriptionLink,
}

impl Field {
    /// Its name in forms and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Name => "name",
            Self::Token => "token",
            Self::ClientSecret => "client_secret",
            Self::Contact => "contact",
            Self::CustomerLink => "customer_link",
            Self::SubscriptionLink => "subscription_link",
        }
    }
}

/// What is wrong with a field. Never repeats a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Which.
    pub field: Field,
    /// What, and what to write instead.
    pub message: String,
}

impl Typed {
    /// Reads all fields, or says everything that is wrong with them.
    pub fn read(&self, provider: &dyn Provider) -> Result<Wanted, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut wrong = |field, message: String| problems.push(FieldProblem { field, message });

        let shop = Shop::parse(&self.shop)
            .map_err(|error| wrong(Field::Shop, error.to_string()))
            .ok();
        let name = match (self.name.trim(), &shop) {
            ("", shop) => shop.as_ref().map(InstallName::from),
            (name, _) => InstallName::parse(name)
                .map_err(|error| wrong(Field::Name, error.to_string()))
                .ok(),
        };
        let (token, token_was_quoted) = unquoted(self.token.reveal());
        let (client_secret, secret_was_quoted) = unquoted(self.client_secret.reveal());
        if let Some(misfit) = token_misfit(token, provider) {
            wrong(Field::Token, misfit.to_owned());
        }
        if client_secret.contains(char::is_whitespace) {
            wrong(
                Field::ClientSecret,
                "the API client secret has a blank inside: copy it once more".into(),
            );
        } else if !client_secret.is_empty() && client_secret == token {
            let same = "this is the API token again; the API client secret stands on the page behind the token's name";
            wrong(Field::ClientSecret, same.into());
        }
        let contact = self.contact.trim();
        if contact.chars().count() > LONGEST_CONTACT || contact.chars().any(char::is_control) {
            let long = format!(
                "write a name and where to reach them, in at most {LONGEST_CONTACT} characters, like `Dana, #cx-tools`"
            );
            wrong(Field::Contact, long);
        }
        for (field, link) in [
            (Field::CustomerLink, &self.customer_link),
            (Field::SubscriptionLink, &self.subscription_link),
        ] {
            if let (false, Err(error)) =
                (link.trim().is_empty(), UrlTemplate::parse(link, "acme-usa"))
            {
                wrong(field, error.to_string());
            }
        }
        match (shop, name) {
            (Some(shop), Some(name)) if problems.is_empty() => Ok(Wanted {
                shop,
                name,
                token: Secret::new(token.to_owned()),
                client_secret: given(client_secret).map(Secret::new),
                contact: given(contact),
                customer_link: given(self.customer_link.trim()),
                subscription_link: given(self.subscription_link.trim()),
                was_quoted: token_was_quoted || secret_was_quoted,
            }),
            _ => Err(problems),
        }
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn token_misfit(token: &str, provider: &dyn Provider) -> Option<&'static str> {
    if token.is_empty() {
        return Some("paste the API token");
    }
    if token.contains(char::is_whitespace) || !token.is_ascii() {
        return Some("the API token has a blank or an odd letter inside: copy it once more");
    }
    provider.token_misfit(token)
}
