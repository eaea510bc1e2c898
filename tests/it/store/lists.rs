//! Links, pictures, calls, the audit; and many that write at once.

use std::collections::BTreeSet;

use sidecard::domain::id::{CustomerId, ProductId, VariantId, WorkspaceId};
use sidecard::domain::web_url::WebUrl;
use sidecard::store::{
    AuditEntry, Call, Image, LinkKind, LinkRecord, MOST_CALLS, MOST_IMAGES, Profile,
};

use super::{at, in_memory, keep, led_to, name, open, secret, with_workspace, workspace};

#[tokio::test]
async fn what_an_agent_said_of_a_profile_stays() {
    let store = in_memory().await;
    let here = with_workspace(&store, &["acme-usa", "acme-eu"]).await;
    let there = store
        .add_workspace(&workspace(&["acme-usa"]), at(0))
        .await
        .unwrap()
        .0;
    let (usa, eu) = (name("acme-usa"), name("acme-eu"));
    let of = |install, workspace| Profile {
        install,
        workspace,
        profile: "kim@acme.example",
    };
    let link = |kind, customer: Option<&str>| LinkRecord {
        customer: customer.map(CustomerId::new),
        kind,
        by: (kind == LinkKind::Manual).then(|| String::from("0123456789abcdef")),
        agent: (kind == LinkKind::Manual).then(|| secret("Dana")),
        at: at(5),
        made_for: (kind == LinkKind::Auto).then(|| String::from("an address")),
    };
    assert!(
        store
            .link(of(&usa, &here), &link(LinkKind::Auto, Some("1")))
            .await
            .unwrap()
    );
    assert!(
        store
            .link(of(&usa, &here), &link(LinkKind::Auto, Some("2")))
            .await
            .unwrap()
    );
    assert_eq!(
        store.link_of(of(&usa, &here)).await.unwrap(),
        Some(link(LinkKind::Auto, Some("2")))
    );
    // The same profile at another install, or another workspace, is another one.
    assert_eq!(store.link_of(of(&eu, &here)).await.unwrap(), None);
    assert_eq!(store.link_of(of(&usa, &there)).await.unwrap(), None);

    let before = store.changes().await.unwrap();
    assert!(
        store
            .link(of(&usa, &here), &link(LinkKind::Manual, None))
            .await
            .unwrap()
    );
    assert!(store.changes().await.unwrap() > before);
    assert!(
        !store
            .link(of(&usa, &here), &link(LinkKind::Auto, Some("1")))
            .await
            .unwrap()
    );
    assert_eq!(
        store.link_of(of(&usa, &here)).await.unwrap(),
        Some(link(LinkKind::Manual, None))
    );
    assert!(
        store
            .link(of(&usa, &here), &link(LinkKind::Manual, Some("3")))
            .await
            .unwrap()
    );

    assert!(
        store
            .link(of(&eu, &here), &link(LinkKind::Manual, Some("3")))
            .await
            .unwrap()
    );
    assert_eq!(
        store
            .release_links(&usa, &CustomerId::new("3"))
            .await
            .unwrap(),
        1
    );
    assert_eq!(store.link_of(of(&usa, &here)).await.unwrap(), None);
    assert!(store.link_of(of(&eu, &here)).await.unwrap().is_some());
    let removed = store.remove_links(&here, of(&eu, &here).profile).await;
    let removed: Vec<String> = removed.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(removed, ["acme-eu/3"]);
    let removed = store.remove_links(&here, of(&eu, &here).profile).await;
    assert_eq!(removed.unwrap(), []);
    let gone = WorkspaceId::new("gone");
    assert!(
        !store
            .link(of(&usa, &gone), &link(LinkKind::Manual, Some("1")))
            .await
            .unwrap()
    );
}

fn image(product: u32, variant: Option<u32>, n: u32) -> Image {
    Image {
        product: ProductId::new(product.to_string()),
        variant: variant.map(|id| VariantId::new(id.to_string())),
        url: WebUrl::parse(&format!("https://cdn.example/{n}.png")).unwrap(),
    }
}

