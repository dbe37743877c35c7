//! A chain of blocks with one transaction each, and scenarios on top of it that leave no trace.

use std::fmt;

use revm::context::result::{ExecutionResult, HaltReason, Output};
use revm::context::{BlockEnv, CfgEnv, Context, Evm, TxEnv};
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthFrame, EthPrecompiles};
use revm::interpreter::interpreter::EthInterpreter;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{keccak256, Address, Bytes, Log, TxKind, B256, U256};
use revm::{DatabaseCommit, ExecuteEvm};

use crate::expected::{Difference, Scenario};
use crate::probes::{instructions, Ctx, Probes};
use crate::state::{block_hash, State};

/// Rules of every block.
const SPEC: SpecId = SpecId::PRAGUE;
/// Gas limit of a block that is kept.
pub const BLOCK_GAS: u64 = 30_000_000;
/// Gas limit of a block of a scenario.
const SCENARIO_BLOCK_GAS: u64 = 1 << 40;

/// A call or, without `to`, a creation.
#[derive(Clone, Debug)]
pub struct Call {
    pub sender: Address,
    pub to: Option<Address>,
    pub data: Bytes,
    pub value: U256,
    /// Opens a block at this time.
    pub at: Option<u64>,
}

/// What a transaction did.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub ok: bool,
    pub data: Bytes,
    pub gas_used: u64,
    pub contract: Option<Address>,
    pub logs: Vec<Log>,
    /// Why it stopped, unless it ended or reverted by itself.
    pub halt: Option<HaltReason>,
}

/// A transaction that cannot be run: too little gas for its calldata, or more value than its sender has.
#[derive(Debug)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// A block that is kept.
#[derive(Clone, Debug)]
pub struct Block {
    pub at: u64,
    pub logs: Vec<Log>,
}

#[derive(Clone, Debug)]
struct Snapshot {
    id: u64,
    mark: usize,
    blocks: usize,
}

/// The chain.
#[derive(Clone, Debug)]
pub struct Machine {
    pub state: State,
    pub probes: Probes,
    pub chain_id: u64,
    /// Whether contracts may be larger than 24,576 bytes.
    pub unlimited_code: bool,
    pub blocks: Vec<Block>,
    snapshots: Vec<Snapshot>,
    snapshot_count: u64,
}

impl Machine {
    /// A chain with an empty block 0.
    pub fn new(chain_id: u64, genesis_at: u64) -> Self {
        let mut chain = Self {
            state: State::default(),
            probes: Probes::default(),
            chain_id,
            unlimited_code: false,
            blocks: Vec::new(),
            snapshots: Vec::new(),
            snapshot_count: 0,
        };
        chain.append(Block {
            at: genesis_at,
            logs: Vec::new(),
        });
        chain
    }

    /// Number of the last block.
    pub fn number(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    /// Time of the last block.
    pub fn now(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.at)
    }

    /// Adds a block without transactions, a second after the last one unless said otherwise.
    pub fn mine(&mut self, at: Option<u64>) -> Result<(), Refused> {
        let at = self.next_time(at)?;
        self.append(Block { at, logs: Vec::new() });
        Ok(())
    }

    /// Runs a transaction in a block of its own.
    pub fn transact(&mut self, call: &Call, gas: u64) -> Result<Outcome, Refused> {
        let at = self.next_time(call.at)?;
        let number = self.number() + 1;
        let outcome = self.with_runner(|runner| {
            runner.open_block(number, at, gas.max(BLOCK_GAS));
            let outcome = runner.run(call, gas)?;
            let changes = runner.evm.finalize();
            runner.evm.ctx.journaled_state.database.commit(changes);
            Ok(outcome)
        })?;
        self.append(Block {
            at,
            logs: outcome.logs.clone(),
        });
        Ok(outcome)
    }

    /// What a call would do in the last block, or in a block after it if a time is given.
    pub fn call(&mut self, call: &Call, gas: u64) -> Result<Outcome, Refused> {
        let number = self.number() + u64::from(call.at.is_some());
        let at = call.at.unwrap_or(self.now());
        self.with_runner(|runner| {
            runner.open_block(number, at, gas.max(BLOCK_GAS));
            runner.run(call, gas)
        })
    }

    /// Runs calls one after the other on top of the last block; nothing is kept.
    pub fn simulate(&mut self, calls: &[Call], gas: u64) -> Result<Vec<Outcome>, Refused> {
        let mut outcomes = Vec::with_capacity(calls.len());
        self.scenario(calls, gas, |_, outcome| {
            outcomes.push(outcome);
            true
        })?;
        Ok(outcomes)
    }

    /// Runs calls until one does something else than expected; nothing is kept.
    pub fn replay(
        &mut self,
        scenario: &Scenario,
        gas: u64,
    ) -> Result<Option<(usize, Difference, Outcome)>, Refused> {
        let Scenario {
            calls,
            expected,
            watched,
        } = scenario;
        let mut found = None;
        self.scenario(calls, gas, |place, outcome| {
            let wanted = expected.get(place);
            let kind = wanted.and_then(|wanted| wanted.difference(&outcome, watched.as_ref()));
            found = kind.map(|kind| (place, kind, outcome));
            found.is_none()
        })?;
        Ok(found)
    }

