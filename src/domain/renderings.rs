//! What was made of a value, kept beside it: it is counted where the value is, and gone when the value is.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use sha2::{Digest as _, Sha256};

/// So many forms of one value are kept: a helpdesk or two, and the day before beside today.
const MOST: usize = 4;
/// What one takes besides its text: its key, and what keeps it.
const BESIDES: usize = 256;

/// Texts that were made of one value. What a text depends on besides the value is its key, of any type: one is never
/// taken for another.
///
/// Most values are shown once and then replaced, so a text is kept on its second use, and only when whoever counts the
/// memory has given room for it ([`Renderings::give_room`]).
///
/// They are no part of the value: a copy has none, and two values are equal whatever was made of them.
#[derive(Default)]
pub struct Renderings {
    made: Mutex<Vec<Made>>,
    /// Whether something was made that there is no room for.
    asks: AtomicBool,
}

struct Made {
    of: Box<dyn Any + Send + Sync>,
    length: usize,
    has_room: bool,
    text: Option<Arc<Rendering>>,
}

/// A text that was made, with what tells it from others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rendering {
    text: Box<str>,
    digest: OnceLock<[u8; 8]>,
}

impl Rendering {
    /// Equal for equal texts; made once.
    pub fn digest(&self) -> &[u8; 8] {
        self.digest.get_or_init(|| {
            let [a, b, c, d, e, f, g, h, ..] = Sha256::digest(self.text.as_bytes()).0;
            [a, b, c, d, e, f, g, h]
        })
    }
}

impl From<String> for Rendering {
    fn from(text: String) -> Self {
        Self {
            text: text.into(),
            digest: OnceLock::new(),
        }
    }
}

impl Deref for Rendering {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl Renderings {
    /// The text that was made of the value and `of` before, or else what is made now.
    pub fn kept<K>(&self, of: &K, make: impl FnOnce() -> String) -> Arc<Rendering>
    where
        K: PartialEq + Clone + Send + Sync + 'static,
    {
        let is_this = |made: &Made| made.of.downcast_ref::<K>() == Some(of);
        let kept = self
            .lock()
            .iter()
            .find(|made| is_this(made))
            .and_then(|made| made.text.clone());
        if let Some(text) = kept {
            return text;
        }
        // Others are not kept waiting meanwhile; at worst two make the same.
        let text = Arc::new(Rendering::from(make()));
        let mut all = self.lock();
        match all.iter_mut().find(|made| is_this(made)) {
            Some(made) if made.has_room && text.len() <= made.length => {
                made.text = Some(Arc::clone(&text))
            }
            Some(_) => {}
            None => {
                if all.len() == MOST {
                    all.remove(0);
                }
                all.push(Made {
                    of: Box::new(of.clone()),
                    length: text.len(),
                    has_room: false,
                    text: None,
                });
                self.asks.store(true, Ordering::Relaxed);
            }
        }
        text
    }

    /// Whether there is something to be kept without room for it.
    pub fn ask_for_room(&self) -> bool {
        self.asks.load(Ordering::Relaxed)
    }

    /// From now on what was made may be kept. [`Renderings::room`] says how much that is.
    pub fn give_room(&self) {
        self.asks.store(false, Ordering::Relaxed);
        for made in self.lock().iter_mut() {
            made.has_room = true;
        }
    }

    /// How many bytes are kept at most.
    pub fn room(&self) -> usize {
        let all = self.lock();
        let with_room = all.iter().filter(|made| made.has_room);
        with_room.map(|made| made.length + BESIDES).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Renderings {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Renderings {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Renderings {}

impl fmt::Debug for Renderings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renderings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_on_its_second_use_once_there_is_room_for_it() {
        let renderings = Renderings::default();
        let text = |said: &str| renderings.kept(&"key", || said.to_owned()).to_string();
        assert_eq!((text("a"), text("b")), ("a".into(), "b".into()));
        assert!(renderings.ask_for_room() && renderings.room() == 0);
        renderings.give_room();
        assert!(!renderings.ask_for_room() && renderings.room() >= 1);
        assert_eq!((text("c"), text("d")), ("c".into(), "c".into()));
    }

    #[test]
    fn what_is_larger_than_its_room_is_not_kept() {
        let renderings = Renderings::default();
        renderings.kept(&"key", || "a".into());
        renderings.give_room();
        assert_eq!(&**renderings.kept(&"key", || "longer".into()), "longer");
        assert_eq!(&**renderings.kept(&"key", || "b".into()), "b");
    }

    #[test]
    fn keys_of_two_types_are_two_even_when_they_read_the_same() {
        let renderings = Renderings::default();
        for _ in 0..3 {
            assert_eq!(&**renderings.kept(&1_u8, || "byte".into()), "byte");
            assert_eq!(&**renderings.kept(&1_u16, || "word".into()), "word");
            renderings.give_room();
        }
    }

    #[test]
    fn the_oldest_makes_room_and_a_copy_has_none() {
        let renderings = Renderings::default();
        for round in 0..2 {
            for key in 0..MOST {
                renderings.kept(&key, || format!("{round}"));
            }
            renderings.give_room();
        }
        let full = renderings.room();
        assert_eq!(&**renderings.kept(&0_usize, || "again".into()), "1");
        renderings.kept(&MOST, || "1".into());
        renderings.give_room();
        assert_eq!(renderings.room(), full);
        assert_eq!(&**renderings.kept(&0_usize, || "anew".into()), "anew");
        assert_eq!(renderings.clone().room(), 0);
        assert_eq!(renderings.clone(), renderings);
    }
}
