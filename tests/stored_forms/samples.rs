//! Named values of every kind and option. Authorizations, payers and events are
//! made by decisions, records by hand: what a record holds is public.

use std::num::NonZeroU32;

use capture_engine::command::{
    AdjustPayer, Adjustment, Cancel, FundsChange, PayerStatus, RegisterPayer, Reverse, Settle,
    SettlementOutcome, UsageLimits, Void, VoidAmount,
};
use capture_engine::decide::CloseDue;
use capture_engine::event::{PayerEvent, PaymentEvent};
use capture_engine::result_code::FailureCode;
use capture_engine::risk::Verdict;
use capture_engine::store::AuthorizationKey;
use capture_engine::terms::{Funding, Settlement};
use capture_engine::{Authorization, Currency, Money, Payer, ResultCode};

use super::world::{World, authorize, capture};

pub type Named<T> = Vec<(&'static str, T)>;

pub const START: &str = "2024-02-29T12:34:56.789012Z";
const AFTER_DEADLINE: &str = "2030-01-01T00:00:00.000001Z";

/// 64 characters of 4 bytes each, the longest id.
pub fn long_id() -> String {
    "\u{1F4B0}".repeat(64)
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD).unwrap()
}

pub fn money(minor: i64, code: &str, exponent: Option<u8>) -> Money {
    Money::from_minor(minor, Currency::stored(code, exponent).unwrap()).unwrap()
}

pub fn settle(request: &str, outcome: SettlementOutcome) -> Settle {
    Settle::new("M1".parse().unwrap(), request.parse().unwrap(), outcome)
}

fn void(request: &str, payment: &str, amount: VoidAmount) -> Void {
    Void::new("M1".parse().unwrap(), request.parse().unwrap(), payment.parse().unwrap(), amount)
}

fn reverse(request: &str) -> Reverse {
    Reverse::new("M1".parse().unwrap(), request.parse().unwrap())
}

fn cancel(payment: &str) -> Cancel {
    Cancel::new("M1".parse().unwrap(), payment.parse().unwrap())
}

fn close(payment: &str) -> CloseDue {
    CloseDue(AuthorizationKey { merchant: "M1".parse().unwrap(), payment: payment.parse().unwrap() })
}

pub fn adjust(request: &str, payer: &str, adjustment: Adjustment) -> AdjustPayer {
    AdjustPayer::new(request.parse().unwrap(), payer.parse().unwrap(), adjustment)
}

fn register(payer: &str, balance: Money) -> RegisterPayer {
    RegisterPayer::new(payer.parse().unwrap(), balance)
}

fn add(money: Money) -> Adjustment {
    Adjustment { funds: Some(FundsChange::Add(money)), ..Adjustment::default() }
}

fn failed(code: ResultCode) -> SettlementOutcome {
    SettlementOutcome::Failed(FailureCode::try_from(code).unwrap())
}

/// What the history of a payment left after each of its events.
#[derive(Default)]
pub struct History {
    pub authorizations: Named<Authorization>,
    pub payers: Named<Payer>,
    pub payment_events: Named<PaymentEvent>,
    pub payer_events: Named<PayerEvent>,
}

impl History {
    pub fn all() -> Self {
        let mut all = Self::default();
        all.immediate_captures();
        all.settlements();
        all.closings();
        all.terms_and_currencies();
        all.accounts();
        all.balances_beyond_an_amount();
        all
    }

    /// Keeps the last event and the authorization that it left.
    fn keep(&mut self, world: &World, name: &'static str) {
        let event = world.payment_events.last().unwrap().clone();
        let authorization = world.authorization(event.merchant().as_str(), event.payment().as_str());
        self.authorizations.push((name, authorization));
        self.payment_events.push((name, event));
    }

    fn keep_payer(&mut self, world: &World, payer: &str, name: &'static str) {
        self.payers.push((name, world.payers[payer].clone()));
    }

    fn keep_payer_event(&mut self, world: &World, payer: &str, name: &'static str) {
        self.keep_payer(world, payer, name);
        self.payer_events.push((name, world.payer_events.last().unwrap().clone()));
    }

    fn immediate_captures(&mut self) {
        let mut world = World::new(START);
        world.run(&authorize("M1", "p-1", usd(1_000)));
        self.keep(&world, "authorized");
        world.run(&capture("M1", "c-1", "p-1", usd(250)));
        self.keep(&world, "captured_in_part");
        world.run(&reverse("c-1"));
        self.keep(&world, "reversed_while_open");
        world.run(&capture("M1", "c-2", "p-1", usd(400)).last(true));
        self.keep(&world, "captured_last");
        world.run(&reverse("c-2"));
        self.keep(&world, "reversed_when_closed");
        world.run(&authorize("M1", "p-2", usd(1_000)));
        world.run(&capture("M1", "c-3", "p-2", usd(1_000)));
        self.keep(&world, "captured_in_full");
    }