    /// Runs calls on an overlay for as long as `look` says so.
    fn scenario(
        &mut self,
        calls: &[Call],
        gas: u64,
        mut look: impl FnMut(usize, Outcome) -> bool,
    ) -> Result<(), Refused> {
        let (mut number, mut now) = (self.number(), self.now());
        self.with_runner(|runner| {
            for (place, call) in calls.iter().enumerate() {
                if call.at.is_some() || place == 0 {
                    let at = call.at.unwrap_or(now + 1);
                    if at <= now {
                        return Err(Refused(format!("call {place}: block at {at} after one at {now}")));
                    }
                    (number, now) = (number + 1, at);
                    runner.open_block(number, at, SCENARIO_BLOCK_GAS);
                }
                let outcome = runner
                    .run(call, gas)
                    .map_err(|why| Refused(format!("call {place}: {why}")))?;
                if !look(place, outcome) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The state to come back to.
    pub fn snapshot(&mut self) -> u64 {
        self.snapshot_count += 1;
        let (id, mark, blocks) = (self.snapshot_count, self.state.mark(), self.blocks.len());
        self.snapshots.push(Snapshot { id, mark, blocks });
        id
    }

    /// Goes back to a snapshot, which is used up with all that were taken later. Returns whether there was one.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(place) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let (mark, blocks) = (self.snapshots[place].mark, self.snapshots[place].blocks);
        self.snapshots.truncate(place);
        self.state.undo_to(mark, place == 0);
        self.blocks.truncate(blocks);
        self.state.hashes.truncate(blocks);
        true
    }

    fn next_time(&self, at: Option<u64>) -> Result<u64, Refused> {
        let now = self.now();
        match at {
            Some(at) if at <= now && self.number() > 0 => {
                Err(Refused(format!("block at {at} after one at {now}")))
            }
            Some(at) => Ok(at),
            None => Ok(now + 1),
        }
    }

    fn append(&mut self, block: Block) {
        let parent = self.state.hashes.last().copied().unwrap_or_default();
        let number = self.blocks.len() as u64;
        let words = [parent, block_hash(number), B256::from(U256::from(block.at))];
        self.state.hashes.push(keccak256(words.concat()));
        self.blocks.push(block);
    }

    fn with_runner<R>(&mut self, act: impl FnOnce(&mut Runner) -> R) -> R {
        let state = std::mem::take(&mut self.state);
        let probes = std::mem::take(&mut self.probes);
        let mut runner = Runner::new(state, probes, self.chain_id, self.unlimited_code);
        let result = act(&mut runner);
        let Context {
            journaled_state,
            chain,
            ..
        } = runner.evm.ctx;
        (self.state, self.probes) = (journaled_state.database, chain);
        result
    }
}

/// Transactions on a journal over the state; what they change stays in the journal.
struct Runner {
    evm: Evm<Ctx, (), EthInstructions<EthInterpreter, Ctx>, EthPrecompiles, EthFrame<EthInterpreter>>,
}

impl Runner {
    fn new(state: State, probes: Probes, chain_id: u64, unlimited_code: bool) -> Self {
        let mut cfg = CfgEnv::new_with_spec(SPEC);
        cfg.chain_id = chain_id;
        cfg.tx_chain_id_check = false;
        cfg.disable_nonce_check = true;
        cfg.disable_eip3607 = true;
        cfg.disable_base_fee = true;
        if unlimited_code {
            cfg.limit_contract_code_size = Some(usize::MAX);
            cfg.limit_contract_initcode_size = Some(usize::MAX);
        }
        let context: Ctx = Context::new(state, SPEC).with_cfg(cfg);
        let mut evm = Evm::new(context, instructions(SPEC), EthPrecompiles::new(SPEC));
        evm.ctx.chain = probes;
        Self { evm }
    }

    fn open_block(&mut self, number: u64, at: u64, gas_limit: u64) {
        let random = Some(block_hash(number));
        let (number, timestamp) = (U256::from(number), U256::from(at));
        self.evm.ctx.block = BlockEnv {
            number,
            timestamp,
            gas_limit,
            basefee: 0,
            prevrandao: random,
            ..BlockEnv::default()
        };
    }

    fn run(&mut self, call: &Call, gas: u64) -> Result<Outcome, Refused> {
        let transaction = TxEnv {
            tx_type: 0,
            caller: call.sender,
            gas_limit: gas,
            gas_price: 0,
            kind: call.to.map_or(TxKind::Create, TxKind::Call),
            value: call.value,
            data: call.data.clone(),
            nonce: 0,
            chain_id: None,
            access_list: Default::default(),
            gas_priority_fee: None,
            blob_hashes: Vec::new(),
            max_fee_per_blob_gas: 0,
            authorization_list: Vec::new(),
        };
        let result = self
            .evm
            .transact_one(transaction)
            .map_err(|why| Refused(why.to_string()))?;
        Ok(Outcome::from(result))
    }
}

impl From<ExecutionResult> for Outcome {
    fn from(result: ExecutionResult) -> Self {
        let gas_used = result.tx_gas_used();
        match result {
            ExecutionResult::Success {
                logs,
                output: Output::Call(data),
                ..
            } => Self {
                ok: true,
                data,
                gas_used,
                logs,
                ..Self::default()
            },
            ExecutionResult::Success {
                logs,
                output: Output::Create(data, contract),
                ..
            } => Self {
                ok: true,
                data,
                gas_used,
                logs,
                contract,
                ..Self::default()
            },
            ExecutionResult::Revert { output, .. } => Self {
                data: output,
                gas_used,
                ..Self::default()
            },
            ExecutionResult::Halt { reason, .. } => Self {
                halt: Some(reason),
                gas_used,
                ..Self::default()
            },
        }
    }
}
