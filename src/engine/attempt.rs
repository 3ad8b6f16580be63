//! One batch on its way: load, decide in order, ask for verdicts, commit;
//! again after a conflict. A decision is a pure function, so that deciding all
//! commands again gives those whose rows did not change the same answer.

use std::sync::OnceLock;

use smallvec::SmallVec;

use super::{Answered, Answers, Engine, EngineError};
use crate::capture_id::IdSource;
use crate::decide::{Context, Decide, Decided, Decision, Risk};
use crate::id::{CaptureId, CaptureRequestId, MerchantId};
use crate::key::Key;
use crate::risk::{NoVerdict, RiskCheck, RiskQuestion, Verdict};
use crate::snapshot::{Needed, Snapshot};
use crate::store::{CommitError, LoadError, Store};
use crate::time::Instant;

/// What a batch came to.
pub(super) struct Tried<A> {
    pub(super) answers: Answers<A>,
    /// Whether commands that are in nobody's way failed with the others.
    pub(super) worth_splitting: bool,
}

impl<A> Tried<A> {
    fn failed(commands: usize, error: &EngineError, worth_splitting: bool) -> Self {
        Self { answers: (0..commands).map(|_| Err(error.clone())).collect(), worth_splitting }
    }
}

/// The keys of commands; those of one command in place.
#[derive(Default)]
struct Keys(SmallVec<[Key; 2]>);

impl Extend<Key> for Keys {
    fn extend<T: IntoIterator<Item = Key>>(&mut self, keys: T) {
        for key in keys {
            self.0.push(key);
        }
    }
}

/// What stays the same through every retry of one command.
#[derive(Default)]
pub(super) struct Kept {
    /// The id that was minted, once one was needed.
    minted: OnceLock<CaptureId>,
    /// The verdict, and on which question.
    verdict: Option<Box<(RiskQuestion, Result<Verdict, NoVerdict>)>>,
    /// How often it was asked for.
    asked: u32,
}

impl Kept {
    /// Nothing yet, for so many commands.
    pub(super) fn of(commands: usize) -> Vec<Self> {
        (0..commands).map(|_| Self::default()).collect()
    }
}

/// An id source that mints once per command.
struct Minting<'a> {
    source: &'a dyn IdSource,
    minted: &'a OnceLock<CaptureId>,
}

impl IdSource for Minting<'_> {
    fn capture_id(&self, merchant: &MerchantId, request: &CaptureRequestId) -> CaptureId {
        self.minted.get_or_init(|| self.source.capture_id(merchant, request)).clone()
    }
}

/// The commands of a batch, decided in order on one snapshot.
struct Round<A> {
    answers: Answers<A>,
    /// Whether the answer hangs on the commit: it changes something, or saw
    /// what an earlier command of the batch changes.
    hangs: SmallVec<[bool; 1]>,
    /// Which commands need a verdict, and on what.
    questions: Vec<(usize, RiskQuestion)>,
    snapshot: Snapshot,
}

impl<S: Store, R: RiskCheck, I: IdSource> Engine<S, R, I> {
    /// Tries a batch until it is committed, refused or given up.
    pub(super) async fn attempt<C: Decide + Sync>(
        &self,
        commands: &[(&C, Instant)],
        kept: &mut [Kept],
        risk: &impl RiskCheck,
    ) -> Tried<C::Answer> {
        let mut conflicts = 0_u32;
        loop {
            let (snapshot, needed) = match self.load(commands).await {
                Ok(loaded) => loaded,
                Err(error) => {
                    let damaged = matches!(error, LoadError::Damaged { .. });
                    return Tried::failed(commands.len(), &error.into(), damaged);
                }
            };
            let Round { mut answers, hangs, questions, snapshot } =
                self.decide_in_order(commands, &needed, kept, risk.always(), snapshot);
            if !questions.is_empty() {
                if !self.ask(&questions, kept, risk).await {
                    return Tried::failed(commands.len(), &EngineError::Contended, true);
                }
                continue;
            }
            let Some(changes) = snapshot.into_changes() else {
                return Tried { answers, worth_splitting: false };
            };
            match self.store.commit(changes).await {
                Ok(()) => return Tried { answers, worth_splitting: false },
                Err(CommitError::Conflict { .. }) => {
                    conflicts = conflicts.saturating_add(1);
                    if conflicts >= self.max_attempts.get() {
                        return Tried::failed(commands.len(), &EngineError::Contended, true);
                    }
                }
                Err(error) => {
                    for ((answer, hangs), (command, _)) in answers.iter_mut().zip(&hangs).zip(commands) {
                        if *hangs {
                            *answer = Err(after_commit(error.clone(), *command));
                        }
                    }
                    return Tried { answers, worth_splitting: false };
                }
            }
        }
    }

