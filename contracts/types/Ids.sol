// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev keccak256(abi.encode(publisher, name, version, manifestDigest)). Zero: the model is not registered.
type ModelId is bytes32;

/// @dev keccak256(abi.encode(chainId, registry, registrant, kind, measurement, keyType, keccak256(key), attestationDigest)).
/// Zero: the environment is not registered.
type EnvironmentId is bytes32;

/// @dev keccak256(abi.encode(chainId, inferenceLog, owner, sessionKey, instance)).
type LogId is bytes32;

/// @dev SHA-256(0x00 || abi.encode(Inference)): the leaf hash of the inference (RFC 9162, section 2.1.1).
type InferenceId is bytes32;

/// @dev keccak256(abi.encode(chainId, registry, author, subjectKind, subject, score, keccak256(bytes(tag)), evidenceDigest)).
type VerdictId is bytes32;

function equalModelId(ModelId a, ModelId b) pure returns (bool) {
    return ModelId.unwrap(a) == ModelId.unwrap(b);
}

function equalEnvironmentId(EnvironmentId a, EnvironmentId b) pure returns (bool) {
    return EnvironmentId.unwrap(a) == EnvironmentId.unwrap(b);
}

using {equalModelId as ==} for ModelId global;
using {equalEnvironmentId as ==} for EnvironmentId global;
