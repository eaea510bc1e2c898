//! A running simulator's state, and the way of a request through it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::answer::Answer;
use super::api::{self, Moment};
use super::bucket::{Bucket, Rate, Reading};
use super::clock::{Clock, instant};
use super::data::{self, DataError};
use super::faults::{Dice, Fault, Faults};
use super::fixtures::FIXTURES_AS_OF;
use super::hooks::Deliveries;
use super::log::{Log, LoggedRequest};
use super::options::{Data, Now, Options};
use super::request::Request;
use super::shift::shift;
use super::tables::Tables;
use super::tokens::{Multipliers, Token, fingerprint, well_formed};

/// What goes back over the connection.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    pub(super) bucket: Reading,
    pub(super) request_id: String,
    pub(super) version: String,
    pub(super) manner: Manner,
    delay: Duration,
}

/// How it goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Whole,
    Truncated,
    Reset,
    Silent,
}

/// Shared by the server's workers and by every handle.
#[derive(Debug)]
pub(super) struct Simulator {
    pub(super) clock: Clock,
    latency: Duration,
    rate: Rate,
    state: Mutex<State>,
    holding: watch::Sender<bool>,
    parked: watch::Sender<usize>,
    stopping: watch::Sender<bool>,
    /// Counts whatever can let a delivery go or end.
    pub(super) stir: watch::Sender<u64>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) tables: Tables,
    pub(super) deliveries: Deliveries,
    dice: Dice,
    /// By the token's fingerprint, so that no debug output of this shows a token.
    buckets: HashMap<String, Bucket>,
    revoked: bool,
    /// Addresses of which a change is not answered yet: another one meanwhile is refused with 409.
    busy: BTreeSet<i64>,
    log: Log,
    server_errors: usize,
}

impl Simulator {
    pub(super) fn new(options: &Options) -> Result<Self, DataError> {
        let clock = Clock::new(options.now);
        let mut tables = data::load(&options.data)?;
        tables.date_moves = options.date_moves;
        tables.history.set_lag(options.faults.lag);
        if let Some(tokens) = tables.tokens.take() {
            tables.clients.learn(&tokens);
            tables.tokens = Some(tokens);
        }
        if let (Data::Fixtures, Now::System) = (&options.data, options.now)
            && let Some(written) = instant(FIXTURES_AS_OF)
        {
            let days = (clock.now().date_naive() - written.date_naive()).num_days();
            tables.objects_mut().for_each(|object| shift(object, days));
        }
        Ok(Self {
            clock,
            latency: options.latency,
            rate: Rate {
                capacity: options.bucket,
                leak: options.leak,
            },
            state: Mutex::new(State {
                tables,
                deliveries: Deliveries::new(options.hooks.clone()),
                dice: Dice::new(options.faults.clone()),
                buckets: HashMap::new(),
                revoked: false,
                busy: BTreeSet::new(),
                log: Log::default(),
                server_errors: 0,
            }),
            holding: watch::Sender::new(false),
            parked: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            stir: watch::Sender::new(0),
        })
    }

    /// Answers a request. What is said is settled on arrival; while requests are held it is only kept back, so that an
    /// answer can be older than what happened meanwhile, as over a slow network.
    pub(super) async fn reply(&self, request: &Request) -> Reply {
        let (number, reply, address) = self.settle(request);
        let _busy = address.map(|address| Busy {
            simulator: self,
            address,
        });
        self.park().await;
        let delay = self.latency + reply.delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match reply.manner {
            Manner::Whole | Manner::Truncated => {
                self.state().log.answered(number, reply.answer.status)
            }
            Manner::Reset => {}
            Manner::Silent => wait_for(&self.stopping, true).await,
        }
        reply
    }

    fn settle(&self, request: &Request) -> (u64, Reply, Option<i64>) {
        let now = self.clock.now();
        let runs = self.clock.runs();
        let state = &mut *self.state();
        let number = state.log.arrived(request, now);
        let token = state.token(request);
        let bucket = state.pour(token.as_ref(), self.rate, now);
        let drawn = state.dice.strike(request);
        let said = if bucket.fits {
            let moment = Moment {
                now,
                drawn,
                busy: &state.busy,
            };
            api::answer(request, token.as_ref(), &mut state.tables, &moment)
        } else {
            Err(Answer::too_many_requests())
        };
        let mut address = None;
        let (answer, concerned) = match said {
            Ok((outcome, concerned)) => {
                address = outcome.address;
                state.busy.extend(address);
                (state.tell(outcome, now, runs), concerned)
            }
            Err(refusal) => (refusal, None),
        };
        self.stir.send_modify(|count| *count += 1);
        let mut reply = Reply {
            answer,
            bucket,
            request_id: format!("{number:032x}"),
            version: api::version(request, &state.tables).to_owned(),
            manner: Manner::Whole,
            delay: Duration::ZERO,
        };
        if let Some(fault) = concerned.or(drawn) {
            reply.suffer(fault, &mut state.server_errors);
        }
        (number, reply, address)
    }

