// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {EnvironmentRegistration, KeyType} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {IInferenceLog} from "../../contracts/interfaces/IInferenceLog.sol";
import {EnvironmentId} from "../../contracts/types/Ids.sol";
import {BatchMode, InferenceLogKey, SignedBatch} from "../../contracts/types/Inference.sol";
import {LogTestBase} from "./support/LogTestBase.sol";
import {Vm} from "./support/Vm.sol";

/// @notice What docs/security.md says that others can try, where no test of a single contract shows it.
contract ThreatsTest is LogTestBase {
    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "SessionKeyRevocation(address owner,address sessionKey,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant ROOT = bytes32(uint256(7));

    /// @dev ERC-2098 would give each signature a second form.
    function test_RevertWhen_SignatureIsCompact() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SESSION_KEY, _batchDigest(0, ROOT));
        bytes memory compact = abi.encodePacked(r, v == 28 ? s | bytes32(uint256(1) << 255) : s);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.settleExternalBySig(key, 0, 1, ROOT, 0, "", compact);
        log.settleExternalBySig(key, 0, 1, ROOT, 0, "", abi.encodePacked(r, s, v));
    }

    function test_RevertWhen_SignedForAnotherFunctionOrUsed() external {
        bytes memory signature = _signsRevocation(0);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.authorizeBySig(owner, sessionKey, FAR, 0, FAR, signature);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.reportCompromiseBySig(owner, sessionKey, 0, 0, FAR, signature);
        vm.expectRevert(IInferenceLog.InferenceLog_InvalidSignature.selector);
        log.revokeSessionKeyBySig(owner, sessionKey, 0, FAR - 1, signature);
        log.revokeSessionKeyBySig(owner, sessionKey, 0, FAR, signature);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, owner, 1));
        log.revokeSessionKeyBySig(owner, sessionKey, 0, FAR, signature);
    }

    /// @dev Whoever sees a signed batch can hand it in first, with another address for its data. It is settled all the same,
    /// and whom it was copied from loses nothing but the hint.
    function test_AFrontRunnerOnlySettlesForTheOther() external {
        bytes memory signature = sign(SESSION_KEY, _batchDigest(0, ROOT));
        vm.recordLogs();
        vm.prank(address(0xbad));
        vm.assertTrue(log.settleExternalBySig(key, 0, 1, ROOT, 0, "ipfs://other", signature), "settled");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs[1].data, abi.encode(uint64(0), uint32(1), true, bytes32(0), "ipfs://other"));

        vm.assertFalse(log.settleExternalBySig(key, 0, 1, ROOT, 0, "ipfs://mine", signature), "settled already");
        SignedBatch[] memory batches = new SignedBatch[](1);
        batches[0] = SignedBatch(key, 0, 1, ROOT, BatchMode.External, 0, "ipfs://mine", signature);
        vm.assertTrue(log.settleMany(batches)[0], "and counts as settled");
        vm.assertTrue(log.settlementOf(log.logIdOf(key), ROOT).signedByKey, "by its own key");
    }

    /// @dev A batch that was signed and held back is good until another stands in its place.
    function test_ASkipEndsWhatWasHeldBack() external {
        bytes memory signature = sign(OWNER_KEY, _batchDigest(0, ROOT));
        vm.prank(owner);
        log.skip(key, 0, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceLog.InferenceLog_Fork.selector, log.logIdOf(key), uint64(1), uint64(0))
        );
        log.settleExternalBySig(key, 0, 1, ROOT, 0, "", signature);
    }

    /// @dev The same document, registered first by somebody else: another id, and nothing taken.
    function test_AnothersRegistrationTakesNothing() external {
        EnvironmentRegistry registry = new EnvironmentRegistry();
        EnvironmentRegistration memory r = EnvironmentRegistration({
            kind: "nitro",
            measurement: "measurement",
            keyType: KeyType.Ed25519,
            key: new bytes(32),
            attestationDigest: "document",
            validUntil: FAR,
            verifier: IAttestationVerifier(address(0)),
            uri: ""
        });
        vm.prank(address(0xbad));
        EnvironmentId first = registry.register(r, "", "");
        vm.prank(owner);
        EnvironmentId second = registry.register(r, "", "");
        vm.assertTrue(!(first == second), "each its own");
        vm.assertEq(registry.environmentOf(second).registrant, owner);
    }

    /// @dev The same key and the same root in logs of another owner, as large as they may be stated.
    function test_OthersLogsDoNotMoveThisOne() external {
        address stranger = address(0xbad);
        for (uint256 i = 0; i < 20; ++i) {
            InferenceLogKey memory own = InferenceLogKey(stranger, sessionKey, bytes32(i));
            vm.prank(stranger);
            log.settleExternal(own, 0, type(uint32).max, ROOT, 0, "");
        }
        vm.assertEq(log.heads(logId), 0);
        vm.prank(sessionKey);
        vm.assertTrue(log.settleExternal(key, 0, 1, ROOT, 0, ""), "settled");
        vm.assertEq(log.heads(logId), 1);
    }

    function _batchDigest(uint64 first, bytes32 root) private view returns (bytes32) {
        bytes32 message = keccak256(
            abi.encode(BATCH_TYPEHASH, logId, first, uint32(1), root, BatchMode.External, bytes32(0))
        );
        return digestOf(address(log), message);
    }

    function _signsRevocation(uint256 nonce) private view returns (bytes memory) {
        bytes32 message = keccak256(abi.encode(REVOCATION_TYPEHASH, owner, sessionKey, nonce, uint256(FAR)));
        return sign(OWNER_KEY, digestOf(address(log), message));
    }
}
