//! Reads are tried again, with jitter, when that may help.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::clock::Clock;
use crate::provider::ProviderError;

/// Tries after the first one.
const AGAIN: usize = 2;
/// The first pause, before its jitter, and how much longer the next one is.
const PAUSE: Duration = Duration::from_millis(200);
const FACTOR: f32 = 3.0;
/// Later than that no try is begun: with the longest call behind it, it still ends within the flight's minute.
const LAST_BEGIN: Duration = Duration::from_secs(25);

/// How many flights wait for their next try.
#[derive(Debug, Clone, Default)]
pub struct Pausing(Arc<AtomicUsize>);

impl Pausing {
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) -> Pause {
        self.0.fetch_add(1, Ordering::Relaxed);
        Pause(Arc::clone(&self.0))
    }
}

struct Pause(Arc<AtomicUsize>);

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads, and again after a pause if that failed in passing and `may` allows it. Each try's calls are paid for like any
/// others; after "too many calls" the budget is what makes the next try wait.
pub async fn retried<T, F: Future<Output = Result<T, ProviderError>>>(
    clock: &Clock,
    pausing: &Pausing,
    may: impl Fn() -> bool,
    read: impl FnMut() -> F,
) -> Result<T, ProviderError> {
    let watch = clock.start();
    let (ours, counted) = (clock.clone(), pausing.clone());
    let sleep = move |pause| {
        let (limit, pausing) = (ours.deadline(pause), counted.begin());
        async move {
            limit.passed().await;
            drop(pausing);
        }
    };
    let pauses = ExponentialBuilder::default()
        .with_min_delay(PAUSE)
        .with_factor(FACTOR)
        .with_max_times(AGAIN)
        .with_jitter();
    read.retry(pauses)
        .sleep(sleep)
        .when(|error| error.is_passing() && watch.elapsed() < LAST_BEGIN && may())
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

    /// Reads from a list of outcomes, and moves the clock whenever somebody pauses. Returns what came out, and how many
    /// tries were made.
    async fn read(
        outcomes: Vec<Result<u32, ProviderError>>,
        may: bool,
        each: Duration,
    ) -> (Result<u32, ProviderError>, usize) {
        let clock = Clock::fixed(chrono::DateTime::UNIX_EPOCH);
        let pausing = Pausing::default();
        let outcomes = Mutex::new(outcomes.into_iter());
        let tries = AtomicUsize::new(0);
        let once = || async {
            tries.fetch_add(1, Ordering::Relaxed);
            clock.advance(each);
            outcomes.lock().unwrap().next().unwrap()
        };
        let moving = async {
            loop {
                if pausing.count() > 0 {
                    clock.advance(Duration::from_millis(50));
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            result = retried(&clock, &pausing, || may, once) => {
                assert_eq!(pausing.count(), 0);
                (result, tries.load(Ordering::Relaxed))
            }
            () = moving => unreachable!(),
        }
    }

    #[tokio::test]
    async fn what_failed_in_passing_is_tried_again_and_the_rest_is_not() {
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
    async fn no_try_is_begun_that_could_not_end_in_time() {
        let timeout = Duration::from_secs(20);
        let outcomes = vec![Err(CUT), Err(CUT)];
        assert_eq!(read(outcomes, true, timeout).await, (Err(CUT), 2));
    }
}
