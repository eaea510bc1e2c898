//! The private app as it is registered at Kustomer: a klass for subscriptions, how its objects look, the card beside a
//! customer, and the command that brings the card.
//!
//! Kustomer appends the org's id to the names when it registers them; what they became is read back, and nothing here is
//! what they are called in an org.

use serde_json::{Map, Value, json};

use crate::helpdesk::Place;
use crate::views::text::kustomer as text;

/// The version that is registered unless another one is wanted. Raised with every change of the definition.
pub const VERSION: &str = "1.0.0";
/// The app. No dashes.
pub const APP: &str = "sidecard";
/// The klass.
pub const KLASS: &str = "sidecard-subscription";
/// The command.
pub const COMMAND: &str = "sidecard.app.subscriptions.read";
/// The setting that holds the workspace's secret, and what it is called within the command.
const SECRET: &str = "sidecardSecret";

const TIMELINE_VIEW: &str = "sidecard.view.timeline";
const DETAILS_VIEW: &str = "sidecard.view.details";
const CARD_VIEW: &str = "sidecard.view.card";

/// The attribute that says whose a subscription is at the provider.
pub const CUSTOMER: &str = "customerStr";
/// The attribute that says what an object was made of.
pub const MARK: &str = "markStr";

/// The attributes of the klass, and what people call them. The end of a name is its type.
pub const ATTRIBUTES: [(&str, &str); 17] = [
    ("statusStr", text::STATUS),
    ("productStr", text::PRODUCT),
    ("variantStr", text::VARIANT),
    ("skuStr", text::SKU),
    ("quantityNum", text::QUANTITY),
    ("priceNum", text::PRICE),
    ("currencyStr", text::CURRENCY),
    ("rhythmStr", text::RHYTHM),
    ("nextChargeAt", text::NEXT_CHARGE),
    ("cancelledAt", text::CANCELLED),
    ("reasonTxt", text::REASON),
    ("commentTxt", text::COMMENT),
    ("shopStr", text::SHOP),
    (CUSTOMER, text::CUSTOMER_ID),
    ("subscriptionStr", text::SUBSCRIPTION_ID),
    ("rechargeUrl", text::RECHARGE_LINK),
    (MARK, text::MARK),
];

/// What agents see of an object, in this order.
const SHOWN: [&str; 12] = [
    "statusStr",
    "productStr",
    "variantStr",
    "quantityNum",
    "priceNum",
    "currencyStr",
    "rhythmStr",
    "nextChargeAt",
    "cancelledAt",
    "reasonTxt",
    "commentTxt",
    "shopStr",
];

/// What the command sends as its `Authorization`: Kustomer's servers put the secret in.
pub fn authorization() -> String {
    format!("Bearer {{{{{SECRET}}}}}")
}

/// The definition, with the workspace's own addresses in it.
pub fn definition(place: &Place<'_>, version: &str) -> Value {
    let base = place.address("/ask/kustomer");
    let properties: Map<String, Value> = ATTRIBUTES
        .iter()
        .map(|(name, shown)| ((*name).to_owned(), json!({ "displayName": shown })))
        .collect();
    let path = format!("{APP}.settings.path.default.{SECRET}");
    json!({
        "app": APP,
        "version": version,
        "title": text::APP_TITLE,
        "identifier": APP,
        "visibility": "private",
        "description": text::APP_DESCRIPTION,
        "settings": {"default": {SECRET: {"type": "secret", "defaultValue": "", "required": true}}},
        "i18n": {"en_us": {
            format!("{APP}.settings.page.title"): text::APP_TITLE,
            format!("{APP}.settings.page.description"): text::SETTINGS_HELP,
            format!("{path}.displayName"): text::SECRET,
            format!("{path}.description"): text::SECRET_HELP,
        }},
        "klasses": [{
            "name": KLASS,
            "icon": "autorenew",
            "color": "#2857D0",
            "metadata": {"properties": properties},
        }],
        "kviews": [
            kview(TIMELINE_VIEW, &format!("kobject.{KLASS}"), "expanded-timeline", text::SUBSCRIPTION, &fields()),
            kview(DETAILS_VIEW, &format!("kobject.{KLASS}"), "smartbar-details", text::SUBSCRIPTION, &fields()),
            kview(CARD_VIEW, "customer", "smartbar-card", text::SUBSCRIPTIONS, &card(&base)),
        ],
        // Without `cacheSeconds`: a kept answer could be about somebody else, because the question is in the body.
        "commands": [{
            "name": COMMAND,
            "displayName": text::COMMAND,
            "permittedArgs": [],
            "url": format!("{base}/subscriptions"),
            "httpMethod": "post",
            "auditLogging": false,
            "appSettings": {SECRET: {"key": format!("{APP}.default.{SECRET}")}},
            // Whether these are filled in is not established; the card gives the same ones with every run, which are.
            "defaultHeaders": {"Authorization": authorization(), "Content-Type": "application/json"},
        }],
    })
}

fn kview(name: &str, resource: &str, context: &str, shown: &str, template: &str) -> Value {
    json!({
        "name": name,
        "resource": resource,
        "context": context,
        "meta": {"displayName": shown, "icon": "autorenew", "state": "open"},
        "template": template,
    })
}

/// What is known of a subscription, line by line, and the way to Recharge.
fn fields() -> String {
    let name_of = |attribute: &str| {
        let found = ATTRIBUTES.iter().find(|(name, _)| *name == attribute);
        found.map_or("", |(_, shown)| *shown)
    };
    let fields: String = SHOWN
        .iter()
        .map(|attribute| {
            let label = name_of(attribute);
            format!(r#"{{_.get(kobject, 'custom.{attribute}') ? <Field label="{label}" value={{_.get(kobject, 'custom.{attribute}')}} /> : null}}"#)
        })
        .collect();
    let view = text::VIEW;
    format!(
        r#"<Segment>{fields}{{_.get(kobject, 'custom.rechargeUrl') ? <a href={{_.get(kobject, 'custom.rechargeUrl')}} target="_blank" rel="noopener noreferrer">{view}</a> : null}}</Segment>"#
    )
}

/// The frame in which the live card stands.
fn card(base: &str) -> String {
    format!(r#"<DynamicCard src="{base}/card" context={{object.context}} fillToWidth noPadding />"#)
}
