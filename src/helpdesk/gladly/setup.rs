//! What somebody fills in at Gladly, field by field (connect.gladly.com, set up and edit custom integration).

use super::attributes;
use crate::helpdesk::{Place, Step};
use crate::views::text::gladly as text;

/// The steps, in the order of Gladly's page.
pub fn steps(place: &Place<'_>) -> Vec<Step> {
    let mut columns = vec!["name", "emails"];
    columns
        .extend([attributes::ACTIVE, attributes::TOTAL, attributes::SHOP].map(|(_, name, _)| name));
    vec![
        Step::doing(text::BEGIN),
        Step::doing(text::NAME).copying("name", text::NAME_TO_COPY),
        Step::doing(text::URL).copying("URL", place.address("/ask/gladly")),
        Step::doing(text::BASIC),
        place.secret_step(text::SIGNING_KEY),
        Step::doing(text::HEADERS),
        Step::doing(text::SEARCH).copying("search query attributes", text::SEARCH_TO_COPY),
        Step::doing(text::COLUMNS).copying("search results attributes", columns.join("\n")),
        Step::doing(text::AUTO_LINK),
        Step::doing(text::OVERWRITE),
        Step::doing(text::ACTIONS),
        Step::doing(text::SUPPORT).copying("message to Gladly Support", message()),
        Step::doing(text::ORDERS),
        Step::doing(text::KEYS),
        Step::doing(text::ENRICH),
        Step::doing(text::TRY),
        Step::doing(text::REOPEN),
        Step::doing(text::OLD_APP),
    ]
}

fn message() -> String {
    let shown: Vec<String> = attributes::ALL
        .iter()
        .map(|(_, name, label)| format!("   {name}: {label}"))
        .collect();
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
    use crate::domain::id::WorkspaceId;
    use crate::domain::secret::Secret;

    #[test]
    fn every_field_of_gladlys_page_stands_in_its_order_and_what_to_paste_beside_it() {
        let id = WorkspaceId::new("44444444444444444444444444444444");
        let secret = Secret::new(String::from("fake-gladly-signing-key"));
        let place = Place {
            public_url: Some("https://sidecard.acme.example"),
            workspace: &id,
            secret: Some(&secret),
        };
        let steps = steps(&place);
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
}
