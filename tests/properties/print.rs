//! How the words of a history are printed: one line a command.

use std::fmt;

use capture_engine::Money;
use capture_engine::command::{FundsChange, PayerStatus, SettlementOutcome, UsageLimits};

use crate::ops::{At, Clock, Configured, Holding, Op, Step, Taking};

fn amount(amount: Option<Money>) -> String {
    amount
        .map_or_else(|| "all".to_owned(), |amount| format!("{} {}", amount.minor(), amount.currency().code()))
}

fn limits(limits: UsageLimits) -> String {
    let count = limits.max_count.map(|count| format!(" max_count {count}")).unwrap_or_default();
    let sum = limits.max_amount.map(|sum| format!(" max_amount {}", amount(Some(sum)))).unwrap_or_default();
    count + &sum
}

impl fmt::Debug for Taking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M{} c{} of p{}: {}", self.m, self.c, self.p, amount(self.amount))?;
        if let Some(last) = self.last {
            write!(f, " last {last}")?;
        }
        if let Some(info) = self.info {
            write!(f, " info {info:?}")?;
        }
        match self.verdict {
            Some(capture_engine::risk::Verdict::Accept) => Ok(()),
            verdict => write!(f, " risk {verdict:?}"),
        }
    }
}

impl fmt::Debug for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M{} p{}: {} until {:?}", self.m, self.p, amount(Some(self.amount)), At(self.expires))?;
        if let Some(payer) = self.payer {
            write!(f, " of u{payer}")?;
        }
        if let Some(max) = self.max {
            write!(f, " max {max}")?;
        }
        if let Some(percent) = self.percent {
            write!(f, " over {percent} hundredths %")?;
        }
        if let Some(limit) = self.limit {
            write!(f, " over {}", amount(Some(limit)))?;
        }
        f.write_str(if self.deferred { " deferred" } else { "" })?;
        f.write_str(if self.drawn { " drawn" } else { "" })
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name())?;
        match self {
            Self::Authorize(holding) => write!(f, "{holding:?}"),
            Self::Capture(taking) | Self::Quote(taking) => write!(f, "{taking:?}"),
            Self::Settle { m, c, told: SettlementOutcome::Succeeded(told) } => {
                write!(f, "M{m} c{c}: succeeded with {}", amount(*told))
            }
            Self::Settle { m, c, told: SettlementOutcome::Failed(code) } => {
                write!(f, "M{m} c{c}: failed with {}", code.code())
            }
            Self::Reverse { m, c } | Self::Abandon { m, c } => write!(f, "M{m} c{c}"),
            Self::Cancel { m, p } => write!(f, "M{m} p{p}"),
            Self::Void { m, v, p, amount: void } => write!(f, "M{m} v{v} of p{p}: {}", amount(*void)),
            Self::Register { u, balance, status, limits: of } => {
                write!(f, "u{u}: {}{}{}", amount(Some(*balance)), limits(*of), status_word(Some(*status)))
            }
            Self::Adjust { a, u, adjustment } => {
                write!(f, "a{a} of u{u}:")?;
                match adjustment.funds {
                    Some(FundsChange::Add(added)) => write!(f, " add {}", amount(Some(added)))?,
                    Some(FundsChange::Withdraw(taken)) => write!(f, " withdraw {}", amount(Some(taken)))?,
                    None => (),
                }
                f.write_str(if adjustment.clear_limits { " clear limits" } else { "" })?;
                f.write_str(if adjustment.reset_usage { " reset usage" } else { "" })?;
                write!(f, "{}{}", limits(adjustment.limits), status_word(adjustment.status))
            }
        }
    }
}

fn status_word(status: Option<PayerStatus>) -> String {
    status.map(|status| format!(" {}", status.as_str())).unwrap_or_default()
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stays => Ok(()),
            Self::By(micros) => write!(f, "[{micros:+}µs] "),
            Self::At(micros) => write!(f, "[at {:?}] ", At(*micros)),
        }
    }
}

impl fmt::Debug for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {} min, last by default {}", self.offset_minutes, self.last_by_default)?;
        write!(f, ", windows of {} s, id key {}", self.window_seconds, self.id_key)?;
        if let Some(limit) = self.payment_limit {
            write!(f, ", payment limit {limit} USD")?;
        }
        f.write_str(if self.without_yen { ", no JPY" } else { "" })
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(items) => match items.as_slice() {
                [(clock, op)] => write!(f, "{clock:?}{op:?}"),
                items => {
                    f.write_str("batch of")?;
                    items.iter().try_for_each(|(clock, op)| write!(f, "\n    {clock:?}{op:?}"))
                }
            },
            Self::Expire(clock, None) => write!(f, "{clock:?}expire"),
            Self::Expire(clock, Some(limit)) => write!(f, "{clock:?}expire, at most {limit}"),
            Self::Configure(configured) => write!(f, "configure {configured:?}"),
        }
    }
}
