//! A log of events that only grows: in pieces of one size, so that no push
//! moves what is there already.

/// Events in a piece.
const PIECE: usize = 128;

#[derive(Debug)]
pub(super) struct Log<E> {
    /// All full but the last.
    pieces: Vec<Vec<E>>,
    len: usize,
}

impl<E> Default for Log<E> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }
}

impl<E> Log<E> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, event: E) {
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(event),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(event);
                self.pieces.push(piece);
            }
        }
        self.len = self.len.saturating_add(1);
    }

    pub(super) fn get(&self, position: usize) -> Option<&E> {
        self.pieces.get(position.div_euclid(PIECE))?.get(position.rem_euclid(PIECE))
    }

    /// The events from a position on; `None` if the log ends before it.
    pub(super) fn from(&self, position: usize) -> Option<impl Iterator<Item = &E>> {
        if position > self.len {
            return None;
        }
        let pieces = self.pieces.get(position.div_euclid(PIECE)..).unwrap_or_default();
        Some(pieces.iter().flatten().skip(position.rem_euclid(PIECE)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_read_from_every_position() {
        let mut log = Log::default();
        let all: Vec<_> = (0..3 * PIECE + 1).collect();
        for event in &all {
            assert_eq!(log.get(*event), None);
            log.push(*event);
            assert_eq!((log.len(), log.get(*event)), (event + 1, Some(event)));
        }
        for start in 0..=all.len() {
            assert!(log.from(start).unwrap().eq(all.iter().skip(start)), "from {start}");
        }
        assert!(log.from(all.len() + 1).is_none());
    }
}
