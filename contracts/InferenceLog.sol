// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IInferenceLog} from "./interfaces/IInferenceLog.sol";
import {BatchData} from "./libraries/BatchData.sol";
import {InferenceLeaf} from "./libraries/InferenceLeaf.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {InferenceId, LogId} from "./types/Ids.sol";
import {SessionKeys} from "./SessionKeys.sol";
import {BatchMode, Inference, InferenceLogKey, Settlement, SignedBatch} from "./types/Inference.sol";

/// @title InferenceLog
/// @notice See IInferenceLog, which carries the documentation.
contract InferenceLog is IInferenceLog, SessionKeys {
    /// @dev What is kept of an inference log.
    struct Log {
        /// @dev The head, next sequence number, never above 2^64 - 1. A whole word: a part of one would be read again to be written.
        uint256 head;
        mapping(bytes32 root => Settlement) settlements;
    }

    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)"
    );
    bytes32 private constant SKIP_TYPEHASH = keccak256(
        "Skip(bytes32 logId,uint64 first,uint32 count,uint256 deadline)"
    );

    /// @dev What settleMany lets one batch cost: this for the records in storage and for an owner's code (ERC-1271), and a
    /// byte's share of hashing and emitting, which was measured at 37 at most (bench/gas.ts).
    uint256 private constant BATCH_GAS = 500_000;
    uint256 private constant BATCH_GAS_PER_BYTE = 48;

    mapping(LogId logId => Log) private _logs;

    // Batches

    /// @inheritdoc IInferenceLog
    function settleInline(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes calldata data
    ) external returns (bool) {
        address sessionKey = key.sessionKey;
        address owner = key.owner;
        LogId logId = InferenceLeaf.logIdOf(address(this), owner, sessionKey, key.instance);
        Log storage log = _logs[logId];
        Settlement storage settlement = log.settlements[root];
        if (settlement.settledAt != 0) return _settledBefore(settlement, logId, first, count, root);
        bool signedByKey = _checkCaller(owner, sessionKey);
        _append(log, settlement, logId, key, first, count, BatchMode.Inline, signedByKey);
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
        address sessionKey = key.sessionKey;
        address owner = key.owner;
        LogId logId = InferenceLeaf.logIdOf(address(this), owner, sessionKey, key.instance);
        Log storage log = _logs[logId];
        Settlement storage settlement = log.settlements[root];
        if (settlement.settledAt != 0) return _settledBefore(settlement, logId, first, count, root);
        bytes32 dataDigest = BatchData.digestOf(data);
        bytes32 digest = _batchDigest(logId, first, count, root, BatchMode.Inline, dataDigest);
        bool signedByKey = _checkBatchSignature(owner, sessionKey, digest, signature);
        _append(log, settlement, logId, key, first, count, BatchMode.Inline, signedByKey);
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
        bytes calldata uri
    ) external returns (bool) {
        address sessionKey = key.sessionKey;
        address owner = key.owner;
        LogId logId = InferenceLeaf.logIdOf(address(this), owner, sessionKey, key.instance);
        Log storage log = _logs[logId];
        Settlement storage settlement = log.settlements[root];
        if (settlement.settledAt != 0) return _settledBefore(settlement, logId, first, count, root);
        bool signedByKey = _checkCaller(owner, sessionKey);
        _append(log, settlement, logId, key, first, count, BatchMode.External, signedByKey);
        emit BatchSettledExternal(logId, root, first, count, signedByKey, dataDigest, string(uri));
        return true;
    }

    /// @inheritdoc IInferenceLog
    function settleExternalBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 dataDigest,
        bytes calldata uri,
        bytes calldata signature
    ) external returns (bool) {
        address sessionKey = key.sessionKey;
        address owner = key.owner;
        LogId logId = InferenceLeaf.logIdOf(address(this), owner, sessionKey, key.instance);
        Log storage log = _logs[logId];
        Settlement storage settlement = log.settlements[root];
        if (settlement.settledAt != 0) return _settledBefore(settlement, logId, first, count, root);
        bytes32 digest = _batchDigest(logId, first, count, root, BatchMode.External, dataDigest);
        bool signedByKey = _checkBatchSignature(owner, sessionKey, digest, signature);
        _append(log, settlement, logId, key, first, count, BatchMode.External, signedByKey);
        emit BatchSettledExternal(logId, root, first, count, signedByKey, dataDigest, string(uri));
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
                        b.data,
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
        _skip(InferenceLeaf.logIdOf(address(this), key.owner, key.sessionKey, key.instance), key, first, count);
    }

    /// @inheritdoc IInferenceLog
    function skipBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        uint256 deadline,
        bytes calldata signature
    ) external {
        LogId logId = InferenceLeaf.logIdOf(address(this), key.owner, key.sessionKey, key.instance);
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
        Settlement storage settlement = _logs[inference.logId].settlements[root];
        // A settled batch has at least one inference, so an absent one (count 0) includes nothing.
        if (inference.sequence < settlement.first) return false;
        bytes32 leaf = InferenceId.unwrap(InferenceLeaf.inferenceIdOf(inference));
        return MerkleTree.verifyInclusion(leaf, inference.sequence - settlement.first, settlement.count, proof, root);
    }

    /// @inheritdoc IInferenceLog
    function logIdOf(InferenceLogKey calldata key) external view returns (LogId) {
        return InferenceLeaf.logIdOf(address(this), key.owner, key.sessionKey, key.instance);
    }

    /// @inheritdoc IInferenceLog
    function heads(LogId logId) external view returns (uint64) {
        return uint64(_logs[logId].head);
    }

    /// @inheritdoc IInferenceLog
    function settlementOf(LogId logId, bytes32 root) external view returns (Settlement memory) {
        return _logs[logId].settlements[root];
    }

    // Batches, inside

    /// @dev The identical batch again is no error. Another one with this root is: written again, the settlement that stands
    /// would change. Inline, no root can come at two places, since leaves carry their sequence numbers; external, nobody has
    /// looked.
    /// @return False: nothing is settled now.
    function _settledBefore(
        Settlement storage settlement,
        LogId logId,
        uint64 first,
        uint32 count,
        bytes32 root
    ) private view returns (bool) {
        if (settlement.first == first && settlement.count == count) return false;
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
    function _checkCaller(address owner, address sessionKey) private view returns (bool signedByKey) {
        signedByKey = msg.sender == sessionKey;
        if (signedByKey) _checkInForce(owner, sessionKey);
        else if (msg.sender != owner) revert InferenceLog_CallerNotAllowed(msg.sender);
    }

    /// @return signedByKey Whether the session key signed, in force; otherwise the owner did.
    function _checkBatchSignature(
        address owner,
        address sessionKey,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool signedByKey) {
        signedByKey = Signatures.isByKey(sessionKey, digest, signature);
        if (signedByKey) _checkInForce(owner, sessionKey);
        else if (!Signatures.isByAccount(owner, digest, signature)) revert InferenceLog_InvalidSignature();
    }

    function _checkData(LogId logId, uint64 first, uint32 count, bytes32 root, bytes calldata data) private view {
        (bytes32 actualRoot, uint256 actualCount) = BatchData.rootOf(data, logId, first);
        if (actualCount != count) revert InferenceLog_CountMismatch(count, actualCount);
        if (actualRoot != root) revert InferenceLog_RootMismatch(root, actualRoot);
    }

    /// @dev The settlement does not stand yet: nothing has been called since that was read, save an owner's code, statically.
    function _append(
        Log storage log,
        Settlement storage settlement,
        LogId logId,
        InferenceLogKey calldata key,
        uint256 first,
        uint256 count,
        BatchMode mode,
        bool signedByKey
    ) private {
        _advance(log, logId, key, first, count);
        // Members of a struct lie in their order from the lowest bit of its slot, and all of these fit into one. The compiler
        // would write it three times. The block's time is below 2^64 for another 500 billion years.
        assembly ("memory-safe") {
            sstore(
                settlement.slot,
                or(or(or(or(shl(168, signedByKey), shl(160, mode)), shl(96, timestamp())), shl(64, count)), first)
            )
        }
    }

    function _skip(LogId logId, InferenceLogKey calldata key, uint64 first, uint32 count) private {
        _advance(_logs[logId], logId, key, first, count);
        emit InferencesSkipped(logId, first, count);
    }

    /// @dev The only place that moves a head.
    /// @param first Below 2^64.
    /// @param count Below 2^32.
    function _advance(
        Log storage log,
        LogId logId,
        InferenceLogKey calldata key,
        uint256 first,
        uint256 count
    ) private {
        uint256 head = log.head;
        if (first != head) {
            if (first > head) revert InferenceLog_Gap(logId, uint64(head), uint64(first));
            revert InferenceLog_Fork(logId, uint64(head), uint64(first));
        }
        // Far below 256 bits.
        unchecked {
            head += count;
        }
        if (head > type(uint64).max) revert InferenceLog_SequenceOverflow(uint64(first), uint32(count));
        if (count == 0) revert InferenceLog_EmptyBatch();
        log.head = head;
        if (first != 0) return;
        emit InferenceLogOpened(logId, key.owner, key.sessionKey, key.instance);
    }
}
