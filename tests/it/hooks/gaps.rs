//! After an outage: what was read before its end is not fresh, until what changed in it has been read.

use std::time::Duration;

use serde_json::json;
use sidecard::simulator::recharge::Faults;

use super::{Desk, KIM, broken, kim, name, until};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn cancel(desk: &Desk) {
    let body = json!({"cancellation_reason": "Too much coffee"});
    let (status, _) = desk
        .recharge
        .act("POST", "/subscriptions/585000001/cancel", body);
    assert_eq!(status, 200);
}

async fn swept(desk: &Desk) {
    until("what was missed is read", async || {
        let gaps = desk.store.gaps().await.unwrap();
        gaps.iter().all(|gap| gap.progress.swept)
    })
    .await;
}

impl Desk {
    /// The calls that a sweep has made since the last look.
    fn sweeps(&self) -> Vec<String> {
        let requests = self.recharge.requests().into_iter();
        let sweeps = requests.filter(|request| request.parameter("updated_at_min").is_some());
        sweeps.map(|request| request.path).collect()
    }

    /// The calls that were made for a card.
    fn reads(&self) -> Vec<String> {
        let requests = self.recharge.requests().into_iter();
        let reads = requests.filter(|request| {
            request.parameter("email").is_some() || request.parameter("customer_id").is_some()
        });
        reads.map(|request| request.path).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_outage_missed_is_read_in_few_calls_and_cards_are_true() {
    let (mut desk, outside) = Desk::live().await;
    let (card, _) = desk.card(KIM).await;
    assert_eq!(card["customer"]["subscriptions_active"], 1);
    outside.lead_to(None);
    desk.stop().await;
    desk.later(Duration::from_secs(30));
    cancel(&desk);
    desk.recharge.delivered().await;
    desk.serve_at(&outside).await;
    swept(&desk).await;
    assert!(desk.store.gaps().await.unwrap().is_empty());
    let sweeps = desk.sweeps();
    assert_eq!(sweeps, ["/customers", "/subscriptions", "/charges"]);
    let kept = desk.store.known(&name("acme-usa"), &kim()).await.unwrap();
    assert!(!kept.unwrap().needs_read);
    until("the gap is closed for lookups too", async || {
        desk.card(KIM).await.1.is_empty()
    })
    .await;
    let (card, calls) = desk.card(KIM).await;
    assert_eq!(calls, [""; 0]);
    assert_eq!(card["customer"]["subscriptions_active"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn until_it_is_read_a_card_from_before_is_not_fresh_and_a_sweep_goes_on_where_it_was() {
    let (mut desk, outside) = Desk::live().await;
    desk.card(KIM).await;
    outside.lead_to(None);
    desk.stop().await;
    desk.later(Duration::from_secs(30));
    cancel(&desk);
    desk.recharge.set_faults(broken());
    desk.serve_at(&outside).await;
    let (card, calls) = desk.card(KIM).await;
    assert!(!calls.is_empty());
    assert_eq!(
        (&card["outcome"], &card["stale"]),
        (&json!("found"), &json!(true))
    );
    assert_eq!(desk.store.gaps().await.unwrap().len(), 1);

    desk.recharge.set_faults(Faults::default());
    desk.later(Duration::from_secs(3));
    let (card, calls) = desk.card(KIM).await;
    assert!(!calls.is_empty(), "it is read anew");
    assert_eq!(card["stale"], false);
    assert_eq!(card["customer"]["subscriptions_active"], 0);
    // Read after the gap's end, it is as fresh as any.
    desk.recharge.forget_requests();
    desk.accounts(KIM).await;
    assert_eq!(desk.reads(), [""; 0]);
    until("the sweep is tried again", async || {
        desk.later(Duration::from_secs(5));
        desk.store.gaps().await.unwrap().is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_deletion_may_be_missing_every_card_from_before_is_read_again() {
    let (mut desk, outside) = Desk::live().await;
    outside.lead_to(None);
    desk.stop().await;
    desk.later(DAY * 3);
    desk.more = "[cache]\nstale = \"30m\"\n".into();
    desk.serve_at(&outside).await;
    desk.card(KIM).await;
    swept(&desk).await;
    let gaps = desk.store.gaps().await.unwrap();
    assert!(gaps.len() == 1 && gaps[0].deletions && gaps[0].progress.swept);
    // One that no card can be of any more is closed.
    let mut file = desk.file().await;
    until("the gap is forgotten", async || {
        // In steps that its heart keeps pace with: where it misses a beat there is another gap.
        desk.later(Duration::from_secs(60));
        let now = desk.clock.now().timestamp_micros();
        let mut looks = 0;
        until("it is alive", async || {
            looks += 1;
            if looks % 300 == 0 && looks < 3_000 {
                // The clock was moved just before it looked when to beat next.
                desk.later(Duration::from_secs(6));
            }
            let alive = "SELECT value FROM counters WHERE name = 'alive'";
            let beat: i64 = sqlx::query_scalar(alive)
                .fetch_one(&mut file)
                .await
                .unwrap();
            beat >= now
        })
        .await;
        let gaps = desk.store.gaps().await.unwrap();
        gaps.iter().all(|gap| !gap.deletions)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_webhooks_there_is_no_gap() {
    let mut desk = Desk::open().await;
    desk.card(KIM).await;
    desk.stop().await;
    desk.later(Duration::from_secs(60));
    desk.serve().await;
    assert!(desk.store.gaps().await.unwrap().is_empty());
    assert!(desk.card(KIM).await.1.is_empty(), "fresh by the clock");
}
