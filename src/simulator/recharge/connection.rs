//! Accidents on the connection itself.

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;

/// A body that ends before the length it announced. The server then closes the connection, because nothing that it could
/// still send would make the answer whole.
pub(super) struct CutShort {
    announced: u64,
    sent: Option<Bytes>,
    flushed: bool,
}

impl CutShort {
    /// The head and the first half of the body.
    pub(super) fn half_of(body: &str) -> Self {
        let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
        Self {
            announced: body.len() as u64,
            sent: Some(half),
            flushed: false,
        }
    }

    /// Not even the head.
    pub(super) fn nothing() -> Self {
        Self {
            announced: 1,
            sent: None,
            flushed: true,
        }
    }
}

impl MessageBody for CutShort {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.announced)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = self.get_mut();
        if let Some(bytes) = this.sent.take() {
            return Poll::Ready(Some(Ok(bytes)));
        }
        if !this.flushed {
            // The server flushes what it has whenever a body is not ready; without that the half would be dropped.
            this.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(None)
    }
}

/// A second handle on a connection, by which it can be reset.
#[cfg(unix)]
struct Socket(std::os::fd::OwnedFd);

/// Remembers the connection's socket for [`reset_when_closed`].
#[cfg(unix)]
pub(super) fn remember(connection: &dyn Any, extensions: &mut Extensions) {
    use std::os::fd::AsFd;

    if let Some(stream) = connection.downcast_ref::<TcpStream>()
        && let Ok(descriptor) = stream.as_fd().try_clone_to_owned()
    {
        extensions.insert(Socket(descriptor));
    }
}

/// Makes the close of a request's connection a reset (RST), as a crashed peer or a firewall does.
#[cfg(unix)]
pub(super) fn reset_when_closed(request: &actix_web::HttpRequest) -> std::io::Result<()> {
    if let Some(Socket(descriptor)) = request.conn_data() {
        let stream = std::net::TcpStream::from(descriptor.try_clone()?);
        TcpStream::from_std(stream)?.set_zero_linger()?;
    }
    Ok(())
}

/// Nothing to remember: see the other [`reset_when_closed`].
#[cfg(not(unix))]
pub(super) fn remember(_connection: &dyn Any, _extensions: &mut Extensions) {}

/// Where sockets cannot be duplicated this way the connection is closed without an answer, but not reset.
#[cfg(not(unix))]
pub(super) fn reset_when_closed(_request: &actix_web::HttpRequest) -> std::io::Result<()> {
    Ok(())
}
