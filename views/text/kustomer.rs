//! Words for Kustomer: the card's page, the app that is registered there, and how to set it up.

use super::super::facts;
use super::super::format::money;
use super::rhythm::interval;
use crate::domain::money::Currency;
use crate::domain::subscription::{Interval, Status, Subscription};

/// The helpdesk.
pub const TITLE: &str = "Kustomer";

/// While the answer is not there: title and hint.
pub const WAITING: (&str, &str) = (
    "Looking for subscriptions…",
    "Recharge is asked about the customer's email addresses.",
);
/// The command did not bring an answer.
pub const FAILED: (&str, &str) = (
    "Sidecard could not be asked",
    "Try again in a moment. If it stays, tell an admin.",
);
/// Sidecard does not accept the command.
pub const REFUSED: (&str, &str) = (
    "This card is not connected",
    "Ask an admin to paste the workspace's secret into the app's settings in Kustomer.",
);
/// The customer has no email address.
pub const NOBODY: (&str, &str) = (
    "No email address",
    "Sidecard looks for subscriptions by the customer's email addresses, and this customer has none.",
);
/// The button under a failure.
pub const AGAIN: &str = "Try again";

/// The app, in the App Directory.
pub const APP_TITLE: &str = "Sidecard";
/// What it does.
pub const APP_DESCRIPTION: &str =
    "Recharge subscriptions beside the conversation, always fresh, and on the customer's timeline.";
/// The card and the klass.
pub const SUBSCRIPTIONS: &str = "Subscriptions";
/// One object of the klass.
pub const SUBSCRIPTION: &str = "Subscription";
/// The command.
pub const COMMAND: &str = "Read subscriptions";
/// The setting that holds the workspace's secret.
pub const SECRET: &str = "Sidecard secret";
/// What it is.
pub const SECRET_HELP: &str =
    "The secret of the Sidecard workspace, as `sidecard workspace add` printed it.";
/// What the settings page says.
pub const SETTINGS_HELP: &str = "One secret joins this app to your Sidecard.";
/// The link to Recharge.
pub const VIEW: &str = super::VIEW;

/// An attribute of the klass.
pub const STATUS: &str = "Status";
/// An attribute of the klass.
pub const PRODUCT: &str = "Product";
/// An attribute of the klass.
pub const VARIANT: &str = "Variant";
/// An attribute of the klass.
pub const SKU: &str = "SKU";
/// An attribute of the klass.
pub const QUANTITY: &str = "Quantity";
/// An attribute of the klass.
pub const PRICE: &str = "Price";
/// An attribute of the klass.
pub const CURRENCY: &str = "Currency";
/// An attribute of the klass.
pub const RHYTHM: &str = "Every";
/// An attribute of the klass.
pub const NEXT_CHARGE: &str = "Next charge";
/// An attribute of the klass.
pub const CANCELLED: &str = "Cancelled";
/// An attribute of the klass.
pub const REASON: &str = "Cancellation reason";
/// An attribute of the klass.
pub const COMMENT: &str = "Cancellation comment";
/// An attribute of the klass.
pub const SHOP: &str = "Shop";
/// An attribute of the klass.
pub const CUSTOMER_ID: &str = "Recharge customer ID";
/// An attribute of the klass.
pub const SUBSCRIPTION_ID: &str = "Recharge subscription ID";
/// An attribute of the klass.
pub const RECHARGE_LINK: &str = "Recharge link";
/// An attribute of the klass: by it Sidecard sees that nothing has changed.
pub const MARK: &str = "Sidecard mark";

/// A setting.
pub const ORG: &str = "Org";
/// What it does.
pub const ORG_HELP: &str = "the org's name: `acme` in `https://acme.kustomerapp.com`";
/// A setting.
pub const API_KEY: &str = "API key";
/// What it does.
pub const API_KEY_HELP: &str = "an API key of the org, with the roles that the set-up steps name";
/// A setting.
pub const CREATING: &str = "Create customers";
/// What it does.
pub const CREATING_HELP: &str =
    "`on`: a subscriber whom Kustomer does not know is created there; else left out";
