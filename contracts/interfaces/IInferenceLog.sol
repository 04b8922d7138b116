// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LogId} from "../types/Ids.sol";
import {Inference, InferenceLogKey, SessionKey, Settlement, SignedBatch} from "../types/Inference.sol";

/// @title InferenceLog
/// @notice Append-only inference logs, settled in batches. One inference log belongs to one (owner, session key, instance);
/// its batches follow each other without gaps, and what is settled can never be changed, by nobody.
/// @dev There is no owner role, no pause and no upgrade. The events alone rebuild all state. The contract consults no
/// registry and judges no `servedAt`: that is left to verification, so that no other contract can stop a settlement.
///
/// Times are block times in Unix seconds, except `servedAt` (Unix milliseconds, declared by the recorder).
/// Signatures are EIP-712 under the domain {name: "Assay", version: "1", chainId, verifyingContract}; they are checked by
/// ECDSA first, then by ERC-1271, except a session key's, which is ECDSA only.
interface IInferenceLog {
    /// @notice Emitted when a session key gets its first authorization or a later expiry.
    event SessionKeyAuthorized(address indexed owner, address indexed sessionKey, uint48 expiresAt);
    /// @notice Emitted when a session key is revoked, once and for good.
    event SessionKeyRevoked(address indexed owner, address indexed sessionKey);
    /// @notice Emitted when an owner reports that others held a session key since a time.
    event SessionKeyCompromised(address indexed owner, address indexed sessionKey, uint48 since);
    /// @notice Emitted with the first batch or skip of an inference log.
    event InferenceLogOpened(LogId indexed logId, address indexed owner, address indexed sessionKey, bytes32 instance);
    /// @notice Emitted when a batch is settled with its data.
    event BatchSettledInline(
        LogId indexed logId,
        bytes32 indexed root,
        uint64 first,
        uint32 count,
        bool signedByKey,
        bytes data
    );
    /// @notice Emitted when a batch is settled whose data lies elsewhere.
    event BatchSettledExternal(
        LogId indexed logId,
        bytes32 indexed root,
        uint64 first,
        uint32 count,
        bool signedByKey,
        bytes32 dataDigest,
        string uri
    );
    /// @notice Emitted by settleMany for a batch that could not be settled, with the reason it reverted with; empty if it
    /// used up its gas.
    event BatchRejected(uint256 indexed position, bytes32 indexed root, bytes reason);
    /// @notice Emitted when an owner gives up sequence numbers of its inference log.
    event InferencesSkipped(LogId indexed logId, uint64 first, uint32 count);

    /// @notice Thrown when a session key is the zero address.
    error InferenceLog_ZeroSessionKey();
    /// @notice Thrown when an authorization would end in the past.
    error InferenceLog_ExpiryInThePast(uint48 expiresAt, uint256 blockTime);
    /// @notice Thrown when an authorization would shorten the one there is.
    error InferenceLog_AuthorizationNotExtended(uint48 current, uint48 requested);
    /// @notice Thrown when a key was revoked: a revocation is final.
    error InferenceLog_SessionKeyRevoked(address owner, address sessionKey, uint48 revokedAt);
    /// @notice Thrown when the owner never authorized the key.
    error InferenceLog_SessionKeyNotAuthorized(address owner, address sessionKey);
    /// @notice Thrown when the key's authorization has ended.
    error InferenceLog_SessionKeyExpired(address owner, address sessionKey, uint48 expiresAt);
    /// @notice Thrown when a compromise is reported for a time to come.
    error InferenceLog_CompromiseInTheFuture(uint48 since, uint256 blockTime);
    /// @notice Thrown when a report does not reach further back than the one there is.
    error InferenceLog_CompromiseNotExtended(uint48 current, uint48 requested);
    /// @notice Thrown when the caller is neither the session key nor the owner.
    error InferenceLog_CallerNotAllowed(address caller);
    /// @notice Thrown when a signature is by neither the session key nor the owner.
    error InferenceLog_InvalidSignature();
    /// @notice Thrown when a signature's deadline has passed.
    error InferenceLog_DeadlinePassed(uint256 deadline, uint256 blockTime);
    /// @notice Thrown when a batch begins beyond the inference log's head: inferences would be missing.
    error InferenceLog_Gap(LogId logId, uint64 head, uint64 first);
    /// @notice Thrown when a batch begins before the inference log's head: another one stands there already.
    error InferenceLog_Fork(LogId logId, uint64 head, uint64 first);
    /// @notice Thrown when the root is settled already, at another place or with another count.
    error InferenceLog_RootAlreadySettled(LogId logId, bytes32 root, uint64 first);
    /// @notice Thrown when a batch or a skip has no inference.
    error InferenceLog_EmptyBatch();
    /// @notice Thrown when inline data holds another number of inferences than stated.
    error InferenceLog_CountMismatch(uint32 expected, uint256 actual);
    /// @notice Thrown when inline data gives another root than stated.
    error InferenceLog_RootMismatch(bytes32 expected, bytes32 actual);
    /// @notice Thrown by settleMany when less gas is left than the batch at this position may need.
    error InferenceLog_InsufficientGas(uint256 position, uint256 required);
    /// @notice Thrown when sequence numbers would leave 64 bits.
    error InferenceLog_SequenceOverflow(uint64 first, uint32 count);

