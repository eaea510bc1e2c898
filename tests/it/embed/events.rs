//! How an open page is told that its card has changed.

use std::time::Duration;

use reqwest::Response;
use serde_json::json;
use sidecard::app::Change;
use sidecard::domain::email::Email;
use sidecard::domain::id::CustomerId;
use sidecard::domain::install::InstallName;
use sidecard::domain::question::Subject;
use sidecard::store::Stored;

use super::{DANA, Desk, KIM, Open, TICKET, attribute, code_of};

/// A stream that is read event by event.
struct Stream(Response, String);

impl Stream {
    async fn open(desk: &Desk, page: &Open) -> Self {
        let request = desk.get(&desk.act_address(page, "events"));
        let response = request.bearer_auth(&page.token).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response, String::new())
    }

    /// The next event; `None`: the stream has ended. Bounded.
    async fn next(&mut self) -> Option<String> {
        let reading = async {
            loop {
                if let Some((event, rest)) = self.1.split_once("\n\n") {
                    let (event, rest) = (event.to_owned(), rest.to_owned());
                    self.1 = rest;
                    return Some(event);
                }
                let bytes = self.0.chunk().await.unwrap()?;
                self.1.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading)
            .await
            .expect("nothing came")
    }
}

fn kims_card(install: &str, customer: &str) -> Change {
    Change::Customer(
        InstallName::parse(install).unwrap(),
        CustomerId::new(customer),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_event_is_the_version_that_there_is_to_show() {
    let desk = Desk::open().await;
    let page = desk.page(&desk.here, &[("email", KIM), DANA]).await;
    let mut stream = Stream::open(&desk, &page).await;
    let version = attribute(&page.html, "data-version").unwrap();
    assert_eq!(
        stream.next().await.unwrap(),
        format!("event: card\ndata: {version}")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_at_once_to_whom_it_concerns() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let mut stream = Stream::open(&desk, &page).await;
    stream.next().await;
    // Somebody else's, another shop's: not told. What is told next is the change behind them.
    desk.live.tell(kims_card("acme-usa", "176700002"));
    desk.live.tell(kims_card("acme-eu", "176700001"));
    desk.later(15);
    assert_eq!(stream.next().await.unwrap(), ": still here");
    desk.live.tell(kims_card("acme-usa", "176700001"));
    assert_eq!(stream.next().await.unwrap(), "event: changed\ndata:");
    // And that an address names somebody else.
    let install = InstallName::parse("acme-usa").unwrap();
    let key = |email| {
        let subject = Subject::Email(Email::parse(email).unwrap());
        desk.lookups.subject_key(&subject)
    };
    desk.live
        .tell(Change::Subject(install.clone(), key("wanda@mail.example")));
    desk.live.tell(Change::Subject(install, key(KIM)));
    assert_eq!(stream.next().await.unwrap(), "event: changed\ndata:");
    desk.later(15);
    assert_eq!(
        stream.next().await.unwrap(),
        ": still here",
        "nothing else was told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_lookups_have_settled_reaches_the_page_also_one_that_shows_nobody() {
    let desk = Desk::open().await;
    let install = InstallName::parse("acme-usa").unwrap();
    let kims = desk.kims().await;
    let nobody = "nobody.yet@mail.example";
    let nobodys = desk.page(&desk.here, &[("email", nobody)]).await;
    assert!(nobodys.html.contains(r#"data-outcome="not_found""#));
    let mut kims = Stream::open(&desk, &kims).await;
    let mut nobodys = Stream::open(&desk, &nobodys).await;
    kims.next().await;
    nobodys.next().await;
    let changed = |id: &str, keys| Stored {
        is_changed: true,
        is_refused: false,
        keys,
        ..Stored::refused(&CustomerId::new(id))
    };
    desk.lookups
        .committed(&install, vec![changed("176700001", Vec::new())]);
    assert_eq!(kims.next().await.unwrap(), "event: changed\ndata:");
    let named = Subject::Email(Email::parse(nobody).unwrap());
    let named = desk.lookups.subject_key(&named);
    desk.lookups
        .committed(&install, vec![changed("1", vec![named])]);
    assert_eq!(nobodys.next().await.unwrap(), "event: changed\ndata:");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_agent_does_by_hand_is_told_in_this_workspace_alone() {
    let desk = Desk::open().await;
    let erin = desk.page(&desk.here, &[("email", KIM), ("agent", "Erin"), TICKET]);
    let mut told = Stream::open(&desk, &erin.await).await;
    let there = desk.page(&desk.there, &[("email", KIM), DANA, TICKET]);
    let mut untold = Stream::open(&desk, &there.await).await;
    told.next().await;
    untold.next().await;
    let page = desk.kims().await;
    desk.given(&page, "unlink", json!({"install": "acme-usa"}))
        .await;
    assert_eq!(told.next().await.unwrap(), "event: changed\ndata:");
    desk.later(15);
    assert_eq!(untold.next().await.unwrap(), ": still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_beats_every_fifteen_seconds_and_ends_with_its_session() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let mut stream = Stream::open(&desk, &page).await;
    stream.next().await;
    for _ in 0..3 {
        desk.later(15);
        assert_eq!(stream.next().await.unwrap(), ": still here");
    }
    desk.later(600 + 900 - 45);
    assert_eq!(stream.next().await.unwrap(), "event: over");
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_workspace_is_disabled() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let mut stream = Stream::open(&desk, &page).await;
    stream.next().await;
    desk.set(&desk.here, |settings| settings.enabled = false)
        .await;
    desk.until_refused(&page).await;
    desk.later(15);
    let mut last = stream.next().await.unwrap();
    while last == ": still here" {
        last = stream.next().await.unwrap();
    }
    assert_eq!(last, "event: over");
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_ends_holds_no_stream() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let mut stream = Stream::open(&desk, &page).await;
    stream.next().await;
    desk.end.send_replace(true);
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_eight_streams_and_a_closed_one_gives_its_seat_back() {
    let desk = Desk::open().await;
    let page = desk.kims().await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(Stream::open(&desk, &page).await);
    }
    let request = desk.get(&desk.act_address(&page, "events"));
    let ninth = request.bearer_auth(&page.token).send().await.unwrap();
    assert_eq!(ninth.headers()["retry-after"], "15");
    assert_eq!(code_of(ninth).await, (429, "too_many_streams".into()));
    // Another ticket is another session.
    let other = desk.page(&desk.here, &[("email", KIM), DANA]).await;
    Stream::open(&desk, &other).await;
    // Who has left is seen at a heartbeat, or the one after.
    let mut stays = streams.pop().unwrap();
    stays.next().await;
    drop(streams);
    let mut is_free = false;
    for _ in 0..20 {
        desk.later(15);
        assert_eq!(stays.next().await.unwrap(), ": still here");
        let request = desk.get(&desk.act_address(&page, "events"));
        let response = request.bearer_auth(&page.token).send().await.unwrap();
        is_free = is_free || response.status() == 200;
    }
    assert!(is_free, "no seat came back");
}
