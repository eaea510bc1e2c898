//! People, their sessions, and the links that set them up.

use chrono::Duration;
use sidecard::store::{Cutoffs, Person, PersonProfile, Role, SetupLink, Store, StoreError};

use super::{OLD, at, in_memory, ring, secret, url};

fn profile(login: &str, role: Role) -> PersonProfile {
    PersonProfile {
        name: String::from("Dana Planted"),
        login: login.to_owned(),
        role,
        password: Some(secret("$argon2id$v=19$fake")),
        totp: Some(secret("FAKETOTPSECRET")),
        disabled: false,
    }
}

async fn person(store: &Store, login: &str, role: Role) -> Person {
    let id = store
        .add_person(&profile(login, role), at(0))
        .await
        .unwrap();
    store.person(&id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_person_is_found_by_their_login_name_in_any_case() {
    let store = in_memory().await;
    let dana = person(&store, " Dana@acme.example ", Role::Owner).await;
    assert_eq!(
        dana.profile,
        PersonProfile {
            login: String::from("Dana@acme.example"),
            ..profile("", Role::Owner)
        }
    );
    assert_eq!(
        store.person_by_login("dana@ACME.example").await.unwrap(),
        Some(dana.clone())
    );
    assert_eq!(store.person_by_login("lee").await.unwrap(), None);
    assert!(!format!("{dana:?}").contains("Dana"));
    let twice = store
        .add_person(&profile("DANA@acme.example", Role::Viewer), at(1))
        .await
        .unwrap_err();
    assert!(matches!(twice, StoreError::PersonExists));
    assert_eq!(store.people().await.unwrap(), [dana]);
}

#[tokio::test]
async fn somebody_may_always_manage_people() {
    let store = in_memory().await;
    let dana = person(&store, "dana", Role::Owner).await;
    let demote = async || store.set_person(&dana.id, |p| p.role = Role::Admin).await;
    assert!(matches!(demote().await, Err(StoreError::LastOwner)));
    assert!(matches!(
        store.remove_person(&dana.id).await,
        Err(StoreError::LastOwner)
    ));
    assert!(matches!(
        store.set_person(&dana.id, |p| p.disabled = true).await,
        Err(StoreError::LastOwner)
    ));
    assert_eq!(
        store.person(&dana.id).await.unwrap(),
        Some(dana.clone()),
        "nothing half-done"
    );
    let lee = person(&store, "lee", Role::Owner).await;
    assert!(demote().await.unwrap());
    assert!(matches!(
        store.remove_person(&lee.id).await,
        Err(StoreError::LastOwner)
    ));
    assert!(store.remove_person(&dana.id).await.unwrap());
    assert!(!store.remove_person(&dana.id).await.unwrap());
    assert!(!store.set_person(&dana.id, |_| ()).await.unwrap());
    let taken = person(&store, "max", Role::Viewer).await;
    let renamed = store
        .set_person(&taken.id, |p| p.login = String::from("LEE"))
        .await;
    assert!(matches!(renamed, Err(StoreError::PersonExists)));
}

#[tokio::test]
async fn a_session_ends_by_time_by_idleness_and_by_its_owner() {
    let store = in_memory().await;
    let dana = person(&store, "dana", Role::Owner).await;
    let token = store
        .begin_session(&dana.id, at(43_200), at(0))
        .await
        .unwrap();
    let look = async |token: &str, seconds: i64| {
        let now = at(seconds);
        store
            .session(token, now - Duration::minutes(30), now)
            .await
            .unwrap()
    };
    let session = look(token.reveal(), 30).await.unwrap();
    assert_eq!(
        (session.person.as_str(), session.created_at, session.expires),
        (dana.id.as_str(), at(0), at(43_200))
    );
    assert!(look("x", 30).await.is_none());
    // Seen every 29 minutes, it lasts its 12 hours, and no longer.
    let mut now = 0;
    while now + 1_740 < 43_200 {
        now += 1_740;
        assert!(look(token.reveal(), now).await.is_some(), "{now}");
    }
    assert!(look(token.reveal(), 43_200).await.is_none());

    let token = store
        .begin_session(&dana.id, at(90_000), at(50_000))
        .await
        .unwrap();
    assert!(look(token.reveal(), 51_801).await.is_none(), "idle");
    assert!(look(token.reveal(), 51_000).await.is_some());
    assert!(store.end_session(token.reveal()).await.unwrap());
    assert!(!store.end_session(token.reveal()).await.unwrap());
    assert!(look(token.reveal(), 51_000).await.is_none());

    let idle = Cutoffs {
        untold: at(-9_999_999),
        unasked: at(-9_999_999),
        cards: at(0),
        refused: at(0),
        audit: at(0),
        parked: at(0),
        idle: at(0),
    };
    assert_eq!(store.purge(&idle, at(43_200)).await.unwrap().sessions, 1);
}

#[tokio::test]
async fn a_change_of_role_password_or_access_ends_the_sessions() {
    let store = in_memory().await;
    person(&store, "dana", Role::Owner).await;
    let lee = person(&store, "lee", Role::Admin).await;
    type Change = fn(&mut PersonProfile);
    let changes: [(&str, bool, Change); 5] = [
        ("name", true, |p| p.name = String::from("Lee")),
        ("role", false, |p| p.role = Role::Viewer),
        ("password", false, |p| p.password = Some(secret("other"))),
        ("totp", false, |p| p.totp = None),
        ("disabled", false, |p| p.disabled = true),
    ];
    for (what, stays, change) in changes {
        let token = store
            .begin_session(&lee.id, at(1_000), at(0))
            .await
            .unwrap();
        store.set_person(&lee.id, change).await.unwrap();
        let session = store.session(token.reveal(), at(-1), at(1)).await.unwrap();
        assert_eq!(session.is_some(), stays, "{what}");
    }
    assert_eq!(store.end_sessions(&lee.id).await.unwrap(), 0);
}

#[tokio::test]
async fn a_set_up_link_is_good_once_and_for_a_while() {
    let store = in_memory().await;
    let first = store.make_setup_link(None, at(900)).await.unwrap();
    let second = store.make_setup_link(None, at(900)).await.unwrap();
    let good = |token: &str, seconds| {
        let (store, token) = (store.clone(), token.to_owned());
        async move {
            store
                .setup_link(&token, at(seconds))
                .await
                .unwrap()
                .is_some()
        }
    };
    assert!(
        !good(first.reveal(), 1).await,
        "a newer one takes its place"
    );
    assert!(good(second.reveal(), 899).await && !good(second.reveal(), 900).await);
    assert_eq!(
        store
            .use_setup_link(second.reveal(), at(900))
            .await
            .unwrap(),
        None
    );
    let tries = (0..5).map(|_| store.use_setup_link(second.reveal(), at(10)));
    let used: Vec<_> = futures_util::future::join_all(tries)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        used.iter().flatten().collect::<Vec<_>>(),
        [&SetupLink { person: None }]
    );
    assert!(!good(second.reveal(), 11).await);

    let dana = person(&store, "dana", Role::Owner).await;
    let hers = store
        .make_setup_link(Some(&dana.id), at(900))
        .await
        .unwrap();
    assert_eq!(
        store
            .setup_link(hers.reveal(), at(1))
            .await
            .unwrap()
            .unwrap()
            .person,
        Some(dana.id)
    );
    let now = Cutoffs {
        untold: at(-9_999_999),
        unasked: at(-9_999_999),
        cards: at(0),
        refused: at(0),
        audit: at(0),
        parked: at(0),
        idle: at(0),
    };
    assert_eq!(
        store.purge(&now, at(20)).await.unwrap().setup_links,
        1,
        "the used one"
    );
}

#[tokio::test]
async fn an_authenticators_code_is_good_once_after_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let open = async || {
        let opened = Store::open(&url(folder.path()), ring(&[OLD]), at(0)).await;
        opened.unwrap()
    };
    let store = open().await;
    let dana = person(&store, "dana", Role::Owner).await;
    let lee = person(&store, "lee", Role::Admin).await;
    assert!(store.use_code(&dana.id, 60).await.unwrap());
    assert!(!store.use_code(&dana.id, 60).await.unwrap(), "a replay");
    assert!(!store.use_code(&dana.id, 59).await.unwrap(), "an older one");
    store.close().await;
    let store = open().await;
    assert!(!store.use_code(&dana.id, 60).await.unwrap(), "a replay");
    assert!(store.use_code(&dana.id, 61).await.unwrap());
    assert!(
        store.use_code(&lee.id, 60).await.unwrap(),
        "somebody else's"
    );
    assert!(!store.use_code("nobody", 62).await.unwrap());
}
