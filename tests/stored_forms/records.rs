//! Named records of every kind, result and option.

use std::sync::Arc;

use capture_engine::command::{
    AdjustPayer, Adjustment, ExtendInfo, FundsChange, PayerStatus, UsageLimits, VoidAmount,
};
use capture_engine::event::{AcceptedCapture, Counted, MAX_SEQ, PaymentRef, Registration, Told};
use capture_engine::id::{CaptureRequestId, PaymentId};
use capture_engine::money::Total;
use capture_engine::record::{
    AdjustRecord, AskedCapture, AuthorizeRecord, CancelRecord, CaptureOutcome, CaptureRecord, PayerFunds,
    Record, RegisterRecord, VoidRecord,
};
use capture_engine::result_code::FailureCode;
use capture_engine::store::AuthorizationKey;
use capture_engine::terms::{Funding, Hold, Settlement, Terms};
use capture_engine::time::{Offset, OffsetTime};
use capture_engine::{Currency, Instant, Money, ResultCode};

use super::samples::{Named, START, long_id, money, usd};
use super::world::backwards;

pub fn all() -> Named<Record> {
    let mut all = authorizes();
    all.extend(refused_captures());
    all.extend(accepted_captures());
    all.extend(voids_and_cancels());
    all.extend(accounts());
    all
}

fn hold(overcapture_limit: Option<Money>) -> Hold {
    Hold {
        merchant: "M1".parse().unwrap(),
        payment: "p-1".parse().unwrap(),
        payer: Some("payer-1".parse().unwrap()),
        amount: usd(1_000),
        terms: Terms {
            expires_at: Instant::MAX,
            max_captures: 50.try_into().unwrap(),
            overcapture_percent: Some("15.05".parse().unwrap()),
            overcapture_limit,
            settlement: Settlement::Immediate,
            funding: Funding::Drawn,
            last_by_default: true,
        },
    }
}

fn authorizes() -> Named<Record> {
    let record = |limit, result| Record::Authorize(AuthorizeRecord { hold: Arc::new(hold(limit)), result });
    let gold = Hold { amount: money(1, "XAU", None), ..hold(None) };
    let refused_gold = AuthorizeRecord { hold: Arc::new(gold), result: Err(ResultCode::CurrencyNotSupport) };
    vec![
        ("authorize", record(Some(usd(100)), Ok(Offset::PLUS_8))),
        ("authorize_far_west", record(None, Ok(Offset::from_minutes(-1_080).unwrap()))),
        (
            "authorize_refused_for_the_limits_currency",
            record(Some(money(1, "EUR", Some(2))), Err(ResultCode::CurrencyNotSupport)),
        ),
        ("authorize_refused_for_funds", record(None, Err(ResultCode::UserBalanceNotEnough))),
        ("authorize_refused_without_exponent", Record::Authorize(refused_gold)),
    ]
}

/// What a capture asked, with the texts that the record borrows.
#[derive(Clone)]
struct Asked {
    payment: PaymentId,
    amount: Option<Money>,
    resolved: Option<Money>,
    last: Option<bool>,
    last_by_default: bool,
    extend_info: Option<ExtendInfo>,
}

impl Asked {
    fn view(&self) -> AskedCapture<'_> {
        AskedCapture {
            payment: &self.payment,
            amount: self.amount,
            resolved: self.resolved,
            last: self.last,
            last_by_default: self.last_by_default,
            extend_info: self.extend_info.as_ref(),
        }
    }
}

fn asked(amount: Option<i64>, resolved: Option<i64>, last: Option<bool>, last_by_default: bool) -> Asked {
    Asked {
        payment: "p-1".parse().unwrap(),
        amount: amount.map(usd),
        resolved: resolved.map(usd),
        last,
        last_by_default,
        extend_info: None,
    }
}

fn with_info(asked: Asked, info: &str) -> Asked {
    Asked { extend_info: Some(ExtendInfo::try_from(info).unwrap()), ..asked }
}

