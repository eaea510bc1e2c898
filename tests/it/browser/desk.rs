//! The card beside a ticket, in a helpdesk that shows frames: every state at every width, and the messages between the two.

use std::time::Duration;

use serde_json::json;
use sidecard::simulator::desk::{Card, Now, Options, Running, start};
use sidecard::simulator::recharge::Faults;

use super::Browser;
use super::page::Page;
use crate::embed::Desk;
use crate::house::{as_of, time_passes};

const SIZE: (u32, u32) = (1_200, 900);
const WIDTHS: [u32; 3] = [280, 360, 480];
/// All that the card ever showed, from now on.
const WATCH: &str = "window.seen = ''; new MutationObserver(() => { seen += document.body.innerText; }).observe(document.body, { subtree: true, childList: true, characterData: true })";
const TEXT: &str = "(document.querySelector('#card')?.innerText ?? '')";

/// An agent at a ticket.
struct Seat {
    desk: Desk,
    tickets: Running,
    page: Page,
    /// Ended with the test.
    _browser: Browser,
}

impl Seat {
    async fn taken(test: &str, email: &str) -> Option<Self> {
        let browser = Browser::open(test)?;
        let desk = Desk::open().await;
        let tickets = start(Options {
            now: Now::Fixed(as_of()),
            lasts: 600,
            ..Options::default()
        });
        let tickets = tickets.await.unwrap();
        tickets.join(Card {
            service: desk.origin(),
            workspace: desk.here.id.to_string(),
            secret: desk.here.secret.reveal().clone(),
        });
        let page = browser.blank(SIZE, false).await;
        page.guard().await;
        let seat = Self {
            desk,
            tickets,
            page,
            _browser: browser,
        };
        let ticket = seat.ticket(email);
        let url = format!("{}/?ticket={ticket}", seat.tickets.base_url());
        seat.page.go(&url).await;
        Some(seat)
    }

    /// The customer's ticket, new if there is none.
    fn ticket(&self, email: &str) -> String {
        let known = self.tickets.ticket_of(email);
        known.unwrap_or_else(|| self.tickets.receive(email))
    }

    /// The agent opens another ticket.
    async fn open(&self, email: &str) {
        let ticket = self.ticket(email);
        self.page.value(&format!("open('{ticket}')")).await;
    }

    async fn card(&self, expression: &str) -> serde_json::Value {
        self.page.frame(&self.desk.origin(), expression).await
    }

    async fn until_card(&self, expression: &str) {
        self.page.frame_until(&self.desk.origin(), expression).await;
    }

    /// Waits until the card says this.
    async fn says(&self, text: &str) {
        self.until_card(&format!("{TEXT}.includes({text:?})")).await;
    }

    /// Every width in both schemes: nothing is cut off at the side, all is to be seen, and the frame is as high as the page.
    async fn fits_everywhere(&self, state: &str) {
        for width in WIDTHS {
            let side = format!("document.body.style.setProperty('--side-width', '{width}px')");
            self.page.value(&side).await;
            // The sidebar's own scroll bar may take some of it.
            let is_wide = format!("innerWidth <= {width} && innerWidth > {width} - 20");
            self.until_card(&is_wide).await;
            for dark in [false, true] {
                self.page.shade(dark).await;
                let state = format!("{state} at {width} px, dark: {dark}");
                self.until_card(&format!(
                    "matchMedia('(prefers-color-scheme: dark)').matches === {dark}"
                ))
                .await;
                let over =
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth";
                assert_eq!(self.card(over).await, 0, "{state}");
                let visible =
                    "document.querySelector('main').checkVisibility({ visibilityProperty: true })";
                assert_eq!(self.card(visible).await, true, "{state}");
            }
            self.fits(state).await;
        }
    }

    /// Time goes by, for the helpdesk too, and Recharge does not answer any more.
    fn recharge_fails_for(&self, seconds: u64) {
        let fails = "500=1".parse::<Faults>().unwrap();
        self.desk.recharge.set_faults(fails);
        let then = self.desk.clock.now() + Duration::from_secs(seconds);
        self.tickets.move_clock(then);
        self.desk.later(seconds);
    }

