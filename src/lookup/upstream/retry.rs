//! Retries reads with backoff and jitter.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::clock::Clock;
use crate::provider::ProviderError;

/// Maximum retries.
const RETRIES: usize = 2;
/// The first backoff before jitter, and the factor for each further one.
const BACKOFF: Duration = Duration::from_millis(200);
const FACTOR: f32 = 3.0;
/// No retry starts later than this: even the longest call then ends within the fetch's 60 seconds.
const LAST_START: Duration = Duration::from_secs(25);

/// Counts the reads that back off before a retry.
#[derive(Debug, Clone, Default)]
pub struct Backoffs(Arc<AtomicUsize>);

impl Backoffs {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) -> Backoff {
        self.0.fetch_add(1, Ordering::Relaxed);
        Backoff(Arc::clone(&self.0))
    }
}

struct Backoff(Arc<AtomicUsize>);

impl Drop for Backoff {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads, and retries a transient failure while `may_retry` allows it. A retry's calls need permits like any others; after a
/// 429 the rate limiter makes the retry wait.
pub async fn with_retries<T, F: Future<Output = Result<T, ProviderError>>>(
    clock: &Clock,
    backoffs: &Backoffs,
    may_retry: impl Fn() -> bool,
    read: impl FnMut() -> F,
) -> Result<T, ProviderError> {
    let watch = clock.start();
    let (own_clock, counter) = (clock.clone(), backoffs.clone());
    let sleep = move |pause| {
        let (limit, backoff) = (own_clock.deadline(pause), counter.begin());
        async move {
            limit.passed().await;
            drop(backoff);
        }
    };
    let pauses = ExponentialBuilder::default()
        .with_min_delay(BACKOFF)
        .with_factor(FACTOR)
        .with_max_times(RETRIES)
        .with_jitter();
    read.retry(pauses)
        .sleep(sleep)
        .when(|error| error.is_passing() && watch.elapsed() < LAST_START && may_retry())
        .adjust(|error, pause| match error {
            ProviderError::RateLimited { .. } => pause.map(|_| Duration::ZERO),
            _ => pause,
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const CUT: ProviderError = ProviderError::Unreachable { detail: "cut" };

    /// Reads from a list of outcomes and moves the clock during backoffs. Returns the result and the number of attempts.
    async fn read(
        outcomes: Vec<Result<u32, ProviderError>>,
        may_retry: bool,
        each: Duration,
    ) -> (Result<u32, ProviderError>, usize) {
        let clock = Clock::fixed(chrono::DateTime::UNIX_EPOCH);
        let backoffs = Backoffs::default();
        let outcomes = Mutex::new(outcomes.into_iter());
        let attempts = AtomicUsize::new(0);
        let once = || async {
            attempts.fetch_add(1, Ordering::Relaxed);
            clock.advance(each);
            outcomes.lock().unwrap().next().unwrap()
        };
        let moving = async {
            loop {
                if backoffs.count() > 0 {
                    clock.advance(Duration::from_millis(50));
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            result = with_retries(&clock, &backoffs, || may_retry, once) => {
                assert_eq!(backoffs.count(), 0);
                (result, attempts.load(Ordering::Relaxed))
            }
            () = moving => unreachable!(),
        }
    }

    #[tokio::test]
    async fn retries_only_transient_failures() {
        let at_once = Duration::ZERO;
        let limited = ProviderError::RateLimited { retry_after: None };
        let outcomes = vec![Err(CUT), Err(limited), Ok(7)];
        assert_eq!(read(outcomes, true, at_once).await, (Ok(7), 3));
        let outcomes = vec![Err(CUT), Err(CUT), Err(CUT)];
        assert_eq!(read(outcomes, true, at_once).await, (Err(CUT), 3));
        assert_eq!(read(vec![Err(CUT)], false, at_once).await, (Err(CUT), 1));
        let not_sent = ProviderError::NotSent {
            reason: crate::domain::answer::Reason::RateLimited,
        };
        for lasting in [ProviderError::NotFound, ProviderError::Refused, not_sent] {
            let outcomes = vec![Err(lasting.clone())];
            assert_eq!(read(outcomes, true, at_once).await, (Err(lasting), 1));
        }
    }

    #[tokio::test]
    async fn starts_no_retry_that_could_not_end_in_time() {
        let timeout = Duration::from_secs(20);
        let outcomes = vec![Err(CUT), Err(CUT)];
        assert_eq!(read(outcomes, true, timeout).await, (Err(CUT), 2));
    }
}
