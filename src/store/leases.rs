//! Leases: what several processes over one store may do, and one at a time is to do. A holder that dies holds nothing up for
//! longer than its lease.

use super::Store;
use super::error::StoreError;
use super::points::Point;
use super::time::micros;
use super::write::Lasting;
use crate::domain::day::Instant;

impl Store {
    /// Takes a lease, or makes one's own longer. `false`: somebody else has it.
    pub async fn lease(
        &self,
        name: &str,
        holder: &str,
        until: Instant,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let mut write = self.write(Point::LeaseTaken, Lasting::Acknowledged).await?;
        let taken = sqlx::query(
            "INSERT INTO leases (name, holder, valid_until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, valid_until = excluded.valid_until
             WHERE leases.holder = excluded.holder OR leases.valid_until <= $4",
        )
        .bind(name)
        .bind(holder)
        .bind(micros(until))
        .bind(micros(now))
        .execute(write.conn())
        .await?;
        write.commit().await?;
        Ok(taken.rows_affected() > 0)
    }

    /// Gives a lease back.
    pub async fn end_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        let mut write = self.write(Point::LeaseEnded, Lasting::Acknowledged).await?;
        sqlx::query("DELETE FROM leases WHERE name = $1 AND holder = $2")
            .bind(name)
            .bind(holder)
            .execute(write.conn())
            .await?;
        write.commit().await
    }
}
