// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceLog} from "../../../contracts/InferenceLog.sol";
import {LogId} from "../../../contracts/types/Ids.sol";
import {BatchMode, InferenceLogKey} from "../../../contracts/types/Inference.sol";
import {Batch} from "./Batches.sol";
import {TestBase} from "./TestBase.sol";

/// @notice A log with an owner and its session key, authorized.
abstract contract LogTestBase is TestBase {
    uint256 internal constant OWNER_KEY = 0xA11CE;
    uint256 internal constant SESSION_KEY = 0xB0B;
    uint256 internal constant OTHER_KEY = 0xBAD;
    /// @dev A constant: the optimizer may read the block's time anew where a variable that holds it is used, after a warp.
    uint48 internal constant NOW = 1_800_000_000;
    uint48 internal constant FAR = 4_000_000_000;

    bytes32 internal constant BATCH_TYPEHASH = keccak256(
        "Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)"
    );

    InferenceLog internal log;
    address internal owner;
    address internal sessionKey;
    InferenceLogKey internal key;
    LogId internal logId;

    function setUp() external {
        vm.warp(NOW);
        log = new InferenceLog();
        owner = vm.addr(OWNER_KEY);
        sessionKey = vm.addr(SESSION_KEY);
        key = InferenceLogKey(owner, sessionKey, bytes32(uint256(1)));
        logId = log.logIdOf(key);
        vm.prank(owner);
        log.authorize(sessionKey, FAR);
    }

    function _ownedBy(address account) internal view returns (InferenceLogKey memory) {
        return InferenceLogKey(account, sessionKey, bytes32(uint256(1)));
    }

    function _digest(Batch memory b, BatchMode mode) internal view returns (bytes32) {
        return
            digestOf(
                address(log),
                keccak256(abi.encode(BATCH_TYPEHASH, b.logId, b.first, b.count, b.root, mode, sha256(b.data)))
            );
    }
}
