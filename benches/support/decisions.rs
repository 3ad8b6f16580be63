//! One decision of each kind: the command, and what it meets. For whoever
//! times or counts them.
#![allow(dead_code, reason = "each bench and test uses its part of it")]

use capture_engine::capture_id::HashedIds;
use capture_engine::command::{
    Abandon, AdjustPayer, Adjustment, Authorize, Cancel, Capture, FundsChange, RegisterPayer, Reverse,
    Settle, SettlementOutcome, Void, VoidAmount,
};
use capture_engine::decide::{Context, Decide, QuoteCapture, Risk};
use capture_engine::id::{CaptureRequestId, MerchantId, PayerId, PaymentId, VoidRequestId};
use capture_engine::result_code::FailureCode;
use capture_engine::risk::Verdict;
use capture_engine::store::Snapshot;
use capture_engine::terms::Settlement;
use capture_engine::{
    BlockingEngine, Currency, Engine, Instant, MemoryStore, Money, ResultCode, Settings, Store,
};

/// A decision that can be taken again and again.
pub struct Case<'a, C> {
    pub name: &'static str,
    /// What it comes to.
    pub code: ResultCode,
    pub command: &'a C,
    pub now: Instant,
    /// What was loaded for it.
    pub snapshot: &'a Snapshot,
}

/// Whoever looks at each of them.
pub trait Visitor {
    fn visit<C: Decide + Sync>(&mut self, case: Case<'_, C>);
}

/// What a decision is taken with.
pub fn context<'a>(settings: &'a Settings, ids: &'a HashedIds, now: Instant) -> Context<'a> {
    Context { now, settings, ids, risk: Risk::Assume(Verdict::Accept) }
}

/// What the store has for a command.
pub fn loaded(store: &MemoryStore, command: &impl Decide) -> Snapshot {
    let mut keys = Vec::new();
    command.keys(&mut keys);
    pollster::block_on(store.load(&keys)).unwrap()
}

/// A merchant, a payer, and payments in whatever state a decision can meet.
struct Scene<'a, V> {
    engine: BlockingEngine<MemoryStore>,
    merchant: MerchantId,
    payer: PayerId,
    visitor: &'a mut V,
}

/// Visits all of them, always in the same order.
pub fn every_decision(visitor: &mut impl Visitor) {
    let engine = Engine::new(MemoryStore::new(), Settings::default()).blocking();
    let payer = "2088101117955611000000000001".parse().unwrap();
    let mut scene = Scene { engine, merchant: "merchant-0001".parse().unwrap(), payer, visitor };
    scene.set();
    scene.authorizations();
    scene.captures();
    scene.repeats();
    scene.outcomes();
    scene.closings();
    scene.payers();
}

