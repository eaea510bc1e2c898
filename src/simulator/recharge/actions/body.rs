//! Reading the body of a call, and refusing it in Recharge's words.

use chrono::NaiveDate;

use super::Call;
use crate::simulator::recharge::answer::Answer;
use crate::simulator::recharge::clock::instant;
use crate::simulator::recharge::json::Json;

/// A body; an empty one is an object without members. Which status JSON that cannot be read gets is not established.
pub(super) fn read(text: &str) -> Result<Json, Answer> {
    if text.trim().is_empty() {
        return Ok(Json::Object(Vec::new()));
    }
    match Json::parse(text) {
        Ok(body @ Json::Object(_)) => Ok(body),
        Ok(_) => Err(Answer::not_an_object()),
        Err(_) => Err(Answer::bad_request()),
    }
}

impl Call<'_> {
    /// Refuses a body without these members.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), Answer> {
        let missing: Vec<_> = names
            .iter()
            .filter(|name| self.body.get(name).is_none())
            .copied()
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("{} are required fields.", missing.join(", "));
        Err(Answer::invalid("_schema", message))
    }

    /// Takes the members of these names into an object; text that is there may not be empty nor, except for the
    /// `nullable` ones, null.
    pub(super) fn copy(
        &self,
        names: &[&str],
        nullable: &[&str],
        object: &mut Json,
    ) -> Result<(), Answer> {
        for name in names {
            match self.body.get(name) {
                None => {}
                Some(Json::Null) if !nullable.contains(name) => {
                    return Err(Answer::invalid(name, "Field may not be null."));
                }
                Some(Json::Text(text)) if text.is_empty() && !nullable.contains(name) => {
                    return Err(Answer::invalid(name, "Shorter than minimum length 1."));
                }
                Some(value) => object.set(name, value.clone()),
            }
        }
        Ok(())
    }

    /// A member that is a date.
    pub(super) fn date(&self, name: &str) -> Result<Option<NaiveDate>, Answer> {
        let Some(value) = self.body.get(name) else {
            return Ok(None);
        };
        let date = value.as_str().and_then(instant).map(|at| at.date_naive());
        date.map(Some)
            .ok_or_else(|| Answer::invalid(name, "Not a valid date."))
    }

    /// A member that is an integer; some clients send one as text.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, Answer> {
        match self.body.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => number(value)
                .map(Some)
                .ok_or_else(|| Answer::invalid(name, "Not a valid integer.")),
        }
    }

    /// A date on which something can still be charged: tomorrow or later. Whose midnight counts is not established; here
    /// it is the one of UTC.
    pub(super) fn coming(&self, name: &str) -> Result<NaiveDate, Answer> {
        let date = self
            .date(name)?
            .ok_or_else(|| Answer::invalid(name, "Missing data for required field."))?;
        if date <= self.change.now.date_naive() {
            return Err(Answer::invalid(
                name,
                "Date must be at least one day in the future",
            ));
        }
        Ok(date)
    }
}

/// An integer, or one that is written as text.
pub(super) fn number(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
