//! How installs, and what a provider says of their tokens, are shown.

use crate::cli::Failure;
use crate::config::{Problem, Problems};
use crate::connect::{Field, FieldProblem, Rejected, ScopeState};
use crate::domain::install::Install;
use crate::provider::{Need, Provider, ProviderError};
use crate::store::{InstallRecord, InstallState};

/// What the token may do, one line for each thing that cards need.
pub fn scopes(states: &[ScopeState]) {
    for state in states {
        let tick = state.scope.tick;
        match (state.has, state.scope.need) {
            (true, _) => anstream::println!("  have  {tick}"),
            (false, Need::Needed) => {
                anstream::println!("  MISS  {tick}: without it {}", state.scope.costs);
            }
            (false, Need::Wanted) => {
                anstream::println!("  miss  {tick}: without it {}", state.scope.costs);
            }
        }
    }
}

/// What is wrong with what was typed, all of it.
pub fn problems(problems: Vec<FieldProblem>) -> Failure {
    let told = problems.into_iter().map(|problem| {
        let field = match problem.field {
            Field::Shop => "`--shop`",
            Field::Name => "`--name`",
            Field::Token => "the API token",
            Field::ClientSecret => "the API client secret",
            Field::Contact => "`--contact`",
            Field::CustomerLink => "`--customer-link`",
            Field::SubscriptionLink => "`--subscription-link`",
        };
        Problem {
            message: format!("{field} can't be used"),
            hint: problem.message,
        }
    });
    Failure::Configuration(Problems(told.collect()))
}

/// Why a token was not accepted. `otherwise` is what to do when the provider could not be asked.
pub fn rejected(rejected: &Rejected, otherwise: &str) -> Failure {
    let text = match rejected {
        Rejected::Refused => String::from(
            "recharge refuses this API token\n  hint: copy it once more: in Recharge under Tools & apps, API tokens; it may have been deleted there",
        ),
        Rejected::OtherShop { typed, actual } => format!(
            "this API token belongs to another shop: `{typed}` was given, the token is of `{actual}`\n  hint: log in to the right shop in Recharge and copy its token, or give `--shop {actual}`"
        ),
        Rejected::TooLittle(states) => {
            let missing = states
                .iter()
                .filter(|state| !state.has && state.scope.need == Need::Needed)
                .map(|state| format!("`{}`", state.scope.tick));
            let missing = missing.collect::<Vec<_>>().join(", ");
            format!(
                "this API token may not do what every card needs: {missing}\n  hint: tick that at the token in Recharge (Tools & apps, API tokens), and try again"
            )
        }
        Rejected::NotAsked(error) => format!(
            "recharge can't be asked now: {}\n  hint: {otherwise}",
            label(error)
        ),
    };
    Failure::Failed(text)
}

/// A word for people of why there is no answer.
fn label(error: &ProviderError) -> &'static str {
    match error {
        ProviderError::Unreachable { .. } => "it is not reached",
        ProviderError::RateLimited { .. } => "it takes no more calls for the moment",
        _ => "its answer can't be used",
    }
}

/// The state of an install in a word or two.
pub fn state(record: &InstallRecord) -> &'static str {
    match (&record.token, record.state) {
        (Err(_), _) => "reconnect (its token can't be opened)",
        (_, InstallState::Reconnect { .. }) => "reconnect",
        _ if !record.settings.shop_verified && !record.settings.links_confirmed => {
            "ok, shop not verified"
        }
        _ => "ok",
    }
}

/// What to do about a shop that is not proven: nothing links there until somebody has looked.
pub fn not_verified(provider: &dyn Provider, record: &InstallRecord) {
    let install = Install {
        shows_links: true,
        ..record.install()
    };
    let links = provider.links(&install, &record.settings.profile);
    anstream::println!(
        "the shop is not verified: cards have no View in Recharge until you have followed a link"
    );
    let page = links.customer.as_ref().and_then(|link| link.fill("1"));
    if let Some(page) = page {
        let page = page.as_str();
        let list = page.strip_suffix("/1").unwrap_or(page);
        anstream::println!("  test link  {list}");
    }
    anstream::println!(
        "  if it leads into the dashboard of {}: sidecard install set {} --links-confirmed",
        record.shop,
        record.name
    );
}

/// Says that what was pasted is not quite what is saved.
pub fn was_quoted() {
    anstream::println!("the quotation marks around the token or the client secret were removed");
}
