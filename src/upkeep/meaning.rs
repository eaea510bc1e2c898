//! What each waiting hook means, and for whom.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Providers;
use crate::domain::day::Instant;
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::{ChargeId, CustomerId, SubscriptionId};
use crate::domain::install::InstallName;
use crate::lookup::Lookups;
use crate::store::{Belonging, Store, StoreError, Ticket, WaitingHook};

/// A hook that was read.
#[derive(Debug, Clone)]
pub struct Told {
    /// Names it in the inbox.
    pub ticket: Ticket,
    /// What it means.
    pub event: Event,
    /// When it came.
    pub received_at: Instant,
    /// How often it was tried in vain.
    pub attempts: u32,
}

/// The hooks about one customer.
#[derive(Default)]
pub struct Customers {
    /// In the order in which they came.
    pub told: Vec<Told>,
    /// Customers who had something, as far as is remembered, that one of the hooks says is this one's.
    pub before: Vec<(CustomerId, Instant)>,
}

/// Some hooks, sorted by what is to be done.
#[derive(Default)]
pub struct Sorted {
    /// By customer.
    pub customers: BTreeMap<(InstallName, CustomerId), Customers>,
    /// About something of a customer whom nobody remembers, or about nothing that a card shows.
    pub nobodys: Vec<Told>,
    /// About the shop, or its credentials.
    pub shops: Vec<Told>,
    /// Those that can't be read, and why.
    pub unreadable: Vec<(Ticket, &'static str)>,
}

/// Reads hooks, finds out whose they are, and has flights that are under way know of them: each once, for `announced` has
/// those of which they know. Whatever is stored of a customer is to be read after this, and after [`Lookups::landed`].
pub async fn sort(
    store: &Store,
    lookups: &Lookups,
    announced: &mut HashSet<Ticket>,
    providers: &Providers,
    hooks: Vec<WaitingHook>,
) -> Result<Sorted, StoreError> {
    let mut sorted = Sorted::default();
    let mut owners = Owners::default();
    for hook in hooks {
        let event = match read(providers, &hook) {
            Ok(event) => event,
            Err(why) => {
                sorted.unreadable.push((hook.ticket, why));
                continue;
            }
        };
        let told = Told {
            event,
            ticket: hook.ticket,
            received_at: hook.received_at,
            attempts: hook.attempts,
        };
        let install = told.ticket.install.clone();
        match &told.event.change {
            Change::Shop | Change::Uninstalled => sorted.shops.push(told),
            Change::Nothing => sorted.nobodys.push(told),
            change => {
                let remembered = owners.of(store, &install, change).await?;
                let mut customer = told.event.customer().or(remembered.as_ref()).cloned();
                let is_new = announced.insert(told.ticket.clone());
                if customer.is_none() {
                    // A flight that is under way may bring what it is about, or have brought it just now.
                    if is_new {
                        lookups.announce(&install, None, &told.event);
                        lookups.landed().await;
                    }
                    customer = owners.of(store, &install, change).await?;
                }
                owners.learn(&install, change);
                let Some(customer) = customer else {
                    sorted.nobodys.push(told);
                    continue;
                };
                let before = remembered.filter(|before| *before != customer);
                if is_new {
                    // Who had it, as far as is remembered, has it no more: what they still have is to be read again.
                    for whose in before.iter().chain([&customer]) {
                        lookups.announce(&install, Some(whose), &told.event);
                    }
                }
                let about = sorted.customers.entry((install, customer)).or_default();
                about
                    .before
                    .extend(before.map(|before| (before, told.received_at)));
                about.told.push(told);
            }
        }
    }
    Ok(sorted)
}

/// What a change is about, where it may be remembered whose that is.
pub fn belonging(change: &Change) -> Option<Belonging<'_>> {
    match change {
        Change::Subscription { subscription, .. } => {
            Some(Belonging::Subscription(&subscription.id))
        }
        Change::Charge { charge, .. } => Some(Belonging::Charge(&charge.id)),
        Change::Unclear(Touched::Subscription(id)) => Some(Belonging::Subscription(id)),
        Change::Unclear(Touched::Charge(id)) => Some(Belonging::Charge(id)),
        _ => None,
    }
}

/// What a hook means. Whatever is wrong with one is its own matter: also a mistake of ours that it brings to light.
fn read(providers: &Providers, hook: &WaitingHook) -> Result<Event, &'static str> {
    let body = hook.body.as_ref().map_err(|_| "it can't be opened")?;
    let provider = providers
        .get(hook.provider.as_str())
        .ok_or("its provider is not known here")?;
    catch_unwind(AssertUnwindSafe(|| {
        provider.event(&hook.ticket.topic, body)
    }))
    .map_err(|_| "reading it fails")?
    .map_err(|unreadable| unreadable.0)
}

/// Whose subscriptions and charges are: as hooks of the same batch say, or else as is remembered.
#[derive(Default)]
struct Owners {
    subscriptions: HashMap<(InstallName, SubscriptionId), CustomerId>,
    charges: HashMap<(InstallName, ChargeId), CustomerId>,
}

impl Owners {
    async fn of(
        &self,
        store: &Store,
        install: &InstallName,
        change: &Change,
    ) -> Result<Option<CustomerId>, StoreError> {
        let Some(belonging) = belonging(change) else {
            return Ok(None);
        };
        let told = match belonging {
            Belonging::Subscription(id) => self.subscriptions.get(&(install.clone(), id.clone())),
            Belonging::Charge(id) => self.charges.get(&(install.clone(), id.clone())),
        };
        match told {
            Some(customer) => Ok(Some(customer.clone())),
            None => store.customer_of(install, belonging).await,
        }
    }

    fn learn(&mut self, install: &InstallName, change: &Change) {
        match change {
            Change::Subscription {
                customer,
                subscription,
            } => {
                let key = (install.clone(), subscription.id.clone());
                self.subscriptions.insert(key, customer.clone());
            }
            Change::Charge { customer, charge } => {
                let key = (install.clone(), charge.id.clone());
                self.charges.insert(key, customer.clone());
            }
            _ => {}
        }
    }
}
