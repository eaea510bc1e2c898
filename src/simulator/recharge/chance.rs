//! Numbers that look random and are the same at every start.

/// A sequence of numbers; the same seed is the same sequence.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Default for Chance {
    /// Any constant will do; it is what makes a run repeatable.
    fn default() -> Self {
        Self(0x5349_4445_4341_5244)
    }
}

impl Chance {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of SplitMix64 (public domain, S. Vigna), from 0 up to but not including 1.
    pub(super) fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}
