// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentId} from "../types/Ids.sol";
import {IAttestationVerifier} from "./IAttestationVerifier.sol";

/// @notice Type of an environment's key, which says how `key` is written and whether it signs its registration.
/// @dev None: no key, `key` is empty. Secp256k1 and P256: SEC 1 uncompressed point, 65 bytes, signs. Ed25519: 32 bytes
/// (RFC 8032). Rsa: DER SubjectPublicKeyInfo. The last two cannot be checked here; the attestation has to bind them.
enum KeyType {
    None,
    Secp256k1,
    P256,
    Ed25519,
    Rsa
}

/// @notice What a registrant says of an environment.
struct EnvironmentRegistration {
    /// @dev ASCII, padded with zeros on the right: "nitro", "tdx", "sev-snp", "none".
    bytes32 kind;
    /// @dev SHA-256 over the kind's measurement registers, in the order that docs/protocol.md fixes.
    bytes32 measurement;
    KeyType keyType;
    bytes key;
    /// @dev SHA-256 of the archived attestation document, or zero.
    bytes32 attestationDigest;
    /// @dev Last second in which the environment is valid.
    uint48 validUntil;
    /// @dev On-chain verifier that has to vouch for the registration, or zero for none.
    IAttestationVerifier verifier;
    /// @dev Where the archived document can be had; a hint that nothing binds.
    string uri;
}

/// @notice A registered environment.
struct Environment {
    address registrant;
    /// @dev Block time of the registration, in Unix seconds; zero: not registered. It is valid from then on.
    uint48 registeredAt;
    /// @dev Last second in which it is valid.
    uint48 validUntil;
    /// @dev The verifier that vouched for it, or zero.
    IAttestationVerifier verifier;
    /// @dev Block time of the revocation; zero: not revoked. Final.
    uint48 revokedAt;
    KeyType keyType;
    /// @dev Who reported the compromise.
    address reporter;
    /// @dev Second from which on the environment is said to be compromised. Meaningful only with a report.
    uint48 compromisedSince;
    /// @dev Block time of the report; zero: none.
    uint48 compromiseReportedAt;
    bytes32 kind;
    bytes32 measurement;
    bytes32 attestationDigest;
    bytes key;
}

/// @title EnvironmentRegistry
/// @notice Where inference runs: what was measured, which key it holds, who says so, and from when until when.
/// @dev An entry is a claim by its registrant. What raises it: a verifier on chain, or anyone's check of the archived
/// document off chain. No owner role, no pause, no upgrade. EIP-712 under {name: "Assay", version: "1"}; ECDSA, then ERC-1271.
interface IEnvironmentRegistry {
    /// @notice Emitted when an environment is registered.
    event EnvironmentRegistered(
        EnvironmentId indexed environmentId,
        address indexed registrant,
        bytes32 indexed measurement,
        bytes32 kind,
        KeyType keyType,
        bytes key,
        bytes32 attestationDigest,
        uint48 validUntil,
        IAttestationVerifier verifier,
        string uri
    );
    /// @notice Emitted when an environment is revoked, once and for good.
    event EnvironmentRevoked(EnvironmentId indexed environmentId, address indexed registrant);
    /// @notice Emitted when a compromise is reported, again each time the report reaches further back.
    event EnvironmentCompromised(EnvironmentId indexed environmentId, address indexed reporter, uint48 since);

