//! One history: its steps, one after the other.

use std::cell::Cell;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use sidecard::app::Lookups;
use sidecard::domain::day::Instant;
use sidecard::store::{Cutoffs, NewHook};

use super::card::{LEARNED, Shown};
use super::links::Linked;
use super::model::{Kept, Model, Sent, deleted};
use super::view::View;
use super::world::{Service, Token, World};
use super::{Process, Step};
use crate::shop;

/// After faults the provider is left alone for a while.
pub const SHY: Duration = Duration::from_secs(180);
/// What is to happen by itself happens long before, by the machine's time.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often a process notices what others have committed.
const NOTICED: Duration = Duration::from_secs(1);
/// What is older is purged.
const STALE: Duration = Duration::from_secs(24 * 3_600);

/// One history, as far as it has come.
pub struct History<'a> {
    pub world: &'a World,
    pub service: Service,
    pub beside: Lookups,
    /// The erasures that each process has noticed.
    pub erasures: [i64; 2],
    pub people: Vec<Model>,
    /// All addresses that one of them has or had, the newest last.
    pub addresses: Vec<String>,
    pub sent: Vec<Sent>,
    pub links: [Linked; 2],
    faults: bool,
    shy_until: Instant,
    lag: TimeDelta,
    pub longest_lag: TimeDelta,
    lagged_until: Option<Instant>,
    /// How far our clock is behind Recharge's.
    pub set_back: Duration,
    unnoticed: Cell<Duration>,
    pub number: u32,
}

impl<'a> History<'a> {
    pub async fn begin(world: &'a World) -> Self {
        world.recharge.set_faults("".parse().unwrap());
        let mut history = Self {
            world,
            service: world.serve().await,
            beside: world.look_beside().await,
            erasures: [world.store.erasures().await.unwrap(); 2],
            people: Vec::new(),
            addresses: Vec::new(),
            sent: Vec::new(),
            links: [Linked::None, Linked::None],
            faults: false,
            shy_until: world.now(),
            lag: TimeDelta::zero(),
            longest_lag: TimeDelta::zero(),
            lagged_until: None,
            set_back: Duration::ZERO,
            unnoticed: Cell::new(Duration::ZERO),
            number: 1,
        };
        for _ in 0..2 {
            history.add(None);
        }
        // They were there before anyone listened.
        history.sent.clear();
        if world.token == Token::Short {
            history.spend_calls().await;
        }
        history
    }

    /// A new customer, at an address of their own or at this one.
    pub fn add(&mut self, address: Option<String>) {
        let number = self.world.next.get();
        self.world.next.set(number + 1);
        let own = shop::email(number, 0);
        let is_old = address.is_none();
        let address = address.unwrap_or_else(|| own.clone());
        let rows = shop::rows(number, self.world.now());
        self.world
            .recharge
            .put_all(rows.into_iter().map(|(name, mut row)| {
                if name == "customers" {
                    row["email"] = address.clone().into();
                }
                (name, row)
            }));
        if !self.addresses.contains(&address) {
            self.addresses.push(address.clone());
        }
        let id = shop::customer(number);
        self.people.push(Model::new(id, address, is_old));
        self.learn(self.people.len() - 1);
    }

    /// Most of what the token may call is spent on addresses of no one.
    async fn spend_calls(&mut self) {
        for n in 0..30 {
            let view = View::of(Process::Service, [format!("no-one{n}@storm.example")]);
            self.look(&view).await;
        }
    }

    pub fn truth(&self, whose: usize) -> Value {
        self.world.recharge.truth(self.people[whose].id)
    }

    pub fn learn(&mut self, whose: usize) {
        let truth = self.truth(whose);
        let sent = self.people[whose].learn(&truth, self.world.now());
        self.sent.extend(sent);
    }

