//! Every shape of query that is documented or was seen, and what is made of nonsense.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::question::MatchedBy;

fn read(body: Value) -> Result<Question, Problem> {
    Lookup::read(body.to_string().as_bytes())?.question()
}

fn basic(query: Value) -> Vec<String> {
    let body = json!({"lookupLevel": "BASIC", "uniqueMatchRequired": false, "query": query});
    match read(body) {
        Ok(question) => question.subjects().iter().map(said).collect(),
        Err(problem) => vec![problem.code().to_owned()],
    }
}

fn said(subject: &Subject) -> String {
    let text = match subject {
        Subject::Email(email) => email.as_typed(),
        Subject::Customer(id) => id.as_str(),
        Subject::ShopifyCustomer(id) => id.as_str(),
        Subject::Subscription(id) => id.as_str(),
        Subject::Order(id) => id.as_str(),
    };
    format!("{} {text}", subject.matched_by().as_str())
}

#[test]
fn addresses_come_in_every_shape() {
    for query in [
        json!({"emails": ["kim@acme.example", "k@mail.example"]}),
        json!({"emails": "kim@acme.example, k@mail.example"}),
        json!({"email": "kim@acme.example,k@mail.example,"}),
        json!({"email": "kim@acme.example", "emails": ["KIM@acme.example", "k@mail.example"]}),
        json!({"customAttributes": {"Emails": ["kim@acme.example", ["x"], "k@mail.example"]}}),
        json!({"emails": ["kim@acme.example", "no address", "", "k@mail.example", null, 7, {}]}),
    ] {
        assert_eq!(
            basic(query.clone()),
            ["email kim@acme.example", "email k@mail.example"],
            "{query}"
        );
    }
}

#[test]
fn ids_count_where_an_agent_types_them() {
    for (query, expected) in [
        (
            json!({"rechargeCustomerId": "176700001"}),
            "customer_id 176700001",
        ),
        (
            json!({"Recharge Customer ID": 176700001}),
            "customer_id 176700001",
        ),
        (
            json!({"recharge_customer_id": " acme-usa:176700001 "}),
            "customer_id 176700001",
        ),
        (
            json!({"shopifyCustomerId": "7923000000001"}),
            "shopify_customer_id 7923000000001",
        ),
        (
            json!({"subscriptionId": "585000001"}),
            "subscription_id 585000001",
        ),
        (json!({"orderNumber": "#6001"}), "order 6001"),
        (
            json!({"customAttributes": {"subscription_id": "585000001"}}),
            "subscription_id 585000001",
        ),
        (
            json!({"id": "q0Zx", "phones": ["+14155550100"], "subscriptionId": "585000001"}),
            "subscription_id 585000001",
        ),
        (
            json!({"id": "q0Zx", "emails": ["kim@acme.example"], "subscriptionId": "585000001"}),
            "email kim@acme.example",
        ),
    ] {
        assert_eq!(basic(query.clone()), [expected], "{query}");
    }
    let question =
        read(json!({"lookupLevel": "BASIC", "query": {"rechargeCustomerId": "acme-usa:1"}}));
    assert_eq!(question.unwrap().install.unwrap().as_str(), "acme-usa");
}

#[test]
fn nothing_usable_asks_nothing_and_what_is_over_the_maximum_is_counted() {
    for query in [
        json!({}),
        json!(null),
        json!({"name": "Kim Example", "phones": ["+14155550100"], "favoriteFood": "Apple Pie"}),
        json!({"emails": []}),
        json!({"emails": ["", "kim"]}),
        json!({"subscriptionId": "drop table"}),
        json!({"customAttributes": "kim@acme.example"}),
        json!({"emails": {"a": "kim@acme.example"}}),
    ] {
        assert_eq!(basic(query.clone()), ["nothing_asked"], "{query}");
    }
    let so_many = |count| {
        let emails = (0..count).map(|n| format!("kim{n}@acme.example"));
        let emails: Vec<String> = emails.collect();
        json!({"emails": emails, "subscriptionId": "585000001"})
    };
    let asked = basic(so_many(40));
    assert_eq!(asked.len(), 41);
    assert_eq!(asked[39], "email kim39@acme.example");
    assert_eq!(basic(so_many(300)).len(), MOST_SUBJECTS);
    let untried = |query: Value| {
        let body = json!({"lookupLevel": "BASIC", "query": query}).to_string();
        Lookup::read(body.as_bytes()).unwrap().untried()
    };
    assert_eq!((untried(so_many(249)), untried(so_many(300))), (0, 51));
}

#[test]
fn a_linked_customer_is_asked_for_by_id_alone() {
    for (external, install, id) in [
        (json!("acme-usa:176700001"), Some("acme-usa"), "176700001"),
        (json!("176700001"), None, "176700001"),
        (json!(176700001), None, "176700001"),
    ] {
        let query = json!({"externalCustomerId": external, "emails": ["kim@acme.example"]});
        let question = read(json!({"lookupLevel": "DETAILED", "query": query})).unwrap();
        assert_eq!(question.subjects().len(), 1);
        assert_eq!(said(&question.subjects()[0]), format!("customer_id {id}"));
        assert_eq!(question.install.as_ref().map(|i| i.as_str()), install);
        assert_eq!(question.subjects()[0].matched_by(), MatchedBy::CustomerId);
    }
    for (query, code) in [
        (json!({}), "no_external_id"),
        (json!(null), "no_external_id"),
        (json!({"externalCustomerId": " "}), "no_external_id"),
        (json!({"externalCustomerId": ["1"]}), "no_external_id"),
        (json!({"externalCustomerId": "abc"}), "nothing_asked"),
        (json!({"externalCustomerId": "Acme USA:1"}), "nothing_asked"),
        (json!({"externalCustomerId": "acme-usa:"}), "nothing_asked"),
    ] {
        let body = json!({"lookupLevel": "DETAILED", "query": query});
        assert_eq!(read(body).unwrap_err().code(), code, "{query}");
    }
}

#[test]
fn what_is_no_lookup_is_said_to_be_none() {
    for body in [
        json!([]),
        json!("BASIC"),
        json!({}),
        json!({"lookupLevel": "basic", "query": {}}),
        json!({"lookupLevel": 1, "query": {}}),
        json!({"lookupLevel": "BASIC", "query": []}),
        json!({"query": {"emails": ["kim@acme.example"]}}),
    ] {
        assert_eq!(
            read(body.clone()).unwrap_err(),
            Problem::NotALookup,
            "{body}"
        );
    }
    assert!(matches!(Lookup::read(b"{"), Err(Problem::NotALookup)));
    assert!(matches!(Lookup::read(b""), Err(Problem::NotALookup)));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Lookup::read(&body).and_then(|lookup| lookup.question());
    }

    #[test]
    fn any_value_of_a_known_name_is_read(name in "email|emails|orderNumber|subscriptionId|externalCustomerId|id|customAttributes", value in "\\PC*") {
        for value in [json!(value), json!([value]), json!({ &value: value })] {
            for level in ["BASIC", "DETAILED"] {
                let question = read(json!({"lookupLevel": level, "query": {&name: value}}));
                if let Ok(question) = question {
                    prop_assert!((1..=10).contains(&question.subjects().len()));
                }
            }
        }
    }
}
