//! What goes, and that it goes everywhere and nowhere else.

use sidecard::domain::id::{CustomerId, WorkspaceId};
use sidecard::domain::object::{Kind, ObjectKey};
use sidecard::records::{Observed, Source};
use sidecard::store::{
    Cutoffs, Erased, Image, LinkKind, LinkRecord, Observation, Profile, Purged, Removed, Store,
    Whom,
};

use super::{
    ask, at, email, in_memory, install, keep, known, led_to, name, observe, observe_all,
    of_subscription, open, own, read, subscription, webhook, with_workspace,
};

const DAY: i64 = 24 * 3_600;

fn link(customer: &str, kind: LinkKind) -> LinkRecord {
    LinkRecord {
        customer: Some(CustomerId::new(customer)),
        kind,
        by: None,
        agent: None,
        at: at(1),
        made_for: None,
    }
}

/// Two installs with the same people: Kim (1), who shares an address with Lee (2), and Max (3).
async fn peopled(store: &Store) -> WorkspaceId {
    let id = with_workspace(store, &["acme-usa", "acme-eu"]).await;
    for install in ["acme-usa", "acme-eu"] {
        for (id, address) in [
            ("1", "kim@acme.example"),
            ("2", "lee@acme.example"),
            ("3", "max@acme.example"),
        ] {
            keep(store, install, id, address, 10).await;
        }
        ask(store, install, "home@acme.example", &["1", "2"], 10).await;
        ask(store, install, "kim@acme.example", &["1"], 10).await;
        for (profile, customer) in [("p1", "1"), ("p2", "2")] {
            let of = Profile {
                install: &name(install),
                workspace: &id,
                profile,
            };
            store
                .link(of, &link(customer, LinkKind::Manual))
                .await
                .unwrap();
        }
    }
    id
}

fn cutoffs(cards: i64, refused: i64) -> Cutoffs {
    Cutoffs {
        untold: at(-9_999_999),
        unasked: at(-9_999_999),
        cards: at(cards),
        refused: at(refused),
        audit: at(0),
        parked: at(0),
        idle: at(0),
    }
}

/// What is left of the customers 1 to 3.
async fn left(store: &Store, install: &str) -> Vec<&'static str> {
    let mut left = Vec::new();
    for id in ["1", "2", "3"] {
        if known(store, install, id).await.is_some() {
            left.push(id);
        }
    }
    left
}

#[tokio::test]
async fn one_person_is_erased_by_an_address() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let usa = name("acme-usa");
    let before = (
        store.changes().await.unwrap(),
        store.erasures().await.unwrap(),
    );
    let erased = store
        .erase(&usa, &Whom::Email(email("KIM@acme.example")), at(20))
        .await
        .unwrap();
    let expected = Erased {
        customers: vec![CustomerId::new("1")],
        records: 3,
        links: 1,
        hooks: 0,
        objects: 0,
    };
    assert_eq!(erased, expected);
    let after = (
        store.changes().await.unwrap(),
        store.erasures().await.unwrap(),
    );
    assert!(after.0 > before.0 && after.1 > before.1);
    // What the provider answered about them is not known any more, also where it named others.
    for address in ["kim@acme.example", "home@acme.example"] {
        assert_eq!(
            led_to(&store, "acme-usa", address).await.1,
            None,
            "{address}"
        );
    }
    assert!(
        led_to(&store, "acme-usa", "kim@acme.example")
            .await
            .0
            .is_empty()
    );
    let of = |profile| Profile {
        install: &usa,
        workspace: &workspace,
        profile,
    };
    assert!(store.link_of(of("p1")).await.unwrap().is_none());
    assert!(store.link_of(of("p2")).await.unwrap().is_some());
    assert_eq!(left(&store, "acme-usa").await, ["2", "3"]);
    assert_eq!(left(&store, "acme-eu").await, ["1", "2", "3"]);
    let theirs = led_to(&store, "acme-eu", "kim@acme.example").await;
    assert_eq!(theirs, (vec!["1".to_owned()], Some(at(10))));
    let again = store
        .erase(&usa, &Whom::Email(email("kim@acme.example")), at(20))
        .await
        .unwrap();
    assert_eq!(again, Erased::default());
}