    /// Waits until the frame is as high as what is in it now.
    async fn fits(&self, state: &str) {
        let high = "Math.ceil(document.documentElement.getBoundingClientRect().height)";
        let told = "parseFloat(document.querySelector('iframe').style.height)";
        let fits = async {
            loop {
                let high = self.card(high).await.as_f64().unwrap();
                if self.page.value(told).await.as_f64() == Some(high) {
                    return high;
                }
            }
        };
        let high = tokio::time::timeout(Duration::from_secs(20), fits).await;
        let high = high.unwrap_or_else(|_| panic!("{state}: the frame is not as high as the page"));
        assert!(high > 50.0, "{state}: {high}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_fits_at_every_width_in_both_schemes() {
    let Some(seat) = Seat::taken("every state", "kim@acme.example").await else {
        return;
    };
    let (clock, recharge) = (seat.desk.clock.clone(), seat.desk.recharge.clone());
    let lookups = seat.desk.lookups.clone();
    // What waits before it tries again does not wait here.
    let passing = tokio::spawn(async move { time_passes(&clock, &recharge, &lookups).await });
    seat.says("Wool Runner").await;
    for (email, outcome) in [
        ("paula.prepaid@mail.example", "found"),
        ("stella.status@mail.example", "found"),
        ("rhea.reason@mail.example", "found"),
        ("olive.only@mail.example", "found"),
        ("nina.none@mail.example", "found"),
        ("dana.dunning@mail.example", "found"),
        ("skye.skipped@mail.example", "found"),
        ("lola.long@mail.example", "found"),
        ("hostile@mail.example", "found"),
        ("zoe.emoji@mail.example", "found"),
        ("rtl@mail.example", "found"),
        ("wholesale@mail.example", "found"),
        ("twin@mail.example", "several"),
        ("nobody@mail.example", "not_found"),
        ("server-error@fault.example", "unavailable"),
    ] {
        seat.open(email).await;
        let there = format!(
            "document.querySelector('main[data-outcome={outcome}]') && !document.querySelector('main[data-state]')"
        );
        seat.until_card(&there).await;
        seat.fits_everywhere(email).await;
    }
    // What is known is three hours old, and Recharge is gone.
    seat.recharge_fails_for(3 * 3_600);
    seat.open("kim@acme.example").await;
    seat.says("Not the newest").await;
    seat.fits_everywhere("stale").await;
    seat.desk.recharge.set_faults(Faults::default());
    // An agent says that it is somebody else.
    seat.desk.later(60);
    seat.open("wanda.weekly@mail.example").await;
    seat.says("Wanda Weekly").await;
    seat.until_card("document.querySelector('[data-act=unlink]')")
        .await;
    seat.card("document.querySelector('[data-act=unlink]').click()")
        .await;
    seat.until_card("document.querySelector('main[data-outcome=unlinked]')")
        .await;
    seat.says("Link again?").await;
    seat.fits_everywhere("unlinked").await;
    // Recharge does not take the token any more.
    seat.desk.recharge.revoke_token();
    seat.open("mo.moved@mail.example").await;
    seat.says("refuses Sidecard's access").await;
    seat.fits_everywhere("reconnect").await;
    passing.abort();
    let gate = seat.page.gate(|gate| (gate.strays.clone(), gate.pictures));
    assert!(gate.0.is_empty() && gate.1 > 0, "{gate:?}");
    assert_eq!(seat.page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_shops_fit_at_every_width_in_both_schemes() {
    let Some(seat) = Seat::taken("several shops", "wanda.weekly@mail.example").await else {
        return;
    };
    seat.says("Wanda Weekly").await;
    let here = &seat.desk.here;
    seat.desk
        .add_shop(here, "acme-eu", "sk_test_1x1_refused")
        .await;
    seat.desk.settled(here).await;
    seat.tickets.move_clock(seat.desk.clock.now());
    seat.open("kim@acme.example").await;
    for (shop, outcome) in [("acme-usa", "found"), ("acme-eu", "unavailable")] {
        let section = format!(
            "document.querySelector('section[data-install={shop}][data-outcome={outcome}]')"
        );
        seat.until_card(&section).await;
    }
    seat.says("Wool Runner").await;
    seat.says("refuses Sidecard's access").await;
    seat.fits_everywhere("several shops").await;
    assert_eq!(seat.page.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_ticket_mid_request_never_shows_the_first_ones_customer() {
    let Some(seat) = Seat::taken("another ticket mid-request", "kim@acme.example").await else {
        return;
    };
    seat.says("Wool Runner").await;
    seat.until_card("document.querySelector('[data-act=unlink]')")
        .await;
    // What was asked about Kim is still on its way when the next ticket is opened.
    seat.page.gate(|gate| gate.holds = Some("/ask/embed/"));
    seat.card("void document.querySelector('[data-act=unlink]').click()")
        .await;
    seat.page.until_held("/unlink").await;
    seat.open("wanda.weekly@mail.example").await;
    seat.page.until_held("wanda").await;
    assert_eq!(
        seat.card(&format!("{TEXT}.includes('Kim')")).await,
        false,
        "what was shown is gone before the answer is there"
    );
    assert_eq!(seat.card("location.search").await, "");
    seat.card(WATCH).await;
    seat.open("rhea.reason@mail.example").await;
    seat.page.until_held("rhea").await;
    seat.page.release();
    seat.says("Rhea Reason").await;
    let seen = seat.card("window.seen").await;
    let seen = seen.as_str().unwrap();
    assert!(seen.contains("Looking for subscriptions") && seen.contains("Rhea Reason"));
    assert!(
        !seen.contains("Kim Example") && !seen.contains("Wanda Weekly"),
        "{seen}"
    );
    // A ticket without a customer has no card, and the next one has.
    seat.page.value("open('1025')").await;
    seat.says("No customer").await;
    seat.open("kim@acme.example").await;
    seat.says("Wool Runner").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_with_the_site_around_it_alone_and_tells_it_nothing_of_the_customer() {
    let Some(seat) = Seat::taken("messages", "kim@acme.example").await else {
        return;
    };
    seat.says("Wool Runner").await;
    // Somebody else in the same window says that there is no customer; nobody listens.
    seat.page
        .value("window.heard = []; addEventListener('message', ({ data, origin }) => heard.push({ ...data, origin })); const other = document.createElement('iframe'); document.body.append(other); other.contentWindow.eval(\"parent.document.getElementById('card').contentWindow.postMessage({ sidecard: 1, type: 'customer', address: null }, '*')\")")
        .await;
    // Nor to another version's words.
    let frame = "document.getElementById('card')";
    seat.page
        .value(&format!("{frame}.contentWindow.postMessage({{ sidecard: 2, type: 'customer', address: null }}, '*')"))
        .await;
    seat.page
        .value(&format!("{frame}.contentWindow.postMessage({{ sidecard: 1, type: 'hello' }}, {frame}.dataset.origin)"))
        .await;
    seat.page
        .until("['ready', 'resize'].every((type) => heard.some((one) => one.type === type))")
        .await;
    seat.says("Wool Runner").await;
    let told = seat
        .page
        .value("[...new Set(heard.map((one) => Object.keys(one).sort().join()))].sort()")
        .await;
    assert_eq!(
        told,
        json!(["height,origin,sidecard,type", "origin,sidecard,type"])
    );
    assert_eq!(
        seat.page
            .value("heard.every((one) => one.sidecard === 1)")
            .await,
        true
    );
    // An address that is not signed well, and one of elsewhere.
    for address in ["/ask/embed/x?v=1&signature=0", "javascript:alert(1)"] {
        seat.page
            .value(&format!("{frame}.contentWindow.postMessage({{ sidecard: 1, type: 'customer', address: '{address}' }}, {frame}.dataset.origin)"))
            .await;
        seat.says("This card has expired").await;
        seat.open("kim@acme.example").await;
        seat.says("Wool Runner").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_frame_may_send_no_forms_the_search_works() {
    let Some(seat) = Seat::taken("a frame without forms", "kim@acme.example").await else {
        return;
    };
    seat.says("Wool Runner").await;
    seat.page
        .value("new Promise((done) => { const card = document.querySelector('iframe#card'); card.sandbox = 'allow-scripts allow-same-origin allow-popups'; card.onload = done; card.src = card.src; }).then(() => {})")
        .await;
    seat.says("Wool Runner").await;
    seat.card("document.querySelector('.search').open = true; document.querySelector('input[name=text]').focus()")
        .await;
    seat.page.type_in("wanda.weekly@mail.example").await;
    seat.page.press("Enter").await;
    seat.until_card("document.querySelector('.hits button')")
        .await;
    seat.card("document.querySelector('.hits').textContent = ''; document.querySelector('.search form button').click()")
        .await;
    seat.until_card("document.querySelector('.hits button')")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_stays_open_gets_a_new_session() {
    let Some(seat) = Seat::taken("a new session", "kim@acme.example").await else {
        return;
    };
    seat.says("Wool Runner").await;
    let first = seat
        .card("document.getElementById('card').dataset.until")
        .await;
    seat.tickets
        .move_clock(as_of() + chrono::TimeDelta::seconds(1_500));
    seat.desk.later(1_500);
    let newer = format!("document.getElementById('card').dataset.until > {first}");
    seat.until_card(&newer).await;
    seat.says("Wool Runner").await;
    assert_eq!(
        seat.card("document.querySelector('.said').textContent")
            .await,
        ""
    );
}
