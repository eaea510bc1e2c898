//! What goes, and that it goes everywhere and nowhere else.

use sidecard::domain::id::CustomerId;
use sidecard::domain::question::Subject;
use sidecard::store::{
    Cutoffs, Erased, Image, LinkKind, LinkRecord, Profile, Purged, Removed, Store, Whom,
};

use super::{
    asked, at, by_email, customer, email, in_memory, install, name, open, snapshot, with_workspace,
};

/// Two installs with the same people: Kim (1), who shares an address with Lee (2), and Max (3).
async fn peopled(store: &Store) -> sidecard::domain::id::WorkspaceId {
    let id = with_workspace(store, &["acme-usa", "acme-eu"]).await;
    for install in ["acme-usa", "acme-eu"].map(name) {
        for (id, address) in [
            ("1", "kim@acme.example"),
            ("2", "lee@acme.example"),
            ("3", "max@acme.example"),
        ] {
            store
                .keep_snapshot(&install, &snapshot(id, address, at(10)))
                .await
                .unwrap();
            let subject = Subject::Customer(CustomerId::new(id)).key();
            let known = [customer(id, address)];
            store
                .keep_resolution(&install, &subject, &known, &asked(address), at(10))
                .await
                .unwrap();
        }
        let shared = [
            customer("1", "kim@acme.example"),
            customer("2", "lee@acme.example"),
        ];
        for (address, customers) in [
            ("home@acme.example", &shared[..]),
            ("kim@acme.example", &shared[..1]),
        ] {
            store
                .keep_resolution(
                    &install,
                    &by_email(address),
                    customers,
                    &asked(address),
                    at(10),
                )
                .await
                .unwrap();
        }
        for (profile, customer) in [("p1", "1"), ("p2", "2")] {
            let of = Profile {
                install: &install,
                workspace: &id,
                profile,
            };
            let link = LinkRecord {
                customer: Some(CustomerId::new(customer)),
                kind: LinkKind::Manual,
                by: None,
                agent: None,
                at: at(1),
            };
            store.link(of, &link).await.unwrap();
        }
    }
    id
}

#[tokio::test]
async fn one_person_is_erased_by_an_address() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let (usa, eu) = (name("acme-usa"), name("acme-eu"));
    let before = store.changes().await.unwrap();
    let erased = store
        .erase(&usa, &Whom::Email(email("KIM@acme.example")), at(0))
        .await
        .unwrap();
    let expected = Erased {
        objects: 0,
        customers: vec![CustomerId::new("1")],
        snapshots: 1,
        resolutions: 3,
        links: 1,
        hooks: 0,
    };
    assert_eq!(erased, expected);
    assert!(store.changes().await.unwrap() > before);
    assert!(
        store
            .resolution(&usa, &by_email("home@acme.example"))
            .await
            .unwrap()
            .is_none()
    );
    let of = |profile| Profile {
        install: &usa,
        workspace: &workspace,
        profile,
    };
    assert!(store.link_of(of("p1")).await.unwrap().is_none());
    assert!(store.link_of(of("p2")).await.unwrap().is_some());
    for (install, id, there) in [
        (&usa, "1", false),
        (&usa, "2", true),
        (&usa, "3", true),
        (&eu, "1", true),
    ] {
        let kept = store.snapshot(install, &CustomerId::new(id)).await.unwrap();
        assert_eq!(kept.is_some(), there, "{install} {id}");
    }
    assert!(
        store
            .resolution(&eu, &by_email("kim@acme.example"))
            .await
            .unwrap()
            .is_some()
    );
    let again = store
        .erase(&usa, &Whom::Email(email("kim@acme.example")), at(0))
        .await
        .unwrap();
    assert_eq!(again, Erased::default());
}

#[tokio::test]
async fn a_link_is_found_by_an_address_when_the_card_is_long_gone() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let usa = name("acme-usa");
    // They move, and then nobody looks for days.
    let moved = snapshot("1", "kim.new@acme.example", at(11));
    store.keep_snapshot(&usa, &moved).await.unwrap();
    store.drop_snapshots(&usa).await.unwrap();
    for (address, links) in [
        ("kim@acme.example", 0),
        ("KIM.new@acme.example", 1),
        ("kim.new@acme.example", 0),
    ] {
        let whom = Whom::Email(email(address));
        let erased = store.erase(&usa, &whom, at(12)).await.unwrap();
        assert_eq!(erased.links, links, "{address}");
    }
    let of = Profile {
        install: &usa,
        workspace: &workspace,
        profile: "p2",
    };
    assert!(store.link_of(of).await.unwrap().is_some());
}

