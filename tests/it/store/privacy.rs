//! After a full run, nothing planted is found in the file, its log or a backup.

use std::path::Path;

use sidecard::domain::id::CustomerId;
use sidecard::domain::object::{Kind, ObjectKey};
use sidecard::store::{
    Aside, Call, LinkKind, LinkRecord, NewWorkspace, Observation, PersonProfile, Profile, Role,
    Store, Whom,
};

use super::{
    NEW, OLD, ask, at, hook, keep, name, now_of, observe_all, open, ring, secret, url,
    with_workspace, workspace,
};

const PLANTED: &[&str] = &[
    "sk_fake_token",
    "fake_client_secret",
    "fake_api_key",
    "sk_second",
    "second_client",
    "chosen_secret", // tokens
    "kim@planted.example",
    "KIM@PLANTED.EXAMPLE",
    "planted.example", // addresses
    "Kim Planted",
    "Planted",
    "+15550107777",
    "5550107777",
    "17 Planted Street", // people
    "Dana",
    "dana@",
    "#cx-tools",
    "argon2id",
    "FAKETOTP", // admins
];

/// Everything that can be written, once.
async fn fill(store: &Store) -> Vec<String> {
    let id = with_workspace(store, &["acme-usa", "acme-eu"]).await;
    let usa = name("acme-usa");
    let kim = "kim@planted.example";
    // A helpdesk with timelines, so that the outbox is filled, too.
    let desk = NewWorkspace {
        helpdesk: String::from("kustomer"),
        ..workspace(&["acme-usa"])
    };
    let (desk, _) = store.add_workspace(&desk, at(0)).await.unwrap();
    for (n, address) in [kim, "KIM@PLANTED.EXAMPLE"].into_iter().enumerate() {
        let id = n.to_string();
        keep(store, "acme-usa", &id, address, 1).await;
        ask(store, "acme-usa", address, &[&id], 1).await;
    }
    assert_eq!(store.outbox(&desk, false, at(1), 9).await.unwrap().len(), 2);
    let deleted = ObjectKey::new(Kind::Subscription, "s9");
    let number = now_of(store, "acme-usa", 1).await.began;
    let observation = Observation {
        install: &usa,
        customers: &[],
        asked: &[],
        deleted: &[(deleted, number)],
        tickets: &[],
    };
    store.observe(observation, at(1)).await.unwrap();
    keep(store, "acme-eu", "3", kim, 1).await;
    let erased = Whom::Customer(CustomerId::new("3"));
    store.erase(&name("acme-eu"), &erased, at(1)).await.unwrap();
    observe_all(store, "acme-usa", &[], &[], 1).await;
    let of = Profile {
        install: &usa,
        workspace: &id,
        profile: kim,
    };
    let link = LinkRecord {
        customer: Some(CustomerId::new("1")),
        kind: LinkKind::Manual,
        by: None,
        agent: Some(secret("Dana Desk 555 0134 77")),
        at: at(1),
        made_for: Some(store.subject_key(&super::by_email(kim))),
    };
    store.link(of, &link).await.unwrap();
    store
        .replace_token(
            &usa,
            &secret("sk_second"),
            Some(&secret("second_client")),
            at(2),
            |_| (),
        )
        .await
        .unwrap();
    store
        .rotate_secret(&id, Some(secret("chosen_secret")), at(99), at(2))
        .await
        .unwrap();
    let bodies = [
        r#"{"customer":{"id":1,"email":"kim@planted.example","first_name":"Kim Planted"}}"#,
        "17 Planted Street, and no JSON",
    ];
    for (topic, body) in ["customer/updated", "address/updated"]
        .into_iter()
        .zip(bodies)
    {
        let hook = hook("acme-usa", topic, body, at(1));
        store.receive_hooks(&[hook]).await.unwrap();
    }
    let parked = store
        .waiting_hooks(at(1), 9)
        .await
        .unwrap()
        .remove(1)
        .ticket;
    let parked = [(parked, Aside::Parked("not JSON"))];
    store.set_hooks_aside(&parked).await.unwrap();
    let dana = PersonProfile {
        name: String::from("Dana Planted"),
        login: String::from("dana@planted.example"),
        role: Role::Owner,
        password: Some(secret("$argon2id$v=19$fake")),
        totp: Some(secret("FAKETOTPSECRET")),
        disabled: false,
    };
    let dana = store.add_person(&dana, at(1)).await.unwrap();
    let session = store.begin_session(&dana, at(99), at(1)).await.unwrap();
    let setup = store.make_setup_link(Some(&dana), at(99)).await.unwrap();
    let call = Call {
        workspace: id.clone(),
        at: at(1),
        kind: String::from("BASIC"),
        verdict: String::from("good"),
        outcome: None,
        duration_ms: 1,
        cause: None,
    };
    store.record_calls(&[call]).await.unwrap();
    let mut random: Vec<_> = [session, setup]
        .iter()
        .map(|token| token.reveal().clone())
        .collect();
    for access in store.all_access(at(3)).await.unwrap() {
        random.extend(
            access
                .workspace
                .secrets
                .iter()
                .map(|secret| secret.reveal().clone()),
        );
    }
    random
}

fn search(folder: &Path, words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for word in words {
            if bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes())
            {
                found.push(format!("{word} in {}", path.file_name().unwrap().display()));
            }
        }
    }
    found
}

#[tokio::test]
async fn nothing_planted_is_found_at_rest() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut words = fill(&store).await;
    words.extend(PLANTED.iter().map(|word| (*word).to_owned()));
    store
        .backup(&folder.path().join("backup.db"))
        .await
        .unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        4,
        "database, WAL, index, backup"
    );
    assert_eq!(search(folder.path(), &words), Vec::<String>::new());
    // The search itself finds what is not sealed.
    assert!(search(folder.path(), &[String::from("acme-usa")]).len() >= 2);

    let rotated = Store::open(&url(folder.path()), ring(&[NEW, OLD]), at(3))
        .await
        .unwrap();
    rotated.reseal(|_| ()).await.unwrap();
    rotated.close().await;
    store.close().await;
    assert_eq!(search(folder.path(), &words), Vec::<String>::new());
}
