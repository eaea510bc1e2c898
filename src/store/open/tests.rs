mod format_11;

use std::fs::File;

use super::*;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use crate::domain::shop::Shop;
use crate::store::columns::SEALED;
use crate::store::{InstallSettings, NewInstall};

async fn open_in(folder: &Path) -> Result<Store, StoreError> {
    let keys = KeyRing::parse(&format!("k1 {}ff", "01".repeat(31)), "test.keys").unwrap();
    let url = format!("sqlite://{}", folder.join("sidecard.db").display());
    Store::open(&url, keys, Instant::default()).await
}

fn install(contact: String) -> NewInstall {
    let shop = Shop::parse("acme-usa").unwrap();
    NewInstall {
        name: InstallName::from(&shop),
        provider: String::from("recharge"),
        shop,
        settings: InstallSettings {
            contact: Some(contact),
            ..InstallSettings::default()
        },
        token: Secret::new(String::from("sk_fake")),
        client_secret: None,
    }
}

#[test]
fn an_address_is_a_file_or_memory() {
    let file = |path: &str| Place::File(path.into());
    assert_eq!(place("sqlite://sidecard.db").unwrap(), file("sidecard.db"));
    assert_eq!(place("sqlite:///var/s.db").unwrap(), file("/var/s.db"));
    assert_eq!(place(" sqlite:s.db ").unwrap(), file("s.db"));
    assert_eq!(place("sqlite://:memory:").unwrap(), Place::Memory);
}

#[test]
fn other_addresses_are_refused_without_a_password() {
    let postgres = place("postgres://kim:hunter2@db/x")
        .unwrap_err()
        .to_string();
    assert!(postgres.starts_with("postgres is not in this version\n  hint: "));
    for bad in [
        "",
        "sidecard.db",
        "sqlite://",
        "mysql://kim:hunter2@db/x",
        "sqlite://s.db?mode=ro",
    ] {
        let said = place(bad).unwrap_err().to_string();
        assert!(said.contains("sqlite://sidecard.db"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(folder.path()).await.unwrap();
    let next = migrate::NEWEST + 1;
    sqlx::query("INSERT INTO migrations (number, applied_at) VALUES ($1, 0)")
        .bind(next)
        .execute(&store.0.writer)
        .await
        .unwrap();
    store.close().await;
    let before = std::fs::read(folder.path().join("sidecard.db")).unwrap();
    let said = open_in(folder.path()).await.unwrap_err().to_string();
    let known = migrate::NEWEST;
    let expected = format!(
        "was written by a newer Sidecard (its format is {next}, this version knows up to {known})"
    );
    assert!(
        said.contains(&expected) && said.contains("hint: run that version"),
        "{said}"
    );
    assert_eq!(
        std::fs::read(folder.path().join("sidecard.db")).unwrap(),
        before
    );
}

/// A store as a program wrote it that knew so many migrations, with these rows.
async fn old(folder: &Path, known: usize, rows: &'static str) {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("sidecard.db"))
        .create_if_missing(true);
    let mut file = options.connect().await.unwrap();
    let made = "CREATE TABLE migrations (number BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)";
    sqlx::raw_sql(made).execute(&mut file).await.unwrap();
    for (number, sql) in (1_i64..).zip(&migrate::MIGRATIONS[..known]) {
        sqlx::raw_sql(*sql).execute(&mut file).await.unwrap();
        sqlx::query("INSERT INTO migrations (number, applied_at) VALUES ($1, 0)")
            .bind(number)
            .execute(&mut file)
            .await
            .unwrap();
    }
    sqlx::raw_sql(rows).execute(&mut file).await.unwrap();
    file.close().await.unwrap();
}

#[tokio::test]
async fn what_waited_for_the_provider_and_was_parked_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "INSERT INTO installs (name, provider, shop, hook_id, token, token_replaced_at, created_at, updated_at,
            shop_verified, links_confirmed, scopes)
        VALUES ('acme-usa', 'recharge', 'acme-usa', 'h', x'00', 0, 0, 0, 0, 0, '[]');
        INSERT INTO inbox (install, digest, number, topic, body, received_at, due_at, attempts, parked) VALUES
            ('acme-usa', 'a', 1, 'customer/deleted', x'00', 5, 900, 12, 'the provider could not be asked'),
            ('acme-usa', 'b', 2, 'customer/updated', x'00', 5, 900, 12, 'it can''t be opened')";
    old(folder.path(), 8, rows).await;
    let store = open_in(folder.path()).await.unwrap();
    let due = chrono::DateTime::from_timestamp_micros(5).unwrap();
    assert_eq!(store.waiting_hooks(due, 9).await.unwrap().len(), 1);
    assert_eq!(store.parked().await.unwrap()[0].count, 1);
}

#[tokio::test]
async fn an_old_store_learns_addresses_of_links_and_until_when_old_secrets_are_believed() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "INSERT INTO installs (name, provider, shop, hook_id, token, token_replaced_at, created_at, updated_at,
            shop_verified, links_confirmed, scopes, previous_client_secret)
        VALUES ('acme-usa', 'recharge', 'acme-usa', 'h', x'00', 1, 0, 0, 0, 0, '[]', x'00');
        INSERT INTO workspaces (id, helpdesk, settings, frame_ancestors, longest_expiry, enabled, secret, created_at, updated_at)
        VALUES ('w', 'json', x'00', '[]', 0, 1, x'00', 0, 0);
        INSERT INTO snapshots (install, customer, body, email, as_of, version) VALUES ('acme-usa', '1', x'00', 'f1', 0, 1);
        INSERT INTO links (install, workspace, profile, customer, kind, at) VALUES
            ('acme-usa', 'w', 'p1', '1', 'auto', 0), ('acme-usa', 'w', 'p2', '2', 'auto', 0),
            ('acme-usa', 'w', 'p3', NULL, 'manual', 0)";
    old(folder.path(), 9, rows).await;
    let store = open_in(folder.path()).await.unwrap();
    let known: Vec<Option<String>> = sqlx::query_scalar("SELECT email FROM links ORDER BY profile")
        .fetch_all(&store.0.writer)
        .await
        .unwrap();
    assert_eq!(known, [Some(String::from("f1")), None, None]);
    let believed: i64 = sqlx::query_scalar("SELECT previous_client_secret_until FROM installs")
        .fetch_one(&store.0.writer)
        .await
        .unwrap();
    assert_eq!(believed, 1 + 72 * 3_600 * 1_000_000);
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("sidecard.db"))
        .create_if_missing(true);
    let mut other = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE installs (name TEXT)")
        .execute(&mut other)
        .await
        .unwrap();
    other.close().await.unwrap();
    let said = open_in(folder.path()).await.unwrap_err().to_string();
    assert!(said.contains("is not a store of Sidecard's"), "{said}");
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(folder.path()).await.unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&store.0.writer)
        .await
        .unwrap();
    // SQLite says the same of a file that may not grow as of a disk that is full.
    let limit = format!("PRAGMA max_page_count = {}", pages + 2);
    sqlx::query(sqlx::AssertSqlSafe(limit))
        .execute(&store.0.writer)
        .await
        .unwrap();
    let now = Instant::default();
    let error = store
        .add_install(&install("x".repeat(100_000)), now)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no room is left on the disk of the store\n  hint: "),
        "{error}"
    );
    store
        .add_install(&install(String::from("Dana")), now)
        .await
        .unwrap();
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_store_that_another_program_holds_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(folder.path()).await.unwrap();
    let mut held = store.0.writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("UPDATE counters SET value = 9")
        .execute(&mut *held)
        .await
        .unwrap();
    // Without the patience of a real one.
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("sidecard.db"))
        .busy_timeout(Duration::ZERO);
    let mut other = options.connect().await.unwrap();
    let refused = other.begin_with("BEGIN IMMEDIATE").await.err().unwrap();
    let said = StoreError::from(refused).at("s.db").to_string();
    assert!(
        said.starts_with("the store `s.db` is locked by another program\n  hint: "),
        "{said}"
    );
    // Who reads is not held up.
    assert_eq!(store.changes().await.unwrap(), 0);
}