impl<V: Visitor> Scene<'_, V> {
    fn set(&self) {
        self.engine.register_payer(&RegisterPayer::new(self.payer.clone(), usd(1_000_000)), now()).unwrap();
        for payment in ["plain", "again"] {
            self.engine.authorize(&self.hold(payment), now()).unwrap();
        }
        self.engine.authorize(&self.hold("charged").payer(self.payer.clone()), now()).unwrap();
        self.engine.authorize(&self.hold("deferred").settlement(Settlement::Deferred), now()).unwrap();
        self.engine.authorize(&self.hold("cancelled"), now()).unwrap();
        self.engine.cancel(&Cancel::new(self.merchant.clone(), payment_id("cancelled")), now()).unwrap();
        self.engine.capture(&self.part("known", "again"), now()).unwrap();
        self.engine.capture(&self.part("open", "deferred"), now()).unwrap();
        self.engine.capture(&self.part("charged", "charged"), now()).unwrap();
    }

    fn hold(&self, payment: &str) -> Authorize {
        let expires_at = "2026-03-08T09:00:00+08:00".parse().unwrap();
        Authorize::new(self.merchant.clone(), payment_id(payment), usd(10_000), expires_at)
    }

    fn all(&self, request: &str, payment: &str) -> Capture {
        Capture::new(self.merchant.clone(), request_id(request), payment_id(payment))
    }

    fn part(&self, request: &str, payment: &str) -> Capture {
        self.all(request, payment).amount(usd(100)).last(false)
    }

    fn visit(&mut self, name: &'static str, code: ResultCode, command: &(impl Decide + Sync)) {
        self.visit_at(name, code, command, now());
    }

    fn visit_at(
        &mut self,
        name: &'static str,
        code: ResultCode,
        command: &(impl Decide + Sync),
        now: Instant,
    ) {
        let snapshot = loaded(self.engine.engine().store(), command);
        self.visitor.visit(Case { name, code, command, now, snapshot: &snapshot });
    }

    fn authorizations(&mut self) {
        let new = self.hold("new");
        self.visit("authorize", ResultCode::Success, &new);
        self.visit("authorize, with a payer", ResultCode::Success, &new.payer(self.payer.clone()));
        self.visit("authorize, repeated", ResultCode::Success, &self.hold("plain"));
    }

    fn captures(&mut self) {
        let deadline: Instant = "2026-03-08T09:00:00+08:00".parse().unwrap();
        let beyond = self.all("new", "plain").amount(usd(10_001));
        self.visit("capture, at once", ResultCode::Success, &self.part("new", "plain"));
        self.visit("capture, at once, with a payer", ResultCode::Success, &self.part("new", "charged"));
        self.visit("capture, no amount: all, the last", ResultCode::Success, &self.all("new", "plain"));
        self.visit("capture, deferred", ResultCode::CaptureInProcess, &self.part("new", "deferred"));
        self.visit("capture, more than is left", ResultCode::CaptureAmountExceedAuthLimit, &beyond);
        self.visit("capture, no such payment", ResultCode::AuthNotFound, &self.part("new", "none"));
        self.visit("capture, cancelled", ResultCode::AuthCancelled, &self.part("new", "cancelled"));
        self.visit_at(
            "capture, too late: expires",
            ResultCode::AuthExpired,
            &self.part("new", "plain"),
            deadline,
        );
        let quote = QuoteCapture(self.part("new", "plain"));
        self.visit("quote", ResultCode::Success, &quote);
    }

    fn repeats(&mut self) {
        let other = self.part("known", "again").amount(usd(99));
        self.visit("capture, repeated", ResultCode::Success, &self.part("known", "again"));
        self.visit(
            "capture, repeated, in process",
            ResultCode::CaptureInProcess,
            &self.part("open", "deferred"),
        );
        self.visit("capture, repeated, another amount", ResultCode::RepeatReqInconsistent, &other);
    }

    fn outcomes(&mut self) {
        let told = |outcome| Settle::new(self.merchant.clone(), request_id("open"), outcome);
        let all = told(SettlementOutcome::Succeeded(None));
        let part = told(SettlementOutcome::Succeeded(Some(usd(50))));
        let failed = told(SettlementOutcome::Failed(FailureCode::default()));
        let reverse = Reverse::new(self.merchant.clone(), request_id("known"));
        let reverse_charged = Reverse::new(self.merchant.clone(), request_id("charged"));
        self.visit("settle, all", ResultCode::Success, &all);
        self.visit("settle, part", ResultCode::Success, &part);
        self.visit("settle, failed", ResultCode::Success, &failed);
        self.visit("reverse", ResultCode::Success, &reverse);
        self.visit("reverse, with a payer", ResultCode::Success, &reverse_charged);
    }

    fn closings(&mut self) {
        let void = |amount| Void::new(self.merchant.clone(), void_id("new"), payment_id("plain"), amount);
        let (part, rest) = (void(VoidAmount::Part(usd(100))), void(VoidAmount::Remainder));
        let cancel = Cancel::new(self.merchant.clone(), payment_id("plain"));
        let cancel_again = Cancel::new(self.merchant.clone(), payment_id("cancelled"));
        let abandon = Abandon::new(self.merchant.clone(), request_id("never-used"));
        self.visit("cancel", ResultCode::Success, &cancel);
        self.visit("cancel, repeated", ResultCode::Success, &cancel_again);
        self.visit("void, part", ResultCode::Success, &part);
        self.visit("void, the remainder", ResultCode::Success, &rest);
        self.visit("abandon", ResultCode::Success, &abandon);
    }

    fn payers(&mut self) {
        let register = RegisterPayer::new("2088101117955611000000000002".parse().unwrap(), usd(1));
        let funds = Adjustment { funds: Some(FundsChange::Add(usd(1))), ..Adjustment::default() };
        let adjust = AdjustPayer::new(long("20260301090000300001", "new"), self.payer.clone(), funds);
        self.visit("register a payer", ResultCode::Success, &register);
        self.visit("adjust a payer", ResultCode::Success, &adjust);
    }
}

/// An id of 40 characters, as those of the API's samples.
fn long<I: std::str::FromStr<Err: std::fmt::Debug>>(start: &str, end: &str) -> I {
    format!("{start}{end:0>20}").parse().unwrap()
}

fn payment_id(end: &str) -> PaymentId {
    long("20260301090000000001", end)
}

fn request_id(end: &str) -> CaptureRequestId {
    long("20260301090000100001", end)
}

fn void_id(end: &str) -> VoidRequestId {
    long("20260301090000200001", end)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

fn now() -> Instant {
    "2026-03-01T09:00:00+08:00".parse().unwrap()
}
