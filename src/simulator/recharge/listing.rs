//! One page of a list: filters, order, cursors and the envelope.

use super::answer::Answer;
use super::charges;
use super::cursor::{self, Cursor, Direction, Place, Sort};
use super::faults::Fault;
use super::filters::{Applied, Kind};
use super::include;
use super::json::Json;
use super::request::Request;
use super::resource::Resource;
use super::tables::Tables;
use chrono::{DateTime, Utc};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 250;
/// Pages by number end here; only cursors lead on
/// (<https://changelog.getrecharge.com/cursor-based-pagination-is-now-required-for-api-calls-returning-responses-with-100-pages-V8kqk>).
const MAX_PAGE: usize = 100;

/// What a request for a list asks for.
#[derive(Debug)]
pub(super) struct Listing {
    resource: &'static Resource,
    pub(super) filters: Vec<Applied>,
    sort: Sort,
    from: Option<(Place, Direction)>,
    limit: usize,
    page: usize,
}

impl Listing {
    /// Reads the parameters. Not established, and chosen here:
    /// with a cursor its own filters and order count and all others are ignored; unknown parameters are ignored; a
    /// `limit` out of range is 422.
    pub(super) fn read(resource: &'static Resource, request: &Request) -> Result<Self, Answer> {
        let limit = number(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)?;
        let page = number(request, "page", 1, MAX_PAGE)?;
        if let Some(text) = request.parameter("cursor") {
            let Cursor {
                filters,
                sort,
                place,
                direction,
            } = cursor::read(text, resource)
                .ok_or_else(|| Answer::invalid("cursor", "Invalid value"))?;
            let from = Some((place, direction));
            return Ok(Self {
                resource,
                filters,
                sort,
                from,
                limit,
                page: 1,
            });
        }
        if let Some(name) = resource.required
            && request.parameter(name).is_none()
        {
            return Err(Answer::invalid(name, "Missing data for required field."));
        }
        if let Some((one, other)) = resource.either
            && request.parameter(one).is_some()
            && request.parameter(other).is_some()
        {
            return Err(Answer::invalid(
                one,
                format!("Cannot be combined with {other}."),
            ));
        }
        let mut filters = Vec::new();
        for filter in resource.filters {
            if let Some(text) = request.parameter(filter.name) {
                filters.push(
                    filter
                        .read(text)
                        .map_err(|message| Answer::invalid(filter.name, message))?,
                );
            }
        }
        let sort_by = request.parameter("sort_by").unwrap_or("id-desc");
        let sort = Sort::read(sort_by, resource).ok_or_else(|| {
            Answer::invalid(
                "sort_by",
                format!("Must be one of: {}.", resource.sorts.join(", ")),
            )
        })?;
        Ok(Self {
            resource,
            filters,
            sort,
            from: None,
            limit,
            page,
        })
    }

    /// The page, as far as a fault lets it be right.
    pub(super) fn answer(
        &self,
        request: &Request,
        tables: &Tables,
        now: DateTime<Utc>,
        fault: Option<Fault>,
    ) -> Json {
        let mut rows = self.rows(tables, now);
        rows.sort_by_key(|(place, _, _)| *place);
        if self.sort.descending {
            rows.reverse();
        }
        let (mut start, mut end) = self.window(&rows);
        let mut repeats_its_last = false;
        if fault == Some(Fault::RepeatedRow) && self.limit > 1 && start < end {
            match self.from {
                Some((_, Direction::Next)) if start > 0 => {
                    start -= 1;
                    end = end.min(start + self.limit);
                }
                _ => {
                    end = end.min(start + self.limit - 1);
                    repeats_its_last = true;
                }
            }
        }
        let shown = &rows[start..end];
        let lead = |row: Option<&Row<'_>>, direction| match row {
            Some((_, id, object)) => Json::from(cursor::write(
                &self.filters,
                &self.sort,
                object,
                *id,
                direction,
            )),
            None => Json::Null,
        };
        let next = shown.last().filter(|_| match fault {
            Some(Fault::EarlyEnd) => false,
            Some(Fault::EmptyPage) => end < rows.len() || shown.len() == self.limit,
            _ => end < rows.len(),
        });
        let previous = shown.first().filter(|_| start > 0);
        let wanted = if self.resource.list_includes {
            include::wanted(self.resource, request)
        } else {
            Vec::new()
        };
        let again = shown.last().filter(|_| repeats_its_last);
        let objects = shown
            .iter()
            .chain(again)
            .map(|(_, _, object)| include::with(object, &wanted, tables));
        Json::object([
            ("next_cursor", lead(next, Direction::Next)),
            ("previous_cursor", lead(previous, Direction::Previous)),
            (self.resource.plural, Json::List(objects.collect())),
        ])
    }

    fn rows<'a>(&self, tables: &'a Tables, now: DateTime<Utc>) -> Vec<Row<'a>> {
        if self.resource.plural == "charges" && charges::ends_before_the_window(&self.filters, now)
        {
            return Vec::new();
        }
        let concealed = self.resource.filters.iter().find(|filter| {
            matches!(filter.kind, Kind::Reveal)
                && !self.filters.iter().any(|a| a.filter.name == filter.name)
        });
        let concealed = concealed.and_then(|filter| filter.read("false").ok());
        let own = self.filters.iter().find(|a| a.filter.name == "customer_id");
        let own = own.and_then(|filter| filter.integers().first());
        let rows: Box<dyn Iterator<Item = (i64, &Json)>> = match own {
            // The filter would let through the same ones: this only looks at fewer.
            Some(customer) => Box::new(tables.of_customer(self.resource.plural, *customer)),
            None => Box::new(tables.all(self.resource.plural)),
        };
        rows.filter(|(_, object)| {
            self.filters
                .iter()
                .chain(&concealed)
                .all(|f| f.lets_through(object))
        })
        .filter(|(_, object)| self.resource.plural != "charges" || charges::visible(object, now))
        .map(|(id, object)| (self.sort.place_of(object, id), id, object))
        .collect()
    }

    /// Which of the sorted rows are on the page.
    fn window(&self, rows: &[Row<'_>]) -> (usize, usize) {
        let Some((place, direction)) = self.from else {
            let start = ((self.page - 1) * self.limit).min(rows.len());
            return (start, (start + self.limit).min(rows.len()));
        };
        let is_before = |row: &Row<'_>| {
            if self.sort.descending {
                row.0 > place
            } else {
                row.0 < place
            }
        };
        let before = rows.partition_point(is_before);
        match direction {
            Direction::Previous => (before.saturating_sub(self.limit), before),
            Direction::Next => {
                // The object at the place may be gone by now; then the page begins where it was.
                let start =
                    before + usize::from(rows.get(before).is_some_and(|row| row.0 == place));
                (start, (start + self.limit).min(rows.len()))
            }
        }
    }
}

/// An object, its id and its place.
type Row<'a> = (Place, i64, &'a Json);

fn number(request: &Request, name: &str, default: usize, max: usize) -> Result<usize, Answer> {
    let Some(text) = request.parameter(name) else {
        return Ok(default);
    };
    let number: usize = text
        .parse()
        .map_err(|_| Answer::invalid(name, "Not a valid integer."))?;
    if (1..=max).contains(&number) {
        Ok(number)
    } else {
        let message =
            format!("Must be greater than or equal to 1 and less than or equal to {max}.");
        Err(Answer::invalid(name, message))
    }
}
