// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceLog} from "../../../contracts/InferenceLog.sol";
import {LogId} from "../../../contracts/types/Ids.sol";
import {BatchMode, Inference, InferenceLogKey, Settlement, SignedBatch} from "../../../contracts/types/Inference.sol";
import {Batch, Batches} from "../support/Batches.sol";
import {Rfc9162} from "../support/Rfc9162.sol";
import {TestBase} from "../support/TestBase.sol";

/// @notice Does anything that anybody could do with a few inference logs, keeps its own books, and compares what the contract
/// lets happen with what it should.
contract InferenceLogHandler is TestBase {
    struct Standing {
        uint256 authorizedUntil;
        bool revoked;
    }

    struct Record {
        Batch batch;
        uint32 statedCount;
        Settlement settlement;
    }

    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)"
    );

    InferenceLog public immutable LOG;
    InferenceLogKey[] private _keys;
    LogId[] public logIds;
    Record[] private _records;

    /// @dev The handler's own clock: the optimizer may read the block's time anew after a warp.
    uint48 public time = 1_800_000_000;
    mapping(address owner => mapping(address sessionKey => Standing)) public standings;
    mapping(LogId logId => uint256) public settledOf;
    mapping(LogId logId => uint256) public skippedOf;
    mapping(LogId logId => mapping(uint256 sequence => bytes32 leaf)) public leafAt;
    uint256 public attempts;

    constructor(InferenceLog log) {
        LOG = log;
        vm.warp(time);
        // Two owners, two keys, two instances; the second owner is a key of the first, and the first key its own owner.
        for (uint256 i = 0; i < 8; ++i) {
            InferenceLogKey memory key = InferenceLogKey(
                vm.addr(1 + (i & 1)),
                vm.addr(2 + ((i >> 1) & 1)),
                bytes32(i >> 2)
            );
            _keys.push(key);
            logIds.push(log.logIdOf(key));
        }
    }

    function pass(uint32 seconds_) external {
        time += uint48(bound(seconds_, 0, 2 days));
        vm.warp(time);
    }

    function authorize(uint256 which, uint32 duration) external {
        InferenceLogKey memory key = _keyOf(which);
        Standing storage standing = standings[key.owner][key.sessionKey];
        uint48 until = time + uint48(bound(duration, 0, 5 days));
        bool may = !standing.revoked && until >= standing.authorizedUntil;
        vm.prank(key.owner);
        (bool did, ) = address(LOG).call(abi.encodeCall(LOG.authorize, (key.sessionKey, until)));
        vm.assertTrue(did == may, "authorizations only extend, and none comes after a revocation");
        if (did) standing.authorizedUntil = until;
    }

    function revoke(uint256 which, uint8 chance) external {
        // Seldom: a revocation is final, and little would be left to do.
        if (chance % 8 != 0) return;
        InferenceLogKey memory key = _keyOf(which);
        Standing storage standing = standings[key.owner][key.sessionKey];
        vm.prank(key.owner);
        (bool did, ) = address(LOG).call(abi.encodeCall(LOG.revokeSessionKey, (key.sessionKey)));
        vm.assertTrue(did == !standing.revoked, "once");
        standing.revoked = true;
    }

    function reportCompromise(uint256 which, uint48 since) external {
        InferenceLogKey memory key = _keyOf(which);
        vm.prank(key.owner);
        (bool did, ) = address(LOG).call(abi.encodeCall(LOG.reportCompromise, (key.sessionKey, since % (time + 9))));
        did;
    }

    /// @dev Any caller, any place near the head, any stated count in external mode.
    function settle(uint256 which, uint256 caller, uint8 size, uint8 offset, bool inlineMode, uint256 seed) external {
        (InferenceLogKey memory key, Batch memory b, uint32 stated) = _batch(which, size, offset, inlineMode, seed);
        address sender = _person(caller);
        bool byKey = sender == key.sessionKey;
        bool may = _fits(b) && (byKey ? _inForce(key) : sender == key.owner);
        bytes memory call =
            inlineMode
                ? abi.encodeCall(LOG.settleInline, (key, b.first, stated, b.root, b.data))
                : abi.encodeCall(LOG.settleExternal, (key, b.first, stated, b.root, sha256(b.data), ""));
        vm.prank(sender);
        (bool did, ) = address(LOG).call(call);
        _book(b, stated, did, may);
    }

    /// @dev Signed by any of the people, handed in by nobody in particular.
    function settleMany(
        uint256 which,
        uint256 signer,
        uint8 size,
        uint8 offset,
        bool inlineMode,
        uint256 seed
    ) external {
        (InferenceLogKey memory key, Batch memory b, uint32 stated) = _batch(which, size, offset, inlineMode, seed);
        uint256 privateKey = 1 + (signer % 4);
        bool byKey = vm.addr(privateKey) == key.sessionKey;
        bool may = _fits(b) && (byKey ? _inForce(key) : vm.addr(privateKey) == key.owner);
        BatchMode mode = inlineMode ? BatchMode.Inline : BatchMode.External;
        bytes32 message = keccak256(abi.encode(BATCH_TYPEHASH, b.logId, b.first, stated, b.root, mode, sha256(b.data)));
        SignedBatch[] memory batches = new SignedBatch[](2);
        batches[1] = SignedBatch({
            log: key,
            first: b.first,
            count: stated,
            root: b.root,
            mode: mode,
            dataDigest: sha256(b.data),
            data: inlineMode ? b.data : bytes(""),
            signature: sign(privateKey, digestOf(address(LOG), message))
        });
        // The first is as the second, but not signed: whatever it does, it must not stop the second.
        batches[0] = SignedBatch(key, b.first, stated, b.root, mode, 0, b.data, "");
        bool[] memory settled = LOG.settleMany(batches);
        vm.assertFalse(settled[0], "not signed");
        _book(b, stated, settled[1], may);
    }

    function skip(uint256 which, uint256 caller, uint16 count, uint8 offset) external {
        InferenceLogKey memory key = _keyOf(which);
        LogId logId = LOG.logIdOf(key);
        uint64 first = _near(logId, offset);
        bool may = _person(caller) == key.owner && count > 0 && first == LOG.heads(logId);
        vm.prank(_person(caller));
        (bool did, ) = address(LOG).call(abi.encodeCall(LOG.skip, (key, first, count)));
        vm.assertTrue(did == may, "the owner, at the head");
        if (did) skippedOf[logId] += count;
    }

    /// @dev Hands in again what stands: nothing changes, whoever does it.
    function repeat(uint256 which, uint256 caller) external {
        if (_records.length == 0) return;
        Record storage r = _records[which % _records.length];
        for (uint256 i = 0; i < _keys.length; ++i) {
            if (LogId.unwrap(logIds[i]) != LogId.unwrap(r.batch.logId)) continue;
            vm.prank(_person(caller));
            vm.assertFalse(
                LOG.settleExternal(_keys[i], r.batch.first, r.statedCount, r.batch.root, 0, "another"),
                "settled before"
            );
        }
    }

    function recordCount() external view returns (uint256) {
        return _records.length;
    }

    function record(uint256 i) external view returns (Record memory) {
        return _records[i];
    }

    function _batch(
        uint256 which,
        uint8 size,
        uint8 offset,
        bool inlineMode,
        uint256 seed
    ) private returns (InferenceLogKey memory key, Batch memory b, uint32 stated) {
        ++attempts;
        key = _keyOf(which);
        LogId logId = LOG.logIdOf(key);
        uint32 count = uint32(bound(size, 1, 9));
        // A seed of its own each time, so that no root comes twice by chance.
        b = Batches.make(logId, _near(logId, offset), count, uint256(keccak256(abi.encode(seed, attempts))));
        stated = inlineMode ? count : uint32(1 + (seed % 12));
    }

    function _book(Batch memory b, uint32 stated, bool did, bool may) private {
        vm.assertTrue(did == may, "settles at the head, by a key in force or the owner, and never else");
        if (!did) return;
        settledOf[b.logId] += stated;
        Record storage r = _records.push();
        r.batch = b;
        r.statedCount = stated;
        r.settlement = LOG.settlementOf(b.logId, b.root);
        vm.assertEq(r.settlement.settledAt, time);
        vm.assertEq(r.settlement.first, b.first);
        vm.assertEq(r.settlement.count, stated);
        for (uint256 i = 0; i < b.count && i < stated; ++i) {
            vm.assertEq(leafAt[b.logId][b.first + i], bytes32(0));
            leafAt[b.logId][b.first + i] = b.leaves[i];
        }
    }

    function _fits(Batch memory b) private view returns (bool) {
        return b.first == LOG.heads(b.logId);
    }

    function _inForce(InferenceLogKey memory key) private view returns (bool) {
        Standing storage standing = standings[key.owner][key.sessionKey];
        return !standing.revoked && standing.authorizedUntil >= time;
    }

    function _near(LogId logId, uint8 offset) private view returns (uint64) {
        uint64 head = LOG.heads(logId);
        if (offset % 8 == 0) return head + 1;
        return offset % 8 == 1 && head > 0 ? head - 1 : head;
    }

    function _keyOf(uint256 which) private view returns (InferenceLogKey memory) {
        return _keys[which % _keys.length];
    }

    function _person(uint256 who) private pure returns (address) {
        return vm.addr(1 + (who % 4));
    }
}

