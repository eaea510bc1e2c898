//! Long lists, and pages that are not as they should be.

use super::*;

/// 600 charges of customer 7, every third of them queued, and one of customer 8.
fn many() -> Options {
    let charge = |id: i64, customer: i64| {
        let status = if id % 3 == 0 { "queued" } else { "success" };
        let processed = (status == "success").then_some("2026-11-05T10:00:00+00:00");
        json!({"id": id, "customer": {"id": customer}, "status": status, "processed_at": processed,
            "scheduled_at": "2026-12-05", "updated_at": format!("2026-11-{:02}T10:00:00+00:00", id % 20 + 1)})
    };
    let mut rows: Vec<_> = (1..=600).map(|id| charge(id, 7)).collect();
    rows.push(charge(601, 8));
    with(&[("charges", json!(rows))])
}

/// The ids of a whole list, page by page, and the status of each page.
async fn walk(caller: &Caller, path: &str) -> (Vec<i64>, Vec<u16>) {
    let (mut ids, mut statuses) = (Vec::new(), Vec::new());
    let mut next = path.to_owned();
    loop {
        let got = caller.get(&next).await;
        statuses.push(got.status);
        if got.status != 200 {
            return (ids, statuses);
        }
        ids.extend(got.ids("charges"));
        match got.json()["next_cursor"].as_str() {
            Some(cursor) => next = format!("/charges?limit=250&cursor={cursor}"),
            None => return (ids, statuses),
        }
    }
}

#[tokio::test]
async fn six_hundred_charges_of_one_customer_come_once_each() {
    let (_running, caller) = open(many()).await;
    let (ids, statuses) = walk(&caller, "/charges?customer_id=7&limit=250").await;
    assert_eq!(statuses, [200; 3]);
    assert_eq!(ids, (1..=600).rev().collect::<Vec<_>>());
    // Many rows have the same stamp or the same date: none is skipped or repeated for that.
    for order in ["updated_at-asc", "updated_at-desc", "scheduled_at-asc"] {
        let path = format!("/charges?customer_id=7&limit=250&sort_by={order}");
        let (mut ids, _) = walk(&caller, &path).await;
        ids.sort_unstable();
        assert_eq!(ids, (1..=600).collect::<Vec<_>>(), "{order}");
    }
    let (ids, statuses) = walk(&caller, "/charges?customer_id=7&limit=50&status=queued").await;
    assert_eq!((ids.len(), statuses.len()), (200, 2));
}

#[tokio::test]
async fn a_cursor_expires() {
    let (running, caller) = open(many()).await;
    running.strike_next("charges", "expired-cursor", 1);
    let path = "/charges?customer_id=7&limit=250";
    let (ids, statuses) = walk(&caller, path).await;
    assert_eq!((ids.len(), statuses), (250, vec![200, 422]));
    let first = caller.get(path).await.json();
    running.set_faults("expired-cursor=1".parse().unwrap());
    let cursor = first["next_cursor"].as_str().unwrap();
    let got = caller.get(&format!("/charges?cursor={cursor}")).await;
    assert_eq!(
        (got.status, got.text.as_str()),
        (422, r#"{"errors":{"cursor":["Invalid value"]}}"#)
    );
    // A list that begins has no cursor to expire.
    assert_eq!(caller.get(path).await.status, 200);
    assert_eq!(caller.get("/charges/3").await.status, 200);
}

#[tokio::test]
async fn a_list_ends_early() {
    let (running, caller) = open(many()).await;
    let path = "/charges?customer_id=7&limit=250";
    running.strike_next("/charges", "early-end", 1);
    assert_eq!(walk(&caller, path).await.0.len(), 250);
    assert_eq!(walk(&caller, path).await.0.len(), 600);
}

#[tokio::test]
async fn a_row_comes_twice_and_none_is_lost() {
    let (running, caller) = open(many()).await;
    running.set_faults("repeated-row=1".parse().unwrap());
    let (mut ids, _) = walk(&caller, "/charges?customer_id=7&limit=250").await;
    // The first page ends with its last row twice; the others begin with the last row of the page before.
    assert_eq!(ids[..2], [600, 599]);
    assert_eq!((ids[248], ids[249], ids[250]), (352, 352, 352));
    ids.dedup();
    assert_eq!(ids, (1..=600).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_full_last_page_leads_to_an_empty_one() {
    let (running, caller) = open(many()).await;
    running.set_faults("empty-page=1".parse().unwrap());
    let body = caller.get("/charges?ids=1,2&limit=2").await.json();
    let cursor = body["next_cursor"].as_str().unwrap();
    let got = caller
        .get(&format!("/charges?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(got.ids("charges"), [0; 0]);
    assert_eq!(got.json()["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_planned_fault_strikes_so_often_and_only_there() {
    let (running, caller) = open(many()).await;
    running.strike_next("charges", "503", 2);
    let status = async |path: &str| caller.get(path).await.status;
    assert_eq!(status("/customers").await, 200);
    assert_eq!(status("/charges?limit=1").await, 503);
    assert_eq!(status("/charges/3").await, 200);
    assert_eq!(status("/charges").await, 503);
    assert_eq!(status("/charges").await, 200);
    let planned = caller
        .control(Method::POST, "strike/429/1/charges/3", "")
        .await;
    assert_eq!(planned.status, 204, "{}", planned.text);
    assert_eq!(status("/charges").await, 200);
    assert_eq!(status("/charges/3").await, 429);
    for wrong in ["strike/teapot/1/charges", "strike/429/x/charges"] {
        let got = caller.control(Method::POST, wrong, "").await;
        assert_eq!(got.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn paid_charges_leave_lists_after_ninety_days() {
    let (running, caller) = open(many()).await;
    let count = async |path: &str| walk(&caller, path).await.0.len();
    let all = "/charges?customer_id=7&limit=250";
    running.move_clock(at("2027-02-03T10:00:00Z"));
    assert_eq!(count(all).await, 600);
    running.move_clock(at("2027-02-03T10:00:01Z"));
    assert_eq!(count(all).await, 200);
    assert_eq!(count("/charges?status=success").await, 0);
    assert_eq!(caller.get("/charges/1").await.status, 404);
    assert_eq!(caller.get("/charges/3").await.status, 200);
    running.patch("charges", 2, json!({"status": "partially_refunded"}));
    assert_eq!(count(all).await, 200, "a refund does not bring it back");
}

#[tokio::test]
async fn customers_are_asked_for_by_two_hundred_and_fifty_ids() {
    let rows: Vec<_> = (1..=300).map(|id| json!({"id": id})).collect();
    let (_running, caller) = open(with(&[("customers", json!(rows))])).await;
    let ids: Vec<_> = (31..=280).map(|id: i64| id.to_string()).collect();
    let got = caller
        .get(&format!("/customers?ids={}&limit=250", ids.join(",")))
        .await;
    assert_eq!(got.ids("customers"), (31..=280).rev().collect::<Vec<_>>());
    assert_eq!(got.json()["next_cursor"], Value::Null);
    // Unknown ids match nothing; without a limit there are 50 a page.
    let got = caller.get("/customers?ids=5,900,6").await;
    assert_eq!(got.ids("customers"), [6, 5]);
    let got = caller
        .get(&format!("/customers?ids={}", ids.join(",")))
        .await;
    assert_eq!(got.ids("customers").len(), 50);
}
