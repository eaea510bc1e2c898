//! What somebody fills in at Gladly, field by field (connect.gladly.com, set up and edit custom integration).

use super::attributes;
use super::choices::{Auth, Choices, Kind};
use crate::helpdesk::{Place, Step};
use crate::views::text::gladly as text;

/// The steps, in the order of Gladly's page, as the workspace's settings have it.
pub fn steps(place: &Place<'_>) -> Vec<Step> {
    let choices = Choices(place.settings);
    let mut steps = vec![
        Step::doing(text::BEGIN),
        Step::doing(text::NAME).copying("name", text::NAME_TO_COPY),
        Step::doing(text::URL).copying("URL", place.address("/ask/gladly")),
    ];
    steps.extend(proof(place, choices));
    steps.extend([
        Step::doing(text::SEARCH).copying("search query attributes", text::SEARCH_TO_COPY),
        Step::doing(text::COLUMNS).copying("search results attributes", columns(choices)),
        Step::doing(if choices.auto_link() {
            text::AUTO_LINK
        } else {
            text::NO_AUTO_LINK
        }),
        Step::doing(text::OVERWRITE),
        Step::doing(text::ACTIONS),
        Step::doing(text::SUPPORT).copying("message to Gladly Support", message(choices)),
        Step::doing(match choices.kind() {
            Kind::Subscription => text::ORDERS,
            Kind::Order => text::ORDERS_ON,
        }),
        Step::doing(text::KEYS),
        Step::doing(if choices.enrich() {
            text::ENRICH_ON
        } else {
            text::ENRICH
        }),
        Step::doing(text::TRY),
        Step::doing(text::REOPEN),
        Step::doing(text::OLD_APP),
    ]);
    steps
}

/// The fields by which Gladly proves itself.
fn proof(place: &Place<'_>, choices: Choices<'_>) -> Vec<Step> {
    match choices.auth() {
        Auth::Signature => vec![
            Step::doing(text::BASIC),
            place.secret_step(text::SIGNING_KEY),
            Step::doing(text::HEADERS),
        ],
        Auth::Basic => vec![
            Step::doing(text::USERNAME).copying("username", choices.user()),
            place.secret_step(text::PASSWORD),
            Step::doing(text::NO_SIGNING_KEY),
            Step::doing(text::HEADERS),
        ],
        Auth::Header => vec![
            Step::doing(text::BASIC),
            Step::doing(text::NO_SIGNING_KEY),
            Step::doing(text::HEADER_NAME).copying("header name", choices.header()),
            place.secret_step(text::HEADER_VALUE),
        ],
    }
}

fn columns(choices: Choices<'_>) -> String {
    let mut columns = vec!["name", "emails"];
    for (setting, usual, _) in [attributes::ACTIVE, attributes::TOTAL, attributes::SHOP] {
        columns.extend(choices.names(setting, usual));
    }
    columns.join("\n")
}

fn message(choices: Choices<'_>) -> String {
    let mut shown = Vec::new();
    for (setting, usual, label) in attributes::ALL {
        let names = choices.names(setting, usual);
        shown.extend(names.map(|name| format!("   {name}: {label}")));
    }
    format!(
        "{}\n{}\n{}",
        text::SUPPORT_BEGIN,
        shown.join("\n"),
        text::SUPPORT_END
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::Settings;
    use crate::domain::id::WorkspaceId;
    use crate::domain::secret::Secret;

    fn made(id: &WorkspaceId, secret: &Secret<String>, settings: &[(&str, &str)]) -> Vec<Step> {
        let settings = Settings::of(settings.iter().copied());
        steps(&Place {
            public_url: Some("https://sidecard.acme.example"),
            workspace: id,
            secret: Some(secret),
            settings: &settings,
        })
    }

    #[test]
    fn every_field_of_gladlys_page_stands_in_its_order_and_what_to_paste_beside_it() {
        let id = WorkspaceId::new("44444444444444444444444444444444");
        let secret = Secret::new(String::from("fake-gladly-signing-key"));
        let steps = made(&id, &secret, &[]);
        let words = [
            "Name:",
            "URL:",
            "Username, Password and Realm:",
            "Signing Key:",
            "HTTPS Headers:",
            "Search Query Attributes:",
            "Search Results Attributes:",
            "Auto-Linking Fields:",
            "Overwrite Existing Values:",
            "Enable Actions:",
            "Gladly Support",
            "use Orders cards (works today)",
            "keeps them for ever",
            "reopen it to refresh",
            "ten customers",
        ];
        let mut rest = steps.iter();
        for word in words {
            assert!(
                rest.any(|step| step.text.contains(word)),
                "{word}, in its place"
            );
        }
        let copied: Vec<&str> = steps
            .iter()
            .filter_map(|step| step.copy.as_ref())
            .map(|(_, value)| value.reveal().as_str())
            .collect();
        assert!(copied.contains(
            &"https://sidecard.acme.example/ask/gladly/44444444444444444444444444444444"
        ));
        assert!(copied.contains(&"fake-gladly-signing-key"));
        let message = copied.last().unwrap();
        assert!(
            message.contains("totalSubscriptions: Number of Subscriptions"),
            "{message}"
        );
        assert!(message.contains("Switch on the Subscription transaction card"));
        assert!(!format!("{steps:?}").contains("fake-gladly-signing-key"));
    }

    #[test]
    fn the_steps_follow_the_settings() {
        let id = WorkspaceId::new("44444444444444444444444444444444");
        let secret = Secret::new(String::from("fake-gladly-signing-key"));
        let told = |settings: &[(&str, &str)]| {
            let steps = made(&id, &secret, settings);
            let step = |step: &Step| match &step.copy {
                Some((label, value)) => format!("{} {label}={}", step.text, value.reveal()),
                None => step.text.clone(),
            };
            steps.iter().map(step).collect::<Vec<_>>().join("\n")
        };
        let basic = told(&[("auth", "basic"), ("user", "acme"), ("auto_link", "off")]);
        assert!(basic.contains("username=acme") && basic.contains("Password: this secret"));
        assert!(basic.contains("Signing Key: leave it empty"));
        assert!(basic.contains("leave all unticked"));
        let header = told(&[("auth", "header"), ("header", "x-acme")]);
        assert!(header.contains("header name=x-acme"), "{header}");
        assert!(header.contains("secret=fake-gladly-signing-key"));
        let renamed = told(&[
            ("attributes.total", "subs,subsTotal"),
            ("attributes.shop", ""),
            ("transactions", "order"),
            ("enrich", "on"),
        ]);
        assert!(renamed.contains("   subs: Number of Subscriptions\n   subsTotal: Number"));
        assert!(renamed.contains("activeSubscriptions\nsubs\nsubsTotal\n"));
        assert!(!renamed.contains("rechargeShop") && !renamed.contains("totalSubscriptions"));
        assert!(renamed.contains("Orders cards are on") && renamed.contains("`enrich` is on"));
    }
}
