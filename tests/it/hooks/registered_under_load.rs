//! Webhook registration while cards are viewed, and beside shops whose provider does not answer.

use std::sync::Arc;
use std::time::Duration;

use sidecard::provider::Provider;
use sidecard::recharge::Recharge;
use sidecard::store::NewInstall;
use sidecard::upkeep::{Providers, Registrar};

use super::outside::Outside;
use super::{Desk, installed, name, until};
use crate::house::client;

const ALL: usize = 26;

fn provider(desk: &Desk) -> Arc<dyn Provider> {
    let url = desk.recharge.base_url().parse().unwrap();
    Arc::new(Recharge::new(url, Duration::from_secs(10)).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_does_not_starve_while_cards_are_viewed() {
    let mut desk = Desk::with_bucket(40, &["acme-usa"]).await;
    let outside = Outside::closed().await;
    desk.public_url = outside.url.clone();
    desk.serve_at(&outside).await;
    let start = desk.clock.now();
    let lookups = desk.running.as_ref().unwrap().lookups.clone();
    let (mut view, mut queued_views) = (0, 0);
    until("all topics are registered", async || {
        // Four customers a second, of whom each takes a call: twice the rate.
        view += 1;
        let emails: Vec<_> = (0..4)
            .map(|n| format!("view.{view}.{n}@mail.example"))
            .collect();
        let request = client()
            .post(desk.url(&format!("/ask/json/{}", desk.workspace)))
            .bearer_auth(&desk.secret)
            .body(serde_json::json!({ "emails": emails }).to_string());
        tokio::spawn(request.send());
        for _ in 0..40 {
            desk.store.waiting_hooks(desk.clock.now(), 1).await.unwrap();
        }
        let reading = lookups.rate_limiter(&name("acme-usa"));
        queued_views += usize::from(reading.is_some_and(|reading| reading.waiting[0] > 0));
        desk.later(Duration::from_secs(1));
        let registration = desk.store.registration(&name("acme-usa")).await.unwrap();
        registration.is_some_and(|last| last.problem.is_none())
    })
    .await;
    assert_eq!(desk.webhooks().await.len(), ALL);
    // 28 calls at a tenth of 2 a second, and what the bucket held at first.
    let took = (desk.clock.now() - start).num_seconds();
    assert!(took < 200, "{took} s");
    assert!(queued_views > view / 2, "{queued_views} of {view} queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_is_registered_while_the_provider_of_another_does_not_answer() {
    let mut desk = Desk::closed(&["acme-usa"]).await;
    let silent = Desk::closed(&[]).await;
    silent.recharge.hold();
    desk.public_url = "https://sidecard.example".into();
    for shop in ["acme-eu", "zenith"] {
        let install = NewInstall {
            provider: "silent".into(),
            ..installed(shop)
        };
        desk.store
            .add_install(&install, desk.clock.now())
            .await
            .unwrap();
    }
    let lookups = sidecard::app::lookups(&desk.config(), &desk.clock, &desk.store).unwrap();
    let providers = Providers::from([("recharge", provider(&desk)), ("silent", provider(&silent))]);
    let url = Some(desk.public_url.clone());
    let registrar = Registrar::new(&desk.store, &lookups, &providers, &desk.clock, url);
    tokio::spawn(registrar.run());
    silent.recharge.until_held(2).await;
    desk.registered().await;
    assert_eq!(desk.webhooks().await.len(), ALL);
    assert_eq!(silent.recharge.held(), 2);
    // The next rounds do not wait for them either.
    desk.later(Duration::from_secs(24 * 3_600));
    desk.registered().await;
    silent.recharge.release();
    until("the others are registered", async || {
        silent.webhooks().await.len() == 2 * ALL
    })
    .await;
}
