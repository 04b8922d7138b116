// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IInferenceLog} from "./interfaces/IInferenceLog.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {SessionKey} from "./types/Inference.sol";

/// @title Session keys of InferenceLog
/// @notice See IInferenceLog, which carries the documentation. What an owner says about its session keys, and whether one is
/// in force now; batches are in InferenceLog.
abstract contract SessionKeys is IInferenceLog, EIP712, Nonces {
    bytes32 private constant AUTHORIZATION_TYPEHASH = keccak256(
        "SessionKeyAuthorization(address owner,address sessionKey,uint48 expiresAt,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "SessionKeyRevocation(address owner,address sessionKey,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant COMPROMISE_TYPEHASH = keccak256(
        "SessionKeyCompromise(address owner,address sessionKey,uint48 since,uint256 nonce,uint256 deadline)"
    );

    mapping(address owner => mapping(address sessionKey => SessionKey)) private _sessionKeys;

    constructor() EIP712("Assay", "1") {}

    /// @inheritdoc IInferenceLog
    function authorize(address sessionKey, uint48 expiresAt) external {
        _authorize(msg.sender, sessionKey, expiresAt);
    }

    /// @inheritdoc IInferenceLog
    function authorizeBySig(
        address owner,
        address sessionKey,
        uint48 expiresAt,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(abi.encode(AUTHORIZATION_TYPEHASH, owner, sessionKey, expiresAt, nonce, deadline));
        _useOwnerSignature(owner, message, nonce, deadline, signature);
        _authorize(owner, sessionKey, expiresAt);
    }

    /// @inheritdoc IInferenceLog
    function revokeSessionKey(address sessionKey) external {
        _revoke(msg.sender, sessionKey);
    }

    /// @inheritdoc IInferenceLog
    function revokeSessionKeyBySig(
        address owner,
        address sessionKey,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(abi.encode(REVOCATION_TYPEHASH, owner, sessionKey, nonce, deadline));
        _useOwnerSignature(owner, message, nonce, deadline, signature);
        _revoke(owner, sessionKey);
    }

    /// @inheritdoc IInferenceLog
    function reportCompromise(address sessionKey, uint48 since) external {
        _reportCompromise(msg.sender, sessionKey, since);
    }

    /// @inheritdoc IInferenceLog
    function reportCompromiseBySig(
        address owner,
        address sessionKey,
        uint48 since,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(abi.encode(COMPROMISE_TYPEHASH, owner, sessionKey, since, nonce, deadline));
        _useOwnerSignature(owner, message, nonce, deadline, signature);
        _reportCompromise(owner, sessionKey, since);
    }

    /// @inheritdoc IInferenceLog
    function sessionKeyOf(address owner, address sessionKey) external view returns (SessionKey memory) {
        return _sessionKeys[owner][sessionKey];
    }

    function _authorize(address owner, address sessionKey, uint48 expiresAt) private {
        if (sessionKey == address(0)) revert InferenceLog_ZeroSessionKey();
        SessionKey storage key = _sessionKeys[owner][sessionKey];
        if (key.revokedAt != 0) revert InferenceLog_SessionKeyRevoked(owner, sessionKey, key.revokedAt);
        if (expiresAt < block.timestamp) revert InferenceLog_ExpiryInThePast(expiresAt, block.timestamp);
        if (expiresAt < key.expiresAt) revert InferenceLog_AuthorizationNotExtended(key.expiresAt, expiresAt);
        if (expiresAt == key.expiresAt) return;
        if (key.authorizedAt == 0) key.authorizedAt = uint48(block.timestamp);
        key.expiresAt = expiresAt;
        emit SessionKeyAuthorized(owner, sessionKey, expiresAt);
    }

    function _revoke(address owner, address sessionKey) private {
        SessionKey storage key = _sessionKeys[owner][sessionKey];
        if (key.revokedAt != 0) revert InferenceLog_SessionKeyRevoked(owner, sessionKey, key.revokedAt);
        key.revokedAt = uint48(block.timestamp);
        emit SessionKeyRevoked(owner, sessionKey);
    }

    function _reportCompromise(address owner, address sessionKey, uint48 since) private {
        if (since > block.timestamp) revert InferenceLog_CompromiseInTheFuture(since, block.timestamp);
        SessionKey storage key = _sessionKeys[owner][sessionKey];
        if (key.compromiseReportedAt != 0 && since >= key.compromisedSince) {
            revert InferenceLog_CompromiseNotExtended(key.compromisedSince, since);
        }
        key.compromisedSince = since;
        key.compromiseReportedAt = uint48(block.timestamp);
        emit SessionKeyCompromised(owner, sessionKey, since);
    }

    function _useOwnerSignature(
        address owner,
        bytes32 message,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) private {
        _useCheckedNonce(owner, nonce);
        _checkOwnerSignature(owner, message, deadline, signature);
    }

    function _checkOwnerSignature(
        address owner,
        bytes32 message,
        uint256 deadline,
        bytes calldata signature
    ) internal view {
        if (block.timestamp > deadline) revert InferenceLog_DeadlinePassed(deadline, block.timestamp);
        if (!Signatures.isByAccount(owner, _hashTypedDataV4(message), signature)) {
            revert InferenceLog_InvalidSignature();
        }
    }

    function _checkInForce(address owner, address sessionKey) internal view {
        SessionKey storage key = _sessionKeys[owner][sessionKey];
        uint48 revokedAt = key.revokedAt;
        if (revokedAt != 0) revert InferenceLog_SessionKeyRevoked(owner, sessionKey, revokedAt);
        uint48 expiresAt = key.expiresAt;
        if (block.timestamp > expiresAt) {
            // One that was never authorized has no expiry.
            if (expiresAt == 0) revert InferenceLog_SessionKeyNotAuthorized(owner, sessionKey);
            revert InferenceLog_SessionKeyExpired(owner, sessionKey, expiresAt);
        }
    }
}
