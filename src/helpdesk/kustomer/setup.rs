//! What somebody does to join a workspace to Kustomer, in order.

use super::settings::Choices;
use crate::helpdesk::{Place, Step};
use crate::views::text::kustomer as text;

/// The roles that the key needs, and nothing more.
const ROLES: [&str; 12] = [
    "org.admin.apps",
    "org.permission.apps.read",
    "org.permission.customer.read",
    "org.permission.kobject.read",
    "org.permission.kobject.create",
    "org.permission.kobject.update",
    "org.permission.kobject.delete",
    "org.permission.metadata.read",
    "org.permission.metadata.update",
    "org.permission.bulk.read",
    "org.permission.klass.read",
    "org.permission.search.create",
];
/// One more, where customers are created.
const CREATING: &str = "org.permission.customer.create";

/// The steps.
pub fn steps(place: &Place<'_>) -> Vec<Step> {
    let mut roles = ROLES.to_vec();
    if Choices(place.settings).creates_customers() {
        roles.push(CREATING);
    }
    let id = place.workspace;
    vec![
        Step::doing(text::SANDBOX),
        Step::doing(text::MAKE_KEY).copying("roles", roles.join("\n")),
        Step::doing(text::KEEP_KEY).copying(
            "command",
            format!("sidecard workspace set {id} --set-stdin api_key"),
        ),
        Step::doing(text::LOOK)
            .copying("command", format!("sidecard kustomer app --workspace {id}")),
        Step::doing(text::REGISTER).copying(
            "command",
            format!("sidecard kustomer register --workspace {id}"),
        ),
        Step::doing(text::INSTALL),
        place.secret_step(text::PASTE),
        Step::doing(text::LOOK_AT_CARD),
        Step::doing(text::OLD_APP),
    ]
}
