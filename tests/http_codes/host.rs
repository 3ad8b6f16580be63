//! A service with every check that a host may have, over a store that can be
//! down.

use std::fs;
use std::sync::Arc;

use capture_engine::http::{
    Admission, Caller, Clients, Code, Edge, KeyVersion, PrivateKey, PublicKey, Route, Signer,
};
use capture_engine::risk::{NoVerdict, RiskQuestion, Verdict};
use capture_engine::store::AnyStore;
use capture_engine::wire::replay::Session;
use capture_engine::{Currency, Engine, MemoryStore, Money, ResultCode, Settings};

use crate::faulty::{FaultyStore, Odds};
use crate::http_exchange::{self, Ask, Exchange, Keys, Server};
use crate::mount::mount;
use crate::openapi::Schemas;
use crate::requests::NOW;

pub struct Host {
    keys: Keys,
    store: Arc<FaultyStore<MemoryStore>>,
    server: Server,
    schemas: Schemas,
}

impl Host {
    pub fn new() -> Self {
        let keys = Keys::new();
        let down = Odds {
            unavailable: 1_000,
            conflict: 0,
            unheard: 0,
            lost: 0,
            late: 0,
            latest: 0,
            stale: 0,
            waits: 0,
        };
        let store = Arc::new(FaultyStore::new(MemoryStore::new(), 1, down));
        store.fail(false);
        let any = AnyStore::new(Arc::clone(&store));
        tell_past(&any);
        let limit = Money::from_minor(500_000, Currency::USD).unwrap();
        let engine = Engine::new(any, Settings::default().payment_limits([limit]).unwrap());
        let edge = edge(engine.with_risk_check(assess), &keys);
        let server = Server::of(mount(edge, || NOW.parse().unwrap()));
        Self { keys, store, server, schemas: Schemas::load() }
    }

    /// From now on the store answers nobody, or everybody again.
    pub fn store_is_down(&self, down: bool) {
        self.store.fail(down);
    }

    /// Sends a request; its answer is verified, and both are held against the
    /// OpenAPI document.
    pub fn exchange<'a>(&self, ask: &'a Ask) -> Exchange<'a> {
        let exchange = http_exchange::exchange(&self.keys, &self.server, ask);
        self.is_documented(&exchange);
        exchange
    }

    fn is_documented(&self, exchange: &Exchange<'_>) {
        let (schemas, route, answer) = (&self.schemas, exchange.route(), &exchange.answer);
        schemas.check_response(route, answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
        let headers = exchange.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        schemas.check_response_headers(headers).unwrap_or_else(|error| panic!("{answer}: {error}"));
        // Bodies that were read: the document takes those that the engine took.
        let code = exchange.code();
        if let (Some(route), Code::Engine(code)) = (route, code) {
            let is_legal = schemas.check_request(route, exchange.request()).is_ok();
            assert_eq!(is_legal, code != ResultCode::ParamIllegal, "{}: {answer}", exchange.request());
        }
    }
}

/// What was before the requests of the table.
fn tell_past(store: &AnyStore) {
    let mut session = Session::new(store.clone(), Settings::default());
    for line in include_str!("../data/http-codes.jsonl").lines() {
        let mut answer = Vec::new();
        pollster::block_on(session.answer(line.as_bytes(), &mut answer)).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            ["SUCCESS", "CAPTURE_IN_PROCESS"].iter().any(|code| answer.contains(code)),
            "{line}: {answer}"
        );
    }
}

type RiskFn = fn(&RiskQuestion) -> Result<Verdict, NoVerdict>;

fn assess(question: &RiskQuestion) -> Result<Verdict, NoVerdict> {
    match question.amount.minor() {
        666 => Ok(Verdict::Reject),
        777 => Err(NoVerdict),
        _ => Ok(Verdict::Accept),
    }
}

fn edge(engine: Engine<AnyStore, RiskFn>, keys: &Keys) -> Edge<AnyStore, RiskFn> {
    let pem = |name: &str| fs::read_to_string(keys.folder().join(name)).unwrap();
    let key = PublicKey::from_text(&pem("shop.pub.pem")).unwrap();
    let clients = Clients::new();
    for client in ["shop", "reader", "busy", "flood"] {
        clients.add(&client.parse().unwrap(), KeyVersion::FIRST, key.clone());
    }
    let signer = Signer::new(KeyVersion::FIRST, PrivateKey::from_text(&pem("wallet.pem")).unwrap());
    let is = |caller: &Caller<'_>, name: &str| caller.client().as_str() == name;
    Edge::new(engine, clients, signer)
        .prefix(http_exchange::PREFIX.parse().unwrap())
        .early_limiter(move |caller: &Caller<'_>| Admission::from(!is(caller, "flood")))
        .token_verifier(|caller: &Caller<'_>| match caller.token().map(|token| token.expose()) {
            Some("forged") => Admission::Refused,
            Some("remote") => Admission::Undecided,
            _ => Admission::Admitted,
        })
        .access_check(move |caller: &Caller<'_>| {
            Admission::from(!is(caller, "reader") || caller.route() != Route::Cancel)
        })
        .rate_limiter(move |caller: &Caller<'_>| Admission::from(!is(caller, "busy")))
}
