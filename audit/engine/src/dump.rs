//! A chain as bytes: its blocks' times and hashes, its accounts; not its logs, its snapshots or what its probes say.
//!
//! Equal states make equal bytes: accounts and words are in ascending order.

use revm::bytecode::Bytecode;
use revm::primitives::{Address, Bytes, B256, U256};
use revm::state::AccountInfo;

use crate::machine::{Block, Machine};

const FORM: &[u8] = b"zkpool evm 1";

/// The bytes of a chain.
pub fn dump(chain: &Machine) -> Vec<u8> {
    let mut bytes = FORM.to_vec();
    let count = |bytes: &mut Vec<u8>, number: usize| bytes.extend_from_slice(&(number as u64).to_be_bytes());
    bytes.extend_from_slice(&chain.chain_id.to_be_bytes());
    bytes.push(u8::from(chain.unlimited_code));
    count(&mut bytes, chain.blocks.len());
    for (block, hash) in chain.blocks.iter().zip(&chain.state.hashes) {
        bytes.extend_from_slice(&block.at.to_be_bytes());
        bytes.extend_from_slice(hash.as_slice());
    }
    let accounts = chain.state.sorted();
    count(&mut bytes, accounts.len());
    for (address, info, words) in accounts {
        bytes.extend_from_slice(address.as_slice());
        bytes.extend_from_slice(&info.balance.to_be_bytes::<32>());
        bytes.extend_from_slice(&info.nonce.to_be_bytes());
        let code = info
            .code
            .as_ref()
            .map(Bytecode::original_byte_slice)
            .unwrap_or_default();
        count(&mut bytes, code.len());
        bytes.extend_from_slice(code);
        count(&mut bytes, words.len());
        for (key, value) in words {
            bytes.extend_from_slice(&key.to_be_bytes::<32>());
            bytes.extend_from_slice(&value.to_be_bytes::<32>());
        }
    }
    bytes
}

/// The chain of dumped bytes; `None` if they are none.
pub fn load(bytes: &[u8]) -> Option<Machine> {
    let mut reader = Reader(bytes.strip_prefix(FORM)?);
    let mut chain = Machine::new(reader.number()?, 0);
    chain.unlimited_code = reader.take(1)?[0] == 1;
    chain.blocks.clear();
    chain.state.hashes.clear();
    for _ in 0..reader.number()? {
        chain.blocks.push(Block {
            at: reader.number()?,
            logs: Vec::new(),
        });
        chain.state.hashes.push(B256::from_slice(reader.take(32)?));
    }
    for _ in 0..reader.number()? {
        let address = Address::from_slice(reader.take(20)?);
        let (balance, nonce) = (reader.word()?, reader.number()?);
        chain.state.set_info(
            address,
            AccountInfo {
                balance,
                nonce,
                ..AccountInfo::default()
            },
        );
        let length = usize::try_from(reader.number()?).ok()?;
        let code = Bytes::copy_from_slice(reader.take(length)?);
        if !code.is_empty() {
            chain
                .state
                .set_code(address, Bytecode::new_raw_checked(code).ok()?);
        }
        for _ in 0..reader.number()? {
            let (key, value) = (reader.word()?, reader.word()?);
            chain.state.set_word(address, key, value);
        }
    }
    (reader.0.is_empty() && !chain.blocks.is_empty()).then_some(chain)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn word(&mut self) -> Option<U256> {
        Some(U256::from_be_slice(self.take(32)?))
    }
}
