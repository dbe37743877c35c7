//! Probes and mutants: what the BALANCE of a marked address says and notes.
//!
//! A rewritten contract asks for the balance of address `MAGIC + id` where it wants to be noticed (coverage) or to choose
//! between two forms (mutants). The question costs three gas, is counted, and is answered by 1 for the active mutant
//! alone. Every other address answers as usual.

use std::collections::BTreeMap;

use revm::bytecode::opcode::BALANCE;
use revm::context::{BlockEnv, CfgEnv, Context, Journal, TxEnv};
use revm::handler::instructions::EthInstructions;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::{Host, Instruction, InstructionContext, InstructionExecResult, InstructionResult};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Address, U256};

use crate::state::State;

/// What the bits 128 and up of a marked address say.
pub const MAGIC: u64 = 0xA0D17;
/// Gas of a question to a probe.
const PROBE_GAS: u16 = 3;
/// Gas of BALANCE of an address that was asked before; charged by hand for addresses that are no probes.
const WARM_GAS: u64 = 100;
/// Ids below are counted in a list, those above in a map.
const DENSE: u64 = 1 << 20;

/// What a transaction runs in: revm's context with this crate's state and probes.
pub type Ctx = Context<BlockEnv, TxEnv, CfgEnv, State, Journal<State>, Probes>;

/// How often each probe was reached, and which mutant is on.
#[derive(Clone, Debug, Default)]
pub struct Probes {
    /// Id of the active mutant; 0 for none.
    pub active: u64,
    dense: Vec<u64>,
    sparse: BTreeMap<u64, u64>,
}

impl Probes {
    /// Counts a probe and says whether it is the active mutant.
    #[inline]
    pub fn ask(&mut self, id: u64) -> bool {
        match self.dense.get_mut(id as usize) {
            Some(count) => *count += 1,
            None => self.count_first(id),
        }
        id == self.active && id != 0
    }

    #[cold]
    fn count_first(&mut self, id: u64) {
        if id < DENSE {
            self.dense.resize(((id + 1) * 2).min(DENSE) as usize, 0);
            self.dense[id as usize] += 1;
        } else {
            *self.sparse.entry(id).or_default() += 1;
        }
    }

    /// The probes reached since the last `clear`, each with how often, in ascending order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let dense = self.dense.iter().enumerate().filter(|(_, count)| **count > 0);
        dense
            .map(|(id, count)| (id as u64, *count))
            .chain(self.sparse.iter().map(|(id, count)| (*id, *count)))
    }

    /// Forgets what was reached.
    pub fn clear(&mut self) {
        self.dense.fill(0);
        self.sparse.clear();
    }
}

/// The instructions of a hard fork, with the probing BALANCE.
pub fn instructions(spec: SpecId) -> EthInstructions<EthInterpreter, Ctx> {
    let mut table = EthInstructions::new_mainnet_with_spec(spec);
    table.insert_instruction(BALANCE, Instruction::new(balance), PROBE_GAS);
    table
}

/// BALANCE: probes answer by themselves; other addresses cost and answer as the hard fork says.
fn balance(run: InstructionContext<'_, Ctx, EthInterpreter>) -> InstructionExecResult {
    let Some(([], top)) = run.interpreter.stack.popn_top::<0>() else {
        return Err(InstructionResult::StackUnderflow);
    };
    let limbs = top.as_limbs();
    if limbs[2] & 0xffff_ffff == MAGIC && limbs[1] == 0 {
        *top = U256::from(run.host.chain.ask(limbs[0]));
        return Ok(());
    }
    let gas = &mut run.interpreter.gas;
    if !gas.record_regular_cost(WARM_GAS - u64::from(PROBE_GAS)) {
        return Err(InstructionResult::OutOfGas);
    }
    let cold_gas = run.host.gas_params().cold_account_additional_cost();
    let address = Address::from_word((*top).into());
    let is_short = gas.remaining() < cold_gas;
    let account = run
        .host
        .load_account_info_skip_cold_load(address, false, is_short)?;
    if account.is_cold && !gas.record_regular_cost(cold_gas) {
        return Err(InstructionResult::OutOfGas);
    }
    *top = account.account.balance;
    Ok(())
}
