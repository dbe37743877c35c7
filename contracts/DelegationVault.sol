// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {RedemptionQueue} from "./RedemptionQueue.sol";
import {IDelegationVault} from "./interfaces/IDelegationVault.sol";
import {IProverRegistry} from "./interfaces/IProverRegistry.sol";
import {IRewardSplitter} from "./interfaces/IRewardSplitter.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {ITier1Adapter} from "./interfaces/ITier1Adapter.sol";
import {ProverId, QueueId} from "./types/Ids.sol";
import {Prover} from "./types/Prover.sol";
import {Stake} from "./types/Stake.sol";

/// @title DelegationVault
/// @notice Delegators' pooled stake: lent to provers that have none, and staked in tier 1 through adapters.
/// @custom:holds Idle money, credits of settled requests and fees of open loans; its token balance is at least their sum (I-1).
/// @custom:halts Nothing stops; redemption is never paused.
contract DelegationVault is RedemptionQueue, Ownable2Step {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @dev The entry stake.
    uint256 public constant LOAN_WEI = 32e18;
    /// @dev Makes many accounts of one borrower dear, and costs an honest one nothing.
    uint256 public constant FEE_WEI = 1e18;
    /// @dev From here on a prover has more to lose by its record than the fee.
    uint256 public constant FREE_RATING_PPM = 600_000;
    uint256 public constant MAX_LENT_BPS = 5000;
    uint256 public constant MAX_ADAPTERS_BPS = 3000;
    /// @dev A whole ZK at the first price: with fewer shares a profit would make each so dear that rounding hurts who comes.
    uint256 public constant MIN_PROFIT_SHARES = 1e24;
    /// @dev What an adapter has to say its value.
    uint256 public constant READ_GAS = 300_000;
    /// @dev Of that, as much again to copy the longest answer, and our own work after it.
    uint256 public constant MARK_GAS = 900_000;
    uint256 private constant BPS = 10_000;
    uint256 private constant WORD_BYTES = 32;

    IStakeVault public immutable vault;
    IRewardSplitter public immutable splitter;
    IProverRegistry public immutable provers;
    /// @inheritdoc IDelegationVault
    address public operator;
    /// @inheritdoc IDelegationVault
    uint256 public adaptersWei;
    /// @inheritdoc IDelegationVault
    mapping(address prover => bool) public isAllowed;
    mapping(address prover => Loan) private _loans;
    mapping(address adapter => Adapter) private _adapters;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    constructor(
        IERC20 token,
        IStakeVault vault_,
        IRewardSplitter splitter_,
        IProverRegistry provers_,
        address owner_
    ) ERC20("ZKPool Delegation", "zkPOOL") ERC4626(token) Ownable(owner_) {
        (vault, splitter, provers) = (vault_, splitter_, provers_);
    }

    /// @inheritdoc IDelegationVault
    function collect() external nonReentrant returns (uint256 collectedWei) {
        if (totalSupply() < MIN_PROFIT_SHARES) revert TooFewShares(totalSupply(), MIN_PROFIT_SHARES);
        collectedWei = splitter.claimDelegators();
        emit ProfitCollected(collectedWei);
        _addIdle(collectedWei, collectedWei);
    }

    // --- provers without stake

    /// @inheritdoc IDelegationVault
    function borrowStake() external nonReentrant {
        ProverId id = provers.idOf(msg.sender);
        if (ProverId.unwrap(id) == 0) revert NotRegistered(msg.sender);
        Prover memory prover = provers.proverOf(id);
        if (block.timestamp <= prover.bannedUntil) revert ProverIsBanned(id, prover.bannedUntil);
        // A loan that was lost to the last wei is over, though nobody could take anything back.
        if (_loans[msg.sender].outWei > 0 && vault.stakeOf(msg.sender).sponsoredWei == 0) {
            uint256 keptWei = _close(msg.sender);
            _addIdle(keptWei, keptWei);
        }
        if (_loans[msg.sender].outWei > 0) revert LoanOpen(msg.sender, _loans[msg.sender].outWei);
        uint256 lentWei = vault.lentWei() + LOAN_WEI;
        uint256 limitWei = (totalAssets() * MAX_LENT_BPS) / BPS;
        if (lentWei > limitWei) revert LentTooMuch(lentWei, limitWei);

        _takeIdle(LOAN_WEI);
        uint256 feeWei = _feeOf(msg.sender, prover.ratingPpm);
        _loans[msg.sender] = Loan(uint96(LOAN_WEI), uint96(feeWei));
        emit StakeLent(msg.sender, LOAN_WEI, feeWei);
        if (feeWei > 0) _transferIn(msg.sender, feeWei);
        IERC20(asset()).forceApprove(address(vault), LOAN_WEI);
        vault.lend(msg.sender, LOAN_WEI);
    }

    /// @inheritdoc IDelegationVault
    function returnStake() external nonReentrant returns (uint256 returnedWei) {
        Stake memory stake = _lentStake(msg.sender);
        if (stake.lockedWei > 0) revert LoanCoversBonds(msg.sender, stake.lockedWei);
        return _takeBack(msg.sender, stake.sponsoredWei);
    }

    /// @inheritdoc IDelegationVault
    function recall(address prover) external nonReentrant returns (uint256 returnedWei) {
        uint256 leftWei = _lentStake(prover).sponsoredWei;
        bool hasLost = leftWei < _loans[prover].outWei;
        if (msg.sender != operator && !hasLost && !_isShort() && !vault.isIdle(prover) && !_isBanned(prover))
            revert NotRecallable(prover);
        return _takeBack(prover, leftWei);
    }

    /// @inheritdoc IDelegationVault
    function backQueue(QueueId queue, bool backed) external onlyOperator {
        vault.setBacked(queue, backed);
    }

    /// @inheritdoc IDelegationVault
    function allowProver(address prover, bool allowed) external onlyOperator {
        isAllowed[prover] = allowed;
        emit ProverAllowed(prover, allowed);
    }

    /// @inheritdoc IDelegationVault
    function setOperator(address operator_) external onlyOwner {
        operator = operator_;
        emit OperatorSet(operator_);
    }

    // --- tier 1

    /// @inheritdoc IDelegationVault
    function allowAdapter(address adapter, uint96 capWei) external onlyOwner {
        if (adapter.code.length == 0) revert AdapterHasNoCode(adapter);
        (_adapters[adapter].capWei, _adapters[adapter].known) = (capWei, true);
        emit AdapterAllowed(adapter, capWei);
    }

    /// @inheritdoc IDelegationVault
    function fund(address adapter, uint256 amountWei) external onlyOperator nonReentrant {
        if (amountWei == 0) revert AmountZero();
        Adapter storage a = _known(adapter);
        uint256 valueWei = a.valueWei + amountWei;
        if (valueWei > a.capWei) revert AdapterCapExceeded(adapter, valueWei, a.capWei);
        uint256 allWei = adaptersWei + amountWei;
        uint256 limitWei = (totalAssets() * MAX_ADAPTERS_BPS) / BPS;
        if (allWei > limitWei) revert AdaptersCapExceeded(allWei, limitWei);
        _takeIdle(amountWei);
        a.valueWei = valueWei.toUint96();
        adaptersWei = allWei;
        emit AdapterFunded(adapter, amountWei);
        _transferOut(adapter, amountWei);
    }

    /// @inheritdoc IDelegationVault
    function repay(uint256 amountWei) external nonReentrant {
        if (amountWei == 0) revert AmountZero();
        Adapter storage a = _known(msg.sender);
        uint256 backWei = Math.min(amountWei, a.valueWei);
        a.valueWei -= uint96(backWei);
        adaptersWei -= backWei;
        emit AdapterRepaid(msg.sender, amountWei, amountWei - backWei);
        _addIdle(amountWei, amountWei - backWei);
        _transferIn(msg.sender, amountWei);
    }

    /// @inheritdoc IDelegationVault
    function mark(address adapter) external nonReentrant {
        Adapter storage a = _known(adapter);
        if (gasleft() < MARK_GAS) revert GasShort(gasleft(), MARK_GAS);
        // An answer costs the adapter as much gas to hold as it costs us to copy, so its length is bounded too.
        (bool success, bytes memory answer) = adapter.staticcall{gas: READ_GAS}(
            abi.encodeCall(ITier1Adapter.valueWei, ())
        );
        if (!success || answer.length != WORD_BYTES) {
            emit AdapterUnreadable(adapter);
            return;
        }
        // Nobody's word lifts an adapter above its cap; a lower cap takes nothing away.
        _setValue(adapter, Math.min(abi.decode(answer, (uint256)), Math.max(a.capWei, a.valueWei)));
    }

    /// @inheritdoc IDelegationVault
    function writeOff(address adapter) external onlyOwner nonReentrant {
        _known(adapter).capWei = 0;
        emit AdapterAllowed(adapter, 0);
        _setValue(adapter, 0);
    }

    // --- views

    /// @inheritdoc IDelegationVault
    function loanOf(address prover) external view returns (Loan memory) {
        return _loans[prover];
    }

    /// @inheritdoc IDelegationVault
    function feeOf(address prover) external view returns (uint256) {
        ProverId id = provers.idOf(prover);
        if (ProverId.unwrap(id) == 0) revert NotRegistered(prover);
        return _feeOf(prover, provers.proverOf(id).ratingPpm);
    }

    /// @inheritdoc IDelegationVault
    function adapterOf(address adapter) external view returns (Adapter memory) {
        return _adapters[adapter];
    }

    function _workingWei() internal view override returns (uint256) {
        return vault.lentWei() + adaptersWei;
    }

    /// @dev The stake of a prover that has an open loan.
    function _lentStake(address prover) private view returns (Stake memory) {
        if (_loans[prover].outWei == 0) revert NoLoan(prover);
        return vault.stakeOf(prover);
    }

    /// @dev Takes back what of `leftWei` covers no bond; with the last of it the loan ends.
    function _takeBack(address prover, uint256 leftWei) private returns (uint256 returnedWei) {
        if (leftWei > 0) {
            returnedWei = vault.recall(prover);
            _loans[prover].outWei -= uint96(returnedWei);
            emit StakeReturned(prover, msg.sender, returnedWei);
        }
        uint256 keptWei = returnedWei == leftWei ? _close(prover) : 0;
        _addIdle(returnedWei + keptWei, keptWei);
    }

    /// @dev The fee is the prover's again if everything has come back, else the pool keeps it.
    function _close(address prover) private returns (uint256 keptWei) {
        Loan memory loan = _loans[prover];
        delete _loans[prover];
        emit LoanClosed(prover, loan.outWei, loan.feeWei);
        if (loan.outWei > 0) return loan.feeWei;
        _credit(prover, loan.feeWei);
    }

    function _isBanned(address prover) private view returns (bool) {
        return block.timestamp <= provers.proverOf(provers.idOf(prover)).bannedUntil;
    }

    function _feeOf(address prover, uint256 ratingPpm) private view returns (uint256) {
        return isAllowed[prover] || ratingPpm >= FREE_RATING_PPM ? 0 : FEE_WEI;
    }

    function _known(address adapter) private view returns (Adapter storage a) {
        a = _adapters[adapter];
        if (!a.known) revert NotAdapter(adapter);
    }

    function _setValue(address adapter, uint256 newWei) private {
        Adapter storage a = _adapters[adapter];
        uint256 oldWei = a.valueWei;
        if (newWei == oldWei) return;
        a.valueWei = newWei.toUint96();
        adaptersWei = adaptersWei - oldWei + newWei;
        emit AdapterMarked(adapter, oldWei, newWei);
        if (newWei > oldWei) _lockProfit(newWei - oldWei);
        else _unlockLoss(oldWei - newWei);
    }
}
