//! One page of subscriptions: what is there already, what is to be made or written anew, and on whose timeline.

use std::collections::{BTreeSet, HashMap};

use chrono::SecondsFormat;

use super::owners::Owner;
use super::walk::Row;
use super::{Backfill, Source, Stopped};
use crate::domain::id::{CustomerId, ProductId, VariantId};
use crate::domain::subscription::Subscription;
use crate::domain::web_url::WebUrl;
use crate::push::object::{Ground, Marked, object};
use crate::push::timeline::Person;
use crate::store::{BackfillRecord, Claimed, ObjectRecord, Placed};

/// A subscription that is to stand on a timeline.
pub struct Item {
    pub customer: CustomerId,
    pub subscription: Subscription,
    pub marked: Marked,
    /// What is known of it.
    pub known: Option<ObjectRecord>,
    /// Whose timeline; `None` for one that is there and stays where it is.
    pub owner: Option<Owner>,
}

impl Item {
    pub fn external_id(&self) -> &str {
        &self.marked.object.external_id
    }

    /// Who it is for, as far as that is known.
    pub fn person(&self) -> Option<&Person> {
        self.owner.as_ref().map(|owner| &owner.person)
    }

    /// As the store keeps it, once it stands there; or that it stands nowhere.
    pub fn placed<'a>(
        &'a self,
        backfill: &'a Backfill,
        source: &'a Source,
        standing: Option<crate::store::Standing>,
    ) -> Placed<'a> {
        let install = &source.install.install;
        Placed {
            workspace: &backfill.workspace,
            provider: &install.provider,
            install: &install.name,
            customer: &self.customer,
            subscription: &self.subscription,
            standing,
            mark: &self.marked.mark,
        }
    }
}

impl Backfill {
    /// Puts a page on timelines.
    pub(super) async fn put_page(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        rows: Vec<Row>,
    ) -> Result<(), Stopped> {
        let looked_at = run.counts.looked_at + rows.len() as u64;
        let items = self.items(run, source, rows).await?;
        let (mut new, changed) = self.unlike(run, items).await?;
        let customers: BTreeSet<CustomerId> =
            new.iter().map(|item| item.customer.clone()).collect();
        let owners = self.owners(source, &customers).await?;
        for item in &mut new {
            item.owner = owners.get(&item.customer).cloned();
        }
        let (owned, nobodys): (Vec<Item>, Vec<Item>) = new.into_iter().partition(|item| {
            let owner = item.owner.as_ref();
            owner.is_some_and(|owner| owner.id.is_some())
        });
        self.leave_out(run, source, &nobodys).await?;
        self.make(run, source, owned).await?;
        self.write(run, source, changed).await?;
        run.counts.looked_at = looked_at;
        self.tell(&run.counts);
        Ok(())
    }

    /// The rows as objects. Who made an object of whom, and when, is the same for a whole run.
    async fn items(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        rows: Vec<Row>,
    ) -> Result<Vec<Item>, Stopped> {
        let imported_at = run.began_at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut images = HashMap::new();
        let mut items = Vec::with_capacity(rows.len());
        for (customer, mut subscription) in rows {
            let Some(customer) = customer else {
                run.counts.no_customer += 1;
                continue;
            };
            self.add_image(source, &mut subscription, &mut images)
                .await?;
            let ground = Ground {
                install: &source.install.install,
                links: &source.links,
                currency: source.install.profile.currency.as_ref(),
                key: &self.key,
            };
            let mut marked = object(ground, &customer, &subscription);
            marked.object.imported_at = Some(imported_at.clone());
            items.push(Item {
                customer,
                subscription,
                marked,
                known: None,
                owner: None,
            });
        }
        Ok(items)
    }

    /// A provider's list has no pictures; the store remembers those that cards have shown.
    async fn add_image(
        &self,
        source: &Source,
        subscription: &mut Subscription,
        images: &mut HashMap<(ProductId, Option<VariantId>), Option<WebUrl>>,
    ) -> Result<(), Stopped> {
        let product = &mut subscription.product;
        let (None, Some(id)) = (&product.image_url, product.id.clone()) else {
            return Ok(());
        };
        let which = (id, product.variant_id.clone());
        if !images.contains_key(&which) {
            let install = &source.install.install.name;
            let image = self
                .store
                .image(install, &which.0, which.1.as_ref())
                .await?;
            images.insert(which.clone(), image);
        }
        product.image_url = images.get(&which).cloned().flatten();
        Ok(())
    }

    /// Those of which no object says the same: new ones, and changed ones.
    async fn unlike(
        &self,
        run: &mut BackfillRecord,
        items: Vec<Item>,
    ) -> Result<(Vec<Item>, Vec<Item>), Stopped> {
        let ids: Vec<String> = items.iter().map(|i| i.external_id().to_owned()).collect();
        let mut known = self.store.objects(&self.workspace, &ids).await?;
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for mut item in items {
            item.known = known.remove(item.external_id());
            let standing = item.known.as_ref().filter(|k| k.standing.is_some());
            match standing {
                Some(there) if there.mark == item.marked.mark => {
                    let is_ours = there.backfill == Some(run.number);
                    run.counts.same += u64::from(!is_ours);
                    run.counts.made += u64::from(is_ours);
                }
                // The provider says that it is somebody else's now: that takes an owner.
                Some(there) if there.customer != item.customer => new.push(item),
                Some(_) => changed.push(item),
                None => new.push(item),
            }
        }
        self.tell(&run.counts);
        Ok((new, changed))
    }

    /// Keeps that these have no timeline to stand on.
    async fn leave_out(
        &self,
        run: &mut BackfillRecord,
        source: &Source,
        items: &[Item],
    ) -> Result<(), Stopped> {
        let placed: Vec<Placed<'_>> = items
            .iter()
            .map(|item| item.placed(self, source, None))
            .collect();
        if !placed.is_empty() {
            self.store.keep_objects(&placed, self.clock.now()).await?;
        }
        for item in items {
            let has_address = item.person().is_some_and(|person| person.email.is_some());
            run.counts.nobody += u64::from(has_address);
            run.counts.no_address += u64::from(!has_address);
        }
        Ok(())
    }

    /// Counts what was not to be claimed; whether it was.
    pub(super) fn is_settled(run: &mut BackfillRecord, claimed: &Claimed) -> bool {
        let counts = &mut run.counts;
        match claimed {
            Claimed::Free | Claimed::Before(_) => return false,
            Claimed::Same(true) => counts.made += 1,
            Claimed::Same(false) | Claimed::Newer => counts.same += 1,
            Claimed::Awaited => counts.left += 1,
        }
        true
    }
}
