// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnvironmentId} from "../types/Ids.sol";

/// @title EnvironmentStatement
/// @notice What attesters sign of an environment, the same for every verifier (docs/protocol.md#statements-of-attesters).
/// @dev The domain is the verifier's own, {name: "Assay", version: "1"}, so that a statement is good for one verifier on one
/// chain. The id binds the registry's chain, the registry, registrant, kind, measurement, key and attestation digest.
abstract contract EnvironmentStatement is EIP712 {
    bytes32 private constant STATEMENT_TYPEHASH = keccak256(
        "EnvironmentStatement(bytes32 environmentId,uint48 validUntil,uint48 deadline)"
    );

    constructor() EIP712("Assay", "1") {}

    /// @notice The EIP-712 digest that an attester signs.
    /// @param environmentId The environment's id.
    /// @param validUntil End of the environment as it is registered, in Unix seconds.
    /// @param deadline Last second in which the statement may be used for a registration, in Unix seconds.
    function statementDigest(
        EnvironmentId environmentId,
        uint48 validUntil,
        uint48 deadline
    ) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(STATEMENT_TYPEHASH, environmentId, validUntil, deadline)));
    }
}