/// @notice See invariants.tree. Who may settle, and when, is asserted by the handler at each attempt.
contract InferenceLogInvariants is TestBase {
    InferenceLog private log;
    InferenceLogHandler private handler;
    uint256 private constant LOGS = 8;

    function setUp() external {
        log = new InferenceLog();
        handler = new InferenceLogHandler(log);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_SumOfCountsAndSkipsIsTheHead() external view {
        for (uint256 i = 0; i < LOGS; ++i) {
            LogId logId = handler.logIds(i);
            vm.assertEq(log.heads(logId), handler.settledOf(logId) + handler.skippedOf(logId));
        }
    }

    /// @dev With the sum above, which no overlap would leave: ranges of one log never touch the same number, so none is missing.
    function invariant_RangesDoNotOverlap() external view {
        uint256 count = handler.recordCount();
        uint256[LOGS] memory ends;
        for (uint256 i = 0; i < count; ++i) {
            InferenceLogHandler.Record memory r = handler.record(i);
            for (uint256 j = 0; j < LOGS; ++j) {
                if (LogId.unwrap(handler.logIds(j)) != LogId.unwrap(r.batch.logId)) continue;
                vm.assertTrue(r.batch.first >= ends[j], "begins before another's end");
                ends[j] = uint256(r.batch.first) + r.statedCount;
                vm.assertTrue(ends[j] <= log.heads(r.batch.logId), "ends beyond the head");
            }
        }
    }

    function invariant_SettlementsNeverChange() external view {
        uint256 count = handler.recordCount();
        for (uint256 i = 0; i < count; ++i) {
            InferenceLogHandler.Record memory r = handler.record(i);
            bytes memory now_ = abi.encode(log.settlementOf(r.batch.logId, r.batch.root));
            vm.assertEq(now_, abi.encode(r.settlement));
        }
    }

    /// @dev Also where the stated count is another than the tree's: then at most what was there first verifies.
    function invariant_OneLeafForEachNumberInItsOwnLog() external view {
        uint256 count = handler.recordCount();
        for (uint256 i = 0; i < count; ++i) {
            InferenceLogHandler.Record memory r = handler.record(i);
            for (uint256 j = 0; j < r.batch.count; ++j) {
                bytes32[] memory proof = Rfc9162.path(r.batch.leaves, j);
                bool included = log.isIncluded(r.batch.inferences[j], r.batch.root, proof);
                if (r.statedCount == r.batch.count) vm.assertTrue(included, "as made");
                if (included) {
                    vm.assertTrue(j < r.statedCount, "beyond the stated count");
                    vm.assertEq(handler.leafAt(r.batch.logId, r.batch.first + j), r.batch.leaves[j]);
                }
                _assertNowhereElse(r.batch, j, proof);
            }
        }
    }

    function _assertNowhereElse(Batch memory b, uint256 j, bytes32[] memory proof) private view {
        Inference memory it = b.inferences[j];
        it.sequence += 1;
        vm.assertFalse(log.isIncluded(it, b.root, proof), "another number");
        it.sequence -= 1;
        for (uint256 i = 0; i < LOGS; ++i) {
            LogId other = handler.logIds(i);
            if (LogId.unwrap(other) == LogId.unwrap(b.logId)) continue;
            it.logId = other;
            vm.assertFalse(log.isIncluded(it, b.root, proof), "another log");
        }
    }
}