#[tokio::test]
async fn nothing_brings_an_erased_person_back_for_a_month() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let usa = name("acme-usa");
    let slow = read(&store, "acme-usa", "1", "kim@acme.example", 19).await;
    let kim = CustomerId::new("1");
    store
        .erase(&usa, &Whom::Customer(kim.clone()), at(20))
        .await
        .unwrap();
    let of = Profile {
        install: &usa,
        workspace: &workspace,
        profile: "p1",
    };
    let is_there = async || {
        let rows = store.customer_rows(&usa, &kim).await.unwrap();
        let link = store.link_of(of).await.unwrap().is_some();
        let led = led_to(&store, "acme-usa", "kim@acme.example").await;
        (
            !rows.rows.is_empty() || store.is_known(&usa, &kim).await.unwrap(),
            link,
            led,
        )
    };
    let nothing = (false, false, (vec![], None));
    for seconds in [21, 29 * DAY] {
        // A read that was under way, one of an agent's lookup, a webhook, a row of a list, and the answer to an address.
        let anew = read(&store, "acme-usa", "1", "kim@acme.example", seconds).await;
        let told = webhook(
            &store,
            "acme-usa",
            "1",
            own("1", "kim@acme.example"),
            seconds,
        )
        .await;
        let row = Observed {
            source: Source::List,
            ..webhook(
                &store,
                "acme-usa",
                "1",
                of_subscription(subscription("s1")),
                seconds,
            )
            .await
        };
        for observed in [slow.clone(), anew, told, row] {
            let stored = observe_all(&store, "acme-usa", &[observed], &[], seconds).await;
            assert!(stored[0].is_refused && stored[0].known.is_none());
        }
        ask(&store, "acme-usa", "kim@acme.example", &["1"], seconds).await;
        // Nor does a lookup link anyone to them.
        let found = LinkRecord {
            at: at(seconds),
            ..link("1", LinkKind::Auto)
        };
        assert!(!store.link(of, &found).await.unwrap());
        assert_eq!(is_there().await, nothing, "{seconds}");
    }
    // An answer that names others, too, is not stored; those without them are.
    ask(
        &store,
        "acme-usa",
        "home@acme.example",
        &["1", "2"],
        29 * DAY,
    )
    .await;
    assert_eq!(
        led_to(&store, "acme-usa", "home@acme.example").await.1,
        None
    );
    ask(&store, "acme-usa", "home@acme.example", &["2"], 29 * DAY).await;
    assert!(
        led_to(&store, "acme-usa", "home@acme.example")
            .await
            .1
            .is_some()
    );
    // The same id at another install is another person.
    assert!(
        !keep(&store, "acme-eu", "1", "kim@acme.example", 30)
            .await
            .is_refused
    );

    let stored = keep(&store, "acme-usa", "1", "kim@acme.example", 20 + 30 * DAY).await;
    assert!(!stored.is_refused && stored.known.is_some());
}

#[tokio::test]
async fn a_person_of_whom_nothing_is_known_is_remembered_as_erased() {
    let store = in_memory().await;
    peopled(&store).await;
    let usa = name("acme-usa");
    let nobody = Whom::Customer(CustomerId::new("9"));
    assert!(
        store
            .erase(&usa, &nobody, at(20))
            .await
            .unwrap()
            .is_nothing()
    );
    assert!(
        keep(&store, "acme-usa", "9", "nine@acme.example", 21)
            .await
            .is_refused
    );
}

