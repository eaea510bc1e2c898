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
