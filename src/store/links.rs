//! Links: which customer a helpdesk's profile is.

use std::fmt;

use sqlx::Row;

use super::Store;
use super::columns::{AGENT, PROFILE};
use super::error::StoreError;
use super::points::Point;
use super::time::{instant, micros};
use super::write::{Lasting, Write};
use crate::domain::day::Instant;
use crate::domain::email::{Email, Fingerprint};
use crate::domain::id::{CustomerId, WorkspaceId};
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;

/// Who made a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Sidecard, because exactly one customer matched.
    Auto,
    /// An agent.
    Manual,
}

impl LinkKind {
    fn parse(text: &str) -> Self {
        if text == "auto" {
            Self::Auto
        } else {
            Self::Manual
        }
    }
}

/// A link that was removed. Prints as `acme-usa/176700001`, or `acme-usa/none` for a profile that was unlinked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedLink {
    /// The install that it was at.
    pub install: InstallName,
    /// The customer; `None`: an agent had said that it is none of those that match.
    pub customer: Option<CustomerId>,
    /// Who had made it.
    pub kind: LinkKind,
}

impl RemovedLink {
    /// Returns what the audit says of links that a person removed.
    pub fn audit_detail(removed: &[Self], profile: &Fingerprint) -> String {
        let links: Vec<String> = removed.iter().map(Self::to_string).collect();
        format!("profile {profile}: {}", links.join(", "))
    }
}

impl fmt::Display for RemovedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let customer = self.customer.as_ref().map_or("none", CustomerId::as_str);
        write!(f, "{}/{customer}", self.install)
    }
}

/// Whose link: a profile is known at one workspace alone.
#[derive(Clone, Copy)]
pub struct Profile<'a> {
    /// The install.
    pub install: &'a InstallName,
    /// The workspace.
    pub workspace: &'a WorkspaceId,
    /// The helpdesk's own id of the person. Kept as a keyed fingerprint: it may be an address. Where the helpdesk is told of
    /// changes, and so has to be told whose they are, it is also kept sealed.
    pub profile: &'a str,
}

/// A link as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRecord {
    /// The customer; `None`: an agent said that it is none of those that match.
    pub customer: Option<CustomerId>,
    /// Who made it.
    pub kind: LinkKind,
    /// The agent, as a fingerprint.
    pub by: Option<String>,
    /// The agent, as the helpdesk calls them. Kept sealed; `None` also where it can't be opened.
    pub agent: Option<Secret<String>>,
    /// When.
    pub at: Instant,
    /// The address that made an automatic link, by its key in the store ([`Store::subject_key`]).
    pub made_for: Option<String>,
}

impl LinkRecord {
    /// Made by Sidecard, because exactly this customer has the address.
    pub fn auto(customer: CustomerId, made_for: String, at: Instant) -> Self {
        Self {
            customer: Some(customer),
            kind: LinkKind::Auto,
            by: None,
            agent: None,
            at,
            made_for: Some(made_for),
        }
    }

    /// An agent's word that a profile is none of the records that match.
    pub fn unlinked(agent: &str, at: Instant) -> Self {
        Self {
            customer: None,
            kind: LinkKind::Manual,
            by: None,
            agent: Some(Secret::new(agent.to_owned())),
            at,
            made_for: None,
        }
    }
}

impl Store {
    /// Ties a profile to a customer, or with `None` to nobody. What an agent said is never changed by Sidecard itself, and
    /// nothing is stored of a customer who was erased: then `false`, and nothing happens.
    pub async fn link(&self, of: Profile<'_>, link: &LinkRecord) -> Result<bool, StoreError> {
        let key = self.profile_key(of);
        let row = [of.install.as_str(), of.workspace.as_str(), key.as_str()];
        let agent = link.agent.as_ref();
        let agent = agent.map(|agent| self.seal(&AGENT, &row, agent.reveal().as_bytes()));
        let name = self.seal(&PROFILE, &row, of.profile.as_bytes())?;
        let mut write = self.write(Point::Linked, Lasting::Acknowledged).await?;
        if let Some(customer) = &link.customer
            && self
                .is_erased(write.conn(), of.install, customer, link.at)
                .await?
        {
            return Ok(false);
        }
        let linked = sqlx::query(
            "INSERT INTO links (install, workspace, profile, customer, kind, made_by, at, agent, name, email, made_for)
             SELECT installs.name, workspaces.id, $3, $4, $5, $6, $7, $8,
                CASE WHEN workspaces.helpdesk = 'kustomer' THEN $9 END,
                (SELECT email FROM customers WHERE install = $1 AND customer = $4), $10 FROM installs, workspaces
             WHERE installs.name = $1 AND workspaces.id = $2
             ON CONFLICT (install, workspace, profile) DO UPDATE SET
                customer = excluded.customer, kind = excluded.kind, made_by = excluded.made_by, at = excluded.at,
                agent = excluded.agent, name = excluded.name, email = excluded.email,
                made_for = excluded.made_for
             WHERE excluded.kind = 'manual' OR links.kind = 'auto'",
        )
        .bind(of.install.as_str())
        .bind(of.workspace.as_str())
        .bind(&key)
        .bind(link.customer.as_ref().map(CustomerId::as_str))
        .bind(match link.kind {
            LinkKind::Auto => "auto",
            LinkKind::Manual => "manual",
        })
        .bind(&link.by)
        .bind(micros(link.at))
        .bind(agent.transpose()?)
        .bind(name)
        .bind(&link.made_for)
        .execute(write.conn())
        .await?;
        let linked = linked.rows_affected() > 0;
        // Links are read with each question. One that an agent made may be shown elsewhere.
        if linked && link.kind == LinkKind::Manual {
            write.raise().await?;
        }
        write.commit().await?;
        Ok(linked)
    }