    fn settlements(&mut self) {
        let mut world = World::new(START);
        world.run(&authorize("M1", "p-1", usd(1_000)).settlement(Settlement::Deferred));
        self.keep(&world, "authorized_deferred");
        for (request, amount) in [("c-1", 100), ("c-2", 200), ("c-3", 300)] {
            world.run(&capture("M1", request, "p-1", usd(amount)));
        }
        self.keep(&world, "three_in_process");
        world.run(&settle("c-1", SettlementOutcome::Succeeded(None)));
        self.keep(&world, "settled");
        world.run(&settle("c-2", SettlementOutcome::Succeeded(Some(usd(199)))));
        self.keep(&world, "settled_with_less");
        world.run(&settle("c-3", failed(ResultCode::ProcessFail)));
        self.keep(&world, "failed_while_open");
        world.run(&settle("c-3", SettlementOutcome::Succeeded(Some(money(5, "XAU", None)))));
        self.keep(&world, "contradicted_by_success");
        world.run(&settle("c-1", failed(ResultCode::RiskReject)));
        self.keep(&world, "contradicted_by_failure");
        world.run(&capture("M1", "c-4", "p-1", usd(50)));
        world.run(&capture("M1", "c-5", "p-1", usd(60)).last(true));
        self.keep(&world, "last_in_process");
        world.run(&settle("c-5", SettlementOutcome::Succeeded(None)));
        self.keep(&world, "last_settled_with_another_in_process");
        world.run(&settle("c-4", failed(ResultCode::UserBalanceNotEnough)));
        self.keep(&world, "failed_when_closed");
        world.verdict = Verdict::Review;
        world.run(&authorize("M1", "p-2", usd(10)));
        world.run(&capture("M1", "c-6", "p-2", usd(10)));
        self.keep(&world, "in_process_by_review");
    }

    fn closings(&mut self) {
        let mut world = World::new(START);
        for payment in ["p-1", "p-2", "p-3", "p-4", "p-5", "p-6"] {
            world.run(&authorize("M1", payment, usd(100)).overcapture_percent("10".parse().unwrap()));
        }
        world.run(&void("v-1", "p-1", VoidAmount::Part(usd(30))));
        self.keep(&world, "voided_in_part");
        world.run(&void("v-2", "p-1", VoidAmount::Remainder));
        self.keep(&world, "voided_all");
        world.run(&capture("M1", "c-2", "p-2", usd(40)));
        world.run(&void("v-3", "p-2", VoidAmount::Remainder));
        self.keep(&world, "voided_after_a_capture");
        world.run(&cancel("p-3"));
        self.keep(&world, "cancelled");
        world.run(&capture("M1", "c-4", "p-4", usd(70)));
        world.run(&cancel("p-4"));
        self.keep(&world, "cancelled_after_a_capture");
        world.run(&capture("M1", "c-5", "p-5", usd(105)));
        self.keep(&world, "captured_above_the_hold");
        world.verdict = Verdict::Review;
        world.run(&capture("M1", "c-6", "p-6", usd(60)).last(true));
        world.now = AFTER_DEADLINE.parse().unwrap();
        world.run(&close("p-5"));
        self.keep(&world, "full_by_the_deadline");
        world.run(&close("p-6"));
        self.keep(&world, "expired_while_in_process");
        world.run(&settle("c-6", SettlementOutcome::Succeeded(Some(usd(59)))));
        self.keep(&world, "settled_after_the_deadline");
    }

    fn terms_and_currencies(&mut self) {
        let mut world = World::new("0001-01-02T00:00:00Z");
        world.settings = world.settings.last_by_default(false);
        let amounts = [
            ("exponent_0", money(1, "JPY", Some(0))),
            ("exponent_3", money(12_345, "KWD", Some(3))),
            ("exponent_4", money(70_000, "CLF", Some(4))),
            ("dropped_code", money(100, "ANG", Some(2))),
            ("other_exponent_than_the_table", money(1_000, "USD", Some(3))),
            ("greatest_amount", usd(999_999_999_999_999_999)),
        ];
        for (name, amount) in amounts {
            world.run(&authorize("M1", name, amount));
            self.keep(&world, name);
        }
        let long = long_id();
        let every_term = authorize(&long, &long, money(u32::MAX.into(), "EUR", Some(2)))
            .max_captures(NonZeroU32::MAX)
            .overcapture_percent("100.00".parse().unwrap())
            .overcapture_limit(money(23, "EUR", Some(2)))
            .settlement(Settlement::Deferred)
            .funding(Funding::Drawn);
        world.run(&every_term);
        self.keep(&world, "every_term_and_long_ids");
        world.run(&capture(&long, &long, &long, money(256, "EUR", Some(2))));
        self.keep(&world, "captured_with_long_ids");
        let least = authorize("M", "p", usd(1)).max_captures(NonZeroU32::MIN);
        world.run(&least.overcapture_percent("0".parse().unwrap()).overcapture_limit(usd(1)));
        self.keep(&world, "least_terms");
    }

