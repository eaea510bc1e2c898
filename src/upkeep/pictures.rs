//! Pictures for what events make of a card. No hook of a subscription has one; those that charges showed are remembered, and
//! hooks of charges may bring new ones.

use std::sync::Arc;

use crate::domain::event::{Change, Event};
use crate::domain::id::{ProductId, VariantId};
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;
use crate::domain::subscription::Subscription;
use crate::lookup::Lookups;
use crate::store::{Applying, KeptSnapshot, Telling};

/// What a card had subscriptions of, before events were applied to it: who has no picture of that is not asked again.
pub struct Before(Vec<Product>);

type Product = (Option<ProductId>, Option<VariantId>);

fn product(row: &Subscription) -> Product {
    (row.product.id.clone(), row.product.variant_id.clone())
}

impl Before {
    /// Nothing, when no card is kept.
    pub fn of(kept: Option<&KeptSnapshot>) -> Self {
        let rows = kept.iter().flat_map(|kept| &kept.snapshot.subscriptions);
        Self(rows.map(product).collect())
    }

    /// Fills in what is remembered, and remembers what is new; helpdesks are told of it too.
    pub async fn fill<'a>(
        self,
        lookups: &Lookups,
        install: &InstallName,
        applying: &mut Applying,
        mut events: impl Iterator<Item = &'a Event>,
    ) {
        let Some(card) = &mut applying.card else {
            return;
        };
        if !events.any(shows_one) && !self.may_be_lacking(card) {
            return;
        }
        lookups.fill_images(install, Arc::make_mut(card)).await;
        for (_, telling) in &mut applying.told {
            let Telling::Now(now) = telling else { continue };
            let row = card.subscriptions.iter().find(|row| row.id == now.id);
            if let Some(picture) = row.and_then(|row| card.image_of(row)) {
                now.product.image_url = Some(picture.clone());
            }
        }
    }

    fn may_be_lacking(&self, card: &Snapshot) -> bool {
        let mut rows = card.subscriptions.iter();
        rows.any(|row| !self.0.contains(&product(row)) && card.image_of(row).is_none())
    }
}

fn shows_one(event: &Event) -> bool {
    match &event.change {
        Change::Charge { charge, .. } => charge.items.iter().any(|item| item.image_url.is_some()),
        _ => false,
    }
}
