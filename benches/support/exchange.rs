//! A request in, an answer out, over a memory store and without a socket:
//! beside the parts that it cannot do without.

use std::hint::black_box;
use std::mem;

use bytes::Bytes;
use capture_engine::http::{Answered, Clients, Code, Edge, EdgeCode, KeyVersion, Signer};
use capture_engine::{Engine, Instant, MemoryStore, ResultCode, Settings, wire};
use http::Request;

use super::counting::{Counts, counted};
use super::load::{Asked, Load, Spread, now};
use super::race::Race;
use super::ready::ready;
use super::rsa::Rsa;
use super::signed::{Parts, request};
use super::table::{Table, Target};
use crate::Scale;

/// What is none of the parts is at most 15 % of their sum.
const BESIDE_PARTS: Target = Target { most: 1.15, hoped: 1.05 };

/// An edge for the merchants of a load, all with one key, over a store of its own.
fn edge(load: &Load, signer: Signer, keys: &Rsa) -> Edge<MemoryStore> {
    let (clients, public) = (Clients::new(), keys.key().public_key().unwrap());
    for merchant in load.merchants() {
        clients.add(merchant, KeyVersion::FIRST, public.clone());
    }
    let engine = Engine::new(MemoryStore::new(), Settings::default());
    load.place(|batch| assert_eq!(ready(engine.submit(batch)).len(), batch.len()));
    Edge::new(engine, clients, signer)
}

/// How many of these are answered so. (A profiler finds it by its name.)
#[inline(never)]
fn answered(
    edge: &Edge<MemoryStore>,
    requests: Vec<Request<Bytes>>,
    now: Instant,
    code: impl Into<Code>,
) -> usize {
    let code = code.into();
    let answers = requests.into_iter().map(|request| black_box(ready(edge.answer(request, now))));
    answers.filter(|answer| answer.extensions().get::<Answered>().is_some_and(|it| it.code == code)).count()
}

/// The same request with another body than was signed.
fn altered(asked: &Asked, signer: &Signer, now: Instant) -> Request<Bytes> {
    request(asked, signer, now).map(|body| [&body[..], b" "].concat().into())
}

/// The same request, signed by somebody whom the edge does not know.
fn stranger(asked: &Asked, signer: &Signer, now: Instant) -> Request<Bytes> {
    let merchant = "somebody-else".parse().unwrap();
    request(&Asked { merchant, ..asked.clone() }, signer, now)
}

/// The rivals of a round: the exchange; each part by itself; the parts in turn,
/// so that each meets the caches as the other two left them; two refusals.
type Rivals = Race<7>;

pub fn exchange(scale: Scale, table: &mut Table) {
    let (mut load, keys, now) = (Load::new(scale.authorizations, false), Rsa::generate(), now());
    let signer = Signer::new(KeyVersion::FIRST, keys.key());
    let (edge, beside, turns) = (edge(&load, signer.clone(), &keys), load.engine(), load.engine());
    let first = load.capture_of(0);
    let answer = ready(edge.answer(request(&first, &signer, now), now)).into_body().len();
    let mut race = Rivals::new();
    for _ in 0..scale.rounds {
        let asked = load.captures(scale.block, &Spread::Uniform);
        let parts: Vec<_> = asked.iter().map(|asked| Parts::of(asked, answer, &keys)).collect();
        let mut batches = [request, altered, stranger]
            .map(|made| asked.iter().map(|asked| made(asked, &signer, now)).collect::<Vec<_>>());
        let [good, wrong, unknown] = &mut batches;
        let count = |holds: &dyn Fn(&Parts) -> bool| parts.iter().filter(|parts| holds(parts)).count();
        race.round(
            scale.block,
            [
                &mut || answered(&edge, mem::take(good), now, ResultCode::Success),
                &mut || count(&|parts| parts.verified(&keys)),
                &mut || count(&|parts| parts.signed(&keys)),
                &mut || count(&|parts| parts.captured(beside.engine(), now)),
                &mut || {
                    count(&|parts| {
                        parts.verified(&keys) && parts.captured(turns.engine(), now) && parts.signed(&keys)
                    })
                },
                &mut || answered(&edge, mem::take(wrong), now, EdgeCode::SignatureInvalid),
                &mut || answered(&edge, mem::take(unknown), now, EdgeCode::ClientInvalid),
            ],
        );
    }
    times(&race, table);
    allocations(&edge, &mut load, &signer, table);
}

fn times(race: &Rivals, table: &mut Table) {
    let sum = |[_, verify, sign, json, ..]: &[f64; 7]| verify + sign + json;
    let rest = |times: &[f64; 7]| times[0] - sum(times);
    let whole = race.figure(|times| times[0] / sum(times));
    table.measured("a signed capture / verify + sign + JSON to JSON", "", whole, Some(BESIDE_PARTS));
    table.measured("what is none of the three", "ns", race.figure(rest), None);
    table.measured(
        "the same, of their sum",
        "%",
        race.figure(|times| 100.0 * rest(times) / sum(times)),
        None,
    );
    table.measured("a signed capture / the three in turn", "", race.ratio(0, 4), None);
    let works = [
        "the signed capture itself",
        "one RSA verification",
        "one RSA signature",
        "the engine's JSON to JSON",
        "the three in turn, one of each",
    ];
    for (rival, work) in works.into_iter().enumerate() {
        table.measured(work, "ns", race.nanos(rival), None);
    }
    let refused = race.figure(|[_, verify, sign, _, _, refused, _]| refused / (verify + sign));
    table.measured("a wrong signature / verify + sign", "", refused, Some(BESIDE_PARTS));
    table.measured("an unknown client / sign", "", race.ratio(6, 2), Some(BESIDE_PARTS));
}

/// What an exchange takes from the allocator, from the request that is there
/// to the answer that is there. The library for cryptography asks another one.
fn allocations(edge: &Edge<MemoryStore>, load: &mut Load, signer: &Signer, table: &mut Table) {
    let now = now();
    let answer = |request| counted(|| ready(edge.answer(request, now))).1;
    let [first, good, json, wrong] = [(); 4].map(|()| load.capture_of(0));
    // What a payment's first captures take once.
    answer(request(&first, signer, now));
    let body = json.body();
    let engine = || ready(wire::capture(edge.engine(), &json.merchant, &body, now));
    let rows = [
        ("a signed capture", answer(request(&good, signer, now))),
        ("JSON to JSON of it", counted(engine).1),
        ("a wrong signature", answer(altered(&wrong, signer, now))),
        ("an unknown client", answer(stranger(&wrong, signer, now))),
    ];
    for (work, Counts { allocations, bytes, .. }) in rows {
        table.counted(work, allocations as f64, "allocations", format!("{bytes} bytes"), None);
    }
}
