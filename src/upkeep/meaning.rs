//! What waiting webhooks mean, sorted by install and customer.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Providers;
use crate::domain::event::{Change, Event, Touched};
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::object::{Object, ObjectKey};
use crate::records::{Commit, Implied, Moment, Observed, Source, implied};
use crate::store::{Store, StoreError, Ticket, WaitingHook};

/// A webhook that was read.
#[derive(Debug, Clone)]
pub struct Told {
    /// Names it in the inbox.
    pub ticket: Ticket,
    /// What it means.
    pub event: Event,
    /// How often it was tried in vain.
    pub attempts: u32,
}

/// Webhooks of one install that are stored together.
#[derive(Default)]
pub struct Batch {
    /// What they say of customers.
    pub customers: Vec<Observed>,
    /// Deletions of objects of which nothing says whose they were.
    pub deleted: Vec<(ObjectKey, Commit)>,
    /// The webhooks that leave the inbox with it.
    pub told: Vec<Told>,
}

/// Some webhooks, sorted by what has to be done.
#[derive(Default)]
pub struct Sorted {
    /// By install.
    pub batches: BTreeMap<InstallName, Batch>,
    /// Those about which the provider has to be asked: a customer who may be gone, the shop, the credentials.
    pub errands: Vec<Told>,
    /// Those that can't be read, and why.
    pub unreadable: Vec<(Ticket, &'static str)>,
}

/// Reads webhooks and finds out whose they are.
pub async fn sort(
    store: &Store,
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
        let moment = Moment {
            began: hook.receipt,
            at: hook.received_at,
        };
        let told = Told {
            ticket: hook.ticket,
            event,
            attempts: hook.attempts,
        };
        add(store, &mut sorted, &mut owners, told, moment).await?;
    }
    Ok(sorted)
}

async fn add(
    store: &Store,
    sorted: &mut Sorted,
    owners: &mut Owners,
    told: Told,
    moment: Moment,
) -> Result<(), StoreError> {
    let install = told.ticket.install.clone();
    if matches!(told.event.change, Change::Shop | Change::Uninstalled) {
        sorted.errands.push(told);
        return Ok(());
    }
    if matches!(told.event.change, Change::Gone(_)) {
        // It stays in the inbox until the provider has confirmed it.
        sorted.errands.push(told.clone());
    }
    let topic = told.ticket.topic.as_str();
    let batch = sorted.batches.entry(install.clone()).or_default();
    match subject(&told.event.change, topic) {
        About::Customer(customer) => {
            let observed = observed(customer, &told.event.change, topic, moment);
            for object in &observed.objects {
                owners.learn(&install, object.key(), &observed.customer);
            }
            batch.customers.push(observed);
        }
        About::Object(key, is_deletion) => match owners.of(store, &install, &key).await? {
            Some(customer) => {
                let mut observed = Observed::new(customer, Source::Webhook, moment);
                match is_deletion {
                    true => observed.deleted.push(key),
                    false => observed.mark = true,
                }
                batch.customers.push(observed);
            }
            None if is_deletion => batch.deleted.push((key, moment.began)),
            // Nothing of it is stored, so nothing that is stored is out of date.
            None => {}
        },
        About::Nothing => {}
    }
    if !matches!(told.event.change, Change::Gone(_)) {
        batch.told.push(told);
    }
    Ok(())
}

/// What a change is about.
enum About {
    Customer(CustomerId),
    /// An object of which the body does not say whose it is; and whether the topic says that it was deleted.
    Object(ObjectKey, bool),
    Nothing,
}

fn subject(change: &Change, topic: &str) -> About {
    let is_deletion = topic.ends_with("/deleted");
    match change {
        Change::Subscription { customer, .. } | Change::Charge { customer, .. } => {
            About::Customer(customer.clone())
        }
        Change::Customer(customer) => About::Customer(customer.id.clone()),
        Change::Gone(customer) | Change::Unclear(Touched::Customer(customer)) => {
            About::Customer(customer.clone())
        }
        Change::Unclear(Touched::Subscription(id)) => {
            About::Object(ObjectKey::subscription(id), is_deletion)
        }
        Change::Unclear(Touched::Charge(id)) => About::Object(ObjectKey::charge(id), is_deletion),
        Change::Shop | Change::Uninstalled | Change::Nothing => About::Nothing,
    }
}

/// What a change says of its customer.
pub fn observed(customer: CustomerId, change: &Change, topic: &str, moment: Moment) -> Observed {
    let mut observed = Observed::new(customer.clone(), Source::Webhook, moment);
    match change {
        Change::Subscription { subscription, .. } => {
            observed
                .objects
                .push(Object::Subscription(subscription.clone()));
        }
        Change::Charge { charge, .. } => observed.objects.push(Object::Charge(charge.clone())),
        Change::Customer(customer) => observed.objects.push(Object::Customer(customer.clone())),
        Change::Gone(_) => observed.deleted.push(ObjectKey::customer(&customer)),
        Change::Unclear(_) => observed.mark = true,
        Change::Shop | Change::Uninstalled | Change::Nothing => {}
    }
    observed.mark |= implied(topic) == Implied::Read;
    observed
}

/// What a webhook means. Whatever is wrong with one is its own matter: also a mistake of ours that it brings to light.
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

/// Whose objects are: as webhooks of the same batch say, else as is stored.
#[derive(Default)]
struct Owners(HashMap<(InstallName, ObjectKey), CustomerId>);

impl Owners {
    async fn of(
        &self,
        store: &Store,
        install: &InstallName,
        key: &ObjectKey,
    ) -> Result<Option<CustomerId>, StoreError> {
        match self.0.get(&(install.clone(), key.clone())) {
            Some(customer) => Ok(Some(customer.clone())),
            None => store.owner_of(install, key).await,
        }
    }

    fn learn(&mut self, install: &InstallName, key: ObjectKey, customer: &CustomerId) {
        self.0.insert((install.clone(), key), customer.clone());
    }
}
