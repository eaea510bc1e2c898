//! A running simulator's state, and the way of a request through it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::answer::Answer;
use super::api;
use super::clock::Clock;
use super::commands::Queue;
use super::data::{self, DataError};
use super::faults::{Dice, Fault, Faults};
use super::keys::Key;
use super::limits::Reading;
use super::log::{Log, LoggedRequest};
use super::options::Options;
use super::request::Request;
use super::state::State;

/// What goes back over the connection.
#[derive(Debug)]
pub(super) enum Reply {
    /// The answer, and what is left of the org's limit.
    Whole(Answer, Option<Reading>),
    /// The answer is cut off.
    Lost,
    /// Nothing, until the simulator stops.
    Silence,
}

/// Shared by the server's workers and by every handle.
#[derive(Debug)]
pub(super) struct Simulator {
    pub(super) clock: Clock,
    pub(super) org: String,
    pub(super) commands: Queue,
    pub(super) http: reqwest::Client,
    keys: Vec<Key>,
    latency: Duration,
    limit: u32,
    held: Mutex<Held>,
    stopping: watch::Sender<bool>,
}

#[derive(Debug)]
struct Held {
    state: State,
    dice: Dice,
    log: Log,
}

impl Simulator {
    pub(super) fn new(options: &Options) -> Result<Self, DataError> {
        let clock = Clock::new(options.now);
        let mut state = State::new(options);
        // Long enough ago to be found by a search.
        let before = clock.now() - TimeDelta::days(1);
        for body in data::load(&options.data)? {
            if let Err(refusal) = state.create_customer(&body, before) {
                return Err(DataError::Form(refusal.body.to_string()));
            }
        }
        Ok(Self {
            clock,
            org: options.org.clone(),
            commands: Queue::default(),
            http: super::commands::client().map_err(DataError::Form)?,
            keys: options.keys.clone(),
            latency: options.latency,
            limit: options.limit,
            held: Mutex::new(Held {
                state,
                dice: Dice::new(options.faults.clone()),
                log: Log::default(),
            }),
            stopping: watch::Sender::new(false),
        })
    }

    /// Answers a request of the API.
    pub(super) async fn reply(&self, request: &Request) -> Reply {
        let reply = self.settle(request);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if matches!(reply, Reply::Silence) {
            // An error would mean that the sender is gone, but it is borrowed here.
            let _ = self.stopping.subscribe().wait_for(|stops| *stops).await;
        }
        reply
    }

    fn settle(&self, request: &Request) -> Reply {
        let now = self.clock.now();
        let held = &mut *self.held();
        // Drawn for every request, so that who is struck does not depend on what else goes wrong.
        let drawn = held.dice.draw();
        let (reply, status) = match self.key(request) {
            _ if drawn == Some(Fault::Silent) => (Reply::Silence, None),
            None => (Reply::Whole(Answer::unauthorized(), None), Some(401)),
            Some(key) => {
                let reading = held.state.limits.count("", self.limit, now);
                let answer = match drawn {
                    _ if !reading.fits => Answer::too_many_requests(),
                    Some(Fault::Status(status)) => Answer::of_status(status),
                    _ => api::answer(&mut held.state, request, Some(&key), now)
                        .unwrap_or_else(|refusal| refusal),
                };
                let status = answer.status;
                if drawn == Some(Fault::Lost) {
                    (Reply::Lost, None)
                } else {
                    (Reply::Whole(answer, Some(reading)), Some(status))
                }
            }
        };
        held.log.note(request, now, status);
        reply
    }

    /// What a signed-in agent asks of the API: without a key, and out of the log.
    pub(super) fn as_agent(&self, request: &Request) -> Answer {
        let now = self.clock.now();
        let held = &mut *self.held();
        api::answer(&mut held.state, request, None, now).unwrap_or_else(|refusal| refusal)
    }

    /// The key of a request, if it is let in.
    fn key(&self, request: &Request) -> Option<Key> {
        let given = request.key.as_deref().filter(|key| !key.is_empty())?;
        if self.keys.is_empty() {
            return Some(Key::new(given, &["org"]));
        }
        self.keys.iter().find(|key| key.key == given).cloned()
    }

    /// Reads or changes the org.
    pub(super) fn with<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        what(&mut self.held().state)
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        self.held().dice = Dice::new(faults);
    }

    pub(super) fn requests(&self) -> Vec<LoggedRequest> {
        self.held().log.all()
    }

    pub(super) fn forget_requests(&self) {
        self.held().log.forget();
    }

    pub(super) fn stop(&self) {
        self.stopping.send_replace(true);
        self.commands.release_all();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