fn refused_captures() -> Named<Record> {
    let ids = || ("M1".parse().unwrap(), "c-1".parse().unwrap());
    let refused = |asked: Asked, code| {
        let (merchant, request) = ids();
        Record::Capture(CaptureRecord::refused(merchant, request, asked.view(), code))
    };
    let (merchant, request) = ids();
    let gold = Asked { amount: Some(money(7, "XAU", None)), ..asked(None, None, None, true) };
    vec![
        ("abandoned", Record::Capture(CaptureRecord::abandoned(merchant, request))),
        ("refused_as_not_found", refused(asked(Some(10), None, Some(true), false), ResultCode::AuthNotFound)),
        ("refused_as_cancelled", refused(asked(None, None, None, true), ResultCode::AuthCancelled)),
        ("refused_as_expired", refused(asked(None, None, Some(false), true), ResultCode::AuthExpired)),
        ("refused_in_another_currency", refused(gold, ResultCode::CurrencyNotSupport)),
        (
            "refused_as_too_much",
            refused(
                asked(Some(999_999_999_999_999_999), None, None, false),
                ResultCode::CaptureAmountExceedAuthLimit,
            ),
        ),
        ("refused_by_count", refused(asked(None, Some(24), None, true), ResultCode::PaymentCountExceedLimit)),
        (
            "refused_by_amount",
            refused(asked(Some(1), Some(1), None, true), ResultCode::PaymentAmountExceedLimit),
        ),
        ("refused_by_status", refused(asked(None, Some(23), None, true), ResultCode::UserStatusAbnormal)),
        ("refused_by_sum", refused(asked(None, Some(1), None, true), ResultCode::UserAmountExceedLimit)),
        ("refused_by_funds", refused(asked(None, Some(1), None, true), ResultCode::UserBalanceNotEnough)),
        (
            "refused_by_risk",
            refused(
                with_info(asked(None, Some(1), None, true), "Grüße, 世界 \u{1F600}\n"),
                ResultCode::RiskReject,
            ),
        ),
    ]
}

/// A capture that was accepted, as it stands.
struct Accepted {
    asked: Asked,
    capture: AcceptedCapture,
    outcome: CaptureOutcome,
    contradiction: Option<Told>,
}

fn accepted(asked: Asked, outcome: CaptureOutcome) -> Accepted {
    let request = "c-1".parse().unwrap();
    let of = AuthorizationKey { merchant: "M1".parse().unwrap(), payment: asked.payment.clone() };
    let capture = AcceptedCapture {
        of: PaymentRef::ByKey(Box::new(of)),
        id: backwards(&request),
        request,
        asked: asked.resolved.or(asked.amount).unwrap(),
        last: asked.view().is_last(),
        counted: None,
        accepted_seq: 2,
        accepted_at: START.parse().unwrap(),
    };
    Accepted { asked, capture, outcome, contradiction: None }
}

fn accepted_record(accepted: Accepted) -> Record {
    let Accepted { asked, capture, outcome, contradiction } = accepted;
    Record::Capture(CaptureRecord::accepted(Arc::new(capture), asked.view(), outcome, contradiction))
}

fn at(minutes: i16) -> OffsetTime {
    START.parse::<Instant>().unwrap().at(Offset::from_minutes(minutes).unwrap())
}

fn succeeded(minor: i64, reversed: bool) -> CaptureOutcome {
    CaptureOutcome::Succeeded { amount: usd(minor), time: at(480), reversed }
}

fn contradicted(by: Told, accepted: Accepted) -> Record {
    accepted_record(Accepted { contradiction: Some(by), ..accepted })
}

fn accepted_captures() -> Named<Record> {
    let given = || asked(Some(400), Some(400), Some(false), true);
    let absent = || asked(None, Some(1_000), None, true);
    let failure = |code| FailureCode::try_from(code).unwrap();
    let failed = |code| accepted_record(accepted(given(), CaptureOutcome::Failed(failure(code))));
    vec![
        ("in_process", accepted_record(accepted(given(), CaptureOutcome::InProcess))),
        ("in_process_without_amount", accepted_record(accepted(absent(), CaptureOutcome::InProcess))),
        ("succeeded", accepted_record(accepted(given(), succeeded(400, false)))),
        ("succeeded_without_amount", accepted_record(accepted(absent(), succeeded(1_000, false)))),
        ("succeeded_with_less", accepted_record(accepted(given(), succeeded(1, false)))),
        ("reversed", accepted_record(accepted(with_info(given(), ""), succeeded(400, true)))),
        ("failed", accepted_record(accepted(given(), CaptureOutcome::Failed(FailureCode::default())))),
        ("failed_by_risk", failed(ResultCode::RiskReject)),
        ("failed_as_not_found", failed(ResultCode::AuthNotFound)),
        (
            "contradicted_in_process",
            contradicted(
                Told::Succeeded(money(5, "XAU", None)),
                accepted(given(), CaptureOutcome::InProcess),
            ),
        ),
        (
            "contradicted_when_succeeded",
            contradicted(Told::Failed(FailureCode::default()), accepted(given(), succeeded(400, false))),
        ),
        ("counted_with_long_ids", counted_with_long_ids()),
    ]
}

