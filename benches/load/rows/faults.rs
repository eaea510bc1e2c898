//! Every fault of the simulator in turn, while agents ask: first it strikes three calls of ten, then one customer alone.

use std::time::{Duration, Instant};

use serde_json::json;
use sidecard::simulator::recharge::{Faults, Options, Running, start};
use tokio::task::JoinSet;

use crate::Scale;
use crate::installed::Installed;
use crate::seen::{Counts, Seen, seen};
use crate::table::Line;
use crate::warm::crowd::{crowd, email};

const CUSTOMERS: usize = 200;
/// Views a second.
const RATE: u32 = 40;
/// A fault, as the simulator names it, and the customer who meets it alone.
const FAULTS: [(&str, Option<&str>); 15] = [
    ("401", Some("unauthorized@mail.example")),
    ("403", None),
    ("404", None),
    ("409", None),
    ("429", Some("rate-limited@mail.example")),
    ("500", None),
    ("501", None),
    ("502", None),
    ("503", None),
    ("504", None),
    ("server-error", Some("server-error@mail.example")),
    ("broken-json", Some("broken-json@mail.example")),
    ("truncated", Some("truncated@mail.example")),
    ("reset", Some("reset@mail.example")),
    ("silent", Some("silent@mail.example")),
];
/// Of the fastest kind that is known: 120 calls at once, and 20 a second.
const FAST: &str = "sk_test_10x3_000000000000000000000000000000000000000000000000000000000000fa4e";
const SLOW: (&str, Option<&str>) = ("slow", Some("slow-3s@mail.example"));
/// A refusal is believed for so long, and then a little.
const RECOVERY: Duration = Duration::from_secs(45);

pub async fn row(scale: &Scale) -> Vec<Line> {
    let mut house = House::open().await;
    for (fault, bad) in FAULTS.into_iter().chain([SLOW]) {
        println!("fault {fault}");
        house.everybody(fault, scale.fault).await;
        if let Some(bad) = bad {
            house.one(bad, scale.fault).await;
        }
    }
    house.lines().await
}

struct House {
    recharge: Running,
    installed: Installed,
    client: reqwest::Client,
    asked: usize,
    /// What came back while faults struck everybody; while they struck one, to the others.
    all: Counts,
    others: Counts,
    not_recovered: Vec<&'static str>,
    longest: Duration,
}

impl House {
    async fn open() -> Self {
        let options = Options {
            data: crowd(CUSTOMERS),
            ..Options::default()
        };
        let recharge = start(options).await.unwrap();
        // Cards age fast, so that Recharge is asked all the time.
        let more = "[cache]\nfresh = \"1s\"\nrevalidate = \"2s\"";
        let installed = Installed::open(&recharge.base_url(), FAST, &["json"], more);
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let mut house = Self {
            recharge,
            installed,
            client,
            asked: 0,
            all: Counts::default(),
            others: Counts::default(),
            not_recovered: Vec::new(),
            longest: Duration::ZERO,
        };
        for _ in 0..CUSTOMERS {
            assert!(house.look().await.is_found());
        }
        house
    }

    /// The next customer.
    fn next(&mut self) -> String {
        self.asked += 1;
        email(self.asked % CUSTOMERS)
    }

    fn ask(&self, email: &str) -> impl Future<Output = Seen> + Send + use<> {
        let (id, secret) = self.installed.workspaces[0].key();
        let request = self
            .client
            .post(format!("http://{}/ask/json/{id}", self.installed.address()))
            .bearer_auth(secret)
            .body(json!({ "emails": [email] }).to_string());
        seen(request)
    }

    async fn look(&mut self) -> Seen {
        let next = self.next();
        self.ask(&next).await
    }

    /// Agents at a fixed rate, whether or not they are answered; with them somebody who asks for `bad` as often.
    async fn load(&mut self, lasting: Duration, bad: Option<&str>) -> Counts {
        let mut asked = JoinSet::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
        let began = Instant::now();
        while began.elapsed() < lasting {
            ticks.tick().await;
            let next = self.next();
            let good = self.ask(&next);
            asked.spawn(async move { Some(good.await) });
            if let Some(bad) = bad {
                let bad = self.ask(bad);
                // Whatever the bad one sees, it is no error of ours.
                asked.spawn(async move { Some(bad.await).filter(Seen::is_error) });
            }
        }
        let mut came = Counts::default();
        while let Some(seen) = asked.join_next().await {
            seen.unwrap().iter().for_each(|seen| came.add(seen));
        }
        came
    }

    async fn everybody(&mut self, fault: &'static str, lasting: Duration) {
        let strikes = if fault == "slow" {
            String::from("slow=0.3:300ms")
        } else {
            format!("{fault}=0.3")
        };
        let faults: Faults = strikes.parse().unwrap();
        self.recharge.set_faults(faults);
        let came = self.load(lasting, None).await;
        self.all.extend(came);
        self.recharge.set_faults(Faults::default());
        self.recover(fault).await;
    }

    async fn one(&mut self, bad: &str, lasting: Duration) {
        let came = self.load(lasting, Some(bad)).await;
        self.others.extend(came);
    }

    /// Until somebody who is looked at again and again has a new card.
    async fn recover(&mut self, fault: &'static str) {
        let began = Instant::now();
        let whom = self.next();
        loop {
            let looked = chrono::Utc::now();
            let seen = self.ask(&whom).await;
            if matches!(seen, Seen::Found { as_of, stale: false } if looked - as_of < chrono::TimeDelta::seconds(3))
            {
                break;
            }
            if began.elapsed() > RECOVERY {
                self.not_recovered.push(fault);
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.longest = self.longest.max(began.elapsed());
    }

    async fn lines(self) -> Vec<Line> {
        let panics = self.installed.panics();
        let errors = self.all.errors() + self.others.errors();
        let lines = vec![
            Line::new(
                "each of 16 faults in turn, three calls of ten",
                format!("{panics} panics; {}", self.all),
                "no panic, no 5xx to a helpdesk",
                panics == 0 && errors == 0,
            ),
            Line::new(
                "",
                format!(
                    "longest {:.1} s until cards were new again; not within {} s: {:?}",
                    self.longest.as_secs_f64(),
                    RECOVERY.as_secs(),
                    self.not_recovered
                ),
                "all recover (a refusal stands 30 s)",
                self.not_recovered.is_empty(),
            ),
            Line::new(
                "each of 8 bad customers in turn, beside good ones",
                format!("the others: {}", self.others),
                "the others have their cards",
                self.others.all_found(),
            ),
        ];
        self.recharge.stop().await;
        lines
    }
}
