//! The live card within Kustomer's agents' page, as agents meet it.

use serde_json::{Value, json};

use super::Browser;
use super::page::Page;
use crate::kustomer::{Desk, WITHOUT_KUSTOMERS_SECRET};

/// The panel's width, and room for the rest.
const SIZE: (u32, u32) = (1_100, 900);
/// All that the card ever showed, from now on.
const WATCH: &str = "window.seen = ''; new MutationObserver(() => { seen += document.body.innerText; }).observe(document.body, { subtree: true, childList: true, characterData: true })";
/// While the page is still on its way it says nothing.
const TEXT: &str = "(document.querySelector('#card')?.innerText ?? '')";

struct Seat {
    desk: Desk,
    page: Page,
    /// Ended with the test.
    _browser: Browser,
}

impl Seat {
    /// An agent at Kim's page.
    async fn taken(test: &str, desk: Desk, customer: &str) -> Option<Self> {
        let browser = Browser::open(test)?;
        let url = desk.kustomer.agent_url(customer);
        let page = browser.page(&url, SIZE, false).await;
        Some(Self {
            desk,
            page,
            _browser: browser,
        })
    }

    /// The agent opens another customer.
    async fn open(&self, email: &str) {
        let id = self.desk.kustomer.customer_id(&format!("email={email}"));
        let id = id.unwrap();
        let click = format!("document.querySelector('[data-customer=\"{id}\"]').click()");
        self.page.value(&click).await;
        let there =
            format!("document.querySelector('[aria-current]')?.dataset.customer === '{id}'");
        self.page.until(&there).await;
    }

    async fn card(&self, expression: &str) -> Value {
        self.page.frame(&self.desk.origin(), expression).await
    }

    /// Waits until the card says this.
    async fn says(&self, text: &str) {
        let said = format!("{TEXT}.includes({text:?})");
        self.page.frame_until(&self.desk.origin(), &said).await;
    }

    /// Waits until the frame is as high as what is in it now; says how high.
    async fn fits(&self) -> f64 {
        let high = "Math.ceil(document.body.getBoundingClientRect().height)";
        let needed = self.card(high).await.as_f64().unwrap();
        let frame = "parseFloat(document.querySelector('iframe').style.height)";
        self.page.until(&format!("{frame} === {needed}")).await;
        needed
    }

