//! One history: what happens, one after the other.

use std::time::Duration;

use serde_json::{Value, json};
use sidecard::domain::answer::Outcome;
use sidecard::domain::day::Instant;
use sidecard::domain::id::CustomerId;
use sidecard::domain::secret::Secret;
use sidecard::store::{LinkKind, LinkRecord, NewHook, Profile};

use super::Happening;
use super::model::{Model, Sent};
use super::world::{Service, World};
use crate::shop;

/// After faults calls are left alone for a while.
const SHY: Duration = Duration::from_secs(180);

/// What a profile was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// Nothing by an agent: perhaps by itself, to whom it was found as first.
    None,
    To(usize),
    Nobody,
}

/// One history, as far as it has come.
pub struct Life<'a> {
    pub world: &'a World,
    pub service: Service,
    pub first: usize,
    pub models: [Model; 2],
    pub moves: [u32; 2],
    /// All that one of them has or had, the newest last.
    pub addresses: Vec<String>,
    pub own: [String; 2],
    sent: Vec<Sent>,
    pub ties: [Tie; 2],
    pub faults: bool,
    pub shy_until: Instant,
    pub number: u32,
}

impl<'a> Life<'a> {
    pub async fn begin(world: &'a World) -> Self {
        let first = world.next.get();
        world.next.set(first + 2);
        world.recharge.set_faults("".parse().unwrap());
        let at = world.clock.now();
        let rows = (first..first + 2).flat_map(|n| shop::rows(n, at));
        world.recharge.put_all(rows);
        let mut life = Self {
            world,
            service: world.serve().await,
            first,
            models: Default::default(),
            moves: [0; 2],
            addresses: Vec::new(),
            own: [0, 1].map(|whose| shop::email(first + whose, 0)),
            sent: Vec::new(),
            ties: [Tie::None; 2],
            faults: false,
            shy_until: at,
            number: 1,
        };
        life.addresses = life.own.to_vec();
        for whose in 0..2 {
            // They were there before anybody listened.
            life.learn(whose);
        }
        life.sent.clear();
        life
    }

    pub fn id(&self, whose: usize) -> i64 {
        shop::customer(self.first + whose)
    }

    pub fn truth(&self, whose: usize) -> Value {
        self.world.recharge.truth(self.id(whose))
    }

    fn learn(&mut self, whose: usize) {
        let truth = self.truth(whose);
        let sent = self.models[whose].learn(&truth);
        self.sent.extend(sent);
    }

