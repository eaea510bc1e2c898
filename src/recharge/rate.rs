//! How many calls a token may make, as far as it says itself.

use crate::provider::Rate;

/// 40 calls at once and 2 a second; the prefix `sk_NxM_` of a newer token multiplies: 2·N a second, 40·M at once.
/// <https://changelog.getrecharge.com/configurable-rate-limits-for-recharge-api-tokens-4yeMp2>
pub fn of(token: &str) -> Rate {
    let (leak, bucket) = multipliers(token).unwrap_or((1, 1));
    Rate {
        capacity: 40 * bucket,
        per_second: 2.0 * f64::from(leak),
    }
}

/// The `NxM` of a token. Only values that are known to be given out count; more would be a guess.
fn multipliers(token: &str) -> Option<(u32, u32)> {
    let rest = token.strip_prefix("sk_")?;
    let rest = rest.strip_prefix("test_").unwrap_or(rest);
    let (leak, bucket) = rest.split_once('_')?.0.split_once('x')?;
    let known = |text: &str| text.parse().ok().filter(|n| (1..=10).contains(n));
    Some((known(leak)?, known(bucket)?))
}
