//! Chance that is the same on every machine and in every version.
//!
//! The numbers are those of ChaCha8 under a key that is the seed: a published
//! algorithm, whose crate tests its output against the standard's vectors. All
//! that is made of them here is made with whole numbers, so that no rounding
//! of a machine and no change of a library's sampling can move a byte.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The seed, little-endian, then zeros: the key.
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        for (byte, seeds) in key.iter_mut().zip(seed.to_le_bytes()) {
            *byte = seeds;
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// One of `0..bound`. The product's upper half is as even as 2^64 draws
    /// into `bound` boxes can be.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// One of `least..=most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// Whether something happens that happens once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of `least..=most`, where each doubling is about as likely as the
    /// next: many small ones, few large ones. `least` is at least 1.
    pub fn spread(&mut self, least: u64, most: u64) -> u64 {
        let doublings = u64::from((most / least).ilog2());
        let low = least << self.between(0, doublings);
        self.between(low, most.min(2 * low - 1))
    }

    /// One of these.
    #[allow(clippy::indexing_slicing, reason = "the number is below the length")]
    pub fn pick<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[index(self.below(of.len().try_into().unwrap_or(u64::MAX)))]
    }
}

/// Ranks `0..n`, where rank k comes up in proportion to 1 ÷ (k + 1).
pub struct Zipf {
    /// The weights of each rank and all before it, summed up.
    sums: Vec<u64>,
}

impl Zipf {
    pub fn new(ranks: u32) -> Self {
        let weights = (1..=u64::from(ranks)).map(|place| (1 << 32) / place);
        let sums = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { sums: sums.collect() }
    }

    pub fn rank(&self, chance: &mut Chance) -> usize {
        let drawn = chance.below(self.sums.last().copied().unwrap_or(1));
        self.sums.partition_point(|sum| *sum <= drawn)
    }
}

/// A place in a table of this program; none has 2^32 rows.
pub fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
