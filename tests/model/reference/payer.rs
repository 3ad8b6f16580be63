//! A payer's account: what was registered and adjusted, and what follows from
//! it and from the facts of the payer's authorizations.

use super::Reference;
use super::answers::{Members, Reply};
use super::facts::{Authorization, Capture, Counted};
use super::instants::{FIRST, SECOND};
use super::line::{AdjustPayer, RegisterPayer};
use super::values::{self, Illegal, Legal, MOST, MOST_U32, Money, has_exponent, needed, number};

const STATUSES: [&str; 2] = ["NORMAL", "ABNORMAL"];

#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    pub payer: String,
    balance: Money,
    status: &'static str,
    max_count: Option<u64>,
    max_amount: Option<Money>,
}

/// What an adjustment asked for; `false` and absent are one.
#[derive(Clone, Debug, PartialEq)]
struct Adjusting {
    payer: String,
    funds: Option<Money>,
    withdraw: Option<Money>,
    status: Option<&'static str>,
    clear_limits: bool,
    reset_usage: bool,
    max_count: Option<u64>,
    max_amount: Option<Money>,
}

pub struct Adjustment {
    request: String,
    asked: Adjusting,
    reply: Reply,
}

pub struct Limits {
    pub count: Option<u64>,
    pub amount: Option<i128>,
}

pub struct Usage {
    pub count: u64,
    pub amount: i128,
}

impl Reference {
    pub(super) fn registration(&self, payer: &str) -> Option<&Registration> {
        self.payers.iter().find(|registered| registered.payer == payer)
    }

    /// What was done to this account, in order.
    fn adjustments(&self, payer: &str) -> impl DoubleEndedIterator<Item = &Adjusting> {
        let done = self.adjustments.iter().filter(|adjusted| adjusted.reply.code == "SUCCESS");
        done.map(|adjusted| &adjusted.asked).filter(move |asked| asked.payer == payer)
    }

    fn authorizations_of(&self, payer: &str) -> impl Iterator<Item = &Authorization> {
        self.authorizations.iter().filter(move |authorization| authorization.payer.as_deref() == Some(payer))
    }

