//! Applying hooks: what they change, and that they have done so, in one transaction. Applied twice they change nothing:
//! who applies them reads the card first and names the version that it read.

use std::sync::Arc;

use super::belongings::keep_belongings;
use super::columns::SNAPSHOT;
use super::error::StoreError;
use super::inbox::{Ticket, settle};
use super::points::Point;
use super::time::micros;
use super::write::{Lasting, Write};
use super::{Store, Telling, frozen, outbox, resolutions, snapshots};
use crate::domain::day::Instant;
use crate::domain::email::Email;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::domain::question::SubjectKey;
use crate::domain::snapshot::Snapshot;

/// What some hooks of one install change together: all of it, or nothing.
#[derive(Debug, Clone)]
pub struct Applying {
    /// The install.
    pub install: InstallName,
    /// The hooks, which leave the inbox with it.
    pub tickets: Vec<Ticket>,
    /// The customer whose card it is about, and the version of it that was read; 0 for none. `None`: it is about no card.
    pub read: Option<(CustomerId, i64)>,
    /// That card as it is now, where it is another one.
    pub card: Option<Arc<Snapshot>>,
    /// Customers who have to be read again, unless they were read after this.
    pub dirty: Vec<(CustomerId, Instant)>,
    /// Subjects that may name somebody else now.
    pub moved: Vec<SubjectKey>,
    /// Customers who may have moved from where nobody knows: no subject names them any more.
    pub moved_from_anywhere: Vec<CustomerId>,
    /// What helpdesks are to be told of it, each with the customer whom it is about.
    pub told: Vec<(CustomerId, Telling)>,
}

impl Applying {
    /// A hook that changes nothing.
    pub fn nothing(ticket: Ticket) -> Self {
        Self {
            install: ticket.install.clone(),
            tickets: vec![ticket],
            read: None,
            card: None,
            dirty: Vec::new(),
            moved: Vec::new(),
            moved_from_anywhere: Vec::new(),
            told: Vec::new(),
        }
    }
}

impl Store {
    /// Applies hooks, in one transaction. `false` for those whose card was changed by somebody else in between, or came there:
    /// they are still in the inbox, to be worked out again.
    pub async fn apply_hooks(
        &self,
        batch: &[&Applying],
        now: Instant,
    ) -> Result<Vec<bool>, StoreError> {
        // Sealed before anybody is made to wait for the writer.
        let mut sealed = Vec::with_capacity(batch.len());
        for applying in batch {
            let telling = self.telling(&applying.install, &applying.told, now);
            sealed.push((self.sealed(applying)?, telling.await?));
        }
        let mut write = self
            .write(Point::HooksApplied, Lasting::Acknowledged)
            .await?;
        let mut applied = Vec::with_capacity(batch.len());
        for (applying, (body, telling)) in batch.iter().zip(sealed) {
            let done = self.apply_one(&mut write, applying, body, now).await?;
            if done {
                outbox::queue(&mut write, &telling, now).await?;
            }
            applied.push(done);
        }
        write.commit().await?;
        Ok(applied)
    }

    /// The body of a changed card. `None`: there is none, or it can't be written, and is better read again.
    fn sealed(&self, applying: &Applying) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(snapshot) = &applying.card else {
            return Ok(None);
        };
        let place = [applying.install.as_str(), snapshot.customer.id.as_str()];
        let body = frozen::freeze(snapshot);
        body.map(|body| self.seal(&SNAPSHOT, &place, &body))
            .transpose()
    }

    async fn apply_one(
        &self,
        write: &mut Write,
        applying: &Applying,
        body: Option<Vec<u8>>,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let install = &applying.install;
        // Also where the card stays as it is: what it was compared with has to be what is there.
        if let Some((customer, read)) = &applying.read
            && snapshots::version(write, install, customer).await? != *read
        {
            return Ok(false);
        }
        match (&applying.card, body) {
            (Some(snapshot), Some(body)) => {
                self.replace(write, install, snapshot, body).await?;
                keep_belongings(write, install, snapshot).await?;
            }
            (Some(snapshot), None) => {
                mark_dirty(write, install, &snapshot.customer.id, now).await?;
            }
            (None, _) => {}
        }
        for (customer, since) in &applying.dirty {
            mark_dirty(write, install, customer, *since).await?;
        }
        for subject in &applying.moved {
            resolutions::drop_one(write, install, &self.0.rows.subject(subject)).await?;
        }
        for customer in &applying.moved_from_anywhere {
            resolutions::drop_naming(write, install, customer).await?;
        }
        settle(write, &applying.tickets, now).await?;
        Ok(true)
    }

    /// Puts a patched card in the place of the one that it was made from.
    async fn replace(
        &self,
        write: &mut Write,
        install: &InstallName,
        snapshot: &Snapshot,
        body: Vec<u8>,
    ) -> Result<(), StoreError> {
        let email = snapshot.customer.email.as_deref();
        let email = email.and_then(|email| Email::parse(email).ok());
        if let Some(email) = &email {
            let customer = &snapshot.customer.id;
            self.note_address(write, install, customer, email).await?;
        }
        sqlx::query(
            "UPDATE snapshots SET body = $3, email = $4, as_of = $5, version = version + 1
             WHERE install = $1 AND customer = $2",
        )
        .bind(install.as_str())
        .bind(snapshot.customer.id.as_str())
        .bind(body)
        .bind(email.as_ref().map(|email| self.0.rows.email(&email.key())))
        .bind(micros(snapshot.as_of))
        .execute(write.conn())
        .await?;
        Ok(())
    }
}

/// Marks a card to be read again, unless it was read after `since`. Returns whether that was news.
pub(super) async fn mark_dirty(
    write: &mut Write,
    install: &InstallName,
    customer: &CustomerId,
    since: Instant,
) -> Result<bool, StoreError> {
    let marked = sqlx::query(
        "UPDATE snapshots SET dirty_since = $3, version = version + 1
         WHERE install = $1 AND customer = $2 AND as_of <= $3 AND coalesce(dirty_since, $3 - 1) < $3",
    )
    .bind(install.as_str())
    .bind(customer.as_str())
    .bind(micros(since))
    .execute(write.conn())
    .await?;
    Ok(marked.rows_affected() > 0)
}
