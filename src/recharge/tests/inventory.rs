//! All subscriptions of a shop, and the customers of a page of them.

use chrono::DateTime;
use serde_json::json;

use super::server::{Seen, Server, credentials, ok, status};
use crate::domain::id::CustomerId;
use crate::domain::subscription::Selection;
use crate::provider::{Place, Provider, ProviderError};

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn the_first_page_says_what_and_from_where_and_the_next_ones_follow_the_cursor() {
    let server = Server::start(|seen: &Seen| {
        ok(&match seen.parameter("cursor") {
            None => json!({"next_cursor": "a", "subscriptions": [
                {"id": 1, "customer_id": 7, "status": "active"}, {"id": 2, "status": "active"}]}),
            Some(_) => json!({"next_cursor": "b", "subscriptions": []}),
        })
    });
    let provider = server.provider();
    let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let selection = Selection {
        changed_since: Some(at),
        only_active: true,
    };
    let since = Place::Since(at);
    let with = credentials();
    let page = provider.all_subscriptions(&with, &selection, Some(&since));
    let page = page.await.unwrap();
    let owners: Vec<_> = page.rows.iter().map(|(owner, _)| owner.clone()).collect();
    assert_eq!(owners, [Some(CustomerId::new("7")), None]);
    let next = page.next.unwrap();
    assert_eq!(next, Place::After("a".into()));
    let last = provider.all_subscriptions(&with, &selection, Some(&next));
    let last = last.await.unwrap();
    assert_eq!((last.rows.len(), last.next), (0, None));
    provider
        .all_subscriptions(&with, &Selection::default(), None)
        .await
        .unwrap();
    let asked: Vec<_> = server.seen().iter().map(Seen::query).collect();
    let (sort, limit) = (pair("sort_by", "created_at-asc"), pair("limit", "250"));
    let stamp = "2026-11-18T11:06:40Z";
    assert_eq!(
        asked,
        [
            vec![
                sort.clone(),
                limit.clone(),
                pair("created_at_min", stamp),
                pair("updated_at_min", stamp),
                pair("status", "active")
            ],
            vec![pair("cursor", "a"), limit.clone()],
            vec![sort, limit],
        ]
    );
}

#[tokio::test]
async fn many_customers_come_with_few_calls_and_strangers_are_left_out() {
    let server = Server::start(|seen: &Seen| {
        let ids = seen.parameter("ids").unwrap();
        let rows: Vec<_> = ids
            .split(',')
            .map(|id| json!({"id": id.parse::<u64>().unwrap(), "email": format!("n{id}@acme.example")}))
            .chain([json!({"id": 9_999})])
            .collect();
        ok(&json!({"next_cursor": null, "customers": rows}))
    });
    let ids: Vec<_> = (1..=251)
        .map(|id: u32| CustomerId::new(id.to_string()))
        .collect();
    let found = server
        .provider()
        .customers_with_ids(&credentials(), &ids)
        .await
        .unwrap();
    assert_eq!((found.len(), server.seen().len()), (251, 2));
    let none = server
        .provider()
        .customers_with_ids(&credentials(), &[CustomerId::new("x")])
        .await;
    assert_eq!(none, Ok(vec![]), "and nothing is asked");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_cursor_that_is_honoured_no_more_is_declined() {
    let server =
        Server::start(|_: &Seen| status(422, "", r#"{"errors": {"cursor": ["Invalid value"]}}"#));
    let place = Place::After("old".into());
    let page = server
        .provider()
        .all_subscriptions(&credentials(), &Selection::default(), Some(&place))
        .await;
    assert!(matches!(
        page,
        Err(ProviderError::Declined { status: 422, .. })
    ));
}
