//! Who is not believed, and what is not taken.

use super::{Desk, KIM, SECRET, legacy, signed};

const SIGNATURE: &str = "X-Recharge-Webhook-Signature";
const LEGACY: &str = "X-Recharge-Hmac-Sha256";
const DAY: i64 = 24 * 3_600;

/// What is odd, the path, the headers, the body.
type Case<'a> = (&'a str, String, Vec<(&'a str, String)>, &'a [u8]);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_forged_is_the_same_401_and_changes_nothing() {
    let mut desk = Desk::closed(&["acme-usa", "acme-eu"]).await;
    desk.serve().await;
    let (before, _) = desk.card(KIM).await;
    let body = desk.cancelled(0).await.to_string();
    let body = body.as_bytes();
    let now = desk.clock.now().timestamp();
    let (usa, eu) = (
        desk.hook_id("acme-usa").await,
        desk.hook_id("acme-eu").await,
    );
    let secret = format!("{SECRET}-acme-usa");
    let good = legacy(&secret, body);
    let new = |at: i64| signed(&secret, at, body);
    let topic = "subscription/updated";
    let at = |id: &str| format!("/hooks/recharge/{id}/{topic}");
    let mut altered = body.to_vec();
    altered.push(b' ');
    let upper = good.to_uppercase();
    let cases: Vec<Case> = vec![
        ("no signature", at(&usa), vec![], body),
        (
            "an empty one",
            at(&usa),
            vec![(LEGACY, String::new())],
            body,
        ),
        (
            "another secret",
            at(&usa),
            vec![(LEGACY, legacy("other", body))],
            body,
        ),
        (
            "no secret",
            at(&usa),
            vec![(LEGACY, legacy("", body))],
            body,
        ),
        (
            "the token as secret",
            at(&usa),
            vec![(LEGACY, legacy(crate::house::TOKEN, body))],
            body,
        ),
        (
            "another body",
            at(&usa),
            vec![(LEGACY, good.clone())],
            b"{}",
        ),
        (
            "one more blank",
            at(&usa),
            vec![(LEGACY, good.clone())],
            &altered,
        ),
        ("upper case", at(&usa), vec![(LEGACY, upper)], body),
        (
            "cut short",
            at(&usa),
            vec![(LEGACY, good[..40].to_owned())],
            body,
        ),
        (
            "too old",
            at(&usa),
            vec![(SIGNATURE, new(now - 2 * DAY - 1))],
            body,
        ),
        (
            "from the future",
            at(&usa),
            vec![(SIGNATURE, new(now + 2 * DAY + 1))],
            body,
        ),
        (
            "a stamp that was not signed",
            at(&usa),
            vec![(
                SIGNATURE,
                new(now).replacen(&now.to_string(), &(now - 1).to_string(), 1),
            )],
            body,
        ),
        (
            "a newer one wrong beside a good older one",
            at(&usa),
            vec![
                (SIGNATURE, signed("other", now, body)),
                (LEGACY, good.clone()),
            ],
            body,
        ),
        (
            "a newer one that is none",
            at(&usa),
            vec![(SIGNATURE, "v1=".into()), (LEGACY, good.clone())],
            body,
        ),
        (
            "another shop's address",
            at(&eu),
            vec![(LEGACY, good.clone())],
            body,
        ),
        (
            "no such hook id",
            at("00000000000000000000000000000000"),
            vec![(LEGACY, good.clone())],
            body,
        ),
        (
            "a hook id in upper case",
            at(&usa.to_uppercase()),
            vec![(LEGACY, good.clone())],
            body,
        ),
        (
            "the name of the shop",
            at("acme-usa"),
            vec![(LEGACY, good.clone())],
            body,
        ),
        (
            "another provider's address",
            format!("/hooks/stripe/{usa}/{topic}"),
            vec![(LEGACY, good.clone())],
            body,
        ),
    ];
    let mut answers = Vec::new();
    for (case, path, headers, body) in &cases {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let response = desk.send(path, &headers, body).await;
        assert_eq!(response.status(), 401, "{case}");
        let mut headers = response.headers().clone();
        for own in ["date", "x-request-id"] {
            headers.remove(own);
        }
        answers.push((headers, response.text().await.unwrap()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert!(
        answers[0]
            .1
            .starts_with(r#"{"error":{"code":"unauthorized","#)
    );
    for shop in ["acme-usa", "acme-eu"] {
        let delivered = desk.store.hook_deliveries(&super::name(shop)).await;
        assert!(delivered.unwrap().is_empty(), "{shop}");
    }
    assert_eq!(desk.store.inbox_depth().await.unwrap(), 0);
    assert_eq!(desk.card(KIM).await, (before, vec![]));
    // And what they were forged from is taken.
    let taken = desk.send(&at(&usa), &[(LEGACY, &good)], body).await;
    assert_eq!(taken.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_without_a_client_secret_believes_nobody() {
    let mut desk = Desk::closed(&[]).await;
    let install = sidecard::store::NewInstall {
        client_secret: None,
        ..super::installed("acme-usa")
    };
    desk.store
        .add_install(&install, desk.clock.now())
        .await
        .unwrap();
    desk.serve().await;
    let path = format!(
        "/hooks/recharge/{}/charge/paid",
        desk.hook_id("acme-usa").await
    );
    for secret in ["", SECRET] {
        let headers = [(LEGACY, legacy(secret, b"{}"))];
        let headers = [(headers[0].0, headers[0].1.as_str())];
        let response = desk.send(&path, &headers, b"{}").await;
        assert_eq!(response.status(), 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_one_megabyte_is_taken_and_not_a_byte_more() {
    let desk = Desk::open().await;
    let path = format!(
        "/hooks/recharge/{}/charge/paid",
        desk.hook_id("acme-usa").await
    );
    let secret = format!("{SECRET}-acme-usa");
    for (bytes, status) in [(1_024 * 1_024, 200), (1_024 * 1_024 + 1, 413)] {
        let body = vec![b' '; bytes];
        let signature = legacy(&secret, &body);
        let response = desk.send(&path, &[(LEGACY, &signature)], &body).await;
        assert_eq!(response.status(), status, "{bytes}");
    }
    // Also without a signature: who sends too much is not told whether the address is right.
    let response = desk
        .send(
            "/hooks/recharge/x/charge/paid",
            &[],
            &vec![b' '; 1_024 * 1_024 + 1],
        )
        .await;
    assert_eq!(response.status(), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_topic_or_no_post_has_no_address() {
    let desk = Desk::open().await;
    let id = desk.hook_id("acme-usa").await;
    let secret = format!("{SECRET}-acme-usa");
    let signature = legacy(&secret, b"{}");
    let long = "a".repeat(41);
    for topic in [
        "charge",
        "charge/",
        "charge/paid/x",
        "Charge/paid",
        "charge/kim@acme.example",
        &format!("charge/{long}"),
    ] {
        let path = format!("/hooks/recharge/{id}/{topic}");
        let response = desk.send(&path, &[(LEGACY, &signature)], b"{}").await;
        assert_eq!(response.status(), 404, "{topic}");
    }
    let path = desk.url(&format!("/hooks/recharge/{id}/charge/paid"));
    let got = crate::house::client().get(path).send().await.unwrap();
    assert_eq!(got.status(), 404);
}
