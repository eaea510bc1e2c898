//! Lists, page by page.

use serde_json::{Value, json};

use super::answer::{Answer, Answered};
use super::request::Request;
use super::state::State;

/// As many as a page has at most.
const LARGEST_PAGE: usize = 100;

/// A page of something.
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub(super) fn of(request: &Request, largest: usize) -> Result<Self, Answer> {
        let number = |name: &str, otherwise: usize| {
            let text = request.parameter(name);
            text.map_or(Some(otherwise), |text| text.parse().ok())
                .filter(|n| *n > 0)
                .ok_or_else(|| Answer::bad_parameter(name, "Invalid number", name))
        };
        Ok(Self {
            number: number("page", 1)?,
            size: number("pageSize", LARGEST_PAGE)?.min(largest),
        })
    }

    pub(super) fn answer(
        &self,
        path: &str,
        total: usize,
        rows: impl Iterator<Item = Value>,
    ) -> Answer {
        let (page, size) = (self.number, self.size);
        let pages = total.div_ceil(size);
        let data: Vec<Value> = rows.skip((page - 1) * size).take(size).collect();
        let link = |page: usize| format!("{path}?page={page}&pageSize={size}");
        Answer::new(
            200,
            json!({
                "data": data,
                "meta": {"page": page, "pageSize": size, "total": total, "totalPages": pages},
                "links": {
                    "self": link(page),
                    "first": link(1),
                    "next": (page < pages).then(|| link(page + 1)),
                    "prev": (page > 1).then(|| link(page - 1)),
                },
            }),
        )
    }
}

impl State {
    /// All objects of a customer.
    pub(super) fn list_kobjects(&self, klass: &str, customer: &str, request: &Request) -> Answered {
        self.klass(klass)?;
        self.customer(customer)?;
        let page = Page::of(request, LARGEST_PAGE)?;
        let of = (klass.to_owned(), customer.to_owned());
        let ids = self.kobjects_of.get(&of).map_or(&[][..], Vec::as_slice);
        let objects = ids.iter().filter_map(|id| self.kobjects.get(id));
        let rows = objects.map(|object| self.resource(object));
        Ok(page.answer(&request.path, ids.len(), rows))
    }

    /// All objects of a klass, the oldest first. That this list is paged like others is not established: it is, here.
    pub(super) fn list_klass(&self, klass: &str, request: &Request) -> Answered {
        self.klass(klass)?;
        let page = Page::of(request, LARGEST_PAGE)?;
        let objects = || self.kobjects.values().filter(|o| o.klass == klass);
        let rows = objects().map(|object| self.resource(object));
        Ok(page.answer(&request.path, objects().count(), rows))
    }
}
