//! Values that can't be opened, and new keys.

use std::collections::BTreeMap;

use sidecard::store::{
    LinkKind, LinkRecord, PersonProfile, Profile, Progress, Role, SealError, Store,
};

use super::{
    NEW, OLD, ask, at, hook, install, keep, known, led_to, name, observe_all, open, read, ring,
    secret, url, with_workspace, workspace,
};

const OTHER: &str = "other 404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";

async fn filled(store: &Store) {
    with_workspace(store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    store
        .replace_token(
            &usa,
            &secret("sk_2"),
            Some(&secret("client 2")),
            at(1),
            |_| (),
        )
        .await
        .unwrap();
    let id = store.workspaces().await.unwrap()[0].id.clone();
    store
        .rotate_secret(&id, None, at(9_999), at(1))
        .await
        .unwrap();
    let mut all = Vec::new();
    for n in 0..150 {
        let id = n.to_string();
        all.push(read(store, "acme-usa", &id, &format!("kim{n}@acme.example"), 1).await);
    }
    observe_all(store, "acme-usa", &all, &[], 1).await;
    ask(store, "acme-usa", "kim1@acme.example", &["1"], 1).await;
    let link = LinkRecord {
        customer: None,
        kind: LinkKind::Manual,
        by: None,
        agent: Some(secret("Dana")),
        at: at(1),
        made_for: None,
    };
    let of = Profile {
        install: &usa,
        workspace: &id,
        profile: "ticket-7",
    };
    store.link(of, &link).await.unwrap();
    store
        .receive_hooks(&[hook("acme-usa", "charge/paid", "{}", at(1))])
        .await
        .unwrap();
    let dana = PersonProfile {
        name: String::from("Dana"),
        login: String::from("dana"),
        role: Role::Owner,
        password: Some(secret("$argon2id$")),
        totp: Some(secret("TOTP")),
        disabled: false,
    };
    store.add_person(&dana, at(1)).await.unwrap();
}

/// One value in each of the other columns that are filled, three records of each of 150 customers, and the store's own key.
const VALUES: u64 = 12 + 3 * 150 + 1;

#[tokio::test]
async fn everything_is_sealed_anew_and_the_old_key_can_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    filled(&store).await;
    assert_eq!(
        store.keys_in_use().await.unwrap(),
        BTreeMap::from([(Some(String::from("old")), VALUES)])
    );
    assert_eq!(
        store.reseal(|_| ()).await.unwrap().values,
        0,
        "nothing to do"
    );
    store.close().await;

    let store = Store::open(&url(folder.path()), ring(&[NEW, OLD]), at(2))
        .await
        .unwrap();
    let mut seen = Vec::new();
    let resealed = store.reseal(|progress| seen.push(progress)).await.unwrap();
    assert_eq!((resealed.values, resealed.unreadable.len()), (VALUES, 0));
    assert_eq!(
        seen[0],
        Progress {
            done: 0,
            total: VALUES
        }
    );
    assert_eq!(
        seen[seen.len() - 1],
        Progress {
            done: VALUES,
            total: VALUES
        }
    );
    assert!(seen.len() > 12 && seen.is_sorted_by_key(|progress| progress.done));
    assert_eq!(
        store.keys_in_use().await.unwrap(),
        BTreeMap::from([(Some(String::from("new")), VALUES)])
    );
    store.close().await;

    let store = Store::open(&url(folder.path()), ring(&[NEW]), at(3))
        .await
        .unwrap();
    assert!(store.examine().await.unwrap().is_sound());
    let access = &store.all_access(at(3)).await.unwrap()[0];
    assert_eq!(access.workspace.secrets.len(), 2);
    assert_eq!(access.installs[0].token.reveal(), "sk_2");
    let kept = known(&store, "acme-usa", "149").await.unwrap();
    assert_eq!(kept.snapshot.unwrap().subscriptions.len(), 1);
    assert_eq!(store.people().await.unwrap()[0].profile.name, "Dana");
    // Fingerprints are the same as before: rows are found.
    let led = led_to(&store, "acme-usa", "kim1@acme.example").await;
    assert_eq!(led, (vec!["1".to_owned()], Some(at(1))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_while_the_service_writes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    filled(&store).await;
    let rotating = Store::open(&url(folder.path()), ring(&[NEW, OLD]), at(2))
        .await
        .unwrap();
    let writes = tokio::spawn({
        let service = Store::open(&url(folder.path()), ring(&[NEW, OLD]), at(2))
            .await
            .unwrap();
        async move {
            for n in 0..100 {
                keep(
                    &service,
                    "acme-usa",
                    &n.to_string(),
                    "moved@acme.example",
                    100 + n,
                )
                .await;
            }
        }
    });
    rotating.reseal(|_| ()).await.unwrap();
    writes.await.unwrap();
    assert_eq!(
        rotating.keys_in_use().await.unwrap(),
        BTreeMap::from([(Some(String::from("new")), VALUES)])
    );
    assert!(rotating.examine().await.unwrap().is_sound());
    for n in 0..100 {
        let kept = known(&rotating, "acme-usa", &n.to_string()).await.unwrap();
        assert_eq!(
            kept.customer.email.as_deref(),
            Some("moved@acme.example"),
            "what the service wrote is not written over"
        );
        assert_eq!(kept.read.unwrap().at, at(100 + n));
    }
}

#[tokio::test]
async fn a_value_of_a_lost_key_is_that_values_matter_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let first = with_workspace(&store, &["acme-usa"]).await;
    store.close().await;
    // A process with another first key writes, and its key is lost.
    let store = Store::open(&url(folder.path()), ring(&[OTHER, OLD]), at(1))
        .await
        .unwrap();
    store.add_install(&install("acme-eu"), at(1)).await.unwrap();
    let second = store
        .add_workspace(&workspace(&["acme-usa", "acme-eu"]), at(1))
        .await
        .unwrap()
        .0;
    keep(&store, "acme-usa", "1", "kim@acme.example", 1).await;
    store.close().await;

    let store = open(folder.path()).await;
    let unknown = SealError::UnknownKey(String::from("other"));
    let eu = store.install(&name("acme-eu")).await.unwrap().unwrap();
    assert!(eu.must_reconnect());
    assert_eq!(
        (eu.token, eu.settings.contact),
        (Err(unknown.clone()), None)
    );
    assert_eq!(
        store.workspace(&second).await.unwrap().unwrap().secret,
        Err(unknown)
    );
    let access = store.all_access(at(2)).await.unwrap();
    let (one, two) = (&access[0], &access[1]);
    assert_eq!(
        (
            one.workspace.id.clone(),
            one.workspace.enabled,
            one.installs.len()
        ),
        (first, true, 1)
    );
    assert!(!two.workspace.enabled && two.workspace.secrets.is_empty());
    assert_eq!(two.installs[1].token.reveal(), "");
    // A record that can't be opened is as good as none: it is read again.
    assert!(known(&store, "acme-usa", "1").await.is_none());
    let found = store.examine().await.unwrap();
    assert!(found.damage.is_empty() && found.orphans.is_empty());
    let columns: Vec<_> = found.unreadable.keys().map(String::as_str).collect();
    let expected = [
        "installs.client_secret",
        "installs.contact",
        "installs.token",
        "records.body",
        "workspaces.secret",
        "workspaces.settings",
    ];
    assert_eq!(columns, expected);

    // A change of something else does not write over what can't be read.
    store
        .set_install(&name("acme-eu"), at(3), |s| s.shop_verified = false)
        .await
        .unwrap();
    store
        .set_workspace(&second, at(3), |s| s.longest_expiry = 1)
        .await
        .unwrap();
    // A new token does, and a new record takes the place of the one that can't be read.
    store
        .replace_token(&name("acme-usa"), &secret("sk_new"), None, at(3), |_| ())
        .await
        .unwrap();
    keep(&store, "acme-usa", "1", "kim@acme.example", 4).await;
    assert!(known(&store, "acme-usa", "1").await.is_some());
    store.close().await;

    let store = Store::open(&url(folder.path()), ring(&[NEW, OLD]), at(5))
        .await
        .unwrap();
    let resealed = store.reseal(|_| ()).await.unwrap();
    assert_eq!(resealed.unreadable.len(), 5);
    store.close().await;
    let store = Store::open(&url(folder.path()), ring(&[NEW, OTHER]), at(5))
        .await
        .unwrap();
    assert!(
        store.examine().await.unwrap().is_sound(),
        "the lost key was found again"
    );
    let eu = store.install(&name("acme-eu")).await.unwrap().unwrap();
    assert_eq!(
        eu.settings.contact.as_deref(),
        Some("Dana of acme-eu, #cx-tools")
    );
}
