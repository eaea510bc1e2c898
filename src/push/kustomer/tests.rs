//! The client against the simulator.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::domain::email::Email;
use crate::domain::secret::Secret;
use crate::simulator::kustomer::{Faults, Key, Now, Options, Running, start};

const KLASS: &str = "tests-subscription";

async fn org(options: Options) -> (Running, Client) {
    let kustomer = start(options).await.unwrap();
    let client = client(&kustomer, "fake-kustomer-key");
    let made = client
        .call(
            reqwest::Method::POST,
            &["klasses"],
            &[],
            Some(&json!({"name": KLASS})),
        )
        .await;
    made.unwrap();
    let metadata = ["metadata", "kobject.tests-subscription"];
    let body = json!({"properties": {"statusStr": {"displayName": "Status"}}});
    let put = client
        .call(reqwest::Method::PUT, &metadata, &[], Some(&body))
        .await;
    put.unwrap();
    (kustomer, client)
}

fn client(kustomer: &Running, key: &str) -> Client {
    let base = kustomer.base_url().parse().unwrap();
    let key = Secret::new(key.to_owned());
    Client::new(base, &key, Duration::from_secs(5)).unwrap()
}

fn object(external_id: &str) -> Object {
    Object {
        external_id: external_id.to_owned(),
        title: "Coffee".into(),
        description: "Active".into(),
        custom: [("statusStr".to_owned(), Value::from("active"))]
            .into_iter()
            .collect(),
        ..Object::default()
    }
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

#[tokio::test]
async fn an_object_is_made_found_written_anew_and_removed() {
    let (kustomer, client) = org(Options::default()).await;
    let kim = client
        .customer_by_email(&email("kim@acme.example"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        client.customer_by_external_id("nobody").await.unwrap(),
        None
    );
    let id = "recharge:acme-usa:sub:585000001";
    assert_eq!(client.object(KLASS, id).await.unwrap(), None);
    let made = client
        .create_object(KLASS, &kim, &object(id))
        .await
        .unwrap();
    assert_eq!(made.customer.as_deref(), Some(kim.as_str()));
    let found = client.object(KLASS, id).await.unwrap().unwrap();
    assert_eq!(found, made);
    let mut changed = object(id);
    changed.title = "More coffee".into();
    client
        .update_object(KLASS, &made.id, &changed)
        .await
        .unwrap();
    let truth = kustomer.kobject(KLASS, id).unwrap();
    assert_eq!(truth["attributes"]["title"], "More coffee");
    assert_eq!(client.objects_of(KLASS, &kim).await.unwrap().len(), 1);
    let again = client.create_object(KLASS, &kim, &object(id)).await;
    assert!(matches!(again, Err(Trouble::Conflict(_))), "{again:?}");
    assert!(client.delete_object(KLASS, &made.id).await.unwrap());
    assert!(!client.delete_object(KLASS, &made.id).await.unwrap());
    let gone = client.update_object(KLASS, &made.id, &changed).await;
    assert!(matches!(gone, Err(Trouble::NotFound(_))), "{gone:?}");
}

#[tokio::test]
async fn an_attribute_that_is_not_known_is_named_and_can_be_added() {
    let (_kustomer, client) = org(Options::default()).await;
    let new = NewCustomer {
        name: Some("Nora New"),
        email: &email("nora@new.example"),
        external_id: Some("recharge:acme-usa:1"),
    };
    let nora = client.create_customer(&new).await.unwrap();
    let mut wide = object("1");
    wide.custom.insert("shopStr".into(), "acme-usa".into());
    let refused = client.create_object(KLASS, &nora, &wide).await.unwrap_err();
    assert_eq!(refused, Trouble::UnknownAttribute("shopStr".into()));
    let wanted = [("shopStr", "Shop"), ("statusStr", "Another name")];
    client.add_attributes(KLASS, &wanted).await.unwrap();
    client.create_object(KLASS, &nora, &wide).await.unwrap();
    let kept = client.attributes(KLASS).await.unwrap();
    assert_eq!(kept["statusStr"]["displayName"], "Status", "kept");
}

#[tokio::test]
async fn a_hundred_objects_go_with_one_call_and_each_has_its_end() {
    let (kustomer, client) = org(Options::default()).await;
    let wanda = email("wanda@work.example");
    let wanda = client.customer_by_email(&wanda).await.unwrap().unwrap();
    let mut objects: Vec<Object> = (0..MOST).map(|n| object(&n.to_string())).collect();
    objects[7].custom.insert("oddStr".into(), "x".into());
    let whose: Vec<_> = objects.iter().map(|o| (wanda.as_str(), o)).collect();
    kustomer.forget_requests();
    let bulk = client.create_in_bulk(KLASS, &whose).await.unwrap();
    assert_eq!(kustomer.requests().len(), 1);
    assert!(client.is_bulk_done(&bulk).await.unwrap());
    let done = client.bulk_results(&bulk).await.unwrap();
    assert_eq!((done.each.len(), done.ids.len()), (MOST, MOST - 1));
    assert!(done.each["7"].is_err());
    let made: Vec<&str> = done.ids.iter().map(String::as_str).collect();
    assert_eq!(client.objects_of(KLASS, &wanda).await.unwrap().len(), 99);
    let page = client.objects_page(KLASS, 1).await.unwrap();
    assert_eq!((page.objects.len(), page.has_more), (99, false));

    let mut anew = object("3");
    anew.title = "Anew".into();
    let id = done.each["3"].as_ref().unwrap().as_str();
    let writes = [(id, &anew), ("65ffffffffffffffffffffff", &anew)];
    let bulk = client.update_in_bulk(KLASS, &writes).await.unwrap();
    assert!(client.is_bulk_done(&bulk).await.unwrap());
    let written = client.bulk_results(&bulk).await.unwrap().ids;
    assert_eq!(written, HashSet::from([id.to_owned()]));
    assert_eq!(
        kustomer.kobject(KLASS, "3").unwrap()["attributes"]["title"],
        "Anew"
    );

    let gone = client.delete_in_bulk(KLASS, &made).await.unwrap();
    assert!(client.is_bulk_done(&gone).await.unwrap());
    assert_eq!(kustomer.kobjects(KLASS).len(), 0);
}

#[tokio::test]
async fn every_refusal_is_told_apart() {
    let now = chrono::DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let reader = Key::new("fake-reader", &["org.permission.customer"]);
    let options = Options {
        keys: vec![reader],
        limit: 3,
        now: Now::Fixed(now),
        ..Options::default()
    };
    let kustomer = start(options).await.unwrap();
    let kim = email("kim@acme.example");
    let stranger = client(&kustomer, "fake-stranger");
    assert_eq!(
        stranger.customer_by_email(&kim).await,
        Err(Trouble::Refused)
    );
    let reader = client(&kustomer, "fake-reader");
    assert_eq!(reader.roles().await.unwrap(), ["org.permission.customer"]);
    assert_eq!(reader.apps().await, Err(Trouble::Forbidden));
    assert!(reader.customer_by_email(&kim).await.unwrap().is_some());
    assert_eq!(reader.limits().remaining, Some(0));
    let later = now + chrono::TimeDelta::seconds(60);
    assert_eq!(
        reader.customer_by_email(&kim).await,
        Err(Trouble::RateLimited {
            until: Some(later),
            of_object: false
        })
    );
    kustomer.move_clock(later);
    kustomer.set_faults("500=1".parse::<Faults>().unwrap());
    assert_eq!(
        reader.customer_by_email(&kim).await,
        Err(Trouble::Failing(500))
    );
    kustomer.set_faults("lost=1".parse::<Faults>().unwrap());
    let lost = reader.customer_by_email(&kim).await.unwrap_err();
    assert!(lost.is_unsettled(), "{lost:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (kustomer, _) = org(Options::default()).await;
    kustomer.forget_requests();
    let elsewhere = format!("{}/v1/apps", kustomer.base_url());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4_096]).await.unwrap();
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let key = Secret::new(String::from("fake-kustomer-key"));
    let client = Client::new(base.parse().unwrap(), &key, Duration::from_secs(5)).unwrap();
    assert_eq!(client.apps().await, Err(Trouble::Redirected));
    assert!(kustomer.requests().is_empty());
}