    fn accounts(&mut self) {
        let mut world = World::new("1969-07-20T20:17:40Z");
        world.run(&register("payer-1", usd(0)));
        self.keep_payer_event(&world, "payer-1", "registered_with_nothing");
        world.run(&adjust("j-1", "payer-1", add(usd(1_000))));
        self.keep_payer_event(&world, "payer-1", "added");
        let withdraw = Adjustment { funds: Some(FundsChange::Withdraw(usd(1))), ..Adjustment::default() };
        world.run(&adjust("j-2", "payer-1", withdraw));
        self.keep_payer_event(&world, "payer-1", "withdrawn");
        world.run(&authorize("M1", "p-1", usd(600)).payer("payer-1".parse().unwrap()));
        self.keep(&world, "authorized_with_payer");
        self.keep_payer(&world, "payer-1", "held");
        world.run(&capture("M1", "c-1", "p-1", usd(250)));
        self.keep(&world, "captured_with_payer");
        self.keep_payer(&world, "payer-1", "used");
        let reset = Adjustment { reset_usage: true, ..Adjustment::default() };
        world.run(&adjust("j-3", "payer-1", reset));
        self.keep_payer_event(&world, "payer-1", "usage_reset");
        world.verdict = Verdict::Review;
        world.run(&capture("M1", "c-2", "p-1", usd(100)));
        self.keep(&world, "in_process_with_payer_after_a_reset");
        self.keep_payer(&world, "payer-1", "used_after_a_reset");
        world.run(&settle("c-2", failed(ResultCode::UserStatusAbnormal)));
        self.keep_payer(&world, "payer-1", "used_and_given_back");
        self.limits(&mut world);
    }

    fn limits(&mut self, world: &mut World) {
        let long = long_id();
        let dinars = |minor| money(minor, "KWD", Some(3));
        let limits = UsageLimits { max_count: Some(0), max_amount: Some(dinars(0)) };
        world.run(&register(&long, dinars(5)).status(PayerStatus::Abnormal).limits(limits));
        self.keep_payer_event(world, &long, "registered_with_limits_of_0");
        let new_limits = Adjustment {
            funds: Some(FundsChange::Add(dinars(24))),
            status: Some(PayerStatus::Normal),
            clear_limits: true,
            limits: UsageLimits { max_count: Some(u32::MAX), max_amount: None },
            reset_usage: true,
        };
        world.run(&adjust(&long, &long, new_limits));
        self.keep_payer_event(world, &long, "every_adjustment");
        let limits = UsageLimits { max_count: None, max_amount: Some(dinars(999_999_999_999_999_999)) };
        let blocked = Adjustment { status: Some(PayerStatus::Abnormal), limits, ..Adjustment::default() };
        world.run(&adjust("j-9", &long, blocked));
        self.keep_payer_event(world, &long, "greatest_limits");
    }

    /// Each reversal gives back what was replaced since: only so a balance
    /// grows beyond the greatest amount.
    fn balances_beyond_an_amount(&mut self) {
        let mut world = World::new(START);
        let most = usd(999_999_999_999_999_999);
        world.run(&register("payer-2", most));
        let rounds = 20;
        for round in 1..=rounds {
            let (payment, request) = (format!("p-{round}"), format!("c-{round}"));
            world.run(&authorize("M1", &payment, most).payer("payer-2".parse().unwrap()));
            world.run(&capture("M1", &request, &payment, most));
            world.run(&adjust(&format!("j-{round}"), "payer-2", add(most)));
        }
        for round in 1..=rounds {
            world.run(&reverse(&format!("c-{round}")));
            match round {
                9 => self.keep_payer(&world, "payer-2", "balance_above_i64"),
                18 => self.keep_payer(&world, "payer-2", "balance_above_u64"),
                _ => (),
            }
        }
    }
}
