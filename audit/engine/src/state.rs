//! Accounts and their storage in memory, with an undo log behind every snapshot.

use std::convert::Infallible;

use revm::bytecode::Bytecode;
use revm::primitives::{
    Address, AddressMap, StorageKey, StorageKeyMap, StorageValue, B256, KECCAK_EMPTY, U256,
};
use revm::state::{Account, AccountInfo};
use revm::{Database, DatabaseCommit};

/// An account: balance, nonce, analysed code, storage.
#[derive(Clone, Debug, Default)]
struct Stored {
    info: AccountInfo,
    storage: StorageKeyMap<StorageValue>,
}

/// What undoes one change.
#[derive(Clone, Debug)]
enum Undo {
    /// The account as it was, storage and all; `None` if it was not there.
    Account(Address, Option<Box<Stored>>),
    Info(Address, Box<AccountInfo>),
    Storage(Address, StorageKey, StorageValue),
}

/// An account as it is listed: address, balance and code, storage in ascending order of keys.
pub type Listed<'a> = (Address, &'a AccountInfo, Vec<(StorageKey, StorageValue)>);

/// All accounts.
#[derive(Clone, Debug, Default)]
pub struct State {
    accounts: AddressMap<Stored>,
    undo: Vec<Undo>,
    /// Whether changes are noted in the undo log.
    noting: bool,
    /// Hashes of the blocks by number.
    pub hashes: Vec<B256>,
}

impl State {
    /// From now on changes can be undone. Returns the mark to come back to.
    pub fn mark(&mut self) -> usize {
        self.noting = true;
        self.undo.len()
    }

    /// Undoes every change since a mark; `last` if no other mark is left.
    pub fn undo_to(&mut self, mark: usize, last: bool) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Account(address, Some(stored))) => {
                    self.accounts.insert(address, *stored);
                }
                Some(Undo::Account(address, None)) => {
                    self.accounts.remove(&address);
                }
                Some(Undo::Info(address, info)) => self.accounts.entry(address).or_default().info = *info,
                Some(Undo::Storage(address, key, value)) => {
                    let storage = &mut self.accounts.entry(address).or_default().storage;
                    if value.is_zero() {
                        storage.remove(&key);
                    } else {
                        storage.insert(key, value);
                    }
                }
                None => break,
            }
        }
        if last {
            self.noting = false;
            self.undo.clear();
        }
    }

    /// Balance, nonce and code of an account; those of an empty one if it is not there.
    pub fn info(&self, address: Address) -> AccountInfo {
        self.accounts
            .get(&address)
            .map(|stored| stored.info.clone())
            .unwrap_or_default()
    }

    /// Puts balance, nonce and code of an account.
    pub fn set_info(&mut self, address: Address, info: AccountInfo) {
        if let Some(stored) = self.accounts.get_mut(&address) {
            let before = std::mem::replace(&mut stored.info, info);
            if self.noting {
                self.undo.push(Undo::Info(address, Box::new(before)));
            }
        } else {
            if self.noting {
                self.undo.push(Undo::Account(address, None));
            }
            self.accounts.insert(
                address,
                Stored {
                    info,
                    ..Stored::default()
                },
            );
        }
    }

    /// Puts the code of an account.
    pub fn set_code(&mut self, address: Address, code: Bytecode) {
        let mut info = self.info(address);
        info.code_hash = if code.is_empty() {
            KECCAK_EMPTY
        } else {
            code.hash_slow()
        };
        info.code = Some(code);
        self.set_info(address, info);
    }

    /// A word of an account's storage.
    pub fn word(&self, address: Address, key: StorageKey) -> StorageValue {
        let stored = self.accounts.get(&address);
        stored
            .and_then(|stored| stored.storage.get(&key))
            .copied()
            .unwrap_or_default()
    }

    /// Puts a word of an account's storage.
    pub fn set_word(&mut self, address: Address, key: StorageKey, value: StorageValue) {
        if !self.accounts.contains_key(&address) {
            self.set_info(address, AccountInfo::default());
        }
        let storage = &mut self.accounts.entry(address).or_default().storage;
        let before = if value.is_zero() {
            storage.remove(&key)
        } else {
            storage.insert(key, value)
        };
        if self.noting {
            self.undo
                .push(Undo::Storage(address, key, before.unwrap_or_default()));
        }
    }

    /// Every account in ascending order of addresses, with its storage in ascending order of keys.
    pub fn sorted(&self) -> Vec<Listed<'_>> {
        let mut accounts: Vec<_> = self
            .accounts
            .iter()
            .map(|(address, stored)| {
                let mut words: Vec<_> = stored.storage.iter().map(|(key, value)| (*key, *value)).collect();
                words.sort_unstable();
                (*address, &stored.info, words)
            })
            .collect();
        accounts.sort_unstable_by_key(|account| account.0);
        accounts
    }

    fn forget(&mut self, address: Address) {
        let before = self.accounts.remove(&address);
        if let (true, Some(stored)) = (self.noting, before) {
            self.undo.push(Undo::Account(address, Some(Box::new(stored))));
        }
    }
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).map(|stored| stored.info.clone()))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Infallible> {
        // Code travels with its account; only the state of a test can ask for another.
        let found = self
            .accounts
            .values()
            .find(|stored| stored.info.code_hash == code_hash);
        Ok(found
            .and_then(|stored| stored.info.code.clone())
            .unwrap_or_default())
    }

    fn storage(&mut self, address: Address, index: StorageKey) -> Result<StorageValue, Infallible> {
        Ok(self.word(address, index))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        let known = usize::try_from(number)
            .ok()
            .and_then(|place| self.hashes.get(place));
        Ok(known.copied().unwrap_or_else(|| block_hash(number)))
    }
}

impl DatabaseCommit for State {
    fn commit(&mut self, changes: AddressMap<Account>) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            if account.is_selfdestructed() || account.is_empty() {
                self.forget(address);
                continue;
            }
            if account.is_created() {
                self.forget(address);
            }
            if self.accounts.get(&address).map(|stored| &stored.info) != Some(&account.info) {
                self.set_info(address, account.info);
            }
            for (key, slot) in account.storage {
                if slot.is_changed() {
                    self.set_word(address, key, slot.present_value);
                }
            }
        }
    }
}

/// The hash of a block of which only the number is known: the keccak of its number.
pub fn block_hash(number: u64) -> B256 {
    revm::primitives::keccak256(U256::from(number).to_be_bytes::<32>())
}
