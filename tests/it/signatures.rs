//! The signature of embedded cards: vectors that were not made by this code, and every way to be refused.

use serde_json::Value;
use sidecard::app::signed_query;
use sidecard::domain::id::WorkspaceId;
use sidecard::domain::secret::Secret;

use crate::house::{EMBED, EMBED_SECRET, House, minutes};

fn vectors() -> Vec<Value> {
    let file: Value =
        serde_json::from_str(include_str!("../../fixtures/signatures/embed.json")).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

#[test]
fn queries_are_signed_as_the_vectors_say() {
    for vector in vectors() {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let parameters: Vec<(String, String)> =
            serde_json::from_value(vector["parameters"].clone()).unwrap();
        let parameters: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let query = signed_query(
            &Secret::new(text("secret")),
            &WorkspaceId::new(text("workspace")),
            &parameters,
        );
        assert_eq!(query, text("query"), "{}", text("name"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_opens_for_the_vectors_of_its_secret() {
    let house = House::open().await;
    for vector in vectors() {
        let query = vector["query"].as_str().unwrap();
        let expected = if vector["secret"] == EMBED_SECRET {
            200
        } else {
            401
        };
        let response = house
            .get(&format!("/ask/embed/{EMBED}?{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), expected, "{}", vector["name"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_odd_about_a_signed_address_is_the_same_401() {
    let house = House::open().await;
    let now = house.clock.now().timestamp();
    let at = |seconds: i64| (now + seconds).to_string();
    let (soon, past, far) = (at(600), at(-1), at(3_601));
    let signed = |parameters: &[(&str, &str)]| {
        signed_query(
            &Secret::new(EMBED_SECRET.to_owned()),
            &WorkspaceId::new(EMBED),
            parameters,
        )
    };
    let email = ("email", "kim@acme.example");
    let good = signed(&[("v", "1"), email, ("expires", &soon)]);
    let cases = [
        ("no parameter at all", String::new()),
        (
            "no signature",
            format!("v=1&email=kim%40acme.example&expires={soon}"),
        ),
        ("an altered email", good.replace("kim", "tim")),
        ("an altered expiry", good.replace(&soon, &at(601))),
        ("an added parameter", format!("{good}&profile=p-1")),
        (
            "an added second email",
            format!("{good}&email=tim%40acme.example"),
        ),
        ("an upper-case signature", {
            let (head, signature) = good.rsplit_once('=').unwrap();
            format!("{head}={}", signature.to_uppercase())
        }),
        ("a truncated signature", good[..good.len() - 1].to_owned()),
        ("the signature twice", format!("{good}&signature=00")),
        ("expired", signed(&[("v", "1"), email, ("expires", &past)])),
        (
            "too far ahead",
            signed(&[("v", "1"), email, ("expires", &far)]),
        ),
        ("no expiry", signed(&[("v", "1"), email])),
        (
            "an expiry before all time",
            signed(&[("v", "1"), email, ("expires", "-9223372036854775808")]),
        ),
        (
            "an expiry that is no number",
            signed(&[("v", "1"), email, ("expires", "soon")]),
        ),
        (
            "another version",
            signed(&[("v", "2"), email, ("expires", &soon)]),
        ),
        ("no version", signed(&[email, ("expires", &soon)])),
        (
            "an unknown parameter",
            signed(&[("v", "1"), email, ("expires", &soon), ("admin", "1")]),
        ),
        (
            "a parameter twice",
            signed(&[
                ("v", "1"),
                email,
                ("expires", &soon),
                ("agent", "a"),
                ("agent", "b"),
            ]),
        ),
        (
            "a line break",
            signed(&[
                ("v", "1"),
                email,
                ("expires", &soon),
                ("agent", "a\nprofile=b"),
            ]),
        ),
        ("another workspace's", {
            let other = WorkspaceId::new("11111111111111111111111111111111");
            signed_query(
                &Secret::new(EMBED_SECRET.to_owned()),
                &other,
                &[("v", "1"), email, ("expires", &soon)],
            )
        }),
        ("not UTF-8", good.replace("kim", "%ff")),
    ];
    let mut pages = Vec::new();
    for (what, query) in cases {
        let response = house
            .get(&format!("/ask/embed/{EMBED}?{query}"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401, "{what}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        pages.push(response.text().await.unwrap());
    }
    let unknown = house
        .get(&format!(
            "/ask/embed/99999999999999999999999999999999?{good}"
        ))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 401);
    pages.push(unknown.text().await.unwrap());
    pages.dedup();
    assert_eq!(pages.len(), 1, "one and the same page");
    assert!(!pages[0].contains("kim") && !pages[0].contains(EMBED));
    assert!(house.calls().is_empty());

    let path = format!("/ask/embed/{EMBED}?{good}");
    assert_eq!(house.get(&path).send().await.unwrap().status(), 200);
    house.clock.advance(minutes(11));
    assert_eq!(
        house.get(&path).send().await.unwrap().status(),
        401,
        "and then it has expired"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_address_takes_five_emails_and_they_must_be_emails() {
    let house = House::open().await;
    let five = ["a", "b", "c", "d", "kim"].map(|name| ("email", format!("{name}@acme.example")));
    let five: Vec<(&str, &str)> = five.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let response = house.get(&house.card_path(&five)).send().await.unwrap();
    assert!(response.text().await.unwrap().contains("176700001"));
    let mut six = five.clone();
    six.push(("email", "e@acme.example"));
    assert_eq!(
        house
            .get(&house.card_path(&six))
            .send()
            .await
            .unwrap()
            .status(),
        400
    );
    assert_eq!(
        house
            .get(&house.card_path(&[]))
            .send()
            .await
            .unwrap()
            .status(),
        400
    );
    let odd = house
        .get(&house.card_path(&[("email", "mxyzptlk")]))
        .send()
        .await
        .unwrap();
    assert_eq!(odd.status(), 400);
    assert!(!odd.text().await.unwrap().contains("mxyzptlk"));
}
