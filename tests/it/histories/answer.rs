//! Whether an answer may be.

use sidecard::domain::answer::Outcome;
use sidecard::domain::customer::Customer;
use sidecard::domain::question::MatchedBy;
use sidecard::domain::snapshot::Snapshot;

use super::history::History;
use super::links::Linked;
use super::model::{State, uncounted};
use super::view::View;

impl History<'_> {
    pub fn judge(&self, outcome: &Outcome, view: &View) -> Result<(), String> {
        self.count(outcome);
        let link = view
            .profile
            .map_or(&Linked::None, |n| &self.links[usize::from(n)]);
        let must: Vec<usize> = self.must_be_found(view);
        let led_to = self.led_to(link, view, &must);
        match outcome {
            Outcome::Unavailable { .. } if self.is_shy() => Ok(()),
            Outcome::Unlinked { .. } if *link == Linked::Nobody => Ok(()),
            _ if *link == Linked::Nobody => Err(format!(
                "an agent said that the profile is none of them: {outcome:?}"
            )),
            Outcome::Found { stale, .. } if stale.is_some() && !self.is_shy() => {
                Err(format!("it is stale ({stale:?}) without cause"))
            }
            Outcome::Found {
                snapshot,
                matched_by,
                stale,
                emails_missing,
            } => {
                let whose = self.person(&snapshot.customer)?;
                if *emails_missing && !self.is_shy() {
                    return Err(String::from("an address could not be looked up"));
                }
                if led_to.is_some_and(|other| other != whose) {
                    return Err(String::from("the profile leads to another customer"));
                }
                match matched_by {
                    MatchedBy::Link => self.may_be_by_link(whose, link, view, &must)?,
                    _ => self.may_be_by_address(whose, snapshot, view, &must, *emails_missing)?,
                }
                self.may_be_shown(whose, snapshot, view, stale.is_some())
            }
            Outcome::NotFound { .. } | Outcome::Several { .. } if led_to.is_some() => {
                Err(format!("the profile leads to a customer: {outcome:?}"))
            }
            Outcome::NotFound { .. } if must.is_empty() => Ok(()),
            Outcome::NotFound { .. } => Err(format!("{:?} is {must:?}'s", view.addresses)),
            Outcome::Several {
                candidates, stale, ..
            } => self.may_be_candidates(candidates, view, &must, stale.is_some()),
            other => Err(format!("unexpected: {other:?}")),
        }
    }

    /// The customers whom the addresses must name.
    fn must_be_found(&self, view: &View) -> Vec<usize> {
        let learned = self.shown(view.process, false).learned();
        let is_found = |whose: &usize| {
            let model = &self.people[*whose];
            let mut addresses = view.addresses.iter();
            addresses.any(|address| model.must_be_found_at(address, view.process, learned))
        };
        (0..self.people.len()).filter(is_found).collect()
    }

    /// Whom a profile must lead to: an agent's link, while the customer is there; an automatic one when its address is
    /// sent, and no other customer has an address that is.
    fn led_to(&self, link: &Linked, view: &View, must: &[usize]) -> Option<usize> {
        let learned = self.shown(view.process, false).learned();
        let leads = |whose: &&usize| {
            let model = &self.people[**whose];
            model.is_there_since(learned) && !model.is_erased()
        };
        match link {
            Linked::ByAgent(whose) => Some(whose).filter(leads).copied(),
            Linked::Automatically(whose, address) => {
                let is_sent = view.addresses.contains(address);
                let others = self.others_may_be_named(*whose, view) && !must.contains(whose);
                Some(whose)
                    .filter(|whose| is_sent && !others && leads(whose))
                    .copied()
            }
            _ => None,
        }
    }

    fn others_may_be_named(&self, whose: usize, view: &View) -> bool {
        let mut all = self.people.iter().enumerate();
        all.any(|(other, model)| {
            other != whose && view.addresses.iter().any(|at| model.was_ever_at(at))
        })
    }

    fn person(&self, customer: &Customer) -> Result<usize, String> {
        let mut people = self.people.iter();
        let whose = people.position(|model| model.id.to_string() == customer.id.as_str());
        whose.ok_or_else(|| format!("a customer of another history: {customer:?}"))
    }

    fn may_be_by_link(
        &self,
        whose: usize,
        link: &Linked,
        view: &View,
        must: &[usize],
    ) -> Result<(), String> {
        match link {
            Linked::ByAgent(linked) if *linked == whose => Ok(()),
            Linked::Automatically(linked, address) if *linked == whose => {
                if !view.addresses.contains(address) {
                    return Err(String::from("the address that made the link is not sent"));
                }
                if !must.is_empty() && !must.contains(&whose) {
                    return Err(format!("the addresses are {must:?}'s"));
                }
                Ok(())
            }
            _ => Err(format!("no link leads to customer {whose}: {link:?}")),
        }
    }

    fn may_be_by_address(
        &self,
        whose: usize,
        card: &Snapshot,
        view: &View,
        must: &[usize],
        emails_missing: bool,
    ) -> Result<(), String> {
        let own = card.customer.email.as_deref();
        if !view.addresses.iter().any(|sent| Some(&**sent) == own) {
            return Err(format!("found by {:?}, and has {own:?}", view.addresses));
        }
        let other = must.iter().find(|other| **other != whose);
        match other {
            Some(other) if !emails_missing => Err(format!("it is customer {other}'s address, too")),
            _ => Ok(()),
        }
    }

    fn may_be_shown(
        &self,
        whose: usize,
        card: &Snapshot,
        view: &View,
        is_stale: bool,
    ) -> Result<(), String> {
        let model = &self.people[whose];
        let shown = self.shown(view.process, is_stale);
        if model.is_erased() {
            self.world.counts.borrow_mut().of_erased += 1;
            if !self.has_noticed(whose, view.process) {
                return Ok(());
            }
            let age = shown.our_now - card.as_of;
            if is_stale || age > chrono::TimeDelta::seconds(5) {
                return Err(format!("a saved card of an erased customer, {age} old"));
            }
        }
        let wrong = model.complaint(card, shown);
        wrong.map_or(Ok(()), |wrong| Err(format!("customer {whose}: {wrong}")))
    }

    fn may_be_candidates(
        &self,
        candidates: &[Customer],
        view: &View,
        must: &[usize],
        is_stale: bool,
    ) -> Result<(), String> {
        let mut all = Vec::new();
        for candidate in candidates {
            let whose = self.person(candidate)?;
            let model = &self.people[whose];
            if !view.addresses.iter().any(|at| model.was_ever_at(at)) {
                return Err(format!("customer {whose} never had it"));
            }
            let thing = ("customers", model.id.to_string());
            let life = &model.lives[&thing];
            let state = State::Customer(uncounted(candidate));
            let is_bare = *candidate == Customer::bare(candidate.id.clone());
            let at = life.states.iter().rposition(|(_, known)| *known == state);
            let told = life.acknowledged[view.process as usize].state;
            if at < told && !is_bare && !is_stale && !self.is_lagging() {
                return Err(format!(
                    "candidate {whose} in state {at:?}, acknowledged was {told:?}"
                ));
            }
            all.push(whose);
        }
        if all.len() < 2 {
            return Err(format!("only {all:?}"));
        }
        match must.iter().find(|whose| !all.contains(whose)) {
            Some(missing) => Err(format!("{all:?} without customer {missing}")),
            None => Ok(()),
        }
    }

    fn count(&self, outcome: &Outcome) {
        let mut counts = self.world.counts.borrow_mut();
        match outcome {
            Outcome::Found {
                snapshot,
                matched_by,
                stale,
                emails_missing,
            } => {
                counts.found += u32::from(stale.is_none());
                counts.stale += u32::from(stale.is_some());
                counts.by_link += u32::from(*matched_by == MatchedBy::Link);
                counts.emails_missing += u32::from(*emails_missing);
                counts.without_charges += u32::from(snapshot.charges.is_none());
            }
            Outcome::Several { .. } => counts.several += 1,
            Outcome::NotFound { .. } => counts.not_found += 1,
            Outcome::Unlinked { .. } => counts.unlinked += 1,
            Outcome::Unavailable { .. } => counts.unavailable += 1,
        }
    }
}
