// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentId, LogId, ModelId} from "./Ids.sol";

/// @notice What names an inference log: whose it is, which key signs it, and which journal wrote it.
struct InferenceLogKey {
    /// @dev The account in whose name is recorded.
    address owner;
    /// @dev The secp256k1 key that signs the batches. Better not the owner's own account: once it is revoked as a session
    /// key, the owner can only skip in its inference logs.
    address sessionKey;
    /// @dev 32 random bytes, made by each journal.
    bytes32 instance;
}

/// @notice The data of one leaf.
struct Inference {
    /// @dev The inference log it belongs to.
    LogId logId;
    /// @dev The registered model, a named model, or zero.
    ModelId modelId;
    /// @dev The registered environment, or zero.
    EnvironmentId environmentId;
    /// @dev RFC 9162 root over the salted private fields.
    bytes32 commitment;
    /// @dev Place in the inference log, from 0, without gaps.
    uint64 sequence;
    /// @dev When it was served, in Unix milliseconds, as declared by the recorder.
    uint64 servedAt;
}

/// @notice How the batch data was handed over.
/// @dev Inline: the chain carries the data and has recomputed the root. External: the chain carries its SHA-256 only.
enum BatchMode {
    Inline,
    External
}

/// @notice A batch that is on chain. Fits one storage slot.
struct Settlement {
    /// @dev Sequence number of the first inference.
    uint64 first;
    /// @dev Number of inferences.
    uint32 count;
    /// @dev Block time of the settlement, in Unix seconds; zero: not settled.
    uint64 settledAt;
    /// @dev Inline or external.
    BatchMode mode;
    /// @dev True if the session key spoke, false if the owner did in its place.
    bool signedByKey;
}

/// @notice What the chain knows of a session key of an owner. Fits one storage slot.
struct SessionKey {
    /// @dev Block time of the first authorization, in Unix seconds; zero: never authorized.
    uint48 authorizedAt;
    /// @dev Last second in which the key may settle.
    uint48 expiresAt;
    /// @dev Block time of the revocation; zero: not revoked. Final.
    uint48 revokedAt;
    /// @dev Second from which on the owner says that others held the key. Meaningful only with a report.
    uint48 compromisedSince;
    /// @dev Block time of the report that set compromisedSince; zero: none.
    uint48 compromiseReportedAt;
}

/// @notice A batch with its signature, for many at once.
struct SignedBatch {
    InferenceLogKey log;
    uint64 first;
    uint32 count;
    bytes32 root;
    BatchMode mode;
    /// @dev External: SHA-256 of the batch data. Inline: ignored, the chain computes it.
    bytes32 dataDigest;
    /// @dev External: where the batch data can be had, a hint that nothing binds. Inline: the batch data.
    bytes data;
    /// @dev EIP-712 signature over the Batch by the session key, or by the owner in its place.
    bytes signature;
}
