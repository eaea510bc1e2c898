//! Objects: their rules, their limits, and what they start.

use reqwest::Method;
use serde_json::{Value, json};

use super::*;

fn object(external_id: &str) -> Value {
    json!({"externalId": external_id, "title": "Coffee", "custom": {"statusStr": "active"}})
}

impl Org {
    fn path(&self) -> String {
        format!("/v1/customers/{}/klasses/coffee", self.customer())
    }

    async fn made(&self, external_id: &str) -> String {
        let (status, made) = self.post(&self.path(), object(external_id)).await;
        assert_eq!(status, 201, "{made}");
        made["data"]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn an_object_stands_on_its_customers_timeline_and_starts_workflows() {
    let org = Org::open(Options::default()).await.with_klass().await;
    let id = org.made("recharge:acme:sub:1").await;
    let found = org
        .get("/v1/klasses/coffee/externalId=recharge:acme:sub:1")
        .await
        .1;
    assert_eq!(found["data"]["type"], "kobject.coffee");
    assert_eq!(found["data"]["id"], id.as_str());
    assert_eq!(found["data"]["attributes"]["rev"], 1);
    assert_eq!(found["data"]["attributes"]["icon"], "x", "the klass's own");
    let owner = &found["data"]["relationships"]["customer"]["data"]["id"];
    assert_eq!(*owner, org.customer());
    let change = json!({"custom": {"priceNum": 18.5}, "rev": 1});
    let path = format!("/v1/klasses/coffee/{id}");
    let (status, changed) = org.ask(Method::PUT, &path, Some(change.clone())).await;
    assert_eq!(status, 200);
    let custom = &changed["data"]["attributes"]["custom"];
    assert_eq!(*custom, json!({"statusStr": "active", "priceNum": 18.5}));
    assert_eq!(
        org.ask(Method::PUT, &path, Some(change)).await.0,
        409,
        "an old revision"
    );
    let list = org.get(&format!("{}?pageSize=1", org.path())).await.1;
    assert_eq!(list["meta"]["total"], 1);
    assert_eq!(list["links"]["next"], Value::Null);
    let all = org.get("/v1/klasses/coffee?pageSize=1").await.1;
    assert_eq!(
        (&all["data"], &all["meta"]["total"]),
        (&list["data"], &json!(1))
    );
    assert_eq!(org.ask(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(org.get(&path).await.0, 404);
    let events: Vec<String> = org.kustomer.events().into_iter().map(|e| e.name).collect();
    assert_eq!(
        events,
        [
            "kustomer.kobject.coffee.create",
            "kustomer.kobject.coffee.update"
        ]
    );
    assert_eq!(org.kustomer.fired("kustomer.kobject.coffee.create"), 1);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_as_a_whole() {
    let org = Org::open(Options::default()).await.with_klass().await;
    let path = org.path();
    let unknown = json!({"title": "x", "custom": {"statusStr": "a", "newStr": "b"}});
    assert_eq!(
        org.post(&path, unknown).await,
        (
            400,
            json!({"errors": [{"status": 400, "source": {"parameter": "newStr"}, "code": "badparam",
                "title": "Additional properties not allowed", "detail": "/properties/custom/additionalProperties"}]})
        )
    );
    for (body, parameter) in [
        (json!({"description": "x"}), "title"),
        (json!({"title": "x", "colour": "red"}), "colour"),
        (
            json!({"title": "x", "custom": {"statusStr": 1}}),
            "statusStr",
        ),
        (
            json!({"title": "x", "custom": {"nextAt": "2026-12-15"}}),
            "nextAt",
        ),
        (json!({"title": "x", "custom": []}), "custom"),
    ] {
        let refused = org.post(&path, body).await;
        assert_eq!(
            (refused.0, error(&refused.1)),
            (400, ("badparam", parameter))
        );
    }
    let id = org.made("1").await;
    let owner = json!({"customer": "somebody"});
    let put = org
        .ask(
            Method::PUT,
            &format!("/v1/klasses/coffee/{id}"),
            Some(owner),
        )
        .await;
    assert_eq!(
        (put.0, error(&put.1)),
        (400, ("badparam", "customer")),
        "owners don't change"
    );
    assert_eq!(org.post(&path, object("1")).await.0, 409);
    assert_eq!(
        org.post("/v1/customers/nobody/klasses/coffee", object("2"))
            .await
            .0,
        404
    );
    assert_eq!(org.post("/v1/klasses/tea", object("2")).await.0, 404);
    let metadata = json!({"properties": {"status": {}}});
    let put = org
        .ask(Method::PUT, "/v1/metadata/kobject.coffee", Some(metadata))
        .await;
    assert_eq!((put.0, error(&put.1)), (400, ("badparam", "status")));
    assert_eq!(org.kustomer.kobjects("coffee").len(), 1);
}

#[tokio::test]
async fn duplicates_are_let_through_where_the_org_does() {
    let options = Options {
        refuses_duplicates: false,
        ..Options::default()
    };
    let org = Org::open(options).await.with_klass().await;
    org.made("1").await;
    let second = org.made("1").await;
    let found = org.get("/v1/klasses/coffee/externalId=1").await.1;
    assert_eq!(found["data"]["id"], second.as_str());
    assert_eq!(org.kustomer.kobjects("coffee").len(), 2);
}

#[tokio::test]
async fn one_object_and_one_customer_have_limits_of_their_own() {
    let options = Options {
        object_limit: 2,
        ..Options::default()
    };
    let org = Org::open(options).await.with_klass().await;
    let id = org.made("1").await;
    org.made("2").await;
    assert_eq!(org.post(&org.path(), object("3")).await.0, 429);
    let mut imported = object("3");
    imported["importedAt"] = json!("2026-11-20T10:00:00Z");
    assert_eq!(
        org.post(&org.path(), imported).await.0,
        201,
        "imported ones don't count"
    );
    let path = format!("/v1/klasses/coffee/{id}");
    for (status, remaining) in [(200, "1"), (200, "0"), (429, "0")] {
        let response = org
            .send(Method::PUT, &path, Some(json!({"title": "x"})))
            .await;
        assert_eq!(response.status(), status);
        assert_eq!(
            response.headers()["x-ratelimit-object-remaining"],
            remaining
        );
        assert_ne!(response.headers()["x-ratelimit-remaining"], "0");
    }
}

#[tokio::test]
async fn bulk_is_done_later_and_counts_as_one_call() {
    let org = Org::open(Options::default()).await.with_klass().await;
    let kim = org.customer();
    let items: Vec<Value> = (0..3)
        .map(|n| json!({"_clientRef": format!("r{n}"), "customer": kim, "title": "x", "externalId": n.to_string(), "custom": if n == 1 { json!({"odd": 1}) } else { json!({}) }}))
        .collect();
    let (status, queued) = org.post("/v1/klasses/coffee/bulk", items.into()).await;
    assert_eq!(
        (status, &queued["data"]["attributes"]["status"]),
        (201, &json!("queued"))
    );
    assert_eq!(
        org.kustomer.kobjects("coffee").len(),
        0,
        "nothing is there yet"
    );
    let id = queued["data"]["id"].as_str().unwrap();
    let done = org.get(&format!("/v1/bulk/{id}")).await.1;
    assert_eq!(done["data"]["attributes"]["status"], "complete");
    let batches = org.get(&format!("/v1/bulk/{id}/batches")).await.1;
    let batch = &batches["data"][0]["attributes"];
    assert_eq!(
        (&batch["successCount"], &batch["failureCount"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(batch["results"][1]["_clientRef"], "r1");
    assert_eq!(batch["results"][1]["error"]["code"], "badparam");
    let ids: Vec<&str> = batch["objectIds"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let shared = format!("/v1/klasses/coffee/bulk?ids={}", ids.join(","));
    let put = org
        .ask(Method::PUT, &shared, Some(json!({"title": "y"})))
        .await;
    assert_eq!(put.0, 201);
    org.get("/v1/klasses").await;
    assert_eq!(
        org.kustomer.kobject("coffee", "0").unwrap()["attributes"]["title"],
        "y"
    );
    assert_eq!(org.ask(Method::DELETE, &shared, None).await.0, 201);
    org.get("/v1/klasses").await;
    assert_eq!(org.kustomer.kobjects("coffee").len(), 0);
    for wrong in [json!([]), json!({}), Value::Array(vec![json!({}); 101])] {
        assert_eq!(org.post("/v1/klasses/coffee/bulk", wrong).await.0, 400);
    }
}

#[tokio::test]
async fn a_lost_answer_is_one_of_something_that_was_done() {
    let org = Org::open(Options::default()).await.with_klass().await;
    org.kustomer.set_faults("lost=1".parse().unwrap());
    let url = format!("{}{}", org.kustomer.base_url(), org.path());
    let body = object("1").to_string();
    let sent = org
        .client
        .post(url)
        .bearer_auth(KEY)
        .body(body)
        .send()
        .await;
    let whole = match sent {
        Ok(response) => response.bytes().await.is_ok(),
        Err(_) => false,
    };
    assert!(!whole, "no whole answer");
    assert!(org.kustomer.kobject("coffee", "1").is_some());
    assert_eq!(org.kustomer.requests().last().unwrap().status, None);
}
