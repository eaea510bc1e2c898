//! A stage on which time is moved: Recharge, the service in a process of its own, and helpdesks that ask over real HTTP. Time
//! moves by a tenth of a second whenever everybody who can go on without it has done so.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sidecard::simulator::recharge::{Data, LoggedRequest, Now, Options, Running, start};
use tokio::net::TcpSocket;

use crate::child::{Service, Standing};
use crate::seen::{Seen, seen};
use crate::shop::{Workspace, beginning};
use crate::warm::crowd::email;
use crate::warm::side::free;

/// How far time moves at once.
pub const STEP: Duration = Duration::from_millis(100);
/// So long what can go on without time may take, in real time, before time moves all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// One look of an agent at a customer. Times are moved ones.
#[derive(Debug, Clone)]
pub struct View {
    /// In the order of asking.
    pub number: usize,
    pub customer: usize,
    pub workspace: usize,
    pub asked: DateTime<Utc>,
    pub answered: DateTime<Utc>,
    pub seen: Seen,
}

impl View {
    /// How long the agent waited, in moved seconds.
    pub fn waited(&self) -> f64 {
        (self.answered - self.asked).as_seconds_f64()
    }

    /// How old the card was that was shown, in seconds.
    pub fn age(&self) -> Option<f64> {
        match self.seen {
            Seen::Found { as_of, .. } => Some((self.answered - as_of).as_seconds_f64()),
            _ => None,
        }
    }

    pub fn is_found(&self) -> bool {
        self.seen.is_found()
    }
}

pub struct Stage {
    folder: PathBuf,
    address: SocketAddr,
    options: Options,
    recharge: Option<Running>,
    /// Holds the port of a Recharge that is gone.
    nobody: Option<TcpSocket>,
    service: Option<Service>,
    workspaces: Vec<Workspace>,
    client: reqwest::Client,
    now: Arc<AtomicI64>,
    outstanding: Arc<AtomicUsize>,
    asked: usize,
    views: Arc<Mutex<Vec<View>>>,
    /// How often time moved although something had not settled.
    hurried: usize,
}

impl Stage {
    /// A bucket of 40 that leaks 2 a second, and the service over the store of this folder.
    pub async fn open(folder: PathBuf, data: Data, workspaces: Vec<Workspace>) -> Self {
        let options = Options {
            data,
            now: Now::Fixed(beginning()),
            listen: free(),
            ..Options::default()
        };
        let recharge = start(options.clone()).await.unwrap();
        let address = free();
        let service = Service::start(&folder, address, beginning(), &recharge.base_url());
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        let mut stage = Self {
            folder,
            address,
            options,
            recharge: Some(recharge),
            nobody: None,
            service: Some(service),
            workspaces,
            client,
            now: Arc::new(AtomicI64::new(beginning().timestamp_micros())),
            outstanding: Arc::default(),
            asked: 0,
            views: Arc::default(),
            hurried: 0,
        };
        // What the start has asked Recharge for has leaked before the first agent comes.
        while stage.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..50 {
            stage.advance().await;
        }
        stage.recharge().forget_requests();
        stage
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now.load(Ordering::SeqCst)).unwrap()
    }

    fn recharge(&self) -> &Running {
        self.recharge.as_ref().unwrap()
    }

    /// What Recharge was asked since it began, or since the beginning of the load.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.recharge().requests()
    }

    /// How many of these Recharge answered with 429.
    pub fn refused(&self) -> usize {
        let requests = self.requests().into_iter();
        requests.filter(|r| r.status == Some(429)).count()
    }

    /// Nobody listens where Recharge was.
    pub async fn recharge_goes(&mut self) {
        let recharge = self.recharge.take().unwrap();
        let address = recharge.address();
        recharge.stop().await;
        let nobody = TcpSocket::new_v4().unwrap();
        nobody.set_reuseaddr(true).unwrap();
        nobody.bind(address).unwrap();
        self.nobody = Some(nobody);
    }

    /// It is there again, with an empty log.
    pub async fn recharge_returns(&mut self) {
        self.nobody = None;
        self.options.now = Now::Fixed(self.now());
        self.recharge = Some(start(self.options.clone()).await.unwrap());
    }

    /// The service is killed, whatever it does, and started again. Returns how many views were lost.
    pub async fn kill(&mut self) -> usize {
        self.service.take().unwrap().kill();
        while self.outstanding.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let base = format!("http://{}", self.options.listen);
        let service = Service::start(&self.folder, self.address, self.now(), &base);
        self.service = Some(service);
        let views = self.views.lock().unwrap();
        views.iter().filter(|view| view.seen == Seen::Lost).count()
    }

    /// An agent asks now; the view is noted when it is answered.
    pub fn ask(&mut self, workspace: usize, customer: usize) {
        let joined = &self.workspaces[workspace];
        let request = self
            .client
            .post(format!("http://{}/ask/json/{}", self.address, joined.id))
            .bearer_auth(joined.secret.reveal())
            .body(json!({ "emails": [email(customer)] }).to_string());
        let (number, asked) = (self.asked, self.now());
        self.asked += 1;
        let (now, views) = (Arc::clone(&self.now), Arc::clone(&self.views));
        let outstanding = Arc::clone(&self.outstanding);
        outstanding.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            let seen = seen(request).await;
            let answered = DateTime::from_timestamp_micros(now.load(Ordering::SeqCst)).unwrap();
            views.lock().unwrap().push(View {
                number,
                customer,
                workspace,
                asked,
                answered,
                seen,
            });
            outstanding.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Lets everything go on that can, and then moves time.
    pub async fn advance(&mut self) -> Standing {
        self.settle().await;
        let to = self.now() + TimeDelta::from_std(STEP).unwrap();
        self.now.store(to.timestamp_micros(), Ordering::SeqCst);
        if let Some(recharge) = &self.recharge {
            recharge.move_clock(to);
        }
        self.service.as_mut().unwrap().moved_to(to)
    }

    async fn settle(&mut self) {
        let (began, now) = (Instant::now(), self.now());
        let mut before = None;
        while began.elapsed() < PATIENCE {
            let standing = self.service.as_mut().unwrap().moved_to(now);
            let outstanding = self.outstanding.load(Ordering::SeqCst);
            let Standing {
                waiting,
                flying,
                paused,
                ..
            } = standing;
            if (outstanding, flying) == (0, 0) {
                return;
            }
            // Whoever is not answered waits for a flight, and all flights for time; seen twice, for what is between two
            // calls looks the same for a moment.
            let rests = outstanding == waiting && paused >= flying;
            if rests && before == Some(standing) {
                return;
            }
            before = rests.then_some(standing);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.hurried += 1;
    }

    /// Whether time ever moved although something had not settled: then waits are counted too long. In words, if so.
    pub fn hurried(&self) -> String {
        match self.hurried {
            0 => String::new(),
            times => format!("; time moved early {times} times"),
        }
    }

    /// Waits until all are answered; what was seen since the last time, in the order of asking.
    pub async fn views(&mut self) -> Vec<View> {
        while self.outstanding.load(Ordering::SeqCst) > 0 {
            self.advance().await;
        }
        let mut views = std::mem::take(&mut *self.views.lock().unwrap());
        views.sort_by_key(|view| view.number);
        views
    }

    /// Ends everything. Panics when the service has.
    pub async fn close(mut self) {
        self.service.take().unwrap().kill();
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap();
        assert!(!log.contains("panicked"), "{log}");
        if let Some(recharge) = self.recharge {
            recharge.stop().await;
        }
    }
}