    /// The link of a profile.
    pub async fn link_of(&self, of: Profile<'_>) -> Result<Option<LinkRecord>, StoreError> {
        let key = self.profile_key(of);
        let row = sqlx::query(
            "SELECT customer, kind, made_by, at, agent, made_for FROM links
             WHERE install = $1 AND workspace = $2 AND profile = $3",
        )
        .bind(of.install.as_str())
        .bind(of.workspace.as_str())
        .bind(&key)
        .fetch_optional(&self.0.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let place = [of.install.as_str(), of.workspace.as_str(), key.as_str()];
        let agent: Option<Vec<u8>> = row.try_get("agent")?;
        let agent = agent.and_then(|sealed| self.0.keys.open_text(&AGENT, &place, &sealed).ok());
        Ok(Some(LinkRecord {
            customer: row
                .try_get::<Option<String>, _>("customer")?
                .map(CustomerId::new),
            kind: LinkKind::parse(row.try_get("kind")?),
            by: row.try_get("made_by")?,
            agent,
            at: instant(row.try_get("at")?),
            made_for: row.try_get("made_for")?,
        }))
    }

    /// The profile that a customer was tied to, as the helpdesk calls it: the one that an agent chose, else the newest. `None`
    /// where there is none, or where profiles are kept as fingerprints alone.
    pub async fn linked_profile(
        &self,
        install: &InstallName,
        workspace: &WorkspaceId,
        customer: &CustomerId,
    ) -> Result<Option<Secret<String>>, StoreError> {
        let row = sqlx::query(
            "SELECT profile, name FROM links
             WHERE install = $1 AND workspace = $2 AND customer = $3 AND name IS NOT NULL
             ORDER BY kind = 'manual' DESC, at DESC, profile LIMIT 1",
        )
        .bind(install.as_str())
        .bind(workspace.as_str())
        .bind(customer.as_str())
        .fetch_optional(&self.0.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let key: String = row.try_get("profile")?;
        let place = [install.as_str(), workspace.as_str(), key.as_str()];
        let sealed: Vec<u8> = row.try_get("name")?;
        Ok(self.0.keys.open_text(&PROFILE, &place, &sealed).ok())
    }

    /// Removes the links of a profile at every install, as if they had never been made. Returns them, by install.
    pub async fn remove_links(
        &self,
        workspace: &WorkspaceId,
        profile: &str,
    ) -> Result<Vec<RemovedLink>, StoreError> {
        let mut write = self
            .write(Point::LinkReleased, Lasting::Acknowledged)
            .await?;
        let names: Vec<String> = sqlx::query_scalar("SELECT name FROM installs ORDER BY name")
            .fetch_all(write.conn())
            .await?;
        let mut removed = Vec::new();
        for install in names
            .iter()
            .filter_map(|name| InstallName::parse(name).ok())
        {
            let of = Profile {
                install: &install,
                workspace,
                profile,
            };
            let row = sqlx::query(
                "DELETE FROM links WHERE install = $1 AND workspace = $2 AND profile = $3
                 RETURNING customer, kind",
            )
            .bind(install.as_str())
            .bind(workspace.as_str())
            .bind(self.profile_key(of))
            .fetch_optional(write.conn())
            .await?;
            if let Some(row) = row {
                let customer: Option<String> = row.try_get("customer")?;
                removed.push(RemovedLink {
                    customer: customer.map(CustomerId::new),
                    kind: LinkKind::parse(row.try_get("kind")?),
                    install,
                });
            }
        }
        if !removed.is_empty() {
            write.raise().await?;
        }
        write.commit().await?;
        Ok(removed)
    }

    /// The customer is gone at the provider: their links too. Returns how many there were.
    pub async fn release_links(
        &self,
        install: &InstallName,
        customer: &CustomerId,
    ) -> Result<u64, StoreError> {
        let mut write = self
            .write(Point::LinkReleased, Lasting::Acknowledged)
            .await?;
        let released = sqlx::query("DELETE FROM links WHERE install = $1 AND customer = $2")
            .bind(install.as_str())
            .bind(customer.as_str())
            .execute(write.conn())
            .await?;
        if released.rows_affected() > 0 {
            write.raise().await?;
        }
        write.commit().await?;
        Ok(released.rows_affected())
    }

    /// Notes the address of a customer with the links to them, by which they are found when no card of theirs is kept any more.
    pub(super) async fn note_address(
        &self,
        write: &mut Write,
        install: &InstallName,
        customer: &CustomerId,
        email: &Email,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE links SET email = $3
             WHERE install = $1 AND customer = $2 AND (email IS NULL OR email <> $3)",
        )
        .bind(install.as_str())
        .bind(customer.as_str())
        .bind(self.0.rows.email(&email.key()))
        .execute(write.conn())
        .await?;
        Ok(())
    }

    /// The install is part of the key, so that equal profiles of two installs do not even look alike.
    fn profile_key(&self, of: Profile<'_>) -> String {
        let text = format!("{}\n{}\n{}", of.install, of.workspace, of.profile);
        self.0.rows.text("profile", &text)
    }
}
