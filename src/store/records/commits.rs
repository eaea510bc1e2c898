//! The commit number of each install: the order of everything that is observed of it, without clocks.

use sqlx::SqliteConnection;

use super::super::Store;
use super::super::error::StoreError;
use crate::domain::id::CustomerId;
use crate::domain::install::InstallName;
use crate::records::Commit;

/// What changed at an install after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedCustomers {
    /// The number of the last commit.
    pub number: Commit,
    /// The customers of whom something changed.
    pub customers: Vec<CustomerId>,
}

/// So many changed customers are named; past that a process reads everything again.
const MOST: i64 = 10_000;

impl Store {
    /// The number of the last commit of an install: what is observed from now on is after it.
    pub async fn commit_number(&self, install: &InstallName) -> Result<Commit, StoreError> {
        let number = sqlx::query_scalar("SELECT number FROM commits WHERE install = $1")
            .bind(install.as_str())
            .fetch_optional(&self.0.readers)
            .await?;
        Ok(number.unwrap_or_default())
    }

    /// The number of the last commit of every install.
    pub async fn commit_numbers(&self) -> Result<Vec<(InstallName, Commit)>, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT install, number FROM commits ORDER BY install")
                .fetch_all(&self.0.readers)
                .await?;
        let known = rows.into_iter();
        Ok(known
            .filter_map(|(name, number)| Some((InstallName::parse(&name).ok()?, number)))
            .collect())
    }

    /// The customers of an install of whom something changed after a commit. `None`: too many to name.
    pub async fn changed_since(
        &self,
        install: &InstallName,
        commit: Commit,
    ) -> Result<Option<ChangedCustomers>, StoreError> {
        let number = self.commit_number(install).await?;
        let customers: Vec<String> = sqlx::query_scalar(
            "SELECT customer FROM customers WHERE install = $1 AND changed > $2 ORDER BY changed LIMIT $3",
        )
        .bind(install.as_str())
        .bind(commit)
        .bind(MOST)
        .fetch_all(&self.0.readers)
        .await?;
        let is_all = customers.len() < usize::try_from(MOST).unwrap_or(usize::MAX);
        Ok(is_all.then(|| ChangedCustomers {
            number,
            customers: customers.into_iter().map(CustomerId::new).collect(),
        }))
    }
}

/// Takes the next commit number of an install, within the transaction that commits it. Returns it with the number from
/// which on observations are of this beginning of the install.
pub(in crate::store) async fn next(
    conn: &mut SqliteConnection,
    install: &InstallName,
) -> Result<(Commit, Commit), StoreError> {
    let numbers = sqlx::query_as(
        "INSERT INTO commits (install, number, valid_from) VALUES ($1, 1, 1)
         ON CONFLICT (install) DO UPDATE SET number = commits.number + 1 RETURNING number, valid_from",
    )
    .bind(install.as_str())
    .fetch_one(conn)
    .await?;
    Ok(numbers)
}

/// An install begins anew: it was added, its shop or token changed, or it was shut. What was asked for before is not stored.
pub(in crate::store) async fn begin_anew(
    conn: &mut SqliteConnection,
    install: &InstallName,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO commits (install, number, valid_from) VALUES ($1, 1, 1)
         ON CONFLICT (install) DO UPDATE SET number = commits.number + 1, valid_from = commits.number + 1",
    )
    .bind(install.as_str())
    .execute(conn)
    .await?;
    Ok(())
}