    pub async fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::View {
                addresses,
                profile,
                process,
                refresh,
            } => {
                let addresses = addresses
                    .iter()
                    .map(|n| self.addresses[n % self.addresses.len()].clone());
                let view = View {
                    profile: *profile,
                    refresh: *refresh,
                    ..View::of(*process, addresses)
                };
                self.view(&view).await?;
            }
            Step::Change { whose, what, after } => {
                self.later(Duration::from_secs(u64::from(*after))).await;
                self.change(whose % self.people.len(), *what).await;
            }
            Step::Webhook {
                which,
                again,
                viewed_by,
            } => self.webhook(*which, *again, *viewed_by).await?,
            Step::Astray { which } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let sent = self.sent[which % self.sent.len()].clone();
                let (topic, _) = deleted(sent.subject().0);
                self.receive(topic, &sent.body).await;
                self.applied().await;
                if sent.is_deletion() {
                    self.acknowledge(&sent, &self.kept());
                }
            }
            Step::Killed { which, set_back } => {
                if self.sent.is_empty() {
                    return Ok(());
                }
                let sent = self.sent.remove(which % self.sent.len());
                self.restart_service(Some(&sent), *set_back).await;
                self.applied().await;
                self.acknowledge(&sent, &self.kept());
            }
            Step::Wait { minutes } => {
                self.later(Duration::from_secs(u64::from(*minutes) * 60))
                    .await;
            }
            Step::WaitAMonth => self.later(Duration::from_secs(31 * 24 * 3_600)).await,
            Step::Faults { tenths, lag } => self.set_faults(*tenths, *lag),
            Step::Restart {
                process: Process::Service,
            } => self.restart_service(None, false).await,
            Step::Restart {
                process: Process::Beside,
            } => {
                self.lands().await;
                self.beside = self.world.look_beside().await;
                self.erasures[1] = self.world.store.erasures().await.unwrap();
                self.people.iter_mut().for_each(Model::notice);
            }
            Step::SetBack { minutes } => {
                self.set_back(Duration::from_secs(u64::from(*minutes) * 60))
            }
            Step::Link { profile, whose } => self.link(*profile, whose % self.people.len()).await,
            Step::Unlink { profile } => self.unlink(*profile).await,
            Step::Erase {
                whose,
                by_address,
                process,
                viewed_by,
            } => {
                let whose = whose % self.people.len();
                self.erase(whose, *by_address, *process, *viewed_by).await;
            }
            Step::Return { whose } => {
                if self.people.len() < 4 {
                    let address = self.people[whose % self.people.len()].address.clone();
                    self.later(Duration::from_secs(5)).await;
                    self.add(Some(address));
                }
            }
            Step::EmptyAnswer { whose, profile } => {
                self.answer_emptily(whose % self.people.len(), *profile)
                    .await?;
            }
        }
        Ok(())
    }

    async fn webhook(
        &mut self,
        which: usize,
        again: bool,
        viewed_by: Option<Process>,
    ) -> Result<(), String> {
        if self.sent.is_empty() {
            return Ok(());
        }
        let which = which % self.sent.len();
        let sent = self.sent[which].clone();
        if !again {
            self.sent.remove(which);
        }
        let kept = self.kept();
        if let Some(process) = viewed_by {
            let address = self.people[which % self.people.len()].address.clone();
            let view = View::of(process, [address]);
            let looking = self.look(&view);
            let (outcome, ()) = tokio::join!(looking, self.arrives(&sent));
            self.judge(&outcome, &view)?;
            self.keep(&outcome);
        } else {
            self.arrives(&sent).await;
        }
        self.applied().await;
        self.acknowledge(&sent, &kept);
        Ok(())
    }

    /// What is stored of each customer.
    fn kept(&self) -> Vec<Kept> {
        self.people.iter().map(|model| model.kept).collect()
    }

    /// A webhook was acknowledged; that was stored of each customer when it came.
    pub fn acknowledge(&mut self, sent: &Sent, kept: &[Kept]) {
        let now = self.world.now();
        let lags = self.lag > TimeDelta::zero();
        for (model, kept) in self.people.iter_mut().zip(kept) {
            // What is not stored is read from the lists, unless these lag.
            let kept = if lags { *kept } else { Kept::Card };
            model.acknowledge(sent, kept, now);
        }
    }

    pub async fn arrives(&self, sent: &Sent) {
        self.world.counts.borrow_mut().webhooks += 1;
        self.receive(sent.topic, &sent.body).await;
    }

    /// `last`: this is acknowledged as the last thing before.
    async fn restart_service(&mut self, last: Option<&Sent>, set_back: bool) {
        self.world.counts.borrow_mut().restarts += 1;
        self.lands().await;
        if let Some(sent) = last {
            self.arrives(sent).await;
        }
        self.service.ends();
        if set_back {
            self.set_back(Duration::from_secs(3_600));
        }
        self.service = self.world.serve().await;
        self.erasures[0] = self.world.store.erasures().await.unwrap();
    }

    fn set_back(&mut self, by: Duration) {
        self.world.clock.set_back(by);
        self.set_back += by;
    }

    fn set_faults(&mut self, tenths: u8, lag: u8) {
        let faults = format!("server-error={},lag={lag}m", f64::from(tenths) / 10.0);
        self.world.recharge.set_faults(faults.parse().unwrap());
        self.faults = tenths > 0;
        if self.faults {
            self.shy_until = self.world.now() + SHY;
        }
        if self.lag > TimeDelta::zero() {
            self.lagged_until = Some(self.world.now());
        }
        self.lag = TimeDelta::minutes(i64::from(lag));
        self.longest_lag = self.longest_lag.max(self.lag);
    }

    async fn receive(&self, topic: &str, body: &Value) {
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

    /// Ends when what has come is applied, and the service's lookups know of it: a webhook that means nothing is done with
    /// after all before it.
    pub async fn applied(&self) {
        self.emptied().await;
        self.receive("order/created", &json!({"order": {}})).await;
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

    /// Time passes, and both processes notice what was committed.
    pub async fn later(&mut self, by: Duration) {
        self.world.later(by);
        if by >= NOTICED {
            self.notice(Process::Service).await;
            self.notice(Process::Beside).await;
            self.people.iter_mut().for_each(Model::notice);
        }
        let now = self.world.clock.now();
        if by >= STALE {
            let before = |age: Duration| now - age;
            let cutoffs = Cutoffs {
                cards: before(STALE),
                refused: before(Duration::from_secs(3_600)),
                audit: before(400 * STALE),
                parked: before(7 * STALE),
                untold: before(30 * STALE),
                unasked: before(30 * STALE),
                idle: before(Duration::from_secs(1_800)),
            };
            self.world.store.purge(&cutoffs, now).await.unwrap();
            self.people
                .iter_mut()
                .for_each(|model| model.kept = Kept::Nothing);
        }
        for model in &mut self.people {
            model.erased_until = model.erased_until.filter(|until| now < *until);
        }
    }

    /// A process notices what was committed by others, and erasures.
    pub async fn notice(&mut self, process: Process) {
        let erasures = self.world.store.erasures().await.unwrap();
        let noticed = std::mem::replace(&mut self.erasures[process as usize], erasures);
        let lookups = self.lookups(process);
        if noticed != erasures {
            lookups.start_anew(self.world.install());
        }
        lookups.notice_changes().await.unwrap();
    }

    pub fn lookups(&self, process: Process) -> &Lookups {
        match process {
            Process::Service => &self.service.lookups,
            Process::Beside => &self.beside,
        }
    }

    /// Ends when nothing is under way; whatever waits for time to pass is given it.
    pub async fn lands(&self) {
        while self.service.lookups.fetching() + self.beside.fetching() > 0 {
            self.passes().await;
        }
    }

    /// Gives time to what waits for it, once everything else has had its turn.
    pub async fn passes(&self) {
        const STEP: Duration = Duration::from_millis(50);
        tokio::task::yield_now().await;
        if self.service.lookups.paused() + self.beside.paused() > 0 {
            self.world.later(STEP);
            self.unnoticed.set(self.unnoticed.get() + STEP);
        }
        if self.unnoticed.get() >= NOTICED {
            self.unnoticed.set(Duration::ZERO);
            for lookups in [&self.service.lookups, &self.beside] {
                lookups.notice_changes().await.unwrap();
            }
        }
    }

    /// Whether the provider can't be asked for certain.
    pub fn is_shy(&self) -> bool {
        self.faults || self.world.now() < self.shy_until || self.world.token == Token::Short
    }

    /// Whether a card that is up to date may have been read from a list that lags.
    pub fn is_lagging(&self) -> bool {
        let lagged = self.lagged_until;
        self.lag > TimeDelta::zero() || lagged.is_some_and(|at| self.world.now() - at < LEARNED)
    }

    /// How a card is shown now.
    pub fn shown(&self, process: Process, is_stale: bool) -> Shown {
        Shown {
            process,
            is_stale,
            our_now: self.world.clock.now(),
            now: self.world.now(),
            lag: self.longest_lag,
            is_lagging: self.is_lagging(),
            set_back: TimeDelta::from_std(self.set_back).unwrap(),
        }
    }

    /// Nothing fails and no list lags any more.
    pub fn calm(&mut self) {
        self.set_faults(0, 0);
        self.shy_until = self.world.now();
    }
}