#[tokio::test]
async fn a_picture_is_of_the_variant_or_else_of_the_product() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa", "acme-eu"]).await;
    let usa = name("acme-usa");
    let seen = [
        image(1, Some(8), 1),
        image(1, Some(9), 2),
        image(2, None, 3),
        image(2, Some(8), 4),
        image(2, Some(8), 5),
    ];
    store.remember_images(&usa, &seen, at(0)).await.unwrap();
    let of = async |product: &str, variant: Option<&str>| {
        let variant = variant.map(VariantId::new);
        let url = store
            .image(&usa, &ProductId::new(product), variant.as_ref())
            .await
            .unwrap();
        url.map(|url| url.as_str().to_owned())
    };
    let cdn = |n: u32| Some(format!("https://cdn.example/{n}.png"));
    assert_eq!(of("1", Some("9")).await, cdn(2));
    assert!(of("1", None).await.is_some());
    assert_eq!(of("1", Some("7")).await, None, "another variant's picture");
    assert_eq!(of("2", Some("7")).await, cdn(3));
    assert_eq!(of("2", Some("8")).await, cdn(5), "the last one counts");
    assert_eq!(of("3", None).await, None);
    store
        .remember_images(&usa, &[image(2, None, 6)], at(1))
        .await
        .unwrap();
    assert_eq!(of("2", None).await, cdn(6), "a picture that changed");
    assert_eq!(
        store
            .image(&name("acme-eu"), &ProductId::new("1"), None)
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn of_pictures_only_the_newest_are_kept() {
    let store = in_memory().await;
    with_workspace(&store, &["acme-usa"]).await;
    let usa = name("acme-usa");
    let most = u32::try_from(MOST_IMAGES).unwrap();
    let first: Vec<_> = (0..most).map(|n| image(n, None, n)).collect();
    store.remember_images(&usa, &first, at(0)).await.unwrap();
    store
        .remember_images(
            &usa,
            &[image(most, None, 0), image(most + 1, None, 0)],
            at(1),
        )
        .await
        .unwrap();
    let mut there = 0;
    for n in [0, 1, 2, most - 1, most, most + 1] {
        let product = ProductId::new(n.to_string());
        there += u32::from(store.image(&usa, &product, None).await.unwrap().is_some());
    }
    // Two of the oldest made room: `0` and `1`, which sort first.
    assert_eq!(there, 4);
    assert!(
        store
            .image(&usa, &ProductId::new("0"), None)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn of_calls_the_last_twenty_are_kept() {
    let store = in_memory().await;
    let id = with_workspace(&store, &["acme-usa"]).await;
    let other = store
        .add_workspace(&workspace(&["acme-usa"]), at(0))
        .await
        .unwrap()
        .0;
    let call = |workspace: &WorkspaceId, n: i64| Call {
        workspace: workspace.clone(),
        at: at(n),
        kind: String::from("BASIC"),
        verdict: String::from("good"),
        outcome: (n % 2 == 0).then(|| String::from("found")),
        duration_ms: n,
        cause: None,
    };
    store.record_calls(&[]).await.unwrap();
    store
        .record_calls(&[call(&other, 1), call(&WorkspaceId::new("gone"), 1)])
        .await
        .unwrap();
    let many: Vec<_> = (0..30).map(|n| call(&id, n)).collect();
    store.record_calls(&many[..25]).await.unwrap();
    store.record_calls(&many[25..]).await.unwrap();
    let kept = store.calls_of(&id).await.unwrap();
    let expected: Vec<_> = many
        .into_iter()
        .rev()
        .take(usize::try_from(MOST_CALLS).unwrap())
        .collect();
    assert_eq!(kept, expected);
    assert_eq!(store.calls_of(&other).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_audit_is_read_in_pages_and_exported_in_order() {
    let store = in_memory().await;
    let entry = |n: i64| AuditEntry {
        at: at(n),
        who: String::from("cli"),
        action: String::from("install.token"),
        kind: String::from("install"),
        object: String::from("acme-usa"),
        detail: n.to_string(),
    };
    for n in 0..7 {
        store.audit(&entry(n)).await.unwrap();
    }
    let details = |page: &[(i64, AuditEntry)]| {
        page.iter()
            .map(|(_, e)| e.detail.clone())
            .collect::<String>()
    };
    let first = store.audit_page(None, 3).await.unwrap();
    assert_eq!(details(&first), "654");
    assert_eq!(first[0].1, entry(6));
    let second = store.audit_page(Some(first[2].0), 3).await.unwrap();
    assert_eq!(details(&second), "321");
    let (mut all, mut after) = (String::new(), 0);
    loop {
        let page = store.audit_after(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.0;
        all += &details(&page);
    }
    assert_eq!(all, "0123456");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_write_at_once_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let stores = [
        open(folder.path()).await,
        open(folder.path()).await,
        open(folder.path()).await,
    ];
    with_workspace(&stores[0], &["acme-usa"]).await;
    let before = stores[0].changes().await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..12_i64 {
        let store = stores[usize::try_from(n).unwrap() % 3].clone();
        tasks.push(tokio::spawn(async move {
            for m in 0..8 {
                store
                    .set_install(&name("acme-usa"), at(n), |s| {
                        s.scopes.push(format!("{n}.{m}"))
                    })
                    .await
                    .unwrap();
                let id = (n * 100 + m).to_string();
                // Each third one is read by all, at the same time.
                let id = if m % 3 == 0 { format!("all{m}") } else { id };
                keep(&store, "acme-usa", &id, "kim@acme.example", m).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let kept = stores[1].install(&name("acme-usa")).await.unwrap().unwrap();
    let scopes: BTreeSet<_> = kept.settings.scopes.iter().collect();
    assert_eq!(scopes.len(), 2 + 12 * 8);
    assert_eq!(stores[2].changes().await.unwrap() - before, 12 * 8);
    let (customers, _) = led_to(&stores[2], "acme-usa", "kim@acme.example").await;
    assert_eq!(customers.len(), 12 * 5 + 3);
    let number = stores[2].commit_number(&name("acme-usa")).await.unwrap();
    assert_eq!(number, 1 + 12 * 8, "no number was taken twice");
    assert!(stores[0].examine().await.unwrap().is_sound());
}
