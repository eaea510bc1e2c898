//! Installs and workspaces.

use sidecard::domain::id::WorkspaceId;
use sidecard::store::{Cutoffs, InstallState, StoreError};

use super::{at, in_memory, install, name, open, secret, with_workspace, workspace};
#[tokio::test]
async fn an_install_is_kept_as_it_was_given() {
    let store = in_memory().await;
    let new = install("acme-usa");
    store.add_install(&new, at(1)).await.unwrap();
    let kept = store.install(&new.name).await.unwrap().unwrap();
    assert_eq!(kept.settings, new.settings);
    assert_eq!(
        (kept.shop.clone(), kept.provider.as_str()),
        (new.shop.clone(), "recharge")
    );
    assert_eq!(kept.token, Ok(new.token.clone()));
    assert_eq!(
        kept.client_secrets,
        [Ok(new.client_secret.clone().unwrap())]
    );
    assert_eq!((kept.created_at, kept.token_replaced_at), (at(1), at(1)));
    assert_eq!(
        (kept.state, kept.must_reconnect()),
        (InstallState::Ok, false)
    );
    assert_eq!(kept.hook_id.len(), 32);
    assert_eq!(
        store
            .install_by_hook(&kept.hook_id)
            .await
            .unwrap()
            .unwrap()
            .name,
        new.name
    );
    assert!(store.install_by_hook("x").await.unwrap().is_none());
    assert!(!format!("{kept:?}").contains("sk_fake"));

    let again = store.add_install(&new, at(2)).await.unwrap_err();
    assert!(matches!(again, StoreError::InstallExists(_)));
    assert!(store.install(&name("other")).await.unwrap().is_none());
}

#[tokio::test]
async fn the_client_secret_before_a_new_one_is_believed_for_three_days() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (open(folder.path()).await, open(folder.path()).await);
    with_workspace(&ours, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let day = 24 * 3_600;
    let replace = async |client_secret: Option<&str>, second| {
        let client_secret = client_secret.map(secret);
        ours.replace_token(
            &usa,
            &secret("sk"),
            client_secret.as_ref(),
            at(second),
            |_| (),
        )
        .await
        .unwrap();
    };
    let known = async || {
        let kept = other.install(&usa).await.unwrap().unwrap();
        kept.client_secrets.len()
    };
    let purged = async |second| {
        let never = at(-9_999_999);
        let before = Cutoffs {
            cards: never,
            refused: never,
            audit: never,
            parked: never,
            untold: never,
            unasked: never,
            idle: never,
        };
        ours.purge(&before, at(second)).await.unwrap()
    };
    replace(Some("second"), 0).await;
    // A new token alone, or the same secret once more, keeps it no longer.
    replace(None, day).await;
    replace(Some("second"), 2 * day).await;
    let seen = other.changes().await.unwrap();
    assert_eq!(purged(3 * day - 1).await.client_secrets, 0);
    assert_eq!((known().await, other.changes().await.unwrap()), (2, seen));
    assert_eq!(purged(3 * day).await.client_secrets, 1);
    assert_eq!(known().await, 1);
    assert!(other.changes().await.unwrap() > seen, "others are told");
}

