//! Pictures of products: a cancelled subscription without a recent charge still has one.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite};

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::micros;
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::id::{ProductId, VariantId};
use crate::domain::install::InstallName;
use crate::domain::web_url::WebUrl;

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
        if there == 0 {
            return Ok(());
        }
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
            insert
                .build()
                .persistent(false)
                .execute(write.conn())
                .await?;
        }
        let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM images WHERE install = $1")
            .bind(install.as_str())
            .fetch_one(write.conn())
            .await?;
        if kept > MOST_IMAGES {
            sqlx::query(
                "DELETE FROM images WHERE install = $1 AND (product, variant) IN (
                    SELECT product, variant FROM images WHERE install = $1
                    ORDER BY seen_at, product, variant LIMIT $2)",
            )
            .bind(install.as_str())
            .bind(kept - MOST_IMAGES)
            .execute(write.conn())
            .await?;
        }
        write.commit().await
    }

    /// A picture of a product: of this variant, else of the whole product. The last one of any variant where the variant is not
    /// known: another one's would show what nobody gets.
    pub async fn image(
        &self,
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
        .fetch_optional(&self.0.readers)
        .await?;
        Ok(url.and_then(|url| WebUrl::parse(&url).ok()))
    }
}