#[tokio::test]
async fn a_link_is_found_by_an_address_when_the_card_is_long_gone() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let usa = name("acme-usa");
    // They move, and then no one looks for days.
    keep(&store, "acme-usa", "1", "kim.new@acme.example", 11).await;
    assert_eq!(
        store
            .purge(&cutoffs(12, 0), at(12))
            .await
            .unwrap()
            .customers,
        6
    );
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
    assert_eq!((erased.records, erased.links), (6, 2));
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
    keep(&store, "acme-asia", odd, "x@acme.example", 1).await;
    ask(&store, "acme-asia", "x@acme.example", &[odd], 1).await;
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
    assert_eq!(erased.records, 3);
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
        customers: 3,
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
    assert_eq!(left(&store, "acme-usa").await, Vec::<&str>::new());
    assert_eq!(left(&store, "acme-eu").await, ["1", "2", "3"]);
    // The name may be used again, and begins with nothing; but not with a number that was there before.
    let number = store.commit_number(&usa).await.unwrap();
    store
        .add_install(&install("acme-usa"), at(20))
        .await
        .unwrap();
    assert_eq!(left(&store, "acme-usa").await, Vec::<&str>::new());
    assert!(store.commit_number(&usa).await.unwrap() > number);
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn what_is_under_way_for_an_install_that_was_removed_is_not_stored_in_the_next_one() {
    let store = in_memory().await;
    peopled(&store).await;
    let usa = name("acme-usa");
    let slow = read(&store, "acme-usa", "1", "kim@acme.example", 11).await;
    store.remove_install(&usa, at(12)).await.unwrap();
    store
        .add_install(&install("acme-usa"), at(13))
        .await
        .unwrap();
    assert!(observe(&store, "acme-usa", slow).await.is_refused);
    // Nor for one that the merchant has shut us out of.
    let slow = read(&store, "acme-eu", "1", "kim@acme.example", 14).await;
    store.shut_install(&name("acme-eu"), at(15)).await.unwrap();
    assert!(observe(&store, "acme-eu", slow).await.is_refused);
    assert_eq!(left(&store, "acme-eu").await, Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let store = in_memory().await;
    let workspace = peopled(&store).await;
    let usa = name("acme-usa");
    keep(&store, "acme-eu", "4", "new@acme.example", 100).await;
    store
        .rotate_secret(&workspace, None, at(50), at(20))
        .await
        .unwrap();
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
    // Also where its customers are too old besides: each is counted once.
    let purged = store.purge(&cutoffs(0, 61), at(61)).await.unwrap();
    assert_eq!(purged.customers, 3);
    assert_eq!(
        led_to(&store, "acme-usa", "home@acme.example").await,
        (vec![], None)
    );
    assert_eq!(left(&store, "acme-eu").await, ["1", "2", "3"]);
    store
        .mark_reconnect(&name("acme-eu"), at(62))
        .await
        .unwrap();
    let purged = store.purge(&cutoffs(11, 63), at(63)).await.unwrap();
    assert_eq!(purged.customers, 4);
    assert!(store.examine().await.unwrap().is_sound());
}

#[tokio::test]
async fn customers_who_were_read_long_ago_go_and_others_stay() {
    let store = in_memory().await;
    peopled(&store).await;
    keep(&store, "acme-eu", "1", "kim@acme.example", 100).await;
    let purged = store.purge(&cutoffs(11, 0), at(101)).await.unwrap();
    assert_eq!(purged.customers, 5);
    assert_eq!(left(&store, "acme-eu").await, ["1"]);
    assert_eq!(left(&store, "acme-usa").await, Vec::<&str>::new());
    let usa = name("acme-usa");
    assert!(
        store.is_known(&usa, &CustomerId::new("1")).await.unwrap(),
        "a link stays"
    );
    assert!(!store.is_known(&usa, &CustomerId::new("3")).await.unwrap());
    // Events about them are strangers' again.
    let told = webhook(&store, "acme-eu", "2", own("2", "lee@acme.example"), 102).await;
    assert!(observe(&store, "acme-eu", told).await.known.is_none());
}

#[tokio::test]
async fn a_purge_leaves_no_answer_that_names_no_one() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    keep(&store, "acme-usa", "1", "kim@acme.example", 10).await;
    // Their address was asked about again, but their card was not read again.
    ask(&store, "acme-usa", "kim@acme.example", &["1"], 100).await;
    store.purge(&cutoffs(50, 0), at(101)).await.unwrap();
    let led = led_to(&store, "acme-usa", "kim@acme.example").await;
    assert_eq!(
        led,
        (vec![], None),
        "not known, which is not: no such customer"
    );
    // That there is no such customer is kept as long as it was asked lately.
    ask(&store, "acme-usa", "no.one@acme.example", &[], 100).await;
    store.purge(&cutoffs(50, 0), at(101)).await.unwrap();
    assert_eq!(
        led_to(&store, "acme-usa", "no.one@acme.example").await.1,
        Some(at(100))
    );
    store.purge(&cutoffs(101, 0), at(101)).await.unwrap();
    assert_eq!(
        led_to(&store, "acme-usa", "no.one@acme.example").await.1,
        None
    );
}

#[tokio::test]
async fn deletions_of_unknown_objects_are_remembered_for_three_days() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    keep(&store, "acme-usa", "1", "kim@acme.example", 10).await;
    let unknown = ObjectKey::new(Kind::Subscription, "s9");
    let number = store.commit_number(&usa).await.unwrap();
    let observation = Observation {
        install: &usa,
        customers: &[],
        asked: &[],
        deleted: &[(unknown, number)],
        tickets: &[],
    };
    store.observe(observation, at(11)).await.unwrap();
    let news = async |seconds| {
        let told = super::Subscription {
            created_at: Some(at(11)),
            ..subscription("s9")
        };
        let told = webhook(&store, "acme-usa", "1", of_subscription(told), seconds).await;
        let stored = observe(&store, "acme-usa", told).await;
        stored.known.unwrap().snapshot.unwrap().subscriptions.len()
    };
    store.purge(&cutoffs(0, 0), at(11 + 3 * DAY)).await.unwrap();
    assert_eq!(news(12).await, 1);
    store.purge(&cutoffs(0, 0), at(12 + 3 * DAY)).await.unwrap();
    assert_eq!(news(13).await, 2);
}