#[tokio::test]
async fn an_install_changes_and_everybody_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (open(folder.path()).await, open(folder.path()).await);
    let id = with_workspace(&ours, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let mut seen = other.changes().await.unwrap();
    let mut changed = async || {
        let now = other.changes().await.unwrap();
        std::mem::replace(&mut seen, now) < now
    };

    ours.set_install(&usa, at(5), |settings| {
        settings.contact = Some(String::from("Lee"))
    })
    .await
    .unwrap();
    assert!(changed().await);
    let access = other.access(&id, at(5)).await.unwrap().unwrap();
    assert_eq!(access.installs[0].install.contact.as_deref(), Some("Lee"));

    ours.replace_token(
        &usa,
        &secret("sk_second"),
        Some(&secret("second")),
        at(6),
        |_| (),
    )
    .await
    .unwrap();
    assert!(changed().await);
    let kept = other.install(&usa).await.unwrap().unwrap();
    assert_eq!(kept.token, Ok(secret("sk_second")));
    assert_eq!((kept.created_at, kept.token_replaced_at), (at(0), at(6)));
    let both = [
        Ok(secret("second")),
        Ok(secret("fake_client_secret_of_acme-usa")),
    ];
    assert_eq!(kept.client_secrets, both);
    // The same client secret once more does not push the old one out.
    ours.replace_token(
        &usa,
        &secret("sk_third"),
        Some(&secret("second")),
        at(7),
        |_| (),
    )
    .await
    .unwrap();
    assert_eq!(
        ours.install(&usa).await.unwrap().unwrap().client_secrets,
        both
    );
    assert!(changed().await);

    ours.mark_reconnect(&usa, at(8)).await.unwrap();
    assert!(changed().await);
    ours.mark_reconnect(&usa, at(9)).await.unwrap();
    assert!(!changed().await, "nothing new");
    let kept = other.install(&usa).await.unwrap().unwrap();
    assert_eq!(kept.state, InstallState::Reconnect { since: at(8) });
    assert!(kept.must_reconnect());
    ours.mark_ok(&usa).await.unwrap();
    assert!(changed().await);
    assert!(!other.install(&usa).await.unwrap().unwrap().must_reconnect());
    assert!(!changed().await);

    let nobody = ours
        .set_install(&name("nobody"), at(5), |_| ())
        .await
        .unwrap_err();
    assert!(matches!(nobody, StoreError::NoSuchInstall(_)));
    assert!(!changed().await);
}

#[tokio::test]
async fn a_workspace_lets_in_its_secret_and_for_a_while_the_one_before() {
    let store = in_memory().await;
    let id = with_workspace(&store, &["acme-usa", "acme-eu"]).await;
    let first = store.access(&id, at(0)).await.unwrap().unwrap();
    let names: Vec<_> = first
        .installs
        .iter()
        .map(|i| i.install.name.to_string())
        .collect();
    assert_eq!(
        names,
        ["acme-usa", "acme-eu"],
        "in the order they were joined"
    );
    assert_eq!(first.workspace.secrets.len(), 1);
    assert_eq!(first.workspace.secrets[0].reveal().len(), 64);
    assert!(first.workspace.enabled);

    let second = store
        .rotate_secret(&id, None, at(600), at(10))
        .await
        .unwrap()
        .unwrap();
    let secrets = |seconds| {
        let store = &store;
        let id = &id;
        async move {
            store
                .access(id, at(seconds))
                .await
                .unwrap()
                .unwrap()
                .workspace
                .secrets
        }
    };
    assert_eq!(
        secrets(599).await,
        [second.clone(), first.workspace.secrets[0].clone()]
    );
    assert_eq!(secrets(600).await, std::slice::from_ref(&second));
    // A rotation without overlap, to a secret that the helpdesk chose.
    let chosen = store
        .rotate_secret(&id, Some(secret("chosen")), at(20), at(20))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(secrets(20).await, [chosen]);

    let set = store.set_workspace(&id, at(30), |settings| {
        settings.enabled = false;
        settings.installs = vec![name("acme-eu"), name("acme-eu")];
        settings.helpdesk.0["org"] = "other".into();
    });
    assert!(set.await.unwrap().is_some());
    let kept = store.workspace(&id).await.unwrap().unwrap();
    assert_eq!(kept.settings.installs, [name("acme-eu")]);
    assert_eq!(
        kept.settings.helpdesk.0,
        serde_json::json!({"org": "other", "api_key": "fake_api_key"})
    );
    assert!(
        !store
            .access(&id, at(30))
            .await
            .unwrap()
            .unwrap()
            .workspace
            .enabled
    );
    assert!(!format!("{kept:?}").contains("fake_api_key"));

    let wrong = store
        .add_workspace(&workspace(&["acme-usa", "nobody"]), at(1))
        .await
        .unwrap_err();
    assert!(wrong.to_string().contains("`nobody`"), "{wrong}");
    assert_eq!(
        store.workspaces().await.unwrap().len(),
        1,
        "nothing half-made"
    );

    assert_eq!(store.remove_workspace(&id, at(0)).await.unwrap(), Some(0));
    assert_eq!(store.remove_workspace(&id, at(0)).await.unwrap(), None);
    assert!(store.access(&id, at(30)).await.unwrap().is_none());
    let gone = WorkspaceId::new("nobody");
    let set = store.set_workspace(&gone, at(1), |_| ()).await.unwrap();
    assert_eq!(set, None);
    assert!(
        store
            .rotate_secret(&gone, None, at(9), at(1))
            .await
            .unwrap()
            .is_none()
    );
}
