//! The 90-day rule of charges (<https://changelog.getrecharge.com/label/6202>).

use chrono::{DateTime, TimeDelta, Utc};

use super::clock::instant;
use super::filters::Applied;
use super::json::Json;

const WINDOW: TimeDelta = TimeDelta::days(90);

/// Whether a charge can still be seen: once paid, it vanishes 90 days after it was processed. Queued, skipped and failed
/// charges stay.
pub(super) fn visible(charge: &Json, now: DateTime<Utc>) -> bool {
    let status = charge.get("status").and_then(Json::as_str);
    if !matches!(status, Some("success" | "refunded" | "partially_refunded")) {
        return true;
    }
    let processed = charge
        .get("processed_at")
        .and_then(Json::as_str)
        .and_then(instant);
    processed.is_none_or(|at| at >= now - WINDOW)
}

/// Whether a list asks only for charges processed more than 90 days ago: it is empty then, whatever their status.
pub(super) fn ends_before_the_window(filters: &[Applied], now: DateTime<Utc>) -> bool {
    filters
        .iter()
        .filter_map(|filter| filter.ends("processed_at"))
        .any(|end| end < now - WINDOW)
}