/// The user who runs the tests may be allowed everything; then there is nothing to see.
#[cfg(unix)]
#[tokio::test]
async fn what_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder.path(), 0o500);
    if File::create(folder.path().join("probe")).is_ok() {
        return;
    }
    let said = open_in(folder.path()).await.unwrap_err().to_string();
    assert!(
        said.contains("can't be written\n  hint: "),
        "no file yet: {said}"
    );
    mode(folder.path(), 0o700);
    open_in(folder.path()).await.unwrap().close().await;
    mode(&folder.path().join("sidecard.db"), 0o400);
    let said = open_in(folder.path()).await.unwrap_err().to_string();
    assert!(
        said.contains("can't be written\n  hint: "),
        "a file: {said}"
    );
    mode(&folder.path().join("sidecard.db"), 0o600);
    mode(folder.path(), 0o500);
    let said = open_in(folder.path()).await.unwrap_err().to_string();
    assert!(
        said.contains("can't be ") && said.contains("hint: "),
        "its folder: {said}"
    );
    mode(folder.path(), 0o700);
    mode(&folder.path().join("sidecard.db"), 0o000);
    let said = open_in(folder.path()).await.unwrap_err().to_string();
    assert!(
        said.contains("can't be written\n  hint: "),
        "not readable: {said}"
    );
}

#[tokio::test]
async fn every_blob_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_in(folder.path()).await.unwrap();
    let blobs: Vec<(String, String)> = sqlx::query_as(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND c.type = 'BLOB' ORDER BY 1, 2",
    )
    .fetch_all(&store.0.writer)
    .await
    .unwrap();
    let mut sealed: Vec<_> = SEALED
        .iter()
        .map(|c| (c.table.to_owned(), c.column.to_owned()))
        .collect();
    sealed.sort();
    assert_eq!(blobs, sealed);
    for column in &SEALED {
        let keys: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk")
                .bind(column.table)
                .fetch_all(&store.0.writer)
                .await
                .unwrap();
        assert_eq!(keys, column.row, "{}", column.table);
    }
}