    pub async fn happens(&mut self, happening: &Happening) -> Result<(), String> {
        let world = self.world;
        match happening {
            Happening::Find { address, profile } => {
                let address = self.addresses[address % self.addresses.len()].clone();
                self.find(&address, *profile).await?;
            }
            Happening::Change { whose, what, after } => {
                world.later(Duration::from_secs(u64::from(*after)));
                self.change(*whose, *what);
                // The other one's address may have been taken.
                self.learn(*whose);
            }
            Happening::Hook {
                which,
                again,
                looked,
            } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let which = which % self.sent.len();
                let sent = self.sent[which].clone();
                if !again {
                    self.sent.remove(which);
                }
                if *looked {
                    let address = self.own[which % 2].clone();
                    let (looked, ()) = tokio::join!(self.find(&address, None), self.arrives(&sent));
                    looked?;
                } else {
                    self.arrives(&sent).await;
                }
                self.applied().await;
                for model in &mut self.models {
                    model.acknowledge(&sent);
                }
            }
            Happening::Expire { minutes } => {
                world.later(Duration::from_secs(u64::from(*minutes) * 60))
            }
            Happening::Fault { tenths } => {
                let faults = format!("server-error={}", f64::from(*tenths) / 10.0);
                world.recharge.set_faults(faults.parse().unwrap());
                self.faults = *tenths > 0;
                self.shy_until = world.clock.now() + SHY;
            }
            Happening::Restart => {
                world.counts.borrow_mut().restarts += 1;
                self.lands().await;
                self.service = world.serve().await;
            }
            Happening::Link { profile, whose } => {
                let customer = CustomerId::new(self.id(*whose).to_string());
                self.tie(*profile, Some(customer)).await;
                self.ties[usize::from(*profile)] = Tie::To(*whose);
            }
            Happening::Unlink { profile } => {
                self.tie(*profile, None).await;
                self.ties[usize::from(*profile)] = Tie::Nobody;
            }
        }
        Ok(())
    }

    async fn arrives(&self, sent: &Sent) {
        self.world.counts.borrow_mut().hooks += 1;
        self.take(sent.topic, &sent.body).await;
    }

    async fn take(&self, topic: &str, body: &Value) {
        let body = body.to_string().into_bytes();
        let room = self.service.intake.reserve(body.len()).unwrap();
        let hook = NewHook {
            install: self.world.install().clone(),
            topic: topic.to_owned(),
            body,
            received_at: self.world.clock.now(),
        };
        self.service.intake.take(hook, room).await.unwrap();
    }

    /// Ends when what has come is applied, and lookups know of it: what means nothing is done with after all before it.
    async fn applied(&self) {
        self.emptied().await;
        self.take("order/created", &json!({"order": {}})).await;
        self.emptied().await;
    }

    async fn emptied(&self) {
        let world = self.world;
        let waiting = async {
            while !world
                .store
                .waiting_hooks(world.clock.now(), 1)
                .await
                .unwrap()
                .is_empty()
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .unwrap();
    }

    /// Ends when nothing is under way; whatever waits for time to pass is given it.
    async fn lands(&self) {
        while self.service.lookups.flying() > 0 {
            self.passes().await;
        }
    }

    /// Gives time to what waits for it, once everything else has had its turn.
    pub async fn passes(&self) {
        tokio::task::yield_now().await;
        if self.service.lookups.paused() > 0 {
            self.world.later(Duration::from_millis(50));
        }
    }

    async fn tie(&self, profile: u8, customer: Option<CustomerId>) {
        let profile = self.profile(profile);
        let of = Profile {
            install: self.world.install(),
            workspace: &self.world.access.workspace.id,
            profile: &profile,
        };
        let link = LinkRecord {
            customer,
            kind: LinkKind::Manual,
            by: None,
            agent: Some(Secret::new("Dana".into())),
            at: self.world.clock.now(),
        };
        assert!(self.world.store.link(of, &link).await.unwrap());
    }

    pub fn profile(&self, number: u8) -> String {
        format!("profile-{}-{number}", self.first)
    }

    /// Everything is told, and nothing fails any more: the cards are the truth.
    pub async fn ends(mut self) -> Result<(), String> {
        let world = self.world;
        world.recharge.set_faults("".parse().unwrap());
        self.faults = false;
        self.lands().await;
        world.later(SHY);
        self.shy_until = world.clock.now();
        while let Some(sent) = self.sent.pop() {
            self.arrives(&sent).await;
            self.applied().await;
            for model in &mut self.models {
                model.acknowledge(&sent);
            }
        }
        for address in self.addresses.clone() {
            let mut outcome = self.look(&address, None).await;
            if let Outcome::Found { snapshot, .. } = &outcome
                && snapshot.charges.is_none()
            {
                // They could not be had while calls failed, and are asked for behind what is shown.
                self.lands().await;
                outcome = self.look(&address, None).await;
            }
            self.judge(&outcome, &address, None)?;
            let owner = (0..2).find(|whose| {
                self.own[*whose] == address && self.truth(*whose)["customer"].is_object()
            });
            match (&outcome, owner) {
                (
                    Outcome::Found {
                        snapshot,
                        stale: None,
                        ..
                    },
                    Some(owner),
                ) => {
                    let wrong = self.models[owner].difference(snapshot);
                    wrong.map_or(Ok(()), |wrong| Err(format!("{address}: {wrong}")))?;
                }
                (Outcome::NotFound { .. }, None) => {}
                _ => return Err(format!("{address} of {owner:?} is {outcome:?}")),
            }
        }
        self.lands().await;
        Ok(())
    }
}
