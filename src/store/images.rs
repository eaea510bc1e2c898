//! Pictures of products: a cancelled subscription without a recent charge still has one.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::micros;
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::id::{ProductId, VariantId};
use crate::domain::install::InstallName;
use crate::domain::snapshot::Snapshot;
use crate::domain::web_url::WebUrl;
use crate::records::Known;

/// So many are kept per install, those seen last.
pub const MOST_IMAGES: i64 = 20_000;
/// A picture seen again is written again after so long: an hour's lookups should not each write the same row.
const AGAIN: i64 = 24 * 3_600 * 1_000_000;
/// Rows per statement, well within SQLite's limit of parameters.
const ROWS: usize = 1_000;

/// A picture of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The product.
    pub product: ProductId,
    /// Its variant; `None`: of the whole product.
    pub variant: Option<VariantId>,
    /// Where the picture is.
    pub url: WebUrl,
}

impl Store {
    /// Remembers pictures that were seen. The last of the same product and variant counts.
    pub async fn remember_images(
        &self,
        install: &InstallName,
        images: &[Image],
        now: Instant,
    ) -> Result<(), StoreError> {
        if images.is_empty() {
            return Ok(());
        }
        let mut write = self.write(Point::ImagesSeen, Lasting::Again).await?;
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM installs WHERE name = $1")
            .bind(install.as_str())
            .fetch_one(write.conn())
            .await?;
        if there > 0 {
            remember(write.conn(), install, images, now).await?;
        }
        write.commit().await
    }

    /// Fills in the pictures that a card lacks.
    pub async fn fill_images(
        &self,
        install: &InstallName,
        known: &mut Known,
    ) -> Result<(), StoreError> {
        let mut conn = self.0.readers.acquire().await?;
        fill(&mut conn, install, known).await
    }

    /// A picture of a product: of this variant, else of the whole product. The last one of any variant where the variant is not
    /// known: another one's would show what nobody gets.
    pub async fn image(
        &self,
        install: &InstallName,
        product: &ProductId,
        variant: Option<&VariantId>,
    ) -> Result<Option<WebUrl>, StoreError> {
        let mut conn = self.0.readers.acquire().await?;
        find(&mut conn, install, product, variant).await
    }
}

/// Remembers the pictures that a card shows, within a transaction.
pub(super) async fn remember_shown(
    conn: &mut SqliteConnection,
    install: &InstallName,
    snapshot: &Snapshot,
    now: Instant,
) -> Result<(), StoreError> {
    let images = seen(snapshot);
    if images.is_empty() {
        return Ok(());
    }
    remember(conn, install, &images, now).await
}

/// Fills in the pictures that a card lacks: charges show them for 90 days alone.
pub(super) async fn fill(
    conn: &mut SqliteConnection,
    install: &InstallName,
    known: &mut Known,
) -> Result<(), StoreError> {
    let Some(snapshot) = &mut known.snapshot else {
        return Ok(());
    };
    let lacking: Vec<usize> = (0..snapshot.subscriptions.len())
        .filter(|at| snapshot.image_of(&snapshot.subscriptions[*at]).is_none())
        .collect();
    for at in lacking {
        let product = &snapshot.subscriptions[at].product;
        let Some(id) = product.id.clone() else {
            continue;
        };
        let image = find(conn, install, &id, product.variant_id.as_ref()).await?;
        if image.is_some() {
            Arc::make_mut(snapshot).subscriptions[at].product.image_url = image;
        }
    }
    Ok(())
}

async fn remember(
    conn: &mut SqliteConnection,
    install: &InstallName,
    images: &[Image],
    now: Instant,
) -> Result<(), StoreError> {
    // One statement may not change a row twice, and the last one counts.
    let of = |image: &'_ Image| (image.product.clone(), image.variant.clone());
    let last: BTreeMap<_, _> = images.iter().map(|image| (of(image), image)).collect();
    let last: Vec<&Image> = last.into_values().collect();
    for rows in last.chunks(ROWS) {
        let begin = "INSERT INTO images (install, product, variant, url, seen_at) ";
        let mut insert = QueryBuilder::<Sqlite>::new(begin);
        insert.push_values(rows, |mut row, image| {
            row.push_bind(install.as_str())
                .push_bind(image.product.as_str())
                .push_bind(image.variant.as_ref().map_or("", VariantId::as_str))
                .push_bind(image.url.as_str())
                .push_bind(micros(now));
        });
        insert.push(
            " ON CONFLICT (install, product, variant) DO UPDATE
                SET url = excluded.url, seen_at = excluded.seen_at
                WHERE images.url <> excluded.url OR images.seen_at + ",
        );
        insert.push_bind(AGAIN).push(" < excluded.seen_at");
        // As long as there are rows: not a statement to keep prepared.
        insert.build().persistent(false).execute(&mut *conn).await?;
    }
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM images WHERE install = $1")
        .bind(install.as_str())
        .fetch_one(&mut *conn)
        .await?;
    if kept > MOST_IMAGES {
        sqlx::query(
            "DELETE FROM images WHERE install = $1 AND (product, variant) IN (
                SELECT product, variant FROM images WHERE install = $1
                ORDER BY seen_at, product, variant LIMIT $2)",
        )
        .bind(install.as_str())
        .bind(kept - MOST_IMAGES)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

async fn find(
    conn: &mut SqliteConnection,
    install: &InstallName,
    product: &ProductId,
    variant: Option<&VariantId>,
) -> Result<Option<WebUrl>, StoreError> {
    let url: Option<String> = sqlx::query_scalar(
        "SELECT url FROM images WHERE install = $1 AND product = $2 AND ($3 = '' OR variant IN ($3, ''))
         ORDER BY CASE variant WHEN $3 THEN 0 WHEN '' THEN 1 ELSE 2 END, seen_at DESC LIMIT 1",
    )
    .bind(install.as_str())
    .bind(product.as_str())
    .bind(variant.map_or("", VariantId::as_str))
    .fetch_optional(conn)
    .await?;
    Ok(url.and_then(|url| WebUrl::parse(&url).ok()))
}

/// The pictures in a snapshot's charges, the newest of each product and variant. A line that does not say its variant has
/// that of its subscription, unless its product was swapped since.
fn seen(snapshot: &Snapshot) -> Vec<Image> {
    let mut seen: Vec<Image> = Vec::new();
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
            seen.push(Image {
                product: product.clone(),
                variant,
                url: url.clone(),
            });
        }
    }
    seen
}
