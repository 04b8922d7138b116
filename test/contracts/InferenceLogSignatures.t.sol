// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceLog} from "../../contracts/InferenceLog.sol";
import {IInferenceLog} from "../../contracts/interfaces/IInferenceLog.sol";
import {LogId} from "../../contracts/types/Ids.sol";
import {BatchMode, InferenceLogKey, SessionKey} from "../../contracts/types/Inference.sol";
import {KeyAccount, RawAccount, ReenteringAccount} from "./support/Accounts.sol";
import {Batch, Batches} from "./support/Batches.sol";
import {LogTestBase} from "./support/LogTestBase.sol";

/// @notice See InferenceLogSignatures.tree. The reverts of each function with their arguments: InferenceLog/.
contract InferenceLogSignaturesTest is LogTestBase {
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

    function _ownerSigns(bytes32 message) private view returns (bytes memory) {
        return sign(OWNER_KEY, digestOf(address(log), message));
    }
}