/// The most minor units of a command.
const MOST: i64 = 999_999_999_999_999_999;

/// A record of which nothing is small.
fn counted_with_long_ids() -> Record {
    let long = long_id();
    let info = "\u{1F600}\"\\\n".repeat(50);
    let payment: PaymentId = long.parse().unwrap();
    let asked = Asked {
        payment: payment.clone(),
        ..with_info(asked(Some(MOST), Some(MOST), Some(true), false), &info)
    };
    let accepted = accepted(asked, succeeded(999_999_999_999_999_998, false));
    let request: CaptureRequestId = long.parse().unwrap();
    let of = AuthorizationKey { merchant: long.parse().unwrap(), payment };
    let capture = AcceptedCapture {
        of: PaymentRef::ByKey(Box::new(of)),
        id: backwards(&request),
        request,
        counted: Some(Counted { window: Instant::MIN, resets: u64::MAX }),
        accepted_seq: MAX_SEQ,
        accepted_at: Instant::MIN,
        ..accepted.capture
    };
    accepted_record(Accepted { capture, ..accepted })
}

fn voids_and_cancels() -> Named<Record> {
    let void = |asked, result| {
        Record::Void(Arc::new(VoidRecord {
            merchant: "M1".parse().unwrap(),
            request: "v-1".parse().unwrap(),
            payment: "p-1".parse().unwrap(),
            asked,
            result,
        }))
    };
    let cancel = |released, time| {
        let (merchant, payment) = ("M1".parse().unwrap(), "p-1".parse().unwrap());
        Record::Cancel(Arc::new(CancelRecord { merchant, payment, released, time }))
    };
    let exceeded = ResultCode::CaptureAmountExceedAuthLimit;
    vec![
        ("void", void(VoidAmount::Part(usd(30)), Ok(usd(30)))),
        ("void_of_all", void(VoidAmount::Remainder, Ok(usd(970)))),
        ("void_refused", void(VoidAmount::Part(usd(65_536)), Err(exceeded))),
        ("void_of_all_refused", void(VoidAmount::Remainder, Err(ResultCode::AuthNotFound))),
        ("cancel", cancel(money(10, "KWD", Some(3)), at(345))),
        ("cancel_at_the_first_instant", cancel(usd(255), Instant::MIN.at(Offset::UTC))),
    ]
}

fn accounts() -> Named<Record> {
    let register = |balance, status, limits| {
        let registration = Registration { balance, status, limits };
        Record::Register(Arc::new(RegisterRecord { payer: "payer-1".parse().unwrap(), registration }))
    };
    let no_limits = UsageLimits::default();
    let limits = UsageLimits { max_count: Some(3), max_amount: Some(usd(0)) };
    let adjust = |adjustment, result| {
        let asked = AdjustPayer::new("j-1".parse().unwrap(), "payer-1".parse().unwrap(), adjustment);
        Record::Adjust(Arc::new(AdjustRecord { asked, result }))
    };
    let funds = |balance, held| {
        let total = |minor| Total::from_minor(minor, Currency::USD).unwrap();
        PayerFunds { balance: total(balance), held: total(held) }
    };
    let add = Adjustment { funds: Some(FundsChange::Add(usd(5))), ..Adjustment::default() };
    let withdraw = |money| Adjustment { funds: Some(FundsChange::Withdraw(money)), ..Adjustment::default() };
    let all = Adjustment {
        status: Some(PayerStatus::Abnormal),
        clear_limits: true,
        limits,
        reset_usage: true,
        ..withdraw(usd(1))
    };
    vec![
        ("register", register(usd(0), PayerStatus::Normal, no_limits)),
        ("register_with_limits", register(usd(1), PayerStatus::Abnormal, limits)),
        ("adjust_nothing", adjust(Adjustment::default(), Ok(funds(0, 0)))),
        ("adjust_add", adjust(add, Ok(funds(i128::from(u64::MAX), 1)))),
        ("adjust_all", adjust(all, Ok(funds(i128::MAX, i128::from(u64::MAX) + 1)))),
        ("adjust_refused", adjust(withdraw(usd(2)), Err(ResultCode::UserBalanceNotEnough))),
        (
            "adjust_refused_in_another_currency",
            adjust(withdraw(money(2, "ANG", Some(2))), Err(ResultCode::CurrencyNotSupport)),
        ),
    ]
}
