//! Nobody's data in a log line or an error: everything is heard at TRACE, and searched for everybody of the fixtures.

use std::collections::BTreeSet;

use serde_json::Value;
use sidecard::simulator::recharge::Faults;

use crate::house::{
    self, EMBED, EMBED_SECRET, GLADLY, GLADLY_KEY, House, JSON, JSON_SECRET, TOKEN, as_of, heard,
};

/// Every email, name, phone, street, token and secret of the fixtures; whole ones, long enough to be nobody else's words.
pub fn personal() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in [
        include_str!("../../fixtures/recharge/customers.json"),
        include_str!("../../fixtures/recharge/addresses.json"),
        include_str!("../../fixtures/recharge/tokens.json"),
        include_str!("../../fixtures/recharge/charges.json"),
    ] {
        collect(&serde_json::from_str(file).unwrap(), &mut found);
    }
    found.retain(|text| text.chars().count() >= 8);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    const PERSONAL: [&str; 7] = [
        "email",
        "phone",
        "address1",
        "hash",
        "token",
        "client_secret",
        "zip",
    ];
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if PERSONAL.contains(&name.as_str()) => {
                        found.insert(text.clone());
                        found.insert(text.to_lowercase());
                        found.insert(text.replace('@', "%40"));
                    }
                    value => collect(value, found),
                }
            }
            let name = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
            found.insert(
                format!("{} {}", name("first_name"), name("last_name"))
                    .trim()
                    .to_owned(),
            );
        }
        _ => {}
    }
}

pub fn leaks(text: &str, personal: &BTreeSet<String>) -> Vec<String> {
    personal
        .iter()
        .filter(|secret| text.contains(secret.as_str()))
        .cloned()
        .collect()
}

/// The address of everybody in the fixtures whose request ends soon.
pub fn everybody() -> Vec<String> {
    let customers: Value =
        serde_json::from_str(include_str!("../../fixtures/recharge/customers.json")).unwrap();
    let rows = customers["customers"].as_array().unwrap().iter();
    rows.map(|row| row["email"].as_str().unwrap().to_owned())
        .filter(|email| !email.starts_with("silent@") && !email.starts_with("slow-"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_email_name_token_or_signature_is_logged_or_repeated_in_an_error() {
    let house = House::open().await;
    let mut personal = personal();
    personal.extend([JSON_SECRET, EMBED_SECRET, GLADLY_KEY, TOKEN].map(str::to_owned));
    assert!(personal.contains("kim@acme.example") && personal.contains("Kim Example"));

    let mut errors = String::new();
    let mut signatures = Vec::new();
    let everybody = everybody();
    for email in &everybody {
        let path = house.card_path(&[("email", email), ("agent", "Dana Desk")]);
        signatures.push(path.rsplit_once('=').unwrap().1.to_owned());
        assert_eq!(house.answer(house.get(&path)).await.status(), 200);
        // A wrong signature, a wrong secret, a broken body: each with somebody's address in it.
        let forged = house
            .get(&path.replace("signature=", "signature=0"))
            .send()
            .await
            .unwrap();
        errors.push_str(&forged.text().await.unwrap());
        let body = serde_json::json!({"emails": [email, email.replace('@', " @")]}).to_string();
        for secret in [JSON_SECRET, email.as_str()] {
            let path = format!("/ask/json/{JSON}");
            let request = house.post(&path).bearer_auth(secret).body(body.clone());
            let Ok(response) = house.answered(request).await else {
                continue;
            };
            errors.push_str(&response.text().await.unwrap());
        }
        errors.push_str(&gladly(&house, email, &mut signatures).await);
        let query = format!("/ask/{}?email={email}", EMBED);
        errors.push_str(
            &house
                .get(&query)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap(),
        );
    }
    for fault in [
        "429=1",
        "500=1",
        "reset=1",
        "truncated=1",
        "broken-json=1",
        "401=1",
        "403=1",
        "404=1",
    ] {
        house.later(house::minutes(30));
        house.recharge.set_faults(fault.parse().unwrap());
        house.account("kim@acme.example").await;
        house.account("wanda.weekly@mail.example").await;
    }
    house.recharge.set_faults(Faults::default());
    house.recharge.revoke_token();
    house.later(house::minutes(30));
    house.account("kim@acme.example").await;

    let log = heard();
    for expected in [
        "request",
        "recharge answered",
        "a provider's call failed",
        "wrong_signature",
    ] {
        assert!(log.contains(expected), "the log was not heard: {expected}");
    }
    assert_eq!(leaks(&log, &personal), Vec::<String>::new());
    assert_eq!(leaks(&errors, &personal), Vec::<String>::new());
    for signature in signatures {
        assert!(!log.contains(&signature));
    }
    // The search finds what is there.
    assert_eq!(
        leaks("… kim@acme.example …", &personal),
        ["kim@acme.example"]
    );
}

/// Lookups of both kinds, and what is wrong with each: no signature, an altered one, no lookup. Returns the errors.
async fn gladly(house: &House, email: &str, signatures: &mut Vec<String>) -> String {
    let name = email.split('@').next().unwrap();
    let query = serde_json::json!({"id": "q0Zx", "name": name, "emails": [email], "externalCustomerId": "176700001"});
    for level in ["BASIC", "DETAILED"] {
        let body = serde_json::json!({"lookupLevel": level, "query": query}).to_string();
        let request = house.lookup(body).build().unwrap();
        let claim = request.headers()["gladly-authorization"].to_str().unwrap();
        signatures.push(claim.rsplit_once('=').unwrap().1.to_owned());
        let response = tokio::select! {
            response = house::client().execute(request) => response.unwrap(),
            () = house.time_passes() => unreachable!(),
        };
        assert_eq!(response.status(), 200);
    }
    let mut errors = String::new();
    let path = format!("/ask/gladly/{GLADLY}");
    let body = serde_json::json!({"lookupLevel": email, "query": query}).to_string();
    let unsigned = house.post(&path).body(body.clone());
    let forged = house
        .lookup(body.clone())
        .header("gladly-authorization", email);
    let action = house.post(&format!("{path}/actions/{email}"));
    for request in [unsigned, forged, action, house.lookup(body)] {
        let response = house.answer(request).await;
        assert!(response.status().is_client_error());
        errors.push_str(&response.text().await.unwrap());
    }
    errors
}

#[tokio::test]
async fn printing_what_holds_personal_data_shows_none() {
    use sidecard::domain::access::Connected;
    use sidecard::domain::customer::Customer;
    use sidecard::domain::email::Email;
    use sidecard::domain::id::CustomerId;
    use sidecard::domain::question::{Question, Subject};
    let question =
        Question::about([Subject::Email(Email::parse("kim@acme.example").unwrap())]).unwrap();
    let mut customer = Customer::bare(CustomerId::new("176700001"));
    customer.email = Some("kim@acme.example".into());
    customer.name = Some("Kim Example".into());
    let store = house::memory_store().await;
    let name = house::add_install(&store, "acme-usa", TOKEN).await;
    let new = house::workspace("json", JSON_SECRET, &[name]);
    house::add_workspace(&store, JSON, &new).await;
    let records = store.installs().await.unwrap();
    let installs: Vec<Connected> = records.iter().map(|record| record.connected()).collect();
    let access = store.all_access(as_of()).await.unwrap();
    let printed =
        format!("{question:?} {customer:?} {records:?} {installs:?} {new:?} {access:?} {store:?}");
    assert!(printed.contains("176700001") && printed.contains("[redacted]"));
    for secret in ["kim", "Kim", TOKEN, JSON_SECRET] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
