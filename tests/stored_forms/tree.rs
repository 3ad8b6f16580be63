//! Any CBOR item of the kinds that are stored, to be changed and written again.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Number(i128),
    Text(String),
    Flag(bool),
    Null,
    Array(Vec<Node>),
}

impl Node {
    /// The item after the version.
    pub fn of(stored: &[u8]) -> Self {
        let mut decoder = Decoder::new(&stored[1..]);
        let node = Self::read(&mut decoder);
        assert_eq!(decoder.position(), stored.len() - 1);
        node
    }

    fn read(decoder: &mut Decoder<'_>) -> Self {
        match decoder.datatype().unwrap() {
            Type::String => Self::Text(decoder.str().unwrap().to_owned()),
            Type::Bool => Self::Flag(decoder.bool().unwrap()),
            Type::Null => {
                decoder.null().unwrap();
                Self::Null
            }
            Type::Array => {
                let length = decoder.array().unwrap().unwrap();
                Self::Array((0..length).map(|_| Self::read(decoder)).collect())
            }
            _ => Self::Number(decoder.i128().unwrap()),
        }
    }

    pub fn stored(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(vec![1]);
        self.write(&mut encoder);
        encoder.into_writer()
    }

    fn write(&self, encoder: &mut Encoder<Vec<u8>>) {
        match self {
            Self::Number(number) => encoder.i128(*number).map(drop),
            Self::Text(text) => encoder.str(text).map(drop),
            Self::Flag(flag) => encoder.bool(*flag).map(drop),
            Self::Null => encoder.null().map(drop),
            Self::Array(nodes) => {
                encoder.array(nodes.len() as u64).unwrap();
                nodes.iter().for_each(|node| node.write(encoder));
                Ok(())
            }
        }
        .unwrap();
    }

    /// The node at this path of positions.
    pub fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |node, position| match node {
            Self::Array(nodes) => &mut nodes[*position],
            leaf => panic!("{leaf:?} has no position {position}"),
        })
    }

    /// The paths of all nodes.
    pub fn paths(&self) -> Vec<Vec<usize>> {
        let mut paths = vec![vec![]];
        if let Self::Array(nodes) = self {
            for (position, node) in nodes.iter().enumerate() {
                let below = node.paths().into_iter();
                paths.extend(below.map(|path| [vec![position], path].concat()));
            }
        }
        paths
    }
}
