// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceLog} from "../../contracts/InferenceLog.sol";
import {IInferenceLog} from "../../contracts/interfaces/IInferenceLog.sol";
import {LogId} from "../../contracts/types/Ids.sol";
import {
    BatchMode,
    Inference,
    InferenceLogKey,
    SessionKey,
    Settlement,
    SignedBatch
} from "../../contracts/types/Inference.sol";
import {BurningAccount, KeyAccount, RawAccount, ReenteringAccount} from "./support/Accounts.sol";
import {Batch, Batches} from "./support/Batches.sol";
import {Rfc9162} from "./support/Rfc9162.sol";
import {TestBase} from "./support/TestBase.sol";
import {Vm} from "./support/Vm.sol";

/// @notice See InferenceLog.t.tree. The reverts of each function with their arguments: InferenceLog/.
contract InferenceLogTest is TestBase {
    uint256 private constant OWNER_KEY = 0xA11CE;
    uint256 private constant SESSION_KEY = 0xB0B;
    uint256 private constant OTHER_KEY = 0xBAD;
    /// @dev A constant: the optimizer may read the block's time anew where a variable that holds it is used, after a warp.
    uint48 private constant NOW = 1_800_000_000;
    uint48 private constant FAR = 4_000_000_000;

    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)"
    );
    bytes32 private constant AUTHORIZATION_TYPEHASH = keccak256(
        "SessionKeyAuthorization(address owner,address sessionKey,uint48 expiresAt,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "SessionKeyRevocation(address owner,address sessionKey,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant COMPROMISE_TYPEHASH = keccak256(
        "SessionKeyCompromise(address owner,address sessionKey,uint48 since,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant SKIP_TYPEHASH = keccak256(
        "Skip(bytes32 logId,uint64 first,uint32 count,uint256 deadline)"
    );

    InferenceLog private log;
    address private owner;
    address private sessionKey;
    InferenceLogKey private key;
    LogId private logId;

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

    // Accounts with code

    function testFuzz_RevertWhen_SignatureIsMirrored(uint256 seed) external {
        Batch memory b = Batches.make(logId, 0, 2, seed);
        bytes32 digest = _digest(b, BatchMode.Inline);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleInlineBySig(key, 0, 2, b.root, b.data, mirrored(SESSION_KEY, digest));
        log.settleInlineBySig(key, 0, 2, b.root, b.data, sign(SESSION_KEY, digest));
    }

    function test_SmartAccountSignsThroughItsCode() external {
        InferenceLogKey memory own = _ownedBy(address(new KeyAccount(vm.addr(OTHER_KEY))));
        Batch memory b = Batches.make(log.logIdOf(own), 0, 3, 1);
        bytes32 digest = _digest(b, BatchMode.Inline);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleInlineBySig(own, 0, 3, b.root, b.data, sign(OWNER_KEY, digest));
        vm.assertTrue(
            log.settleInlineBySig(own, 0, 3, b.root, b.data, sign(OTHER_KEY, digest)),
            "settled by the owner's code"
        );
        vm.assertFalse(log.settlementOf(b.logId, b.root).signedByKey, "the owner, not the key");
    }

    /// @dev EIP-7702: the account of a key has code. Its key is believed, and so is its code.
    function test_DelegatedAccountIsBelievedBothWays() external {
        vm.etch(owner, address(new KeyAccount(vm.addr(OTHER_KEY))).code);
        for (uint256 i = 0; i < 2; ++i) {
            address newKey = address(uint160(100 + i));
            bytes32 message = keccak256(abi.encode(AUTHORIZATION_TYPEHASH, owner, newKey, FAR, log.nonces(owner), FAR));
            bytes memory signature = sign(i == 0 ? OWNER_KEY : OTHER_KEY, digestOf(address(log), message));
            log.authorizeBySig(owner, newKey, FAR, i, FAR, signature);
            vm.assertEq(log.sessionKeyOf(owner, newKey).expiresAt, FAR);
        }
    }

    /// @dev A session key is a key: what code its account has says nothing.
    function test_RevertWhen_OnlyTheCodeOfTheSessionKeySays() external {
        vm.etch(sessionKey, address(new KeyAccount(vm.addr(OTHER_KEY))).code);
        Batch memory b = Batches.make(logId, 0, 2, 1);
        bytes32 digest = _digest(b, BatchMode.Inline);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleInlineBySig(key, 0, 2, b.root, b.data, sign(OTHER_KEY, digest));
        log.settleInlineBySig(key, 0, 2, b.root, b.data, sign(SESSION_KEY, digest));
    }

    function test_RevertWhen_CodeAnswersAnythingElse() external {
        bytes4 magic = 0x1626ba7e;
        bytes[5] memory answers = [
            bytes(""),
            abi.encodePacked(magic),
            abi.encode(uint256(uint32(magic))),
            abi.encode(bytes32(magic) | bytes32(uint256(1))),
            new bytes(100_000)
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            InferenceLogKey memory own = _ownedBy(address(new RawAccount(answers[i])));
            vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
            log.settleExternalBySig(own, 0, 1, bytes32(uint256(1)), 0, "", "");
        }
        // The identity precompile answers with the question.
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleExternalBySig(_ownedBy(address(4)), 0, 1, bytes32(uint256(1)), 0, "", "");
        InferenceLogKey memory good = _ownedBy(address(new RawAccount(abi.encode(bytes32(magic), "more"))));
        log.settleExternalBySig(good, 0, 1, bytes32(uint256(1)), 0, "", "");
    }

    function test_CodeCannotReenter() external {
        ReenteringAccount account = new ReenteringAccount(address(log));
        InferenceLogKey memory own = _ownedBy(address(account));
        account.setCall(abi.encodeCall(log.settleExternal, (own, 0, 7, bytes32(uint256(7)), 0, "")));
        log.settleExternalBySig(own, 0, 1, bytes32(uint256(1)), 0, "", "");
        vm.assertEq(log.heads(log.logIdOf(own)), 1);
    }

    // Replay

    function test_RevertWhen_SignedForAnotherChainContractOrInstance() external {
        Batch memory b = Batches.make(logId, 0, 2, 1);
        bytes memory signature = sign(SESSION_KEY, _digest(b, BatchMode.Inline));

        InferenceLogKey memory elsewhere = InferenceLogKey(owner, sessionKey, bytes32(uint256(2)));
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleInlineBySig(elsewhere, 0, 2, b.root, b.data, signature);

        InferenceLog other = new InferenceLog();
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        other.settleInlineBySig(key, 0, 2, b.root, b.data, signature);

        vm.chainId(1);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleInlineBySig(key, 0, 2, b.root, b.data, signature);
        vm.chainId(31337);
        log.settleInlineBySig(key, 0, 2, b.root, b.data, signature);
    }

    // Each function by signature, and what it refuses

    function test_BySignature() external {
        bytes32 message = keccak256(abi.encode(COMPROMISE_TYPEHASH, owner, sessionKey, uint48(7), 0, FAR));
        log.reportCompromiseBySig(owner, sessionKey, 7, 0, FAR, _ownerSigns(message));
        message = keccak256(abi.encode(SKIP_TYPEHASH, logId, uint64(0), uint32(4), FAR));
        bytes memory signature = _ownerSigns(message);
        log.skipBySig(key, 0, 4, FAR, signature);
        vm.expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_Fork.selector, logId, 4, 0));
        log.skipBySig(key, 0, 4, FAR, signature);
        Batch memory b = Batches.make(logId, 4, 2, 1);
        signature = sign(SESSION_KEY, _digest(b, BatchMode.External));
        vm.assertTrue(log.settleExternalBySig(key, 4, 2, b.root, sha256(b.data), "", signature), "settled");
        vm.assertFalse(log.settleExternalBySig(key, 4, 2, b.root, 0, "", ""), "settled before");
        vm.assertFalse(log.settleInlineBySig(key, 4, 2, b.root, "", ""), "settled before");
        vm.assertFalse(log.settleInline(key, 4, 2, b.root, ""), "settled before");
        vm.assertFalse(log.settleExternal(key, 4, 2, b.root, 0, ""), "settled before");
        message = keccak256(abi.encode(REVOCATION_TYPEHASH, owner, sessionKey, 1, FAR));
        log.revokeSessionKeyBySig(owner, sessionKey, 1, FAR, _ownerSigns(message));
        SessionKey memory state = log.sessionKeyOf(owner, sessionKey);
        vm.assertEq(state.revokedAt, block.timestamp);
        vm.assertEq(state.compromisedSince, 7);
    }

    function test_RevertWhen_DeadlinePassed() external {
        vm.expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_DeadlinePassed.selector, 5, block.timestamp));
        log.skipBySig(key, 0, 4, 5, "");
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.skipBySig(key, 0, 4, FAR, "");
    }

    function test_RevertWhen_TheCallerMayNot() external {
        vm.expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_CallerNotAllowed.selector, address(this)));
        log.skip(key, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_CallerNotAllowed.selector, address(this)));
        log.settleExternal(key, 0, 1, 0, 0, "");
    }

    function test_SessionKeys() external {
        vm.expectRevert(IInferenceLog.InferenceLog_ZeroSessionKey.selector);
        log.authorize(address(0), FAR);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceLog.InferenceLog_ExpiryInThePast.selector, 1, block.timestamp)
        );
        log.authorize(sessionKey, 1);
        log.authorize(sessionKey, FAR - 1);
        log.authorize(sessionKey, FAR - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceLog.InferenceLog_AuthorizationNotExtended.selector, FAR - 1, FAR - 2)
        );
        log.authorize(sessionKey, FAR - 2);
        log.reportCompromise(sessionKey, 9);
        vm.expectRevert(abi.encodeWithSelector(IInferenceLog.InferenceLog_CompromiseNotExtended.selector, 9, 9));
        log.reportCompromise(sessionKey, 9);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceLog.InferenceLog_CompromiseInTheFuture.selector, FAR, block.timestamp)
        );
        log.reportCompromise(sessionKey, FAR);
        log.revokeSessionKey(sessionKey);
        bytes memory revoked = abi.encodeWithSelector(
            IInferenceLog.InferenceLog_SessionKeyRevoked.selector,
            address(this),
            sessionKey,
            block.timestamp
        );
        vm.expectRevert(revoked);
        log.revokeSessionKey(sessionKey);
        vm.expectRevert(revoked);
        log.authorize(sessionKey, FAR);
    }

    function test_RevertWhen_KeyIsOutOfForce() external {
        InferenceLogKey memory own = _ownedBy(address(this));
        LogId ownId = log.logIdOf(own);
        Batch memory b = Batches.make(ownId, 0, 1, 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceLog.InferenceLog_SessionKeyNotAuthorized.selector,
                address(this),
                sessionKey
            )
        );
        vm.prank(sessionKey);
        log.settleInline(own, 0, 1, b.root, b.data);
        uint48 end = NOW;
        log.authorize(sessionKey, end);
        vm.prank(sessionKey);
        log.settleInline(own, 0, 1, b.root, b.data);
        vm.warp(end + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceLog.InferenceLog_SessionKeyExpired.selector,
                address(this),
                sessionKey,
                end
            )
        );
        vm.prank(sessionKey);
        log.settleExternal(own, 1, 1, 0, 0, "");
        log.revokeSessionKey(sessionKey);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceLog.InferenceLog_SessionKeyRevoked.selector,
                address(this),
                sessionKey,
                end + 1
            )
        );
        vm.prank(sessionKey);
        log.settleExternal(own, 1, 1, 0, 0, "");
    }

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

    function _ownedBy(address account) private view returns (InferenceLogKey memory) {
        return InferenceLogKey(account, sessionKey, bytes32(uint256(1)));
    }

    function _settle(Batch memory b) private {
        vm.prank(sessionKey);
        vm.assertTrue(log.settleInline(key, b.first, b.count, b.root, b.data), "settled");
    }

    function _digest(Batch memory b, BatchMode mode) private view returns (bytes32) {
        return
            digestOf(
                address(log),
                keccak256(abi.encode(BATCH_TYPEHASH, b.logId, b.first, b.count, b.root, mode, sha256(b.data)))
            );
    }

    function _ownerSigns(bytes32 message) private view returns (bytes memory) {
        return sign(OWNER_KEY, digestOf(address(log), message));
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
