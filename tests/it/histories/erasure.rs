//! Erased people: nothing is stored of them for 30 days.

use chrono::TimeDelta;
use sidecard::domain::email::Email;
use sidecard::domain::id::CustomerId;
use sidecard::store::Whom;

use super::Process;
use super::history::History;
use super::links::Linked;
use super::view::View;

/// How long nothing is stored of an erased person.
const ERASED: TimeDelta = TimeDelta::days(30);

impl History<'_> {
    /// Erases a person. `process` notices at once, the other one within a second.
    pub async fn erase(
        &mut self,
        whose: usize,
        by_address: bool,
        process: Process,
        viewed_by: Option<Process>,
    ) {
        let (id, address) = (self.people[whose].id, self.people[whose].address.clone());
        let whom = if by_address {
            Whom::Email(Email::parse(&address).unwrap())
        } else {
            Whom::Customer(CustomerId::new(id.to_string()))
        };
        let (store, now) = (&self.world.store, self.world.clock.now());
        let erasing = store.erase(self.world.install(), &whom, now);
        let erased = match viewed_by {
            None => erasing.await.unwrap(),
            Some(process) => {
                // Whether the card is from before or after it is not known.
                let view = View {
                    profile: Some(0),
                    ..View::of(process, [address])
                };
                let (_, erased) = tokio::join!(self.look(&view), erasing);
                erased.unwrap()
            }
        };
        self.world.counts.borrow_mut().erased += 1;
        for customer in &erased.customers {
            let mut people = self.people.iter_mut().enumerate();
            let found = people.find(|(_, model)| model.id.to_string() == customer.as_str());
            let (whose, model) = found.unwrap();
            model.forget();
            model.erased_until = Some(now + ERASED);
            for link in &mut self.links {
                if matches!(link, Linked::ByAgent(to) | Linked::Automatically(to, _) if *to == whose)
                {
                    *link = Linked::None;
                }
            }
        }
        self.notice(process).await;
        if viewed_by.is_some() {
            // The view may have linked the profile to another customer of this address.
            self.settle_links().await;
        }
    }

    /// Takes over what a view that was not judged has linked.
    async fn settle_links(&mut self) {
        self.lands().await;
        for profile in 0..2_u8 {
            if !matches!(
                self.links[usize::from(profile)],
                Linked::None | Linked::Automatically(..)
            ) {
                continue;
            }
            let stored = self.stored_link(profile).await;
            let to = stored.and_then(|link| link.customer);
            let whose = to.and_then(|to| {
                self.people
                    .iter()
                    .position(|model| model.id.to_string() == to.as_str())
            });
            self.links[usize::from(profile)] = match whose {
                Some(whose) => Linked::Automatically(whose, self.people[whose].address.clone()),
                None => Linked::None,
            };
        }
    }

    /// Whether a process knows that a customer was erased.
    pub fn has_noticed(&self, whose: usize, process: Process) -> bool {
        let erasures = self.erasures;
        let last = erasures[0].max(erasures[1]);
        self.people[whose].is_erased() && erasures[process as usize] == last
    }

    /// What holds after every step.
    pub async fn holds(&self) -> Result<(), String> {
        for (whose, model) in self.people.iter().enumerate() {
            if model.is_erased() {
                self.is_unknown(whose).await?;
            }
        }
        self.links_hold().await
    }

    /// Nothing is stored of a customer.
    async fn is_unknown(&self, whose: usize) -> Result<(), String> {
        let model = &self.people[whose];
        let traces = self.world.traces(model.id).await;
        if !traces.is_empty() {
            return Err(format!(
                "customer {whose} was erased, and stands in {traces:?}"
            ));
        }
        for thing in model.lives.keys() {
            if self.world.has_record(thing).await {
                return Err(format!(
                    "customer {whose} was erased, and {thing:?} is stored"
                ));
            }
        }
        Ok(())
    }
}
