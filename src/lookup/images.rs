//! Pictures of products. Recharge's subscriptions have none; charges have, for ninety days. So every picture that a charge
//! shows is remembered, and fills in where a snapshot has none: at the landing of a flight, not with each look.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::generations::Epochs;
use super::{Kept, Lookups, Picture};
use crate::domain::id::{ProductId, VariantId};
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;
use crate::domain::web_url::WebUrl;

/// So many are known to be stored, without asking the store.
const MOST: u64 = 20_000;
/// So long. Then one is stored again, and counts as seen lately.
const KNOWN: Duration = Duration::from_secs(24 * 3_600);

/// With the number of the install's beginning: after a removal nothing is stored.
type Key = (InstallName, u64, ProductId, Option<VariantId>);

/// What is known of stored pictures.
pub struct Images {
    kept: Arc<dyn Kept>,
    epochs: Arc<Epochs>,
    stored: Cache<Key, WebUrl>,
}

impl Images {
    pub fn new(kept: Arc<dyn Kept>, epochs: &Arc<Epochs>) -> Self {
        Self {
            kept,
            epochs: Arc::clone(epochs),
            stored: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(KNOWN)
                .build(),
        }
    }

    /// Remembers the pictures of a snapshot, and fills in those that it lacks.
    pub async fn fill(&self, install: &InstallName, snapshot: &mut Snapshot) {
        let epoch = self.epochs.of(install);
        let key = |picture: &Picture| -> Key {
            let (product, variant) = (picture.product.clone(), picture.variant.clone());
            (install.clone(), epoch, product, variant)
        };
        let mut new = seen(snapshot);
        new.retain(|picture| self.stored.get(&key(picture)).as_ref() != Some(&picture.url));
        if !new.is_empty() {
            self.kept.keep_images(install, &new).await;
            for picture in new {
                self.stored.insert(key(&picture), picture.url);
            }
        }
        let lacking: Vec<usize> = (0..snapshot.subscriptions.len())
            .filter(|at| snapshot.image_of(&snapshot.subscriptions[*at]).is_none())
            .collect();
        for at in lacking {
            let product = &mut snapshot.subscriptions[at].product;
            if let Some(id) = &product.id {
                let variant = product.variant_id.as_ref();
                product.image_url = self.kept.image(install, id, variant).await;
            }
        }
    }
}

impl Lookups {
    /// Remembers the pictures of a snapshot to which an event was applied, and fills in those that it lacks.
    pub async fn fill_images(&self, install: &InstallName, snapshot: &mut Snapshot) {
        self.0.images.fill(install, snapshot).await;
    }
}

/// The pictures in a snapshot's charges, the newest of each product and variant. A line that does not say its variant has
/// that of its subscription, unless its product was swapped since.
fn seen(snapshot: &Snapshot) -> Vec<Picture> {
    let mut seen: Vec<Picture> = Vec::new();
    let charges = snapshot.charges.iter().flatten();
    for line in charges.flat_map(|charge| &charge.items) {
        let (Some(product), Some(url)) = (&line.product, &line.image_url) else {
            continue;
        };
        let mut subscriptions = snapshot.subscriptions.iter();
        let subscription = subscriptions.find(|subscription| {
            line.subscription.as_ref() == Some(&subscription.id)
                && subscription.product.id.as_ref() == Some(product)
        });
        let variant = line.variant_id.clone();
        let variant = variant.or_else(|| subscription.and_then(|s| s.product.variant_id.clone()));
        let is_known = seen
            .iter()
            .any(|other| other.product == *product && other.variant == variant);
        if !is_known {
            seen.push(Picture {
                product: product.clone(),
                variant,
                url: url.clone(),
            });
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::super::samples::{charge, known, subscription};
    use super::*;

    use crate::domain::charge::LineItem;
    use crate::domain::subscription::Subscription;

    fn url(name: &str) -> WebUrl {
        WebUrl::parse(&format!("https://cdn.acme.example/{name}.png")).unwrap()
    }

    fn of(id: u32, product: &str, variant: &str) -> Subscription {
        let mut row = subscription(id, -5);
        row.product.id = Some(ProductId::new(product));
        row.product.variant_id = Some(VariantId::new(variant));
        row
    }

    fn line(subscription: &Subscription, product: &str, picture: Option<&str>) -> LineItem {
        LineItem {
            subscription: Some(subscription.id.clone()),
            product: Some(ProductId::new(product)),
            image_url: picture.map(url),
            ..LineItem::default()
        }
    }

    #[test]
    fn the_newest_picture_of_each_product_and_variant_is_seen() {
        let (first, second) = (of(1, "7", "70"), of(2, "8", "80"));
        let mut newer = charge(20, -5, -5);
        newer.items = vec![line(&first, "7", Some("new")), line(&second, "8", None)];
        let mut older = charge(10, -9, -9);
        older.items = vec![
            line(&first, "7", Some("old")),
            // Before it was swapped.
            line(&second, "7", Some("swapped")),
        ];
        let seen = seen(&known(vec![first, second], vec![newer, older]));
        let picture = |variant: Option<&str>, name| Picture {
            product: ProductId::new("7"),
            variant: variant.map(VariantId::new),
            url: url(name),
        };
        assert_eq!(seen, [picture(Some("70"), "new"), picture(None, "swapped")]);
    }
}
