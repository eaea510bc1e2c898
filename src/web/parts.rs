//! A body that is sent part by part: what is the same for everybody is not copied for each.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use crate::domain::renderings::Rendering;
use crate::views::{Made, Parts};

/// The parts that have not been sent yet.
struct Rest([Bytes; 3]);

/// The parts as a body.
pub fn boxed(parts: Parts) -> BoxBody {
    let Parts {
        before,
        made,
        behind,
    } = parts;
    let made = match made {
        Made::Now(text) => Bytes::from(text),
        Made::Before(text) => Bytes::from_owner(Kept(text)),
    };
    if before.is_empty() && behind.is_empty() {
        return BoxBody::new(made);
    }
    let [before, behind] = [before, behind].map(|text| Bytes::from_static(text.as_bytes()));
    BoxBody::new(Rest([before, made, behind]))
}

/// A text that others send too.
struct Kept(Arc<Rendering>);

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl MessageBody for Rest {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.iter().map(|part| part.len() as u64).sum())
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let next = self.0.iter_mut().find(|part| !part.is_empty());
        Poll::Ready(next.map(|part| Ok(std::mem::take(part))))
    }
}
