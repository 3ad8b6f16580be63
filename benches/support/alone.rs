//! The decision of a capture by itself: its time, and what it allocates.

use std::hint::black_box;

use capture_engine::Settings;
use capture_engine::capture_id::HashedIds;
use capture_engine::decide::{Decide, Decision};

use super::counting::{Counts, counted};
use super::decisions::{Case, Visitor, context, every_decision};
use super::race::Race;
use super::table::{Table, Target};
use crate::Scale;

struct Alone {
    scale: Scale,
    race: Race<1>,
    counts: Counts,
}

impl Visitor for Alone {
    fn visit<C: Decide + Sync>(&mut self, case: Case<'_, C>) {
        if case.name != "capture, at once" {
            return;
        }
        let (settings, ids) = (Settings::default(), HashedIds::default());
        let context = context(&settings, &ids, case.now);
        let decide = || black_box(case.command.decide(black_box(case.snapshot), &context));
        assert!(matches!(decide(), Ok(Decision::Decided(it)) if it.outcome().code() == case.code));
        let Scale { rounds, block, .. } = self.scale;
        for _ in 0..rounds {
            self.race.round(block, [&mut || (0..block).filter(|_| decide().is_ok()).count()]);
        }
        self.counts = counted(|| decide().is_ok()).1;
    }
}

pub fn decision(scale: Scale, table: &mut Table) {
    let mut alone = Alone { scale, race: Race::new(), counts: Counts::default() };
    every_decision(&mut alone);
    let target = Target { most: 100.0, hoped: 50.0 };
    table.measured("decide of a capture", "ns", alone.race.nanos(0), Some(target));
    let Counts { allocations, bytes, .. } = alone.counts;
    let target = Target { most: 1.0, hoped: 1.0 };
    table.counted(
        "decide of a capture",
        allocations as f64,
        "allocations",
        format!("{bytes} bytes"),
        Some(target),
    );
}