    pub(super) fn currency_of(&self, registered: &Registration) -> &'static str {
        registered.balance.currency
    }

    pub(super) fn balance(&self, registered: &Registration) -> i128 {
        let minor = |money: Option<Money>| money.map_or(0, |money| money.minor);
        let payer = &registered.payer;
        let moved: i128 =
            self.adjustments(payer).map(|asked| minor(asked.funds) - minor(asked.withdraw)).sum();
        let captured: i128 = self.authorizations_of(payer).map(|taken| taken.standing().captured()).sum();
        registered.balance.minor + moved - captured
    }

    pub(super) fn held(&self, registered: &Registration) -> i128 {
        self.authorizations_of(&registered.payer).map(|holding| holding.standing().held()).sum()
    }

    pub(super) fn status(&self, registered: &Registration) -> &'static str {
        let set = self.adjustments(&registered.payer).rev().find_map(|asked| asked.status);
        set.unwrap_or(registered.status)
    }

    /// Those set last, unless all were cleared later.
    pub(super) fn limits(&self, registered: &Registration) -> Limits {
        let mut count = registered.max_count;
        let mut amount = registered.max_amount;
        for asked in self.adjustments(&registered.payer) {
            let kept = |limit| if asked.clear_limits { None } else { limit };
            count = asked.max_count.or(kept(count));
            amount = asked.max_amount.or(if asked.clear_limits { None } else { amount });
        }
        Limits { count, amount: amount.map(|money| money.minor) }
    }

    fn resets(&self, payer: &str) -> usize {
        self.adjustments(payer).filter(|asked| asked.reset_usage).count()
    }

    /// The window that this moment is in by the clock.
    fn window_of(&self, now: i64) -> i64 {
        let (start, seconds) = self.settings.window;
        let length = seconds * SECOND;
        (start + (now - start).div_euclid(length) * length).max(FIRST)
    }

    /// Where a capture of this payer would be counted now: the clock's window,
    /// or the latest in which one was counted since the last reset.
    pub(super) fn counting(&self, registered: &Registration, now: i64) -> Counted {
        let resets = self.resets(&registered.payer);
        let counted = self.authorizations_of(&registered.payer).flat_map(|authorization| {
            let captures = authorization.standing().captures;
            captures.into_iter().filter_map(|capture| capture.accepted.counted).collect::<Vec<_>>()
        });
        let since = counted.filter(|counted| counted.resets == resets).map(|counted| counted.window);
        Counted { window: since.chain([self.window_of(now)]).max().unwrap_or(0), resets }
    }

    /// What is counted there: the captures that did not fail and were not reversed.
    pub(super) fn usage(&self, registered: &Registration, counting: Counted) -> Usage {
        let mut usage = Usage { count: 0, amount: 0 };
        for authorization in self.authorizations_of(&registered.payer) {
            let captures = authorization.standing().captures;
            let there = captures.iter().filter(|capture| capture.accepted.counted == Some(counting));
            for capture in there.filter(|capture| capture.counts()) {
                usage.count += 1;
                usage.amount += Capture::amount(capture);
            }
        }
        usage
    }

    pub(super) fn register(&mut self, body: &RegisterPayer) -> Reply {
        let echo = echo(&[("payerId", &body.payer)]);
        let Ok(asked) = registering(body) else { return Reply::new("PARAM_ILLEGAL", "malformed", echo) };
        let currency = asked.balance.currency;
        if let Some(registered) = self.registration(&asked.payer) {
            return if *registered == asked {
                Reply::new("SUCCESS", "registered before", echo)
            } else {
                Reply::new("REPEAT_REQ_INCONSISTENT", "registered with other content", echo)
            };
        }
        if !has_exponent(currency) || !self.settings.currencies.iter().any(|code| code == currency) {
            return Reply::new("CURRENCY_NOT_SUPPORT", "currency is not configured", echo);
        }
        if asked.max_amount.is_some_and(|limit| limit.currency != currency) {
            return Reply::new("CURRENCY_NOT_SUPPORT", "limit in another currency", echo);
        }
        self.payers.push(asked);
        Reply::new("SUCCESS", "registered", echo)
    }

    pub(super) fn adjust(&mut self, body: &AdjustPayer) -> Reply {
        let echo = echo(&[("adjustRequestId", &body.request), ("payerId", &body.payer)]);
        let Ok((request, asked)) = adjusting(body) else {
            return Reply::new("PARAM_ILLEGAL", "malformed", echo);
        };
        if let Some(adjusted) = self.adjustments.iter().find(|adjusted| adjusted.request == request) {
            return if adjusted.asked == asked {
                Reply { rule: "adjusted before", ..adjusted.reply.clone() }
            } else {
                Reply::new("REPEAT_REQ_INCONSISTENT", "adjusted with other content", echo)
            };
        }
        let Some(registered) = self.registration(&asked.payer) else {
            return Reply::new("PARAM_ILLEGAL", "payer is unknown", echo);
        };
        let (balance, held) = (self.balance(registered), self.held(registered));
        let currency = registered.balance.currency;
        let given = [asked.funds, asked.withdraw, asked.max_amount];
        let after = balance + asked.funds.map_or(0, |money| money.minor);
        let reply = if given.iter().flatten().any(|money| money.currency != currency) {
            Reply::new("CURRENCY_NOT_SUPPORT", "currency of the account", echo)
        } else if asked.funds.is_some() && after > MOST {
            return Reply::new("PARAM_ILLEGAL", "balance too high", echo);
        } else if asked.withdraw.is_some_and(|money| money.minor > balance - held) {
            Reply::new("USER_BALANCE_NOT_ENOUGH", "withdrawing what is held", echo)
        } else {
            let after = after - asked.withdraw.map_or(0, |money| money.minor);
            let members = echo.money("balance", after, currency).money("held", held, currency);
            Reply::new("SUCCESS", "adjusted", members)
        };
        self.adjustments.push(Adjustment { request, asked, reply: reply.clone() });
        reply
    }

    pub(super) fn adjusted_before(&self, request: &str) -> bool {
        self.adjustments.iter().any(|adjusted| adjusted.request == request)
    }
}

/// Those ids that are well-formed, in the order of the answer.
pub fn echo(ids: &[(&str, &Option<String>)]) -> Members {
    ids.iter().fold(Members::new(), |members, (name, field)| {
        members.maybe_text(name, values::id(field).ok().flatten())
    })
}

fn registering(body: &RegisterPayer) -> Legal<Registration> {
    Ok(Registration {
        payer: needed(values::id(&body.payer))?.to_owned(),
        balance: needed(values::or_zero(&body.balance))?,
        status: values::word(&body.status, &STATUSES)?.unwrap_or("NORMAL"),
        max_count: number(body.max_count, 0, MOST_U32)?,
        max_amount: values::or_zero(&body.max_amount)?,
    })
}

fn adjusting(body: &AdjustPayer) -> Legal<(String, Adjusting)> {
    let asked = Adjusting {
        payer: needed(values::id(&body.payer))?.to_owned(),
        funds: values::positive(&body.funds)?,
        withdraw: values::positive(&body.withdraw)?,
        status: values::word(&body.status, &STATUSES)?,
        clear_limits: body.clear_limits == Some(true),
        reset_usage: body.reset_usage == Some(true),
        max_count: number(body.max_count, 0, MOST_U32)?,
        max_amount: values::or_zero(&body.max_amount)?,
    };
    if asked.funds.is_some() && asked.withdraw.is_some() {
        return Err(Illegal);
    }
    Ok((needed(values::id(&body.request))?.to_owned(), asked))
}
