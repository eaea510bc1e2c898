//! What lets calls to a provider pass, and hears how they end.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::ProviderError;

/// Lets calls pass one by one. A provider asks it before each call, whatever the call is for.
#[async_trait]
pub trait Gate: fmt::Debug + Send + Sync + 'static {
    /// Waits until one more call may be sent. The error is [`ProviderError::NotSent`].
    async fn pass(&self) -> Result<Box<dyn Call>, ProviderError>;
}

/// A call that passed. Dropped untold, it was given up, and nobody knows how it ended.
pub trait Call: Send {
    /// How it ended.
    fn ended(self: Box<Self>, endpoint: &'static str, answer: &Ended);
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an answer's head.
    Answered {
        /// The HTTP status.
        status: u16,
        /// What the answer says of the bucket.
        limit: Option<Limit>,
        /// How long to wait, when the answer says so.
        retry_after: Option<Duration>,
    },
    /// Without a connection.
    NoConnection,
    /// Without an answer.
    NoAnswer,
}

/// How full a token's bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Calls that have not leaked yet.
    pub used: u32,
    /// Calls that fit.
    pub capacity: u32,
}

/// The calls that a token may make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At once.
    pub capacity: u32,
    /// In the long run.
    pub per_second: f64,
}

/// Holds nothing back, and forgets.
#[derive(Debug)]
pub struct Ungated;

#[async_trait]
impl Gate for Ungated {
    async fn pass(&self) -> Result<Box<dyn Call>, ProviderError> {
        Ok(Box::new(Self))
    }
}

impl Call for Ungated {
    fn ended(self: Box<Self>, _: &'static str, _: &Ended) {}
}
