//! Tying a person to a record, and to nobody. After either the card is answered anew.

use actix_web::HttpRequest;

use super::{Change, Page, card, failed};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::helpdesk::{Problem, Reply};
use crate::store::{LinkKind, LinkRecord, Profile};
use crate::views::Said;

/// The person is this record.
pub async fn link(request: &HttpRequest, page: &Page, pick: &str) -> Result<Reply, Problem> {
    page.hand()?;
    let (install, customer) = page.picked(pick)?;
    page.tie(&install, Some(customer)).await?;
    card::card(request, page, Some(Said::Linked)).await
}

/// The person is none of the records that match at this install.
pub async fn unlink(
    request: &HttpRequest,
    page: &Page,
    install: &InstallName,
) -> Result<Reply, Problem> {
    page.hand()?;
    if !page.is_joined(install) {
        return Err(Problem::NotAnAct);
    }
    page.tie(install, None).await?;
    card::card(request, page, Some(Said::Unlinked)).await
}

impl Page {
    async fn tie(
        &self,
        install: &InstallName,
        customer: Option<CustomerId>,
    ) -> Result<(), Problem> {
        let hand = self.hand()?;
        let profile = self.fingerprint("profile", hand.profile);
        let (action, object) = match &customer {
            Some(customer) => ("agent.link", format!("{install}/{customer}")),
            None => ("agent.unlink", install.to_string()),
        };
        let kind = if customer.is_some() {
            "customer"
        } else {
            "install"
        };
        self.audit(hand, action, (kind, object), format!("profile {profile}"))
            .await?;
        let of = Profile {
            install,
            workspace: &self.access.workspace.id,
            profile: hand.profile,
        };
        let link = LinkRecord {
            customer,
            kind: LinkKind::Manual,
            by: Some(self.fingerprint("agent", hand.agent).to_string()),
            agent: Some(Secret::new(hand.agent.to_owned())),
            at: self.now,
            made_for: None,
        };
        let pages = &self.doors.pages;
        match pages.store.link(of, &link).await {
            Ok(true) => {}
            // The workspace or the install was removed a moment ago.
            Ok(false) => return Err(Problem::SessionOver),
            Err(error) => return Err(failed(&error)),
        }
        let workspace = self.access.workspace.id.clone();
        pages.live.tell(Change::Tie(workspace, profile));
        Ok(())
    }
}
