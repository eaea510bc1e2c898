//! Who is let in.

use sidecard::domain::id::WorkspaceId;
use sidecard::domain::secret::Secret;
use sidecard::helpdesk::Helpdesk;
use sidecard::helpdesk::gladly::{Gladly, sign};

use super::{KIM, basic, detailed, house, plan, set};
use crate::house::{GLADLY, GLADLY_KEY, House, Plan, TOKEN, json, minutes};

fn path() -> String {
    format!("/ask/gladly/{GLADLY}")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_one_and_the_same_401_in_gladlys_shape() {
    let house = house().await;
    let body = detailed(KIM).to_string();
    let key = Secret::new(GLADLY_KEY.to_owned());
    let now = house.clock.now();
    let second = chrono::TimeDelta::seconds(1);
    let minute = chrono::TimeDelta::minutes(1);
    let good = sign(
        &key,
        &path(),
        body.as_bytes(),
        "vXmSEPjVSWCaCMzvjufxZg",
        now,
    );
    let signed = |key: &str, at| {
        let key = Secret::new(key.to_owned());
        sign(&key, &path(), body.as_bytes(), "vXmSEPjVSWCaCMzvjufxZg", at)
    };
    let send = async |path: &str, headers: &[(&'static str, String)], body: &str| {
        let request = house.post(path).body(body.to_owned());
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, value)
        });
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(send(&path(), &good, &body).await.0, 200);
    for offset in [minute * 5, minute * -5] {
        assert_eq!(
            send(&path(), &signed(GLADLY_KEY, now + offset), &body)
                .await
                .0,
            200
        );
    }

    let without = |name: &str| {
        let mut headers = good.clone();
        headers.retain(|(own, _)| *own != name);
        headers
    };
    let twice = |name: &str| {
        let mut headers = good.clone();
        let again = headers
            .iter()
            .find(|(own, _)| *own == name)
            .unwrap()
            .clone();
        headers.push(again);
        headers
    };
    let changed = |from: &str, to: &str| {
        let mut headers = good.clone();
        let last = headers.last_mut().unwrap();
        last.1 = last.1.replace(from, to);
        headers
    };
    let other = "/ask/gladly/99999999999999999999999999999999";
    let elsewhere = sign(&key, other, body.as_bytes(), "vXmSEPjVSWCaCMzvjufxZg", now);
    let mut answers = Vec::new();
    for (what, path, headers, body) in [
        (
            "no header",
            path(),
            without("gladly-authorization"),
            body.clone(),
        ),
        ("no header at all", path(), Vec::new(), body.clone()),
        (
            "the wrong key",
            path(),
            signed("another-key", now),
            body.clone(),
        ),
        ("an empty key", path(), signed("", now), body.clone()),
        (
            "a changed body",
            path(),
            good.clone(),
            body.replace("176700001", "176700002"),
        ),
        (
            "a changed path",
            format!("{}?x=1", path()),
            good.clone(),
            body.clone(),
        ),
        (
            "an old stamp",
            path(),
            signed(GLADLY_KEY, now - minute * 5 - second),
            body.clone(),
        ),
        (
            "a future stamp",
            path(),
            signed(GLADLY_KEY, now + minute * 5 + second),
            body.clone(),
        ),
        ("no stamp", path(), without("gladly-time"), body.clone()),
        (
            "a signed header is gone",
            path(),
            without("x-b3-traceid"),
            body.clone(),
        ),
        (
            "a header missing from SignedHeaders",
            path(),
            changed(";x-b3-traceid", ""),
            body.clone(),
        ),
        (
            "the stamp missing from SignedHeaders",
            path(),
            changed("gladly-time;", ""),
            body.clone(),
        ),
        (
            "a signed header twice",
            path(),
            twice("x-b3-traceid"),
            body.clone(),
        ),
        (
            "the stamp twice",
            path(),
            twice("gladly-time"),
            body.clone(),
        ),
        (
            "the signature twice",
            path(),
            twice("gladly-authorization"),
            body.clone(),
        ),
        (
            "another algorithm",
            path(),
            changed("hmac-sha256", "hmac-sha1"),
            body.clone(),
        ),
        (
            "no such workspace",
            other.to_owned(),
            elsewhere,
            body.clone(),
        ),
    ] {
        let (status, answer) = send(&path, &headers, &body).await;
        assert_eq!(status, 401, "{what}");
        answers.push(answer);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let answer: serde_json::Value = serde_json::from_str(&answers[0]).unwrap();
    assert_eq!(answer["errors"][0]["attr"], "Gladly-Authorization");
    assert_eq!(answer["errors"][0]["code"], "unauthorized");
    house.calls();
    house.results(basic(&["nobody@mail.example"])).await;
    assert_eq!(house.calls(), ["/customers"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_rotation_both_keys_open_the_door() {
    let house = house().await;
    let (id, now) = (WorkspaceId::new(GLADLY), house.clock.now());
    let new = Some(Secret::new("the-new-key".to_owned()));
    let rotated = house
        .store
        .rotate_secret(&id, new, now + chrono::TimeDelta::hours(1), now);
    assert!(rotated.await.unwrap().is_some());
    house.reload().await;
    let body = detailed(KIM).to_string();
    for (key, expected) in [
        ("the-new-key", 200),
        (GLADLY_KEY, 200),
        ("an-older-key", 401),
    ] {
        let key = Secret::new(key.to_owned());
        let headers = sign(&key, &path(), body.as_bytes(), "x", house.clock.now());
        let request = house.post(&path()).body(body.clone());
        let request = headers.into_iter().fold(request, |request, (name, value)| {
            request.header(name, value)
        });
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_and_a_static_header_are_alternatives() {
    let house = house().await;
    let body = detailed(KIM).to_string();
    let send = async |house: &House, name: &'static str, value: &str| {
        let request = house.post(&path()).body(body.clone());
        request
            .header(name, value)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let encode = |text: &str| {
        use base64::Engine as _;
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(text)
        )
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs.map(|(n, t)| ((*n).into(), (*t).into())).collect()
    };
    let right = encode(&format!("sidecard:{GLADLY_KEY}"));

    assert_eq!(
        send(&house, "authorization", &right).await,
        401,
        "a signature is asked for"
    );
    set(&house, pairs(&[("auth", "basic")])).await;
    assert_eq!(send(&house, "authorization", &right).await, 200);
    for wrong in [
        encode("sidecard:wrong"),
        encode(&format!("someone:{GLADLY_KEY}")),
        encode(GLADLY_KEY),
        right.replace("Basic", "Bearer"),
        format!("{right}="),
        "Basic".to_owned(),
    ] {
        assert_eq!(send(&house, "authorization", &wrong).await, 401, "{wrong}");
    }
    let signed = house.lookup(body.clone()).send().await.unwrap();
    assert_eq!(signed.status(), 401, "one way at a time");
    set(&house, pairs(&[("auth", "basic"), ("user", "gladys")])).await;
    assert_eq!(send(&house, "authorization", &right).await, 401);
    let gladys = encode(&format!("gladys:{GLADLY_KEY}"));
    assert_eq!(send(&house, "authorization", &gladys).await, 200);

    set(&house, pairs(&[("auth", "header")])).await;
    assert_eq!(send(&house, "x-api-key", GLADLY_KEY).await, 200);
    assert_eq!(send(&house, "x-api-key", "wrong").await, 401);
    assert_eq!(send(&house, "x-other", GLADLY_KEY).await, 401);
    set(&house, pairs(&[("auth", "header"), ("header", "X-Other")])).await;
    assert_eq!(send(&house, "x-other", GLADLY_KEY).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shops_are_two_customers_and_an_id_is_asked_for_at_its_own() {
    let house = House::built(Plan {
        shops: vec![("acme-uk", TOKEN)],
        ..plan()
    })
    .await;
    let results = house.results(basic(&["kim@acme.example"])).await;
    let ids: Vec<_> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["externalCustomerId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["acme-usa:176700001", "acme-uk:176700001"]);
    assert_eq!(results[1]["customAttributes"]["rechargeShop"], "acme-uk");

    house.later(minutes(20));
    house.calls();
    let results = house.results(detailed("acme-uk:176700001")).await;
    assert_eq!(results.as_array().unwrap().len(), 1);
    assert_eq!(results[0]["customAttributes"]["rechargeShop"], "acme-uk");
    assert_eq!(
        house
            .calls()
            .iter()
            .filter(|path| *path == "/subscriptions")
            .count(),
        1,
        "the other shop was not asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_actions_are_answered_in_gladlys_shape() {
    let house = house().await;
    let response = house.get(&path()).send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(
        json(response).await["errors"][0]["code"],
        "method_not_allowed"
    );
    for action in ["cancel/585000001", "skip/585000001/now", ""] {
        let path = format!("{}/actions/{action}", path());
        for request in [house.get(&path), house.post(&path).body("{}")] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 404, "{path}");
            assert_eq!(json(response).await["errors"][0]["code"], "no_actions");
        }
    }
    let response = house.lookup("x".repeat(65 * 1_024)).send().await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(json(response).await["errors"][0]["code"], "too_large");
}

#[test]
fn the_readme_lists_every_setting() {
    let readme = include_str!("../../../README.md");
    for setting in Gladly.settings() {
        if let Some((folder, name)) = setting.name.split_once('.') {
            let (_, names) = readme.split_once(&format!("\n`{folder}.…` are ")).unwrap();
            let names = &names[..names.find(". ").unwrap_or(names.len()).min(700)];
            assert!(
                names.contains(&format!("`{name}`")),
                "{} in {names}",
                setting.name
            );
            continue;
        }
        let row = format!(
            "| `{}` | `{}` | {} |",
            setting.name, setting.default, setting.help
        );
        assert!(readme.contains(&row), "{row}");
    }
}