#[tokio::test]
async fn an_address_that_several_share_means_all_of_them() {
    let store = in_memory().await;
    peopled(&store).await;
    let erased = store
        .erase(
            &name("acme-usa"),
            &Whom::Email(email("home@acme.example")),
            at(0),
        )
        .await
        .unwrap();
    assert_eq!(erased.customers, ["1", "2"].map(CustomerId::new));
    assert_eq!((erased.snapshots, erased.links), (2, 2));
}

#[tokio::test]
async fn one_person_is_erased_by_id_and_nothing_of_them_is_left_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    peopled(&store).await;
    store
        .add_install(&install("acme-asia"), at(0))
        .await
        .unwrap();
    let odd = "176700000000000000000000000000000001";
    let asia = name("acme-asia");
    store
        .keep_snapshot(&asia, &snapshot(odd, "x@acme.example", at(1)))
        .await
        .unwrap();
    let traces = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files
            .filter(|file| {
                let bytes = std::fs::read(file.as_ref().unwrap().path()).unwrap();
                bytes.windows(odd.len()).any(|part| part == odd.as_bytes())
            })
            .count()
    };
    assert!(traces() > 0, "ids are not sealed");
    let erased = store
        .erase(&asia, &Whom::Customer(CustomerId::new(odd)), at(0))
        .await
        .unwrap();
    assert_eq!((erased.snapshots, erased.resolutions), (1, 0));
    // Not even the id, in the database or its log.
    assert_eq!(traces(), 0);
}

#[tokio::test]
async fn an_install_goes_with_everything_of_it() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let (usa, eu) = (name("acme-usa"), name("acme-eu"));
    let picture = Image {
        product: sidecard::domain::id::ProductId::new("1"),
        variant: None,
        url: sidecard::domain::web_url::WebUrl::parse("https://cdn.example/1.png").unwrap(),
    };
    for install in [&usa, &eu] {
        store
            .remember_images(install, std::slice::from_ref(&picture), at(1))
            .await
            .unwrap();
    }
    let removed = store.remove_install(&usa, at(0)).await.unwrap().unwrap();
    let expected = Removed {
        objects: 0,
        snapshots: 3,
        resolutions: 5,
        links: 2,
        images: 1,
        hooks: 0,
        workspaces: 1,
    };
    assert_eq!(removed, expected);
    assert!(store.install(&usa).await.unwrap().is_none());
    assert!(store.remove_install(&usa, at(0)).await.unwrap().is_none());
    let access = store.access(&workspace, at(0)).await.unwrap().unwrap();
    assert_eq!(access.installs.len(), 1);
    assert_eq!(access.installs[0].install.name, eu);
    assert!(
        store
            .snapshot(&eu, &CustomerId::new("1"))
            .await
            .unwrap()
            .is_some()
    );
    // The name may be used again, and begins with nothing.
    store
        .add_install(&install("acme-usa"), at(20))
        .await
        .unwrap();
    assert!(
        store
            .snapshot(&usa, &CustomerId::new("1"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let (usa, eu) = (name("acme-usa"), name("acme-eu"));
    store
        .keep_snapshot(&eu, &snapshot("4", "new@acme.example", at(100)))
        .await
        .unwrap();
    store
        .rotate_secret(&workspace, None, at(50), at(20))
        .await
        .unwrap();
    let cutoffs = |cards, refused| Cutoffs {
        untold: at(-9_999_999),
        unasked: at(-9_999_999),
        cards: at(cards),
        refused: at(refused),
        audit: at(0),
        parked: at(0),
        idle: at(0),
    };
    assert_eq!(
        store.purge(&cutoffs(0, 0), at(49)).await.unwrap(),
        Purged::default()
    );
    // A refused install loses what is remembered of its customers, after a while.
    store.mark_reconnect(&usa, at(60)).await.unwrap();
    let purged = store.purge(&cutoffs(0, 60), at(50)).await.unwrap();
    assert_eq!(
        purged,
        Purged {
            secrets: 1,
            ..Purged::default()
        }
    );
    let purged = store.purge(&cutoffs(0, 61), at(61)).await.unwrap();
    assert_eq!((purged.snapshots, purged.resolutions), (3, 5));
    assert!(
        store
            .snapshot(&eu, &CustomerId::new("1"))
            .await
            .unwrap()
            .is_some()
    );
    let purged = store.purge(&cutoffs(11, 0), at(61)).await.unwrap();
    assert_eq!((purged.snapshots, purged.resolutions), (3, 5));
    assert!(
        store
            .snapshot(&eu, &CustomerId::new("4"))
            .await
            .unwrap()
            .is_some()
    );
    assert!(store.examine().await.unwrap().is_sound());
}