    async fn load<C: Decide + Sync>(
        &self,
        commands: &[(&C, Instant)],
    ) -> Result<(Snapshot, SmallVec<[Needed; 1]>), LoadError> {
        let mut keys = Keys::default();
        // Most commands need two; one command needs no room beside.
        keys.0.reserve(commands.len().saturating_mul(2));
        let mut ends: SmallVec<[usize; 1]> = SmallVec::new();
        for (command, _) in commands {
            command.keys(&mut keys);
            ends.push(keys.0.len());
        }
        let mut snapshot = self.store.load(&keys.0).await?;
        let mut all_needed = SmallVec::new();
        let mut keys = keys.0.into_iter();
        let mut asked = 0_usize;
        for end in ends {
            let mut needed = Needed::default();
            for key in keys.by_ref().take(end.saturating_sub(asked)) {
                snapshot.ask(key, &mut needed);
            }
            all_needed.push(needed);
            asked = end;
        }
        Ok((snapshot, all_needed))
    }

    fn decide_in_order<C: Decide>(
        &self,
        commands: &[(&C, Instant)],
        needed: &[Needed],
        kept: &[Kept],
        always: Option<Verdict>,
        snapshot: Snapshot,
    ) -> Round<C::Answer> {
        let mut round =
            Round { answers: Answers::new(), hangs: SmallVec::new(), questions: Vec::new(), snapshot };
        round.answers.reserve(commands.len());
        round.hangs.reserve(commands.len());
        for (at, (((command, now), kept), needed)) in commands.iter().zip(kept).zip(needed).enumerate() {
            round.snapshot.expect(*needed);
            let ids = Minting { source: &self.ids, minted: &kept.minted };
            let risk = known_verdict(kept, always);
            let context = Context { now: *now, settings: &self.settings, ids: &ids, risk };
            round.decide(at, *command, kept, &context);
        }
        round
    }

    /// Asks for all verdicts at once, unless one was asked for too often already;
    /// says whether it did.
    async fn ask(
        &self,
        questions: &[(usize, RiskQuestion)],
        kept: &mut [Kept],
        risk: &impl RiskCheck,
    ) -> bool {
        let asked_enough = |kept: &Kept| kept.asked >= self.max_attempts.get();
        if questions.iter().any(|(at, _)| kept.get(*at).is_none_or(asked_enough)) {
            return false;
        }
        let asked: Vec<RiskQuestion> = questions.iter().map(|(_, question)| question.clone()).collect();
        let mut verdicts = risk.assess(&asked).await.into_iter();
        for (at, question) in questions {
            let verdict = verdicts.next().unwrap_or(Err(NoVerdict));
            if let Some(kept) = kept.get_mut(*at) {
                kept.verdict = Some(Box::new((question.clone(), verdict)));
                kept.asked = kept.asked.saturating_add(1);
            }
        }
        true
    }
}

fn known_verdict(kept: &Kept, always: Option<Verdict>) -> Risk<'_> {
    match (always, kept.verdict.as_deref()) {
        (Some(verdict), _) => Risk::Assume(verdict),
        (None, Some((question, Ok(verdict)))) => Risk::Answered(question, *verdict),
        (None, _) => Risk::Ask,
    }
}

impl<A> Round<A> {
    /// Decides one command on what the ones before it left.
    fn decide<C: Decide<Answer = A>>(&mut self, at: usize, command: &C, kept: &Kept, context: &Context<'_>) {
        match command.decide(&self.snapshot, context) {
            Ok(Decision::Decided(decided)) => self.take(decided),
            Ok(Decision::NeedsVerdict(question)) => match kept.verdict.as_deref() {
                Some((asked, Err(NoVerdict))) if question.is_answered_with(asked) => {
                    self.push(Err(EngineError::NoVerdict), false);
                }
                _ => self.assume(at, command, *question, context),
            },
            Err(damaged) => self.push(Err(damaged.into()), false),
        }
    }

    /// Goes on as if the verdict were accept, so that the questions of later
    /// commands are gathered in the same round.
    fn assume<C: Decide<Answer = A>>(
        &mut self,
        at: usize,
        command: &C,
        question: RiskQuestion,
        context: &Context<'_>,
    ) {
        self.questions.push((at, question));
        let assumed = Context { risk: Risk::Assume(Verdict::Accept), ..*context };
        if let Ok(Decision::Decided(decided)) = command.decide(&self.snapshot, &assumed) {
            self.take(decided);
        }
    }

    fn take(&mut self, decided: Decided<A>) {
        let Decided { outcome, effects } = decided;
        let hangs = !effects.is_empty() || self.snapshot.is_written(effects.reads);
        if hangs {
            self.snapshot.absorb(effects);
        }
        self.push(Ok(outcome), hangs);
    }

    fn push(&mut self, answer: Answered<A>, hangs: bool) {
        self.answers.push(answer);
        self.hangs.push(hangs);
    }
}

/// What a command is told whose commit did not succeed.
fn after_commit<C: Decide>(error: CommitError, command: &C) -> EngineError {
    match error {
        CommitError::Conflict { .. } => EngineError::Contended,
        CommitError::Unavailable { source } => EngineError::Unavailable { source },
        CommitError::Unknown { source } => {
            EngineError::MaybeCommitted { code: command.code_if_unsure(), source }
        }
    }
}