    /// @notice Thrown when the kind is empty.
    error EnvironmentRegistry_EmptyKind();
    /// @notice Thrown when the key's length or form does not fit its type.
    error EnvironmentRegistry_InvalidKey(KeyType keyType, uint256 length);
    /// @notice Thrown when a key that can sign did not sign its registration.
    error EnvironmentRegistry_NoProofOfPossession();
    /// @notice Thrown when the environment would end in the past.
    error EnvironmentRegistry_ExpiryInThePast(uint48 validUntil, uint256 blockTime);
    /// @notice Thrown when the environment is registered already.
    error EnvironmentRegistry_AlreadyRegistered(EnvironmentId environmentId);
    /// @notice Thrown when the verifier does not vouch for the registration.
    error EnvironmentRegistry_NotVouchedFor(IAttestationVerifier verifier);
    /// @notice Thrown when the environment was not registered by this account.
    error EnvironmentRegistry_NotRegistrant(EnvironmentId environmentId, address account);
    /// @notice Thrown when the environment is revoked already.
    error EnvironmentRegistry_AlreadyRevoked(EnvironmentId environmentId);
    /// @notice Thrown when a compromise is reported for a time to come.
    error EnvironmentRegistry_CompromiseInTheFuture(uint48 since, uint256 blockTime);
    /// @notice Thrown when a report does not reach further back than the one there is.
    error EnvironmentRegistry_CompromiseNotExtended(uint48 current, uint48 requested);
    /// @notice Thrown when a signature is not the registrant's.
    error EnvironmentRegistry_InvalidSignature();
    /// @notice Thrown when a signature's deadline has passed.
    error EnvironmentRegistry_DeadlinePassed(uint256 deadline, uint256 blockTime);

    /// @notice Registers an environment of the caller.
    /// @dev Emits EnvironmentRegistered.
    /// @param registration What is registered.
    /// @param proofOfPossession For a key that can sign: its signature over EnvironmentKey(bytes32 environmentId), which
    /// binds chain, registry and registrant, so that nobody registers another's document. Secp256k1: r, s, v over the
    /// EIP-712 digest. P256: r, s over the SHA-256 of the digest's 32 bytes (what an API that hashes by itself signs), low s.
    /// Other types: empty.
    /// @param statement For the verifier; empty without one.
    function register(
        EnvironmentRegistration calldata registration,
        bytes calldata proofOfPossession,
        bytes calldata statement
    ) external returns (EnvironmentId environmentId);

    /// @notice As register, in the name of `registrant`, by its signature over
    /// EnvironmentRegistration(bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline).
    function registerBySig(
        address registrant,
        EnvironmentRegistration calldata registration,
        bytes calldata proofOfPossession,
        bytes calldata statement,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (EnvironmentId environmentId);

    /// @notice Revokes an environment of the caller for good, from now on.
    /// @dev Emits EnvironmentRevoked.
    function revoke(EnvironmentId environmentId) external;

    /// @notice As revoke, in the name of `registrant`, by its signature over
    /// EnvironmentRevocation(bytes32 environmentId,uint256 nonce,uint256 deadline).
    function revokeBySig(
        address registrant,
        EnvironmentId environmentId,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Reports that an environment of the caller was compromised since a time. A later report can only reach back
    /// further. Verification answers `unknown` for what was settled from then on, and names the reporter and the report's time.
    /// @dev Emits EnvironmentCompromised.
    /// @param since Unix seconds, not in the future.
    function reportCompromise(EnvironmentId environmentId, uint48 since) external;

    /// @notice As reportCompromise, in the name of `registrant`, by its signature over
    /// EnvironmentCompromise(bytes32 environmentId,uint48 since,uint256 nonce,uint256 deadline).
    function reportCompromiseBySig(
        address registrant,
        EnvironmentId environmentId,
        uint48 since,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice The id of an environment, registered or not, on this chain and in this registry.
    function environmentIdOf(
        address registrant,
        EnvironmentRegistration calldata registration
    ) external view returns (EnvironmentId);

    /// @notice An environment; `registeredAt` is zero if it was not registered.
    function environmentOf(EnvironmentId environmentId) external view returns (Environment memory);

    /// @notice Whether an environment was in force at a time: from its registration to `validUntil`, not after a revocation,
    /// and not from a reported compromise on. What this says of the past changes by a report of compromise alone.
    /// @param time Unix seconds, not later than now to mean anything lasting.
    function validAt(EnvironmentId environmentId, uint48 time) external view returns (bool);
}