/// A setting.
pub const SHARE: &str = "Share of the limit";
/// What it does.
pub const SHARE_HELP: &str =
    "so many per cent of the calls that the org may make are Sidecard's at most, 1 to 90";
/// No org is called that.
pub const NOT_AN_ORG: &str =
    "write the org's name with lower-case letters, digits and dashes, like `acme`";

/// The first step.
pub const SANDBOX: &str = "Begin in a sandbox org, if you have one: a version that is registered stays registered for ever, and an app can't be taken out of an org completely.";
/// The key.
pub const MAKE_KEY: &str = "In Kustomer, under Settings, Security, API Keys, make a key with these roles; roles can't be changed later.";
/// The key, at home.
pub const KEEP_KEY: &str = "Give the key to Sidecard: it is read from standard input, or typed into this workspace's settings.";
/// What is registered.
pub const LOOK: &str = "Look at the app that will be registered.";
/// The registration.
pub const REGISTER: &str = "Register it. Its names in your org are read back and kept.";
/// The installation.
pub const INSTALL: &str = "In Kustomer's App Directory, install Sidecard.";
/// The secret.
pub const PASTE: &str = "On the app's settings page, paste this as `Sidecard secret`.";
/// The card.
pub const LOOK_AT_CARD: &str =
    "Open a customer: the card stands in the insights panel, under Subscriptions.";
/// The end of what was there before.
pub const OLD_APP: &str = "If Kustomer's own Recharge app is installed, compare ten customers, then switch its workflow off: else every subscription stands on the timeline twice.";

/// The key is refused.
pub const RECONNECT: &str =
    "Kustomer refuses the workspace's API key: nothing is told until it has another one";

/// What is missing for putting objects on timelines.
pub const MISSING_ORG: &str = "Nothing is put on timelines: the workspace has no org.";
/// Likewise.
pub const MISSING_KEY: &str = "Nothing is put on timelines: the workspace has no API key.";
/// Likewise.
pub const MISSING_NAMES: &str = "Nothing is put on timelines: the app is not registered, or its names are not read back yet. Run `sidecard kustomer register`.";

/// The headline of an object: `Morning Roast, 12 oz / Whole bean`; `2 × …` where there are two.
pub fn title(subscription: &Subscription) -> String {
    let product = facts::product(subscription);
    let name = match facts::variant(subscription) {
        Some(variant) => format!("{product}, {variant}"),
        None => product.into_owned(),
    };
    super::item(subscription.quantity, &name)
}

/// The line below it: `Active · $98.00 · every 30 days · next charge 15 Dec 2026`. Nothing in it depends on the day on which
/// it is made.
pub fn summary(subscription: &Subscription, shop: Option<&Currency>) -> String {
    let mut parts = vec![super::status(&subscription.status)];
    let price = subscription.price.as_ref();
    parts.extend(price.map(|price| money(&price.in_shop_currency(shop))));
    parts.extend(rhythm(subscription).map(|rhythm| format!("every {rhythm}")));
    let next = subscription.next_billing_date;
    if let (Status::Active, Some(day)) = (&subscription.status, next) {
        parts.push(format!("next charge {}", day.date().format("%-d %b %Y")));
    }
    parts.join(" · ")
}

/// How often, behind the word *Every*: `30 days`; `30 days, paid every 90 days` where it is paid less often.
pub fn rhythm(subscription: &Subscription) -> Option<String> {
    let every = |of: &Option<Interval>| {
        let of = of.as_ref().filter(|of| of.frequency > 0);
        of.map(interval)
    };
    let ships = every(&subscription.delivery_interval);
    let paid = every(&subscription.billing_interval);
    match (ships, paid) {
        (Some(ships), Some(paid)) if ships != paid => Some(format!("{ships}, paid every {paid}")),
        (ships, paid) => ships.or(paid),
    }
}