    async fn park(&self) {
        if !*self.holding.borrow() {
            return;
        }
        let _parked = Parked::new(&self.parked);
        tokio::select! {
            () = wait_for(&self.holding, false) => {}
            () = wait_for(&self.stopping, true) => {}
        }
    }

    pub(super) fn hold(&self, holding: bool) {
        self.holding.send_replace(holding);
    }

    pub(super) fn held(&self) -> usize {
        *self.parked.borrow()
    }

    pub(super) async fn until_held(&self, count: usize) {
        // The sender lives as long as this simulator: there is always an answer.
        let _ = self
            .parked
            .subscribe()
            .wait_for(|parked| *parked >= count)
            .await;
    }

    pub(super) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        self.state().log.all()
    }

    pub(super) fn forget_requests(&self) {
        self.state().log.forget();
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        let mut state = self.state();
        state.tables.history.set_lag(faults.lag);
        state.dice = Dice::new(faults);
    }

    pub(super) fn strike_next(&self, path: &str, fault: Fault, times: usize) {
        self.state().dice.plan(path, fault, times);
    }

    pub(super) fn revoke_token(&self) {
        self.state().revoked = true;
    }

    pub(super) async fn stopped(&self) {
        wait_for(&self.stopping, true).await;
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The token of a request, if it is let in.
    fn token(&self, request: &Request) -> Option<Token> {
        let text = request.token.as_deref().filter(|_| !self.revoked)?;
        match &self.tables.tokens {
            Some(listed) => listed.iter().find(|token| token.token == text).cloned(),
            None => well_formed(text).map(|_| Token::unlisted(text)),
        }
    }

    /// Counts the call. All calls without a valid token share a bucket: they were seen to be counted, too.
    fn pour(&mut self, token: Option<&Token>, rate: Rate, now: DateTime<Utc>) -> Reading {
        let text = token.map_or("", |token| &token.token);
        let Multipliers { leak, capacity } = well_formed(text).unwrap_or(Multipliers {
            leak: 1,
            capacity: 1,
        });
        let rate = Rate {
            capacity: rate.capacity.saturating_mul(capacity),
            leak: rate.leak * f64::from(leak),
        };
        let bucket = self.buckets.entry(fingerprint(text));
        bucket.or_insert_with(|| Bucket::new(rate, now)).pour(now)
    }
}

impl Reply {
    fn suffer(&mut self, fault: Fault, server_errors: &mut usize) {
        match fault {
            Fault::Status(status) => {
                self.answer = Answer::of_status(status);
                if status == 429 {
                    self.bucket.used = self.bucket.capacity;
                }
            }
            Fault::ServerError => {
                self.answer = Answer::of_status([500, 502, 503][*server_errors % 3]);
                *server_errors += 1;
            }
            Fault::BrokenJson => self.answer = Answer::gateway_page(200),
            Fault::Truncated => self.manner = Manner::Truncated,
            Fault::Reset => self.manner = Manner::Reset,
            Fault::Silent => self.manner = Manner::Silent,
            Fault::Slow(delay) => self.delay = delay,
            // The page itself shows these.
            Fault::ExpiredCursor | Fault::EarlyEnd | Fault::RepeatedRow | Fault::EmptyPage => {}
        }
    }
}

/// Counts a request as parked for as long as it lives: its client may give up meanwhile.
struct Parked<'a>(&'a watch::Sender<usize>);

impl<'a> Parked<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// An address whose change is under way, until its answer is.
struct Busy<'a> {
    simulator: &'a Simulator,
    address: i64,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.simulator.state().busy.remove(&self.address);
    }
}

async fn wait_for(flag: &watch::Sender<bool>, wanted: bool) {
    // An error would mean that the sender is gone, but it is borrowed here.
    let _ = flag.subscribe().wait_for(|value| *value == wanted).await;
}
