//! A random source without a dependency: xorshift. The same seed gives the
//! same rolls.
#![allow(dead_code, reason = "each test file uses its part of it")]

#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    /// Whether one of so many cases is met.
    pub fn one_in(&mut self, cases: u64) -> bool {
        self.roll(cases) == 0
    }

    /// Whether it happens, so often in a thousand.
    pub fn per_mille(&mut self, often: u64) -> bool {
        self.roll(1_000) < often
    }

    pub fn maybe<T>(&mut self, cases: u64, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(cases).then(|| value(self))
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }
}
