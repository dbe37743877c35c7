// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {ITaiko} from "../tier1/ITaiko.sol";

/// @title TaikoMiniature
/// @notice For tests only: a tier 1 with the prover rules of Taiko Alpha-4. Proofs are real if its verifier is.
/// @dev Rewards come out of the fees of proposers and of what anybody gives it beforehand; slashed stake stays.
/// @custom:holds Stake, rewards not yet withdrawn, and a reserve that rewards come from.
contract TaikoMiniature is ITaiko {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 public constant SEATS = 32;
    /// @dev Gas that is paid for in every block, whatever its limit.
    uint256 public constant BASE_GAS = 20_000;
    uint256 public constant MIN_WINDOW_SECONDS = 10 minutes;
    uint256 public constant MAX_WINDOW_SECONDS = 90 minutes;
    uint256 public constant EXIT_SECONDS = 1 weeks;
    uint256 private constant WINDOW_PER_DELAY = 2;
    uint256 private constant LEAST_PRICE_PERCENT = 75;
    uint256 private constant GREATEST_PRICE_PERCENT = 125;
    uint256 private constant BPS = 10_000;
    /// @dev Of the reward, for a proof at the very end of its window.
    uint256 private constant DELAY_BPS = 250;
    /// @dev Of the stake, for each block of the capacity.
    uint256 private constant SLASH_BPS = 25;
    uint256 private constant SLASH_REWARDS = 4;
    /// @dev The average delay follows the last proofs, this many.
    uint256 private constant AVERAGE_OVER = 16;

    IERC20 public immutable token;
    IVerifier public immutable verifier;
    bytes32 public immutable key;

    uint32 public feePerGas;
    uint64 public averageDelaySeconds;
    uint64 public blockCount;
    /// @notice What rewards can be paid from.
    uint256 public reserveUnits;

    address[32] private _seats;
    mapping(address account => Staker) private _stakers;
    mapping(uint256 id => Block) private _blocks;
    mapping(address account => uint256 units) private _rewards;

    event Staked(address indexed account, uint256 units, uint32 rewardPerGas, uint16 capacity, uint256 place);
    event SeatLost(address indexed account, uint256 exitingUnits, uint256 exitAt);
    event StakeWithdrawn(address indexed account, uint256 units);
    event RewardsWithdrawn(address indexed account, uint256 units);
    event BlockProposed(uint256 indexed id, address indexed assigned, Block proposed, bytes data);
    event BlockProven(uint256 indexed id, address indexed paid, uint256 rewardUnits);
    event ProverSlashed(uint256 indexed id, address indexed prover, uint256 units);

    error StakeTooSmall(uint256 got, uint256 smallest);
    error NothingStaked(address account);
    error StillExiting(address account, uint256 exitAt);
    error NothingToWithdraw(address account);
    error UnknownBlock(uint256 id);
    error AlreadyProven(uint256 id);
    error NotAssigned(uint256 id, address caller);
    error BadProof(uint256 id);
    error NotLate(uint256 id, uint256 proveBy);
    error ReserveEmpty(uint256 neededUnits, uint256 reserveUnits);

    constructor(
        IERC20 token_,
        IVerifier verifier_,
        bytes32 key_,
        uint32 feePerGas_,
        uint64 averageDelaySeconds_
    ) {
        (token, verifier, key) = (token_, verifier_, key_);
        (feePerGas, averageDelaySeconds) = (feePerGas_, averageDelaySeconds_);
    }

    // --- stake

    /// @inheritdoc ITaiko
    function stake(uint64 units, uint32 rewardPerGas, uint16 capacity) external {
        Staker storage s = _stakers[msg.sender];
        // A stake that was on its way out comes back first.
        s.stakedUnits += s.exitingUnits + units;
        (s.exitingUnits, s.exitAt) = (0, 0);
        (s.rewardPerGas, s.capacity) = (rewardPerGas, capacity);
        if (s.place == 0) _sit(s);
        emit Staked(msg.sender, units, rewardPerGas, capacity, s.place);
        token.safeTransferFrom(msg.sender, address(this), units);
    }

    /// @inheritdoc ITaiko
    function requestExit() external {
        if (_stakers[msg.sender].stakedUnits == 0) revert NothingStaked(msg.sender);
        _stand(msg.sender);
    }

    /// @inheritdoc ITaiko
    function withdrawStake() external {
        Staker storage s = _stakers[msg.sender];
        uint256 units = s.exitingUnits;
        if (units == 0) revert NothingToWithdraw(msg.sender);
        if (block.timestamp < s.exitAt) revert StillExiting(msg.sender, s.exitAt);
        (s.exitingUnits, s.exitAt) = (0, 0);
        emit StakeWithdrawn(msg.sender, units);
        token.safeTransfer(msg.sender, units);
    }

    /// @inheritdoc ITaiko
    function withdrawRewards() external {
        uint256 units = _rewards[msg.sender];
        if (units == 0) revert NothingToWithdraw(msg.sender);
        _rewards[msg.sender] = 0;
        emit RewardsWithdrawn(msg.sender, units);
        token.safeTransfer(msg.sender, units);
    }

    // --- blocks

    /// @notice Gives units to the reserve that rewards come from.
    function fill(uint256 units) external {
        reserveUnits += units;
        token.safeTransferFrom(msg.sender, address(this), units);
    }

    /// @notice Moves the fee per gas; of this miniature, anybody.
    function setFeePerGas(uint32 feePerGas_) external {
        feePerGas = feePerGas_;
    }

    /// @notice Proposes a block for its fee, and draws its prover.
    function proposeBlock(
        uint256 commitment,
        uint32 gasLimit,
        bytes calldata data
    ) external returns (uint256 id) {
        id = ++blockCount;
        uint256 feeUnits = (BASE_GAS + gasLimit) * feePerGas;
        reserveUnits += feeUnits;
        (address assigned, uint256 rewardPerGas) = _draw(id);
        Block storage b = _blocks[id];
        (b.assigned, b.proposedAt) = (assigned, uint40(block.timestamp));
        b.proveBy = uint40(block.timestamp + windowSeconds());
        (b.gasLimit, b.commitment, b.dataHash) = (gasLimit, commitment, keccak256(data));
        b.rewardUnits = ((BASE_GAS + gasLimit) * rewardPerGas).toUint64();
        if (assigned != address(0)) ++_stakers[assigned].inFlight;
        emit BlockProposed(id, assigned, b, data);
        token.safeTransferFrom(msg.sender, address(this), feeUnits);
    }

    /// @inheritdoc ITaiko
    function proveBlock(uint256 id, uint256[] calldata signals, bytes calldata proof) external {
        Block storage b = _known(id);
        if (b.provenAt != 0) revert AlreadyProven(id);
        bool late = block.timestamp > b.proveBy;
        if (!late && b.assigned != address(0) && msg.sender != b.assigned) revert NotAssigned(id, msg.sender);
        if (!_proves(b, signals, proof)) revert BadProof(id);
        address named = address(uint160(signals[1]));
        address paid = late || b.assigned == address(0) ? named : b.assigned;
        uint256 units = _rewardUnits(b, paid, late);
        if (late && b.assigned != address(0)) _slash(id, b);
        _release(b);
        uint256 delay = block.timestamp - b.proposedAt;
        averageDelaySeconds = uint64((averageDelaySeconds * (AVERAGE_OVER - 1) + delay) / AVERAGE_OVER);
        if (units > reserveUnits) revert ReserveEmpty(units, reserveUnits);
        reserveUnits -= units;
        _rewards[paid] += units;
        (b.provenBy, b.provenAt, b.paidUnits) = (paid, uint40(block.timestamp), units.toUint64());
        emit BlockProven(id, paid, units);
    }

    /// @inheritdoc ITaiko
    function markLate(uint256 id) external {
        Block storage b = _known(id);
        if (block.timestamp <= b.proveBy || b.provenAt != 0) revert NotLate(id, b.proveBy);
        if (b.assigned == address(0) || b.released) revert NotAssigned(id, b.assigned);
        _slash(id, b);
        _release(b);
    }

    // --- looking

    /// @inheritdoc ITaiko
    function blockOf(uint256 id) external view returns (Block memory) {
        return _blocks[id];
    }

    /// @inheritdoc ITaiko
    function stakerOf(address account) external view returns (Staker memory) {
        return _stakers[account];
    }

    /// @inheritdoc ITaiko
    function rewardsOf(address account) external view returns (uint256 units) {
        return _rewards[account];
    }

    /// @notice The seats; zero where one is free.
    function seats() external view returns (address[32] memory) {
        return _seats;
    }

    /// @inheritdoc ITaiko
    function penaltyOf(uint256 id) public view returns (uint256 units) {
        Block storage b = _known(id);
        Staker storage s = _stakers[b.assigned];
        uint256 slashable = uint256(s.stakedUnits) + s.exitingUnits;
        uint256 ofStake = (slashable * SLASH_BPS) / BPS / Math.max(1, s.capacity);
        return Math.min(slashable, Math.max(ofStake, SLASH_REWARDS * uint256(b.rewardUnits)));
    }

    /// @inheritdoc ITaiko
    function accepts(
        uint256 id,
        address caller,
        uint256[] calldata signals,
        bytes calldata proof
    ) external view returns (bool) {
        Block storage b = _blocks[id];
        if (b.proposedAt == 0 || b.provenAt != 0) return false;
        bool alone = block.timestamp <= b.proveBy && b.assigned != address(0);
        return (!alone || caller == b.assigned) && _proves(b, signals, proof);
    }

    /// @notice Proof window of a block proposed now: clamp(2 x average delay, 10 min, 90 min).
    function windowSeconds() public view returns (uint256) {
        uint256 wanted = WINDOW_PER_DELAY * averageDelaySeconds;
        return Math.min(Math.max(wanted, MIN_WINDOW_SECONDS), MAX_WINDOW_SECONDS);
    }

    /// @notice What a prover is paid per gas and how likely it is drawn: stake / price^2, the price it asks clamped to 75 to
    ///         125 % of the fee per gas; no weight without free capacity.
    function weightOf(address account) public view returns (uint256 weight, uint256 rewardPerGas) {
        Staker storage s = _stakers[account];
        uint256 least = Math.ceilDiv(uint256(feePerGas) * LEAST_PRICE_PERCENT, 100);
        uint256 greatest = (uint256(feePerGas) * GREATEST_PRICE_PERCENT) / 100;
        rewardPerGas = Math.min(Math.max(s.rewardPerGas, least), greatest);
        if (rewardPerGas == 0 || s.inFlight >= s.capacity || s.stakedUnits == 0) return (0, rewardPerGas);
        weight = Math.max(1, s.stakedUnits / (rewardPerGas * rewardPerGas));
    }

    // --- inside

    /// @dev Takes a free seat, or the one of the smallest stake if this one is bigger.
    function _sit(Staker storage s) private {
        uint256 index = 0;
        uint256 smallest = type(uint256).max;
        for (uint256 i = 0; i < SEATS && smallest > 0; ++i) {
            uint256 held = _seats[i] == address(0) ? 0 : _stakers[_seats[i]].stakedUnits;
            if (held < smallest) (index, smallest) = (i, held);
        }
        if (s.stakedUnits <= smallest) revert StakeTooSmall(s.stakedUnits, smallest);
        if (_seats[index] != address(0)) _stand(_seats[index]);
        _seats[index] = msg.sender;
        s.place = uint8(index + 1);
    }

    /// @dev Gives a seat up; the stake starts to leave.
    function _stand(address account) private {
        Staker storage s = _stakers[account];
        if (s.place != 0) _seats[s.place - 1] = address(0);
        s.place = 0;
        s.exitingUnits += s.stakedUnits;
        s.stakedUnits = 0;
        s.exitAt = uint40(block.timestamp + EXIT_SECONDS);
        emit SeatLost(account, s.exitingUnits, s.exitAt);
    }

    /// @dev A seated prover with free capacity, by weight; the zero address if there is none.
    function _draw(uint256 id) private view returns (address drawn, uint256 rewardPerGas) {
        uint256[32] memory weights;
        uint256 total = 0;
        for (uint256 i = 0; i < SEATS; ++i) {
            (weights[i], ) = weightOf(_seats[i]);
            total += weights[i];
        }
        if (total == 0) return (address(0), feePerGas);
        uint256 left = uint256(keccak256(abi.encode(blockhash(block.number - 1), id))) % total;
        uint256 index = 0;
        while (left >= weights[index]) left -= weights[index++];
        (, rewardPerGas) = weightOf(_seats[index]);
        return (_seats[index], rewardPerGas);
    }

    /// @dev In time: less up to 2.5 % for delay. Late: nothing for the assigned prover, half more for another.
    function _rewardUnits(Block storage b, address paid, bool late) private view returns (uint256) {
        uint256 full = b.rewardUnits;
        if (b.assigned == address(0)) return full;
        if (late) return paid == b.assigned ? 0 : full + full / 2;
        uint256 delay = block.timestamp - b.proposedAt;
        return full - (full * DELAY_BPS * delay) / (BPS * (b.proveBy - b.proposedAt));
    }

    /// @dev Once a block: what is leaving first, then the stake, which gives its seat up when nothing is left.
    function _slash(uint256 id, Block storage b) private {
        if (b.released) return;
        uint256 units = penaltyOf(id);
        Staker storage s = _stakers[b.assigned];
        uint256 ofExiting = Math.min(units, s.exitingUnits);
        s.exitingUnits -= uint64(ofExiting);
        s.stakedUnits -= uint64(units - ofExiting);
        if (s.stakedUnits == 0 && s.place != 0) _stand(b.assigned);
        b.slashedUnits = units.toUint64();
        reserveUnits += units;
        emit ProverSlashed(id, b.assigned, units);
    }

    function _release(Block storage b) private {
        if (b.released || b.assigned == address(0)) return;
        b.released = true;
        --_stakers[b.assigned].inFlight;
    }

    function _proves(
        Block storage b,
        uint256[] calldata signals,
        bytes calldata proof
    ) private view returns (bool) {
        if (signals.length != 2 || signals[0] != b.commitment) return false;
        if (signals[1] == 0 || signals[1] > type(uint160).max) return false;
        return verifier.verify(key, signals, proof);
    }

    function _known(uint256 id) private view returns (Block storage b) {
        b = _blocks[id];
        if (b.proposedAt == 0) revert UnknownBlock(id);
    }
}
