//! The decisions by themselves, one of each kind: no store, no engine, no
//! JSON. What is stored stands in the caches; `ratios` has cold tables.
//!
//! `cargo bench --bench decide`; with a word, only those whose name holds it.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod support {
    pub mod clock;
    pub mod decisions;
}

use std::hint::black_box;
use std::time::Duration;

use capture_engine::Settings;
use capture_engine::capture_id::HashedIds;
use capture_engine::decide::{Decide, Decision};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use support::clock::worked;
use support::decisions::{Case, Visitor, context, every_decision};

/// The time that the thread worked, told as a time on the wall would be.
struct Worked;

impl Measurement for Worked {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        worked()
    }

    fn end(&self, start: Duration) -> Duration {
        worked().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        one.saturating_add(*other)
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, time: &Duration) -> f64 {
        WallTime.to_f64(time)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Benches each decision that it is shown.
struct Bench<'a>(BenchmarkGroup<'a, Worked>);

impl Visitor for Bench<'_> {
    fn visit<C: Decide + Sync>(&mut self, case: Case<'_, C>) {
        let (settings, ids) = (Settings::default(), HashedIds::default());
        let context = context(&settings, &ids, case.now);
        let decide = || case.command.decide(black_box(case.snapshot), black_box(&context)).unwrap();
        let Decision::Decided(decided) = decide() else { unreachable!("the verdict was given") };
        assert_eq!(decided.outcome().code(), case.code, "{}", case.name);
        self.0.bench_function(case.name, |bencher| bencher.iter(|| black_box(decide())));
    }
}

fn decisions(criterion: &mut Criterion<Worked>) {
    let mut bench = Bench(criterion.benchmark_group("decide"));
    every_decision(&mut bench);
    bench.0.finish();
}

/// Two seconds each are enough for what takes less than a microsecond.
fn short() -> Criterion<Worked> {
    Criterion::default()
        .with_measurement(Worked)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! { name = benches; config = short(); targets = decisions }
criterion_main!(benches);
