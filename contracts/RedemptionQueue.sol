// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IDelegationVault} from "./interfaces/IDelegationVault.sol";

/// @title RedemptionQueue
/// @notice The delegators' half of the pool: an ERC-4626 vault that counts its own money, unlocks profit evenly, and redeems
///         by requests that wait a week and are paid first in, first out.
/// @dev A donation moves nothing, since no balance is ever read as assets. All payments of one walk through the queue are at
///      the price at its start; each rounds down, so the price of the shares that stay never falls by it.
abstract contract RedemptionQueue is IDelegationVault, ERC4626, ReentrancyGuardTransient {
    using SafeCast for uint256;

    /// @notice Profit that still unlocks.
    struct ProfitLock {
        // storage word 0
        uint96 lockedWei; // at lockedAt
        uint40 lockedAt;
        uint40 unlocksAt; // nothing is locked from here on
    }

    /// @notice What a share is worth: `assets / shares`, OpenZeppelin's virtual ones included.
    struct Price {
        uint256 assets;
        uint256 shares;
    }

    /// @dev Longer than any task lives, so that a request cannot outrun a slash its owner knows of.
    uint256 public constant MATURITY_SECONDS = 7 days;
    /// @dev Most requests that one call walks over.
    uint256 public constant WALK_LIMIT = 32;
    /// @dev Smaller requests would make others pay more gas for the walk than they are worth.
    uint256 public constant MIN_REQUEST_WEI = 1e15;
    /// @dev An epoch of the rewards: who comes just before a profit has no more of it than who stays.
    uint256 public constant UNLOCK_SECONDS = 86_400;
    /// @dev Requests settled in passing: nobody keeps a matured request for long as the right to leave at any second.
    uint256 private constant PASSING_COUNT = 4;
    /// @dev Below one part in so many of the first price, new money would bring so many shares that counting them overflows.
    uint256 private constant WORTHLESS_DIVISOR = 1e36;
    uint8 private constant OFFSET_DECIMALS = 6;
    uint256 private constant VIRTUAL_SHARES = 10 ** OFFSET_DECIMALS;
    uint256 private constant VIRTUAL_ASSETS = 1;
    /// @dev Any amount of the token fits.
    uint256 private constant MAX_ASSETS_WEI = type(uint96).max;

    /// @inheritdoc IDelegationVault
    uint256 public idleWei;
    /// @inheritdoc IDelegationVault
    uint256 public waitingShares;
    ProfitLock private _lock;
    uint64 private _firstRequest = 1;
    uint64 private _nextRequest = 1;
    mapping(uint256 request => Request) private _requests;
    mapping(address account => uint256) private _credits;

    /// @dev `maxDeposit` is 0 then too; this says why.
    modifier whileSharesHaveWorth() {
        Price memory price = _price();
        if (_isWorthless(price)) revert SharesWorthless(price.assets, price.shares);
        _;
    }

    /// @inheritdoc ERC4626
    function deposit(
        uint256 assets,
        address receiver
    ) public override nonReentrant whileSharesHaveWorth returns (uint256) {
        return super.deposit(assets, receiver);
    }

    /// @inheritdoc ERC4626
    function mint(
        uint256 shares,
        address receiver
    ) public override nonReentrant whileSharesHaveWorth returns (uint256) {
        return super.mint(shares, receiver);
    }

    /// @inheritdoc IDelegationVault
    function requestRedeem(uint256 shares, address owner) external nonReentrant returns (uint256 request) {
        if (shares == 0) revert AmountZero();
        uint256 worthWei = convertToAssets(shares);
        if (worthWei < MIN_REQUEST_WEI && shares != balanceOf(owner)) {
            revert RequestTooSmall(worthWei, MIN_REQUEST_WEI);
        }
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        request = _nextRequest++;
        uint256 maturesAt = block.timestamp + MATURITY_SECONDS;
        _requests[request] = Request(owner, uint40(maturesAt), shares);
        waitingShares += shares;
        emit RedeemRequested(request, owner, shares, maturesAt);
        _transfer(owner, address(this), shares);
    }

    /// @inheritdoc ERC4626
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) public override nonReentrant returns (uint256) {
        return super.redeem(shares, receiver, owner);
    }

    /// @inheritdoc ERC4626
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) public override nonReentrant returns (uint256) {
        return super.withdraw(assets, receiver, owner);
    }

    /// @inheritdoc IDelegationVault
    function settleRequests(uint256 limit) external nonReentrant returns (uint256 paidWei) {
        return _settle(Math.min(limit, WALK_LIMIT));
    }

    /// @inheritdoc IDelegationVault
    function claimCredit() external nonReentrant returns (uint256 paidWei) {
        paidWei = _credits[msg.sender];
        if (paidWei == 0) revert NothingToClaim(msg.sender);
        _credits[msg.sender] = 0;
        emit CreditClaimed(msg.sender, paidWei);
        _transferOut(msg.sender, paidWei);
    }

    /// @inheritdoc IDelegationVault
    function requestRange() external view returns (uint256 first, uint256 next) {
        return (_firstRequest, _nextRequest);
    }

    /// @inheritdoc IDelegationVault
    function requestOf(uint256 request) external view returns (Request memory) {
        return _requests[request];
    }

    /// @inheritdoc IDelegationVault
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    /// @notice Idle, lent and in tier 1, less profit that is still locked. 0 while there are no shares: what is left then is
    ///         nobody's, and unlocks for those who come next.
    function totalAssets() public view override returns (uint256) {
        return totalSupply() == 0 ? 0 : Math.saturatingSub(_grossWei(), lockedProfitWei());
    }

    /// @inheritdoc ERC4626
    function maxDeposit(address) public view override returns (uint256) {
        return _isWorthless(_price()) ? 0 : Math.saturatingSub(MAX_ASSETS_WEI, _grossWei());
    }

    /// @inheritdoc ERC4626
    function maxMint(address receiver) public view override returns (uint256) {
        return convertToShares(maxDeposit(receiver));
    }

    /// @notice Shares of the owner's matured requests that one call can reach and idle money can pay, after those before them.
    function maxRedeem(address owner) public view override returns (uint256 shares) {
        Price memory price = _price();
        if (_isWorthless(price)) return 0;
        uint256 leftWei = idleWei;
        uint256 end = Math.min(_nextRequest, _firstRequest + WALK_LIMIT);
        for (uint256 i = _firstRequest; i < end; ++i) {
            Request memory r = _requests[i];
            if (block.timestamp < r.maturesAt) break;
            if (r.owner == owner) {
                uint256 more = shares + r.shares;
                if (_worth(price, more) > leftWei) {
                    return Math.max(shares, Math.mulDiv(leftWei, price.shares, price.assets));
                }
                shares = more;
            } else {
                uint256 worthWei = _worth(price, r.shares);
                if (worthWei + _worth(price, shares) > leftWei) break;
                leftWei -= worthWei;
            }
        }
    }

    /// @inheritdoc IDelegationVault
    function lockedProfitWei() public view returns (uint256) {
        ProfitLock memory lock = _lock;
        if (block.timestamp >= lock.unlocksAt) return 0;
        return
            Math.mulDiv(
                lock.lockedWei,
                lock.unlocksAt - block.timestamp,
                lock.unlocksAt - lock.lockedAt,
                Math.Rounding.Ceil
            );
    }

    // --- for the other half of the pool

    /// @dev Money that works: lent and in tier 1.
    function _workingWei() internal view virtual returns (uint256);

    /// @dev Takes `amountWei` out of idle money that nobody waits for.
    function _takeIdle(uint256 amountWei) internal {
        uint256 promisedWei = _convertToAssets(waitingShares, Math.Rounding.Ceil);
        uint256 freeWei = Math.saturatingSub(idleWei, promisedWei);
        if (amountWei > freeWei) revert FreeIdleTooLow(amountWei, freeWei);
        idleWei -= amountWei;
    }

    /// @dev Adds to idle money, of which `profitWei` is new and gets locked, and pays who waits.
    function _addIdle(uint256 amountWei, uint256 profitWei) internal {
        idleWei += amountWei;
        _lockProfit(profitWei);
        _settle(PASSING_COUNT);
    }

    /// @dev Locks a profit that has been counted already. What is still locked and the profit unlock together, evenly, after
    ///      the mean of their times: a profit of dust delays nothing.
    function _lockProfit(uint256 profitWei) internal {
        if (profitWei == 0) return;
        uint256 restWei = lockedProfitWei();
        uint256 leftSeconds = restWei == 0 ? 0 : _lock.unlocksAt - block.timestamp;
        uint256 lockedWei = restWei + profitWei;
        _setLock(lockedWei, (restWei * leftSeconds + profitWei * UNLOCK_SECONDS) / lockedWei);
    }

    /// @dev A loss that has been counted already takes profit that is still locked first: a value that swings would else lock the
    ///      same profit again at each rise, until new money got the old for nothing.
    function _unlockLoss(uint256 lossWei) internal {
        uint256 restWei = lockedProfitWei();
        if (restWei == 0) return;
        _setLock(Math.saturatingSub(restWei, lossWei), _lock.unlocksAt - block.timestamp);
    }

    /// @dev Whether the first request has matured and idle money cannot pay it.
    function _isShort() internal view returns (bool) {
        Request memory r = _requests[_firstRequest];
        return r.owner != address(0) && block.timestamp >= r.maturesAt && convertToAssets(r.shares) > idleWei;
    }

    function _credit(address account, uint256 amountWei) internal {
        if (amountWei > 0) _credits[account] += amountWei;
    }

    // --- ERC-4626's hooks

    /// @dev State first, token last; the guard is on, and a token that takes a fee is refused.
    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        _fitLock();
        idleWei += assets;
        _mint(receiver, shares);
        emit Deposit(caller, receiver, assets, shares);
        _settle(PASSING_COUNT);
        _transferIn(caller, assets);
    }

    /// @dev `maxRedeem` has seen to it that the requests are there and that idle money pays them and all before them.
    function _withdraw(
        address caller,
        address receiver,
        address owner,
        uint256 assets,
        uint256 shares
    ) internal override {
        if (caller != owner) _spendAllowance(owner, caller, shares);
        uint256 creditedWei = _spend(owner, shares);
        idleWei -= creditedWei + assets;
        emit Withdraw(caller, receiver, owner, assets, shares);
        _transferOut(receiver, assets);
    }

    function _transferIn(address from, uint256 assets) internal override {
        IERC20 token = IERC20(asset());
        uint256 before = token.balanceOf(address(this));
        super._transferIn(from, assets);
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != assets) revert TokenTookFee(assets, got);
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return OFFSET_DECIMALS;
    }

    // --- the queue

    /// @dev Pays matured requests as credits, from the first, until `limit`, an immature one, or the end of idle money.
    function _settle(uint256 limit) private returns (uint256 paidWei) {
        uint256 i = _firstRequest;
        uint256 end = Math.min(_nextRequest, i + limit);
        if (i == end || block.timestamp < _requests[i].maturesAt) return 0;
        Price memory price = _price();
        if (_isWorthless(price)) return 0;
        uint256 leftWei = idleWei;
        uint256 burnedShares = 0;
        for (; i < end; ++i) {
            Request storage r = _requests[i];
            if (block.timestamp < r.maturesAt) break;
            uint256 shares = r.shares;
            uint256 amountWei = _worth(price, shares);
            bool whole = amountWei <= leftWei;
            if (!whole) {
                shares = Math.mulDiv(leftWei, price.shares, price.assets);
                amountWei = _worth(price, shares);
                if (amountWei == 0) break;
            }
            burnedShares += shares;
            leftWei -= amountWei;
            _settleOne(i, shares, amountWei);
            if (!whole) break;
        }
        paidWei = idleWei - leftWei;
        idleWei = leftWei;
        _firstRequest = uint64(i);
        _burnWaiting(burnedShares);
    }

    /// @dev Spends `shares` of the owner's requests; those of others before them are settled.
    function _spend(address owner, uint256 shares) private returns (uint256 creditedWei) {
        Price memory price = _price();
        uint256 i = _firstRequest;
        uint256 burnedShares = shares;
        while (shares > 0) {
            Request storage r = _requests[i];
            uint256 part = r.shares;
            if (r.owner != owner) {
                uint256 amountWei = _worth(price, part);
                creditedWei += amountWei;
                burnedShares += part;
                _settleOne(i, part, amountWei);
            } else {
                part = Math.min(part, shares);
                shares -= part;
                emit RequestRedeemed(i, owner, part);
                _shorten(i, part);
            }
            if (r.shares == 0) ++i;
        }
        _firstRequest = uint64(i);
        _burnWaiting(burnedShares);
    }

    function _settleOne(uint256 request, uint256 shares, uint256 amountWei) private {
        address owner = _requests[request].owner;
        _credit(owner, amountWei);
        emit RequestSettled(request, owner, shares, amountWei);
        _shorten(request, shares);
    }

    function _shorten(uint256 request, uint256 shares) private {
        if (shares == _requests[request].shares) delete _requests[request];
        else _requests[request].shares -= shares;
    }

    function _burnWaiting(uint256 shares) private {
        if (shares == 0) return;
        waitingShares -= shares;
        _burn(address(this), shares);
    }

    // --- price and profit

    /// @dev Before new money: what is left when there are no shares is nobody's and unlocks for who comes; and no more is
    ///      locked than there is, or new money would fill the gap that a loss has left.
    function _fitLock() private {
        uint256 grossWei = _grossWei();
        uint256 lockedWei = lockedProfitWei();
        if (totalSupply() == 0 && grossWei > 0) _setLock(grossWei, UNLOCK_SECONDS);
        else if (lockedWei > grossWei) _setLock(grossWei, _lock.unlocksAt - block.timestamp);
    }

    function _setLock(uint256 lockedWei, uint256 lastsSeconds) private {
        uint256 unlocksAt = block.timestamp + lastsSeconds;
        _lock = ProfitLock(lockedWei.toUint96(), uint40(block.timestamp), uint40(unlocksAt));
        emit ProfitLocked(lockedWei, unlocksAt);
    }

    function _grossWei() private view returns (uint256) {
        return idleWei + _workingWei();
    }

    function _price() private view returns (Price memory) {
        return Price(totalAssets() + VIRTUAL_ASSETS, totalSupply() + VIRTUAL_SHARES);
    }

    function _worth(Price memory price, uint256 shares) private pure returns (uint256) {
        return Math.mulDiv(shares, price.assets, price.shares);
    }

    function _isWorthless(Price memory price) private pure returns (bool) {
        return price.assets * VIRTUAL_SHARES * WORTHLESS_DIVISOR < price.shares;
    }
}