    /// @notice Authorizes a session key of the caller, or extends its authorization. The same expiry again changes nothing.
    /// @dev Emits SessionKeyAuthorized. Requires: not revoked, `expiresAt` not past and not before the present expiry.
    /// @param sessionKey The key's address.
    /// @param expiresAt Last second in which the key may settle.
    function authorize(address sessionKey, uint48 expiresAt) external;

    /// @notice As authorize, in the name of `owner`, by its signature over
    /// SessionKeyAuthorization(address owner,address sessionKey,uint48 expiresAt,uint256 nonce,uint256 deadline).
    /// @param nonce The owner's next nonce in this contract.
    /// @param deadline Last second in which the signature may be used.
    function authorizeBySig(
        address owner,
        address sessionKey,
        uint48 expiresAt,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Revokes a session key of the caller for good, also one that was never authorized.
    /// @dev Emits SessionKeyRevoked. A second revocation reverts. What the key has settled stays settled.
    function revokeSessionKey(address sessionKey) external;

    /// @notice As revokeSessionKey, in the name of `owner`, by its signature over
    /// SessionKeyRevocation(address owner,address sessionKey,uint256 nonce,uint256 deadline).
    function revokeSessionKeyBySig(
        address owner,
        address sessionKey,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Reports that others held a session key of the caller since a time. Changes no settlement: verification
    /// answers `unknown` for what was settled from then on, and names the report. A later report can only reach back further.
    /// @dev Emits SessionKeyCompromised. Requires: `since` not in the future.
    /// @param since Unix seconds.
    function reportCompromise(address sessionKey, uint48 since) external;

    /// @notice As reportCompromise, in the name of `owner`, by its signature over
    /// SessionKeyCompromise(address owner,address sessionKey,uint48 since,uint256 nonce,uint256 deadline).
    function reportCompromiseBySig(
        address owner,
        address sessionKey,
        uint48 since,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Settles a batch with its data; the root is recomputed from it. Callable by the session key, and by the owner
    /// in its place (then `signedByKey` is false).
    /// @dev Emits InferenceLogOpened with the first batch, and BatchSettledInline. Requires: `first` is the head.
    /// @param key The inference log.
    /// @param first Sequence number of the first inference.
    /// @param count Number of inferences.
    /// @param root RFC 9162 root over their leaf hashes.
    /// @param data Batch data, version 1.
    /// @return settled True if it was settled now, false if the identical batch already was: then nothing happens.
    function settleInline(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes calldata data
    ) external returns (bool settled);

    /// @notice As settleInline, callable by anyone with the signature of the session key, or of the owner in its place, over
    /// Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest), where mode is 0 and
    /// dataDigest is the data's SHA-256.
    function settleInlineBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes calldata data,
        bytes calldata signature
    ) external returns (bool settled);

    /// @notice Settles a batch whose data lies elsewhere. Nobody on chain checks that `root` and `count` fit the data: who
    /// reads the data does, against `dataDigest`. Callable by the session key, and by the owner in its place.
    /// @dev Emits InferenceLogOpened with the first batch, and BatchSettledExternal. Requires: `first` is the head.
    /// @param dataDigest SHA-256 of the batch data.
    /// @param uri Where the data can be had, in UTF-8; a hint that nothing binds and nobody checks.
    function settleExternal(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 dataDigest,
        bytes calldata uri
    ) external returns (bool settled);

    /// @notice As settleExternal, callable by anyone with a signature over Batch with mode 1.
    function settleExternalBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        bytes32 root,
        bytes32 dataDigest,
        bytes calldata uri,
        bytes calldata signature
    ) external returns (bool settled);

    /// @notice Settles many signed batches, of any inference logs, in order. One that cannot be settled does not stop the
    /// others.
    /// @dev Emits what each settlement emits, and BatchRejected for each that reverts. Each batch gets 500,000 gas and 48 for
    /// each byte of its data; that is also the most that a hostile one costs the sender. Requires that much and an eighth for
    /// each in turn. An owner whose code needs more to check a signature calls the single functions.
    /// @return settled For each batch, whether it is settled now, by this call or before.
    function settleMany(SignedBatch[] calldata batches) external returns (bool[] memory settled);

    /// @notice Gives up the next sequence numbers of an inference log of the caller, whose openings were lost.
    /// @dev Emits InferenceLogOpened if it is the first, and InferencesSkipped. Requires: `first` is the head.
    function skip(InferenceLogKey calldata key, uint64 first, uint32 count) external;

    /// @notice As skip, in the name of the owner, by its signature over
    /// Skip(bytes32 logId,uint64 first,uint32 count,uint256 deadline). The head only moves on, so none is used twice.
    function skipBySig(
        InferenceLogKey calldata key,
        uint64 first,
        uint32 count,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Whether an inference is in a settled batch of its inference log.
    /// @param inference The leaf's data; its logId chooses the inference log, its sequence the place.
    /// @param root Root of the batch.
    /// @param proof Inclusion proof (RFC 9162, section 2.1.3).
    function isIncluded(
        Inference calldata inference,
        bytes32 root,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Name of an inference log of this contract on this chain.
    function logIdOf(InferenceLogKey calldata key) external view returns (LogId);

    /// @notice Next sequence number of an inference log.
    function heads(LogId logId) external view returns (uint64);

    /// @notice A settled batch; `settledAt` is zero if there is none with that root.
    function settlementOf(LogId logId, bytes32 root) external view returns (Settlement memory);

    /// @notice A session key of an owner; `authorizedAt` is zero if it was never authorized.
    function sessionKeyOf(address owner, address sessionKey) external view returns (SessionKey memory);
}
