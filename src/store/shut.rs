//! An install that the merchant has shut us out of: everything of its customers goes at once; its name, settings and
//! workspaces stay, for an admin to reconnect or remove.

use super::Store;
use super::error::StoreError;
use super::outbox::{self, Whose};
use super::points::Point;
use super::records;
use super::time::micros;
use super::write::Lasting;
use crate::domain::day::Instant;
use crate::domain::install::InstallName;

impl Store {
    /// The provider's app was taken out of the shop: the install must be reconnected, and what is known of its customers
    /// is removed with the links to them, the hooks that wait, and the objects on helpdesks' timelines.
    pub async fn shut_install(&self, name: &InstallName, now: Instant) -> Result<(), StoreError> {
        let mut write = self
            .write(Point::InstallShut, Lasting::Acknowledged)
            .await?;
        sqlx::query(
            "UPDATE installs SET reconnect_since = coalesce(reconnect_since, $2) WHERE name = $1",
        )
        .bind(name.as_str())
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        for sql in [
            "DELETE FROM links WHERE install = $1",
            "DELETE FROM inbox WHERE install = $1",
        ] {
            sqlx::query(sql)
                .bind(name.as_str())
                .execute(write.conn())
                .await?;
        }
        records::forget_install(write.conn(), name).await?;
        records::begin_anew(write.conn(), name).await?;
        outbox::remove(&mut write, Whose::Install(name), now).await?;
        write.raise().await?;
        write.raise_erasures().await?;
        write.commit().await?;
        self.overwrite().await;
        Ok(())
    }
}
