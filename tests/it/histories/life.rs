//! One history: what happens, one after the other.

use std::time::Duration;

use serde_json::{Value, json};
use sidecard::domain::day::Instant;
use sidecard::domain::id::CustomerId;
use sidecard::domain::secret::Secret;
use sidecard::store::{LinkKind, LinkRecord, NewHook, Profile};

use super::Happening;
use super::model::{Model, Sent, deleted};
use super::world::{Service, World};
use crate::shop;

/// After faults calls are left alone for a while.
pub const SHY: Duration = Duration::from_secs(180);
/// What is to happen by itself happens long before, by the machine's time.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a profile was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    None,
    /// Nothing by an agent: to whom it was found by an address.
    ByItself(usize),
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
    pub sent: Vec<Sent>,
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

    pub fn learn(&mut self, whose: usize) {
        let truth = self.truth(whose);
        let sent = self.models[whose].learn(&truth, self.world.clock.now());
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
                    let looking = self.look(&address, None);
                    let (outcome, ()) = tokio::join!(looking, self.arrives(&sent));
                    self.judge(&outcome, &address, None)?;
                } else {
                    self.arrives(&sent).await;
                }
                self.applied().await;
                for model in &mut self.models {
                    model.acknowledge(&sent);
                }
            }
            Happening::Astray { which } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let sent = self.sent[which % self.sent.len()].clone();
                let (topic, _) = deleted(sent.about.0);
                self.take(topic, &sent.body).await;
                self.applied().await;
            }
            Happening::Killed { which } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let sent = self.sent.remove(which % self.sent.len());
                self.starts_again(Some(&sent)).await;
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
            Happening::Restart => self.starts_again(None).await,
            // Nobody is shown whom they could tie it to when they are gone.
            Happening::Link { whose, .. } if !self.truth(*whose)["customer"].is_object() => {}
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

    pub async fn arrives(&self, sent: &Sent) {
        self.world.counts.borrow_mut().hooks += 1;
        self.take(sent.topic, &sent.body).await;
    }

    /// `taken`: this is acknowledged as the last thing before.
    async fn starts_again(&mut self, taken: Option<&Sent>) {
        self.world.counts.borrow_mut().restarts += 1;
        self.lands().await;
        if let Some(sent) = taken {
            self.arrives(sent).await;
        }
        self.service.ends();
        self.service = self.world.serve().await;
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
    pub async fn applied(&self) {
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
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    }

    /// Ends when nothing is under way; whatever waits for time to pass is given it.
    pub async fn lands(&self) {
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

    /// Whom a profile is tied to, as it is stored.
    pub async fn tied_to(&self, profile: u8) -> Option<CustomerId> {
        let profile = self.profile(profile);
        let link = self.world.store.link_of(self.of(&profile)).await;
        link.unwrap()?.customer
    }

    async fn tie(&self, profile: u8, customer: Option<CustomerId>) {
        let profile = self.profile(profile);
        let link = LinkRecord {
            customer,
            kind: LinkKind::Manual,
            by: None,
            agent: Some(Secret::new("Dana".into())),
            at: self.world.clock.now(),
        };
        let of = self.of(&profile);
        assert!(self.world.store.link(of, &link).await.unwrap());
    }

    fn of<'b>(&'b self, profile: &'b str) -> Profile<'b> {
        Profile {
            install: self.world.install(),
            workspace: &self.world.access.workspace.id,
            profile,
        }
    }

    pub fn profile(&self, number: u8) -> String {
        format!("profile-{}-{number}", self.first)
    }
}
