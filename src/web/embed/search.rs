//! Looking for somebody else, and opening what was found.

use actix_web::HttpRequest;

use super::Page;
use crate::domain::answer::{Account, Outcome};
use crate::domain::customer::Customer;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::{MatchedBy, Question, Subject};
use crate::helpdesk::{Problem, Reply, embed};
use crate::views::{self, Hit, Hits};

/// So many are shown.
const MOST_HITS: usize = 10;

/// Whoever a subject names at any of the workspace's installs, masked.
pub async fn search(
    request: &HttpRequest,
    page: &Page,
    subject: Subject,
) -> Result<Reply, Problem> {
    let hand = page.hand()?;
    let agent = page.fingerprint("agent", hand.agent).to_string();
    if !page.doors.pages.searches.admits(&agent, page.now) {
        return Err(Problem::TooManySearches);
    }
    let by = subject.matched_by();
    let print = subject.key().fingerprint(&page.doors.fingerprints);
    page.audit(
        hand,
        "agent.search",
        ("subject", print.to_string()),
        format!("by {}", by.as_str()),
    )
    .await?;
    let question = Question::about([subject]).map_err(|_| Problem::NotSearchable)?;
    let found = page.find(request, &question).await;
    let accounts = &found.answer.accounts;
    let all: Vec<(&Account, &Customer)> = accounts
        .iter()
        .flat_map(|account| {
            records(account)
                .into_iter()
                .map(move |record| (account, record))
        })
        .collect();
    let workspace = &page.access.workspace;
    let hits = all.iter().take(MOST_HITS).map(|(account, customer)| Hit {
        customer,
        shop: account.install.shop.as_str(),
        pick: page
            .session
            .pick(workspace, &account.install.name, &customer.id),
    });
    let silent = accounts.iter().filter_map(|account| {
        let reason = account.outcome.reason()?;
        Some((account.install.shop.as_str(), reason))
    });
    let hits = Hits {
        hits: hits.collect(),
        more: all.len().saturating_sub(MOST_HITS),
        silent: silent.collect(),
        by_order: by == MatchedBy::Order,
        many_shops: accounts.len() > 1,
    };
    Ok(embed::fragment(views::hits(&hits).into_string()))
}

fn records(account: &Account) -> Vec<&Customer> {
    match &account.outcome {
        Outcome::Found { snapshot, .. } => vec![&snapshot.customer],
        Outcome::Several { candidates, .. } | Outcome::Unlinked { candidates, .. } => {
            candidates.iter().collect()
        }
        Outcome::NotFound { .. } | Outcome::Unavailable { .. } => Vec::new(),
    }
}

/// The card of a record that was found, unmasked; nothing ties the person to it yet.
pub async fn open(request: &HttpRequest, page: &Page, pick: &str) -> Result<Reply, Problem> {
    let hand = page.hand()?;
    let (install, customer) = page.picked(pick)?;
    let object = format!("{install}/{customer}");
    page.audit(
        hand,
        "agent.open",
        ("customer", object),
        String::from("opened from a search"),
    )
    .await?;
    let mut question =
        Question::about([Subject::Customer(customer)]).map_err(|_| Problem::NotPicked)?;
    question.install = Some(install);
    let found = page.find(request, &question).await;
    Ok(page.shown(&found, None, true))
}

impl Page {
    /// A record that this session was shown, at an install that the workspace is still joined to.
    pub fn picked(&self, pick: &str) -> Result<(InstallName, CustomerId), Problem> {
        let picked = self.session.picked(&self.access.workspace, pick);
        let picked = picked.filter(|(install, _)| self.is_joined(install));
        picked.ok_or(Problem::NotPicked)
    }

    /// Whether the workspace is joined to this install.
    pub fn is_joined(&self, install: &InstallName) -> bool {
        let mut installs = self.access.installs.iter();
        installs.any(|joined| joined.install.name == *install)
    }
}
