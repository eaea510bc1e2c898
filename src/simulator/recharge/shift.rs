//! Moves every date in a body by whole days.

use chrono::{Days, NaiveDate};

use super::clock::{eastern_midnight, instant, stamp};
use super::json::Json;

/// Adds `days` to every string that is a date or an instant; times of day and offsets stay as written, but for those of
/// retry dates.
pub(super) fn shift(value: &mut Json, days: i64) {
    match value {
        Json::Text(text) => {
            if let Some(moved) = shifted(text, days) {
                *text = moved;
            }
        }
        Json::List(elements) => elements.iter_mut().for_each(|v| shift(v, days)),
        Json::Object(members) => members.iter_mut().for_each(|(key, value)| {
            let is_day = key == "retry_date" && is_eastern_midnight(value);
            shift(value, days);
            if is_day && let Some(at) = value.as_str().and_then(instant) {
                *value = stamp(eastern_midnight(at.date_naive())).into();
            }
        }),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// A retry date is a day, written as the instant at which it begins in US Eastern time: the time of day changes with the
/// season.
fn is_eastern_midnight(value: &Json) -> bool {
    let at = value.as_str().and_then(instant);
    at.is_some_and(|at| at == eastern_midnight(at.date_naive()))
}

fn shifted(text: &str, days: i64) -> Option<String> {
    instant(text)?;
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    let step = Days::new(days.unsigned_abs());
    let moved = if days < 0 {
        date.checked_sub_days(step)?
    } else {
        date.checked_add_days(step)?
    };
    Some(format!("{moved}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_move_and_nothing_else_does() {
        let mut body = Json::parse(
            r#"{"next":"2026-11-30","at":["2026-12-31T23:59:59.5+00:00"],"zip":"20261","note":"2026-11-30 or so","n":1}"#,
        )
        .unwrap();
        shift(&mut body, 3);
        assert_eq!(
            body.to_string(),
            r#"{"next":"2026-12-03","at":["2027-01-03T23:59:59.5+00:00"],"zip":"20261","note":"2026-11-30 or so","n":1}"#
        );
        shift(&mut body, -3);
        assert_eq!(body.at("next")[0].as_str(), Some("2026-11-30"));
    }

    #[test]
    fn a_retry_date_stays_midnight_eastern() {
        let mut body = Json::parse(
            r#"{"retry_date":"2026-11-24T05:00:00+00:00","updated_at":"2026-11-24T05:00:00+00:00"}"#,
        )
        .unwrap();
        shift(&mut body, 180);
        assert_eq!(
            body.to_string(),
            r#"{"retry_date":"2027-05-23T04:00:00+00:00","updated_at":"2027-05-23T05:00:00+00:00"}"#
        );
    }
}
