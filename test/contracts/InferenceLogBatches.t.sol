// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IInferenceLog} from "../../contracts/interfaces/IInferenceLog.sol";
import {BatchMode, Inference, InferenceLogKey, SignedBatch} from "../../contracts/types/Inference.sol";
import {BurningAccount} from "./support/Accounts.sol";
import {Batch, Batches} from "./support/Batches.sol";
import {LogTestBase} from "./support/LogTestBase.sol";
import {Rfc9162} from "./support/Rfc9162.sol";
import {Vm} from "./support/Vm.sol";

/// @notice See InferenceLogBatches.tree. The reverts of each function with their arguments: InferenceLog/.
contract InferenceLogBatchesTest is LogTestBase {
    // Root and proofs

    function testFuzz_SettlesWhatTheFormatSays(uint256 seed, uint16 size, uint32 head) external {
        uint32 count = uint32(bound(size, 1, 300));
        if (head > 0) {
            vm.prank(owner);
            log.skip(key, 0, head);
        }
        Batch memory b = Batches.make(logId, head, count, seed);
        vm.recordLogs();
        _settle(b);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        vm.assertEq(logs.length, head == 0 ? 2 : 1);
        vm.assertEq(last.topics[0], IInferenceLog.BatchSettledInline.selector);
        vm.assertEq(last.data, abi.encode(b.first, b.count, true, b.data));
        vm.assertEq(log.heads(logId), uint256(head) + count);

        uint256 i = seed % count;
        bytes32[] memory proof = Rfc9162.path(b.leaves, i);
        vm.assertTrue(log.isIncluded(b.inferences[i], b.root, proof), "its own place");
        if (head > 0) {
            b.inferences[i].sequence = uint64(seed % head);
            vm.assertFalse(log.isIncluded(b.inferences[i], b.root, proof), "before the batch");
        }
    }

    /// @dev Sizes around each power of two, and the largest that the SDK sends.
    function test_RootOfEachShape() external {
        uint32[12] memory sizes = [uint32(1), 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 2000];
        uint64 first = 0;
        for (uint256 i = 0; i < sizes.length; ++i) {
            Batch memory b = Batches.make(logId, first, sizes[i], i);
            _settle(b);
            first += sizes[i];
        }
    }

    function testFuzz_NoByteOfAProofCanBeAnother(uint256 seed, uint8 size, uint8 mask) external {
        Batch memory b = Batches.make(logId, 0, uint32(bound(size, 2, 64)), seed);
        _settle(b);
        uint256 i = seed % b.count;
        bytes32[] memory proof = Rfc9162.path(b.leaves, i);
        for (uint256 j = 0; j < proof.length * 32; ++j) {
            bytes32 whole = proof[j / 32];
            proof[j / 32] = bytes32(flipped(abi.encode(whole), j % 32, mask));
            vm.assertFalse(log.isIncluded(b.inferences[i], b.root, proof), "another byte");
            proof[j / 32] = whole;
        }
        vm.assertTrue(log.isIncluded(b.inferences[i], b.root, proof), "as it was");
    }

    function testFuzz_NoByteOfTheLeafCanBeAnother(uint256 seed, uint8 mask) external {
        Batch memory b = Batches.make(logId, 0, 9, seed);
        _settle(b);
        uint256 i = seed % 9;
        bytes32[] memory proof = Rfc9162.path(b.leaves, i);
        bytes memory encoded = abi.encode(b.inferences[i]);
        for (uint256 j = 0; j < encoded.length; ++j) {
            // The padding of the two numbers has to be zero, or the ABI refuses the call.
            if (j % 32 < 24 && j >= 128) continue;
            Inference memory other = abi.decode(flipped(encoded, j, mask), (Inference));
            vm.assertFalse(log.isIncluded(other, b.root, proof), "another byte");
        }
    }

    /// @dev A node passed off as a leaf, a leaf as a node, and a root whose count was stated wrongly.
    function testFuzz_RootsUnderAnotherCount(uint256 seed, uint8 size, uint8 statedSize) external {
        uint32 count = uint32(bound(size, 2, 40));
        uint32 stated = uint32(bound(statedSize, 1, 40));
        Batch memory b = Batches.make(logId, 0, count, seed);
        vm.prank(sessionKey);
        log.settleExternal(key, 0, stated, b.root, 0, "");
        for (uint256 i = 0; i < count; ++i) {
            bool included = log.isIncluded(b.inferences[i], b.root, Rfc9162.path(b.leaves, i));
            if (stated == count) vm.assertTrue(included, "as made");
            else if (i >= stated) vm.assertFalse(included, "beyond the stated count");
        }
    }

    // Places

    function test_RevertWhen_TheBatchDoesNotFit() external {
        vm.prank(owner);
        log.skip(key, 0, 5);
        Batch memory b = Batches.make(logId, 5, 3, 1);
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_Gap.selector, logId, 5, 6));
        log.settleInline(key, 6, 3, b.root, b.data);
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_Fork.selector, logId, 5, 4));
        log.settleInline(key, 4, 3, b.root, b.data);
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_EmptyBatch.selector));
        log.settleInline(key, 5, 0, b.root, b.data);
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_CountMismatch.selector, 2, 3));
        log.settleInline(key, 5, 2, b.root, b.data);
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_RootMismatch.selector, bytes32(0), b.root));
        log.settleInline(key, 5, 3, 0, b.data);
        vm.prank(sessionKey);
        log.settleExternal(key, 5, 3, b.root, 0, "");
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_RootAlreadySettled.selector, logId, b.root, 5));
        log.settleExternal(key, 8, 3, b.root, 0, "");
    }

    /// @dev 2^64 inferences, most of them skipped 2^32 - 1 at a time, would take too long: the head is written.
    function test_RevertWhen_TheSequenceEnds() external {
        uint64 head = type(uint64).max - 1;
        bytes32 slot = keccak256(abi.encode(logId, uint256(4)));
        (bool done, ) = address(vm).call(
            abi.encodeWithSignature("store(address,bytes32,bytes32)", address(log), slot, bytes32(uint256(head)))
        );
        vm.assertTrue(done && log.heads(logId) == head, "head written");
        _expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_SequenceOverflow.selector, head, 2));
        log.settleExternal(key, head, 2, bytes32(uint256(1)), 0, "");
        vm.prank(sessionKey);
        log.settleExternal(key, head, 1, bytes32(uint256(1)), 0, "");
    }

    // Many at once

    function test_OneBadBatchDoesNotStopTheOthers() external {
        SignedBatch[] memory batches = new SignedBatch[](6);
        batches[0] = _signed(Batches.make(logId, 0, 2, 1), BatchMode.Inline);
        batches[1] = _signed(Batches.make(logId, 9, 2, 2), BatchMode.Inline);
        batches[2] = _signed(Batches.make(logId, 2, 3, 3), BatchMode.External);
        batches[3] = _signed(Batches.make(logId, 5, 3, 4), BatchMode.External);
        batches[3].signature = "";
        batches[4] = batches[0];
        batches[5] = _signed(Batches.make(logId, 5, 1, 5), BatchMode.Inline);
        vm.expectEmit(address(log));
        emit IInferenceLog.BatchRejected(
            1,
            batches[1].root,
            abi.encodeWithSelector(IInferenceLog.InferenceLog_Gap.selector, logId, 2, 9)
        );
        bool[] memory settled = log.settleMany(batches);
        bool[6] memory expected = [true, false, true, false, true, true];
        for (uint256 i = 0; i < 6; ++i) vm.assertEq(settled[i], expected[i]);
        vm.assertEq(log.heads(logId), 6);
    }

    /// @dev The owner's code burns what it gets; that is the batch's allowance and nothing of the others'.
    function test_BurnedGasIsOneBatchsAllowance() external {
        SignedBatch[] memory batches = new SignedBatch[](3);
        Batch memory good = Batches.make(logId, 0, 20, 1);
        batches[2] = _signed(good, BatchMode.Inline);
        for (uint256 i = 0; i < 2; ++i) {
            InferenceLogKey memory own = _ownedBy(address(new BurningAccount()));
            Batch memory bad = Batches.make(log.logIdOf(own), 0, 10, i);
            batches[i] = _signed(bad, i == 0 ? BatchMode.Inline : BatchMode.External);
            batches[i].log = own;
            batches[i].signature = sign(OTHER_KEY, bytes32(0));
        }
        uint256 before = gasleft();
        vm.expectEmit(address(log));
        emit IInferenceLog.BatchRejected(
            0,
            batches[0].root,
            abi.encodeWithSelector(IInferenceLog.InferenceLog_InvalidSignature.selector)
        );
        bool[] memory settled = log.settleMany{gas: 3_000_000}(batches);
        vm.assertTrue(!settled[0] && !settled[1] && settled[2], "only the good one");
        vm.assertTrue(before - gasleft() < 1_500_000, "two allowances and the good one's own");
    }

    /// @dev With too little gas for a batch's allowance nothing happens at all, so no estimate ends there.
    function testFuzz_NeverRejectsForWantOfGas(uint256 gasGiven) external {
        SignedBatch[] memory batches = new SignedBatch[](2);
        batches[0] = _signed(Batches.make(logId, 0, 30, 1), BatchMode.Inline);
        batches[1] = _signed(Batches.make(logId, 30, 30, 2), BatchMode.Inline);
        gasGiven = bound(gasGiven, 100_000, 1_500_000);
        try log.settleMany{gas: gasGiven}(batches) returns (bool[] memory settled) {
            vm.assertTrue(settled[0] && settled[1], "both");
        } catch (bytes memory reason) {
            vm.assertEq(log.heads(logId), 0);
            vm.assertTrue(
                reason.length == 0 || bytes4(reason) == IInferenceLog.InferenceLog_InsufficientGas.selector,
                "says so"
            );
        }
    }

    function _expectRevert(bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(sessionKey);
    }

    function _settle(Batch memory b) private {
        vm.prank(sessionKey);
        vm.assertTrue(log.settleInline(key, b.first, b.count, b.root, b.data), "settled");
    }

    function _signed(Batch memory b, BatchMode mode) private view returns (SignedBatch memory) {
        return
            SignedBatch({
                log: key,
                first: b.first,
                count: b.count,
                root: b.root,
                mode: mode,
                dataDigest: sha256(b.data),
                data: mode == BatchMode.Inline ? b.data : bytes("https://example.org"),
                signature: sign(SESSION_KEY, _digest(b, mode))
            });
    }
}
