// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {
    Environment,
    EnvironmentRegistration,
    IEnvironmentRegistry,
    KeyType
} from "./interfaces/IEnvironmentRegistry.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {EnvironmentId} from "./types/Ids.sol";

/// @title EnvironmentRegistry
/// @notice See IEnvironmentRegistry, which carries the documentation.
contract EnvironmentRegistry is IEnvironmentRegistry, EIP712, Nonces {
    bytes32 private constant KEY_TYPEHASH = keccak256("EnvironmentKey(bytes32 environmentId)");
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "EnvironmentRegistration(bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256(
        "EnvironmentRevocation(bytes32 environmentId,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant COMPROMISE_TYPEHASH = keccak256(
        "EnvironmentCompromise(bytes32 environmentId,uint48 since,uint256 nonce,uint256 deadline)"
    );

    mapping(EnvironmentId environmentId => Environment) private _environments;

    constructor() EIP712("Assay", "1") {}

    /// @inheritdoc IEnvironmentRegistry
    function register(
        EnvironmentRegistration calldata registration,
        bytes calldata proofOfPossession,
        bytes calldata statement
    ) external returns (EnvironmentId environmentId) {
        environmentId = _environmentIdOf(msg.sender, registration);
        _register(environmentId, msg.sender, registration, proofOfPossession, statement);
    }

    /// @inheritdoc IEnvironmentRegistry
    function registerBySig(
        address registrant,
        EnvironmentRegistration calldata registration,
        bytes calldata proofOfPossession,
        bytes calldata statement,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (EnvironmentId environmentId) {
        environmentId = _environmentIdOf(registrant, registration);
        bytes32 message = keccak256(
            abi.encode(
                REGISTRATION_TYPEHASH,
                environmentId,
                registration.validUntil,
                registration.verifier,
                keccak256(bytes(registration.uri)),
                nonce,
                deadline
            )
        );
        _useSignature(registrant, message, nonce, deadline, signature);
        _register(environmentId, registrant, registration, proofOfPossession, statement);
    }

    /// @inheritdoc IEnvironmentRegistry
    function revoke(EnvironmentId environmentId) external {
        _revoke(msg.sender, environmentId);
    }

    /// @inheritdoc IEnvironmentRegistry
    function revokeBySig(
        address registrant,
        EnvironmentId environmentId,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(abi.encode(REVOCATION_TYPEHASH, environmentId, nonce, deadline));
        _useSignature(registrant, message, nonce, deadline, signature);
        _revoke(registrant, environmentId);
    }

    /// @inheritdoc IEnvironmentRegistry
    function reportCompromise(EnvironmentId environmentId, uint48 since) external {
        _reportCompromise(msg.sender, environmentId, since);
    }

    /// @inheritdoc IEnvironmentRegistry
    function reportCompromiseBySig(
        address registrant,
        EnvironmentId environmentId,
        uint48 since,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes32 message = keccak256(abi.encode(COMPROMISE_TYPEHASH, environmentId, since, nonce, deadline));
        _useSignature(registrant, message, nonce, deadline, signature);
        _reportCompromise(registrant, environmentId, since);
    }

    /// @inheritdoc IEnvironmentRegistry
    function environmentIdOf(
        address registrant,
        EnvironmentRegistration calldata registration
    ) external view returns (EnvironmentId) {
        return _environmentIdOf(registrant, registration);
    }

    /// @inheritdoc IEnvironmentRegistry
    function environmentOf(EnvironmentId environmentId) external view returns (Environment memory) {
        return _environments[environmentId];
    }

    /// @inheritdoc IEnvironmentRegistry
    function validAt(EnvironmentId environmentId, uint48 time) external view returns (bool) {
        Environment storage environment = _environments[environmentId];
        if (environment.registeredAt == 0) return false;
        if (time < environment.registeredAt || time > environment.validUntil) return false;
        if (environment.revokedAt != 0 && time > environment.revokedAt) return false;
        return environment.compromiseReportedAt == 0 || time < environment.compromisedSince;
    }

    function _register(
        EnvironmentId environmentId,
        address registrant,
        EnvironmentRegistration calldata r,
        bytes calldata proofOfPossession,
        bytes calldata statement
    ) private {
        if (r.kind == 0) revert EnvironmentRegistry_EmptyKind();
        if (r.validUntil < block.timestamp) {
            revert EnvironmentRegistry_ExpiryInThePast(r.validUntil, block.timestamp);
        }
        Environment storage environment = _environments[environmentId];
        if (environment.registeredAt != 0) revert EnvironmentRegistry_AlreadyRegistered(environmentId);
        _checkKey(environmentId, r.keyType, r.key, proofOfPossession);

        environment.registrant = registrant;
        environment.registeredAt = uint48(block.timestamp);
        environment.validUntil = r.validUntil;
        environment.verifier = r.verifier;
        environment.keyType = r.keyType;
        environment.kind = r.kind;
        environment.measurement = r.measurement;
        environment.attestationDigest = r.attestationDigest;
        environment.key = r.key;
        _emitRegistered(environmentId, registrant, r);
        // A foreign contract, but asked by a static call, which can change nothing; a refusal undoes everything above.
        if (address(r.verifier) != address(0) && !r.verifier.verify(environmentId, r, statement)) {
            revert EnvironmentRegistry_NotVouchedFor(r.verifier);
        }
    }

    /// @dev Apart for the stack's sake.
    function _emitRegistered(
        EnvironmentId environmentId,
        address registrant,
        EnvironmentRegistration calldata r
    ) private {
        emit EnvironmentRegistered(
            environmentId,
            registrant,
            r.measurement,
            r.kind,
            r.keyType,
            r.key,
            r.attestationDigest,
            r.validUntil,
            r.verifier,
            r.uri
        );
    }

    function _revoke(address registrant, EnvironmentId environmentId) private {
        Environment storage environment = _ownedBy(registrant, environmentId);
        if (environment.revokedAt != 0) revert EnvironmentRegistry_AlreadyRevoked(environmentId);
        environment.revokedAt = uint48(block.timestamp);
        emit EnvironmentRevoked(environmentId, registrant);
    }

    function _reportCompromise(address registrant, EnvironmentId environmentId, uint48 since) private {
        if (since > block.timestamp) revert EnvironmentRegistry_CompromiseInTheFuture(since, block.timestamp);
        Environment storage environment = _ownedBy(registrant, environmentId);
        if (environment.compromiseReportedAt != 0 && since >= environment.compromisedSince) {
            revert EnvironmentRegistry_CompromiseNotExtended(environment.compromisedSince, since);
        }
        environment.reporter = registrant;
        environment.compromisedSince = since;
        environment.compromiseReportedAt = uint48(block.timestamp);
        emit EnvironmentCompromised(environmentId, registrant, since);
    }

    function _ownedBy(
        address registrant,
        EnvironmentId environmentId
    ) private view returns (Environment storage environment) {
        environment = _environments[environmentId];
        if (environment.registeredAt == 0 || environment.registrant != registrant) {
            revert EnvironmentRegistry_NotRegistrant(environmentId, registrant);
        }
    }

    function _environmentIdOf(
        address registrant,
        EnvironmentRegistration calldata r
    ) private view returns (EnvironmentId) {
        return
            EnvironmentId.wrap(
                keccak256(
                    abi.encode(
                        block.chainid,
                        address(this),
                        registrant,
                        r.kind,
                        r.measurement,
                        r.keyType,
                        keccak256(r.key),
                        r.attestationDigest
                    )
                )
            );
    }

    function _checkKey(
        EnvironmentId environmentId,
        KeyType keyType,
        bytes calldata key,
        bytes calldata proofOfPossession
    ) private view {
        if (keyType == KeyType.Secp256k1 || keyType == KeyType.P256) {
            if (key.length != 65 || key[0] != 0x04) revert EnvironmentRegistry_InvalidKey(keyType, key.length);
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(KEY_TYPEHASH, environmentId)));
            bool signed =
                keyType == KeyType.Secp256k1
                    ? Signatures.isByKey(address(uint160(uint256(keccak256(key[1:])))), digest, proofOfPossession)
                    : _isByP256Key(key, digest, proofOfPossession);
            if (!signed) revert EnvironmentRegistry_NoProofOfPossession();
        } else if (
            (keyType == KeyType.None && key.length != 0) ||
            (keyType == KeyType.Ed25519 && key.length != 32) ||
            (keyType == KeyType.Rsa && key.length == 0)
        ) {
            revert EnvironmentRegistry_InvalidKey(keyType, key.length);
        }
    }

    function _isByP256Key(bytes calldata key, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length != 64) return false;
        return
            P256.verify(
                sha256(abi.encode(digest)),
                bytes32(signature[:32]),
                bytes32(signature[32:]),
                bytes32(key[1:33]),
                bytes32(key[33:])
            );
    }

    function _useSignature(
        address account,
        bytes32 message,
        uint256 nonce,
        uint256 deadline,
        bytes calldata signature
    ) private {
        if (block.timestamp > deadline) revert EnvironmentRegistry_DeadlinePassed(deadline, block.timestamp);
        _useCheckedNonce(account, nonce);
        if (!Signatures.isByAccount(account, _hashTypedDataV4(message), signature)) {
            revert EnvironmentRegistry_InvalidSignature();
        }
    }
}
