//! Whether everything in the store is sound: for `check`, and after a crash.

use std::collections::BTreeMap;

use super::Store;
use super::columns::SEALED;
use super::error::StoreError;

/// What was found. Sound when everything is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examination {
    /// What SQLite says of the file.
    pub damage: Vec<String>,
    /// Rows that refer to nothing, by table.
    pub orphans: BTreeMap<String, u64>,
    /// Sealed values that none of the keys opens, by `table.column`.
    pub unreadable: BTreeMap<String, u64>,
}

impl Examination {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        *self == Self::default()
    }
}

impl Store {
    /// Reads the whole store and tries every sealed value.
    pub async fn examine(&self) -> Result<Examination, StoreError> {
        let mut found = Examination::default();
        let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_all(&self.0.readers)
            .await?;
        found.damage = said.into_iter().filter(|line| line != "ok").collect();
        let orphans: Vec<String> =
            sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_check")
                .fetch_all(&self.0.readers)
                .await?;
        for table in orphans {
            *found.orphans.entry(table).or_default() += 1;
        }
        for column in &SEALED {
            let unreadable = self.unreadable(column).await?;
            if unreadable > 0 {
                let name = format!("{}.{}", column.table, column.column);
                found.unreadable.insert(name, unreadable);
            }
        }
        Ok(found)
    }
}
