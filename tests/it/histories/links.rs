//! Links of profiles to customers.

use std::time::Duration;

use serde_json::json;
use sidecard::domain::answer::Outcome;
use sidecard::domain::id::CustomerId;
use sidecard::domain::question::MatchedBy;
use sidecard::domain::secret::Secret;
use sidecard::store::{LinkKind, LinkRecord, Profile};

use super::Process;
use super::history::{History, PATIENCE};
use super::view::View;

/// What a profile is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    None,
    /// By Sidecard, to the customer who was found by this address.
    Automatically(usize, String),
    ByAgent(usize),
    /// An agent said that it is none of those that match.
    Nobody,
}

impl History<'_> {
    /// An agent links a profile. A customer who is gone, or was erased, is offered to no one.
    pub async fn link(&mut self, profile: u8, whose: usize) {
        let model = &self.people[whose];
        if !model.is_there() || model.is_erased() {
            return;
        }
        let customer = CustomerId::new(model.id.to_string());
        self.store_link(profile, Some(customer)).await;
        self.links[usize::from(profile)] = Linked::ByAgent(whose);
    }

    pub async fn unlink(&mut self, profile: u8) {
        self.store_link(profile, None).await;
        self.links[usize::from(profile)] = Linked::Nobody;
    }

    async fn store_link(&self, profile: u8, customer: Option<CustomerId>) {
        let profile = self.profile(profile);
        let link = LinkRecord {
            customer,
            kind: LinkKind::Manual,
            by: None,
            agent: Some(Secret::new("Dana".into())),
            at: self.world.clock.now(),
            made_for: None,
        };
        let of = self.of(&profile);
        assert!(self.world.store.link(of, &link).await.unwrap());
    }

    pub async fn stored_link(&self, profile: u8) -> Option<LinkRecord> {
        let profile = self.profile(profile);
        self.world.store.link_of(self.of(&profile)).await.unwrap()
    }

    fn of<'b>(&'b self, profile: &'b str) -> Profile<'b> {
        Profile {
            install: self.world.install(),
            workspace: &self.world.access.workspace.id,
            profile,
        }
    }

    pub fn profile(&self, number: u8) -> String {
        format!("profile-{}-{number}", self.people[0].id)
    }

    /// A customer who was found by an address alone is linked to the profile, unless an agent has spoken.
    pub async fn is_linked(
        &mut self,
        profile: u8,
        view: &View,
        outcome: &Outcome,
    ) -> Result<(), String> {
        let Outcome::Found {
            snapshot,
            matched_by: MatchedBy::Email,
            stale: None,
            emails_missing: false,
        } = outcome
        else {
            return Ok(());
        };
        let id = snapshot.customer.id.clone();
        let whose = self
            .people
            .iter()
            .position(|model| model.id.to_string() == id.as_str());
        let whose = whose.ok_or("a customer of another history")?;
        if self.people[whose].is_erased() {
            // Nothing is stored of them.
            return Ok(());
        }
        match &self.links[usize::from(profile)] {
            Linked::Nobody => return Ok(()),
            // The link of a customer who is gone goes too, sooner or later.
            Linked::ByAgent(linked) if self.people[*linked].is_there() => return Ok(()),
            Linked::ByAgent(_) => {
                let stored = self.stored_link(profile).await;
                if stored.is_some_and(|link| link.kind == LinkKind::Manual) {
                    return Ok(());
                }
            }
            Linked::None | Linked::Automatically(..) => {}
        }
        let own = snapshot.customer.email.as_deref();
        let mut addresses = view.addresses.iter();
        let address = addresses
            .find(|sent| Some(&***sent) == own)
            .unwrap()
            .clone();
        let linked = async {
            while self
                .stored_link(profile)
                .await
                .and_then(|link| link.customer)
                .as_ref()
                != Some(&id)
            {
                tokio::task::yield_now().await;
            }
        };
        let linked = tokio::time::timeout(PATIENCE, linked).await;
        linked.map_err(|_| String::from("the profile is not linked to them"))?;
        self.links[usize::from(profile)] = Linked::Automatically(whose, address);
        Ok(())
    }

    /// No link is lost or turned.
    pub async fn links_hold(&self) -> Result<(), String> {
        for (profile, link) in (0_u8..).zip(&self.links) {
            let stored = self.stored_link(profile).await;
            let to = stored.as_ref().and_then(|link| link.customer.clone());
            match link {
                Linked::Nobody if stored.is_none() || to.is_some() => {
                    return Err(format!("an agent unlinked profile {profile}: {stored:?}"));
                }
                Linked::ByAgent(whose) | Linked::Automatically(whose, _) => {
                    let model = &self.people[*whose];
                    let is_same = to.is_some_and(|to| to.as_str() == model.id.to_string());
                    if !is_same && model.is_there() && !model.is_erased() {
                        return Err(format!("the link of profile {profile} is lost: {link:?}"));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Recharge answers one refreshed view as if there were no such customer. Nothing is lost by that, and a minute later
    /// the customer is found again.
    pub async fn answer_emptily(
        &mut self,
        whose: usize,
        profile: Option<u8>,
    ) -> Result<(), String> {
        if self.is_shy() || self.is_lagging() || !self.people[whose].is_there() {
            return Ok(());
        }
        self.lands().await;
        let (id, address) = (self.people[whose].id, self.people[whose].address.clone());
        let record = self.truth(whose)["customer"].take();
        self.world.recharge.remove("customers", id);
        let view = View {
            profile,
            refresh: true,
            ..View::of(Process::Service, [address.clone()])
        };
        self.look(&view).await;
        self.lands().await;
        self.world.recharge.put_all([("customers", record)]);
        self.links_hold().await?;
        self.later(Duration::from_secs(61)).await;
        // Found once, it was not the first of two empty answers.
        let view = View {
            refresh: true,
            ..View::of(Process::Service, [address])
        };
        self.view(&view).await?;
        self.lands().await;
        // It came back as it was: no webhook says otherwise.
        assert_eq!(self.truth(whose)["customer"]["id"], json!(id));
        Ok(())
    }
}