    async fn is_hidden(&self) -> bool {
        let hidden = "document.querySelector('.card').hidden";
        self.page.value(hidden).await == Value::Bool(true)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_is_shown_beside_the_customer_and_is_as_high_as_it_needs() {
    let desk = Desk::open().await;
    let Some(seat) = Seat::taken("the card is shown", desk, "email=kim@acme.example").await else {
        return;
    };
    seat.says("Wool Runner").await;
    assert!(!seat.is_hidden().await);
    assert_eq!(
        seat.card("document.querySelector('main').dataset.outcome")
            .await,
        "found"
    );
    let needed = seat.fits().await;
    assert!(needed > 200.0, "{needed}");
    // A fold that opens makes the frame grow.
    seat.card("document.querySelector('summary').click()").await;
    let grown = format!("document.body.getBoundingClientRect().height > {needed}");
    seat.page.frame_until(&seat.desk.origin(), &grown).await;
    seat.fits().await;
    // What the address was given stays in it, and the links lead out of the frame.
    let query = seat.card("location.search").await;
    let query = query.as_str().unwrap();
    assert!(
        query.contains("parentUrl=") && query.contains("id="),
        "{query}"
    );
    assert_eq!(
        seat.card("[...document.querySelectorAll('main a')].every((a) => a.target === '_blank' && a.rel === 'noopener noreferrer')").await,
        true
    );
    let violations = "new Promise((done) => { document.addEventListener('securitypolicyviolation', () => done('blocked')); const bad = document.createElement('script'); bad.textContent = 'window.bad = 1'; document.body.append(bad); setTimeout(() => done('ran'), 2000); })";
    assert_eq!(seat.card(violations).await, "blocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_customer_mid_request_never_gets_the_first_ones_card() {
    let desk = Desk::open().await;
    let Some(seat) = Seat::taken(
        "another customer mid-request",
        desk,
        "email=nobody@mail.example",
    )
    .await
    else {
        return;
    };
    seat.says("No customer").await;
    seat.card(WATCH).await;
    let kustomer = seat.desk.kustomer.clone();

    // The first one's answer comes late, but before the second one's.
    kustomer.hold_commands();
    seat.open("kim@acme.example").await;
    kustomer.until_commands_held(1).await;
    seat.says("Looking for subscriptions").await;
    seat.open("wanda.weekly@mail.example").await;
    kustomer.until_commands_held(2).await;
    assert!(kustomer.release_command(0));
    assert!(kustomer.release_command(0));
    seat.says("Wanda Weekly").await;

    // The first one's answer comes after the second one's.
    seat.open("kim@acme.example").await;
    kustomer.until_commands_held(1).await;
    assert_eq!(
        seat.card(&format!("{TEXT}.includes('Wanda')")).await,
        false,
        "what was shown is gone before the answer is there"
    );
    seat.open("rhea.reason@mail.example").await;
    kustomer.until_commands_held(2).await;
    assert!(kustomer.release_command(1));
    seat.says("Rhea Reason").await;
    assert!(kustomer.release_command(0));
    kustomer.release_commands();
    // Messages keep their order: when the next one's card is there, Kim's answer was, too.
    seat.open("olive.only@mail.example").await;
    seat.says("Olive Only").await;

    let seen = seat.card("window.seen").await;
    let seen = seen.as_str().unwrap();
    assert!(seen.contains("Wanda Weekly") && seen.contains("Rhea Reason"));
    assert!(!seen.contains("Kim Example"), "the wrong person was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_customer_again_is_not_asked_about_again() {
    let desk = Desk::open().await;
    let Some(seat) = Seat::taken("the same customer again", desk, "email=kim@acme.example").await
    else {
        return;
    };
    seat.says("Wool Runner").await;
    seat.card(WATCH).await;
    seat.open("kim@acme.example").await;
    seat.open("wanda.weekly@mail.example").await;
    seat.says("Wanda Weekly").await;
    let seen = seat.card("window.seen").await;
    let seen = seen.as_str().unwrap();
    assert_eq!(seen.matches("Looking for").count(), 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_an_address_has_no_card() {
    let desk = Desk::open().await;
    let phil = desk.customer_named("Phil Phone");
    let Some(seat) = Seat::taken("a customer without an address", desk, &phil).await else {
        return;
    };
    seat.page
        .until("document.querySelector('.card')?.hidden")
        .await;
    seat.says("No email address").await;
    seat.open("kim@acme.example").await;
    seat.says("Wool Runner").await;
    assert!(!seat.is_hidden().await, "it is back with the next customer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_typed_says_what_to_do_and_can_be_tried_again() {
    let desk = Desk::open().await;
    desk.type_secret(WITHOUT_KUSTOMERS_SECRET);
    let Some(seat) =
        Seat::taken("a secret that is not typed", desk, "email=kim@acme.example").await
    else {
        return;
    };
    seat.says("This card is not connected").await;
    assert!(!seat.is_hidden().await);
    seat.fits().await;
    seat.desk.type_secret(crate::kustomer::SECRET);
    seat.card("document.querySelector('button').click()").await;
    seat.says("Wool Runner").await;
    seat.fits().await;
    seat.open("nobody@mail.example").await;
    seat.says("Not found").await;
    seat.fits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_copied_with_a_click_though_the_frame_is_lent_no_clipboard() {
    let desk = Desk::open().await;
    let Some(seat) = Seat::taken("an id is copied", desk, "email=kim@acme.example").await else {
        return;
    };
    seat.says("Wool Runner").await;
    let button = "document.querySelector('main [data-copy]')";
    assert_eq!(seat.card(&format!("{button}.hidden")).await, false);
    // The window's listener comes after the page's own, and sees what is copied.
    let watch = "window.addEventListener('copy', (event) => { window.copied = event.clipboardData.getData('text/plain'); })";
    seat.card(watch).await;
    let place = seat
        .card(&format!("(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])({button}.getBoundingClientRect())"))
        .await;
    let frame = seat
        .page
        .value("(({ x, y }) => [x, y])(document.querySelector('iframe').getBoundingClientRect())")
        .await;
    let at = |n: usize| place[n].as_f64().unwrap() + frame[n].as_f64().unwrap();
    for kind in ["mousePressed", "mouseReleased"] {
        let event =
            json!({"type": kind, "x": at(0), "y": at(1), "button": "left", "clickCount": 1});
        seat.page.ask("Input.dispatchMouseEvent", event).await;
    }
    let done = format!("{button}.dataset.done === ''");
    seat.page.frame_until(&seat.desk.origin(), &done).await;
    let copied = seat.card("window.copied").await;
    assert_eq!(copied, seat.card(&format!("{button}.dataset.copy")).await);
}
