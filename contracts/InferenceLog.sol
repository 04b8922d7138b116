// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IInferenceLog} from "./interfaces/IInferenceLog.sol";
import {BatchData} from "./libraries/BatchData.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {LogId} from "./types/Ids.sol";
import {BatchMode, Inference, InferenceLogKey, SessionKey, Settlement, SignedBatch} from "./types/Inference.sol";

/// @title InferenceLog
/// @notice See IInferenceLog, which carries the documentation.
contract InferenceLog is IInferenceLog, EIP712, Nonces {
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

    /// @dev What settleMany lets one batch cost: this for the records in storage and for an owner's code (ERC-1271), and a
    /// byte's share of hashing and emitting, which was measured at 37 at most (bench/gas.ts).
    uint256 private constant BATCH_GAS = 500_000;
    uint256 private constant BATCH_GAS_PER_BYTE = 48;

    /// @inheritdoc IInferenceLog
    mapping(LogId logId => uint64 head) public heads;
    mapping(LogId logId => mapping(bytes32 root => Settlement)) private _settlements;
    mapping(address owner => mapping(address sessionKey => SessionKey)) private _sessionKeys;

    constructor() EIP712("Assay", "1") {}

    // Session keys

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

    // Batches

    /// @inheritdoc IInferenceLog
    function settleInline(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes calldata data
    ) external returns (bool) {
        LogId logId = _logIdOf(key);
        Settlement storage settlement = _settlements[logId][root];
        if (_stands(settlement, logId, first, count, root)) return false;
        bool signedByKey = _checkCaller(key);
        _append(settlement, logId, key, first, count, BatchMode.Inline, signedByKey);
        _checkData(logId, first, count, root, data);
        emit BatchSettledInline(logId, root, first, count, signedByKey, data);
        return true;
    }

    /// @inheritdoc IInferenceLog
    function settleInlineBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes calldata data,
        bytes calldata signature
    ) external returns (bool) {
        LogId logId = _logIdOf(key);
        Settlement storage settlement = _settlements[logId][root];
        if (_stands(settlement, logId, first, count, root)) return false;
        bytes32 dataDigest = BatchData.digestOf(data);
        bytes32 digest = _batchDigest(logId, first, count, root, BatchMode.Inline, dataDigest);
        bool signedByKey = _checkBatchSignature(key, digest, signature);
        _append(settlement, logId, key, first, count, BatchMode.Inline, signedByKey);
        _checkData(logId, first, count, root, data);
        emit BatchSettledInline(logId, root, first, count, signedByKey, data);
        return true;
    }

    /// @inheritdoc IInferenceLog
    function settleExternal(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 dataDigest,
        string calldata uri
    ) external returns (bool) {
        LogId logId = _logIdOf(key);
        Settlement storage settlement = _settlements[logId][root];
        if (_stands(settlement, logId, first, count, root)) return false;
        bool signedByKey = _checkCaller(key);
        _append(settlement, logId, key, first, count, BatchMode.External, signedByKey);
        emit BatchSettledExternal(logId, root, first, count, signedByKey, dataDigest, uri);
        return true;
    }

    /// @inheritdoc IInferenceLog
    function settleExternalBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 dataDigest,
        string calldata uri,
        bytes calldata signature
    ) external returns (bool) {
        LogId logId = _logIdOf(key);
        Settlement storage settlement = _settlements[logId][root];
        if (_stands(settlement, logId, first, count, root)) return false;
        bytes32 digest = _batchDigest(logId, first, count, root, BatchMode.External, dataDigest);
        bool signedByKey = _checkBatchSignature(key, digest, signature);
        _append(settlement, logId, key, first, count, BatchMode.External, signedByKey);
        emit BatchSettledExternal(logId, root, first, count, signedByKey, dataDigest, uri);
        return true;
    }

    /// @inheritdoc IInferenceLog
    /// @dev Each batch is settled by a call of this contract to itself, so that its revert undoes that batch alone. The
    /// `…BySig` functions do not look at the caller, so the self-call gains nothing that anybody could not do. Its gas is
    /// fixed: an owner's code that burns it all takes nothing from the batches after it, and a batch's outcome does not
    /// depend on what the sender gave. An eighth more must be there: for encoding the call, and for the 64th part that the
    /// EVM keeps back (EIP-150). Otherwise all reverts, so an estimate of the gas is never too low.
    function settleMany(SignedBatch[] calldata batches) external returns (bool[] memory settled) {
        settled = new bool[](batches.length);
        for (uint256 i = 0; i < batches.length; ++i) {
            SignedBatch calldata b = batches[i];
            uint256 allowance = BATCH_GAS + BATCH_GAS_PER_BYTE * b.data.length;
            uint256 required = allowance + allowance / 8;
            if (gasleft() < required) revert InferenceLog_InsufficientGas(i, required);
            if (b.mode == BatchMode.Inline) {
                try this.settleInlineBySig{gas: allowance}(b.log, b.first, b.count, b.root, b.data, b.signature) {
                    settled[i] = true;
                } catch (bytes memory reason) {
                    emit BatchRejected(i, b.root, reason);
                }
            } else {
                try
                    this.settleExternalBySig{gas: allowance}(
                        b.log,
                        b.first,
                        b.count,
                        b.root,
                        b.dataDigest,
                        string(b.data),
                        b.signature
                    )
                {
                    settled[i] = true;
                } catch (bytes memory reason) {
                    emit BatchRejected(i, b.root, reason);
                }
            }
        }
    }

    /// @inheritdoc IInferenceLog
    function skip(InferenceLogKey calldata key, uint64 first, uint32 count) external {
        if (msg.sender != key.owner) revert InferenceLog_CallerNotAllowed(msg.sender);
        _skip(_logIdOf(key), key, first, count);
    }

    /// @inheritdoc IInferenceLog
    function skipBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        uint256 deadline,
        bytes calldata signature
    ) external {
        LogId logId = _logIdOf(key);
        bytes32 message = keccak256(abi.encode(SKIP_TYPEHASH, logId, first, count, deadline));
        _checkOwnerSignature(key.owner, message, deadline, signature);
        _skip(logId, key, first, count);
    }

    // Reads

    /// @inheritdoc IInferenceLog
    function isIncluded(
        Inference calldata inference,
        bytes32 root,
        bytes32[] calldata proof
    ) external view returns (bool) {
        Settlement storage settlement = _settlements[inference.logId][root];
        // A settled batch has at least one inference, so an absent one (count 0) includes nothing.
        if (inference.sequence < settlement.first) return false;
        bytes32 leaf = MerkleTree.hashLeaf(abi.encode(inference));
        return MerkleTree.verifyInclusion(leaf, inference.sequence - settlement.first, settlement.count, proof, root);
    }

    /// @inheritdoc IInferenceLog
    function logIdOf(InferenceLogKey calldata key) external view returns (LogId) {
        return _logIdOf(key);
    }

    /// @inheritdoc IInferenceLog
    function settlementOf(LogId logId, bytes32 root) external view returns (Settlement memory) {
        return _settlements[logId][root];
    }

    /// @inheritdoc IInferenceLog
    function sessionKeyOf(address owner, address sessionKey) external view returns (SessionKey memory) {
        return _sessionKeys[owner][sessionKey];
    }

    /// @dev As InferenceLeaf.logIdOf, from calldata.
    function _logIdOf(InferenceLogKey calldata key) private view returns (LogId) {
        return LogId.wrap(keccak256(abi.encode(block.chainid, address(this), key.owner, key.sessionKey, key.instance)));
    }

    // Session keys, inside

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
    ) private view {
        if (block.timestamp > deadline) revert InferenceLog_DeadlinePassed(deadline, block.timestamp);
        if (!Signatures.isByAccount(owner, _hashTypedDataV4(message), signature)) {
            revert InferenceLog_InvalidSignature();
        }
    }

    // Batches, inside

    /// @return Whether the identical batch is settled. Inline, no root can come at two places, since leaves carry their
    /// sequence numbers; external, nobody has looked. Written again, the settlement that stands would change: that reverts.
    function _stands(
        Settlement storage settlement,
        LogId logId,
        uint64 first,
        uint32 count,
        bytes32 root
    ) private view returns (bool) {
        if (settlement.settledAt == 0) return false;
        if (settlement.first == first && settlement.count == count) return true;
        revert InferenceLog_RootAlreadySettled(logId, root, settlement.first);
    }

    function _batchDigest(
        LogId logId,
        uint64 first,
        uint32 count,
        bytes32 root,
        BatchMode mode,
        bytes32 dataDigest
    ) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(BATCH_TYPEHASH, logId, first, count, root, mode, dataDigest)));
    }

    /// @return signedByKey Whether the caller is the session key, in force; otherwise it is the owner.
    function _checkCaller(InferenceLogKey calldata key) private view returns (bool signedByKey) {
        signedByKey = msg.sender == key.sessionKey;
        if (signedByKey) _checkInForce(key.owner, key.sessionKey);
        else if (msg.sender != key.owner) revert InferenceLog_CallerNotAllowed(msg.sender);
    }

    /// @return signedByKey Whether the session key signed, in force; otherwise the owner did.
    function _checkBatchSignature(
        InferenceLogKey calldata key,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool signedByKey) {
        signedByKey = Signatures.isByKey(key.sessionKey, digest, signature);
        if (signedByKey) _checkInForce(key.owner, key.sessionKey);
        else if (!Signatures.isByAccount(key.owner, digest, signature)) revert InferenceLog_InvalidSignature();
    }

    function _checkInForce(address owner, address sessionKey) private view {
        SessionKey storage key = _sessionKeys[owner][sessionKey];
        if (key.revokedAt != 0) revert InferenceLog_SessionKeyRevoked(owner, sessionKey, key.revokedAt);
        if (key.authorizedAt == 0) revert InferenceLog_SessionKeyNotAuthorized(owner, sessionKey);
        if (block.timestamp > key.expiresAt) {
            revert InferenceLog_SessionKeyExpired(owner, sessionKey, key.expiresAt);
        }
    }

    function _checkData(LogId logId, uint64 first, uint32 count, bytes32 root, bytes calldata data) private view {
        (bytes32 actualRoot, uint256 actualCount) = BatchData.rootOf(data, logId, first);
        if (actualCount != count) revert InferenceLog_CountMismatch(count, actualCount);
        if (actualRoot != root) revert InferenceLog_RootMismatch(root, actualRoot);
    }

    /// @dev The settlement does not stand yet: nothing has been called since that was read, save an owner's code, statically.
    function _append(
        Settlement storage settlement,
        LogId logId,
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        BatchMode mode,
        bool signedByKey
    ) private {
        _advance(logId, key, first, count);
        uint256 word =
            uint256(first) |
                (uint256(count) << 64) |
                (uint256(uint64(block.timestamp)) << 96) |
                (uint256(mode) << 160) |
                (uint256(signedByKey ? 1 : 0) << 168);
        // Members of a struct lie in their order from the lowest bit of its slot, and all of these fit into one. The compiler
        // would write it three times.
        assembly ("memory-safe") {
            sstore(settlement.slot, word)
        }
    }

    function _skip(LogId logId, InferenceLogKey calldata key, uint64 first, uint32 count) private {
        _advance(logId, key, first, count);
        emit InferencesSkipped(logId, first, count);
    }

    /// @dev The only place that moves a head.
    function _advance(LogId logId, InferenceLogKey calldata key, uint64 first, uint32 count) private {
        if (count == 0) revert InferenceLog_EmptyBatch();
        uint64 head = heads[logId];
        if (first > head) revert InferenceLog_Gap(logId, head, first);
        if (first < head) revert InferenceLog_Fork(logId, head, first);
        if (count > type(uint64).max - first) revert InferenceLog_SequenceOverflow(first, count);
        heads[logId] = first + count;
        if (first == 0) emit InferenceLogOpened(logId, key.owner, key.sessionKey, key.instance);
    }
}
