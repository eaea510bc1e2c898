//! The doors: who gets in, what is asked, what comes back.

use crate::house::{EMBED, House, JSON, JSON_SECRET, client, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_email_brings_the_whole_answer_as_json() {
    let house = House::open().await;
    let answer = house.ask(&["kim@acme.example"]).await;
    assert_eq!(answer["outcome"], "found");
    let account = &answer["accounts"][0];
    assert_eq!(account["install"], "acme-usa");
    assert_eq!(account["matched_by"], "email");
    assert_eq!(account["as_of"], "2026-11-20T10:15:02Z");
    assert_eq!(account["missing"], serde_json::json!([]));
    let customer = &account["customer"];
    assert_eq!(customer["id"], "176700001");
    assert_eq!(customer["subscriptions_total"], 2);
    assert_eq!(customer["subscriptions_active"], 1);
    assert_eq!(customer["last_charge"]["total"]["amount"], "102.90");
    assert_eq!(customer["last_charge"]["date"], "2026-11-15");
    assert_eq!(customer["next_charge"]["date"], "2026-12-15");
    assert_eq!(
        customer["provider_url"],
        "https://acme-usa-sp.admin.rechargeapps.com/merchant/customers/176700001"
    );
    let [active, cancelled] = account["subscriptions"].as_array().unwrap().as_slice() else {
        panic!("two subscriptions: {account}");
    };
    assert_eq!(active["id"], "585000001");
    assert_eq!(active["next_billing_date"], "2026-12-15");
    assert_eq!(
        active["price"],
        serde_json::json!({"amount": "98.00", "currency": "USD"})
    );
    assert_eq!(active["product"]["sku"], "WOOL100");
    assert!(
        active["product"]["image_url"]
            .as_str()
            .unwrap()
            .contains("wool-runner_medium")
    );
    assert_eq!(active["schedule"]["state"], "on_time");
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["cancellation_reason"], "Too expensive");
    assert_eq!(cancelled["schedule"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_takes_the_addresses_from_its_query() {
    let house = House::open().await;
    let path =
        format!("/ask/json/{JSON}?email=nobody@mail.example&email=plus%2Btag%40mail.example");
    let response = house
        .get(&path)
        .bearer_auth(JSON_SECRET)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let answer = json(response).await;
    assert_eq!(answer["accounts"][0]["customer"]["id"], "176700031");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_address_opens_the_card() {
    let house = House::open().await;
    let response = house
        .get(&house.card_path(&[("email", "kim@acme.example")]))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let policy = header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(
        policy.ends_with("frame-ancestors https://desk.example"),
        "{policy}"
    );
    let page = response.text().await.unwrap();
    assert!(page.contains(r#"<main data-outcome="found""#));
    assert!(page.contains(r#"data-install="acme-usa""#));
    assert!(page.contains(r#"data-subscription="585000001""#));
    assert_eq!(page.matches("View in Recharge</a>").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_style_and_the_script_are_the_ones_that_the_policy_allows() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let house = House::open().await;
    let response = house
        .get(&house.card_path(&[("email", "kim@acme.example")]))
        .send()
        .await
        .unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let page = response.text().await.unwrap();
    let style = page
        .split_once("<style>")
        .unwrap()
        .1
        .split_once("</style>")
        .unwrap()
        .0;
    let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{digest}'")));
    let script = page.split_once("<script>").unwrap().1;
    let script = script.split_once("</script>").unwrap().0;
    let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(script));
    assert!(policy.contains(&format!("script-src 'sha256-{digest}';")));
    assert!(script.len() < 8_000);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains(" style=") && !page.contains(" onclick="));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_is_told_what_is_wrong_and_is_not_repeated() {
    let house = House::open().await;
    let path = format!("/ask/json/{JSON}");
    let eleven: Vec<String> = (0..11).map(|n| format!("marker{n}@acme.example")).collect();
    let eleven = serde_json::json!({ "emails": eleven }).to_string();
    for (body, status, code) in [
        (r#"{"emails":["marker-not-an-email"]}"#, 400, "not_an_email"),
        (
            r#"{"emails":["marker @acme.example"]}"#,
            400,
            "not_an_email",
        ),
        (r#"{"emails":[]}"#, 400, "nothing_asked"),
        (r#"{"emails":"marker@acme.example"}"#, 400, "not_json"),
        ("marker@acme.example", 400, "not_json"),
        ("", 400, "not_json"),
        (&eleven, 400, "too_many_asked"),
        (&"x".repeat(65 * 1_024), 413, "too_large"),
    ] {
        let response = house
            .post(&path)
            .bearer_auth(JSON_SECRET)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{code}");
        let text = response.text().await.unwrap();
        assert!(!text.contains("marker"), "{text}");
        let error: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(error["error"]["code"], code);
        assert!(
            error["error"]["hint"]
                .as_str()
                .is_some_and(|hint| !hint.is_empty())
        );
    }
    assert!(
        house.calls().is_empty(),
        "nothing of this is Recharge's business"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_looks_the_same() {
    let house = House::open().await;
    let unknown = "33333333333333333333333333333333";
    let mut bodies = Vec::new();
    for (workspace, secret) in [
        (JSON, Some("wrong")),
        (JSON, Some("")),
        (JSON, None),
        (unknown, Some(JSON_SECRET)),
        (EMBED, Some(JSON_SECRET)),
        ("..%2f..", Some(JSON_SECRET)),
    ] {
        let mut request = house
            .post(&format!("/ask/json/{workspace}"))
            .body(r#"{"emails":["kim@acme.example"]}"#);
        if let Some(secret) = secret {
            request = request.bearer_auth(secret);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{workspace} {secret:?}");
        bodies.push(response.text().await.unwrap());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert!(house.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_answers_on_its_own_helpdesks_routes_alone() {
    let house = House::open().await;
    let response = house
        .post(&format!("/ask/embed/{JSON}"))
        .bearer_auth(JSON_SECRET)
        .body(r#"{"emails":["kim@acme.example"]}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET");
    let response = house
        .get(&format!("/ask/embed/{JSON}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn elsewhere_is_nothing_and_says_so_in_our_own_words() {
    let house = House::open().await;
    for path in [
        "/",
        "/ask",
        "/ask/fax/1",
        "/ask/json",
        "/ask/json/a/b/c",
        "/favicon.ico",
        "/%ff",
        "/admin",
    ] {
        let response = house.get(path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(
            response.headers()["content-security-policy"],
            "default-src 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(json(response).await["error"]["code"], "not_found", "{path}");
    }
    for (path, body) in [
        ("/healthz", "ok\n"),
        ("/readyz", "ok\n"),
        ("/version", "0.1.0\n"),
    ] {
        let response = house.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), body);
        let head = client().head(house.url(path)).send().await.unwrap();
        assert_eq!(head.status(), 200, "HEAD {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_its_id_or_gets_one() {
    let house = House::open().await;
    let given = house
        .get("/healthz")
        .header("x-request-id", "desk-12345678")
        .send()
        .await
        .unwrap();
    assert_eq!(given.headers()["x-request-id"], "desk-12345678");
    let odd = house
        .get("/healthz")
        .header("x-request-id", "kim@acme.example")
        .send()
        .await
        .unwrap();
    assert_eq!(odd.headers()["x-request-id"].len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_wire_gets_a_4xx_and_harms_nobody() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::open().await;
    let address = house.url("").replace("http://", "");
    for garbage in [
        &b"\x00\x01\x02\r\n\r\n"[..],
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /ask/json/x HTTP/1.1\r\nHost: a\r\nContent-Length: kim\r\n\r\n",
        b"POST /ask/json/x HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n",
    ] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut answer = vec![0; 64];
        let read = stream.read(&mut answer).await.unwrap();
        let head = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(head.starts_with("HTTP/1.1 4"), "{head:?}");
    }
    for query in [
        "email=%ff",
        "email=%",
        "&&&=",
        "email",
        "email=a%00b@acme.example",
    ] {
        let response = house
            .get(&format!("/ask/json/{JSON}?{query}"))
            .bearer_auth(JSON_SECRET)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{query}");
        assert!(json(response).await["error"]["code"].is_string());
    }
    assert_eq!(house.account("kim@acme.example").await["outcome"], "found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_given_up() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::open().await;
    let address = house.url("").replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head =
        format!("POST /ask/json/{JSON} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{{");
    stream.write_all(head.as_bytes()).await.unwrap();
    // The clock is moved until the handler, which began at some moment before, has given up.
    let (mut reader, mut answer) = (stream, vec![0; 512]);
    let read = loop {
        tokio::select! {
            biased;
            read = reader.read(&mut answer) => break read.unwrap(),
            () = tokio::task::yield_now() => house.clock.advance(std::time::Duration::from_secs(1)),
        }
    };
    assert!(String::from_utf8_lossy(&answer[..read]).starts_with("HTTP/1.1 408"));
}
