//! Log lines on their way out: handed over in memory, written by a thread of their own.
//!
//! A line costs whoever says it no call of the system. The thread writes all that has come at once, and then lets more gather
//! for a moment. While whoever reads the log takes nothing, lines wait up to a bound; past it they are lost, and how many is
//! said. [`Writer::flush`] waits until all that was said is written.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// So long lines gather after some have been written.
const GATHERING: Duration = Duration::from_millis(5);
/// So many bytes wait at most.
const MOST: usize = 4 * 1_024 * 1_024;
/// What is kept of the room that a burst has taken.
const ROOM: usize = 64 * 1_024;
/// So long the end waits for a reader that takes nothing.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Takes lines, and never makes anybody wait.
#[derive(Default)]
pub struct Writer {
    waiting: Mutex<Waiting>,
    /// Something has come, or is wanted at once.
    come: Condvar,
    /// All that had come is written.
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    lost: u64,
    /// The thread has nothing to do, and has to be woken.
    sleeps: bool,
    /// The thread has lines in hand.
    writes: bool,
    /// Somebody waits for the last line.
    in_a_hurry: bool,
}

impl Writer {
    /// Begins to write to `out`; `tell` is told how many lines were lost, once there is room again.
    pub fn begin(
        out: impl Write + Send + 'static,
        tell: impl Fn(u64) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let writer = Arc::new(Self::default());
        let running = Arc::clone(&writer);
        thread::Builder::new()
            .name("log".into())
            .spawn(move || running.run(out, tell))?;
        Ok(writer)
    }

    fn run(&self, mut out: impl Write, tell: impl Fn(u64)) {
        let mut taken = Vec::new();
        loop {
            let lost = self.take(&mut taken);
            // Whoever read it is gone: there is nobody left to tell.
            let _ = out.write_all(&taken).and_then(|()| out.flush());
            taken.clear();
            taken.shrink_to(ROOM);
            if lost > 0 {
                tell(lost);
            }
            self.gather();
        }
    }

    /// Waits until lines have come, and takes them. Returns how many were lost.
    fn take(&self, taken: &mut Vec<u8>) -> u64 {
        let mut waiting = self.lock();
        while waiting.lines.is_empty() {
            waiting.sleeps = true;
            waiting = self
                .come
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        waiting.sleeps = false;
        waiting.writes = true;
        std::mem::swap(taken, &mut waiting.lines);
        std::mem::take(&mut waiting.lost)
    }

    fn gather(&self) {
        let mut waiting = self.lock();
        waiting.writes = false;
        self.written.notify_all();
        let is_calm = |waiting: &mut Waiting| !waiting.in_a_hurry;
        // How it ended does not matter.
        drop(self.come.wait_timeout_while(waiting, GATHERING, is_calm));
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &Writer {
    /// Takes a line, or counts it as lost.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        if waiting.lines.len() + line.len() > MOST {
            waiting.lost += 1;
        } else {
            waiting.lines.extend_from_slice(line);
        }
        let must_be_woken = std::mem::take(&mut waiting.sleeps);
        drop(waiting);
        if must_be_woken {
            self.come.notify_one();
        }
        Ok(line.len())
    }

    /// Waits until all that was said is written; not for ever.
    fn flush(&mut self) -> io::Result<()> {
        let mut waiting = self.lock();
        waiting.in_a_hurry = true;
        self.come.notify_one();
        let is_more = |waiting: &mut Waiting| waiting.writes || !waiting.lines.is_empty();
        let waited = self
            .written
            .wait_timeout_while(waiting, LAST_LINES, is_more);
        let (mut waiting, ended) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.in_a_hurry = false;
        if ended.timed_out() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Takes what is written, each time after it was told to.
    struct Slow {
        asked: Sender<()>,
        may: Receiver<()>,
        paper: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.asked.send(()).unwrap();
            // Nobody says no: after the test all is let through.
            let _ = self.may.recv();
            self.paper.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_find_no_room_are_counted_and_the_others_come_out_whole_and_in_order() {
        let (asked, is_asked) = channel();
        let (let_go, may) = channel();
        let (tell, told) = channel();
        let paper = Arc::new(Mutex::new(Vec::new()));
        let slow = Slow {
            asked,
            may,
            paper: Arc::clone(&paper),
        };
        let writer = Writer::begin(slow, move |lost| tell.send(lost).unwrap()).unwrap();
        (&*writer).write_all(b"first\n").unwrap();
        is_asked.recv().unwrap();
        // The reader is stuck with the first one.
        let line = [b'x'; 1_024];
        for _ in 0..MOST / line.len() + 3 {
            (&*writer).write_all(&line).unwrap();
        }
        drop(let_go);
        assert_eq!(told.recv().unwrap(), 3);
        (&*writer).flush().unwrap();
        let paper = paper.lock().unwrap();
        assert_eq!(paper.len(), 6 + MOST);
        assert!(paper.starts_with(b"first\nxxx"));
    }

    #[test]
    fn after_a_flush_all_is_written() {
        let paper = Arc::new(Mutex::new(Vec::new()));
        let (asked, _is_asked) = channel();
        let (_, may) = channel();
        let out = Slow {
            asked,
            may,
            paper: Arc::clone(&paper),
        };
        let writer = Writer::begin(out, |_| {}).unwrap();
        (&*writer).flush().unwrap();
        for number in 0..100 {
            (&*writer)
                .write_all(format!("{number}\n").as_bytes())
                .unwrap();
            if number % 10 == 9 {
                (&*writer).flush().unwrap();
                let lines = paper.lock().unwrap().split(|b| *b == b'\n').count();
                assert_eq!(lines, number + 2);
            }
        }
    }
}
