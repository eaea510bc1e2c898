//! Opening: addresses, files that are no store, files that can't be written, keys that are another's.

use std::fs;

use sidecard::store::{KeyRing, Store, StoreError};

use super::{NEW, OLD, at, in_memory, install, name, open, ring, url, with_workspace};

async fn refused(url: &str, keys: KeyRing) -> StoreError {
    Store::open(url, keys, at(0)).await.unwrap_err()
}

/// Each message is a sentence in lower case and a hint.
fn is_helpful(error: &StoreError) -> String {
    let said = error.to_string();
    let (message, hint) = said.split_once("\n  hint: ").expect(&said);
    assert!(message.starts_with(|c: char| c.is_lowercase()), "{said}");
    assert!(!message.ends_with('.') && !hint.ends_with('.'), "{said}");
    said
}

#[tokio::test]
async fn a_new_store_is_a_file_of_its_owner_alone_and_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store
        .add_install(&install("acme-usa"), at(0))
        .await
        .unwrap();
    #[cfg(unix)]
    for file in fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    let log = |store: &Store| store.fingerprint_key().of("email", "x");
    let before = log(&store);
    store.close().await;
    // Everything is in the one file.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let store = open(folder.path()).await;
    assert!(store.install(&name("acme-usa")).await.unwrap().is_some());
    assert_eq!(log(&store), before, "log lines of two runs can be compared");
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn a_store_in_memory_is_a_store() {
    let (a, b) = (in_memory().await, in_memory().await);
    with_workspace(&a, &["acme-usa"]).await;
    assert_eq!(a.all_access(at(0)).await.unwrap().len(), 1);
    assert!(b.installs().await.unwrap().is_empty(), "each is its own");
    assert_ne!(
        a.fingerprint_key().of("email", "x"),
        b.fingerprint_key().of("email", "x")
    );
}

#[tokio::test]
async fn many_open_a_new_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let all = futures_util::future::join_all((0..6).map(|_| open(folder.path()))).await;
    all[0]
        .add_install(&install("acme-usa"), at(0))
        .await
        .unwrap();
    for store in &all {
        assert_eq!(store.installs().await.unwrap().len(), 1);
        assert_eq!(store.changes().await.unwrap(), 1);
    }
}

#[tokio::test]
async fn other_addresses_are_refused() {
    let error = refused("postgres://localhost/sidecard", ring(&[OLD])).await;
    assert!(is_helpful(&error).starts_with("postgres is not in this version\n"));
    let error = refused("mysql://localhost/sidecard", ring(&[OLD])).await;
    assert!(is_helpful(&error).contains("sqlite://sidecard.db"));
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&url(&folder.path().join("nowhere")), ring(&[OLD])).await;
    assert!(is_helpful(&error).contains("its folder must exist"));
    assert!(error.to_string().contains("nowhere/sidecard.db"), "{error}");
}

#[tokio::test]
async fn the_keys_of_another_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await;
    let error = refused(&url(folder.path()), ring(&[NEW])).await;
    let said = is_helpful(&error);
    assert!(
        said.starts_with("none of the keys in `test.keys` opens the store `"),
        "{said}"
    );
    assert!(
        said.contains("sealed with a key that the keys file does not have: `old`"),
        "{said}"
    );
    let same_id = ring(&[&NEW.replace("new", "old")]);
    let said = is_helpful(&refused(&url(folder.path()), same_id).await);
    assert!(
        said.contains("damaged, or sealed for another place"),
        "{said}"
    );
    // The right one among others will do.
    Store::open(&url(folder.path()), ring(&[NEW, OLD]), at(0))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sidecard.db");
    for content in ["a letter to Dana\n".repeat(1_000), String::from("x")] {
        fs::write(&path, &content).unwrap();
        let error = refused(&url(folder.path()), ring(&[OLD])).await;
        assert!(
            is_helpful(&error).contains("is not a store of Sidecard's"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sidecard.db"), "").unwrap();
    open(folder.path()).await;
}

#[tokio::test]
async fn a_damaged_store_is_refused_or_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sidecard.db");
    let store = open(folder.path()).await;
    with_workspace(&store, &["acme-usa"]).await;
    store.close().await;
    let whole = fs::read(&path).unwrap();
    // The first page holds the tables' definitions; the file keeps its length.
    let mut broken = whole.clone();
    broken[100..4_000].fill(0xee);
    fs::write(&path, &broken).unwrap();
    let error = refused(&url(folder.path()), ring(&[OLD])).await;
    assert!(is_helpful(&error).contains("is damaged\n"), "{error}");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    match Store::open(&url(folder.path()), ring(&[OLD]), at(0)).await {
        Err(error) => assert!(is_helpful(&error).contains("is damaged\n"), "{error}"),
        Ok(store) => assert!(store.examine().await.is_ok_and(|found| !found.is_sound())),
    }
}

#[tokio::test]
async fn a_copy_of_the_file_alone_is_a_store_too() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    with_workspace(&store, &["acme-usa"]).await;
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    let said = store.backup(&copy).await.unwrap_err();
    assert!(
        is_helpful(&said).starts_with("there is already a file: `"),
        "{said}"
    );
    let said = store
        .backup(&folder.path().join("no/copy.db"))
        .await
        .unwrap_err();
    assert!(
        is_helpful(&said).starts_with("the backup can't be written: `"),
        "{said}"
    );
    // What is written afterwards is not in it.
    store.add_install(&install("acme-eu"), at(1)).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let copy = Store::open(&format!("sqlite://{}", copy.display()), ring(&[OLD]), at(2))
        .await
        .unwrap();
    assert_eq!(copy.installs().await.unwrap().len(), 1);
    assert_eq!(
        copy.all_access(at(2)).await.unwrap()[0].installs[0]
            .token
            .reveal(),
        "sk_fake_token_of_acme-usa"
    );
    assert!(copy.examine().await.unwrap().is_sound());
    // A store in memory can be copied as well.
    let path = folder.path().join("memory.db");
    in_memory().await.backup(&path).await.unwrap();
    Store::open(&format!("sqlite://{}", path.display()), ring(&[OLD]), at(2))
        .await
        .unwrap();
}
